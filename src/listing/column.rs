//! The columns of the list of users: one table, in the order from left to right, from which their names,
//! heads, help, widths and orders come. What the screen draws in one is in `tui::view`.

use crate::presence::{Claims, Presence, Severity, Since, UserIx};

use super::facts::RowInputs;
use super::tokens::{Expiry, soonest_expiry};

/// Cells of the sparkline, of three minutes each.
pub const SPARK_CELLS: u16 = 10;

/// How wide the longest texts of a watch list are; 0: there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Longest {
    pub(crate) id: u16,
    pub(crate) label: u16,
    pub(crate) group: u16,
}

/// What decides over the columns, beside the width.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ColumnsAsked<'a> {
    pub(crate) longest: Longest,
    /// Times as dates, which are longer.
    pub(crate) absolute: bool,
    /// Some token ends in the far future, for which there is no short word.
    pub(crate) far: bool,
    /// All columns, however crowded, and whatever was chosen.
    pub(crate) wide: bool,
    /// These, and no others, as long as not all are to be seen.
    pub(crate) chosen: Option<&'a [ColumnName]>,
}

/// What is told of a column.
pub(crate) struct ColumnRow {
    /// As it is named in a configuration and after `:cols`.
    name: &'static str,
    /// What stands above it.
    head: &'static str,
    /// What stands in it.
    help: &'static str,
    /// Whether it is shown as long as nobody chooses.
    pub(crate) usual: bool,
    /// Its place among those that go where there is no room, from 1 on; 0: it stays.
    pub(crate) goes: u8,
    /// Its place among those that grow where there is room to spare, from 1 on; 0: it doesn't.
    pub(crate) grows: u8,
    /// Least and best width on a screen so wide; 0: it has nothing to show.
    pub(crate) widths: fn(u16, &ColumnsAsked<'_>) -> (u16, u16),
    pub(crate) order: Order,
    /// Whether it tells what happened, which says something of a user of whom nothing is known now, too.
    of_the_past: bool,
}

/// How users are sorted by a column.
pub(crate) struct Order {
    /// What the order is called.
    pub(crate) words: &'static str,
    /// What it is called the other way round.
    pub(crate) reversed: &'static str,
    /// Whether the greatest, the latest or the worst comes first.
    pub(crate) descending: bool,
    pub(crate) by: SortBy,
}

/// What users are sorted by.
#[derive(Clone, Copy)]
pub(crate) enum SortBy {
    /// A text of the watch list.
    Text,
    /// A number, the smallest first, of what is known of them.
    Known(fn(RowInputs<'_>, UserIx) -> u32),
}

impl Order {
    const fn text(words: &'static str, reversed: &'static str) -> Order {
        Order { words, reversed, descending: false, by: SortBy::Text }
    }

    const fn smallest(
        words: &'static str,
        reversed: &'static str,
        by: fn(RowInputs<'_>, UserIx) -> u32,
    ) -> Order {
        Order { words, reversed, descending: false, by: SortBy::Known(by) }
    }

    const fn greatest(
        words: &'static str,
        reversed: &'static str,
        by: fn(RowInputs<'_>, UserIx) -> u32,
    ) -> Order {
        Order { words, reversed, descending: true, by: SortBy::Known(by) }
    }
}

macro_rules! columns {
    ($($column:ident { $($row:tt)* })*) => {
        /// A column of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "named like the heads of the columns")]
        pub enum ColumnName {
            $($column,)*
        }

        impl ColumnName {
            /// All of them, from left to right.
            pub const ALL: [ColumnName; [$(ColumnName::$column),*].len()] = [$(ColumnName::$column),*];

            pub(crate) const fn row(self) -> &'static ColumnRow {
                match self {
                    $(ColumnName::$column => const { &ColumnRow { $($row)* } },)*
                }
            }
        }
    };
}

columns! {
    User {
        name: "user",
        head: "USER",
        help: "the user ID; always there",
        usual: true,
        goes: 0,
        grows: 2,
        widths: |_, asked| of_text(asked.longest.id.max(5), 9, WIDEST.id),
        order: Order::text("by user", "by user, reversed"),
        of_the_past: false,
    }
    Label {
        name: "label",
        head: "LABEL",
        help: "a name for people, from the watch list",
        usual: true,
        goes: 8,
        grows: 3,
        widths: |_, asked| of_text(asked.longest.label, 8, WIDEST.label),
        order: Order::text("by label", "by label, reversed"),
        of_the_past: false,
    }
    Group {
        name: "group",
        head: "GROUP",
        help: "what the watch list puts together",
        usual: true,
        goes: 4,
        grows: 6,
        widths: |width, asked| match asked.chosen {
            None if width < 100 && !asked.wide => (0, 0),
            _ => of_text(asked.longest.group, 8, WIDEST.group),
        },
        order: Order::text("by group", "by group, reversed"),
        of_the_past: false,
    }
    Presence {
        name: "presence",
        head: "PRESENCE",
        help: "online, background, offline or unknown",
        usual: true,
        goes: 0,
        grows: 0,
        widths: |width, _| {
            // With room for the age of a stale word: `offline ~14s`.
            let presence = if width < 70 { 12 } else { 14 };
            (presence, presence)
        },
        order: Order::smallest("by presence", "by presence, reversed", presence_rank),
        of_the_past: false,
    }
    Platforms {
        name: "platforms",
        head: "PLATFORMS",
        help: "platforms of the connections",
        usual: true,
        goes: 7,
        grows: 5,
        widths: |_, _| (9, 15),
        order: Order::smallest("by platform", "by platform, reversed", platform_rank),
        of_the_past: false,
    }
    Token {
        name: "token",
        head: "TOKEN",
        help: "the soonest end of a session token",
        usual: true,
        goes: 10,
        grows: 1,
        widths: |_, asked| {
            let best = if asked.absolute { 14 } else { 13 };
            (12, if asked.far { Claims::FAR_FUTURE.len() as u16 } else { best })
        },
        order: Order::smallest("by token expiry", "by token expiry, reversed", |inputs, user| {
            expiry_rank(soonest_expiry(inputs.knowledge.roster.connections(user)))
        }),
        of_the_past: false,
    }
    Since {
        name: "since",
        head: "SINCE",
        help: "since when the presence is what it is",
        usual: true,
        goes: 9,
        grows: 0,
        widths: |_, asked| if asked.absolute { (12, 12) } else { (6, 6) },
        order: Order::greatest("latest change first", "oldest change first", latest_first),
        of_the_past: false,
    }
    Flips {
        name: "flips",
        head: "FLIPS",
        help: "how often the user went on- or offline",
        usual: true,
        goes: 5,
        grows: 0,
        widths: |_, _| (5, 5),
        order: Order::greatest("most flips first", "fewest flips first", |inputs, user| {
            most_first(inputs.knowledge.history.of(user).flips())
        }),
        of_the_past: true,
    }
    Reconnects {
        name: "reconnects",
        head: "RECON",
        help: "how often a connection was opened anew",
        usual: false,
        goes: 1,
        grows: 0,
        widths: |_, _| (5, 5),
        order: Order::greatest("most reconnects first", "fewest reconnects first", |inputs, user| {
            most_first(inputs.knowledge.history.of(user).reconnects())
        }),
        of_the_past: true,
    }
    Conns {
        name: "conns",
        head: "CONNS",
        help: "how many connections there are",
        usual: false,
        goes: 2,
        grows: 0,
        widths: |_, _| (5, 5),
        order: Order::greatest("most connections first", "fewest connections first", |inputs, user| {
            most_first(inputs.knowledge.roster.connections(user).len() as u32)
        }),
        of_the_past: false,
    }
    Last30 {
        name: "last30",
        head: "LAST 30 MIN",
        help: "the last 30 minutes",
        usual: true,
        goes: 6,
        grows: 0,
        // As wide as its head, which is longer than its cells.
        widths: |_, _| (SPARK_CELLS + 1, SPARK_CELLS + 1),
        order: Order::greatest("most restless first", "calmest first", |inputs, user| {
            let past = inputs.knowledge.history.of(user);
            most_first(past.flips().saturating_add(past.reconnects()))
        }),
        of_the_past: true,
    }
    Findings {
        name: "findings",
        head: "FINDINGS",
        help: "what is wrong",
        usual: true,
        goes: 3,
        grows: 4,
        // Room for the name of a rule and how many there are more.
        widths: |_, _| (18, 40),
        order: Order::greatest("worst findings first", "worst findings last", findings_rank),
        of_the_past: true,
    }
}

/// Widest ID, label and group that are shown whole.
const WIDEST: Longest = Longest { id: 32, label: 24, group: 16 };

fn of_text(longest: u16, least: u16, widest: u16) -> (u16, u16) {
    if longest == 0 { (0, 0) } else { (least.min(longest.max(5)), longest.clamp(5, widest)) }
}

fn most_first(count: u32) -> u32 {
    u32::MAX - count
}

/// Half the numbers that a user can be sorted by.
const HALF: u32 = u32::MAX / 2;

/// Changes that were seen before states whose beginning was not.
fn latest_first(inputs: RowInputs<'_>, user: UserIx) -> u32 {
    let newest_first = |since: Since| {
        let age = HALF - u32::try_from(since.before_ms / 100).unwrap_or(HALF).min(HALF);
        if since.is_exact() { age } else { HALF + age }
    };
    inputs.knowledge.roster.since(user).map_or(u32::MAX, newest_first)
}

fn presence_rank(inputs: RowInputs<'_>, user: UserIx) -> u32 {
    let roster = &inputs.knowledge.roster;
    match roster.presence(user) {
        Presence::Unknown(_) => 0,
        Presence::Unregistered => 1,
        _ if roster.is_stale(user, inputs.now) => 2,
        Presence::Online => 3,
        Presence::Background => 4,
        Presence::Offline => 5,
    }
}

/// By the lowest platform number; those without a connection behind.
fn platform_rank(inputs: RowInputs<'_>, user: UserIx) -> u32 {
    let platforms = inputs.knowledge.roster.connections(user).iter().map(|it| it.connection.platform.0);
    platforms.min().map_or(u32::MAX, |platform| platform.max(0) as u32)
}

/// By the worst finding that nobody has put aside, then by how many there are.
fn findings_rank(inputs: RowInputs<'_>, user: UserIx) -> u32 {
    let count = inputs.knowledge.findings.of(user).len().min(0xffff) as u32;
    let severity = match inputs.worst(user) {
        Some(Severity::Critical) => 0,
        Some(Severity::Warning) => 1,
        Some(Severity::Info) => 2,
        None => 3,
    };
    severity << 16 | (0xffff - count)
}

fn expiry_rank(expiry: Expiry) -> u32 {
    match expiry {
        Expiry::Unreadable => 0,
        Expiry::At(seconds) => seconds.clamp(1, i64::from(u32::MAX) - 2) as u32,
        Expiry::Never => u32::MAX - 1,
        Expiry::NoToken => u32::MAX,
    }
}

impl ColumnName {
    /// Those that are shown as long as nobody chooses.
    pub fn usual() -> Vec<ColumnName> {
        ColumnName::ALL.into_iter().filter(|column| column.row().usual).collect()
    }

    /// As it is written in a configuration and after `:cols`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What stands above it.
    pub fn head(self) -> &'static str {
        self.row().head
    }

    /// What stands in it.
    pub fn help(self) -> &'static str {
        self.row().help
    }

    /// Whether it tells what happened, not what is.
    pub fn is_of_the_past(self) -> bool {
        self.row().of_the_past
    }

    /// Finds a column by its name, in any case.
    pub fn from_name(name: &str) -> Option<ColumnName> {
        ColumnName::ALL.into_iter().find(|column| column.name().eq_ignore_ascii_case(name))
    }

    /// Those that have such a place in an order, by it.
    pub(crate) fn in_order(place: impl Fn(&ColumnRow) -> u8) -> Vec<ColumnName> {
        let mut columns: Vec<_> = ColumnName::ALL.into_iter().filter(|it| place(it.row()) > 0).collect();
        columns.sort_by_key(|column| place(column.row()));
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_that_need_a_look_come_first() {
        let ranks =
            [Expiry::Unreadable, Expiry::At(-5), Expiry::At(1_700_000_000), Expiry::Never, Expiry::NoToken]
                .map(expiry_rank);
        assert!(ranks.is_sorted(), "{ranks:?}");
    }
}
