//! A recording that is made in the live view, and one that is played.

use std::path::{Path, PathBuf};
use std::process::Command;

use imtop::presence::{
    Answer, Entry, FetchError, Freshness, Input, Observation, OperationId, Roster, RuleSettings, State,
    UserIx, UserStatus, WatchList,
};
use imtop::recording::{Head, Limits, Recorder};
use imtop::simulator::Running;

use super::kit::{at, observed, online};
use super::pty::Session;
use super::{IMTOP, SIZE, calm, list};

/// A minute of two users with a round every two seconds; at 12:00:30 there is no answer for once.
fn minute(folder: &Path) -> PathBuf {
    let path = folder.join("minute.ndjson.zst");
    let watched = std::sync::Arc::new(WatchList::new(1, 500, ["alice", "bob"].map(Entry::of)));
    let roster = Roster::new(watched, Freshness::for_interval(2_000), at(0));
    let mut state = State::new(roster, RuleSettings::default(), at(0));
    let head = Head { api: "http://im.example:10002".to_owned(), interval_ms: 2_000, ..Head::default() };
    let started = Recorder::start(&path, Limits::default(), at(0), head, state.roster(), |it| panic!("{it}"));
    let mut recorder = started.unwrap();
    for round in 1..=30_u64 {
        let now = at(round * 2_000);
        let alice = if round < 10 { UserStatus::Offline } else { online("c1") };
        let answer = Answer::Changed(vec![(UserIx(0), alice), (UserIx(1), UserStatus::Offline)]);
        let input = Input::Observed(Observation {
            sent: at(round * 2_000 - 30),
            operation_id: OperationId(format!("op-{round}").into()),
            wire_bytes: 100,
            ..observed(now, if round == 15 { Err(FetchError::Timeout { after_ms: 5 }) } else { Ok(answer) })
        });
        recorder.write(state.now(), &input);
        state.take(now, &input);
    }
    drop(recorder);
    path
}

/// A replay that stands still at 12:00:20, the whole recording looked through.
fn replay(folder: &Path, size: (u16, u16)) -> Session {
    let file = minute(folder);
    let session = Session::start(IMTOP, &["replay", file.to_str().unwrap(), "--at", "+20s"], size);
    if size == SIZE {
        session.until("12:00:20, still, and all looked through", |screen| {
            let text = screen.contents();
            text.contains("12:00:20 still") && !text.contains("% read")
        });
    }
    session
}

#[test]
fn keys_lead_through_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = replay(folder.path(), SIZE);
    assert!(session.text().contains("● 1 online"), "{}", session.text());
    session.press("]");
    session.until_shows("12:00:22 still");
    session.press("[[[");
    assert!(session.until_shows("12:00:16 still").contains("● 0 online"), "before alice came");
    session.press("}");
    session.until_shows("12:00:30 still");
    session.until_shows("incident: timed out");
    session.press("}");
    session.until_shows("no incident after this: the recording ends");
    session.press(":at +5s\r");
    session.until_shows("12:00:05 still");
    session.press(":at +2h\r");
    session.until_shows("outside of what there is: from 2026-12-28 12:00:00 to 2026-12-28 12:01:00");
    session.press("\u{1b}");
    session.until("the prompt gone", |screen| !screen.contents().contains("outside of what there is"));
    session.press("+");
    session.until_shows("2 times as fast");
    session.press(".");
    session.until_shows("x2");
    session.until_shows("12:00:06");
    session.press(" ");
    session.until_shows("still");
    session.press("R");
    session.until_shows("this is a recording already");
    session.press(":at -0s\r");
    session.until_shows("12:01:00 the end");
    session.press(" ");
    session.until_shows("the recording ends here");
    session.press("q");
    assert_eq!(session.end(), 0);
    session.expect_restored();
}

#[test]
fn a_recording_is_played_to_its_end_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let file = minute(folder.path());
    let mut session = Session::start(IMTOP, &["replay", file.to_str().unwrap(), "--speed", "1000"], SIZE);
    let text = session.until_shows("12:01:00 the end");
    assert!(text.contains("● 1 online"), "{text}");
    session.press("\u{3}");
    assert_eq!(session.end(), 130);
    session.expect_restored();
}

#[test]
fn the_smallest_terminal_and_a_change_of_its_size_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = replay(folder.path(), (20, 5));
    session.until("the picture", vt100::Screen::alternate_screen);
    session.press("][{} + - ");
    session.resize((5, 2));
    session.press("]");
    session.resize(SIZE);
    session.press(":at +20s\r");
    session.until_shows("12:00:20 still");
    session.resize((20, 5));
    session.press("q");
    assert_eq!(session.end(), 0);
    session.expect_restored();
}

