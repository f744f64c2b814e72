//! Users who are unknown by one cause, in one line: who they are, kept as users change, and which rows there
//! are then. Nothing here walks the list: a fold costs those who go into it.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::presence::{Presence, UnknownReason, UserIx};

use super::super::facts::RowInputs;
use super::super::order::Order;
use super::{NOWHERE, Rows};

/// Fewer users of one cause stand on their own.
const LEAST: usize = 5;

/// Why users are unknown, where that can be so of many at once. It stays while users come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// They are part of this loss of view.
    Loss(u32),
    /// For this reason each.
    Reason(UnknownReason),
}

/// A line of the list that is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A user.
    User(UserIx),
    /// Users of one cause, and the first of them.
    Fold(Cause, UserIx),
}

impl Row {
    /// The user, or the first of those who are folded.
    pub fn user(self) -> UserIx {
        match self {
            Row::User(user) | Row::Fold(_, user) => user,
        }
    }
}

/// Who is unknown by one cause.
#[derive(Clone, Debug, Default)]
struct Fold {
    members: Order,
    /// How many there are in each batch, who stands alone included.
    batches: BTreeMap<u32, u32>,
    /// Whether one of them stands alone.
    has_alone: bool,
}

impl Fold {
    fn len(&self) -> usize {
        self.members.len() + usize::from(self.has_alone)
    }

    fn is_folded(&self) -> bool {
        self.len() >= LEAST
    }
}

/// Users who are unknown by one cause each, of those who are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Folds {
    of: HashMap<UserIx, Cause>,
    causes: HashMap<Cause, Fold>,
    /// Who stands in no row of their own: of each fold all but the first.
    hidden: Order,
    /// A user of a cause who is selected, and so stands alone.
    alone: Option<(UserIx, Cause)>,
}

impl Folds {
    /// Takes the cause of a user; none: the user is known, not shown, or to stand alone. `before` and `key` are
    /// what the user was sorted by last and is now.
    pub(super) fn put(&mut self, user: UserIx, before: u64, key: u64, cause: Option<Cause>, batch: u32) {
        if let Some((_, of)) = self.alone.filter(|(alone, _)| *alone == user) {
            self.gather(user, before, of);
        }
        if let Some(old) = self.of.get(&user).copied() {
            if Some(old) == cause && before == key {
                return;
            }
            self.of.remove(&user);
            self.remove(before, old, false);
            self.count(old, batch, false);
        }
        if let Some(cause) = cause {
            self.of.insert(user, cause);
            self.add(key, cause, false);
            self.count(cause, batch, true);
        }
    }

    /// A user stands alone, beside the fold.
    fn set_alone(&mut self, user: UserIx, key: u64, cause: Cause) {
        self.of.remove(&user);
        self.remove(key, cause, true);
        self.alone = Some((user, cause));
    }

    /// Who stands alone goes back into the fold.
    fn gather(&mut self, user: UserIx, key: u64, cause: Cause) {
        self.alone = None;
        self.of.insert(user, cause);
        self.add(key, cause, true);
    }

    fn count(&mut self, cause: Cause, batch: u32, comes: bool) {
        let Some(fold) = self.causes.get_mut(&cause) else { return };
        let count = fold.batches.entry(batch).or_default();
        *count = if comes { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            fold.batches.remove(&batch);
        }
        if fold.len() == 0 {
            self.causes.remove(&cause);
        }
    }

    fn add(&mut self, key: u64, cause: Cause, was_alone: bool) {
        let fold = self.causes.entry(cause).or_default();
        let (was_folded, first) = (fold.is_folded(), fold.members.first());
        fold.members.insert(key);
        fold.has_alone &= !was_alone;
        match (was_folded, fold.is_folded()) {
            (true, true) => self.hidden.insert(first.map_or(key, |first| first.max(key))),
            (false, true) => fold.members.keys().skip(1).for_each(|key| self.hidden.insert(key)),
            (_, false) => {}
        }
    }

    fn remove(&mut self, key: u64, cause: Cause, is_alone: bool) {
        let Some(fold) = self.causes.get_mut(&cause) else { return };
        let was_folded = fold.is_folded();
        fold.members.remove(key);
        fold.has_alone |= is_alone;
        if was_folded {
            self.hidden.remove(key);
            // Where the first has left, the next one is.
            let shown = if fold.is_folded() { 1 } else { fold.members.len() };
            fold.members.keys().take(shown).for_each(|key| self.hidden.remove(key));
        }
    }

    /// Works out the rows, after changes.
    pub(super) fn number(&mut self) {
        self.hidden.number();
        self.causes.values_mut().for_each(|fold| fold.members.number());
    }

    fn folded(&self, user: UserIx) -> Option<(Cause, &Fold)> {
        let cause = *self.of.get(&user)?;
        self.causes.get(&cause).filter(|fold| fold.is_folded()).map(|fold| (cause, fold))
    }
}

/// Which folds are open.
#[derive(Clone, Debug, Default)]
pub(super) struct Opened {
    all: bool,
    except: HashSet<Cause>,
}

