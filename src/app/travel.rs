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
    let at = model.picture().now.mono_ms;
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

/// Shows what was known at another moment.
pub(super) fn arrive(model: &mut Model, arrival: Arrival) {
    let before = Arc::clone(model.picture().roster.list());
    let Arrival { chronicle, at, oldest } = arrival;
    if model.playing.is_some() {
        (model.live, model.now, model.held) = (chronicle, at, None);
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
    model.playing = Some(playing);
    model.dirty = true;
}
