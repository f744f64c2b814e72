//! What the endpoints see of the world, written for the wire.

use std::fmt::Write as _;

use super::World;
use super::user::User;
use crate::presence::Platform;
use crate::simulator::wire;

impl World {
    /// Whether a request that asks every gateway has to wait for one that hangs.
    pub(in crate::simulator) fn blocks(&mut self) -> bool {
        self.gateways.wait_ms(self.now) > 0
    }

    /// Whether any gateway answers: the check of the caller's rights lives there.
    pub(in crate::simulator) fn any_gateway(&self) -> bool {
        self.gateways.answering().next().is_some()
    }

    /// The entries of `get_users_online_status` in the order of `ids`, `null` for none.
    pub(in crate::simulator) fn write_online(&mut self, ids: &[&str], out: &mut String) {
        let start = out.len();
        for &id in ids {
            let before = out.len();
            out.push(if before == start { '[' } else { ',' });
            if !self.write_entry(id, out) {
                out.truncate(before);
            }
        }
        out.push_str(if out.len() == start { "null" } else { "]" });
    }

    /// Writes one user's entry; `false` for a user whom answers leave out.
    fn write_entry(&mut self, id: &str, out: &mut String) -> bool {
        let Some(ix) = self.find(id) else {
            wire::online_entry(out, self.release, id, []);
            return true;
        };
        let user = &mut self.users[ix as usize];
        if user.missing {
            return false;
        }
        if user.entry_view != self.view {
            // The API stops at the first gateway that lists the user (`user.go`, the `break`).
            let first =
                self.gateways.answering().find(|&at| user.connections.iter().any(|c| c.gateway == at));
            user.entry.clear();
            let sockets = user.connections.iter().filter(|connection| Some(connection.gateway) == first);
            let sockets = sockets.map(|connection| wire::Socket {
                platform: connection.platform,
                conn_id: &connection.conn_id,
                background: connection.background,
                token: &connection.token,
            });
            wire::online_entry(&mut user.entry, self.release, &user.id, sockets);
            user.entry_view = self.view;
        }
        out.push_str(&user.entry);
        true
    }

    /// The entries of `get_users_online_token_detail`: every gateway's sockets, online users only.
    pub(in crate::simulator) fn write_tokens(&self, ids: &[&str], out: &mut String) {
        let entries = ids.iter().filter_map(|&id| {
            let user = self.user(id).filter(|user| !user.missing)?;
            let mut platforms: Vec<(Platform, Vec<&str>)> = Vec::new();
            for gateway in self.gateways.answering() {
                for connection in user.connections.iter().filter(|connection| connection.gateway == gateway) {
                    match platforms.iter_mut().find(|(platform, _)| *platform == connection.platform) {
                        Some((_, tokens)) => tokens.push(&connection.token),
                        None => platforms.push((connection.platform, vec![&connection.token])),
                    }
                }
            }
            (!platforms.is_empty()).then_some((id, platforms))
        });
        wire::list(out, entries, |out, (id, platforms)| wire::token_entry(out, self.release, id, &platforms));
    }

    /// The entries of `get_users_status`: what the registry holds.
    pub(in crate::simulator) fn write_registry(&self, ids: &[&str], out: &mut String) {
        out.push_str("{\"statusList\":");
        wire::list(out, ids, |out, id| {
            let platforms = self.user(id).into_iter().flat_map(|user| user.registry.platforms(self.now));
            wire::registry_entry(out, id, platforms);
        });
        out.push('}');
    }

    /// The entries of `get_users_info`: unknown users are left out.
    pub(in crate::simulator) fn write_infos(&self, ids: &[&str], out: &mut String) {
        let admins = &self.scenario.model.admin.ids;
        let known = ids.iter().copied().filter(|id| self.registered(id));
        out.push_str("{\"usersInfo\":");
        wire::list(out, known, |out, id| {
            let nickname = self.user(id).map_or(id, |user| &user.nickname);
            let level = if admins.iter().any(|admin| admin == id) { 2 } else { 0 };
            wire::info_entry(out, id, nickname, self.start - 30 * 86_400_000, level);
        });
        out.push('}');
    }

    /// Who is in `group`; nobody where there is no such group: the server does not tell the two apart.
    pub(in crate::simulator) fn members<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let members = self.users.iter().filter(move |user| user.group.as_deref() == Some(group));
        members.filter(|user| user.registered).map(|user| &*user.id)
    }

    /// Everybody in the database, admins first.
    pub(in crate::simulator) fn everybody(&self) -> impl Iterator<Item = &str> {
        let admins = &self.scenario.model.admin.ids;
        let others = self.users.iter().filter(|user| user.registered).map(|user| &*user.id);
        let others = others.filter(move |id| admins.iter().all(|admin| admin != id));
        admins.iter().map(String::as_str).chain(others)
    }

    /// The entries of `account_check`.
    pub(in crate::simulator) fn write_accounts(&self, ids: &[&str], out: &mut String) {
        out.push_str("{\"results\":");
        wire::list(out, ids, |out, id| wire::account_entry(out, self.release, id, self.registered(id)));
        out.push('}');
    }

    /// The conversations of `get_conversations_has_read_and_max_seq`: one, with a message every two seconds. A user reads
    /// what arrives, and it arrives where the registry has a connection, as online push asks the registry.
    pub(in crate::simulator) fn write_seqs(&self, id: &str, out: &mut String) {
        let sent = 1 + (self.now - self.start) / 2_000;
        let is_reached = self.user(id).is_some_and(|user| user.registry.platforms(self.now).next().is_some());
        let read = if is_reached { sent } else { 0 };
        out.push_str("{\"seqs\":{");
        if self.registered(id) {
            wire::string(out, &format!("sn_{id}"));
            let _ = write!(out, ":{{\"maxSeq\":{sent},\"hasReadSeq\":{read},\"maxSeqTime\":{}}}", self.now);
        }
        out.push_str("}}");
    }

    /// Whether the database has the user; admins always.
    pub(in crate::simulator) fn registered(&self, id: &str) -> bool {
        self.scenario.model.admin.ids.iter().any(|admin| admin == id)
            || self.user(id).is_some_and(|user| user.registered)
    }

    /// Whether `token` is a session token of `user` in use.
    pub(in crate::simulator) fn holds_token(&self, user: &str, token: &str) -> bool {
        self.user(user).is_some_and(|user| user.connections.iter().any(|c| &*c.token == token))
    }

    fn user(&self, id: &str) -> Option<&User> {
        self.find(id).map(|ix| &self.users[ix as usize])
    }
}
