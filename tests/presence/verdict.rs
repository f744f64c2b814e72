//! The scorer of `benches/verdict.rs` on a small recording whose truth is known, and on a simulated incident:
//! imtop is not wrong where the server's own answer is.

#[path = "../../benches/verdict/mod.rs"]
mod scorer;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use scorer::case::{Outcome, Who, score_file};
use scorer::report;
use scorer::simulated::score_seed;
use scorer::truth::Amid;

/// Ten users and two gateways for a minute: one disconnects in a calm time, the second gateway is out of the
/// API's reach for 10 s, and 8 s later it is dead; half of its users come back on the other one.
fn small() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/verdict/small.ndjson")
}

fn scored() -> Outcome {
    score_file(&small()).unwrap().1
}

#[test]
fn a_reader_that_believes_the_server_calls_users_offline_who_are_not() {
    let outcome = scored();
    let believing = outcome.of(Who::Believing);
    // Four users, whom five answers leave out, of which the first comes as the gateway goes.
    assert_eq!(believing.rounds.open.wrong, 20);
    assert_eq!(believing.rounds.closed.wrong, 0);
    assert!(believing.rounds.sights.hidden > 0, "a connection on the other gateway");
}

#[test]
fn imtop_calls_nobody_offline_who_has_a_socket_and_nobody_online_who_has_none() {
    let outcome = scored();
    for who in [Who::Ideal, Who::Imtop, Who::WithoutGateways] {
        for tally in [&outcome.of(who).rounds, &outcome.of(who).ticks] {
            assert_eq!((tally.open.wrong, tally.closed.wrong), (0, 0), "{who:?}");
            assert_eq!(tally.sights.disconnected, 0, "{who:?}");
        }
    }
    assert!(outcome.of(Who::Imtop).rounds.open.unknown() >= 16, "nor is it known that they are online");
}

#[test]
fn a_real_disconnect_is_offline_as_soon_as_the_registry_agrees() {
    let outcome = scored();
    let calm = &outcome.of(Who::Imtop).leaving[&Amid::Calm];
    assert_eq!((calm.ms.len(), calm.in_round, calm.later, calm.never), (1, 1, 0, 0));
    assert!(calm.ms[0] <= 3_000, "{calm:?}");
    let back = &outcome.of(Who::Imtop).arriving[&Amid::Kill];
    assert_eq!((back.ms.as_slice(), back.later), ([0, 0].as_slice(), 0));
}

#[test]
fn every_target_is_met_on_the_small_recording() {
    let missed: Vec<String> =
        report::judge(&scored()).into_iter().filter(|(met, _)| !met).map(|(_, text)| text).collect();
    assert_eq!(missed, Vec::<String>::new());
}

#[test]
fn an_incident_of_the_simulator_is_scored_the_same_way_twice() {
    let (case, outcome) = score_seed(6);
    assert!(outcome.of(Who::Believing).ticks.open.wrong > 0, "something happens");
    assert_eq!(outcome.of(Who::Imtop).ticks.open.wrong, 0);
    let (again, same) = score_seed(6);
    assert_eq!(report::block(&case, &outcome), report::block(&again, &same));
    assert!(report::line(&case, &outcome).starts_with("seed 6 "));
}

#[test]
fn what_is_told_has_every_reader_and_every_figure_in_its_column() {
    let (case, outcome) = score_file(&small()).unwrap();
    let block = report::block(&case, &outcome);
    let mut lines = block.lines();
    assert_eq!(
        lines.next().unwrap(),
        "small.ndjson: 10 users in batches of 10, every 2 s for 64 s, 17 comings and goings"
    );
    let called = lines.find(|line| line.trim_start().starts_with("called offline")).unwrap();
    let figures: Vec<&str> = called.split_whitespace().skip(2).collect();
    assert_eq!(figures, ["20", "0", "0", "0"]);
    assert!(
        report::worst(&[(case.name, outcome.clone())]).contains("called offline with an open socket, rounds")
    );
    assert!(report::targets(&outcome).lines().all(|line| line.starts_with("PASS ")));
}

#[test]
fn a_file_that_cannot_be_read_is_said_in_a_sentence() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("x.ndjson");
    let error = score_file(&path).err().expect("there is no such file");
    assert!(error.starts_with("cannot read ") && error.contains("x.ndjson"), "{error}");
    let mut text = fs::read_to_string(small()).unwrap();
    writeln!(text, "{{\"question\":").unwrap();
    fs::write(&path, text).unwrap();
    fs::write(scratch.path().join("x.truth.ndjson"), "").unwrap();
    let error = score_file(&path).err().expect("the last line is cut");
    assert!(error.contains("line 193"), "{error}");
}

#[test]
fn several_cases_are_added_up() {
    let one = scored();
    let mut two = one.clone();
    two.add(&one);
    assert_eq!(two.of(Who::Believing).rounds.open.wrong, 2 * one.of(Who::Believing).rounds.open.wrong);
    assert_eq!(two.of(Who::Imtop).leaving[&Amid::Calm].ms.len(), 2);
    assert_eq!(two.costs[0].all.extra.users, 2 * one.costs[0].all.extra.users);
    assert_eq!(two.costs[0].most_at_once, one.costs[0].most_at_once);
    assert!(report::targets(&two).lines().all(|line| line.starts_with("PASS ")));
}
