//! Recordings that were cut or changed: what is whole is read, the rest is said to be missing.

use std::path::Path;

use imtop::presence::{Knowledge, RuleSettings, Unread};
use imtop::recording::{Gap, Limits, Recorded, Recording};
use proptest::prelude::*;

use super::made::{inputs, keyframes, night, record};

fn recorded(name: &str, inputs: u64) -> (tempfile::TempDir, std::path::PathBuf, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    record(&path, Limits::default(), inputs);
    let bytes = std::fs::read(&path).unwrap();
    (dir, path, bytes)
}

fn gaps(path: &Path) -> Vec<Gap> {
    let items = super::made::read(path).into_iter();
    let gaps = items.filter_map(|item| match item.what {
        Recorded::Gap(gap) => Some(gap),
        _ => None,
    });
    gaps.collect()
}

/// Reads all there is in every way, and plays it.
fn play(path: &Path) {
    let Ok(mut recording) = Recording::open(path) else { return };
    recording.ends().unwrap();
    for place in keyframes(path).into_iter().rev().take(3) {
        recording.seek(place).unwrap();
        recording.read().unwrap();
    }
    recording.seek(imtop::recording::Place::default()).unwrap();
    let mut knowledge: Option<Knowledge> = None;
    let mut last = 0;
    for item in recording.map(Result::unwrap) {
        assert!(item.at.mono_ms >= last, "time goes back");
        // That of a head may be as wrong as any.
        last = if matches!(item.what, Recorded::Head(_)) { last } else { item.at.mono_ms };
        match item.what {
            Recorded::Keyframe(keyframe) => {
                knowledge = Some(Knowledge::new(keyframe.roster, RuleSettings::default()));
            }
            Recorded::Input(imtop::presence::Input::Observed(observation)) => {
                let knowledge = knowledge.as_mut().expect("a keyframe comes before every input");
                knowledge.advance(item.at);
                knowledge.apply(&observation);
            }
            _ => {}
        }
    }
}

#[test]
fn a_recording_cut_anywhere_is_read_up_to_its_last_whole_line() {
    cut_everywhere(3, 1);
    cut_everywhere(34, 89);
}

fn cut_everywhere(count: u64, step: usize) {
    let (_dir, path, bytes) = recorded("n.ndjson", count);
    for cut in (0..bytes.len()).step_by(step) {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        let lines = memchr::memchr_iter(b'\n', &bytes[..cut]).count();
        let mut recording = match Recording::open(&path) {
            Ok(recording) => recording,
            Err(error) => {
                assert_eq!(lines, 0, "{error}");
                let words = if cut == 0 { "is empty" } else { "ends within its first line" };
                assert!(error.to_string().contains(words), "{error}");
                continue;
            }
        };
        let items: Vec<_> = recording.by_ref().map(Result::unwrap).collect();
        assert_eq!(items.len(), lines, "cut at {cut}");
        let said = inputs(&items);
        assert_eq!(said, night(count)[..said.len()]);
        assert_eq!(recording.summary().gaps, 0);
        assert_eq!(recording.summary().cut, bytes[cut - 1] != b'\n');
        assert_eq!(recording.ends().unwrap(), items.last().unwrap().at);
    }
}

#[test]
fn a_packed_recording_cut_anywhere_is_read_up_to_a_whole_line() {
    let (_dir, path, bytes) = recorded("n.ndjson.zst", 34);
    let mut least = 0;
    for cut in 0..=bytes.len() {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        let Ok(mut recording) = Recording::open(&path) else {
            assert_eq!(least, 0, "cut at {cut}");
            continue;
        };
        let items: Vec<_> = recording.by_ref().map(Result::unwrap).collect();
        let said = inputs(&items);
        assert_eq!(said, night(34)[..said.len()]);
        assert_eq!(recording.summary().gaps, 0);
        assert!(items.len() >= least, "cut at {cut}");
        least = items.len();
        assert_eq!(recording.ends().unwrap(), items.last().unwrap().at);
    }
    assert_eq!(least, 1 + 2 + 34);
}

