//! Which parts of the screen go where, and which are left out when it is small.
//!
//! One pure function that `update` and `view` share. What goes, in this order:
//!
//! | rows fewer than | goes |
//! |---|---|
//! | 40, 30, 24, 18 | events at the foot: 8, 5, 3, 2, then 1 line |
//! | 18 | the upper rule |
//! | 15 | events and the lower rule |
//! | 10 | all notes but the first, the head of the table |
//! | 8 | the counts |
//! | 5 | everything: the screen says that it is too small |
//!
//! | columns too few for the rest | goes |
//! |---|---|
//! | first | RECON, CONNS (there only in the wide table, or by choice: then last) |
//! | then | FINDINGS |
//! | then | GROUP (at once below 100 columns) |
//! | then | FLIPS, LAST 30 MIN |
//! | then | PLATFORMS |
//! | then | LABEL |
//! | then | SINCE |
//! | then | TOKEN |
//! | then | the full word of PRESENCE: `on` `bg` `off` `unk` |

use ratatui::layout::Rect;

use crate::presence::FAR_FUTURE;

/// Narrowest screen that shows anything.
pub const MIN_WIDTH: u16 = 20;
/// Lowest screen that shows anything.
pub const MIN_HEIGHT: u16 = 5;

/// Where each part of the screen is; parts that are left out have no height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Program, server, state of the feed.
    pub header: Rect,
    /// How many users are what.
    pub counts: Rect,
    /// Errors, banners, the filter.
    pub notes: Rect,
    /// A line between head and body.
    pub upper_rule: Rect,
    /// Names of the columns.
    pub table_head: Rect,
    /// The users, the detail or the help.
    pub body: Rect,
    /// A line between body and events.
    pub lower_rule: Rect,
    /// What happened last.
    pub events: Rect,
    /// Keys that work now.
    pub footer: Rect,
}

/// What there is to lay out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Notes to show.
    pub notes: u16,
    /// Whether the body is the table, which has a head.
    pub table: bool,
    /// Most events to show at the foot; with none the rule above them goes too.
    pub events: u16,
    /// Whether the events have the keys and half of the room.
    pub pane: bool,
    /// Whether the last row has something to say.
    pub footer: bool,
}

/// Lays out a screen; `None` where it is too small for anything.
pub fn layout(area: Rect, content: Content) -> Option<Layout> {
    let Content { notes, table, .. } = content;
    if area.width < MIN_WIDTH || area.height < MIN_HEIGHT {
        return None;
    }
    let rows = area.height;
    let events = match rows {
        40.. => 8,
        30.. => 5,
        24.. => 3,
        18.. => 2,
        15.. => 1,
        _ => 0,
    }
    .min(content.events);
    let notes = if rows < 10 { notes.min(1) } else { notes.min(rows / 4) };
    let mut y = area.y;
    let mut take = |height: u16| {
        let part = Rect { x: area.x, y, width: area.width, height };
        y += height;
        part
    };
    let head = [1, u16::from(rows >= 8), notes, u16::from(rows >= 18), u16::from(table && rows >= 10)];
    let mut foot = [u16::from(rows >= 15 && content.events > 0), events, u16::from(content.footer)];
    let rest = |foot: [u16; 3]| rows.saturating_sub(head.iter().sum::<u16>() + foot.iter().sum::<u16>());
    if content.pane && foot[0] > 0 {
        foot[1] = foot[1].max(u16::midpoint(rest(foot), foot[1]));
    }
    let body = rest(foot);
    Some(Layout {
        header: take(head[0]),
        counts: take(head[1]),
        notes: take(head[2]),
        upper_rule: take(head[3]),
        table_head: take(head[4]),
        body: take(body),
        lower_rule: take(foot[0]),
        events: take(foot[1]),
        footer: take(foot[2]),
    })
}

/// A column of the table, as it is named in a configuration and after `:cols`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "named like the heads of the columns")]
pub enum ColumnName {
    User,
    Label,
    Group,
    Presence,
    Platforms,
    Token,
    Since,
    Flips,
    Reconnects,
    Conns,
    Last30,
    Findings,
}

impl ColumnName {
    /// All of them, from left to right.
    pub const ALL: [ColumnName; 12] = [
        ColumnName::User,
        ColumnName::Label,
        ColumnName::Group,
        ColumnName::Presence,
        ColumnName::Platforms,
        ColumnName::Token,
        ColumnName::Since,
        ColumnName::Flips,
        ColumnName::Reconnects,
        ColumnName::Conns,
        ColumnName::Last30,
        ColumnName::Findings,
    ];

