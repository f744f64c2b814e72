//! The view of the server: how it answers, who was there when, when tokens run out, what asking costs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::presence::trend::Trend;
use crate::presence::{Presence, Totals};
use crate::say;
use crate::tui::{CHART_ROWS, ExpiryKind, Picture, ServerLine, TWO_HALVES, View, server_lines};

use super::painter::Painter;
use super::stretch::{Stretch, failure_look, short_ms};
use super::theme::Theme;

/// Columns of names at the left of charts and facts.
const NAME: u16 = 17;
/// Columns of the figures behind a bar.
const FIGURES: u16 = 9;

pub(super) fn draw(model: View<'_>, theme: &Theme, scroll: usize, body: Rect, buf: &mut Buffer) {
    let (mut first, second) = server_lines(model);
    let picture = model.picture();
    let sheet = Sheet { theme, model, picture, stretch: Stretch::of(picture.trend, picture.now) };
    if body.width >= TWO_HALVES {
        let half = body.width / 2;
        let left = Rect { width: half.saturating_sub(2), ..body };
        let right = Rect { x: body.x + half, width: body.width - half, ..body };
        sheet.lines(&first, scroll, left, buf);
        sheet.lines(&second, scroll, right, buf);
    } else {
        first.push(ServerLine::Blank);
        first.extend(second);
        sheet.lines(&first, scroll, body, buf);
    }
}

/// The view while it is drawn.
struct Sheet<'a> {
    theme: &'a Theme,
    model: View<'a>,
    picture: Picture<'a>,
    stretch: Stretch<'a>,
}

