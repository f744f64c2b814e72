//! What is so now, as gauges: users, connections, findings, and how good the data is.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;

use super::sheet::{Family, Sheet};
use crate::presence::{
    Batch, FeedStatus, Freshness, Knowledge, LifeSign, LossCause, Moment, Platform, Roster, Rule, Severity,
    Totals, Witness,
};

const BUILD: Family =
    Family { name: "imtop_build_info", unit: None, help: "The imtop that gives these metrics." };
const UP: Family = Family {
    name: "imtop_up",
    unit: None,
    help: "1 while the OpenIM server answers: all batches of users, or some, have an answer that is not \
           overdue. 0 while none has: before the first answer, while every request fails, and while nobody is \
           watched.",
};
const WATCHED: Family = Family { name: "imtop_watched_users", unit: None, help: "Users on the watch list." };
const USERS: Family = Family {
    name: "imtop_users",
    unit: None,
    help: "Watched users by presence, each counted once. Unknown is not offline: nobody can tell.",
};
const STALE: Family = Family {
    name: "imtop_stale_users",
    unit: None,
    help: "Users shown as online, background or offline whose next answer is overdue.",
};
const UNCHECKED: Family = Family {
    name: "imtop_unchecked_users",
    unit: None,
    help: "Users whom the sockets call offline and who are unknown, as the registry has not answered about them yet. \
           They are counted among the unknown. Many of them after a start are no trouble.",
};
const SAMPLED: Family = Family {
    name: "imtop_sampled_users",
    unit: None,
    help: "Users who are called offline by a sample: the registry agreed about each user of it, and was not asked \
           about these. They are counted among the offline.",
};
const BY_REGISTRY: Family = Family {
    name: "imtop_by_registry_users",
    unit: None,
    help: "Users who are known by the registry alone, as the sockets give no answer about them. They are counted \
           among the online, background and offline.",
};
const LOST: Family = Family {
    name: "imtop_view_loss_users",
    unit: None,
    help: "Users whom the server left out many at a time and whom the registry still has online, by what is known \
           of the cause: a loss is suspected; or certain, and a gateway is lost from view, hangs, or died. They are \
           not known to be offline, except where it died.",
};
const WITNESSES: Family = Family {
    name: "imtop_witness_up",
    unit: None,
    help: "1 while a witness that is asked beside the sockets answers, 0 while it fails or the server refuses it. \
           Missing while it is not asked. Without the registry an offline rests on one witness.",
};
const GATEWAYS: Family = Family {
    name: "imtop_gateways",
    unit: None,
    help: "Message gateways by what came of asking for a sign of life last.",
};
const CONNECTIONS: Family = Family {
    name: "imtop_connections",
    unit: None,
    help: "Connections of watched users by platform, as last seen. All platforms that imtop has no name for \
           are counted as other.",
};
const EXPIRIES: Family = Family {
    name: "imtop_connections_by_token_expiry",
    unit: None,
    help: "Connections as last seen by when their session token expires, by the clock of the server: past, \
           in less than 1h, else 24h, else 7d, or later. Each is counted once.",
};
const FINDINGS: Family = Family {
    name: "imtop_findings",
    unit: None,
    help: "What is wrong at present, by rule and severity. All rules are listed, with 0 where nothing was \
           found.",
};
const BATCHES: Family = Family {
    name: "imtop_batches",
    unit: None,
    help: "Batches of users, each asked about in one request, by what came of it: answered, failing, overdue \
           (no answer in time, and no failure), or waiting for the first answer.",
};
const NEWEST: Family = Family {
    name: "imtop_last_answer_age",
    unit: Some(Unit::Seconds),
    help: "Time since the server last answered anything. Missing before the first answer.",
};
const OLDEST: Family = Family {
    name: "imtop_oldest_answer_age",
    unit: Some(Unit::Seconds),
    help: "Age of the data: time since the answer to the batch that has waited longest for a new one. Missing \
           before the first answer.",
};
const LIMIT: Family = Family {
    name: "imtop_answer_limit",
    unit: Some(Unit::Seconds),
    help: "Age from which an answer says nothing any more: its users turn unknown.",
};
const SKEW: Family = Family {
    name: "imtop_server_clock_skew",
    unit: Some(Unit::Seconds),
    help: "The clock of the server minus ours, as far from 0 as it surely is. Missing before the first answer.",
};

