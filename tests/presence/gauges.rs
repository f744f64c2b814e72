//! The gateways' own count of users, beside what the sockets show.

use imtop::presence::{
    Answer, Entry, GatewaySign, Input, LifeSign, Question, Rule, RuleSettings, State, WatchList, Witnesses,
};

use crate::cluster::Cluster;
use crate::kit::{at, observed};

/// 100 users, all online, who are everybody or not.
fn cluster(is_everybody: bool) -> Cluster {
    let ids = (0..120).map(|user| Entry::of(&format!("u{user}")));
    let list = WatchList::new(1, 500, ids).naming_everybody(is_everybody);
    let mut cluster = Cluster::watching(list, Witnesses::to_be_asked(true, true));
    cluster.begin(100, 100);
    cluster
}

/// The gateways answer, and count so many users.
fn count(cluster: &mut Cluster, ms: u64, gauges: &[Option<u32>]) {
    let signs = gauges.iter().enumerate().map(|(at, users)| GatewaySign {
        users: *users,
        ..GatewaySign::new(format!("10.0.0.{at}:9090"), LifeSign::Alive)
    });
    cluster.hear(Question::Gateways, vec![], ms, Ok(Answer::Gateways(signs.collect())));
}

/// What is found after two minutes in which the gateways count like this, half of the time each.
fn found(mut cluster: Cluster, gauges: &[&[Option<u32>]]) -> Option<String> {
    for round in 1..=60_u64 {
        cluster.sockets(round * 2_000 + 100, vec![]);
        if round % 5 == 0 {
            let at = (round as usize / 30).min(gauges.len() - 1);
            count(&mut cluster, round * 2_000 + 200, gauges[at]);
        }
    }
    let mut state = State::new(cluster.roster, RuleSettings::default(), at(124_000));
    let answer = observed(at(124_200), Ok(Answer::Changed(vec![])));
    state.take(at(124_200), &Input::Observed(answer));
    let findings = &state.knowledge().findings;
    findings.of_server().iter().find(|it| it.rule == Rule::GaugeDrift).map(|it| it.evidence.words(125))
}

#[test]
fn gauges_that_count_too_many_of_everybody_are_found() {
    let words = found(cluster(true), &[&[Some(130)], &[Some(140)]]).unwrap();
    assert_eq!(words, "online_user_num of the gateways: 140, 40 more than the 100 users shown, growing");
    assert_eq!(found(cluster(false), &[&[Some(130)]]), None, "the others may be on it");
    assert_eq!(found(cluster(true), &[&[Some(104)]]), None, "logins between the two questions");
}

#[test]
fn a_gauge_that_counts_too_few_is_found_whoever_is_watched() {
    let words = found(cluster(false), &[&[Some(90)]]).unwrap();
    assert_eq!(words, "online_user_num of the gateways: 90, 10 fewer than the 100 users shown");
}

#[test]
fn who_is_on_two_gateways_is_counted_twice_and_that_is_no_drift() {
    let both = [Some(70), Some(60)];
    assert_eq!(found(cluster(true), &[&both]), None);
    let words = found(cluster(true), &[&both, &[Some(90), Some(60)]]).unwrap();
    assert_eq!(words, "online_user_num of the gateways: 150, 50 more than the 100 users shown");
}

#[test]
fn while_a_gateway_does_not_answer_nothing_is_said_of_its_gauge() {
    let mut cluster = cluster(true);
    cluster.wait(2_100, 30_100);
    count(&mut cluster, 30_200, &[Some(130)]);
    let is_off = |cluster: &Cluster| cluster.roster.witnesses().gauges.is_some_and(|it| it.off.is_some());
    assert!(is_off(&cluster));
    let signs = vec![GatewaySign::new("10.0.0.0:9090", LifeSign::Refused)];
    cluster.hear(Question::Gateways, vec![], 30_300, Ok(Answer::Gateways(signs)));
    assert!(!is_off(&cluster));
}