#[test]
fn a_damaged_line_is_said_once_and_reading_goes_on_at_the_next_keyframe() {
    let (_dir, path, bytes) = recorded("n.ndjson", 100);
    let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    // Line 10, and another one before the keyframe in line 32 (head, keyframe, 29 inputs).
    lines[9] = b"\xff\xfe not a line\n".to_vec();
    lines[14].truncate(60);
    lines[14].push(b'\n');
    std::fs::write(&path, lines.concat()).unwrap();
    let found = gaps(&path);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, found[0].why.as_str()), (Some(10), "it does not begin with a moment"));
    let said = found[0].to_string().replace(&path.display().to_string(), "FILE");
    assert_eq!(
        said,
        "FILE is damaged in line 10 (it does not begin with a moment); what follows is left out, up to the next keyframe"
    );
    let items = super::made::read(&path);
    let said = inputs(&items);
    let (before, after) = said.split_at(7);
    assert_eq!(before, &night(100)[..7]);
    assert_eq!(after, &night(100)[100 - after.len()..]);
    assert!(after.len() > 60);
    let gap = items.iter().position(|item| matches!(item.what, Recorded::Gap(_))).unwrap();
    assert!(matches!(items[gap + 1].what, Recorded::Keyframe(_)));
    play(&path);
}

/// Moves the line with this number, from 1, to a moment that lies so much later or earlier.
fn moved(bytes: &[u8], number: usize, by_ms: i64) -> Vec<u8> {
    let mut lines: Vec<String> = std::str::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect();
    let line = &mut lines[number - 1];
    let (before, unix) = (line[6..line.find(',').unwrap()].to_owned(), line.find(",\"unix\":").unwrap() + 8);
    let end = unix + line[unix..].find(',').unwrap();
    let date: i64 = line[unix..end].parse().unwrap();
    let (at, rest) = (before.parse::<i64>().unwrap() + by_ms, line[end..].to_owned());
    *line = format!("{{\"at\":{at},\"unix\":{}{rest}", date + by_ms);
    (lines.join("\n") + "\n").into_bytes()
}

const YEAR: i64 = 365 * 24 * 3_600_000;

#[test]
fn a_moment_that_lies_years_from_those_beside_it_is_damage_and_a_line_goes_back_nowhere() {
    let (_dir, path, bytes) = recorded("n.ndjson", 100);
    for (by_ms, why) in [
        (8_000 * YEAR, "time jumps by 8,000 years"),
        (2 * 24 * 3_600_000, "time jumps by 2 days"),
        (3_600_000, "time jumps by 1 hour"),
        (-10_000, "time goes back by 8 seconds"),
    ] {
        std::fs::write(&path, moved(&bytes, 12, by_ms)).unwrap();
        let found = gaps(&path);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].line, found[0].why.as_str()), (Some(12), why));
        let items = super::made::read(&path);
        let said = inputs(&items);
        let (before, after) = said.split_at(9);
        assert_eq!(before, &night(100)[..9], "{why}");
        assert!(after.len() > 60 && after == &night(100)[100 - after.len()..], "the next keyframe has all");
        let ends = Recording::open(&path).unwrap().ends().unwrap();
        assert_eq!(ends, items.last().unwrap().at);
    }
    // An answer that came years later is none, though its line is where it belongs.
    let text = String::from_utf8(bytes.clone()).unwrap();
    std::fs::write(&path, text.replacen("\"received\":[21000,", "\"received\":[253402300799000,", 1))
        .unwrap();
    assert_eq!(gaps(&path)[0].why, "time jumps by 8,035 years");
}

#[test]
fn a_head_or_a_first_keyframe_that_lies_years_away_costs_no_more_than_what_depends_on_it() {
    let (_dir, path, bytes) = recorded("n.ndjson", 100);
    std::fs::write(&path, moved(&bytes, 1, 8_000 * YEAR)).unwrap();
    assert_eq!((gaps(&path), inputs(&super::made::read(&path))), (vec![], night(100)));
    std::fs::write(&path, moved(&bytes, 2, 8_000 * YEAR)).unwrap();
    let found = gaps(&path);
    assert_eq!((found.len(), found[0].line), (1, Some(2)));
    assert_eq!(found[0].why, "its moment fits none beside it");
    let said = inputs(&super::made::read(&path));
    assert!(said.len() > 60 && said == night(100)[100 - said.len()..]);
    let count = bytes.split(|byte| *byte == b'\n').count() - 1;
    std::fs::write(&path, moved(&bytes, count, 8_000 * YEAR)).unwrap();
    let (ends, begins) = (Recording::open(&path).unwrap().ends().unwrap(), inputs(&night_of(100))[0].0);
    assert_eq!(ends.since(begins), 98 * 2_000, "the last line is not the end");
}

