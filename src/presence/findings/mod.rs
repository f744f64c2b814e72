//! What is wrong, as pure functions of observations and time: one rule a file, each with its evidence,
//! the reasons for its thresholds, and a budget of false alarms.
//!
//! ```text
//!   Case (one user, as known now) --> rules --> Evidence --> Findings (number, beginning, counts)
//! ```
//!
//! A new rule is a file with its words, its judge and what it finds, and its two lines here.
//!
//! A rule that judges users has two functions. `judge` pushes what it finds, at most [`MOST`] for one
//! user. `next` says when, on the monotonic clock, time alone may change that; `None` where only an
//! observation can.

#[macro_use]
mod registry;

pub(super) mod alert_thresholds;
mod api_failing;
mod api_slow;
mod case;
mod clock_skew;
mod deadlines;
mod deaf;
mod default_secret;
mod expiry_cliff;
mod false_offline;
mod finding;
mod flapping;
mod gateway_down;
mod gauge_drift;
mod ghost;
mod kick_war;
mod ledger;
mod mass_disconnect;
mod observer;
mod partial_view;
mod past_loss;
mod policy;
mod rate_limited;
mod reconnecting;
mod registry_loss;
mod registry_silent;
mod rule;
#[cfg(test)]
mod samples;
mod settings;
#[cfg(test)]
mod stage;
mod token_expired;
mod token_expiring;
mod token_foreign_platform;
mod token_foreign_user;
mod token_shared;
mod token_unreadable;
mod unregistered;
mod view_loss;
mod wording;

pub(super) use case::{Case, ServerCase};
pub use finding::{Finding, FindingText, Subject};
pub use ledger::Findings;
pub use rule::Severity;
pub use settings::RuleSettings;

use rule::OfRule;

rules! {
    TokenExpired: token_expired,
    TokenExpiring: token_expiring,
    TokenForeignUser: token_foreign_user,
    TokenForeignPlatform: token_foreign_platform,
    TokenShared: token_shared,
    TokenUnreadable: token_unreadable,
    ClockSkew: clock_skew,
    DefaultSecret: default_secret,
    Reconnecting: reconnecting,
    Flapping: flapping,
    KickWar: kick_war,
    Policy: policy,
    ExpiryCliff: expiry_cliff,
    ViewLoss: view_loss,
    PastLoss: past_loss,
    GatewayDown: gateway_down,
    GaugeDrift: gauge_drift,
    FalseOffline: false_offline,
    PartialView: partial_view,
    Ghost: ghost,
    Deaf: deaf,
    RegistryLoss: registry_loss,
    RegistrySilent: registry_silent,
    Unregistered: unregistered,
    Observer: observer,
    MassDisconnect: mass_disconnect,
    ApiSlow: api_slow,
    ApiFailing: api_failing,
    RateLimited: rate_limited,
}

/// So many findings one rule makes for one user.
const MOST: usize = 16;
