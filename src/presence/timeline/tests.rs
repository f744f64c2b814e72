//! What is kept of what happened, and in which groups.

use super::*;
use crate::presence::{ConnId, ErrorKind, Platform, Socket, UnknownReason};

fn at(mono_ms: u64) -> Moment {
    Moment { mono_ms, unix_ms: 0 }
}

fn transition(user: &str, what: Change, before: u64) -> Transition {
    let after = Some(at(before.saturating_sub(2_000)));
    Transition { id: 0, user: UserId::new(user), what, after, before: at(before), operation: None }
}

fn lost() -> Change {
    Change::Presence {
        from: Presence::Online,
        to: Presence::Unknown(UnknownReason::Failed(ErrorKind::Timeout)),
    }
}

fn offline() -> Change {
    Change::Presence { from: Presence::Online, to: Presence::Offline }
}

fn dropped(platform: i32) -> Change {
    Change::Disconnected(Socket { platform: Platform(platform), id: ConnId::new("c"), token: None })
}

fn counts(timeline: &Timeline) -> Vec<u32> {
    timeline.groups().map(|group| group.count).collect()
}

#[test]
fn what_a_user_goes_through_at_a_moment_is_one_story_and_the_presence_groups_them() {
    let mut timeline = Timeline::default();
    let of = |user: &str, platform| {
        [transition(user, offline(), 5_000), transition(user, dropped(platform), 5_000)]
    };
    let transitions = [of("a", 2), of("b", 3), of("c", 2)].concat();
    timeline.record(&transitions, |_| Some(0));
    assert_eq!(counts(&timeline), [3], "whatever the platform");
    timeline.record(&[transition("d", dropped(2), 6_000), transition("e", dropped(3), 6_000)], |_| None);
    assert_eq!(counts(&timeline), [1, 1, 3], "without a change of presence the platform tells");
    let lengths = |one: &EventGroup| match &one.event {
        Event::Story(story) => story.transitions().count(),
        _ => 0,
    };
    let stories: Vec<usize> = timeline.of_user("a").map(lengths).collect();
    assert_eq!(stories, [2]);
}

#[test]
fn who_comes_back_with_the_same_connections_is_told_apart() {
    let mut timeline = Timeline::default();
    let back = |user: &str, what: fn(Socket) -> Change| {
        let online = Change::Presence { from: Presence::Offline, to: Presence::Online };
        let socket = Socket { platform: Platform(2), id: ConnId::new(user), token: None };
        [transition(user, online, 5_000), transition(user, what(socket), 5_000)]
    };
    let again = |socket| Change::SeenAgain { socket, absent_ms: 8_000, whole_user: true };
    let answer = [back("a", again), back("b", Change::Connected), back("c", again)];
    timeline.record(&answer.concat(), |_| None);
    assert_eq!(counts(&timeline), [1, 2]);
}

fn became(from: Presence, to: Presence) -> Change {
    Change::Presence { from, to }
}

/// The changes of presence that are told of a user, oldest first.
fn told(timeline: &Timeline, user: &str) -> Vec<(Presence, Presence)> {
    let presence = |one: &EventGroup| match &one.event {
        Event::Story(story) => match story.first.what {
            Change::Presence { from, to } => Some((from, to)),
            _ => None,
        },
        _ => None,
    };
    let mut told: Vec<_> = timeline.of_user(user).filter_map(presence).collect();
    told.reverse();
    told
}

const ONLINE: Presence = Presence::Online;
const OFFLINE: Presence = Presence::Offline;
const LEAVING: Presence = Presence::Unknown(UnknownReason::Leaving);

