//! One connection with what its session token says of itself. Never the token.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::presence::{Claims, ConnId, Connection, Fingerprint, Platform, SessionToken, Unreadable};

/// A [`Connection`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireConnection<'a> {
    platform: i32,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    background: bool,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    token: Option<WireToken<'a>>,
}

/// A [`SessionToken`]: the claims, or why they could not be read.
#[derive(Debug, Serialize, Deserialize)]
struct WireToken<'a> {
    /// 32 hex digits.
    #[serde(borrow)]
    fingerprint: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unreadable: Option<WireUnreadable>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    user: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    platform: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    known_secret: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireUnreadable {
    NotAJwt,
    NotBase64,
    NotClaims,
    TooLong,
}

impl<'a> WireConnection<'a> {
    pub(super) fn write(connection: &'a Connection) -> WireConnection<'a> {
        WireConnection {
            platform: connection.platform.0,
            id: Text(connection.id.to_string().into()),
            background: connection.background,
            token: connection.token.as_ref().map(WireToken::write),
        }
    }

    pub(super) fn read(&self) -> Result<Connection, String> {
        Ok(Connection {
            platform: Platform(self.platform),
            id: ConnId::written(&self.id.0),
            background: self.background,
            token: self.token.as_ref().map(WireToken::read).transpose()?,
        })
    }
}

impl<'a> WireToken<'a> {
    fn write(token: &'a SessionToken) -> WireToken<'a> {
        let Fingerprint(bits) = token.fingerprint;
        let empty = WireToken {
            fingerprint: Text(format!("{bits:032x}").into()),
            unreadable: None,
            user: None,
            platform: None,
            iat: None,
            exp: None,
            nbf: None,
            known_secret: false,
        };
        match &token.claims {
            Ok(claims) => WireToken {
                user: claims.user.as_deref().map(Text::of),
                platform: claims.platform.map(|platform| platform.0),
                iat: claims.issued,
                exp: claims.expires,
                nbf: claims.not_before,
                known_secret: claims.known_secret,
                ..empty
            },
            Err(why) => WireToken {
                unreadable: Some(match why {
                    Unreadable::NotAJwt => WireUnreadable::NotAJwt,
                    Unreadable::NotBase64 => WireUnreadable::NotBase64,
                    Unreadable::NotClaims => WireUnreadable::NotClaims,
                    Unreadable::TooLong => WireUnreadable::TooLong,
                }),
                ..empty
            },
        }
    }

    fn read(&self) -> Result<SessionToken, String> {
        let digits = &self.fingerprint.0;
        let is_hex = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let bits = u128::from_str_radix(digits, 16).ok().filter(|_| is_hex);
        let bits = bits.ok_or("a fingerprint that is not 32 hex digits")?;
        let claims = match self.unreadable {
            Some(WireUnreadable::NotAJwt) => Err(Unreadable::NotAJwt),
            Some(WireUnreadable::NotBase64) => Err(Unreadable::NotBase64),
            Some(WireUnreadable::NotClaims) => Err(Unreadable::NotClaims),
            Some(WireUnreadable::TooLong) => Err(Unreadable::TooLong),
            None => Ok(Arc::new(Claims {
                user: self.user.as_ref().map(Text::boxed),
                platform: self.platform.map(Platform),
                issued: self.iat,
                expires: self.exp,
                not_before: self.nbf,
                known_secret: self.known_secret,
            })),
        };
        Ok(SessionToken { fingerprint: Fingerprint(bits), claims })
    }
}
