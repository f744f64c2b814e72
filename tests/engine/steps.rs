//! What may happen in a run, step by step, for properties; and where two states of it differ.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use imtop::presence::{
    Answer, Claims, ConnId, Connection, Entry, FetchError, Freshness, GatewaySign, Input, LifeSign, Moment,
    Observation, OperationId, Platform, Question, Roster, RuleSettings, State, Thresholds, UserIx,
    UserStatus, WatchList, Witnesses,
};
use proptest::prelude::*;

use crate::kit::{self, NOON, at};

pub(crate) fn list(generation: u32, users: u8) -> Arc<WatchList> {
    let ids = (0..users).map(|user| Entry::of(&format!("user_{:03}", (user + generation as u8 * 3) % 20)));
    Arc::new(WatchList::new(generation, 3, ids))
}

/// What is known at the beginning: nothing of seven users.
pub(crate) fn begin() -> State {
    let roster = Roster::new(list(1, 7), Freshness::for_interval(2_000), at(0))
        .with_witnesses(Witnesses::to_be_asked(true, true), Thresholds::default());
    State::new(roster, RuleSettings::default(), at(0))
}

/// The user's place in the batch, and the connections: platform, in background, token.
type Status = (u8, Vec<(u8, bool, u8)>);

/// Something that comes in, so long after what came before.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) after_ms: u64,
    pub(crate) deed: Deed,
}

#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// An answer about one batch of those that there are, that took so long.
    Answered {
        batch: u8,
        took_ms: u64,
        users: Vec<Status>,
    },
    Failed {
        batch: u8,
    },
    /// The registry says this of users, asked so long ago: on which platforms they are online.
    Registered {
        took_ms: u64,
        users: Vec<(u8, Vec<u8>)>,
    },
    /// The gateways list this of users: connections on a platform.
    Listed {
        users: Vec<(u8, u8, u8)>,
    },
    /// What came of asking two gateways.
    Signs([u8; 2]),
    /// These users are not registered, others are.
    Unverified(Vec<u8>),
    /// The n-th witness gave no answer about these, or is not there at all.
    Missed {
        question: u8,
        users: Vec<u8>,
        refused: bool,
    },
    Rebased {
        users: u8,
    },
    Interval {
        ms: u64,
    },
    Notice,
    /// Nothing but time.
    Nothing,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let connection = (0u8..4, any::<bool>(), 0u8..6);
    let status = (0u8..3, prop::collection::vec(connection, 0..3));
    let deed = prop_oneof![
        8 => (0u8..4, 0u64..900, prop::collection::vec(status, 0..3))
            .prop_map(|(batch, took_ms, users)| Deed::Answered { batch, took_ms, users }),
        2 => (0u8..4).prop_map(|batch| Deed::Failed { batch }),
        4 => (0u64..900, prop::collection::vec((0u8..9, prop::collection::vec(0u8..4, 0..3)), 0..6))
            .prop_map(|(took_ms, users)| Deed::Registered { took_ms, users }),
        1 => prop::collection::vec((0u8..9, 0u8..4, 1u8..3), 0..4).prop_map(|users| Deed::Listed { users }),
        1 => prop::array::uniform2(0u8..4).prop_map(Deed::Signs),
        1 => prop::collection::vec(0u8..9, 0..3).prop_map(Deed::Unverified),
        1 => (0u8..4, prop::collection::vec(0u8..9, 0..5), prop::bool::weighted(0.2))
            .prop_map(|(question, users, refused)| Deed::Missed { question, users, refused }),
        1 => (0u8..9).prop_map(|users| Deed::Rebased { users }),
        1 => (500u64..9_000).prop_map(|ms| Deed::Interval { ms }),
        1 => Just(Deed::Notice),
        3 => Just(Deed::Nothing),
    ];
    let after = prop_oneof![6 => 0u64..3_000, 2 => 3_000u64..20_000, 1 => 20_000u64..2_000_000];
    (after, deed).prop_map(|(after_ms, deed)| Step { after_ms, deed })
}

fn connection(user: u8, platform: u8, background: bool, token: u8) -> Connection {
    let expires = NOON + i64::from(token) * 700;
    let claims = Claims {
        user: Some(format!("user_{:03}", if token == 5 { 19 } else { user }).into()),
        platform: Some(Platform(i32::from(platform))),
        issued: Some(expires - 90_000),
        expires: Some(expires),
        known_secret: false,
        not_before: None,
    };
    Connection {
        platform: Platform(i32::from(platform)),
        id: ConnId::new(&format!("c{user}-{platform}-{token}")),
        background,
        token: Some(kit::token(u128::from(token), claims)),
    }
}

/// What an answer about a batch says of those of its users who have changed.
fn changed(list: &WatchList, batch: u8, users: &[Status]) -> Vec<(UserIx, UserStatus)> {
    let places: Vec<UserIx> = list.batch(u32::from(batch) % list.batches().max(1)).map(UserIx).collect();
    let mut changed: Vec<(UserIx, UserStatus)> = Vec::new();
    for (place, connections) in users {
        let Some(user) = places.get(usize::from(*place)) else { continue };
        if changed.iter().any(|(there, _)| there == user) {
            continue;
        }
        let mut open: Vec<Connection> = Vec::new();
        for (platform, background, token) in connections {
            let next = connection(user.0 as u8, *platform, *background, *token);
            if open.iter().all(|there| there.id != next.id) {
                open.push(next);
            }
        }
        let status = if open.is_empty() { UserStatus::Offline } else { UserStatus::Online(open) };
        changed.push((*user, status));
    }
    changed
}

