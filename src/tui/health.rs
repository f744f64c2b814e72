//! How it is, in one word: the first thing on every screen. What is unknown is never called well.

use crate::presence::{
    Evidence, FeedStatus, Finding, Findings, LossCause, Moment, Rule, Severity, short_age,
};
use crate::{say, words};

use super::model::View;

/// With more findings than this nobody looks through them for the oldest.
const FEW: usize = 1_000;

/// How it is at worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Every user is known, and nothing is wrong that nobody has acknowledged.
    Ok,
    /// Nothing is wrong so far; the first answers are still coming in, or of some whom the sockets call
    /// offline the registry is still being asked.
    Checking,
    /// Nothing has been heard yet, or there is nobody to hear of.
    Unknown,
    /// Somebody should look at it.
    Degraded,
    /// Somebody should act on it.
    Critical,
}

impl Health {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Health::Ok => words!("OK"),
            Health::Checking => words!("CHECKING"),
            Health::Unknown => words!("UNKNOWN"),
            Health::Degraded => words!("DEGRADED"),
            Health::Critical => words!("CRITICAL"),
        }
    }

    /// The same where there is hardly any room.
    pub fn short(self) -> &'static str {
        match self {
            Health::Ok => words!("OK"),
            Health::Checking => words!("CHK"),
            Health::Unknown => words!("UNK"),
            Health::Degraded => words!("DEGR"),
            Health::Critical => words!("CRIT"),
        }
    }
}

/// How it is now, whatever moment is shown; if critical, what it is, how many it hits, for how long.
pub fn health(model: View<'_>) -> (Health, Option<String>) {
    let (roster, now) = (model.live(), model.now);
    let status = roster.feed_status(now);
    if status == FeedStatus::Nobody || (status == FeedStatus::Connecting && roster.last_answer().is_none()) {
        return (Health::Unknown, None);
    }
    let totals = roster.totals(now);
    // In the first round, and for a moment after every logout, somebody is unknown: that is no trouble yet.
    let unheard = if status == FeedStatus::Live { roster.unheard() } else { 0 };
    let unknown = totals.unknown.saturating_sub(roster.passing() + unheard);
    if let Some(what) = loss(model).or_else(|| blind(model, unknown)).or_else(|| finding(model)) {
        return (Health::Critical, Some(what));
    }
    let is_well = status == FeedStatus::Live
        && unknown == 0
        && roster.losses().is_empty()
        && model.tally_now(Severity::Warning) == 0;
    let how = match is_well {
        false => Health::Degraded,
        true if unheard > 0 || roster.checks().left > 0 => Health::Checking,
        true => Health::Ok,
    };
    (how, None)
}

fn told(what: &str, users: u32, since: Moment, now: Moment) -> String {
    let age = short_age(now.since(since) / 1_000);
    match users {
        1 => say!("{what}, 1 user, for {age}", what, age),
        users => say!("{what}, {users} users, for {age}", what, users, age),
    }
}

/// The loss of view that is certain and has the most users.
fn loss(model: View<'_>) -> Option<String> {
    let certain = model.live().losses().iter().filter(|loss| loss.certain.is_some());
    let worst = certain.max_by_key(|loss| loss.missing)?;
    // In the words of the line below that names the gateway.
    let what = match worst.cause {
        LossCause::Died => say!("gateway down"),
        LossCause::Hangs => say!("gateway not responding"),
        LossCause::None | LossCause::Unknown => say!("view loss"),
    };
    Some(told(what, worst.missing, worst.begun, model.now))
}

/// That nobody is known any more.
fn blind(model: View<'_>, unknown: u32) -> Option<String> {
    let roster = model.live();
    let all = roster.list().len() as u32;
    let since = roster.last_answer().unwrap_or(model.began);
    let what = match roster.feed_status(model.now) {
        FeedStatus::Retrying { .. } | FeedStatus::Overdue => say!("no answer"),
        _ => say!("nobody known"),
    };
    (unknown >= all).then(|| told(what, all, since, model.now))
}

/// The critical finding to speak of: one about the server, or the rule with the most of them.
fn finding(model: View<'_>) -> Option<String> {
    let (findings, now) = (&model.shown.live.knowledge().findings, model.now);
    let is_open = |it: &&Finding| it.severity == Severity::Critical && !model.is_acknowledged(it.number);
    if let Some(found) = findings.of_server().iter().find(is_open) {
        let users = match &found.evidence {
            Evidence::MassDisconnect(departed) => departed.users.saturating_sub(departed.back),
            Evidence::RegistryLoss(found) => found.users,
            _ => model.live().list().len() as u32,
        };
        return Some(told(found.rule.name(), users, found.since, now));
    }
    let open = model.tally_now(Severity::Critical);
    let count = |rule: &Rule| findings.count_as(*rule, Severity::Critical);
    let rule = Rule::ALL.into_iter().filter(|_| open > 0).max_by_key(count)?;
    let age = oldest(findings, is_open).map(|at| short_age(now.since(at) / 1_000));
    Some(match (open, age) {
        (1, None) => say!("{rule}, 1 finding", rule),
        (1, Some(age)) => say!("{rule}, 1 finding, for {age}", rule, age),
        (open, None) => say!("{rule}, {open} findings", rule, open),
        (open, Some(age)) => say!("{rule}, {open} findings, for {age}", rule, open, age),
    })
}

fn oldest(findings: &Findings, is_open: impl Fn(&&Finding) -> bool) -> Option<Moment> {
    let few = (findings.len() <= FEW).then_some(findings)?;
    few.iter().filter(is_open).map(|it| it.since).min_by_key(|since| since.mono_ms)
}
