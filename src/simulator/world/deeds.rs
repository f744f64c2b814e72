//! What can be done to the world by hand: the same deeds that a scenario's events use.

use std::sync::Arc;

use super::gateway::Gateways;
use super::truth::{What, Why};
use super::{Happening, World};
use crate::presence::Platform;

/// A client that lost its gateway: whose, on which platform, with which token.
pub(super) type Orphan = (u32, Platform, Arc<str>);

impl World {
    /// Connects `user`, who is made up if unknown, to some gateway with a new token; the connID, or
    /// `None` while no gateway answers.
    pub fn connect(&mut self, user: &str, platform: Platform) -> Option<String> {
        let gateway = self.some_gateway()?;
        Some(self.connect_at(user, platform, gateway))
    }

    /// As [`World::connect`], to the gateway of that name; `None` where there is none that answers.
    pub fn connect_to(&mut self, gateway: &str, user: &str, platform: Platform) -> Option<String> {
        let gateway = self.gateways.find(gateway).filter(|&at| self.gateways.takes(at))?;
        Some(self.connect_at(user, platform, gateway))
    }

    fn connect_at(&mut self, id: &str, platform: Platform, gateway: usize) -> String {
        let user = self.find(id).unwrap_or_else(|| self.add_user(id, id, None));
        let token = self.login(user, platform);
        self.open(user, platform, gateway, token).into()
    }

    /// Closes the sockets of `user`, only those of `platform` where one is named; how many.
    pub fn disconnect(&mut self, user: &str, platform: Option<Platform>) -> usize {
        let Some(ix) = self.find(user) else { return 0 };
        let meant = self.live_sockets(ix, platform);
        if !meant.is_empty() {
            let lag = self.lag();
            for &at in &meant {
                self.leave(ix, at, Why::Client, lag);
            }
        }
        meant.len()
    }

    /// The clients of `user` are gone without a word, only those of `platform` where one is named: their
    /// gateways list the sockets until they have been silent for 30 s. How many.
    pub fn vanish(&mut self, user: &str, platform: Option<Platform>) -> usize {
        let Some(ix) = self.find(user) else { return 0 };
        let meant = self.live_sockets(ix, platform);
        for &at in &meant {
            self.vanish_at(ix, at);
        }
        meant.len()
    }

    /// `percent` of the users who have a socket close all of theirs within `within_ms`; how many users.
    pub fn log_out(&mut self, percent: u8, within_ms: i64) -> usize {
        let chosen = self.choose(percent);
        for &ix in &chosen {
            let wait = self.side.i64(0..=within_ms.max(0));
            for at in self.live_sockets(ix, None) {
                let conn_id = self.users[ix as usize].connections[at].conn_id.clone();
                let close = Happening::Close { user: ix, conn_id, why: Why::Client, back: None };
                self.plan(self.now + wait, close);
            }
        }
        chosen.len()
    }

    /// `percent` of the users who have a socket vanish, as [`World::vanish`] says; how many users.
    pub fn black_out(&mut self, percent: u8) -> usize {
        let chosen = self.choose(percent);
        for &ix in &chosen {
            for at in self.live_sockets(ix, None) {
                self.vanish_at(ix, at);
            }
        }
        chosen.len()
    }

    /// About `percent` of the users with a living client.
    fn choose(&mut self, percent: u8) -> Vec<u32> {
        let mut chosen = Vec::new();
        for ix in 0..self.users.len() as u32 {
            let online = self.users[ix as usize].connections.iter().any(|connection| !connection.gone);
            if online && self.side.u8(..100) < percent {
                chosen.push(ix);
            }
        }
        chosen
    }

    /// Sends clients of `user` to the background or back; how many changed.
    pub fn set_background(&mut self, user: &str, platform: Option<Platform>, background: bool) -> usize {
        let Some(ix) = self.find(user) else { return 0 };
        let mut changed = 0;
        for at in self.live_sockets(ix, platform) {
            if self.users[ix as usize].connections[at].background != background {
                self.turn(ix, at);
                changed += 1;
            }
        }
        changed
    }

