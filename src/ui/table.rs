//! The table of users: its head, the visible lines, and what stands there when there are none.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{Line, Model, SortColumn};

use super::pen::Pen;
use super::theme::Theme;
use super::{connection_row, user_row};

pub(super) fn draw(model: &Model, theme: &Theme, head: Rect, body: Rect, buf: &mut Buffer) {
    let columns = model.columns(body.width);
    let sort = model.rows().sort();
    let arrow = if sort.inverted { theme.glyphs.rising } else { theme.glyphs.falling };
    for (name, column) in columns.iter() {
        let mut pen = Pen::in_column(theme, buf, head, 0, column);
        let title = name.head();
        if sort.column == SortColumn::Column(name) && column.width > 1 {
            pen.field(title, theme.width(title).min(column.width - 1), "", theme.strong)
                .put(arrow, theme.strong);
        } else {
            pen.field(title, column.width, "", theme.strong);
        }
    }
    if sort.inverted && matches!(sort.column, SortColumn::List | SortColumn::Problems) {
        // These orders have no column of their own.
        Pen::new(theme, buf, head, 0).skip(1).put(arrow, theme.strong);
    }
    let lines = model.window(body.height);
    if lines.is_empty() {
        nobody(model, theme, body, buf);
    }
    let selected = model.selected_line();
    for (row, line) in (0..).zip(lines) {
        match line {
            Line::User(user) => user_row::draw(model, theme, user, &columns, body, row, buf),
            Line::Connection(user, at) => connection_row::draw(model, theme, user, at, body, row, buf),
        }
        if selected == Some(line) {
            if model.events().is_some() {
                // The keys are with the events below.
                Pen::new(theme, buf, body, row).put(">", theme.dim);
                continue;
            }
            Pen::new(theme, buf, body, row).put(">", theme.strong);
            let bar = Rect { y: body.y + row, height: 1, ..body }.intersection(buf.area);
            buf.set_style(bar, theme.selected);
        }
    }
}

fn nobody(model: &Model, theme: &Theme, body: Rect, buf: &mut Buffer) {
    let rows = model.rows();
    let (what, advice) = if model.picture().roster.list().is_empty() {
        ("Nobody is watched.".to_owned(), "Name users as arguments, or a file of them with --watch FILE.")
    } else {
        (format!("No user's ID or label contains \"{}\".", rows.filter()), "Esc leaves the filter.")
    };
    let top = u16::from(body.height > 3);
    for (row, text) in [(top, what.as_str()), (top + 1, advice)] {
        Pen::new(theme, buf, body, row).skip(3).rest(text, theme.glyphs.cut, theme.plain);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::tz::TimeZone;
    use ratatui::crossterm::event::{KeyCode, KeyEvent};
    use ratatui::style::{Color, Modifier};

    use super::super::{Colour, Theme, view};
    use super::*;
    use crate::app::{Msg, Start, update};
    use crate::presence::{Entry, Freshness, Moment, Roster, WatchList};

    #[test]
    fn the_selection_has_a_mark_and_a_bar_of_one_colour() {
        let now = Moment::default();
        let list = WatchList::new(1, 500, ["alice", "bob"].map(Entry::of));
        let mut model = Model::new(Start {
            server: "s".into(),
            banners: vec![],
            roster: Roster::new(Arc::new(list), Freshness::for_interval(2_000), now),
            interval_ms: 2_000,
            size: (60, 10),
            now,
            sort: None,
            filter: crate::presence::query::Query::default(),
            rules: crate::presence::RuleSettings::default(),
            columns: None,
            api: String::new(),
            context: None,
            one_shot: false,
            switches: crate::app::Switches::default(),
            mask_key: 1,
            mask: false,
            utc: true,
            zone: TimeZone::UTC,
        });
        update(&mut model, now, Msg::Key(KeyEvent::from(KeyCode::Char('j'))));
        let area = Rect::new(0, 0, 60, 10);
        let mut buf = Buffer::empty(area);
        view(&model, &Theme::new(Colour::Ansi16, false), area, &mut buf);
        assert_eq!(buf[(0, 3)].symbol(), ">");
        for x in 0..60 {
            assert!(buf[(x, 3)].modifier.contains(Modifier::REVERSED), "column {x}");
            assert_eq!(buf[(x, 3)].fg, Color::Reset, "column {x}");
            assert!(!buf[(x, 4)].modifier.contains(Modifier::REVERSED), "column {x}");
        }
        assert!((0..60).any(|x| buf[(x, 4)].fg == Color::Magenta), "the other row has its colours");
    }
}
