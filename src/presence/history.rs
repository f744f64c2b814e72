//! What happened to each user in the last half hour: flips, reconnects, and what was so when.

use std::collections::VecDeque;

use super::platform::Platform;
use super::state::Presence;
use super::token::Fingerprint;

/// What happened to one user in the last half hour, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Bounded; what is older than the window is forgotten.
    pub happened: VecDeque<Happening>,
}

/// Something that happened to one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happening {
    /// The first answer with it arrived then, on the monotonic clock.
    pub at_ms: u64,
    /// What.
    pub what: Happened,
}

/// What happened to one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The presence changed.
    Presence {
        /// From this.
        from: Presence,
        /// To this.
        to: Presence,
    },
    /// A connection appeared, not in another one's place.
    Opened(Platform, Option<Fingerprint>),
    /// A connection is gone, and none is in its place.
    Closed(Platform, Option<Fingerprint>),
    /// A connection is gone and another of the same platform is in its place.
    Replaced {
        /// On this platform.
        platform: Platform,
        /// The session token of the one that is gone.
        old: Option<Fingerprint>,
        /// The session token of the one that is there.
        new: Option<Fingerprint>,
    },
}
