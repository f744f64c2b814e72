//! A recording that is played is what was lived, at every moment of it and by whatever way one comes
//! there.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

mod steps;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use imtop::app::{Arrival, Effect, Model, Msg, Playing, Start, update};
use imtop::playback::{Incoming, Playback};
use imtop::presence::{Chronicle, Event, Input, Landmarks, Moment, Tape, taken_at};
use imtop::recording::{Head, Limits, Player, Recorder};
use imtop::ui::{Colour, Theme, view};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use steps::{Deed, Step, at, begin, compare, input, list, step};

/// In which files it is recorded.
#[derive(Clone, Copy, Debug)]
struct Form {
    packed: bool,
    /// Goes on in another file again and again.
    in_pieces: bool,
}

fn form() -> impl Strategy<Value = Form> {
    (any::<bool>(), any::<bool>()).prop_map(|(packed, in_pieces)| Form { packed, in_pieces })
}

impl Form {
    fn name(self) -> &'static str {
        if self.packed { "n.ndjson.zst" } else { "n.ndjson" }
    }

    fn limits(self) -> Limits {
        let size = if self.in_pieces { 4_000 } else { Limits::default().size };
        Limits { size, files: 10_000 }
    }
}

/// Lives through the steps and records them; what was known when the last of them had come in.
fn record(steps: &[Step], path: &Path, limits: Limits) -> Chronicle {
    let (mut list, mut chronicle, mut now, mut interval) = (list(1, 7), begin(), 0, 2_000);
    let mut known = chronicle.clone();
    let head = Head { api: "http://im.example:10002".to_owned(), interval_ms: interval, ..Head::default() };
    let started =
        Recorder::start(path, limits, at(0), head, chronicle.roster(), |stopped| panic!("{stopped}"));
    let mut recorder = started.unwrap();
    for (number, step) in steps.iter().enumerate() {
        now += step.after_ms;
        let Some(input) = input(&step.deed, &mut list, at(now), number) else {
            chronicle.advance(at(now));
            continue;
        };
        let taken = taken_at(&chronicle, at(now), &input);
        if recorder.wants_keyframe(taken) {
            recorder.keyframe(chronicle.now(), chronicle.roster(), interval);
        }
        recorder.write(taken, &input);
        if let Deed::Interval { ms } = step.deed {
            interval = ms;
        }
        chronicle.take(at(now), &input);
        known = chronicle.clone();
    }
    assert!(recorder.is_recording());
    known
}

/// The view of a replay, before anything of it was played.
fn model(playback: &Playback, chronicle: &Chronicle, size: (u16, u16)) -> Model {
    let head = playback.head();
    Model::new(Start {
        server: head.api.clone(),
        api: head.api.clone(),
        interval_ms: head.interval_ms,
        rules: head.rules,
        mask_key: 1,
        playing: Some(playback.playing()),
        ..Start::new(chronicle.roster().clone(), size, chronicle.now())
    })
}

fn take(model: &mut Model, msgs: Vec<(Moment, Msg)>) {
    for (now, msg) in msgs {
        update(model, now, msg);
    }
}

fn press(model: &mut Model, now: Moment, keys: &str) -> Vec<Effect> {
    let key = |c| if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
    let keys = keys.chars().map(|c| Msg::Key(KeyEvent::new(key(c), KeyModifiers::NONE)));
    keys.flat_map(|key| update(model, now, key)).collect()
}

/// What is seen once the way to there is forgotten: words that pass, and how far the reading was.
fn frame(model: &mut Model, now: Moment, keys: &str) -> Buffer {
    if let Some(playing) = model.playing().cloned() {
        let playing =
            Playing { runs: false, read: 100, landmarks: Arc::new(Landmarks::default()), ..playing };
        update(model, now, Msg::Playing(playing));
    }
    press(model, now, keys);
    update(model, now, Msg::Told("there".to_owned()));
    let (width, height) = model.size();
    let area = Rect { x: 0, y: 0, width, height };
    let mut buf = Buffer::empty(area);
    view(model, &Theme::new(Colour::None, false), area, &mut buf);
    buf
}

fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Plays it from the beginning up to this moment.
async fn played_to(path: &Path, target: u64, size: (u16, u16)) -> (Model, Moment) {
    let (mut playback, chronicle) = Playback::open(path, 1.0).unwrap();
    let mut model = model(&playback, &chronicle, size);
    let clock = playback.clock();
    let there = tokio::time::sleep(Duration::from_millis(target - chronicle.now().mono_ms));
    let mut there = std::pin::pin!(there);
    loop {
        tokio::select! {
            biased;
            incoming = playback.next() => {
                let msgs = playback.take(incoming, model.chronicle());
                take(&mut model, msgs);
                update(&mut model, clock(), Msg::Tick);
            }
            () = &mut there => break,
        }
    }
    let now = clock();
    update(&mut model, now, Msg::Tick);
    (model, now)
}

/// Goes there at once; first somewhere else, if that is wished for.
async fn travelled_to(
    path: &Path,
    (first, target): (Option<u64>, u64),
    size: (u16, u16),
    read: bool,
) -> (Model, Moment) {
    let (mut playback, chronicle) = Playback::open(path, 1.0).unwrap();
    let mut model = model(&playback, &chronicle, size);
    take(&mut model, playback.play(Some(false)));
    while read && model.playing().unwrap().read < 100 {
        let incoming = playback.next().await;
        let msgs = playback.take(incoming, model.chronicle());
        take(&mut model, msgs);
    }
    for target in first.into_iter().chain([target]) {
        let msgs = playback.travel(target, model.chronicle());
        take(&mut model, msgs);
        loop {
            let incoming = playback.next().await;
            let is_there = matches!(incoming, Incoming::Arrived(_));
            let msgs = playback.take(incoming, model.chronicle());
            take(&mut model, msgs);
            if is_there {
                break;
            }
        }
    }
    (model, playback.clock()())
}

/// Places to look at and ways to look, other than the list as it is.
const KEYS: [&str; 8] = ["", "j\n", "jjzR", "w", "2", "3", "4", "!t"];

/// Makes a line in the middle unreadable.
fn damage(path: &Path, share: u64) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let middle = 2 + lines.len().saturating_sub(3) * share as usize / 100;
    if middle + 1 < lines.len() {
        lines[middle] = "{\"at\":harm";
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
    }
}

