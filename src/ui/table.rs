//! The table of users: its head, the visible lines, and what stands there when there are none.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{Column, Line, Model};

use super::pen::Pen;
use super::theme::Theme;
use super::{connection_row, user_row};

pub(super) fn draw(model: &Model, theme: &Theme, head: Rect, body: Rect, buf: &mut Buffer) {
    let columns = model.columns(body.width);
    for (name, column) in [
        ("USER", columns.user),
        ("LABEL", columns.label),
        ("GROUP", columns.group),
        ("PRESENCE", columns.presence),
        ("PLATFORMS", columns.platforms),
        ("TOKEN", columns.token),
        ("SINCE", columns.since),
    ] {
        cell(buf, head, 0, column).field(name, column.width, "", theme.strong);
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
            Pen::new(buf, body, row).put(">", theme.strong);
            let bar = Rect { y: body.y + row, height: 1, ..body }.intersection(buf.area);
            buf.set_style(bar, theme.plain.add_modifier(theme.selected));
        }
    }
}

/// A pen at the beginning of a column, that can't leave it.
pub(super) fn cell(buf: &mut Buffer, area: Rect, row: u16, column: Column) -> Pen<'_> {
    let x = area.x.saturating_add(column.x);
    Pen::new(buf, Rect { x, width: column.width, ..area }, row)
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
        Pen::new(buf, body, row).skip(3).rest(text, theme.glyphs.cut, theme.plain);
    }
}
