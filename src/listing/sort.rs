//! In which order users stand, and the small number that each is sorted by.

use crate::presence::{Severity, UserIx};

use super::column::{ColumnName, SortBy};
use super::facts::RowInputs;

/// What the rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortColumn {
    /// As in the watch list.
    #[default]
    List,
    /// Who needs a look first: critical findings, unknown, warnings, stale; then as in the list.
    Problems,
    /// By what stands in a column.
    Column(ColumnName),
}

impl SortColumn {
    /// All that there are.
    pub fn all() -> impl Iterator<Item = SortColumn> {
        let columns = ColumnName::ALL.into_iter().map(SortColumn::Column);
        [SortColumn::Problems, SortColumn::List].into_iter().chain(columns)
    }

    /// What the order is called: `list order`.
    pub fn words(self) -> &'static str {
        match self {
            SortColumn::List => "list order",
            SortColumn::Problems => "problems first",
            SortColumn::Column(column) => column.row().order.words,
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            SortColumn::List => "list",
            SortColumn::Problems => "problems",
            SortColumn::Column(column) => column.name(),
        }
    }

    /// Finds a column by its name on the command line.
    pub fn from_name(name: &str) -> Option<SortColumn> {
        SortColumn::all().find(|column| column.name() == name)
    }

    /// All names, for messages.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SortColumn::all().map(SortColumn::name)
    }

    /// The order that a key leads to from this one: problems, the list, then the columns that are
    /// shown, round and round.
    pub(crate) fn next(self, shown: &[ColumnName], forward: bool) -> SortColumn {
        let columns = shown.iter().copied().map(SortColumn::Column);
        let all: Vec<SortColumn> =
            [SortColumn::Problems, SortColumn::List].into_iter().chain(columns).collect();
        let at = all.iter().position(|column| *column == self);
        let next = match (at, forward) {
            (Some(at), true) => (at + 1) % all.len(),
            (Some(at), false) => (at + all.len() - 1) % all.len(),
            (None, _) => 0,
        };
        all.get(next).copied().unwrap_or_default()
    }

    /// Whether the greatest, the latest or the worst comes first unless the order is inverted.
    pub(crate) fn is_descending(self) -> bool {
        match self {
            SortColumn::List => false,
            SortColumn::Problems => true,
            SortColumn::Column(column) => column.row().order.descending,
        }
    }

    /// Whether what is known of a user decides its place.
    pub(crate) fn follows_state(self) -> bool {
        match self {
            SortColumn::List => false,
            SortColumn::Problems => true,
            SortColumn::Column(column) => matches!(column.row().order.by, SortBy::Known(_)),
        }
    }
}

/// A column and a direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// What decides the order.
    pub column: SortColumn,
    /// Whether the other end comes first.
    pub inverted: bool,
}

impl Sort {
    /// What the order is called, whichever end comes first: `latest change first`, `oldest change first`.
    pub fn words(self) -> &'static str {
        match self.column {
            column if !self.inverted => column.words(),
            SortColumn::List => "list order, reversed",
            SortColumn::Problems => "problems last",
            SortColumn::Column(column) => column.row().order.reversed,
        }
    }
}

/// Packs what a user is sorted by with its place in the list, which decides between equals. `rank` is
/// the place in the order of a text column.
pub(crate) fn sort_key(sort: Sort, rank: u32, inputs: RowInputs<'_>, user: UserIx) -> u64 {
    let key = match sort.column {
        SortColumn::List if sort.inverted => user.0,
        SortColumn::List => 0,
        SortColumn::Problems => problem_rank(inputs, user),
        SortColumn::Column(column) => match column.row().order.by {
            SortBy::Text => rank,
            SortBy::Known(number) => number(inputs, user),
        },
    };
    let key = if sort.inverted { !key } else { key };
    u64::from(key) << 32 | u64::from(user.0)
}

/// What goes well is all alike, so that rows stay where they are while people come and go.
fn problem_rank(inputs: RowInputs<'_>, user: UserIx) -> u32 {
    match inputs.worst(user) {
        Some(Severity::Critical) => 0,
        _ if inputs.is_unknown(user) || inputs.knowledge.roster.is_lost(user) => 1,
        Some(Severity::Warning) => 2,
        _ if inputs.is_stale(user) => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_round_both_ways() {
        let shown = [ColumnName::User, ColumnName::Token];
        let mut column = SortColumn::Problems;
        for expected in ["list", "user", "token", "problems"] {
            let next = column.next(&shown, true);
            assert_eq!((next.name(), next.next(&shown, false)), (expected, column));
            column = next;
        }
        assert_eq!(SortColumn::Column(ColumnName::Group).next(&shown, true), SortColumn::Problems);
        for column in SortColumn::all() {
            assert_eq!(SortColumn::from_name(column.name()), Some(column));
        }
        assert_eq!(SortColumn::from_name("id"), None);
    }
}
