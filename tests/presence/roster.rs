//! What the roster says after observations and time: intervals, unknown that is not offline, identity.

use std::collections::BTreeMap;
use std::sync::Arc;

use imtop::presence::history::{Happened, History};
use imtop::presence::{
    Answer, Change, Claims, Connection, Entry, ErrorKind, FeedStatus, FetchError, Fingerprint, Freshness,
    Observation, OperationId, Presence, Roster, SessionToken, Since, Socket, Totals, Transition,
    UnknownReason, Unreadable, Update, UserIx, UserStatus, WatchList,
};
use proptest::prelude::*;

use crate::kit::{self, at, observed};

/// A roster of users a, b, c, ... in batches of two, polled every 2 s, with its own script of time.
struct Script {
    roster: Roster,
    history: History,
    now_ms: u64,
}

fn watch(generation: u32, ids: &[&str]) -> Arc<WatchList> {
    Arc::new(WatchList::new(generation, 2, ids.iter().map(|id| Entry::of(id))))
}

impl Script {
    fn new(ids: &[&str]) -> Script {
        let roster = Roster::new(watch(1, ids), Freshness::for_interval(2_000), at(0));
        Script { roster, history: History::default(), now_ms: 0 }
    }

    fn observe(&mut self, ms: u64, batch: u32, answer: Result<Answer, FetchError>) -> Update {
        self.now_ms = ms;
        let changes = self.roster.apply(&Observation {
            generation: self.roster.list().generation(),
            batch,
            sent: at(ms - 30),
            operation_id: OperationId(format!("op-{ms}").into()),
            wire_bytes: 100,
            ..observed(at(ms), answer)
        });
        self.history.record(&changes.transitions, self.roster.list());
        self.check_totals();
        changes
    }

    fn answer(&mut self, ms: u64, batch: u32, said: &[(u32, UserStatus)]) -> Update {
        let said = said.iter().map(|(user, status)| (UserIx(*user), status.clone())).collect();
        self.observe(ms, batch, Ok(Answer::Changed(said)))
    }

    fn pass(&mut self, ms: u64) -> Update {
        self.now_ms = ms;
        let changes = self.roster.advance(at(ms));
        self.history.record(&changes.transitions, self.roster.list());
        self.history.advance(at(ms));
        self.check_totals();
        changes
    }

    fn rebase(&mut self, list: &Arc<WatchList>, ms: u64) {
        self.now_ms = ms;
        let old = Arc::clone(self.roster.list());
        self.roster.rebase(&Arc::clone(list), at(ms));
        self.history.rebase(|user| list.find(old.raw_id(user)));
        self.check_totals();
    }

    fn presence(&self, user: u32) -> Presence {
        self.roster.presence(UserIx(user))
    }

    fn since(&self, user: u32) -> Option<Since> {
        self.roster.since(UserIx(user))
    }

    fn is_stale(&self, user: u32) -> bool {
        self.roster.is_stale(UserIx(user), at(self.now_ms))
    }

    /// The counts kept by batch agree with a count of everybody.
    fn check_totals(&self) {
        let now = at(self.now_ms);
        let mut counted = Totals { watched: self.roster.list().len() as u32, ..Totals::default() };
        for user in self.roster.list().users() {
            match self.roster.presence(user) {
                Presence::Online => counted.online += 1,
                Presence::Background => counted.background += 1,
                Presence::Offline => counted.offline += 1,
                Presence::Unknown(_) | Presence::Unregistered => counted.unknown += 1,
            }
            counted.stale += u32::from(self.roster.is_stale(user, now));
        }
        assert_eq!(self.roster.totals(now), counted);
        self.check_tallies();
        self.check_history();
    }

    /// What is remembered of a user ends with what is said now.
    fn check_history(&self) {
        for user in self.roster.list().users() {
            let mut presence = None;
            for happening in self.history.of(user).happened() {
                assert!(happening.at_ms <= self.now_ms);
                match happening.what {
                    Happened::FirstSeen(to) => presence = Some(to),
                    Happened::Presence(to) => {
                        assert!(presence.is_none_or(|presence: Presence| !presence.same_word(to)));
                        presence = Some(to);
                    }
                    Happened::Opened(..)
                    | Happened::Closed(..)
                    | Happened::Replaced { .. }
                    | Happened::SeenAgain { .. } => {}
                }
            }
            let now = self.roster.presence(user);
            assert!(presence.is_none_or(|presence| presence.same_word(now)), "{presence:?}, but {now:?}");
        }
        assert!(self.history.next_change().is_none_or(|at| at > self.now_ms));
    }

