//! Since when the server gives no usable answers, to any question or to some.

use super::findings::alert_thresholds::{PARTLY_MS, SILENT_MS};
use super::roster::Roster;
use super::time::Moment;

/// Since when there are no answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outage {
    /// Since when no batch of users has an answer that is not overdue.
    pub(super) silent_since: Option<Moment>,
    /// Since when not all of them have one.
    pub(super) partly_since: Option<Moment>,
    /// How many have none now.
    pub(super) failing: u32,
}

impl Outage {
    /// Takes how it is now.
    pub(super) fn follow(&mut self, roster: &Roster, now: Moment) {
        let batches = roster.batches().len();
        // What was too old stays so until it is answered, though the interval may have become longer.
        let is_silent = batches > 0 && roster.fresh_batches(now).all(|batch| batch.void_since.is_some());
        let failing = if is_silent { batches } else { roster.late_batches(now).count() } as u32;
        let since = |before: Option<Moment>, is_so: bool| is_so.then(|| before.unwrap_or(now));
        self.silent_since = since(self.silent_since, is_silent);
        self.partly_since = since(self.partly_since, failing > 0);
        self.failing = failing;
    }

    /// When it has lasted for long enough to be told, on the monotonic clock.
    pub(super) fn next_change(&self, now: Moment) -> Option<u64> {
        let due = |since: Option<Moment>, wait: u64| since.map(|at| at.mono_ms.saturating_add(wait));
        let due = [due(self.silent_since, SILENT_MS), due(self.partly_since, PARTLY_MS)];
        due.into_iter().flatten().filter(|at| *at > now.mono_ms).min()
    }
}
