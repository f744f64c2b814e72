//! What the roster makes of sockets, registry and gateways that contradict one another.

use std::sync::Arc;

use imtop::presence::{
    Answer, Basis, Change, Connection, Entry, FetchError, Input, LifeSign, LossCause, Platform, Presence,
    Question, Roster, Rule, RuleSettings, Since, State, UnknownReason, Update, UserIx, UserStatus, WatchList,
};

use crate::cluster::{Cluster, PHONE};
use crate::kit::{at, connection};

fn unknown(why: UnknownReason) -> Presence {
    Presence::Unknown(why)
}

#[test]
fn in_the_first_round_nobody_is_called_offline_before_the_registry_was_heard() {
    let mut cluster = Cluster::of(3);
    let changes = cluster.sockets(100, (0..3).map(|user| (user, UserStatus::Offline)).collect());
    assert_eq!(changes.doubts.begun.len(), 3);
    assert!((0..3).all(|user| cluster.is(user) == unknown(UnknownReason::Checking)));
    let changes = cluster.registry(110, 0..2, false);
    assert_eq!(changes.doubts.settled, [UserIx(0), UserIx(1)]);
    assert_eq!((cluster.is(0), cluster.is(2)), (Presence::Offline, unknown(UnknownReason::Checking)));
    cluster.registry(120, 2..3, true);
    assert_eq!(cluster.is(2), unknown(UnknownReason::RegistryOnline), "who was never seen is not leaving");
    assert!(changes.transitions.iter().all(imtop::presence::Transition::is_first_sight));
}

#[test]
fn a_real_disconnect_is_offline_as_soon_as_the_registry_knows_it_since_the_sockets_did() {
    let mut cluster = Cluster::of(5);
    cluster.begin(100, 4);
    cluster.leave(2_100, 0..1);
    assert_eq!(cluster.is(0), Presence::Online, "the last word while the registry is asked");
    assert!(cluster.roster.is_stale(UserIx(0), at(2_100)));
    assert_eq!(cluster.roster.totals(at(2_100)).stale, 1);
    cluster.registry(2_120, 0..1, true);
    assert_eq!(cluster.is(0), unknown(UnknownReason::Leaving));
    let changes = cluster.registry(2_620, 0..1, false);
    assert_eq!((cluster.is(0), cluster.roster.basis(UserIx(0))), (Presence::Offline, Basis::Agreed));
    assert!(matches!(changes.transitions[1].what, Change::Disconnected(_)));
    assert_eq!(cluster.since(0), Since { after_ms: Some(95), before_ms: 2_100 });
    assert_eq!(cluster.roster.doubts().len(), 0);
}

#[test]
fn what_the_registry_was_asked_before_the_sockets_left_somebody_out_says_nothing() {
    let mut cluster = Cluster::of(5);
    cluster.begin(100, 4);
    cluster.leave(2_100, 0..1);
    cluster.registry(2_104, 0..1, false); // asked at 2,099
    assert_eq!(cluster.is(0), Presence::Online);
}

#[test]
fn a_registry_that_gives_no_answer_makes_unknown_and_one_that_is_missing_makes_one_witness() {
    for refused in [false, true] {
        let mut cluster = Cluster::of(5);
        cluster.begin(100, 4);
        cluster.leave(2_100, 0..1);
        let error = if refused {
            FetchError::Denied { code: 1002, what: "only app manager".into(), advice: "" }
        } else {
            FetchError::Timeout { after_ms: 9 }
        };
        cluster.hear(Question::UsersStatus, vec![UserIx(0)], 2_200, Err(error));
        if refused {
            assert_eq!(
                (cluster.is(0), cluster.roster.basis(UserIx(0))),
                (Presence::Offline, Basis::SocketsAlone)
            );
        } else {
            assert_eq!(cluster.is(0), unknown(UnknownReason::RegistrySilent));
            cluster.leave(4_100, 1..2);
            assert_eq!(cluster.is(1), unknown(UnknownReason::RegistrySilent), "it is not waited for");
            cluster.registry(9_000, 0..2, false);
            assert_eq!((cluster.is(0), cluster.is(1)), (Presence::Offline, Presence::Offline));
        }
    }
}

