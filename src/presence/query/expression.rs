//! A query as a tree: what is asked, after every name and value has been understood.

use super::pattern::Pattern;
use crate::presence::Platform;

/// A condition, or several joined. Lists are flat, so thousands of `or` are one level.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    /// All hold; at least two.
    All(Vec<Expression>),
    /// One of them holds; at least two.
    Any(Vec<Expression>),
    /// It does not hold.
    Not(Box<Expression>),
    /// One condition.
    Is(Condition),
}

/// One condition on one user.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    /// ID or label contains the text, which is in lower case.
    Word(Box<str>),
    /// ID or label matches.
    Matches(Pattern),
    /// The presence, or the state of the data.
    State(State),
    /// A connection on this platform.
    Platform(Platform),
    /// A connection on a platform whose name matches.
    PlatformMatches(Pattern),
    /// A count compared.
    Count(Counted, Comparison, u32),
    /// Seconds until the soonest token expires; negative once it has.
    Expiry(Comparison, i64),
    /// A connection whose token is so.
    Token(TokenState),
    /// A span that grows with time, compared in seconds.
    Elapsed(Elapsed, Comparison, u64),
    /// A finding.
    Finding(Finding),
    /// A name compared.
    Name(Name, Named),
}

/// The values of `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Online,
    Background,
    Offline,
    Unknown,
    Unregistered,
    Stale,
}

/// What can be counted of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Connections,
    BackgroundConnections,
    Flips,
    Reconnects,
}

/// The words that `exp` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenState {
    /// Past its expiry.
    Expired,
    /// Readable, without an expiry.
    Never,
    /// The connection shows no token.
    Absent,
    /// The token's claims can't be read.
    Unreadable,
}

/// Spans that grow with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Elapsed {
    /// Since the last answer.
    Age,
    /// Since the presence became what it is.
    Since,
}

/// What is asked of the findings.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Finding {
    Any,
    None,
    /// One of this rule; the name as in [`super::field::RULES`].
    Rule(&'static str),
    /// One of this severity; the word as in [`super::field::SEVERITIES`].
    Severity(&'static str),
    /// One of a rule whose name matches.
    Matches(Pattern),
}

/// Fields that hold a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Group,
    Label,
    Id,
}

/// What is asked of a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Named {
    /// It is this text, which is in lower case.
    Equal(Box<str>),
    /// There is none.
    Absent,
    /// It matches.
    Matches(Pattern),
}

/// How two figures are compared. `!=` is `not =`, so it is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Comparison {
    /// Whether it holds between `left` and `right`.
    pub(super) fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Comparison::Equal => left == right,
            Comparison::Less => left < right,
            Comparison::AtMost => left <= right,
            Comparison::More => left > right,
            Comparison::AtLeast => left >= right,
        }
    }

    /// The comparison that holds exactly when this one does not; `=` has none.
    pub(super) fn opposite(self) -> Option<Comparison> {
        match self {
            Comparison::Equal => None,
            Comparison::Less => Some(Comparison::AtLeast),
            Comparison::AtMost => Some(Comparison::More),
            Comparison::More => Some(Comparison::AtMost),
            Comparison::AtLeast => Some(Comparison::Less),
        }
    }
}

impl Expression {
    /// Visits every condition, with whether it stands under an odd number of `not`.
    pub(super) fn visit<'e>(&'e self, negated: bool, see: &mut dyn FnMut(&'e Condition, bool)) {
        match self {
            Expression::All(parts) | Expression::Any(parts) => {
                for part in parts {
                    part.visit(negated, see);
                }
            }
            Expression::Not(inner) => inner.visit(!negated, see),
            Expression::Is(condition) => see(condition, negated),
        }
    }
}
