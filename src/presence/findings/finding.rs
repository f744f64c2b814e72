//! Something wrong, found and kept for as long as it lasts.

use super::rule::Severity;
use super::{Evidence, Rule};
use crate::presence::{Moment, UserIx};

/// Whom or what a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One user, by the place on the watch list.
    User(UserIx),
    /// The server, or the watched users taken together.
    Server,
}

/// Something wrong. It keeps its number and its beginning for as long as it lasts, though its
/// evidence may change meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Tells it from every other finding of the run.
    pub number: u64,
    /// Which rule found it.
    pub rule: Rule,
    /// How serious it is at present.
    pub severity: Severity,
    /// Whom or what it is about.
    pub about: Subject,
    /// When it was first raised.
    pub since: Moment,
    /// What was found, which may change while it lasts.
    pub evidence: Evidence,
}

impl Finding {
    /// What to do about it, in the order in which to do it: that of its rule, where what was found
    /// doesn't tell more.
    pub fn advice(&self) -> &'static str {
        self.evidence.advice()
    }
}
