//! `rate-limited`: the server, or a proxy before it, refuses requests because they are too many.
//!
//! Evidence: at least three answers 429 in the last ten minutes. imtop waits as long as it is told to, so
//! users grow old and unknown meanwhile.
//!
//! False alarms: none known. At most one.

use super::Evidence;
use super::alert_thresholds::{LIMITED_LEAST, LIMITED_WINDOW_MS};
use super::rule::{Judges, OfRule, RuleRow, Severity};
use super::wording::span;
use crate::presence::trend::{Bucket, Trend};
use crate::presence::{ErrorKind, Moment};
use crate::{say, words};

/// What it finds: requests were refused because they are too many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Requests that were answered with 429.
    pub times: u32,
    /// All requests of that time.
    pub of: u32,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "rate-limited",
        severity: Severity::Warning,
        says: words!(
            "the server or a proxy refused at least 3 requests within 10 minutes because they are too many"
        ),
        brief: words!("the server refuses requests because they are too many"),
        advice: words!(
            "Ask less often (--interval) or for more users at a time (--batch), or have the limit raised for imtop's address. Until then answers come late and users turn unknown."
        ),
        rank: 190,
        judges: Judges::Server(
            |case, _, found| judge(case.trend, case.now, found),
            |case| next(case.trend, case.now),
        ),
    };

    fn words(&self, _: i64) -> String {
        let Found { times, of } = self;
        let within = span(LIMITED_WINDOW_MS);
        say!(
            "{times} of {of} requests in the last {within} were refused because they are too many",
            times,
            of,
            within
        )
    }
}

fn judge(trend: &Trend, now: Moment, found: &mut Vec<Evidence>) {
    let (times, of) = counted(trend, now);
    if times >= LIMITED_LEAST {
        found.push(Evidence::RateLimited(Found { times, of }));
    }
}

/// While there are such answers, with every ten seconds that the window moves on.
fn next(trend: &Trend, now: Moment) -> Option<u64> {
    (counted(trend, now).0 > 0).then(|| Trend::end_of_bucket(now.mono_ms) + 1)
}

fn counted(trend: &Trend, now: Moment) -> (u32, u32) {
    let limited = |bucket: &Bucket| {
        bucket
            .troubles
            .iter()
            .find(|(kind, _)| *kind == ErrorKind::RateLimited)
            .map_or(0, |(_, count)| *count)
    };
    let buckets = trend.last(LIMITED_WINDOW_MS, now);
    buckets.fold((0, 0), |(times, of), bucket| (times + limited(bucket), of + bucket.requests()))
}
