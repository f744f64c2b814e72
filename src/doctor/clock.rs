//! How far the server's clock is from ours, and what that means.

use super::step::{Outcome, Part, Step};
use crate::presence::ServerClock;

/// From so many milliseconds on it is a warning, as in the live view.
const APART: i64 = 10_000;

/// Judges what the server's `Date` headers said.
pub(super) fn judge(clock: &ServerClock) -> Step {
    let Some((low, high)) = clock.bounds_ms() else {
        return Step::ok(Part::Clock, "the answers have no Date, so the server's clock is not known").but(
            Outcome::Note,
            "whether a token has expired is judged by this machine's clock; a proxy on the way may take the Date out",
        );
    };
    let offset = clock.offset_ms();
    let bounds = format!("between {} and {}", seconds(low), seconds(high));
    let step = if offset == 0 {
        Step::ok(
            Part::Clock,
            format!("the server's clock less ours is {bounds}, so they agree as far as can be seen"),
        )
    } else {
        let (how, size) = if offset > 0 { ("ahead of", low) } else { ("behind", -high) };
        let other = if offset > 0 { high } else { -low };
        let seen = format!(
            "the server's clock is {} to {} s {how} ours",
            tenths(size.min(other)),
            tenths(size.max(other))
        );
        let advice = "set both clocks by the network (NTP): logs cannot be read side by side, and a token that is issued \
                      in the future is refused. Expiry is judged by the server's clock, as the server itself would";
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
