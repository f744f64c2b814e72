//! Session tokens: what they say of themselves, and a fingerprint, from a token that is only borrowed.
//!
//! A small decoder of its own: a JWT library takes twice as long, and wants a key. Nothing is
//! verified; only the server can do that. Where it was opted in, a token that is new is tried against
//! secrets that others know, and only whether one of them fits is handed on.

use std::hash::Hasher as _;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rapidhash::RapidHashMap;
use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};
use ring::hmac;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::presence::{Claims, Fingerprint, Platform, SessionToken, Unreadable, visible, visible_bounded};

use super::json::{Number, Object, Text};
use super::screening::Screening;

/// Longest session token that is read, in bytes; OpenIM's own have about 180.
const TOKEN_LIMIT: usize = 8 * 1024;
/// So much of another user's ID in a claim is kept, in characters.
const USER_LIMIT: usize = 128;
/// Claims up to this size are unpacked on the stack.
const STACK: usize = 512;
/// Length of a signature by HS256, in bytes.
const SIGNATURE: usize = 32;

const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The keys of one run: fingerprints and hashes mean nothing outside it.
pub struct Keys {
    fingerprint: SipHasher13,
    bodies: RapidSecrets,
    /// Made from secrets that others know.
    known: Vec<hmac::Key>,
}

impl Keys {
    /// New ones, from the system's randomness.
    pub fn random() -> Keys {
        // The standard library seeds these from the operating system, and `RapidSecrets` may not.
        let word = || {
            use std::hash::BuildHasher as _;
            std::collections::hash_map::RandomState::new().build_hasher().finish()
        };
        Keys {
            fingerprint: SipHasher13::new_with_keys(word(), word()),
            bodies: RapidSecrets::seed(word()),
            known: Vec::new(),
        }
    }

    /// The same, with secrets to try session tokens against.
    #[must_use]
    pub fn trying(mut self, secrets: &[SecretString]) -> Keys {
        let key =
            |secret: &SecretString| hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        self.known = secrets.iter().map(key).collect();
        self
    }

    /// A hash of a body or a part of one.
    pub(super) fn hash(&self, bytes: &[u8]) -> u64 {
        rapidhash_v3_seeded(bytes, &self.bodies)
    }

    /// Tells one token of this run from another.
    pub(super) fn fingerprint(&self, token: &str) -> Fingerprint {
        let mut hasher = self.fingerprint;
        hasher.write(token.as_bytes());
        Fingerprint(hasher.finish128().as_u128())
    }

    /// Whether one of the secrets to try has signed the token, by HS256 as OpenIM does.
    fn know_signer_of(&self, token: &str) -> bool {
        if self.known.is_empty() {
            return false;
        }
        let Some((message, signature)) = token.rsplit_once('.') else { return false };
        let mut room = [0; SIGNATURE + 2]; // the decoder wants room for what it can't be before it looks
        let decoded = BASE64URL.decode_slice(signature, &mut room).ok().and_then(|length| room.get(..length));
        decoded.is_some_and(|signature| {
            self.known.iter().any(|key| hmac::verify(key, message.as_bytes(), signature).is_ok())
        })
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// What is known of the tokens seen lately, so that the claims of each are decoded once. Found by
/// a hash of the token, which takes a tenth of the time of its fingerprint.
#[derive(Debug, Default)]
pub(super) struct KnownTokens {
    tokens: RapidHashMap<u64, SessionToken>,
    decoded: u64,
}

impl KnownTokens {
    /// How many tokens' claims were decoded so far.
    pub(super) fn decoded(&self) -> u64 {
        self.decoded
    }

    /// Forgets everything where there are more than `limit`.
    pub(super) fn bound(&mut self, limit: usize) {
        if self.tokens.len() > limit {
            self.tokens = RapidHashMap::default();
        }
    }

    /// What may be known of the token of a connection of `user`.
    pub(super) fn read(
        &mut self,
        token: &str,
        user: &str,
        keys: &Keys,
        screening: &Screening<'_>,
    ) -> SessionToken {
        let decoded = &mut self.decoded;
        let known = self.tokens.entry(keys.hash(token.as_bytes())).or_insert_with(|| {
            *decoded += 1;
            let claims = read_claims(token, user, screening)
                .map(|claims| Claims { known_secret: keys.know_signer_of(token), ..claims });
            SessionToken::new(keys.fingerprint(token), claims)
        });
        known.clone()
    }
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default, rename = "UserID")]
    user: Option<Text<'a>>,
    #[serde(default, rename = "PlatformID")]
    platform: Number,
    #[serde(default)]
    exp: Number,
    #[serde(default)]
    iat: Number,
    #[serde(default)]
    nbf: Number,
}

