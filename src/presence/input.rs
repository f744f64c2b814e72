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

/// Up to when time had passed when an input was taken that comes in at `now`.
pub fn taken_at(state: &State, now: Moment, input: &Input) -> Moment {
    match input {
        Input::Observed(_) => state.now(),
        _ => now,
    }
}

/// When an input that was taken `at` is known of, on the monotonic clock.
pub fn seen_at(at: Moment, input: &Input) -> u64 {
    match input {
        Input::Observed(observation) => observation.received.mono_ms.max(at.mono_ms),
        _ => at.mono_ms,
    }
}
