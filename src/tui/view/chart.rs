//! Users by presence over the last half hour as lines, with incidents, latency and failures below: from where
//! the run began.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::symbols::Marker;
use ratatui::widgets::Widget as _;
use ratatui::widgets::canvas::{Canvas, Line};

use crate::presence::trend::Trend;
use crate::presence::{Moment, Presence, Totals, UnknownReason};
use crate::say;
use crate::tui::{OverviewParts, View};

use super::overview::compact;
use super::painter::Painter;
use super::stretch::{Stretch, failure_look, short_ms};
use super::theme::Theme;

/// How many of them there are.
type Count = fn(&Totals) -> u32;

/// What is drawn, the most important last, so that it is on top.
const DRAWN: [(Presence, Count); 4] = [
    (Presence::Offline, |totals| totals.offline),
    (Presence::Background, |totals| totals.background),
    (Presence::Online, |totals| totals.online),
    (Presence::Unknown(UnknownReason::NotAnswered), |totals| totals.unknown),
];

pub(super) fn draw(
    model: View<'_>,
    theme: &Theme,
    parts: OverviewParts,
    (left, right): (u16, u16),
    buf: &mut Buffer,
) {
    let picture = model.picture();
    let stretch = Stretch::of(picture.trend, picture.now);
    let columns = parts.chart.width.saturating_sub(left + right);
    if columns < 8 {
        return;
    }
    let plot = Rect { x: parts.chart.x + left, width: columns, ..parts.chart };
    let totals = picture.roster.totals(picture.now);
    let highest = |totals: &Totals| DRAWN.iter().map(|(_, of)| of(totals)).max().unwrap_or(0);
    let past = stretch.buckets.iter().filter_map(|(_, bucket)| bucket.totals.as_ref());
    let most = past.map(highest).max().unwrap_or(0).max(highest(&totals)).max(1);
    lines(theme, &stretch, picture.now, most, &totals, plot, buf);
    scale(theme, most, left, parts.chart, buf);
    legend(theme, &totals, most, right, parts.chart, buf);
    axis(model, theme, &stretch, (left, columns), parts.axis, buf);
    latency(model, theme, &stretch, (left, columns), parts.latency, buf);
    failures(theme, &stretch, (left, columns), parts.failures, buf);
}

fn lines(
    theme: &Theme,
    stretch: &Stretch<'_>,
    now: Moment,
    most: u32,
    totals: &Totals,
    plot: Rect,
    buf: &mut Buffer,
) {
    let x = |at_ms: u64| at_ms.saturating_sub(stretch.from_ms) as f64;
    let canvas = Canvas::default()
        .marker(Marker::Braille)
        .x_bounds([0.0, (stretch.to_ms - stretch.from_ms) as f64])
        .y_bounds([0.0, f64::from(most)])
        .paint(|context| {
            for (presence, of) in DRAWN {
                let known = stretch.buckets.iter();
                let mut points: Vec<(f64, u32)> = known
                    .filter_map(|(from, bucket)| {
                        let end = (from + Trend::BUCKET_MS).min(now.mono_ms);
                        Some((x(end), of(bucket.totals.as_ref()?)))
                    })
                    .collect();
                points.insert(0, (0.0, points.first().map_or(0, |(_, count)| *count)));
                points.push((x(now.mono_ms), of(totals)));
                // Of whom there never were any there is no line along the bottom.
                if points.iter().all(|(_, count)| *count == 0) {
                    continue;
                }
                let color = theme.presence(presence).2.fg.unwrap_or(Color::Reset);
                for pair in points.windows(2) {
                    if let [(x1, y1), (x2, y2)] = *pair {
                        context.draw(&Line::new(x1, f64::from(y1), x2, f64::from(y2), color));
                    }
                }
            }
        });
    canvas.render(plot.intersection(buf.area), buf);
    if theme.is_ascii() {
        let plot = plot.intersection(buf.area);
        for position in plot.positions() {
            if let Some(cell) = buf.cell_mut(position).filter(|cell| cell.symbol() != " ") {
                cell.set_symbol("*");
            }
        }
    }
}

/// The highest number at the top, and none at the bottom.
fn scale(theme: &Theme, most: u32, left: u16, chart: Rect, buf: &mut Buffer) {
    for (row, number) in [(0, most), (chart.height.saturating_sub(1), 0)] {
        let text = compact(u64::from(number));
        let mut pen = Painter::new(theme, buf, chart, row);
        pen.skip(left.saturating_sub(theme.width(&text) + 1)).put(&text, theme.dim);
    }
}