pub(crate) fn input(deed: &Deed, list: &mut Arc<WatchList>, now: Moment, number: usize) -> Option<Input> {
    let observed = |batch: u8, took_ms: u64, answer| {
        let batch = u32::from(batch) % list.batches().max(1);
        Input::Observed(Observation {
            generation: list.generation(),
            batch,
            sent: at(now.mono_ms.saturating_sub(took_ms)),
            operation_id: OperationId(format!("op{number}").into()),
            server_date: Some(now.unix_ms / 1_000),
            wire_bytes: 100,
            attempt: 1,
            ..kit::observed(now, answer)
        })
    };
    let place = |user: u8| UserIx(u32::from(user));
    let witness = |question, users: Vec<UserIx>, took_ms: u64, answer| {
        let Input::Observed(asked) = observed(0, took_ms, answer) else { unreachable!() };
        Input::Observed(Observation { question, users: users.into(), ..asked })
    };
    Some(match deed {
        Deed::Answered { batch, took_ms, users } => {
            observed(*batch, *took_ms, Ok(Answer::Changed(changed(list, *batch, users))))
        }
        Deed::Registered { took_ms, users } => {
            let said: BTreeMap<UserIx, Box<[Platform]>> = users
                .iter()
                .map(|(user, platforms)| {
                    let named: BTreeSet<Platform> =
                        platforms.iter().map(|it| Platform(i32::from(*it))).collect();
                    (place(*user), named.into_iter().collect())
                })
                .filter(|(user, _)| user.at() < list.len())
                .collect();
            let about = said.keys().copied().collect();
            witness(Question::UsersStatus, about, *took_ms, Ok(Answer::Registry(said.into_iter().collect())))
        }
        Deed::Listed { users } => {
            let listed: BTreeMap<UserIx, Box<[(Platform, u32)]>> = users
                .iter()
                .map(|(user, on, count)| {
                    (place(*user), Box::from([(Platform(i32::from(*on)), u32::from(*count))]))
                })
                .filter(|(user, _): &(UserIx, _)| user.at() < list.len())
                .collect();
            let about = list.users().collect();
            witness(Question::TokenDetail, about, 5, Ok(Answer::Tokens(listed.into_iter().collect())))
        }
        Deed::Signs(signs) => {
            let all = [LifeSign::Alive, LifeSign::Hung, LifeSign::Refused, LifeSign::Unclear];
            let signs = signs
                .iter()
                .zip(0..)
                .map(|(sign, at)| GatewaySign::new(format!("10.0.0.{at}:9090"), all[usize::from(*sign)]));
            witness(Question::Gateways, Vec::new(), 5, Ok(Answer::Gateways(signs.collect())))
        }
        Deed::Unverified(users) => {
            let unverified: BTreeSet<UserIx> =
                users.iter().map(|user| place(*user)).filter(|user| user.at() < list.len()).collect();
            let answer = Answer::Unregistered(unverified.into_iter().collect());
            witness(Question::AccountCheck, list.users().collect(), 5, Ok(answer))
        }
        Deed::Missed { question, users, refused } => {
            let question =
                [Question::UsersStatus, Question::TokenDetail, Question::Gateways, Question::AccountCheck]
                    [usize::from(*question)];
            let about: BTreeSet<UserIx> =
                users.iter().map(|user| place(*user)).filter(|user| user.at() < list.len()).collect();
            let error =
                if *refused { FetchError::Http { status: 404 } } else { FetchError::Timeout { after_ms: 5 } };
            witness(question, about.into_iter().collect(), 5, Err(error))
        }
        Deed::Failed { batch } => observed(*batch, 5, Err(FetchError::Timeout { after_ms: 5 })),
        Deed::Rebased { users } => {
            *list = self::list(list.generation() + 1, *users);
            Input::Rebased(Arc::clone(list))
        }
        Deed::Interval { ms } => Input::Interval(*ms),
        Deed::Notice => Input::Notice(format!("notice {number}")),
        Deed::Nothing => return None,
    })
}

/// Says where two states differ in what can be seen of them.
pub(crate) fn compare(one: &State, other: &State) -> Result<(), TestCaseError> {
    prop_assert_eq!(one.now(), other.now());
    prop_assert!(one.timeline().groups().eq(other.timeline().groups()));
    prop_assert!(one.timeline().singles(0).eq(other.timeline().singles(0)));
    let (now, one, other) = (one.now(), one.knowledge(), other.knowledge());
    prop_assert_eq!(format!("{:#?}", one.roster.batches()), format!("{:#?}", other.roster.batches()));
    prop_assert_eq!(format!("{:?}", one.trend), format!("{:?}", other.trend));
    for user in one.roster.list().users() {
        prop_assert_eq!(one.roster.presence(user), other.roster.presence(user));
        prop_assert_eq!(one.roster.doubt(user), other.roster.doubt(user));
        prop_assert_eq!(one.roster.since(user), other.roster.since(user));
        prop_assert_eq!(one.roster.connections(user), other.roster.connections(user));
        prop_assert_eq!(one.history.of(user), other.history.of(user));
        prop_assert_eq!(one.findings.of(user), other.findings.of(user));
    }
    prop_assert_eq!(one.roster.losses(), other.roster.losses());
    prop_assert_eq!(one.roster.witnesses(), other.roster.witnesses());
    prop_assert_eq!(one.findings.of_server(), other.findings.of_server());
    prop_assert_eq!(one.roster.totals(now), other.roster.totals(now));
    Ok(())
}
