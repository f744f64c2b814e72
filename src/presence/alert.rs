//! An alert: when it is to fire, and what became of it. [`super::Alerts`] says when that is.

use super::condition::{Condition, Nobody};
use super::findings::Severity;
use super::time::Moment;

/// When to alert.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRule {
    /// What people call it; visible-safe.
    pub name: String,
    /// What has to be so.
    pub when: Condition,
    /// It has to be so for this long before it fires, in milliseconds.
    pub for_ms: u64,
    /// It fires again no sooner than so long after it fired, in milliseconds.
    pub again_ms: u64,
    /// How serious it is.
    pub severity: Severity,
}

/// What became of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertChange {
    /// It fires.
    Fired {
        /// Since when the condition holds.
        since: Moment,
    },
    /// The condition does not hold any more.
    Resolved {
        /// When it had fired.
        fired: Moment,
    },
    /// Its condition is about nobody, so it can't fire.
    AboutNobody(Nobody),
}

/// Something that became of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertEvent {
    /// When.
    pub at: Moment,
    /// Which alert.
    pub name: String,
    /// How serious it is.
    pub severity: Severity,
    /// Its condition, as it can be written; visible-safe.
    pub when: String,
    /// What its counts came to: `unknown>0 is 4`; visible-safe.
    pub figures: String,
    /// Whether the condition picks users by a filter, which may name them.
    pub picks_users: bool,
    /// What became of it.
    pub change: AlertChange,
    /// Whether this is a recording, on which it would have been so.
    pub is_replayed: bool,
}
