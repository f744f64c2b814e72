//! `gateway-down`: a gateway that answered before refuses connections, or takes them and says nothing.
//!
//! Evidence: what came of asking for its metrics, of an address that answered 200 earlier in this run. A refusal
//! counts at once; that it says nothing after [`HUNG_MS`], as one slow answer is no trouble. Over when it answers, or
//! is not listed any more.
//!
//! False alarms: a gateway that was taken away on purpose is told for as long as discovery lists it, up to five minutes.
//! One for each gateway.

use super::Evidence;
use super::case::ServerCase;
use super::rule::{Judges, OfRule, RuleRow, Severity};
use crate::presence::time::short_age;
use crate::presence::{Gateway, LifeSign, Moment, Witnesses};
use crate::{say, words};

/// For so long it has to say nothing, in milliseconds.
const HUNG_MS: u64 = 3_000;

/// What it finds: a gateway is down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The address of its metrics.
    pub address: Box<str>,
    /// What came of asking it.
    pub sign: LifeSign,
    /// It answered for the last time then, unix seconds of the server's clock.
    pub alive: i64,
    /// The first time that it did not was then.
    pub since: i64,
    /// How many users it said were on it, when it last answered.
    pub users: Option<u32>,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "gateway-down",
        severity: Severity::Warning,
        says: words!(
            "a gateway that answered before refuses connections, or accepts them and does not answer"
        ),
        brief: words!("a gateway refuses connections, or does not answer"),
        advice: words!(
            "Look at its process and its log (docker ps -a, journalctl), and keep what they show. Start it again if it is gone; if it hangs, its users may still be connected."
        ),
        rank: 214,
        judges: Judges::Promptly(
            |case, _, found| {
                judge(case.witnesses, case.now, |at| case.clock.unix_seconds(at), found);
            },
            next,
        ),
    };

    fn words(&self, server_seconds: i64) -> String {
        let Found { address, sign, alive, since, users } = self;
        let (least, most) = (since.abs_diff(server_seconds), alive.abs_diff(server_seconds));
        // It is asked once a minute: what was so in between is not known.
        let lasted = match (short_age(least), short_age(most)) {
            (_, most) if least == 0 => say!("at most {most}", most),
            (least, most) if least == most => least,
            (least, most) => say!("{least} to {most}", least, most),
        };
        let mut words = if *sign == LifeSign::Refused {
            say!("gateway {address}: connections refused for {lasted}", address, lasted)
        } else {
            say!("gateway {address}: no answer for {lasted}", address, lasted)
        };
        match users {
            Some(1) => words.push_str(say!(", had 1 user")),
            Some(users) => words.push_str(&say!(", had {users} users", users)),
            None => {}
        }
        words
    }

    fn same_as(&self, other: &Found) -> bool {
        self.address == other.address
    }
}

fn next(case: &ServerCase<'_>) -> Option<u64> {
    let hung = case.witnesses.signs.values().filter(|it| it.sign == LifeSign::Hung && it.alive.is_some());
    let due = hung.map(|it| it.since.mono_ms.saturating_add(HUNG_MS));
    due.filter(|at| *at > case.now.mono_ms).min()
}

fn judge(
    witnesses: &Witnesses,
    now: Moment,
    unix_seconds: impl Fn(Moment) -> i64,
    found: &mut Vec<Evidence>,
) {
    let is_down = |it: &Gateway| match it.sign {
        LifeSign::Refused => it.alive.is_some(),
        LifeSign::Hung => it.alive.is_some() && now.since(it.since) >= HUNG_MS,
        LifeSign::Alive | LifeSign::Unclear => false,
    };
    let down = witnesses.signs.iter().filter(|(_, it)| is_down(it)).take(super::MOST);
    found.extend(down.map(|(address, it)| {
        let (alive, since) = (unix_seconds(it.alive.unwrap_or(it.since)), unix_seconds(it.since));
        Evidence::GatewayDown(Found {
            address: address.clone(),
            sign: it.sign,
            alive,
            since,
            users: it.users,
        })
    }));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn at(mono_ms: u64) -> Moment {
        Moment { mono_ms, unix_ms: mono_ms as i64 }
    }

    fn found(sign: LifeSign, alive: bool, now_ms: u64) -> Vec<String> {
        let gateway = Gateway { sign, since: at(10_000), alive: alive.then(|| at(5_000)), users: Some(49) };
        let signs = BTreeMap::from([("10.0.0.7:9090".into(), gateway)]);
        let witnesses = Witnesses { signs, ..Witnesses::default() };
        let mut found = Vec::new();
        judge(&witnesses, at(now_ms), |at| at.unix_ms / 1_000, &mut found);
        found.iter().map(|evidence| evidence.words(now_ms as i64 / 1_000)).collect()
    }

    #[test]
    fn one_that_was_alive_and_is_not_counts() {
        assert_eq!(
            found(LifeSign::Refused, true, 10_000),
            ["gateway 10.0.0.7:9090: connections refused for at most 5s, had 49 users"]
        );
        assert!(found(LifeSign::Refused, false, 99_000).is_empty(), "it may not be for us");
        assert!(found(LifeSign::Hung, true, 12_000).is_empty(), "one slow answer");
        assert_eq!(
            found(LifeSign::Hung, true, 71_000),
            ["gateway 10.0.0.7:9090: no answer for 1m, had 49 users"]
        );
        assert_eq!(
            found(LifeSign::Hung, true, 41_000),
            ["gateway 10.0.0.7:9090: no answer for 31s to 36s, had 49 users"]
        );
        for well in [LifeSign::Alive, LifeSign::Unclear] {
            assert!(found(well, true, 99_000).is_empty());
        }
    }
}
