//! Something wrong, found and kept for as long as it lasts.

use super::rule::Severity;
use super::{Evidence, Rule};
use crate::presence::{Moment, UserIx};

/// Whom or what a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum About {
    /// One user.
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
    pub about: About,
    /// When it was first raised.
    pub since: Moment,
    /// What was found.
    pub evidence: Evidence,
}

impl Finding {
    /// What to do about it, in the order in which to do it: that of its rule, where what was found
    /// doesn't tell more.
    pub fn advice(&self) -> &'static str {
        self.evidence.advice()
    }
}

/// What judging changed.
///
/// A user of whom nothing is known any more is only in `touched`: what was found is neither over nor
/// still so. Should the user be known again, what still holds goes on as before, and what does not is
/// in `cleared` then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingChanges {
    /// What was found for the first time.
    pub raised: Vec<Finding>,
    /// What has grown more serious than it was, as it is now.
    pub worsened: Vec<Finding>,
    /// What is over, as it was last.
    pub cleared: Vec<Finding>,
    /// Whose findings read differently now; nobody twice in a row.
    pub touched: Vec<UserIx>,
}

impl FindingChanges {
    /// Whether everything is as before.
    pub fn is_empty(&self) -> bool {
        self.raised.is_empty()
            && self.worsened.is_empty()
            && self.cleared.is_empty()
            && self.touched.is_empty()
    }
}
