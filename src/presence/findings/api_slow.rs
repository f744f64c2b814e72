//! `api-slow`: more than one answer of twenty takes longer than 2.5 s.
//!
//! Evidence: how long the answers of the last five minutes took. Lasts until less than one of forty is
//! slow, so that it does not come and go at the limit.
//!
//! False alarms: raised wrongly where the way to the server is slow and not the server. At most one.

use super::alert_thresholds::{SLOW_ONE_IN, SLOW_WINDOW_MS};
use super::evidence::Evidence;
use crate::presence::{Moment, Trend};

/// Fewer slow ones than this are chance, though they may be all that there are.
const FEWEST: u32 = 3;

pub(super) fn judge(trend: &Trend, is_raised: bool, now: Moment, found: &mut Vec<Evidence>) {
    let (slow, of) = counted(trend, now);
    let one_in = if is_raised { 2 * SLOW_ONE_IN } else { SLOW_ONE_IN };
    if slow >= FEWEST && slow.saturating_mul(one_in) > of {
        let p95_ms = trend.took_within(SLOW_WINDOW_MS, now).map_or(0, |took| took.p95_ms);
        found.push(Evidence::ApiSlow { slow, of, p95_ms });
    }
}

/// While there are slow ones, with every ten seconds that the window moves on.
pub(super) fn next(trend: &Trend, now: Moment) -> Option<u64> {
    (counted(trend, now).0 > 0).then(|| Trend::end_of_bucket(now.mono_ms) + 1)
}

fn counted(trend: &Trend, now: Moment) -> (u32, u32) {
    let buckets = trend.last(SLOW_WINDOW_MS, now);
    buckets.fold((0, 0), |(slow, of), bucket| (slow + bucket.slow, of + bucket.answers))
}
