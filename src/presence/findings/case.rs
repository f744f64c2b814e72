//! What a rule is asked to judge: one user, as known now, with what came before.

use super::settings::RuleSettings;
use crate::presence::history::Past;
use crate::presence::{Moment, Presence, Tracked, UserIx};

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
