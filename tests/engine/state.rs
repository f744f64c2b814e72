//! What a state is a function of: inputs and time, however often time is let pass.

use crate::kit::at;
use crate::steps::{Step, begin, compare, input, list, step};
use imtop::engine::Rewind;
use imtop::presence::{Input, Moment, State};
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
