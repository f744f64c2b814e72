//! Commands on a recording instead of a server: one that is whole, one that is damaged, one whose
//! times make no sense.

use std::path::{Path, PathBuf};

use crate::common::binary::{Said, Site, imtop, real_clock, run};

/// One is connected, another is not.
const SCENARIO: &str = r#"
[[user]]
id = "a"
[[user.connection]]
platform = "Android"
[[user]]
id = "b"
"#;

/// A recording of one round.
fn recorded(folder: &Path) -> PathBuf {
    let site = Site::new(SCENARIO, "a,,kiosk\nb,,desk\n", real_clock());
    let path = folder.join("night.ndjson");
    let said = site.run(&["snapshot", "--record", path.to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    path
}

/// The moment of the last line, on both clocks.
fn last_moment(text: &str) -> (u64, i64) {
    let line: serde_json::Value = serde_json::from_str(text.lines().next_back().unwrap()).unwrap();
    (line["at"].as_u64().unwrap(), line["unix"].as_i64().unwrap())
}

#[test]
fn a_recording_that_is_damaged_to_its_end_is_not_taken_for_a_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = recorded(folder.path());
    let text = std::fs::read_to_string(&path).unwrap();
    let (at, unix) = last_moment(&text);
    let lines: Vec<&str> = text.lines().collect();
    let (kept, _) = lines.split_at(lines.len() - 1);
    let later = format!("{{\"at\":{},\"unix\":{},\"notice\":\"later\"}}", at + 60_000, unix + 60_000);
    std::fs::write(&path, format!("{}\n{{\"harm\n{later}\n", kept.join("\n"))).unwrap();
    let file = path.to_str().unwrap();

    let check = run(&["check", "--from", file]);
    assert_eq!(check.code, Some(3), "{}", check.out);
    assert!(check.out.starts_with("IMTOP UNKNOWN - ") && check.out.contains("is damaged"), "{}", check.out);
    let snapshot = run(&["snapshot", "--from", file, "--format", "ndjson"]);
    assert_eq!(snapshot.code, Some(1));
    assert!(snapshot.err.contains(&format!("is damaged in line {}", lines.len())), "{}", snapshot.err);
    assert!(snapshot.out.contains("\"unknown\""), "time went on without answers: {}", snapshot.out);
    let events = run(&["events", "--from", file, "--format", "ndjson"]);
    assert!(
        events.out.contains("\"kind\":\"notice\"") && events.out.contains("is damaged"),
        "{}",
        events.out
    );
    let wait = run(&["wait", "--from", file, "--for", "online=2"]);
    assert_eq!(wait.code, Some(124));
    assert!(wait.err.contains("is damaged"), "{}", wait.err);
}

#[test]
fn a_recording_has_its_users_and_its_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = recorded(folder.path());
    let (file, other) = (path.to_str().unwrap(), folder.path().join("other.ndjson"));
    let other = other.to_str().unwrap();
    for beside in
        [&["u1"] as &[_], &["--watch", file], &["--all"], &["--group-id", "g"], &["--record", other]]
    {
        for (command, code) in [("snapshot", 2), ("events", 2), ("check", 3)] {
            let said = run(&[&[command, "--from", file], beside].concat());
            assert_eq!(said.code, Some(code), "{command} {beside:?}");
            assert!((said.err + &said.out).contains("don't go together"), "{command} {beside:?}");
        }
    }
    assert!(!Path::new(other).exists());
    let said = imtop(&["check", "--from", file]).env("IMTOP_RECORD", other).output().unwrap();
    assert_eq!(said.status.code(), Some(0), "what a variable says is not meant for this: {said:?}");
    assert!(String::from_utf8(said.stdout).unwrap().starts_with("IMTOP OK - recorded, as of 2"));
}

/// What a snapshot says of a recording whose last line was written so much later than the one before.
fn ended_after(days: u64) -> Said {
    let folder = tempfile::tempdir().unwrap();
    let path = recorded(folder.path());
    let mut text = std::fs::read_to_string(&path).unwrap();
    let (at, unix) = last_moment(&text);
    let ms = days * 86_400_000;
    let line = format!("{{\"at\":{},\"unix\":{},\"notice\":\"late\"}}\n", at + ms, unix + ms as i64);
    text.push_str(&line);
    std::fs::write(&path, text).unwrap();
    run(&["snapshot", "--from", path.to_str().unwrap(), "--format", "json"])
}

#[test]
fn most_of_a_year_passes_quickly() {
    let said = ended_after(300);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["totals"]["watched"], 2, "{json}");
}

#[test]
fn half_a_century_is_damage_that_is_said() {
    let said = ended_after(50 * 365 + 1);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(
        said.err.contains("is damaged in line") && said.err.contains("(time jumps by 50 years)"),
        "{}",
        said.err
    );
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&json["totals"]["watched"], &json["at"].as_str().unwrap()[..2]), (&2.into(), "20"), "{json}");
}

#[test]
fn a_picture_of_a_recording_says_that_it_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = recorded(folder.path());
    let file = path.to_str().unwrap();
    for args in [&["replay", file] as &[_], &["snapshot", "--from", file, "--format", "frame"]] {
        let said = run(args);
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(said.out.contains("REPLAY") && said.out.contains("was live"), "{}", said.out);
    }
}
