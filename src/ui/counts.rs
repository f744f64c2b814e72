//! The second row: how many users are what, with words as long as there is room for.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::Model;
use crate::presence::{Presence, Severity, Why};

use super::pen::Pen;
use super::theme::Theme;

/// How many words there is room for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Long,
    Short,
    States,
    Tight,
}

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let picture = model.picture();
    let totals = picture.roster.totals(picture.now);
    let counted = [
        (Presence::Online, totals.online),
        (Presence::Background, totals.background),
        (Presence::Offline, totals.offline),
        (Presence::Unknown(Why::NotAnswered), totals.unknown),
    ];
    let parts = |level: Level| -> Vec<(String, Style)> {
        let mut parts = Vec::new();
        if level <= Level::Short {
            parts.push((format!("{} watched", totals.watched), theme.plain));
        }
        for (presence, count) in counted {
            let (sign, short, style) = theme.presence(presence);
            let word = if level == Level::Long { presence.word() } else { short };
            // Nobody of that kind: nothing to look at.
            let style = if count == 0 { theme.dim } else { style };
            let gap = if level == Level::Tight { "" } else { " " };
            parts.push((format!("{sign}{gap}{count}{gap}{word}"), style));
        }
        if totals.stale > 0 {
            parts.push((format!("{} {} stale", theme.glyphs.stale, totals.stale), theme.warn));
        }
        parts
    };
    let levels = [Level::Long, Level::Short, Level::States, Level::Tight];
    // What is wrong is said in full or in short, and goes before anything else does.
    let tries = [(Level::Long, Some(false)), (Level::Long, Some(true))].into_iter();
    let tries = tries.chain(levels.map(|level| (level, None)));
    let mut chosen = parts(Level::Tight);
    for (level, tally_in_short) in tries {
        let tally = tally_in_short.map(|short| tally(model, theme, short)).unwrap_or_default();
        let all: Vec<(String, Style)> = parts(level).into_iter().chain(tally).collect();
        if needed(theme, &all) <= usize::from(area.width) + 1 {
            chosen = all;
            break;
        }
    }
    // Numbers that stand still step back.
    let stands = model.hidden_changes().is_some();
    let gap = if area.width < 40 { 1 } else { 2 };
    let mut pen = Pen::new(theme, buf, area, 0);
    pen.skip(u16::from(area.width >= 40));
    for (text, style) in chosen {
        let columns = theme.width(&text);
        if columns > pen.left() {
            break; // whole counts only: half a number is another number
        }
        let style = if stands { theme.dim } else { style };
        pen.field(&text, columns, theme.glyphs.cut, style).skip(gap);
    }
}

fn needed(theme: &Theme, parts: &[(String, Style)]) -> usize {
    parts.iter().map(|(text, _)| usize::from(theme.width(text)) + 2).sum()
}

/// How much is wrong: what somebody should act on, and what somebody should look at.
fn tally(model: &Model, theme: &Theme, in_short: bool) -> Vec<(String, Style)> {
    let words =
        if in_short { ["crit", "warn"] } else { [Severity::Critical.word(), Severity::Warning.word()] };
    let kinds = [Severity::Critical, Severity::Warning].into_iter().zip(words);
    let counted = kinds.map(|(severity, word)| (severity, word, model.tally(severity)));
    counted
        .filter(|(_, _, count)| *count > 0)
        .map(|(severity, word, count)| {
            let (sign, style) = theme.severity(severity);
            (format!("{sign} {count} {word}"), style)
        })
        .collect()
}
