//! What is wrong, as pure functions of observations and time: one rule a file, each with its evidence
//! and its advice.

mod case;
mod evidence;
#[cfg_attr(not(test), expect(dead_code, reason = "asked by the engine of the findings"))]
mod flapping;
#[cfg_attr(not(test), expect(dead_code, reason = "asked by the engine of the findings"))]
mod kick_war;
#[cfg_attr(not(test), expect(dead_code, reason = "asked by the engine of the findings"))]
mod policy;
#[cfg_attr(not(test), expect(dead_code, reason = "asked by the engine of the findings"))]
mod reconnecting;
mod rule;
mod settings;

pub use case::Case;
pub use evidence::Evidence;
pub use rule::{Rule, Severity};
pub use settings::{Policy, RuleSettings};
