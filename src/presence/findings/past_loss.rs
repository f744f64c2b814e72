//! `past-loss`: many users were lost at about the same time and are back. One finding for all of them: what else
//! that looked like of each, `flapping`, `reconnecting` or `false-offline`, belongs to it and is not found.
//!
//! Evidence: an [`Recovery`]: at least 10 users, and 3 % of those connected, who are back within half a minute, with
//! the connections of before or with others. It stays for [`TOLD_MS`] after the last of them.
//!
//! False alarms: raised wrongly where so many open the app again at the same time who had left it within a minute.
//! Never more than an info, one for each time.

use super::Evidence;
use super::case::ServerCase;
use super::rule::{Judges, OfRule, RuleRow, Severity};
use super::wording::span;
use crate::presence::recoveries::Recovery;
use crate::presence::thousands;
use crate::presence::time::short_age;
use crate::{say, words};

/// For so long it stays when it is over, in milliseconds.
const TOLD_MS: u64 = 10 * 60_000;

/// What it finds: many users were lost and are back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What is known of it.
    pub recovery: Recovery,
    /// The last of them came back then, unix seconds of the server's clock.
    pub last: i64,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "past-loss",
        severity: Severity::Info,
        says: words!(
            "many users were lost at once and are back; each of them is reported here alone, and not as flapping, reconnecting or false-offline"
        ),
        brief: words!("many users were lost at once and are back"),
        advice: words!(
            "It is over. Look in the logs of the gateways and the load balancer for that time. Users who are back with the same connections had been connected, though messages may not have arrived."
        ),
        rank: 213,
        judges: Judges::Promptly(
            |case, _, found| judge(case, found),
            |case| told(case).map(|it| it.last.mono_ms.saturating_add(TOLD_MS)).min(),
        ),
    };

    fn words(&self, server_seconds: i64) -> String {
        let Recovery { same, anew, begun, last, is_over, .. } = &self.recovery;
        let (within, users) = (span(last.since(*begun)), thousands(u64::from(same + anew)));
        let mut words = match (same, anew) {
            (_, 0) => {
                say!(
                    "{users} users lost within {within}: all are back with the same connections",
                    users,
                    within
                )
            }
            (0, _) => {
                say!("{users} users lost within {within}: all are back with new connections", users, within)
            }
            (same, anew) => say!(
                "{users} users lost within {within}: {same} are back with the same connections, {anew} with new ones",
                users,
                within,
                same = thousands(u64::from(*same)),
                anew = thousands(u64::from(*anew))
            ),
        };
        if *is_over {
            words.push_str(&say!("; over for {age}", age = short_age(self.last.abs_diff(server_seconds))));
        } else {
            words.push_str(say!("; more are coming back"));
        }
        words
    }

    fn same_as(&self, other: &Found) -> bool {
        self.recovery.number == other.recovery.number
    }
}

fn told<'a>(case: &ServerCase<'a>) -> impl Iterator<Item = &'a Recovery> + use<'a> {
    let now = case.now;
    case.recoveries.iter().filter(move |it| now.since(it.last) < TOLD_MS)
}

fn judge(case: &ServerCase<'_>, found: &mut Vec<Evidence>) {
    found.extend(told(case).take(super::MOST).map(|recovery| {
        let last = case.clock.unix_seconds(recovery.last);
        Evidence::PastLoss(Found { recovery: recovery.clone(), last })
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presence::Moment;

    #[test]
    fn it_says_how_many_how_long_and_with_what_they_are_back() {
        let at = |mono_ms: u64| Moment { mono_ms, unix_ms: mono_ms as i64 };
        let words = |same, anew, is_over| {
            let recovery = Recovery { number: 1, begun: at(5_000), last: at(65_000), is_over, same, anew };
            Found { recovery, last: 65 }.words(245)
        };
        assert_eq!(
            [words(1_779, 0, true), words(0, 321, true), words(1_779, 321, false)],
            [
                "1,779 users lost within 60s: all are back with the same connections; over for 3m",
                "321 users lost within 60s: all are back with new connections; over for 3m",
                "2,100 users lost within 60s: 1,779 are back with the same connections, 321 with new ones; more are coming back",
            ]
        );
    }
}
