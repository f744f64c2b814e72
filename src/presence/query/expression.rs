//! A query as a tree: what is asked, after every name and value has been understood.

use std::fmt;

use super::facts::Truth;
use super::lexer::Operator;
use super::pattern::Pattern;
use crate::presence::Platform;

/// A condition, or several joined: on a user, or, over other leaves, on all of them. Lists are flat,
/// so thousands of `or` are one level.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::presence) enum Expression<Leaf = Criterion> {
    /// All hold; at least two.
    All(Vec<Expression<Leaf>>),
    /// One of them holds; at least two.
    Any(Vec<Expression<Leaf>>),
    /// It does not hold.
    Not(Box<Expression<Leaf>>),
    Is(Leaf),
}

/// One condition on one user.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::presence) enum Criterion {
    /// ID or label contains the text, which is in lower case.
    Word(Box<str>),
    /// ID or label matches.
    Matches(Pattern),
    /// The presence, or the state of the data.
    State(StateWord),
    /// A connection on this platform.
    Platform(Platform),
    /// A connection on a platform whose name matches.
    PlatformMatches(Pattern),
    /// A count compared; not with `!=`, which is `not =`, here and below.
    Count(Figure, Operator, u32),
    /// Seconds until the soonest token expires; negative once it has.
    Expiry(Operator, i64),
    /// A connection whose token is so.
    Token(TokenState),
    /// A span that grows with time, compared in seconds.
    Elapsed(Elapsed, Operator, u64),
    Finding(WantedFinding),
    Name(Name, Named),
}

/// The values of `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presence) enum StateWord {
    Online,
    Background,
    Offline,
    Unknown,
    Unregistered,
    Stale,
}

/// What can be counted of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presence) enum Figure {
    Connections,
    BackgroundConnections,
    Flips,
    Reconnects,
}

/// The words that `exp` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presence) enum TokenState {
    /// From the second of `exp` on.
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
pub(in crate::presence) enum Elapsed {
    /// Since the last answer.
    Age,
    /// Since the presence became what it is.
    Since,
}

/// What is asked of the findings.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::presence) enum WantedFinding {
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
pub(in crate::presence) enum Name {
    Group,
    Label,
    Id,
}

/// What is asked of a name.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::presence) enum Named {
    /// It is this text, which is in lower case.
    Equal(Box<str>),
    /// The user has none.
    Absent,
    /// The pattern is found in it.
    Matches(Pattern),
}

impl<Leaf> Expression<Leaf> {
    /// Whether it holds, where `judge` says of one condition whether that does. Conditions that no
    /// longer matter are not judged.
    pub(in crate::presence) fn judge(&self, judge: &mut impl FnMut(&Leaf) -> Truth) -> Truth {
        match self {
            Expression::All(parts) => {
                let mut truth = Truth::Yes;
                for part in parts {
                    truth = truth.and(part.judge(judge));
                    if truth == Truth::No {
                        break;
                    }
                }
                truth
            }
            Expression::Any(parts) => {
                let mut truth = Truth::No;
                for part in parts {
                    truth = truth.or(part.judge(judge));
                    if truth == Truth::Yes {
                        break;
                    }
                }
                truth
            }
            Expression::Not(inner) => !inner.judge(judge),
            Expression::Is(leaf) => judge(leaf),
        }
    }

    /// Writes it as it can be written again, in brackets where it stands `inside` another one.
    fn write(&self, inside: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result
    where
        Leaf: fmt::Display,
    {
        let (parts, joint) = match self {
            Expression::Is(leaf) => return leaf.fmt(f),
            Expression::Not(inner) => {
                f.write_str("not ")?;
                return inner.write(true, f);
            }
            Expression::All(parts) => (parts, " and "),
            Expression::Any(parts) => (parts, " or "),
        };
        f.write_str(if inside { "(" } else { "" })?;
        for (number, part) in parts.iter().enumerate() {
            f.write_str(if number > 0 { joint } else { "" })?;
            part.write(true, f)?;
        }
        f.write_str(if inside { ")" } else { "" })
    }

    /// Visits every condition, with whether it stands under an odd number of `not`.
    pub(in crate::presence) fn visit<'e>(&'e self, negated: bool, see: &mut dyn FnMut(&'e Leaf, bool)) {
        match self {
            Expression::All(parts) | Expression::Any(parts) => {
                for part in parts {
                    part.visit(negated, see);
                }
            }
            Expression::Not(inner) => inner.visit(!negated, see),
            Expression::Is(leaf) => see(leaf, negated),
        }
    }
}

impl<Leaf: fmt::Display> fmt::Display for Expression<Leaf> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(false, f)
    }
}
