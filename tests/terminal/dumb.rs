//! A terminal that can't be drawn over: a picture and a sentence, and no byte that it would not understand.

use super::IMTOP;
use super::pty::Session;

/// Runs a script in a terminal of 70 columns; what it has written until its end.
fn written(script: &str) -> String {
    let mut session = Session::start("bash", &["-c", &format!("{script}; echo ended-$?; read")], (70, 24));
    session.until_shows("ended-0");
    session.press("\r");
    assert_eq!(session.end(), 0);
    session.sent()
}

#[test]
fn a_dumb_terminal_gets_one_picture_and_a_note() {
    let ways =
        [("TERM=dumb", "TERM is dumb"), ("env -u TERM", "TERM is not set"), ("env TERM=", "TERM is not set")];
    for (with, why) in ways {
        let sent = written(&format!("{with} {IMTOP} demo"));
        assert!(sent.contains(why) && sent.contains("this is one picture"), "{with}: {sent}");
        assert!(sent.contains("kiosk_lobby") && !sent.contains('\u{1b}'), "{with}: {sent}");
        let widest =
            sent.lines().skip_while(|line| !line.contains(" watched ")).map(|it| it.trim_end().chars());
        assert!(widest.map(Iterator::count).max() <= Some(70), "{with}: {sent}");
    }
    let recording = std::env::temp_dir().join(format!("imtop-dumb-{}.ndjson", std::process::id()));
    let path = recording.display();
    let sent = written(&format!(
        "{IMTOP} demo --record {path} >/dev/null 2>&1; TERM=dumb {IMTOP} replay {path}; rm {path}"
    ));
    assert!(
        sent.contains("TERM is dumb") && sent.contains("kiosk_lobby") && !sent.contains('\u{1b}'),
        "{sent}"
    );
}

#[test]
fn nothing_else_is_written_over_on_a_dumb_terminal() {
    // A refused connection ends the examination; what it says is what matters here.
    let examined =
        format!("TERM=dumb {IMTOP} doctor --api http://127.0.0.1:9 --token-command 'echo x' u || true");
    let sent = written(&examined);
    assert!(sent.contains("prints one screen") && !sent.contains('\u{1b}'), "{sent}");
    let waits = format!(
        "TERM=dumb {IMTOP} wait --api http://127.0.0.1:9 --token-command 'echo x' --timeout 1s --for online=100% u || true"
    );
    let sent = written(&waits);
    assert!(sent.contains("imtop: ") && !sent.contains('\u{1b}'), "{sent}");
}
