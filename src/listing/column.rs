//! The columns of the list of users: one table, in the order from left to right, from which their names,
//! heads, help, widths and orders come, and their cells on the screen, in a table of text and in CSV.

use crate::presence::{Claims, UserIx, WatchList};
use crate::words;

use super::cell::{self, CsvColumn, ScreenCell, TextColumn, There, in_csv, in_text};
use super::facts::{Known, RowInputs};
use super::sort::{expiry_rank, findings_rank, latest_first, most_first, platform_rank, presence_rank};
use super::tokens::soonest_expiry;

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
    /// The key that sorts by it, after the one that asks for a column.
    pub(crate) letter: char,
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
    pub(crate) tells: Tells,
    /// What stands in it on the screen.
    pub(crate) cell: for<'a> fn(Known<'a>, UserIx) -> ScreenCell<'a>,
    /// What it is in a table of text.
    text: &'static [TextColumn],
    /// What it is in CSV.
    csv: &'static [CsvColumn],
}

/// What a column tells of a user. Of whom nothing is known now there is still a name and a past.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tells {
    Who,
    Now,
    Past,
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
    /// A text of the watch list; who has none comes behind all who have.
    Text(fn(&WatchList, UserIx) -> Option<&str>),
    /// A number, the smallest first, of what is known of them.
    Known(fn(RowInputs<'_>, UserIx) -> u32),
}

impl Order {
    const fn text(
        words: &'static str,
        reversed: &'static str,
        of: fn(&WatchList, UserIx) -> Option<&str>,
    ) -> Order {
        Order { words, reversed, descending: false, by: SortBy::Text(of) }
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
        letter: 'u',
        head: words!("USER"),
        help: words!("the user ID; always there"),
        usual: true,
        goes: 0,
        grows: 2,
        widths: |_, asked| of_text(asked.longest.id.max(5), 9, WIDEST.id),
        order: Order::text(words!("by user"), words!("by user, reversed"), |list, user| Some(list.raw_id(user))),
        tells: Tells::Who,
        cell: |known, user| ScreenCell::Id(known.names.user(known.list().raw_id(user))),
        text: &[in_text("USER", There::Always, |user, _| cell::in_one_cell(&user.id))],
        csv: &[in_csv(1, "id", |user, _| user.id.clone())],
    }
    Label {
        name: "label",
        letter: 'l',
        head: words!("LABEL"),
        help: words!("a name for people, from the watch list"),
        usual: true,
        goes: 8,
        grows: 3,
        widths: |_, asked| of_text(asked.longest.label, 8, WIDEST.label),
        order: Order::text(words!("by label"), words!("by label, reversed"), WatchList::label),
        tells: Tells::Who,
        cell: |known, user| {
            let label = known.list().label(user);
            ScreenCell::Name(label.map(|label| known.names.label(label)).unwrap_or_default())
        },
        text: &[in_text("LABEL", There::Filled, |user, _| cell::text(user.label.as_deref()))],
        csv: &[in_csv(2, "label", |user, _| user.label.clone().unwrap_or_default())],
    }
    Group {
        name: "group",
        letter: 'g',
        head: words!("GROUP"),
        help: words!("what the watch list puts together"),
        usual: true,
        goes: 4,
        grows: 7,
        widths: |width, asked| match asked.chosen {
            None if width < 100 && !asked.wide => (0, 0),
            _ => of_text(asked.longest.group, 8, WIDEST.group),
        },
        order: Order::text(words!("by group"), words!("by group, reversed"), WatchList::group),
        tells: Tells::Who,
        cell: |known, user| {
            let group = known.list().group(user);
            ScreenCell::Text(group.map(|group| known.names.group(group)).unwrap_or_default())
        },
        text: &[in_text("GROUP", There::Filled, |user, _| cell::text(user.group.as_deref()))],
        csv: &[in_csv(3, "group", |user, _| user.group.clone().unwrap_or_default())],
    }
    Presence {
        name: "presence",
        letter: 'p',
        head: words!("PRESENCE"),
        help: words!("online, background, offline or unknown"),
        usual: true,
        goes: 0,
        grows: 6,
        widths: |width, _| match width {
            0..70 => (12, 12),
            // With room for the age of a stale word, `offline ~14s`, or for why nothing is known.
            70..120 => (14, 14),
            // And for the word and the reason: `unknown  gateway hangs`.
            _ => (14, 24),
        },
        order: Order::smallest(words!("by presence"), words!("by presence, reversed"), presence_rank),
        tells: Tells::Now,
        cell: |_, _| ScreenCell::Presence,
        text: &[
            in_text("PRESENCE", There::Always, |user, _| user.presence.to_owned()),
            in_text("WHY", There::OnlyFilled, |user, _| cell::why(user)),
        ],
        csv: &[
            in_csv(4, "presence", |user, _| user.presence.to_owned()),
            in_csv(5, "why", |user, _| user.why.clone().unwrap_or_default()),
            in_csv(6, "stale", |user, _| user.stale.to_string()),
            in_csv(7, "age_ms", |user, _| user.age_ms.map_or_else(String::new, |ms| ms.to_string())),
            in_csv(18, "basis", |user, _| user.basis.unwrap_or_default().to_owned()),
        ],
    }
    Platforms {
        name: "platforms",
        letter: 'o',
        head: words!("PLATFORMS"),
        help: words!("platforms of the connections"),
        usual: true,
        goes: 7,
        grows: 5,
        widths: |_, _| (9, 15),
        order: Order::smallest(words!("by platform"), words!("by platform, reversed"), platform_rank),
        tells: Tells::Now,
        cell: cell::platforms_shown,
        text: &[in_text("PLATFORMS", There::Always, |user, _| cell::platforms_text(user))],
        csv: &[in_csv(14, "platforms", |user, _| {
            user.connections.iter().map(|it| it.platform.as_str()).collect::<Vec<_>>().join(" ")
        })],
    }
    Token {
        name: "token",
        letter: 't',
        head: words!("TOKEN"),
        help: words!("the soonest end of a session token"),
        usual: true,
        goes: 10,
        grows: 1,
        widths: |_, asked| {
            let best = if asked.absolute { 14 } else { 13 };
            (12, if asked.far { Claims::FAR_FUTURE.len() as u16 } else { best })
        },
        order: Order::smallest(words!("by token expiry"), words!("by token expiry, reversed"), |inputs, user| {
            expiry_rank(soonest_expiry(inputs.knowledge.roster.connections(user)))
        }),
        tells: Tells::Now,
        cell: cell::token_shown,
        text: &[in_text("TOKEN", There::Filled, cell::token_text)],
        csv: &[in_csv(15, "token_expires", |user, _| cell::token_expires(user))],
    }
    Since {
        name: "since",
        letter: 's',
        head: words!("SINCE"),
        help: words!("since when the presence is what it is"),
        usual: true,
        goes: 9,
        grows: 0,
        widths: |_, asked| if asked.absolute { (12, 12) } else { (6, 6) },
        order: Order::greatest(words!("latest change first"), words!("oldest change first"), latest_first),
        tells: Tells::Now,
        cell: |known, user| {
            known.knowledge.roster.since(user).map_or(ScreenCell::Nothing, ScreenCell::Since)
        },
        text: &[in_text("SINCE", There::Filled, cell::since_text)],
        csv: &[
            in_csv(8, "since", |user, _| cell::time(user.since)),
            in_csv(9, "since_exact", |user, _| user.since_exact.to_string()),
            // The time of all this, by which ages can be told.
            in_csv(17, "at", |_, at| cell::time(at)),
        ],
    }
    Flips {
        name: "flips",
        letter: 'f',
        head: words!("FLIPS"),
        help: words!("how often the user went on- or offline"),
        usual: true,
        goes: 5,
        grows: 0,
        widths: |_, _| (5, 5),
        order: Order::greatest(words!("most flips first"), words!("fewest flips first"), |inputs, user| {
            most_first(inputs.knowledge.history.of(user).flips())
        }),
        tells: Tells::Past,
        cell: |known, user| ScreenCell::Count(known.knowledge.history.of(user).flips()),
        text: &[in_text("FLIPS", There::Chosen, |user, _| user.flips.to_string())],
        csv: &[in_csv(10, "flips", |user, _| user.flips.to_string())],
    }
    Reconnects {
        name: "reconnects",
        letter: 'r',
        head: words!("RECON"),
        help: words!("how often the user reconnected without going offline"),
        usual: false,
        goes: 1,
        grows: 0,
        widths: |_, _| (5, 5),
        order: Order::greatest(words!("most reconnects first"), words!("fewest reconnects first"), |inputs, user| {
            most_first(inputs.knowledge.history.of(user).reconnects())
        }),
        tells: Tells::Past,
        cell: |known, user| ScreenCell::Count(known.knowledge.history.of(user).reconnects()),
        text: &[in_text("RECONNECTS", There::Chosen, |user, _| user.reconnects.to_string())],
        csv: &[in_csv(11, "reconnects", |user, _| user.reconnects.to_string())],
    }
    Conns {
        name: "conns",
        letter: 'c',
        head: words!("CONNS"),
        help: words!("how many connections there are"),
        usual: false,
        goes: 2,
        grows: 0,
        widths: |_, _| (5, 5),
        order: Order::greatest(words!("most connections first"), words!("fewest connections first"), |inputs, user| {
            most_first(inputs.knowledge.roster.connections(user).len() as u32)
        }),
        tells: Tells::Now,
        cell: |known, user| ScreenCell::Count(known.knowledge.roster.connections(user).len() as u32),
        text: &[in_text("CONNS", There::Chosen, |user, _| user.connections.len().to_string())],
        csv: &[
            in_csv(12, "connections", |user, _| user.connections.len().to_string()),
            in_csv(13, "background", |user, _| cell::how_many(user, |it| it.background)),
            in_csv(19, "unseen", |user, _| cell::how_many(user, |it| it.unseen_since.is_some())),
        ],
    }
    Delivery {
        name: "delivery",
        letter: 'd',
        head: words!("DELIVERY"),
        help: words!("how a message that is sent now reaches the user"),
        usual: false,
        goes: 2,
        grows: 0,
        widths: |_, _| (8, 8),
        order: Order::smallest(words!("worst delivery first"), words!("best delivery first"), |inputs, user| {
            inputs.knowledge.delivery(user) as u32
        }),
        tells: Tells::Now,
        cell: |known, user| ScreenCell::Text(known.knowledge.delivery(user).word().into()),
        text: &[in_text("DELIVERY", There::Chosen, |user, _| user.delivery.to_owned())],
        csv: &[in_csv(20, "delivery", |user, _| user.delivery.to_owned())],
    }
    Last30 {
        name: "last30",
        letter: 'a',
        head: words!("LAST 30 MIN"),
        help: words!("the last 30 minutes"),
        usual: true,
        goes: 6,
        grows: 0,
        // As wide as its head, which is longer than its cells.
        widths: |_, _| (SPARK_CELLS + 1, SPARK_CELLS + 1),
        order: Order::greatest(words!("most restless first"), words!("calmest first"), |inputs, user| {
            let past = inputs.knowledge.history.of(user);
            most_first(past.flips().saturating_add(past.reconnects()))
        }),
        tells: Tells::Past,
        cell: |_, _| ScreenCell::Past,
        // Its signs are for a screen alone.
        text: &[],
        csv: &[],
    }
    Findings {
        name: "findings",
        letter: 'w',
        head: words!("FINDINGS"),
        help: words!("what is wrong"),
        usual: true,
        goes: 3,
        grows: 4,
        // Room for the name of a rule and how many there are more.
        widths: |_, _| (18, 40),
        order: Order::greatest(words!("worst findings first"), words!("worst findings last"), findings_rank),
        tells: Tells::Past,
        cell: |_, _| ScreenCell::Findings,
        text: &[in_text("FINDINGS", There::Filled, |user, _| cell::findings_text(user))],
        csv: &[in_csv(16, "findings", |user, _| {
            let mut rules: Vec<&str> = user.findings.iter().map(|finding| finding.rule).collect();
            rules.dedup();
            rules.join(" ")
        })],
    }
}

/// Widest ID, label and group that are shown whole.
const WIDEST: Longest = Longest { id: 32, label: 24, group: 16 };

fn of_text(longest: u16, least: u16, widest: u16) -> (u16, u16) {
    if longest == 0 { (0, 0) } else { (least.min(longest.max(5)), longest.clamp(5, widest)) }
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

    /// What it is in a table of text.
    pub(crate) fn in_text(self) -> &'static [TextColumn] {
        self.row().text
    }

    /// The columns of CSV, in their order.
    pub(crate) fn in_csv() -> Vec<&'static CsvColumn> {
        let mut columns: Vec<_> = ColumnName::ALL.into_iter().flat_map(|column| column.row().csv).collect();
        columns.sort_by_key(|column| column.place);
        columns
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
