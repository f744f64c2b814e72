//! Where the selection is, what is expanded, and which lines are on the screen.
//!
//! The selection is a user and perhaps a connection, never a row. Lines are walked from the
//! selection up and down, so that a frame costs as much as the screen is high, however many users
//! there are and however many of them are expanded.

use std::collections::HashSet;

use crate::presence::{ConnId, Roster, UserIx};

use crate::listing::{Cause, Row, Rows};

/// What is selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The user; the first of them, where several are folded into one line.
    pub user: UserIx,
    /// One of the user's connections.
    pub connection: Option<ConnId>,
    /// All who are unknown by this cause, while they are folded into one line.
    pub fold: Option<Cause>,
}

impl Cursor {
    /// On a user.
    pub fn on(user: UserIx) -> Cursor {
        Cursor { user, connection: None, fold: None }
    }

    /// The one user that is selected, and not several.
    pub fn one(&self) -> Option<UserIx> {
        self.fold.is_none().then_some(self.user)
    }
}

/// Whose connections are shown.
#[derive(Clone, Debug, Default)]
pub struct Expansion {
    /// Whether everybody's are, but for the exceptions.
    pub(super) all: bool,
    pub(super) except: HashSet<UserIx>,
}

impl Expansion {
    /// Whether the user's connections are shown.
    pub fn contains(&self, user: UserIx) -> bool {
        self.all != self.except.contains(&user)
    }

    pub(super) fn set(&mut self, user: UserIx, expanded: bool) {
        if expanded == self.all {
            self.except.remove(&user);
        } else {
            self.except.insert(user);
        }
    }

    pub(super) fn set_all(&mut self, expanded: bool) {
        self.all = expanded;
        self.except.clear();
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Users who are unknown by one cause, and the first of them.
    Fold(Cause, UserIx),
    /// A user.
    User(UserIx),
    /// One of the user's connections, by its place among them.
    Connection(UserIx, usize),
}

impl Line {
    /// Whose line it is.
    pub fn user(self) -> UserIx {
        match self {
            Line::Fold(_, user) | Line::User(user) | Line::Connection(user, _) => user,
        }
    }
}

/// The lines of the table, walked one by one.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a> {
    pub(super) rows: &'a Rows,
    pub(super) roster: &'a Roster,
    pub(super) expansion: &'a Expansion,
}

