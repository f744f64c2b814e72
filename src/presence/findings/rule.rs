//! What every rule has: a row with its words and with what judges it, and what it finds. Each rule
//! has both in a file of its own; [`super::Rule`] and [`super::Evidence`] are made of these.

use std::fmt;

use super::case::{Case, ServerCase};
use super::{Evidence, Rule};
use crate::language::say;
use crate::presence::{ConnId, Presence};
use crate::words;

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is wrong yet.
    Info,
    /// Somebody should look at it.
    Warning,
    /// Somebody should act on it.
    Critical,
}

impl Severity {
    /// All, from the least serious on.
    pub const ALL: [Severity; 3] = [Severity::Info, Severity::Warning, Severity::Critical];

    /// Its name in filters, JSON and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Info => words!("info"),
            Severity::Warning => words!("warning"),
            Severity::Critical => words!("critical"),
        }
    }

    /// The word for it, in the language spoken.
    pub fn word(self) -> &'static str {
        say(self.name())
    }
}

/// All that is told of a rule, and what judges it.
#[derive(Debug)]
pub(super) struct RuleRow {
    /// Its name, in filters and everywhere else.
    pub(super) name: &'static str,
    /// How serious it is, at its worst.
    pub(super) severity: Severity,
    /// What it means, in a clause without a full stop.
    pub(super) says: &'static str,
    /// The same for a line of the help.
    pub(super) brief: &'static str,
    /// What to do about it, in the order in which to do it.
    pub(super) advice: &'static str,
    /// Its place among all rules: in this order they judge, and findings of one severity are shown.
    pub(super) rank: u16,
    pub(super) judges: Judges,
}

/// Pushes what is wrong with a user, at most [`super::MOST`].
pub(super) type JudgeUser = fn(&Case<'_>, &mut Vec<Evidence>);
/// When, on the monotonic clock, time alone may change that.
pub(super) type NextOfUser = fn(&Case<'_>) -> Option<u64>;
/// For rules that an observation alone changes.
pub(super) fn never(_: &Case<'_>) -> Option<u64> {
    None
}

/// Pushes what is wrong with the server; it is told whether something was before.
pub(super) type JudgeServer = fn(&ServerCase<'_>, bool, &mut Vec<Evidence>);
/// When, on the monotonic clock, time alone may change that.
pub(super) type NextOfServer = fn(&ServerCase<'_>) -> Option<u64>;

/// For rules that an observation alone changes, or something that says itself when it changes.
pub(super) fn never_by_time(_: &ServerCase<'_>) -> Option<u64> {
    None
}

/// Whom or what a rule judges, and when.
#[derive(Clone, Copy, Debug)]
pub(super) enum Judges {
    /// A user of whom something is known.
    User(JudgeUser, NextOfUser),
    /// A user, also one in doubt: it is about what the witnesses say.
    UserInDoubt(JudgeUser, NextOfUser),
    /// The server or many users at once, once a round.
    Server(JudgeServer, NextOfServer),
    /// The same, as soon as anything changes in it.
    Promptly(JudgeServer, NextOfServer),
}

/// What a rule has found: data, put into words only where somebody reads them.
///
/// Names and texts in it are visible-safe. Times are unix seconds of the server's clock, so that
/// the same evidence reads right at any later time.
pub(super) trait OfRule: PartialEq {
    /// The rule that finds it.
    const RULE: RuleRow;

    /// One sentence, without a full stop.
    fn words(&self, server_seconds: i64) -> String;

    /// How serious it is, when the server's clock shows `server_seconds`.
    fn severity(&self, _server_seconds: i64) -> Severity {
        Self::RULE.severity
    }

    /// The connection that it is about, where it is about one alone.
    fn connection(&self) -> Option<&ConnId> {
        None
    }

    /// Whether both are about the same thing, though their figures may differ: the finding lasts.
    fn same_as(&self, other: &Self) -> bool {
        // One at a time: of the connection, or of the user or the server where there is none.
        self.connection() == other.connection()
    }

    /// What to do about it, in the order in which to do it; to be put into the language spoken.
    fn advice(&self) -> &'static str {
        Self::RULE.advice
    }
}

impl Rule {
    /// Its name, in filters and everywhere else.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// How serious it is, at its worst.
    pub fn severity(self) -> Severity {
        self.row().severity
    }

    /// What the rule means, in a clause without a full stop.
    pub fn says(self) -> &'static str {
        say(self.row().says)
    }

    /// What the rule means, in a line of the help.
    pub fn brief(self) -> &'static str {
        say(self.row().brief)
    }

    /// What to do about it, in the order in which to do it.
    pub fn advice(self) -> &'static str {
        say(self.row().advice)
    }

    /// Whether it is about the server or many users at once, not about one of them.
    pub fn is_about_server(self) -> bool {
        matches!(self.row().judges, Judges::Server(..) | Judges::Promptly(..))
    }

    /// Whether users of whom that is said are judged by it: what it found of others is as last known.
    /// Of a user in doubt those rules judge that are about what the witnesses say.
    pub fn is_judged(self, presence: Presence) -> bool {
        let is_about_doubt = || matches!(self.row().judges, Judges::UserInDoubt(..));
        !presence.is_unknown() || (presence.is_doubt() && is_about_doubt())
    }

    /// Whether it tells for a while of what is over.
    pub fn is_over(self) -> bool {
        matches!(self, Rule::FalseOffline | Rule::PastLoss)
    }

    /// Whether it is about the server and judged as soon as anything changes in it.
    pub(super) fn is_prompt(self) -> bool {
        matches!(self.row().judges, Judges::Promptly(..))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// All rules, in the order in which they judge.
pub(super) const BY_RANK: [Rule; Rule::ALL.len()] = {
    let mut rules = Rule::ALL;
    let mut sorted = 1;
    while sorted < rules.len() {
        let mut at = sorted;
        while at > 0 && rules[at - 1].row().rank > rules[at].row().rank {
            (rules[at - 1], rules[at]) = (rules[at], rules[at - 1]);
            at -= 1;
        }
        sorted += 1;
    }
    rules
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_meaning_and_whole_sentences_of_advice() {
        for rule in Rule::ALL {
            let (says, advice) = (rule.says(), rule.advice());
            assert!(!says.is_empty() && !says.ends_with('.'), "{rule}: {says}");
            assert!(advice.ends_with('.') && advice.matches(". ").count() <= 2, "{rule}: {advice}");
            // Of a loss of view it is read once, and in a hurry.
            let longest = if rule == Rule::ViewLoss { 300 } else { 220 };
            assert!(says.len() <= 180 && advice.len() <= longest, "{rule}: too long");
        }
    }

    #[test]
    fn no_two_rules_have_one_rank_or_one_name() {
        assert!(BY_RANK.windows(2).all(|pair| pair[0].row().rank < pair[1].row().rank));
        for (at, rule) in Rule::ALL.iter().enumerate() {
            assert!(Rule::ALL[..at].iter().all(|other| other.name() != rule.name()), "{rule}");
        }
    }
}
