//! `default-secret`: the session token of a connection is signed with the secret that OpenIM is
//! shipped with, or with another one that is known. Who knows it can log in as anybody.
//!
//! Evidence: the decoder verifies each token that is new to it, where that was opted in, and hands on
//! whether one of the secrets fits; neither token nor secret comes here. Counts at once.
//!
//! False alarms: none; a signature of 256 bits does not fit by chance. At most one for a connection.
//! Without the opt-in nothing is found, which is no proof of a good secret.

use super::case::Case;
use super::rule::{Judges, OfRule, RuleRow, Severity, never};
use super::{Evidence, MOST};
use crate::presence::{ConnId, Platform};
use crate::{say, words};

/// What it finds: the connection's token is signed with a known secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where the client is connected from.
    pub platform: Platform,
    /// The connection that holds the token.
    pub connection: ConnId,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "default-secret",
        severity: Severity::Critical,
        says: words!(
            "the session token is signed with the secret that OpenIM is shipped with, or one that you named: anybody who knows it can log in as anybody"
        ),
        brief: words!("a token is signed with a known secret: anyone can forge logins"),
        advice: words!(
            "Change `secret` in config/share.yml and restart every service: all tokens become void and everybody logs in again. Then look through the logins since the server went up."
        ),
        rank: 20,
        judges: Judges::User(judge, never),
    };

    fn words(&self, _: i64) -> String {
        say!(
            "{platform}: the token is signed with a secret that others know",
            platform = self.platform.name()
        )
    }

    fn connection(&self) -> Option<&ConnId> {
        Some(&self.connection)
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    let forgeable = case.claims().filter(|(_, claims)| claims.known_secret);
    found.extend(forgeable.take(MOST).map(|(connection, _)| {
        Evidence::DefaultSecret(Found { platform: connection.platform, connection: connection.id.clone() })
    }));
}

#[cfg(test)]
mod tests {
    use super::super::stage::{connection, online};
    use super::*;

    #[test]
    fn a_token_that_anybody_could_have_signed_counts() {
        let scene = online("alice", vec![connection("a", 2).with_known_secret(), connection("b", 1)]);
        assert_eq!(scene.found_by(judge), ["Android: the token is signed with a secret that others know"]);
    }
}