    /// The counts kept of connections agree with a count of all connections.
    fn check_tallies(&self) {
        let mut platforms = BTreeMap::new();
        let mut expiries = BTreeMap::new();
        let mut open = 0;
        for user in self.roster.list().users() {
            for tracked in self.roster.connections(user) {
                open += 1;
                *platforms.entry(tracked.connection.platform).or_insert(0) += 1;
                let token = tracked.connection.token.as_ref();
                if let Some(expires) = token.and_then(SessionToken::expires) {
                    *expiries.entry(expires.div_euclid(60)).or_insert(0) += 1;
                }
                let issued = token.and_then(SessionToken::claims).and_then(|claims| claims.issued);
                assert!(issued <= self.roster.newest_issued(), "{issued:?}");
            }
        }
        assert_eq!(self.roster.platforms(), &platforms);
        assert_eq!(self.roster.expiries(), &expiries);
        assert_eq!(self.roster.connections_open(), open);
    }
}

fn connection(platform: i32, id: &str, token: u128) -> Connection {
    let token = SessionToken::new(Fingerprint(token), Err(Unreadable::NotAJwt));
    Connection { token: Some(token), ..kit::connection(platform, id) }
}

/// A token whose claims name a time of issue and of expiry; minute 0 stands for one without claims.
fn claiming(minute: i64) -> SessionToken {
    let claims =
        Claims { issued: Some(minute), expires: Some(minute / 2 * 60 + minute), ..Claims::default() };
    let claims = if minute == 0 { Err(Unreadable::NotAJwt) } else { Ok(claims) };
    SessionToken::new(Fingerprint(7), claims)
}

fn on(connections: &[Connection]) -> UserStatus {
    UserStatus::Online(connections.to_vec())
}

fn background(connection: &Connection) -> Connection {
    Connection { background: true, ..connection.clone() }
}

fn socket(connection: &Connection) -> Socket {
    Socket {
        platform: connection.platform,
        id: connection.id.clone(),
        token: connection.token.as_ref().map(|token| token.fingerprint),
    }
}

fn timeout() -> Result<Answer, FetchError> {
    Err(FetchError::Timeout { after_ms: 10_000 })
}

fn what(changes: &Update) -> Vec<&Change> {
    changes.transitions.iter().map(|transition| &transition.what).collect()
}

const PHONE: &str = "00000000000000000000000000000001";
const DESK: &str = "00000000000000000000000000000002";

#[test]
fn nothing_is_known_before_the_first_answer() {
    let mut script = Script::new(&["a", "b", "c"]);
    assert_eq!(script.presence(0), Presence::Unknown(UnknownReason::NotAnswered));
    assert_eq!(script.roster.feed_status(at(0)), FeedStatus::Connecting);
    assert_eq!(script.roster.next_change(at(0)), None);
    assert!(script.pass(60_000).is_empty());
    script.observe(60_000, 0, timeout());
    assert_eq!(script.presence(0), Presence::Unknown(UnknownReason::Failed(ErrorKind::Timeout)));
    assert_eq!(script.since(0), None);
    assert!(!script.is_stale(0), "what was never known is not stale");
}

#[test]
fn a_first_sight_is_no_change_and_its_beginning_is_not_known() {
    let mut script = Script::new(&["a", "b"]);
    let phone = connection(2, PHONE, 1);
    let changes = script.answer(1_000, 0, &[(0, on(std::slice::from_ref(&phone))), (1, UserStatus::Offline)]);
    assert!(changes.transitions.iter().all(Transition::is_first_sight));
    assert_eq!(changes.transitions.len(), 2);
    assert_eq!(script.presence(0), Presence::Online);
    assert_eq!(script.presence(1), Presence::Offline);
    assert_eq!(script.since(0), Some(Since { after_ms: None, before_ms: 1_000 }));
    let tracked = &script.roster.connections(UserIx(0))[0];
    assert_eq!(tracked.since, Since { after_ms: None, before_ms: 1_000 });
}