#[test]
fn a_registry_that_has_answered_is_not_missing_because_a_proxy_reloads() {
    let mut cluster = Cluster::of(5);
    cluster.begin(100, 4);
    cluster.leave(2_100, 0..1);
    cluster.registry(2_120, 0..1, false);
    cluster.leave(4_100, 1..2);
    let lacks = || Err(FetchError::Http { status: 404 });
    cluster.hear(Question::UsersStatus, vec![UserIx(1)], 4_200, lacks());
    assert_eq!(
        cluster.is(1),
        unknown(UnknownReason::RegistrySilent),
        "nobody is offline by one mouth for it"
    );
    cluster.registry(5_200, 1..2, false);
    assert_eq!((cluster.is(1), cluster.roster.basis(UserIx(1))), (Presence::Offline, Basis::Agreed));
}

#[test]
fn a_loss_of_view_is_suspected_at_once_and_certain_when_the_registry_stands_by_it() {
    let mut cluster = Cluster::of(30);
    cluster.begin(100, 28);
    let changes = cluster.leave(2_100, 0..12);
    assert_eq!(changes.doubts.loss, Some(true));
    assert!(cluster.roster.losses()[0].certain.is_none());
    cluster.registry(2_120, 0..12, true);
    cluster.wait(4_100, 6_100);
    assert_eq!(cluster.is(3), unknown(UnknownReason::Checking));
    cluster.roster.advance(at(7_100));
    assert_eq!(cluster.is(3), unknown(UnknownReason::GatewayLost));
    let loss = &cluster.roster.losses()[0];
    assert_eq!((loss.dropped, loss.missing, loss.of), (12, 12, 28));
    assert!(loss.certain.is_some());
    // One of them was really gone, and an everyday logout is no part of it.
    cluster.registry(8_000, 0..1, false);
    cluster.leave(10_100, 20..21);
    cluster.registry(10_200, 20..21, false);
    let loss = &cluster.roster.losses()[0];
    assert_eq!((loss.dropped, loss.missing), (11, 11));
    // The same connections come back: nothing had happened.
    let before = cluster.since(3);
    let changes = cluster.back(12_100, 1..12, "c");
    assert_eq!(changes.doubts.loss, Some(false));
    assert!(cluster.roster.losses().is_empty());
    assert_eq!(cluster.is(3), Presence::Online);
    assert!(before.before_ms > cluster.since(3).before_ms, "online all the time");
    assert_eq!(cluster.since(3), Since { after_ms: None, before_ms: 100 });
    let again = changes
        .transitions
        .iter()
        .filter(|it| matches!(it.what, Change::SeenAgain { absent_ms: 10_000, whole_user: true, .. }));
    assert_eq!(again.count(), 11);
    assert!(
        !changes.transitions.iter().any(|it| matches!(it.what, Change::Retracted { .. })),
        "nothing wrong was said"
    );
}

#[test]
fn a_gateway_that_was_alive_and_refuses_now_has_died_and_that_is_told_for_a_while() {
    let mut cluster = Cluster::of(30);
    cluster.begin(100, 28);
    cluster.gateways(200, [LifeSign::Alive, LifeSign::Alive]);
    cluster.leave(2_100, 0..12);
    cluster.registry(2_120, 0..12, true);
    cluster.gateways(2_200, [LifeSign::Refused, LifeSign::Alive]);
    cluster.wait(4_100, 6_100);
    let changes = cluster.roster.advance(at(7_100));
    assert_eq!(cluster.roster.losses()[0].cause, LossCause::Died);
    assert_eq!((cluster.is(3), cluster.roster.basis(UserIx(3))), (Presence::Offline, Basis::GatewayDied));
    assert!(cluster.roster.is_lost(UserIx(3)));
    assert_eq!(
        changes.transitions.iter().filter(|it| matches!(it.what, Change::Disconnected(_))).count(),
        12
    );
    cluster.back(8_100, 0..5, "new");
    assert_eq!((cluster.is(0), cluster.roster.losses()[0].missing), (Presence::Online, 7));
    cluster.wait(10_100, 126_100);
    cluster.roster.advance(at(127_100));
    assert!(cluster.roster.losses().is_empty(), "who does not come back may have stopped");
    assert_eq!((cluster.is(7), cluster.roster.basis(UserIx(7))), (Presence::Offline, Basis::GatewayDied));
    cluster.registry(127_200, 5..12, false);
    assert_eq!((cluster.is(7), cluster.roster.basis(UserIx(7))), (Presence::Offline, Basis::Agreed));
    assert_eq!(cluster.roster.doubts().len(), 0);
}

