//! Observations, lists and rosters of all kinds, for properties; and small recordings made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use imtop::presence::{
    Answer, Answered, Basis, BodyLength, Claims, ConnId, Connection, Counted, Entry, FetchError, Fingerprint,
    Freshness, Gateway, GatewaySign, Gauges, Hints, Input, LifeSign, Logins, Loss, LossCause, Moment,
    Observation, Oddities, OperationId, Platform, Presence, Question, RateLimit, Recheck, Registry, Roster,
    RosterState, RuleSettings, SessionToken, SilenceChanges, Since, Sockets, Thresholds, UnknownReason,
    Unreadable, Unseen, Update, UserIx, UserStatus, Verdict, WatchList, WireShape, Witness, Witnesses, Word,
};
use imtop::recording::{Head, Item, Limits, Place, Recorded, Recorder, Recording};
use proptest::prelude::*;

use crate::kit::{self, observed};

pub(crate) fn at(ms: u64) -> Moment {
    Moment { mono_ms: ms, unix_ms: 1_795_413_000_000 + ms as i64 }
}

pub(crate) fn head() -> Head {
    Head {
        program: "0.1.0".into(),
        api: "http://127.0.0.1:10002".into(),
        context: Some("night".into()),
        rules: RuleSettings::default(),
        interval_ms: 2_000,
        ..Head::default()
    }
}

pub(crate) fn list(generation: u32, users: usize) -> Arc<WatchList> {
    Arc::new(WatchList::new(generation, 3, (0..users).map(|n| Entry::of(&format!("user_{n:05}")))))
}

/// Knows nothing of 7 users; the other witnesses are asked, too, if they are to be.
pub(crate) fn begin(asked: bool) -> Roster {
    let roster = Roster::new(list(1, 7), Freshness::for_interval(2_000), at(0));
    roster.with_witnesses(Witnesses::to_be_asked(asked, asked), Thresholds::default())
}

pub(crate) fn roster(users: usize) -> Roster {
    Roster::new(list(1, users), Freshness::for_interval(2_000), at(0))
}

/// A connection whose every part is told by `n`.
pub(crate) fn connection(n: u64) -> Connection {
    let claims = Claims {
        user: Some(format!("user_{n:05}").into()),
        platform: Some(Platform(2)),
        issued: Some(1_795_000_000 + n as i64),
        expires: Some(1_803_000_000),
        not_before: None,
        known_secret: n.is_multiple_of(7),
    };
    Connection {
        background: n.is_multiple_of(3),
        token: Some(kit::token(u128::from(n) << 64 | 0xabc, claims)),
        ..kit::connection(2, &format!("{n:032x}"))
    }
}

pub(crate) fn observation(ms: u64, batch: u32, answer: Result<Answer, FetchError>) -> Observation {
    Observation {
        batch,
        sent: at(ms.saturating_sub(30)),
        operation_id: OperationId(format!("imtop-{ms}").into()),
        server_date: Some(1_795_413_000 + (ms / 1_000) as i64),
        wire_bytes: 1_400,
        hints: Some(Arc::new(Hints { shape: Some(WireShape::Numbers), ..Hints::default() })),
        ..observed(at(ms), answer)
    }
}

/// The n-th input of a quiet night: users of batch 0 come and go.
pub(crate) fn input(n: u64) -> (Moment, Input) {
    let ms = 1_000 + n * 2_000;
    let status =
        if n.is_multiple_of(2) { UserStatus::Online(vec![connection(n)]) } else { UserStatus::Offline };
    let answer = Ok(Answer::Changed(vec![(UserIx((n % 3) as u32), status)]));
    (at(ms), Input::Observed(observation(ms, 0, answer)))
}

/// Records the first `inputs` of the night as the program would: keyframes where they are wanted.
pub(crate) fn record(path: &Path, limits: Limits, inputs: u64) {
    let mut roster = roster(5);
    let mut recorder =
        Recorder::start(path, limits, at(0), head(), &roster, |stopped| panic!("{stopped}")).unwrap();
    for n in 0..inputs {
        let (at, input) = input(n);
        if recorder.wants_keyframe(at) {
            recorder.keyframe(at, &roster, 2_000);
        }
        recorder.write(at, &input);
        let Input::Observed(observation) = &input else { unreachable!() };
        roster.apply(observation);
    }
}

