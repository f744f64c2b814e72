//! What a state is a function of: inputs and time, however often time is let pass.

use std::sync::Arc;

use crate::kit::{at, observed};
use crate::steps::{Step, begin, compare, input, list, step};
use imtop::engine::Rewind;
use imtop::presence::{
    Answer, Entry, Freshness, Input, Moment, Observation, Roster, RuleSettings, State, UserIx, UserStatus,
    WatchList,
};
use proptest::prelude::*;

/// A state of the steps, and what happened in it as text; between two steps time is let pass at
/// each of so many moments.
fn played(steps: &[Step], ticks: u64) -> (State, Vec<String>) {
    let mut list = list(1, 7);
    let mut state = begin();
    let mut happened = Vec::new();
    let mut now = 0;
    for (number, step) in steps.iter().enumerate() {
        for tick in 1..=ticks {
            let news = state.advance(at(now + step.after_ms * tick / (ticks + 1)));
            happened.extend(news.transitions.iter().map(|it| format!("{it:?}")));
            happened.extend(news.raised.iter().map(|it| format!("{it:?}")));
        }
        now += step.after_ms;
        let news = match input(&step.deed, &mut list, at(now), number) {
            Some(input) => state.take(at(now), &input),
            None => state.advance(at(now)),
        };
        happened.extend(news.transitions.iter().map(|it| format!("{it:?}")));
        happened.extend(news.raised.iter().map(|it| format!("{it:?}")));
    }
    happened.sort();
    (state, happened)
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
    fn going_back_to_a_moment_is_as_it_was_then(
        steps in prop::collection::vec(step(), 1..40), share in 0u64..=100, small in any::<bool>(),
    ) {
        let mut list = list(1, 7);
        let mut state = begin();
        let mut tape = if small { Rewind::with_room(60_000) } else { Rewind::default() };
        let mut taken: Vec<(Moment, Input)> = Vec::new();
        let mut now = 0;
        for (number, step) in steps.iter().enumerate() {
            now += step.after_ms;
            let Some(input) = input(&step.deed, &mut list, at(now), number) else {
                state.advance(at(now));
                continue;
            };
            tape.push(&state, at(now), &input);
            state.take(at(now), &input);
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

/// A list that takes so long to ask about once, of a hundred batches; the server is asked every two seconds.
fn long_list(round_ms: u64) -> impl FnMut(u64) -> (State, usize) {
    let list = WatchList::new(1, 1, (0..100).map(|user| Entry::of(&format!("u{user}"))));
    let roster = Roster::new(Arc::new(list), Freshness::for_interval(2_000), at(0));
    let mut state = State::new(roster, RuleSettings::default(), at(0)).asked_every(2_000);
    let (mut number, mut late) = (0, 0);
    move |until_ms| {
        while number * round_ms / 100 + 20 <= until_ms {
            let sent = at(number * round_ms / 100);
            let batch = (number % 100) as u32;
            let answer = if number < 100 {
                Answer::Changed(vec![(UserIx(batch), UserStatus::Offline)])
            } else {
                Answer::Same
            };
            let seen = Observation { batch, sent, ..observed(at(sent.mono_ms + 20), Ok(answer)) };
            state.take(seen.received, &Input::Observed(seen));
            let totals = state.roster().totals(state.now());
            late += (totals.stale + totals.unknown) as usize - 100_u64.saturating_sub(number + 1) as usize;
            number += 1;
        }
        (state.clone(), late)
    }
}

#[test]
fn nobody_is_old_only_because_the_list_is_long() {
    let mut run = long_list(14_000);
    let (state, late) = run(60_000);
    assert_eq!((late, state.roster().round_ms()), (0, Some(13_860)), "seven rounds take as long as one");
    let totals = |ms| {
        let mut state = state.clone();
        state.advance(at(ms));
        let totals = state.roster().totals(state.now());
        (totals.stale, totals.unknown)
    };
    assert_eq!(totals(66_000), (0, 0), "not yet half a round later");
    assert_eq!(totals(82_000), (100, 0), "no answer for longer than a round and a half");
    assert_eq!(totals(103_000), (0, 100));
    let (state, late) = long_list(1_000)(10_000);
    assert_eq!((late, state.roster().freshness()), (0, Freshness::for_interval(2_000)), "it fits");
}

#[test]
fn what_a_round_takes_is_in_what_is_set_down() {
    let long = long_list(14_000)(60_000).0;
    let again = Roster::restore(Arc::clone(long.roster().list()), long.roster().state()).unwrap();
    assert_eq!(again.freshness(), Freshness::for_interval(13_860));
    assert_eq!((again.freshness(), again.round_ms()), (long.roster().freshness(), long.roster().round_ms()));
}
