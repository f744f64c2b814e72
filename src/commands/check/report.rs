//! What a round comes to, as a plugin says it. Pure.

use std::fmt::Write as _;

use super::super::measured;
use crate::listing::{Names, counted_words, worst_loss};
use crate::presence::condition::{Aggregate, Condition, ConditionReading, Measured, Nobody};
use crate::presence::query::Truth;
use crate::presence::{
    By, Counts, Finding, Knowledge, Moment, Recheck, Registry, Rollup, Roster, Severity, Sockets, Subject,
    Witness,
};
use crate::report::{ChecksRecord, Figure, PluginReport, Status, range};

/// So many findings are named.
const FINDINGS_NAMED: usize = 20;

/// So many batches without an answer are named.
const BATCHES_NAMED: usize = 10;

/// So many groups, platforms, batches or gateways are named.
const ROLLUPS_NAMED: usize = 3;

/// So many counts are given as the reason.
const REASONS_NAMED: usize = 3;

/// When it is a warning, and when critical; none: never.
pub(super) struct Limits {
    pub(super) warn: Option<Condition>,
    pub(super) crit: Option<Condition>,
    /// Whether a loss of view is critical, whatever else is so.
    pub(super) loss_is_critical: bool,
}

/// A condition and what it came to.
type Judged<'a> = Option<(&'a Condition, ConditionReading<'a>)>;

fn truth(judged: &Judged<'_>) -> Truth {
    judged.as_ref().map_or(Truth::No, |(_, reading)| reading.truth)
}

/// What is known after a round in which somebody was answered for.
pub(super) fn of_round(knowledge: &Knowledge, now: Moment, limits: &Limits) -> PluginReport {
    let judged = judge(limits.crit.as_ref(), knowledge, now)
        .and_then(|crit| Ok((crit, judge(limits.warn.as_ref(), knowledge, now)?)));
    let (crit, warn) = match judged {
        Ok(judged) => judged,
        Err(nobody) => return about_nobody(&nobody),
    };
    let loss = view_loss(&knowledge.roster, now);
    let (status, option, decisive, truth) = match (truth(&crit), truth(&warn)) {
        _ if loss.is_some() && limits.loss_is_critical => (Status::Critical, "", &None, Truth::No),
        (Truth::Yes, _) => (Status::Critical, "", &crit, Truth::Yes),
        (Truth::Undecided, _) => (Status::Unknown, "--crit can't be decided: ", &crit, Truth::Undecided),
        (Truth::No, Truth::Undecided) => {
            (Status::Unknown, "--warn can't be decided: ", &warn, Truth::Undecided)
        }
        (Truth::No, Truth::Yes) => (Status::Warning, "", &warn, Truth::Yes),
        (Truth::No, Truth::No) => (Status::Ok, "", &None, Truth::No),
    };
    let mut summary = match decisive {
        Some((condition, reading)) => format!("{option}{}; ", reason(reading, condition, truth)),
        None => String::new(),
    };
    if let Some(loss) = &loss {
        summary.insert_str(0, &format!("{loss}; "));
    }
    summary.push_str(&counts(knowledge, now));
    let told = [("critical", &crit), ("warning", &warn)];
    let told = told.into_iter();
    let told =
        told.filter_map(|(what, judged)| judged.as_ref().map(|(by, reading)| outcome(what, reading, by)));
    let by_loss = (loss.is_some() && limits.loss_is_critical)
        .then(|| "critical because of the view loss, whatever the conditions say".to_owned());
    let alone = matches!(knowledge.roster.witnesses().registry, Witness::Refuses(_)).then(|| {
        "the server's registry can't be asked: offline rests on one witness, the sockets".to_owned()
    });
    let mut details: Vec<String> = by_loss.into_iter().chain(told).chain(alone).collect();
    details.extend(ChecksRecord::of(&knowledge.roster).words());
    details.extend(failures(knowledge));
    details.extend(findings(knowledge, now));
    PluginReport { status, summary, figures: figures(knowledge, now, &crit, &warn), details }
}

/// The registry follows a real disconnect within about a second; what it says so many milliseconds after
/// one stands.
const STANDS_MS: u64 = 1_500;

