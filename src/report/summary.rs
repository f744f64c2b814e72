//! What a snapshot says beside its users: which server, how the last round went, how many users are
//! what, and what is wrong with the server or with many users at once.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::listing::{FindingRecord, Time, by_registry_words, counted_words, one_in, sample_words};
use crate::presence::{Counts, Rollup, Roster, Totals, thousands};

/// The name and version of the format. Within a version fields are only added.
pub const SCHEMA: &str = "imtop.snapshot/1";

/// A snapshot without its users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The name and version of this format.
    pub schema: &'static str,
    /// When.
    pub at: Option<Time>,
    /// Which server.
    pub server: ServerRecord,
    /// How the last round went.
    pub round: RoundRecord,
    /// All watched users, counted, whoever is listed.
    pub totals: Totals,
    /// The same by group, platform, batch and gateway, those first that became worst.
    pub rollups: RollupsRecord,
    /// How far the registry was asked about those whom the sockets call offline.
    pub checks: ChecksRecord,
    /// How it is with the witnesses that are asked beside the sockets.
    pub witnesses: WitnessesRecord,
    /// Users lost from view at once, who are not known to be offline.
    pub losses: Vec<LossRecord>,
    /// What is wrong with the server, or with many users at once.
    pub findings: Vec<FindingRecord>,
}

/// Users counted by each of these; the worst first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RollupsRecord {
    /// By the group that the watch list names; empty where it names none.
    pub group: Vec<RollupRecord>,
    /// Connections, and not users, by platform.
    pub platform: Vec<RollupRecord>,
    /// By the request of a round, from 1 on.
    pub batch: Vec<RollupRecord>,
    /// By what each gateway says of itself; empty where none is known.
    pub gateway: Vec<RollupRecord>,
}

/// How many stand how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RollupRecord {
    /// Which group, platform, batch or gateway; null: users without a group.
    pub name: Option<String>,
    /// All of them.
    pub watched: u32,
    /// How they stand.
    #[serde(flatten)]
    pub counts: Counts,
}

impl RollupRecord {
    /// Of a row, by the name that it has on the screen.
    pub fn of(row: &Rollup, name: Option<String>) -> RollupRecord {
        RollupRecord { name, watched: row.now.watched(), counts: row.now }
    }
}

/// How far the registry was asked about those whom the sockets call offline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChecksRecord {
    /// Users who are unknown, as it was not asked about them yet.
    pub unchecked: u32,
    /// Users who are offline by a sample.
    pub sampled: u32,
    /// The size of that sample: nobody in it was online. None where nobody is offline by one.
    pub sample: Option<u32>,
    /// Users of whom something is known by the registry alone, as the sockets give no answer.
    pub by_registry: u32,
    /// At 95 %, less than 1 in so many of those who are offline by it is online.
    pub less_than_1_in: Option<u32>,
}

impl ChecksRecord {
    /// What is known of it.
    pub fn of(roster: &Roster) -> ChecksRecord {
        let sampled = roster.by_sample();
        let sample = Some(roster.sampled()).filter(|sample| sampled > 0 && *sample > 0);
        let less_than_1_in = sample.and_then(one_in);
        let (unchecked, by_registry) = (roster.checks().left, roster.by_registry_alone());
        ChecksRecord { unchecked, sampled, sample, by_registry, less_than_1_in }
    }

    /// What there is to say of them, a line each.
    pub fn words(&self) -> Vec<String> {
        let Self { sampled, sample, .. } = self;
        let bound = sample.and_then(sample_words);
        let bound = bound.map(|bound| format!("{sampled} users are offline by a sample: {bound}"));
        let unchecked = unchecked_words(u64::from(self.unchecked));
        unchecked.into_iter().chain(by_registry_words(self.by_registry)).chain(bound).collect()
    }
}

/// `12,000 users are unknown: the registry has not answered about them`; none where nobody is.
pub fn unchecked_words(users: u64) -> Option<String> {
    let users = match users {
        0 => return None,
        1 => "1 user is".to_owned(),
        more => format!("{} users are", thousands(more)),
    };
    Some(format!("{users} unknown: the registry has not answered about them"))
}

/// The witnesses beside the sockets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WitnessesRecord {
    /// Each by its name.
    #[serde(flatten, serialize_with = "by_name")]
    pub each: Vec<(&'static str, WitnessRecord)>,
    /// Each gateway.
    pub signs: Vec<GatewayRecord>,
}

/// One witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WitnessRecord {
    /// `unasked`, `unheard`, `answers`, `fails` or `refuses`.
    pub state: &'static str,
    /// Why it fails or refuses.
    pub why: Option<String>,
}

fn by_name<S: Serializer>(each: &[(&'static str, WitnessRecord)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(each.iter().map(|(name, witness)| (name, witness)))
}

/// One gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GatewayRecord {
    /// The address of its metrics.
    pub address: String,
    /// What came of asking it last.
    pub sign: &'static str,
    /// Since when it has been so.
    pub since: Option<Time>,
    /// When it last gave a sign of life.
    pub alive: Option<Time>,
}

/// Users lost from view at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LossRecord {
    /// When the first of them was left out, at the latest.
    pub since: Option<Time>,
    /// Whether it is one for certain, and not only suspected.
    pub certain: bool,
    /// What is known of its cause: `lost`, `hangs` or `died`.
    pub cause: Option<&'static str>,
    /// The gateway that is to blame, where that is known.
    pub gateway: Option<String>,
    /// How many users had a connection before.
    pub of: u32,
    /// How many of them were left out.
    pub dropped: u32,
    /// How many of those are still missing.
    pub missing: u32,
    /// How many came back.
    pub returned: u32,
    /// How long the answers took that left them out, at most, in milliseconds.
    pub took_ms: u64,
    /// How many connections on which platform were left out.
    pub platforms: BTreeMap<String, u32>,
}