    /// Sends a user's n-th client to the background, or back.
    pub(super) fn turn(&mut self, ix: u32, at: usize) {
        let user = &mut self.users[ix as usize];
        user.touch();
        user.connections[at].background ^= true;
        let connection = user.connections[at].clone();
        self.note(if connection.background { What::Background } else { What::Foreground }, ix, &connection);
    }

    /// Replaces a socket of `user` by a new one with the same token, as a client that lost its
    /// connection does; the new connID.
    pub fn reconnect(&mut self, user: &str, platform: Option<Platform>) -> Option<String> {
        self.swap(user, platform, true)
    }

    /// Replaces a socket of `user` by one of another device of the same platform, which has a token
    /// of its own; the new connID.
    pub fn replace(&mut self, user: &str, platform: Option<Platform>) -> Option<String> {
        self.swap(user, platform, false)
    }

    fn swap(&mut self, user: &str, platform: Option<Platform>, same_token: bool) -> Option<String> {
        let ix = self.find(user)?;
        let at = self.live_sockets(ix, platform).pop()?;
        let gateway = self.some_gateway()?;
        let (_, platform, token) = self.orphan(ix, at);
        let lag = self.side_lag();
        self.leave(ix, at, if same_token { Why::Client } else { Why::Kicked }, lag);
        let token = if same_token { token } else { self.login(ix, platform) };
        Some(self.open(ix, platform, gateway, token).into())
    }

    /// Answers leave `user` out, or name them again; whether there is such a user.
    pub fn set_missing(&mut self, user: &str, missing: bool) -> bool {
        let Some(ix) = self.find(user) else { return false };
        self.users[ix as usize].missing = missing;
        true
    }

    /// Stops a gateway with its sockets; whether it ran.
    pub fn hang_gateway(&mut self, name: &str) -> bool {
        let now = self.now;
        self.step_gateway(name, What::Hung, |gateways, at| gateways.hang(at, now))
    }

    /// Lets a hung gateway run on, with the sockets that it had, but for those whose clients have left
    /// meanwhile, and for those that were silent for longer than the scenario allows; whether it hung.
    pub fn recover_gateway(&mut self, name: &str) -> bool {
        self.resume_gateway(name).is_some()
    }

    /// As [`World::recover_gateway`]; which clients lost their socket by it.
    pub(super) fn resume_gateway(&mut self, name: &str) -> Option<Vec<Orphan>> {
        let at = self.gateways.find(name)?;
        let hung_ms = self.gateways.recover(at, self.now)?;
        self.seen_otherwise(What::Resumed, at);
        let silence = self.scenario.model.gateways.silence.map(|most| most.0);
        let mut orphans = Vec::new();
        for (ix, conn_id) in self.sockets_on(at) {
            let connections = &self.users[ix as usize].connections;
            let Some(nth) = connections.iter().position(|c| c.conn_id == conn_id) else { continue };
            // The last word of each client came up to 24 s before (the SDK's ping). Seen: of 30 sockets
            // whose deadline had passed, 27 were closed, 3 were read first.
            let late = silence
                .is_some_and(|most| hung_ms + self.side.i64(0..=24_000) > most && self.side.u8(..10) < 9);
            if self.users[ix as usize].connections[nth].gone {
                self.drop_socket(ix, nth, Why::Server);
            } else if late {
                orphans.push(self.orphan(ix, nth));
                self.drop_socket(ix, nth, Why::Server);
            }
        }
        Some(orphans)
    }

    fn orphan(&self, ix: u32, at: usize) -> Orphan {
        let connection = &self.users[ix as usize].connections[at];
        (ix, connection.platform, Arc::clone(&connection.token))
    }

    /// The API can't reach a gateway any more, whose clients notice nothing; whether it ran.
    pub fn cut_gateway(&mut self, name: &str) -> bool {
        self.step_gateway(name, What::Cut, Gateways::cut)
    }

    /// The API reaches a gateway again that was cut; whether it was.
    pub fn rejoin_gateway(&mut self, name: &str) -> bool {
        self.step_gateway(name, What::Rejoined, Gateways::rejoin)
    }