/// A label and its values in the order in which they are counted.
const PRESENCES: [&str; 5] = ["online", "background", "offline", "unknown", "unregistered"];
const CAUSES: [&str; 4] = ["suspected", "lost", "hangs", "died"];
const SIGNS: [&str; 4] = ["alive", "hangs", "refuses", "unclear"];
const EXPIRES: [&str; 6] = ["past", "1h", "24h", "7d", "later", "unknown"];
const STATES: [&str; 4] = ["answered", "failing", "overdue", "waiting"];

/// Platforms with a name: the numbers from 1 on.
const NAMED: usize = 12;

/// What is so at one moment; of the same size however many users there are.
#[derive(Debug)]
pub(super) struct Figures {
    up: bool,
    totals: Totals,
    unchecked: u32,
    sampled: u32,
    by_registry: u32,
    /// In the order of [`CAUSES`].
    lost: [u32; CAUSES.len()],
    /// By name; none: nobody asks it, or nothing was heard.
    witnesses: Vec<(&'static str, Option<u32>)>,
    /// In the order of [`SIGNS`].
    gateways: [u32; SIGNS.len()],
    /// By platform number; those without a name are at 0.
    platforms: [u32; NAMED + 1],
    /// In the order of [`EXPIRES`].
    expires: [u32; EXPIRES.len()],
    findings: [[u32; Severity::ALL.len()]; Rule::ALL.len()],
    /// In the order of [`STATES`].
    batches: [u32; STATES.len()],
    newest_ms: Option<u64>,
    oldest_ms: Option<u64>,
    /// None: an answer is good for ever.
    limit_ms: Option<u64>,
    skew_ms: i64,
}

impl Figures {
    pub(super) fn of(knowledge: &Knowledge, now: Moment) -> Figures {
        let roster = &knowledge.roster;
        let oldest = roster.batches().iter().filter_map(|batch| batch.answered).map(|it| it.received).min();
        let limit_ms = roster.freshness().unknown_ms;
        let mut findings = [[0; Severity::ALL.len()]; Rule::ALL.len()];
        for finding in knowledge.findings.iter() {
            findings[finding.rule as usize][finding.severity as usize] += 1;
        }
        Figures {
            up: matches!(roster.feed_status(now), FeedStatus::Live | FeedStatus::Degraded { .. }),
            totals: roster.totals(now),
            unchecked: roster.checks().left,
            sampled: roster.by_sample(),
            by_registry: roster.by_registry_alone(),
            lost: lost(roster),
            witnesses: witnesses(roster),
            gateways: gateways(roster),
            platforms: platforms(roster),
            expires: expires(roster, now),
            findings,
            batches: batches(roster, now),
            newest_ms: roster.last_answer().map(|at| now.since(at)),
            oldest_ms: oldest.map(|at| now.since(at)),
            limit_ms: (limit_ms != Freshness::FOR_EVER.unknown_ms).then_some(limit_ms),
            skew_ms: roster.server_clock().offset_ms(),
        }
    }
}

fn lost(roster: &Roster) -> [u32; CAUSES.len()] {
    let mut counts = [0; CAUSES.len()];
    for loss in roster.losses() {
        let place = match (loss.certain, loss.cause) {
            (None, _) => 0,
            (Some(_), LossCause::None | LossCause::Unknown) => 1,
            (Some(_), LossCause::Hangs) => 2,
            (Some(_), LossCause::Died) => 3,
        };
        counts[place] += loss.missing;
    }
    counts
}

fn witnesses(roster: &Roster) -> Vec<(&'static str, Option<u32>)> {
    let up = |witness: Witness| match witness {
        Witness::Unasked | Witness::Unheard => None,
        Witness::Answers => Some(1),
        Witness::Fails(_) | Witness::Refuses(_) => Some(0),
    };
    roster.witnesses().each().into_iter().map(|(question, witness)| (question.name(), up(witness))).collect()
}

fn gateways(roster: &Roster) -> [u32; SIGNS.len()] {
    let mut counts = [0; SIGNS.len()];
    for gateway in roster.witnesses().signs.values() {
        counts[match gateway.sign {
            LifeSign::Alive => 0,
            LifeSign::Hung => 1,
            LifeSign::Refused => 2,
            LifeSign::Unclear => 3,
        }] += 1;
    }
    counts
}

fn platforms(roster: &Roster) -> [u32; NAMED + 1] {
    let mut counts = [0; NAMED + 1];
    for (platform, count) in roster.platforms() {
        let place = usize::try_from(platform.0).ok().filter(|place| *place <= NAMED).unwrap_or(0);
        counts[place] += count;
    }
    counts
}

fn expires(roster: &Roster, now: Moment) -> [u32; EXPIRES.len()] {
    const HOUR: i64 = 60 * 60;
    let server_seconds = roster.server_clock().unix_seconds(now);
    let mut counts = [0; EXPIRES.len()];
    for (minute, count) in roster.expiries() {
        // The last second of the minute: what expires within it has not surely expired before its end.
        let left = minute.saturating_mul(60).saturating_add(59).saturating_sub(server_seconds);
        let place = match left {
            left if left < 0 => 0,
            left if left < HOUR => 1,
            left if left < 24 * HOUR => 2,
            left if left < 7 * 24 * HOUR => 3,
            _ => 4,
        };
        counts[place] += count;
    }
    let known: u32 = counts.iter().sum();
    counts[5] = (roster.connections_open() as u32).saturating_sub(known);
    counts
}

fn batches(roster: &Roster, now: Moment) -> [u32; STATES.len()] {
    let mut counts = [0; STATES.len()];
    let place = |batch: &Batch| match (&batch.failing, batch.answered) {
        (Some(_), _) => 1,
        (None, None) => 3,
        (None, Some(_)) if batch.is_stale(now, roster.freshness()) => 2,
        (None, Some(_)) => 0,
    };
    for batch in roster.batches() {
        counts[place(batch)] += 1;
    }
    counts
}

/// Samples of a family with one label.
fn by<'a, V: Copy>(
    label: &'static str,
    values: &'a [&'static str],
    counts: &'a [V],
) -> impl Iterator<Item = ([(&'static str, &'static str); 1], V)> + 'a {
    values.iter().zip(counts).map(move |(value, count)| ([(label, *value)], *count))
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1e3
}

