//! What a rule has found: data, put into words ([`super::wording`]) only where somebody reads them.
//!
//! Names and texts in it are visible-safe. Times are unix seconds of the server's clock, so that
//! the same evidence reads right at any later time.

use std::mem::discriminant;

use super::rule::{Rule, Severity};
use super::{expiry_cliff, token_expiring};
use crate::presence::{
    ConnId, Departed, Fingerprint, Logins, Loss, Platform, Question, Trouble, Unreadable, Witness,
};

/// What a rule has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Connected with a token that has expired.
    TokenExpired {
        /// Of the connection.
        platform: Platform,
        /// Which connection.
        connection: ConnId,
        /// When the token expired.
        expires: i64,
    },
    /// Connected with a token that expires before long.
    TokenExpiring {
        /// Of the connection.
        platform: Platform,
        /// Which connection.
        connection: ConnId,
        /// When the token expires.
        expires: i64,
    },
    /// The connection's token was issued for another user.
    TokenForeignUser {
        /// Of the connection.
        platform: Platform,
        /// Which connection.
        connection: ConnId,
        /// For whom the token was issued; visible-safe.
        user: Box<str>,
    },
    /// The connection's token was issued for another platform.
    TokenForeignPlatform {
        /// Of the connection.
        platform: Platform,
        /// Which connection.
        connection: ConnId,
        /// For which platform the token was issued.
        issued_for: Platform,
    },
    /// One token on several connections of the user.
    TokenShared {
        /// Which token.
        token: Fingerprint,
        /// On how many connections.
        connections: u32,
        /// The platforms of the two oldest of them.
        platforms: [Platform; 2],
    },
    /// The connection's token cannot be read.
    TokenUnreadable {
        /// Of the connection.
        platform: Platform,
        /// Which connection.
        connection: ConnId,
        /// Why not.
        why: Unreadable,
    },
    /// The connection's token is signed with a known secret.
    DefaultSecret {
        /// Of the connection.
        platform: Platform,
        /// Which connection.
        connection: ConnId,
    },
    /// The server's clock and ours differ.
    ClockSkew {
        /// By how many seconds the server's is ahead of ours; negative: behind.
        ahead: i64,
    },
    /// A token was issued later than it is by the server's clock.
    IssuedAhead {
        /// When the newest token was issued, by the clock of the service that issues them.
        issued: i64,
    },
    /// A connection is opened anew again and again.
    Reconnecting {
        /// On this platform.
        platform: Platform,
        /// How often the connection changed.
        times: u32,
        /// In the last so many milliseconds.
        within_ms: u64,
    },
    /// The user comes and goes.
    Flapping {
        /// How often.
        times: u32,
        /// In the last so many milliseconds.
        within_ms: u64,
    },
    /// Two sessions take each other's place.
    KickWar {
        /// The class of terminals.
        class: &'static str,
        /// How often one session took the place of another.
        turns: u32,
        /// In the last so many milliseconds.
        within_ms: u64,
        /// The tokens of the last turn: of the session that had to go, and of the one that came.
        tokens: [Fingerprint; 2],
    },
    /// Sessions that the multi-login policy does not allow together.
    Policy {
        /// The policy (open-im-server `config/share.yml`, `multiLogin.policy`).
        policy: u8,
        /// The platforms of sessions that may not be there together, one for each session, in order;
        /// at most 16.
        platforms: Vec<Platform>,
    },
    /// Many tokens expire at nearly the same time.
    ExpiryCliff {
        /// How many.
        tokens: u32,
        /// Of how many.
        of: u32,
        /// When the first of them expires, to the minute.
        first: i64,
    },
    /// Many users left the answers at once.
    ViewLoss {
        /// What is known of it.
        loss: Box<Loss>,
        /// How it is with the registry.
        registry: Witness,
        /// How many gateways there are, where all of them give a sign of life.
        all_answer: Option<u32>,
    },
    /// Connections that had been left out came back.
    FalseOffline {
        /// Of the last one.
        platform: Platform,
        /// How often.
        times: u32,
        /// For how long they had been left out at most, in milliseconds.
        longest_ms: u64,
        /// Whether the user was called offline then, at least once.
        whole_user: bool,
        /// In the last so many milliseconds.
        within_ms: u64,
    },
    /// Another witness names more than the sockets show.
    PartialView {
        /// Which: the registry or the token detail.
        by: Question,
        /// The platforms of which something is left out; at most 8.
        platforms: Vec<Platform>,
    },
    /// Only the registry has the user online.
    Ghost {
        /// On these platforms; at most 8.
        platforms: Vec<Platform>,
        /// No gateway has shown the user for more than so many milliseconds.
        over_ms: u64,
    },
    /// The server has no such user.
    Unregistered,
    /// Logins with one admin ID displace each other.
    Observer(Logins),
    /// Many users left within a short time.
    MassDisconnect(Box<Departed>),
    /// Answers take long.
    ApiSlow {
        /// How many did.
        slow: u32,
        /// Of how many.
        of: u32,
        /// The 95th percentile in milliseconds, up to 1/8 too high.
        p95_ms: u32,
    },
    /// There are no usable answers.
    ApiFailing {
        /// Since when.
        since: i64,
        /// How many batches of users have none.
        failing: u32,
        /// Of how many.
        of: u32,
        /// What came instead; none: nothing did, and it is still waited for.
        trouble: Option<Trouble>,
    },
    /// Requests were refused because they are too many.
    RateLimited {
        /// How many.
        times: u32,
        /// Of how many.
        of: u32,
    },
}

