//! `token-expired`: connected with a session token that has expired.
//!
//! Evidence: `exp` of the token of each connection, held against the server's clock; the server
//! looks at it only when a client connects, and has no timer that closes a connection (open-im-server
//! `msggateway/ws_server.go`). Counts from the second of `exp` on.
//!
//! False alarms: raised wrongly for the second or so that the server's clock is known no better than
//! that, and where whoever stands before the server renews a session without a new token; at most
//! once a connection.

use super::case::Case;
use super::rule::{Judges, OfRule, RuleRow, Severity};
use super::{Evidence, MOST};
use crate::presence::time::short_age;
use crate::presence::{ConnId, Platform};
use crate::{say, words};

/// What it finds: connected with a token that has expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where the client is connected from.
    pub platform: Platform,
    /// The connection that holds the token.
    pub connection: ConnId,
    /// When the token expired.
    pub expires: i64,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "token-expired",
        severity: Severity::Warning,
        says: words!(
            "connected with a session token that has expired; the server looks at it only when a client connects, so it works until the connection drops"
        ),
        brief: words!("connected with a token that has expired: it works until the connection drops"),
        advice: words!(
            "Have the user log in again before the connection drops: with this token it can't come back. Where there are many, check that the app renews tokens in time."
        ),
        rank: 30,
        judges: Judges::User(judge, next),
    };

    fn words(&self, server_seconds: i64) -> String {
        let ago = short_age(self.expires.abs_diff(server_seconds));
        say!("{platform}: expired {ago} ago", platform = self.platform.name(), ago)
    }

    fn connection(&self) -> Option<&ConnId> {
        Some(&self.connection)
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    let expired = case.claims().filter_map(|(connection, claims)| {
        let expires = claims.expires.filter(|expires| *expires <= case.server_seconds)?;
        let (platform, connection) = (connection.platform, connection.id.clone());
        Some(Evidence::TokenExpired(Found { platform, connection, expires }))
    });
    found.extend(expired.take(MOST));
}

fn next(case: &Case<'_>) -> Option<u64> {
    let ends = case.claims().filter_map(|(_, claims)| claims.expires);
    let next = ends.filter(|expires| *expires > case.server_seconds).min()?;
    Some(case.when_server_shows(next))
}

#[cfg(test)]
mod tests {
    use super::super::stage::{NOW, RuleInputs, connection, online};
    use super::*;

    fn expiring_at(expires: i64) -> RuleInputs {
        online("alice", vec![connection("a", 2).expires(expires)])
    }

    #[test]
    fn a_token_counts_from_the_second_it_expires() {
        assert_eq!(expiring_at(NOW + 1).found_by(judge), [] as [&str; 0]);
        assert_eq!(expiring_at(NOW).found_by(judge), ["Android: expired 0s ago"]);
        assert_eq!(expiring_at(NOW - 70_000_000).found_by(judge), ["Android: expired 2y ago"]);
    }

    #[test]
    fn a_token_without_an_end_never_expires() {
        let scene = online("alice", vec![connection("a", 2), connection("b", 1).without_token()]);
        assert_eq!(scene.found_by(judge), [] as [&str; 0]);
        assert_eq!(next(&scene.case()), None);
    }

    #[test]
    fn it_may_change_when_the_next_token_expires() {
        let scene = online(
            "alice",
            vec![
                connection("a", 2).expires(NOW + 90),
                connection("b", 1).expires(NOW - 5),
                connection("c", 5).expires(NOW + 30),
            ],
        );
        assert_eq!(next(&scene.case()), Some(scene.case().now.mono_ms + 30_000));
        assert_eq!(scene.found_by(judge), ["iOS: expired 5s ago"]);
    }

    #[test]
    fn a_user_has_no_more_than_a_few_of_them() {
        let many = (0..100).map(|n| connection(&n.to_string(), 2).expires(1)).collect();
        assert_eq!(online("alice", many).found_by(judge).len(), MOST);
    }
}