/// Which server was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServerRecord {
    /// Its address, without credentials.
    pub api: String,
    /// The context that names it.
    pub context: Option<String>,
}

/// How the last round went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RoundRecord {
    /// Requests of a round.
    pub batches: usize,
    /// How many of them get no answers.
    pub failed: usize,
    /// Why they get none.
    pub failures: Vec<FailureRecord>,
    /// From the first question to the last answer, in milliseconds.
    pub took_ms: Option<u64>,
    /// The names of the requests in the server's log.
    pub operation_ids: Vec<String>,
}

/// Batches that get no answers for one and the same reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FailureRecord {
    /// What happened.
    pub error: String,
    /// What to do about it.
    pub advice: &'static str,
    /// Which batches, from 1.
    pub batches: Vec<u32>,
    /// How many users are asked about in them.
    pub users: u32,
    /// Of how many of these nothing is known; of the others an earlier answer still stands.
    pub unknown: u32,
}

/// `512 watched: 187 online, 41 background, 280 offline, 4 unknown (2 stale)`; of what there is.
pub(super) fn totals_words(totals: &Totals) -> String {
    let Totals { watched, online, background, offline, unknown, unregistered, stale } = totals;
    let counts = [
        (online, "online"),
        (background, "background"),
        (offline, "offline"),
        (unknown, "unknown"),
        (unregistered, "unregistered"),
    ];
    let counts = counted_words(counts.map(|(count, word)| (*count, word)));
    let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    let stale = if *stale == 0 { String::new() } else { format!(" ({stale} stale)") };
    format!("{watched} watched{counts}{stale}")
}

impl FailureRecord {
    /// Which batches of how many, why, and what that means for their users:
    /// `batches 2, 5-7 of 9: no whole answer within 10 s; wait longer (2000 users unknown)`.
    pub fn words(&self, of: usize) -> String {
        let which = match self.batches.as_slice() {
            _ if of == 1 => String::new(),
            [one] => format!("batch {one} of {of}: "),
            several => format!("batches {} of {of}: ", ranges(several)),
        };
        let users = if self.users == 1 { "1 user".to_owned() } else { format!("{} users", self.users) };
        let what = match self.unknown {
            0 => " as last seen".to_owned(),
            unknown if unknown == self.users => " unknown".to_owned(),
            unknown => format!(", {unknown} unknown: the registry tells of the others"),
        };
        format!("{which}{}; {} ({users}{what})", self.error, self.advice)
    }
}

/// Ascending numbers, those that follow each other drawn together: `2, 5-7`.
fn ranges(numbers: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let words = |(first, last): (u32, u32)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}-{last}"),
    };
    runs.into_iter().map(words).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
pub(super) fn sample() -> Summary {
    Summary {
        schema: SCHEMA,
        at: Time::of(1_798_459_200_123),
        server: ServerRecord { api: "http://im.example:10002".into(), context: None },
        round: RoundRecord { batches: 1, took_ms: Some(31), ..RoundRecord::default() },
        totals: Totals { watched: 1, online: 1, ..Totals::default() },
        rollups: RollupsRecord::default(),
        checks: ChecksRecord::default(),
        witnesses: WitnessesRecord { each: Vec::new(), signs: Vec::new() },
        losses: Vec::new(),
        findings: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_that_fail_alike_are_one_sentence() {
        let failure = |batches: &[u32], users, unknown| FailureRecord {
            error: "no whole answer within 10 s".into(),
            advice: "wait longer",
            batches: batches.to_vec(),
            users,
            unknown,
        };
        assert_eq!(
            failure(&[2, 5, 6, 7], 2_000, 2_000).words(9),
            "batches 2, 5-7 of 9: no whole answer within 10 s; wait longer (2000 users unknown)"
        );
        assert_eq!(
            failure(&[3], 500, 0).words(3),
            "batch 3 of 3: no whole answer within 10 s; wait longer (500 users as last seen)"
        );
        assert_eq!(failure(&[1], 1, 1).words(1), "no whole answer within 10 s; wait longer (1 user unknown)");
        let words = failure(&[1], 4, 1).words(1);
        assert!(words.ends_with("(4 users, 1 unknown: the registry tells of the others)"), "{words}");
        assert_eq!(ranges(&[1, 2, 4, 5, 6, 9]), "1, 2, 4-6, 9");
    }

    #[test]
    fn only_what_there_is_is_counted() {
        let totals = Totals { watched: 7, online: 4, offline: 1, unknown: 2, stale: 1, ..Default::default() };
        assert_eq!(totals_words(&totals), "7 watched: 4 online, 1 offline, 2 unknown (1 stale)");
        assert_eq!(totals_words(&Totals::default()), "0 watched");
    }
}
