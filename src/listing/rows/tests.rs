//! Which users are shown, in which order.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::presence::{
    Answer, Entry, Freshness, Observation, Oddities, OperationId, Question, Roster, RuleSettings, UserStatus,
    WatchList,
};

fn knowledge(users: usize) -> Knowledge {
    let ids = (0..users).map(|n| Entry::of(&format!("u{}", (n * 7) % users)));
    let list = Arc::new(WatchList::new(1, 10, ids));
    let roster = Roster::new(list, Freshness::for_interval(2_000), Moment::default());
    Knowledge::new(roster, RuleSettings::default())
}

fn answer(
    knowledge: &mut Knowledge,
    batch: u32,
    at: u64,
    statuses: Vec<(UserIx, UserStatus)>,
) -> Vec<UserIx> {
    let moment = Moment { mono_ms: at, unix_ms: at as i64 };
    let observation = Observation {
        question: Question::OnlineStatus,
        users: Arc::default(),
        generation: 1,
        batch,
        sent: moment,
        received: moment,
        operation_id: OperationId("o".into()),
        server_date: None,
        wire_bytes: 0,
        oddities: Oddities::default(),
        hints: None,
        attempt: 0,
        next_ms: at + 2_000,
        answer: Ok(Answer::Changed(statuses)),
    };
    knowledge.apply(&observation).touched
}

/// Nobody is marked, nothing is put aside.
struct Frame {
    marks: Marks,
    acknowledged: BTreeSet<u64>,
    problems_only: bool,
}

impl Frame {
    fn new(problems_only: bool) -> Frame {
        Frame { marks: Marks::default(), acknowledged: BTreeSet::new(), problems_only }
    }

    fn inputs<'a>(&'a self, knowledge: &'a Knowledge, at: u64) -> RowInputs<'a> {
        RowInputs {
            knowledge,
            now: Moment { mono_ms: at, unix_ms: at as i64 },
            marks: &self.marks,
            acknowledged: &self.acknowledged,
            problems_only: self.problems_only,
        }
    }
}

fn query(text: &str) -> Query {
    Query::parse(text).unwrap()
}

fn by(column: ColumnName, inverted: bool) -> Sort {
    Sort { column: SortColumn::Column(column), inverted }
}

fn ids(rows: &Rows) -> Vec<u32> {
    (0..rows.len()).map(|row| rows.user_at(row).unwrap().0).collect()
}

/// What stands in each row, with how many there are in a fold and where each of them is found.
fn folded(rows: &Rows) -> Vec<(Row, Vec<UserIx>)> {
    let all = (0..rows.folded_len()).map(|row| rows.folded_at(row).unwrap());
    all.map(|row| match row {
        Row::User(_) => (row, Vec::new()),
        Row::Fold(cause, first) => {
            let users: Vec<UserIx> = (0..).map_while(|at| rows.fold_user(cause, at)).collect();
            let alone = usize::from(rows.fold_len(cause) != Some(users.len()));
            assert_eq!((users[0], rows.fold_len(cause)), (first, Some(users.len() + alone)));
            for (at, user) in users.iter().enumerate() {
                assert_eq!((rows.place_in_fold(*user), rows.fold_of(*user)), (Some(at), Some(cause)));
                assert_eq!(rows.folded_row_of(*user), rows.folded_row_of(first));
            }
            (row, users)
        }
    })
    .collect()
}

