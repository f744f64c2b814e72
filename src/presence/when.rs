//! Points in time as people name them: of day, of the calendar, from the beginning or from the end.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::time::Moment;
use crate::language::say;
use crate::{say, words};

/// A point in time of a run, as somebody named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A time of day: `12:01`, `12:01:05`.
    OfDay(Time),
    /// A date and a time of day: `2026-11-23 12:01`.
    OfCalendar(DateTime),
    /// One and the same everywhere: `2026-11-23T12:01:05Z`.
    Absolute(Timestamp),
    /// So long after the beginning: `+90s`.
    FromBegin(SignedDuration),
    /// So long before the end: `-5m`.
    FromEnd(SignedDuration),
}

/// What of a run cannot be read at its ends: sentences that say why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Before what can be read.
    pub before: Option<String>,
    /// After what can be read.
    pub after: Option<String>,
}

/// What is understood, to be put after `expected`.
const EXPECTED: &str = words!(
    "expected a time of day (12:01:05), a date with it (2026-11-23T12:01:05Z), +90s from the beginning or -5m from the end"
);

impl When {
    /// Reads what somebody wrote.
    ///
    /// # Errors
    /// It is none of those; what was expected.
    pub fn parse(text: &str) -> Result<When, String> {
        let text = text.trim();
        let duration = |text: &str| {
            let plain = text.parse::<u32>().ok().map(|seconds| SignedDuration::from_secs(seconds.into()));
            let signed = || text.parse::<SignedDuration>().ok().filter(|it| !it.is_negative());
            plain.or_else(signed).ok_or_else(|| say(EXPECTED).to_owned())
        };
        if let Some(after) = text.strip_prefix('+') {
            return duration(after).map(When::FromBegin);
        }
        if let Some(before) = text.strip_prefix('-') {
            return duration(before).map(When::FromEnd);
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(When::Absolute(at));
        }
        let has_date = text.contains('-');
        // The last hours that have a date have no place in time; whoever names them means the end of it.
        if has_date && let Ok(at) = text.trim_end_matches(['Z', 'z']).parse::<DateTime>() {
            return Ok(When::OfCalendar(at));
        }
        let of_day = text.contains(':').then(|| text.parse::<Time>().ok()).flatten();
        of_day.map(When::OfDay).ok_or_else(|| say(EXPECTED).to_owned())
    }

    /// The moment that is meant in a run from `begin` to `end`, on its monotonic clock, in
    /// milliseconds. A time of day is that of the last day of the run on which it is within it.
    ///
    /// # Errors
    /// It is outside of the run; also why, where there was more that cannot be read.
    pub fn within(
        self,
        begin: Moment,
        end: Moment,
        zone: &TimeZone,
        unread: impl FnOnce() -> Unread,
    ) -> Result<u64, String> {
        let of = |at: DateTime| zone.to_timestamp(at).map(Timestamp::as_millisecond).ok();
        let shown = |at: Moment| {
            let at = Timestamp::from_millisecond(at.unix_ms).unwrap_or_default().to_zoned(zone.clone());
            at.strftime("%Y-%m-%d %H:%M:%S").to_string()
        };
        let (from, to) = (shown(begin), shown(end));
        let outside = |is_late: bool| {
            let unread = unread();
            match (is_late, unread.before, unread.after) {
                (true, _, Some(why)) => {
                    say!("that is after what can be read, from {from} to {to}: {why}", from, to, why)
                }
                (false, Some(why), _) => {
                    say!("that is before what can be read, from {from} to {to}: {why}", from, to, why)
                }
                _ => say!("that is outside of what there is: from {from} to {to}", from, to),
            }
        };
        let mut is_late = matches!(self, When::FromBegin(_));
        let unix_ms = match self {
            When::FromBegin(after) => {
                let mono = i128::from(begin.mono_ms) + after.as_millis();
                return inside(mono, begin, end).ok_or_else(|| outside(is_late));
            }
            When::FromEnd(before) => {
                let mono = i128::from(end.mono_ms) - before.as_millis();
                return inside(mono, begin, end).ok_or_else(|| outside(is_late));
            }
            When::Absolute(at) => Some(at.as_millisecond()),
            When::OfCalendar(at) => of(at),
            When::OfDay(time) => {
                let last =
                    Timestamp::from_millisecond(end.unix_ms).unwrap_or_default().to_zoned(zone.clone());
                let day = last.date();
                let today = of(day.to_datetime(time));
                // A time of today that is over only after the end.
                is_late = today.is_some_and(|at| at > end.unix_ms);
                let yesterday = || day.yesterday().ok().and_then(|day| of(day.to_datetime(time)));
                today.filter(|at| *at <= end.unix_ms + 999).or_else(yesterday)
            }
        };
        let Some(unix_ms) = unix_ms else { return Err(outside(is_late)) };
        is_late |= unix_ms > end.unix_ms;
        // A second is named by its beginning; the run may begin or end within it.
        let mono = i128::from(end.mono_ms) - (i128::from(end.unix_ms) - i128::from(unix_ms));
        inside(mono, begin, end).ok_or_else(|| outside(is_late))
    }
}

