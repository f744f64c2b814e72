//! Whom the sockets show and the registry does not have, and what its word is worth then.

use std::sync::Arc;

use imtop::presence::{
    Answer, FetchError, Freshness, GatewaySign, Hints, Input, LifeSign, Observation, Platform, Presence,
    Question, Roster, Rule, RuleSettings, Severity, State, UnknownReason, Update, UserIx, UserStatus,
    WireShape,
};

use crate::cluster::Cluster;
use crate::kit::{at, connection, observed, online};

/// Everybody is online; at 12 s the registry lacks the first `lacked` of them.
fn lacked_once(users: u32, lacked: u32) -> Cluster {
    let mut cluster = Cluster::of(users);
    cluster.begin(100, users);
    cluster.wait(2_100, 12_100);
    cluster.registry(12_200, 0..lacked, false);
    cluster.registry(12_210, lacked..users, true);
    cluster
}

#[test]
fn a_second_no_after_five_seconds_confirms_it_and_the_first_yes_ends_it() {
    let mut cluster = lacked_once(4, 1);
    let lacking = |cluster: &Cluster| cluster.roster.lacking(UserIx(0)).cloned();
    assert_eq!((lacking(&cluster).unwrap().again, cluster.roster.deaf()), (None, 0));
    cluster.wait(14_100, 14_100);
    cluster.registry(15_000, 0..1, false);
    assert_eq!(cluster.roster.deaf(), 0, "too soon");
    cluster.wait(16_100, 16_100);
    let update = cluster.registry(17_300, 0..1, false);
    assert_eq!((cluster.roster.deaf(), update.doubts.lacking), (1, vec![(UserIx(0), true)]));
    assert!(lacking(&cluster).unwrap().whole);
    cluster.registry(18_000, 0..1, true);
    assert_eq!((lacking(&cluster), cluster.roster.deaf()), (None, 0));
}

#[test]
fn a_connection_of_less_than_ten_seconds_and_one_that_goes_meanwhile_do_not_count() {
    let mut cluster = Cluster::of(2);
    cluster.begin(100, 2);
    cluster.registry(9_000, 0..1, false);
    assert_eq!(cluster.roster.lacking(UserIx(0)), None, "its event may be on the way");
    let mut cluster = lacked_once(2, 1);
    cluster.leave(14_100, 0..1);
    cluster.registry(17_300, 0..1, false);
    assert_eq!(cluster.roster.deaf(), 0);
}

#[test]
fn a_platform_alone_may_be_lacked() {
    let mut cluster = Cluster::of(1);
    let two = UserStatus::Online(vec![connection(2, "phone"), connection(5, "web")]);
    cluster.sockets(100, vec![(0, two)]);
    cluster.registry(12_200, 0..1, true);
    cluster.wait(14_100, 16_100);
    cluster.registry(17_300, 0..1, true);
    let lacking = cluster.roster.lacking(UserIx(0)).unwrap();
    assert_eq!((&*lacking.platforms, lacking.whole), (&[Platform(5)][..], false));
    // When it closes there is nothing to lack.
    cluster.sockets(18_100, vec![(0, online("phone"))]);
    cluster.registry(18_200, 0..1, true);
    cluster.roster.advance(at(24_000));
    cluster.sockets(24_100, vec![]);
    assert_eq!(cluster.roster.connections(UserIx(0)).len(), 1);
    assert_eq!(cluster.roster.lacking(UserIx(0)), None);
}

#[test]
fn a_new_connection_is_to_be_asked_about_and_what_is_lacked_again() {
    let mut cluster = Cluster::of(2);
    cluster.begin(100, 1);
    let update = cluster.back(2_100, 1..2, "new");
    assert_eq!(update.doubts.new_connections, [UserIx(1)]);
    cluster.wait(4_100, 12_100);
    assert_eq!(cluster.registry(12_300, 1..2, false).doubts.lacking, [(UserIx(1), false)]);
}

#[test]
fn of_whom_the_registry_lacked_its_offline_says_nothing_while_users_are_lost() {
    let mut cluster = lacked_once(8, 1);
    cluster.wait(14_100, 14_100);
    cluster.leave(16_100, 0..5);
    cluster.registry(16_110, 0..1, false);
    cluster.registry(16_110, 1..5, true);
    assert_eq!(cluster.is(0), Presence::Unknown(UnknownReason::Checking));
    for ms in [18_100, 20_100, 22_100] {
        cluster.sockets(ms, vec![]);
        cluster.registry(ms + 10, 0..1, false);
        cluster.registry(ms + 10, 1..5, true);
    }
    assert_eq!(cluster.is(1), Presence::Unknown(UnknownReason::GatewayLost));
    assert_eq!(cluster.is(0), Presence::Unknown(UnknownReason::GatewayLostMaybe), "and not offline");
}

#[test]
fn alone_he_is_offline_when_the_sockets_stand_by_it() {
    let mut cluster = lacked_once(8, 1);
    cluster.leave(14_100, 0..1);
    cluster.registry(14_110, 0..1, false);
    assert_eq!(cluster.is(0), Presence::Unknown(UnknownReason::Leaving));
    cluster.roster.advance(at(19_101));
    assert_eq!(cluster.is(0), Presence::Offline);
    assert_eq!(cluster.roster.lacking(UserIx(0)), None);
}

