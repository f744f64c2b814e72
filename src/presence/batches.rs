//! What is known of the batches that a watch list is asked in: when each was last answered, what
//! is wrong with it, and whether its users' last words are still good.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fetch_error::FetchError;
use super::observation::{Oddities, OperationId};
use super::roster::Standings;
use super::status::UnknownReason;
use super::time::Moment;
use super::written::{as_list, interval, is_usual, time};

/// For how long an answer is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Older than this it is shown as stale, though nothing has failed.
    pub stale_ms: u64,
    /// Older than this nothing is known any more.
    pub unknown_ms: u64,
}

/// `[stale after, void after]`; null: never.
impl Serialize for Freshness {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.stale_ms, self.unknown_ms].map(|ms| (ms != u64::MAX).then_some(ms)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Freshness {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Freshness, D::Error> {
        #[derive(Deserialize)]
        struct Limit(#[serde(deserialize_with = "interval")] Option<u64>);
        let (Limit(stale_ms), Limit(unknown_ms)) = Deserialize::deserialize(deserializer)?;
        let never = u64::MAX;
        Ok(Freshness { stale_ms: stale_ms.unwrap_or(never), unknown_ms: unknown_ms.unwrap_or(never) })
    }
}

impl Freshness {
    /// An answer stays good for ever: for a picture of one round, however long that takes.
    pub const FOR_EVER: Freshness = Freshness { stale_ms: u64::MAX, unknown_ms: u64::MAX };

    /// An answer is stale when the next one is overdue by half an interval (at least a second, so
    /// that a usual delay shows nothing), and void after three intervals, at least six seconds.
    pub fn for_interval(interval_ms: u64) -> Freshness {
        Freshness {
            stale_ms: interval_ms + (interval_ms / 2).max(1_000),
            unknown_ms: (interval_ms * 3).max(6_000),
        }
    }

    /// The same where asking about everybody takes so long: nobody is old only because the list is long.
    #[must_use]
    pub fn for_rounds_of(self, asking_ms: u64) -> Freshness {
        let longer = Freshness::for_interval(asking_ms);
        Freshness {
            stale_ms: self.stale_ms.max(longer.stale_ms),
            unknown_ms: self.unknown_ms.max(longer.unknown_ms),
        }
    }
}

/// The last answer of a batch: when its question was sent and when it was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The question was sent then.
    pub sent: Moment,
    /// The answer was there then.
    pub received: Moment,
}

as_list!(Answered: sent, received);

/// Why a batch gets no answers at present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// What came of the last question.
    pub error: FetchError,
    /// How many questions in a row have failed.
    pub attempt: u32,
    /// When it is asked again, on the monotonic clock.
    #[serde(deserialize_with = "time")]
    pub next_ms: u64,
}

/// What is known of one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Its last answer; none before the first.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub answered: Option<Answered>,
    /// The name of the request that brought it, in the server's log.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub operation: Option<Arc<OperationId>>,
    /// Why it gets none at present.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub failing: Option<Failing>,
    /// Since when, on the monotonic clock, the last answer is too old to say anything.
    #[serde(default, skip_serializing_if = "is_usual", deserialize_with = "time")]
    pub void_since: Option<u64>,
    /// The last answer is not held to be older than since then: the interval of asking has become
    /// shorter meanwhile, and what was fresh by the longer one has not grown old by that.
    #[serde(default, deserialize_with = "time")]
    pub(crate) judged_from: u64,
    /// What was odd about the last answer.
    #[serde(rename = "odd", default, skip_serializing_if = "is_usual")]
    pub oddities: Oddities,
    /// Its users, counted by how they stand.
    #[serde(skip)]
    pub(crate) standings: Standings,
}

impl Batch {
    /// Whether the users' last words are shown as old: no answer came though one was due.
    pub fn is_stale(&self, now: Moment, freshness: Freshness) -> bool {
        self.failing.is_some() || self.age_ms(now).is_some_and(|age| age > freshness.stale_ms)
    }

    /// How old its last answer is held to be, in milliseconds.
    pub(in crate::presence) fn age_ms(&self, now: Moment) -> Option<u64> {
        self.fresh_from().map(|from| now.mono_ms.saturating_sub(from))
    }