/// Everything that can be read of a file.
pub(crate) fn read(path: &Path) -> Vec<Item> {
    Recording::open(path).unwrap().map(Result::unwrap).collect()
}

/// The place of every keyframe.
pub(crate) fn keyframes(path: &Path) -> Vec<Place> {
    let items = read(path).into_iter().filter(|item| matches!(item.what, Recorded::Keyframe(_)));
    items.map(|item| item.place).collect()
}

/// The inputs among items, as they are compared.
pub(crate) fn inputs(items: &[Item]) -> Vec<(Moment, String)> {
    let inputs = items.iter().filter_map(|item| match &item.what {
        Recorded::Input(input) => Some((item.at, said(input))),
        _ => None,
    });
    inputs.collect()
}

pub(crate) fn night(inputs: u64) -> Vec<(Moment, String)> {
    (0..inputs).map(input).map(|(at, input)| (at, said(&input))).collect()
}

/// Everything that an input says. `Debug` shows a part of a fingerprint only, and no list.
pub(crate) fn said(input: &Input) -> String {
    match input {
        Input::Observed(observation) => {
            let mut text = format!("{observation:?}");
            if let Ok(Answer::Changed(changed)) = &observation.answer {
                for (_, status) in changed {
                    let UserStatus::Online(connections) = status else { continue };
                    for token in connections.iter().filter_map(|connection| connection.token.as_ref()) {
                        let Fingerprint(bits) = token.fingerprint;
                        write!(text, " {bits:032x}").unwrap();
                    }
                }
            }
            text
        }
        Input::Rebased(list) => format!("rebased {}", said_list(list)),
        Input::Relabelled(list) => format!("relabelled {}", said_list(list)),
        Input::Interval(ms) => format!("interval {ms}"),
        Input::Notice(text) => format!("notice {text}"),
    }
}

pub(crate) fn said_list(list: &WatchList) -> String {
    let entries: Vec<Entry> = list.entries().collect();
    format!("{} {} {entries:?}", list.generation(), list.batch_size())
}

const ADVICE: [&str; 3] = ["look at its log", "ask seldom, \"really\"", "give the token alone"];

fn text() -> impl Strategy<Value = Box<str>> {
    prop_oneof![
        "[a-zA-Z0-9 _./:-]{0,20}".prop_map(|text| imtop::presence::visible(&text).into_owned().into()),
        any::<String>().prop_map(|text| imtop::presence::visible(&text).into_owned().into()),
    ]
}

pub(crate) fn moment() -> impl Strategy<Value = Moment> {
    (0_u64..1 << 40, -1_i64 << 45..1 << 45).prop_map(|(mono_ms, unix_ms)| Moment { mono_ms, unix_ms })
}

pub(crate) fn error() -> impl Strategy<Value = FetchError> {
    let advice = || prop::sample::select(ADVICE.as_slice());
    prop_oneof![
        text().prop_map(|what| FetchError::Unreachable { what }),
        text().prop_map(|what| FetchError::ProxyUnreachable { what }),
        (0_u64..1 << 40).prop_map(|after_ms| FetchError::Timeout { after_ms }),
        (text(), advice()).prop_map(|(what, advice)| FetchError::Tls { what, advice }),
        (any::<u16>(), text()).prop_map(|(status, target)| FetchError::Redirect { status, target }),
        any::<u16>().prop_map(|status| FetchError::Http { status }),
        (any::<u16>(), 0_u64..1 << 40)
            .prop_map(|(status, retry_after_ms)| FetchError::Unavailable { status, retry_after_ms }),
        prop::option::of(0_u64..1 << 40)
            .prop_map(|retry_after_ms| FetchError::RateLimited { retry_after_ms }),
        any::<u64>().prop_map(|limit_bytes| FetchError::TooLarge { limit_bytes }),
        text().prop_map(|what| FetchError::Decode { what }),
        (any::<i32>(), text(), advice()).prop_map(|(code, what, advice)| FetchError::Auth {
            code,
            what,
            advice
        }),
        (any::<i32>(), text(), advice()).prop_map(|(code, what, advice)| FetchError::Denied {
            code,
            what,
            advice
        }),
        (any::<i32>(), text(), advice()).prop_map(|(code, what, advice)| FetchError::Api {
            code,
            what,
            advice
        }),
        (text(), advice()).prop_map(|(what, advice)| FetchError::Credentials { what, advice }),
    ]
}

