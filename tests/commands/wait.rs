//! `imtop wait` as a script runs it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::common::binary::{Said, Site, imtop, real_clock, run};
use crate::common::scratch::Scratch;
use crate::common::server::{Server, Turn, http, json};
use crate::common::{ADMIN_TOKEN, offline_body};
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
    let said = site.run(&["wait", "--for", "online=3", "--timeout", "2s"]);
    assert_eq!((said.code, said.out.as_str()), (Some(124), ""), "{}", said.err);
    assert_eq!(
        said.err,
        "imtop: waiting for online=3\nimtop: online=3 is 1 of 3 (33.3%)\nimtop: time is up: online=3 is 1 of 3 (33.3%)\n"
    );
    let gone = site.gone();
    let mut lost = imtop(&["wait", "--for", "online=1", "--timeout", "2s", "--api", &gone, "a"]);
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
    let said = site.run(&["wait", "--for", "unknown>0", "--timeout", "2s"]);
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

/// Runs `wait` for `a` to be offline on a server that gives these answers first.
fn wait_at(turns: Vec<Turn>, more: &[&str]) -> (Said, usize) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start(turns));
    let files = Scratch::new();
    let config = files.secret("config.toml", "registry = \"off\"\n");
    let (url, pace) = (server.url(), ["--interval", "100ms"]);
    let mut command = imtop(&["wait", "--for", "offline=1", "--timeout", "20s", "--api", &url]);
    command.args(pace).args(more).env("IMTOP_TOKEN", ADMIN_TOKEN).env("IMTOP_CONFIG", config);
    let said = command.output().unwrap().into();
    (said, server.requests().len())
}

#[test]
fn what_an_ingress_says_while_it_reloads_is_waited_for() {
    let refused = |status: &str| Turn::Write(http(status, "", "<html>nginx</html>"));
    for status in ["404 Not Found", "403 Forbidden", "408 Request Timeout", "421 Misdirected", "499 Odd"] {
        let (said, _) = wait_at(vec![refused(status), refused(status), json(offline_body(&["a"]))], &["a"]);
        assert_eq!(said.code, Some(0), "{status}: {}", said.err);
    }
    let (said, requests) = wait_at(vec![refused("404 Not Found")], &["a"]);
    assert_eq!((said.code, requests), (Some(1), 4), "{}", said.err);
    assert!(said.err.ends_with("HTTP 404 Not Found; no OpenIM API answers there; check the path in --api\n"));
}

#[test]
fn a_list_of_the_server_is_waited_for_too() {
    let refused = |status: &str| Turn::Write(http(status, "", "<html>nginx</html>"));
    let members = r#"{"errCode":0,"errMsg":"","errDlt":"","data":{"userIDs":["a"]}}"#;
    let group = ["--group-id", "g"];
    for status in ["404 Not Found", "502 Bad Gateway"] {
        let turns = vec![refused(status), refused(status), json(members), json(offline_body(&["a"]))];
        let (said, _) = wait_at(turns, &group);
        assert_eq!(said.code, Some(0), "{status}: {}", said.err);
        assert!(said.err.contains("no watch list from the server yet: "), "{}", said.err);
    }
    let (said, requests) = wait_at(vec![refused("404 Not Found")], &group);
    assert_eq!((said.code, requests), (Some(1), 4), "{}", said.err);
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

#[test]
fn along_a_recording_it_is_so_when_it_was_so_at_some_time() {
    let (clock, hand) = Clock::by_hand(1_795_413_000_000);
    let site = Site::new(SCENARIO, LIST, clock);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("night.ndjson");
    let file = file.to_str().unwrap();
    let mut child = site
        .command(&["wait", "--for", "online=2", "--record", file])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut err = until(&mut child, "online=2 is 1 of 3");
    hand.advance(Duration::from_secs(61));
    let mut rest = String::new();
    err.read_to_string(&mut rest).unwrap();
    let said = Said::from(child.wait_with_output().unwrap());
    assert_eq!(said.code, Some(0), "{rest}");

    let again = run(&["wait", "--for", "online=2", "--from", file]);
    assert_eq!((again.code, again.err.as_str()), (Some(0), ""));
    assert_eq!(again.out.split_once(' ').unwrap().1, said.out.split_once(' ').unwrap().1);
    let before = run(&["wait", "--for", "online=1", "--from", file]);
    assert_eq!(before.code, Some(0), "it was so before: {}", before.err);
    assert!(before.out < again.out, "and earlier: {}{}", before.out, again.out);
    let never = run(&["wait", "--for", "online=3", "--from", file]);
    assert_eq!((never.code, never.out.as_str()), (Some(124), ""));
    assert_eq!(never.err, "imtop: not once in the recording, at last: online=3 is 2 of 3 (66.6%)\n");
    let nobody = run(&["wait", "--for", "online=3 of group=kisok", "--from", file]);
    assert_eq!(nobody.code, Some(2), "{}", nobody.err);

    let check = run(&["check", "--from", file, "-w", "online<3", "-c", "online<2"]);
    assert_eq!(check.code, Some(1), "{}", check.out);
    assert!(
        check.out.starts_with("IMTOP WARNING - recorded, as of 2")
            && check.out.contains("Z: online<3 is 2 of 3 (66.6%); 2 of 3 online, 1 unregistered"),
        "{}",
        check.out
    );
    assert_eq!(run(&["check", "--from", file, "-w", "online<3", "-c", "online<2"]).out, check.out);
    let gone = run(&["check", "--from", "/nonexistent.ndjson"]);
    assert_eq!(gone.code, Some(3));
    assert!(
        gone.out.starts_with("IMTOP UNKNOWN - ") && gone.out.contains("/nonexistent.ndjson"),
        "{}",
        gone.out
    );
}
