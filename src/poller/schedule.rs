//! Which batch is asked about when: pure bookkeeping, told the time by the poller.
//!
//! A round is measured from start to start: a batch that was due at t is due again at t + interval,
//! or at once if its answer took longer. Each batch has a schedule of its own, so one that fails or
//! hangs holds up nobody else.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::backoff;
use super::lanes::Lanes;
use crate::presence::{FetchError, Retry};

/// While the server hangs, at most this many times the usual number of requests wait for it.
const SLOW_LANES: usize = 4;

/// Which batch is asked about when.
pub(super) struct Schedule {
    interval: Duration,
    lanes: Lanes,
    /// Failures in a row of each batch, and whether asking again can mend the last one.
    failures: Vec<(u32, Retry)>,
    /// How many batches have failed, and how many of them only a change of something can mend.
    failing: usize,
    refused: usize,
    /// Batches that wait for their time, and the time of each.
    due: BTreeSet<(Instant, u32)>,
    due_at: Vec<Instant>,
    /// Batches that wait for their answer.
    asked: HashMap<u32, Asked>,
    /// The server asked for silence until then.
    hold: Option<Instant>,
    random: fastrand::Rng,
}

struct Asked {
    was_due: Instant,
    started: Instant,
    /// Asked for again meanwhile: the answer on its way may be from before that wish.
    again: bool,
}

