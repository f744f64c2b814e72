//! The scenarios that are built in: each has the story that it promises.

use std::collections::HashSet;

use imtop::simulator::{Scenario, What, Why, World};

use crate::START;

/// Users shown, and the truth, every two seconds: how many of those with a socket are called offline, how
/// many without one online, and how often the registry says the opposite of the truth.
fn lies(name: &str) -> [usize; 3] {
    let scenario = Scenario::named(name).unwrap();
    let ids: Vec<String> = scenario.watch_list().into_iter().map(|entry| entry.id).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut world = World::begin(scenario, 5, START);
    world.keep_truth();
    let mut lies = [0; 3];
    for round in 1..=120 {
        let at = START + round * 2_000;
        world.advance(at);
        let shown = statuses(&world.online_status(&ids).0);
        let registry = world.users_status(&ids).ok().map(|body| statuses(&body));
        assert_eq!(shown.len(), ids.len());
        let truth = world.truth().unwrap();
        for (nth, id) in ids.iter().enumerate() {
            let online = truth.is_online(id, at);
            // Who changed within the registry's second is nobody's lie.
            if online != truth.is_online(id, at - 1_300) {
                continue;
            }
            lies[0] += usize::from(online && !shown[nth]);
            lies[1] += usize::from(!online && shown[nth]);
            lies[2] += usize::from(registry.as_ref().is_some_and(|registry| registry[nth] != online));
        }
    }
    lies
}

/// Who is online, by the entries of an answer in their order.
fn statuses(body: &str) -> Vec<bool> {
    body.split("\"status\":").skip(1).map(|rest| rest.starts_with('1')).collect()
}

#[test]
fn each_way_to_be_wrong_is_shown_and_no_other() {
    // False offline, false online, a wrong registry.
    for (name, expected) in [
        ("calm", [false, false, false]),
        ("logout", [false, false, false]),
        ("vanish", [false, true, true]),
        ("kill", [false, false, true]),
        ("registry-lag", [false, false, true]),
        ("cut", [true, false, false]),
        ("overflow", [false, false, true]),
        // Who leaves a gateway that hangs is noticed when it runs on.
        ("hang", [true, false, true]),
        ("drain", [false, false, false]),
        ("flapping", [true, false, false]),
        ("silent", [true, false, true]),
        ("deaf", [false, false, true]),
        ("release", [false, false, false]),
        ("api-down", [false, false, false]),
    ] {
        let lies = lies(name);
        // A user who moves from one gateway to another can be away from the registry for a second.
        let least = [3, 3, 10];
        let found: Vec<bool> = lies.iter().zip(least).map(|(lies, least)| *lies > least).collect();
        assert_eq!(found, expected, "{name}: {lies:?}");
    }
}

#[test]
fn a_story_has_calm_before_and_after() {
    for name in Scenario::names().filter(|name| !["night", "calm", "faults"].contains(name)) {
        let mut world = World::begin(Scenario::named(name).unwrap(), 5, START);
        world.keep_truth();
        world.advance(START + 360_000);
        let events = world.truth().unwrap().events();
        let strange = |what: What| {
            !matches!(
                what,
                What::Connected
                    | What::Disconnected(Why::Client | Why::Kicked)
                    | What::Background
                    | What::Foreground
            )
        };
        let times: Vec<i64> =
            events.iter().filter(|event| strange(event.what)).map(|event| event.at_ms - START).collect();
        let calm = times.iter().all(|at| (5_000..=300_000).contains(at));
        assert!(calm, "{name}: {:?} to {:?}", times.first(), times.last());
        let gateways: HashSet<_> = events.iter().filter_map(|event| event.gateway).collect();
        assert!(gateways.len() >= 2, "{name}");
        let came = events.iter().filter(|event| event.what == What::Connected && event.at_ms > START);
        assert!(came.count() > 5, "{name}: people come and go");
    }
}

#[test]
fn who_logs_in_while_logins_are_lost_is_connected_and_not_in_the_registry() {
    let mut world = World::begin(Scenario::named("deaf").unwrap(), 5, START);
    world.keep_truth();
    world.advance(START + 75_000);
    let events = world.truth().unwrap().events();
    let lost: HashSet<String> = events
        .iter()
        .filter(|event| event.what == What::LoginLost)
        .filter_map(|event| Some(event.client.as_ref()?.user.to_string()))
        .collect();
    let line = events.iter().find(|event| event.what == What::LoginLost).unwrap().line();
    assert!(line.contains("\"event\":\"login_lost\"") && line.contains("\"connID\":"), "{line}");
    let deaf: Vec<&String> = lost.iter().filter(|user| world.is_deaf(user)).collect();
    assert!(deaf.len() > 10, "{} of {}", deaf.len(), lost.len());
    let registry = world.users_status(&[deaf[0].as_str()]).unwrap();
    let (sockets, _) = world.online_status(&[deaf[0].as_str()]);
    assert!(sockets.contains("\"status\":1"), "{sockets}");
    assert!(registry.contains("\"status\":0") || registry.contains("platformIDs"), "{registry}");
    // Renewal puts them in after 10 to 20 minutes.
    world.advance(START + 1_400_000);
    assert!(lost.iter().filter(|user| world.is_deaf(user)).count() * 4 < deaf.len());
}