    /// Does something to a gateway; whether that happened.
    fn step_gateway(
        &mut self,
        name: &str,
        what: What,
        step: impl FnOnce(&mut Gateways, usize) -> bool,
    ) -> bool {
        let Some(at) = self.gateways.find(name) else { return false };
        let happened = step(&mut self.gateways, at);
        if happened {
            self.seen_otherwise(what, at);
        }
        happened
    }

    /// Notes what happened to a gateway: every entry has to be written again.
    fn seen_otherwise(&mut self, what: What, gateway: usize) {
        self.view += 1;
        self.note_of(what, Some(gateway));
    }

    /// A gateway takes no new sockets and closes its own one after another within `within_ms`;
    /// `percent` of their clients connect elsewhere, each after a time of `after` (ms, at least and
    /// at most). How many sockets.
    pub fn drain_gateway(&mut self, name: &str, within_ms: i64, percent: u8, after: [i64; 2]) -> usize {
        let Some(gateway) = self.gateways.find(name) else { return 0 };
        if !self.gateways.drain(gateway) {
            return 0;
        }
        self.note_of(What::Drained, Some(gateway));
        let sockets = self.sockets_on(gateway);
        let many = sockets.len();
        for (nth, (user, conn_id)) in sockets.into_iter().enumerate() {
            let wait = within_ms * nth as i64 / many as i64;
            let comes_back = self.side.u8(..100) < percent;
            let back = comes_back.then(|| self.side.i64(after[0]..=after[1].max(after[0])));
            self.plan(self.now + wait, Happening::Close { user, conn_id, why: Why::Server, back });
        }
        many
    }

    /// Kills a gateway and all its sockets; nobody comes back. The registry keeps its entries for
    /// as long as the scenario says. How many sockets were lost.
    pub fn kill_gateway(&mut self, name: &str) -> usize {
        self.drop_gateway(name).len()
    }

    /// Starts a dead gateway again, empty; whether it was dead.
    pub fn restart_gateway(&mut self, name: &str) -> bool {
        self.step_gateway(name, What::Started, Gateways::restart)
    }

    /// Kills a gateway; which clients lost their socket by it.
    pub(super) fn drop_gateway(&mut self, name: &str) -> Vec<Orphan> {
        let Some(gateway) = self.gateways.find(name) else { return Vec::new() };
        if !self.gateways.kill(gateway, self.now) {
            return Vec::new();
        }
        self.seen_otherwise(What::Killed, gateway);
        let ghosts = self.scenario.model.gateways.ghosts;
        let mut lost = Vec::new();
        for ix in 0..self.users.len() {
            let user = &mut self.users[ix];
            let gone: Vec<_> =
                user.connections.extract_if(.., |connection| connection.gateway == gateway).collect();
            if gone.is_empty() {
                continue;
            }
            user.touch();
            let live = user.platforms();
            for connection in gone {
                let until = self.now + self.rng.i64(ghosts[0].0..=ghosts[1].0);
                if !live.contains(&connection.platform) {
                    self.users[ix].registry.abandon(connection.platform, until);
                }
                if !connection.gone {
                    self.note(What::Disconnected(Why::Server), ix as u32, &connection);
                    lost.push((ix as u32, connection.platform, connection.token));
                }
            }
        }
        lost
    }

    /// Every session token in use: what no screen, file or log may ever show.
    pub fn session_tokens(&self) -> Vec<String> {
        let tokens: std::collections::BTreeSet<&str> = self
            .users
            .iter()
            .flat_map(|user| &user.connections)
            .map(|connection| &*connection.token)
            .collect();
        tokens.into_iter().map(str::to_owned).collect()
    }

    /// The connIDs of `user`'s sockets on all gateways, those that hang included.
    pub fn conn_ids(&self, user: &str) -> Vec<String> {
        let Some(ix) = self.find(user) else { return Vec::new() };
        self.users[ix as usize].connections.iter().map(|connection| connection.conn_id.to_string()).collect()
    }

    /// How many users have a socket on a gateway, whether or not a client is still at its other end.
    pub fn online(&self) -> usize {
        self.users.iter().filter(|user| !user.connections.is_empty()).count()
    }
}