#[test]
fn users_unknown_by_one_cause_have_one_row_and_who_is_selected_marked_or_named_stands_alone() {
    let mut knowledge = knowledge(12);
    let mut frame = Frame::new(false);
    let missing =
        |users: std::ops::Range<u32>| users.map(|user| (UserIx(user), UserStatus::Missing)).collect();
    answer(&mut knowledge, 0, 10, missing(2..6));
    let mut rows = Rows::new(Sort::default(), Query::default(), frame.inputs(&knowledge, 10));
    assert_eq!((rows.folded_len(), rows.fold_of(UserIx(2))), (12, None), "four are few");
    let touched = answer(&mut knowledge, 0, 20, missing(2..9));
    rows.touch(&touched, frame.inputs(&knowledge, 20));
    let cause = Cause::Reason(crate::presence::UnknownReason::Missing);
    assert_eq!((rows.len(), rows.folded_len(), rows.fold_len(cause)), (12, 6, Some(7)));
    assert_eq!(rows.folded_at(2), Some(Row::Fold(cause, UserIx(2))));
    assert_eq!(rows.folded_at(3), Some(Row::User(UserIx(9))));
    rows.select(Some(UserIx(2)));
    assert_eq!(
        (rows.folded_at(2), rows.folded_at(3)),
        (Some(Row::User(UserIx(2))), Some(Row::Fold(cause, UserIx(3))))
    );
    assert_eq!(rows.fold_len(cause), Some(7), "who stands alone is one of them");
    rows.open(cause, true);
    assert_eq!(rows.folded_at(2), Some(Row::Fold(cause, UserIx(2))), "open, it has them all");
    rows.open(cause, false);
    rows.select(None);
    assert_eq!(rows.folded_len(), 6);
    frame.marks.toggle(UserIx(5));
    rows.touch(&[UserIx(5)], frame.inputs(&knowledge, 20));
    assert_eq!((rows.folded_len(), rows.fold_of(UserIx(5))), (7, None));
    // u0 u7 u2 u9 u4 u11 u6 u1 u8 u3 u10 u5
    rows.set_query(query("state=unknown or u9"), None, frame.inputs(&knowledge, 20));
    assert_eq!((rows.fold_of(UserIx(3)), rows.fold_len(cause)), (None, Some(5)));
    assert_eq!(folded(&rows).len(), 8, "the fold, u9, who is marked, and those of whom nothing was heard");
}

#[test]
fn a_selected_user_stays_though_the_filter_leaves_it_out() {
    let knowledge = knowledge(12);
    let frame = Frame::new(false);
    let inputs = frame.inputs(&knowledge, 0);
    let mut rows = Rows::new(Sort::default(), Query::default(), inputs);
    rows.set_query(query("u1"), Some(UserIx(2)), inputs);
    // u0 u7 u2 u9 u4 u11 u6 u1 u8 u3 u10 u5
    assert_eq!(ids(&rows), [2, 5, 7, 10]);
    assert_eq!((rows.matching(), rows.is_guest(UserIx(2))), (3, true));
    rows.select(Some(UserIx(2)));
    assert_eq!(rows.len(), 4);
    rows.select(Some(UserIx(5)));
    assert_eq!(ids(&rows), [5, 7, 10]);
    assert_eq!((rows.row_of(UserIx(2)), rows.row_of(UserIx(10))), (None, Some(2)));
}

#[test]
fn ids_sort_both_ways_and_ties_keep_the_order_of_the_list() {
    let knowledge = knowledge(4);
    let frame = Frame::new(false);
    let inputs = frame.inputs(&knowledge, 0);
    let mut rows = Rows::new(Sort::default(), Query::default(), inputs);
    rows.set_sort(by(ColumnName::User, true), inputs);
    assert_eq!(ids(&rows), [1, 2, 3, 0], "u3 u2 u1 u0");
    for column in [ColumnName::Presence, ColumnName::Label, ColumnName::Flips] {
        rows.set_sort(by(column, true), inputs);
        assert_eq!(ids(&rows), [0, 1, 2, 3], "all alike");
    }
    rows.set_sort(Sort { column: SortColumn::List, inverted: true }, inputs);
    assert_eq!(ids(&rows), [3, 2, 1, 0]);
}

#[test]
fn who_leaves_the_filter_while_selected_stays_until_the_selection_moves() {
    let mut knowledge = knowledge(4);
    let frame = Frame::new(false);
    let both = |status: fn() -> UserStatus| vec![(UserIx(0), status()), (UserIx(1), status())];
    answer(&mut knowledge, 0, 10, both(|| UserStatus::Online(vec![])));
    let mut rows = Rows::new(Sort::default(), query("state=online"), frame.inputs(&knowledge, 10));
    assert_eq!((ids(&rows), rows.matching(), rows.undecided()), (vec![0, 1], 2, 2));
    rows.select(Some(UserIx(1)));
    let touched = answer(&mut knowledge, 0, 20, both(|| UserStatus::Offline));
    rows.touch(&touched, frame.inputs(&knowledge, 20));
    assert_eq!((ids(&rows), rows.matching(), rows.is_guest(UserIx(1))), (vec![1], 0, true));
    let touched = answer(&mut knowledge, 0, 30, both(|| UserStatus::Online(vec![])));
    rows.touch(&touched, frame.inputs(&knowledge, 30));
    assert_eq!((ids(&rows), rows.is_guest(UserIx(1))), (vec![0, 1], false));
    rows.select(None);
    assert_eq!(ids(&rows), [0, 1]);
}

