//! The clock of a recording that is played: it runs faster or slower, stands still, and shows nothing
//! later than what comes next, until that was taken.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::presence::Moment;

/// A clock that shows the time of a recording.
#[derive(Debug)]
pub(super) struct PlayClock(Mutex<Hands>);

#[derive(Clone, Copy, Debug)]
pub(super) struct Hands {
    /// It showed this...
    pub(super) base: Moment,
    /// ...then.
    since: Instant,
    pub(super) speed: f64,
    pub(super) runs: bool,
    /// What comes next is known of then: it shows nothing later before that was taken.
    barrier: Moment,
    pub(super) end: Moment,
}

impl PlayClock {
    pub(super) fn new(begin: Moment, end: Moment, speed: f64) -> PlayClock {
        let hands = Hands { base: begin, since: Instant::now(), speed, runs: true, barrier: begin, end };
        PlayClock(Mutex::new(hands))
    }

    pub(super) fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time of the recording.
    pub(super) fn now(&self) -> Moment {
        let hands = self.hands();
        let now = hands.now();
        if now.mono_ms > hands.barrier.mono_ms { hands.barrier.max(hands.base) } else { now }
    }

    /// When it shows this moment; `None` while it stands still.
    pub(super) fn when(&self, mono_ms: u64) -> Option<Instant> {
        let hands = self.hands();
        let ahead = mono_ms.saturating_sub(hands.now().mono_ms) as f64 / hands.speed;
        hands.runs.then(|| Instant::now() + Duration::from_millis(ahead.min(1e12).ceil() as u64))
    }

    /// Changes it, from where it stands.
    pub(super) fn set(&self, change: impl FnOnce(&mut Hands)) {
        let now = self.now();
        let mut hands = self.hands();
        (hands.base, hands.since) = (now, Instant::now());
        change(&mut hands);
    }

    /// From now on it shows the date that the recorded clock showed here: somebody may have set that.
    pub(super) fn follow(&self, at: Moment) {
        let mut hands = self.hands();
        hands.base.unix_ms = at.unix_ms_at(hands.base.mono_ms);
    }

    /// Nothing is known of later than this, until it is taken; at the end of the recording that.
    pub(super) fn wait_for(&self, next: Option<u64>) {
        let mut hands = self.hands();
        hands.barrier = match next {
            Some(mono_ms) => Moment { mono_ms, unix_ms: hands.base.unix_ms_at(mono_ms) },
            None => hands.end,
        };
    }
}

impl Hands {
    pub(super) fn now(&self) -> Moment {
        if !self.runs {
            return self.base;
        }
        let passed = (self.since.elapsed().as_millis() as f64 * self.speed) as u64;
        let left = self.end.mono_ms.saturating_sub(self.base.mono_ms);
        self.base.plus(passed.min(left))
    }
}