/// The seed of the bench with the most wrong words had one gateway cut off and another one dead a second later.
#[test]
fn one_that_has_died_takes_with_it_only_as_many_users_as_it_held() {
    for (held, is_to_blame) in
        [(None, true), (Some(30), true), (Some(22), true), (Some(14), false), (Some(2), false)]
    {
        let mut cluster = Cluster::of(30);
        cluster.begin(100, 28);
        cluster.gateways_holding(200, [LifeSign::Alive, LifeSign::Alive], held);
        cluster.leave(2_100, 0..24);
        cluster.registry(2_120, 0..24, true);
        cluster.gateways_holding(2_200, [LifeSign::Refused, LifeSign::Alive], None);
        cluster.wait(4_100, 6_100);
        // Its own find the way to the other gateway; who stays away may be those of one that is cut off.
        cluster.back(7_100, 0..14, "new");
        cluster.roster.advance(at(8_000));
        let said = if is_to_blame { Presence::Offline } else { unknown(UnknownReason::GatewayLost) };
        assert_eq!(cluster.is(20), said, "{held:?}");
    }
}

#[test]
fn without_a_baseline_or_with_a_death_of_long_ago_no_gateway_has_died() {
    for (baseline, refused_at) in [(LifeSign::Unclear, 62_200), (LifeSign::Alive, 30_000)] {
        let mut cluster = Cluster::of(30);
        cluster.begin(100, 28);
        cluster.gateways(200, [baseline, LifeSign::Alive]);
        cluster.wait(2_100, 28_100);
        if refused_at < 62_000 {
            cluster.gateways(refused_at, [LifeSign::Refused, LifeSign::Alive]);
        }
        cluster.wait(30_100, 60_100);
        cluster.leave(62_100, 0..12);
        cluster.registry(62_120, 0..12, true);
        cluster.gateways(62_200, [LifeSign::Refused, LifeSign::Alive]);
        cluster.wait(64_100, 66_100);
        cluster.roster.advance(at(67_100));
        assert_eq!(cluster.is(3), unknown(UnknownReason::GatewayLost), "{baseline:?}");
    }
}

#[test]
fn a_gateway_that_takes_connections_and_says_nothing_hangs() {
    let mut cluster = Cluster::of(30);
    cluster.begin(100, 28);
    cluster.leave(2_100, 0..12);
    cluster.registry(2_120, 0..12, true);
    cluster.gateways(2_200, [LifeSign::Hung, LifeSign::Alive]);
    cluster.wait(4_100, 6_100);
    cluster.roster.advance(at(7_100));
    assert_eq!(cluster.is(3), unknown(UnknownReason::GatewayHangs));
    assert_eq!(cluster.roster.losses()[0].gateway.as_deref(), Some("a"));
    cluster.gateways(8_000, [LifeSign::Alive, LifeSign::Alive]);
    assert_eq!(cluster.is(3), unknown(UnknownReason::GatewayLost));
}

#[test]
fn who_looks_only_when_it_has_happened_is_told_of_a_loss_as_well() {
    let mut cluster = Cluster::of(30);
    let shown = |user| (user, UserStatus::Online(vec![connection(PHONE, &format!("c{user}"))]));
    let left_out = (18..30).map(|user| (user, UserStatus::Offline));
    cluster.sockets(100, (0..18).map(shown).chain(left_out).collect());
    cluster.registry(120, 18..28, true);
    cluster.registry(130, 28..30, false);
    assert_eq!(cluster.roster.losses().len(), 1);
    assert!(cluster.roster.losses()[0].after.is_none());
    cluster.wait(2_100, 4_100);
    cluster.roster.advance(at(5_100));
    let loss = &cluster.roster.losses()[0];
    assert_eq!((loss.dropped, loss.of, loss.certain.is_some()), (10, 28, true));
    assert_eq!((cluster.is(20), cluster.is(29)), (unknown(UnknownReason::GatewayLost), Presence::Offline));
    // Two entries that live on are no loss.
    let mut few = Cluster::of(30);
    few.sockets(100, (0..18).map(shown).chain((18..30).map(|user| (user, UserStatus::Offline))).collect());
    few.registry(120, 18..20, true);
    few.registry(130, 20..30, false);
    few.wait(2_100, 4_100);
    few.roster.advance(at(5_100));
    assert!(few.roster.losses().is_empty());
    assert_eq!(few.is(19), unknown(UnknownReason::RegistryOnline));
}

