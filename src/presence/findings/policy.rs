//! `policy`: sessions of a user that the multi-login policy does not allow together. Only where the
//! policy was told; the server does not tell it.
//!
//! | policy | allows (open-im-server `internal/msggateway/ws_server.go`, protocol `constant/constant.go`) |
//! |---|---|
//! | 0 | any number |
//! | 1 | one session on each platform |
//! | 4 | one session in each terminal class |
//! | 5 | any number on PCs, and one session elsewhere |
//!
//! Evidence: connections with different session tokens, which makes them different sessions: a client
//! that connects again keeps its token, and is listed twice until the server gives up its dead socket
//! after 30 s. A session that has to go is told so at once, but an answer may be older; so two count
//! as together only when both have been there for 45 s, longer where answers are rare.
//! Connections without a token that is known, of a platform that is not known, and those of
//! administrators (which the server does not close on its other gateways) are left out.
//!
//! False alarms: raised wrongly for everybody where another policy was told than the server has, and
//! for a moment where a gateway was out of reach when the second session came. At most one for a user.

use std::collections::BTreeMap;

use super::Evidence;
use super::case::{Case, counts_from};
use super::rule::{Judges, OfRule, RuleRow, Severity};
use crate::presence::{Fingerprint, Platform};
use crate::{say, words};

/// Sessions that are told.
const TOLD: usize = 16;

const ADMIN: Platform = Platform(10);

/// What it finds: sessions that the multi-login policy does not allow together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The policy (open-im-server `config/share.yml`, `multiLogin.policy`).
    pub policy: u8,
    /// The platforms of sessions that may not be there together, one for each session, in order;
    /// at most 16.
    pub platforms: Vec<Platform>,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "policy",
        severity: Severity::Info,
        says: words!("more connections than the multi-login policy of the server allows"),
        brief: words!("more connections than the multi-login policy allows"),
        advice: words!(
            "Compare the policy given to imtop with `multiLogin.policy` in config/share.yml. If they are the same, look for a second gateway that missed the kick, and log the user out on that platform."
        ),
        rank: 110,
        judges: Judges::User(judge, next),
    };

    fn words(&self, _: i64) -> String {
        let names = Platform::names(self.platforms.iter().copied());
        say!(
            "sessions on {names}, which the multi-login policy {policy} does not allow together",
            names,
            policy = self.policy
        )
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    let Some(policy) = case.settings.policy else { return };
    let mut platforms = Vec::new();
    for sessions in crowded(case, policy) {
        let lasting = sessions.iter().filter(|session| session.counts_from <= case.now.mono_ms);
        let lasting: Vec<Platform> = lasting.map(|session| session.platform).collect();
        if lasting.len() > 1 {
            platforms.extend(lasting);
        }
    }
    if !platforms.is_empty() {
        platforms.sort_unstable();
        platforms.truncate(TOLD);
        found.push(Evidence::Policy(Found { policy, platforms }));
    }
}

fn next(case: &Case<'_>) -> Option<u64> {
    let crowded = crowded(case, case.settings.policy?);
    let turns = crowded.iter().flatten().map(|session| session.counts_from);
    turns.filter(|at| *at > case.now.mono_ms).min()
}

/// A session, known by its token.
struct UserSession {
    platform: Platform,
    /// From when on, on the monotonic clock, it counts as there together with others.
    counts_from: u64,
}

/// The places for one session in which there are several.
fn crowded(case: &Case<'_>, policy: u8) -> Vec<Vec<UserSession>> {
    if case.connections.len() < 2 {
        return Vec::new();
    }
    let mut places = BTreeMap::<Slot, BTreeMap<u128, UserSession>>::new();
    for tracked in case.connections {
        let platform = tracked.connection.platform;
        let token = tracked.connection.token.as_ref().map(|token| token.fingerprint);
        let (Some(place), Some(Fingerprint(token))) = (place(platform, policy), token) else { continue };
        let counts_from = counts_from(tracked.since);
        let sessions = places.entry(place).or_default();
        let session = sessions.entry(token).or_insert(UserSession { platform, counts_from });
        session.counts_from = session.counts_from.min(counts_from);
    }
    let crowded = places.into_values().filter(|sessions| sessions.len() > 1);
    crowded.map(|sessions| sessions.into_values().collect()).collect()
}

/// Where there is room for one session.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Platform(Platform),
    Class(&'static str),
    NotPc,
}

