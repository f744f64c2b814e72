//! What is known of the batches that a watch list is asked in: when each was last answered, what
//! is wrong with it, and whether its users' last words are still good.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fetch_error::FetchError;
use super::observation::{Oddities, OperationId};
use super::status::{UnknownReason, Word};
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
    /// Its users, counted by what is said of them, in the order of [`Word`].
    #[serde(skip)]
    pub(crate) tally: [u32; Word::COUNT],
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

    fn fresh_from(&self) -> Option<u64> {
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

    pub(in crate::presence) fn count(&self, word: Word) -> u32 {
        self.tally[word as usize]
    }

    /// How many of its users have a connection.
    pub(in crate::presence) fn connected(&self) -> u32 {
        self.count(Word::Online) + self.count(Word::Background)
    }

    pub(in crate::presence) fn recount(&mut self, from: Word, to: Word) {
        self.tally[from as usize] -= 1;
        self.tally[to as usize] += 1;
    }

    /// When it changes by itself next, on the monotonic clock.
    pub(in crate::presence) fn next_change(&self, now: Moment, freshness: Freshness) -> Option<u64> {
        let from = self.fresh_from().filter(|_| self.void_since.is_none())?;
        let over = |good_for: u64| from.saturating_add(good_for).saturating_add(1);
        // What is overdue already is so as soon as time passes.
        let (stale, unknown) = (over(freshness.stale_ms), over(freshness.unknown_ms));
        Some(if stale > now.mono_ms { stale.min(unknown) } else { unknown })
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

/// Sums up the batches.
pub(in crate::presence) fn feed_status(batches: &[Batch], now: Moment, freshness: Freshness) -> FeedStatus {
    if batches.is_empty() {
        return FeedStatus::Nobody;
    }
    let stale = batches.iter().filter(|batch| batch.is_stale(now, freshness)).count() as u32;
    let fresh = batches.iter().any(|batch| batch.answered.is_some() && !batch.is_stale(now, freshness));
    if stale == 0 {
        return if fresh { FeedStatus::Live } else { FeedStatus::Connecting };
    }
    let failing = || batches.iter().filter_map(|batch| batch.failing.as_ref());
    if fresh {
        return FeedStatus::Degraded { failing: stale };
    }
    match failing().map(|failing| failing.next_ms).min() {
        None => FeedStatus::Overdue,
        Some(next_ms) => FeedStatus::Retrying {
            attempt: failing().map(|failing| failing.attempt).max().unwrap_or(1),
            next_ms,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(mono_ms: u64) -> Moment {
        Moment { mono_ms, unix_ms: 0 }
    }

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
        let status = |batches: &[Batch], now| feed_status(batches, at(now), good_for);
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
    fn answers_are_good_for_three_intervals_and_never_less_than_six_seconds() {
        assert_eq!(Freshness::for_interval(500), Freshness { stale_ms: 1_500, unknown_ms: 6_000 });
        assert_eq!(Freshness::for_interval(10_000), Freshness { stale_ms: 15_000, unknown_ms: 30_000 });
    }

    #[test]
    fn a_batch_says_when_it_changes_by_itself() {
        let good_for = Freshness::for_interval(2_000);
        let mut batch = answered(1_000);
        assert_eq!(batch.next_change(at(1_000), good_for), Some(4_001));
        assert_eq!(batch.next_change(at(4_001), good_for), Some(7_001));
        batch.void_since = Some(7_001);
        assert_eq!(batch.next_change(at(7_001), good_for), None);
        assert_eq!(Batch::default().next_change(at(0), good_for), None);
    }
}
