//! The rules: names, what each says, how serious it is.

use std::fmt;

use crate::presence::Presence;

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Somebody should look at it.
    Warning,
    /// Somebody should act on it.
    Critical,
}

impl Severity {
    /// All, from the least serious on.
    pub const ALL: [Severity; 3] = [Severity::Info, Severity::Warning, Severity::Critical];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// Something that can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Connected with a session token that has expired.
    TokenExpired,
    /// The session token expires before long.
    TokenExpiring,
    /// The connection's session token belongs to another user.
    TokenForeignUser,
    /// The session token was issued for another platform than the connection's.
    TokenForeignPlatform,
    /// One session token on several connections.
    TokenShared,
    /// A session token that this program cannot read.
    TokenUnreadable,
    /// The server's clock and ours differ.
    ClockSkew,
    /// A session token that is signed with a known secret.
    DefaultSecret,
    /// The connection is opened anew again and again.
    Reconnecting,
    /// The user comes and goes again and again.
    Flapping,
    /// Two devices throw each other out.
    KickWar,
    /// More connections than the multi-login policy allows.
    Policy,
    /// Many session tokens expire at the same time.
    ExpiryCliff,
    /// Many users left the answers at once who are online by the registry.
    ViewLoss,
    /// The server called somebody offline who was connected.
    FalseOffline,
    /// The answers show only some of a user's connections.
    PartialView,
    /// Only the registry calls the user online.
    Ghost,
    /// The server has no such user.
    Unregistered,
    /// Our own admin login displaces, or is displaced by, another one.
    Observer,
    /// Many users left within a short time.
    MassDisconnect,
    /// Answers take long.
    ApiSlow,
    /// There are no answers.
    ApiFailing,
    /// Requests are refused because they are too many.
    RateLimited,
}

impl Rule {
    /// All rules, in the order in which they are explained.
    pub const ALL: [Rule; 23] = [
        Rule::TokenExpired,
        Rule::TokenExpiring,
        Rule::TokenForeignUser,
        Rule::TokenForeignPlatform,
        Rule::TokenShared,
        Rule::TokenUnreadable,
        Rule::ClockSkew,
        Rule::DefaultSecret,
        Rule::Reconnecting,
        Rule::Flapping,
        Rule::KickWar,
        Rule::Policy,
        Rule::ExpiryCliff,
        Rule::ViewLoss,
        Rule::FalseOffline,
        Rule::PartialView,
        Rule::Ghost,
        Rule::Unregistered,
        Rule::Observer,
        Rule::MassDisconnect,
        Rule::ApiSlow,
        Rule::ApiFailing,
        Rule::RateLimited,
    ];

    /// Its name, in filters and everywhere else.
    pub const fn name(self) -> &'static str {
        match self {
            Rule::TokenExpired => "token-expired",
            Rule::TokenExpiring => "token-expiring",
            Rule::TokenForeignUser => "token-foreign-user",
            Rule::TokenForeignPlatform => "token-foreign-platform",
            Rule::TokenShared => "token-shared",
            Rule::TokenUnreadable => "token-unreadable",
            Rule::ClockSkew => "clock-skew",
            Rule::DefaultSecret => "default-secret",
            Rule::Reconnecting => "reconnecting",
            Rule::Flapping => "flapping",
            Rule::KickWar => "kick-war",
            Rule::Policy => "policy",
            Rule::ExpiryCliff => "expiry-cliff",
            Rule::ViewLoss => "view-loss",
            Rule::FalseOffline => "false-offline",
            Rule::PartialView => "partial-view",
            Rule::Ghost => "ghost",
            Rule::Unregistered => "unregistered",
            Rule::Observer => "observer",
            Rule::MassDisconnect => "mass-disconnect",
            Rule::ApiSlow => "api-slow",
            Rule::ApiFailing => "api-failing",
            Rule::RateLimited => "rate-limited",
        }
    }
}

impl Rule {
    /// Whether it is about the server or many users at once, not about one of them.
    pub fn is_about_server(self) -> bool {
        matches!(
            self,
            Rule::ClockSkew
                | Rule::ExpiryCliff
                | Rule::ViewLoss
                | Rule::Observer
                | Rule::MassDisconnect
                | Rule::ApiSlow
                | Rule::ApiFailing
                | Rule::RateLimited
        )
    }

    /// Whether users of whom that is said are judged by it: what it found of others is as last known.
    /// Of a user in doubt those rules judge that are about what the witnesses say.
    pub fn is_judged(self, presence: Presence) -> bool {
        let is_about_doubt =
            matches!(self, Rule::FalseOffline | Rule::PartialView | Rule::Ghost | Rule::Unregistered);
        !presence.is_unknown() || (presence.is_doubt() && is_about_doubt)
    }

    /// Whether it is about the server and judged as soon as anything changes in it.
    pub(super) fn is_prompt(self) -> bool {
        matches!(self, Rule::ViewLoss | Rule::Observer | Rule::MassDisconnect | Rule::ApiFailing)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
