//! Recordings that were damaged in any way are read to their end, and gone to and fro in, in no time. How long
//! that takes depends on what is in them, and not on the moments that they name.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use imtop::engine::Markers;
use imtop::recording::{Limits, Player, Recording};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::replay::{paused, record, share_of, travelled_to};
use crate::steps::step;

/// So long one of them may take, and so long it is waited for.
const LIMIT: Duration = Duration::from_secs(1);
const HANGS: Duration = Duration::from_secs(20);

/// Moments and numbers that somebody may find in a damaged file: the year 9999, half a year before it, the last
/// that is read at all, and what overflows.
const EXTREME: [&str; 14] = [
    "0",
    "1",
    "-1",
    "86400000",
    "31536000000",
    "253402300799000",
    "253386748800000",
    "253402300799",
    "1125899906842624",
    "1125899906842625",
    "9223372036854775807",
    "18446744073709551615",
    "-9223372036854775808",
    "1e300",
];

/// Recordings of all kinds of runs, as lines.
fn whole() -> Vec<Vec<u8>> {
    let mut all = vec![include_bytes!("../recording/before_witnesses.ndjson").to_vec()];
    let mut random = TestRunner::deterministic();
    let folder = tempfile::tempdir().unwrap();
    for number in 0..6 {
        let steps = prop::collection::vec(step(), 40).new_tree(&mut random).unwrap().current();
        let path = folder.path().join(format!("{number}.ndjson"));
        record(&steps, &path, Limits::default());
        all.push(std::fs::read(&path).unwrap());
    }
    all.push(cliff());
    if let Some(folder) = std::env::var_os("IMTOP_RECORDINGS") {
        let files = std::fs::read_dir(folder).unwrap();
        all.extend(files.map(|file| std::fs::read(file.unwrap().path()).unwrap()));
    }
    all
}

