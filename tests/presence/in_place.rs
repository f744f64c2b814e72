//! What is said while the sockets give no answer, and the registry is asked in their place.

use imtop::presence::{
    Answer, Basis, Change, FetchError, Platform, Presence, Question, Rechecks, RosterState, Totals,
    UnknownReason, Update, UserIx, UserStatus, Witnesses,
};

use crate::cluster::Cluster;
use crate::kit::at;

/// Who is online in the middle of a silence of the sockets that began after 100 ms: 0 to 3 online, 4 offline.
fn silent() -> Cluster {
    let mut cluster = Cluster::of(5);
    cluster.begin(100, 4);
    cluster.roster.advance(at(3_500));
    cluster
}

fn events(update: &Update) -> Vec<(String, String)> {
    let said = update.transitions.iter().map(|it| match &it.what {
        Change::Presence { from, to } => format!("{} to {}", from.word(), to.word()),
        what => what.kind().to_owned(),
    });
    update.transitions.iter().map(|it| it.user.raw().to_owned()).zip(said).collect()
}

fn told(user: &str, what: &str) -> (String, String) {
    (user.to_owned(), what.to_owned())
}

#[test]
fn the_registry_is_to_be_asked_from_when_an_answer_is_overdue_until_there_is_one() {
    let mut cluster = Cluster::of(5);
    cluster.begin(100, 4);
    assert_eq!(cluster.roster.next_change(at(100)), Some(3_101));
    let silence = |update: Update| update.doubts.silence.batches;
    assert_eq!(silence(cluster.roster.advance(at(3_100))), []);
    assert_eq!(silence(cluster.roster.advance(at(3_101))), [(0, true)]);
    assert_eq!(silence(cluster.roster.advance(at(4_000))), [], "once");
    assert_eq!(silence(cluster.sockets(5_000, vec![])), [(0, false)]);
    let failed =
        cluster.hear(Question::OnlineStatus, vec![], 5_500, Err(FetchError::Timeout { after_ms: 100 }));
    assert_eq!(silence(failed), [(0, true)], "a failure is told at once");
    let missing = cluster.sockets(6_000, vec![(2, UserStatus::Missing)]);
    assert_eq!(missing.doubts.silence.users, [(UserIx(2), true)]);
    assert_eq!(cluster.back(8_000, 2..3, "c").doubts.silence.users, [(UserIx(2), false)]);
}

#[test]
fn who_is_online_by_the_registry_stays_what_he_was_and_says_what_that_rests_on() {
    let mut cluster = silent();
    assert!(cluster.roster.is_stale(UserIx(0), at(3_500)));
    let update = cluster.registry(3_600, 0..4, true);
    assert_eq!(events(&update), []);
    cluster.registry(3_600, 4..5, false);
    let update = cluster.roster.advance(at(7_000));
    assert_eq!(events(&update), [], "nobody turns unknown");
    assert_eq!((cluster.is(0), cluster.is(4)), (Presence::Online, Presence::Offline));
    assert_eq!(cluster.roster.basis(UserIx(0)), Basis::Registry);
    assert!(!cluster.roster.is_stale(UserIx(0), at(7_000)));
    assert_eq!(cluster.since(0).before_ms, 100);
    let totals = Totals { watched: 5, online: 4, offline: 1, ..Totals::default() };
    assert_eq!((cluster.roster.totals(at(7_000)), cluster.roster.by_registry_alone()), (totals, 5));
    let update = cluster.sockets(8_000, vec![]);
    assert_eq!((events(&update), cluster.roster.basis(UserIx(0))), (vec![], Basis::Agreed));
    assert_eq!((cluster.roster.totals(at(8_000)), cluster.roster.by_registry_alone()), (totals, 0));
}

#[test]
fn its_word_grows_old_like_any_other() {
    let mut cluster = silent();
    cluster.registry(3_600, 0..4, true);
    cluster.registry(3_600, 4..5, false);
    cluster.roster.advance(at(6_200));
    assert_eq!(cluster.roster.next_change(at(6_200)), Some(9_601));
    cluster.registry(8_000, 0..2, true);
    let update = cluster.roster.advance(at(9_601));
    let lost = |user: &str, from: &str| told(user, &format!("{from} to unknown"));
    assert_eq!(events(&update), [lost("u2", "online"), lost("u3", "online"), lost("u4", "offline")]);
    assert_eq!(cluster.is(2), Presence::Unknown(UnknownReason::Slow));
    assert_eq!((cluster.is(1), cluster.roster.totals(at(9_601)).unknown), (Presence::Online, 3));
}

