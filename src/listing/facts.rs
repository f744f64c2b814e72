//! What the list of users is made from: what is known, which rows are wanted, what users are called.

use std::collections::BTreeSet;

use crate::presence::{Knowledge, Moment, Presence, Severity, UserFacts, UserIx, WatchList};

use super::marks::Marks;
use super::names::Names;

/// What is known at one moment, and what users are called.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// What is known.
    pub knowledge: &'a Knowledge,
    /// At which time.
    pub now: Moment,
    /// What users are called.
    pub names: &'a Names,
}

impl<'a> Known<'a> {
    pub(super) fn list(self) -> &'a WatchList {
        self.knowledge.roster.list()
    }
}

/// What the rows of the list are chosen and sorted by.
#[derive(Clone, Copy)]
pub(crate) struct RowInputs<'a> {
    pub(crate) knowledge: &'a Knowledge,
    pub(crate) now: Moment,
    pub(crate) marks: &'a Marks,
    pub(crate) acknowledged: &'a BTreeSet<u64>,
    /// Whether only users with problems are shown.
    pub(crate) problems_only: bool,
}

impl<'a> RowInputs<'a> {
    /// What a filter can ask of a user.
    pub(crate) fn facts(self, user: UserIx) -> UserFacts<'a> {
        self.knowledge.facts(user, self.now)
    }

    /// The most serious finding about a user that nobody has put aside.
    pub(crate) fn worst(self, user: UserIx) -> Option<Severity> {
        let findings = self.knowledge.findings.of(user).iter();
        findings.filter(|it| !self.acknowledged.contains(&it.number)).map(|it| it.severity).max()
    }

    /// Whether somebody should look at a user: nothing is known of them, what is known is old, or a
    /// rule warns that nobody has put aside.
    pub(crate) fn is_problem(self, user: UserIx) -> bool {
        let is_lost = self.knowledge.roster.is_lost(user);
        is_lost || self.is_unknown(user) || self.is_stale(user) || self.worst(user) >= Some(Severity::Warning)
    }

    /// Whether nothing can be said of a user, and not only while the witnesses are being asked: so it is
    /// for a second after every logout.
    pub(crate) fn is_unknown(self, user: UserIx) -> bool {
        match self.knowledge.roster.presence(user) {
            Presence::Unregistered => true,
            presence => presence.is_unknown() && !presence.is_passing(),
        }
    }

    /// Whether what is known of a user is old, and not only until the registry has answered.
    pub(crate) fn is_stale(self, user: UserIx) -> bool {
        let roster = &self.knowledge.roster;
        roster.is_stale(user, self.now) && roster.doubt(user).is_none_or(|doubt| !doubt.verdict.stale)
    }

    /// Whether a user is shown as far as marks and problems go, whatever the filter says.
    pub(crate) fn admits(self, user: UserIx) -> bool {
        (!self.marks.only || self.marks.contains(user)) && (!self.problems_only || self.is_problem(user))
    }
}
