//! From what the witnesses said of a user to what is said of them: one pure table.
//!
//! | sockets (`get_users_online_status`) | verdict |
//! |---|---|
//! | a connection in the foreground, or online without naming any | `online` |
//! | connections, all in the background | `background` |
//! | no connection | `offline` |
//! | nothing yet | `unknown (no answer yet)` |
//! | answers without the user | the last word; then `unknown (missing)` |
//! | an entry that is not understood | the last word; then `unknown (not understood)` |
//!
//! The sockets are believed: with one witness there is nothing to hold against it. They err to
//! offline (a gateway out of reach takes its users with it, errCode 0), so the registry joins here.

use super::observation::UserStatus;
use super::state::{Presence, Why};

/// What the sockets last said of a user, in one byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Sockets {
    /// Not a word so far.
    #[default]
    Silent,
    /// No connection.
    None,
    /// At least one connection in the foreground, or online without naming any.
    Foreground,
    /// Connections, all of them in the background.
    Background,
}

impl Sockets {
    /// What a status says; `None` where it says nothing new of the user's connections.
    pub fn from_status(status: &UserStatus) -> Option<Sockets> {
        match status {
            UserStatus::Online(connections) => Some(
                if !connections.is_empty() && connections.iter().all(|connection| connection.background) {
                    Sockets::Background
                } else {
                    Sockets::Foreground
                },
            ),
            UserStatus::Offline => Some(Sockets::None),
            UserStatus::Missing | UserStatus::Unclear => None,
        }
    }
}

/// What is said of a user about whom the witnesses' last words are fresh enough.
pub fn verdict(sockets: Sockets) -> Presence {
    match sockets {
        Sockets::Silent => Presence::Unknown(Why::NotAnswered),
        Sockets::None => Presence::Offline,
        Sockets::Foreground => Presence::Online,
        Sockets::Background => Presence::Background,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presence::{ConnId, Connection, Platform};

    fn connection(background: bool) -> Connection {
        Connection { platform: Platform(2), id: ConnId::new("c"), background, token: None }
    }

    #[test]
    fn the_table_and_the_code_agree() {
        let cases = [
            (UserStatus::Online(vec![]), Some(Presence::Online)),
            (UserStatus::Online(vec![connection(false)]), Some(Presence::Online)),
            (UserStatus::Online(vec![connection(true), connection(false)]), Some(Presence::Online)),
            (UserStatus::Online(vec![connection(true), connection(true)]), Some(Presence::Background)),
            (UserStatus::Offline, Some(Presence::Offline)),
            (UserStatus::Missing, None),
            (UserStatus::Unclear, None),
        ];
        for (status, expected) in cases {
            assert_eq!(Sockets::from_status(&status).map(verdict), expected, "{status:?}");
        }
        assert_eq!(verdict(Sockets::default()), Presence::Unknown(Why::NotAnswered));
    }
}
