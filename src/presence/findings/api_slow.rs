//! `api-slow`: more than one answer of twenty takes longer than 2.5 s.
//!
//! Evidence: how long the answers of the last five minutes took. Lasts until less than one of forty is
//! slow, so that it does not come and go at the limit.
//!
//! False alarms: raised wrongly where the way to the server is slow and not the server. At most one.

use super::Evidence;
use super::alert_thresholds::{SLOW_MS, SLOW_ONE_IN, SLOW_WINDOW_MS};
use super::rule::{Judges, OfRule, RuleRow, Severity};
use super::wording::{percent, span};
use crate::presence::Moment;
use crate::presence::trend::Trend;
use crate::{say, words};

/// Fewer slow ones than this are chance, though they may be all that there are.
const FEWEST: u32 = 3;

/// What it finds: answers take long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Answers that took longer than the limit.
    pub slow: u32,
    /// All answers of that time.
    pub of: u32,
    /// The 95th percentile in milliseconds, up to 1/8 too high.
    pub p95_ms: u32,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "api-slow",
        severity: Severity::Warning,
        says: words!("more than one of 20 answers of the last 5 minutes took longer than 2.5 s"),
        brief: words!("more than one of 20 answers takes longer than 2.5 s"),
        advice: words!(
            "Look at the load of the API, of its Redis and of the gateways: one that hangs makes all answers slow. A smaller --batch makes answers shorter."
        ),
        rank: 180,
        judges: Judges::Server(
            |case, is_raised, found| judge(case.trend, is_raised, case.now, found),
            |case| next(case.trend, case.now),
        ),
    };

    fn words(&self, _: i64) -> String {
        let Found { slow, of, p95_ms } = *self;
        let (share, limit) = (percent(slow, of), span(SLOW_MS));
        let (within, p95) = (span(SLOW_WINDOW_MS), span(p95_ms.into()));
        say!(
            "{slow} of {of} answers ({share} %) took longer than {limit} in the last {within} (p95 {p95})",
            slow,
            of,
            share,
            limit,
            within,
            p95
        )
    }
}

fn judge(trend: &Trend, is_raised: bool, now: Moment, found: &mut Vec<Evidence>) {
    let (slow, of) = counted(trend, now);
    let one_in = if is_raised { 2 * SLOW_ONE_IN } else { SLOW_ONE_IN };
    if slow >= FEWEST && slow.saturating_mul(one_in) > of {
        let p95_ms = trend.took_within(SLOW_WINDOW_MS, now).map_or(0, |took| took.p95_ms);
        found.push(Evidence::ApiSlow(Found { slow, of, p95_ms }));
    }
}

/// While there are slow ones, with every ten seconds that the window moves on.
fn next(trend: &Trend, now: Moment) -> Option<u64> {
    (counted(trend, now).0 > 0).then(|| Trend::end_of_bucket(now.mono_ms) + 1)
}

fn counted(trend: &Trend, now: Moment) -> (u32, u32) {
    let buckets = trend.last(SLOW_WINDOW_MS, now);
    buckets.fold((0, 0), |(slow, of), bucket| (slow + bucket.slow, of + bucket.answers))
}
