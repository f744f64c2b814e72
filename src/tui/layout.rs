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
//! Columns of the table go in the order that their rows ([`super::column`]) have; GROUP goes at once below
//! 100 columns, and the full word of PRESENCE last: `on` `bg` `off` `unk`.

use ratatui::layout::Rect;

use crate::listing::{ColumnName, ColumnsAsked};

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

/// Room for the mark of the selection, that of the expansion and the flag of a problem.
const GUTTER: u16 = 4;

/// Width of an ID that makes room for others.
const SHORT_ID: u16 = 20;

/// Lays out the columns of a table so wide.
pub(super) fn columns_for(width: u16, wish: ColumnsAsked<'_>) -> Columns {
    let asked = match wish.chosen {
        _ if wish.wide => ColumnName::ALL.to_vec(),
        Some(chosen) => chosen.to_vec(),
        None => ColumnName::usual(),
    };
    // Who it is always stands first, and what can be said of them is never left out.
    let mut names = vec![ColumnName::User];
    names.extend(asked.into_iter().filter(|name| *name != ColumnName::User));
    if !names.contains(&ColumnName::Presence) {
        names.insert(1, ColumnName::Presence);
    }
    let mut columns: Vec<(ColumnName, u16, u16)> = names
        .into_iter()
        .map(|name| {
            let (least, best) = (name.row().widths)(width, &wish);
            (name, least, best)
        })
        .filter(|(_, least, _)| *least > 0)
        .collect();
    let gap = if width < 44 || (wish.wide && width < 140) { 1 } else { 2 };
    let needed = |columns: &[(ColumnName, u16, u16)]| -> u16 {
        GUTTER + columns.iter().map(|(_, least, _)| least + gap).sum::<u16>().saturating_sub(gap)
    };
    // What somebody chose beyond the usual is wanted more than what is there anyway.
    let is_wanted = |name: &ColumnName| wish.chosen.is_some() && !wish.wide && !name.row().usual;
    let (wanted, usual): (Vec<_>, Vec<_>) =
        ColumnName::in_order(|row| row.goes).into_iter().partition(is_wanted);
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
    for grown in ColumnName::in_order(|row| row.grows) {
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
    use crate::listing::Longest;

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
        assert!(ColumnName::ALL.is_sorted() && ColumnName::usual().is_sorted());
    }

    #[test]
    fn columns_go_in_their_order_and_never_stick_out() {
        let longest = Longest { id: 10, label: 12, group: 8 };
        let usual = ColumnsAsked { longest, ..ColumnsAsked::default() };
        let wide = ColumnsAsked { wide: true, ..usual };
        let few = [ColumnName::Last30, ColumnName::Conns];
        let chosen = ColumnsAsked { chosen: Some(&few), ..usual };
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
            let gone = ColumnName::in_order(|row| row.goes);
            for (first, later) in gone.iter().zip(&gone[1..]) {
                let asked = |name: &ColumnName| {
                    ColumnName::usual().contains(name) && (*name != ColumnName::Group || width >= 100)
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
        let all = ColumnsAsked { chosen: Some(&ColumnName::ALL), ..usual };
        let it = columns_for(80, all);
        assert!(it.column(ColumnName::Conns).width > 0 && it.column(ColumnName::Findings).width == 0);
    }
}
