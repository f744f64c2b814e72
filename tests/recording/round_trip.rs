//! What is written comes back: every input, every roster; and a packed file like a plain one.

use imtop::presence::{Freshness, Input, Roster, UserIx};
use imtop::recording::{Decoder, Encoder, Keyframe, Line};
use proptest::prelude::*;

use super::made::{Step, any_input, any_list, at, moment, said, said_list, step, take};
use imtop::presence::{Moment, WatchList};
use std::sync::Arc;

fn through(roster: &Roster, interval_ms: u64) -> Keyframe {
    let mut out = Vec::new();
    Encoder::default().keyframe(at(5), roster.list(), &roster.state(), interval_ms, &mut out).unwrap();
    assert_eq!(out.pop(), Some(b'\n'));
    match Decoder::default().line(&out) {
        Ok((when, Line::Keyframe(keyframe))) if when == at(5) => *keyframe,
        other => panic!("{other:?} of {}", String::from_utf8_lossy(&out)),
    }
}

/// Everything that can be asked of a roster.
fn asked(roster: &Roster, now: Moment) -> String {
    let users: Vec<String> = roster
        .list()
        .users()
        .map(|user: UserIx| {
            format!(
                "{:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                roster.presence(user),
                roster.is_stale(user, now),
                roster.answered(user),
                roster.operation(user),
                roster.last_word(user),
                roster.since(user),
                roster.connections(user),
            )
        })
        .collect();
    format!(
        "{} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {users:?}",
        said_list(roster.list()),
        roster.batches(),
        roster.freshness(),
        roster.server_clock(),
        roster.latency(),
        roster.last_answer(),
        roster.feed_status(now),
        roster.platforms(),
        roster.expiries(),
        roster.connections_open(),
        roster.totals(now),
        roster.next_change(now),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_input_comes_back_as_it_was(inputs in prop::collection::vec((moment(), any_input()), 1..6)) {
        let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
        for (at, input) in inputs {
            let mut out = Vec::new();
            encoder.input(at, &input, &mut out).unwrap();
            prop_assert_eq!(out.pop(), Some(b'\n'));
            prop_assert!(!out.contains(&b'\n'));
            let start = format!("{{\"at\":{},\"unix\":{},\"", at.mono_ms, at.unix_ms);
            prop_assert!(out.starts_with(start.as_bytes()));
            let (when, line) = decoder.line(&out).unwrap();
            let Line::Input(back) = line else { panic!("{line:?}") };
            prop_assert_eq!((when, said(&back)), (at, said(&input)));
            if let (Input::Observed(back), Input::Observed(input)) = (&back, &input) {
                prop_assert_eq!(back, input);
            }
        }
    }

    #[test]
    fn a_roster_taken_up_again_is_the_same_and_goes_on_the_same(
        before in prop::collection::vec((1_u64..3_000, step()), 0..25),
        after in prop::collection::vec((1_u64..3_000, step()), 0..10),
    ) {
        let mut ms = 0;
        let mut pass = |step: &Step, gap: u64| {
            ms += gap + if let Step::Pass(more) = step { *more } else { 0 };
            ms
        };
        let mut roster = Roster::new(super::made::list(1, 7), Freshness::for_interval(2_000), at(0));
        let mut now = 0;
        for (gap, step) in &before {
            now = pass(step, *gap);
            take(&mut roster, step, now);
        }
        let keyframe = through(&roster, 2_000);
        let mut back = keyframe.roster;
        prop_assert_eq!(keyframe.interval_ms, 2_000);
        prop_assert_eq!(back.state(), roster.state());
        prop_assert_eq!(asked(&back, at(now)), asked(&roster, at(now)));
        for (gap, step) in &after {
            now = pass(step, *gap);
            prop_assert_eq!(take(&mut back, step, now), take(&mut roster, step, now));
            prop_assert_eq!(asked(&back, at(now)), asked(&roster, at(now)));
        }
        prop_assert_eq!(back.state(), roster.state());
    }

    #[test]
    fn every_watch_list_comes_back_in_a_keyframe(list in any_list()) {
        let roster = Roster::new(Arc::clone(&list), Freshness::FOR_EVER, at(0));
        let back = through(&roster, 500);
        prop_assert_eq!(said_list(back.roster.list()), said_list(&list));
        prop_assert_eq!(back.roster.freshness(), Freshness::FOR_EVER);
    }
}

#[test]
fn hints_are_written_once_while_they_stay_the_same() {
    let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
    let mut lines = Vec::new();
    for n in 0..3 {
        let mut out = Vec::new();
        let (at, input) = super::made::input(n);
        encoder.input(at, &input, &mut out).unwrap();
        let (_, Line::Input(back)) = decoder.line(out.trim_ascii_end()).unwrap() else { panic!() };
        assert_eq!(said(&back), said(&input));
        lines.push(String::from_utf8(out).unwrap());
    }
    assert!(lines[0].contains(r#""hints":{"shape":"numbers"}"#), "{}", lines[0]);
    assert!(lines[1..].iter().all(|line| line.contains(r#""hints":"same""#)), "{lines:?}");
    // After a keyframe nothing refers to what was before it.
    let roster = super::made::roster(5);
    encoder.keyframe(at(9), roster.list(), &roster.state(), 2_000, &mut Vec::new()).unwrap();
    let mut out = Vec::new();
    let (at, input) = super::made::input(9);
    encoder.input(at, &input, &mut out).unwrap();
    assert!(Decoder::default().line(out.trim_ascii_end()).is_ok());
}

#[test]
fn a_keyframe_of_a_large_list_that_is_mostly_offline_is_small() {
    let ids = (0..100_000).map(|n| imtop::presence::Entry::of(&format!("user_{n:06}")));
    let list = Arc::new(WatchList::new(1, 500, ids));
    let mut roster = Roster::new(Arc::clone(&list), Freshness::for_interval(2_000), at(0));
    for batch in 0..list.batches() {
        let offline = list.batch(batch).map(|user| (UserIx(user), imtop::presence::UserStatus::Offline));
        let answer = Ok(imtop::presence::Answer::Changed(offline.collect()));
        roster.apply(&super::made::observation(1_000 + u64::from(batch), batch, answer));
    }
    let mut out = Vec::new();
    Encoder::default().keyframe(at(5), &list, &roster.state(), 2_000, &mut out).unwrap();
    let ids = 100_000 * "\"user_000000\",".len();
    assert!(out.len() < ids + 50_000, "{} bytes, of which {ids} are IDs", out.len());
    assert_eq!(asked(&through(&roster, 2_000).roster, at(9_000)), asked(&roster, at(9_000)));
}