#[test]
fn a_connection_that_another_gateway_has_is_unseen_for_as_long_as_the_registry_names_it() {
    let mut cluster = Cluster::of(2);
    let (phone, desk) = (connection(PHONE, "phone"), connection(3, "desk"));
    let both = UserStatus::Online(vec![phone.clone(), desk.clone()]);
    cluster.sockets(100, vec![(0, both.clone()), (1, UserStatus::Offline)]);
    cluster.registry(110, 1..2, false);
    let changes = cluster.sockets(2_100, vec![(0, UserStatus::Online(vec![phone.clone()]))]);
    assert_eq!((changes.transitions.len(), changes.doubts.begun.as_slice()), (0, [UserIx(0)].as_slice()));
    let names = |cluster: &mut Cluster, ms, platforms: &[i32]| {
        let platforms = platforms.iter().copied().map(Platform).collect();
        let answer = Answer::Registry(vec![(UserIx(0), platforms)]);
        cluster.hear(Question::UsersStatus, vec![UserIx(0)], ms, Ok(answer))
    };
    names(&mut cluster, 2_120, &[PHONE, 3]);
    cluster.wait(4_100, 600_100);
    assert!(cluster.roster.connections(UserIx(0))[1].unseen.is_some(), "ten minutes later, too");
    let changes = cluster.sockets(602_100, vec![(0, both)]);
    assert!(matches!(
        changes.transitions[0].what,
        Change::SeenAgain { absent_ms: 600_000, whole_user: false, .. }
    ));
    cluster.sockets(604_100, vec![(0, UserStatus::Online(vec![phone]))]);
    let changes = names(&mut cluster, 604_120, &[PHONE]);
    assert!(matches!(&changes.transitions[0].what, Change::Disconnected(socket) if socket.id == desk.id));
    assert_eq!(changes.doubts.settled, [UserIx(0)]);
}

/// Both phones of user 0 are left out at 2,100.
fn two_phones_left_out() -> (Cluster, [Connection; 2]) {
    let mut cluster = Cluster::of(1);
    let phones = ["first", "second"].map(|id| connection(PHONE, id));
    cluster.sockets(100, vec![(0, UserStatus::Online(phones.to_vec()))]);
    cluster.leave(2_100, 0..1);
    (cluster, phones)
}

fn is_gone(changes: &Update, connection: &Connection) -> bool {
    changes
        .transitions
        .iter()
        .any(|it| matches!(&it.what, Change::Disconnected(it) if it.id == connection.id))
}

#[test]
fn a_connection_whose_time_ran_out_while_its_user_was_left_out_is_gone_when_another_is_shown() {
    let (mut cluster, [first, second]) = two_phones_left_out();
    cluster.wait(4_100, 6_100);
    let changes = cluster.sockets(7_100, vec![(0, UserStatus::Online(vec![first.clone()]))]);
    assert!(is_gone(&changes, &second), "{:?}", changes.transitions);
    let when = changes.transitions.last().map(|it| (it.after, it.before, it.operation.is_some()));
    assert_eq!(when, Some((Some(at(95)), at(7_100), true)), "by the answer that decided");
    assert_eq!(changes.doubts.settled, [UserIx(0)]);
    assert!(changes.doubts.begun.is_empty(), "there is nothing to ask any more");
    assert_eq!(cluster.roster.connections(UserIx(0)).len(), 1);
    // One that takes up what it left finds nothing that was missed.
    let list = Arc::clone(cluster.roster.list());
    let mut back = Roster::restore(list, cluster.roster.state()).unwrap();
    assert!(back.advance(at(7_165)).is_empty());
    assert!(cluster.roster.advance(at(7_165)).is_empty());
}

