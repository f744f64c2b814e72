//! The help: every key from the one table, and the words of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{HelpLine, Model, help_lines};
use crate::presence::{Presence, Why};

use super::pen::Pen;
use super::theme::Theme;

pub(super) fn draw(model: &Model, theme: &Theme, scroll: usize, body: Rect, buf: &mut Buffer) {
    let lines = help_lines(model);
    let keys_width = if body.width < 50 { 8 } else { 14 };
    for (row, line) in (0..body.height).zip(lines.iter().skip(scroll)) {
        let mut pen = Pen::new(buf, body, row);
        pen.skip(1);
        let cut = theme.glyphs.cut;
        match line {
            HelpLine::Heading(text) => {
                pen.rest(text, cut, theme.strong);
            }
            HelpLine::Action(action, keys) => {
                pen.skip(2).field(&keys.join(" "), keys_width, cut, theme.key).skip(2);
                pen.rest(action.help, cut, theme.plain);
            }
            HelpLine::Sign(word, text) => {
                let sign = sign(theme, word);
                pen.skip(2).field(&format!("{sign}{word}"), keys_width, cut, theme.key).skip(2);
                pen.rest(text, cut, theme.plain);
            }
            HelpLine::Blank => {}
        }
    }
}

/// The sign of a word, and a space; nothing for words without one.
fn sign(theme: &Theme, word: &str) -> String {
    let kinds =
        [Presence::Online, Presence::Background, Presence::Offline, Presence::Unknown(Why::NotAnswered)];
    let kind = kinds.into_iter().find(|kind| kind.word() == word);
    match (kind, word) {
        (Some(kind), _) => format!("{} ", theme.presence(kind).0),
        (None, "stale") => format!("{} ", theme.glyphs.stale),
        _ => String::new(),
    }
}