fn night_of(inputs: u64) -> Vec<imtop::recording::Item> {
    let (_dir, path, _) = recorded("n.ndjson", inputs);
    super::made::read(&path)
}

#[test]
fn a_machine_that_slept_over_the_weekend_is_no_damage_and_is_said() {
    let (_dir, path, bytes) = recorded("n.ndjson", 60);
    let (mut text, weekend) = (String::new(), 3 * 24 * 3_600_000);
    for (number, line) in (1..).zip(std::str::from_utf8(&bytes).unwrap().lines()) {
        let mut line = line.to_owned();
        if number > 20 {
            // Everything that is known in it is from before, and what comes in from after.
            line = String::from_utf8(moved(line.as_bytes(), 1, weekend)).unwrap().trim_end().to_owned();
            let at = line[6..line.find(',').unwrap()].parse::<i64>().unwrap();
            for name in ["sent", "received"] {
                let Some(begin) = line.find(&format!("\"{name}\":[")) else { continue };
                let end = begin + line[begin..].find(']').unwrap();
                line.replace_range(begin..end, &format!("\"{name}\":[{at},{}", 1_795_413_000_000 + at));
            }
        }
        text.push_str(&line);
        text.push('\n');
    }
    std::fs::write(&path, text).unwrap();
    let items = super::made::read(&path);
    let pauses: Vec<_> = items
        .iter()
        .filter_map(|item| match &item.what {
            Recorded::Pause(words) => Some((item.at, words.as_str())),
            _ => None,
        })
        .collect();
    let after = items.iter().position(|item| matches!(item.what, Recorded::Pause(_))).unwrap() + 1;
    assert_eq!(pauses, [(items[after].at, "time jumps by 3 days: nothing was recorded meanwhile")]);
    assert_eq!((gaps(&path), inputs(&items).len()), (vec![], 60));
    let (mut player, mut state) = imtop::recording::Player::open(&path).unwrap();
    while player.step(&mut state, u64::MAX).unwrap().is_some() {}
    assert!(player.gaps().is_empty() && !player.is_broken());
    let said: Vec<String> = state.timeline().groups().map(|group| format!("{:?}", group.event)).collect();
    assert!(said.iter().any(|event| event.contains("time jumps by 3 days")), "{said:?}");
    assert_eq!(state.now(), items.last().unwrap().at);
}

#[test]
fn a_keyframe_that_is_damaged_is_a_gap_like_any_other() {
    let (_dir, path, bytes) = recorded("n.ndjson", 100);
    let text = String::from_utf8(bytes).unwrap();
    std::fs::write(&path, text.replacen("\"words\":\"5s\"", "\"words\":\"6s\"", 1)).unwrap();
    let found = gaps(&path);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, found[0].why.as_str()), (Some(2), "more users than the watch list has"));
    let said = inputs(&super::made::read(&path));
    assert!(said.len() > 60 && said == night(100)[100 - said.len()..]);
}

#[test]
fn what_cannot_be_unpacked_is_a_gap_up_to_the_next_frame() {
    let (_dir, path, mut bytes) = recorded("n.ndjson.zst", 100);
    let starts: Vec<usize> = memchr::memmem::find_iter(&bytes, b"\x28\xb5\x2f\xfd").collect();
    assert_eq!(starts.len(), 5, "the head and four keyframes");
    bytes[starts[2]..starts[2] + 20].fill(0xff);
    std::fs::write(&path, &bytes).unwrap();
    let found = gaps(&path);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].why, "what is packed cannot be unpacked");
    let said = inputs(&super::made::read(&path));
    assert!(said.len() < 75 && said.len() > 60, "{}", said.len());
    assert_eq!(keyframes(&path).len(), 3);
    play(&path);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_damage_makes_reading_panic_or_time_go_back(
        packed in any::<bool>(),
        harms in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..4), 1..6),
    ) {
        static PLAIN: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| recorded("n.ndjson", 70).2);
        static PACKED: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| recorded("n.zst", 70).2);
        let mut bytes = if packed { PACKED.clone() } else { PLAIN.clone() };
        for (place, byte, harm) in harms {
            let place = place.index(bytes.len());
            match harm {
                0 => bytes[place] = byte,
                1 => bytes[place] ^= 1 << (byte % 8),
                2 => bytes.insert(place, byte),
                _ => drop(bytes.drain(place..(place + usize::from(byte)).min(bytes.len() - 1).max(place))),
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("n");
        std::fs::write(&path, bytes).unwrap();
        play(&path);
    }
}