#[test]
fn who_leaves_or_comes_meanwhile_does_so_by_the_registry_and_the_sockets_have_to_confirm_it() {
    let mut cluster = silent();
    cluster.registry(3_600, 0..4, true);
    let update = cluster.registry(5_600, 0..1, false);
    assert_eq!(events(&update), [told("u0", "online to offline")]);
    assert_eq!((update.transitions[0].after, cluster.since(0).before_ms), (Some(at(3_595)), 5_600));
    let update = cluster.registry(5_700, 4..5, true);
    assert_eq!(events(&update), [told("u4", "offline to online")]);
    // Both are as the registry said; the one who left has his end confirmed by both.
    let update = cluster.sockets(8_000, vec![(0, UserStatus::Offline), (4, crate::kit::online("new"))]);
    assert_eq!(events(&update), [told("u4", "connected")]);
    assert_eq!((cluster.is(0), cluster.since(4).before_ms), (Presence::Offline, 5_700));
    let update = cluster.registry(8_010, 0..1, false);
    assert_eq!(events(&update), [told("u0", "disconnected")]);
    assert_eq!((cluster.since(0).before_ms, cluster.roster.connections(UserIx(0)).len()), (5_600, 0));
}

#[test]
fn the_first_no_of_the_registry_does_not_count_of_whom_the_sockets_had_shown() {
    let mut cluster = silent();
    let update = cluster.registry(3_600, 0..1, false);
    assert_eq!((events(&update), cluster.is(0)), (vec![], Presence::Online), "the login may have been lost");
    cluster.roster.advance(at(7_000));
    assert_eq!(cluster.is(0), Presence::Unknown(UnknownReason::Slow));
}

#[test]
fn a_no_that_was_wrong_is_taken_back() {
    let mut cluster = silent();
    cluster.registry(3_600, 0..4, true);
    cluster.registry(3_600, 4..5, false);
    let offline = cluster.registry(5_600, 0..2, false).transitions[0].id;
    let update = cluster.sockets(8_000, vec![]);
    let all = events(&update);
    let of_first = ["offline to online", "connected", "retracted"].map(|what| told("u0", what));
    assert_eq!((&all[..3], all.len()), (&of_first[..], 6));
    assert_eq!((taken_back(&update)[0], cluster.since(0).before_ms), (offline, 100));
}

fn taken_back(update: &Update) -> Vec<u64> {
    let of = |what: &Change| if let Change::Retracted { of, .. } = what { Some(*of) } else { None };
    update.transitions.iter().filter_map(|it| of(&it.what)).collect()
}

#[test]
fn a_no_that_was_wrong_is_taken_back_though_the_registry_changed_its_word_meanwhile() {
    let mut cluster = silent();
    cluster.registry(3_600, 0..4, true);
    let offline = cluster.registry(5_600, 0..1, false).transitions[0].id;
    cluster.registry(6_600, 0..1, true);
    let again = cluster.registry(7_600, 0..1, false).transitions[0].id;
    assert_eq!(events(&cluster.registry(8_600, 0..1, true)), [told("u0", "offline to online")]);
    let update = cluster.sockets(9_000, vec![]);
    assert_eq!((taken_back(&update), cluster.since(0).before_ms), (vec![offline, again], 100));
    assert_eq!(taken_back(&cluster.sockets(11_000, vec![])), [0_u64; 0], "once");
}

#[test]
fn a_no_that_was_wrong_is_taken_back_though_the_registry_failed_meanwhile() {
    for shown in [vec![], vec![(0, crate::kit::online("c0"))]] {
        let mut cluster = silent();
        cluster.registry(3_600, 0..4, true);
        let offline = cluster.registry(5_600, 0..1, false).transitions[0].id;
        cluster.roster.advance(at(12_000));
        assert_eq!(cluster.is(0), Presence::Unknown(UnknownReason::Slow));
        let state = serde_json::to_string(&cluster.roster.state()).unwrap();
        let read: RosterState = serde_json::from_str(&state).unwrap();
        let list = std::sync::Arc::clone(cluster.roster.list());
        cluster.roster = imtop::presence::Roster::restore(list, read).unwrap();
        let update = cluster.sockets(14_000, shown);
        assert_eq!((cluster.is(0), taken_back(&update)), (Presence::Online, vec![offline]));
    }
}

#[test]
fn a_no_stands_where_the_sockets_show_nothing_or_another_connection() {
    for shown in [UserStatus::Offline, crate::kit::online("new")] {
        let mut cluster = silent();
        cluster.registry(3_600, 0..4, true);
        cluster.registry(5_600, 0..1, false);
        cluster.registry(6_600, 0..1, true);
        let update = cluster.sockets(8_000, vec![(0, shown)]);
        assert_eq!(taken_back(&update), [0_u64; 0], "{:?}", cluster.is(0));
    }
}