#[test]
fn a_transition_is_an_interval_between_a_question_and_an_answer() {
    let mut script = Script::new(&["a", "b"]);
    let (phone, desk) = (connection(2, PHONE, 1), connection(3, DESK, 2));
    script.answer(1_000, 0, &[(0, on(std::slice::from_ref(&phone))), (1, UserStatus::Offline)]);
    script.observe(3_000, 0, Ok(Answer::Same));

    let changes = script.answer(5_000, 0, &[(0, on(&[background(&phone), desk.clone()]))]);
    assert_eq!(what(&changes), [&Change::Connected(socket(&desk)), &Change::MovedBackground(socket(&phone))]);
    assert_eq!(changes.transitions[0].after, Some(at(2_970)), "the last answer without it was sent then");
    assert_eq!(changes.transitions[0].before, at(5_000));
    assert_eq!(changes.transitions[0].operation.as_ref().unwrap().0.as_ref(), "op-5000");

    let changes = script.answer(7_000, 0, &[(0, on(&[background(&phone)]))]);
    let went = Change::Presence { from: Presence::Online, to: Presence::Background };
    assert_eq!(what(&changes), [&went], "another gateway may have the other one");
    assert_eq!(
        script.roster.connections(UserIx(0))[1].unseen.as_ref().map(|it| it.dropped.received),
        Some(at(7_000))
    );
    script.observe(9_000, 0, Ok(Answer::Same));
    assert_eq!(what(&script.pass(11_999)), [] as [&Change; 0]);
    let changes = script.pass(12_000);
    assert_eq!(what(&changes), [&Change::Disconnected(socket(&desk))], "nobody else can be asked");
    assert_eq!(changes.transitions[0].after, Some(at(4_970)));

    let changes = script.answer(13_000, 0, &[(0, UserStatus::Offline)]);
    let went = Change::Presence { from: Presence::Background, to: Presence::Offline };
    assert_eq!(what(&changes), [&went, &Change::Disconnected(socket(&phone))]);
    assert_eq!(script.since(0), Some(Since { after_ms: Some(8_970), before_ms: 13_000 }));
    let ids: Vec<u64> = changes.transitions.iter().map(|transition| transition.id).collect();
    assert_eq!(ids, [7, 8]);
}

#[test]
fn a_connection_in_anothers_place_is_a_reconnect_only_with_the_same_token() {
    let mut script = Script::new(&["a"]);
    let old = connection(5, "old", 1);
    let again = connection(5, "again", 1);
    let other = connection(5, "other", 2);
    script.answer(1_000, 0, &[(0, on(std::slice::from_ref(&old)))]);
    let changes = script.answer(3_000, 0, &[(0, on(std::slice::from_ref(&again)))]);
    assert_eq!(
        what(&changes),
        [&Change::Replaced { old: socket(&old), new: socket(&again), same_token: true }]
    );
    let changes = script.answer(5_000, 0, &[(0, on(std::slice::from_ref(&other)))]);
    assert_eq!(
        what(&changes),
        [&Change::Replaced { old: socket(&again), new: socket(&other), same_token: false }]
    );
    assert_eq!(script.since(0), Some(Since { after_ms: None, before_ms: 1_000 }), "online all the time");
}

#[test]
fn a_connection_that_comes_back_had_never_left() {
    let mut script = Script::new(&["a", "b"]);
    let (phone, desk) = (connection(2, PHONE, 1), connection(3, DESK, 2));
    script.answer(1_000, 0, &[(0, on(&[phone.clone(), desk.clone()])), (1, UserStatus::Offline)]);
    script.answer(3_000, 0, &[(0, on(std::slice::from_ref(&desk)))]);
    let changes = script.answer(5_000, 0, &[(0, on(&[phone.clone(), desk.clone()]))]);
    assert_eq!(
        what(&changes),
        [&Change::SeenAgain { socket: socket(&phone), absent_ms: 2_000, whole_user: false }]
    );
    let since = Since { after_ms: None, before_ms: 1_000 };
    assert_eq!(script.roster.connections(UserIx(0))[0].since, since, "from when it was first seen");

    // Also after its user was offline, and on another list.
    let gone = script.answer(7_000, 0, &[(0, UserStatus::Offline)]);
    script.rebase(&watch(2, &["x", "a"]), 8_000);
    let changes = script.answer(9_000, 0, &[(0, UserStatus::Offline), (1, on(std::slice::from_ref(&desk)))]);
    let again = Change::SeenAgain { socket: socket(&desk), absent_ms: 2_000, whole_user: true };
    assert!(what(&changes).contains(&&again));
    let taken_back = changes.transitions.iter().filter_map(|it| match it.what {
        Change::Retracted { of, .. } => Some(of),
        _ => None,
    });
    let ids: Vec<u64> = gone.transitions.iter().map(|it| it.id).collect();
    assert_eq!(taken_back.collect::<Vec<_>>(), [ids[2], ids[0]], "the disconnect, and the offline");
    let fresh = connection(3, "fresh", 2);
    let changes = script.answer(11_000, 0, &[(1, on(std::slice::from_ref(&fresh)))]);
    assert_eq!(
        what(&changes),
        [&Change::Replaced { old: socket(&desk), new: socket(&fresh), same_token: true }]
    );
    for n in 0..100_u64 {
        let next = connection(3, &n.to_string(), 2);
        script.answer(12_000 + n, 0, &[(1, on(std::slice::from_ref(&next)))]);
    }
    let changes = script.answer(13_000, 0, &[(1, on(std::slice::from_ref(&fresh)))]);
    assert!(matches!(what(&changes)[0], Change::Replaced { .. }), "only a few are remembered");
}

