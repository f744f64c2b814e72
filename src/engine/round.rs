//! How the last round of questions went.

use crate::presence::Roster;

/// How a round went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Every batch was answered.
    Whole,
    /// Some batches were answered.
    Partial,
    /// None was.
    Failed,
}

impl Round {
    /// How the last round of what `roster` knows went.
    pub fn of(roster: &Roster) -> Round {
        let batches = roster.batches();
        match batches.iter().filter(|batch| batch.answered.is_some() && batch.failing.is_none()).count() {
            0 if !batches.is_empty() => Round::Failed,
            answered if answered < batches.len() => Round::Partial,
            _ => Round::Whole,
        }
    }
}
