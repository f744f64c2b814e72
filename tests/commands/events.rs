//! `imtop events` as a script reads it, live, recorded and from the recording.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::common::binary::{Said, Site, imtop, real_clock, run};
use crate::common::leak::Leaks;
use crate::common::scratch::Scratch;
use crate::schemas::Schema;
use imtop::simulator::{Clock, Fault, Scenario};
use serde_json::Value;

const NOW: i64 = 1_795_413_000_000;

/// One is connected, one comes after a minute, one comes and goes all the time.
const SCENARIO: &str = r#"
[[user]]
id = "alice_of_sales"
label = "Alice Adams"
[[user.connection]]
platform = "Android"
[[user]]
id = "late"
[[user]]
id = "restless"
[[event]]
at = "1m"
user = "late"
does = "connect"
platform = "Android"
[[event]]
at = "200ms"
every = "700ms"
user = "restless"
does = "connect"
platform = "Web"
[[event]]
at = "500ms"
every = "700ms"
user = "restless"
does = "disconnect"
"#;

const LIST: &str = "alice_of_sales,Alice Adams,sales\nlate,,desk\nrestless,Rest Less,desk\n";

fn records(out: &str) -> Vec<Value> {
    let schema = Schema::named("event");
    let records: Vec<Value> = out.lines().map(|line| schema.read(line)).collect();
    for (number, record) in (1..).zip(&records) {
        assert_eq!(record["id"], number, "{record}");
    }
    records
}

fn kinds<'a>(records: &'a [Value], kind: &str) -> Vec<&'a Value> {
    records.iter().filter(|record| record["kind"] == kind).collect()
}

/// Starts it; its lines.
fn lines_of(command: &mut Command) -> (Child, BufReader<ChildStdout>) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    (child, lines)
}

/// Reads up to a line with these words.
fn until(lines: &mut BufReader<ChildStdout>, words: &str) -> String {
    let mut read = String::new();
    loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0, "ended without {words:?}:\n{read}");
        read += &line;
        if line.contains(words) {
            return read;
        }
    }
}

fn kill(child: &Child, signal: &str) {
    let killed = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
}

fn fault(name: &str) -> Fault {
    name.parse().unwrap()
}

fn name(file: &Path) -> &str {
    file.to_str().unwrap()
}

