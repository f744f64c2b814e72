//! The help: every key from the one table, and the words of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{HelpLine, HelpName, Model, help_lines, help_names};
use crate::presence::{Presence, Why};

use super::pen::Pen;
use super::theme::Theme;

pub(super) fn draw(model: &Model, theme: &Theme, scroll: usize, body: Rect, buf: &mut Buffer) {
    let lines = help_lines(model);
    let names = help_names(body.width);
    for (row, line) in (0..body.height).zip(lines.iter().skip(scroll)) {
        let mut pen = Pen::new(theme, buf, body, row);
        pen.skip(1);
        let cut = theme.glyphs.cut;
        match line {
            HelpLine::Heading(text) => {
                pen.rest(text, cut, theme.strong);
            }
            HelpLine::Entry(name, text) => {
                let name = match name {
                    HelpName::None => String::new(),
                    HelpName::Keys(keys) => keys.clone(),
                    HelpName::Word(word) => format!("{}{word}", sign(theme, word)),
                };
                pen.skip(2).field(&name, names, cut, theme.key).skip(2);
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
        (None, "at least") => format!("{} ", theme.glyphs.at_least),
        (None, "at most") => format!("{} ", theme.glyphs.at_most),
        (None, "in the head") => format!("{} ", theme.glyphs.falling),
        _ => String::new(),
    }
}