fn token() -> impl Strategy<Value = SessionToken> {
    let claims = (
        prop::option::of(text()),
        prop::option::of(any::<i32>().prop_map(Platform)),
        any::<[Option<i64>; 3]>(),
        any::<bool>(),
    );
    let claims = claims.prop_map(|(user, platform, [issued, expires, not_before], known_secret)| Claims {
        user,
        platform,
        issued,
        expires,
        not_before,
        known_secret,
    });
    let unreadable = prop::sample::select(vec![
        Unreadable::NotAJwt,
        Unreadable::NotBase64,
        Unreadable::NotClaims,
        Unreadable::TooLong,
    ]);
    let claims = prop_oneof![4 => claims.prop_map(Ok), 1 => unreadable.prop_map(Err)];
    (any::<u128>(), claims).prop_map(|(bits, claims)| SessionToken::new(Fingerprint(bits), claims))
}

fn any_connection() -> impl Strategy<Value = Connection> {
    let id = prop_oneof![4 => "[0-9a-f]{32}", 1 => any::<String>(), 1 => "[\\x00-\\x1f]{100,200}"];
    (any::<i32>(), id, any::<bool>(), prop::option::of(token())).prop_map(
        |(platform, id, background, token)| Connection {
            platform: Platform(platform),
            id: ConnId::new(&id),
            background,
            token,
        },
    )
}

/// A few connections that come again and again, so that they stay, go and come back.
fn known_connection() -> impl Strategy<Value = Connection> {
    (0_u64..6, any::<bool>()).prop_map(|(n, background)| Connection { background, ..connection(n) })
}

fn status(connection: impl Strategy<Value = Connection> + 'static) -> impl Strategy<Value = UserStatus> {
    prop_oneof![
        3 => prop::collection::vec(connection, 0..4).prop_map(|mut all| {
            all.sort_by_key(|connection| connection.id.clone());
            all.dedup_by_key(|connection| connection.id.clone());
            UserStatus::Online(all)
        }),
        2 => Just(UserStatus::Offline),
        1 => Just(UserStatus::Missing),
        1 => Just(UserStatus::Unclear),
    ]
}

fn hints() -> impl Strategy<Value = Hints> {
    let limit = (prop::option::of(text()), any::<[Option<i64>; 7]>()).prop_map(|(policy, numbers)| {
        let [limit, remaining, cpu, min_rt_ms, max_pass, max_in_flight, in_flight] = numbers;
        Box::new(RateLimit { policy, limit, remaining, cpu, min_rt_ms, max_pass, max_in_flight, in_flight })
    });
    let body = (any::<bool>(), any::<u64>(), any::<Option<u64>>())
        .prop_map(|(gzip, wire, unpacked)| BodyLength { gzip, wire, unpacked });
    let shape = prop::sample::select(vec![None, Some(WireShape::Numbers), Some(WireShape::Words)]);
    let logins = any::<(u16, u16)>().prop_map(|(made, displaced)| Logins { made, displaced });
    (shape, prop::option::of(body), prop::option::of(text()), any::<bool>(), prop::option::of(limit), logins)
        .prop_map(|(shape, body, server, http_id, rate_limit, logins)| Hints {
            shape,
            body,
            server,
            http_id,
            rate_limit,
            logins,
        })
}

