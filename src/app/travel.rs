//! Going through time: back through the last minutes of a run, and through a recording.
//!
//! The live view holds a picture of the past while the run goes on; in a replay the present itself is
//! moved. What was known at a moment is worked out outside, and comes back as an [`Arrival`].

use std::sync::Arc;

use crate::presence::{Chronicle, Landmarks, Moment, Severity, When};

use super::action::Action;
use super::message::Effect;
use super::model::{Held, Model};
use super::update::{adopt_list, hint};

/// What was known at a moment.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// What was known.
    pub chronicle: Chronicle,
    /// The moment.
    pub at: Moment,
    /// As far back as one can go.
    pub oldest: Moment,
}

/// How a recording is played.
#[derive(Clone, Debug)]
pub struct Playing {
    /// When it begins.
    pub begin: Moment,
    /// When it ends.
    pub end: Moment,
    /// A multiple of the time that it took.
    pub speed: f64,
    /// Whether it is played; otherwise it stands still.
    pub runs: bool,
    /// How much of it was looked through for landmarks, in percent.
    pub read: u8,
    /// The landmarks found so far.
    pub landmarks: Arc<Landmarks>,
}

/// Where in time the picture is.
#[derive(Clone, Copy, Debug)]
pub struct Strip<'a> {
    /// The beginning of what can be gone through.
    pub from: Moment,
    /// The end of it.
    pub to: Moment,
    /// The moment of the picture.
    pub at: Moment,
    /// What there is on the way.
    pub landmarks: &'a Landmarks,
}

impl Model {
    /// How the recording is played; `None` where this is no replay.
    pub fn playing(&self) -> Option<&Playing> {
        self.playing.as_ref()
    }

    /// Whether all this comes from a recording, played or not.
    pub fn is_replay(&self) -> bool {
        self.playing.is_some() || self.recorded
    }

    /// Whether the picture is one of the past, to which somebody went.
    pub fn is_in_past(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.oldest.is_some())
    }

    /// Whether a recording is made.
    pub fn is_recording(&self) -> bool {
        self.records
    }

    /// Where in time the picture is, in a replay and while it is one of the past.
    pub fn strip(&self) -> Option<Strip<'_>> {
        if let Some(playing) = &self.playing {
            let at = self.picture().now;
            return Some(Strip { from: playing.begin, to: playing.end, at, landmarks: &playing.landmarks });
        }
        let held = self.held.as_ref()?;
        Some(Strip { from: held.oldest?, to: self.now, at: held.at, landmarks: &self.landmarks })
    }

    fn landmarks(&self) -> &Landmarks {
        self.playing.as_ref().map_or(&self.landmarks, |playing| &playing.landmarks)
    }
}

/// Does what an action means for time; `None` where it means nothing of the kind.
pub(super) fn perform(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    // Whoever presses a key again before the first was followed wants to go twice as far.
    let at = model.bound_for.unwrap_or(model.picture().now.mono_ms);
    Some(match action {
        Action::StepBack => match model.landmarks().round_before(at) {
            Some(target) => vec![Effect::Travel(target)],
            None => told(model, "nothing is known from before"),
        },
        Action::StepForward => match model.landmarks().round_after(at) {
            Some(target) if model.playing.is_some() || model.held.is_some() => vec![Effect::Travel(target)],
            _ => forward_end(model, "round"),
        },
        Action::PreviousIncident => to_incident(model, false, at),
        Action::NextIncident => to_incident(model, true, at),
        Action::Live if model.playing.is_some() => vec![Effect::Play(Some(true))],
        Action::Live if model.held.is_some() => {
            release(model);
            Vec::new()
        }
        Action::Live => told(model, "this is live"),
        Action::Record if model.playing.is_some() => told(model, "this is a recording already"),
        Action::Record => vec![Effect::Record(None)],
        Action::Pause if model.playing.is_some() => vec![Effect::Play(None)],
        Action::Slower | Action::Faster if model.playing.is_some() => {
            vec![Effect::Speed(action == Action::Slower)]
        }
        Action::PollNow if model.playing.is_some() => told(model, "nobody is asked in a replay"),
        _ => return None,
    })
}

/// Says something instead of going anywhere.
fn told(model: &mut Model, words: &str) -> Vec<Effect> {
    hint(model, words);
    Vec::new()
}

