//! How long it takes to ask about everybody, as the answers themselves show it.
//!
//! A list may be too long to be asked about within the interval. Then the rounds follow one another, and
//! an answer is as old as they are long though nothing is wrong. What counts is when questions were sent,
//! so that an answer that takes long, or does not come, makes nothing look like a long list.

use serde::{Deserialize, Serialize};

use super::written::{count, is_usual, time};

/// A new round begins though one in so many of the batches was not heard of: it hangs.
const ONE_IN: usize = 10;

/// What had failed is asked again when its pause is over. Only if that is so soon after the question before
/// it does it belong to those that wait for their turn.
const IN_TURN_MS: u64 = 1_000;

/// How long the rounds were of late.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounds {
    /// The round that is under way.
    #[serde(default, skip_serializing_if = "is_usual")]
    round: Option<Round>,
    #[serde(default, skip_serializing_if = "is_usual")]
    last: Option<Length>,
    #[serde(default, skip_serializing_if = "is_usual")]
    before: Option<Length>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Round {
    /// Its first question was sent then, and its last one so far, on the monotonic clock.
    #[serde(deserialize_with = "time")]
    begun_ms: u64,
    #[serde(deserialize_with = "time")]
    until_ms: u64,
    /// So many batches have answered a question of it.
    #[serde(deserialize_with = "count")]
    heard: u32,
    #[serde(deserialize_with = "time")]
    quickest_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Length {
    /// From the first question to the last.
    #[serde(deserialize_with = "time")]
    asking_ms: u64,
    /// With the answers.
    #[serde(deserialize_with = "time")]
    whole_ms: u64,
}

impl Round {
    fn length(&self) -> Length {
        let asking_ms = self.until_ms.saturating_sub(self.begun_ms);
        Length { asking_ms, whole_ms: asking_ms.max(self.quickest_ms) }
    }
}

impl Rounds {
    /// Goes on after rounds in which asking took so long.
    pub(in crate::presence) fn after(asking_ms: Option<u64>) -> Rounds {
        let last = asking_ms.map(|asking_ms| Length { asking_ms, whole_ms: asking_ms });
        Rounds { last, ..Rounds::default() }
    }

    /// A question that was sent then was answered after so long. `before_ms`: when the question was sent that
    /// the batch had answered before; `retried`: it has failed since. `batches` get answers.
    pub(in crate::presence) fn answered(
        &mut self,
        sent_ms: u64,
        took_ms: u64,
        before_ms: Option<u64>,
        retried: bool,
        batches: usize,
    ) {
        let first = Round { heard: 1, begun_ms: sent_ms, until_ms: sent_ms, quickest_ms: took_ms };
        let Some(round) = &mut self.round else {
            self.round = Some(first);
            return;
        };
        let is_of_round = |sent_ms: u64| sent_ms >= round.begun_ms;
        if !is_of_round(sent_ms) {
            return;
        }
        if !before_ms.is_some_and(is_of_round) {
            round.heard = round.heard.saturating_add(1);
            if !retried || sent_ms <= round.until_ms + IN_TURN_MS {
                round.until_ms = round.until_ms.max(sent_ms);
            }
            round.quickest_ms = round.quickest_ms.min(took_ms);
        } else if round.heard as usize + batches / ONE_IN >= batches {
            self.before = self.last.replace(round.length());
            self.round = Some(first);
        }
        // Otherwise it was asked about out of turn.
    }

    /// Most questions fail: what comes is no round.
    pub(in crate::presence) fn break_off(&mut self) {
        self.round = None;
    }

    /// How long asking about everybody takes; 0 where all are asked about at once.
    pub(in crate::presence) fn asking_ms(&self) -> u64 {
        let so_far = self.round.as_ref().map(Round::length);
        [self.last, so_far].into_iter().flatten().map(|length| length.asking_ms).max().unwrap_or(0)
    }

    /// How long a round takes with its answers: the shorter of the last two, as one may have been held up.
    pub(in crate::presence) fn whole_ms(&self) -> Option<u64> {
        [self.last, self.before].into_iter().flatten().map(|length| length.whole_ms).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Batches that are asked about.
    struct Asked {
        rounds: Rounds,
        last: Vec<Option<u64>>,
    }

    impl Asked {
        fn answer(&mut self, batch: usize, sent_ms: u64, took_ms: u64) {
            let before = self.last[batch].replace(sent_ms);
            self.rounds.answered(sent_ms, took_ms, before, false, self.last.len());
        }

        /// Rounds through so many batches, each question so long after the one before.
        fn in_turn(batches: usize, apart_ms: u64, count: usize) -> Asked {
            let mut asked = Asked { rounds: Rounds::default(), last: vec![None; batches] };
            for number in 0..count * batches {
                asked.answer(number % batches, number as u64 * apart_ms, 20);
            }
            asked
        }

        fn told(&self) -> (u64, Option<u64>) {
            (self.rounds.asking_ms(), self.rounds.whole_ms())
        }
    }

    #[test]
    fn a_round_lasts_from_its_first_question_to_its_last() {
        assert_eq!((Rounds::default().asking_ms(), Rounds::default().whole_ms()), (0, None));
        assert_eq!(Asked::in_turn(100, 10, 1).told(), (990, None), "it may not be over");
        assert_eq!(Asked::in_turn(100, 10, 3).told(), (990, Some(990)));
        assert_eq!(Asked::in_turn(1, 100, 9).told(), (0, Some(20)), "of one batch it is the answer");
    }

    #[test]
    fn what_hangs_or_is_asked_out_of_turn_makes_no_round_longer() {
        let mut hangs = Asked::in_turn(2, 0, 1);
        for round in 1..9 {
            hangs.answer(0, round * 2_000, 20);
        }
        assert_eq!(hangs.told().0, 0, "batch 1 is not heard of");
        hangs.answer(1, 2_000, 14_000);
        hangs.answer(0, 18_000, 20);
        assert!(hangs.told().0 <= 2_000, "{:?}", hangs.told());
        let mut hurried = Asked::in_turn(100, 10, 2);
        for ms in 0..50 {
            hurried.answer(7, 2_000 + ms, 20);
        }
        assert_eq!(hurried.told(), (990, Some(990)));
    }

    #[test]
    fn what_is_asked_again_after_a_failure_belongs_to_a_round_where_many_are() {
        let retried = |apart_ms: u64| {
            let mut rounds = Rounds::default();
            for batch in 0..100 {
                rounds.answered(batch * apart_ms, 20, None, true, 100);
            }
            rounds.asking_ms()
        };
        assert_eq!((retried(140), retried(2_000)), (13_860, 0));
    }

    #[test]
    fn a_round_that_was_held_up_is_not_how_long_they_take() {
        let mut asked = Asked::in_turn(100, 10, 3);
        for batch in 0..100 {
            asked.answer(batch, 30_000 + batch as u64 * 10, 20);
        }
        asked.answer(0, 32_000, 20);
        assert!(asked.told().0 >= 990 && asked.told().1 == Some(990), "{:?}", asked.told());
    }
}
