//! Durations and points in time as short texts.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::presence::{Moment, Since};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const YEAR: u64 = 365 * DAY;

/// A duration in its largest unit: `12s`, `12m`, `3h`, `22d`, `2y`; at most four columns for a century.
pub(super) fn age(seconds: u64) -> String {
    match seconds {
        0..MINUTE => format!("{seconds}s"),
        MINUTE..HOUR => format!("{}m", seconds / MINUTE),
        HOUR..DAY => format!("{}h", seconds / HOUR),
        DAY..YEAR => format!("{}d", seconds / DAY),
        _ => format!("{}y", seconds / YEAR),
    }
}

/// The same of milliseconds.
pub(super) fn age_ms(ms: u64) -> String {
    age(ms / 1_000)
}

/// An interval of asking: `2s`, `0.5s`, `1m`.
pub(super) fn interval(ms: u64) -> String {
    if ms.is_multiple_of(1_000) { age_ms(ms) } else { format!("{:.1}s", ms as f64 / 1_000.0) }
}

/// The wall clock's time of a moment on the monotonic clock.
pub(super) fn unix_ms_of(mono_ms: u64, now: Moment) -> i64 {
    now.unix_ms.saturating_add(mono_ms as i64).saturating_sub(now.mono_ms as i64)
}

fn shown(unix_ms: i64, zone: &TimeZone, format: &str) -> String {
    match Timestamp::from_millisecond(unix_ms) {
        Ok(at) => at.to_zoned(zone.clone()).strftime(format).to_string(),
        Err(_) => "out of time".to_owned(),
    }
}

/// `12:01:05`; with the date before it where that is not today.
pub(super) fn clock(unix_ms: i64, now: Moment, zone: &TimeZone) -> String {
    let day = |ms| shown(ms, zone, "%Y-%m-%d");
    if day(unix_ms) == day(now.unix_ms) {
        shown(unix_ms, zone, "%H:%M:%S")
    } else {
        shown(unix_ms, zone, "%m-%d %H:%M:%S")
    }
}

/// `12:01:05`, or `01-31 12:01` where that is not today: at most eleven columns.
pub(super) fn short_clock(unix_ms: i64, now: Moment, zone: &TimeZone) -> String {
    let text = clock(unix_ms, now, zone);
    text.get(..11).map_or(text.clone(), str::to_owned)
}

/// `2024-01-08`.
pub(super) fn date(unix_seconds: i64, zone: &TimeZone) -> String {
    shown(unix_seconds.saturating_mul(1_000), zone, "%Y-%m-%d")
}

/// `2024-01-08 12:01:05`.
pub(super) fn date_time(unix_seconds: i64, zone: &TimeZone) -> String {
    shown(unix_seconds.saturating_mul(1_000), zone, "%Y-%m-%d %H:%M:%S")
}

/// In which interval something happened: `12:01:03-12:01:05`; only its end where the beginning is
/// not known.
pub(super) fn between(after: Option<Moment>, before: Moment, now: Moment, zone: &TimeZone) -> String {
    let end = clock(before.unix_ms, now, zone);
    match after {
        Some(after) => {
            let start = clock(after.unix_ms, now, zone);
            if start == end { end } else { format!("{start}-{end}") }
        }
        None => format!("until {end}"),
    }
}

/// How long something has lasted; with a mark where its beginning was not seen.
pub(super) fn lasting(since: Since, now: Moment, at_least: &str) -> String {
    let age = age_ms(since.age_ms(now));
    if since.is_exact() { age } else { format!("{at_least}{age}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_in_their_largest_unit() {
        let cases = [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3_599, "59m"),
            (3_600, "1h"),
            (86_400, "1d"),
            (31_535_999, "364d"),
            (70_000_000, "2y"),
        ];
        for (seconds, text) in cases {
            assert_eq!(age(seconds), text);
        }
        assert_eq!([500, 2_000, 60_000].map(interval), ["0.5s", "2s", "1m"]);
    }

    #[test]
    fn a_time_of_another_day_has_its_date() {
        let now = Moment { mono_ms: 0, unix_ms: 1_800_000_000_000 };
        assert_eq!(clock(1_800_000_000_000, now, &TimeZone::UTC), "08:00:00");
        assert_eq!(clock(1_799_900_000_000, now, &TimeZone::UTC), "01-14 04:13:20");
        assert_eq!(short_clock(1_799_900_000_000, now, &TimeZone::UTC), "01-14 04:13");
        assert_eq!(date(1_704_700_000, &TimeZone::UTC), "2024-01-08");
        assert_eq!(date(i64::MAX, &TimeZone::UTC), "out of time");
        let after = Moment { mono_ms: 0, unix_ms: 1_799_999_998_000 };
        assert_eq!(between(Some(after), now, now, &TimeZone::UTC), "07:59:58-08:00:00");
        assert_eq!(between(None, now, now, &TimeZone::UTC), "until 08:00:00");
    }

    #[test]
    fn what_was_there_before_is_older_than_its_age() {
        let now = Moment { mono_ms: 720_000, unix_ms: 0 };
        let since = Since { after_ms: None, before_ms: 0 };
        assert_eq!(lasting(since, now, "≥"), "≥12m");
        assert_eq!(lasting(Since { after_ms: Some(0), ..since }, now, "≥"), "12m");
    }
}
