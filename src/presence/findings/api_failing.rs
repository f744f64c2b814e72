//! `api-failing`: the server gives no usable answers, to any question or to some.
//!
//! Evidence: no batch of users has had one for a minute (critical), or some have had none for five
//! (a warning). Lasts until all are answered again.
//!
//! False alarms: raised wrongly where the way to the server is broken and not the server. At most one.

use super::Evidence;
use super::alert_thresholds::{PARTLY_MS, SILENT_MS};
use super::rule::{Judges, OfRule, RuleRow, Severity, never_by_time};
use crate::presence::outage::Outage;
use crate::presence::time::short_age;
use crate::presence::{ErrorKind, Moment};
use crate::{say, words};

/// What it finds: there are no usable answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Since then, unix seconds of the server's clock.
    pub since: i64,
    /// How many batches of users have none.
    pub failing: u32,
    /// How many batches there are.
    pub of: u32,
    /// What came instead; none: nothing did, and it is still waited for.
    pub trouble: Option<ErrorKind>,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "api-failing",
        severity: Severity::Critical,
        says: words!(
            "no request has had a usable answer for a minute (critical), or some have had none for 5 minutes"
        ),
        brief: words!("no usable answers, to any request or to some"),
        advice: words!(
            "Look whether the API runs and what its log says (docker ps, journalctl), then at proxy and network. Don't act on who is missing here: who is unknown is not offline."
        ),
        rank: 230,
        judges: Judges::Promptly(
            |case, _, found| {
                let unix_seconds = |at| case.clock.unix_seconds(at);
                judge(case.outage, case.batches, case.trouble, unix_seconds, case.now, found);
            },
            never_by_time,
        ),
    };

    fn severity(&self, _: i64) -> Severity {
        if self.failing == self.of { Severity::Critical } else { Severity::Warning }
    }

    fn words(&self, server_seconds: i64) -> String {
        let Found { failing, of, .. } = *self;
        let what = self.trouble.map_or(say!("none in time").to_owned(), |trouble| trouble.to_string());
        let age = short_age(self.since.abs_diff(server_seconds));
        match failing {
            failing if failing == of => say!("no usable answer to any request for {age}: {what}", age, what),
            1 => say!(
                "1 of {of} requests of each round has had no usable answer for {age}: {what}",
                of,
                age,
                what
            ),
            failing => say!(
                "{failing} of {of} requests of each round have had no usable answer for {age}: {what}",
                failing,
                of,
                age,
                what
            ),
        }
    }
}

fn judge(
    outage: Outage,
    batches: u32,
    trouble: Option<ErrorKind>,
    unix_seconds: impl Fn(Moment) -> i64,
    now: Moment,
    found: &mut Vec<Evidence>,
) {
    let since = |since: Option<Moment>, wait: u64| since.filter(|at| now.since(*at) >= wait);
    if let Some(since) = since(outage.silent_since, SILENT_MS) {
        let since = unix_seconds(since);
        found.push(Evidence::ApiFailing(Found { since, failing: batches, of: batches, trouble }));
    } else if let Some(since) = since(outage.partly_since, PARTLY_MS) {
        let since = unix_seconds(since);
        found.push(Evidence::ApiFailing(Found { since, failing: outage.failing, of: batches, trouble }));
    }
}
