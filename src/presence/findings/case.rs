//! What a rule is asked to judge: one user, as known now, with what came before; or the server.

use std::collections::BTreeMap;

use super::settings::RuleSettings;
use crate::presence::departures::Departed;
use crate::presence::history::Past;
use crate::presence::outage::Outage;
use crate::presence::recoveries::Recovery;
use crate::presence::trend::Trend;
use crate::presence::{
    Claims, Connection, ErrorKind, Lacking, Logins, Loss, Moment, Presence, Recheck, ServerClock, Since,
    Thresholds, Tracked, Witnesses,
};

/// One user, as known now, with what came before.
#[derive(Clone, Copy, Debug)]
pub(in crate::presence) struct Case<'a> {
    /// The ID as the server knows it; not safe to print.
    pub(in crate::presence) raw_id: &'a str,
    /// What can honestly be said of the user.
    pub(in crate::presence) presence: Presence,
    /// The connections as last seen; of a user of whom nothing is known they say nothing.
    pub(in crate::presence) connections: &'a [Tracked],
    /// What is not certain of the user.
    pub(in crate::presence) doubt: Option<&'a Recheck>,
    /// What the registry lacks of the user, where that means something.
    pub(in crate::presence) lacking: Option<&'a Lacking>,
    /// From when to when, on the monotonic clock, many users were lost from view or left at once of late.
    pub(in crate::presence) lossy: &'a [(u64, u64)],
    /// How many users are in doubt as this one, who was since before anybody looked.
    pub(in crate::presence) beside: u32,
    /// What the verdict turns on.
    pub(in crate::presence) thresholds: &'a Thresholds,
    /// What happened to the user in the last half hour.
    pub(in crate::presence) past: &'a Past,
    /// The server's clock in unix seconds, by which expiry is judged.
    pub(in crate::presence) server_seconds: i64,
    /// When it is judged.
    pub(in crate::presence) now: Moment,
    /// Up to when, on the monotonic clock, it could be seen how it is with the user: earlier than now while the sockets
    /// give no answers.
    pub(in crate::presence) looked_ms: u64,
    /// Thresholds and what was opted in.
    pub(in crate::presence) settings: &'a RuleSettings,
}

impl<'a> Case<'a> {
    /// The connections whose tokens could be read, with what those say.
    pub(super) fn claims(&self) -> impl Iterator<Item = (&'a Connection, &'a Claims)> + use<'a> {
        let connections = self.connections.iter().map(|tracked| &tracked.connection);
        connections.filter_map(|connection| Some((connection, connection.token.as_ref()?.claims()?)))
    }

    /// Whether many users were being lost then, or came back: what happened to one of them is told with that.
    pub(super) fn is_lossy(&self, at_ms: u64) -> bool {
        self.lossy.iter().any(|(from, to)| (*from..=*to).contains(&at_ms))
    }

    /// Whether what goes on had lasted until that time or later when it could last be seen.
    pub(super) fn has_lasted(&self, until_ms: Option<u64>) -> bool {
        until_ms.is_some_and(|until| until <= self.looked_ms)
    }

    /// When, on the monotonic clock, the server's clock surely shows `seconds`.
    pub(super) fn when_server_shows(&self, seconds: i64) -> u64 {
        when_server_shows(seconds, self.server_seconds, self.now)
    }
}

/// The server, and the watched users taken together, as known now.
#[derive(Clone, Copy, Debug)]
pub(in crate::presence) struct ServerCase<'a> {
    /// For dates of what happened, by the server.
    pub(in crate::presence) clock: &'a ServerClock,
    /// The latest `iat` of the watched tokens, unix seconds.
    pub(in crate::presence) newest_issued: Option<i64>,
    /// The unix minutes in which the watched tokens expire, and how many in each.
    pub(in crate::presence) expiries: &'a BTreeMap<i64, u32>,
    /// Losses of view, suspected or certain, oldest first.
    pub(in crate::presence) losses: &'a [Loss],
    /// Many users who were lost at once and are back, oldest first.
    pub(in crate::presence) recoveries: &'a [Recovery],
    /// The witnesses beside the sockets.
    pub(in crate::presence) witnesses: &'a Witnesses,
    /// Of how many users the registry lacks a connection, and about how many it was asked.
    pub(in crate::presence) deaf: u32,
    pub(in crate::presence) compared: u32,
    /// Since when the registry fails.
    pub(in crate::presence) registry_fails: Option<Moment>,
    /// How it goes with our own login.
    pub(in crate::presence) logins: Logins,
    /// Many who left of late.
    pub(in crate::presence) departed: Option<&'a Departed>,
    /// How the asking went.
    pub(in crate::presence) trend: &'a Trend,
    /// Since when there are no answers.
    pub(in crate::presence) outage: Outage,
    /// How many batches of users are asked about.
    pub(in crate::presence) batches: u32,
    /// What is wrong with the first batch that gets no answers.
    pub(in crate::presence) trouble: Option<ErrorKind>,
    /// What the server's clock shows, in unix seconds.
    pub(in crate::presence) server_seconds: i64,
    /// When it is judged.
    pub(in crate::presence) now: Moment,
}

/// For so long two connections have to be there together: the 30 s after which a server gives up a dead
/// socket, and half of that again for its answer to reach us.
pub(super) const LASTING_MS: u64 = 45_000;
/// The server's part of that.
const GIVEN_UP_MS: u64 = 30_000;
/// Rare answers put it off for no longer than this.
pub(super) const LONGEST_MS: u64 = 10 * 60_000;

/// From when on, on the monotonic clock, a connection counts as there together with another one.
pub(super) fn counts_from(Since { after_ms, before_ms }: Since) -> u64 {
    // So long it took from one answer to the next: another one has to come after the old socket's end.
    let gap = after_ms.map_or(0, |after| before_ms.saturating_sub(after));
    let lasting = GIVEN_UP_MS.saturating_add(gap.saturating_mul(2)).clamp(LASTING_MS, LONGEST_MS);
    before_ms.saturating_add(lasting)
}

/// When, on the monotonic clock, the server's clock surely shows `seconds`, if it shows
/// `server_seconds` now: up to a second late, never early.
pub(super) fn when_server_shows(seconds: i64, server_seconds: i64, now: Moment) -> u64 {
    let left = seconds.saturating_sub(server_seconds).max(0).unsigned_abs();
    now.mono_ms.saturating_add(left.saturating_mul(1_000))
}
