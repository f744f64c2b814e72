//! What is known of a session token: a fingerprint and what it says of itself. Never the token.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::platform::Platform;
use super::written::{is_usual, parsed, some_text};
use crate::{say, words};

/// Tells two session tokens of one run apart; keyed with a key that is new in each run, so it says
/// nothing about the token elsewhere.
///
/// Packed, as a number of this size would otherwise have to lie at a multiple of 16 bytes, which makes
/// everything larger that holds one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(Rust, packed(4))]
pub struct Fingerprint(pub u128);

impl fmt::Display for Fingerprint {
    /// The first eight of 32 hex digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", (self.0 >> 96) as u32)
    }
}

impl Fingerprint {
    /// The part of it that is shown.
    pub fn short(self) -> ShortFingerprint {
        ShortFingerprint(NonZeroU32::new((self.0 >> 96) as u32).unwrap_or(NonZeroU32::MIN))
    }
}

/// The digits of a fingerprint that are shown: enough to tell the few tokens of one user apart, in a
/// quarter of its room.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShortFingerprint(NonZeroU32);

impl fmt::Display for ShortFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl fmt::Debug for ShortFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Fingerprint(bits) = *self;
        serializer.collect_str(&format_args!("{bits:032x}"))
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fingerprint, D::Error> {
        parsed(deserializer, |digits| {
            let is_hex = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            let bits = u128::from_str_radix(digits, 16).ok().filter(|_| is_hex);
            bits.map(Fingerprint).ok_or("a fingerprint that is not 32 hex digits")
        })
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What is known of one token; never the token itself. All who have it share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionToken(Arc<ReadToken>);

/// What was read of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadToken {
    /// Tells tokens apart.
    pub fingerprint: Fingerprint,
    /// What the token says of itself, or why that cannot be read.
    pub claims: Result<Claims, Unreadable>,
}

impl std::ops::Deref for SessionToken {
    type Target = ReadToken;

    fn deref(&self) -> &ReadToken {
        &self.0
    }
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

impl Claims {
    /// Stands for an end so far away that nobody can have meant it: most likely `exp` in milliseconds.
    pub const FAR_FUTURE: &str = words!("far future (ms?)");

    /// Whether `exp` cannot be meant as unix seconds: the year 5138, or 1973 in milliseconds.
    pub fn is_far_future(expires: i64) -> bool {
        expires >= 100_000_000_000
    }
}

/// Why the claims of a token could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
            Unreadable::NotAJwt => say!("not a JWT"),
            Unreadable::NotBase64 => say!("a JWT whose claims are not base64url"),
            Unreadable::NotClaims => say!("a JWT whose claims are not understood"),
            Unreadable::TooLong => say!("too long to be a session token"),
        })
    }
}

/// A [`SessionToken`] as it is written down: the claims beside the fingerprint, or why they could not be
/// read.
#[derive(Serialize, Deserialize)]
struct Flat<'a> {
    fingerprint: Fingerprint,
    #[serde(default, skip_serializing_if = "is_usual")]
    unreadable: Option<Unreadable>,
    #[serde(default, skip_serializing_if = "is_usual", deserialize_with = "some_text")]
    user: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_usual")]
    platform: Option<Platform>,
    #[serde(default, skip_serializing_if = "is_usual")]
    iat: Option<i64>,
    #[serde(default, skip_serializing_if = "is_usual")]
    exp: Option<i64>,
    #[serde(default, skip_serializing_if = "is_usual")]
    nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "is_usual")]
    known_secret: bool,
}

impl Serialize for SessionToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let claims = self.claims();
        let flat = Flat {
            fingerprint: self.fingerprint,
            unreadable: self.claims.as_ref().err().copied(),
            user: claims.and_then(|claims| claims.user.as_deref()).map(Cow::Borrowed),
            platform: claims.and_then(|claims| claims.platform),
            iat: claims.and_then(|claims| claims.issued),
            exp: claims.and_then(|claims| claims.expires),
            nbf: claims.and_then(|claims| claims.not_before),
            known_secret: claims.is_some_and(|claims| claims.known_secret),
        };
        flat.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SessionToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SessionToken, D::Error> {
        let flat = Flat::deserialize(deserializer)?;
        let claims = match flat.unreadable {
            Some(why) => Err(why),
            None => Ok(Claims {
                user: flat.user.map(|user| user.into_owned().into()),
                platform: flat.platform,
                issued: flat.iat,
                expires: flat.exp,
                not_before: flat.nbf,
                known_secret: flat.known_secret,
            }),
        };
        Ok(SessionToken::new(flat.fingerprint, claims))
    }
}

impl SessionToken {
    /// What was read of one token.
    pub fn new(fingerprint: Fingerprint, claims: Result<Claims, Unreadable>) -> SessionToken {
        SessionToken(Arc::new(ReadToken { fingerprint, claims }))
    }

    /// Changes it for this one who has it.
    #[cfg(test)]
    pub(super) fn edit(&mut self) -> &mut ReadToken {
        Arc::make_mut(&mut self.0)
    }

    /// The claims, where they could be read.
    pub fn claims(&self) -> Option<&Claims> {
        self.claims.as_ref().ok()
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