#[test]
fn who_leaves_is_one_line_and_who_stays_is_none() {
    let mut timeline = Timeline::default();
    let record = |timeline: &mut Timeline, user: &str, ms, what: &[Change]| {
        let all: Vec<_> = what.iter().map(|what| transition(user, what.clone(), ms)).collect();
        timeline.record(&all, |_| None);
    };
    let lasting = Presence::Unknown(UnknownReason::RegistryOnline);
    record(&mut timeline, "a", 2_000, &[became(ONLINE, LEAVING)]);
    assert_eq!((timeline.taken(), timeline.changed("a")), (0, None), "no news yet");
    record(&mut timeline, "b", 2_000, &[became(ONLINE, LEAVING)]);
    record(&mut timeline, "c", 2_000, &[became(ONLINE, LEAVING)]);
    record(&mut timeline, "a", 3_000, &[became(LEAVING, OFFLINE), dropped(2)]);
    record(&mut timeline, "b", 4_000, &[became(LEAVING, ONLINE)]);
    record(&mut timeline, "c", 7_000, &[became(LEAVING, lasting)]);
    record(&mut timeline, "c", 9_000, &[became(lasting, OFFLINE)]);
    assert_eq!(told(&timeline, "a"), [(ONLINE, OFFLINE)]);
    assert_eq!(told(&timeline, "b"), []);
    assert_eq!(told(&timeline, "c"), [(ONLINE, lasting), (lasting, OFFLINE)]);
    assert!(timeline.before.is_empty());
}

#[test]
fn a_connection_that_was_hidden_for_a_while_is_no_news_unless_it_was_called_gone() {
    let mut timeline = Timeline::default();
    let socket = || Socket { platform: Platform(2), id: ConnId::new("c"), token: None };
    let again = || Change::SeenAgain { socket: socket(), absent_ms: 4_000, whole_user: false };
    timeline.record(&[transition("a", again(), 4_000)], |_| None);
    assert_eq!(timeline.taken(), 0);
    let taken_back = Change::Retracted { of: 1, socket: socket() };
    timeline.record(&[transition("a", again(), 9_000), transition("a", taken_back, 9_000)], |_| None);
    assert_eq!(timeline.taken(), 1);
}

/// Users who go offline at once with one connection each, and what is numbered so.
fn gone(users: &[(&str, u64)]) -> Vec<Transition> {
    let of = |(user, id): &(&str, u64)| {
        [
            Transition { id: *id, ..transition(user, offline(), 5_000) },
            Transition { id: id + 1, ..transition(user, dropped(2), 5_000) },
        ]
    };
    users.iter().flat_map(of).collect()
}

fn retracted(user: &str, of: u64) -> Transition {
    let socket = Socket { platform: Platform(2), id: ConnId::new("c"), token: None };
    Transition { id: 100 + of, ..transition(user, Change::Retracted { of, socket }, 9_000) }
}

#[test]
fn what_is_taken_back_is_marked_with_the_user_and_counted_in_the_group() {
    let mut timeline = Timeline::default();
    timeline.record(&gone(&[("a", 1), ("b", 3), ("c", 5)]), |_| None);
    timeline.note(Event::Notice { at: at(6_000), text: "between".into() }, at(6_000));
    timeline.record(&gone(&[("d", 8)]), |_| None);
    let group = |timeline: &Timeline| timeline.groups().last().map(|group| (group.count, group.retracted));
    assert_eq!(group(&timeline), Some((4, 0)));

    // The first of a group, twice, and one of the others; 7 is told nowhere.
    let back = [retracted("b", 3), retracted("b", 4), retracted("b", 3), retracted("b", 7)];
    timeline.record(&back, |_| None);
    timeline.record(&[retracted("a", 1)], |_| None);
    assert_eq!(group(&timeline), Some((4, 2)));
    let marks = |timeline: &Timeline, user: &str| -> Vec<(u32, Vec<bool>)> {
        let of = |one: &EventGroup| match &one.event {
            Event::Story(story) => {
                (one.retracted, story.transitions().map(|it| story.is_retracted(it)).collect())
            }
            _ => (0, vec![]),
        };
        timeline.of_user(user).map(of).collect()
    };
    assert_eq!(marks(&timeline, "b").last(), Some(&(1, vec![true, true])));
    assert_eq!(marks(&timeline, "a").last(), Some(&(1, vec![true, false])));
    assert_eq!(marks(&timeline, "c"), [(0, vec![false, false])]);
    let heads = timeline.groups().last().map(|group| match &group.event {
        Event::Story(story) => story.retracted.clone(),
        _ => vec![],
    });
    assert_eq!(heads, Some(vec![1]), "the first of the group is a");
}