#[test]
fn a_login_that_the_registry_has_not_named_is_not_gone_by_its_word_while_users_are_lost() {
    let mut cluster = Cluster::of(8);
    cluster.begin(100, 7);
    cluster.back(2_100, 7..8, "new"); // its event is lost
    cluster.wait(4_100, 6_100);
    cluster.leave(8_100, 3..8);
    cluster.registry(8_110, 3..7, true);
    cluster.registry(8_120, 7..8, false);
    assert_eq!(cluster.is(7), Presence::Unknown(UnknownReason::Checking));
    // One who had been there all along has simply left.
    cluster.registry(8_130, 3..4, false);
    assert_eq!(cluster.is(3), Presence::Offline);
}

/// A state with everybody online, of whom the registry lacks `lacked` twice.
fn state_of(users: u32, lacked: u32, shape: WireShape, signs: Option<Vec<GatewaySign>>) -> (State, Update) {
    let cluster = Cluster::of(users);
    let list = Arc::clone(cluster.roster.list());
    let roster = Roster::new(list, Freshness::for_interval(2_000), at(0))
        .with_witnesses(cluster.roster.witnesses().clone(), *cluster.roster.thresholds());
    let mut state = State::new(roster, RuleSettings::default(), at(0));
    let mut last = Update::default();
    let mut hear = |ms: u64, question, about: Vec<UserIx>, answer: Result<Answer, FetchError>| {
        let hints = Some(Arc::new(Hints { shape: Some(shape), ..Hints::default() }));
        let observation = Observation {
            question,
            users: about.into(),
            sent: at(ms - 5),
            hints: hints.filter(|_| question == Question::OnlineStatus),
            ..observed(at(ms), answer)
        };
        last = state.take(at(ms), &Input::Observed(observation));
    };
    let all = || (0..users).map(UserIx);
    let shown = all().map(|user| (user, online(&format!("c{}", user.0)))).collect();
    hear(100, Question::OnlineStatus, vec![], Ok(Answer::Changed(shown)));
    if let Some(signs) = signs {
        hear(110, Question::Gateways, vec![], Ok(Answer::Gateways(signs)));
    }
    for ms in [12_200, 18_200] {
        hear(ms - 100, Question::OnlineStatus, vec![], Ok(Answer::Changed(vec![])));
        let on = |user: UserIx| if user.0 < lacked { vec![] } else { vec![Platform(2)] };
        let said = all().map(|user| (user, on(user).into())).collect();
        hear(ms, Question::UsersStatus, all().collect(), Ok(Answer::Registry(said)));
    }
    (state, last)
}

fn alive() -> Vec<GatewaySign> {
    vec![GatewaySign::new("10.0.0.7:9090", LifeSign::Alive)]
}

#[test]
fn one_is_a_finding_of_that_user_and_many_are_one_of_the_server() {
    let (state, update) = state_of(500, 3, WireShape::Numbers, Some(alive()));
    let findings = &state.knowledge().findings;
    assert_eq!((findings.count_of(Rule::Deaf), findings.count_of(Rule::RegistryLoss)), (3, 0));
    assert!(update.raised.iter().all(|it| it.severity == Severity::Warning), "{:?}", update.raised);
    let (state, update) = state_of(300, 3, WireShape::Numbers, None);
    assert_eq!(state.knowledge().findings.count_of(Rule::RegistryLoss), 1);
    let words: Vec<_> = update.raised.iter().map(|it| it.evidence.words(0)).collect();
    assert!(
        words.contains(
            &"3 of 300 connected users (1 %) are missing in Redis: messages don't reach them".into()
        )
    );
}

#[test]
fn old_servers_and_those_of_one_process_push_without_the_registry() {
    for (shape, signs) in [(WireShape::Words, Some(alive())), (WireShape::Numbers, Some(vec![]))] {
        let (state, _) = state_of(20, 10, shape, signs);
        assert!(state.knowledge().findings.is_empty());
    }
}

/// One user with a connection in the background, and another on a gateway that the sockets don't show.
fn in_background(id: &str) -> UserStatus {
    UserStatus::Online(vec![imtop::presence::Connection { background: true, ..connection(2, id) }])
}

#[test]
fn who_goes_to_the_background_does_so_when_the_registry_names_no_other_connection() {
    let mut cluster = Cluster::of(2);
    cluster.begin(100, 2);
    let update = cluster.sockets(2_100, vec![(0, in_background("c0")), (1, in_background("c1"))]);
    assert_eq!(update.doubts.begun, [UserIx(0), UserIx(1)]);
    assert_eq!((cluster.is(0), cluster.roster.is_stale(UserIx(0), at(2_100))), (Presence::Online, true));
    let update = cluster.registry(2_110, 0..1, true);
    assert_eq!((cluster.is(0), update.transitions.len()), (Presence::Background, 1));
    assert_eq!((update.transitions[0].after, cluster.since(0).before_ms), (Some(at(95)), 2_100));
    // The other one has a connection in the foreground elsewhere: nothing happened.
    let said = vec![(UserIx(1), [Platform(2), Platform(5)].into())];
    let update = cluster.hear(Question::UsersStatus, vec![UserIx(1)], 2_120, Ok(Answer::Registry(said)));
    assert_eq!((cluster.is(1), update.transitions.len()), (Presence::Online, 0));
    assert!(!cluster.roster.is_stale(UserIx(1), at(2_120)));
}

