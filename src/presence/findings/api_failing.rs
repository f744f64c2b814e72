//! `api-failing`: the server gives no usable answers, to any question or to some.
//!
//! Evidence: no batch of users has had one for a minute (critical), or some have had none for five
//! (a warning). Lasts until all are answered again.
//!
//! False alarms: raised wrongly where the way to the server is broken and not the server. At most one.

use super::alert_thresholds::{PARTLY_MS, SILENT_MS};
use super::evidence::Evidence;
use crate::presence::{Moment, Outage, Trouble};

pub(super) fn judge(
    outage: Outage,
    batches: u32,
    trouble: Option<Trouble>,
    unix_seconds: impl Fn(Moment) -> i64,
    now: Moment,
    found: &mut Vec<Evidence>,
) {
    let since = |since: Option<Moment>, wait: u64| since.filter(|at| now.since(*at) >= wait);
    if let Some(since) = since(outage.silent_since, SILENT_MS) {
        let since = unix_seconds(since);
        found.push(Evidence::ApiFailing { since, failing: batches, of: batches, trouble });
    } else if let Some(since) = since(outage.partly_since, PARTLY_MS) {
        let since = unix_seconds(since);
        found.push(Evidence::ApiFailing { since, failing: outage.failing, of: batches, trouble });
    }
}