/// That users are lost from view, in words: for certain, or as certain as one round can make it.
fn view_loss(roster: &Roster, now: Moment) -> Option<String> {
    if let Some((loss, _)) = worst_loss(roster, now).filter(|(loss, _)| loss.certain) {
        return Some(loss.what.replacen("VIEW LOSS", "view loss", 1));
    }
    let stands = |doubt: &Recheck| {
        let asked = doubt.asked.is_some_and(|asked| asked.since(doubt.dropped.received) >= STANDS_MS);
        asked && doubt.sockets == Sockets::None && doubt.registry == Registry::Online
    };
    let users = roster.doubts().filter(|(_, doubt)| stands(doubt)).count();
    (users >= (roster.thresholds().loss_users as usize).max(1)).then(|| {
        format!("view loss: {users} users unknown, not offline: no socket is seen, but the registry has them online")
    })
}

fn judge<'a>(
    condition: Option<&'a Condition>,
    knowledge: &Knowledge,
    now: Moment,
) -> Result<Judged<'a>, Nobody> {
    condition.map(|condition| Ok((condition, condition.judge(knowledge, now)?))).transpose()
}

/// Nobody was answered for.
pub(super) fn no_answer(knowledge: &Knowledge, api: &str) -> PluginReport {
    let why = match knowledge.roster.first_error() {
        Some((_, error)) => format!("{error}; {}", error.advice()),
        None => "no answer".to_owned(),
    };
    let summary = if api.is_empty() { why } else { format!("{api}: {why}") };
    PluginReport { status: Status::Unknown, summary, figures: Vec::new(), details: failures(knowledge) }
}

fn about_nobody(nobody: &Nobody) -> PluginReport {
    PluginReport {
        status: Status::Unknown,
        summary: nobody.to_string(),
        figures: Vec::new(),
        details: Vec::new(),
    }
}

/// The counts of a condition that came to `truth`: `online<95%, 40 of 50 (80.0%)`; the condition where
/// none alone did.
fn reason(reading: &ConditionReading<'_>, condition: &Condition, truth: Truth) -> String {
    let those = reading.measured.iter().filter(|measured| measured.truth == truth);
    let said = measured(those.take(REASONS_NAMED));
    if said.is_empty() { condition.to_string() } else { said }
}

/// A line on a condition: whether it holds, and what each of its counts came to.
fn outcome(what: &str, reading: &ConditionReading<'_>, condition: &Condition) -> String {
    let held = match reading.truth {
        Truth::Yes => "met",
        Truth::No => "not met",
        Truth::Undecided => "undecided",
    };
    let named = |measured: &Measured<'_>| format!("{} is {measured}", measured.aggregate.name());
    let figures: Vec<String> = reading.measured.iter().map(named).collect();
    format!("{what} when {condition}: {held}; {}", figures.join(", "))
}

/// `187 of 512 online, 41 background, 280 offline, 4 unknown, 1 of 3 batches failed`.
fn counts(knowledge: &Knowledge, now: Moment) -> String {
    let totals = knowledge.roster.totals(now);
    let mut said = format!("{} of {} online", totals.online, totals.watched);
    let mut add = |number: u64, what: &str| {
        if number > 0 {
            // Writing to a String cannot fail.
            let _ = write!(said, ", {number} {what}");
        }
    };
    add(u64::from(totals.background), "background");
    add(u64::from(totals.offline), "offline");
    add(u64::from(totals.unknown), "unknown");
    add(u64::from(totals.unregistered), "unregistered");
    add(u64::from(totals.stale), "stale");
    for (severity, one, several) in [
        (Severity::Critical, "critical finding", "critical findings"),
        (Severity::Warning, "warning", "warnings"),
    ] {
        let found = knowledge.findings.count(severity) as u64;
        add(found, if found == 1 { one } else { several });
    }
    let batches = knowledge.roster.batches();
    let failing = batches.iter().filter(|batch| batch.failing.is_some()).count() as u64;
    add(failing, &format!("of {} batches failed", batches.len()));
    said
}

/// A line on each of the worst by what users are counted by: those with the most who are unknown, then with problems.
pub(super) fn worst(knowledge: &Knowledge, now: Moment, by: By) -> Vec<String> {
    let said = |row: &Rollup| {
        let Counts { online, background, offline, unknown, unregistered, problems } = row.now;
        let name = Names::new(0, false).rollup(&row.key).unwrap_or_else(|| "none".to_owned());
        let mut words = vec![format!("{unknown} of {} unknown", row.now.watched())];
        words.extend(counted_words([
            (online, "online"),
            (background, "background"),
            (offline, "offline"),
            (unregistered, "unregistered"),
            (problems, "with problems"),
        ]));
        format!("{} {name}: {}", by.name(), words.join(", "))
    };
    let rows = knowledge.rollups.rows(by, now);
    if rows.is_empty() {
        return vec![format!("no {} is known to count users by", by.name())];
    }
    rows.iter().take(ROLLUPS_NAMED).map(said).collect()
}

