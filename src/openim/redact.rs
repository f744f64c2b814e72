//! Takes tokens and secrets out of whatever a server says before anybody can see it.
//!
//! Servers put tokens into error texts: on the v3.8.3 line `errDlt` quotes the admin's own. What we
//! hold is found by its content, in any of the usual encodings; what we do not hold, by its looks.

use std::borrow::Cow;
use std::fmt;
use std::hash::BuildHasher as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use rapidhash::RapidHashSet;
use secrecy::{ExposeSecret as _, SecretString};

use crate::presence::visible_bounded;

/// So many bytes in a row of a secret give it away.
const WINDOW: usize = 8;
/// A secret shorter than this would be found in every other word.
const SHORTEST: usize = 4;
/// Longest text from a server that is looked at, in bytes.
const INPUT_LIMIT: usize = 4 * 1024;
/// Longest text from a server that is shown, in characters.
const SHOWN_LIMIT: usize = 200;
/// What stands in place of a secret.
const MARK: &str = "<redacted>";

/// Knows, without keeping them readable, the secrets that must not come out.
#[derive(Default)]
pub(super) struct Redactor {
    hasher: rapidhash::fast::RandomState,
    /// Hashes of every [`WINDOW`] bytes of every spelling of every secret.
    windows: RapidHashSet<u64>,
    /// Spellings too short for a window.
    short: Vec<SecretString>,
}

impl Redactor {
    /// One that finds `secrets`: as they are, and in base64 and hexadecimal.
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Redactor {
        let mut redactor = Redactor::default();
        for secret in secrets.into_iter().filter(|secret| secret.len() >= SHORTEST) {
            for spelling in spellings(secret.as_bytes()) {
                redactor.learn(&spelling);
            }
        }
        redactor
    }

    /// Learns one spelling of a secret.
    pub(super) fn learn(&mut self, spelling: &[u8]) {
        if spelling.len() >= WINDOW {
            let hashes = spelling.windows(WINDOW).map(|window| self.hasher.hash_one(window));
            self.windows.extend(hashes);
        } else if let (Ok(text), true) = (std::str::from_utf8(spelling), spelling.len() >= SHORTEST) {
            self.short.push(text.to_owned().into());
        }
    }

    /// Whether a secret, or a telling part of one, is in `text`.
    pub(super) fn finds(&self, text: &str) -> bool {
        self.known(text.as_bytes()).next().is_some()
    }

    /// The same of an identifier, which may have escapes.
    pub(super) fn finds_in(&self, id: &str) -> bool {
        self.finds(&plain(id))
    }

    /// Whether an identifier from a server is a token in disguise, or has one that we hold in it.
    pub(super) fn distrusts(&self, id: &str) -> bool {
        let plain = plain(id);
        looks_like_token(&plain) || self.finds(&plain)
    }

    /// The same for what a user is called, ID or nickname, which may be as long and random as people
    /// like: only what reads as a JWT is one.
    pub(super) fn distrusts_name(&self, name: &str) -> bool {
        let plain = plain(name);
        words(&plain).any(|word| reads_as_jwt(&plain[word])) || self.finds(&plain)
    }

    /// Where known secrets are, as ranges of bytes.
    fn known<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
        let windows = if self.windows.is_empty() { &[][..] } else { text };
        let long = windows.windows(WINDOW).enumerate();
        let long = long.filter(|(_, window)| self.windows.contains(&self.hasher.hash_one(*window)));
        let short = self.short.iter().flat_map(move |secret| {
            let secret = secret.expose_secret();
            memchr::memmem::find_iter(text, secret.as_bytes())
                .map(move |at| at..at + secret.len())
                .collect::<Vec<_>>()
        });
        long.map(|(at, _)| at..at + WINDOW).chain(short)
    }

    /// A text from a server, fit to be shown: without tokens and secrets, visible-safe, and no
    /// longer than about 200 characters.
    pub(super) fn clean(&self, text: &str) -> String {
        let text = unescape(bounded(text));
        let mut hidden = vec![false; text.len()];
        for range in self.known(text.as_bytes()) {
            hidden[range].fill(true);
        }
        hide_tokens(&text, &mut hidden);
        visible_bounded(&without(&text, &hidden), SHOWN_LIMIT)
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(..)")
    }
}

