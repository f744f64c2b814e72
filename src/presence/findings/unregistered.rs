//! `unregistered`: the server has no such user.
//!
//! It calls an ID that it does not know offline like any other (`get_users_online_status`), so that a
//! typing error in the watch list looks like somebody who is never there.
//!
//! Evidence: `account_check`, asked once for each entry of the list that was never seen with a connection.
//!
//! False alarms: raised wrongly for a user who is registered after that was asked, until seen. One for a
//! user.

use super::Evidence;
use super::case::Case;
use super::rule::{Judges, OfRule, RuleRow, Severity, never};
use crate::presence::Presence;
use crate::{say, words};

/// What it finds, which says all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found;

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "unregistered",
        severity: Severity::Warning,
        says: words!("the server has no such user, and calls the ID offline like any other"),
        brief: words!("the server has no such user"),
        advice: words!(
            "Compare the ID in the watch list with the server's. A user who was deleted can be taken off the list."
        ),
        rank: 130,
        judges: Judges::UserInDoubt(judge, never),
    };

    fn words(&self, _: i64) -> String {
        say!("the server has no such user: a typing error in the watch list?").to_owned()
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    if case.presence == Presence::Unregistered {
        found.push(Evidence::Unregistered(Found));
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::{RuleInputs, online};
    use super::*;

    #[test]
    fn whoever_the_server_does_not_have_counts() {
        let nobody = RuleInputs { presence: Presence::Unregistered, ..online("alcie", vec![]) };
        assert_eq!(
            nobody.found_by(judge),
            ["the server has no such user: a typing error in the watch list?"]
        );
        let away = RuleInputs { presence: Presence::Offline, ..online("alice", vec![]) };
        assert_eq!(away.found_by(judge), [] as [&str; 0]);
    }
}
