//! How long to leave a batch alone after it failed.

use std::time::Duration;

use crate::presence::{FetchError, Mends};

/// No batch is left alone for longer than this, or one interval where that is longer.
const CAP: Duration = Duration::from_secs(30);

/// What a server may at most ask us to wait after a 429.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// How long to wait before the next question after `failures` (at least 1) failures in a row.
///
/// Doubles from one interval up to a cap, scattered by a fifth to either side so that the clients of
/// a server that comes back do not all return at the same moment. A refusal that will not mend by
/// itself waits for the cap at once. A wait that the server asked for is never cut short.
pub(super) fn delay(
    error: &FetchError,
    failures: u32,
    interval: Duration,
    random: &mut fastrand::Rng,
) -> Duration {
    let cap = CAP.max(interval);
    let doubled = interval.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(cap);
    match error.mends() {
        Mends::ByItself => doubled.mul_f64(0.8 + 0.4 * random.f64()),
        Mends::WhenChanged => cap,
        Mends::AfterWaiting => match error {
            FetchError::RateLimited { retry_after_ms: Some(ms) } => {
                let asked = Duration::from_millis(*ms).min(LONGEST_RETRY_AFTER);
                asked + asked.mul_f64(0.1 * random.f64())
            }
            _ => doubled.max(Duration::from_secs(1)),
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