/// The ways in which a text may quote `secret`. Base64 looks different at each of three offsets.
fn spellings(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![secret.to_vec()];
    for offset in 0..3.min(secret.len()) {
        let whole = &secret[offset..];
        let groups = &whole[..whole.len() - whole.len() % 3];
        all.push(STANDARD_NO_PAD.encode(groups).into_bytes());
        all.push(URL_SAFE_NO_PAD.encode(groups).into_bytes());
    }
    all.push(secret.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
    all.push(secret.iter().flat_map(|byte| format!("{byte:02X}").into_bytes()).collect());
    all
}

/// An identifier without escapes.
fn plain(id: &str) -> Cow<'_, str> {
    if id.contains(['\\', '%']) { Cow::Owned(unescape(bounded(id))) } else { Cow::Borrowed(id) }
}

/// The beginning of `text`; a word that the cut goes through is left out.
fn bounded(text: &str) -> &str {
    if text.len() <= INPUT_LIMIT {
        return text;
    }
    let cut = &text[..text.floor_char_boundary(INPUT_LIMIT)];
    cut.trim_end_matches(|c: char| c.is_ascii_graphic())
}

/// Undoes JSON's and URLs' escapes of plain characters, so that a token cannot hide behind them.
fn unescape(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..3 {
        if !text.contains(['\\', '%']) {
            break;
        }
        text = unescape_once(&text);
    }
    text
}

fn unescape_once(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '%']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let digits =
            |from: usize, to: usize| rest.get(from..to).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let (byte, length) = match rest.as_bytes() {
            [b'%', ..] => (digits(1, 3), 3),
            [b'\\', b'x', ..] => (digits(2, 4), 4),
            [b'\\', b'u', b'0', b'0', ..] => (digits(4, 6), 6),
            [b'\\', byte @ (b'/' | b'"' | b'\\'), ..] => (Some(*byte), 2),
            _ => (None, 1),
        };
        if let Some(byte) = byte.filter(u8::is_ascii_graphic) {
            out.push(char::from(byte));
            rest = &rest[length..];
        } else {
            out.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+')
}

/// Words of characters that tokens are made of, as ranges of bytes.
pub(super) fn words(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes.get(at..)?.iter().position(|byte| is_token_byte(*byte))?;
        let length = bytes[start..].iter().position(|byte| !is_token_byte(*byte));
        at = length.map_or(bytes.len(), |length| start + length);
        Some(start..at)
    })
}

/// Hides every word that looks like a token, and the parts that follow it after dots.
fn hide_tokens(text: &str, hidden: &mut [bool]) {
    let mut last = 0..0;
    for word in words(text) {
        let follows = last.end > 0 && &text[last.end..word.start] == "." && hidden[last.start];
        if looks_random(&text[word.clone()]) || follows {
            hidden[word.clone()].fill(true);
        }
        last = word;
    }
}

/// Whether a word has the looks of a token, of a part of one, or of one encoded once more.
fn looks_random(word: &str) -> bool {
    let any = |test: fn(&u8) -> bool| word.bytes().any(|byte| test(&byte));
    let (upper, lower) = (any(u8::is_ascii_uppercase), any(u8::is_ascii_lowercase));
    begins_a_jwt(word)
        || (word.len() >= 20 && upper && lower && any(u8::is_ascii_digit))
        || (word.len() >= 40 && upper && lower)
        || has_long_hex(word)
}

/// Whether there are 16 or more hexadecimal digits in a row that are not just a number.
fn has_long_hex(word: &str) -> bool {
    word.split(|c: char| !c.is_ascii_hexdigit())
        .any(|run| run.len() >= 16 && run.bytes().any(|byte| byte.is_ascii_alphabetic()))
}

