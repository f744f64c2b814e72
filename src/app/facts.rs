//! What the list of users is made from, and what a filter can ask of one of them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::presence::query::Facts;
use crate::presence::{Knowledge, Moment, Presence, Severity, Tracked, UserIx, visible};

use super::marks::Marks;

/// What the list of users is made from.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) knowledge: &'a Knowledge,
    pub(super) now: Moment,
    pub(super) marks: &'a Marks,
    pub(super) acknowledged: &'a BTreeSet<u64>,
    /// Whether only users with problems are shown.
    pub(super) problems_only: bool,
}

impl<'a> Scene<'a> {
    /// What a filter can ask of a user.
    pub(super) fn facts(self, user: UserIx) -> UserFacts<'a> {
        UserFacts { knowledge: self.knowledge, now: self.now, user }
    }

    /// The most serious finding about a user that nobody has put aside.
    pub(super) fn worst(self, user: UserIx) -> Option<Severity> {
        let findings = self.knowledge.findings.of(user).iter();
        findings.filter(|it| !self.acknowledged.contains(&it.number)).map(|it| it.severity).max()
    }

    /// Whether somebody should look at a user: nothing is known of them, what is known is old, or a
    /// rule warns that nobody has put aside.
    pub(super) fn is_problem(self, user: UserIx) -> bool {
        let roster = &self.knowledge.roster;
        matches!(roster.presence(user), Presence::Unknown(_) | Presence::Unregistered)
            || roster.is_stale(user, self.now)
            || self.worst(user) >= Some(Severity::Warning)
    }

    /// Whether a user is shown as far as marks and problems go, whatever the filter says.
    pub(super) fn admits(self, user: UserIx) -> bool {
        (!self.marks.only || self.marks.contains(user)) && (!self.problems_only || self.is_problem(user))
    }
}

/// What a filter can ask of one user.
pub(super) struct UserFacts<'a> {
    knowledge: &'a Knowledge,
    now: Moment,
    user: UserIx,
}

impl Facts for UserFacts<'_> {
    fn id(&self) -> Cow<'_, str> {
        visible(self.knowledge.roster.list().raw_id(self.user))
    }

    fn label(&self) -> Option<&str> {
        self.knowledge.roster.list().label(self.user)
    }

    fn group(&self) -> Option<&str> {
        self.knowledge.roster.list().group(self.user)
    }

    fn presence(&self) -> Presence {
        self.knowledge.roster.presence(self.user)
    }

    fn is_stale(&self) -> bool {
        self.knowledge.roster.is_stale(self.user, self.now)
    }

    fn connections(&self) -> &[Tracked] {
        self.knowledge.roster.connections(self.user)
    }

    fn server_seconds(&self) -> i64 {
        self.knowledge.roster.server_clock().unix_seconds(self.now)
    }

    fn age_ms(&self) -> Option<u64> {
        self.knowledge.roster.answered(self.user).map(|answered| self.now.since(answered.received))
    }

    fn since_ms(&self) -> Option<u64> {
        self.knowledge.roster.since(self.user).map(|since| since.age_ms(self.now))
    }

    fn flips(&self) -> u32 {
        self.knowledge.history.of(self.user).flips()
    }

    fn reconnects(&self) -> u32 {
        self.knowledge.history.of(self.user).reconnects()
    }

    fn has_finding(&self, wanted: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        let findings = self.knowledge.findings.of(self.user);
        findings.iter().any(|finding| wanted(finding.rule.name(), finding.severity.word()))
    }
}
