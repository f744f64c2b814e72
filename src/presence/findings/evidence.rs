//! What a rule has found: data, put into words only where somebody reads them.

use crate::presence::{Fingerprint, Platform};

/// What a rule has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// `Android: opened anew 4 times in 5 min while always online`.
    Reconnecting {
        /// On this platform.
        platform: Platform,
        /// How often the connection changed.
        times: u32,
        /// In the last so many milliseconds.
        within_ms: u64,
    },
    /// `went on- or offline 5 times in 10 min`.
    Flapping {
        /// How often.
        times: u32,
        /// In the last so many milliseconds.
        within_ms: u64,
    },
    /// `PC: sessions took each other's place 4 times in 2 min, at last 1a2b3c4d by 5e6f7a8b`.
    KickWar {
        /// The class of terminals.
        class: &'static str,
        /// How often one session took the place of another.
        turns: u32,
        /// In the last so many milliseconds.
        within_ms: u64,
        /// The tokens of the last turn: of the session that had to go, and of the one that came.
        tokens: [Fingerprint; 2],
    },
    /// `sessions on Android and Android, of which the multi-login policy 1 allows one`.
    Policy {
        /// The policy (open-im-server `config/share.yml`, `multiLogin.policy`).
        policy: u8,
        /// The platforms of sessions that may not be there together, one for each session, in order;
        /// at most 16.
        platforms: Vec<Platform>,
    },
}