fn share_of(path: &Path, share: u64) -> u64 {
    let (player, _) = Player::open(path).unwrap();
    let (begin, end) = (player.recording().begins(), player.recording().ends().unwrap());
    begin.mono_ms + end.since(begin) * share / 100
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_played_is_what_was_lived(
        steps in prop::collection::vec(step(), 1..40), form in form(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(form.name());
        let lived = record(&steps, &path, form.limits());
        let (mut player, mut chronicle) = Player::open(&path).unwrap();
        while player.step(&mut chronicle, u64::MAX).unwrap().is_some() {}
        compare(&lived, &chronicle)?;
    }

    #[test]
    fn going_to_a_moment_shows_what_playing_up_to_it_shows(
        steps in prop::collection::vec(step(), 1..40), form in form(), share in 0u64..=100,
        first in prop::option::of(0u64..=100), read in any::<bool>(),
        keys in prop::sample::select(&KEYS[..]),
        size in prop::sample::select(&[(100, 30), (60, 15), (20, 5)][..]),
        harm in prop::option::of(0u64..100),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(form.name());
        record(&steps, &path, form.limits());
        if let Some(share) = harm.filter(|_| !form.packed) {
            damage(&path, share);
        }
        let (first, target) = (first.map(|share| share_of(&path, share)), share_of(&path, share));
        let (mut played, now) = paused().block_on(played_to(&path, target, size));
        let (mut there, arrived) = paused().block_on(travelled_to(&path, (first, target), size, read));
        prop_assert_eq!((now.mono_ms, arrived), (target, now));
        compare(played.chronicle(), there.chronicle())?;
        prop_assert_eq!(frame(&mut played, now, keys), frame(&mut there, now, keys));
    }

    #[test]
    fn who_was_in_the_past_sees_what_who_stayed_sees(
        before in prop::collection::vec(step(), 1..30), meanwhile in prop::collection::vec(step(), 0..6),
        back in 1usize..8, keys in prop::sample::select(&KEYS[..]),
    ) {
        let (mut list, mut now, mut tape) = (list(1, 7), 0, Tape::default());
        let start = Start { mask_key: 1, ..Start::new(begin().roster().clone(), (100, 30), at(0)) };
        let mut stayed = Model::new(start.clone());
        let mut went = Model::new(start);
        let mut live = |steps: &[Step], from: usize, models: &mut [&mut Model], tape: &mut Tape| {
            for (number, step) in steps.iter().enumerate() {
                now += step.after_ms;
                let input = input(&step.deed, &mut list, at(now), from + number);
                if let Some(input) = &input {
                    tape.push(models[0].chronicle(), at(now), input);
                }
                for model in models.iter_mut() {
                    update(model, at(now), input.clone().map_or(Msg::Tick, Msg::Input));
                }
            }
            at(now)
        };
        let then = live(&before, 0, &mut [&mut stayed, &mut went], &mut tape);
        for _ in 0..back {
            for effect in press(&mut went, then, "[") {
                let Effect::Travel(target) = effect else { panic!("{effect:?}") };
                let oldest = tape.oldest().unwrap();
                let chronicle = tape.at(target.max(oldest.mono_ms)).unwrap();
                let at = chronicle.now();
                update(&mut went, then, Msg::Arrived(Box::new(Arrival { chronicle, at, oldest })));
                prop_assert!(went.is_in_past());
                prop_assert_eq!(went.picture().now.mono_ms, target.max(oldest.mono_ms));
            }
        }
        let now = live(&meanwhile, before.len(), &mut [&mut stayed, &mut went], &mut tape);
        prop_assert_eq!(press(&mut went, now, "."), []);
        prop_assert!(!went.is_in_past());
        prop_assert_eq!(frame(&mut stayed, now, keys), frame(&mut went, now, keys));
    }
}

/// A day on which somebody sets the clock on by an hour while it is recorded.
fn record_a_step(path: &Path) {
    let (list, mut chronicle) = (list(1, 7), begin());
    let started =
        Recorder::start(path, Limits::default(), at(0), Head::default(), chronicle.roster(), |_| ());
    let mut recorder = started.unwrap();
    let answered = Deed::Answered { batch: 0, took_ms: 10, users: Vec::new() };
    for number in 0..8_u64 {
        let mut now = at(2_000 * (number + 1));
        let Some(Input::Observed(mut answer)) = input(&answered, &mut Arc::clone(&list), now, 0) else {
            unreachable!()
        };
        if number >= 4 {
            now.unix_ms += 3_600_000;
            answer.received.unix_ms += 3_600_000;
        }
        let answer = Input::Observed(answer);
        recorder.write(taken_at(&chronicle, now, &answer), &answer);
        chronicle.take(now, &answer);
    }
}

#[test]
fn a_clock_that_was_set_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n.ndjson");
    record_a_step(&path);
    let (model, now) = paused().block_on(played_to(&path, 15_500, (100, 30)));
    let steps = |chronicle: &Chronicle| {
        let events = chronicle.timeline().groups();
        events.filter(|group| matches!(group.event, Event::ClockStep { .. })).count()
    };
    assert_eq!((steps(model.chronicle()), now.unix_ms - at(15_500).unix_ms), (1, 3_600_000));
    let (there, arrived) = paused().block_on(travelled_to(&path, (None, 15_500), (100, 30), true));
    assert_eq!((steps(there.chronicle()), arrived), (1, now));
}
