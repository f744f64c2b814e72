//! `deaf`: a user is connected, and the registry does not have the connection.
//!
//! Since v3.8.0 online push asks the registry, not the sockets, who is online (open-im-server
//! `internal/push/push_handler.go`), so that messages don't reach the connection. The event of a login is lost when
//! Redis or the user service falters just then, or the gateway's queue is full; it is not sent again
//! (`internal/msggateway/online.go`), but the entry is renewed every 10 to 20 minutes.
//!
//! Evidence: a connection that the sockets have shown for 10 s, and a registry that lacked its platform twice, asked
//! 5 s apart, with an answer of the sockets between. Over with the first answer that has it. Not on servers that are
//! older, and not where discovery lists no gateway: there the two are one process.
//!
//! False alarms: raised wrongly where the registry loses an entry between two renewals for another reason than a lost
//! login; the user is deaf all the same. At most one for a user.

use super::Evidence;
use super::case::Case;
use super::rule::{Judges, OfRule, RuleRow, Severity, never};
use crate::presence::Platform;
use crate::{say, words};

/// Platforms that are told.
const TOLD: usize = 8;

/// What it finds: the registry lacks connections that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Their platforms; at most 8.
    pub platforms: Vec<Platform>,
    /// Whether it calls the user offline.
    pub whole: bool,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "deaf",
        severity: Severity::Warning,
        says: words!(
            "the user is connected, but Redis does not have the connection: messages don't reach it until the entry is renewed (10 to 20 minutes) or the client reconnects"
        ),
        brief: words!("connected but missing in Redis: messages don't reach the user"),
        advice: words!(
            "Let the user reconnect: that helps at once. Then see whether Redis or the user service was restarted when the user logged in. imtop can't see the cache that push keeps of its own."
        ),
        rank: 115,
        judges: Judges::User(judge, never),
    };

    fn words(&self, _: i64) -> String {
        let on = Platform::names(self.platforms.iter().copied());
        if self.whole {
            say!("connected on {on}, but Redis says offline: messages don't arrive", on)
        } else {
            say!("connected on {on}, which Redis does not have: messages don't arrive there", on)
        }
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    let Some(lacking) = case.lacking.filter(|lacking| lacking.again.is_some()) else { return };
    let platforms = lacking.platforms.iter().take(TOLD).copied().collect();
    found.push(Evidence::Deaf(Found { platforms, whole: lacking.whole }));
}

#[cfg(test)]
mod tests {
    use super::super::stage::{RuleInputs, connection, online};
    use super::*;
    use crate::presence::{Lacking, Moment};

    fn scene(again: bool, whole: bool) -> RuleInputs {
        let lacking = Lacking {
            first: Moment::default(),
            again: again.then(Moment::default),
            platforms: [Platform(2), Platform(5)].into(),
            whole,
        };
        RuleInputs { lacking: Some(lacking), ..online("alice", vec![connection("a", 2), connection("b", 5)]) }
    }

    #[test]
    fn who_is_lacked_twice_counts_and_once_not() {
        assert_eq!(scene(false, true).found_by(judge), [] as [&str; 0]);
        assert_eq!(RuleInputs { lacking: None, ..scene(true, true) }.found_by(judge), [] as [&str; 0]);
        assert_eq!(
            scene(true, true).found_by(judge),
            ["connected on Android, Web, but Redis says offline: messages don't arrive"]
        );
        assert_eq!(
            scene(true, false).found_by(judge),
            ["connected on Android, Web, which Redis does not have: messages don't arrive there"]
        );
    }
}