/// Any observation at all.
pub(crate) fn any_observation() -> impl Strategy<Value = Observation> {
    let changed = prop::collection::vec((any::<u32>().prop_map(UserIx), status(any_connection())), 0..5);
    let answer = prop_oneof![
        1 => Just(Ok(Answer::Same)),
        3 => changed.prop_map(|changed| Ok(Answer::Changed(changed))),
        2 => error().prop_map(Err),
    ];
    let hints = prop::option::of(prop_oneof![
        2 => Just(Hints { http_id: true, ..Hints::default() }),
        1 => hints(),
    ]);
    let oddities = any::<(u32, u32, u32)>().prop_map(|(foreign, repeated, unreadable)| Oddities {
        foreign,
        repeated,
        unreadable,
    });
    let asked = prop_oneof![
        2 => answer.prop_map(|answer| (Question::OnlineStatus, Vec::new(), answer)),
        1 => any_testimony(),
    ];
    let about = (any::<u32>(), 0_u32..3, moment(), moment(), text());
    let rest = (any::<Option<i64>>(), any::<u64>(), oddities, hints, any::<u32>(), 0_u64..1 << 40);
    (about, rest, asked).prop_map(
        |(
            (generation, batch, sent, received, operation),
            (server_date, wire_bytes, oddities, hints, attempt, next_ms),
            (question, users, answer),
        )| Observation {
            question,
            users: users.into(),
            generation,
            batch: if question == Question::OnlineStatus { batch } else { 0 },
            sent,
            received,
            operation_id: OperationId(operation),
            server_date,
            wire_bytes,
            oddities,
            hints: hints.map(Arc::new),
            attempt,
            next_ms,
            answer,
        },
    )
}

/// A question to another witness than the sockets, about whom, and what came of it.
fn gateway_sign() -> impl Strategy<Value = GatewaySign> {
    (text(), sign(), prop::option::of(any::<u32>()))
        .prop_map(|(address, sign, users)| GatewaySign { users, ..GatewaySign::new(address, sign) })
}

fn any_testimony() -> impl Strategy<Value = (Question, Vec<UserIx>, Result<Answer, FetchError>)> {
    let asked = prop::collection::btree_set(any::<u32>(), 0..6);
    let said = prop::collection::vec(any::<bool>(), 6);
    let platforms = prop::collection::vec(platforms(), 6);
    let signs = prop::collection::vec(gateway_sign(), 0..4);
    (0..4, asked, said, platforms, signs, prop::option::weighted(0.2, error())).prop_map(
        |(question, asked, said, platforms, signs, error)| {
            let users: Vec<UserIx> = asked.into_iter().map(UserIx).collect();
            let said = users.iter().zip(said).zip(platforms).filter(|((_, said), _)| *said);
            let said = said.map(|((user, _), platforms)| (*user, platforms));
            let alone =
                |listed: Box<[(Platform, u32)]>| listed.iter().map(|(platform, _)| *platform).collect();
            let (question, answer) = match question {
                0 => (
                    Question::UsersStatus,
                    Answer::Registry(said.map(|(user, listed)| (user, alone(listed))).collect()),
                ),
                // In whatever order.
                1 => (Question::TokenDetail, Answer::Tokens(said.rev().collect())),
                2 => (Question::AccountCheck, Answer::Unregistered(said.map(|(user, _)| user).collect())),
                _ => return (Question::Gateways, Vec::new(), error.map_or(Ok(Answer::Gateways(signs)), Err)),
            };
            (question, users, error.map_or(Ok(answer), Err))
        },
    )
}

/// How many connections on which platforms.
fn platforms() -> impl Strategy<Value = Box<[(Platform, u32)]>> {
    let platform = prop_oneof![3 => 1..4, 1 => any::<i32>()].prop_map(Platform);
    prop::collection::btree_map(platform, any::<u32>(), 0..4).prop_map(|listed| listed.into_iter().collect())
}

fn sign() -> impl Strategy<Value = LifeSign> {
    prop::sample::select(vec![LifeSign::Alive, LifeSign::Hung, LifeSign::Refused, LifeSign::Unclear])
}

