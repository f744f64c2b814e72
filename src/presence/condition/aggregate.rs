//! One count, compared: what is counted, of whom, and what it is held against.

use std::fmt;

use super::amount::Amount;
use crate::presence::query::{Expression, Operator, Query, StateWord};
use crate::presence::{Rule, Severity, visible};
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// Users in a state.
    State(StateWord),
    /// Users who are online or in background.
    Connected,
    Watched,
    /// Users for whom a filter holds.
    Filter(Query),
    Connections,
    /// Batches that get no answers at present.
    Failing,
    /// Findings of a rule.
    OfRule(Rule),
    /// Findings that are at least so serious.
    AtLeast(Severity),
}

/// The counts beside states that have a word of their own: what is counted, and the word.
pub(super) const COUNTS: [(Counted, &str); 4] = [
    (Counted::Connected, "connected"),
    (Counted::Watched, "watched"),
    (Counted::Connections, "conns"),
    (Counted::Failing, "failing"),
];

impl Counted {
    /// As it is written.
    pub(super) fn word(&self) -> String {
        match self {
            Counted::State(state) => state.name().to_owned(),
            Counted::Filter(filter) => format!("count({})", visible(filter.text().trim())),
            Counted::OfRule(rule) => format!("finding:{rule}"),
            Counted::AtLeast(Severity::Info) => "finding:any".to_owned(),
            Counted::AtLeast(severity) => format!("finding:{}", severity.name()),
            _ => COUNTS.iter().find(|(known, _)| known == self).map_or("", |(_, word)| word).to_owned(),
        }
    }

    /// The filter that holds for those who are counted, where users are.
    pub(super) fn filter(&self) -> Option<Query> {
        let state = |state| Expression::Is(crate::presence::query::Criterion::State(state));
        Some(match self {
            Counted::State(one) => Query::of("", state(*one)),
            Counted::Connected => {
                Query::of("", Expression::Any(vec![state(StateWord::Online), state(StateWord::Background)]))
            }
            Counted::Watched => Query::default(),
            Counted::Filter(filter) => filter.clone(),
            Counted::Connections | Counted::Failing | Counted::OfRule(_) | Counted::AtLeast(_) => {
                return None;
            }
        })
    }

    /// Whether users are counted, so that a share of them means something.
    pub(super) fn is_of_users(&self) -> bool {
        !matches!(self, Counted::Connections | Counted::Failing | Counted::OfRule(_) | Counted::AtLeast(_))
    }
}

/// One count, compared: `online<95% of group=kiosk`. Printed, it is as it can be written again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    pub(super) counted: Counted,
    pub(super) sign: Operator,
    pub(super) amount: Amount,
    /// Only the users for whom it holds are counted.
    pub(super) of: Option<Query>,
}

impl Aggregate {
    /// What is counted, without what it is compared with: `online of group=kiosk`. Visible-safe.
    pub fn name(&self) -> String {
        match &self.of {
            None => self.counted.word(),
            Some(of) => format!("{} of {}", self.counted.word(), visible(of.text().trim())),
        }
    }

    /// How the count is compared.
    pub fn sign(&self) -> Operator {
        self.sign
    }

    /// What the count is compared with.
    pub fn amount(&self) -> Amount {
        self.amount
    }

    /// Whether users are counted: then there is a number of users that the count is out of.
    pub fn counts_users(&self) -> bool {
        self.counted.is_of_users()
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.counted.word(), self.sign.symbol(), self.amount)?;
        match &self.of {
            Some(of) => write!(f, " of {}", visible(of.text().trim())),
            None => Ok(()),
        }
    }
}