#[test]
fn a_user_who_is_touched_twice_has_one_row() {
    let mut knowledge = knowledge(4);
    let frame = Frame::new(false);
    let mut rows =
        Rows::new(by(ColumnName::Presence, false), query("state=online"), frame.inputs(&knowledge, 0));
    answer(&mut knowledge, 0, 10, vec![(UserIx(1), UserStatus::Online(vec![]))]);
    rows.touch(&[UserIx(1), UserIx(0), UserIx(1), UserIx(1)], frame.inputs(&knowledge, 10));
    assert_eq!((ids(&rows), rows.matching()), (vec![1], 1));
    assert_eq!(rows.row_of(UserIx(1)), Some(0));
}

#[test]
fn a_filter_that_follows_time_is_asked_again() {
    let mut knowledge = knowledge(4);
    let frame = Frame::new(false);
    answer(&mut knowledge, 0, 10, vec![(UserIx(0), UserStatus::Offline)]);
    let mut rows = Rows::new(Sort::default(), query("age<2s"), frame.inputs(&knowledge, 10));
    assert_eq!(ids(&rows), [0]);
    rows.let_time_pass(frame.inputs(&knowledge, 600));
    assert_eq!(rows.next_asking(), Some(1_010));
    rows.let_time_pass(frame.inputs(&knowledge, 2_500));
    assert_eq!(ids(&rows), [0; 0]);
}

proptest! {
    #[test]
    fn touched_rows_end_where_a_full_sort_puts_them(
        answers in prop::collection::vec((0u32..4, prop::collection::vec((0u32..10, 0u8..3), 0..8)), 1..20),
        column in 0..SortColumn::all().count(),
        inverted: bool,
        problems_only: bool,
        filter in prop::sample::select(vec!["", "1", "u2", "state=online", "not state=offline or u3", "flips>0"]),
        selected in prop::option::of(0u32..40),
    ) {
        let mut knowledge = knowledge(40);
        let frame = Frame::new(problems_only);
        let sort = Sort { column: SortColumn::all().nth(column).unwrap(), inverted };
        let mut rows = Rows::new(sort, query(filter), frame.inputs(&knowledge, 0));
        rows.narrow(selected.map(UserIx), frame.inputs(&knowledge, 0));
        for (round, (batch, changed)) in answers.into_iter().enumerate() {
            let at = 1_000 + round as u64 * 10; // nothing turns stale meanwhile
            let statuses = changed.into_iter().map(|(user, status)| {
                let status = match status {
                    0 => UserStatus::Offline,
                    1 => UserStatus::Online(vec![]),
                    _ => UserStatus::Missing,
                };
                (UserIx(batch * 10 + user), status)
            }).collect();
            let touched = answer(&mut knowledge, batch, at, statuses);
            let inputs = frame.inputs(&knowledge, at);
            rows.touch(&touched, inputs);
            let mut anew = Rows::new(sort, query(filter), inputs);
            anew.narrow(selected.map(UserIx), inputs);
            prop_assert_eq!(ids(&rows), ids(&anew));
            prop_assert_eq!((rows.matching(), rows.undecided()), (anew.matching(), anew.undecided()));
            prop_assert_eq!(rows.counts(), anew.counts());
            for row in 0..rows.len() {
                prop_assert_eq!(rows.row_of(rows.user_at(row).unwrap()), Some(row));
            }
            prop_assert_eq!(folded(&rows), folded(&anew));
            for row in 0..rows.folded_len() {
                prop_assert_eq!(rows.folded_row_of(rows.folded_at(row).unwrap().user()), Some(row));
            }
        }
    }
}
