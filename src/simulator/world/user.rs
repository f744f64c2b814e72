//! One user of the world: sockets as the gateways have them, platforms as the registry has them.

use std::sync::Arc;

use crate::presence::Platform;

/// A socket on a gateway.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    /// 32 hex digits; born with the socket, never used again.
    pub(super) conn_id: Box<str>,
    pub(super) platform: Platform,
    /// Place in the scenario's list of gateways.
    pub(super) gateway: usize,
    pub(super) background: bool,
    /// The session token that the client logged in with.
    pub(super) token: Arc<str>,
    /// Nobody is at the other end any more; the gateway has not noticed.
    pub(super) gone: bool,
}

/// Everything about one user.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) id: Arc<str>,
    pub(super) nickname: Box<str>,
    /// The only group that the user is a member of.
    pub(super) group: Option<Arc<str>>,
    /// Whether the server's database has the user.
    pub(super) registered: bool,
    /// Whether answers leave the user out.
    pub(super) missing: bool,
    /// In the order of their registration.
    pub(super) connections: Vec<Connection>,
    pub(super) registry: Registry,
    /// The user's entry of `get_users_online_status`, as it was written last.
    pub(super) entry: String,
    /// The world's view when `entry` was written; 0: it must be written again.
    pub(super) entry_view: u64,
}

impl User {
    /// The platforms with a socket, each once, by number.
    pub(super) fn platforms(&self) -> Vec<Platform> {
        let mut platforms: Vec<_> = self.connections.iter().map(|connection| connection.platform).collect();
        platforms.sort_unstable();
        platforms.dedup();
        platforms
    }

    /// The entry has to be written again.
    pub(super) fn touch(&mut self) {
        self.entry_view = 0;
    }
}

/// What Redis holds of a user: the platforms, and until when (server `cache/redis/online.go`).
///
/// A living gateway renews its entries for ever; those of a dead one stay until they expire.
#[derive(Clone, Debug, Default)]
pub(super) struct Registry(Vec<(Platform, i64)>);

const RENEWED: i64 = i64::MAX;

impl Registry {
    /// The platform is there, and renewed.
    pub(super) fn add(&mut self, platform: Platform) {
        match self.0.iter_mut().find(|entry| entry.0 == platform) {
            Some(entry) => entry.1 = RENEWED,
            None => {
                self.0.push((platform, RENEWED));
                self.0.sort_unstable();
            }
        }
    }

    /// The platform is not there any more.
    pub(super) fn remove(&mut self, platform: Platform) {
        self.0.retain(|entry| entry.0 != platform);
    }

    /// Nobody renews `platform` any more; it expires at `until`.
    pub(super) fn abandon(&mut self, platform: Platform, until: i64) {
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.0 == platform && entry.1 == RENEWED) {
            entry.1 = until;
        }
    }

    /// Whether a living gateway renews the platform.
    pub(super) fn renews(&self, platform: Platform) -> bool {
        self.0.contains(&(platform, RENEWED))
    }

    /// The platforms at `now`, by number.
    pub(super) fn platforms(&self, now: i64) -> impl Iterator<Item = i32> + '_ {
        self.0.iter().filter(move |entry| entry.1 > now).map(|entry| entry.0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_keeps_what_a_dead_gateway_left_until_it_expires() {
        let mut registry = Registry::default();
        registry.add(Platform(5));
        registry.add(Platform(1));
        registry.abandon(Platform(5), 100);
        registry.add(Platform(1));
        assert_eq!(registry.platforms(99).collect::<Vec<_>>(), [1, 5]);
        assert_eq!(registry.platforms(100).collect::<Vec<_>>(), [1]);
        registry.add(Platform(5));
        assert_eq!(registry.platforms(100).collect::<Vec<_>>(), [1, 5], "taken over by a living gateway");
        registry.remove(Platform(5));
        registry.remove(Platform(1));
        assert_eq!(registry.platforms(70).count(), 0);
    }
}
