//! Which users are shown, in which order; work is proportional to what changed.
//!
//! While everybody is shown in list order nothing is stored at all. Otherwise each user has the number that
//! they are sorted by, and those who are shown stand in an [`Order`] of these numbers.
//!
//! To ask a filter about a long list, or to sort it, takes longer than a key may wait. So it is done in
//! slices ([`Rows::go_on`]), and what was shown before stays until the last of them.

mod folds;

use std::collections::BTreeSet;

use crate::presence::query::{Follows, Query, Truth};
use crate::presence::{Class, Counts, Knowledge, Moment, UserIx, WatchList};

use super::column::{ColumnName, SortBy};
use super::facts::RowInputs;
use super::filter::Haystack;
use super::marks::Marks;
use super::order::Order;
use super::sort::{Sort, SortColumn, sort_key};
pub use folds::{Cause, Row};
use folds::{Folds, Opened};

/// Stands for "in no row": no user has it, as the last place of a list is never reached.
const NOWHERE: u64 = u64::MAX;

/// Users who are looked at in one slice; no list that is shorter is ever seen half done.
const SLICE: usize = 20_000;

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
    /// What is shown; none while that is everybody in list order.
    table: Option<Table>,
    /// What is being made to take its place.
    next: Option<Box<Making>>,
    /// When the filter was last asked about everybody, on the monotonic clock.
    asked_ms: u64,
    batch_size: u32,
    /// Users of one cause, while everybody is shown in list order.
    plain: Folds,
    opened: Opened,
}

/// Who is shown, and in which order.
#[derive(Clone, Debug, Default)]
struct Table {
    /// What each user is sorted by.
    keys: Vec<u64>,
    order: Order,
    /// Whether each user is to be shown; empty while all are.
    truths: Vec<Truth>,
    /// How each of those is counted in `shown` whom the filter lets through; empty while all are shown.
    classes: Vec<Option<Class>>,
    /// How those stand whom the filter lets through.
    shown: Counts,
    matching: usize,
    undecided: usize,
    /// Users of one cause.
    folds: Folds,
}

/// A table that is being made.
#[derive(Clone, Debug)]
struct Making {
    table: Table,
    narrowed: bool,
    /// Whom the words of the filter find, where it is made of words alone: nobody else is looked at.
    found: Option<Vec<UserIx>>,
    /// How many were looked at so far.
    upto: usize,
}

/// Something that is worked out from a watch list alone, once, and takes long where it is long: so it may be
/// done beside the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// Everybody's place in the order of a column of texts.
    Ranks(ColumnName),
    /// All IDs and labels in one text, to look for words in.
    Names,
}

/// What was worked out.
#[derive(Clone, Debug)]
pub enum Indexed {
    /// See [`Index::Ranks`].
    Ranks(ColumnName, Vec<u32>),
    /// See [`Index::Names`].
    Names(Haystack),
}

impl PartialEq for Indexed {
    /// The same question was answered: the answer follows from the list.
    fn eq(&self, other: &Indexed) -> bool {
        self.index() == other.index()
    }
}

impl Index {
    /// Works it out; a sort of all texts, or a copy of them.
    pub fn of(self, list: &WatchList) -> Indexed {
        match self {
            Index::Ranks(column) => Indexed::Ranks(column, ranks(list, column)),
            Index::Names => Indexed::Names(Haystack::new(list)),
        }
    }
}

