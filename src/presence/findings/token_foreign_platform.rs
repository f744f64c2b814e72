//! `token-foreign-platform`: the session token of a connection was issued for another platform than
//! the one that the client named when it connected.
//!
//! Evidence: `PlatformID` of the token of each connection. Counts at once. A gateway compares the two
//! when a client connects and refuses it (error 1502), so this takes an old gateway or a changed one.
//! The server revokes tokens by the platform that they were issued for, and closes connections by the
//! one that was named.
//!
//! False alarms: raised wrongly where such a gateway lets an app use one platform's tokens for all its
//! builds on purpose; at most one for a connection. A connection whose platform the answer does not
//! name is not compared.

use super::case::Case;
use super::rule::{Judges, OfRule, RuleRow, Severity, never};
use super::{Evidence, MOST};
use crate::presence::{ConnId, Platform};
use crate::{say, words};

/// What it finds: the connection's token was issued for another platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where the client is connected from.
    pub platform: Platform,
    /// The connection that holds the token.
    pub connection: ConnId,
    /// For which platform the token was issued.
    pub issued_for: Platform,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "token-foreign-platform",
        severity: Severity::Warning,
        says: words!(
            "the connection's session token was issued for another platform than the one the client named"
        ),
        brief: words!("the token was issued for another platform than the connection's"),
        advice: words!(
            "Compare the platform that the app asks a token for with the one it connects with, and make them the same. Until then a logout of one platform hits the other one's connection."
        ),
        rank: 50,
        judges: Judges::User(judge, never),
    };

    fn words(&self, _: i64) -> String {
        say!(
            "{platform}: the token was issued for {issued_for}",
            platform = self.platform.name(),
            issued_for = self.issued_for.name()
        )
    }

    fn connection(&self) -> Option<&ConnId> {
        Some(&self.connection)
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    let foreign = case.claims().filter_map(|(connection, claims)| {
        let (platform, issued_for) = (connection.platform, claims.platform?);
        let differ = platform != issued_for && platform != Platform::UNNAMED;
        differ.then(|| {
            Evidence::TokenForeignPlatform(Found { platform, connection: connection.id.clone(), issued_for })
        })
    });
    found.extend(foreign.take(MOST));
}

#[cfg(test)]
mod tests {
    use super::super::stage::{connection, online};
    use super::*;

    #[test]
    fn the_token_of_another_platform_counts() {
        let scene = online("alice", vec![connection("a", 2).issued_on(5), connection("b", 1).issued_on(1)]);
        assert_eq!(scene.found_by(judge), ["Android: the token was issued for Web"]);
    }

    #[test]
    fn what_is_not_named_is_not_compared() {
        let scene = online("alice", vec![connection("a", 0).issued_on(5), connection("b", 2)]);
        assert_eq!(scene.found_by(judge), [] as [&str; 0]);
    }
}
