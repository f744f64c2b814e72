//! What can honestly be said of a user now.

use std::fmt;

use super::fetch_error::Trouble;

/// What can honestly be said of a user now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// At least one connection is in the foreground.
    Online,
    /// Every connection is in the background.
    Background,
    /// No connection.
    Offline,
    /// Nobody can tell, and why not.
    Unknown(Why),
    /// The server has no such user.
    Unregistered,
}

/// Why a presence is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// No answer has come yet.
    NotAnswered,
    /// A request is under way for longer than an answer stays good.
    Slow,
    /// The last requests failed.
    Failed(Trouble),
    /// Answers came, but without this user.
    Missing,
    /// Answers came, but what they say of this user is not understood.
    Unclear,
}

impl Presence {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Presence::Online => "online",
            Presence::Background => "background",
            Presence::Offline => "offline",
            Presence::Unknown(_) => "unknown",
            Presence::Unregistered => "unregistered",
        }
    }

    /// Whether it is [`Presence::Unknown`], for whatever reason.
    pub fn is_unknown(self) -> bool {
        matches!(self, Presence::Unknown(_))
    }

    /// Whether the two have the same word; the reason of an unknown may differ.
    pub fn same_word(self, other: Presence) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

impl fmt::Display for Why {
    /// A few words, to stand in brackets after `unknown`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::NotAnswered => f.write_str("no answer yet"),
            Why::Slow => f.write_str("answer overdue"),
            Why::Failed(trouble) => trouble.fmt(f),
            Why::Missing => f.write_str("missing from the answers"),
            Why::Unclear => f.write_str("status not understood"),
        }
    }
}