#[test]
fn who_came_by_the_registry_and_is_not_shown_is_in_doubt() {
    let mut cluster = silent();
    cluster.registry(5_600, 0..4, true);
    cluster.registry(5_700, 4..5, true);
    let update = cluster.sockets(8_000, vec![]);
    assert_eq!(update.doubts.begun, [UserIx(4)]);
    assert_eq!(
        (cluster.is(4), events(&update)),
        (Presence::Online, vec![]),
        "until the registry is heard again"
    );
    cluster.registry(8_100, 4..5, true);
    assert_eq!(cluster.is(4), Presence::Unknown(UnknownReason::Leaving));
    cluster.registry(8_600, 4..5, false);
    assert_eq!(cluster.is(4), Presence::Offline);
}

#[test]
fn who_was_in_doubt_before_the_silence_stays_in_it() {
    let mut cluster = Cluster::of(5);
    cluster.begin(100, 4);
    cluster.sockets(2_100, vec![(0, UserStatus::Offline)]);
    cluster.registry(2_200, 0..1, true);
    cluster.wait(4_100, 8_100);
    assert_eq!(cluster.is(0), Presence::Unknown(UnknownReason::RegistryOnline));
    cluster.roster.advance(at(12_000));
    cluster.registry(12_100, 0..1, true);
    cluster.roster.advance(at(16_000));
    assert_eq!(cluster.is(0), Presence::Unknown(UnknownReason::RegistryOnline), "and not: no answer");
    assert_eq!(
        (cluster.is(1), cluster.roster.basis(UserIx(0))),
        (Presence::Unknown(UnknownReason::Slow), Basis::Agreed)
    );
    cluster.registry(16_100, 0..1, false);
    assert_eq!((cluster.is(0), cluster.roster.basis(UserIx(0))), (Presence::Offline, Basis::Registry));
}

#[test]
fn whoever_was_never_heard_of_is_online_by_the_registry_but_not_offline() {
    let mut cluster = Cluster::of(2);
    cluster.hear(Question::OnlineStatus, vec![], 10_000, Err(FetchError::Timeout { after_ms: 9_000 }));
    let update = cluster.registry(10_100, 0..1, true);
    cluster.registry(10_100, 1..2, false);
    assert_eq!(events(&update), [told("u0", "unknown to online")]);
    assert_eq!((cluster.is(0), cluster.roster.basis(UserIx(0))), (Presence::Online, Basis::Registry));
    assert_eq!(cluster.is(1), Presence::Unknown(UnknownReason::Failed(imtop::presence::ErrorKind::Timeout)));
    cluster.registry(12_100, 0..1, false);
    assert_eq!(cluster.is(0), Presence::Offline, "the registry has shown that it knows of the user");
}

#[test]
fn it_is_written_down_and_goes_on_from_there() {
    let mut cluster = silent();
    cluster.registry(3_600, 0..4, true);
    cluster.registry(5_600, 0..1, false);
    let state = cluster.roster.state();
    let text = serde_json::to_string(&state).unwrap();
    let read: RosterState = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    let mut other =
        imtop::presence::Roster::restore(std::sync::Arc::clone(cluster.roster.list()), read).unwrap();
    for roster in [&mut other, &mut cluster.roster] {
        let update = roster.advance(at(11_700));
        assert_eq!(events(&update).len(), 5, "{update:?}");
    }
    assert_eq!(other.state(), cluster.roster.state());
}

#[test]
fn where_nobody_asks_the_registry_nothing_is_said_in_the_sockets_place() {
    let mut cluster = Cluster::asking(2, Witnesses::to_be_asked(false, false));
    cluster.sockets(100, vec![(0, crate::kit::online("c0")), (1, UserStatus::Offline)]);
    let update = cluster.roster.advance(at(4_000));
    assert_eq!(update.doubts, Rechecks::default());
}

#[test]
fn one_who_is_online_again_on_another_platform_by_the_registry_comes_once() {
    let mut cluster = silent();
    cluster.registry(3_600, 0..1, true);
    assert_eq!(events(&cluster.registry(4_600, 0..1, false)), [told("u0", "online to offline")]);
    let said = vec![(UserIx(0), [Platform(5)].into())];
    let update = cluster.hear(Question::UsersStatus, vec![UserIx(0)], 5_600, Ok(Answer::Registry(said)));
    assert_eq!(events(&update), [told("u0", "offline to online")]);
    assert_eq!(cluster.is(0), Presence::Online);
}
