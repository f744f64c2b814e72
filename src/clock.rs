//! The one reader of the clocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::poller::Now;
use crate::presence::Moment;

/// A clock whose monotonic part begins at 0 now.
///
/// Where the system has one that counts the time that the machine sleeps (Linux), that is used, so
/// that answers from before a suspend do not look fresh after it.
///
/// Both parts are cut to whole milliseconds, so that the difference between them would come and go by
/// one: it stays as it was until they have really run apart.
pub fn start() -> Now {
    let began = monotonic_ms();
    let apart = AtomicI64::new(unix_ms());
    Arc::new(move || {
        let mono_ms = monotonic_ms().saturating_sub(began);
        let (before, now) = (apart.load(Ordering::Relaxed), unix_ms() - mono_ms as i64);
        if before.abs_diff(now) > SAME_MS {
            apart.store(now, Ordering::Relaxed);
            return Moment { mono_ms, unix_ms: now + mono_ms as i64 };
        }
        Moment { mono_ms, unix_ms: before + mono_ms as i64 }
    })
}

/// Two clocks that differ by no more than this much from how they differed before have not been set.
const SAME_MS: u64 = 2;

/// Unix time in milliseconds, as this machine's wall clock has it.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn unix_ms() -> i64 {
    match std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
        Ok(since) => since.as_millis() as i64,
        Err(before) => -(before.duration().as_millis() as i64),
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn monotonic_ms() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec as u64 * 1_000 + time.tv_nsec as u64 / 1_000_000
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn monotonic_ms() -> u64 {
    use std::sync::OnceLock;
    static BEGAN: OnceLock<std::time::Instant> = OnceLock::new();
    BEGAN.get_or_init(std::time::Instant::now).elapsed().as_millis() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_are_plausible() {
        let now = start();
        let (first, second) = (now(), now());
        assert!(first.mono_ms < 1_000 && second.mono_ms >= first.mono_ms);
        assert!(first.unix_ms > 1_700_000_000_000, "after 2023");
    }
}
