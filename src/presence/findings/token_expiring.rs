//! `token-expiring`: the session token of a connection expires before long, so that the client will
//! not be able to connect again.
//!
//! Evidence: `exp` of the token of each connection, held against the server's clock. Counts from
//! [`AHEAD`] before `exp` to `exp`, and is serious from [`SOON`] on.
//!
//! False alarms: raised wrongly where clients fetch a new token before each login, as then no old one
//! is ever needed; and for everybody where the server issues tokens for a week or less
//! (`tokenPolicy.expire` in `config/openim-rpc-auth.yml`, 90 days as it is shipped). At most one for
//! a connection, and never more than a warning.

use super::case::Case;
use super::rule::{Judges, OfRule, RuleRow, Severity};
use super::{Evidence, MOST};
use crate::presence::time::short_age;
use crate::presence::{ConnId, Platform};
use crate::{say, words};

/// From so many seconds before the end on: a week leaves a working day to act in.
const AHEAD: i64 = 7 * 24 * 3_600;
/// Less than so many seconds before the end it is a warning: before this hour comes again.
const SOON: i64 = 24 * 3_600;

/// What it finds: connected with a token that expires before long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where the client is connected from.
    pub platform: Platform,
    /// The connection that holds the token.
    pub connection: ConnId,
    /// When the token expires.
    pub expires: i64,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "token-expiring",
        severity: Severity::Warning,
        says: words!(
            "the session token expires within a week (within a day: a warning); the client can't connect again after that without a new one"
        ),
        brief: words!("a token expires before long: no new login with it after that"),
        advice: words!(
            "Nothing is broken yet. Check that the app fetches a new token before this one ends, or have the user log in again."
        ),
        rank: 40,
        judges: Judges::User(judge, next),
    };

    fn severity(&self, server_seconds: i64) -> Severity {
        severity(self.expires, server_seconds)
    }

    fn words(&self, server_seconds: i64) -> String {
        let left = short_age(self.expires.abs_diff(server_seconds));
        say!("{platform}: expires in {left}", platform = self.platform.name(), left)
    }

    fn connection(&self) -> Option<&ConnId> {
        Some(&self.connection)
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    let expiring = case.claims().filter_map(|(connection, claims)| {
        let expires = claims.expires?;
        let left = expires.saturating_sub(case.server_seconds);
        let (platform, id) = (connection.platform, &connection.id);
        (1..=AHEAD)
            .contains(&left)
            .then(|| Evidence::TokenExpiring(Found { platform, connection: id.clone(), expires }))
    });
    found.extend(expiring.take(MOST));
}

fn next(case: &Case<'_>) -> Option<u64> {
    let turns = |expires: i64| {
        let turns = [expires.saturating_sub(AHEAD), expires.saturating_sub(SOON - 1), expires];
        turns.into_iter().find(|turn| *turn > case.server_seconds)
    };
    let next = case.claims().filter_map(|(_, claims)| turns(claims.expires?)).min()?;
    Some(case.when_server_shows(next))
}

/// How serious it is that a token expires then.
fn severity(expires: i64, server_seconds: i64) -> Severity {
    if expires.saturating_sub(server_seconds) < SOON { Severity::Warning } else { Severity::Info }
}

#[cfg(test)]
mod tests {
    use super::super::stage::{NOW, RuleInputs, connection, online};
    use super::*;

    fn with_left(left: i64) -> RuleInputs {
        online("alice", vec![connection("a", 2).expires(NOW + left)])
    }

    #[test]
    fn the_last_week_of_a_token_counts() {
        assert_eq!(with_left(AHEAD + 1).found_by(judge), [] as [&str; 0]);
        assert_eq!(with_left(AHEAD).found_by(judge), ["Android: expires in 7d"]);
        assert_eq!(with_left(1).found_by(judge), ["Android: expires in 1s"]);
        assert_eq!(with_left(0).found_by(judge), [] as [&str; 0], "it has expired");
        assert_eq!(with_left(i64::MIN).found_by(judge), [] as [&str; 0]);
    }

    #[test]
    fn the_last_day_is_a_warning() {
        assert_eq!(severity(NOW + SOON, NOW), Severity::Info);
        assert_eq!(severity(NOW + SOON - 1, NOW), Severity::Warning);
    }

    #[test]
    fn it_changes_a_week_before_the_end_a_day_before_it_and_at_the_end() {
        let wait = |left| {
            let scene = with_left(left);
            next(&scene.case()).map(|at| at - scene.case().now.mono_ms)
        };
        assert_eq!(wait(AHEAD + 60), Some(60_000));
        assert_eq!(wait(AHEAD), Some((AHEAD - SOON + 1) as u64 * 1_000));
        assert_eq!(wait(SOON), Some(1_000));
        assert_eq!(wait(SOON - 1), Some((SOON - 1) as u64 * 1_000));
        assert_eq!(wait(0), None);
    }
}
