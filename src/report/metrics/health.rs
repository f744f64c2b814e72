//! Whether the figures are worth anything at present.

use crate::presence::{Knowledge, Moment};

/// Whether some answer of the server still says something.
///
/// # Errors
/// Why none does, in one sentence.
pub fn health(knowledge: &Knowledge, now: Moment) -> Result<(), String> {
    let roster = &knowledge.roster;
    if roster.list().is_empty() {
        return Err("nobody is watched".to_owned());
    }
    let age = roster.last_answer().map(|at| now.since(at));
    if age.is_some_and(|age| age <= roster.freshness().unknown_ms) {
        return Ok(());
    }
    let since = match age {
        Some(age) => format!("no answer for {} s", age / 1_000),
        None => "no answer yet".to_owned(),
    };
    Err(match roster.first_error() {
        Some((_, error)) => format!("{since}: {error}; {}", error.advice()),
        None => since,
    })
}
