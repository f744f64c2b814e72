//! What is known of a session token: a fingerprint and what it says of itself. Never the token.

use std::fmt;
use std::sync::Arc;

use super::platform::Platform;

/// Tells two session tokens of one run apart; keyed with a key that is new in each run, so it says
/// nothing about the token elsewhere.
///
/// Packed, as a number of this size would otherwise have to lie at a multiple of 16 bytes, which makes
/// everything larger that holds one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(Rust, packed(4))]
pub struct Fingerprint(pub u128);

impl fmt::Display for Fingerprint {
    /// Eight hex digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", (self.0 >> 96) as u32)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A session token as far as the rest of the program may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionToken {
    /// Tells it from other tokens of this run.
    pub fingerprint: Fingerprint,
    /// What it says of itself, or why that could not be read.
    pub claims: Result<Arc<Claims>, Unreadable>,
}

/// The claims of a JWT that OpenIM issues (tools `tokenverify/jwt_token.go`). They prove nothing:
/// only the server can verify them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// `UserID`: whom it was issued for; visible-safe.
    pub user: Option<Box<str>>,
    /// `PlatformID`: for which platform.
    pub platform: Option<Platform>,
    /// `iat`, unix seconds.
    pub issued: Option<i64>,
    /// `exp`, unix seconds.
    pub expires: Option<i64>,
    /// `nbf`, unix seconds; only servers up to v3.8.2 set it.
    pub not_before: Option<i64>,
    /// Whether it is known to be signed with a secret that others know; `false` also where nobody
    /// asked for that to be tried.
    pub known_secret: bool,
}

/// What stands for an end so far away that nobody can have meant it: most likely `exp` in milliseconds.
pub const FAR_FUTURE: &str = "far future (ms?)";

/// Whether `exp` cannot be meant as unix seconds: the year 5138, or 1973 in milliseconds.
pub fn is_far_future(expires: i64) -> bool {
    expires >= 100_000_000_000
}

/// Why the claims of a token could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Not three parts with dots between them.
    NotAJwt,
    /// The middle part is not base64url.
    NotBase64,
    /// The middle part is not a JSON object with claims of the right types.
    NotClaims,
    /// Longer than any token this program reads.
    TooLong,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unreadable::NotAJwt => "not a JWT",
            Unreadable::NotBase64 => "a JWT whose claims are not base64url",
            Unreadable::NotClaims => "a JWT whose claims are not understood",
            Unreadable::TooLong => "too long to be a session token",
        })
    }
}

impl SessionToken {
    /// The claims, where they could be read.
    pub fn claims(&self) -> Option<&Claims> {
        self.claims.as_deref().ok()
    }

    /// `exp` in unix seconds, where it is known.
    pub fn expires(&self) -> Option<i64> {
        self.claims().and_then(|claims| claims.expires)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_shows_eight_digits_of_its_bits() {
        let fingerprint = Fingerprint(0x1a2b_3c4d_0000_0000_0000_0000_0000_0001);
        assert_eq!(fingerprint.to_string(), "1a2b3c4d");
        assert_eq!(format!("{fingerprint:?}"), "1a2b3c4d");
    }
}
