//! Which links hold, and what comes of them.

use std::sync::Arc;

use super::*;
use crate::kit::{at, connection, observed, token};
use crate::presence::{
    Answer, Entry, Freshness, Input, Question, Roster, RuleSettings, State, Thresholds, UserStatus,
    WatchList, Witnesses,
};

const ALICE: UserIx = UserIx(0);

/// What is known of somebody whom the server answers about so, and the registry so.
fn known(status: UserStatus, registry: Option<&[i32]>) -> State {
    let list = Arc::new(WatchList::new(1, 500, [Entry::of("alice")]));
    let roster = Roster::new(list, Freshness::for_interval(2_000), at(0))
        .with_witnesses(Witnesses::to_be_asked(true, false), Thresholds::default());
    let mut state = State::new(roster, RuleSettings::default(), at(0));
    state.take(at(10), &Input::Observed(observed(at(10), Ok(Answer::Changed(vec![(ALICE, status)])))));
    if let Some(platforms) = registry {
        let platforms = platforms.iter().map(|platform| Platform(*platform)).collect();
        let answer = Ok(Answer::Registry(vec![(ALICE, platforms)]));
        let mut seen = observed(at(20), answer);
        seen.question = Question::UsersStatus;
        seen.users = [ALICE].into();
        state.take(at(20), &Input::Observed(seen));
    }
    state
}

fn on(platforms: &[(i32, bool)]) -> UserStatus {
    let connections = platforms.iter().zip(0..).map(|((platform, background), number)| {
        let claims = Claims { expires: Some(at(0).unix_ms / 1_000 + 3_600), ..Claims::default() };
        crate::presence::Connection {
            background: *background,
            token: Some(token(number, claims)),
            ..connection(*platform, &format!("c{number}"))
        }
    });
    UserStatus::Online(connections.collect())
}

fn holds(state: &State, answers: &DeliveryAnswers) -> (Delivery, Vec<(&'static str, &'static str)>) {
    let (delivery, links) = state.knowledge().delivery_chain(ALICE, answers, at(30));
    assert_eq!(links.iter().map(|link| link.name).collect::<Vec<_>>(), LinkName::ALL);
    for link in &links {
        assert!(!link.evidence.is_empty() && !link.evidence.ends_with('.'), "{link:?}");
        assert!(link.advice.is_none_or(|advice| advice.ends_with('.')), "{link:?}");
    }
    (delivery, links.iter().map(|link| (link.name.name(), link.holds.name())).collect())
}

#[test]
fn a_message_arrives_at_an_app_that_is_open() {
    let state = known(on(&[(1, true), (5, false)]), None);
    let answers = DeliveryAnswers {
        registry: Some(Ok(vec![Platform(1), Platform(5)])),
        unread: Some(Ok([UnreadMessages::default(); 2])),
        push: Some(Ok([PushCounters { services: 1, failed: 3, slow: 0 }; 2])),
        watched_ms: 60_000,
        ..DeliveryAnswers::default()
    };
    let (delivery, links) = holds(&state, &answers);
    assert_eq!(delivery, Delivery::Now);
    assert!(links.iter().all(|(_, holds)| *holds == "yes"), "{links:?}");
}

#[test]
fn an_iphone_in_the_background_gets_a_notification_and_android_a_message() {
    let none = DeliveryAnswers::default();
    let (delivery, links) = holds(&known(on(&[(1, true)]), None), &none);
    assert_eq!((delivery, links[2]), (Delivery::Push, ("foreground", "no")));
    let (delivery, links) = holds(&known(on(&[(2, true)]), None), &none);
    assert_eq!((delivery, links[2]), (Delivery::Now, ("foreground", "yes")));
}

#[test]
fn whom_the_registry_lacks_no_message_reaches() {
    let state = known(on(&[(5, false)]), None);
    let lacks = DeliveryAnswers { registry: Some(Ok(Vec::new())), ..DeliveryAnswers::default() };
    let (delivery, links) = holds(&state, &lacks);
    assert_eq!((delivery, links[4]), (Delivery::No, ("registry", "no")));
    assert_eq!(state.knowledge().delivery(ALICE), Delivery::Now, "nobody has asked twice yet");
}

#[test]
fn who_is_offline_gets_a_notification_and_who_is_unknown_nobody_knows() {
    let none = DeliveryAnswers::default();
    let offline = known(UserStatus::Offline, Some(&[]));
    let (delivery, links) = holds(&offline, &none);
    assert_eq!((delivery, links[1], links[3]), (Delivery::Push, ("connected", "no"), ("token", "unknown")));
    let missing = DeliveryAnswers { registered: Some(Ok(false)), ..DeliveryAnswers::default() };
    assert_eq!(holds(&offline, &missing).0, Delivery::No);
    let doubtful = known(UserStatus::Offline, Some(&[5]));
    assert_eq!(holds(&doubtful, &none).0, Delivery::Unknown);
}

#[test]
fn unread_messages_that_grow_while_connected_are_told() {
    let state = known(on(&[(5, false)]), None);
    let grows = |first, last| {
        let unread = |messages| UnreadMessages { conversations: 2, messages };
        let answers = DeliveryAnswers {
            unread: Some(Ok([unread(first), unread(last)])),
            apart_ms: 5_000,
            ..DeliveryAnswers::default()
        };
        let (_, links) = state.knowledge().delivery_chain(ALICE, &answers, at(30));
        (links[6].holds, links[6].evidence.clone())
    };
    assert_eq!(grows(3, 1_005), (Holds::No, "1,005 unread, 1,002 more than 5s before".to_owned()));
    let stays = (Holds::Yes, "3 unread in 2 conversations, no more than 5s before".to_owned());
    assert_eq!(grows(3, 3), stays);
}

#[test]
fn an_expired_token_is_told_with_how_long_it_works() {
    let state = known(on(&[(5, false)]), None);
    let later = at(7_200_000);
    let (_, links) = state.knowledge().delivery_chain(ALICE, &DeliveryAnswers::default(), later);
    assert_eq!(links[3].holds, Holds::No, "{:?}", links[3]);
}

#[test]
fn of_ever_so_many_platforms_the_first_few_are_told() {
    let many: Vec<(i32, bool)> = (1..1_000).map(|platform| (platform, false)).collect();
    let (_, links) = known(on(&many), None).knowledge().delivery_chain(
        ALICE,
        &DeliveryAnswers { registry: Some(Ok(Vec::new())), ..DeliveryAnswers::default() },
        at(30),
    );
    assert!(
        links[1].evidence.starts_with("999 connections: iOS, Android, Windows, "),
        "{}",
        links[1].evidence
    );
    assert!(links.iter().all(|link| link.evidence.len() < 200), "{links:?}");
}
