//! How far the server's clock is from ours, from the `Date` headers of its answers.
//!
//! Whether a session token has expired is judged by the server's clock, as the server itself would.

use serde::{Deserialize, Serialize};

use super::time::Moment;

/// Bounds of the server's clock minus ours, narrowed with every answer.
///
/// A `Date` header has whole seconds, and was written somewhere between the question and its
/// answer. So one answer gives an interval of a second and a bit; many give their intersection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServerClock {
    bounds: Option<(i64, i64)>,
}

impl ServerClock {
    /// Takes the `Date` (unix seconds) of an answer to a question sent and received at these moments.
    pub fn observe(&mut self, date: i64, sent: Moment, received: Moment) {
        let low = date.saturating_mul(1000).saturating_sub(received.unix_ms);
        let high = date.saturating_mul(1000).saturating_add(999).saturating_sub(sent.unix_ms);
        if low > high {
            return; // our own clock was set back meanwhile: the pair says nothing
        }
        self.bounds = Some(match self.bounds {
            Some((old_low, old_high)) if old_low <= high && low <= old_high => {
                (old_low.max(low), old_high.min(high))
            }
            // Nothing in common: one of the clocks was set, and only the newest answer counts.
            _ => (low, high),
        });
    }

    /// The server's clock minus ours in milliseconds, as far from 0 as it surely is; 0 while the
    /// answers can be explained by equal clocks.
    pub fn offset_ms(&self) -> i64 {
        match self.bounds {
            Some((low, _)) if low > 0 => low,
            Some((_, high)) if high < 0 => high,
            _ => 0,
        }
    }

    /// Least and most that the server's clock minus ours can be, in milliseconds; `None` before the
    /// first answer.
    pub fn bounds_ms(&self) -> Option<(i64, i64)> {
        self.bounds
    }

    /// What the server's clock shows at `now`, in unix seconds.
    pub fn unix_seconds(&self, now: Moment) -> i64 {
        now.unix_ms.saturating_add(self.offset_ms()).div_euclid(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(unix_ms: i64) -> Moment {
        Moment { mono_ms: 0, unix_ms }
    }

    #[test]
    fn equal_clocks_show_no_offset() {
        let mut clock = ServerClock::default();
        for ms in [100_000, 100_400, 101_999] {
            clock.observe(ms / 1000, at(ms), at(ms + 20));
            assert_eq!(clock.offset_ms(), 0);
            assert!(clock.bounds_ms().is_some_and(|(low, high)| low <= 0 && 0 <= high));
        }
    }

    #[test]
    fn a_server_that_is_ahead_is_found_out_to_a_part_of_a_second() {
        let mut clock = ServerClock::default();
        for step in 0..20_i64 {
            let ours = 1_000_000 + step * 137;
            clock.observe((ours + 90_300).div_euclid(1000), at(ours), at(ours + 10));
        }
        assert!((90_000..=90_300).contains(&clock.offset_ms()), "{}", clock.offset_ms());
        assert_eq!(clock.unix_seconds(at(0)), 90);
    }

    #[test]
    fn a_clock_that_is_set_counts_from_then_on() {
        let mut clock = ServerClock::default();
        clock.observe(100, at(100_200), at(100_210));
        clock.observe(50, at(101_200), at(101_210));
        assert!(clock.offset_ms() < -49_000);
        clock.observe(i64::MAX, at(0), at(0));
        clock.observe(i64::MIN, at(0), at(0));
    }
}