fn to_incident(model: &mut Model, forward: bool, at: u64) -> Vec<Effect> {
    let landmarks = model.landmarks();
    let found = if forward { landmarks.incident_after(at) } else { landmarks.incident_before(at) };
    match found {
        Some(incident) => {
            let serious = if incident.severity == Severity::Critical { "critical: " } else { "" };
            let (words, target) = (format!("incident: {serious}{}", incident.what), incident.at.mono_ms);
            hint(model, words);
            vec![Effect::Travel(target)]
        }
        None if forward => forward_end(model, "incident"),
        None => told(model, "no incident before this"),
    }
}

/// There is nothing of the kind ahead.
fn forward_end(model: &mut Model, what: &str) -> Vec<Effect> {
    let reading = model.playing.as_ref().map(|playing| playing.read).filter(|read| *read < 100);
    let words = match reading {
        Some(read) => format!("no {what} ahead so far: {read} % of the recording have been read"),
        None if model.playing.is_some() => format!("no {what} after this: the recording ends"),
        None if model.held.is_some() => format!("no {what} after this; . goes back to now"),
        None => "this is now".to_owned(),
    };
    told(model, &words)
}

/// Goes to the moment that somebody named.
///
/// # Errors
/// It is none, or outside of what there is.
pub(super) fn go_to(model: &Model, text: &str) -> Result<Effect, String> {
    let when = When::parse(text)?;
    let span = match &model.playing {
        Some(playing) => Some((playing.begin, playing.end)),
        None => model.landmarks.span().map(|(begin, _)| (begin, model.now)),
    };
    let (begin, end) = span.ok_or("nothing is known yet")?;
    when.within(begin, end, &model.zone).map(Effect::Travel)
}

/// Remembers where a replay is on the way to, which may take a while.
pub(super) fn set_out(model: &mut Model, effects: &[Effect]) {
    if model.playing.is_some()
        && let Some(Effect::Travel(target)) = effects.last()
    {
        model.bound_for = Some(*target);
    }
}

/// Shows what was known at another moment.
pub(super) fn arrive(model: &mut Model, arrival: Arrival) {
    model.bound_for = None;
    let before = Arc::clone(model.picture().roster.list());
    let Arrival { chronicle, at, oldest } = arrival;
    if model.playing.is_some() {
        model.interval_ms = chronicle.interval_ms().unwrap_or(model.interval_ms);
        (model.live, model.now, model.held) = (chronicle, at, None);
        model.toast = model.toast.take().map(|toast| toast.anew(at));
    } else {
        model.held = Some(Box::new(Held { chronicle, at, oldest: Some(oldest) }));
    }
    turn(model, &before);
}

/// Goes over to what is live.
pub(super) fn release(model: &mut Model) {
    let before = Arc::clone(model.picture().roster.list());
    model.held = None;
    turn(model, &before);
}

/// Makes everything anew that was made from another moment.
fn turn(model: &mut Model, before: &crate::presence::WatchList) {
    model.stale_batches.clear();
    model.screen.forget();
    if let Some(pane) = &mut model.pane {
        pane.forget();
    }
    adopt_list(model, before);
}

