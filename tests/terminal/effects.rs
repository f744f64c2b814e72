//! What the program asks of the terminal beside its screen: the clipboard, the mouse, other colours, and
//! the picture that stays when it is gone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::pty::Session;
use super::{IMTOP, SIZE, demo};

const F12: &str = "\u{1b}[24~";

fn takes_the_mouse(screen: &vt100::Screen) -> bool {
    screen.mouse_protocol_mode() == vt100::MouseProtocolMode::PressRelease
        && screen.mouse_protocol_encoding() == vt100::MouseProtocolEncoding::Sgr
}

/// The texts that the terminal was asked to copy; one whose end has not come yet is none.
fn copied(session: &Session) -> Vec<String> {
    let sent = session.sent();
    let words = sent.split("\u{1b}]52;c;").skip(1);
    let encoded = words.filter_map(|rest| rest.split_once('\u{1b}'));
    encoded.map(|(it, _)| String::from_utf8(STANDARD.decode(it).unwrap()).unwrap()).collect()
}

#[test]
fn copies_reach_the_terminal_and_none_has_a_token() {
    let mut session = demo();
    session.press(":goto 2890713225\ryu");
    session.until_shows("sent to the terminal: 2890713225");
    session.until("the copy", |_| copied(&session) == ["2890713225"]);
    for (number, keys) in [(2, "yc"), (3, "yo"), (4, "yr"), (5, "yj")] {
        session.press(keys);
        session.until(keys, |_| copied(&session).len() == number);
    }
    session.press("q");
    assert_eq!(session.end(), 0);
    let copied = copied(&session);
    assert!(copied[3].starts_with("curl ") && copied[3].contains("$IMTOP_TOKEN"), "{copied:?}");
    let json: serde_json::Value = serde_json::from_str(&copied[4]).unwrap();
    assert_eq!((&json["id"], &json["connections"][0]["platform"]), (&"2890713225".into(), &"Android".into()));
    assert!(copied.iter().all(|text| !text.contains("eyJ")), "the beginning of a token: {copied:?}");
    session.expect_restored();
}

#[test]
fn the_picture_stays_above_the_prompt_with_its_colours() {
    let script = format!("{IMTOP} demo; echo \"prompt-$?\"");
    let mut session = Session::start("bash", &["-c", &script], SIZE);
    // Every batch is answered: who has problems stands above others.
    session.until("whole picture", |screen| {
        let text = screen.contents();
        text.contains("agent_007") && text.contains("● online") && !text.contains("no answer yet")
    });
    session.press("Q");
    let text = session.until("the prompt on the user's own screen", |screen| {
        !screen.alternate_screen() && screen.contents().contains("prompt-0")
    });
    let lines: Vec<&str> = text.trim_end().lines().collect();
    assert_eq!(lines.last(), Some(&"prompt-0"), "{text}");
    assert!(text.contains("agent_007") && text.contains("● online"), "{text}");
    session.until("green", |screen| {
        let cells = (0..SIZE.1).flat_map(|row| (0..SIZE.0).map(move |column| (row, column)));
        let mut cells = cells.filter_map(|(row, column)| screen.cell(row, column));
        cells.any(|cell| cell.contents() == "●" && cell.fgcolor() == vt100::Color::Idx(65))
    });
    session.end();
    session.expect_restored();
}

#[test]
fn the_mouse_is_taken_on_request_and_left_with_the_program() {
    let mut session = demo();
    assert!(!session.sent().contains("\u{1b}[?1000h"), "it is the terminal's until asked for");
    session.press(F12);
    session.until("the mouse taken", takes_the_mouse);
    session.press(F12);
    session.until("the mouse left", |screen| !takes_the_mouse(screen));
    session.press(F12);
    session.until("the mouse taken again", takes_the_mouse);
    let is_there = |line: &str| line.contains("agent_007") && line.contains("● online");
    session.until("the row in its place", |screen| screen.contents().lines().any(is_there));
    // Rows change places while users come and go.
    session.press(" ");
    let text = session.until("the picture paused", |screen| screen.contents().contains("PAUSED"));
    let row = text.lines().position(|line| line.contains("agent_007")).unwrap();
    session.press(&format!("\u{1b}[<0;9;{}M", row + 1));
    session.until("the row under the mouse selected", |screen| {
        let text = screen.contents();
        text.lines().any(|line| line.starts_with('>') && line.contains("agent_007"))
    });
    session.press("q");
    assert_eq!(session.end(), 0);
    session.expect_restored();
}

#[test]
fn the_shell_has_the_mouse_while_the_program_is_stopped() {
    let script = format!("set -m; {IMTOP} demo; echo stopped-$?; read -r line; fg >/dev/null; echo ended-$?");
    let mut session = Session::start("bash", &["-c", &script], SIZE);
    session.until_shows("agent_007");
    session.press(F12);
    session.until("the mouse taken", takes_the_mouse);
    session.press("\u{1a}");
    session.until("the shell with its mouse", |screen| {
        screen.contents().contains("stopped-14") && !takes_the_mouse(screen)
    });
    session.press("\n");
    session.until("the mouse taken again", |screen| screen.alternate_screen() && takes_the_mouse(screen));
    session.press("q");
    session.until_shows("ended-0");
    session.end();
    session.expect_restored();
}

#[test]
fn t_goes_through_the_themes() {
    let mut session = demo();
    for name in ["light", "colour-blind", "colour-blind-light", "mono", "dark"] {
        session.press("T");
        session.until_shows(&format!("theme: {name}"));
    }
    session.press("q");
    assert_eq!(session.end(), 0);
}