impl Rows {
    /// Why a user is folded with others, where the user may be.
    pub(super) fn cause(&self, user: UserIx, inputs: RowInputs<'_>) -> Option<Cause> {
        let roster = &inputs.knowledge.roster;
        let presence = roster.presence(user);
        let Presence::Unknown(why) = presence else { return None };
        // While nothing was ever heard of them, users are not folded: they come in one by one.
        let is_new =
            why == UnknownReason::NotAnswered || (why == UnknownReason::Slow && roster.since(user).is_none());
        if presence.is_passing() || is_new || inputs.marks.contains(user) {
            return None;
        }
        let list = roster.list();
        let is_named = |word: &str| {
            let names = [Some(list.raw_id(user)), list.label(user)];
            names.into_iter().flatten().any(|name| name.to_lowercase().contains(word))
        };
        if self.query.highlights().any(is_named) {
            return None;
        }
        let loss = roster.doubt(user).filter(|_| presence.is_doubt()).and_then(|doubt| doubt.loss);
        Some(loss.map_or(Cause::Reason(why), Cause::Loss))
    }

    fn folds(&self) -> &Folds {
        self.table.as_ref().map_or(&self.plain, |table| &table.folds)
    }

    fn folds_mut(&mut self) -> &mut Folds {
        self.table.as_mut().map_or(&mut self.plain, |table| &mut table.folds)
    }

    /// What a user is sorted by.
    fn key_of(&self, user: UserIx) -> Option<u64> {
        match &self.table {
            Some(table) => table.keys.get(user.at()).copied().filter(|key| *key != NOWHERE),
            None => (user.at() < self.users).then_some(user.0.into()),
        }
    }

    /// How many rows there are where users of one cause are in one, as those who are open add none.
    pub fn folded_len(&self) -> usize {
        self.len() - self.folds().hidden.len()
    }

    /// How many rows there are with all folds open.
    pub fn open_len(&self) -> usize {
        self.len() + self.folds().causes.values().filter(|fold| fold.is_folded()).count()
    }

    /// What stands in a row, where users of one cause are in one.
    pub fn folded_at(&self, row: usize) -> Option<Row> {
        let hidden = &self.folds().hidden;
        // Before the hidden one with this number are so many who are not.
        let before = |at: usize| Some(self.row_of(hidden.user_at(at)?)? - at);
        let (mut from, mut upto) = (0, hidden.len());
        while from < upto {
            let at = usize::midpoint(from, upto);
            if before(at).is_some_and(|before| before <= row) { from = at + 1 } else { upto = at }
        }
        let user = self.user_at(row + from)?;
        Some(self.folds().folded(user).map_or(Row::User(user), |(cause, _)| Row::Fold(cause, user)))
    }

    /// The row of a user, or that of the fold which the user is in.
    pub fn folded_row_of(&self, user: UserIx) -> Option<usize> {
        let folds = self.folds();
        let head = match folds.folded(user) {
            Some((_, fold)) => fold.members.user_at(0)?,
            None => user,
        };
        Some(self.row_of(head)? - folds.hidden.rank(self.key_of(head)?))
    }

    /// The fold that a user is in.
    pub fn fold_of(&self, user: UserIx) -> Option<Cause> {
        self.folds().folded(user).map(|(cause, _)| cause)
    }

    /// How many are unknown by a cause, who stands alone included; none where there is no such fold.
    pub fn fold_len(&self, cause: Cause) -> Option<usize> {
        self.fold(cause).map(Fold::len)
    }

    /// The last of those in a fold.
    pub fn fold_last(&self, cause: Cause) -> Option<UserIx> {
        let members = &self.fold(cause)?.members;
        members.user_at(members.len().checked_sub(1)?)
    }

    /// One of those in a fold.
    pub fn fold_user(&self, cause: Cause, at: usize) -> Option<UserIx> {
        self.fold(cause)?.members.user_at(at)
    }

    /// The place of a user in the fold that the user is in.
    pub fn place_in_fold(&self, user: UserIx) -> Option<usize> {
        self.folds().folded(user)?.1.members.row_of(self.key_of(user)?)
    }

    /// The batches of those in a fold: the first, and how many there are.
    pub fn fold_batches(&self, cause: Cause) -> Option<(u32, usize)> {
        let batches = &self.fold(cause)?.batches;
        Some((*batches.first_key_value()?.0, batches.len()))
    }

    fn fold(&self, cause: Cause) -> Option<&Fold> {
        self.folds().causes.get(&cause).filter(|fold| fold.is_folded())
    }

    /// Whether those in a fold are listed below it.
    pub fn is_open(&self, cause: Cause) -> bool {
        self.opened.all != self.opened.except.contains(&cause)
    }

    /// Opens a fold, or closes it.
    pub fn open(&mut self, cause: Cause, open: bool) {
        if open == self.opened.all {
            self.opened.except.remove(&cause);
        } else {
            self.opened.except.insert(cause);
        }
        self.release(self.selected);
    }

    /// Opens all folds that there are or will be, or closes them.
    pub fn open_all(&mut self, open: bool) {
        self.opened.all = open;
        self.opened.except.clear();
        self.release(self.selected);
    }

    /// Who is selected stands alone where the fold is closed; who was before goes back.
    pub(super) fn release(&mut self, selected: Option<UserIx>) {
        let stays =
            |rows: &Rows, (user, cause): (UserIx, Cause)| selected == Some(user) && !rows.is_open(cause);
        if let Some((user, cause)) = self.folds().alone.filter(|alone| !stays(self, *alone))
            && let Some(key) = self.key_of(user)
        {
            self.folds_mut().gather(user, key, cause);
            self.folds_mut().number();
        }
        if let Some(user) = selected
            && let Some(cause) = self.folds().of.get(&user).copied()
            && !self.is_open(cause)
            && let Some(key) = self.key_of(user)
        {
            self.folds_mut().set_alone(user, key, cause);
            self.folds_mut().number();
        }
    }
}
