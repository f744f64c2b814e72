//! How far the server's clock is from ours, and what that means.

use super::step::{Outcome, Part, Step};
use crate::presence::ServerClock;
use crate::say;

/// From so many milliseconds on it is a warning, as in the live view.
const APART: i64 = 10_000;

/// Judges what the server's `Date` headers said.
pub(super) fn judge(clock: &ServerClock) -> Step {
    let Some((low, high)) = clock.bounds_ms() else {
        return Step::ok(Part::Clock, say!("the answers have no Date, so the server's clock is not known")).but(
            Outcome::Note,
            say!("token expiry is judged by this machine's clock; a proxy in between may remove the Date header"),
        );
    };
    let offset = clock.offset_ms();
    let step = if offset == 0 {
        Step::ok(
            Part::Clock,
            say!(
                "the server's clock minus ours is between {low} and {high}: they agree, as far as can be seen",
                low = seconds(low),
                high = seconds(high)
            ),
        )
    } else {
        let (size, other) = if offset > 0 { (low, high) } else { (-high, -low) };
        let (least, most) = (tenths(size.min(other)), tenths(size.max(other)));
        let seen = if offset > 0 {
            say!("the server's clock is {least} to {most} s ahead of ours", least, most)
        } else {
            say!("the server's clock is {least} to {most} s behind ours", least, most)
        };
        let advice = say!(
            "set both clocks by the network (NTP): logs cannot be read side by side, and a token that is issued in the \
             future is refused. Token expiry is judged by the server's clock, as the server itself does"
        );
        let outcome = if offset.abs() >= APART { Outcome::Warning } else { Outcome::Note };
        Step::ok(Part::Clock, seen).but(outcome, advice)
    };
    step.count("offset_low_ms", low).count("offset_high_ms", high)
}

fn tenths(ms: i64) -> String {
    format!("{:.1}", ms as f64 / 1e3)
}

fn seconds(ms: i64) -> String {
    format!("{:+.1} s", ms as f64 / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presence::Moment;

    fn clock(offset_ms: i64) -> Step {
        let mut clock = ServerClock::default();
        let ours = 1_795_413_122_400;
        let at = |ms| Moment { mono_ms: 0, unix_ms: ms };
        clock.observe((ours + offset_ms).div_euclid(1_000), at(ours), at(ours + 20));
        judge(&clock)
    }

    #[test]
    fn the_difference_is_said_with_how_sure_that_is() {
        let step = clock(0);
        assert_eq!(step.outcome, Outcome::Ok);
        assert!(step.seen.contains("between -0.4 s and +0.6 s"), "{}", step.seen);
        let step = clock(90_000);
        assert_eq!(step.outcome, Outcome::Warning);
        assert_eq!(step.seen, "the server's clock is 89.6 to 90.6 s ahead of ours");
        let step = clock(-5_000);
        assert_eq!(step.outcome, Outcome::Note);
        assert_eq!(step.seen, "the server's clock is 4.4 to 5.4 s behind ours");
    }

    #[test]
    fn without_a_date_it_is_not_known() {
        assert_eq!(judge(&ServerClock::default()).outcome, Outcome::Note);
    }
}
