//! The help: every key from the one table, and the words of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::presence::{Presence, Severity, UnknownReason};
use crate::say;
use crate::tui::{HelpLine, View, find_within, help_names, help_pages, help_width};

use super::painter::Painter;
use super::theme::Theme;

/// `search`: what is looked for, and marked.
pub(super) fn draw(
    model: View<'_>,
    theme: &Theme,
    search: &str,
    scroll: usize,
    body: Rect,
    buf: &mut Buffer,
) {
    let pages = help_pages(model);
    if pages.height() == 0 {
        let text = say!("Nothing in the help contains \"{search}\".", search = search.trim());
        Painter::new(theme, buf, body, 1).skip(3).rest(&text, theme.glyphs.cut, theme.plain);
    }
    let width = help_width(body.width);
    let right = Rect { x: body.x + width, width: body.width - width, ..body };
    for (lines, place) in [(&pages.left, Rect { width, ..body }), (&pages.right, right)] {
        column(theme, lines, search, scroll, place, buf);
    }
}

/// Writes one column of the help.
fn column(theme: &Theme, lines: &[HelpLine], search: &str, scroll: usize, place: Rect, buf: &mut Buffer) {
    let names = help_names(place.width);
    for (row, line) in (0..place.height).zip(lines.iter().skip(scroll)) {
        let mut pen = Painter::new(theme, buf, place, row);
        pen.skip(1);
        match line {
            HelpLine::Heading(text) => {
                let rest = pen.left();
                marked(theme, &mut pen, text, search, rest, theme.strong);
            }
            HelpLine::Entry(name, text) => {
                let sign = name.word.map_or_else(String::new, |word| sign(theme, word));
                let name = format!("{sign}{}", name.text);
                pen.skip(2);
                // A name that is longer than most has the line for itself.
                let field = if text.is_empty() { pen.left() } else { names };
                marked(theme, &mut pen, &name, search, field, theme.key);
                pen.skip(2);
                let rest = pen.left();
                marked(theme, &mut pen, text, search, rest, theme.plain);
            }
            HelpLine::Blank => {}
        }
    }
}

/// Writes a text into so many columns, and marks what is looked for.
fn marked(theme: &Theme, pen: &mut Painter<'_>, text: &str, search: &str, columns: u16, style: Style) {
    let end = pen.left().saturating_sub(columns);
    let found = find_within(text, search.trim()).filter(|found| !found.is_empty());
    let parts = found
        .and_then(|found| Some((text.get(..found.start)?, text.get(found.clone())?, text.get(found.end..)?)));
    match parts {
        Some((before, found, after)) if theme.width(text) <= columns => {
            let mark = style.add_modifier(Modifier::BOLD | Modifier::REVERSED);
            pen.put(before, style).put(found, mark).put(after, style);
            pen.skip(pen.left().saturating_sub(end));
        }
        _ => {
            pen.field(text, columns, theme.glyphs.cut, style);
        }
    }
}

/// Ages of a change, one for each of its signs.
const CHANGED_MS: [u64; 3] = [2_000, 10_000, 30_000];

/// The sign of a word, and a space; nothing for words without one.
fn sign(theme: &Theme, word: &str) -> String {
    let kinds = [
        Presence::Online,
        Presence::Background,
        Presence::Offline,
        Presence::Unknown(UnknownReason::NotAnswered),
        Presence::Unregistered,
    ];
    let kind = kinds.into_iter().find(|kind| kind.name() == word);
    let severity = Severity::ALL.into_iter().find(|severity| severity.name() == word);
    if let Some(severity) = severity {
        return format!("{} ", theme.severity(severity).0);
    }
    let glyphs = &theme.glyphs;
    let signs: &[&str] = match (kind, word) {
        (Some(kind), _) => &[theme.presence(kind).0],
        (None, "acknowledged") => &[glyphs.acknowledged],
        (None, "marked") => &[glyphs.marked],
        (None, "not known") => &[glyphs.unknown_cell],
        (None, "stale") => &[glyphs.stale],
        (None, "at least") => &[glyphs.at_least],
        (None, "at most") => &[glyphs.at_most],
        (None, "in the head") => &[glyphs.falling, glyphs.rising],
        (None, "opens") => &[glyphs.closed, glyphs.open],
        (None, "changed") => &CHANGED_MS.map(|ms| theme.change(ms).map_or("", |(sign, _)| sign)),
        (None, "failed") => &[glyphs.failed],
        (None, "degraded") => &[glyphs.degraded],
        (None, "waiting") => &[glyphs.waiting],
        (None, "standing still") => &[glyphs.paused],
        (None, "none") => &[glyphs.nothing],
        _ => &[],
    };
    signs.iter().flat_map(|sign| [*sign, " "]).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::theme::Colour;
    use super::*;
    use crate::engine::About;
    use crate::fed::Fed;
    use crate::presence::{Entry, Freshness, Moment, Roster, RuleSettings, State, WatchList};
    use crate::tui::{Model, Msg, Start, update};

    #[test]
    fn every_sign_of_the_screen_stands_before_its_word() {
        let now = Moment::default();
        let list = Arc::new(WatchList::new(1, 500, [Entry::of("alice")]));
        let roster = Roster::new(list, Freshness::for_interval(2_000), now);
        let fed = Fed::live(About::default(), State::new(roster, RuleSettings::default(), now));
        let mut model = Model::new(Start::new((100, 400)), fed.shown());
        update(&mut model, fed.shown(), Msg::Key(ratatui::crossterm::event::KeyCode::Char('?').into()));
        for ascii in [false, true] {
            let theme = Theme::new(Colour::None, ascii);
            let body = Rect::new(0, 0, 100, 400);
            let mut buf = Buffer::empty(body);
            draw(View { model: &model, shown: fed.shown() }, &theme, "", 0, body, &mut buf);
            let text: String = buf.content().iter().map(ratatui::buffer::Cell::symbol).collect();
            let glyphs = theme.glyphs;
            for (sign, word) in [
                (glyphs.online, "online"),
                (glyphs.background, "background"),
                (glyphs.offline, "offline"),
                (glyphs.unknown, "unknown"),
                (glyphs.failed, "unregistered"),
                (glyphs.failed, "failed"),
                (glyphs.stale, "stale"),
                (glyphs.waiting, "waiting"),
                (glyphs.paused, "standing still"),
                (glyphs.open, "opens"),
                (glyphs.degraded, "degraded"),
                (glyphs.nothing, "none"),
                (glyphs.at_least, "at least"),
                (glyphs.at_most, "at most"),
                (glyphs.rising, "in the head"),
                (glyphs.acknowledged, "acknowledged"),
                (glyphs.marked, "marked"),
                (glyphs.critical, "critical"),
                (glyphs.warning, "warning"),
                (glyphs.info, "info"),
                (glyphs.unknown_cell, "not known"),
                ("| : .", "changed"),
            ] {
                assert!(text.contains(&format!("{sign} {word} ")), "{sign} {word}");
            }
        }
    }
}