    /// Those that are shown as long as nobody chooses.
    pub const USUAL: [ColumnName; 10] = [
        ColumnName::User,
        ColumnName::Label,
        ColumnName::Group,
        ColumnName::Presence,
        ColumnName::Platforms,
        ColumnName::Token,
        ColumnName::Since,
        ColumnName::Flips,
        ColumnName::Last30,
        ColumnName::Findings,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            ColumnName::User => "user",
            ColumnName::Label => "label",
            ColumnName::Group => "group",
            ColumnName::Presence => "presence",
            ColumnName::Platforms => "platforms",
            ColumnName::Token => "token",
            ColumnName::Since => "since",
            ColumnName::Flips => "flips",
            ColumnName::Reconnects => "reconnects",
            ColumnName::Conns => "conns",
            ColumnName::Last30 => "last30",
            ColumnName::Findings => "findings",
        }
    }

    /// What stands above it.
    pub fn head(self) -> &'static str {
        match self {
            ColumnName::User => "USER",
            ColumnName::Label => "LABEL",
            ColumnName::Group => "GROUP",
            ColumnName::Presence => "PRESENCE",
            ColumnName::Platforms => "PLATFORMS",
            ColumnName::Conns => "CONNS",
            ColumnName::Token => "TOKEN",
            ColumnName::Since => "SINCE",
            ColumnName::Flips => "FLIPS",
            ColumnName::Reconnects => "RECON",
            ColumnName::Last30 => "LAST 30 MIN",
            ColumnName::Findings => "FINDINGS",
        }
    }

    /// What stands in it.
    pub fn help(self) -> &'static str {
        match self {
            ColumnName::User => "the user ID; always there",
            ColumnName::Label => "a name for people, from the watch list",
            ColumnName::Group => "what the watch list puts together",
            ColumnName::Presence => "online, background, offline or unknown",
            ColumnName::Platforms => "platforms of the connections",
            ColumnName::Token => "the soonest end of a session token",
            ColumnName::Since => "since when the presence is what it is",
            ColumnName::Flips => "how often the user went on- or offline",
            ColumnName::Reconnects => "how often a connection was opened anew",
            ColumnName::Conns => "how many connections there are",
            ColumnName::Last30 => "the last 30 minutes",
            ColumnName::Findings => "what is wrong",
        }
    }

    /// Finds a column by its name, in any case.
    pub fn from_name(name: &str) -> Option<ColumnName> {
        ColumnName::ALL.into_iter().find(|column| column.name().eq_ignore_ascii_case(name))
    }
}

/// Where a column begins and how wide it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// First column of the screen, counted from the left of the table.
    pub x: u16,
    /// Width without the gap to the next; 0: left out.
    pub width: u16,
}

/// The columns of the table that have room, and where each is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    shown: Vec<(ColumnName, Column)>,
}

impl Columns {
    /// Where a column is; without a width where it has no room.
    pub fn column(&self, name: ColumnName) -> Column {
        self.shown.iter().find(|(shown, _)| *shown == name).map(|(_, column)| *column).unwrap_or_default()
    }

    /// All that have room, from left to right.
    pub fn iter(&self) -> impl Iterator<Item = (ColumnName, Column)> + '_ {
        self.shown.iter().copied()
    }

    /// Where what stands to the right of a column ends, for a text that takes all of it.
    pub fn from(&self, name: ColumnName, width: u16) -> Column {
        let x = self.column(name).x;
        Column { x, width: width.saturating_sub(x) }
    }
}

/// How wide the longest texts of a watch list are; 0: there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Longest {
    pub(super) id: u16,
    pub(super) label: u16,
    pub(super) group: u16,
}

/// What decides over the columns, beside the width.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wish<'a> {
    pub(super) longest: Longest,
    /// Times as dates, which are longer.
    pub(super) absolute: bool,
    /// Some token ends in the far future, for which there is no short word.
    pub(super) far: bool,
    /// All columns, however crowded, and whatever was chosen.
    pub(super) wide: bool,
    /// These, and no others, as long as not all are to be seen.
    pub(super) chosen: Option<&'a [ColumnName]>,
}

