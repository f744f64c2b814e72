//! `registry-loss`: the registry lacks the connections of many users at once.
//!
//! Evidence: as many users are [`deaf`](super::deaf) as [`LEAST`], and as [`ONE_IN`] in so many of those with a
//! connection about whom it was asked. Over when fewer than half as many are.
//!
//! False alarms: none known; a few lost logins on a large cluster are below the share. At most one.

use super::Evidence;
use super::rule::{Judges, OfRule, RuleRow, Severity, never_by_time};
use super::wording::percent;
use crate::{say, words};

/// So many at least: one or two may be chance.
const LEAST: u32 = 3;
/// One in so many of those who were asked about.
const ONE_IN: u32 = 100;

/// What it finds: the registry loses events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// How many users are deaf.
    pub users: u32,
    /// About how many users with a connection the registry was asked.
    pub of: u32,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "registry-loss",
        severity: Severity::Critical,
        says: words!(
            "the connections of many users are missing in Redis: login events are lost, and messages don't reach those users"
        ),
        brief: words!("login events are lost: messages don't reach many users"),
        advice: words!(
            "Look at Redis first (memory, evictions, restarts), then at the user service and the gateways' log. When both are well, the users must reconnect, or wait 10 to 20 minutes."
        ),
        rank: 212,
        judges: Judges::Promptly(
            |case, is_raised, found| judge(case.deaf, case.compared, is_raised, found),
            never_by_time,
        ),
    };

    fn words(&self, _: i64) -> String {
        let Found { users, of } = self;
        let share = percent(*users, *of);
        say!(
            "{users} of {of} connected users ({share} %) are missing in Redis: messages don't reach them",
            users,
            of,
            share
        )
    }
}

fn judge(users: u32, of: u32, is_raised: bool, found: &mut Vec<Evidence>) {
    let many = LEAST.max(of.div_ceil(ONE_IN));
    let enough = if is_raised { many.div_ceil(2) } else { many };
    if users >= enough {
        found.push(Evidence::RegistryLoss(Found { users, of: of.max(users) }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(users: u32, of: u32, is_raised: bool) -> Vec<String> {
        let mut found = Vec::new();
        judge(users, of, is_raised, &mut found);
        found.iter().map(|evidence| evidence.words(0)).collect()
    }

    #[test]
    fn three_or_one_in_a_hundred_are_many_and_half_of_that_when_it_is_told() {
        assert!(found(2, 50, false).is_empty() && found(9, 1_000, false).is_empty());
        assert_eq!(
            found(3, 50, false),
            ["3 of 50 connected users (6 %) are missing in Redis: messages don't reach them"]
        );
        assert_eq!((found(10, 1_000, false).len(), found(5, 1_000, true).len()), (1, 1));
        assert!(found(4, 1_000, true).is_empty() && found(0, 0, true).is_empty());
    }
}
