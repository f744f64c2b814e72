//! The files themselves: who may read them, what they are called, how they follow one another, and
//! how one finds one's way through them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;

use imtop::presence::{Answer, Hints, Input, Logins, Observation, Rule, RuleSettings, State};
use imtop::recording::{Limits, Player, Recorded, Recorder, Recording};

use super::made::{at, head, input, inputs, keyframes, night, observation, read, record, roster};

/// Limits that a quiet night soon reaches.
const SMALL: Limits = Limits { size: 30_000, files: 3 };

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn refused(path: &Path) -> String {
    let refused = Recorder::start(path, Limits::default(), at(0), head(), &roster(5), |_| {});
    refused.unwrap_err().to_string().replace(&path.parent().unwrap().display().to_string(), "DIR")
}

#[test]
fn a_packed_recording_says_the_same_as_a_plain_one() {
    let dir = tempfile::tempdir().unwrap();
    let (plain, packed) = (dir.path().join("n.ndjson"), dir.path().join("n.ndjson.zst"));
    for path in [&plain, &packed] {
        record(path, Limits::default(), 100);
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        let items = read(path);
        assert_eq!(inputs(&items), night(100));
        let keyframes = items.iter().filter(|item| matches!(item.what, Recorded::Keyframe(_))).count();
        assert_eq!(keyframes, 4, "one at the beginning, and one for each minute of 200 s");
        let Recorded::Head(told) = &items[0].what else { panic!("{:?}", items[0]) };
        assert_eq!(**told, imtop::recording::Head { began: at(0), piece: 1, ..head() });
    }
    let bytes = std::fs::read(&packed).unwrap();
    assert_eq!(zstd::decode_all(&bytes[..]).unwrap(), std::fs::read(&plain).unwrap());
    assert!(bytes.len() * 3 < std::fs::metadata(&plain).unwrap().len() as usize);
    // What it is, is told by what is in it.
    let renamed = dir.path().join("other.txt");
    std::fs::rename(&packed, &renamed).unwrap();
    assert_eq!(inputs(&read(&renamed)), night(100));
}

#[test]
fn a_roster_from_the_last_keyframe_goes_on_like_one_from_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("n.ndjson.zst");
    record(&path, Limits::default(), 100);
    let play = |place| {
        let mut recording = Recording::open(&path).unwrap().sparing_keyframes();
        if let Some(place) = place {
            recording.seek(place).unwrap();
        }
        let mut roster = None;
        for item in recording.map(Result::unwrap) {
            match item.what {
                Recorded::Keyframe(keyframe) => {
                    assert!(roster.is_none(), "keyframes that say nothing new are passed over");
                    roster = Some(keyframe.roster);
                }
                Recorded::Input(Input::Observed(observation)) => {
                    roster.as_mut().unwrap().apply(&observation);
                }
                _ => {}
            }
        }
        roster.unwrap().state()
    };
    let places = keyframes(&path);
    assert_eq!(places.len(), 4);
    for place in places {
        assert_eq!(play(Some(place)), play(None));
    }
}

#[test]
fn nothing_is_ever_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("n.ndjson");
    std::fs::write(&path, "dear diary").unwrap();
    let exists = "DIR/n.ndjson exists already; record into a new file, nothing is overwritten";
    assert_eq!(refused(&path), exists);
    assert_eq!(std::fs::read(&path).unwrap(), b"dear diary");
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("nowhere", &path).unwrap();
    assert_eq!(refused(&path), exists);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(dir.path().join("n.7.ndjson"), "old").unwrap();
    assert_eq!(
        refused(&path),
        "DIR/n.7.ndjson is left of an earlier recording of that name; record under another name, or move it away"
    );
    assert_eq!(names(dir.path()), ["n.7.ndjson"]);
}

#[test]
fn a_name_in_no_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(
        refused(&dir.path().join("none/n.ndjson")).replace("/none", ""),
        "cannot record into DIR/n.ndjson: No such file or directory; name a file in a directory that can be written to"
    );
}