/// Room for the mark of the selection, that of the expansion and the flag of a problem.
const GUTTER: u16 = 4;
/// Widest ID, label and group that are shown whole.
const WIDEST: Longest = Longest { id: 32, label: 24, group: 16 };

/// Width of an ID that makes room for others.
const SHORT_ID: u16 = 20;

/// Cells of the sparkline, of three minutes each.
pub const SPARK_CELLS: u16 = 10;

/// In which order columns go where there is no room for them.
const SHED: [ColumnName; 10] = [
    ColumnName::Reconnects,
    ColumnName::Conns,
    ColumnName::Findings,
    ColumnName::Group,
    ColumnName::Flips,
    ColumnName::Last30,
    ColumnName::Platforms,
    ColumnName::Label,
    ColumnName::Since,
    ColumnName::Token,
];

/// In which order columns grow where there is room to spare.
const GROW: [ColumnName; 6] = [
    ColumnName::Token,
    ColumnName::User,
    ColumnName::Label,
    ColumnName::Findings,
    ColumnName::Platforms,
    ColumnName::Group,
];

/// Least and best width of a column.
fn widths(name: ColumnName, width: u16, wish: &Wish<'_>) -> (u16, u16) {
    let text = |longest: u16, least: u16, widest: u16| {
        if longest == 0 { (0, 0) } else { (least.min(longest.max(5)), longest.clamp(5, widest)) }
    };
    // With room for the age of a stale word: `offline ~14s`.
    let presence = if width < 70 { 12 } else { 14 };
    let since = if wish.absolute { 12 } else { 6 };
    match name {
        ColumnName::User => text(wish.longest.id.max(5), 9, WIDEST.id),
        ColumnName::Label => text(wish.longest.label, 8, WIDEST.label),
        ColumnName::Group if width < 100 && !wish.wide && wish.chosen.is_none() => (0, 0),
        ColumnName::Group => text(wish.longest.group, 8, WIDEST.group),
        ColumnName::Presence => (presence, presence),
        ColumnName::Platforms => (9, 15),
        ColumnName::Token if wish.far => (12, FAR_FUTURE.len() as u16),
        ColumnName::Token => (12, if wish.absolute { 14 } else { 13 }),
        ColumnName::Since => (since, since),
        ColumnName::Flips | ColumnName::Reconnects | ColumnName::Conns => (5, 5),
        // As wide as its head, which is longer than its cells.
        ColumnName::Last30 => (SPARK_CELLS + 1, SPARK_CELLS + 1),
        // Room for the name of a rule and how many there are more.
        ColumnName::Findings => (18, 40),
    }
}

