//! `imtop wait` as a script runs it.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::time::Duration;

use common::ADMIN_TOKEN;
use common::binary::{Said, Site, imtop, real_clock, run};
use imtop::simulator::Clock;

/// One is connected; the other is after a minute of the server's time, a third never is.
const SCENARIO: &str = r#"
[[user]]
id = "a"
[[user.connection]]
platform = "Android"
[[user]]
id = "late"
[[event]]
at = "1m"
user = "late"
does = "connect"
platform = "Android"
"#;

const LIST: &str = "a,,kiosk\nlate,,kiosk\nnever,,desk\n";

/// Reads standard error up to a line with these words.
fn until(child: &mut Child, words: &str) -> BufReader<std::process::ChildStderr> {
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut heard = String::new();
    while !heard.contains(words) {
        assert!(err.read_line(&mut heard).unwrap() > 0, "ended without {words:?}: {heard}");
    }
    err
}

#[test]
fn it_waits_until_it_is_so_and_says_when() {
    let (clock, hand) = Clock::by_hand(1_795_413_000_000);
    let site = Site::new(SCENARIO, LIST, clock);
    let mut child = site
        .command(&["wait", "--for", "online=100% of group=kiosk", "--timeout", "60s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut err = until(&mut child, "online=100% of group=kiosk is 1 of 2 (50.0%)");
    hand.advance(Duration::from_secs(61));
    let (mut rest, mut out) = (String::new(), String::new());
    err.read_to_string(&mut rest).unwrap();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{rest}");
    let (at, line) = out.split_once(' ').unwrap();
    assert!(at.parse::<jiff::Timestamp>().is_ok(), "{out}");
    assert_eq!(line, "online=100% of group=kiosk is 2 of 2 (100.0%)\n");
}

#[test]
fn when_time_is_up_it_says_how_far_it_was() {
    let site = Site::new(SCENARIO, LIST, Clock::by_hand(1_795_413_000_000).0);
    let said = site.run(&["wait", "--for", "online=3", "--timeout", "300ms"]);
    assert_eq!((said.code, said.out.as_str()), (Some(124), ""), "{}", said.err);
    assert_eq!(
        said.err,
        "imtop: waiting for exactly 3 users online\nimtop: online=3 is 1 of 3 (33.3%)\nimtop: time is up: online=3 is 1 of 3 (33.3%)\n"
    );
    let gone = site.gone();
    let mut lost = imtop(&["wait", "--for", "online=1", "--timeout", "300ms", "--api", &gone, "a"]);
    let said = Said::from(lost.env("IMTOP_TOKEN", ADMIN_TOKEN).output().unwrap());
    assert_eq!(said.code, Some(124), "a server that is gone may come back: {}", said.err);
    assert!(
        said.err.ends_with("time is up: online=1 is 0 to 1 of 1; 1 of 1 batches failed: cannot reach the server: connection refused\n"),
        "{}",
        said.err
    );
}

#[test]
fn before_the_first_answers_nothing_is_so() {
    let site = Site::new(SCENARIO, LIST, real_clock());
    let said = site.run(&["wait", "--for", "unknown>0", "--timeout", "300ms"]);
    assert_eq!(said.code, Some(124), "{}{}", said.out, said.err);
    let said = site.run(&["wait", "--for", "unknown=0"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.ends_with("Z unknown=0 is 0 of 3 (0.0%)\n"), "{}", said.out);
}

#[test]
fn what_does_not_mend_itself_is_not_waited_for() {
    let site = Site::new(SCENARIO, LIST, real_clock());
    let url = site.server.url();
    let mut wrong = imtop(&["wait", "--for", "online=1", "--api", &url, "a"]);
    let said = Said::from(wrong.env("IMTOP_TOKEN", ADMIN_TOKEN).output().unwrap());
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{}", said.err);
    let last = said.err.lines().last().unwrap();
    assert!(last.starts_with("imtop: admin token refused: "), "{last}");
    assert!(!said.err.contains(ADMIN_TOKEN));
}

#[test]
fn a_condition_that_is_wrong_or_about_nobody_is_refused() {
    let refused = |said: Said, words: &str| {
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{}", said.err);
        assert!(said.err.contains(words), "not {words:?}: {}", said.err);
    };
    refused(run(&["wait", "a"]), "--for <EXPR>");
    refused(
        run(&["wait", "--for", "onlin=1", "a"]),
        "imtop: --for: \"onlin\" is no count; did you mean online?\n  onlin=1\n  ^^^^^\n",
    );
    refused(run(&["wait", "--for", "online=1"]), "nobody to watch");
    let site = Site::new(SCENARIO, LIST, real_clock());
    refused(
        site.run(&["wait", "--for", "online=100% of group=kisok"]),
        "--for: no watched user is in the group \"kisok\"",
    );
    refused(
        site.run(&["wait", "--for", "online=1 of id=nobody"]),
        "--for: no watched user is one of \"id=nobody\"",
    );
}

#[test]
fn a_signal_ends_it_with_its_code() {
    let site = Site::new(SCENARIO, LIST, Clock::by_hand(1_795_413_000_000).0);
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let mut child = site
            .command(&["wait", "--for", "online=3"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let err = until(&mut child, "online=3 is 1 of 3");
        let killed =
            std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(killed.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        drop(err);
    }
}
