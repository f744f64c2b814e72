//! Session tokens: JWTs in their real form, with a signature by chance that nobody verifies.
//!
//! Form: server `storage/controller/auth.go` and tools `tokenverify/jwt_token.go`: HS256, claims in
//! the order `UserID`, `PlatformID`, `exp`, (`nbf`,) `iat`; `iat` is five seconds back.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fastrand::Rng;
use serde::Deserialize;

use crate::presence::Platform;
use crate::simulator::release::Release;
use crate::simulator::wire;

/// What a token says: for whom, on which platform, from when, until when (unix seconds).
#[derive(Clone, Copy, Debug)]
pub(in crate::simulator) struct Grant<'a> {
    pub(in crate::simulator) user: &'a str,
    pub(in crate::simulator) platform: Platform,
    pub(in crate::simulator) issued: i64,
    pub(in crate::simulator) expires: i64,
}

/// Writes a token.
pub(in crate::simulator) fn mint(rng: &mut Rng, release: Release, grant: Grant<'_>) -> Arc<str> {
    let mut claims = String::from("{\"UserID\":");
    wire::string(&mut claims, grant.user);
    let _ = write!(claims, ",\"PlatformID\":{},\"exp\":{}", grant.platform.0, grant.expires);
    if release.sets_not_before() {
        let _ = write!(claims, ",\"nbf\":{}", grant.issued - 300);
    }
    let _ = write!(claims, ",\"iat\":{}}}", grant.issued);
    let mut signature = [0_u8; 32];
    rng.fill(&mut signature);
    let mut token = URL_SAFE_NO_PAD.encode("{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token.into()
}

/// What the server reads of a token before it looks it up.
#[derive(Debug, Deserialize)]
pub(in crate::simulator) struct Claims {
    #[serde(rename = "UserID", default)]
    pub(in crate::simulator) user: String,
    #[serde(default)]
    pub(in crate::simulator) exp: i64,
    #[serde(skip)]
    pub(in crate::simulator) signed: bool,
}

/// Reads a token; `None` when it is not a JWT.
pub(in crate::simulator) fn read(token: &str) -> Option<Claims> {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
    }
    let mut parts = token.split('.');
    let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    Some(Claims { signed: header.alg != "none", ..claims })
}

/// 32 hex digits, as the md5 of an address and a time would be.
pub(super) fn conn_id(rng: &mut Rng) -> Box<str> {
    format!("{:032x}", rng.u128(..)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRANT: Grant<'_> =
        Grant { user: "user_001", platform: Platform(3), issued: 1_795_413_123, expires: 1_803_189_128 };

    #[test]
    fn a_token_has_the_form_of_a_real_one() {
        let token = mint(&mut Rng::with_seed(1), Release::Main, GRANT);
        // The head and claims of user_001's Windows token in the fixture `online.json`.
        let real = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJVc2VySUQiOiJ1c2VyXzAwMSIsIlBsYXRmb3JtSUQiOjMsImV4cCI6MTgwMzE4OTEyOCwiaWF0IjoxNzk1NDEzMTIzfQ.";
        assert_eq!(&token[..real.len()], real);
        assert_eq!(token.len(), real.len() + 43);
        let claims = read(&token).unwrap();
        assert_eq!((claims.user.as_str(), claims.exp, claims.signed), ("user_001", 1_803_189_128, true));
    }

    #[test]
    fn what_is_not_a_jwt_is_not_read() {
        for text in ["", "a", "a.b.c", "a.b.c.d", "e30.e30.x", "eyJhbGciOjF9.e30.x"] {
            assert!(read(text).is_none(), "{text}");
        }
        assert!(!read("eyJhbGciOiJub25lIn0.e30.").unwrap().signed);
    }
}
