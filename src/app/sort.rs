//! In which order users stand, and the small number that each is sorted by.

use crate::presence::{Moment, Presence, Roster, UserIx};

use super::tokens::{Expiry, soonest_expiry};

/// What the rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortColumn {
    /// As in the watch list.
    #[default]
    List,
    /// By user ID.
    User,
    /// Problems first: unknown, stale, then online, background, offline.
    Presence,
    /// By the soonest end of a session token; unreadable ones first.
    Token,
    /// The latest change first; those whose last change nobody saw come behind.
    Since,
}

/// The columns in the order in which keys walk through them.
const COLUMNS: [SortColumn; 5] =
    [SortColumn::List, SortColumn::User, SortColumn::Presence, SortColumn::Token, SortColumn::Since];

impl SortColumn {
    /// What the order is called: `list order`.
    pub fn words(self) -> &'static str {
        match self {
            SortColumn::List => "list order",
            SortColumn::User => "by user",
            SortColumn::Presence => "problems first",
            SortColumn::Token => "by token expiry",
            SortColumn::Since => "latest change first",
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            SortColumn::List => "list",
            SortColumn::User => "user",
            SortColumn::Presence => "presence",
            SortColumn::Token => "token",
            SortColumn::Since => "since",
        }
    }

    /// Finds a column by its name on the command line.
    pub fn from_name(name: &str) -> Option<SortColumn> {
        COLUMNS.into_iter().find(|column| column.name() == name)
    }

    /// All names, for messages.
    pub fn names() -> impl Iterator<Item = &'static str> {
        COLUMNS.into_iter().map(SortColumn::name)
    }

    /// The column so many steps on.
    pub(super) fn step(self, by: usize) -> SortColumn {
        let at = COLUMNS.iter().position(|column| *column == self).unwrap_or(0);
        COLUMNS.get((at + by) % COLUMNS.len()).copied().unwrap_or_default()
    }

    /// The column before.
    pub(super) fn step_back(self) -> SortColumn {
        self.step(COLUMNS.len() - 1)
    }

    /// Whether what is known of a user decides its place.
    pub(super) fn follows_state(self) -> bool {
        matches!(self, SortColumn::Presence | SortColumn::Token | SortColumn::Since)
    }
}

/// A column and a direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// The column.
    pub column: SortColumn,
    /// Whether the other end comes first.
    pub inverted: bool,
}

/// Half the numbers that a user can be sorted by.
const HALF: u32 = u32::MAX / 2;

/// Packs what a user is sorted by with its place in the list, which decides between equals.
pub(super) fn sort_key(sort: Sort, rank: u32, roster: &Roster, now: Moment, user: UserIx) -> u64 {
    let key = match sort.column {
        SortColumn::List => {
            if sort.inverted {
                user.0
            } else {
                0
            }
        }
        SortColumn::User => rank,
        SortColumn::Presence => presence_rank(roster, now, user),
        SortColumn::Token => expiry_rank(soonest_expiry(roster.connections(user))),
        SortColumn::Since => {
            let newest_first = |since: crate::presence::Since| {
                // Changes that were seen before states whose beginning was not.
                let age = HALF - u32::try_from(since.before_ms / 100).unwrap_or(HALF).min(HALF);
                if since.is_exact() { age } else { HALF + age }
            };
            roster.since(user).map_or(u32::MAX, newest_first)
        }
    };
    let key = if sort.inverted { !key } else { key };
    u64::from(key) << 32 | u64::from(user.0)
}

fn presence_rank(roster: &Roster, now: Moment, user: UserIx) -> u32 {
    match roster.presence(user) {
        Presence::Unknown(_) => 0,
        Presence::Unregistered => 1,
        _ if roster.is_stale(user, now) => 2,
        Presence::Online => 3,
        Presence::Background => 4,
        Presence::Offline => 5,
    }
}

fn expiry_rank(expiry: Expiry) -> u32 {
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
        for column in COLUMNS {
            assert_eq!(column.step(1).step_back(), column);
            assert_eq!(SortColumn::from_name(column.name()), Some(column));
        }
        assert_eq!(SortColumn::Since.step(1), SortColumn::List);
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
