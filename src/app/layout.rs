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
//! | first | GROUP (at once below 100 columns) |
//! | then | PLATFORMS |
//! | then | LABEL |
//! | then | SINCE |
//! | then | TOKEN |
//! | then | the full word of PRESENCE: `on` `bg` `off` `unk` |

use ratatui::layout::Rect;

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
    let foot = [u16::from(rows >= 15 && content.events > 0), events, u16::from(content.footer)];
    let body = rows.saturating_sub(head.iter().sum::<u16>() + foot.iter().sum::<u16>());
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    pub const USUAL: [ColumnName; 7] = [
        ColumnName::User,
        ColumnName::Label,
        ColumnName::Group,
        ColumnName::Presence,
        ColumnName::Platforms,
        ColumnName::Token,
        ColumnName::Since,
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

/// The columns of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named like the heads of the columns")]
pub struct Columns {
    pub user: Column,
    pub label: Column,
    pub group: Column,
    pub presence: Column,
    pub platforms: Column,
    pub token: Column,
    pub since: Column,
    /// What remains, for remarks.
    pub remarks: Column,
}

/// How wide the longest texts of a watch list are; 0: there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Longest {
    pub(super) id: u16,
    pub(super) label: u16,
    pub(super) group: u16,
}

/// Room for the mark of the selection and that of the expansion.
const GUTTER: u16 = 3;
/// Widest ID, label and group that are shown whole.
const WIDEST: Longest = Longest { id: 32, label: 24, group: 16 };

/// Width of an ID that makes room for others.
const SHORT_ID: u16 = 20;

/// Lays out the columns of a table so wide. `absolute`: times as dates, which are longer.
pub(super) fn columns_for(width: u16, longest: Longest, absolute: bool) -> Columns {
    // user, label, group, presence, platforms, token, since: least and best width.
    let since = if absolute { 12 } else { 6 };
    // With room for the age of a stale word: `offline ~14s`.
    let presence = if width < 70 { 12 } else { 14 };
    let text = |longest: u16, least: u16, widest: u16| {
        if longest == 0 { (0, 0) } else { (least.min(longest.max(5)), longest.clamp(5, widest)) }
    };
    let mut least_best = [
        text(longest.id.max(5), 9, WIDEST.id),
        text(longest.label, 8, WIDEST.label),
        if width < 100 { (0, 0) } else { text(longest.group, 8, WIDEST.group) },
        (presence, presence),
        (9, 15),
        (12, if absolute { 14 } else { 13 }),
        (since, since),
    ];
    let gap = if width < 40 { 1 } else { 2 };
    let needed = |columns: &[(u16, u16); 7]| -> u16 {
        GUTTER + columns.iter().filter(|column| column.0 > 0).map(|column| column.0 + gap).sum::<u16>() - gap
    };
    for shed in [2, 4, 1, 6, 5] {
        if needed(&least_best) > width {
            least_best[shed] = (0, 0);
        }
    }
    if needed(&least_best) > width {
        least_best[3] = (5, 5);
    }
    // A long ID gives way as soon as a label would be cut: its ends tell it from others.
    let growth: u16 = least_best.iter().map(|(least, best)| best.saturating_sub(*least)).sum();
    if least_best[1].0 > 0 && growth > width.saturating_sub(needed(&least_best)) {
        least_best[0].1 = least_best[0].1.min(SHORT_ID);
    }
    let mut spare = width.saturating_sub(needed(&least_best));
    for grown in [5, 0, 1, 4, 2] {
        let (least, best) = least_best[grown];
        let more = best.saturating_sub(least).min(spare);
        least_best[grown].0 += more;
        spare -= more;
    }
    let mut x = GUTTER;
    let mut place = |width: u16| {
        let column = Column { x, width };
        x += if width > 0 { width + gap } else { 0 };
        column
    };
    let [user, label, group, presence, platforms, token, since] = least_best.map(|(width, _)| place(width));
    let remarks = Column { x, width: width.saturating_sub(x) };
    Columns { user, label, group, presence, platforms, token, since, remarks }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_screen_belongs_to_one_part() {
        for (height, notes) in (0..60).flat_map(|height| (0..5).map(move |notes| (height, notes))) {
            let area = Rect { x: 0, y: 0, width: 80, height };
            let Some(it) = layout(area, Content { notes, table: true, events: 8, footer: true }) else {
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
        assert!(ColumnName::ALL.starts_with(&ColumnName::USUAL));
    }

    #[test]
    fn columns_go_in_their_order_and_never_stick_out() {
        let longest = Longest { id: 10, label: 12, group: 8 };
        for width in MIN_WIDTH..200 {
            let it = columns_for(width, longest, false);
            let ends = [it.user, it.label, it.group, it.presence, it.platforms, it.token, it.since]
                .map(|column| if column.width == 0 { 0 } else { column.x + column.width });
            assert!(ends.iter().all(|end| *end <= width), "{width}: {it:?}");
            assert!(it.user.width >= 5 && it.presence.width >= 5);
            assert!(it.label.width > 0 || it.platforms.width == 0, "PLATFORMS goes before LABEL");
            assert!(it.token.width > 0 || it.since.width == 0, "SINCE goes before TOKEN");
        }
        let wide = columns_for(120, longest, false);
        assert_eq!((wide.user.width, wide.label.width, wide.group.width), (10, 12, 8));
        assert_eq!(columns_for(80, longest, false).group.width, 0);
        assert!(columns_for(60, longest, false).label.width > 0);
        assert!(columns_for(40, longest, false).token.width > 0);
    }
}
