//! The doctor in a real terminal, which answers what it is asked, or does not.

use rustix::process::Signal;

use super::pty::Session;
use super::{IMTOP, SIZE};

/// Nobody listens there, so that nothing but the terminal takes time.
const ARGS: [&str; 4] = ["doctor", "--api", "http://127.0.0.1:1", "u"];

/// The doctor at the moment when it has asked the terminal.
fn asking() -> Session {
    let session = Session::start(IMTOP, &ARGS, SIZE);
    session.until("the question", |screen| screen.contents().lines().any(|line| line.trim_end() == "●"));
    assert!(session.sent().ends_with("\u{1b}[6n\u{1b}[c"), "{:?}", session.sent());
    session
}

#[test]
fn the_terminals_answers_are_taken_and_nothing_of_them_stays() {
    let mut session = asking();
    session.press("\u{1b}[9;3R\u{1b}[?65;1;52c");
    let text = session.until_shows("steps failed");
    for words in [
        "100 columns and 30 rows, 256 colours, UTF-8",
        "take 2 columns (measured)",
        "use --ambiguous-width 2",
        "the terminal says that it takes it",
    ] {
        assert!(text.contains(words), "no {words:?}:\n{text}");
    }
    assert_eq!(session.end(), 1, "nobody listens at that address");
    assert!(!session.text().contains("52c") && !session.text().lines().any(|line| line.trim_end() == "●"));
    session.expect_restored();
}

#[test]
fn signals_end_it_while_it_waits_and_the_line_is_as_it_was() {
    let mut session = asking();
    session.press("\u{3}");
    assert_eq!(session.end(), 130);
    session.expect_restored();
    let mut session = asking();
    session.signal(Signal::TERM);
    assert_eq!(session.end(), 143);
    session.expect_restored();
}

#[test]
fn a_terminal_that_does_not_answer_is_not_waited_for_long() {
    let mut session = Session::start(IMTOP, &[&ARGS[..], &["--timeout", "100ms"]].concat(), SIZE);
    let text = session.until_shows("steps failed");
    assert!(session.sent().contains("●\u{1b}[6n\u{1b}[c"), "it was asked");
    assert!(text.contains("the terminal does not say; 1 is assumed"), "{text}");
    assert!(text.contains("copying (OSC 52): the terminal does not say"), "{text}");
    assert_eq!(session.end(), 1);
    session.expect_restored();
}
