//! `rate-limited`: the server, or a proxy before it, refuses requests because they are too many.
//!
//! Evidence: at least three answers 429 in the last ten minutes. imtop waits as long as it is told to, so
//! users grow old and unknown meanwhile.
//!
//! False alarms: none known. At most one.

use super::alert_thresholds::{LIMITED_LEAST, LIMITED_WINDOW_MS};
use super::evidence::Evidence;
use crate::presence::{Bucket, Moment, Trend, Trouble};

pub(super) fn judge(trend: &Trend, now: Moment, found: &mut Vec<Evidence>) {
    let (times, of) = counted(trend, now);
    if times >= LIMITED_LEAST {
        found.push(Evidence::RateLimited { times, of });
    }
}

/// While there are such answers, with every ten seconds that the window moves on.
pub(super) fn next(trend: &Trend, now: Moment) -> Option<u64> {
    (counted(trend, now).0 > 0).then(|| Trend::end_of_bucket(now.mono_ms) + 1)
}

fn counted(trend: &Trend, now: Moment) -> (u32, u32) {
    let limited = |bucket: &Bucket| {
        bucket.troubles.iter().find(|(kind, _)| *kind == Trouble::RateLimited).map_or(0, |(_, count)| *count)
    };
    let buckets = trend.last(LIMITED_WINDOW_MS, now);
    buckets.fold((0, 0), |(times, of), bucket| (times + limited(bucket), of + bucket.requests()))
}
