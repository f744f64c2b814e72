//! `gauge-drift`: the gateways' own count of users differs from what they answer.
//!
//! A known bug of the server: a forced logout does not count back, so that `online_user_num` only grows until the
//! gateway is restarted (`ws_server.go`, `KickUserConn`).
//!
//! Evidence: the sum of the gauges beside the users with a connection, where everybody is watched (`--all`), or one
//! gateway counts fewer than are shown. A difference of five users and 5 % counts, beyond those of whom nothing is
//! known, that lasts for [`LASTING_MS`]. With several gateways it is what came on top since the first
//! comparison: who is on two gateways is counted twice.
//!
//! False alarms: `--all` reads new users only every few minutes; more than 5 % of new ones in that time look like
//! drift until then. At most one.

use super::Evidence;
use super::case::ServerCase;
use super::rule::{Judges, OfRule, RuleRow, Severity};
use crate::presence::{Counted, Gauges, Moment};
use crate::{say, words};

/// For so long it has to differ, in milliseconds.
const LASTING_MS: u64 = 60_000;

/// What it finds: the gauges are off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// When they began to be.
    pub first: Counted,
    /// Now.
    pub now: Counted,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "gauge-drift",
        severity: Severity::Info,
        says: words!(
            "the gateways' gauge online_user_num differs from the users that they show; a known bug of the server lets it only grow"
        ),
        brief: words!("online_user_num of the gateways differs from what they show"),
        advice: words!(
            "Don't page or scale by online_user_num. Only a restart of the gateway sets it right; as that drops its users, wait for the next planned one. With --gateway: name all of them."
        ),
        rank: 155,
        judges: Judges::Server(|case, _, found| judge(case.witnesses.gauges.as_ref(), case.now, found), next),
    };

    fn words(&self, _server_seconds: i64) -> String {
        let Counted { by_gateways, shown } = self.now;
        let by = by_gateways.abs_diff(shown);
        let grows = by > self.first.by_gateways.abs_diff(self.first.shown);
        let mut words = if by_gateways > shown {
            say!(
                "online_user_num of the gateways: {by_gateways}, {by} more than the {shown} users shown",
                by_gateways,
                by,
                shown
            )
        } else {
            say!(
                "online_user_num of the gateways: {by_gateways}, {by} fewer than the {shown} users shown",
                by_gateways,
                by,
                shown
            )
        };
        if grows {
            words.push_str(say!(", growing"));
        }
        words
    }
}

fn next(case: &ServerCase<'_>) -> Option<u64> {
    let (since, _) = case.witnesses.gauges.as_ref()?.off?;
    Some(since.mono_ms.saturating_add(LASTING_MS)).filter(|at| *at > case.now.mono_ms)
}

fn judge(gauges: Option<&Gauges>, now: Moment, found: &mut Vec<Evidence>) {
    let Some(Gauges { now: counted, off: Some((since, first)), .. }) = gauges else { return };
    if now.since(*since) >= LASTING_MS {
        found.push(Evidence::GaugeDrift(Found { first: *first, now: *counted }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(first: [u32; 2], now: [u32; 2], ms: u64) -> Vec<String> {
        let at = |mono_ms: u64| Moment { mono_ms, unix_ms: mono_ms as i64 };
        let counted = |[by_gateways, shown]: [u32; 2]| Counted { by_gateways, shown };
        let off = Some((at(1_000), counted(first)));
        let mut found = Vec::new();
        judge(Some(&Gauges { first: counted(first), now: counted(now), off }), at(ms), &mut found);
        found.iter().map(|it: &Evidence| it.words(0)).collect()
    }

    #[test]
    fn it_says_by_how_much_and_whether_that_grows() {
        assert!(words([110, 100], [110, 100], 60_900).is_empty(), "not yet for a minute");
        assert_eq!(
            words([110, 100], [130, 100], 61_000),
            ["online_user_num of the gateways: 130, 30 more than the 100 users shown, growing"]
        );
        assert_eq!(
            words([90, 100], [90, 100], 61_000),
            ["online_user_num of the gateways: 90, 10 fewer than the 100 users shown"]
        );
    }
}