/// A line on each batch that gets no answers, a bounded number of them.
fn failures(knowledge: &Knowledge) -> Vec<String> {
    let list = knowledge.roster.list();
    let failing = || {
        (0_u32..)
            .zip(knowledge.roster.batches())
            .filter_map(|(number, batch)| Some((number, batch.failing.as_ref()?)))
    };
    let said = |(number, failing): (u32, &crate::presence::Failing)| {
        let users = list.batch(number);
        let (first, last, error) = (users.start + 1, users.end, &failing.error);
        let who = if first == last { format!("user {first}") } else { format!("users {first} to {last}") };
        format!("batch {} ({who}) failed: {error}; {}", number + 1, error.advice())
    };
    let mut lines: Vec<String> = failing().take(BATCHES_NAMED).map(said).collect();
    if let Some(more @ 1..) = failing().count().checked_sub(BATCHES_NAMED) {
        lines.push(format!("and {more} more batches failed"));
    }
    lines
}

/// A line on each finding that somebody should look at, worst first, a bounded number of them.
fn findings(knowledge: &Knowledge, now: Moment) -> Vec<String> {
    let mut found: Vec<&Finding> =
        knowledge.findings.iter().filter(|finding| finding.severity >= Severity::Warning).collect();
    let more = found.len().saturating_sub(FINDINGS_NAMED);
    let order = |finding: &&Finding| (std::cmp::Reverse(finding.severity), finding.number);
    if more > 0 {
        found.select_nth_unstable_by_key(FINDINGS_NAMED, order);
        found.truncate(FINDINGS_NAMED);
    }
    found.sort_unstable_by_key(order);
    let server_seconds = knowledge.roster.server_clock().unix_seconds(now);
    let list = knowledge.roster.list();
    let said = |finding: &Finding| {
        let about = match finding.about {
            Subject::User(user) => match list.label(user) {
                Some(label) => format!("{} ({label})", list.id(user)),
                None => list.id(user).to_string(),
            },
            Subject::Server => "server".to_owned(),
        };
        let words = finding.evidence.words(server_seconds);
        format!("{} {} {about}: {words}", finding.severity.name(), finding.rule)
    };
    let mut lines: Vec<String> = found.into_iter().map(said).collect();
    if more > 0 {
        lines.push(format!("and {more} more findings"));
    }
    lines
}

/// The figures that are always there, and those of the conditions besides.
fn figures(knowledge: &Knowledge, now: Moment, crit: &Judged<'_>, warn: &Judged<'_>) -> Vec<Figure> {
    let totals = knowledge.roster.totals(now);
    let batches = knowledge.roster.batches();
    let failing = batches.iter().filter(|batch| batch.failing.is_some()).count() as u64;
    let critical = knowledge.findings.count(Severity::Critical) as u64;
    let warning = critical + knowledge.findings.count(Severity::Warning) as u64;
    let users = Some(u64::from(totals.watched));
    let figure = |label: &str, value: u64, most| Figure {
        label: label.to_owned(),
        value: Some(value),
        most,
        ..Figure::default()
    };
    // Of users those who are known to be so: with the unknown ones they are all.
    let mut figures = vec![
        figure("online", totals.online.into(), users),
        figure("background", totals.background.into(), users),
        figure("offline", totals.offline.into(), users),
        figure("unknown", totals.unknown.into(), users),
        figure("unregistered", totals.unregistered.into(), users),
        figure("stale", totals.stale.into(), users),
        figure("finding:critical", critical, None),
        figure("finding:warning", warning, None),
        figure("failing", failing, Some(batches.len() as u64)),
    ];
    for measured in [crit, warn].into_iter().flatten().flat_map(|(_, reading)| &reading.measured) {
        let label = measured.aggregate.name();
        if !figures.iter().any(|figure| figure.label == label) {
            let most = measured.aggregate.counts_users().then(|| measured.of.known()).flatten();
            figures.push(Figure { value: measured.count.known(), most, ..figure(&label, 0, None) });
        }
    }
    for figure in &mut figures {
        figure.warn = threshold(warn, &figure.label);
        figure.crit = threshold(crit, &figure.label);
    }
    figures
}

