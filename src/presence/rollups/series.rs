//! One count with its past, a level a minute, which is filled in when something changes after it.

use super::counts::{Counts, Level};

/// Milliseconds of one step of the past.
pub(super) const MINUTE_MS: u64 = 60_000;

/// Ends of minutes that are kept: half an hour, and the one that has begun.
pub(super) const KEPT: u64 = 31;

/// The counts of one group, and what they were.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) now: Counts,
    /// At the end of minute n, at place n modulo their count; right up to the minute before `minute`.
    pub(super) ended: [Level; KEPT as usize],
    /// In which minute it changed last.
    pub(super) minute: u64,
    /// In which minute it was counted first: nothing is known of before.
    pub(super) begun: u64,
}

impl Series {
    pub(super) fn new(minute: u64) -> Series {
        Series { now: Counts::default(), ended: [Level::default(); KEPT as usize], minute, begun: minute }
    }

    /// Fills in the minutes that have ended since it changed last.
    pub(super) fn settle(&mut self, minute: u64) {
        let first = self.minute.max(minute.saturating_sub(KEPT));
        let level = self.now.level();
        for ended in first..minute {
            self.ended[(ended % KEPT) as usize] = level;
        }
        self.minute = self.minute.max(minute);
    }

    /// How it was when a minute ended that began after the run did and is not longer ago than is kept.
    pub(super) fn at_end(&self, ended: u64) -> Level {
        if ended >= self.minute { self.now.level() } else { self.ended[(ended % KEPT) as usize] }
    }

    /// Takes over what the same users were before they were counted anew.
    pub(super) fn inherit(&mut self, mut old: Series, minute: u64) {
        old.settle(minute);
        (self.ended, self.begun) = (old.ended, old.begun);
    }
}
