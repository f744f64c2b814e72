//! The stretch of time that charts are of, at most half an hour: from where the run began. What a column of a chart
//! stands for, and how latency and failures look in it.

use ratatui::style::Style;

use crate::presence::trend::{Bucket, Trend};
use crate::presence::{Moment, Totals};
use crate::say;
use crate::tui::View;

use super::theme::Theme;
use super::times::clock;

/// A younger run has so much room, in milliseconds.
const LEAST_MS: u64 = 120_000;

/// The stretch of time that the charts are of.
pub(super) struct Stretch<'a> {
    /// On the monotonic clock.
    pub(super) from_ms: u64,
    pub(super) to_ms: u64,
    now_ms: u64,
    /// Those in which something was heard, each with its beginning.
    pub(super) buckets: Vec<(u64, &'a Bucket)>,
}

impl<'a> Stretch<'a> {
    pub(super) fn of(trend: &'a Trend, now: Moment) -> Stretch<'a> {
        let newest = now.mono_ms / Trend::BUCKET_MS;
        let all = trend.buckets(now);
        let oldest = (newest + 1).saturating_sub(all.len() as u64);
        let skipped = all.len() as u64 - (newest + 1 - oldest);
        let buckets: Vec<(u64, &Bucket)> = (oldest..)
            .map(|number| number * Trend::BUCKET_MS)
            .zip(all.skip(skipped as usize))
            .filter(|(_, bucket)| bucket.totals.is_some() || bucket.requests() > 0)
            .collect();
        let from_ms = buckets.first().map_or(now.mono_ms, |(from, _)| *from);
        Stretch { from_ms, to_ms: now.mono_ms.max(from_ms + LEAST_MS), now_ms: now.mono_ms, buckets }
    }

    /// In which of so many columns a moment is; nothing outside.
    pub(super) fn column(&self, at_ms: u64, columns: u16) -> Option<u16> {
        let span = (self.to_ms - self.from_ms).max(1);
        let after = at_ms.checked_sub(self.from_ms).filter(|after| *after <= span)?;
        Some(((after * u64::from(columns) / span) as u16).min(columns.saturating_sub(1)))
    }

    /// The buckets that a column stands for, up to now.
    fn in_column(
        &self,
        column: u16,
        columns: u16,
    ) -> impl DoubleEndedIterator<Item = &'a Bucket> + use<'a, '_> {
        let span = self.to_ms - self.from_ms;
        let at = |column: u16| self.from_ms + span * u64::from(column) / u64::from(columns.max(1));
        let (from, to) = (at(column), at(column + 1));
        let first = self.buckets.partition_point(|(begin, _)| begin + Trend::BUCKET_MS <= from);
        let end =
            if from <= self.now_ms { self.buckets.partition_point(|(begin, _)| *begin < to) } else { 0 };
        self.buckets.get(first..end).unwrap_or_default().iter().map(|(_, bucket)| *bucket)
    }

    /// How long the slowest answer of a column took.
    pub(super) fn slowest_ms(&self, column: u16, columns: u16) -> Option<u32> {
        self.in_column(column, columns).filter_map(Bucket::took).map(|it| it.max_ms).max()
    }

    /// How many requests of a column were answered or failed, and how many of them failed.
    pub(super) fn requests(&self, column: u16, columns: u16) -> (u32, u32) {
        let counts = self.in_column(column, columns).map(|it| (it.requests(), it.failures));
        counts.fold((0, 0), |(all, bad), (requests, failures)| (all + requests, bad + failures))
    }

    /// How many users were what at the end of a column.
    pub(super) fn totals(&self, column: u16, columns: u16) -> Option<&'a Totals> {
        self.in_column(column, columns).rev().find_map(|it| it.totals.as_ref())
    }

    /// How many requests failed in all.
    pub(super) fn failures(&self) -> u32 {
        self.buckets.iter().map(|(_, bucket)| bucket.failures).sum()
    }

    /// From when to when it is, in words.
    pub(super) fn ends(&self, model: View<'_>) -> (String, String) {
        let now = model.picture().now;
        let at = |unix_ms: i64| clock(unix_ms, model.now, &model.zone);
        let is_now = !model.is_in_past() && model.playing().is_none();
        (at(now.unix_ms_at(self.from_ms)), if is_now { say!("now").into() } else { at(now.unix_ms) })
    }
}

/// The sign of so many requests, and failures among them.
pub(super) fn failure_look(theme: &Theme, counts: (u32, u32)) -> (&'static str, Style) {
    match counts {
        (_, 1..) => (theme.glyphs.failed, theme.bad),
        (1.., 0) => (theme.glyphs.nothing, theme.dim),
        (0, 0) => (" ", theme.plain),
    }
}

/// Short enough for beside a chart.
pub(super) fn short_ms(ms: u32) -> String {
    match ms {
        ..1_000 => format!("{ms} ms"),
        1_000..100_000 => format!("{:.1} s", f64::from(ms) / 1_000.0),
        _ => format!("{} s", ms / 1_000),
    }
}
