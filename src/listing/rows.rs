//! Which users are shown, in which order; work is proportional to what changed.
//!
//! While everybody is shown in list order nothing is stored at all. Otherwise users are kept as one
//! sorted vector of places, with the number that each is sorted by and the inverse table.

use std::collections::BTreeSet;

use crate::presence::query::{Follows, Query, Truth};
use crate::presence::{Knowledge, Moment, UserIx};

use super::column::ColumnName;
use super::facts::RowInputs;
use super::filter::Haystack;
use super::marks::Marks;
use super::sort::{Sort, SortColumn, sort_key};

/// Stands for "in no row".
const NOWHERE: u32 = u32::MAX;

/// Users that a filter which follows time is asked about in a second, at most.
const ASKED_A_SECOND: u64 = 10_000;

/// The users that are shown, in order.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    users: usize,
    sort: Sort,
    query: Query,
    haystack: Option<Haystack>,
    /// Places in the order of a text column, once somebody asked for that order.
    ranks: Option<(ColumnName, Vec<u32>)>,
    selected: Option<UserIx>,
    /// A selected user whom the filter leaves out; shown all the same.
    guest: Option<UserIx>,
    /// Whether the tables below are in use.
    stored: bool,
    keys: Vec<u64>,
    order: Vec<UserIx>,
    row_of: Vec<u32>,
    /// Whether each user is to be shown; empty while all are.
    truths: Vec<Truth>,
    matching: usize,
    undecided: usize,
    /// When the filter was last asked about everybody, on the monotonic clock.
    asked_ms: u64,
}

impl Rows {
    pub(crate) fn new(sort: Sort, query: Query, inputs: RowInputs<'_>) -> Rows {
        let mut rows = Rows { sort, query, ..Rows::default() };
        rows.restart(inputs);
        rows
    }

    /// The rows without a view: users whom the filter lets through, in this order.
    pub fn of(knowledge: &Knowledge, now: Moment, sort: Sort, query: Query) -> Rows {
        let (marks, acknowledged) = (Marks::default(), BTreeSet::new());
        let inputs =
            RowInputs { knowledge, now, marks: &marks, acknowledged: &acknowledged, problems_only: false };
        Rows::new(sort, query, inputs)
    }

    /// Begins again for another watch list.
    pub(crate) fn restart(&mut self, inputs: RowInputs<'_>) {
        self.users = inputs.knowledge.roster.list().len();
        self.haystack = None;
        self.ranks = None;
        self.selected = None;
        self.guest = None;
        self.rebuild(inputs);
    }

    /// Goes over to other labels of the same users.
    pub(crate) fn relabel(&mut self, inputs: RowInputs<'_>) {
        self.haystack = None;
        self.ranks = None;
        self.rebuild(inputs);
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

    /// Of how many users nobody can tell whether the filter lets them through: nothing is known of
    /// what it asks.
    pub fn undecided(&self) -> usize {
        if self.stored { self.undecided } else { 0 }
    }

    /// Whether the user is shown only for being selected.
    pub fn is_guest(&self, user: UserIx) -> bool {
        self.guest == Some(user)
    }

    /// The filter in force.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// The filter in force as it was typed; not visible-safe.
    pub fn filter(&self) -> &str {
        self.query.text()
    }

    /// The order in force.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    pub(crate) fn set_sort(&mut self, sort: Sort, inputs: RowInputs<'_>) {
        self.sort = sort;
        self.rebuild(inputs);
    }

    /// Takes a filter; `selected` stays, whether it matches or not.
    pub(crate) fn set_query(&mut self, query: Query, selected: Option<UserIx>, inputs: RowInputs<'_>) {
        self.query = query;
        self.narrow(selected, inputs);
    }

    /// Asks again who is shown, as when only problems are wanted from now on; `selected` stays.
    pub(crate) fn narrow(&mut self, selected: Option<UserIx>, inputs: RowInputs<'_>) {
        self.selected = selected;
        self.rebuild(inputs);
    }

