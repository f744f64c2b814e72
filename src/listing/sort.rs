//! In which order users stand, and the small number that each is sorted by.

use crate::presence::{Presence, Severity, Since, UserIx};
use crate::words;

use super::column::{ColumnName, SortBy};
use super::facts::RowInputs;
use super::tokens::Expiry;

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
            SortColumn::List => words!("list order"),
            SortColumn::Problems => words!("problems first"),
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

    /// The letter that names it where a key asks for one.
    pub fn letter(self) -> char {
        match self {
            SortColumn::List => '0',
            SortColumn::Problems => '!',
            SortColumn::Column(column) => column.row().letter,
        }
    }

    /// Finds a column by its letter.
    pub fn from_letter(letter: char) -> Option<SortColumn> {
        SortColumn::all().find(|column| column.letter() == letter)
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
            SortColumn::List => words!("list order, reversed"),
            SortColumn::Problems => words!("problems last"),
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
            SortBy::Text(_) => rank,
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

pub(super) fn most_first(count: u32) -> u32 {
    u32::MAX - count
}

/// Half the numbers that a user can be sorted by.
const HALF: u32 = u32::MAX / 2;

/// Changes that were seen before states whose beginning was not.
pub(super) fn latest_first(scene: RowInputs<'_>, user: UserIx) -> u32 {
    let newest_first = |since: Since| {
        let age = HALF - u32::try_from(since.before_ms / 100).unwrap_or(HALF).min(HALF);
        if since.is_exact() { age } else { HALF + age }
    };
    scene.knowledge.roster.since(user).map_or(u32::MAX, newest_first)
}

pub(super) fn presence_rank(scene: RowInputs<'_>, user: UserIx) -> u32 {
    let roster = &scene.knowledge.roster;
    match roster.presence(user) {
        Presence::Unknown(_) => 0,
        Presence::Unregistered => 1,
        _ if roster.is_stale(user, scene.now) => 2,
        Presence::Online => 3,
        Presence::Background => 4,
        Presence::Offline => 5,
    }
}

/// By the lowest platform number; those without a connection behind.
pub(super) fn platform_rank(scene: RowInputs<'_>, user: UserIx) -> u32 {
    let platforms = scene.knowledge.roster.connections(user).iter().map(|it| it.connection.platform.0);
    platforms.min().map_or(u32::MAX, |platform| platform.max(0) as u32)
}

/// By the worst finding that nobody has put aside, then by how many there are.
pub(super) fn findings_rank(scene: RowInputs<'_>, user: UserIx) -> u32 {
    let count = scene.knowledge.findings.of(user).len().min(0xffff) as u32;
    let severity = match scene.worst(user) {
        Some(Severity::Critical) => 0,
        Some(Severity::Warning) => 1,
        Some(Severity::Info) => 2,
        None => 3,
    };
    severity << 16 | (0xffff - count)
}

pub(super) fn expiry_rank(expiry: Expiry) -> u32 {
    match expiry {
        Expiry::Unreadable => 0,
        Expiry::At(seconds) => seconds.clamp(1, i64::from(u32::MAX) - 2) as u32,
        Expiry::Never => u32::MAX - 1,
        Expiry::NoToken => u32::MAX,
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
            assert_eq!(SortColumn::from_letter(column.letter()), Some(column), "each letter is used once");
        }
        assert_eq!(SortColumn::from_name("id"), None);
    }

    #[test]
    fn tokens_that_need_a_look_come_first() {
        let ranks =
            [Expiry::Unreadable, Expiry::At(-5), Expiry::At(1_700_000_000), Expiry::Never, Expiry::NoToken]
                .map(expiry_rank);
        assert!(ranks.is_sorted(), "{ranks:?}");
    }
}
