//! Counts on what is known: by the totals that are kept anyway where they answer, else user by user.

use std::fmt;

use super::aggregate::{Aggregate, Counted};
use super::amount::{Amount, Percent};
use super::interval::{Bounds, compare};
use super::nobody::{Nobody, asks_names, check_groups};
use crate::presence::query::{Query, StateWord, Truth};
use crate::presence::{Knowledge, Moment, Severity, UserIx};

/// What one count came to. Printed, it is the figure: `40 of 50 (80.0%)`, `40 to 44 of 50`, `3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured<'c> {
    /// What was counted, and what it was compared with.
    pub aggregate: &'c Aggregate,
    /// What was counted, as far as that is certain.
    pub count: Bounds,
    /// The users that it is out of: all watched, or those whom `of` names.
    pub of: Bounds,
    /// Whether the comparison holds.
    pub truth: Truth,
}

/// Counts of a condition as they came out: `online=100% of group=kiosk is 40 of 50 (80.0%)`.
pub fn measured<'a>(counts: impl IntoIterator<Item = &'a Measured<'a>>) -> String {
    let said = counts.into_iter().map(|measured| format!("{} is {measured}", measured.aggregate));
    said.collect::<Vec<_>>().join(", ")
}

impl Aggregate {
    /// Whether each user is looked at to count.
    pub(super) fn asks_each_user(&self) -> bool {
        self.of.is_some() || matches!(self.counted, Counted::Filter(_))
    }
}

/// Counts what the aggregate asks for, and compares that.
pub(super) fn measure<'c>(
    aggregate: &'c Aggregate,
    knowledge: &Knowledge,
    now: Moment,
) -> Result<Measured<'c>, Nobody> {
    if knowledge.roster.list().is_empty() {
        return Err(Nobody::Watched);
    }
    let counted = match &aggregate.counted {
        Counted::Filter(filter) => Some(filter),
        _ => None,
    };
    for filter in counted.into_iter().chain(&aggregate.of) {
        check_groups(filter, knowledge, now)?;
    }
    let count = match by_totals(aggregate, knowledge, now) {
        Some(count) => Counting::of(count, knowledge.roster.list().len() as u64),
        None => user_by_user(aggregate, knowledge, now),
    };
    if let Some(of) = aggregate.of.as_ref().filter(|of| asks_names(of))
        && count.of.at_most == Some(0)
    {
        return Err(Nobody::Named(of.text().trim().to_owned()));
    }
    let truth = match aggregate.amount {
        Amount::Number(number) => count.figure.compare(aggregate.sign, number),
        // A share of nobody is no figure.
        Amount::Share(_) if count.of.surely == 0 => Truth::Undecided,
        Amount::Share(percent) => {
            let (least, most) = count.excess(percent);
            compare(aggregate.sign, least, Some(most), 0)
        }
    };
    Ok(Measured { aggregate, count: count.figure, of: count.of, truth })
}

/// The count, where no user has to be looked at.
fn by_totals(aggregate: &Aggregate, knowledge: &Knowledge, now: Moment) -> Option<Bounds> {
    if aggregate.asks_each_user() {
        return None;
    }
    let roster = &knowledge.roster;
    let totals = roster.totals(now);
    let unknown = u64::from(totals.unknown);
    let known = |number: u32| Bounds::up_to(u64::from(number), unknown);
    Some(match &aggregate.counted {
        Counted::State(StateWord::Online) => known(totals.online),
        Counted::State(StateWord::Background) => known(totals.background),
        Counted::State(StateWord::Offline) => known(totals.offline),
        Counted::State(StateWord::Unregistered) => {
            let others = totals.online + totals.background + totals.offline + totals.unknown;
            known(totals.watched.saturating_sub(others))
        }
        Counted::State(StateWord::Unknown) => Bounds::exactly(unknown),
        Counted::State(StateWord::Stale) => Bounds::exactly(u64::from(totals.stale)),
        Counted::Connected => known(totals.online + totals.background),
        Counted::Watched => Bounds::exactly(u64::from(totals.watched)),
        // Those of unknown users are among the open ones, as last seen.
        Counted::Connections if unknown > 0 => return None,
        Counted::Connections => Bounds::exactly(roster.connections_open() as u64),
        Counted::Failing => {
            let failing = roster.batches().iter().filter(|batch| batch.failing.is_some()).count();
            Bounds::exactly(failing as u64)
        }
        Counted::OfRule(rule) => Bounds::exactly(knowledge.findings.count_of(*rule) as u64),
        Counted::AtLeast(least) => {
            let severities = Severity::ALL.into_iter().filter(|severity| severity >= least);
            Bounds::exactly(severities.map(|it| knowledge.findings.count(it) as u64).sum())
        }
        Counted::Filter(_) => return None,
    })
}

