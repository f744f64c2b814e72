//! A recording that is played is what was lived, at every moment of it and by whatever way one comes
//! there.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::fed::Fed;
use crate::kit::at;
use crate::steps::{Deed, Step, begin, compare, input, list, step};
use imtop::engine::{About, Command, Markers, Replay, Session, Shown};
use imtop::presence::{Event, Input, State, Update};
use imtop::recording::{Head, Limits, Player, Recorder};
use imtop::tui::{Colour, Effect, Model, Msg, Start, Theme, View, update, view};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

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
pub(crate) fn record(steps: &[Step], path: &Path, limits: Limits) -> State {
    let (mut list, mut state, mut now, mut interval) = (list(1, 7), begin(), 0, 2_000);
    let mut known = state.clone();
    let head = Head { api: "http://im.example:10002".to_owned(), interval_ms: interval, ..Head::default() };
    let started = Recorder::start(path, limits, at(0), head, state.roster(), |stopped| panic!("{stopped}"));
    let mut recorder = started.unwrap();
    for (number, step) in steps.iter().enumerate() {
        now += step.after_ms;
        let Some(input) = input(&step.deed, &mut list, at(now), number) else {
            state.advance(at(now));
            continue;
        };
        let taken = input.taken_at(&state, at(now));
        if recorder.wants_keyframe(taken) {
            recorder.keyframe(state.now(), state.roster(), interval);
        }
        recorder.write(taken, &input);
        if let Deed::Interval { ms } = step.deed {
            interval = ms;
        }
        state.take(at(now), &input);
        known = state.clone();
    }
    assert!(recorder.is_recording());
    known
}

/// A screen on a session.
pub(crate) struct Screen {
    session: Session,
    model: Model,
}

impl Screen {
    fn new(session: Session, size: (u16, u16)) -> Screen {
        let model = Model::new(Start { mask_key: 1, ..Start::new(size) }, session.shown());
        Screen { session, model }
    }

    /// A replay from its beginning.
    fn replay(path: &Path, size: (u16, u16)) -> Screen {
        let (replay, state) = Replay::play(path, 1.0, Arc::default()).unwrap();
        let api = replay.head().api.clone();
        let about = About { name: api.clone(), api, ..About::default() };
        Screen::new(Session::replay(about, state, replay), size)
    }

    fn take(&mut self, news: Update) {
        update(&mut self.model, self.session.shown(), Msg::Updated(news));
    }

    fn command(&mut self, command: &Command) {
        let news = self.session.command(command);
        self.take(news);
    }

    fn pass(&mut self) {
        let news = self.session.pass();
        self.take(news);
    }

    /// What is seen once the way to there is forgotten: words that pass, and how far the reading was.
    pub(crate) fn frame(&mut self, keys: &str) -> Buffer {
        let markers = Markers::default();
        let mut shown = self.session.shown();
        shown.markers = &markers;
        if let Some(playing) = &mut shown.playing {
            (playing.runs, playing.read) = (false, 100);
        }
        update(&mut self.model, shown, Msg::Tick);
        press(&mut self.model, shown, keys);
        update(&mut self.model, shown, Msg::Told("there".to_owned()));
        let (width, height) = self.model.size;
        let area = Rect { x: 0, y: 0, width, height };
        let mut buf = Buffer::empty(area);
        view(View { model: &self.model, shown }, &Theme::new(Colour::None, false), area, &mut buf);
        buf
    }
}

fn press(model: &mut Model, shown: Shown<'_>, keys: &str) -> Vec<Effect> {
    let key = |c| if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
    let keys = keys.chars().map(|c| Msg::Key(KeyEvent::new(key(c), KeyModifiers::NONE)));
    keys.flat_map(|key| update(model, shown, key)).collect()
}

pub(crate) fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Plays it from the beginning up to this moment.
async fn played_to(path: &Path, target: u64, size: (u16, u16)) -> Screen {
    let mut screen = Screen::replay(path, size);
    let there = tokio::time::sleep(Duration::from_millis(target - screen.session.now().mono_ms));
    let mut there = std::pin::pin!(there);
    loop {
        let news = tokio::select! {
            biased;
            news = screen.session.next() => news.unwrap(),
            () = &mut there => break,
        };
        screen.take(news);
        screen.pass();
    }
    screen.pass();
    screen
}

