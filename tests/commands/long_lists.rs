//! Commands on a list that is longer than the sample of the first round, against a simulated server.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::binary::{Said, Site, real_clock};
use crate::schemas::Schema;
use imtop::simulator::Scenario;

const USERS: usize = 6_000;

/// A server on which nobody is connected, and a list of all its users.
fn site(faults: &str) -> Site {
    let text = format!(
        "name = \"night\"\nabout = \"nobody\"\nusers = {USERS}\n\
         [[crowd]]\nid = \"u_{{n:05}}\"\nshare = 1\nonline = 0\nbackground = 0\noffline = 100\n{faults}"
    );
    let scenario = Scenario::parse(&text, "test").unwrap_or_else(|error| panic!("{error}"));
    let ids: Vec<String> = scenario.watch_list().iter().map(|entry| entry.id.clone()).collect();
    let list = ids.join("\n");
    Site::of(scenario, &list, real_clock())
}

fn said(site: &Site, args: &[&str]) -> Said {
    site.usual(args).output().unwrap().into()
}

#[test]
fn of_a_long_list_a_sample_is_asked_about_and_each_form_says_so() {
    let site = site("");
    let arguments: [&[&str]; 5] = [
        &["snapshot", "--format", "json"],
        &["snapshot"],
        &["snapshot", "--format", "csv"],
        &["snapshot", "--format", "openmetrics"],
        &["check", "--warn", "unknown>0"],
    ];
    let [whole, table, csv, metrics, check] = std::thread::scope(|scope| {
        arguments.map(|it| scope.spawn(|| said(&site, it))).map(|running| running.join().unwrap())
    });
    assert_eq!((whole.code, whole.err.as_str()), (Some(0), ""));
    let json = Schema::named("snapshot").read(&whole.out);
    assert_eq!(json["totals"]["offline"], USERS);
    let expected = serde_json::json!({"unchecked": 0, "sampled": 2_000, "sample": 4_000, "by_registry": 0, "less_than_1_in": 1_000});
    assert_eq!(json["checks"], expected);
    let users = json["users"].as_array().unwrap();
    assert_eq!(users.iter().filter(|user| user["basis"] == "sampled").count(), 2_000);
    let bound = "2000 users are offline by a sample: 0 of 4000 asked were online, so less than 1 in 1000 \
                 of the others is, at 95 %";
    assert!(table.out.contains(&format!("\n{bound}\n")), "{}", table.out.lines().last().unwrap());
    assert_eq!(csv.out.matches(",sampled,").count(), 2_000);
    for line in ["imtop_unchecked_users 0", "imtop_sampled_users 2000"] {
        assert!(metrics.out.lines().any(|it| it == line), "{}", metrics.out);
    }
    assert_eq!(check.code, Some(0), "{}", check.out);
    assert!(check.out.lines().any(|line| line == bound), "{}", check.out);
}

#[test]
fn events_tell_everybody_once_when_they_are_known_and_nobody_before() {
    let site = site("");
    let events = said(&site, &["events", "--format", "ndjson", "--duration", "8s"]);
    assert_eq!(events.code, Some(0), "{}", events.err);
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for line in events.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        if line["kind"] == "presence" {
            assert_eq!(
                (line["to"].as_str(), &line["from"], &line["after"]),
                (Some("offline"), &Value::Null, &Value::Null)
            );
            *seen.entry(line["user"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    assert_eq!((seen.len(), seen.values().max()), (USERS, Some(&1)));
}

#[test]
fn who_could_not_be_checked_is_unknown_and_that_is_no_success() {
    let site = site("[[fault]]\nwhat = \"hang\"\npath = \"/user/get_users_status\"\n");
    let arguments: [&[&str]; 2] =
        [&["snapshot", "--timeout", "1s", "--format", "json"], &["check", "--timeout", "1s"]];
    let [snapshot, check] = std::thread::scope(|scope| {
        arguments.map(|it| scope.spawn(|| said(&site, it))).map(|running| running.join().unwrap())
    });
    let json = Schema::named("snapshot").read(&snapshot.out);
    assert_eq!((&json["totals"]["offline"], &json["totals"]["unknown"]), (&0.into(), &USERS.into()));
    let left = json["checks"]["unchecked"].as_u64().unwrap();
    let words = "6,000 users are unknown: the registry has not answered about them, and without it nobody is called offline\n";
    assert!(left >= 2_000 && snapshot.err.ends_with(words), "{}", snapshot.err);
    assert_eq!(snapshot.code, Some(1));
    assert!(
        check.out.contains(" users are unknown: the registry has not answered about them\n"),
        "{}",
        check.out
    );
    assert_ne!(check.code, Some(0));
}
