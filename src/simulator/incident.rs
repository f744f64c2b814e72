//! Scenarios by chance: a cluster of some size on a day with incidents, for judging verdicts on many.

use std::fmt::Write as _;

use fastrand::Rng;

use super::scenario::Scenario;

/// How long each takes, ms.
const RUN: i64 = 240_000;

/// A scenario of four minutes out of a seed, the same for the same seed: one to five gateways, 5 to 5,000
/// users (small numbers as likely as large ones), much or little coming and going, users on two
/// gateways, and one to four incidents at any time but the first and last half minute. Some of the servers
/// have no registry to ask, or no discovery.
///
/// [`World::begin`](super::World::begin) is given the same seed, or another one for other chances in the
/// same story.
#[expect(clippy::expect_used, reason = "the text is written below, and a test reads those of 500 seeds")]
pub fn incident(seed: u64) -> Scenario {
    Scenario::parse(&text(seed), "incident").expect("a scenario")
}

/// The scenario as a file would have it.
fn text(seed: u64) -> String {
    let mut rng = Rng::with_seed(seed ^ 0x0069_6e63_6964_656e);
    let gateways = rng.usize(1..=5);
    let names: Vec<String> = (1..=gateways).map(|nth| format!("gw-{nth}")).collect();
    let users = (5.0 * 1_000_f64.powf(rng.f64())).round() as usize;
    // From nothing to a change of every user in a minute.
    let busy = rng.choice([0.0, 2.0, 10.0, 30.0, 60.0]).unwrap_or(0.0);
    let second = rng.choice([0, 10, 30, 60]).unwrap_or(0);
    let mut out = format!(
        "name = \"incident-{seed}\"\nabout = \"Incidents by chance, from the seed {seed}.\"\nusers = {users}\n\
         seed = {seed}\n\n[gateways]\nnames = {names:?}\nsilence = \"30s\"\n\n\
         [churn]\nconnect = {busy}\ndisconnect = {busy}\nbackground = {busy}\nsecond = {:.1}\n\n",
        busy / 4.0
    );
    // Now and then a release or a permission keeps a witness away.
    let witness = match rng.u8(..20) {
        0 => "users_status = \"missing\"",
        1 => "users_status = \"refused\"",
        2 => "gateways = \"missing\"",
        3 => "gateways = \"refused\"",
        4 => "token_detail = \"missing\"",
        _ => "",
    };
    let _ = write!(out, "[witnesses]\n{witness}\n\n");
    let _ = write!(
        out,
        "[[crowd]]\nid = \"user_{{n:05}}\"\nonline = {}\nbackground = {}\noffline = {}\nsecond = {second}\n\n",
        rng.u32(20..=80),
        rng.u32(0..=20),
        rng.u32(10..=60)
    );
    for _ in 0..rng.u8(1..=4) {
        let at = rng.i64(30_000..RUN - 30_000);
        befall(&mut rng, &names, at, &mut out);
    }
    out
}

/// Writes one incident that begins at `at` (ms).
fn befall(rng: &mut Rng, names: &[String], at: i64, out: &mut String) {
    let Some(name) = rng.choice(names) else { return };
    let gateway = format!("gateway = \"{name}\"\n");
    let mut event = |at: i64, does: &str, more: &str| {
        let _ = write!(out, "[[event]]\nat = \"{at}ms\"\ndoes = \"{does}\"\n{more}\n");
    };
    let come_back = rng.u8(0..=100);
    let soon = rng.i64(100..=3_000);
    let returns =
        format!("come_back = {come_back}\nafter = [\"{soon}ms\", \"{}ms\"]\n", soon + rng.i64(0..=40_000));
    let share = rng.u8(5..=100);
    match rng.u8(..10) {
        0 => event(at, "logout", &format!("share = {share}\nlasts = \"{}ms\"\n", rng.i64(0..=10_000))),
        1 => event(at, "blackout", &format!("share = {share}\n")),
        2 => {
            event(at, "kill", &format!("{gateway}{returns}"));
            event(at + rng.i64(1_000..=60_000), "restart", &gateway);
        }
        3 => event(at, "kill", &format!("{gateway}{returns}")),
        4 => {
            event(at, "hang", &gateway);
            event(at + rng.i64(500..=90_000), "recover", &format!("{gateway}{returns}"));
        }
        5 => {
            event(at, "cut", &gateway);
            event(at + rng.i64(500..=90_000), "rejoin", &gateway);
        }
        6 => {
            let lasts = rng.i64(1_000..=60_000);
            let fails = rng.u8(..3) == 0;
            event(at, "registry-down", &format!("lasts = \"{lasts}ms\"\nfails = {fails}\n"));
        }
        7 => {
            let lasts = rng.i64(1_000..=60_000);
            event(at, "registry-down", &format!("share = {share}\nlasts = \"{lasts}ms\"\n"));
        }
        8 => {
            let lasts = rng.i64(1_000..=20_000);
            event(at, "drain", &format!("{gateway}lasts = \"{lasts}ms\"\n{returns}"));
            event(at + lasts + 2_000, "kill", &gateway);
            event(at + lasts + 2_000 + rng.i64(500..=20_000), "restart", &gateway);
        }
        _ => {
            let (every, away) = (rng.i64(6_000..=20_000), rng.i64(500..=5_000));
            let until = at + every * rng.i64(2..=5);
            let (goes, comes) =
                rng.choice([("hang", "recover"), ("cut", "rejoin")]).unwrap_or(("cut", "rejoin"));
            event(at, goes, &format!("{gateway}every = \"{every}ms\"\nuntil = \"{until}ms\"\n"));
            let until = until + away;
            event(
                at + away,
                comes,
                &format!("{gateway}{returns}every = \"{every}ms\"\nuntil = \"{until}ms\"\n"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::simulator::World;

    #[test]
    fn every_seed_is_a_scenario_and_the_same_seed_the_same_one() {
        let mut doings = BTreeSet::new();
        for seed in 0..500 {
            assert!((5..=5_000).contains(&incident(seed).users()), "{seed}");
            assert_eq!(text(seed), text(seed));
            let text = text(seed);
            doings.extend(text.lines().filter(|line| line.starts_with("does")).map(str::to_owned));
        }
        assert_eq!(doings.len(), 10, "{doings:?}");
    }

    #[test]
    fn an_incident_happens_the_same_way_each_time() {
        let run = |seed| {
            let mut world = World::begin(incident(seed), seed, 1_795_413_200_000);
            world.keep_truth();
            world.advance(1_795_413_200_000 + RUN);
            world.truth().unwrap().events().to_vec()
        };
        for seed in 0..10 {
            let events = run(seed);
            assert!(events.is_sorted_by_key(|event| event.at_ms));
            assert_eq!(events, run(seed), "{seed}");
        }
    }
}