pub(crate) fn any_list() -> impl Strategy<Value = Arc<WatchList>> {
    let id = prop_oneof!["[a-z0-9_]{1,8}", "[^\\x00-\\x1f\\x7f-\\x9f]{1,12}"];
    let entry = (id, prop::option::of(text()), prop::option::of("[a-c]"));
    (any::<u32>(), 1_u32..1_000, prop::collection::vec(entry, 0..12)).prop_map(
        |(generation, batch, entries)| {
            let entries = entries.into_iter().map(|(id, label, group)| Entry {
                id,
                label: label.map(Into::into),
                group,
            });
            Arc::new(WatchList::new(generation, batch, entries).naming_everybody(generation % 2 == 0))
        },
    )
}

pub(crate) fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        6 => any_observation().prop_map(Input::Observed),
        1 => any_list().prop_map(Input::Rebased),
        1 => any_list().prop_map(Input::Relabelled),
        1 => (0_u64..1 << 40).prop_map(Input::Interval),
        1 => text().prop_map(|text| Input::Notice(text.into())),
    ]
}

/// Something that happens to a roster of 7 users in batches of 3.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Answer(u32, Vec<(u32, UserStatus)>),
    Same(u32),
    Fail(u32, FetchError),
    /// What another witness than the sockets said, asked so many milliseconds ago, of some of the users.
    Testimony(u64, Question, Vec<u32>, Result<Answer, FetchError>),
    Pass(u64),
    /// The users from here on are watched now, and the first of them last.
    Rebase(usize),
    Interval(u64),
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let said = prop::collection::vec((0_u32..9, status(known_connection())), 0..5);
    prop_oneof![
        6 => (0_u32..4, said).prop_map(|(batch, said)| Step::Answer(batch, said)),
        3 => (0_u32..3).prop_map(Step::Same),
        2 => (0_u32..3, error()).prop_map(|(batch, error)| Step::Fail(batch, error)),
        4 => testimony(),
        2 => (0_u64..9_000).prop_map(Step::Pass),
        1 => (0_usize..7).prop_map(Step::Rebase),
        1 => prop::sample::select(vec![1_000, 2_000, 60_000]).prop_map(Step::Interval),
    ]
}

/// An answer of another witness than the sockets about some of 9 users, or that there is none.
fn testimony() -> impl Strategy<Value = Step> {
    let platforms = || prop::collection::btree_set((1..4).prop_map(Platform), 0..3);
    let said = prop::collection::btree_map(0_u32..9, platforms(), 0..8);
    let signs = prop::collection::vec(sign(), 2);
    let error = prop_oneof![
        4 => Just(FetchError::Timeout { after_ms: 5 }),
        1 => Just(FetchError::Http { status: 404 }),
    ];
    let error = prop::option::weighted(0.15, error);
    (0_u64..900, 0..8, said, signs, error).prop_map(|(ago, question, said, signs, error)| {
        let users: Vec<u32> = said.keys().copied().collect();
        let all = said.into_iter().map(|(user, platforms)| (UserIx(user), platforms));
        let (question, answer) = match question {
            0 => {
                let listed = |on: BTreeSet<Platform>| on.into_iter().map(|platform| (platform, 1)).collect();
                let all = all.map(|(user, on)| (user, listed(on)));
                (Question::TokenDetail, Answer::Tokens(all.collect()))
            }
            1 => {
                let signs = signs.into_iter().zip(7..);
                let signs = signs.map(|(sign, n)| GatewaySign::new(format!("10.0.0.{n}:9090"), sign));
                (Question::Gateways, Answer::Gateways(signs.collect()))
            }
            2 => {
                let unverified = all.filter(|(_, on)| on.is_empty()).map(|(user, _)| user);
                (Question::AccountCheck, Answer::Unregistered(unverified.collect()))
            }
            _ => {
                let all = all.map(|(user, on)| (user, on.into_iter().collect()));
                (Question::UsersStatus, Answer::Registry(all.collect()))
            }
        };
        Step::Testimony(ago, question, users, error.map_or(Ok(answer), Err))
    })
}

