//! `token-foreign-user`: the session token of a connection was issued for another user than the one
//! whom the server lists the connection under.
//!
//! Evidence: `UserID` of the token of each connection. Counts at once. A gateway compares the two
//! when a client connects and refuses it (error 1502), so there is no harmless way to get there.
//!
//! False alarms: raised wrongly where a gateway that was changed lets users share logins on purpose;
//! at most one for a connection. A user ID that is spelled like the marks for characters that cannot
//! be shown is taken for the one with those characters: an alarm that is missed.

use super::case::Case;
use super::rule::{Judges, OfRule, RuleRow, Severity, never};
use super::{Evidence, MOST};
use crate::presence::{ConnId, Platform, visible};
use crate::{say, words};

/// What it finds: the connection's token was issued for another user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where the client is connected from.
    pub platform: Platform,
    /// The connection that holds the token.
    pub connection: ConnId,
    /// For whom the token was issued; visible-safe.
    pub user: Box<str>,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "token-foreign-user",
        severity: Severity::Critical,
        says: words!("the connection's session token was issued for another user"),
        brief: words!("the token of a connection belongs to another user"),
        advice: words!(
            "Log both users out on that platform (/auth/force_logout), then find out how the client came by the token. A gateway as it is shipped refuses such a connection, so look for one that was changed."
        ),
        rank: 10,
        judges: Judges::User(judge, never),
    };

    fn words(&self, _: i64) -> String {
        say!(
            "{platform}: the token was issued for the user {user}",
            platform = self.platform.name(),
            user = self.user
        )
    }

    fn connection(&self) -> Option<&ConnId> {
        Some(&self.connection)
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    let foreign = case.claims().filter_map(|(connection, claims)| {
        let user = claims.user.as_deref()?;
        // Nearly always the IDs are equal as they are, which takes no look at each character.
        let own = user == case.raw_id || user == visible(case.raw_id);
        let (platform, id) = (connection.platform, &connection.id);
        (!own).then(|| {
            Evidence::TokenForeignUser(Found { platform, connection: id.clone(), user: user.into() })
        })
    });
    found.extend(foreign.take(MOST));
}

#[cfg(test)]
mod tests {
    use super::super::stage::{connection, online};
    use super::*;

    #[test]
    fn the_token_of_somebody_else_counts() {
        let scene = online(
            "alice",
            vec![connection("a", 2).issued_for("alice"), connection("b", 5).issued_for("bob")],
        );
        assert_eq!(scene.found_by(judge), ["Web: the token was issued for the user bob"]);
    }

    #[test]
    fn an_id_that_cannot_be_shown_as_it_is_is_still_ones_own() {
        let scene = online("a\u{202e}b", vec![connection("a", 2).issued_for("a<U+202E>b")]);
        assert_eq!(scene.found_by(judge), [] as [&str; 0]);
    }

    #[test]
    fn a_token_that_names_nobody_is_nobody_elses() {
        let scene = online("alice", vec![connection("a", 2), connection("b", 2).without_token()]);
        assert_eq!(scene.found_by(judge), [] as [&str; 0]);
    }
}