/// A moment of the run; within a second of its ends, those.
fn inside(mono_ms: i128, begin: Moment, end: Moment) -> Option<u64> {
    let (first, last) = (i128::from(begin.mono_ms), i128::from(end.mono_ms));
    let is_near = (first - 1_000..=last + 1_000).contains(&mono_ms);
    is_near.then(|| mono_ms.clamp(first, last.max(first)) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> (Moment, Moment) {
        // From 2026-11-23T23:50:00Z, twenty minutes.
        let begin = Moment { mono_ms: 500, unix_ms: 1_795_477_800_000 };
        (begin, begin.plus(20 * 60_000))
    }

    fn within(text: &str) -> Result<u64, String> {
        let (begin, end) = run();
        When::parse(text).and_then(|when| when.within(begin, end, &TimeZone::UTC, Unread::default))
    }

    #[test]
    fn what_cannot_be_read_is_said_of_times_on_its_side() {
        let (begin, end) = run();
        let before = || Unread { before: Some("n.1 is damaged".to_owned()), after: None };
        let after = || Unread { before: None, after: Some("n is damaged".to_owned()) };
        let of = |text: &str, unread: fn() -> Unread| {
            When::parse(text).and_then(|when| when.within(begin, end, &TimeZone::UTC, unread)).unwrap_err()
        };
        let span = "from 2026-11-23 23:50:00 to 2026-11-24 00:10:00";
        for text in ["+1h", "00:30", "2026-11-24 00:30", "2026-11-24T00:30:00Z"] {
            let said = of(text, after);
            assert_eq!(said, format!("that is after what can be read, {span}: n is damaged"), "{text}");
            assert!(of(text, before).starts_with("that is outside"), "{text}");
        }
        for text in ["-1h", "2026-11-23 23:00", "2026-11-23T23:00:00Z"] {
            let said = of(text, before);
            assert_eq!(said, format!("that is before what can be read, {span}: n.1 is damaged"), "{text}");
            assert!(of(text, after).starts_with("that is outside"), "{text}");
        }
    }

    #[test]
    fn times_are_named_as_people_name_them() {
        assert_eq!(within("+90s"), Ok(90_500));
        assert_eq!(within("+90"), Ok(90_500));
        assert_eq!(within("-5m"), Ok(15 * 60_000 + 500));
        assert_eq!(within("2026-11-23T23:51:00Z"), Ok(60_500));
        assert_eq!(within("2026-11-24T00:51:00+01:00"), Ok(60_500));
        assert_eq!(within("2026-11-23 23:51"), Ok(60_500));
        assert_eq!(within("00:01:30"), Ok(11 * 60_000 + 30_500), "of the day on which it ended");
        assert_eq!(within("23:51"), Ok(60_500), "of the day before");
    }

    #[test]
    fn what_is_no_time_and_what_is_outside_is_said() {
        for text in ["", "noon", "25:00", "+", "-x", "12"] {
            assert_eq!(within(text), Err(EXPECTED.to_owned()), "{text}");
        }
        assert_eq!(
            within("+1h").unwrap_err(),
            "that is outside of what there is: from 2026-11-23 23:50:00 to 2026-11-24 00:10:00"
        );
        assert!(within("12:00").is_err());
        for text in ["9999-12-31T23:59:59Z", "9999-12-31 23:59:59", "+9223372036854775807s"] {
            assert!(within(text).unwrap_err().starts_with("that is outside of what there is"), "{text}");
        }
        for text in ["+99999999999999999999s", "-9999-01-01T00:00:00Z", "10000-01-01T00:00:00Z"] {
            assert_eq!(within(text), Err(EXPECTED.to_owned()), "{text}");
        }
    }
}