/// An update, but for whom the registry is to be asked about in the sockets' place: nobody asks when that is read.
fn changed(mut update: Update) -> String {
    update.doubts.silence = SilenceChanges::default();
    format!("{update:?}")
}

/// Does a step at `ms`, and gives everything that it changed.
pub(crate) fn take(roster: &mut Roster, step: &Step, ms: u64) -> String {
    let observe = |roster: &mut Roster, batch, answer| {
        let generation = roster.list().generation();
        changed(roster.apply(&Observation { generation, ..observation(ms, batch, answer) }))
    };
    match step {
        Step::Answer(batch, said) => {
            let said = said.iter().map(|(user, status)| (UserIx(*user), status.clone())).collect();
            observe(roster, *batch, Ok(Answer::Changed(said)))
        }
        Step::Same(batch) => observe(roster, *batch, Ok(Answer::Same)),
        Step::Fail(batch, error) => observe(roster, *batch, Err(error.clone())),
        Step::Testimony(ago, question, users, answer) => changed(roster.apply(&Observation {
            question: *question,
            users: users.iter().copied().map(UserIx).collect(),
            generation: roster.list().generation(),
            sent: at(ms.saturating_sub(*ago)),
            ..observation(ms, 0, answer.clone())
        })),
        Step::Pass(_) => changed(roster.advance(at(ms))),
        Step::Rebase(from) => {
            let generation = roster.list().generation().wrapping_add(1);
            let order = (*from..7).chain(std::iter::once(*from)).chain(0..*from / 2);
            let entries = order.map(|n| Entry::of(&format!("user_{n:05}")));
            format!("{:?}", roster.rebase(&Arc::new(WatchList::new(generation, 3, entries)), at(ms)))
        }
        Step::Interval(ms_between) => {
            roster.set_freshness(Freshness::for_interval(*ms_between), at(ms));
            String::new()
        }
    }
}

/// When a connection was dropped, by which transition, and by which one its user went offline, since when
/// it had been so before.
type Departure = (Moment, u64, Option<(u64, Since)>);

/// What is not certain about a roster of 7 users, whatever the rest of it says.
#[derive(Clone, Debug)]
pub(crate) struct Beside {
    doubts: BTreeMap<u32, Recheck>,
    unregistered: BTreeSet<u32>,
    losses: Vec<Loss>,
    losses_over: u32,
    witnesses: Witnesses,
    thresholds: Thresholds,
    /// For one connection after the other, as far as there are so many.
    unseen: Vec<Option<Unseen>>,
    departures: Vec<Departure>,
}

impl Beside {
    /// The state with it.
    pub(crate) fn put(&self, mut state: RosterState) -> RosterState {
        let mut words: Vec<Word> = state.words.iter().collect();
        let users = words.len() as u32;
        let doubts = self.doubts.iter().filter(|(user, _)| **user < users);
        let doubts: BTreeMap<u32, &Recheck> = doubts.map(|(user, doubt)| (*user, doubt)).collect();
        let is_lacking = |doubt: &&Recheck| doubt.verdict.presence == Presence::Unregistered;
        let lacking = doubts.iter().filter(|(_, doubt)| is_lacking(doubt)).map(|(user, _)| *user);
        let unregistered = self.unregistered.iter().copied().filter(|user| *user < users);
        let unregistered: BTreeSet<u32> = unregistered.chain(lacking).collect();
        for (user, word) in (0..).zip(&mut words) {
            *word = match (doubts.get(&user), *word) {
                (Some(doubt), _) => Word::of(doubt.verdict.presence),
                (None, Word::Doubtful | Word::Unregistered) => Word::Offline,
                (None, word) => word,
            };
            if *word == Word::Offline && unregistered.contains(&user) {
                *word = Word::Unregistered;
            }
        }
        state.words = words.into_iter().collect();
        state.doubts = doubts.iter().map(|(user, doubt)| (UserIx(*user), (*doubt).clone())).collect();
        state.unregistered = unregistered.into_iter().map(UserIx).collect();
        state.losses.clone_from(&self.losses);
        state.losses_so_far = self.losses_over + self.losses.len() as u32;
        state.witnesses = self.witnesses.clone();
        state.thresholds = self.thresholds;
        let mut unseen = self.unseen.iter();
        state.unseen.clear();
        for (user, open) in &mut state.open {
            let mut tracked = open.to_vec();
            for (place, it) in (0..).zip(&mut tracked) {
                it.unseen =
                    unseen.next().copied().flatten().filter(|_| doubts.contains_key(&user.0)).map(Arc::new);
                state.unseen.extend(it.unseen.as_ref().map(|it| (*user, place, it.last, it.dropped)));
            }
            *open = tracked.into();
        }
        let mut known: BTreeMap<UserIx, Vec<Departure>> =
            std::mem::take(&mut state.departures).into_iter().collect();
        let mut departures = self.departures.iter();
        for (user, gone) in &state.gone {
            let of_user = known.entry(*user).or_insert_with(|| vec![Departure::default(); gone.len()]);
            for (at, departure) in of_user.iter_mut().zip(&mut departures) {
                *at = *departure;
            }
        }
        known.retain(|_, all| all.iter().any(|one| *one != Departure::default()));
        state.departures = known.into_iter().collect();
        state
    }
}

