//! The platform of a connection, as the server numbers them (protocol `constant/platform_id_to_name.go`).
//!
//! The table is not closed: a number this program has never heard of is kept and shown.

use crate::{say, words};
use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A platform number of the server's: 1 iOS ... 12 Bot, or one that came later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Platform(pub i32);

/// Number, name on the wire of servers up to v3.8.0, name for people, at most four columns.
const KNOWN: [(i32, &str, &str, &str); 12] = [
    (1, "IOS", "iOS", "iOS"),
    (2, "Android", "Android", "And"),
    (3, "Windows", "Windows", "Win"),
    (4, "OSX", "macOS", "Mac"),
    (5, "Web", "Web", "Web"),
    (6, "MiniWeb", "MiniWeb", "Mini"),
    (7, "Linux", "Linux", "Lin"),
    (8, "APad", "Android pad", "APad"),
    (9, "IPad", "iPad", "iPad"),
    (10, "Admin", "Admin", "Adm"),
    (11, "HarmonyOS", "HarmonyOS", "Harm"),
    (12, "Bot", "Bot", "Bot"),
];

impl Platform {
    /// Stands for a platform that an answer did not name at all.
    pub const UNNAMED: Platform = Platform(0);

    /// Reads the name that servers up to v3.8.0 send in place of the number; letter case is ignored.
    pub fn from_wire_name(name: &str) -> Option<Platform> {
        KNOWN.iter().find(|(_, wire, ..)| wire.eq_ignore_ascii_case(name)).map(|(id, ..)| Platform(*id))
    }

    /// The name that servers up to v3.8.0 send, where the platform has one.
    pub fn wire_name(self) -> Option<&'static str> {
        self.row().map(|row| row.1)
    }

    /// The name for people: `Android`, or `platform 13`.
    pub fn name(self) -> Cow<'static, str> {
        match (self.row(), self) {
            (Some(row), _) => Cow::Borrowed(row.2),
            (None, Platform::UNNAMED) => Cow::Borrowed(say!("no platform")),
            (None, Platform(id)) => Cow::Owned(say!("platform {id}", id)),
        }
    }

    /// At most four columns for the numbers in use: `And`, or `p13`.
    pub fn short(self) -> Cow<'static, str> {
        match (self.row(), self) {
            (Some(row), _) => Cow::Borrowed(row.3),
            (None, Platform::UNNAMED) => Cow::Borrowed("?"),
            (None, Platform(id)) => Cow::Owned(format!("p{id}")),
        }
    }

    /// The class of terminals that it belongs to, of which some multi-login policies allow one at a
    /// time (protocol `constant/platform_id_to_name.go`); `None` for a number without a known class.
    ///
    /// Android pads were of the class mobile until November 2024.
    pub fn terminal_class(self) -> Option<&'static str> {
        Some(match self.0 {
            1 | 2 => words!("mobile"),
            3 | 4 | 7 => "PC",
            5 => words!("web"),
            6 => words!("mini web"),
            8 | 9 => words!("pad"),
            10 => words!("admin"),
            11 => "HarmonyOS",
            _ => return None,
        })
    }

    /// The names of several: `Android, Web`.
    pub(in crate::presence) fn names(platforms: impl IntoIterator<Item = Platform>) -> String {
        platforms.into_iter().map(Platform::name).collect::<Vec<_>>().join(", ")
    }

    /// Whether both are of one such class, so that a login on one may end a session on the other.
    pub(in crate::presence) fn shares_class(self, other: Platform) -> bool {
        self.terminal_class().is_some() && self.terminal_class() == other.terminal_class()
    }

    fn row(self) -> Option<&'static (i32, &'static str, &'static str, &'static str)> {
        KNOWN.iter().find(|row| row.0 == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_nobody_has_heard_of_is_shown_as_itself() {
        assert_eq!(Platform(13).name(), "platform 13");
        assert_eq!(Platform(-4).short(), "p-4");
        assert_eq!(Platform(13).wire_name(), None);
    }

    #[test]
    fn every_platform_but_the_bot_is_of_a_class() {
        let without = KNOWN.iter().filter(|row| Platform(row.0).terminal_class().is_none());
        assert_eq!(without.map(|row| row.2).collect::<Vec<_>>(), ["Bot"]);
        let classes = [3, 4, 7].map(|id| Platform(id).terminal_class());
        assert_eq!(classes, [Some("PC"); 3]);
        assert_eq!(Platform(13).terminal_class(), None);
    }

    #[test]
    fn old_servers_send_names() {
        for (id, wire, ..) in KNOWN {
            assert_eq!(Platform::from_wire_name(wire), Some(Platform(id)));
        }
        assert_eq!(Platform::from_wire_name("osx"), Some(Platform(4)));
        assert_eq!(Platform::from_wire_name("Toaster"), None);
    }
}