    /// From when on, on the monotonic clock, its age counts.
    pub(in crate::presence) fn fresh_from(&self) -> Option<u64> {
        self.answered.map(|answered| answered.received.mono_ms.max(self.judged_from))
    }

    /// Why nothing is known of its users, where that is so.
    pub fn why(&self) -> UnknownReason {
        match (&self.failing, self.answered) {
            (Some(failing), _) => UnknownReason::Failed(failing.error.trouble()),
            (None, Some(_)) => UnknownReason::Slow,
            (None, None) => UnknownReason::NotAnswered,
        }
    }
}

/// Each batch of a list, and which of them are not as they should be: found without looking at all.
#[derive(Clone, Debug, Default)]
pub(in crate::presence) struct Batches {
    all: Vec<Batch>,
    /// Those that were answered, by when.
    answered: BTreeSet<(u64, u32)>,
    failing: BTreeSet<u32>,
    void: BTreeSet<u32>,
    /// How many were neither answered nor have they failed.
    unheard: usize,
    /// What was odd about the last answers, all taken together.
    oddities: Oddities,
}

impl Batches {
    pub(in crate::presence) fn new(all: Vec<Batch>) -> Batches {
        let mut batches = Batches { all, ..Batches::default() };
        for number in 0..batches.all.len() as u32 {
            batches.place(number, true);
        }
        batches
    }

    pub(in crate::presence) fn all(&self) -> &[Batch] {
        &self.all
    }

    pub(in crate::presence) fn get(&self, number: u32) -> &Batch {
        &self.all[number as usize]
    }

    /// One of its users stands otherwise: that does not move the batch.
    pub(in crate::presence) fn standings_mut(&mut self, number: u32) -> &mut Standings {
        &mut self.all[number as usize].standings
    }

    pub(in crate::presence) fn edit<R>(&mut self, number: u32, change: impl FnOnce(&mut Batch) -> R) -> R {
        self.place(number, false);
        let result = change(&mut self.all[number as usize]);
        self.place(number, true);
        result
    }

    fn place(&mut self, number: u32, comes: bool) {
        let batch = &self.all[number as usize];
        if let Some(from) = batch.fresh_from() {
            put(&mut self.answered, (from, number), comes);
        }
        for (sum, odd) in [
            (&mut self.oddities.foreign, batch.oddities.foreign),
            (&mut self.oddities.repeated, batch.oddities.repeated),
            (&mut self.oddities.unreadable, batch.oddities.unreadable),
        ] {
            *sum = if comes { sum.saturating_add(odd) } else { sum.saturating_sub(odd) };
        }
        if batch.answered.is_none() && batch.failing.is_none() {
            self.unheard = if comes { self.unheard + 1 } else { self.unheard - 1 };
        }
        if batch.failing.is_some() {
            put(&mut self.failing, number, comes);
        }
        if batch.void_since.is_some() {
            put(&mut self.void, number, comes);
        }
    }

    /// How many were neither answered nor have they failed.
    pub(in crate::presence) fn unheard(&self) -> usize {
        self.unheard
    }

    /// How many get no answers.
    pub(in crate::presence) fn failing(&self) -> usize {
        self.failing.len()
    }

    /// What was odd about the last answers, all taken together.
    pub(in crate::presence) fn oddities(&self) -> Oddities {
        self.oddities
    }

    /// How many get no answer though one is due.
    pub(in crate::presence) fn stale(&self, now: Moment, freshness: Freshness) -> usize {
        let old = self.older_than(now, freshness.stale_ms).filter(|number| !self.failing.contains(number));
        self.failing.len() + old.count()
    }

    /// How many have an answer that is not overdue.
    pub(in crate::presence) fn fresh_count(&self, now: Moment, freshness: Freshness) -> usize {
        let never = self.failing.iter().filter(|number| self.get(**number).answered.is_none()).count();
        self.answered.len() - (self.stale(now, freshness) - never)
    }

    /// The first that gets no answers.
    pub(in crate::presence) fn first_failing(&self) -> Option<(u32, &Failing)> {
        let number = *self.failing.first()?;
        Some((number, self.get(number).failing.as_ref()?))
    }

