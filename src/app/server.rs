//! What the view of the server consists of, line by line, so that scrolling knows where it ends.

use std::collections::BTreeMap;

use crate::presence::{Platform, Presence, Rule};

use super::model::{Model, Picture};

/// From so many columns on the view has two halves side by side.
pub const TWO_HALVES: u16 = 120;

/// Rows of the chart of latency.
pub const CHART_ROWS: u16 = 3;

/// One line of the view of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerLine {
    /// Nothing.
    Blank,
    /// What the lines below are about.
    Heading(&'static str),
    /// A row of the chart of how long answers took, from the top.
    Took(u16),
    /// Failures over time.
    Failures,
    /// Users of this presence over time.
    Users(Presence),
    /// From when to when the charts are.
    Axis,
    /// A name and a text.
    Fact(&'static str, String),
    /// A text of its own that calls for attention.
    Warning(String),
    /// Connections on a platform, of how many at most on one.
    Platform(Platform, u32, u32),
    /// Session tokens that expire then, of how many at most.
    Expiry(String, u32, u32, ExpiryKind),
    /// There is nothing of what the heading says.
    Nothing(&'static str),
}

/// How near an expiry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExpiryKind {
    /// It is over.
    Past,
    /// Within a day.
    Soon,
    /// Later.
    Later,
}

/// Days that have a line of their own in the histogram of expiry.
const DAYS: i64 = 7;

/// The two halves of the view; on a narrow screen the second stands under the first.
pub fn server_lines(model: &Model) -> (Vec<ServerLine>, Vec<ServerLine>) {
    let picture = model.picture();
    let mut first = vec![ServerLine::Heading("How long answers took, and failures")];
    first.extend((0..CHART_ROWS).map(ServerLine::Took));
    first.extend([ServerLine::Failures, ServerLine::Axis, ServerLine::Blank]);
    first.push(ServerLine::Heading("Users over time"));
    first.extend([
        ServerLine::Users(Presence::Online),
        ServerLine::Users(Presence::Background),
        ServerLine::Users(Presence::Offline),
        ServerLine::Users(Presence::Unknown(crate::presence::Why::NotAnswered)),
        ServerLine::Axis,
        ServerLine::Blank,
    ]);
    asking(&picture, &mut first);
    let mut second = vec![ServerLine::Heading("Connections by platform, as last seen")];
    platforms(&picture, &mut second);
    second.push(ServerLine::Blank);
    second.push(ServerLine::Heading("Session tokens run out, by the server's clock"));
    expiries(model, &picture, &mut second);
    (first, second)
}

/// How many lines the view has on a screen so wide.
pub(super) fn server_height(model: &Model) -> usize {
    let (first, second) = server_lines(model);
    if model.size().0 >= TWO_HALVES { first.len().max(second.len()) } else { first.len() + 1 + second.len() }
}

fn platforms(picture: &Picture<'_>, lines: &mut Vec<ServerLine>) {
    let mut counted: Vec<(Platform, u32)> =
        picture.roster.platforms().iter().map(|(platform, count)| (*platform, *count)).collect();
    counted.sort_by_key(|(platform, count)| (std::cmp::Reverse(*count), *platform));
    let most = counted.first().map_or(0, |(_, count)| *count);
    if counted.is_empty() {
        lines.push(ServerLine::Nothing("no connection"));
    }
    lines.extend(counted.into_iter().map(|(platform, count)| ServerLine::Platform(platform, count, most)));
}

fn expiries(model: &Model, picture: &Picture<'_>, lines: &mut Vec<ServerLine>) {
    let now = picture.roster.server_clock().unix_seconds(picture.now);
    let counted = picture.roster.expiries();
    let bins = expiry_bins(counted, now);
    let most = bins.iter().map(|(_, count, _)| *count).max().unwrap_or(0);
    if most == 0 {
        lines.push(ServerLine::Nothing("no session token names its end"));
        return;
    }
    for (bin, count, kind) in bins {
        let name = match bin {
            Bin::Expired => "expired".to_owned(),
            Bin::Hour => "within 1h".to_owned(),
            Bin::Today => "within 24h".to_owned(),
            Bin::Day(at) => model.weekday(at),
            Bin::Month => "within 30d".to_owned(),
            Bin::Later => "later".to_owned(),
        };
        lines.push(ServerLine::Expiry(name, count, most, kind));
    }
    for finding in picture.findings.of_server().iter().filter(|it| it.rule == Rule::ExpiryCliff) {
        lines.push(ServerLine::Warning(model.evidence(finding)));
    }
}

/// A stretch of time in which tokens expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bin {
    Expired,
    Hour,
    Today,
    /// The day that begins then, unix seconds.
    Day(i64),
    Month,
    Later,
}