/// Thirty users whose tokens all expire in the same minute, in three months: that is told in the week before.
fn cliff() -> Vec<u8> {
    let users: Vec<String> = (0..30).map(|user| format!("\"u{user}\"")).collect();
    let open = (0..30).map(|user| {
        format!(
            r#"[{user},{{"online":[{{"platform":2,"id":"c{user}","token":{{"fingerprint":"{user:032x}","user":"u{user}","platform":2,"iat":1795000000,"exp":1803000000}}}}]}}]"#
        )
    });
    let open = open.collect::<Vec<_>>().join(",");
    let mut text = concat!(
        r#"{"at":0,"unix":1795413000000,"imtop":"recording/1","head":{"program":"0.1.0","api":"http://im.example","interval_ms":2000,"began":[0,1795413000000]}}"#,
        "\n"
    )
    .to_owned();
    writeln!(
        text,
        r#"{{"at":0,"unix":1795413000000,"keyframe":{{"interval_ms":2000,"list":{{"generation":1,"batch":500,"users":[{}]}},"roster":{{"freshness":[3000,6000],"batches":[{{}}],"words":"30n","transitions":0}}}}}}"#,
        users.join(",")
    )
    .unwrap();
    for round in 1..40_u64 {
        let (at, unix) = (round * 2_000, 1_795_413_000_000 + round * 2_000);
        let changed = if round == 1 { format!(r#","changed":[{open}]"#) } else { String::new() };
        writeln!(
            text,
            r#"{{"at":{},"unix":{},"observed":{{"generation":1,"batch":0,"sent":[{},{}],"received":[{at},{unix}],"operation":"x-{round}","wire_bytes":9000,"next_ms":{}{changed}}}}}"#,
            at - 1_990,
            unix - 1_990,
            at - 10,
            unix - 10,
            at + 2_000,
        )
        .unwrap();
    }
    text.into_bytes()
}

/// Harms lines: they are swapped, doubled or left out, their bytes are changed, and their numbers.
fn harm(lines: &mut Vec<Vec<u8>>, random: &mut Rng) {
    let count = lines.len();
    let (one, other) = (random.usize(..count), random.usize(..count));
    match random.u8(..10) {
        0 => lines.swap(one, other),
        1 => lines.insert(other, lines[one].clone()),
        2 if count > 2 => drop(lines.remove(one)),
        3 => {
            let place = random.usize(..lines[one].len());
            lines[one][place] = random.u8(..);
        }
        4 => {
            let place = random.usize(..lines[one].len());
            lines[one][place] ^= 1 << random.u8(..8);
        }
        5 => {
            let length = random.usize(..=lines[other].len());
            lines[one].truncate(length);
        }
        6 => change_number(&mut lines[one], random, |digits, random| {
            let place = random.usize(..digits.len());
            digits[place] = b'0' + random.u8(..10);
        }),
        7 => change_number(&mut lines[one], random, |digits, random| {
            let extreme = EXTREME[random.usize(..EXTREME.len())];
            *digits = extreme.as_bytes().to_vec();
        }),
        // The moments that every line begins with.
        8 => change_moment(&mut lines[one], random.u64(..1 << 50)),
        _ => change_moment(&mut lines[one], random.u64(..1 << 28)),
    }
    if lines.is_empty() {
        lines.push(b"{}\n".to_vec());
    }
    for line in lines {
        if line.is_empty() {
            line.push(b'\n');
        }
    }
}

/// Where the digits of numbers are.
fn numbers(line: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for place in (0..line.len()).filter(|place| line[*place].is_ascii_digit()) {
        match found.last_mut() {
            Some(last) if last.end == place => last.end += 1,
            _ => found.push(place..place + 1),
        }
    }
    found
}

fn change_number(line: &mut Vec<u8>, random: &mut Rng, change: impl FnOnce(&mut Vec<u8>, &mut Rng)) {
    let numbers = numbers(line);
    if numbers.is_empty() {
        return;
    }
    let place = numbers[random.usize(..numbers.len())].clone();
    let mut digits = line[place.clone()].to_vec();
    change(&mut digits, random);
    line.splice(place, digits);
}

/// Moves the line in time, on both clocks and wherever it names them.
fn change_moment(line: &mut Vec<u8>, by: u64) {
    for place in numbers(line).into_iter().rev() {
        let number: Option<u64> = std::str::from_utf8(&line[place.clone()]).unwrap().parse().ok();
        if let Some(number) = number.filter(|it| *it > 1_000 && *it < 1 << 50) {
            line.splice(place, (number + by).to_string().into_bytes());
        }
    }
}

/// The n-th damaged recording, and what it is called.
fn damaged(number: u64, whole: &[Vec<u8>]) -> (Vec<u8>, &'static str) {
    let mut random = Rng::with_seed(number);
    let text = &whole[random.usize(..whole.len())];
    let mut lines: Vec<Vec<u8>> = text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    for _ in 0..random.u8(1..5) {
        harm(&mut lines, &mut random);
    }
    if random.bool() {
        return (lines.concat(), "n.ndjson");
    }
    let mut packed = Vec::new();
    for frame in lines.chunks(random.usize(1..40)) {
        packed.extend(zstd::encode_all(&*frame.concat(), 1).unwrap());
    }
    for _ in 0..random.u8(..3) {
        let place = random.usize(..packed.len());
        packed[place] = random.u8(..);
    }
    (packed, "n.ndjson.zst")
}

/// Reads it in every way, to the end, and goes to and fro in it; gives how many steps there were.
fn use_up(path: &Path, random: &mut Rng) -> usize {
    let Ok(recording) = Recording::open(path) else { return 0 };
    recording.ends().unwrap();
    let _ = Recording::unread(path);
    let Ok((mut player, mut state)) = Player::open(path) else { return 0 };
    let (mut markers, mut steps) = (Markers::default(), 0);
    while let Some(step) = player.step(&mut state, u64::MAX).unwrap() {
        markers.note(step.input.as_ref(), &step.update, &state);
        steps += 1;
    }
    let shares = (random.u64(..=100), random.u64(..=100));
    let (there, back) = (share_of(path, shares.0), share_of(path, shares.1));
    paused().block_on(async {
        let mut screen = travelled_to(path, (Some(there), back), (100, 30), random.bool()).await;
        let keys = ["", "j\n", "2", "3", "4"];
        screen.frame(keys[random.usize(..keys.len())]);
        let mut screen = travelled_to(path, (Some(u64::MAX >> 1), there), (60, 15), false).await;
        screen.frame("2");
    });
    steps
}

/// How long it takes to read the n-th, which hangs nobody, and what there is in it.
fn took(number: u64, whole: &[Vec<u8>]) -> (Duration, usize, usize) {
    let (bytes, name) = damaged(number, whole);
    let length = bytes.len();
    let (done, is_done) = mpsc::channel();
    let reads = std::thread::spawn(move || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        #[expect(clippy::disallowed_methods, reason = "it is about real time")]
        let began = Instant::now();
        let steps = use_up(&path, &mut Rng::with_seed(number));
        done.send((began.elapsed(), steps)).unwrap();
    });
    let found = is_done.recv_timeout(HANGS);
    assert_ne!(found, Err(mpsc::RecvTimeoutError::Timeout), "recording {number} hangs");
    assert!(reads.join().is_ok(), "recording {number} makes it panic");
    let (took, steps) = found.unwrap();
    (took, steps, length)
}

#[test]
fn no_damage_makes_a_recording_slow() {
    let whole = whole();
    for number in 0..300 {
        // A busy machine may hold up one or two of them.
        let quickest = (0..3).map(|_| took(number, &whole)).find(|(took, ..)| *took < LIMIT);
        assert!(quickest.is_some(), "recording {number} takes more than {LIMIT:?}");
    }
}

/// By hand: `IMTOP_MINUTES=30 cargo test --release --test engine -- --ignored --exact
/// damaged::many_minutes_of_damage --nocapture`; `IMTOP_SEED` begins at another number, and
/// `IMTOP_RECORDINGS` names a folder with more recordings, not packed.
#[test]
#[ignore = "takes as many minutes as it is told; to be run by hand"]
fn many_minutes_of_damage() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (minutes, seed) = (number("IMTOP_MINUTES").unwrap_or(1), number("IMTOP_SEED").unwrap_or(1_000));
    let whole = whole();
    #[expect(clippy::disallowed_methods, reason = "it is about real time")]
    let began = Instant::now();
    let (mut slowest, mut count) = ((Duration::ZERO, 0), 0_u64);
    while began.elapsed() < Duration::from_secs(minutes * 60) {
        let number = seed + count;
        let (took, steps, length) = took(number, &whole);
        count += 1;
        if took > slowest.0 {
            slowest = (took, number);
            println!("after {count}: recording {number} of {length} bytes took {took:?}, {steps} steps");
        }
    }
    println!("{count} recordings in {:?}; the slowest, {}, took {:?}", began.elapsed(), slowest.1, slowest.0);
    assert!(slowest.0 < LIMIT, "recording {} takes too long", slowest.1);
}
