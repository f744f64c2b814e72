//! Conditions that are about nobody: a mistake in what was asked, not an answer.

use std::fmt;

use crate::presence::query::{Criterion, Expression, Follows, Name, Named, Query, shown};
use crate::presence::{Knowledge, Moment};
use crate::say;

/// Why a condition is about nobody. Printed, it is one sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nobody {
    /// The watch list is empty.
    Watched,
    /// No watched user is in the group of this name; in lower case, visible-safe.
    InGroup(String),
    /// The filter after an `of` asks for names alone, and no watched user has them.
    Named(String),
}

impl fmt::Display for Nobody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Nobody::Watched => f.write_str(say!("nobody is watched")),
            Nobody::InGroup(group) => f.write_str(&say!(
                "no watched user is in the group {group}; groups are in the watch list",
                group = shown(group)
            )),
            Nobody::Named(filter) => {
                f.write_str(&say!("no watched user is one of {filter}", filter = shown(filter)))
            }
        }
    }
}

impl std::error::Error for Nobody {}

/// Whether `filter` can be about nobody at all by its names.
pub(super) fn asks_names(filter: &Query) -> bool {
    filter.follows() == Follows::Names
}

/// Refuses a filter that names a group in which nobody is: a misspelt one would hold for ever, or never.
pub(super) fn check_groups(filter: &Query, knowledge: &Knowledge, now: Moment) -> Result<(), Nobody> {
    let mut groups = Vec::new();
    if let Some(expression) = filter.expression() {
        expression.visit(false, &mut |condition, negated| {
            if let (Criterion::Name(Name::Group, Named::Equal(group)), false) = (condition, negated) {
                groups.push((group, condition));
            }
        });
    }
    for (group, condition) in groups {
        let alone = Query::of("", Expression::Is(condition.clone()));
        let mut users = knowledge.roster.list().users();
        if !users.any(|user| alone.evaluate(&knowledge.facts(user, now)).is_yes()) {
            return Err(Nobody::InGroup(group.to_string()));
        }
    }
    Ok(())
}