impl Evidence {
    /// The rule that found it.
    pub fn rule(&self) -> Rule {
        match self {
            Evidence::TokenExpired { .. } => Rule::TokenExpired,
            Evidence::TokenExpiring { .. } => Rule::TokenExpiring,
            Evidence::TokenForeignUser { .. } => Rule::TokenForeignUser,
            Evidence::TokenForeignPlatform { .. } => Rule::TokenForeignPlatform,
            Evidence::TokenShared { .. } => Rule::TokenShared,
            Evidence::TokenUnreadable { .. } => Rule::TokenUnreadable,
            Evidence::DefaultSecret { .. } => Rule::DefaultSecret,
            Evidence::ClockSkew { .. } | Evidence::IssuedAhead { .. } => Rule::ClockSkew,
            Evidence::Reconnecting { .. } => Rule::Reconnecting,
            Evidence::Flapping { .. } => Rule::Flapping,
            Evidence::KickWar { .. } => Rule::KickWar,
            Evidence::Policy { .. } => Rule::Policy,
            Evidence::ExpiryCliff { .. } => Rule::ExpiryCliff,
            Evidence::ViewLoss { .. } => Rule::ViewLoss,
            Evidence::FalseOffline { .. } => Rule::FalseOffline,
            Evidence::PartialView { .. } => Rule::PartialView,
            Evidence::Ghost { .. } => Rule::Ghost,
            Evidence::Unregistered => Rule::Unregistered,
            Evidence::Observer(_) => Rule::Observer,
            Evidence::MassDisconnect(_) => Rule::MassDisconnect,
            Evidence::ApiSlow { .. } => Rule::ApiSlow,
            Evidence::ApiFailing { .. } => Rule::ApiFailing,
            Evidence::RateLimited { .. } => Rule::RateLimited,
        }
    }

    /// How serious it is, when the server's clock shows `server_seconds`.
    pub fn severity(&self, server_seconds: i64) -> Severity {
        match self {
            Evidence::TokenForeignUser { .. }
            | Evidence::DefaultSecret { .. }
            | Evidence::ViewLoss { .. }
            | Evidence::MassDisconnect(_) => Severity::Critical,
            Evidence::ApiFailing { failing, of, .. } if failing == of => Severity::Critical,
            Evidence::TokenExpired { .. }
            | Evidence::TokenForeignPlatform { .. }
            | Evidence::TokenShared { .. }
            | Evidence::TokenUnreadable { .. }
            | Evidence::ClockSkew { .. }
            | Evidence::IssuedAhead { .. }
            | Evidence::Reconnecting { .. }
            | Evidence::Flapping { .. }
            | Evidence::KickWar { .. }
            | Evidence::FalseOffline { .. }
            | Evidence::Unregistered
            | Evidence::Observer(_)
            | Evidence::ApiSlow { .. }
            | Evidence::ApiFailing { .. }
            | Evidence::RateLimited { .. } => Severity::Warning,
            Evidence::TokenExpiring { expires, .. } => token_expiring::severity(*expires, server_seconds),
            Evidence::Policy { .. }
            | Evidence::ExpiryCliff { .. }
            | Evidence::PartialView { .. }
            | Evidence::Ghost { .. } => Severity::Info,
        }
    }

    /// The connection that it is about, where it is about one alone.
    pub fn connection(&self) -> Option<&ConnId> {
        match self {
            Evidence::TokenExpired { connection, .. }
            | Evidence::TokenExpiring { connection, .. }
            | Evidence::TokenForeignUser { connection, .. }
            | Evidence::TokenForeignPlatform { connection, .. }
            | Evidence::TokenUnreadable { connection, .. }
            | Evidence::DefaultSecret { connection, .. } => Some(connection),
            Evidence::TokenShared { .. }
            | Evidence::ClockSkew { .. }
            | Evidence::IssuedAhead { .. }
            | Evidence::Reconnecting { .. }
            | Evidence::Flapping { .. }
            | Evidence::KickWar { .. }
            | Evidence::Policy { .. }
            | Evidence::ExpiryCliff { .. }
            | Evidence::ViewLoss { .. }
            | Evidence::FalseOffline { .. }
            | Evidence::PartialView { .. }
            | Evidence::Ghost { .. }
            | Evidence::Unregistered
            | Evidence::Observer(_)
            | Evidence::MassDisconnect(_)
            | Evidence::ApiSlow { .. }
            | Evidence::ApiFailing { .. }
            | Evidence::RateLimited { .. } => None,
        }
    }

    /// Whether both are about the same thing, though their figures may differ: the finding lasts.
    pub fn same_as(&self, other: &Evidence) -> bool {
        discriminant(self) == discriminant(other)
            && match (self, other) {
                (Evidence::TokenShared { token: one, .. }, Evidence::TokenShared { token: other, .. }) => {
                    one == other
                }
                (Evidence::ExpiryCliff { first: one, .. }, Evidence::ExpiryCliff { first: other, .. }) => {
                    one.abs_diff(*other) < expiry_cliff::WITHIN_SECONDS.unsigned_abs()
                }
                (
                    Evidence::Reconnecting { platform: one, .. },
                    Evidence::Reconnecting { platform: other, .. },
                ) => one == other,
                (Evidence::KickWar { class: one, .. }, Evidence::KickWar { class: other, .. }) => {
                    one == other
                }
                (Evidence::ViewLoss { loss: one, .. }, Evidence::ViewLoss { loss: other, .. }) => {
                    one.number == other.number
                }
                // One at a time: of the connection, or of the user or the server where there is none.
                _ => self.connection() == other.connection(),
            }
    }
}
