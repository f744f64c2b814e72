//! How many requests are under way at once: as many as were asked for, or as many as the server answers
//! as quickly as few. Pure bookkeeping, told by the schedule what came of each.

use std::time::Duration;

use tokio::time::Instant;

use crate::openim::Options;
use crate::presence::FetchError;

/// No fewer than this, so that one that hangs does not stop the others.
pub(super) const LEAST: usize = 2;
/// Answers are judged together, so many for each request that may be under way.
const JUDGED: usize = 2;
/// Below this, a longer answer is chance.
const JITTER: Duration = Duration::from_millis(5);

/// How many requests may be under way.
pub(super) struct Lanes {
    open: usize,
    adapts: bool,
    /// How long the answers took that are not judged yet.
    took: Vec<Duration>,
    /// How long they took at best.
    best: Option<Duration>,
    /// What was asked before then, when there were more lanes, is not held against those that are left.
    fewer_since: Option<Instant>,
}

impl Lanes {
    /// As many as the user says; without that as many as do well.
    pub(super) fn new(concurrency: Option<usize>) -> Lanes {
        Lanes {
            open: concurrency.unwrap_or(Options::AT_ONCE).max(1),
            adapts: concurrency.is_none(),
            took: Vec::new(),
            best: None,
            fewer_since: None,
        }
    }

    pub(super) fn open(&self) -> usize {
        self.open
    }

    /// An answer took so long; whether a batch waits for a lane.
    pub(super) fn answered(&mut self, took: Duration, waits: bool, now: Instant) {
        if !self.adapts {
            return;
        }
        self.took.push(took);
        if self.took.len() < JUDGED * self.open.max(Options::AT_ONCE) {
            return;
        }
        self.took.sort_unstable();
        let median = self.took[self.took.len() / 2];
        self.took.clear();
        // What was quick once and is not any more is forgotten in time.
        let best = self.best.map_or(median, |best| (best + best / 1_024).min(median));
        self.best = Some(best);
        if median > best * 2 + JITTER {
            self.narrow(self.open * 3 / 4, now);
        } else if median <= best + best / 4 + JITTER && waits {
            self.open = (self.open + 1).min(Options::MOST_AT_ONCE);
        }
    }

    /// A question that was put then failed.
    pub(super) fn failed(&mut self, asked: Instant, error: &FetchError, now: Instant) {
        let is_too_much = matches!(
            error,
            FetchError::Timeout { .. } | FetchError::RateLimited { .. } | FetchError::Unavailable { .. }
        );
        if self.adapts && is_too_much && self.fewer_since.is_none_or(|since| asked >= since) {
            self.narrow(self.open / 2, now);
        }
    }

    fn narrow(&mut self, open: usize, now: Instant) {
        self.open = open.max(LEAST);
        self.took.clear();
        self.fewer_since = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers so many requests at once in 10 ms, and takes longer the more there are.
    fn settled(lanes: &mut Lanes, at_once: usize, answers: usize) -> usize {
        for _ in 0..answers {
            let took = 10 * lanes.open().max(at_once) as u64 / at_once as u64;
            lanes.answered(Duration::from_millis(took), true, Instant::now());
        }
        lanes.open()
    }

    #[tokio::test(start_paused = true)]
    async fn there_are_more_while_answers_stay_as_quick_and_fewer_when_they_do_not() {
        let mut lanes = Lanes::new(None);
        assert_eq!(lanes.open(), 4);
        assert_eq!(settled(&mut lanes, 100, 2_000), 32, "no more than that");
        let quick = settled(&mut lanes, 4, 2_000);
        assert!((2..=12).contains(&quick), "{quick}");
        assert_eq!(settled(&mut Lanes::new(Some(7)), 100, 2_000), 7, "as the user says");
    }

    #[tokio::test(start_paused = true)]
    async fn there_are_no_more_than_there_is_work_for() {
        let mut lanes = Lanes::new(None);
        for _ in 0..1_000 {
            lanes.answered(Duration::from_millis(5), false, Instant::now());
        }
        assert_eq!(lanes.open(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_fail_together_are_held_against_them_once() {
        let mut lanes = Lanes::new(None);
        settled(&mut lanes, 100, 2_000);
        let (asked, timeout) = (Instant::now(), FetchError::Timeout { after_ms: 10_000 });
        tokio::time::advance(Duration::from_secs(10)).await;
        for _ in 0..32 {
            lanes.failed(asked, &timeout, Instant::now());
        }
        assert_eq!(lanes.open(), 16);
        for _ in 0..9 {
            lanes.failed(Instant::now(), &timeout, Instant::now());
        }
        assert_eq!(lanes.open(), 2);
        assert!(settled(&mut lanes, 100, 2_000) > 16, "and come back");
    }
}