/// The most memory that this process ever had, in MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// By hand, alone in its process: `cargo test --release --test recording -- --ignored --exact
/// damage::a_recording_of_a_gigabyte_takes_little_memory --nocapture`
#[test]
#[ignore = "writes a gigabyte; to be run by hand, alone"]
fn a_recording_of_a_gigabyte_takes_little_memory() {
    use imtop::presence::{Answer, Input, UserIx, UserStatus};
    use imtop::recording::Encoder;
    use std::io::Write as _;

    use super::made::{at, connection, head, observation, roster};

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("n.ndjson");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    let (mut encoder, mut line, mut length, mut ms) = (Encoder::default(), Vec::new(), 0, 0);
    encoder.head(at(0), &head(), &mut line).unwrap();
    let known = roster(500);
    while length < 1 << 30 {
        if ms % 60_000 == 0 {
            encoder.keyframe(at(ms), known.list(), &known.state(), 2_000, &mut line).unwrap();
        }
        ms += 100;
        let changed = (0..100).map(|n| (UserIx(n), UserStatus::Online(vec![connection(ms + u64::from(n))])));
        let answer = Ok(Answer::Changed(changed.collect()));
        encoder.input(at(ms), &Input::Observed(observation(ms, 0, answer)), &mut line).unwrap();
        file.write_all(&line).unwrap();
        length += line.len();
        line.clear();
    }
    drop(file);
    let before = peak_mib();
    let mut recording = Recording::open(&path).unwrap();
    let (mut count, mut keyframes) = (0_u64, 0);
    while let Some(item) = recording.read().unwrap() {
        count += 1;
        keyframes += usize::from(matches!(item.what, Recorded::Keyframe(_)));
    }
    assert_eq!(recording.ends().unwrap().mono_ms, ms);
    assert_eq!(keyframes as u64, ms.div_ceil(60_000));
    println!("{count} items of 1 GiB, peak {} MiB, before reading {before} MiB", peak_mib());
    assert!(count > 50_000 && peak_mib() < before + 32);
}

/// By hand, as above.
#[test]
#[ignore = "takes 300 MB of memory; to be run by hand, alone"]
fn a_line_without_end_is_not_read_to_its_end() {
    let (_dir, path, bytes) = recorded("n.ndjson", 100);
    let head = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(head as u64).unwrap();
    file.set_len(2 << 30).unwrap();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).unwrap();
    std::io::Write::write_all(&mut file, b"\n").unwrap();
    std::io::Write::write_all(&mut file, &bytes[head..]).unwrap();
    let found = gaps(&path);
    println!("{found:?}, peak {} MiB", peak_mib());
    assert_eq!((found.len(), found[0].why.as_str()), (1, "it is longer than 256 MiB"));
    assert_eq!(inputs(&super::made::read(&path)), night(100));
    assert!(peak_mib() < 700);
}

#[test]
fn what_cannot_be_read_at_the_ends_is_named() {
    let (dir, path, bytes) = recorded("n.ndjson", 34);
    assert_eq!(Recording::unread(&path).unwrap(), Unread::default());
    let keep = bytes.split_inclusive(|byte| *byte == b'\n').take(20).collect::<Vec<_>>().concat();
    std::fs::write(&path, [&keep[..], b"junk\njunk\n"].concat()).unwrap();
    let after = Recording::unread(&path).unwrap().after.unwrap();
    assert_eq!(after, format!("{} is damaged in line 21 (it does not begin with a moment)", path.display()));

    let path = dir.path().join("many.ndjson");
    record(&path, Limits { size: 20_000, files: 99 }, 300);
    let older = dir.path().join("many.1.ndjson");
    assert!(older.exists());
    assert_eq!(Recording::unread(&path).unwrap(), Unread::default());
    std::fs::write(&older, "junk\n").unwrap();
    let before = Recording::unread(&path).unwrap().before.unwrap();
    assert!(before.starts_with(&format!("{} is not a recording", older.display())), "{before}");
}
