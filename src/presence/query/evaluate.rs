//! What an expression says of one user. Pure, and without an allocation for ordinary ids and labels.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use super::expression::{
    Criterion, Elapsed, Expression, Figure, Name, Named, StateWord, TokenState, WantedFinding,
};
use super::facts::{Facts, Truth};
use super::field::platform_names;
use super::fold;
use super::lexer::Operator;
use super::pattern::Pattern;
use crate::presence::{Presence, SessionToken, Tracked};

/// Whether `expression` holds for the user whom `facts` is about.
pub(super) fn evaluate<F: Facts + ?Sized>(expression: &Expression, facts: &F) -> Truth {
    let user = AskedUser { facts, presence: Cell::new(None), id: OnceCell::new() };
    expression.judge(&mut |condition| user.judge(condition))
}

/// A user, with what is asked more than once remembered.
struct AskedUser<'f, F: ?Sized> {
    facts: &'f F,
    presence: Cell<Option<Presence>>,
    id: OnceCell<Cow<'f, str>>,
}

impl<F: Facts + ?Sized> AskedUser<'_, F> {
    fn judge(&self, condition: &Criterion) -> Truth {
        match condition {
            Criterion::Word(word) => self.id_or_label(|text| fold::contains(text, word)),
            Criterion::Matches(pattern) => self.id_or_label(|text| pattern.matches(text)),
            Criterion::State(state) => self.state(*state),
            Criterion::Platform(platform) => {
                self.connections(|open| open.iter().any(|it| it.connection.platform == *platform))
            }
            Criterion::PlatformMatches(pattern) => self.connections(|open| on_platform(open, pattern)),
            Criterion::Count(counted, comparison, wanted) => self.count(*counted, *comparison, *wanted),
            Criterion::Expiry(comparison, seconds) => {
                self.connections(|open| self.expires(open, *comparison, *seconds))
            }
            Criterion::Token(state) => self.connections(|open| open.iter().any(|it| self.token(it, *state))),
            Criterion::Elapsed(Elapsed::Age, comparison, seconds) => {
                // Data that never came is older than any.
                let age = self.facts.age_ms().unwrap_or(u64::MAX);
                comparison.holds(&age, &(seconds * 1_000)).into()
            }
            Criterion::Elapsed(Elapsed::Since, comparison, seconds) => match self.facts.since_ms() {
                Some(since) => comparison.holds(&since, &(seconds * 1_000)).into(),
                None => Truth::Undecided,
            },
            Criterion::Finding(finding) => self.finding(finding).into(),
            Criterion::Name(name, wanted) => self.name(*name, wanted).into(),
        }
    }

    fn presence(&self) -> Presence {
        let presence = self.presence.get().unwrap_or_else(|| self.facts.presence());
        self.presence.set(Some(presence));
        presence
    }

    fn id(&self) -> &str {
        self.id.get_or_init(|| self.facts.id())
    }

    fn id_or_label(&self, matches: impl Fn(&str) -> bool) -> Truth {
        (matches(self.id()) || self.facts.label().is_some_and(matches)).into()
    }

    fn state(&self, wanted: StateWord) -> Truth {
        if wanted == StateWord::Stale {
            return self.facts.is_stale().into();
        }
        let is = match self.presence() {
            Presence::Unknown(_) if wanted == StateWord::Unknown => StateWord::Unknown,
            Presence::Unknown(_) => return Truth::Undecided,
            Presence::Online => StateWord::Online,
            Presence::Background => StateWord::Background,
            Presence::Offline => StateWord::Offline,
            Presence::Unregistered => StateWord::Unregistered,
        };
        (is == wanted).into()
    }

    /// Asks about the connections, of which nothing is known while the presence is unknown.
    fn connections(&self, holds: impl Fn(&[Tracked]) -> bool) -> Truth {
        if self.presence().is_unknown() {
            return Truth::Undecided;
        }
        holds(self.facts.connections()).into()
    }

    fn count(&self, counted: Figure, comparison: Operator, wanted: u32) -> Truth {
        let wanted = wanted as usize;
        match counted {
            Figure::Connections => self.connections(|open| comparison.holds(&open.len(), &wanted)),
            Figure::BackgroundConnections => self.connections(|open| {
                let background = open.iter().filter(|it| it.connection.background).count();
                comparison.holds(&background, &wanted)
            }),
            Figure::Flips => comparison.holds(&(self.facts.flips() as usize), &wanted).into(),
            Figure::Reconnects => comparison.holds(&(self.facts.reconnects() as usize), &wanted).into(),
        }
    }

    /// Compares the time until the soonest token expires; where none ever does that is for ever.
    fn expires(&self, open: &[Tracked], comparison: Operator, seconds: i64) -> bool {
        let tokens = || open.iter().filter_map(|it| it.connection.token.as_ref());
        let left = match tokens().filter_map(SessionToken::expires).min() {
            Some(soonest) => soonest.saturating_sub(self.facts.server_seconds()),
            None if tokens().any(|token| token.claims().is_some()) => i64::MAX,
            None => return false,
        };
        comparison.holds(&left, &seconds)
    }

    fn token(&self, tracked: &Tracked, wanted: TokenState) -> bool {
        let is = match &tracked.connection.token {
            None => TokenState::Absent,
            Some(token) => match &token.claims {
                Err(_) => TokenState::Unreadable,
                Ok(claims) => match claims.expires {
                    None => TokenState::Never,
                    // From its second on, as the server's own check has it.
                    Some(expires) if expires <= self.facts.server_seconds() => TokenState::Expired,
                    Some(_) => return false,
                },
            },
        };
        is == wanted
    }

    fn finding(&self, wanted: &WantedFinding) -> bool {
        match wanted {
            WantedFinding::Any => self.facts.has_finding(&mut |_, _| true),
            WantedFinding::None => !self.facts.has_finding(&mut |_, _| true),
            WantedFinding::Rule(name) => self.facts.has_finding(&mut |rule, _| rule == *name),
            WantedFinding::Severity(word) => self.facts.has_finding(&mut |_, severity| severity == *word),
            WantedFinding::Matches(pattern) => self.facts.has_finding(&mut |rule, _| pattern.matches(rule)),
        }
    }

    fn name(&self, name: Name, wanted: &Named) -> bool {
        let text = match name {
            Name::Group => self.facts.group(),
            Name::Label => self.facts.label(),
            Name::Id => Some(self.id()),
        };
        match (wanted, text) {
            (Named::Absent, text) => text.is_none(),
            (Named::Equal(wanted), Some(text)) => fold::equal(text, wanted),
            (Named::Matches(pattern), Some(text)) => pattern.matches(text),
            (_, None) => false,
        }
    }
}

fn on_platform(open: &[Tracked], pattern: &Pattern) -> bool {
    open.iter().any(|it| platform_names(it.connection.platform).iter().any(|name| pattern.matches(name)))
}