#[test]
fn what_cannot_be_played_leaves_the_terminal_alone() {
    let mut session = Session::start(IMTOP, &["replay", "Cargo.toml"], SIZE);
    assert_eq!(session.end(), 1);
    session.until_shows("imtop: Cargo.toml is not a recording of imtop");
    session.expect_restored();
    let folder = tempfile::tempdir().unwrap();
    let file = minute(folder.path());
    let mut session = Session::start(IMTOP, &["replay", file.to_str().unwrap(), "--at", "+2h"], SIZE);
    assert_eq!(session.end(), 2);
    session.until_shows("--at +2h: that is outside");
    session.expect_restored();
}

/// The live view on a server, started in `folder` after these words of the shell.
fn live(server: &Running, folder: &Path, before: &str, options: &str) -> Session {
    let users: Vec<String> = list().into_iter().map(|entry| entry.id).collect();
    let script = format!(
        "cd '{}'; {before} IMTOP_TOKEN={} exec {IMTOP} --api {} --interval 100ms {options} {}",
        folder.display(),
        server.admin_token(),
        server.url(),
        users.join(" ")
    );
    Session::start("bash", &["-c", &script], SIZE)
}

/// The lines that come from a recording.
pub(super) fn events(file: &Path) -> String {
    let mut command = Command::new(IMTOP);
    command.args(["events", "--format", "ndjson", "--from"]).arg(file).env("IMTOP_CONFIG", "/dev/null");
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.is_empty(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn r_records_and_ends_it_and_what_was_recorded_is_played() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(calm());
    let folder = tempfile::tempdir().unwrap();
    let mut session = live(&server, folder.path(), "", "");
    session.until_shows("● live");
    session.press("R");
    session.until_shows("recording to imtop-20");
    let began = server.requests();
    session.press(":record again.ndjson\r");
    session.until_shows("recording to again.ndjson; R ends it");
    session.until("some more rounds", |_| server.requests() > began + 5);
    session.press("R");
    session.until_shows("recorded to again.ndjson: ");
    session.press(":record again.ndjson\r");
    session.until_shows("again.ndjson exists");
    session.press("q");
    assert_eq!(session.end(), 0);
    session.expect_restored();
    let mut files = files(folder.path());
    files.sort();
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(files[1].to_str().unwrap().ends_with("Z.ndjson.zst"), "{files:?}");
    for file in files {
        assert!(events(&file).lines().count() >= 1);
        let mut session = Session::start(IMTOP, &["replay", file.to_str().unwrap()], SIZE);
        session.until_shows("20 watched");
        session.press("q");
        assert_eq!(session.end(), 0);
        session.expect_restored();
    }
}

#[test]
fn a_disk_that_is_full_ends_the_recording_and_not_the_view() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(calm());
    let folder = tempfile::tempdir().unwrap();
    // A write beyond 16 kB fails, as one to a full disk does.
    let mut session =
        live(&server, folder.path(), "trap '' XFSZ; ulimit -f 16;", "--record full.ndjson --log-level error");
    let text = session.until_shows("the recording has ended: full.ndjson: File too large");
    assert!(text.contains("● live") && text.contains("20 watched"), "{text}");
    let began = server.requests();
    session.until("more rounds", |_| server.requests() > began + 5);
    session.press("?");
    session.until_shows("show the user's connections, then step into them");
    session.press("q");
    session.press("R");
    session.until_shows("recording to imtop-20");
    session.press("q");
    assert_eq!(session.end(), 0);
    session.expect_restored();
    assert!(events(&folder.path().join("full.ndjson")).lines().count() > 20);
}

/// A replay that stands still at 12:00:02 of a recording of which these lines are junk, looked through.
fn damaged(folder: &Path, junk: std::ops::Range<usize>) -> Session {
    let packed = std::fs::read(minute(folder)).unwrap();
    let text = String::from_utf8(zstd::decode_all(&packed[..]).unwrap()).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let end = junk.end.min(lines.len());
    lines[junk.start..end].fill("junk");
    let file = folder.join("n.ndjson");
    std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    let session = Session::start(IMTOP, &["replay", file.to_str().unwrap(), "--at", "+2s"], (200, 40));
    session.until("12:00:02, still, and all looked through", |screen| {
        let text = screen.contents();
        text.contains("12:00:02 still") && !text.contains("% read")
    });
    session
}

#[test]
fn a_time_after_what_is_damaged_is_said_to_be_there_and_not_outside() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = damaged(folder.path(), 8..usize::MAX);
    session.press(":at +58s\r");
    session.until_shows("after what can be read, from 2026-12-28 12:00:00 to 2026-12-28 12:00:12: ");
    assert!(session.text().contains("n.ndjson is damaged"), "{}", session.text());
}

#[test]
fn a_time_in_what_is_damaged_is_shown_with_what_is_wrong_there() {
    let folder = tempfile::tempdir().unwrap();
    // Head, keyframe, and the seventh answer: what follows has times, and cannot be read.
    let mut session = damaged(folder.path(), 8..9);
    session.press(":at +24s\r");
    session.until_shows("this part of the recording can't be read: ");
    session.until_shows("; it can be read up to 2026-12-28 12:00:12");
}
