//! How sockets begin and end, on a gateway and in truth.

use std::sync::Arc;

use super::truth::{What, Why};
use super::user::Connection;
use super::{Happening, World, token};
use crate::presence::Platform;

impl World {
    /// Some gateway that takes new sockets, by chance.
    pub(super) fn some_gateway(&mut self) -> Option<usize> {
        let taking: Vec<_> = self.gateways.taking().collect();
        self.rng.choice(taking)
    }

    /// Opens a socket; the registry hears of it within about a second.
    pub(super) fn open(
        &mut self,
        user: u32,
        platform: Platform,
        gateway: usize,
        token: Arc<str>,
    ) -> Box<str> {
        let conn_id = token::conn_id(&mut self.rng);
        let connection =
            Connection { conn_id: conn_id.clone(), platform, gateway, background: false, token, gone: false };
        self.note(What::Connected, user, &connection);
        self.users[user as usize].connections.push(connection);
        self.users[user as usize].touch();
        let lag = self.lag();
        self.tell(user, gateway, None, lag);
        conn_id
    }

    /// Ends a user's n-th socket from the client's side. A gateway that hangs does not notice: it
    /// keeps the socket until it runs on.
    pub(super) fn leave(&mut self, ix: u32, at: usize, why: Why, lag: i64) {
        let user = &mut self.users[ix as usize];
        let unnoticed = why == Why::Vanished || self.gateways.hangs(user.connections[at].gateway);
        let connection = if unnoticed {
            user.connections[at].gone = true;
            user.connections[at].clone()
        } else {
            user.touch();
            user.connections.remove(at)
        };
        self.note(What::Disconnected(why), ix, &connection);
        if !unnoticed {
            self.tell(ix, connection.gateway, Some(connection.platform), lag);
        }
    }

    /// Takes a user's n-th socket off its gateway, whether or not its client is still there.
    pub(super) fn drop_socket(&mut self, ix: u32, at: usize, why: Why) -> Connection {
        let user = &mut self.users[ix as usize];
        user.touch();
        let connection = user.connections.remove(at);
        if !connection.gone {
            self.note(What::Disconnected(why), ix, &connection);
        }
        let lag = self.side_lag();
        self.tell(ix, connection.gateway, Some(connection.platform), lag);
        connection
    }

    /// A socket closes whose end was planned: its client leaves, its gateway drains, or notices that
    /// nobody is there any more.
    pub(super) fn close_at_last(&mut self, ix: u32, conn_id: &str, why: Why, back: Option<i64>) {
        let connections = &self.users[ix as usize].connections;
        let Some(at) = connections.iter().position(|connection| &*connection.conn_id == conn_id) else {
            return;
        };
        let connection = &connections[at];
        let (platform, token) = (connection.platform, Arc::clone(&connection.token));
        let there = !connection.gone;
        let hangs = self.gateways.hangs(connection.gateway);
        match why {
            Why::Client if there => {
                let lag = self.side_lag();
                self.leave(ix, at, why, lag);
            }
            _ if hangs => return,
            _ => {
                self.drop_socket(ix, at, why);
            }
        }
        if let Some(wait) = back.filter(|_| there) {
            self.plan(self.now + wait, Happening::ComeBack { user: ix, platform, token });
        }
    }

    /// A user's n-th client is gone without a word: its gateway will notice when it has been silent
    /// for 30 s; clients say something every 24 s (the SDK's ping).
    pub(super) fn vanish_at(&mut self, ix: u32, at: usize) {
        self.leave(ix, at, Why::Vanished, 0);
        let conn_id = self.users[ix as usize].connections[at].conn_id.clone();
        let wait = self.side.i64(6_000..=30_000);
        let close = Happening::Close { user: ix, conn_id, why: Why::Server, back: None };
        self.plan(self.now + wait, close);
    }

    /// The places of a user's sockets with a client, only those of `platform` where one is named;
    /// the last first, so that each can be taken out in turn.
    pub(super) fn live_sockets(&self, ix: u32, platform: Option<Platform>) -> Vec<usize> {
        let connections = self.users[ix as usize].connections.iter().enumerate().rev();
        let meant = |connection: &Connection| {
            !connection.gone && platform.is_none_or(|only| only == connection.platform)
        };
        connections.filter(|(_, connection)| meant(connection)).map(|(at, _)| at).collect()
    }

    /// The places of all sockets on a gateway: whose, and the connID, in the order of users.
    pub(super) fn sockets_on(&self, gateway: usize) -> Vec<(u32, Box<str>)> {
        let users = self.users.iter().enumerate();
        users
            .flat_map(|(ix, user)| {
                let on_it = user.connections.iter().filter(|connection| connection.gateway == gateway);
                on_it.map(move |connection| (ix as u32, connection.conn_id.clone()))
            })
            .collect()
    }
}