#[test]
fn first_how_the_asking_goes_then_everybody_then_what_changes() {
    let (clock, hand) = Clock::by_hand(NOW);
    let site = Site::new(SCENARIO, LIST, clock);
    let (mut child, mut lines) = lines_of(&mut site.command(&["events", "--format", "ndjson"]));
    let mut read = String::new();
    for _ in 0..5 {
        lines.read_line(&mut read).unwrap();
    }
    let first = records(&read);
    assert_eq!((&first[0]["kind"], &first[0]["to"]), (&"feed".into(), &"connecting".into()));
    assert!(first[0]["text"].as_str().unwrap().contains("3 users of http://127.0.0.1:"), "{}", first[0]);
    let mut seen: Vec<_> = kinds(&first, "presence")
        .iter()
        .map(|record| (record["user"].as_str().unwrap(), record["to"].as_str().unwrap()))
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, [("alice_of_sales", "online"), ("late", "offline"), ("restless", "offline")]);
    assert_eq!(kinds(&first, "presence")[0]["from"], Value::Null, "first sight");
    hand.advance(Duration::from_secs(60));
    read += &until(&mut lines, r#""user":"late","label":null,"kind":"connected""#);
    let late = records(&read).pop().unwrap();
    assert_eq!((&late["connection"]["platform"], &late["batch"]), (&"Android".into(), &Value::Null));
    kill(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn from_the_recording_come_the_same_lines_byte_for_byte() {
    for file in ["n.ndjson", "n.ndjson.zst"] {
        let site = Site::new(SCENARIO, LIST, real_clock());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(file);
        let args = ["events", "--format", "ndjson", "--record", name(&file)];
        let (mut child, mut lines) = lines_of(&mut site.command(&args));
        let mut live = until(&mut lines, r#""kind":"disconnected""#);
        site.server.set_fault(Some(fault("code:500")));
        live += &until(&mut lines, r#""to":"unknown""#);
        site.server.set_fault(None);
        live += &until(&mut lines, r#""to":"answering""#);
        kill(&child, "TERM");
        lines.read_to_string(&mut live).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(143));
        let events = records(&live);
        assert!(kinds(&events, "feed").len() > 2 && !kinds(&events, "connected").is_empty(), "{live}");
        assert!(events.iter().any(|it| it["to"] == "unknown"), "time alone has changed something: {live}");

        let again = run(&["events", "--format", "ndjson", "--from", name(&file)]);
        assert_eq!((again.code, again.err.as_str()), (Some(0), ""));
        assert_eq!(again.out, live);

        let text = run(&["events", "--utc", "--from", name(&file)]);
        assert_eq!(text.out.lines().count(), events.len(), "{}", text.out);
        let half = run(&["events", "--format", "ndjson", "--from", name(&file), "--at", "+2s"]);
        assert!(live.starts_with(&half.out) && half.out.len() < live.len(), "{}", half.out);
        let short = run(&["events", "--format", "ndjson", "--from", name(&file), "--duration", "2s"]);
        assert_eq!(short.out, half.out, "two seconds of its own time");
    }
}

/// The shipped scenario of a mass logout, with so many users of it on the watch list.
fn logout(users: usize, clock: Clock) -> Site {
    let scenario = Scenario::named("logout").unwrap();
    let entries = scenario.watch_list().into_iter().take(users);
    let lines = entries.map(|it| format!("{},,{}\n", it.id, it.group.as_deref().unwrap_or_default()));
    let list: String = lines.collect();
    Site::of(scenario, &list, clock)
}

#[test]
fn a_mass_logout_is_a_critical_finding_that_says_how_many_and_whose() {
    let (clock, hand) = Clock::by_hand(NOW);
    let site = logout(60, clock);
    let (mut child, mut lines) = lines_of(&mut site.command(&["events", "--format", "ndjson"]));
    let mut read = String::new();
    while kinds(&records(&read), "presence").len() < 60 {
        assert!(lines.read_line(&mut read).unwrap() > 0, "{read}");
    }
    assert!(!read.contains("mass-disconnect"), "{read}");
    hand.advance(Duration::from_secs(90));
    read += &until(&mut lines, r#""rule":"mass-disconnect""#);
    let found = records(&read).pop().unwrap();
    assert_eq!((&found["kind"], &found["user"]), (&"finding".into(), &Value::Null), "{found}");
    assert_eq!(found["finding"]["severity"], "critical", "{found}");
    let text = found["text"].as_str().unwrap();
    assert!(text.contains(" connected users (") && text.contains("went offline within"), "{text}");
    kill(&child, "TERM");
    child.wait().unwrap();
}

#[test]
fn slow_answers_are_a_finding() {
    let site = logout(8, Clock::by_hand(NOW).0);
    site.server.set_fault(Some(fault("delay:2600ms")));
    let (mut child, mut lines) = lines_of(&mut site.command(&["events", "--format", "ndjson"]));
    let read = until(&mut lines, r#""rule":"api-slow""#);
    let text = records(&read).pop().unwrap()["text"].as_str().unwrap().to_owned();
    assert!(text.contains("took longer than 2.5s in the last 5m (p95 2."), "{text}");
    kill(&child, "TERM");
    child.wait().unwrap();
}

/// Of six users on two gateways four are lost from sight, and come back.
const LOSS: &str = r#"
[gateways]
names = ["gw-1", "gw-2"]
[[event]]
at = "2s"
gateway = "gw-2"
does = "cut"
[[event]]
at = "10s"
gateway = "gw-2"
does = "rejoin"
"#;

#[test]
fn from_the_recording_of_a_loss_of_view_come_the_same_lines_and_the_same_doubts() {
    let user = |number: u32| {
        let gateway = if number < 2 { "gw-1" } else { "gw-2" };
        format!(
            "[[user]]\nid = \"u{number}\"\n[[user.connection]]\nplatform = \"Web\"\ngateway = \"{gateway}\"\n"
        )
    };
    let users: String = (0..6).map(user).collect();
    let list = "u0\nu1\nu2\nu3\nu4\nu5\n";
    let site = Site::new(&format!("{LOSS}{users}"), list, real_clock());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("n.ndjson");
    let args = ["events", "--format", "ndjson", "--record", name(&file)];
    let (mut child, mut lines) = lines_of(&mut site.command(&args));
    let mut live = until(&mut lines, "view-loss");
    // Seen again with the same connections, of which nothing wrong was said: no line but this.
    live += &until(&mut lines, "\"to\":\"online\"");
    kill(&child, "TERM");
    lines.read_to_string(&mut live).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    let events = records(&live);
    let doubts = kinds(&events, "presence").iter().filter(|it| it["to"] == "unknown").count();
    assert!(doubts >= 4 && !events.iter().any(|it| it["to"] == "offline"), "{live}");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("\"question\":\"registry\""), "the registry's answers are in it");

    let again = run(&["events", "--format", "ndjson", "--from", name(&file)]);
    assert_eq!((again.code, again.err.as_str()), (Some(0), ""));
    assert_eq!(again.out, live);
}

#[test]
fn a_server_that_is_silent_at_the_end_makes_users_unknown_in_the_recording_too() {
    let site = Site::new(SCENARIO, LIST, Clock::by_hand(NOW).0);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("n.ndjson");
    let (mut child, mut lines) =
        lines_of(&mut site.command(&["events", "--format", "ndjson", "--record", name(&file)]));
    let mut live = until(&mut lines, r#""user":"restless""#);
    site.server.set_fault(Some(fault("hang")));
    for _ in 0..3 {
        live += &until(&mut lines, r#""to":"unknown""#);
    }
    kill(&child, "INT");
    lines.read_to_string(&mut live).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(run(&["events", "--format", "ndjson", "--from", name(&file)]).out, live);
}

#[test]
fn a_filter_leaves_out_others_and_keeps_the_asking() {
    let site = Site::new(SCENARIO, LIST, Clock::by_hand(NOW).0);
    let said = site.run(&["events", "--format", "ndjson", "--duration", "2s", "--filter", "group=sales"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let events = records(&said.out);
    assert_eq!(events[0]["kind"], "feed");
    assert_eq!(kinds(&events, "presence").len(), 1);
    assert!(
        events[1..].iter().all(|it| it["user"] == "alice_of_sales" || it["user"].is_null()),
        "{}",
        said.out
    );
    let wrong = site.run(&["events", "--filter", "stat=online"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (Some(2), ""));
    assert!(wrong.err.starts_with("imtop: --filter: "), "{}", wrong.err);
}

#[test]
fn behind_the_mask_is_no_name_neither_in_lines_nor_beside_them() {
    let list = format!("{LIST}late,Twice\n");
    let site = Site::new(SCENARIO, &list, Clock::by_hand(NOW).0);
    let long = format!("{}_the_same_again", "restless_who_has_a_very_long_name");
    let names = ["alice", "Alice", "Adams", "sales", "late", "restless", "Rest", "desk", "Twice"];
    let users = [long.as_str(), long.as_str(), "late", "late"];
    for format in ["text", "ndjson"] {
        let args = [&["events", "--format", format, "--duration", "1s", "--mask"], &users[..]].concat();
        let said = site.run(&args);
        assert_eq!(said.code, Some(0), "{}", said.err);
        let text = said.out.clone() + &said.err;
        for name in names {
            assert!(!text.contains(name), "{name}:\n{text}");
        }
        assert!(said.out.contains("user-"), "stand-ins: {}", said.out);
        assert_eq!(
            said.err,
            "imtop: the watch list has oddities, which name users; without --mask they are told\n"
        );
    }
    let open = site.run(&[&["events", "--duration", "1s"], &users[..]].concat());
    assert!(open.err.contains("late was named twice, watched once"), "{}", open.err);
}

#[test]
fn trouble_with_the_asking_is_an_event_and_so_is_its_end() {
    let site = Site::new(SCENARIO, LIST, Clock::by_hand(NOW).0);
    let (mut child, mut lines) = lines_of(&mut site.command(&["events", "--format", "ndjson"]));
    let mut read = until(&mut lines, r#""user":"restless""#);
    site.server.set_fault(Some(fault("code:500")));
    read += &until(&mut lines, r#""to":"failing""#);
    site.server.set_fault(None);
    read += &until(&mut lines, r#""to":"answering""#);
    let events = records(&read);
    let failing = events.iter().find(|it| it["to"] == "failing").unwrap();
    assert_eq!((&failing["from"], &failing["batch"]["of"]), (&"answering".into(), &2.into()));
    assert!(failing["why"].is_string() && failing["user"].is_null(), "{failing}");
    let over = events.last().unwrap();
    assert!(over["batch"]["after_ms"].as_u64().is_some_and(|ms| ms > 0), "{over}");
    kill(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly_even_when_nothing_happens() {
    let site = Site::new(SCENARIO, LIST, Clock::by_hand(NOW).0);
    let (mut child, mut lines) = lines_of(&mut site.command(&["events"]));
    until(&mut lines, "restless");
    drop(lines);
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

#[test]
fn killed_while_it_records_it_leaves_a_recording() {
    for file in ["n.ndjson", "n.ndjson.zst"] {
        let site = Site::new(SCENARIO, LIST, real_clock());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(file);
        let args = ["events", "--format", "ndjson", "--record", name(&file)];
        let (mut child, mut lines) = lines_of(&mut site.command(&args));
        let mut live = until(&mut lines, r#""kind":"connected""#);
        live += &until(&mut lines, r#""kind":"disconnected""#);
        // Two more of them: those before have been written, as nobody waits for the disk.
        until(&mut lines, r#""kind":"connected""#);
        until(&mut lines, r#""kind":"disconnected""#);
        kill(&child, "KILL");
        child.wait().unwrap();
        let again = run(&["events", "--format", "ndjson", "--from", name(&file)]);
        assert_eq!((again.code, again.err.as_str()), (Some(0), ""));
        assert!(again.out.starts_with(&live), "{}\nis not the beginning of\n{}", live, again.out);
        let shot = run(&["snapshot", "--format", "ndjson", "--from", name(&file)]);
        assert_eq!(shot.out.lines().count(), 1 + 3, "{}{}", shot.out, shot.err);
    }
}

#[test]
fn what_cannot_be_recorded_is_said_before_anything_is_asked() {
    use std::os::unix::process::CommandExt as _;

    let site = Site::new(SCENARIO, LIST, Clock::by_hand(NOW).0);
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("there.ndjson");
    std::fs::write(&there, "mine").unwrap();
    let said = site.run(&["events", "--record", name(&there)]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    assert_eq!(std::fs::read_to_string(&there).unwrap(), "mine");
    assert!(said.err.starts_with("imtop: ") && said.err.contains("there.ndjson exists"), "{}", said.err);

    crate::common::scratch::mode(folder.path(), 0o555);
    let locked = folder.path().join("n.ndjson");
    let mut command = imtop(&[
        "events",
        "--record",
        name(&locked),
        "--api",
        &site.server.url(),
        "--duration",
        "1s",
        "late",
    ]);
    command.env("IMTOP_TOKEN", site.server.admin_token());
    if rustix::process::geteuid().is_root() {
        // Root may write anywhere: a copy that anybody can run, run by nobody.
        let copies = tempfile::tempdir().unwrap();
        crate::common::scratch::mode(copies.path(), 0o755);
        let copy = copies.path().join("imtop");
        // By a program of its own: a child of another test that holds the copy open would keep it from being run.
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_imtop")).arg(&copy).status();
        assert!(copied.unwrap().success());
        let mut other = Command::new(&copy);
        other.args(command.get_args()).stdin(Stdio::null()).current_dir("/").uid(65_534);
        other.env("IMTOP_CONFIG", "/dev/null").env("IMTOP_TOKEN", site.server.admin_token());
        let said = Said::from(other.output().unwrap());
        refused_to_write(&said);
    } else {
        refused_to_write(&Said::from(command.output().unwrap()));
    }
    crate::common::scratch::mode(folder.path(), 0o755);
}

fn refused_to_write(said: &Said) {
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    assert!(said.err.contains("Permission denied; name a file in a directory"), "{}", said.err);
}

#[test]
fn what_is_no_recording_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = folder.path().join("list.csv");
    std::fs::write(&foreign, LIST).unwrap();
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "").unwrap();
    for (file, words) in [
        (name(&foreign), "list.csv is not a recording of imtop"),
        (name(&empty), "empty is empty"),
        (name(folder.path()), "is a directory"),
        ("/nonexistent/n.ndjson", "cannot read the recording /nonexistent/n.ndjson: "),
    ] {
        let said = run(&["events", "--from", file]);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{file}");
        assert!(said.err.starts_with("imtop: ") && said.err.contains(words), "{}", said.err);
        assert_eq!(said.err.lines().count(), 1);
    }
}

#[test]
fn a_time_outside_of_the_recording_is_refused_with_its_span() {
    let site = Site::new(SCENARIO, LIST, real_clock());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("n.ndjson");
    let said = site.run(&["events", "--duration", "1s", "--record", name(&file)]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    for at in ["2001-01-01T00:00:00Z", "2101-01-01T00:00:00Z", "+1h", "-1h"] {
        let said = run(&["events", "--from", name(&file), "--at", at]);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{at}");
        let begin = format!("imtop: --at {at}: that is outside of what there is: from 20");
        assert!(said.err.starts_with(&begin) && said.err.contains(" to 20"), "{}", said.err);
    }
    let noon = run(&["events", "--from", name(&file), "--at", "noon"]);
    assert!(noon.code == Some(2) && noon.err.contains("expected a time of day"), "{}", noon.err);
}

#[test]
fn credentials_that_cannot_be_had_are_a_reason_and_a_failure() {
    let site = Site::new(SCENARIO, LIST, real_clock());
    let url = site.server.url();
    for (option, value, why) in [
        (
            "--token-file",
            "/nope",
            "cannot use the token file /nope: no such file; check the name of the file",
        ),
        (
            "--token-file",
            "/dev/null",
            "cannot use the token file /dev/null: it is not a plain file; name a file, or use --token-command",
        ),
        ("--token-command", "exit 3", "the token command failed: it says nothing; run it by hand in a shell"),
    ] {
        let said = run(&["events", "--format", "ndjson", "--api", &url, option, value, "a"]);
        assert_eq!((said.code, said.err), (Some(1), format!("imtop: {why}\n")), "{value}");
        let last = records(&said.out).pop().unwrap();
        let (what, _) = why.split_once(';').unwrap();
        assert_eq!((last["why"].as_str(), &last["to"]), (Some(what), &"failing".into()), "{value}");
        // A list of the server needs them, too.
        let list = ["--group-id", "g", "--duration", "1s"];
        let said = run(&[&["events", "--api", &url, option, value][..], &list].concat());
        assert_eq!(said.code, Some(1), "{value}");
        assert!(said.err.ends_with(&format!("{why}\n")), "{}", said.err);
    }
}

#[test]
fn credentials_that_are_lost_on_the_way_are_told_and_the_code_says_so() {
    let site = Site::new(SCENARIO, LIST, real_clock());
    let files = Scratch::new();
    let token = files.secret("token", &site.server.admin_token());
    let url = site.server.url();
    let mut command = imtop(&["events", "--api", &url, "--interval", "100ms", "--duration", "4s", "late"]);
    let (child, mut lines) = lines_of(command.arg("--token-file").arg(&token));
    until(&mut lines, "offline when first seen");
    std::fs::remove_file(&token).unwrap();
    site.server.set_fault(Some(fault("code:1507")));
    until(&mut lines, "token: no such file");
    let said = Said::from(child.wait_with_output().unwrap());
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert_eq!(
        said.err,
        format!(
            "imtop: cannot use the token file {}: no such file; check the name of the file\n",
            token.display()
        )
    );
}

#[test]
fn a_server_that_never_answered_is_a_failure_at_the_end() {
    let gone = Site::new(SCENARIO, LIST, real_clock()).gone();
    let mut command = imtop(&["events", "--api", &gone, "--duration", "1s", "a"]);
    let said = Said::from(command.env("IMTOP_TOKEN", crate::common::ADMIN_TOKEN).output().unwrap());
    assert_eq!(said.code, Some(1));
    assert!(said.err.starts_with("imtop: cannot reach the server: connection refused; "), "{}", said.err);
}

#[test]
fn no_token_is_in_lines_or_recording() {
    let site = Site::new(SCENARIO, LIST, real_clock());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("n.ndjson");
    let (mut child, mut lines) =
        lines_of(&mut site.command(&["events", "--format", "ndjson", "--record", name(&file)]));
    let mut read = until(&mut lines, r#""kind":"connected""#);
    let tokens = site.server.world().session_tokens();
    read += &until(&mut lines, r#""kind":"disconnected""#);
    kill(&child, "TERM");
    child.wait().unwrap();
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(tokens.len() > 1, "the server hands out tokens");
    let admin = site.server.admin_token();
    let leaks = Leaks::of(tokens.iter().map(String::as_str).chain([admin.as_str()]));
    leaks.assert_none("lines", &read);
    leaks.assert_none("standard error", &err);
    leaks.assert_none("the recording", &std::fs::read_to_string(&file).unwrap());
}

#[test]
fn a_time_in_or_after_what_is_damaged_is_said_to_be_there_and_not_outside() {
    let site = Site::new(SCENARIO, LIST, real_clock());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("n.ndjson");
    let said = site.run(&["events", "--duration", "2s", "--record", name(&file)]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let half = lines.len() / 2;
    // Damaged up to the end.
    let junk = vec!["junk"; lines.len() - half].join("\n");
    std::fs::write(&file, format!("{}\n{junk}\n", lines[..half].join("\n"))).unwrap();
    let damage =
        format!("{} is damaged in line {} (it does not begin with a moment)", file.display(), half + 1);
    for at in ["+1h", "2101-01-01T00:00:00Z"] {
        let said = run(&["events", "--from", name(&file), "--at", at]);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{at}");
        let begin = format!("imtop: --at {at}: that is after what can be read, from 20");
        assert!(said.err.starts_with(&begin) && said.err.contains(&format!(": {damage}")), "{}", said.err);
    }
    let before = run(&["events", "--from", name(&file), "--at", "-1h"]);
    assert!(before.err.contains("that is outside of what there is"), "{}", before.err);
    // A line in the middle: what follows has times, and can't be read.
    let mut middle = lines.clone();
    middle[half] = "junk";
    std::fs::write(&file, middle.join("\n") + "\n").unwrap();
    let said = run(&["snapshot", "--from", name(&file), "--at", "-0s"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains(&damage) && said.err.contains("; it can be read up to 20"), "{}", said.err);
}
