//! `token-shared`: one session token on several connections of a user.
//!
//! Evidence: the fingerprints of the tokens of a user's connections, and since when each connection
//! has been seen. A client that connects again before its old socket is closed is listed twice with
//! the same token until the server gives the old one up: 30 s, its read deadline (open-im-server
//! `msggateway/constant.go`). So it counts only after the second connection has been seen
//! for 45 s, or for longer where answers are rare.
//!
//! False alarms: raised wrongly when a server is configured to wait longer for a dead socket, or
//! answers come so late that the old connection's end is not known yet: at most one for a token, and
//! over with the answer that lacks the old connection.

use std::cmp::Reverse;

use super::case::{Case, counts_from};
use super::rule::{Judges, OfRule, RuleRow, Severity};
use super::{Evidence, MOST};
use crate::presence::{Fingerprint, Platform, Since, Tracked};
use crate::{say, words};

/// Up to so many connections, comparing each with each is cheaper than sorting them.
const FEW: usize = 8;

/// What it finds: one token on several connections of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The token that they hold.
    pub token: Fingerprint,
    /// On how many connections.
    pub connections: u32,
    /// The platforms of the two oldest of them.
    pub platforms: [Platform; 2],
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "token-shared",
        severity: Severity::Warning,
        says: words!(
            "several connections of the user hold one session token, for longer than a reconnect explains"
        ),
        brief: words!("one token on several connections"),
        advice: words!(
            "Look whether the client opens a second connection without closing the first. If the connections are of two devices, the token was copied: log the user out on that platform (/auth/force_logout)."
        ),
        rank: 60,
        judges: Judges::User(judge, next),
    };

    fn words(&self, _: i64) -> String {
        let Found { token, connections, platforms: [one, other] } = self;
        let (name, other_name) = (one.name(), other.name());
        if one == other {
            say!("{name}: one token ({token}) on {connections} connections", name, token, connections)
        } else {
            say!(
                "{name} and {other_name}: one token ({token}) on {connections} connections",
                name,
                other_name,
                token,
                connections
            )
        }
    }

    fn same_as(&self, other: &Found) -> bool {
        self.token == other.token
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    for_each_shared(case.connections, |token, holders| {
        let lasting = shared_from(holders).is_some_and(|from| from <= case.now.mono_ms);
        if let ([one, other, ..], true) = (holders, lasting) {
            let platforms = [one.platform, other.platform];
            found.push(Evidence::TokenShared(Found { token, connections: holders.len() as u32, platforms }));
        }
    });
}

fn next(case: &Case<'_>) -> Option<u64> {
    let mut next = None;
    for_each_shared(case.connections, |_, holders| {
        let from = shared_from(holders).filter(|from| *from > case.now.mono_ms);
        next = next.into_iter().chain(from).min();
    });
    next
}

/// A connection that holds a shared token.
struct Holder {
    since: Since,
    platform: Platform,
}

/// From when on, on the monotonic clock, it counts that these, oldest first, hold one token.
fn shared_from(holders: &[Holder]) -> Option<u64> {
    holders.get(1).map(|second| counts_from(second.since))
}

/// Calls `with` for the first tokens that several connections hold, with those, oldest first.
fn for_each_shared(connections: &[Tracked], mut with: impl FnMut(Fingerprint, &[Holder])) {
    if !any_shared(connections) {
        return;
    }
    let token = |tracked: &Tracked| tracked.connection.token.as_ref().map(|token| token.fingerprint);
    let mut held: Vec<_> =
        connections.iter().filter_map(|tracked| Some((token(tracked)?, tracked))).collect();
    held.sort_by_key(|(token, tracked)| (token.0, tracked.since.before_ms, Reverse(tracked.since.after_ms)));
    let shared = held.chunk_by(|(one, _), (other, _)| one == other).filter(|held| held.len() > 1);
    for held in shared.take(MOST) {
        let holders: Vec<_> = held
            .iter()
            .map(|(_, tracked)| Holder { since: tracked.since, platform: tracked.connection.platform })
            .collect();
        if let Some((token, _)) = held.first() {
            with(*token, &holders);
        }
    }
}

/// Whether a closer look is worth it: true for whoever has more than a few connections.
fn any_shared(connections: &[Tracked]) -> bool {
    if connections.len() > FEW {
        return true;
    }
    let mut rest = connections;
    while let [first, others @ ..] = rest {
        let token = first.connection.token.as_ref().map(|token| token.fingerprint);
        let holds = |other: &Tracked| other.connection.token.as_ref().map(|token| token.fingerprint) == token;
        if token.is_some() && others.iter().any(holds) {
            return true;
        }
        rest = others;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::case::{LASTING_MS, LONGEST_MS};
    use super::super::stage::{MONO, connection, online};
    use super::*;

    const NOTHING: [&str; 0] = [];

    #[test]
    fn one_token_on_two_connections_counts_after_it_has_lasted() {
        let shared_for = |ms| {
            let old = connection("a", 2).token(7).seen(MONO - 90_000);
            let new = connection("b", 2).token(7).seen(MONO - ms);
            online("alice", vec![new, old, connection("c", 1).token(8)])
        };
        let young = shared_for(LASTING_MS - 1);
        assert_eq!(young.found_by(judge), NOTHING);
        assert_eq!(next(&young.case()), Some(MONO + 1));
        let lasting = shared_for(LASTING_MS);
        assert_eq!(lasting.found_by(judge), ["Android: one token (00000007) on 2 connections"]);
        assert_eq!(next(&lasting.case()), None);
    }

    #[test]
    fn a_third_connection_does_not_put_it_off() {
        let old = connection("a", 2).token(7).seen(MONO - 90_000);
        let other = connection("b", 5).token(7).seen(MONO - 60_000);
        let new = connection("c", 2).token(7).seen(MONO);
        let scene = online("alice", vec![old, other, new]);
        assert_eq!(scene.found_by(judge), ["Android and Web: one token (00000007) on 3 connections"]);
    }

    #[test]
    fn where_answers_are_rare_another_one_has_to_come_first() {
        let after = |gap, ms| {
            let old = connection("a", 2).token(7).seen(0);
            let new = connection("b", 2).token(7).seen_between(MONO - ms - gap, MONO - ms);
            online("alice", vec![old, new]).found_by(judge).len()
        };
        assert_eq!((after(60_000, 149_999), after(60_000, 150_000)), (0, 1));
        assert_eq!((after(2_000, 44_999), after(2_000, 45_000)), (0, 1));
        assert_eq!((after(900_000, LONGEST_MS - 1), after(900_000, LONGEST_MS)), (0, 1));
    }

    #[test]
    fn tokens_of_their_own_and_no_tokens_are_not_shared() {
        let own = online("alice", vec![connection("a", 2).token(1), connection("b", 2).token(2)]);
        assert_eq!(own.found_by(judge), NOTHING);
        let without = ["a", "b"].map(|id| connection(id, 2).without_token());
        assert_eq!(online("alice", without.into()).found_by(judge), NOTHING);
        let many = (0..50).map(|n| connection(&n.to_string(), 2).token(n)).collect();
        assert_eq!(online("alice", many).found_by(judge), NOTHING);
    }

    #[test]
    fn of_many_shared_tokens_a_few_are_told() {
        let many = (0..100).map(|n| connection(&n.to_string(), 2).token(n / 2).seen(0)).collect();
        assert_eq!(online("alice", many).found_by(judge).len(), MOST);
    }
}
