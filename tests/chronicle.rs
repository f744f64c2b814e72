//! What a chronicle is a function of: inputs and time, however often time is let pass.

mod steps;

use std::sync::Arc;

use imtop::presence::{
    Answer, Chronicle, FetchError, Freshness, Input, Moment, Observation, Oddities, OperationId, Platform,
    Question, Roster, RuleSettings, Tape, Thresholds, UserIx, WatchList, Witnesses,
};
use proptest::prelude::*;
use steps::{Step, at, begin, compare, input, list, step};

/// A chronicle of the steps, and what happened in it as text; between two steps time is let pass at
/// each of so many moments.
fn played(steps: &[Step], ticks: u64) -> (Chronicle, Vec<String>) {
    let mut list = list(1, 7);
    let mut chronicle = begin();
    let mut happened = Vec::new();
    let mut now = 0;
    for (number, step) in steps.iter().enumerate() {
        for tick in 1..=ticks {
            let news = chronicle.advance(at(now + step.after_ms * tick / (ticks + 1)));
            happened.extend(news.transitions.iter().map(|it| format!("{it:?}")));
            happened.extend(news.raised.iter().map(|it| format!("{it:?}")));
        }
        now += step.after_ms;
        let news = match input(&step.deed, &mut list, at(now), number) {
            Some(input) => chronicle.take(at(now), &input),
            None => chronicle.advance(at(now)),
        };
        happened.extend(news.transitions.iter().map(|it| format!("{it:?}")));
        happened.extend(news.raised.iter().map(|it| format!("{it:?}")));
    }
    happened.sort();
    (chronicle, happened)
}

/// Nothing is known of seven users, about whom the registry is asked, too.
fn begin_with_registry() -> Chronicle {
    let roster = Roster::new(list(1, 7), Freshness::for_interval(2_000), at(0));
    let witnesses = Witnesses::to_be_asked(true, false);
    Chronicle::new(roster.with_witnesses(witnesses, Thresholds::default()), RuleSettings::default(), at(0))
}

/// What the registry says of everybody: each bit is for one platform of one user; none: no answer.
fn registry(list: &WatchList, bits: Option<u32>, now: Moment, number: usize) -> Input {
    let platforms = |user: &UserIx, bits: u32| -> Box<[Platform]> {
        let of_user = bits >> (user.0 * 2 % 30);
        (0..2).filter(|bit| of_user >> bit & 1 == 1).map(Platform).collect()
    };
    let users: Arc<[UserIx]> = list.users().collect();
    let answer = match bits {
        Some(bits) => Ok(Answer::Registry(users.iter().map(|it| (*it, platforms(it, bits))).collect())),
        None => Err(FetchError::Timeout { after_ms: 5 }),
    };
    Input::Observed(Observation {
        question: Question::UsersStatus,
        users,
        generation: list.generation(),
        batch: 0,
        sent: now,
        received: now,
        operation_id: OperationId(format!("r{number}").into()),
        server_date: None,
        wire_bytes: 0,
        oddities: Oddities::default(),
        hints: None,
        attempt: 0,
        next_ms: 0,
        answer,
    })
}

/// A step, and whether the registry is asked after it, and what it says.
type Doubted = (Step, Option<Option<u32>>);

/// Like [`played`], with the registry as a second witness.
fn doubted(steps: &[Doubted], ticks: u64) -> (Chronicle, Vec<String>) {
    let mut list = list(1, 7);
    let mut chronicle = begin_with_registry();
    let mut happened = Vec::new();
    let mut now = 0;
    for (number, (step, asked)) in steps.iter().enumerate() {
        let mut all = Vec::new();
        for tick in 1..=ticks {
            all.push(chronicle.advance(at(now + step.after_ms * tick / (ticks + 1))));
        }
        now += step.after_ms;
        all.push(match input(&step.deed, &mut list, at(now), number) {
            Some(input) => chronicle.take(at(now), &input),
            None => chronicle.advance(at(now)),
        });
        if let Some(bits) = asked {
            all.push(chronicle.take(at(now), &registry(&list, *bits, at(now), number)));
        }
        for news in all {
            happened.extend(news.transitions.iter().map(|it| format!("{it:?}")));
            for findings in [news.raised, news.worsened, news.cleared] {
                happened.extend(findings.iter().map(|it| format!("{it:?}")));
            }
        }
    }
    happened.sort();
    (chronicle, happened)
}

fn doubted_step() -> impl Strategy<Value = Doubted> {
    (step(), prop::option::weighted(0.5, prop::option::weighted(0.9, any::<u32>())))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn however_often_time_is_let_pass_it_is_the_same_chronicle(
        steps in prop::collection::vec(step(), 1..40), ticks in 1u64..9,
    ) {
        let (once, happened) = played(&steps, 0);
        let (often, happened_often) = played(&steps, ticks);
        prop_assert_eq!(happened, happened_often);
        compare(&once, &often)?;
    }

    #[test]
    fn however_often_time_is_let_pass_doubts_and_what_is_found_of_them_are_the_same(
        steps in prop::collection::vec(doubted_step(), 1..40), ticks in 1u64..9,
    ) {
        let (once, happened) = doubted(&steps, 0);
        let (often, happened_often) = doubted(&steps, ticks);
        prop_assert_eq!(happened, happened_often);
        compare(&once, &often)?;
    }

    #[test]
    fn going_back_to_a_moment_is_as_it_was_then(
        steps in prop::collection::vec(step(), 1..40), share in 0u64..=100, small in any::<bool>(),
    ) {
        let mut list = list(1, 7);
        let mut chronicle = begin();
        let mut tape = if small { Tape::with_room(60_000) } else { Tape::default() };
        let mut taken: Vec<(Moment, Input)> = Vec::new();
        let mut now = 0;
        for (number, step) in steps.iter().enumerate() {
            now += step.after_ms;
            let Some(input) = input(&step.deed, &mut list, at(now), number) else {
                chronicle.advance(at(now));
                continue;
            };
            tape.push(&chronicle, at(now), &input);
            chronicle.take(at(now), &input);
            taken.push((at(now), input));
        }
        let Some(oldest) = tape.oldest() else { return Ok(()) };
        let target = oldest.mono_ms + (now - oldest.mono_ms) * share / 100;
        if let Some(earlier) = oldest.mono_ms.checked_sub(1) {
            prop_assert!(tape.at(earlier).is_none());
        }
        let gone_back = tape.at(target).unwrap();
        let mut again = begin();
        for (when, input) in taken.iter().filter(|(when, _)| when.mono_ms <= target) {
            again.take(*when, input);
        }
        again.advance(at(target));
        compare(&again, &gone_back)?;
    }
}
