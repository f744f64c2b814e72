//! How long to leave a batch alone after it failed.

use std::time::Duration;

use crate::presence::{FetchError, Retry};

/// No batch is left alone for longer than this, or one interval where that is longer.
const CAP: Duration = Duration::from_secs(30);

/// A refusal that may pass with the reload of a proxy is put to the test after so long at the latest.
const QUICK: Duration = Duration::from_secs(2);

/// How long to wait before the next question after `failures` (at least 1) failures in a row.
///
/// Doubles from one interval up to a cap, scattered by a fifth to either side so that the clients of
/// a server that comes back do not all return at the same moment. A refusal that will not mend by
/// itself waits for the cap at once, after a few quick tries where it may come of a reload. A wait that
/// the server asked for is cut short at [`FetchError::LONGEST_WAIT_MS`] only.
pub fn delay(error: &FetchError, failures: u32, interval: Duration, random: &mut fastrand::Rng) -> Duration {
    let cap = CAP.max(interval);
    let doubled =
        |first: Duration| first.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(cap);
    match error.mends() {
        Retry::ByItself => doubled(interval).mul_f64(0.8 + 0.4 * random.f64()),
        Retry::WhenChanged if error.is_final(failures) => cap,
        Retry::WhenChanged => doubled(interval.min(QUICK)).mul_f64(0.8 + 0.4 * random.f64()),
        Retry::AfterWaiting => match error {
            FetchError::RateLimited { retry_after_ms: Some(ms) }
            | FetchError::Unavailable { retry_after_ms: ms, .. } => {
                let asked = Duration::from_millis((*ms).min(FetchError::LONGEST_WAIT_MS));
                asked + asked.mul_f64(0.1 * random.f64())
            }
            _ => doubled(interval).max(Duration::from_secs(1)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(2);

    fn after(error: &FetchError, failures: u32) -> f64 {
        delay(error, failures, INTERVAL, &mut fastrand::Rng::with_seed(7)).as_secs_f64()
    }

    #[test]
    fn failures_double_the_wait_up_to_a_cap_for_ever() {
        let error = FetchError::Timeout { after_ms: 1 };
        for (failures, about) in
            [(1, 2.0), (2, 4.0), (3, 8.0), (4, 16.0), (5, 30.0), (6, 30.0), (u32::MAX, 30.0)]
        {
            let wait = after(&error, failures);
            assert!((about * 0.8..=about * 1.2).contains(&wait), "{failures}: {wait}");
        }
    }

    #[test]
    fn the_wait_is_scattered() {
        let mut random = fastrand::Rng::with_seed(1);
        let error = FetchError::Timeout { after_ms: 1 };
        let waits: std::collections::BTreeSet<_> =
            (0..20).map(|_| delay(&error, 1, INTERVAL, &mut random)).collect();
        assert!(waits.len() > 15);
    }

    #[test]
    fn what_the_server_asks_for_is_granted_within_reason() {
        let limited = |ms| FetchError::RateLimited { retry_after_ms: ms };
        assert!((7.0..=7.7).contains(&after(&limited(Some(7_000)), 1)));
        assert!((300.0..=330.0).contains(&after(&limited(Some(u64::MAX)), 1)));
        assert!(after(&limited(None), 1) >= 2.0);
        let unavailable = |ms| FetchError::Unavailable { status: 503, retry_after_ms: ms };
        assert!((7.0..=7.7).contains(&after(&unavailable(7_000), 1)));
        assert!((300.0..=330.0).contains(&after(&unavailable(3_600_000), 1)));
    }

    #[test]
    fn what_a_reload_brings_is_tried_again_quickly_and_then_seldom() {
        for status in [403, 404, 421, 499] {
            let error = FetchError::Http { status };
            for (failures, about) in [(1, 2.0), (2, 4.0), (3, 8.0), (4, 30.0), (5, 30.0)] {
                let wait = after(&error, failures);
                assert!((about * 0.8..=about * 1.2).contains(&wait), "{status}, {failures}: {wait}");
            }
            let minute = Duration::from_secs(60);
            let wait = delay(&error, 1, minute, &mut fastrand::Rng::with_seed(7));
            assert!(wait < Duration::from_secs(3), "whatever the interval: {wait:?}");
        }
    }

    #[test]
    fn a_refusal_is_not_hammered_on() {
        let error = FetchError::Denied { code: 1002, what: "only app manager".into(), advice: "" };
        assert!((after(&error, 1) - 30.0).abs() < f64::EPSILON);
        assert_eq!(
            delay(&error, 1, Duration::from_secs(60), &mut fastrand::Rng::new()),
            Duration::from_secs(60)
        );
    }
}
