//! Errors with their advice, banners, the filter and its prompt.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::{Note, View, visible_notes};

use super::painter::Painter;
use super::theme::Theme;
use super::{prompt, strip};

pub(super) fn draw(model: View<'_>, theme: &Theme, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let mut cursor = None;
    for (row, note) in (0..area.height).zip(visible_notes(model, area.height)) {
        if note == Note::Strip {
            if let Some(strip) = model.strip() {
                strip::draw(model, theme, strip, area, row, buf);
            }
            continue;
        }
        let mut pen = Painter::new(theme, buf, area, row);
        pen.skip(1);
        let cut = theme.glyphs.cut;
        match note {
            Note::Loss { text, begins, certain } => {
                let (sign, style) = if certain {
                    (theme.glyphs.critical, theme.bad)
                } else {
                    (theme.glyphs.warning, theme.warn)
                };
                let style = style.add_modifier(theme.strong.add_modifier);
                pen.put(if begins { sign } else { " " }, style).skip(1).rest(&text, cut, style);
            }
            Note::ErrorKind(text) => {
                pen.put(theme.glyphs.failed, theme.bad).skip(1).rest(&text, cut, theme.bad);
            }
            Note::Advice(text) => {
                pen.skip(2).rest(&text, cut, theme.plain);
            }
            Note::Banner(text) => {
                pen.put(theme.glyphs.warning, theme.warn).skip(1).rest(&text, cut, theme.warn);
            }
            Note::Silenced(text) => {
                pen.put(theme.glyphs.paused, theme.plain).skip(1).rest(&text, cut, theme.plain);
            }
            Note::Checking(text) => {
                pen.put(theme.glyphs.waiting, theme.plain).skip(1).rest(&text, cut, theme.plain);
            }
            Note::About(text) => {
                pen.rest(&text, cut, theme.dim);
            }
            Note::Odd(text) => {
                pen.put(theme.glyphs.warning, theme.warn).skip(1).rest(&text, cut, theme.plain);
            }
            Note::Strip => {} // drawn above
            Note::Filter => {
                let x = prompt::draw(model, theme, &mut pen);
                cursor = x.map(|x| Position { x: area.x.saturating_add(x), y: area.y.saturating_add(row) });
            }
        }
    }
    cursor
}