impl Collector for Figures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        sheet.info(&BUILD, &[("version", env!("CARGO_PKG_VERSION"))])?;
        sheet.gauge(&UP, &u32::from(self.up))?;
        sheet.gauge(&WATCHED, &self.totals.watched)?;
        let Totals { online, background, offline, unknown, unregistered, stale, .. } = self.totals;
        let users = [online, background, offline, unknown, unregistered];
        sheet.gauges(&USERS, by("presence", &PRESENCES, &users))?;
        sheet.gauge(&STALE, &stale)?;
        sheet.gauge(&UNCHECKED, &self.unchecked)?;
        sheet.gauge(&SAMPLED, &self.sampled)?;
        sheet.gauge(&BY_REGISTRY, &self.by_registry)?;
        sheet.gauges(&LOST, by("cause", &CAUSES, &self.lost))?;
        let witnesses = self.witnesses.iter().filter_map(|(name, up)| Some(([("witness", *name)], (*up)?)));
        sheet.gauges(&WITNESSES, witnesses)?;
        sheet.gauges(&GATEWAYS, by("sign", &SIGNS, &self.gateways))?;
        let name = |place: usize| match place {
            0 => "other".into(),
            place => Platform(place as i32).name(),
        };
        let platforms = self.platforms.iter().enumerate();
        sheet.gauges(&CONNECTIONS, platforms.map(|(place, count)| ([("platform", name(place))], *count)))?;
        sheet.gauges(&EXPIRIES, by("expires", &EXPIRES, &self.expires))?;
        let findings = Rule::ALL.iter().flat_map(|rule| {
            Severity::ALL.iter().map(|severity| {
                let count = self.findings[*rule as usize][*severity as usize];
                ([("rule", rule.name()), ("severity", severity.name())], count)
            })
        });
        sheet.gauges(&FINDINGS, findings)?;
        sheet.gauges(&BATCHES, by("state", &STATES, &self.batches))?;
        if let Some(limit) = self.limit_ms {
            sheet.gauge(&LIMIT, &seconds(limit))?;
        }
        if let Some(age) = self.newest_ms {
            sheet.gauge(&NEWEST, &seconds(age))?;
            sheet.gauge(&SKEW, &(self.skew_ms as f64 / 1e3))?;
        }
        if let Some(age) = self.oldest_ms {
            sheet.gauge(&OLDEST, &seconds(age))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_with_a_name_has_its_place() {
        let named = |number: usize| Platform(number as i32).wire_name().is_some();
        assert!((1..=NAMED).all(named) && !named(0) && !named(NAMED + 1));
    }

    #[test]
    fn rules_and_severities_are_counted_at_their_places() {
        assert!((0..).zip(Rule::ALL).all(|(place, rule)| rule as usize == place));
        assert!((0..).zip(Severity::ALL).all(|(place, severity)| severity as usize == place));
    }
}