impl Indexed {
    fn index(&self) -> Index {
        match self {
            Indexed::Ranks(column, _) => Index::Ranks(*column),
            Indexed::Names(_) => Index::Names,
        }
    }
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
        let mut rows = Rows::new(sort, query, inputs);
        rows.index_here(inputs);
        while rows.go_on(inputs) {}
        rows
    }

    /// Begins again for another watch list.
    pub(crate) fn restart(&mut self, inputs: RowInputs<'_>) {
        self.users = inputs.knowledge.roster.list().len();
        self.batch_size = inputs.knowledge.roster.list().batch_size();
        self.haystack = None;
        self.ranks = None;
        self.selected = None;
        self.guest = None;
        self.table = None; // its places are those of another list
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
        self.table.as_ref().map_or(self.users, |table| table.order.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The user in a row.
    pub fn user_at(&self, row: usize) -> Option<UserIx> {
        match &self.table {
            Some(table) => table.order.user_at(row),
            None => (row < self.users).then_some(UserIx(row as u32)),
        }
    }

    /// The row of a user who is shown.
    pub fn row_of(&self, user: UserIx) -> Option<usize> {
        match &self.table {
            Some(table) => table.order.row_of(*table.keys.get(user.at())?),
            None => (user.at() < self.users).then_some(user.at()),
        }
    }

    /// How many users the filter lets through.
    pub fn matching(&self) -> usize {
        self.table.as_ref().map_or(self.users, |table| table.matching)
    }

    /// How those stand whom the filter lets through; none where there is no filter.
    pub fn counts(&self) -> Option<Counts> {
        self.table.as_ref().filter(|table| !table.truths.is_empty()).map(|table| table.shown)
    }

    /// Of how many users nobody can tell whether the filter lets them through: nothing is known of
    /// what it asks.
    pub fn undecided(&self) -> usize {
        self.table.as_ref().map_or(0, |table| table.undecided)
    }

    /// How much of what is asked for now is done, in percent; none: all of it.
    pub fn progress(&self) -> Option<u8> {
        let next = self.next.as_ref()?;
        let all = next.found.as_ref().map_or(self.users, Vec::len);
        Some((next.upto * 100 / all.max(1)).min(99) as u8)
    }

    /// What has to be worked out before anything is shown as it is asked for now.
    pub fn wanted(&self) -> Option<Index> {
        let next = self.next.as_ref()?;
        if next.narrowed && self.is_plain() && self.haystack.is_none() {
            return Some(Index::Names);
        }
        let SortColumn::Column(column) = self.sort.column else { return None };
        let is_ranked = self.ranks.as_ref().is_some_and(|(ranked, _)| *ranked == column);
        (!self.sort.column.follows_state() && !is_ranked).then_some(Index::Ranks(column))
    }

    /// Takes what was worked out from the list that is shown.
    pub(crate) fn take_index(&mut self, indexed: Indexed) {
        match indexed {
            Indexed::Ranks(column, ranks) => self.ranks = Some((column, ranks)),
            Indexed::Names(haystack) => self.haystack = Some(haystack),
        }
    }

    fn index_here(&mut self, inputs: RowInputs<'_>) {
        while let Some(index) = self.wanted() {
            self.take_index(index.of(inputs.knowledge.roster.list()));
        }
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
        self.drop_guest(selected);
        self.release(selected);
    }

    fn drop_guest(&mut self, selected: Option<UserIx>) {
        let Some(guest) = self.guest.filter(|guest| Some(*guest) != selected) else {
            return;
        };
        self.guest = None;
        if let Some(table) = &mut self.table
            && let Some(key) = table.keys.get(guest.at())
        {
            table.order.remove(*key);
            table.order.number();
        }
    }

    /// Whether what is known of a user decides over the row.
    pub(crate) fn follow_state(&self, inputs: RowInputs<'_>) -> bool {
        (self.table.is_some() || self.next.is_some())
            && (self.sort.column.follows_state()
                || inputs.problems_only
                || self.query.follows() > Follows::Names)
    }

    /// When the filter has to be asked about everybody again for time alone, on the monotonic clock.
    pub(crate) fn next_asking(&self) -> Option<u64> {
        let pause = 1_000 * (1 + self.users as u64 / ASKED_A_SECOND);
        let follows = self.next.is_none() && self.table.is_some() && self.query.follows() == Follows::Time;
        follows.then_some(self.asked_ms + pause)
    }

    /// Whether there is a slice to do.
    pub fn is_unfinished(&self) -> bool {
        self.next.is_some() && self.wanted().is_none()
    }

    /// Asks the filter about everybody again where that is due.
    pub(crate) fn let_time_pass(&mut self, inputs: RowInputs<'_>) {
        if self.next_asking().is_some_and(|at| inputs.now.mono_ms >= at) {
            self.rebuild(inputs);
        }
    }

    /// Puts users whose state may have changed where they belong now.
    pub(crate) fn touch(&mut self, touched: &[UserIx], inputs: RowInputs<'_>) {
        if !self.follow_state(inputs) {
            // Who is shown stays so, and is perhaps counted elsewhere, or folded.
            let next = self.next.as_mut().map(|next| std::mem::take(&mut next.table));
            let tables =
                [next, self.table.take()].map(|table| table.map(|it| self.recounted(it, touched, inputs)));
            let [next, table] = tables;
            if let (Some(slot), Some(table)) = (&mut self.next, next) {
                slot.table = table;
            }
            self.table = table;
            if self.table.is_none() {
                self.fold_plain(touched.iter().copied(), inputs);
            }
            return self.release(self.selected);
        }
        // What is shown stays as it was while another table is being made, and nobody is selected in that.
        let mut selected = None;
        let mut table = match (&mut self.next, &mut self.table) {
            (Some(next), _) => {
                selected = self.selected.take();
                std::mem::take(&mut next.table)
            }
            (None, Some(table)) => std::mem::take(table),
            (None, None) => return,
        };
        for &user in touched {
            self.place(&mut table, user, inputs);
        }
        table.order.number();
        table.folds.number();
        if let Some(next) = &mut self.next {
            (next.table, self.selected) = (table, selected);
            if self.table.is_none() {
                self.fold_plain(touched.iter().copied(), inputs);
            }
        } else {
            self.table = Some(table);
        }
        self.release(self.selected);
    }

    /// Counts and folds users anew who stay where they are.
    fn recounted(&mut self, mut table: Table, touched: &[UserIx], inputs: RowInputs<'_>) -> Table {
        for &user in touched {
            table.count_as(user, inputs);
            let key = table.keys.get(user.at()).copied().filter(|key| *key != NOWHERE);
            let is_in = table.truths.get(user.at()).is_none_or(|truth| truth.is_yes());
            if let Some(key) = key {
                let cause = self.cause(user, inputs).filter(|_| is_in);
                table.folds.put(user, key, key, cause, user.0 / self.batch_size.max(1));
            }
        }
        table.folds.number();
        table
    }

    /// Folds users while everybody is shown in list order.
    fn fold_plain(&mut self, users: impl Iterator<Item = UserIx>, inputs: RowInputs<'_>) {
        let mut plain = std::mem::take(&mut self.plain);
        for user in users {
            let (key, cause) = (u64::from(user.0), self.cause(user, inputs));
            plain.put(user, key, key, cause, user.0 / self.batch_size.max(1));
        }
        plain.number();
        self.plain = plain;
    }

    /// Shows a selected user who is in no row. While rows are being made, somewhere among the old ones: what
    /// they are sorted by is another thing already.
    pub(crate) fn show(&mut self, selected: UserIx, inputs: RowInputs<'_>) {
        self.select(Some(selected));
        let Some(mut table) = self.table.take_if(|_| self.next.is_some()) else {
            return self.rebuild(inputs);
        };
        self.place(&mut table, selected, inputs);
        table.order.number();
        table.folds.number();
        self.table = Some(table);
        self.release(Some(selected));
    }

    /// Puts one user where the user belongs now.
    fn place(&mut self, table: &mut Table, user: UserIx, inputs: RowInputs<'_>) {
        let is_in = self.ask_again(table, user, inputs);
        let (shown, key) = (is_in || self.selected == Some(user), self.key(user, inputs));
        let Some(old) = table.keys.get_mut(user.at()) else { return };
        let before = std::mem::replace(old, key);
        if before != NOWHERE && (before != key || !shown) {
            table.order.remove(before);
        }
        if shown {
            table.order.insert(key);
        }
        let cause = self.cause(user, inputs).filter(|_| is_in);
        table.folds.put(user, before, key, cause, user.0 / self.batch_size.max(1));
    }

    /// Asks the filter about one user again, and keeps count; says whether it lets the user through.
    fn ask_again(&mut self, table: &mut Table, user: UserIx, inputs: RowInputs<'_>) -> bool {
        let now = self.truth(user, inputs);
        let Some(before) = table.truths.get_mut(user.at()) else { return true };
        let before = std::mem::replace(before, now);
        table.count(before, now);
        table.count_as(user, inputs);
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

    fn rebuild(&mut self, inputs: RowInputs<'_>) {
        let narrowed = !self.query.is_empty() || inputs.problems_only || inputs.marks.only;
        self.asked_ms = inputs.now.mono_ms;
        self.next = None;
        if self.sort == Sort::default() && !narrowed {
            (self.table, self.guest, self.plain) = (None, None, Folds::default());
            self.fold_plain(inputs.knowledge.roster.unaccounted(inputs.now), inputs);
            return self.release(self.selected);
        }
        let mut table = Table { keys: vec![NOWHERE; self.users], ..Table::default() };
        if narrowed {
            table.truths = vec![Truth::No; self.users];
            table.classes = vec![None; self.users];
        } else {
            table.matching = self.users;
        }
        self.next = Some(Box::new(Making { table, narrowed, found: None, upto: 0 }));
        if self.users <= SLICE {
            self.index_here(inputs);
        }
        self.go_on(inputs);
    }

    /// Does the next slice of what is being made; says whether there is more to do. What is ready takes
    /// the place of what was shown.
    pub(crate) fn go_on(&mut self, inputs: RowInputs<'_>) -> bool {
        if self.wanted().is_some() {
            return false; // it is worked out elsewhere
        }
        let Some(mut next) = self.next.take() else { return false };
        // Whoever is selected when all is done has a place then, whether the filter lets them through or not.
        let selected = self.selected.take();
        if next.narrowed && next.found.is_none() && self.is_plain() {
            next.found = self.find();
        }
        let all = next.found.as_ref().map_or(self.users, Vec::len);
        let (from, upto) = (next.upto, (next.upto + SLICE).min(all));
        next.upto = upto;
        let (found, mut table) = (next.found.take(), std::mem::take(&mut next.table));
        let user_at =
            |at: usize| found.as_ref().map_or(Some(UserIx(at as u32)), |found| found.get(at).copied());
        let mut shown = Vec::with_capacity(upto - from);
        for user in (from..upto).filter_map(user_at) {
            let is_in = self.ask_again(&mut table, user, inputs);
            let key = self.key(user, inputs);
            let Some(old) = table.keys.get_mut(user.at()) else { continue };
            let before = std::mem::replace(old, key);
            if before != NOWHERE {
                table.order.remove(before); // touched meanwhile
            }
            let cause = self.cause(user, inputs).filter(|_| is_in);
            table.folds.put(user, before, key, cause, user.0 / self.batch_size.max(1));
            if is_in {
                shown.push(key);
            }
        }
        // A key ends in the user's place, so sorting the keys alone sorts the users.
        shown.sort_unstable();
        if table.order.len() == 0 {
            table.order = Order::of_sorted(&shown);
        } else {
            for key in shown {
                table.order.insert(key);
            }
        }
        (next.found, next.table, self.selected) = (found, table, selected);
        if upto < all {
            self.next = Some(next);
            return true;
        }
        let mut table = next.table;
        self.guest = self.selected.filter(|user| table.truths.get(user.at()).is_some_and(|it| !it.is_yes()));
        if let Some(guest) = self.guest {
            self.place(&mut table, guest, inputs);
        }
        table.order.number();
        table.folds.number();
        (self.table, self.plain) = (Some(table), Folds::default());
        self.release(self.selected);
        false
    }

    /// Whether the filter is made of words alone, which are looked for in one text of all names.
    fn is_plain(&self) -> bool {
        !self.query.is_empty() && self.query.plain_words().is_some()
    }

    /// Whom the words of the filter find.
    fn find(&self) -> Option<Vec<UserIx>> {
        let (words, haystack) = (self.query.plain_words()?, self.haystack.as_ref()?);
        Some(words.select(self.users as u32, |word| haystack.find(word)))
    }
}

impl Table {
    /// Counts a user as the user is now, if the filter lets the user through.
    fn count_as(&mut self, user: UserIx, inputs: RowInputs<'_>) {
        let is_in = self.truths.get(user.at()).is_some_and(|truth| truth.is_yes());
        let now = inputs.knowledge.rollups.class(user).filter(|_| is_in);
        let Some(place) = self.classes.get_mut(user.at()) else { return };
        let before = std::mem::replace(place, now);
        if before == now {
            return;
        }
        if let Some(class) = before {
            self.shown.remove(class);
        }
        if let Some(class) = now {
            self.shown.add(class);
        }
    }

    /// A user whom the filter let through so is let through so now.
    fn count(&mut self, before: Truth, now: Truth) {
        self.matching = self.matching + usize::from(now.is_yes()) - usize::from(before.is_yes());
        let undecided = |truth| usize::from(truth == Truth::Undecided);
        self.undecided = self.undecided + undecided(now) - undecided(before);
    }
}

/// Numbers the users in the order of a text column. Who has no name in it comes behind all who have.
fn ranks(list: &WatchList, column: ColumnName) -> Vec<u32> {
    let SortBy::Text(of) = column.row().order.by else { return Vec::new() };
    let text = |user: &UserIx| of(list, *user).map_or((true, ""), |text| (false, text));
    let mut by_text: Vec<UserIx> = list.users().collect();
    by_text.sort_by_key(text);
    let mut ranks = vec![0; by_text.len()];
    let (mut rank, mut before) = (0, None);
    for user in by_text {
        let text = text(&user);
        rank += u32::from(before.is_some_and(|before| before != text));
        before = Some(text);
        if let Some(slot) = ranks.get_mut(user.at()) {
            *slot = rank;
        }
    }
    ranks
}

#[cfg(test)]
mod tests;
