//! Whether the moment of a line can follow that of the line before it, as the moments of a run do.
//!
//! Time goes on. A machine may sleep for days, and then both of its clocks say so. A clock may be set, and
//! stays so. Whatever else a line says of time is damage: a moment far from those on both sides of it, one
//! that goes back, or a jump that only one clock knows of. What is bounded here need not be walked through.

use crate::presence::{Moment, thousands};

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;
/// A year: nobody sleeps for longer.
const LONGEST_MS: u64 = 366 * DAY_MS;

/// When a line was written, and when what it says was known of, which may be later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timed {
    pub(super) at: Moment,
    pub(super) seen: Moment,
}

impl Timed {
    pub(super) fn at(at: Moment) -> Timed {
        Timed { at, seen: at }
    }
}

/// How a line follows another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// As usual.
    Soon,
    /// So many milliseconds later, by both clocks.
    Late(u64),
    /// It cannot: by so many milliseconds time would jump.
    Jumps(u64),
    /// By so many it would go back.
    GoesBack(u64),
}

impl Follows {
    /// Whether it can.
    pub(super) fn is_possible(self) -> bool {
        matches!(self, Follows::Soon | Follows::Late(_))
    }

    /// What is wrong, or only worth knowing; `None` where it is as usual.
    pub(super) fn words(self) -> Option<String> {
        match self {
            Follows::Soon => None,
            Follows::Late(ms) | Follows::Jumps(ms) => Some(format!("time jumps by {}", span_words(ms))),
            Follows::GoesBack(ms) => Some(format!("time goes back by {}", span_words(ms))),
        }
    }
}

/// Whether a line can only be judged together with the one after it.
pub(super) fn is_doubtful(before: Timed, this: Timed) -> bool {
    this.seen.since(before.seen) > MINUTE_MS || clock_step(before, this) > DAY_MS
}

/// How a line follows the one before it; `next` is the one after it, where that was looked at.
pub(super) fn follows(before: Timed, this: Timed, next: Option<Timed>) -> Follows {
    let ahead = this.seen.since(before.seen);
    if this.at.mono_ms < before.at.mono_ms {
        return Follows::GoesBack(before.at.since(this.at));
    }
    let step = clock_step(before, this);
    if let Some(next) = next {
        // It is alone with that moment, and what comes after it goes on before it.
        let is_early = next.seen.mono_ms.saturating_add(MINUTE_MS) < this.seen.mono_ms;
        if is_early && next.at.mono_ms >= before.at.mono_ms {
            return Follows::Jumps(ahead);
        }
        if step > DAY_MS && clock_step(before, next) <= DAY_MS {
            return Follows::Jumps(step);
        }
    }
    match ahead {
        ..=DAY_MS => Follows::Soon,
        ..=LONGEST_MS if step <= DAY_MS => Follows::Late(ahead),
        _ => Follows::Jumps(ahead),
    }
}

/// By how many milliseconds one clock ran off the other.
fn clock_step(before: Timed, this: Timed) -> u64 {
    let dates = i128::from(this.seen.unix_ms) - i128::from(before.seen.unix_ms);
    let times = i128::from(this.seen.mono_ms) - i128::from(before.seen.mono_ms);
    u64::try_from((dates - times).unsigned_abs()).unwrap_or(u64::MAX)
}

/// A span in its largest unit, in words.
fn span_words(ms: u64) -> String {
    const UNITS: [(u64, &str); 5] = [
        (365 * DAY_MS, "year"),
        (DAY_MS, "day"),
        (60 * MINUTE_MS, "hour"),
        (MINUTE_MS, "minute"),
        (1_000, "second"),
    ];
    let unit = UNITS.into_iter().find(|(unit, _)| ms >= *unit);
    let (count, name) = unit.map_or((ms, "millisecond"), |(unit, name)| (ms / unit, name));
    format!("{} {name}{}", thousands(count), if count == 1 { "" } else { "s" })
}

/// The last moment of lines that are looked at one after the other, by those that fit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Course {
    last: Option<Timed>,
    /// That of the line before, whether it fits or not.
    raw: Option<Timed>,
}

impl Course {
    pub(super) fn take(&mut self, this: Timed) {
        let fits = |before: Option<Timed>| before.is_none_or(|it| follows(it, this, None).is_possible());
        if fits(self.last) || (self.raw.is_some() && fits(self.raw)) {
            self.last = Some(this);
        }
        self.raw = Some(this);
    }

    pub(super) fn last(&self) -> Option<Moment> {
        self.last.map(|known| known.seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timed(mono_ms: u64, unix_ms: i64) -> Timed {
        Timed::at(Moment { mono_ms, unix_ms })
    }

    fn at(mono_ms: u64) -> Timed {
        timed(mono_ms, 1_795_413_000_000 + mono_ms as i64)
    }

    #[test]
    fn time_goes_on_and_a_machine_may_sleep_over_the_weekend() {
        assert_eq!(follows(at(5), at(5), None), Follows::Soon);
        assert_eq!(follows(at(5), at(DAY_MS), Some(at(DAY_MS + 5))), Follows::Soon);
        let weekend = follows(at(5), at(5 + 3 * DAY_MS), Some(at(10 + 3 * DAY_MS)));
        assert_eq!(weekend, Follows::Late(3 * DAY_MS));
        assert_eq!(weekend.words().unwrap(), "time jumps by 3 days");
        assert_eq!(follows(at(5), at(3 * DAY_MS), None), Follows::Late(3 * DAY_MS - 5), "or at the end");
    }

    #[test]
    fn what_lies_years_ahead_or_back_cannot_follow() {
        let far = follows(at(5), at(8_000 * 365 * DAY_MS + 5), None);
        assert_eq!((far.is_possible(), far.words().unwrap().as_str()), (false, "time jumps by 8,000 years"));
        let back = follows(at(3_600_005), at(5), None);
        assert_eq!((back.is_possible(), back.words().unwrap().as_str()), (false, "time goes back by 1 hour"));
        let one_clock = follows(at(5), timed(5 + 3 * DAY_MS, 1_795_413_000_000), None);
        assert_eq!(one_clock, Follows::Jumps(3 * DAY_MS));
    }

    #[test]
    fn one_line_that_is_alone_with_its_moment_is_the_one_that_is_wrong() {
        let hour = 60 * MINUTE_MS;
        assert!(is_doubtful(at(5), at(hour)) && !is_doubtful(at(5), at(30_000)));
        assert_eq!(follows(at(5), at(hour), Some(at(10))), Follows::Jumps(hour - 5));
        assert_eq!(follows(at(5), at(hour), Some(at(hour + 10))), Follows::Soon);
        let dated = timed(10, 253_402_300_799_000);
        assert!(is_doubtful(at(5), dated));
        assert!(!follows(at(5), dated, Some(at(20))).is_possible(), "a date that nobody else knows of");
        assert!(
            follows(at(5), dated, Some(timed(20, 253_402_300_799_010))).is_possible(),
            "the clock was set"
        );
    }

    #[test]
    fn the_end_is_that_of_the_lines_that_fit() {
        let end = |lines: &[Timed]| {
            let mut course = Course::default();
            for line in lines {
                course.take(*line);
            }
            course.last().map(|at| at.mono_ms)
        };
        let far = at(1 << 49);
        assert_eq!(end(&[at(1), at(2), far]), Some(2));
        assert_eq!(end(&[at(1), far, at(3)]), Some(3));
        assert_eq!(end(&[far, at(2), at(3)]), Some(3), "two that fit are right, and the first is not");
        assert_eq!(end(&[]), None);
    }
}