#[test]
fn only_what_is_kept_is_marked() {
    let mut timeline = Timeline::default();
    for n in 0..(KEPT as u64 + 5) {
        let one = Transition { id: n + 1, ..transition("a", dropped(1), n * 2_000) };
        timeline.record(&[one], |_| None);
    }
    assert_eq!(timeline.places.len(), KEPT);
    timeline.record(&[retracted("a", 2), retracted("a", 7), retracted("a", 8)], |_| None);
    let marked = timeline.singles(0).filter(|one| one.retracted > 0).count();
    assert_eq!(marked, 2, "the second is not kept any more");
}

#[test]
fn batches_of_one_round_are_one_group_with_the_widest_interval() {
    let mut timeline = Timeline::default();
    for (batch, before) in [(0, 5_000), (1, 5_400), (2, 6_000)] {
        timeline.record(&[transition(&format!("u{batch}"), lost(), before)], |_| Some(batch));
    }
    let group = timeline.groups().next().unwrap().clone();
    assert_eq!((group.count, group.batches), (3, vec![0, 1, 2]));
    assert_eq!((group.after, group.before), (Some(at(3_000)), at(6_000)));
    timeline.record(&[transition("late", lost(), 6_001)], |_| Some(3));
    assert_eq!(counts(&timeline), [1, 3], "a second is over");
    timeline.record(&[transition("late", lost(), 6_500)], |_| Some(3));
    assert_eq!(counts(&timeline), [1, 1, 3], "nobody counts twice");
}

#[test]
fn first_sights_are_not_kept_and_the_rest_is_bounded() {
    let mut timeline = Timeline::default();
    timeline.record(&[Transition { after: None, ..transition("a", lost(), 1) }], |_| None);
    assert_eq!(timeline.taken(), 0);
    for n in 0..(KEPT as u64 + 5) {
        timeline.record(&[transition("a", dropped(1), n * 10)], |_| None);
    }
    assert_eq!(timeline.groups().count(), KEPT);
    assert_eq!(timeline.of_user("a").count(), KEPT);
}

#[test]
fn findings_of_one_rule_and_batches_with_one_trouble_are_one_group() {
    let mut timeline = Timeline::default();
    let found = |user: &str, raised| Event::Finding {
        raised,
        user: Some(UserId::new(user)),
        rule: Rule::TokenExpired,
        severity: Severity::Warning,
        text: FindingText::None,
    };
    let feed = |batch, trouble, after_ms| Event::Feed { batch, of: 3, trouble, after_ms };
    for user in ["a", "b", "c"] {
        timeline.note(found(user, true), at(5_000));
    }
    timeline.note(found("a", false), at(5_000));
    for batch in 0..3 {
        timeline.note(feed(batch, Some(ErrorKind::Timeout), 0), at(5_200));
    }
    timeline.note(feed(0, None, 7_000), at(5_300));
    timeline.note(feed(1, None, 14_000), at(5_300));
    timeline.note(feed(0, Some(ErrorKind::Timeout), 0), at(5_400));
    assert_eq!(counts(&timeline), [1, 2, 3, 1, 3]);
    let again = timeline.groups().nth(1).map(|group| group.event.clone());
    assert_eq!(again, Some(feed(0, None, 14_000)), "the longest");
    assert_eq!(timeline.of_user("a").count(), 2);
}

#[test]
fn events_are_found_by_their_numbers_and_who_changed_is_known_for_half_a_minute() {
    let mut timeline = Timeline::default();
    for (user, before) in [("a", 1_000), ("b", 9_000), ("a", 20_000)] {
        timeline.record(&[transition(user, dropped(1), before)], |_| None);
    }
    assert_eq!((timeline.len(), timeline.newer(1), timeline.settled()), (3, 2, 0));
    assert_eq!(timeline.group(2).map(|group| group.number), Some(2));
    assert_eq!(timeline.single(4), None);
    assert_eq!(timeline.singles(1).count(), 2);
    assert_eq!((timeline.changed("a"), timeline.changed("c")), (Some(20_000), None));
    timeline.record(&[transition("c", dropped(1), 39_001)], |_| None);
    assert_eq!((timeline.changed("b"), timeline.changed("a")), (None, Some(20_000)));
}