/// The place that a connection takes; `None` where it takes none, or that is not known.
fn place(platform: Platform, policy: u8) -> Option<Slot> {
    if platform == ADMIN || platform == Platform::UNNAMED {
        return None;
    }
    match policy {
        1 => Some(Slot::Platform(platform)),
        4 => platform.terminal_class().map(Slot::Class),
        5 => platform.terminal_class().filter(|class| *class != "PC").map(|_| Slot::NotPc),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::LASTING_MS;
    use super::super::stage::{RuleInputs, online};
    use super::*;
    use crate::presence::findings::RuleSettings;
    use crate::presence::{ConnId, Connection, Moment, SessionToken, Since, Tracked, Unreadable};

    const NOW: u64 = 10_000_000;

    fn seen(platform: i32, token: u128, since: Since) -> Tracked {
        let id = ConnId::new(&format!("{platform} {token} {}", since.before_ms));
        let token = SessionToken::new(Fingerprint(token), Err(Unreadable::NotAJwt));
        let connection =
            Connection { platform: Platform(platform), id, background: false, token: Some(token) };
        Tracked { connection, since, unseen: None }
    }

    fn since(platform: i32, token: u128, ago: u64) -> Tracked {
        seen(platform, token, Since { after_ms: Some(NOW - ago - 2_000), before_ms: NOW - ago })
    }

    fn old(platform: i32, token: u128) -> Tracked {
        since(platform, token, 600_000)
    }

    fn with_case<T>(policy: Option<u8>, connections: &[Tracked], with: impl FnOnce(&Case<'_>) -> T) -> T {
        let inputs = RuleInputs {
            connections: connections.to_vec(),
            settings: RuleSettings { policy },
            now: Moment { mono_ms: NOW, unix_ms: 0 },
            ..online("alice", vec![])
        };
        with(&inputs.case())
    }

    /// The platforms of sessions that the policy forbids.
    fn forbidden(policy: u8, connections: &[Tracked]) -> Vec<i32> {
        let mut found = Vec::new();
        with_case(Some(policy), connections, |case| judge(case, &mut found));
        match found.as_slice() {
            [] => Vec::new(),
            [Evidence::Policy(Found { policy: named, platforms })] if *named == policy => {
                platforms.iter().map(|platform| platform.0).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_policy_has_its_own_idea_of_too_many() {
        let (phones, pcs) = ([old(2, 1), old(1, 2)], [old(3, 3), old(4, 4)]);
        let same = [old(2, 1), old(2, 2)];
        let phone_and_web = [old(2, 1), old(5, 2)];
        let phone_and_pcs = [old(2, 1), old(3, 3), old(4, 4)];
        let table: [(&[Tracked], [&[i32]; 4]); 5] = [
            (&same, [&[], &[2, 2], &[2, 2], &[2, 2]]),
            (&phones, [&[], &[], &[1, 2], &[1, 2]]),
            (&pcs, [&[], &[], &[3, 4], &[]]),
            (&phone_and_web, [&[], &[], &[], &[2, 5]]),
            (&phone_and_pcs, [&[], &[], &[3, 4], &[]]),
        ];
        for (connections, expected) in table {
            for (policy, expected) in [0, 1, 4, 5].into_iter().zip(expected) {
                assert_eq!(forbidden(policy, connections), expected, "{policy}: {connections:?}");
            }
        }
        assert_eq!(forbidden(3, &same), [] as [i32; 0], "a policy that nobody has heard of");
        assert_eq!(forbidden(1, &[same, pcs, phones].concat()), [2, 2]);
    }

    #[test]
    fn nobody_is_held_against_a_policy_that_was_not_told() {
        let connections = [old(2, 1), old(2, 2)];
        let mut found = Vec::new();
        with_case(None, &connections, |case| judge(case, &mut found));
        assert_eq!((found, with_case(None, &connections, next)), (vec![], None));
    }

    #[test]
    fn a_client_that_connects_again_is_one_session_however_long_its_dead_socket_lasts() {
        assert_eq!(forbidden(1, &[old(2, 1), since(2, 1, 100_000)]), [] as [i32; 0]);
        assert_eq!(forbidden(1, &[old(2, 1), since(2, 1, 100_000), old(2, 2)]), [2, 2]);
    }

    #[test]
    fn sessions_count_when_both_have_lasted() {
        let both = |ago| [old(2, 1), since(2, 2, ago)];
        assert_eq!(forbidden(1, &both(LASTING_MS - 1)), [] as [i32; 0]);
        assert_eq!(with_case(Some(1), &both(LASTING_MS - 1), next), Some(NOW + 1));
        assert_eq!(forbidden(1, &both(LASTING_MS)), [2, 2]);
        assert_eq!(with_case(Some(1), &both(LASTING_MS), next), None);
        // A session that reconnects has been there all along.
        assert_eq!(forbidden(1, &[old(2, 1), since(2, 2, 0), old(2, 2)]), [2, 2]);
    }

    #[test]
    fn where_answers_are_rare_another_one_has_to_come_first() {
        let after = |ago| {
            let since = Since { after_ms: Some(NOW - ago - 60_000), before_ms: NOW - ago };
            forbidden(1, &[old(2, 1), seen(2, 2, since)]).len()
        };
        assert_eq!((after(149_999), after(150_000)), (0, 2));
    }

    #[test]
    fn what_is_not_known_is_not_forbidden() {
        let without_token = |mut tracked: Tracked| {
            tracked.connection.token = None;
            tracked
        };
        assert_eq!(forbidden(1, &[old(2, 1), without_token(old(2, 2))]), [] as [i32; 0]);
        assert_eq!(forbidden(1, &[old(0, 1), old(0, 2)]), [] as [i32; 0]);
        assert_eq!(forbidden(1, &[old(10, 1), old(10, 2)]), [] as [i32; 0]);
        assert_eq!(forbidden(4, &[old(13, 1), old(13, 2)]), [] as [i32; 0]);
        assert_eq!(forbidden(1, &[old(13, 1), old(13, 2)]), [13, 13], "a platform is itself");
    }

    #[test]
    fn a_thousand_sessions_make_a_short_sentence() {
        let many: Vec<_> = (0..1_000).map(|n| old(2, n)).collect();
        assert_eq!(forbidden(1, &many).len(), TOLD);
    }
}
