//! Conditions on all watched users: what `check --warn` and `--crit`, `wait --for` and alert rules ask.
//!
//! Pure: text in, a [`Condition`] or a [`QueryError`] out; the condition is judged on what is known at
//! a moment. The grammar of `and`, `or`, `not` and brackets, and the filters inside, are those of
//! [`crate::presence::query`].
//!
//! | what | how it is written |
//! |---|---|
//! | comparison | count operator amount [`of` filter] |
//! | operator | `=` `!=` `<` `<=` `>` `>=` |
//! | amount | a number, or a percentage with up to three decimals (`95%`, `99.9%`) |
//! | filter after `of` | one operand of the filter language: a field compared, a word, `not` with one of them, or brackets |
//!
//! `of` takes one operand, so an `and` after it goes on with the condition: `online<95% of group=kiosk
//! and unknown=0` is two conditions, `online<95% of (group=kiosk and platform=web)` is one.
//!
//! | count | of what |
//! |---|---|
//! | `online`, `background`, `offline`, `unknown`, `unregistered`, `stale` | users in that state |
//! | `connected` | users online or in background |
//! | `watched` | all users of the watch list |
//! | `count(filter)` | users for whom the filter holds |
//! | `conns` | connections |
//! | `finding:critical`, `finding:warning`, `finding:info` | findings that are at least so serious |
//! | `finding:RULE`, `finding:any` | findings of a rule; all of them |
//! | `failing` | batches (requests of a round) that get no answers |
//!
//! Percentages are of all watched users, or of those whom `of` names, and only users are counted in them.
//!
//! **Three-valued.** Each count is [`Bounds`]: what is counted for sure, and what it may turn out
//! to be, as an unknown user may be anything. A comparison holds, or doesn't, only where it does so for
//! the whole interval: `offline=0` is undecided while somebody is unknown. What is said about our own
//! knowledge is certain: `unknown`, `stale`, `watched`, `failing`; so are findings, which are those that
//! were found. A percentage of users who may turn out to be nobody is undecided. Whether an unknown user
//! is one of those after `of`, and whether they count, is taken for two questions with nothing in common.
//!
//! A condition over nobody is an error, [`Nobody`]: an empty watch list, a group without a user, an
//! `of` whose filter asks for names alone and finds none.
//!
//! ```
//! use imtop::presence::condition::Condition;
//! let condition = Condition::parse("unknown>0 or online < 95% of group=kiosk").unwrap();
//! assert_eq!(condition.to_string(), "unknown>0 or online<95% of group=kiosk");
//! let error = Condition::parse("state=offline").unwrap_err();
//! assert!(error.to_string().ends_with("did you mean count(state=offline)>0 or offline=100%?"));
//! ```

mod aggregate;
mod amount;
mod interval;
mod leaf;
mod measure;
mod nobody;
#[cfg(test)]
mod tests;

use std::fmt;

use super::knowledge::Knowledge;
use super::query::{self, Expression, QueryError, Truth};
use super::time::Moment;

pub use aggregate::Aggregate;
pub use amount::{Amount, Percent};
pub use interval::Bounds;
pub use measure::{Measured, measured};
pub use nobody::Nobody;

/// A condition that has been understood. Printed, it is as it can be written again.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(Expression<Aggregate>);

/// What a condition came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionReading<'c> {
    /// Whether the whole condition holds.
    pub truth: Truth,
    /// What each count came to, in the order in which they are written.
    pub measured: Vec<Measured<'c>>,
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// Where the text is wrong, what was found there and what was probably meant.
    pub fn parse(text: &str) -> Result<Condition, QueryError> {
        query::parse(text)?.map(Condition).ok_or_else(|| {
            let error = QueryError::new(0..text.len(), "there is no condition");
            error.expected([<Aggregate as query::Leaf>::EXPECTED])
        })
    }

    /// Judges it on what is known `now`.
    ///
    /// # Errors
    /// It is about nobody.
    pub fn judge(&self, knowledge: &Knowledge, now: Moment) -> Result<ConditionReading<'_>, Nobody> {
        let aggregates = self.aggregates().into_iter();
        let measured = aggregates.map(|aggregate| measure::measure(aggregate, knowledge, now));
        let measured = measured.collect::<Result<Vec<_>, _>>()?;
        let truth = self.0.judge(&mut |aggregate: &Aggregate| {
            let measured = measured.iter().find(|it| std::ptr::eq(it.aggregate, aggregate));
            measured.map_or(Truth::Undecided, |measured| measured.truth) // each of them was measured
        });
        Ok(ConditionReading { truth, measured })
    }

    /// Its counts, in the order in which they are written.
    pub fn aggregates(&self) -> Vec<&Aggregate> {
        let mut aggregates = Vec::new();
        self.0.visit(false, &mut |aggregate, _| aggregates.push(aggregate));
        aggregates
    }

    /// Those of its counts of which each alone makes it hold: one that stands alone, or between `or`.
    pub fn decisive(&self) -> impl Iterator<Item = &Aggregate> {
        let parts = match &self.0 {
            Expression::Any(parts) => parts.as_slice(),
            only => std::slice::from_ref(only),
        };
        parts.iter().filter_map(|part| match part {
            Expression::Is(aggregate) => Some(aggregate),
            _ => None,
        })
    }

    /// Whether each user is looked at to judge it: otherwise it costs as much as there are batches.
    pub fn asks_each_user(&self) -> bool {
        self.aggregates().into_iter().any(Aggregate::asks_each_user)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