fn mono() -> impl Strategy<Value = u64> {
    0_u64..1 << 40
}

fn since() -> impl Strategy<Value = Since> {
    (prop::option::of(mono()), mono()).prop_map(|(after_ms, before_ms)| Since { after_ms, before_ms })
}

fn answered() -> impl Strategy<Value = Answered> {
    (moment(), moment()).prop_map(|(sent, received)| Answered { sent, received })
}

fn presence() -> impl Strategy<Value = Presence> {
    let why = prop::sample::select(vec![
        UnknownReason::NotAnswered,
        UnknownReason::Slow,
        UnknownReason::Missing,
        UnknownReason::Unclear,
        UnknownReason::Checking,
        UnknownReason::RegistrySilent,
        UnknownReason::Leaving,
        UnknownReason::RegistryOnline,
        UnknownReason::GatewayLost,
        UnknownReason::GatewayHangs,
        UnknownReason::GatewayLostMaybe,
    ]);
    let why = prop_oneof![4 => why, 1 => error().prop_map(|error| UnknownReason::Failed(error.trouble()))];
    prop_oneof![
        Just(Presence::Online),
        Just(Presence::Background),
        Just(Presence::Offline),
        Just(Presence::Unregistered),
        why.prop_map(Presence::Unknown),
    ]
}

fn doubt() -> impl Strategy<Value = Recheck> {
    let registry = prop::sample::select(vec![
        Registry::Unasked,
        Registry::Unheard,
        Registry::Silent,
        Registry::Offline,
        Registry::Lacked,
        Registry::Ahead,
        Registry::Online,
        Registry::Hides,
    ]);
    let basis =
        prop::sample::select(vec![Basis::Agreed, Basis::SocketsAlone, Basis::GatewayDied, Basis::Registry]);
    let verdict = (presence(), basis, any::<bool>()).prop_map(|(presence, basis, stale)| Verdict {
        presence,
        basis,
        stale,
    });
    let when = (prop::option::of(answered()), answered(), prop::option::of(moment()));
    let sockets =
        prop::sample::select(vec![Sockets::Silent, Sockets::None, Sockets::Foreground, Sockets::Background]);
    let said = (sockets, presence(), registry, platforms(), prop::option::of(platforms()), verdict);
    (when, said).prop_map(
        |((last, dropped, asked), (sockets, before, registry, platforms, listed, verdict))| Recheck {
            last,
            dropped,
            sockets,
            before,
            registry,
            asked,
            platforms: platforms.iter().map(|(platform, _)| *platform).collect(),
            listed,
            loss: None,
            verdict,
        },
    )
}