#[test]
fn a_connection_has_the_time_that_is_left_when_another_is_shown_before() {
    let (mut cluster, [first, second]) = two_phones_left_out();
    cluster.wait(4_100, 4_100);
    let changes = cluster.sockets(7_099, vec![(0, UserStatus::Online(vec![first.clone()]))]);
    assert!(!is_gone(&changes, &second));
    assert_eq!(changes.doubts.begun, [UserIx(0)]);
    assert_eq!(cluster.roster.next_change(at(7_099)), Some(7_100));
    assert!(is_gone(&cluster.roster.advance(at(7_100)), &second));
}

#[test]
fn an_old_unseen_connection_is_gone_when_another_of_its_platform_is_seen_again() {
    let mut cluster = Cluster::of(1);
    let [first, second, desk] =
        [("first", PHONE), ("second", PHONE), ("desk", 3)].map(|(id, on)| connection(on, id));
    cluster.sockets(100, vec![(0, UserStatus::Online(vec![first.clone(), second.clone(), desk.clone()]))]);
    cluster.sockets(2_100, vec![(0, UserStatus::Online(vec![desk.clone()]))]);
    let names = Answer::Registry(vec![(UserIx(0), [Platform(PHONE), Platform(3)].into())]);
    cluster.hear(Question::UsersStatus, vec![UserIx(0)], 2_120, Ok(names));
    cluster.wait(4_100, 60_100);
    assert_eq!(cluster.roster.connections(UserIx(0)).len(), 3, "the registry names their platform");
    let changes = cluster.sockets(62_100, vec![(0, UserStatus::Online(vec![desk, first]))]);
    assert!(is_gone(&changes, &second), "{:?}", changes.transitions);
    assert_eq!(changes.doubts.settled, [UserIx(0)]);
}

#[test]
fn when_time_has_decided_about_several_they_come_in_the_order_of_the_list() {
    let mut cluster = Cluster::of(3);
    cluster.begin(100, 3);
    cluster.leave(2_100, 2..3);
    cluster.leave(2_600, 0..1);
    let list = Arc::clone(cluster.roster.list());
    let mut back = Roster::restore(list, cluster.roster.state()).unwrap();
    let changes = cluster.roster.advance(at(5_000));
    let silent = changes.transitions.iter().filter(|it| {
        matches!(it.what, Change::Presence { to: Presence::Unknown(UnknownReason::RegistrySilent), .. })
    });
    let users: Vec<String> = silent.map(|it| it.user.to_string()).collect();
    assert_eq!(users, ["u0", "u2"]);
    let what = |update: Update| (update.transitions, update.touched, update.doubts);
    assert_eq!(what(changes), what(back.advance(at(5_000))));
}

#[test]
fn a_loss_of_view_is_over_as_soon_as_none_of_its_users_is_watched() {
    let mut cluster = Cluster::of(30);
    cluster.begin(100, 28);
    cluster.leave(2_100, 0..12);
    cluster.registry(2_120, 0..12, true);
    cluster.wait(4_100, 6_100);
    cluster.roster.advance(at(7_100));
    let list = |users: std::ops::Range<u32>| {
        Arc::new(WatchList::new(2, 500, users.map(|user| Entry::of(&format!("u{user}")))))
    };
    let mut state = State::new(cluster.roster.clone(), RuleSettings::default(), at(7_100));
    let is_told =
        |state: &State| state.knowledge().findings.of_server().iter().any(|it| it.rule == Rule::ViewLoss);
    state.advance(at(7_101));
    assert!(is_told(&state));
    let mut some = cluster.roster.clone();
    assert_eq!(some.rebase(&list(5..30), at(7_200)).doubts.loss, Some(true));
    assert_eq!(some.losses()[0].missing, 7, "who is watched no more is not missing");
    assert_eq!(cluster.roster.rebase(&list(12..30), at(7_200)).doubts.loss, Some(false));
    assert!(cluster.roster.losses().is_empty());
    let news = state.take(at(7_200), &Input::Rebased(list(12..30)));
    assert!(!is_told(&state), "before any answer");
    assert!(news.cleared.iter().any(|it| it.rule == Rule::ViewLoss));
}