impl Sheet<'_> {
    fn lines(&self, lines: &[ServerLine], scroll: usize, area: Rect, buf: &mut Buffer) {
        for (row, line) in (0..area.height).zip(lines.iter().skip(scroll)) {
            let mut pen = Painter::new(self.theme, buf, area, row);
            pen.skip(1);
            self.line(line, pen);
        }
    }

    fn line(&self, line: &ServerLine, mut pen: Painter<'_>) {
        let theme = self.theme;
        let cut = theme.glyphs.cut;
        match line {
            ServerLine::Blank => {}
            ServerLine::Heading(text) => {
                pen.rest(text, cut, theme.strong);
            }
            ServerLine::Nothing(text) => {
                pen.skip(2).rest(text, cut, theme.dim);
            }
            ServerLine::Fact(name, text) => {
                pen.field(name, NAME, cut, theme.dim).rest(text, cut, theme.plain);
            }
            ServerLine::Warning(text) => {
                pen.put(theme.glyphs.warning, theme.warn).skip(1).rest(text, cut, theme.warn);
            }
            ServerLine::Gateway(text, warns) => {
                let (sign, style) =
                    if *warns { (theme.glyphs.warning, theme.warn) } else { (" ", theme.plain) };
                pen.skip(NAME).put(sign, style).skip(1).rest(text, cut, style);
            }
            ServerLine::Took(row) => self.took(*row, pen),
            ServerLine::Failures => self.failures(pen),
            ServerLine::Users(presence) => self.users(*presence, pen),
            ServerLine::Axis => self.axis(pen),
            ServerLine::Platform(platform, count, most) => {
                self.bar(&platform.name(), *count, *most, theme.plain, pen);
            }
            ServerLine::Expiry(name, count, most, kind) => {
                let style = match kind {
                    ExpiryKind::Past => theme.bad,
                    ExpiryKind::Soon => theme.warn,
                    ExpiryKind::Later => theme.plain,
                };
                self.bar(name, *count, *most, style, pen);
            }
        }
    }

    /// A name, a bar as long as its share of the longest, and the count. Not ratatui's `BarChart`, which writes
    /// counts into the bars and rounds small ones away.
    fn bar(&self, name: &str, count: u32, most: u32, style: Style, mut pen: Painter<'_>) {
        let theme = self.theme;
        pen.field(name, NAME, theme.glyphs.cut, theme.plain);
        let room = pen.left().saturating_sub(FIGURES).min(60);
        let long = (u64::from(count) * u64::from(room)).div_ceil(u64::from(most.max(1))) as usize;
        let full = theme.glyphs.bars.last().copied().unwrap_or("#");
        pen.put(&full.repeat(long), style);
        let style = if count == 0 { theme.dim } else { theme.plain };
        pen.skip(u16::from(long > 0)).put(&count.to_string(), style);
    }

    // Not ratatui's `Sparkline`: it rounds down, so that a quick answer beside a slow one is not seen at all, and
    // has no row of its own that could be scrolled to.
    fn took(&self, row: u16, mut pen: Painter<'_>) {
        let theme = self.theme;
        let room = pen.left().saturating_sub(NAME);
        let columns: Vec<_> = (0..room).map(|column| self.stretch.slowest_ms(column, room)).collect();
        let longest = columns.iter().flatten().copied().max();
        let most = longest.unwrap_or(0).max(1);
        let took = self.picture.trend.took(self.picture.now);
        let over = Trend::TOOK_OVER;
        let name = match row {
            0 => longest.map(|max| say!("max {took} (30m)", took = short_ms(max))),
            1 => took.map(|took| say!("p95 {took} ({over})", took = short_ms(took.p95_ms), over)),
            _ => took.map(|took| say!("p50 {took} ({over})", took = short_ms(took.p50_ms), over)),
        };
        let name = name.unwrap_or_default();
        pen.field(&name, NAME, theme.glyphs.cut, theme.dim);
        let levels = u32::from(CHART_ROWS) * 8;
        let floor = u32::from(CHART_ROWS - 1 - row.min(CHART_ROWS - 1)) * 8;
        for ms in columns {
            let level =
                ms.map_or(0, |ms| (u64::from(ms) * u64::from(levels)).div_ceil(u64::from(most)) as u32);
            let glyph = match level.saturating_sub(floor) {
                0 => " ",
                above => theme.glyphs.bars.get((above.min(8) - 1) as usize).copied().unwrap_or(" "),
            };
            pen.put(glyph, theme.calm);
        }
    }

    fn failures(&self, mut pen: Painter<'_>) {
        let theme = self.theme;
        pen.field(say!("failures"), NAME, theme.glyphs.cut, theme.dim);
        let room = pen.left();
        for column in 0..room {
            let (sign, style) = failure_look(theme, self.stretch.requests(column, room));
            pen.put(sign, style);
        }
    }

    fn users(&self, presence: Presence, mut pen: Painter<'_>) {
        let theme = self.theme;
        let count = move |totals: &Totals| match presence {
            Presence::Online => totals.online,
            Presence::Background => totals.background,
            Presence::Offline => totals.offline,
            Presence::Unknown(_) => totals.unknown,
            Presence::Unregistered => totals.unregistered,
        };
        let (sign, _, style) = theme.presence(presence);
        let now = count(&self.picture.roster.totals(self.picture.now));
        let name = format!("{sign} {now} {}", presence.word());
        pen.field(&name, NAME, theme.glyphs.cut, style);
        let room = pen.left();
        let columns: Vec<_> = (0..room).map(|at| self.stretch.totals(at, room).map(count)).collect();
        let most = columns.iter().flatten().copied().max().unwrap_or(0).max(1);
        for counted in columns {
            let glyph = match counted {
                None => " ",
                Some(0) => theme.glyphs.nothing,
                Some(counted) => {
                    let level = (u64::from(counted) * 7).div_ceil(u64::from(most));
                    theme.glyphs.bars.get(level as usize).copied().unwrap_or(" ")
                }
            };
            pen.put(glyph, if counted == Some(0) { theme.dim } else { style });
        }
    }

    fn axis(&self, mut pen: Painter<'_>) {
        let theme = self.theme;
        pen.skip(NAME);
        let (from, to) = self.stretch.ends(self.model);
        let (room, both) = (pen.left(), theme.width(&from) + theme.width(&to));
        if room > both {
            pen.put(&from, theme.dim).skip(room - both).put(&to, theme.dim);
        }
    }
}