/// The range of a figure outside of which the condition holds, where it is the only one on it that
/// decides alone.
fn threshold(judged: &Judged<'_>, label: &str) -> Option<String> {
    let (condition, reading) = judged.as_ref()?;
    let mut decisive = condition.decisive().filter(|aggregate| aggregate.name() == label);
    let (aggregate, None) = (decisive.next()?, decisive.next()) else { return None };
    let of = |measured: &&Measured<'_>| std::ptr::eq::<Aggregate>(measured.aggregate, aggregate);
    let of = reading.measured.iter().find(of).and_then(|measured| measured.of.known());
    range(aggregate.sign(), aggregate.amount(), of)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::presence::{
        Answered, Batch, Entry, Freshness, Loss, LossCause, Presence, RuleSettings, UnknownReason, UserIx,
        Verdict, WatchList, Witnesses, Word,
    };

    const NOW: Moment = Moment { mono_ms: 10_000, unix_ms: 10_000 };

    /// Four users without a connection whom the registry has online, asked so long after they were left out.
    fn contradicted(asked_ms: u64, loss: Option<Loss>) -> Knowledge {
        let list = Arc::new(WatchList::new(1, 500, ["a", "b", "c", "d"].map(Entry::of)));
        let mut state = Roster::new(Arc::clone(&list), Freshness::FOR_EVER, Moment::default()).state();
        let at = Moment { mono_ms: 7_000, unix_ms: 7_000 };
        let answered = Answered { sent: at, received: at };
        let doubt = Recheck {
            last: None,
            dropped: answered,
            sockets: Sockets::None,
            before: Presence::Unknown(UnknownReason::NotAnswered),
            registry: Registry::Online,
            asked: Some(at.plus(asked_ms)),
            platforms: Box::default(),
            listed: None,
            loss: None,
            verdict: Verdict { presence: Presence::Unknown(UnknownReason::Leaving), ..Verdict::SILENT },
        };
        state.batches = vec![Batch { answered: Some(answered), ..Batch::default() }];
        state.words = [Word::Doubtful; 4].into_iter().collect();
        state.doubts = (0..4).map(|user| (UserIx(user), doubt.clone())).collect();
        state.losses_so_far = loss.as_ref().map_or(0, |loss| loss.number);
        state.losses = loss.into_iter().collect();
        state.witnesses = Witnesses::to_be_asked(true, true);
        Knowledge::new(Roster::restore(list, state).unwrap(), RuleSettings::default())
    }

    fn hang() -> Loss {
        Loss {
            number: 1,
            begun: NOW,
            after: None,
            of: 9,
            dropped: 4,
            missing: 4,
            returned: 0,
            same: 0,
            platforms: BTreeMap::new(),
            took_ms: 30,
            suspected: true,
            certain: Some(NOW),
            cause: LossCause::Hangs,
            gateway: Some("10.0.0.7:9090".into()),
        }
    }

    fn report(knowledge: &Knowledge, crit: Option<&str>) -> PluginReport {
        let condition = |text: &str| Some(Condition::parse(text).unwrap());
        let limits = match crit {
            None => Limits {
                warn: condition("unknown>0"),
                crit: condition("finding:critical>0"),
                loss_is_critical: true,
            },
            Some(text) => Limits { warn: None, crit: condition(text), loss_is_critical: false },
        };
        of_round(knowledge, NOW, &limits)
    }

    #[test]
    fn a_loss_of_view_is_critical_of_its_own_kind_and_said_first() {
        let report = report(&contradicted(500, Some(hang())), None);
        assert_eq!(report.status, Status::Critical);
        assert!(
            report.summary.starts_with(
                "GATEWAY 10.0.0.7:9090 NOT RESPONDING: 4 users unknown (0s); 0 of 4 online, 4 unknown"
            ),
            "{}",
            report.summary
        );
    }

    #[test]
    fn what_the_registry_says_again_after_a_while_is_as_certain_as_one_round_can_be() {
        let again = report(&contradicted(2_000, None), None);
        assert_eq!(again.status, Status::Critical);
        assert!(again.summary.starts_with("view loss: 4 users unknown, not offline"), "{}", again.summary);
        let at_once = report(&contradicted(20, None), None);
        assert_eq!(at_once.status, Status::Warning, "they may just have gone: {}", at_once.summary);
        assert!(at_once.summary.starts_with("unknown>0"), "{}", at_once.summary);
    }

    #[test]
    fn with_a_limit_of_somebodys_own_a_loss_of_view_is_said_and_that_limit_decides() {
        let report = report(&contradicted(500, Some(hang())), Some("offline>2"));
        assert_eq!(report.status, Status::Unknown, "its users may all be offline, or none");
        assert!(report.summary.starts_with("GATEWAY 10.0.0.7:9090 NOT RESPONDING"), "{}", report.summary);
    }
}