fn loss() -> impl Strategy<Value = Loss> {
    let when = (moment(), prop::option::of(moment()), prop::option::of(moment()), mono(), any::<bool>());
    let cause =
        prop::sample::select(vec![LossCause::None, LossCause::Unknown, LossCause::Hangs, LossCause::Died]);
    let count = || 0_u32..1 << 20;
    let platforms = prop::collection::btree_map((1..13).prop_map(Platform), count(), 0..4);
    let what = (count(), count(), count(), count(), platforms, cause, prop::option::of(text()));
    (when, what).prop_map(
        |(
            (begun, after, certain, took_ms, suspected),
            (of, dropped, missing, returned, platforms, cause, gateway),
        )| {
            let number = 0;
            Loss {
                number,
                begun,
                after,
                of,
                dropped,
                missing,
                returned,
                same: 0,
                platforms,
                took_ms,
                suspected,
                certain,
                cause,
                gateway,
            }
        },
    )
}

fn witnesses() -> impl Strategy<Value = Witnesses> {
    let witness = || {
        prop_oneof![
            Just(Witness::Unasked),
            Just(Witness::Unheard),
            Just(Witness::Answers),
            error().prop_map(|error| Witness::Fails(error.trouble())),
            error().prop_map(|error| Witness::Refuses(error.trouble())),
        ]
    };
    let gateway = (sign(), moment(), prop::option::of(moment()), prop::option::of(any::<u32>()))
        .prop_map(|(sign, since, alive, users)| Gateway { users, sign, since, alive });
    let signs = prop::collection::btree_map(text(), gateway, 0..4);
    let counted = || (0_u32..1 << 20, 0_u32..1 << 20);
    let counted = || counted().prop_map(|(by_gateways, shown)| Counted { by_gateways, shown });
    let gauges = (counted(), counted(), prop::option::of((moment(), counted())))
        .prop_map(|(first, now, off)| Gauges { first, now, off });
    (witness(), witness(), witness(), witness(), signs, prop::option::of(gauges)).prop_map(
        |(registry, tokens, gateways, accounts, signs, gauges)| Witnesses {
            registry,
            tokens,
            gateways,
            accounts,
            signs,
            gauges,
        },
    )
}

/// Everything that is not certain about somebody, or nobody.
pub(crate) fn beside() -> impl Strategy<Value = Beside> {
    let thresholds = (mono(), mono(), mono(), mono(), 0_u32..1 << 20, 0_u32..101).prop_map(
        |(leaving_ms, checking_ms, unseen_ms, ghost_ms, loss_users, loss_percent)| Thresholds {
            leaving_ms,
            checking_ms,
            unseen_ms,
            ghost_ms,
            loss_users,
            loss_percent,
        },
    );
    let unseen =
        (prop::option::of(answered()), answered()).prop_map(|(last, dropped)| Unseen { last, dropped });
    let departure = (moment(), mono(), prop::option::of((mono(), since())));
    let users = (
        prop::collection::btree_map(0_u32..7, (doubt(), any::<bool>()), 0..5),
        prop::collection::btree_set(0_u32..7, 0..4),
        prop::collection::vec(prop::option::of(unseen), 0..8),
        prop::collection::vec(departure, 0..8),
    );
    let server = (prop::collection::vec(loss(), 0..3), 0_u32..9, witnesses(), thresholds);
    (users, server).prop_map(
        |((doubts, unregistered, unseen, departures), (mut losses, losses_over, witnesses, thresholds))| {
            for (number, loss) in (losses_over + 1..).zip(&mut losses) {
                loss.number = number;
            }
            losses.sort_by_key(|loss| !loss.suspected); // as they are kept
            let first = losses.first().map(|loss| loss.number);
            let doubts = doubts.into_iter();
            let doubts =
                doubts.map(|(user, (doubt, lost))| (user, Recheck { loss: first.filter(|_| lost), ..doubt }));
            Beside {
                doubts: doubts.collect(),
                unregistered,
                losses,
                losses_over,
                witnesses,
                thresholds,
                unseen,
                departures,
            }
        },
    )
}
