//! What is wrong, as pure functions of observations and time: one rule a file, each with its evidence,
//! the reasons for its thresholds, and a budget of false alarms.
//!
//! ```text
//!   Case (one user, as known now) --> rules --> Evidence --> Findings (number, beginning, counts)
//! ```
//!
//! A rule that judges users has two functions. `judge` pushes what it finds, at most [`MOST`] for one
//! user. `next` says when, on the monotonic clock, time alone may change that; `None` where only an
//! observation can.

mod advice;
mod case;
mod clock_skew;
mod deadlines;
mod default_secret;
mod evidence;
mod expiry_cliff;
mod finding;
mod flapping;
mod kick_war;
mod ledger;
mod policy;
mod reconnecting;
mod rule;
mod settings;
#[cfg(test)]
mod stage;
mod token_expired;
mod token_expiring;
mod token_foreign_platform;
mod token_foreign_user;
mod token_shared;
mod token_unreadable;

pub use case::Case;
pub use evidence::Evidence;
pub use finding::{About, Finding, FindingChanges};
pub use ledger::Findings;
pub use rule::{Rule, Severity};
pub use settings::{Policy, RuleSettings};

/// So many findings one rule makes for one user.
const MOST: usize = 16;

/// What a rule finds wrong with one user.
type Judge = fn(&Case<'_>, &mut Vec<Evidence>);
/// When time alone may change that.
type Next = fn(&Case<'_>) -> Option<u64>;

/// The rules that judge users, in the order in which findings of one severity are shown.
const RULES: &[(Judge, Next)] = &[
    (token_foreign_user::judge, token_foreign_user::next),
    (default_secret::judge, default_secret::next),
    (token_expired::judge, token_expired::next),
    (token_expiring::judge, token_expiring::next),
    (token_foreign_platform::judge, token_foreign_platform::next),
    (token_shared::judge, token_shared::next),
    (token_unreadable::judge, token_unreadable::next),
    (kick_war::judge, kick_war::next),
    (reconnecting::judge, reconnecting::next),
    (flapping::judge, flapping::next),
    (policy::judge, policy::next),
];
