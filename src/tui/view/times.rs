//! Durations and points in time as short texts.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::language;
use crate::listing::short_expiry;
pub(super) use crate::presence::short_age as age;
use crate::presence::{Claims, Moment, Since};
use crate::say;
use crate::tui::TimeStyle;

use super::theme::Glyphs;

/// Tokens that end within so many seconds stand out.
pub(super) const SOON: i64 = 24 * 3_600;

/// A duration of milliseconds in its largest unit: `12s`, `3h`.
pub(super) fn age_ms(ms: u64) -> String {
    age(ms / 1_000)
}

/// An interval of asking: `2s`, `0.5s`, `1m`.
pub(super) fn interval(ms: u64) -> String {
    if ms.is_multiple_of(1_000) { age_ms(ms) } else { format!("{:.1}s", ms as f64 / 1_000.0) }
}

fn shown(unix_ms: i64, zone: &TimeZone, format: &str) -> String {
    match Timestamp::from_millisecond(unix_ms) {
        Ok(at) => at.to_zoned(zone.clone()).strftime(format).to_string(),
        Err(_) => say!("out of time").to_owned(),
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
        None => say!("until {end}", end),
    }
}

/// Since when something is so, in a few columns: its age, or the time of day. Where its beginning
/// was not seen, and where nobody looked for longer than `gap_ms` so that it may have been then, a
/// sign says so: `≥12m`, `≤46s`, `≤12:01:05`.
pub(super) fn since(
    since: Since,
    now: Moment,
    style: TimeStyle,
    gap_ms: u64,
    zone: &TimeZone,
    glyphs: &Glyphs,
) -> String {
    let blind = blind_since(since, gap_ms);
    match style {
        TimeStyle::Relative => match blind {
            Some(after) => format!("{}{}", glyphs.at_most, age_ms(now.mono_ms.saturating_sub(after))),
            None if since.is_exact() => age_ms(since.age_ms(now)),
            None => format!("{}{}", glyphs.at_least, age_ms(since.age_ms(now))),
        },
        TimeStyle::Absolute => {
            let text = short_clock(now.unix_ms_at(since.before_ms), now, zone);
            let known = since.is_exact() && blind.is_none();
            if known { text } else { format!("{}{text}", glyphs.at_most) }
        }
    }
}

/// Since when nobody looked, where that was longer than `gap_ms` before the beginning was noticed.
pub(super) fn blind_since(since: Since, gap_ms: u64) -> Option<u64> {
    since.after_ms.filter(|after| since.before_ms.saturating_sub(*after) > gap_ms)
}

/// When a token ends, in at most 13 columns: `EXPIRED 2y`, `19m soon`, `22d`; or `EXPIRED 11-20`,
/// `today 19:22`, `2027-01-18`. What is over or near has a word in both, and so has what is too far away.
pub(super) fn expiry(expires: i64, server_now: i64, style: TimeStyle, zone: &TimeZone) -> String {
    if Claims::is_far_future(expires) {
        return language::say(Claims::FAR_FUTURE).to_owned();
    }
    let left = expires.saturating_sub(server_now);
    let at = |seconds: i64, format: &str| shown(seconds.saturating_mul(1_000), zone, format);
    let same = |format| at(expires, format) == at(server_now, format);
    match (style, left) {
        (TimeStyle::Relative, _) => short_expiry(left),
        (TimeStyle::Absolute, ..=0) => {
            say!("EXPIRED {when}", when = at(expires, if same("%Y") { "%m-%d" } else { "%Y" }))
        }
        (TimeStyle::Absolute, 1..SOON) if same("%Y-%m-%d") => {
            say!("today {time}", time = at(expires, "%H:%M"))
        }
        (TimeStyle::Absolute, 1..SOON) => at(expires, "%m-%d %H:%M"),
        (TimeStyle::Absolute, _) => date(expires, zone),
    }
}

#[cfg(test)]
mod tests {
    use super::super::theme::{Colour, Theme};
    use super::*;

    #[test]
    fn an_interval_of_asking_may_have_a_half_second() {
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
        let glyphs = Theme::new(Colour::None, false).glyphs;
        let words = |it, style| super::since(it, now, style, 4_000, &TimeZone::UTC, &glyphs);
        let (ages, times) = (TimeStyle::Relative, TimeStyle::Absolute);
        assert_eq!(words(since, ages), "≥12m");
        assert_eq!(words(since, times), "≤01-01 00:00".replace("01-01 00:00", "12-31 23:48"));
        let seen = Since { after_ms: Some(718_000 - 2_000), before_ms: 718_000 };
        assert_eq!((words(seen, ages), words(seen, times)), ("2s".to_owned(), "12-31 23:59".to_owned()));
        let late = Since { after_ms: Some(674_000), ..seen };
        assert_eq!(words(late, ages), "≤46s", "nobody looked for 44 s");
    }

    #[test]
    fn the_end_of_a_token_has_a_word_where_it_is_over_or_near() {
        let now = 1_800_000_000; // 2027-01-15 08:00:00
        let words = |left, style| expiry(now + left, now, style, &TimeZone::UTC);
        let both = |left| (words(left, TimeStyle::Relative), words(left, TimeStyle::Absolute));
        let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        assert_eq!(both(-86_400), pair("EXPIRED 1d", "EXPIRED 01-14"));
        assert_eq!(both(-86_400 * 400), pair("EXPIRED 1y", "EXPIRED 2025"));
        assert_eq!(both(19 * 60), pair("19m soon", "today 08:19"));
        assert_eq!(both(20 * 3_600), pair("20h soon", "01-16 04:00"));
        assert_eq!(both(86_400), pair("1d", "2027-01-16"));
        for far in [now * 1_000, i64::MAX] {
            assert_eq!(expiry(far, now, TimeStyle::Relative, &TimeZone::UTC), "far future (ms?)");
            assert_eq!(expiry(far, now, TimeStyle::Absolute, &TimeZone::UTC), "far future (ms?)");
        }
    }
}