#[test]
fn a_failed_batch_ages_then_turns_unknown_and_never_offline() {
    let mut script = Script::new(&["a", "b", "c"]);
    let phone = connection(2, PHONE, 1);
    script.answer(1_000, 0, &[(0, on(std::slice::from_ref(&phone))), (1, UserStatus::Offline)]);
    script.answer(1_000, 1, &[(2, UserStatus::Offline)]);
    script.observe(3_000, 0, timeout());
    script.observe(3_000, 1, Ok(Answer::Same));
    assert_eq!(script.presence(0), Presence::Online);
    assert!(script.is_stale(0) && script.is_stale(1) && !script.is_stale(2));
    assert_eq!(script.roster.feed_status(at(3_000)), FeedStatus::Degraded { failing: 1 });

    assert_eq!(script.roster.next_change(at(4_001)), Some(6_001), "the other batch grows stale");
    assert_eq!(script.roster.next_change(at(6_001)), Some(7_001));
    assert!(script.pass(7_000).is_empty());
    script.observe(7_000, 1, Ok(Answer::Same));
    let changes = script.pass(7_001);
    let lost =
        |from| Change::Presence { from, to: Presence::Unknown(UnknownReason::Failed(ErrorKind::Timeout)) };
    assert_eq!(what(&changes), [&lost(Presence::Online), &lost(Presence::Offline)]);
    assert_eq!(changes.transitions[0].after, Some(at(970)));
    assert_eq!(script.roster.last_word(UserIx(0)), Presence::Online);
    assert_eq!(script.roster.connections(UserIx(0)).len(), 1, "what was seen last is not forgotten");
    assert_eq!(script.presence(2), Presence::Offline);
    assert_eq!(script.pass(60_000).transitions.len(), 1, "only the third user's");

    let changes = script.observe(61_000, 0, Ok(Answer::Same));
    let found =
        |to| Change::Presence { from: Presence::Unknown(UnknownReason::Failed(ErrorKind::Timeout)), to };
    assert_eq!(what(&changes), [&found(Presence::Online), &found(Presence::Offline)]);
    assert_eq!(changes.transitions[0].after, Some(at(970)));
    assert_eq!(
        script.since(0),
        Some(Since { after_ms: None, before_ms: 1_000 }),
        "its connection never left"
    );
    assert_eq!(script.since(1), Some(Since { after_ms: None, before_ms: 61_000 }), "may have come and gone");
}

#[test]
fn a_batch_that_comes_back_with_changes_reports_each_user_once() {
    let mut script = Script::new(&["a", "b"]);
    let phone = connection(2, PHONE, 1);
    script.answer(1_000, 0, &[(0, on(std::slice::from_ref(&phone))), (1, UserStatus::Offline)]);
    script.pass(20_000);
    assert_eq!(script.presence(0), Presence::Unknown(UnknownReason::Slow));
    assert_eq!(script.roster.feed_status(at(20_000)), FeedStatus::Overdue);
    let changes = script.answer(20_500, 0, &[(0, UserStatus::Offline)]);
    let from = Presence::Unknown(UnknownReason::Slow);
    assert_eq!(
        what(&changes),
        [
            &Change::Presence { from, to: Presence::Offline },
            &Change::Disconnected(socket(&phone)),
            &Change::Presence { from, to: Presence::Offline },
        ]
    );
    assert_eq!(script.since(0), Some(Since { after_ms: Some(970), before_ms: 20_500 }));
}

