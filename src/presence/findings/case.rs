//! What a rule is asked to judge: one user, as known now, with what came before.

use super::settings::RuleSettings;
use crate::presence::history::Past;
use crate::presence::{Claims, Connection, Moment, Presence, Tracked, UserIx};

/// One user, as known now, with what came before.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Who.
    pub user: UserIx,
    /// The ID as the server knows it; not safe to print.
    pub raw_id: &'a str,
    /// What can honestly be said of the user.
    pub presence: Presence,
    /// The connections as last seen; of a user of whom nothing is known they say nothing.
    pub connections: &'a [Tracked],
    /// What happened to the user in the last half hour.
    pub past: &'a Past,
    /// The server's clock in unix seconds, by which expiry is judged.
    pub server_seconds: i64,
    /// The time.
    pub now: Moment,
    /// Thresholds and what was opted in.
    pub settings: &'a RuleSettings,
}

impl<'a> Case<'a> {
    /// The connections whose tokens could be read, with what those say.
    pub(super) fn claims(&self) -> impl Iterator<Item = (&'a Connection, &'a Claims)> + use<'a> {
        let connections = self.connections.iter().map(|tracked| &tracked.connection);
        connections.filter_map(|connection| Some((connection, connection.token.as_ref()?.claims()?)))
    }

    /// When, on the monotonic clock, the server's clock surely shows `seconds`.
    pub(super) fn when_server_shows(&self, seconds: i64) -> u64 {
        when_server_shows(seconds, self.server_seconds, self.now)
    }
}

/// When, on the monotonic clock, the server's clock surely shows `seconds`, if it shows
/// `server_seconds` now: up to a second late, never early.
pub(super) fn when_server_shows(seconds: i64, server_seconds: i64, now: Moment) -> u64 {
    let left = seconds.saturating_sub(server_seconds).max(0).unsigned_abs();
    now.mono_ms.saturating_add(left.saturating_mul(1_000))
}
