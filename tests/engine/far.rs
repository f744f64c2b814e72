//! A step over years costs what happens in them: from today to the year 9999, and back.

use std::sync::Arc;

use crate::kit::{self, NOON, at, observed};
use crate::steps::{begin, input, list, step};
use imtop::engine::{Markers, Rewind};
use imtop::presence::{
    Answer, Claims, Entry, Freshness, Input, Inputs, Moment, Next, Roster, RuleSettings, State, UserIx,
    UserStatus, WatchList,
};
use proptest::prelude::*;

/// Since that noon, the last second of the year 9999.
const FAR_MS: u64 = (253_402_300_799 - NOON.unsigned_abs()) * 1_000;
/// Whatever has begun is over after so many changes.
const FEW: usize = 300;

/// Nothing comes in, up to the end of time.
struct Nothing {
    end_ms: u64,
}

impl Inputs for Nothing {
    type Error = std::convert::Infallible;

    fn next_at(&mut self) -> Result<Option<u64>, Self::Error> {
        Ok(None)
    }

    fn pop(&mut self) -> Option<(Moment, Next)> {
        None
    }

    fn end_ms(&self) -> u64 {
        self.end_ms
    }
}

/// Lets time pass; at so many moments something changed, which are looked for by markers, too.
fn pass(state: &mut State, end_ms: u64, markers: &mut Markers) -> usize {
    let mut changes = 0;
    while let Some(step) = state.step(&mut Nothing { end_ms }, u64::MAX, |_, _, _| ()).unwrap() {
        markers.note(step.input.as_ref(), &step.update, state);
        changes += 1;
        assert!(changes <= FEW, "there is no end of it at {:?}", state.now());
    }
    state.settle(end_ms);
    assert_eq!(state.now().mono_ms, end_ms);
    changes
}

/// Thirty users who are online with a token each, which expires then, in unix seconds.
fn online(expires: impl Fn(u32) -> i64) -> State {
    let list = Arc::new(WatchList::new(1, 500, (0..30).map(|user| Entry::of(&format!("u{user}")))));
    let roster = Roster::new(list, Freshness::for_interval(2_000), at(0));
    let mut state = State::new(roster, RuleSettings::default(), at(0));
    let open = |user: u32| {
        let claims = Claims { expires: Some(expires(user)), ..Claims::default() };
        let mut connection = kit::connection(2, &format!("c{user}"));
        connection.token = Some(kit::token(user.into(), claims));
        (UserIx(user), UserStatus::Online(vec![connection]))
    };
    let answer = Answer::Changed((0..30).map(open).collect());
    state.take(at(1_000), &Input::Observed(observed(at(1_000), Ok(answer))));
    state
}

#[test]
fn tokens_that_expire_in_8000_years_are_waited_for_without_counting_minutes() {
    let last = NOON + (FAR_MS / 1_000) as i64 - 60;
    for expires in
        [Box::new(move |_| last) as Box<dyn Fn(u32) -> i64>, Box::new(move |n| last - i64::from(n))]
    {
        let mut state = online(expires);
        assert!(pass(&mut state, FAR_MS, &mut Markers::default()) > 2, "they expire, and the wave was told");
    }
    let never = online(|_| i64::MAX);
    assert!(pass(&mut never.clone(), FAR_MS, &mut Markers::default()) < 50);
    // And at once, for whoever does not look in between.
    let mut state = online(move |_| last);
    state.advance(at(FAR_MS));
    assert_eq!(state.now(), at(FAR_MS));
}

#[test]
fn a_wave_of_logins_is_told_in_the_week_before_it_and_until_it_is_over() {
    let minute = NOON / 60 + 90 * 24 * 60;
    let mut state = online(|_| minute * 60 + 30);
    let week_before = |seconds: i64| at(((minute * 60 - 7 * 24 * 3_600 - NOON + seconds) * 1_000) as u64);
    let is_told = |state: &State| {
        let findings = state.knowledge().findings.of_server().iter();
        findings.filter(|finding| finding.rule.name() == "expiry-cliff").count()
    };
    state.advance(week_before(0));
    assert_eq!(is_told(&state), 0);
    state.advance(week_before(60));
    assert_eq!(is_told(&state), 1);
    let over = week_before(7 * 24 * 3_600 + 60);
    state.advance(Moment { mono_ms: over.mono_ms - 1, unix_ms: over.unix_ms - 1 });
    assert_eq!(is_told(&state), 1);
    state.advance(over);
    assert_eq!(is_told(&state), 0);
}

#[test]
fn a_clock_that_goes_to_the_year_9999_and_back_costs_nothing_either() {
    let mut state = online(|_| NOON + 90 * 24 * 3_600);
    let (mut tape, mut markers) = (Rewind::default(), Markers::default());
    for (mono_ms, unix_ms) in [
        (2_000, FAR_MS as i64),
        (4_000, NOON * 1_000 + 4_000),
        (FAR_MS, NOON * 1_000 + FAR_MS as i64),
        (FAR_MS + 2_000, NOON * 1_000),
        (FAR_MS + 4_000, -1_000),
    ] {
        let now = Moment { mono_ms, unix_ms };
        let answer = Input::Observed(observed(now, Ok(Answer::Same)));
        pass(&mut state, mono_ms - 1, &mut markers);
        tape.push(&state, now, &answer);
        let news = state.take(now, &answer);
        markers.note(Some(&answer), &news, &state);
    }
    let before = state.now();
    assert!(state.advance(at(5)).transitions.is_empty());
    assert_eq!(state.now(), before, "time does not go back");
    let oldest = tape.oldest().unwrap();
    for mono_ms in [oldest.mono_ms, FAR_MS + 3_000, FAR_MS * 2] {
        assert_eq!(tape.at(mono_ms).unwrap().now().mono_ms, mono_ms);
    }
    assert_eq!(markers.span().unwrap().1, before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_has_begun_is_over_after_a_few_changes(
        steps in prop::collection::vec(step(), 1..40), asleep_days in 1u64..60,
    ) {
        let (mut list, mut state, mut now) = (list(1, 7), begin(), 0);
        for (number, step) in steps.iter().enumerate() {
            now += step.after_ms;
            if let Some(input) = input(&step.deed, &mut list, at(now), number) {
                state.take(at(now), &input);
            }
        }
        let mut markers = Markers::default();
        let end_ms = now.max(state.now().mono_ms) + asleep_days * 24 * 3_600_000;
        let at_once = {
            let mut state = state.clone();
            state.advance(at(end_ms));
            state
        };
        pass(&mut state, end_ms, &mut markers);
        prop_assert_eq!(format!("{:?}", state.knowledge().trend), format!("{:?}", at_once.knowledge().trend));
        pass(&mut state, FAR_MS, &mut markers);
    }
}
