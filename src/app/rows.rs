//! Which users are shown, in which order; work is proportional to what changed.
//!
//! While everybody is shown in list order nothing is stored at all. Otherwise users are kept as one
//! sorted vector of places, with the number that each is sorted by and the inverse table.

use crate::presence::{Moment, Roster, UserIx};

use super::filter::Haystack;
use super::sort::{Sort, sort_key};

/// Stands for "in no row".
const NOWHERE: u32 = u32::MAX;

/// The users that are shown, in order.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    users: usize,
    sort: Sort,
    filter: String,
    haystack: Option<Haystack>,
    /// Places in the order of IDs, once somebody asked for that order.
    ranks: Vec<u32>,
    /// A selected user whom the filter leaves out; shown all the same.
    guest: Option<UserIx>,
    /// Whether the four tables below are in use.
    stored: bool,
    keys: Vec<u64>,
    order: Vec<UserIx>,
    row_of: Vec<u32>,
    matching: usize,
}

impl Rows {
    pub(super) fn new(sort: Sort, filter: &str, roster: &Roster, now: Moment) -> Rows {
        let mut rows = Rows { sort, filter: filter.to_owned(), ..Rows::default() };
        rows.restart(roster, now);
        rows
    }

    /// Begins again for another watch list.
    pub(super) fn restart(&mut self, roster: &Roster, now: Moment) {
        self.users = roster.list().len();
        self.haystack = None;
        self.ranks = Vec::new();
        self.guest = None;
        self.rebuild(roster, now);
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        if self.stored { self.order.len() } else { self.users }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The user in a row.
    pub fn user_at(&self, row: usize) -> Option<UserIx> {
        if self.stored {
            self.order.get(row).copied()
        } else {
            (row < self.users).then_some(UserIx(row as u32))
        }
    }

    /// The row of a user who is shown.
    pub fn row_of(&self, user: UserIx) -> Option<usize> {
        if self.stored {
            self.row_of.get(user.at()).filter(|row| **row != NOWHERE).map(|row| *row as usize)
        } else {
            (user.at() < self.users).then_some(user.at())
        }
    }

    /// How many users the filter lets through.
    pub fn matching(&self) -> usize {
        if self.stored { self.matching } else { self.users }
    }

    /// Whether the user is shown only for being selected.
    pub fn is_guest(&self, user: UserIx) -> bool {
        self.guest == Some(user)
    }

    /// The filter in force; empty: none.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// The order in force.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    pub(super) fn set_sort(&mut self, sort: Sort, roster: &Roster, now: Moment) {
        self.sort = sort;
        self.rebuild(roster, now);
    }

    /// Takes a filter; `selected` stays, whether it matches or not.
    pub(super) fn set_filter(
        &mut self,
        filter: &str,
        selected: Option<UserIx>,
        roster: &Roster,
        now: Moment,
    ) {
        filter.clone_into(&mut self.filter);
        self.guest = selected;
        self.rebuild(roster, now);
    }

    /// The selection is on this user now: another one who was shown only for being selected leaves.
    pub(super) fn select(&mut self, selected: Option<UserIx>) {
        let Some(guest) = self.guest.filter(|guest| Some(*guest) != selected) else {
            return;
        };
        self.guest = None;
        if let Some(row) = self.row_of(guest) {
            self.order.remove(row);
            self.number_rows(row);
            if let Some(row) = self.row_of.get_mut(guest.at()) {
                *row = NOWHERE;
            }
        }
    }

    /// Puts users whose state may have changed where they belong now.
    pub(super) fn touch(&mut self, touched: &[UserIx], roster: &Roster, now: Moment) {
        if !self.stored || !self.sort.column.follows_state() {
            return;
        }
        let mut moved = Vec::new();
        let mut first = usize::MAX;
        for &user in touched {
            let key = sort_key(self.sort, 0, roster, now, user);
            let Some(old) = self.keys.get_mut(user.at()).filter(|old| **old != key) else {
                continue;
            };
            *old = key;
            if let Some(row) = self.row_of.get_mut(user.at()).filter(|row| **row != NOWHERE) {
                first = first.min(*row as usize);
                *row = NOWHERE;
                moved.push(user);
            }
        }
        if moved.is_empty() {
            return;
        }
        self.order.retain(|user| self.row_of.get(user.at()).is_some_and(|row| *row != NOWHERE));
        first = first.min(self.merge(moved));
        self.number_rows(first);
    }

    /// Merges users into the order; returns the first row that changed.
    fn merge(&mut self, mut moved: Vec<UserIx>) -> usize {
        let key = |user: &UserIx| self.keys.get(user.at()).copied().unwrap_or(u64::MAX);
        moved.sort_unstable_by_key(key);
        let first =
            moved.first().map_or(0, |user| self.order.partition_point(|other| key(other) < key(user)));
        let tail = self.order.split_off(first);
        let mut tail = tail.into_iter().peekable();
        self.order.reserve(tail.len() + moved.len());
        for user in moved {
            while let Some(other) = tail.next_if(|other| key(other) < key(&user)) {
                self.order.push(other);
            }
            self.order.push(user);
        }
        self.order.extend(tail);
        first
    }

