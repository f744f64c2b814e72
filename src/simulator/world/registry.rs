//! How the registry hears of changes, and how it does not: each gateway pushes what changed on it,
//! about a second later; what is lost on the way is not sent again (server `msggateway/online.go`).

use std::ops::RangeInclusive;

use super::truth::What;
use super::user::Connection;
use super::{Happening, World};
use crate::presence::Platform;

/// How long after a change a gateway's push arrives, ms: it gathers changes for a second.
const LAG: RangeInclusive<i64> = 600..=1_300;

/// After how long a living gateway pushes what the registry has not: a tick of ten minutes, for users
/// not pushed in the last ten, ms.
const RENEWAL: RangeInclusive<i64> = 600_000..=1_200_000;

/// How often a gateway that hangs is looked at again, ms: what it has to push waits in it.
const LOOK_AGAIN: i64 = 500;

/// What the registry does not hear.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Deafness {
    /// Percent of the pushes that are lost.
    share: u8,
    /// Unix ms.
    until: i64,
    /// Whether questions fail too.
    fails: bool,
    /// Whether only logins are lost.
    logins: bool,
}

impl World {
    /// How long the registry takes to hear of a change of now.
    pub(super) fn lag(&mut self) -> i64 {
        self.rng.i64(LAG)
    }

    /// The same for changes that a scenario's older deeds don't know, from chances of their own.
    pub(super) fn side_lag(&mut self) -> i64 {
        self.side.i64(LAG)
    }

    /// `gateway` will push the platforms of a user on it, and that `gone` is not among them any more.
    pub(super) fn tell(&mut self, user: u32, gateway: usize, gone: Option<Platform>, lag: i64) {
        self.plan(self.now + lag, Happening::Push { user, gateway, gone });
    }

    /// A gateway's push arrives, or is lost.
    pub(super) fn push(&mut self, ix: u32, gateway: usize, gone: Option<Platform>) {
        if self.gateways.hangs(gateway) {
            self.plan(self.now + LOOK_AGAIN, Happening::Push { user: ix, gateway, gone });
            return;
        }
        let dead = self.gateways.dead(gateway);
        let is_login = gone.is_none() && self.is_lacked(ix, gateway);
        let lost = dead || ((is_login || !self.deafness.logins) && self.lost());
        if lost && is_login {
            self.note_lost_login(ix, gateway);
        }
        let connections = &self.users[ix as usize].connections;
        let on_it = connections.iter().filter(|connection| connection.gateway == gateway);
        let here: Vec<Platform> = on_it.map(|connection| connection.platform).collect();
        let gone = gone.filter(|gone| !here.contains(gone));
        let elsewhere = gone.and_then(|gone| {
            let holds = |at: usize| at != gateway && !self.gateways.dead(at);
            let other = connections.iter().find(|other| other.platform == gone && holds(other.gateway))?;
            Some(other.gateway)
        });
        if lost {
            if let (Some(gone), None) = (gone, elsewhere) {
                let until = self.now + self.ghost();
                self.users[ix as usize].registry.abandon(gone, until);
            }
            let known = |platform: &Platform| self.users[ix as usize].registry.renews(*platform);
            if !dead && !here.iter().all(known) {
                let wait = self.side.i64(RENEWAL);
                self.tell(ix, gateway, None, wait);
            }
            return;
        }
        let registry = &mut self.users[ix as usize].registry;
        if let Some(gone) = gone {
            registry.remove(gone);
        }
        for platform in here {
            registry.add(platform);
        }
        // The gateway that still has the platform sees it taken away, and pushes it again
        // (`user_map.go`, `RecvSubChange`).
        if let Some(other) = elsewhere {
            let lag = self.side_lag();
            self.tell(ix, other, None, lag);
        }
    }

    /// How long an entry lives on that nobody renews, ms.
    fn ghost(&mut self) -> i64 {
        let [least, most] = self.scenario.model.gateways.ghosts;
        self.side.i64(least.0..=most.0)
    }

    fn lost(&mut self) -> bool {
        let Deafness { share, until, .. } = self.deafness;
        self.now < until && (share >= 100 || self.side.u8(..100) < share)
    }

    /// Whether the registry can't be asked now.
    pub(in crate::simulator) fn registry_fails(&self) -> bool {
        self.deafness.fails && self.now < self.deafness.until
    }

    /// For `lasts_ms` the registry hears nothing of `share` percent of all changes: an offline event
    /// that is lost leaves the user online until the entry expires after 10 to 30 minutes, an online
    /// one leaves the user out for 10 to 20. Where it `fails`, it can't be asked meanwhile.
    pub fn deafen_registry(&mut self, share: u8, lasts_ms: i64, fails: bool) {
        self.deafness = Deafness { share, until: self.now + lasts_ms, fails, logins: false };
        self.note_of(What::RegistryDeaf, None);
        self.plan(self.now + lasts_ms, Happening::RegistryHears);
    }

    /// For `lasts_ms` the registry hears nothing of `share` percent of all logins: those users are connected, and not
    /// in it, for 10 to 20 minutes. What leaves is heard.
    pub fn lose_logins(&mut self, share: u8, lasts_ms: i64) {
        self.deafness = Deafness { share, until: self.now + lasts_ms, fails: false, logins: true };
        self.note_of(What::RegistryDeaf, None);
        self.plan(self.now + lasts_ms, Happening::RegistryHears);
    }

    /// Whether a gateway has a connection of the user on a platform that the registry lacks.
    fn is_lacked(&self, ix: u32, gateway: usize) -> bool {
        let user = &self.users[ix as usize];
        let on_it = user.connections.iter().filter(|connection| connection.gateway == gateway);
        on_it.into_iter().any(|connection| !user.registry.renews(connection.platform))
    }

    fn note_lost_login(&mut self, ix: u32, gateway: usize) {
        let user = &self.users[ix as usize];
        let lacked = |it: &&Connection| it.gateway == gateway && !user.registry.renews(it.platform);
        let lacked: Vec<Connection> = user.connections.iter().filter(lacked).cloned().collect();
        for connection in lacked {
            self.note(What::LoginLost, ix, &connection);
        }
    }

    /// Whether a gateway holds a socket of the user on a platform that the registry lacks now: messages don't reach it.
    /// Its client may be gone without a word; nothing shows that.
    pub fn is_deaf(&self, id: &str) -> bool {
        let user = self.find(id).and_then(|ix| self.users.get(ix as usize));
        user.is_some_and(|user| {
            let known: Vec<i32> = user.registry.platforms(self.now).collect();
            user.connections.iter().any(|it| !known.contains(&it.platform.0))
        })
    }

    pub(super) fn registry_hears(&mut self) {
        if self.now >= self.deafness.until {
            self.note_of(What::RegistryHears, None);
        }
    }
}