    /// Those whose last answer is older than that, oldest first.
    fn older_than(&self, now: Moment, limit_ms: u64) -> impl Iterator<Item = u32> {
        // A batch is too old when more than the limit has passed.
        let until = now.mono_ms.saturating_sub(limit_ms);
        self.answered.range(..(until, 0)).map(|(_, number)| *number)
    }

    /// Those of which nothing can be said any more from now on, in their order.
    pub(in crate::presence) fn expiring(&self, now: Moment, freshness: Freshness) -> Vec<u32> {
        let old = self.older_than(now, freshness.unknown_ms);
        let mut expiring: Vec<u32> = old.filter(|number| !self.void.contains(number)).collect();
        expiring.sort_unstable();
        expiring
    }

    /// Those that are stale, or of which nothing can be said any more: each once.
    pub(in crate::presence) fn late(
        &self,
        now: Moment,
        freshness: Freshness,
    ) -> impl Iterator<Item = (u32, &Batch)> {
        let failing = self.failing.iter().filter(|number| !self.void.contains(number));
        let old = self
            .older_than(now, freshness.stale_ms)
            .filter(|number| !self.void.contains(number) && !self.failing.contains(number));
        self.void.iter().chain(failing).copied().chain(old).map(|number| (number, self.get(number)))
    }

    /// Those with an answer that is not overdue, newest first.
    pub(in crate::presence) fn fresh(
        &self,
        now: Moment,
        freshness: Freshness,
    ) -> impl Iterator<Item = &Batch> {
        let newest = self.answered.iter().rev().map(|(_, number)| self.get(*number));
        newest
            .take_while(move |batch| batch.age_ms(now).is_some_and(|age| age <= freshness.stale_ms))
            .filter(|batch| batch.failing.is_none())
    }

    /// When one changes by itself next, on the monotonic clock.
    pub(in crate::presence) fn next_change(&self, now: Moment, freshness: Freshness) -> Option<u64> {
        let over = |from: u64, good_for: u64| from.saturating_add(good_for).saturating_add(1);
        let is_known = |(_, number): &&(u64, u32)| !self.void.contains(number);
        let unknown = self.answered.iter().find(is_known).map(|(from, _)| over(*from, freshness.unknown_ms));
        // What is overdue already is so as soon as time passes.
        let fresh = (now.mono_ms.saturating_sub(freshness.stale_ms), 0);
        let mut fresh = self.answered.range(fresh..).filter(is_known);
        let stale = fresh.next().map(|(from, _)| over(*from, freshness.stale_ms));
        stale.into_iter().chain(unknown).min()
    }

    /// How the asking goes.
    pub(in crate::presence) fn feed_status(&self, now: Moment, freshness: Freshness) -> FeedStatus {
        if self.all.is_empty() {
            return FeedStatus::Nobody;
        }
        let stale = self.stale(now, freshness) as u32;
        let is_fresh = self.fresh(now, freshness).next().is_some();
        if stale == 0 {
            return if is_fresh { FeedStatus::Live } else { FeedStatus::Connecting };
        }
        if is_fresh {
            return FeedStatus::Degraded { failing: stale };
        }
        let failing = || self.failing.iter().filter_map(|number| self.get(*number).failing.as_ref());
        match failing().map(|failing| failing.next_ms).min() {
            None => FeedStatus::Overdue,
            Some(next_ms) => FeedStatus::Retrying {
                attempt: failing().map(|failing| failing.attempt).max().unwrap_or(1),
                next_ms,
            },
        }
    }
}

fn put<K: Ord>(set: &mut BTreeSet<K>, key: K, comes: bool) {
    if comes {
        set.insert(key);
    } else {
        set.remove(&key);
    }
}