/// Lays out the columns of a table so wide.
pub(super) fn columns_for(width: u16, wish: Wish<'_>) -> Columns {
    let asked: &[ColumnName] = match wish.chosen {
        _ if wish.wide => &ColumnName::ALL,
        Some(chosen) => chosen,
        None => &ColumnName::USUAL,
    };
    // Who it is always stands first, and what can be said of them is never left out.
    let mut names = vec![ColumnName::User];
    names.extend(asked.iter().copied().filter(|name| *name != ColumnName::User));
    if !names.contains(&ColumnName::Presence) {
        names.insert(1, ColumnName::Presence);
    }
    let mut columns: Vec<(ColumnName, u16, u16)> = names
        .into_iter()
        .map(|name| {
            let (least, best) = widths(name, width, &wish);
            (name, least, best)
        })
        .filter(|(_, least, _)| *least > 0)
        .collect();
    let gap = if width < 44 || (wish.wide && width < 140) { 1 } else { 2 };
    let needed = |columns: &[(ColumnName, u16, u16)]| -> u16 {
        GUTTER + columns.iter().map(|(_, least, _)| least + gap).sum::<u16>().saturating_sub(gap)
    };
    // What somebody chose beyond the usual is wanted more than what is there anyway.
    let is_wanted =
        |name: &ColumnName| wish.chosen.is_some() && !wish.wide && !ColumnName::USUAL.contains(name);
    let (wanted, usual): (Vec<_>, Vec<_>) = SHED.into_iter().partition(is_wanted);
    for shed in usual.into_iter().chain(wanted) {
        if needed(&columns) > width {
            columns.retain(|(name, ..)| *name != shed);
        }
    }
    if needed(&columns) > width {
        for (name, least, best) in &mut columns {
            if *name == ColumnName::Presence {
                (*least, *best) = (5, 5);
            }
        }
    }
    // A long ID gives way as soon as a label would be cut: its ends tell it from others.
    let growth: u16 = columns.iter().map(|(_, least, best)| best.saturating_sub(*least)).sum();
    let has_label = columns.iter().any(|(name, ..)| *name == ColumnName::Label);
    if has_label && growth > width.saturating_sub(needed(&columns)) {
        for (name, _, best) in &mut columns {
            if *name == ColumnName::User {
                *best = (*best).min(SHORT_ID);
            }
        }
    }
    let mut spare = width.saturating_sub(needed(&columns));
    for grown in GROW {
        for (name, least, best) in &mut columns {
            if *name == grown {
                let more = best.saturating_sub(*least).min(spare);
                *least += more;
                spare -= more;
            }
        }
    }
    let mut x = GUTTER;
    let shown = columns.into_iter().map(|(name, width, _)| {
        let column = Column { x, width };
        x += width + gap;
        (name, column)
    });
    Columns { shown: shown.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_screen_belongs_to_one_part() {
        for (height, notes) in (0..60).flat_map(|height| (0..5).map(move |notes| (height, notes))) {
            let area = Rect { x: 0, y: 0, width: 80, height };
            let Some(it) =
                layout(area, Content { notes, table: true, events: 8, pane: notes > 2, footer: true })
            else {
                assert!(height < MIN_HEIGHT);
                continue;
            };
            let parts = [
                it.header,
                it.counts,
                it.notes,
                it.upper_rule,
                it.table_head,
                it.body,
                it.lower_rule,
                it.events,
                it.footer,
            ];
            assert_eq!(parts.iter().map(|part| part.height).sum::<u16>(), height);
            assert!(it.body.height >= 2, "{height}: {it:?}");
            assert_eq!(it.footer.bottom(), height);
        }
    }

    #[test]
    fn columns_are_found_by_their_names() {
        assert!(ColumnName::ALL.into_iter().all(|it| ColumnName::from_name(it.name()) == Some(it)));
        assert_eq!(
            (ColumnName::from_name("TOKEN"), ColumnName::from_name("id")),
            (Some(ColumnName::Token), None)
        );
        assert!(ColumnName::ALL.is_sorted() && ColumnName::USUAL.is_sorted());
    }

    #[test]
    fn columns_go_in_their_order_and_never_stick_out() {
        let longest = Longest { id: 10, label: 12, group: 8 };
        let usual = Wish { longest, ..Wish::default() };
        let wide = Wish { wide: true, ..usual };
        let few = [ColumnName::Last30, ColumnName::Conns];
        let chosen = Wish { chosen: Some(&few), ..usual };
        for (width, wish) in
            (MIN_WIDTH..200).flat_map(|width| [usual, wide, chosen].map(|wish| (width, wish)))
        {
            let it = columns_for(width, wish);
            let mut end = GUTTER;
            for (name, column) in it.iter() {
                assert!(column.x >= end && column.width > 0, "{width} {name:?}: {it:?}");
                end = column.x + column.width;
                assert!(end <= width, "{width} {name:?}: {it:?}");
            }
            assert!(it.column(ColumnName::User).width >= 5 && it.column(ColumnName::Presence).width >= 5);
        }
        let has = |width, name| columns_for(width, usual).column(name).width > 0;
        for width in MIN_WIDTH..200 {
            for (first, later) in SHED.iter().zip(&SHED[1..]) {
                let asked = |name: &ColumnName| {
                    ColumnName::USUAL.contains(name) && (*name != ColumnName::Group || width >= 100)
                };
                let in_order = !has(width, *first) || has(width, *later);
                assert!(
                    !asked(first) || !asked(later) || in_order,
                    "{width}: {first:?} goes before {later:?}"
                );
            }
        }
        assert!(has(120, ColumnName::Group) && !has(80, ColumnName::Group));
        assert!(has(60, ColumnName::Label) && has(40, ColumnName::Token));
        assert_eq!(columns_for(200, chosen).iter().count(), 4, "with user and presence");
        let all = Wish { chosen: Some(&ColumnName::ALL), ..usual };
        let it = columns_for(80, all);
        assert!(it.column(ColumnName::Conns).width > 0 && it.column(ColumnName::Findings).width == 0);
    }
}