impl Schedule {
    pub(super) fn new(
        batches: u32,
        interval: Duration,
        concurrency: Option<usize>,
        seed: u64,
        now: Instant,
    ) -> Schedule {
        Schedule {
            interval,
            lanes: Lanes::new(concurrency),
            failures: vec![(0, Retry::ByItself); batches as usize],
            failing: 0,
            refused: 0,
            due: (0..batches).map(|batch| (now, batch)).collect(),
            due_at: vec![now; batches as usize],
            asked: HashMap::new(),
            hold: None,
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// Starts over with another list; answers on their way are no longer waited for.
    pub(super) fn reset(&mut self, batches: u32, now: Instant) {
        self.failures = vec![(0, Retry::ByItself); batches as usize];
        (self.failing, self.refused) = (0, 0);
        self.due = (0..batches).map(|batch| (now, batch)).collect();
        self.due_at = vec![now; batches as usize];
        self.asked.clear();
    }

    /// How many requests may be under way at once.
    pub(super) fn at_once(&self) -> usize {
        self.lanes.open()
    }

    /// The next batch to ask about now, if any; counts as asked from here on.
    pub(super) fn next(&mut self, now: Instant) -> Option<u32> {
        let &(was_due, batch) = self.due.first()?;
        if was_due > now || self.held(now).is_some() || !self.has_room(now) {
            return None;
        }
        self.due.pop_first();
        self.asked.insert(batch, Asked { was_due, started: now, again: false });
        Some(batch)
    }

    /// When to look again, if no answer comes before.
    pub(super) fn wake(&self, now: Instant) -> Option<Instant> {
        let first = self.due.first()?.0.max(self.hold.unwrap_or(now));
        if self.has_room(now) {
            return Some(first);
        }
        let next_room =
            self.asked.values().map(|asked| asked.started + self.slow_after()).filter(|&at| at > now).min();
        next_room.map(|room| room.max(first))
    }

    /// A request that takes longer than this no longer takes the place of another one.
    fn slow_after(&self) -> Duration {
        self.interval.max(Duration::from_secs(1))
    }

    fn has_room(&self, now: Instant) -> bool {
        let quick = self.asked.values().filter(|asked| now < asked.started + self.slow_after()).count();
        quick < self.lanes.open() && self.asked.len() < self.lanes.open() * SLOW_LANES
    }

    /// Takes the outcome of a question, which took so long. Gives the number of failures in a row (0 for an answer) and
    /// when the batch is asked about next; `None` if nobody waits for it any more.
    pub(super) fn done(
        &mut self,
        batch: u32,
        outcome: Result<(), &FetchError>,
        took: Duration,
        now: Instant,
    ) -> Option<(u32, Instant)> {
        let asked = self.asked.remove(&batch)?;
        let place = batch as usize;
        // What had to wait for a whole round has lost its place in the rounds, and gets a new one.
        let lost_place = asked.started >= asked.was_due + self.interval;
        let place_in_round = if lost_place { asked.started } else { asked.was_due };
        let regular = (place_in_round + self.interval).max(now);
        let next = match outcome {
            Ok(()) => {
                let waits = self.due.first().is_some_and(|(at, _)| *at <= now);
                self.lanes.answered(took, waits, now);
                let nobody_answered = self.failing == self.failures.len();
                self.set_failures(place, (0, Retry::ByItself));
                if nobody_answered {
                    self.hurry_all(now); // the server is back: the others need not wait either
                }
                regular
            }
            Err(error) => {
                self.lanes.failed(asked.started, error, now);
                let failures = self.failures[place].0.saturating_add(1);
                self.set_failures(place, (failures, error.mends()));
                let wait = backoff::delay(error, failures, self.interval, &mut self.random);
                if error.mends() == Retry::AfterWaiting {
                    self.hold(now + wait);
                }
                now + wait
            }
        };
        let next = if asked.again { now } else { next };
        self.put_off(batch, next);
        Some((self.failures[place].0, next))
    }

    /// The server asks for silence until then.
    pub(super) fn hold(&mut self, until: Instant) {
        self.hold = self.hold.max(Some(until));
    }

    /// One batch as soon as may be.
    pub(super) fn hurry_batch(&mut self, batch: u32, now: Instant) {
        if let Some(asked) = self.asked.get_mut(&batch) {
            asked.again = true;
        } else if let Some(at) = self.due_at.get(batch as usize).copied()
            && self.due.remove(&(at, batch))
        {
            self.put_off(batch, at.min(now));
        }
    }

    /// A batch is asked about then.
    fn put_off(&mut self, batch: u32, at: Instant) {
        self.due_at[batch as usize] = at;
        self.due.insert((at, batch));
    }

    fn set_failures(&mut self, place: usize, new: (u32, Retry)) {
        let old = std::mem::replace(&mut self.failures[place], new);
        let is_failing = |it: (u32, Retry)| it.0 > 0;
        let is_refused = |it: (u32, Retry)| it.0 > 0 && it.1 == Retry::WhenChanged;
        self.failing = self.failing + usize::from(is_failing(new)) - usize::from(is_failing(old));
        self.refused = self.refused + usize::from(is_refused(new)) - usize::from(is_refused(old));
    }

    /// Until when the server asked for silence, where that is not over.
    pub(super) fn held(&self, now: Instant) -> Option<Instant> {
        self.hold.filter(|until| *until > now)
    }

    /// Everything as soon as may be. Wishes while an answer is on its way make one more question.
    pub(super) fn poll_now(&mut self, now: Instant) {
        self.hold = None;
        self.hurry_all(now);
        for asked in self.asked.values_mut() {
            asked.again = true;
        }
    }

    /// The credentials are new: what was refused is asked again.
    pub(super) fn credentials_changed(&mut self, now: Instant) {
        self.hurry(now, |(_, mends)| mends == Retry::WhenChanged);
    }

    /// Whether a question was refused for a reason that only a change of something can mend.
    pub(super) fn awaits_change(&self) -> bool {
        self.refused > 0
    }

    /// Whether the last question about some batch brought no answer.
    pub(super) fn is_failing(&self) -> bool {
        self.failing > 0
    }

    pub(super) fn set_interval(&mut self, interval: Duration, now: Instant) {
        let sooner = interval < self.interval;
        self.interval = interval;
        if sooner {
            self.hurry(now, |(failures, _)| failures == 0);
        }
    }

    fn hurry_all(&mut self, now: Instant) {
        self.hurry(now, |_| true);
    }

    fn hurry(&mut self, now: Instant, whom: impl Fn((u32, Retry)) -> bool) {
        let failures = &self.failures;
        let hurried = |batch: u32| whom(failures[batch as usize]);
        self.due = self
            .due
            .iter()
            .map(|&(at, batch)| (if hurried(batch) { at.min(now) } else { at }, batch))
            .collect();
        for &(at, batch) in &self.due {
            self.due_at[batch as usize] = at;
        }
    }
}
