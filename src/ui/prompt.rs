//! The line that is being typed, with its cursor, and what was typed before and is in force.

use crate::app::{Model, Prompt, Purpose, Screen};

use super::pen::{Pen, width};
use super::theme::Theme;

/// What stands before a line that is being typed.
pub(super) fn head(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Filter => "filter: ",
        Purpose::EventFilter => "find in events: ",
        Purpose::HelpSearch => "find in help: ",
        Purpose::Command => ":",
    }
}

/// Draws what narrows the screen; returns the column of the cursor while it is being typed.
pub(super) fn draw(model: &Model, theme: &Theme, pen: &mut Pen<'_>) -> Option<u16> {
    if let Some(prompt) = model.prompt() {
        return Some(typing(model, theme, prompt, pen));
    }
    let (purpose, text) = match model.screen() {
        Screen::Help { search, .. } => (Purpose::HelpSearch, search.as_str()),
        _ => (Purpose::Filter, model.rows().filter()),
    };
    let found = found(model, purpose);
    pen.put(head(purpose), theme.strong);
    let room = pen.left().saturating_sub(width(&found) + 3);
    pen.field(text, width(text).min(room.max(8)), theme.glyphs.cut, theme.plain).skip(3);
    pen.rest(&found, theme.glyphs.cut, theme.dim);
    None
}

/// What there is of what is looked for.
fn found(model: &Model, purpose: Purpose) -> String {
    let rows = model.rows();
    let sort = rows.sort();
    let inverted = if sort.inverted { ", inverted" } else { "" };
    match purpose {
        Purpose::Filter => {
            let all = model.picture().roster.list().len();
            format!("{} of {all}, {}{inverted}", rows.matching(), sort.column.words())
        }
        Purpose::HelpSearch if model.scrolled_lines().0 == 0 => "nothing".to_owned(),
        Purpose::HelpSearch | Purpose::EventFilter | Purpose::Command => String::new(),
    }
}

fn typing(model: &Model, theme: &Theme, prompt: &Prompt, pen: &mut Pen<'_>) -> u16 {
    let head = head(prompt.purpose());
    pen.put(head, theme.strong);
    // The text moves to the left so that its cursor stays in the room for it.
    let room = pen.left().saturating_sub(1);
    let hidden = hidden(prompt, room);
    let shown = prompt.text().get(hidden..).unwrap_or_default();
    let before = prompt.before_cursor().get(hidden..).unwrap_or_default();
    let cut = theme.glyphs.cut;
    let wrong = prompt.mistake().map_or(0..0, |mistake| {
        mistake.range.start.saturating_sub(hidden)..mistake.range.end.saturating_sub(hidden)
    });
    match (shown.get(..wrong.start), shown.get(wrong.clone()), shown.get(wrong.end..)) {
        (Some(fine), Some(bad), Some(rest)) if width(shown) <= room => {
            pen.put(fine, theme.plain).put(bad, theme.bad).put(rest, theme.plain);
        }
        _ => {
            pen.field(shown, width(shown).min(room), cut, theme.plain);
        }
    }
    let found = found(model, prompt.purpose());
    if pen.left() > width(&found) + 4 {
        pen.skip(4).rest(&found, cut, theme.dim);
    }
    1 + width(head) + width(before)
}

/// How many bytes of the text stand to the left of what is shown in so many columns.
pub(super) fn hidden(prompt: &Prompt, room: u16) -> usize {
    let before = prompt.before_cursor();
    let mut rest = before;
    while width(rest) > room {
        let first = rest.chars().next().map_or(rest.len(), char::len_utf8);
        rest = rest.get(first..).unwrap_or_default();
    }
    before.len() - rest.len()
}