/// What each line is, at its right end, or as near to it as there is room.
fn legend(theme: &Theme, totals: &Totals, most: u32, right: u16, chart: Rect, buf: &mut Buffer) {
    let last = chart.height.saturating_sub(1);
    // Where there are too few rows the first of these have one.
    let mut said: Vec<(u16, Presence, u32)> = [3, 2, 0, 1]
        .into_iter()
        .filter_map(|at: usize| DRAWN.get(at))
        .map(|(presence, of)| {
            let count = of(totals);
            let up = u64::from(count) * u64::from(last) / u64::from(most);
            (last - up as u16, *presence, count)
        })
        .filter(|(.., count)| *count > 0)
        .take(usize::from(chart.height))
        .collect();
    said.sort_by_key(|(row, ..)| *row);
    // Each below the one above it; what then sticks out at the bottom moves the others up.
    let mut next = 0;
    for (row, ..) in &mut said {
        *row = (*row).max(next);
        next = *row + 1;
    }
    let mut most_row = last;
    for (row, ..) in said.iter_mut().rev() {
        *row = (*row).min(most_row);
        most_row = most_row.saturating_sub(1);
    }
    for (row, presence, count) in said {
        let (sign, word, style) = theme.presence(presence);
        let area = Rect { x: chart.right().saturating_sub(right), width: right, ..chart };
        let mut pen = Painter::new(theme, buf, area, row);
        pen.skip(1).rest(&format!("{sign} {} {word}", compact(u64::from(count))), theme.glyphs.cut, style);
    }
}

/// From when to when, with a mark for each incident.
fn axis(
    model: View<'_>,
    theme: &Theme,
    stretch: &Stretch<'_>,
    (left, columns): (u16, u16),
    area: Rect,
    buf: &mut Buffer,
) {
    let now = model.picture().now;
    let (from, end) = stretch.ends(model);
    let mut pen = Painter::new(theme, buf, area, 0);
    let shown = theme.shortened(&from, left.saturating_sub(1), "");
    pen.skip(left.saturating_sub(theme.width(&shown) + 1)).put(&shown, theme.dim).skip(1);
    let mut marks: Vec<Option<crate::presence::Severity>> = vec![None; usize::from(columns)];
    for incident in model.shown.markers.incidents() {
        let column =
            stretch.column(incident.at.mono_ms, columns).filter(|_| incident.at.mono_ms <= now.mono_ms);
        if let Some(mark) = column.and_then(|column| marks.get_mut(usize::from(column))) {
            *mark = (*mark).max(Some(incident.severity));
        }
    }
    for mark in marks {
        match mark.map(|severity| theme.severity(severity)) {
            Some((sign, style)) => pen.put(sign, style),
            None => pen.put(theme.glyphs.rule, theme.dim),
        };
    }
    pen.skip(1).rest(&end, theme.glyphs.cut, theme.dim);
}

fn row<T>(
    theme: &Theme,
    name: &str,
    (left, columns): (u16, u16),
    (area, buf): (Rect, &mut Buffer),
    of: impl Fn(u16) -> T,
    look: impl Fn(T) -> (&'static str, Style),
    end: &str,
) {
    let mut pen = Painter::new(theme, buf, area, 0);
    pen.skip(left.saturating_sub(theme.width(name) + 1)).put(name, theme.dim).skip(1);
    for column in 0..columns {
        let (sign, style) = look(of(column));
        pen.put(sign, style);
    }
    pen.skip(1).rest(end, theme.glyphs.cut, theme.dim);
}

fn latency(
    model: View<'_>,
    theme: &Theme,
    stretch: &Stretch<'_>,
    place: (u16, u16),
    area: Rect,
    buf: &mut Buffer,
) {
    let slowest = |column| stretch.slowest_ms(column, place.1);
    let most = (0..place.1).filter_map(slowest).max().unwrap_or(0).max(1);
    let look = |ms: Option<u32>| match ms {
        None => (" ", theme.plain),
        Some(ms) => {
            let height = (u64::from(ms) * 7).div_ceil(u64::from(most)) as usize;
            (theme.glyphs.bars.get(height).copied().unwrap_or(" "), theme.calm)
        }
    };
    let picture = model.picture();
    let took = picture.trend.took(picture.now);
    let end = took.map_or(String::new(), |took| format!("p95 {}", short_ms(took.p95_ms)));
    row(theme, "API", place, (area, buf), slowest, look, &end);
}

fn failures(theme: &Theme, stretch: &Stretch<'_>, place: (u16, u16), area: Rect, buf: &mut Buffer) {
    let all = stretch.failures();
    let end = if all == 0 { String::new() } else { say!("{n} err", n = compact(u64::from(all))) };
    let of = |column| stretch.requests(column, place.1);
    row(theme, say!("failed"), place, (area, buf), of, |counts| failure_look(theme, counts), &end);
}