#[test]
fn a_user_left_out_of_answers_ages_alone() {
    let mut script = Script::new(&["a", "b"]);
    script.answer(1_000, 0, &[(0, UserStatus::Offline), (1, UserStatus::Missing)]);
    assert_eq!(script.presence(1), Presence::Unknown(UnknownReason::Missing));
    script.answer(3_000, 0, &[(0, UserStatus::Missing), (1, on(&[]))]);
    assert_eq!(script.presence(0), Presence::Offline);
    assert!(script.is_stale(0) && !script.is_stale(1));
    script.observe(5_000, 0, Ok(Answer::Same));
    assert_eq!(script.roster.answered(UserIx(0)).unwrap().received, at(1_000));
    script.observe(7_000, 0, Ok(Answer::Same));
    assert_eq!(script.roster.next_change(at(7_000)), Some(7_001));
    let changes = script.pass(7_001);
    assert_eq!(
        what(&changes),
        [&Change::Presence { from: Presence::Offline, to: Presence::Unknown(UnknownReason::Missing) }]
    );
    let changes = script.answer(9_000, 0, &[(0, UserStatus::Unclear)]);
    assert_eq!(
        (changes.transitions.len(), script.presence(0)),
        (0, Presence::Unknown(UnknownReason::Unclear))
    );
    let changes = script.answer(11_000, 0, &[(0, UserStatus::Offline)]);
    assert_eq!(
        what(&changes),
        [&Change::Presence { from: Presence::Unknown(UnknownReason::Unclear), to: Presence::Offline }]
    );
    assert_eq!(changes.transitions[0].after, Some(at(970)));
}

#[test]
fn a_user_left_out_of_the_answer_that_brings_the_others_back_stays_unknown() {
    let mut script = Script::new(&["a", "b"]);
    script.answer(1_000, 0, &[(0, UserStatus::Offline), (1, UserStatus::Offline)]);
    script.observe(3_000, 0, timeout());
    // Nobody looked meanwhile: the answer itself lets the time pass.
    let changes = script.answer(20_000, 0, &[(1, UserStatus::Missing)]);
    let failed = Presence::Unknown(UnknownReason::Failed(ErrorKind::Timeout));
    let lost = Change::Presence { from: Presence::Offline, to: failed };
    let found = Change::Presence { from: failed, to: Presence::Offline };
    assert_eq!(what(&changes), [&lost, &lost, &found]);
    assert_eq!(script.presence(0), Presence::Offline);
    assert_eq!(script.presence(1), Presence::Unknown(UnknownReason::Missing));
    assert_eq!(script.pass(90_000).transitions.len(), 1, "only the first user's");
}

#[test]
fn a_shorter_interval_makes_nothing_old_at_once() {
    let mut script = Script::new(&["a"]);
    script.roster.set_freshness(Freshness::for_interval(60_000), at(0));
    script.answer(1_000, 0, &[(0, UserStatus::Offline)]);
    script.now_ms = 40_000;
    script.roster.set_freshness(Freshness::for_interval(2_000), at(40_000));
    assert!(script.pass(40_001).is_empty());
    assert!(!script.is_stale(0));
    assert_eq!(script.roster.next_change(at(40_001)), Some(43_001));
    script.now_ms = 43_001;
    assert!(script.is_stale(0), "the answer that is due now has not come");
    assert_eq!(script.pass(46_001).transitions.len(), 1);
    script.roster.set_freshness(Freshness::FOR_EVER, at(46_001));
    assert_eq!(script.roster.next_change(at(46_001)), None);
}