    fn number_rows(&mut self, from: usize) {
        for (row, user) in self.order.iter().enumerate().skip(from) {
            if let Some(slot) = self.row_of.get_mut(user.at()) {
                *slot = row as u32;
            }
        }
    }

    fn rebuild(&mut self, roster: &Roster, now: Moment) {
        self.stored = self.sort != Sort::default() || !self.filter.is_empty();
        if !self.stored {
            (self.keys, self.order, self.row_of) = (Vec::new(), Vec::new(), Vec::new());
            self.guest = None;
            return;
        }
        let list = roster.list();
        if self.sort.column == super::SortColumn::User && self.ranks.is_empty() {
            let mut by_id: Vec<UserIx> = list.users().collect();
            by_id.sort_unstable_by_key(|user| list.raw_id(*user));
            self.ranks = vec![0; by_id.len()];
            for (rank, user) in by_id.into_iter().enumerate() {
                if let Some(slot) = self.ranks.get_mut(user.at()) {
                    *slot = rank as u32;
                }
            }
        }
        let rank = |user: UserIx| self.ranks.get(user.at()).copied().unwrap_or(0);
        self.keys = list.users().map(|user| sort_key(self.sort, rank(user), roster, now, user)).collect();
        let mut order: Vec<UserIx> = if self.filter.is_empty() {
            list.users().collect()
        } else {
            self.haystack.get_or_insert_with(|| Haystack::new(list)).find(&self.filter)
        };
        self.matching = order.len();
        self.guest =
            self.guest.filter(|guest| guest.at() < self.users && order.binary_search(guest).is_err());
        order.extend(self.guest);
        order.sort_unstable_by_key(|user| self.keys.get(user.at()).copied().unwrap_or(u64::MAX));
        self.order = order;
        self.row_of = vec![NOWHERE; self.users];
        self.number_rows(0);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::sort::SortColumn;
    use super::*;
    use crate::presence::{
        Answer, Entry, Freshness, Observation, Oddities, OperationId, Question, UserStatus, WatchList,
    };

    fn roster(users: usize) -> Roster {
        let ids = (0..users).map(|n| Entry::of(&format!("u{}", (n * 7) % users)));
        Roster::new(Arc::new(WatchList::new(1, 10, ids)), Freshness::for_interval(2_000), Moment::default())
    }

    fn answer(roster: &mut Roster, batch: u32, at: u64, statuses: Vec<(UserIx, UserStatus)>) -> Vec<UserIx> {
        let moment = Moment { mono_ms: at, unix_ms: at as i64 };
        let observation = Observation {
            question: Question::OnlineStatus,
            generation: 1,
            batch,
            sent: moment,
            received: moment,
            operation_id: OperationId("o".into()),
            server_date: None,
            wire_bytes: 0,
            oddities: Oddities::default(),
            attempt: 0,
            next_ms: at + 2_000,
            answer: Ok(Answer::Changed(statuses)),
        };
        roster.apply(&observation).touched
    }

    fn ids(rows: &Rows) -> Vec<u32> {
        (0..rows.len()).map(|row| rows.user_at(row).unwrap().0).collect()
    }

    #[test]
    fn a_selected_user_stays_though_the_filter_leaves_it_out() {
        let roster = roster(12);
        let now = Moment::default();
        let mut rows = Rows::new(Sort::default(), "", &roster, now);
        rows.set_filter("u1", Some(UserIx(2)), &roster, now);
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
        let roster = roster(4);
        let now = Moment::default();
        let mut rows = Rows::new(Sort::default(), "", &roster, now);
        rows.set_sort(Sort { column: SortColumn::User, inverted: true }, &roster, now);
        assert_eq!(ids(&rows), [1, 2, 3, 0], "u3 u2 u1 u0");
        rows.set_sort(Sort { column: SortColumn::Presence, inverted: true }, &roster, now);
        assert_eq!(ids(&rows), [0, 1, 2, 3], "all alike");
        rows.set_sort(Sort { column: SortColumn::List, inverted: true }, &roster, now);
        assert_eq!(ids(&rows), [3, 2, 1, 0]);
    }

    proptest! {
        #[test]
        fn touched_rows_end_where_a_full_sort_puts_them(
            answers in prop::collection::vec((0u32..4, prop::collection::vec((0u32..10, 0u8..3), 0..8)), 1..20),
            column in 1usize..5,
            inverted: bool,
            filter in prop::sample::select(vec!["", "1", "u2"]),
        ) {
            let mut roster = roster(40);
            let sort = Sort { column: SortColumn::List.step(column), inverted };
            let mut rows = Rows::new(sort, filter, &roster, Moment::default());
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
                let now = Moment { mono_ms: at, unix_ms: at as i64 };
                let touched = answer(&mut roster, batch, at, statuses);
                rows.touch(&touched, &roster, now);
                prop_assert_eq!(ids(&rows), ids(&Rows::new(sort, filter, &roster, now)));
                for row in 0..rows.len() {
                    prop_assert_eq!(rows.row_of(rows.user_at(row).unwrap()), Some(row));
                }
            }
        }
    }
}
