//! Counts that are kept are held to counting everybody; the past is told by the minute.

use std::sync::Arc;

use super::*;
use crate::kit::{at, observed, online};
use crate::presence::{
    Answer, Entry, FetchError, Freshness, Input, Observation, RuleSettings, State, UserStatus,
};

/// A list of nine users in three batches: three nurses, four guards, two in no group.
fn list(generation: u32) -> Arc<WatchList> {
    let groups = ["nurse", "guard", "", "nurse", "guard", "guard", "nurse", "guard", ""];
    let entry = |(user, group): (usize, &str)| Entry {
        group: (!group.is_empty()).then(|| group.to_owned()),
        ..Entry::of(&format!("user_{user}"))
    };
    Arc::new(WatchList::new(generation, 3, groups.into_iter().enumerate().map(entry)))
}

fn begin(freshness: Freshness) -> State {
    let roster = Roster::new(list(1), freshness, at(0));
    State::new(roster, RuleSettings::default(), at(0)).asked_every(2_000)
}

/// Who is counted where, by asking about everybody.
fn counted(state: &State, of: impl Fn(UserIx) -> RollupKey) -> BTreeMap<RollupKey, Counts> {
    let knowledge = state.knowledge();
    let mut counts: BTreeMap<RollupKey, Counts> = BTreeMap::new();
    for user in knowledge.roster.list().users() {
        let is_problem = |it: &Finding| it.severity > Severity::Info;
        let has_problem = knowledge.findings.of(user).iter().any(is_problem);
        counts.entry(of(user)).or_default().add(Class::of(knowledge.roster.presence(user), has_problem));
    }
    counts
}

fn kept(state: &State, by: By) -> BTreeMap<RollupKey, Counts> {
    let rows = state.knowledge().rollups.rows(by, state.now());
    rows.into_iter().map(|row| (row.key, row.now)).collect()
}

#[test]
fn what_is_kept_is_what_asking_about_everybody_gives() {
    let mut seed = 7_u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let (mut state, mut now, mut generation) = (begin(Freshness::for_interval(2_000)), 0, 1);
    for step in 0..3_000 {
        now += random(2_500);
        let batch = random(3) as u32;
        let seen = match random(8) {
            0 => Err(FetchError::Timeout { after_ms: 10 }),
            1 => Ok(Answer::Same),
            _ => {
                let status = |kind| match kind {
                    0 => UserStatus::Missing,
                    1 => UserStatus::Offline,
                    _ => online(&format!("conn_{step}")),
                };
                let users = list(1).batch(batch).map(UserIx);
                Ok(Answer::Changed(users.map(|user| (user, status(random(4)))).collect()))
            }
        };
        match random(60) {
            0 => {
                generation += 1;
                state.take(at(now), &Input::Rebased(list(generation)));
            }
            1 => drop(state.advance(at(now))),
            _ => {
                let seen = Observation { generation, batch, ..observed(at(now), seen) };
                state.take(at(now), &Input::Observed(seen));
            }
        }
        let list = Arc::clone(state.roster().list());
        let group = |user| RollupKey::Group(list.group(user).map(Arc::from));
        assert_eq!(kept(&state, By::Group), counted(&state, group), "step {step}");
        let batch = |user| RollupKey::Batch(list.batch_of(user));
        assert_eq!(kept(&state, By::Batch), counted(&state, batch), "step {step}");
        let open: u32 = kept(&state, By::Platform).values().map(Counts::watched).sum();
        assert_eq!(open as usize, state.roster().connections_open(), "step {step}");
    }
}

/// Everybody of a batch is connected, or nobody is.
fn says(state: &mut State, ms: u64, batch: u32, on: bool) {
    let users = list(1).batch(batch).map(UserIx);
    let status = |user: UserIx| if on { online(&format!("c{}", user.0)) } else { UserStatus::Offline };
    let answer = Answer::Changed(users.map(|user| (user, status(user))).collect());
    state.take(at(ms), &Input::Observed(Observation { batch, ..observed(at(ms), Ok(answer)) }));
}

#[test]
fn what_was_is_told_by_the_minute_and_only_of_the_run() {
    let minute = |minutes: u64| minutes * MINUTE_MS;
    let mut state = begin(Freshness::FOR_EVER);
    for batch in 0..3 {
        says(&mut state, 1_000, batch, true);
    }
    let row = |state: &State, batch, ms| {
        let rows = state.knowledge().rollups.rows(By::Batch, at(ms));
        rows.into_iter().find(|row| row.key == RollupKey::Batch(batch)).unwrap()
    };
    assert_eq!(row(&state, 0, minute(3)).ago(5), None, "the run is younger");
    says(&mut state, minute(7), 0, false);
    let (lost, whole) = (row(&state, 0, minute(7)), row(&state, 1, minute(7)));
    assert_eq!((lost.change(5), whole.change(5)), (Some(-3), whole.change(5).map(|_| 0)));
    assert_eq!((lost.worse(), lost.now.watched()), (1_000, 3));
    let first = state.knowledge().rollups.rows(By::Batch, at(minute(7))).remove(0);
    assert_eq!(first.key, RollupKey::Batch(0), "the worst stands first");
    let later = row(&state, 0, minute(36));
    assert_eq!((later.change(5), later.change(30), later.change(29)), (Some(0), Some(-3), Some(0)));
    assert_eq!(row(&state, 0, minute(400)).past.iter().flatten().count(), KEPT as usize);
}

#[test]
fn a_group_that_is_on_the_next_list_too_keeps_its_past() {
    let mut state = begin(Freshness::FOR_EVER);
    for batch in 0..3 {
        says(&mut state, 1_000, batch, true);
    }
    let before = MINUTE_MS * 6;
    state.take(at(before), &Input::Rebased(list(2)));
    let rows = state.knowledge().rollups.rows(By::Group, at(before));
    let nurses = rows.iter().find(|row| row.key == RollupKey::Group(Some("nurse".into()))).unwrap();
    assert_eq!(nurses.ago(5).map(|it| it.connected), Some(3));
    let batch = &state.knowledge().rollups.rows(By::Batch, at(before))[0];
    assert_eq!(batch.ago(5), None, "a batch of the next list is of other users");
}

#[test]
fn the_same_list_keeps_the_past_of_its_batches_and_its_groups() {
    let mut state = begin(Freshness::FOR_EVER);
    for batch in 0..3 {
        says(&mut state, 1_000, batch, true);
    }
    let before = MINUTE_MS * 6;
    let groups = Arc::clone(&state.knowledge().rollups.groups);
    let batch = |state: &State| {
        let rows = state.knowledge().rollups.rows(By::Batch, at(before));
        rows.into_iter().find(|row| row.key == RollupKey::Batch(0)).unwrap().ago(5).map(|it| it.connected)
    };
    let roster = state.roster().clone();
    state.resume(roster, 2_000, at(before));
    assert_eq!(batch(&state), Some(3));
    assert!(Arc::ptr_eq(&groups, &state.knowledge().rollups.groups), "nobody is put in a group anew");
    let remade = Arc::new(state.roster().list().remade(2, 3));
    state.take(at(before), &Input::Rebased(remade));
    assert_eq!(batch(&state), Some(3), "a list that names the same users");
    let larger = Arc::new(state.roster().list().remade(3, 4));
    state.take(at(before), &Input::Rebased(larger));
    assert_eq!(batch(&state), None, "other users are asked about together");
}