#[test]
fn where_the_registry_says_nothing_the_background_is_believed() {
    let mut cluster = Cluster::of(2);
    cluster.begin(100, 2);
    cluster.sockets(2_100, vec![(0, in_background("c0")), (1, in_background("c1"))]);
    let failed = Err(FetchError::Timeout { after_ms: 100 });
    cluster.hear(Question::UsersStatus, vec![UserIx(1)], 2_200, failed);
    assert_eq!((cluster.is(0), cluster.is(1)), (Presence::Online, Presence::Background));
    cluster.roster.advance(at(4_110));
    assert_eq!(cluster.is(0), Presence::Background);
}

#[test]
fn who_is_first_seen_in_the_background_is_so_at_once_and_corrected_without_an_event() {
    let mut cluster = Cluster::of(2);
    let update = cluster.sockets(100, vec![(0, in_background("c0")), (1, in_background("c1"))]);
    assert_eq!((cluster.is(0), update.doubts.begun.len()), (Presence::Background, 2));
    assert!(cluster.roster.is_checking(), "commands that ask once wait for it");
    let said = vec![(UserIx(0), [Platform(5)].into()), (UserIx(1), [Platform(2)].into())];
    let update =
        cluster.hear(Question::UsersStatus, vec![UserIx(0), UserIx(1)], 110, Ok(Answer::Registry(said)));
    assert_eq!((cluster.is(0), cluster.is(1)), (Presence::Online, Presence::Background));
    assert!(update.transitions.iter().all(imtop::presence::Transition::is_first_sight));
    assert!(!cluster.roster.is_checking());
}

#[test]
fn a_registry_that_knows_of_a_login_before_the_sockets_are_asked_again_contradicts_nothing() {
    let mut cluster = Cluster::of(3);
    cluster.begin(100, 2);
    let update = cluster.registry(1_000, 2..3, true);
    assert_eq!((cluster.is(2), update.transitions.len()), (Presence::Offline, 0));
    let update = cluster.back(2_100, 2..3, "new");
    let kinds: Vec<_> = update.transitions.iter().map(|it| it.what.kind()).collect();
    assert_eq!((cluster.is(2), kinds), (Presence::Online, vec!["presence", "connected"]));
    // Where the sockets have been asked and don't show the user, it does.
    let mut cluster = Cluster::of(3);
    cluster.begin(100, 2);
    cluster.registry(1_000, 2..3, true);
    cluster.sockets(2_100, vec![]);
    assert_eq!(cluster.is(2), Presence::Unknown(UnknownReason::RegistryOnline));
}

#[test]
fn three_entries_that_live_on_are_no_loss_of_view_where_every_gateway_answers() {
    let first = |ailing: bool| {
        let mut cluster = Cluster::of(60);
        let status = |user: u32| {
            if user < 49 { online(&format!("c{user}")) } else { UserStatus::Offline }
        };
        cluster.sockets(100, (0..60).map(|user| (user, status(user))).collect());
        cluster.gateways(105, [LifeSign::Alive, if ailing { LifeSign::Hung } else { LifeSign::Alive }]);
        cluster.registry(110, 49..52, true);
        cluster.registry(120, 52..60, false);
        for ms in [2_100, 4_100, 6_100, 8_100] {
            cluster.sockets(ms, vec![]);
            cluster.registry(ms + 10, 49..52, true);
        }
        (cluster.is(50), cluster.roster.losses().len(), cluster.roster.beside(UserIx(50)))
    };
    assert_eq!(first(false), (Presence::Unknown(UnknownReason::RegistryOnline), 0, 3));
    assert_eq!(first(true), (Presence::Unknown(UnknownReason::GatewayHangs), 1, 3));
}

#[test]
fn what_appears_as_the_sockets_go_over_to_another_gateway_may_have_been_there_all_the_time() {
    let mut cluster = Cluster::of(8);
    cluster.begin(100, 8);
    cluster.wait(2_100, 4_100);
    // Five users are gone with a gateway, and another one is shown with what the other gateway has.
    cluster.leave(6_100, 0..5);
    let update = cluster.sockets(8_100, vec![(7, UserStatus::Online(vec![connection(5, "web")]))]);
    assert!(update.transitions.iter().all(|it| it.what.kind() != "connected"), "{:?}", update.transitions);
    let open = cluster.roster.connections(UserIx(7));
    let web = open.iter().find(|it| it.connection.platform == Platform(5)).unwrap();
    assert_eq!((web.since.after_ms, web.since.before_ms, open.len()), (None, 8_100, 2));
}
