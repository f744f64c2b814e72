//! What is wrong, as pure functions of observations and time: one rule a file, each with its evidence
//! and its advice.

mod case;
mod rule;
mod settings;

pub use case::Case;
pub use rule::{Rule, Severity};
pub use settings::{Policy, RuleSettings};