impl Lines<'_> {
    fn connections(&self, user: UserIx) -> usize {
        if self.expansion.contains(user) { self.roster.connections(user).len() } else { 0 }
    }

    fn last_of(&self, user: UserIx) -> Line {
        match self.connections(user).checked_sub(1) {
            Some(last) => Line::Connection(user, last),
            None => Line::User(user),
        }
    }

    /// The first line of a row, counted with folds.
    fn first_in(&self, row: usize) -> Option<Line> {
        Some(match self.rows.folded_at(row)? {
            Row::User(user) => Line::User(user),
            Row::Fold(cause, user) => Line::Fold(cause, user),
        })
    }

    /// The last line of a row.
    fn last_in(&self, row: usize) -> Option<Line> {
        Some(match self.rows.folded_at(row)? {
            Row::User(user) => self.last_of(user),
            Row::Fold(cause, user) if self.rows.is_open(cause) => {
                self.last_of(self.rows.fold_last(cause).unwrap_or(user))
            }
            Row::Fold(cause, user) => Line::Fold(cause, user),
        })
    }

    pub(super) fn first(&self) -> Option<Line> {
        self.first_in(0)
    }

    pub(super) fn last(&self) -> Option<Line> {
        self.last_in(self.rows.folded_len().checked_sub(1)?)
    }

    pub(super) fn after(&self, line: Line) -> Option<Line> {
        let user = line.user();
        let next = match line {
            Line::Fold(cause, _) if self.rows.is_open(cause) => return Some(Line::User(user)),
            Line::Fold(..) => return self.first_in(self.rows.folded_row_of(user)? + 1),
            Line::User(_) => 0,
            Line::Connection(_, at) => at + 1,
        };
        if next < self.connections(user) {
            return Some(Line::Connection(user, next));
        }
        let in_fold = self.rows.fold_of(user).zip(self.rows.place_in_fold(user));
        let sibling = in_fold.and_then(|(cause, at)| self.rows.fold_user(cause, at + 1));
        sibling.map(Line::User).or_else(|| self.first_in(self.rows.folded_row_of(user)? + 1))
    }

    pub(super) fn before(&self, line: Line) -> Option<Line> {
        match line {
            Line::Connection(user, 0) => Some(Line::User(user)),
            Line::Connection(user, at) => Some(Line::Connection(user, at - 1)),
            Line::User(user) if let Some(cause) = self.rows.fold_of(user) => {
                match self.rows.place_in_fold(user)?.checked_sub(1) {
                    Some(before) => self.rows.fold_user(cause, before).map(|user| self.last_of(user)),
                    None => Some(Line::Fold(cause, user)),
                }
            }
            Line::Fold(_, user) | Line::User(user) => {
                self.last_in(self.rows.folded_row_of(user)?.checked_sub(1)?)
            }
        }
    }

    /// At most `limit` steps up or down; returns where that leads and how many it took.
    pub(super) fn walk(&self, from: Line, limit: usize, down: bool) -> (Line, usize) {
        let mut line = from;
        for taken in 0..limit {
            let next = if down { self.after(line) } else { self.before(line) };
            match next {
                Some(next) => line = next,
                None => return (line, taken),
            }
        }
        (line, limit)
    }

    /// The line of the selection; that of its user where the connection is not shown.
    pub(super) fn line_of(&self, cursor: &Cursor) -> Option<Line> {
        if let Some(cause) = cursor.fold
            && let Some(first) = self.rows.fold_user(cause, 0)
        {
            return Some(Line::Fold(cause, first));
        }
        self.rows.row_of(cursor.user)?;
        if let Some(cause) = self.rows.fold_of(cursor.user).filter(|cause| !self.rows.is_open(*cause)) {
            return Some(Line::Fold(cause, self.rows.fold_user(cause, 0)?));
        }
        let shown = self.connections(cursor.user);
        let at = cursor.connection.as_ref().and_then(|id| {
            self.roster.connections(cursor.user).iter().position(|tracked| tracked.connection.id == *id)
        });
        Some(match at.filter(|at| *at < shown) {
            Some(at) => Line::Connection(cursor.user, at),
            None => Line::User(cursor.user),
        })
    }

    pub(super) fn cursor_at(&self, line: Line) -> Cursor {
        let user = line.user();
        match line {
            Line::Fold(cause, _) => Cursor { fold: Some(cause), ..Cursor::on(user) },
            Line::User(_) => Cursor::on(user),
            Line::Connection(_, at) => {
                let connection = self.roster.connections(user).get(at).map(|it| it.connection.id.clone());
                Cursor { connection, ..Cursor::on(user) }
            }
        }
    }

    /// On which row of a screen so high the selection should stand, as near to `wished` as the ends
    /// of the list allow.
    pub(super) fn settle(&self, selected: Line, wished: u16, height: u16) -> u16 {
        let (height, wished) = (usize::from(height), usize::from(wished.min(height.saturating_sub(1))));
        let (_, above) = self.walk(selected, height, false);
        let (_, below) = self.walk(selected, height.saturating_sub(1 + wished), true);
        let bottom = height.saturating_sub(1 + below);
        wished.max(bottom).min(above) as u16
    }

    /// The lines on a screen so high, with the selection on its row.
    pub(super) fn window(&self, selected: Option<(Line, u16)>, height: u16) -> Vec<Line> {
        let top = match selected {
            Some((line, row)) => Some(self.walk(line, usize::from(self.settle(line, row, height)), false).0),
            None => self.first(),
        };
        std::iter::successors(top, |line| self.after(*line)).take(usize::from(height)).collect()
    }
}
