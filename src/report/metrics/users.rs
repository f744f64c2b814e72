//! A series for every user: for short watch lists, and only when asked for.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::sheet::{Family, Sheet};
use crate::presence::{Knowledge, Presence};

/// So many users can have a series of their own at most: each has five, and each change of a label
/// makes five new ones, which a collector of metrics keeps for as long as its data.
pub const MOST_USERS: usize = 10_000;

const PRESENCE: Family = Family {
    name: "imtop_user_presence",
    unit: None,
    help: "1 for the presence of a watched user, 0 for every other.",
};
const CONNECTIONS: Family = Family {
    name: "imtop_user_connections",
    unit: None,
    help: "Connections of a watched user, as last seen.",
};

const PRESENCES: [&str; 5] = ["online", "background", "offline", "unknown", "unregistered"];

/// The watched users, at most [`MOST_USERS`].
#[derive(Debug)]
pub(super) struct Users(Vec<User>);

/// The ID is that of the server, not made visible: two users must never become one series. The library
/// escapes what would end a label.
#[derive(Debug)]
struct User {
    id: String,
    label: String,
    group: String,
    /// In [`PRESENCES`].
    presence: usize,
    connections: usize,
}

impl Users {
    /// `None` where there are more.
    pub(super) fn of(knowledge: &Knowledge) -> Option<Users> {
        let roster = &knowledge.roster;
        let list = roster.list();
        if list.len() > MOST_USERS {
            return None;
        }
        let user = |user| User {
            id: list.raw_id(user).to_owned(),
            label: list.label(user).unwrap_or_default().to_owned(),
            group: list.group(user).unwrap_or_default().to_owned(),
            presence: match roster.presence(user) {
                Presence::Online => 0,
                Presence::Background => 1,
                Presence::Offline => 2,
                Presence::Unknown(_) => 3,
                Presence::Unregistered => 4,
            },
            connections: roster.connections(user).len(),
        };
        Some(Users(list.users().map(user).collect()))
    }
}

impl User {
    fn labels(&self) -> [(&'static str, &str); 3] {
        [("user", &self.id), ("label", &self.label), ("group", &self.group)]
    }
}

impl Collector for Users {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        let presences = self.0.iter().flat_map(|user| {
            PRESENCES.iter().enumerate().map(|(place, word)| {
                let [id, label, group] = user.labels();
                ([id, label, group, ("presence", *word)], u32::from(place == user.presence))
            })
        });
        sheet.gauges(&PRESENCE, presences)?;
        sheet.gauges(&CONNECTIONS, self.0.iter().map(|user| (user.labels(), user.connections)))
    }
}