fn user_by_user(aggregate: &Aggregate, knowledge: &Knowledge, now: Moment) -> Counting {
    let filter = aggregate.counted.filter();
    let mut count = Counting::default();
    for user in knowledge.roster.list().users() {
        let facts = knowledge.facts(user, now);
        let belongs = aggregate.of.as_ref().map_or(Truth::Yes, |of| of.evaluate(&facts));
        if belongs != Truth::No {
            count.add(belongs, weight(&aggregate.counted, filter.as_ref(), knowledge, user, now));
        }
    }
    count
}

/// What one user adds to a count.
fn weight(
    counted: &Counted,
    filter: Option<&Query>,
    knowledge: &Knowledge,
    user: UserIx,
    now: Moment,
) -> Bounds {
    if let Some(filter) = filter {
        return Bounds::of(filter.evaluate(&knowledge.facts(user, now)));
    }
    let findings = knowledge.findings.of(user).iter();
    match counted {
        Counted::OfRule(rule) => {
            Bounds::exactly(findings.filter(|finding| finding.rule == *rule).count() as u64)
        }
        Counted::AtLeast(least) => {
            Bounds::exactly(findings.filter(|finding| finding.severity >= *least).count() as u64)
        }
        _ if knowledge.roster.presence(user).is_unknown() => Bounds { surely: 0, at_most: None },
        _ => Bounds::exactly(knowledge.roster.connections(user).len() as u64),
    }
}

/// A count in the making.
struct Counting {
    figure: Bounds,
    of: Bounds,
    /// Users who are surely among those counted from, by what they add: surely, perhaps, not.
    inside: [u64; 3],
    /// The same of users who may turn out to be among them.
    perhaps_inside: [u64; 3],
}

impl Default for Counting {
    fn default() -> Counting {
        Counting {
            figure: Bounds::exactly(0),
            of: Bounds::exactly(0),
            inside: [0; 3],
            perhaps_inside: [0; 3],
        }
    }
}

impl Counting {
    /// A count out of `watched` users, of whom each is surely among those counted from.
    fn of(count: Bounds, watched: u64) -> Counting {
        let most = count.at_most.unwrap_or(watched).min(watched);
        let surely = count.surely.min(most);
        Counting {
            figure: count,
            of: Bounds::exactly(watched),
            inside: [surely, most - surely, watched - most],
            perhaps_inside: [0; 3],
        }
    }

    /// Adds a user, who adds `weight` where they belong to those counted from.
    fn add(&mut self, belongs: Truth, weight: Bounds) {
        self.of = self.of.plus(Bounds::of(belongs));
        let (surely, users) =
            if belongs.is_yes() { (weight.surely, &mut self.inside) } else { (0, &mut self.perhaps_inside) };
        self.figure = self.figure.plus(Bounds { surely, ..weight });
        users[match (weight.surely, weight.at_most) {
            (1.., _) => 0,
            (0, Some(0)) => 2,
            (0, _) => 1,
        }] += 1;
    }

    /// By how much the count is more than that share of the users, at least and at most, in
    /// hundred-thousandths of a user. Who turns out not to be one of the users is not counted either,
    /// so count and users are not held to vary each for itself.
    fn excess(&self, percent: Percent) -> (i128, i128) {
        let missing = -i128::from(percent.thousandths());
        let counted = i128::from(Percent::ALL) + missing;
        let sum = |users: [u64; 3], each: [i128; 3]| -> i128 {
            users.into_iter().map(i128::from).zip(each).map(|(users, each)| users * each).sum()
        };
        let [surely, perhaps, not] = [(counted, counted), (missing, counted), (missing, missing)];
        let least = sum(self.inside, [surely.0, perhaps.0, not.0])
            + sum(self.perhaps_inside, [surely.0.min(0), perhaps.0.min(0), not.0.min(0)]);
        let most = sum(self.inside, [surely.1, perhaps.1, not.1])
            + sum(self.perhaps_inside, [surely.1.max(0), perhaps.1.max(0), not.1.max(0)]);
        (least, most)
    }
}

impl fmt::Display for Measured<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.count.fmt(f)?;
        if !self.aggregate.counts_users() {
            return Ok(());
        }
        write!(f, " of {}", self.of)?;
        match (self.count.known(), self.of.known()) {
            // Cut, not rounded: 94.96 % is less than 95 %.
            (Some(count), Some(of @ 1..)) => {
                let tenths = u128::from(count) * 1_000 / u128::from(of);
                write!(f, " ({}.{}%)", tenths / 10, tenths % 10)
            }
            _ => Ok(()),
        }
    }
}
