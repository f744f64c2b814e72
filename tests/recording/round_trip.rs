//! What is written comes back: every input, every roster; and a packed file like a plain one.

use imtop::presence::{
    Answer, Freshness, GatewaySign, Input, LifeSign, Moment, Observation, Platform, Question, Roster,
    Thresholds, UserIx, WatchList, Witnesses,
};
use imtop::recording::{Decoder, Encoder, Keyframe, Line};
use proptest::prelude::*;

use super::made::{Step, any_input, any_list, at, begin, beside, moment, said, said_list, step, take};
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
                "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                roster.doubt(user),
                roster.basis(user),
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
        roster.losses(),
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
        witnesses in prop::bool::weighted(0.8),
    ) {
        let mut ms = 0;
        let mut pass = |step: &Step, gap: u64| {
            ms += gap + if let Step::Pass(more) = step { *more } else { 0 };
            ms
        };
        let mut roster = begin(witnesses);
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
        // When it looks again may differ by moments at which nothing is found to have changed.
        prop_assert_eq!(back.next_change(at(now)).is_some(), roster.next_change(at(now)).is_some());
        for (gap, step) in &after {
            now = pass(step, *gap);
            prop_assert_eq!(take(&mut back, step, now), take(&mut roster, step, now));
            prop_assert_eq!(asked(&back, at(now)), asked(&roster, at(now)));
        }
        prop_assert_eq!(back.state(), roster.state());
    }

    #[test]
    fn whatever_is_not_certain_comes_back_in_a_keyframe(
        steps in prop::collection::vec(step(), 0..15),
        beside in beside(),
    ) {
        let mut roster = begin(true);
        for (n, step) in (1..).zip(&steps) {
            take(&mut roster, step, n * 1_500);
        }
        let state = beside.put(roster.state());
        let roster = Roster::restore(Arc::clone(roster.list()), state).unwrap();
        let back = through(&roster, 2_000).roster;
        prop_assert_eq!(back.state(), roster.state());
        prop_assert_eq!(asked(&back, at(90_000)), asked(&roster, at(90_000)));
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

#[test]
fn what_a_witness_said_is_short_and_its_hints_are_its_own() {
    let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
    let mut written = |question, users: &[u32], answer| {
        let users = users.iter().copied().map(UserIx).collect();
        let observation = Observation { question, users, ..super::made::observation(1_000, 0, Ok(answer)) };
        let mut out = Vec::new();
        encoder.input(at(1_000), &Input::Observed(observation.clone()), &mut out).unwrap();
        let (_, Line::Input(Input::Observed(back))) = decoder.line(out.trim_ascii_end()).unwrap() else {
            panic!()
        };
        assert_eq!(back, observation);
        String::from_utf8(out).unwrap()
    };
    let registry = |platforms: &[i32]| {
        Answer::Registry(vec![(UserIx(4), platforms.iter().copied().map(Platform).collect())])
    };
    let line = written(Question::UsersStatus, &[1, 4], registry(&[2, 5]));
    assert!(line.contains(r#""question":"registry","generation":1,"batch":0,"users":[1,4],"#), "{line}");
    assert!(line.contains(r#""hints":{"shape":"numbers"}"#), "{line}");
    assert!(line.ends_with("\"answer\":{\"registry\":[[4,[2,5]]]}}}\n"), "{line}");
    let line = written(Question::OnlineStatus, &[], Answer::Same);
    assert!(line.contains(r#""hints":{"shape":"numbers"}"#), "those of batch 0 are not a witness': {line}");
    assert!(!line.contains("users") && !line.contains("question"), "{line}");
    let line = written(Question::UsersStatus, &[4], registry(&[]));
    assert!(line.contains(r#""hints":"same""#), "{line}");
    let alive = GatewaySign { users: Some(49), ..GatewaySign::new("10.0.0.7:12140", LifeSign::Alive) };
    let signs = vec![alive, GatewaySign::new("10.0.0.8:12140", LifeSign::Hung)];
    let line = written(Question::Gateways, &[], Answer::Gateways(signs));
    let signs = r#"{"gateways":[["10.0.0.7:12140","alive",49],["10.0.0.8:12140","hung"]]}"#;
    assert!(line.contains(signs) && !line.contains("users"), "{line}");
    let tokens = Answer::Tokens(vec![(UserIx(4), [(Platform(2), 3)].into())]);
    let line = written(Question::TokenDetail, &[4], tokens);
    assert!(line.contains(r#""answer":{"tokens":[[4,[[2,3]]]]}"#), "{line}");
    let line = written(Question::AccountCheck, &[1, 4], Answer::Unregistered(vec![UserIx(1)]));
    assert!(line.contains(r#""answer":{"unregistered":[1]}"#), "{line}");
}

/// Recorded before there were other witnesses than the sockets.
const BEFORE: &str = include_str!("before_witnesses.ndjson");

#[test]
fn a_recording_from_before_there_were_witnesses_reads_as_one_where_nobody_asks_them() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("n.ndjson");
    std::fs::write(&path, BEFORE).unwrap();
    let items = super::made::read(&path);
    assert_eq!(super::made::inputs(&items), super::made::night(40));
    let (mut encoder, mut keyframes) = (Encoder::default(), 0);
    for (item, line) in items.iter().zip(BEFORE.lines()) {
        let mut out = Vec::new();
        match &item.what {
            imtop::recording::Recorded::Keyframe(keyframe) => {
                let roster = &keyframe.roster;
                keyframes += 1;
                assert_eq!(*roster.witnesses(), Witnesses::default());
                assert_eq!(*roster.thresholds(), Thresholds::default());
                assert_eq!((roster.doubts().len(), roster.losses().len()), (0, 0));
                let state = roster.state();
                encoder.keyframe(item.at, roster.list(), &state, 2_000, &mut out).unwrap();
                let begins = line.strip_suffix("}}}").unwrap();
                assert!(out.starts_with(begins.as_bytes()), "only added to: {line}");
            }
            imtop::recording::Recorded::Input(input) => {
                encoder.input(item.at, input, &mut out).unwrap();
                assert_eq!(String::from_utf8(out).unwrap().trim_end(), line, "the same byte for byte");
            }
            imtop::recording::Recorded::Head(head) => {
                encoder.head(item.at, head, &mut out).unwrap();
                assert_eq!(String::from_utf8(out).unwrap().trim_end(), line);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((items.len(), keyframes), (43, 2));
}
