//! The first row: which server, how the asking goes. What matters least goes first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::Model;
use crate::presence::FeedStatus;

use super::pen::{Pen, width};
use super::theme::Theme;
use super::times::{age_ms, interval};

/// Answers in the sparkline.
const BARS: usize = 16;

/// Answers that are quicker than this all look alike.
const QUICK_MS: u32 = 40;

/// One thing that the header says; the higher its rank, the earlier it goes.
struct Segment {
    rank: u8,
    text: String,
    style: Style,
}

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let mut segments = segments(model, theme, area.width);
    let needed = |segments: &[Segment]| -> u16 {
        segments.iter().map(|segment| width(&segment.text) + 2).sum::<u16>().saturating_sub(1)
    };
    for rank in (1..=6).rev() {
        if needed(&segments) > area.width {
            segments.retain(|segment| segment.rank != rank);
        }
    }
    let spark = sparkline(model, theme);
    let mut pen = Pen::new(buf, area, 0);
    pen.skip(1);
    let mut over = needed(&segments).saturating_sub(area.width);
    for segment in &segments {
        let full = width(&segment.text);
        // The server gives way before the state of the feed does.
        let shown = if segment.rank == 0 && segment.style == theme.plain {
            let shown = full.saturating_sub(over).max(full.min(4));
            over -= full - shown;
            shown
        } else {
            full
        };
        pen.field(&segment.text, shown, theme.glyphs.cut, segment.style).skip(2);
    }
    if pen.left() > width(&spark) {
        pen.skip(pen.left() - width(&spark) - 1).put(&spark, theme.dim);
    }
}

fn segments(model: &Model, theme: &Theme, area_width: u16) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut add = |rank, text: String, style| segments.push(Segment { rank, text, style });
    let (roster, now) = (model.live(), model.now());
    add(3, "imtop".to_owned(), theme.strong);
    if let Some(hidden) = model.hidden_changes() {
        let sign = theme.glyphs.paused;
        add(0, format!("{sign} PAUSED"), theme.strong);
        add(1, format!("{hidden} hidden"), theme.warn);
    }
    if area_width >= 30 {
        add(0, model.server().to_owned(), theme.plain);
    }
    let status = roster.feed_status(now);
    let (sign, style) = theme.feed(&status);
    let text = format!("{sign} {}", words(model, &status));
    add(u8::from(model.hidden_changes().is_some()), text, style.add_modifier(theme.strong.add_modifier));
    if let Some(answer) = roster.last_answer() {
        add(2, format!("last {} ago", age_ms(now.since(answer))), theme.plain);
    }
    if let Some((p50, p95)) = roster.latency().p50_p95() {
        add(4, format!("p50 {p50} p95 {p95} ms"), theme.plain);
    }
    let all = roster.batches().len();
    let fresh = roster
        .batches()
        .iter()
        .filter(|batch| batch.answered.is_some() && !batch.is_stale(now, roster.freshness()));
    if all > 1 {
        add(5, format!("batches {}/{all}", fresh.count()), theme.plain);
    }
    segments
}

fn words(model: &Model, status: &FeedStatus) -> String {
    let every = interval(model.interval_ms());
    match status {
        FeedStatus::Nobody => "nobody is watched".to_owned(),
        FeedStatus::Connecting => "connecting".to_owned(),
        FeedStatus::Live => format!("live {every}"),
        FeedStatus::Degraded { failing } => format!("degraded {every}, {failing} failing"),
        FeedStatus::Overdue => "answer overdue".to_owned(),
        FeedStatus::Retrying { attempt, next_ms } => {
            let attempt = if *attempt > 1 { format!(" (attempt {attempt})") } else { String::new() };
            match next_ms.saturating_sub(model.now().mono_ms).div_ceil(1_000) {
                0 => format!("retrying now{attempt}"),
                seconds => format!("retrying in {seconds}s{attempt}"),
            }
        }
    }
}

fn sparkline(model: &Model, theme: &Theme) -> String {
    let took: Vec<u32> = model.live().latency().last(BARS).collect();
    let p50 = model.live().latency().p50_p95().map_or(0, |(p50, _)| p50);
    // Twice the usual is the top, so that what is usual stands half-way up and not at the brim; and
    // a few milliseconds more or less are no news.
    let most = took.iter().copied().max().unwrap_or(0).max(p50.saturating_mul(2)).max(QUICK_MS);
    let bar = |ms: &u32| {
        let level = u64::from(*ms) * 7 / u64::from(most);
        theme.glyphs.bars.get(level as usize).copied().unwrap_or(" ")
    };
    took.iter().map(bar).collect()
}
