//! How many stand how, what is kept of it of the past, and how one user was counted.

use serde::Serialize;

use crate::presence::Presence;

/// How many stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// With a connection in the foreground.
    pub online: u32,
    /// With connections in the background only.
    pub background: u32,
    /// Without a connection.
    pub offline: u32,
    /// Of whom nobody can tell.
    pub unknown: u32,
    /// Whom the server does not have.
    pub unregistered: u32,
    /// Of all of them: those about whom there is a warning or worse.
    pub problems: u32,
}

impl Counts {
    /// All together.
    pub fn watched(&self) -> u32 {
        self.online + self.background + self.offline + self.unknown + self.unregistered
    }

    /// What of it is kept of the past.
    pub fn level(&self) -> Level {
        Level { connected: self.online + self.background, unknown: self.unknown }
    }

    /// Those of both together.
    #[must_use]
    pub fn plus(self, other: Counts) -> Counts {
        Counts {
            online: self.online + other.online,
            background: self.background + other.background,
            offline: self.offline + other.offline,
            unknown: self.unknown + other.unknown,
            unregistered: self.unregistered + other.unregistered,
            problems: self.problems + other.problems,
        }
    }

    fn of_mut(&mut self, class: Class) -> &mut u32 {
        match class.0 & PRESENCE {
            ONLINE => &mut self.online,
            BACKGROUND => &mut self.background,
            OFFLINE => &mut self.offline,
            UNREGISTERED => &mut self.unregistered,
            _ => &mut self.unknown,
        }
    }

    /// One user more who is so.
    pub fn add(&mut self, class: Class) {
        *self.of_mut(class) += 1;
        self.problems += u32::from(class.has_problem());
    }

    /// One user fewer who was so.
    pub fn remove(&mut self, class: Class) {
        *self.of_mut(class) -= 1;
        self.problems -= u32::from(class.has_problem());
    }
}

/// What is kept of a moment of the past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Online or in background.
    pub connected: u32,
    /// Unknown.
    pub unknown: u32,
}

const UNKNOWN: u8 = 0;
const ONLINE: u8 = 1;
const BACKGROUND: u8 = 2;
const OFFLINE: u8 = 3;
const UNREGISTERED: u8 = 4;
const PRESENCE: u8 = 0b0111;
const PROBLEM: u8 = 0b1000;

/// How a user was counted last: the presence, and whether there is a warning or worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class(u8);

impl Class {
    /// Of whom nothing is known yet.
    pub(super) const UNHEARD: Class = Class(UNKNOWN);

    pub(super) fn of(presence: Presence, has_problem: bool) -> Class {
        let presence = match presence {
            Presence::Unknown(_) => UNKNOWN,
            Presence::Online => ONLINE,
            Presence::Background => BACKGROUND,
            Presence::Offline => OFFLINE,
            Presence::Unregistered => UNREGISTERED,
        };
        Class(presence | if has_problem { PROBLEM } else { 0 })
    }

    fn has_problem(self) -> bool {
        self.0 & PROBLEM != 0
    }
}