/// Counts tokens by when they expire; stretches are counted from now.
fn expiry_bins(expiries: &BTreeMap<i64, u32>, now: i64) -> Vec<(Bin, u32, ExpiryKind)> {
    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;
    let mut ends = vec![
        (Bin::Expired, now, ExpiryKind::Past),
        (Bin::Hour, now + HOUR, ExpiryKind::Soon),
        (Bin::Today, now + DAY, ExpiryKind::Soon),
    ];
    ends.extend((1..=DAYS).map(|day| (Bin::Day(now + day * DAY), now + (day + 1) * DAY, ExpiryKind::Later)));
    ends.push((Bin::Month, now + 30 * DAY, ExpiryKind::Later));
    ends.push((Bin::Later, i64::MAX, ExpiryKind::Later));
    let mut bins: Vec<(Bin, u32, ExpiryKind)> = ends.iter().map(|(bin, _, kind)| (*bin, 0, *kind)).collect();
    for (minute, count) in expiries {
        let at = minute.saturating_mul(60);
        let bin = ends.partition_point(|(_, end, _)| *end < at);
        if let Some((_, counted, _)) = bins.get_mut(bin) {
            *counted += count;
        }
    }
    bins
}

/// What our own asking costs, and what the server says of itself.
fn asking(picture: &Picture<'_>, lines: &mut Vec<ServerLine>) {
    lines.push(ServerLine::Heading("What imtop asks, and what the server says of itself"));
    let trend = picture.trend;
    let (sums, rates) = (trend.sums(), trend.rates(picture.now));
    let failed = match sums.failures {
        0 => "none failed".to_owned(),
        failures => format!("{failures} failed"),
    };
    lines.push(ServerLine::Fact("requests", format!("{}, {failed}", sums.requests())));
    lines.push(ServerLine::Fact(
        "a second",
        format!("{:.1} requests, {:.0} users, {}", rates.requests, rates.users, bytes(rates.bytes as u64)),
    ));
    lines.push(ServerLine::Fact("received", format!("{} in all", bytes(sums.wire_bytes))));
    let offset = picture.roster.server_clock().offset_ms();
    let clock = match offset {
        0 => "as this machine's".to_owned(),
        ms if ms > 0 => format!("{:.1} s ahead of this machine's", ms as f64 / 1_000.0),
        ms => format!("{:.1} s behind this machine's", -ms as f64 / 1_000.0),
    };
    lines.push(ServerLine::Fact("clock", clock));
    for failed in &sums.troubles {
        let age = crate::presence::short_age(picture.now.since(failed.last) / 1_000);
        lines.push(ServerLine::Fact(
            "failed",
            format!("{} times: {}, last {age} ago", failed.count, failed.trouble),
        ));
    }
}

/// `512 B`, `3.4 kB`, `12 MB`.
fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", count as f64 / 1e6),
        _ => format!("{:.1} GB", count as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_counted_in_one_stretch_of_time() {
        let now = 1_800_000_000;
        let at = |seconds: i64| (now + seconds) / 60;
        let expiries: BTreeMap<i64, u32> = [
            (at(-600), 3),
            (at(600), 5),
            (at(7_200), 1),
            (at(86_400 * 3), 2),
            (at(86_400 * 20), 4),
            (at(86_400 * 90), 7),
        ]
        .into();
        let bins = expiry_bins(&expiries, now);
        assert_eq!(bins.iter().map(|(_, count, _)| count).sum::<u32>(), 22);
        let counts: Vec<u32> = bins.iter().map(|(_, count, _)| *count).filter(|count| *count > 0).collect();
        assert_eq!(counts, [3, 5, 1, 2, 4, 7]);
        assert_eq!(bins.len(), 3 + DAYS as usize + 2);
    }

    #[test]
    fn amounts_are_read_at_a_glance() {
        assert_eq!(
            [0, 999, 3_400, 12_000_000, 5_000_000_000].map(bytes),
            ["0 B", "999 B", "3.4 kB", "12.0 MB", "5.0 GB"]
        );
    }
}
