//! `token-expired`: connected with a session token that has expired.
//!
//! Evidence: `exp` of the token of each connection, held against the server's clock; the server
//! looks at it only when a client connects, and has no timer that closes a connection (open-im-server
//! `msggateway/ws_server.go`). Counts from the second of `exp` on.
//!
//! False alarms: raised wrongly for the second or so that the server's clock is known no better than
//! that, and where whoever stands before the server renews a session without a new token; at most
//! once a connection.

use super::MOST;
use super::case::Case;
use super::evidence::Evidence;

pub(super) fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    let expired = case.claims().filter_map(|(connection, claims)| {
        let expires = claims.expires.filter(|expires| *expires <= case.server_seconds)?;
        let (platform, connection) = (connection.platform, connection.id.clone());
        Some(Evidence::TokenExpired { platform, connection, expires })
    });
    found.extend(expired.take(MOST));
}

pub(super) fn next(case: &Case<'_>) -> Option<u64> {
    let ends = case.claims().filter_map(|(_, claims)| claims.expires);
    let next = ends.filter(|expires| *expires > case.server_seconds).min()?;
    Some(case.when_server_shows(next))
}

#[cfg(test)]
mod tests {
    use super::super::stage::{NOW, Scene, connection, online};
    use super::*;

    fn expiring_at(expires: i64) -> Scene {
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