/// Whether `{"` in base64url and some more is in the word, at any offset.
fn begins_a_jwt(word: &str) -> bool {
    word.match_indices("eyJ").any(|(at, _)| word.len() - at >= WINDOW)
}

/// Whether an identifier looks like a token. Stricter than for texts: a user ID may well look random.
fn looks_like_token(text: &str) -> bool {
    words(text).any(|word| {
        let word = &text[word];
        begins_a_jwt(word) || (word.len() >= 16 && has_packed_jwt(word))
    })
}

/// Whether `eyJ` is in the word in base64 or in hexadecimal.
fn has_packed_jwt(word: &str) -> bool {
    ["ZXlK", "V5S", "leU"].iter().any(|jwt| word.contains(jwt))
        || word.to_ascii_lowercase().contains("65794a")
}

/// A text without these secrets in any of their spellings; visible-safe and bounded.
pub fn without_secrets<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    Redactor::new(secrets).clean(text)
}

/// Whether there is something in a text of our own user that reads as a token.
pub fn holds_token(text: &str) -> bool {
    let plain = plain(text);
    text.len() >= 16 && words(&plain).any(|word| has_json(&plain[word]))
}

/// A text of ours, with a mark in place of what reads as a token.
pub fn without_tokens(text: &str) -> Cow<'_, str> {
    if !holds_token(text) {
        return text.into();
    }
    let mut hidden = vec![false; text.len()];
    hide_tokens(text, &mut hidden);
    without(text, &hidden).into()
}

/// Whether a JSON object in base64 is in the word, or it is so long that one may be in it that is
/// packed once more.
fn reads_as_jwt(word: &str) -> bool {
    has_json(word) || (word.len() >= 60 && has_packed_jwt(word))
}

/// Whether a JSON object in base64 is in the word.
fn has_json(word: &str) -> bool {
    let is_json = |at: usize| {
        let start = word.get(at..at + 16)?;
        let json = URL_SAFE_NO_PAD.decode(start).or_else(|_| STANDARD_NO_PAD.decode(start)).ok()?;
        json.iter().all(|byte| matches!(byte, b' '..=b'~')).then_some(())
    };
    word.match_indices("eyJ").any(|(at, _)| is_json(at).is_some())
}