/// How the asking goes, all batches taken together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedStatus {
    /// The watch list is empty.
    Nobody,
    /// No answer has come yet, and nothing has failed.
    Connecting,
    /// Every batch that was answered is fresh.
    Live,
    /// Some batches get no answers.
    Degraded {
        /// How many of them, those with overdue answers included.
        failing: u32,
    },
    /// No batch gets an answer.
    Retrying {
        /// How many times in a row.
        attempt: u32,
        /// When the first of them is asked again, on the monotonic clock.
        next_ms: u64,
    },
    /// No batch gets an answer; the requests are still under way.
    Overdue,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::at;

    fn answered(mono_ms: u64) -> Batch {
        Batch { answered: Some(Answered { sent: at(mono_ms), received: at(mono_ms) }), ..Batch::default() }
    }

    fn failing(batch: &Batch, attempt: u32, next_ms: u64) -> Batch {
        let error = FetchError::Timeout { after_ms: 1 };
        Batch {
            failing: Some(Failing { error, attempt, next_ms }),
            answered: batch.answered,
            ..Batch::default()
        }
    }

    #[test]
    fn the_feed_is_as_good_as_its_batches() {
        let good_for = Freshness::for_interval(2_000);
        let status = |batches: &[Batch], now| Batches::new(batches.to_vec()).feed_status(at(now), good_for);
        assert_eq!(status(&[], 0), FeedStatus::Nobody);
        assert_eq!(status(&[Batch::default()], 0), FeedStatus::Connecting);
        assert_eq!(status(&[answered(0), Batch::default()], 100), FeedStatus::Live);
        assert_eq!(
            status(&[answered(0), failing(&answered(0), 1, 9)], 100),
            FeedStatus::Degraded { failing: 1 }
        );
        assert_eq!(
            status(&[failing(&answered(0), 3, 9), failing(&Batch::default(), 1, 7)], 100),
            FeedStatus::Retrying { attempt: 3, next_ms: 7 }
        );
        assert_eq!(status(&[answered(0)], 3_001), FeedStatus::Overdue);
        assert_eq!(status(&[answered(0), answered(3_000)], 3_001), FeedStatus::Degraded { failing: 1 });
    }

    #[test]
    fn what_is_counted_of_batches_is_what_looking_at_all_gives() {
        let good_for = Freshness::for_interval(2_000);
        let odd = |batch: Batch, repeated: u32| Batch {
            oddities: Oddities { repeated, ..Oddities::default() },
            ..batch
        };
        let all = [
            Batch::default(),
            odd(answered(0), 2),
            odd(answered(3_000), 3),
            failing(&answered(3_000), 1, 9),
            failing(&Batch::default(), 1, 7),
        ];
        let mut batches = Batches::new(all.to_vec());
        for now in [100, 3_001, 6_100, 9_000] {
            let is_stale = |batch: &&Batch| batch.is_stale(at(now), good_for);
            let is_fresh = |batch: &&Batch| batch.answered.is_some() && !is_stale(batch);
            let counted = (batches.stale(at(now), good_for), batches.fresh_count(at(now), good_for));
            assert_eq!(
                counted,
                (all.iter().filter(is_stale).count(), all.iter().filter(is_fresh).count()),
                "{now}"
            );
        }
        assert_eq!(batches.oddities().repeated, 5);
        batches.edit(1, |batch| batch.oddities = Oddities::default());
        assert_eq!(batches.oddities().repeated, 3);
    }

    #[test]
    fn answers_are_good_for_three_intervals_and_never_less_than_six_seconds() {
        assert_eq!(Freshness::for_interval(500), Freshness { stale_ms: 1_500, unknown_ms: 6_000 });
        assert_eq!(Freshness::for_interval(10_000), Freshness { stale_ms: 15_000, unknown_ms: 30_000 });
    }

    #[test]
    fn a_batch_says_when_it_changes_by_itself() {
        let good_for = Freshness::for_interval(2_000);
        let mut batches = Batches::new(vec![Batch::default(), answered(1_000)]);
        assert_eq!(batches.next_change(at(1_000), good_for), Some(4_001));
        assert_eq!(batches.next_change(at(4_001), good_for), Some(7_001));
        assert_eq!(
            (batches.expiring(at(7_000), good_for), batches.expiring(at(7_001), good_for)),
            ([].to_vec(), vec![1_u32])
        );
        batches.edit(1, |batch| batch.void_since = Some(7_001));
        assert_eq!(batches.next_change(at(7_001), good_for), None);
        assert_eq!(batches.expiring(at(7_001), good_for), [0_u32; 0]);
        assert_eq!(Batches::new(vec![Batch::default()]).next_change(at(0), good_for), None);
    }
}
