//! What comes in from outside: everything that is known follows from inputs and time.

use std::sync::Arc;

use super::observation::Observation;
use super::state::State;
use super::time::Moment;
use super::watch_list::WatchList;

/// Something that comes in from outside. A recording is a list of these, each with the moment up to
/// which time had passed when it came in.
#[derive(Clone, Debug)]
pub enum Input {
    /// An answer, or a failure.
    Observed(Observation),
    /// There is a new watch list.
    Rebased(Arc<WatchList>),
    /// The same users are watched, in the same places, with other labels.
    Relabelled(Arc<WatchList>),
    /// The server is asked at another interval, in milliseconds.
    Interval(u64),
    /// Something to tell whoever watches; visible-safe: `watch file unreadable, the old list is kept`.
    Notice(String),
}

impl Input {
    /// Up to when time had passed when `state` took it, if it comes in at `now`.
    pub fn taken_at(&self, state: &State, now: Moment) -> Moment {
        match self {
            Input::Observed(_) => state.now(),
            _ => now,
        }
    }

    /// When it is known of, on the monotonic clock, if it was taken `at`.
    pub fn seen_at(&self, at: Moment) -> u64 {
        match self {
            Input::Observed(observation) => observation.received.mono_ms.max(at.mono_ms),
            _ => at.mono_ms,
        }
    }
}
