//! Errors with their advice, banners, the filter and its prompt.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::{Model, Note, visible_notes};

use super::pen::Pen;
use super::theme::Theme;

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let mut cursor = None;
    for (row, note) in (0..area.height).zip(visible_notes(model, area.height)) {
        let mut pen = Pen::new(theme, buf, area, row);
        pen.skip(1);
        let cut = theme.glyphs.cut;
        match note {
            Note::Trouble(text) => {
                pen.put(theme.glyphs.failed, theme.bad).skip(1).rest(&text, cut, theme.bad);
            }
            Note::Advice(text) => {
                pen.skip(2).rest(&text, cut, theme.plain);
            }
            Note::Banner(text) => {
                pen.put(theme.glyphs.warning, theme.warn).skip(1).rest(&text, cut, theme.warn);
            }
            Note::Odd(text) => {
                pen.put(theme.glyphs.warning, theme.warn).skip(1).rest(&text, cut, theme.plain);
            }
            Note::Filter => {
                let x = filter(model, theme, &mut pen);
                cursor = x.map(|x| Position { x: area.x.saturating_add(x), y: area.y.saturating_add(row) });
            }
        }
    }
    cursor
}

fn order(model: &Model) -> String {
    let sort = model.rows().sort();
    let inverted = if sort.inverted { ", inverted" } else { "" };
    format!("{}{inverted}", sort.column.words())
}

/// Draws the filter; returns the column of the cursor while it is being typed.
fn filter(model: &Model, theme: &Theme, pen: &mut Pen<'_>) -> Option<u16> {
    let rows = model.rows();
    let found = format!("{} of {}, {}", rows.matching(), model.picture().roster.list().len(), order(model));
    let head = "filter: ";
    pen.put(head, theme.strong);
    let Some(prompt) = model.prompt() else {
        let room = pen.left().saturating_sub(theme.width(&found) + 3);
        let text = theme.width(rows.filter()).min(room.max(8));
        pen.field(rows.filter(), text, theme.glyphs.cut, theme.plain).skip(3);
        pen.rest(&found, theme.glyphs.cut, theme.dim);
        return None;
    };
    // The text moves to the left so that its cursor stays in the room for it.
    let room = pen.left().saturating_sub(1);
    let mut shown = prompt.text();
    let mut before = prompt.before_cursor();
    while theme.width(before) > room {
        let first = before.chars().next().map_or(before.len(), char::len_utf8);
        before = before.get(first..).unwrap_or_default();
        shown = shown.get(first..).unwrap_or_default();
    }
    let typed = theme.width(shown).min(room);
    pen.field(shown, typed, theme.glyphs.cut, theme.plain);
    if pen.left() > theme.width(&found) + 4 {
        pen.skip(4).rest(&found, theme.glyphs.cut, theme.dim);
    }
    Some(1 + theme.width(head) + theme.width(before))
}