/// Goes there at once; first somewhere else, if that is wished for.
pub(crate) async fn travelled_to(
    path: &Path,
    (first, target): (Option<u64>, u64),
    size: (u16, u16),
    read: bool,
) -> Screen {
    let mut screen = Screen::replay(path, size);
    screen.command(&Command::Hold);
    let playing = |screen: &Screen| screen.session.playing().unwrap();
    while read && playing(&screen).read < 100 {
        let news = screen.session.next().await.unwrap();
        screen.take(news);
    }
    for target in first.into_iter().chain([target]) {
        screen.command(&Command::GoTo(target));
        while playing(&screen).bound_for.is_some() {
            let news = screen.session.next().await.unwrap();
            screen.take(news);
        }
        while let Some(news) = screen.session.ready() {
            screen.take(news);
        }
    }
    screen
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

pub(crate) fn share_of(path: &Path, share: u64) -> u64 {
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
        let (mut player, mut state) = Player::open(&path).unwrap();
        while player.step(&mut state, u64::MAX).unwrap().is_some() {}
        compare(&lived, &state)?;
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
        let mut played = paused().block_on(played_to(&path, target, size));
        let mut there = paused().block_on(travelled_to(&path, (first, target), size, read));
        let [now, arrived] = [&played, &there].map(|screen| screen.session.shown().now);
        prop_assert_eq!((now.mono_ms, arrived), (target, now));
        compare(played.session.state(), there.session.state())?;
        prop_assert_eq!(played.frame(keys), there.frame(keys));
    }

    #[test]
    fn who_was_in_the_past_sees_what_who_stayed_sees(
        before in prop::collection::vec(step(), 1..30), meanwhile in prop::collection::vec(step(), 0..6),
        back in 1usize..8, keys in prop::sample::select(&KEYS[..]),
    ) {
        let (mut list, mut now) = (list(1, 7), 0);
        let screen = || {
            let fed = Fed::live(About::default(), begin());
            let model = Model::new(Start { mask_key: 1, ..Start::new((100, 30)) }, fed.shown());
            (fed, model)
        };
        let (mut stayed, mut went) = (screen(), screen());
        let mut live = |steps: &[Step], from: usize, screens: &mut [&mut (Fed, Model)]| {
            for (number, step) in steps.iter().enumerate() {
                now += step.after_ms;
                let input = input(&step.deed, &mut list, at(now), from + number);
                for (fed, model) in screens.iter_mut() {
                    let mut news = input.clone().map(|input| fed.take(at(now), input)).unwrap_or_default();
                    news.extend(fed.pass(at(now)));
                    update(model, fed.shown(), Msg::Updated(news));
                }
            }
        };
        live(&before, 0, &mut [&mut stayed, &mut went]);
        for _ in 0..back {
            let (fed, model) = &mut went;
            for effect in press(model, fed.shown(), "[") {
                let Effect::Command(Command::GoTo(target)) = effect else { panic!("{effect:?}") };
                let news = fed.command(&Command::GoTo(target));
                update(model, fed.shown(), Msg::Updated(news));
                let shown = fed.shown();
                let oldest = shown.oldest.unwrap();
                prop_assert_eq!(shown.now.mono_ms, target.max(oldest.mono_ms));
            }
        }
        live(&meanwhile, before.len(), &mut [&mut stayed, &mut went]);
        let (fed, model) = &mut went;
        for effect in press(model, fed.shown(), ".") {
            prop_assert_eq!(effect, Effect::Command(Command::Release));
            let news = fed.command(&Command::Release);
            update(model, fed.shown(), Msg::Updated(news));
        }
        prop_assert!(!fed.shown().is_held);
        let [stayed, went] = [stayed, went].map(|(fed, model)| {
            Screen { session: fed.session, model }.frame(keys)
        });
        prop_assert_eq!(stayed, went);
    }
}

/// A day on which somebody sets the clock on by an hour while it is recorded.
fn record_a_step(path: &Path) {
    let (list, mut state) = (list(1, 7), begin());
    let started = Recorder::start(path, Limits::default(), at(0), Head::default(), state.roster(), |_| ());
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
        recorder.write(answer.taken_at(&state, now), &answer);
        state.take(now, &answer);
    }
}

#[test]
fn a_clock_that_was_set_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n.ndjson");
    record_a_step(&path);
    let played = paused().block_on(played_to(&path, 15_500, (100, 30)));
    let steps = |screen: &Screen| {
        let events = screen.session.state().timeline().groups();
        events.filter(|group| matches!(group.event, Event::ClockStep { .. })).count()
    };
    let now = played.session.shown().now;
    assert_eq!((steps(&played), now.unix_ms - at(15_500).unix_ms), (1, 3_600_000));
    let there = paused().block_on(travelled_to(&path, (None, 15_500), (100, 30), true));
    assert_eq!((steps(&there), there.session.shown().now), (1, now));
}