#[test]
fn a_full_file_is_set_aside_and_the_last_few_are_kept() {
    for name in ["n.ndjson", "n.ndjson.zst"] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        let limits = if name.ends_with("zst") { Limits { size: 5_000, files: 3 } } else { SMALL };
        record(&path, limits, 600);
        let last = Recording::open(&path).unwrap().files().len();
        assert_eq!((names(dir.path()).len(), last), (3, 3), "{:?}", names(dir.path()));

        let together = read(&path);
        assert!(!together.iter().any(|item| matches!(item.what, Recorded::Gap(_))));
        let said = inputs(&together);
        assert!(said.len() > 60 && said.len() < 600, "{}", said.len());
        assert_eq!(said, night(600)[600 - said.len()..]);
        let pieces: Vec<u32> = together
            .iter()
            .filter_map(|item| match &item.what {
                Recorded::Head(head) => Some(head.piece),
                _ => None,
            })
            .collect();
        let newest = *pieces.last().unwrap();
        assert_eq!(pieces, [newest - 2, newest - 1, newest]);

        // Each alone is a recording of its own.
        let mut alone = Vec::new();
        for number in [newest - 2, newest - 1] {
            let piece = dir.path().join(name.replacen("n.", &format!("n.{number}."), 1));
            assert_eq!(std::fs::metadata(&piece).unwrap().permissions().mode() & 0o777, 0o600);
            let items = read(&piece);
            assert!(matches!(items[0].what, Recorded::Head(_)));
            assert!(matches!(items[1].what, Recorded::Keyframe(_)));
            alone.extend(inputs(&items));
        }
        assert_eq!(alone, said[..alone.len()]);

        // Without the one in the middle something is missing, and is said to be.
        std::fs::remove_file(dir.path().join(name.replacen("n.", &format!("n.{}.", newest - 1), 1))).unwrap();
        let gaps: Vec<String> = read(&path)
            .iter()
            .filter_map(|item| match &item.what {
                Recorded::Gap(gap) => Some(gap.why.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(gaps, ["files that came before it are missing"]);
    }
}

#[test]
fn a_recording_whose_next_name_is_taken_meanwhile_stops_and_keeps_what_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("n.ndjson");
    let (tell, told) = channel();
    let mut recorder =
        Recorder::start(&path, SMALL, at(0), head(), &roster(5), move |stopped| tell.send(stopped).unwrap())
            .unwrap();
    let taken = dir.path().join("n.1.ndjson");
    std::fs::write(&taken, "dear diary").unwrap();
    for n in 0..300 {
        let (at, input) = input(n);
        if recorder.wants_keyframe(at) {
            recorder.keyframe(at, &roster(5), 2_000);
        }
        recorder.write(at, &input);
    }
    drop(recorder);
    let stopped = told.recv().unwrap();
    assert_eq!(stopped.why, "the name of its next piece is taken");
    assert!(told.recv().is_err(), "said once");
    assert_eq!(std::fs::read(&taken).unwrap(), b"dear diary");
    let kept = inputs(&read(&path));
    assert_eq!(kept, night(300)[..kept.len()]);
    assert_eq!(stopped.until, Recording::open(&path).unwrap().ends().ok());
}

#[test]
fn one_finds_ones_way_to_every_keyframe_and_to_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("n.ndjson");
    record(&plain, Limits::default(), 200);
    let packed = dir.path().join("n.ndjson.zst");
    record(&packed, Limits::default(), 200);
    // One frame, as another program packs it.
    let repacked = dir.path().join("again.zst");
    std::fs::write(&repacked, zstd::encode_all(&*std::fs::read(&plain).unwrap(), 3).unwrap()).unwrap();
    let turned = dir.path().join("t.ndjson");
    record(&turned, SMALL, 200);

    for path in [plain, packed, repacked, turned] {
        check_ways(&path);
    }
}

fn check_ways(path: &Path) {
    let mut recording = Recording::open(path).unwrap();
    let items: Vec<_> = recording.by_ref().map(Result::unwrap).collect();
    assert_eq!(recording.begins(), items[0].at);
    assert_eq!(recording.ends().unwrap(), items.last().unwrap().at);
    let keyframes: Vec<usize> =
        (0..items.len()).filter(|n| matches!(items[*n].what, Recorded::Keyframe(_))).collect();
    assert!(keyframes.len() > 5);
    for keyframe in keyframes.iter().rev() {
        recording.seek(items[*keyframe].place).unwrap();
        let rest: Vec<_> = recording.by_ref().map(Result::unwrap).collect();
        assert!(matches!(rest[0].what, Recorded::Keyframe(_)), "{:?}", rest[0]);
        assert_eq!(inputs(&rest), inputs(&items[*keyframe..]));
        assert!(rest.iter().zip(&items[*keyframe..]).all(|(a, b)| a.at == b.at && a.place == b.place));
    }
    recording.seek(items[0].place).unwrap();
    assert_eq!(recording.by_ref().count(), items.len());
    assert_eq!(recording.summary().gaps, 0);
}

#[test]
fn what_is_written_is_counted_and_in_the_file_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("n.ndjson.zst");
    let mut recorder = Recorder::start(&path, Limits::default(), at(0), head(), &roster(5), |_| {}).unwrap();
    assert_eq!(recorder.written().lines, 2);
    assert_eq!(recorder.written().bytes, std::fs::metadata(&path).unwrap().len());
    assert_eq!(recorder.path(), path);
    for n in 0..3 {
        let (at, input) = input(n);
        recorder.write(at, &input);
    }
    // What was taken is in the file soon, though the recording goes on.
    while recorder.written().lines < 5 {
        std::thread::yield_now();
    }
    assert_eq!(inputs(&read(&path)), night(3));
    assert!(recorder.is_recording());
    drop(recorder);
    assert_eq!(inputs(&read(&path)), night(3));
}

#[test]
fn a_replay_finds_the_other_program_with_our_admin_id_as_the_live_view_did() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("n.ndjson");
    let mut live = State::new(roster(5), RuleSettings::default(), at(0));
    let mut recorder =
        Recorder::start(&path, Limits::default(), at(0), head(), live.roster(), |_| {}).unwrap();
    let displaced = Logins { made: 2, displaced: 1 };
    let mut lived = Vec::new();
    for (ms, logins) in [(1_000, Logins::default()), (3_000, displaced), (5_000, displaced)] {
        let hints = Some(Arc::new(Hints { logins, ..Hints::default() }));
        let answer =
            Input::Observed(Observation { hints, ..observation(ms, 0, Ok(Answer::Changed(vec![]))) });
        recorder.write(live.now(), &answer);
        let news = live.take(at(ms), &answer);
        lived.push(news.raised);
    }
    drop(recorder);
    assert_eq!(live.knowledge().findings.count_of(Rule::Observer), 1);
    let (mut player, mut replay) = Player::open(&path).unwrap();
    let mut played = Vec::new();
    while let Some(step) = player.step(&mut replay, u64::MAX).unwrap() {
        played.extend(step.input.map(|_| step.update.raised));
    }
    assert_eq!(played, lived);
    assert_eq!(replay.knowledge().hints, live.knowledge().hints);
    assert_eq!(replay.knowledge().findings.of_server(), live.knowledge().findings.of_server());
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches("\"logins\":[2,1]").count(), 1, "none, then once, then the same: {text}");
    assert_eq!(text.matches("logins").count(), 1);
}
