//! What a query can ask about one user, and the three answers it can get. Knows nothing of the language.

use std::borrow::Cow;

use crate::presence::{Presence, Tracked};

/// What a query can ask about one user.
///
/// Every text is visible-safe. Asked once for every user, so an answer should be a look-up.
pub trait Facts {
    /// The user ID, as it is shown.
    fn id(&self) -> Cow<'_, str>;

    /// What people call the user.
    fn label(&self) -> Option<&str>;

    /// What the user belongs to.
    fn group(&self) -> Option<&str>;

    /// What can be said of the user; [`Presence::Unknown`] when nothing can.
    fn presence(&self) -> Presence;

    /// Whether the presence is the last word from before an answer that is due.
    fn is_stale(&self) -> bool;

    /// The connections as last known; only believed while the presence is not unknown.
    fn connections(&self) -> &[Tracked];

    /// The server's clock in unix seconds: expiry is judged by it.
    fn server_seconds(&self) -> i64;

    /// Age of the data in milliseconds; `None` when no answer ever came.
    fn age_ms(&self) -> Option<u64>;

    /// For how long at least the presence is what it is, in milliseconds; `None` when it was never known.
    fn since_ms(&self) -> Option<u64>;

    /// How often the user went on- or offline.
    fn flips(&self) -> u32;

    /// How often a connection was replaced by the same client.
    fn reconnects(&self) -> u32;

    /// Whether there is a finding for which `wanted` says true; it is given the name of the rule and
    /// the word of the severity.
    fn has_finding(&self, wanted: &mut dyn FnMut(&str, &str) -> bool) -> bool;
}

/// Whether something holds, as far as that is known (Kleene's strong logic).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not hold.
    No,
    /// It depends on what is not known.
    Undecided,
    /// It holds, whatever turns out.
    Yes,
}

impl Truth {
    /// Holds if both hold.
    #[must_use]
    pub fn and(self, other: Truth) -> Truth {
        self.min(other)
    }

    /// Holds if one of the two holds.
    #[must_use]
    pub fn or(self, other: Truth) -> Truth {
        self.max(other)
    }

    /// Whether it holds for certain.
    pub fn is_yes(self) -> bool {
        self == Truth::Yes
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    /// Holds if this does not; what is undecided stays so.
    fn not(self) -> Truth {
        match self {
            Truth::No => Truth::Yes,
            Truth::Undecided => Truth::Undecided,
            Truth::Yes => Truth::No,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Truth {
        if holds { Truth::Yes } else { Truth::No }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, No, Undecided, Yes};

    const ALL: [Truth; 3] = [No, Undecided, Yes];

    #[test]
    fn what_is_undecided_matters_only_where_the_rest_does_not_settle_it() {
        assert_eq!(Undecided.and(No), No);
        assert_eq!(Undecided.and(Yes), Undecided);
        assert_eq!(Undecided.or(Yes), Yes);
        assert_eq!(Undecided.or(No), Undecided);
        assert_eq!(!Undecided, Undecided);
    }

    #[test]
    fn the_laws_of_kleene_hold() {
        for a in ALL {
            assert_eq!(!!a, a);
            for b in ALL {
                assert_eq!(!(a.and(b)), (!a).or(!b));
                assert_eq!(!(a.or(b)), (!a).and(!b));
                assert_eq!(a.and(b), b.and(a));
                assert_eq!(a.or(a.and(b)), a);
                for c in ALL {
                    assert_eq!(a.and(b.or(c)), a.and(b).or(a.and(c)));
                    assert_eq!(a.and(b).and(c), a.and(b.and(c)));
                }
            }
        }
    }
}
