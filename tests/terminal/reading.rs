//! A list that takes long to read: the screen is there before it, and keys work.

use std::io::Write as _;
use std::path::Path;

use imtop::simulator::Running;

use super::pty::Session;
use super::replay::events;
use super::{IMTOP, SIZE, calm};

/// The live view on a list from standard input, of which the first user is there, and the rest is what is
/// written into `gate`.
fn gated(server: &Running, folder: &Path) -> Session {
    assert!(std::process::Command::new("mkfifo").arg(folder.join("gate")).status().unwrap().success());
    let script = format!(
        "cd '{}'; {{ printf 'steady_1\\n'; cat gate; }} | IMTOP_TOKEN={} {IMTOP} --api {} --interval 100ms \
         --record start.ndjson -; exit ${{PIPESTATUS[1]}}",
        folder.display(),
        server.admin_token(),
        server.url()
    );
    let session = Session::start("bash", &["-c", &script], SIZE);
    let text = session.until_shows("reading standard input");
    assert!(text.contains("Nobody is asked about yet") && text.contains("0 watched"), "{text}");
    session
}

fn write(folder: &Path, rest: &str) {
    let mut gate = std::fs::OpenOptions::new().write(true).open(folder.join("gate")).unwrap();
    gate.write_all(rest.as_bytes()).unwrap();
}

#[test]
fn the_screen_is_there_while_a_long_list_is_read_and_a_recording_has_it_from_then_on() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(calm());
    let folder = tempfile::tempdir().unwrap();
    let mut session = gated(&server, folder.path());
    session.press(":add steady_3\r");
    session.until_shows("1 watched");
    session.until_shows("steady_3");
    write(folder.path(), "steady_2,Second\nsteady_1\n");
    session.until_shows("3 watched");
    let text = session.until_shows("Second");
    assert!(!text.contains("reading standard input"), "{text}");
    session.until_shows("● live");
    // What was odd about it is told, too.
    session.until_shows("steady_1 was already on line 1, watched once");
    session.press("q");
    assert_eq!(session.end(), 0);
    session.expect_restored();
    let recorded = events(&folder.path().join("start.ndjson"));
    for user in ["steady_1", "steady_2", "steady_3"] {
        assert!(recorded.contains(user), "{user}: {recorded}");
    }
}

#[test]
fn a_list_that_cannot_be_read_to_its_end_ends_the_view_with_the_same_words_and_code() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(calm());
    let folder = tempfile::tempdir().unwrap();
    let mut session = gated(&server, folder.path());
    write(folder.path(), "bad\x07\n");
    session.until_shows("imtop: standard input, line 2: bad^G holds control characters; expected a user ID");
    assert_eq!(session.end(), 2);
    session.expect_restored();
}

#[test]
fn the_view_is_left_while_a_list_is_read() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(calm());
    let folder = tempfile::tempdir().unwrap();
    let mut session = gated(&server, folder.path());
    session.press("q");
    session.until("the terminal is given back", |screen| !screen.alternate_screen());
    write(folder.path(), ""); // the shell waits for both ends of the pipe
    assert_eq!(session.end(), 0);
    session.expect_restored();
}
