//! What a filter can ask of one watched user: look-ups in what is known.

use std::borrow::Cow;

use super::findings::{Rule, Severity};
use super::knowledge::Knowledge;
use super::query::Facts;
use super::roster::Tracked;
use super::status::Presence;
use super::text::visible;
use super::time::Moment;
use super::watch_list::UserIx;

/// What a filter can ask of one user.
#[derive(Clone, Copy, Debug)]
pub struct UserFacts<'a> {
    knowledge: &'a Knowledge,
    now: Moment,
    user: UserIx,
}

impl Knowledge {
    /// What a filter can ask of a user at `now`.
    pub fn facts(&self, user: UserIx, now: Moment) -> UserFacts<'_> {
        UserFacts { knowledge: self, now, user }
    }
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
        // A loss of view is found of the server; those whom it hit are found by it as well.
        if self.knowledge.roster.is_lost(self.user)
            && wanted(Rule::ViewLoss.name(), Severity::Critical.name())
        {
            return true;
        }
        let findings = self.knowledge.findings.of(self.user);
        findings.iter().any(|finding| wanted(finding.rule.name(), finding.severity.name()))
    }
}
