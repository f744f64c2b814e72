//! Something wrong, found and kept for as long as it lasts.

use super::rule::Severity;
use super::{Evidence, Rule, view_loss};
use crate::presence::{Loss, Moment, UserIx};

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

/// What is told of a finding as it was raised or is over; put into words only where somebody reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindingText {
    /// Nothing beside the rule.
    None,
    /// What was found, when the server's clock showed so many seconds.
    Found(Box<Evidence>, i64),
    /// How a loss of view ended, at that moment.
    Ended(Box<Loss>, Moment),
}

impl FindingText {
    /// How it ended, where it was one of these losses of view.
    pub fn of_end(evidence: &Evidence, over: &[Loss], now: Moment) -> FindingText {
        let number = if let Evidence::ViewLoss(found) = evidence { Some(found.loss.number) } else { None };
        let loss = over.iter().find(|loss| Some(loss.number) == number);
        loss.map_or(FindingText::None, |loss| FindingText::Ended(Box::new(loss.clone()), now))
    }

    /// One sentence, without a full stop; visible-safe. It may name users.
    pub fn words(&self) -> Option<String> {
        match self {
            FindingText::None => None,
            FindingText::Found(evidence, server_seconds) => Some(evidence.words(*server_seconds)),
            FindingText::Ended(loss, at) => Some(view_loss::words_of_end(loss, *at)),
        }
    }
}

impl Finding {
    /// What to do about it, in the order in which to do it: that of its rule, where what was found
    /// doesn't tell more.
    pub fn advice(&self) -> &'static str {
        self.evidence.advice()
    }
}