#[test]
fn the_next_watch_list_keeps_what_is_known_and_refuses_late_answers() {
    let mut script = Script::new(&["a", "b", "c"]);
    let phone = connection(2, PHONE, 1);
    script.answer(1_000, 0, &[(0, on(std::slice::from_ref(&phone))), (1, UserStatus::Offline)]);
    script.rebase(&watch(2, &["x", "b", "a"]), 2_000);
    assert_eq!(script.presence(0), Presence::Unknown(UnknownReason::NotAnswered));
    assert_eq!(script.presence(1), Presence::Offline);
    assert_eq!(script.presence(2), Presence::Online);
    assert_eq!(script.roster.connections(UserIx(2)).len(), 1);
    assert!(script.is_stale(2), "the new batch was not answered yet");

    let mut late = Observation {
        sent: at(1_900),
        ..observed(at(2_100), Ok(Answer::Changed(vec![(UserIx(0), UserStatus::Offline)])))
    };
    assert!(script.roster.apply(&late).is_empty());
    late.generation = 2;
    late.batch = 9;
    assert!(script.roster.apply(&late).is_empty());

    let changes = script.answer(3_000, 0, &[(0, UserStatus::Offline), (1, UserStatus::Offline)]);
    assert_eq!(changes.transitions.len(), 1, "only the new user's first sight: {changes:?}");
    let changes = script.answer(3_000, 1, &[(2, UserStatus::Offline)]);
    assert_eq!(changes.transitions[0].after, Some(at(970)));
    assert_eq!(script.since(2), Some(Since { after_ms: Some(970), before_ms: 3_000 }));
}

fn status() -> impl Strategy<Value = UserStatus> {
    prop_oneof![
        3 => Just(UserStatus::Offline),
        1 => Just(UserStatus::Missing),
        1 => Just(UserStatus::Unclear),
        5 => prop::collection::btree_map(0..4_u8, (1..4, any::<bool>(), 0..9_i64), 0..3).prop_map(|sockets| {
            UserStatus::Online(sockets.into_iter().map(|(id, (platform, background, minute))| Connection {
                background,
                token: Some(claiming(minute)),
                ..connection(platform, &id.to_string(), 7)
            }).collect())
        }),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Answer(u32, Vec<(u32, UserStatus)>),
    Same(u32),
    Fail(u32),
    Pass(u64),
    Rebase(Vec<usize>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_u32, prop::collection::btree_map(0..5_u32, status(), 0..4)).prop_map(|(batch, said)| Step::Answer(batch, said.into_iter().collect())),
        2 => (0..3_u32).prop_map(Step::Same),
        2 => (0..3_u32).prop_map(Step::Fail),
        3 => (0..9_000_u64).prop_map(Step::Pass),
        1 => prop::collection::vec(0..5_usize, 0..6).prop_map(Step::Rebase),
    ]
}

/// What time alone may bring: users become unknown, doubts end.
fn is_loss(transition: &Transition) -> bool {
    let what = &transition.what;
    matches!(what, Change::Presence { to: Presence::Unknown(_), .. } | Change::Disconnected(_))
        || matches!(
            what,
            Change::Presence {
                from: Presence::Unknown(UnknownReason::GatewayLostMaybe),
                to: Presence::Offline
            }
        )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens, counts agree, `Same` changes nobody who is known, and time alone never
    /// makes anybody anything but unknown.
    #[test]
    fn any_history_keeps_the_roster_honest(steps in prop::collection::vec(step(), 0..40)) {
        let names = ["a", "b", "c", "d", "e"];
        let mut script = Script::new(&names);
        let mut ms = 100;
        for step in steps {
            ms += 50;
            match step {
                Step::Answer(batch, said) => {
                    let len = script.roster.list().len() as u32;
                    let said: Vec<_> = said.into_iter().filter(|(user, _)| *user < len).collect();
                    script.answer(ms, batch, &said);
                }
                Step::Same(batch) => {
                    let before: Vec<_> = script.roster.list().users().map(|user| script.roster.presence(user)).collect();
                    script.observe(ms, batch, Ok(Answer::Same));
                    for (user, before) in script.roster.list().users().zip(before) {
                        let after = script.roster.presence(user);
                        prop_assert!(before.is_unknown() || before == after || after.is_unknown());
                    }
                }
                Step::Fail(batch) => {
                    let changes = script.observe(ms, batch, timeout());
                    prop_assert!(changes.transitions.iter().all(is_loss), "only what grew too old meanwhile");
                }
                Step::Pass(more) => {
                    ms += more;
                    for transition in script.pass(ms).transitions {
                        prop_assert!(is_loss(&transition));
                        prop_assert!(transition.after.is_some_and(|after| after < transition.before));
                    }
                    prop_assert!(script.roster.next_change(at(ms)).is_none_or(|next| next > ms));
                }
                Step::Rebase(order) => {
                    let ids: Vec<&str> = order.iter().map(|&at| names[at]).collect();
                    let generation = script.roster.list().generation() + 1;
                    script.rebase(&watch(generation, &ids), ms);
                }
            }
        }
    }
}