    /// The selection is on this user now: another one who was shown only for being selected leaves.
    pub(crate) fn select(&mut self, selected: Option<UserIx>) {
        self.selected = selected;
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

    /// Whether what is known of a user decides over the row.
    pub(crate) fn follow_state(&self, inputs: RowInputs<'_>) -> bool {
        self.stored
            && (self.sort.column.follows_state()
                || inputs.problems_only
                || self.query.follows() > Follows::Names)
    }

    /// When the filter has to be asked about everybody again for time alone, on the monotonic clock.
    pub(crate) fn next_asking(&self) -> Option<u64> {
        let pause = 1_000 * (1 + self.users as u64 / ASKED_A_SECOND);
        (self.stored && self.query.follows() == Follows::Time).then_some(self.asked_ms + pause)
    }

    /// Asks the filter about everybody again where that is due.
    pub(crate) fn let_time_pass(&mut self, inputs: RowInputs<'_>) {
        if self.next_asking().is_some_and(|at| inputs.now.mono_ms >= at) {
            self.asked_ms = inputs.now.mono_ms;
            let everybody: Vec<UserIx> = (0..self.users as u32).map(UserIx).collect();
            self.touch(&everybody, inputs);
        }
    }

    /// Puts users whose state may have changed where they belong now.
    pub(crate) fn touch(&mut self, touched: &[UserIx], inputs: RowInputs<'_>) {
        if !self.follow_state(inputs) {
            return;
        }
        let mut moved = Vec::new();
        let mut first = usize::MAX;
        for &user in touched {
            let shown = self.ask_again(user, inputs) || self.selected == Some(user);
            let key = self.key(user, inputs);
            let Some(row) = self.row_of.get_mut(user.at()) else { continue };
            let was_shown = *row != NOWHERE;
            let same_key = self.keys.get_mut(user.at()).is_none_or(|old| std::mem::replace(old, key) == key);
            if shown == was_shown && (same_key || !shown) {
                continue;
            }
            if was_shown {
                first = first.min(*row as usize);
                *row = NOWHERE;
            }
            if shown {
                moved.push(user);
            }
        }
        if moved.is_empty() && first == usize::MAX {
            return;
        }
        self.order.retain(|user| self.row_of.get(user.at()).is_some_and(|row| *row != NOWHERE));
        // A user who is touched twice has one row.
        moved.sort_unstable();
        moved.dedup();
        if !moved.is_empty() {
            first = first.min(self.merge(moved));
        }
        self.number_rows(first);
    }

    /// Asks the filter about one user again, and keeps count; says whether it lets the user through.
    fn ask_again(&mut self, user: UserIx, inputs: RowInputs<'_>) -> bool {
        let now = self.truth(user, inputs);
        let Some(before) = self.truths.get_mut(user.at()) else { return true };
        let before = std::mem::replace(before, now);
        self.matching = self.matching + usize::from(now.is_yes()) - usize::from(before.is_yes());
        let undecided = |truth| usize::from(truth == Truth::Undecided);
        self.undecided = self.undecided + undecided(now) - undecided(before);
        if self.selected == Some(user) {
            self.guest = (!now.is_yes()).then_some(user);
        }
        now.is_yes()
    }

    fn truth(&self, user: UserIx, inputs: RowInputs<'_>) -> Truth {
        if inputs.admits(user) { self.query.evaluate(&inputs.facts(user)) } else { Truth::No }
    }

    fn key(&self, user: UserIx, inputs: RowInputs<'_>) -> u64 {
        let rank = self.ranks.as_ref().and_then(|(_, ranks)| ranks.get(user.at())).copied().unwrap_or(0);
        sort_key(self.sort, rank, inputs, user)
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

    fn rebuild(&mut self, inputs: RowInputs<'_>) {
        let narrowed = !self.query.is_empty() || inputs.problems_only || inputs.marks.only;
        self.stored = self.sort != Sort::default() || narrowed;
        self.asked_ms = inputs.now.mono_ms;
        self.guest = None;
        (self.keys, self.order, self.row_of, self.truths) = Default::default();
        if !self.stored {
            return;
        }
        self.rank(inputs);
        if narrowed {
            self.ask_everybody(inputs);
            self.guest =
                self.selected.filter(|user| self.truths.get(user.at()).is_some_and(|it| !it.is_yes()));
        } else {
            (self.matching, self.undecided) = (self.users, 0);
        }
        let everybody = || (0..self.users as u32).map(UserIx);
        self.keys = everybody().map(|user| self.key(user, inputs)).collect();
        let shown = |user: &UserIx| {
            self.truths.get(user.at()).is_none_or(|it| it.is_yes()) || self.guest == Some(*user)
        };
        // A key ends in the user's place, so sorting the keys alone sorts the users.
        let key = |user: UserIx| self.keys.get(user.at()).copied().unwrap_or(u64::MAX);
        let mut sorted: Vec<u64> = everybody().filter(shown).map(key).collect();
        sorted.sort_unstable();
        self.order = sorted.into_iter().map(|key| UserIx(key as u32)).collect();
        self.row_of = vec![NOWHERE; self.users];
        self.number_rows(0);
    }

    /// Fills in who is to be shown. Bare words are looked for in one text of all names.
    fn ask_everybody(&mut self, inputs: RowInputs<'_>) {
        let everybody = || (0..self.users as u32).map(UserIx);
        self.truths = if let Some(words) = self.query.plain_words().filter(|_| !self.query.is_empty()) {
            let list = inputs.knowledge.roster.list();
            let haystack = self.haystack.get_or_insert_with(|| Haystack::new(list));
            let mut truths = vec![Truth::No; self.users];
            for user in words.select(self.users as u32, |word| haystack.find(word)) {
                if let Some(truth) = truths.get_mut(user.at()) {
                    *truth = inputs.admits(user).into();
                }
            }
            truths
        } else {
            everybody().map(|user| self.truth(user, inputs)).collect()
        };
        let count = |wanted| self.truths.iter().filter(|truth| **truth == wanted).count();
        (self.matching, self.undecided) = (count(Truth::Yes), count(Truth::Undecided));
    }

    /// Numbers the users in the order of a text column, where that is the order.
    fn rank(&mut self, inputs: RowInputs<'_>) {
        let SortColumn::Column(column) = self.sort.column else { return };
        if self.sort.column.follows_state() {
            return;
        }
        if self.ranks.as_ref().is_some_and(|(ranked, _)| *ranked == column) {
            return;
        }
        let list = inputs.knowledge.roster.list();
        // Who has no name in this column comes behind all who have.
        let text = |user: &UserIx| match column {
            ColumnName::Label => list.label(*user).map_or((true, ""), |label| (false, label)),
            ColumnName::Group => list.group(*user).map_or((true, ""), |group| (false, group)),
            _ => (false, list.raw_id(*user)),
        };
        let mut by_text: Vec<UserIx> = list.users().collect();
        by_text.sort_by_key(text);
        let mut ranks = vec![0; by_text.len()];
        let mut rank = 0;
        let mut before = None;
        for user in by_text {
            let text = text(&user);
            rank += u32::from(before.is_some_and(|before| before != text));
            before = Some(text);
            if let Some(slot) = ranks.get_mut(user.at()) {
                *slot = rank;
            }
        }
        self.ranks = Some((column, ranks));
    }
}

#[cfg(test)]
mod tests;
