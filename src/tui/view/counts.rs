//! The second row: how many users are what, with words as long as there is room for.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::presence::{Presence, Severity, Totals, UnknownReason};
use crate::say;
use crate::tui::{Screen, View};

use super::painter::Painter;
use super::theme::Theme;

/// How many words there is room for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Long,
    Short,
    States,
    Tight,
    Signs,
}

/// With how many words what is wrong is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tally {
    Full,
    Short,
    Signs,
}

/// What there is room for, best first. What is wrong outlives the words for what is well, so it is in
/// every one of them.
const TRIES: [(Level, Tally); 7] = [
    (Level::Long, Tally::Full),
    (Level::Long, Tally::Short),
    (Level::Short, Tally::Short),
    (Level::States, Tally::Short),
    (Level::States, Tally::Signs),
    (Level::Tight, Tally::Signs),
    (Level::Signs, Tally::Signs),
];

pub(super) fn draw(model: View<'_>, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let picture = model.picture();
    let totals = picture.roster.totals(picture.now);
    // With a filter it is about those who are shown.
    let shown = model.rows.counts().filter(|_| *model.screen() == Screen::Users);
    let shown = shown.filter(|shown| shown.watched() < totals.watched);
    let watched = totals.watched;
    let totals = shown.map_or(totals, |shown| Totals {
        watched: shown.watched(),
        online: shown.online,
        background: shown.background,
        offline: shown.offline,
        unknown: shown.unknown,
        unregistered: shown.unregistered,
        stale: totals.stale,
    });
    let mut counted = vec![
        (Presence::Online, totals.online),
        (Presence::Background, totals.background),
        (Presence::Offline, totals.offline),
        (Presence::Unknown(UnknownReason::NotAnswered), totals.unknown),
    ];
    if totals.unregistered > 0 {
        counted.push((Presence::Unregistered, totals.unregistered));
    }
    let parts = |level: Level| -> Vec<(String, Style)> {
        let mut parts = Vec::new();
        if level <= Level::Short {
            let all = match shown {
                Some(_) => say!("{shown} of {watched} shown", shown = totals.watched, watched),
                None => say!("{watched} watched", watched),
            };
            parts.push((all, theme.plain));
        }
        for &(presence, count) in &counted {
            let (sign, short, style) = theme.presence(presence);
            let word = if level == Level::Long { presence.word() } else { short };
            // Nobody of that kind: nothing to look at.
            let style = if count == 0 { theme.dim } else { style };
            parts.push(match level {
                Level::Signs => (format!("{sign}{count}"), style),
                Level::Tight => (format!("{sign}{count}{word}"), style),
                Level::Long if shown.is_some() && count > 0 => {
                    let percent = u64::from(count) * 100 / u64::from(totals.watched.max(1));
                    (format!("{sign} {count} {word} {percent}%"), style)
                }
                _ => (format!("{sign} {count} {word}"), style),
            });
        }
        if totals.stale > 0 {
            // Who is shown is counted as they change, and staleness belongs to batches.
            let (sign, stale) = (theme.glyphs.stale, totals.stale);
            let text = match shown {
                Some(_) => say!("{sign} {stale} stale in all", sign, stale),
                None => say!("{sign} {stale} stale", sign, stale),
            };
            parts.push((text, theme.doubt));
        }
        parts
    };
    let indent = u16::from(area.width >= 40);
    let gap = |level: Level| if area.width < 40 || level >= Level::Tight { 1 } else { 2 };
    let all = |(level, in_words)| -> Vec<(String, Style)> {
        parts(level).into_iter().chain(tally(model, theme, in_words)).collect()
    };
    let fits = |(level, in_words): &(Level, Tally)| {
        let all = all((*level, *in_words));
        needed(theme, &all, gap(*level)) + usize::from(indent) <= usize::from(area.width)
    };
    let chosen = TRIES.into_iter().find(fits).unwrap_or((Level::Signs, Tally::Signs));
    // Numbers that stand still step back.
    let stands = model.hidden_changes().is_some();
    let mut pen = Painter::new(theme, buf, area, 0);
    pen.skip(indent);
    for (text, style) in all(chosen) {
        let columns = theme.width(&text);
        if columns > pen.left() {
            break; // whole counts only: half a number is another number
        }
        let style = if stands { theme.dim } else { style };
        pen.field(&text, columns, theme.glyphs.cut, style).skip(gap(chosen.0));
    }
}

fn needed(theme: &Theme, parts: &[(String, Style)], gap: u16) -> usize {
    let texts: usize = parts.iter().map(|(text, _)| usize::from(theme.width(text))).sum();
    texts + parts.len().saturating_sub(1) * usize::from(gap)
}

/// How much is wrong: what somebody should act on, and what somebody should look at.
fn tally(model: View<'_>, theme: &Theme, in_words: Tally) -> Vec<(String, Style)> {
    let kinds = [(Severity::Critical, say!("crit")), (Severity::Warning, say!("warn"))];
    let counted = kinds.map(|(severity, short)| (severity, short, model.tally(severity)));
    counted
        .into_iter()
        .filter(|(_, _, count)| *count > 0)
        .map(|(severity, short, count)| {
            let (sign, style) = theme.severity(severity);
            let text = match in_words {
                Tally::Full => format!("{sign} {count} {}", severity.word()),
                Tally::Short => format!("{sign} {count} {short}"),
                Tally::Signs => format!("{sign}{count}"),
            };
            (text, style)
        })
        .collect()
}