/// Takes how the recording is played now.
pub(super) fn play(model: &mut Model, playing: Playing) {
    if playing.runs {
        model.bound_for = None; // wherever it was to go
    }
    model.playing = Some(playing);
    model.dirty = true;
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::*;
    use crate::app::{Msg, Start, update};
    use crate::presence::{
        Answer, Entry, FetchError, Freshness, Input, Observation, Oddities, OperationId, Question, Roster,
        RuleSettings, UserIx, UserStatus, WatchList,
    };

    fn at(mono_ms: u64) -> Moment {
        Moment { mono_ms, unix_ms: 1_798_459_200_000 + mono_ms as i64 }
    }

    fn begin() -> Chronicle {
        let list = Arc::new(WatchList::new(1, 500, [Entry::of("alice")]));
        Chronicle::new(
            Roster::new(list, Freshness::for_interval(2_000), at(0)),
            RuleSettings::default(),
            at(0),
        )
    }

    fn input(ms: u64, answer: Result<Answer, FetchError>) -> Input {
        Input::Observed(Observation {
            question: Question::OnlineStatus,
            users: Arc::default(),
            generation: 1,
            batch: 0,
            sent: at(ms.saturating_sub(10)),
            received: at(ms),
            operation_id: OperationId("op".into()),
            server_date: None,
            wire_bytes: 0,
            oddities: Oddities::default(),
            hints: None,
            attempt: u32::from(answer.is_err()),
            next_ms: ms + 2_000,
            answer,
        })
    }

    /// Rounds at 1, 3, 5 and 7 s; that of 5 s is an incident.
    fn inputs() -> [Input; 4] {
        let offline = Answer::Changed(vec![(UserIx(0), UserStatus::Offline)]);
        [
            input(1_000, Ok(offline)),
            input(3_000, Ok(Answer::Same)),
            input(5_000, Err(FetchError::Timeout { after_ms: 5 })),
            input(7_000, Ok(Answer::Same)),
        ]
    }

    fn live() -> Model {
        let start = Start::new(begin().roster().clone(), (100, 30), at(0));
        let mut model = Model::new(start);
        for (round, input) in (0..).zip(inputs()) {
            update(&mut model, at(1_000 + round * 2_000), Msg::Input(input));
        }
        model
    }

    /// A replay that stands at a moment, of a recording of which so much was looked through.
    fn replay(ms: u64, read: u8) -> Model {
        let (mut chronicle, mut landmarks) = (begin(), Landmarks::default());
        let mut there = begin();
        let known = if read < 100 { 2 } else { 4 };
        for (round, input) in (0..).zip(inputs()) {
            let now = at(1_000 + round * 2_000);
            let news = chronicle.take(now, &input);
            if round < known {
                landmarks.note(Some(&input), &news, &chronicle);
            }
            if now.mono_ms <= ms {
                there.take(now, &input);
            }
        }
        there.advance(at(ms));
        let landmarks = Arc::new(landmarks);
        let playing = Playing { begin: at(0), end: at(9_000), speed: 1.0, runs: true, read, landmarks };
        let start = Start::new(begin().roster().clone(), (100, 30), at(0));
        let mut model = Model::new(Start { playing: Some(playing), ..start });
        let arrival = Arrival { chronicle: there, at: at(ms), oldest: at(0) };
        update(&mut model, at(ms), Msg::Arrived(Box::new(arrival)));
        model
    }

    /// What follows from a key, and what is said.
    fn press(model: &mut Model, c: char) -> (Vec<Effect>, String) {
        model.toast = None;
        let now = model.now;
        let effects = update(model, now, Msg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        (effects, model.toast.take().map(|toast| toast.text).unwrap_or_default())
    }

    fn goes(target: u64, words: &str) -> (Vec<Effect>, String) {
        (vec![Effect::Travel(target)], words.to_owned())
    }

    fn says(words: &str) -> (Vec<Effect>, String) {
        (Vec::new(), words.to_owned())
    }

    fn does(effect: Effect) -> (Vec<Effect>, String) {
        (vec![effect], String::new())
    }

    /// Goes to a moment of the live view's past.
    fn go_back(model: &mut Model, ms: u64) {
        let mut chronicle = begin();
        for input in inputs() {
            let Input::Observed(observation) = &input else { continue };
            if observation.received.mono_ms <= ms {
                chronicle.take(observation.received, &input);
            }
        }
        chronicle.advance(at(ms));
        let arrival = Arrival { chronicle, at: at(ms), oldest: at(1_000) };
        let now = model.now;
        update(model, now, Msg::Arrived(Box::new(arrival)));
    }

    #[test]
    fn before_anything_is_known_there_is_nowhere_to_go() {
        let mut model = Model::new(Start::new(begin().roster().clone(), (100, 30), at(0)));
        assert_eq!(press(&mut model, '['), says("nothing is known from before"));
        assert_eq!(press(&mut model, '{'), says("no incident before this"));
        assert_eq!(press(&mut model, ']'), says("this is now"));
        assert_eq!(press(&mut model, '}'), says("this is now"));
        assert_eq!(press(&mut model, '.'), says("this is live"));
        assert_eq!(press(&mut model, 'R'), does(Effect::Record(None)));
        assert!(!model.is_in_past() && model.strip().is_none());
    }

    #[test]
    fn the_live_view_goes_back_round_by_round_and_comes_back() {
        let mut model = live();
        assert_eq!(press(&mut model, '['), goes(5_000, ""));
        assert_eq!(press(&mut model, '{'), goes(5_000, "incident: timed out"));
        go_back(&mut model, 5_000);
        assert!(model.is_in_past());
        assert_eq!(
            model.strip().map(|strip| (strip.from, strip.at, strip.to)),
            Some((at(1_000), at(5_000), at(7_000)))
        );
        assert_eq!(press(&mut model, '['), goes(3_000, ""));
        assert_eq!(press(&mut model, ']'), goes(7_000, ""));
        assert_eq!(press(&mut model, '{'), says("no incident before this"));
        assert_eq!(press(&mut model, '}'), says("no incident after this; . goes back to now"));
        go_back(&mut model, 7_000);
        assert_eq!(press(&mut model, ']'), says("no round after this; . goes back to now"));
        go_back(&mut model, 1_000);
        assert_eq!(press(&mut model, '['), says("nothing is known from before"));
        assert_eq!(press(&mut model, '}'), goes(5_000, "incident: timed out"));
        assert_eq!(press(&mut model, '.'), says(""));
        assert!(!model.is_in_past() && model.strip().is_none());
        assert_eq!(press(&mut model, '.'), says("this is live"));
    }

    #[test]
    fn in_a_replay_keys_steer_the_recording() {
        for (key, then) in [
            ('[', goes(1_000, "")),
            (']', goes(5_000, "")),
            ('}', goes(5_000, "incident: timed out")),
            ('{', says("no incident before this")),
        ] {
            assert_eq!(press(&mut replay(3_000, 100), key), then);
        }
        let mut model = replay(7_000, 100);
        for target in [5_000, 3_000, 1_000] {
            assert_eq!(press(&mut model, '['), goes(target, ""), "on the way already");
        }
        assert_eq!(press(&mut model, '['), says("nothing is known from before"));
        assert_eq!(press(&mut model, ']'), goes(3_000, ""));
        assert_eq!(press(&mut model, ' '), does(Effect::Play(None)));
        assert_eq!(press(&mut model, '.'), does(Effect::Play(Some(true))));
        assert_eq!(press(&mut model, '+'), does(Effect::Speed(true)));
        assert_eq!(press(&mut model, '-'), does(Effect::Speed(false)));
        assert_eq!(press(&mut model, 'R'), says("this is a recording already"));
        assert_eq!(press(&mut model, 'r'), says("nobody is asked in a replay"));
        let mut end = replay(9_000, 100);
        assert_eq!(press(&mut end, ']'), says("no round after this: the recording ends"));
        assert_eq!(press(&mut end, '}'), says("no incident after this: the recording ends"));
        assert_eq!(press(&mut end, '['), goes(7_000, ""));
    }

    #[test]
    fn how_often_the_server_was_asked_is_part_of_the_past_that_is_played() {
        let mut model = replay(3_000, 100);
        let arrival = |ms| Arrival { chronicle: begin().asked_every(ms), at: at(3_000), oldest: at(0) };
        update(&mut model, at(3_000), Msg::Arrived(Box::new(arrival(10_000))));
        assert_eq!(model.interval_ms(), 10_000);
        let mut live = live();
        update(&mut live, at(7_000), Msg::Arrived(Box::new(arrival(10_000))));
        assert_eq!(live.interval_ms(), 2_000, "the live server is asked as before");
    }

    #[test]
    fn while_a_recording_is_looked_through_what_is_ahead_is_not_known_yet() {
        let mut model = replay(3_000, 40);
        let so_far = "ahead so far: 40 % of the recording have been read";
        assert_eq!(press(&mut model, ']'), says(&format!("no round {so_far}")));
        assert_eq!(press(&mut model, '}'), says(&format!("no incident {so_far}")));
        assert_eq!(press(&mut model, '['), goes(1_000, ""), "what is behind is");
    }

    #[test]
    fn a_time_is_one_of_the_recording_or_of_the_run() {
        let model = replay(3_000, 100);
        assert_eq!(go_to(&model, "+5s"), Ok(Effect::Travel(5_000)));
        assert_eq!(go_to(&model, "-5s"), Ok(Effect::Travel(4_000)));
        assert_eq!(go_to(&model, "12:00:02"), Ok(Effect::Travel(2_000)));
        assert!(
            go_to(&model, "+1h").unwrap_err().contains("from 2026-12-28 12:00:00 to 2026-12-28 12:00:09")
        );
        assert!(go_to(&model, "noon").unwrap_err().starts_with("expected a time of day"));
        let live = live();
        assert_eq!(go_to(&live, "-2s"), Ok(Effect::Travel(5_000)));
        assert_eq!(go_to(&live, "+2s"), Ok(Effect::Travel(3_000)), "from the first answer");
        let empty = Model::new(Start::new(begin().roster().clone(), (100, 30), at(0)));
        assert_eq!(go_to(&empty, "+1s"), Err("nothing is known yet".to_owned()));
    }
}
