//! What can be done to the world by hand: the same deeds that a scenario's events use.

use std::sync::Arc;

use super::World;
use crate::presence::Platform;

impl World {
    /// Connects `user`, who is made up if unknown, to some gateway with a new token; the connID, or
    /// `None` while no gateway answers.
    pub fn connect(&mut self, user: &str, platform: Platform) -> Option<String> {
        let gateway = self.some_gateway()?;
        Some(self.connect_at(user, platform, gateway))
    }

    /// As [`World::connect`], to the gateway of that name; `None` where there is none that answers.
    pub fn connect_to(&mut self, gateway: &str, user: &str, platform: Platform) -> Option<String> {
        let gateway = self.gateways.find(gateway).filter(|&at| self.gateways.answers(at))?;
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
        let connections = &mut self.users[ix as usize].connections;
        let before = connections.len();
        connections.retain(|connection| platform.is_some_and(|only| only != connection.platform));
        let closed = before - connections.len();
        if closed > 0 {
            self.changed(ix);
        }
        closed
    }

    /// Sends clients of `user` to the background or back; how many changed.
    pub fn set_background(&mut self, user: &str, platform: Option<Platform>, background: bool) -> usize {
        let Some(ix) = self.find(user) else { return 0 };
        let user = &mut self.users[ix as usize];
        let mut changed = 0;
        for connection in &mut user.connections {
            let meant = platform.is_none_or(|only| only == connection.platform);
            if meant && connection.background != background {
                connection.background = background;
                changed += 1;
            }
        }
        user.touch();
        changed
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
        let connections = &self.users[ix as usize].connections;
        let at = connections
            .iter()
            .position(|connection| platform.is_none_or(|only| only == connection.platform))?;
        let gateway = self.some_gateway()?;
        let old = self.users[ix as usize].connections.remove(at);
        let token = if same_token { old.token } else { self.login(ix, old.platform) };
        Some(self.open(ix, old.platform, gateway, token).into())
    }

    /// Answers leave `user` out, or name them again; whether there is such a user.
    pub fn set_missing(&mut self, user: &str, missing: bool) -> bool {
        let Some(ix) = self.find(user) else { return false };
        self.users[ix as usize].missing = missing;
        true
    }

    /// Stops a gateway with its sockets; whether it ran.
    pub fn hang_gateway(&mut self, name: &str) -> bool {
        let hung = self.gateways.find(name).is_some_and(|at| self.gateways.hang(at));
        self.view += u64::from(hung);
        hung
    }

    /// Lets a hung gateway run on, with the sockets that it had; whether it hung.
    pub fn recover_gateway(&mut self, name: &str) -> bool {
        let recovered = self.gateways.find(name).is_some_and(|at| self.gateways.recover(at));
        self.view += u64::from(recovered);
        recovered
    }

    /// Kills a gateway and all its sockets; nobody comes back. The registry keeps its entries for
    /// as long as the scenario says. How many sockets were lost.
    pub fn kill_gateway(&mut self, name: &str) -> usize {
        self.drop_gateway(name).len()
    }

    /// Starts a dead gateway again, empty; whether it was dead.
    pub fn restart_gateway(&mut self, name: &str) -> bool {
        let started = self.gateways.find(name).is_some_and(|at| self.gateways.restart(at));
        self.view += u64::from(started);
        started
    }

    /// Kills a gateway; whose sockets of which platform were lost, and their tokens.
    pub(super) fn drop_gateway(&mut self, name: &str) -> Vec<(u32, Platform, Arc<str>)> {
        let Some(gateway) = self.gateways.find(name) else { return Vec::new() };
        if !self.gateways.kill(gateway, self.now) {
            return Vec::new();
        }
        self.view += 1;
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
                lost.push((ix as u32, connection.platform, connection.token));
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

    /// How many users have a socket.
    pub fn online(&self) -> usize {
        self.users.iter().filter(|user| !user.connections.is_empty()).count()
    }
}
