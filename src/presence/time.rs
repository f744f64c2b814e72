//! Moments of a run: the two clocks read together, so that durations and dates never get mixed up.
//!
//! Nothing in this room reads a clock; every moment comes in from outside.

use super::written::{FAR, FARTHEST_MS, as_list, is_near};

/// One reading of both clocks.
///
/// Durations are taken from [`Moment::mono_ms`] alone: the wall clock can be set, the other only
/// goes forward and counts the time that the machine sleeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// Milliseconds since the run began; never goes back.
    pub mono_ms: u64,
    /// Unix time in milliseconds, as this machine's wall clock has it.
    pub unix_ms: i64,
}

as_list!(Moment: mono_ms, unix_ms; if Moment::in_bounds);

impl Moment {
    /// Whether both clocks lie within bounds.
    ///
    /// # Errors
    /// Which of them does not.
    pub(crate) fn in_bounds(&self) -> Result<(), &'static str> {
        if self.unix_ms.unsigned_abs() > FARTHEST_MS {
            return Err("a wall clock out of all bounds");
        }
        if is_near(self.mono_ms) { Ok(()) } else { Err(FAR) }
    }

    /// Milliseconds from `earlier` to this moment; 0 where `earlier` is in fact later.
    pub fn since(self, earlier: Moment) -> u64 {
        self.mono_ms.saturating_sub(earlier.mono_ms)
    }

    /// The moment `ms` milliseconds later, on both clocks.
    #[must_use]
    pub fn plus(self, ms: u64) -> Moment {
        Moment { mono_ms: self.mono_ms + ms, unix_ms: self.unix_ms + ms as i64 }
    }

    /// What the wall clock showed, or will show, when the monotonic one stands at `mono_ms`.
    pub fn unix_ms_at(self, mono_ms: u64) -> i64 {
        self.unix_ms.saturating_add(mono_ms as i64).saturating_sub(self.mono_ms as i64)
    }

    /// By how many milliseconds the wall clock ran off the monotonic one since `earlier`.
    ///
    /// Near 0 while nobody sets the clock.
    pub fn step_since(self, earlier: Moment) -> i64 {
        (self.unix_ms - earlier.unix_ms) - (self.mono_ms as i64 - earlier.mono_ms as i64)
    }
}

/// When something began, as well as it can be known, on the monotonic clock.
///
/// It began after `after_ms` and no later than `before_ms`. Where `after_ms` is `None` it was so
/// already when it was first seen, and its age is only a lower bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// The last answer without it was sent then.
    pub after_ms: Option<u64>,
    /// The first answer with it arrived then.
    pub before_ms: u64,
}

as_list!(Since: before_ms, after_ms; if Since::in_bounds);

impl Since {
    pub(in crate::presence) fn in_bounds(&self) -> Result<(), &'static str> {
        if is_near(self.before_ms) && is_near(self.after_ms) { Ok(()) } else { Err(FAR) }
    }

    /// Milliseconds that it has surely lasted at `now`.
    pub fn age_ms(self, now: Moment) -> u64 {
        now.mono_ms.saturating_sub(self.before_ms)
    }

    /// Whether the beginning itself was seen, not only the state.
    pub fn is_exact(self) -> bool {
        self.after_ms.is_some()
    }
}

/// A duration in its largest unit: `12s`, `12m`, `3h`, `22d`, `2y`; at most four columns for a century.
pub fn short_age(seconds: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    const YEAR: u64 = 365 * DAY;
    match seconds {
        0..MINUTE => format!("{seconds}s"),
        MINUTE..HOUR => format!("{}m", seconds / MINUTE),
        HOUR..DAY => format!("{}h", seconds / HOUR),
        DAY..YEAR => format!("{}d", seconds / DAY),
        _ => format!("{}y", seconds / YEAR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_ignores_a_step_of_the_wall_clock() {
        let start = Moment { mono_ms: 1_000, unix_ms: 50_000 };
        let later = Moment { mono_ms: 3_500, unix_ms: 10_000 };
        assert_eq!(later.since(start), 2_500);
        assert_eq!(later.step_since(start), -42_500);
        assert_eq!(start.plus(2_500).step_since(start), 0);
        assert_eq!(start.since(later), 0);
    }

    #[test]
    fn ages_are_in_their_largest_unit() {
        let cases = [(0, "0s"), (59, "59s"), (60, "1m"), (3_599, "59m"), (3_600, "1h")];
        for (seconds, text) in cases {
            assert_eq!(short_age(seconds), text);
        }
        assert_eq!([86_400, 31_535_999, 70_000_000].map(short_age), ["1d", "364d", "2y"]);
    }
}
