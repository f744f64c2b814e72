//! `token-unreadable`: the session token of a connection is not a JWT that this program can read.
//!
//! Evidence: what came of decoding the token of each connection. Counts at once. OpenIM issues JWTs
//! in every release, so something else than OpenIM made this one or changed it on the way.
//!
//! False alarms: raised wrongly where a later release issues tokens of another kind; then for
//! everybody, at most one for a connection. A connection without a token is not counted.

use super::case::Case;
use super::rule::{Judges, OfRule, RuleRow, Severity, never};
use super::{Evidence, MOST};
use crate::presence::{ConnId, Platform, Unreadable};
use crate::{say, words};

/// What it finds: the connection's token cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where the client is connected from.
    pub platform: Platform,
    /// The connection that holds the token.
    pub connection: ConnId,
    /// Where decoding it stopped.
    pub why: Unreadable,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "token-unreadable",
        severity: Severity::Warning,
        says: words!("the session token is not a JWT that imtop can read"),
        brief: words!("a token that imtop can't read"),
        advice: words!(
            "Find out what issued the token, as OpenIM issues JWTs. Neither its end nor its owner is checked here, so check those there."
        ),
        rank: 70,
        judges: Judges::User(judge, never),
    };

    fn words(&self, _: i64) -> String {
        say!("{platform}: the token is {why}", platform = self.platform.name(), why = self.why)
    }

    fn connection(&self) -> Option<&ConnId> {
        Some(&self.connection)
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    let connections = case.connections.iter().map(|tracked| &tracked.connection);
    let unreadable = connections.filter_map(|connection| {
        let why = *connection.token.as_ref()?.claims.as_ref().err()?;
        let (platform, connection) = (connection.platform, connection.id.clone());
        Some(Evidence::TokenUnreadable(Found { platform, connection, why }))
    });
    found.extend(unreadable.take(MOST));
}

#[cfg(test)]
mod tests {
    use super::super::stage::{connection, online};
    use super::*;
    use crate::presence::Unreadable;

    #[test]
    fn a_token_that_is_no_jwt_counts_and_a_missing_one_does_not() {
        let scene = online(
            "alice",
            vec![
                connection("a", 2).unreadable(Unreadable::NotAJwt),
                connection("b", 2).without_token(),
                connection("c", 2),
                connection("d", 13).unreadable(Unreadable::NotClaims),
            ],
        );
        assert_eq!(
            scene.found_by(judge),
            [
                "Android: the token is not a JWT",
                "platform 13: the token is a JWT whose claims are not understood"
            ]
        );
    }
}
