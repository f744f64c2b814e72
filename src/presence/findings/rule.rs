//! The rules: names, what each says, how serious it is.

use std::fmt;

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
}

impl Rule {
    /// All rules, in the order in which they are explained.
    pub const ALL: [Rule; 13] = [
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
        }
    }
}

impl Rule {
    /// Whether it is about the server or many users at once, not about one of them.
    pub fn is_about_server(self) -> bool {
        matches!(self, Rule::ClockSkew | Rule::ExpiryCliff)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