/// Reads the claims of a session token (tools `tokenverify/jwt_token.go`). `user` is the owner of
/// its connection, whose ID may look as it likes.
pub(super) fn read_claims(token: &str, user: &str, screening: &Screening<'_>) -> Result<Claims, Unreadable> {
    if token.len() > TOKEN_LIMIT {
        return Err(Unreadable::TooLong);
    }
    let (_, rest) = token.split_once('.').ok_or(Unreadable::NotAJwt)?;
    let (payload, signature) = rest.split_once('.').ok_or(Unreadable::NotAJwt)?;
    if signature.contains('.') {
        return Err(Unreadable::NotAJwt);
    }
    let (mut stack, mut heap) = ([0; STACK], Vec::new());
    let room: &mut [u8] = if base64::decoded_len_estimate(payload.len()) <= STACK {
        &mut stack
    } else {
        heap.resize(base64::decoded_len_estimate(payload.len()), 0);
        &mut heap
    };
    let length = BASE64URL.decode_slice(payload, room).map_err(|_| Unreadable::NotBase64)?;
    let Object(wire): Object<Wire<'_>> =
        serde_json::from_slice(&room[..length]).map_err(|_| Unreadable::NotClaims)?;
    Ok(Claims {
        user: wire.user.map(|text| claimed_user(&text.0, user, screening)),
        platform: wire.platform.small().map(Platform),
        issued: wire.iat.0,
        expires: wire.exp.0,
        not_before: wire.nbf.0,
        known_secret: false,
    })
}

