//! The releases of the server that the simulator can imitate, and in what they differ.

use serde::Deserialize;

/// A release of the server: decides the shape of answers and the rules of admin tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Release {
    /// v3.0.0: states and platforms as words, any valid token may ask.
    #[serde(rename = "v3.0.0")]
    V3_0_0,
    /// v3.0.1 to v3.8.0: the same words, admin only.
    #[serde(rename = "v3.8.0")]
    V3_8_0,
    /// v3.8.2 to v3.8.3: numbers; token errors repeat the token; admin tokens are never displaced.
    #[serde(rename = "v3.8.3")]
    V3_8_3,
    /// The main branch of 2026.
    #[default]
    #[serde(rename = "main")]
    Main,
}

impl Release {
    /// Whether `status` and platforms are numbers (from v3.8.1-rc.4), not words.
    pub fn speaks_numbers(self) -> bool {
        self >= Release::V3_8_3
    }

    /// Whether answers are compressed for those who ask for it (from v3.8.1).
    pub fn compresses(self) -> bool {
        self >= Release::V3_8_3
    }

    /// Whether presence is for admins only (not yet in v3.0.0).
    pub fn checks_admin(self) -> bool {
        self > Release::V3_0_0
    }

    /// Whether there is `get_users_status`.
    pub fn has_registry(self) -> bool {
        self > Release::V3_0_0
    }

    /// Whether gateways can be found by `GET /prometheus_discovery/msg_gateway` (from v3.8.3).
    pub fn has_discovery(self) -> bool {
        self >= Release::V3_8_3
    }

    /// Where an admin token is to be had: the path of v3.8.1 and later, or the older one.
    pub fn login_path(self) -> &'static str {
        if self >= Release::V3_8_3 { "/auth/get_admin_token" } else { "/auth/user_token" }
    }

    /// Whether a new admin token ends the older ones after five minutes (main only).
    pub fn displaces_admin_tokens(self) -> bool {
        self == Release::Main
    }

    /// Whether the error text of a refused token holds that token (v3.8.1 to v3.8.3).
    pub fn repeats_refused_token(self) -> bool {
        self == Release::V3_8_3
    }

    /// Whether session tokens carry `nbf`, five minutes before `iat` (up to v3.8.2).
    pub fn sets_not_before(self) -> bool {
        self < Release::V3_8_3
    }
}
