//! Where in time the picture is: a line with what was so before and after, and what happened.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::presence::Severity;
use crate::say;
use crate::tui::{Strip, View};

use super::painter::Painter;
use super::theme::Theme;
use super::times::{age_ms, clock};

/// Fewer cells say nothing.
const LEAST: u16 = 8;

/// One stretch of time.
#[derive(Clone, Copy, Default)]
struct Stretch {
    /// The least share of users who were online in it, in eighths.
    online: Option<u8>,
    /// Whether most users were unknown in it.
    unknown: bool,
    worst: Option<Severity>,
}

pub(super) fn draw(model: View<'_>, theme: &Theme, strip: Strip<'_>, area: Rect, row: u16, buf: &mut Buffer) {
    let mut pen = Painter::new(theme, buf, area, row);
    pen.skip(1);
    let zone = &model.zone;
    let (sign, words) = match model.playing() {
        Some(playing) if playing.runs => (theme.glyphs.played, format!("x{}", playing.speed)),
        Some(_) if strip.at.mono_ms >= strip.to.mono_ms => (theme.glyphs.paused, say!("the end").to_owned()),
        Some(_) => (theme.glyphs.paused, say!("still").to_owned()),
        None => (theme.glyphs.paused, say!("{age} ago", age = age_ms(strip.to.since(strip.at)))),
    };
    let mut text = format!("{sign} {} {words}", clock(strip.at.unix_ms, strip.to, zone));
    if let Some(playing) = model.playing().filter(|playing| playing.read < 100) {
        text = say!("{text}, {read} % read", text, read = playing.read);
    }
    pen.put(&text, theme.strong).skip(2);
    let short = |at: crate::presence::Moment| clock(at.unix_ms, strip.to, zone);
    let (from, to) = (short(strip.from), short(strip.to));
    let ends = theme.width(&from) + theme.width(&to) + 3;
    let with_ends = pen.left() >= ends + 2 * LEAST;
    let cells = if with_ends { pen.left() - ends } else { pen.left().saturating_sub(1) };
    if cells < LEAST {
        return;
    }
    if with_ends {
        pen.put(&from, theme.dim).skip(1);
    }
    let place = place_of(strip, strip.at.mono_ms, cells);
    for (number, stretch) in (0..cells).zip(stretches(strip, cells)) {
        let known = stretch.online.filter(|_| !stretch.unknown);
        let (glyph, style) = match (stretch.worst, known) {
            (Some(Severity::Critical), _) => (theme.glyphs.critical, theme.bad),
            (Some(_), _) => (theme.glyphs.warning, theme.warn),
            (None, Some(level)) => (theme.glyphs.bars[usize::from(level.min(7))], theme.good),
            (None, None) => (theme.glyphs.unknown_cell, theme.dim),
        };
        let style = if number == place { theme.strong.add_modifier(Modifier::REVERSED) } else { style };
        pen.put(glyph, style);
    }
    if with_ends {
        pen.skip(1).put(&to, theme.dim);
    }
}

/// In which of so many cells a moment is.
fn place_of(strip: Strip<'_>, at_ms: u64, cells: u16) -> u16 {
    let span = strip.to.since(strip.from).max(1);
    let part = at_ms.saturating_sub(strip.from.mono_ms).min(span);
    ((u128::from(part) * u128::from(cells) / u128::from(span)) as u16).min(cells - 1)
}

fn stretches(strip: Strip<'_>, cells: u16) -> Vec<Stretch> {
    let mut stretches = vec![Stretch::default(); usize::from(cells)];
    let within = |at: u64| (strip.from.mono_ms..=strip.to.mono_ms).contains(&at);
    for point in strip.markers.points().iter().filter(|point| within(point.at_ms)) {
        let share = u64::from(point.online) * 7 / u64::from(point.watched.max(1));
        if let Some(stretch) = stretches.get_mut(usize::from(place_of(strip, point.at_ms, cells))) {
            stretch.online = Some(stretch.online.map_or(share as u8, |least| least.min(share as u8)));
            stretch.unknown |= point.unknown * 2 > point.watched;
        }
    }
    // What no round ended in is as it was before, up to where it is known.
    let known = strip.markers.span().map_or(0, |(_, end)| place_of(strip, end.mono_ms, cells));
    let mut last = Stretch::default();
    for stretch in stretches.iter_mut().take(usize::from(known) + 1) {
        if stretch.online.is_none() {
            *stretch = last;
        }
        last = *stretch;
    }
    for incident in strip.markers.incidents().filter(|incident| within(incident.at.mono_ms)) {
        if let Some(stretch) = stretches.get_mut(usize::from(place_of(strip, incident.at.mono_ms, cells))) {
            stretch.worst = stretch.worst.max(Some(incident.severity));
        }
    }
    stretches
}