/// A user ID out of a claim. One that is a token in disguise is not kept.
fn claimed_user(claimed: &str, user: &str, screening: &Screening<'_>) -> Box<str> {
    if claimed == user {
        // Whole, however long: cut, it would look like the ID of somebody else.
        return visible(claimed).into();
    }
    match screening.user_id(claimed) {
        None => "<redacted>".into(),
        Some(shown) => visible_bounded(&shown, USER_LIMIT).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openim::redact::Redactor;

    fn jwt(payload: &str) -> String {
        format!("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{}.c2lnbmF0dXJl", BASE64URL.encode(payload))
    }

    fn claims(payload: &str) -> Result<Claims, Unreadable> {
        read_claims(&jwt(payload), "u", &Screening::of(&Redactor::default(), b""))
    }

    #[test]
    fn the_claims_of_every_release_are_read() {
        let old = claims(
            r#"{"UserID":"2890713225","PlatformID":3,"exp":1704695724,"nbf":1696919424,"iat":1696919724}"#,
        );
        assert_eq!(
            old,
            Ok(Claims {
                user: Some("2890713225".into()),
                platform: Some(Platform(3)),
                issued: Some(1_696_919_724),
                expires: Some(1_704_695_724),
                not_before: Some(1_696_919_424),
                known_secret: false,
            })
        );
        let new = claims(r#"{"UserID":"王","PlatformID":13,"exp":1.8e9,"iat":1795413122,"jti":{"a":[1]}}"#)
            .unwrap();
        assert_eq!((new.user.as_deref(), new.platform), (Some("王"), Some(Platform(13))));
        assert_eq!((new.expires, new.not_before), (Some(1_800_000_000), None));
        assert_eq!(claims("{}"), Ok(Claims::default()));
        assert_eq!(claims(r#"{"UserID":"a\u001b[2J"}"#).unwrap().user.as_deref(), Some("a^[[2J"));
        assert_eq!(
            claims(&format!(r#"{{"UserID":"{}"}}"#, "x ".repeat(450))).unwrap().user.unwrap().len(),
            128 + 3
        );
    }

    #[test]
    fn the_owner_of_a_connection_is_kept_whole_and_anybody_else_cut() {
        for owner in ["x ".repeat(100), "\u{200b}\u{202e}".repeat(90)] {
            let token = jwt(&format!(r#"{{"UserID":"{owner}"}}"#));
            let claimed = |user| {
                read_claims(&token, user, &Screening::of(&Redactor::default(), b"")).unwrap().user.unwrap()
            };
            assert_eq!(*claimed(&owner), *visible(&owner));
            assert_eq!(*claimed("u"), *visible_bounded(&owner, 128));
        }
    }

    #[test]
    fn what_is_not_a_token_says_what_it_is() {
        let read = |token: &str| read_claims(token, "u", &Screening::of(&Redactor::default(), b""));
        for token in ["", "abc", "a.b", "a.b.c.d", "...."] {
            assert_eq!(read(token), Err(Unreadable::NotAJwt), "{token}");
        }
        assert_eq!(read("a.!!!.c"), Err(Unreadable::NotBase64));
        assert_eq!(read(".."), Err(Unreadable::NotClaims));
        for payload in
            ["", "5", "[1]x", "[]", r#"{"UserID":5}"#, r#"{"exp":"soon"}"#, r#"{"exp":1,"exp":2}"#, "{"]
        {
            assert_eq!(claims(payload), Err(Unreadable::NotClaims), "{payload}");
        }
        assert_eq!(claims(&"[".repeat(2_000)), Err(Unreadable::NotClaims));
        assert_eq!(read(&"x".repeat(TOKEN_LIMIT + 1)), Err(Unreadable::TooLong));
    }

    #[test]
    fn a_token_is_decoded_once_and_told_from_others() {
        let (keys, redactor, mut known) = (Keys::random(), Redactor::default(), KnownTokens::default());
        let (a, b) = (jwt(r#"{"UserID":"a"}"#), jwt(r#"{"UserID":"b"}"#));
        let first = known.read(&a, "a", &keys, &Screening::of(&redactor, b""));
        assert_eq!(known.read(&a, "a", &keys, &Screening::of(&redactor, b"")), first);
        assert_eq!(known.decoded(), 1);
        assert_ne!(known.read(&b, "b", &keys, &Screening::of(&redactor, b"")).fingerprint, first.fingerprint);
        assert_eq!(known.decoded(), 2);
        assert_ne!(Keys::random().fingerprint(&a), first.fingerprint);
        known.bound(1);
        known.read(&a, "a", &keys, &Screening::of(&redactor, b""));
        assert_eq!(known.decoded(), 3);
    }

    /// Signed with the secret that OpenIM is shipped with, and with another one.
    const SHIPPED: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJVc2VySUQiOiJhIiwiUGxhdGZvcm1JRCI6Mn0.1Tmmqh7gCM2oLfgIALfPzV_VHMIl6f2vIzhlRYPM_sU";
    const OTHER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJVc2VySUQiOiJhIiwiUGxhdGZvcm1JRCI6Mn0.YnFOfvRkmQSHFpdnQMr-1jDL_oxe3r2twi-iYec3YRs";

    #[test]
    fn a_token_that_a_known_secret_has_signed_is_told_where_that_is_asked_for() {
        let is_known = |token: &str, secrets: &[&str]| {
            let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
            let keys = Keys::random().trying(&secrets);
            let read =
                KnownTokens::default().read(token, "a", &keys, &Screening::of(&Redactor::default(), b""));
            read.claims().unwrap().known_secret
        };
        assert!(is_known(SHIPPED, &["openIM123"]));
        assert!(is_known(SHIPPED, &["correct horse", "openIM123"]));
        assert!(is_known(OTHER, &["openIM123", "correct horse"]));
        assert!(!is_known(OTHER, &["openIM123"]));
        assert!(!is_known(SHIPPED, &[]), "nobody asked");
        let tampered = SHIPPED.replace("UGxhdGZvcm1JRCI6Mn0", "UGxhdGZvcm1JRCI6M30");
        assert!(!is_known(&tampered, &["openIM123"]));
        let (unsigned, _) = SHIPPED.rsplit_once('.').unwrap();
        for signature in ["", "!", "AAAA", "c2lnbmF0dXJl", &"A".repeat(43), &"A".repeat(4_000)] {
            assert!(!is_known(&format!("{unsigned}.{signature}"), &["openIM123", ""]), "{signature}");
        }
    }

    #[test]
    fn a_token_inside_a_claim_is_not_kept() {
        let inner = jwt(r#"{"UserID":"a"}"#);
        let claims = claims(&format!(r#"{{"UserID":"{inner}"}}"#)).unwrap();
        assert_eq!(claims.user.as_deref(), Some("<redacted>"));
    }
}