/// `text` with a mark in place of each hidden stretch.
fn without(text: &str, hidden: &[bool]) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let is_hidden = hidden[at..at + c.len_utf8()].contains(&true);
        let between_hidden = c == '.' && at > 0 && hidden[at - 1] && hidden.get(at + 1) == Some(&true);
        if !is_hidden && !between_hidden {
            out.push(c);
        } else if !out.ends_with(MARK) {
            out.push_str(MARK);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJVc2VySUQiOiJpbUFkbWluIiwiUGxhdGZvcm1JRCI6MTAsImV4cCI6MTgwMzE4OTEyNywiaWF0IjoxNzk1NDEzMTIyfQ.HWxq845Td5__3ipBGHL3D3Ebsnytc7vhVOKThJl0PCk";

    #[test]
    fn the_words_stay_and_the_token_goes() {
        let redactor = Redactor::default();
        for (text, shown) in [
            (format!("jwt parse error, token={TOKEN}"), "jwt parse error, token=<redacted>"),
            (format!("\"{TOKEN}\" is bad. Really."), "\"<redacted>\" is bad. Really."),
            (format!("a {} b", &TOKEN[..60]), "a <redacted> b"),
            (format!("a {} b", &TOKEN[100..]), "a <redacted> b"),
            (format!("a {} b", STANDARD_NO_PAD.encode(format!("x{TOKEN}"))), "a <redacted> b"),
            (TOKEN.replace('e', "\\u0065"), "<redacted>"),
            (TOKEN.replace('e', "%65").replace('%', "%25"), "<redacted>"),
        ] {
            assert_eq!(redactor.clean(&text), shown);
        }
    }

    #[test]
    fn what_servers_usually_say_stays_as_it_is() {
        let redactor = Redactor::new([TOKEN]);
        for text in [
            "userID is error., userID=user_001, adminUserID=[imAdmin]",
            "header must have operationID",
            "grpc service messagegateway-rpc-service down, grpc message connection refused 10.0.0.12:10120",
            "json: cannot unmarshal string into Go struct field GetUsersOnlineStatusReq.userIDs of type []string",
            "100% \\o/ C:\\temp 王小明",
            "operationID 1795414825551867892",
        ] {
            assert_eq!(redactor.clean(text), text);
        }
    }

    #[test]
    fn a_known_secret_is_found_in_every_spelling() {
        let redactor = Redactor::new([TOKEN, "openIM123", "pass"]);
        let hex = |text: &str| text.bytes().fold(String::new(), |all, byte| all + &format!("{byte:02x}"));
        for spelling in [
            "openIM123".to_owned(),
            STANDARD_NO_PAD.encode("openIM123"),
            hex("openIM123"),
            hex("openIM123").to_uppercase(),
            TOKEN[50..58].to_owned(),
            hex(&TOKEN[30..38]),
            "pass".to_owned(),
        ] {
            let text = format!("before {spelling} after");
            assert_eq!(redactor.clean(&text), "before <redacted> after");
            assert!(redactor.finds(&text));
        }
        assert!(!redactor.finds("nothing here"));
        assert!(!format!("{redactor:?}").contains("open"));
    }

    #[test]
    fn a_text_is_short_and_safe() {
        let redactor = Redactor::default();
        assert_eq!(redactor.clean("\u{1b}[2Jboo\u{202e}"), "^[[2Jboo<U+202E>");
        assert_eq!(redactor.clean(&"王 ".repeat(9_000)).chars().count(), 201);
        let long = format!("{}{TOKEN}", "x ".repeat(2_040));
        assert!(!redactor.clean(&long).contains("eyJ"));
        assert_eq!(redactor.clean(&format!("{}eyJhbGciOi", "y".repeat(4_090))), "");
    }

    #[test]
    fn an_identifier_may_look_random_but_not_like_a_token() {
        for id in
            ["user_001", "2890713225", "018f4d0e-7c1b-7a52-9d1e-1b2c3d4e5f60", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]
        {
            assert!(!looks_like_token(id), "{id}");
        }
        let hex = TOKEN.bytes().fold(String::new(), |all, byte| all + &format!("{byte:02x}"));
        for id in [TOKEN, &TOKEN[..30], &hex[..20], &STANDARD_NO_PAD.encode(format!("z{TOKEN}"))[..24]] {
            assert!(looks_like_token(id), "{id}");
        }
    }

    #[test]
    fn a_name_is_distrusted_only_where_it_reads_as_a_token() {
        let redactor = Redactor::new([TOKEN]);
        let sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        for name in ["simpleUser_000000001", "monkeyJungleKing_000001", sha, "王小明 (Night desk)", ""] {
            assert!(!redactor.distrusts_name(name), "{name}");
        }
        let foreign =
            "eyJhbGciOiJIUzI1NiJ9.eyJVc2VySUQiOiJ1c2VyXzAwMSJ9.Jijdo1o838nh9FzhQ97axGIEURDlMSHR36TLoSmljCs";
        let hex = foreign.bytes().fold(String::new(), |all, byte| all + &format!("{byte:02x}"));
        for name in [
            foreign,
            &format!("Bearer {foreign}"),
            &STANDARD_NO_PAD.encode(foreign),
            &STANDARD_NO_PAD.encode(format!("x{foreign}")),
            &STANDARD_NO_PAD.encode(format!("xy{foreign}")),
            &hex,
            &foreign.replace('e', "\\u0065"),
            &TOKEN[100..120],
        ] {
            assert!(redactor.distrusts_name(name), "{name}");
        }
    }
}
