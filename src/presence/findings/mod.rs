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
pub(super) mod alert_thresholds;
mod api_failing;
mod api_slow;
mod case;
mod clock_skew;
mod deadlines;
mod default_secret;
mod evidence;
mod expiry_cliff;
mod false_offline;
mod finding;
mod flapping;
mod ghost;
mod kick_war;
mod ledger;
mod mass_disconnect;
mod observer;
mod partial_view;
mod policy;
mod rate_limited;
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
mod unregistered;
mod view_loss;
mod wording;

pub use case::{Case, ServerCase};
pub use evidence::Evidence;
pub use finding::{About, Finding, FindingChanges};
pub use ledger::Findings;
pub use rule::{Rule, Severity};
pub use settings::{Policy, RuleSettings};

/// So many findings one rule makes for one user.
const MOST: usize = 16;

/// A rule that judges users.
struct UserRule {
    rule: Rule,
    /// What it finds wrong with one user.
    judge: Judge,
    /// When time alone may change that.
    next: Next,
}

type Judge = fn(&Case<'_>, &mut Vec<Evidence>);
type Next = fn(&Case<'_>) -> Option<u64>;

const fn of(rule: Rule, judge: Judge, next: Next) -> UserRule {
    UserRule { rule, judge, next }
}

/// The rules that judge users, in the order in which findings of one severity are shown. Those about
/// doubt are the last.
const RULES: &[UserRule] = &[
    of(Rule::TokenForeignUser, token_foreign_user::judge, token_foreign_user::next),
    of(Rule::DefaultSecret, default_secret::judge, default_secret::next),
    of(Rule::TokenExpired, token_expired::judge, token_expired::next),
    of(Rule::TokenExpiring, token_expiring::judge, token_expiring::next),
    of(Rule::TokenForeignPlatform, token_foreign_platform::judge, token_foreign_platform::next),
    of(Rule::TokenShared, token_shared::judge, token_shared::next),
    of(Rule::TokenUnreadable, token_unreadable::judge, token_unreadable::next),
    of(Rule::KickWar, kick_war::judge, kick_war::next),
    of(Rule::Reconnecting, reconnecting::judge, reconnecting::next),
    of(Rule::Flapping, flapping::judge, flapping::next),
    of(Rule::Policy, policy::judge, policy::next),
    of(Rule::FalseOffline, false_offline::judge, false_offline::next),
    of(Rule::Unregistered, unregistered::judge, unregistered::next),
    of(Rule::PartialView, partial_view::judge, partial_view::next),
    of(Rule::Ghost, ghost::judge, ghost::next),
];
