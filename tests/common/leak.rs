//! Searches text for secrets: any 8 bytes in a row of one, as they are, in base64 at any of its
//! three offsets, in hexadecimal, JSON-escaped, or as a list of decimal bytes.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const RUN: usize = 8;

/// Finds secrets in text.
pub struct Leaks {
    raw: HashSet<Vec<u8>>,
    hex: HashSet<Vec<u8>>,
    base64: HashSet<Vec<u8>>,
}

impl Leaks {
    /// A search for these secrets; each has at least 8 bytes.
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Leaks {
        let mut leaks = Leaks { raw: HashSet::new(), hex: HashSet::new(), base64: HashSet::new() };
        for secret in secrets {
            assert!(secret.len() >= RUN, "too short to be searched for");
            for run in secret.as_bytes().windows(RUN) {
                leaks.raw.insert(run.to_vec());
                leaks.hex.insert(hex(run).into_bytes());
                for offset in 0..3 {
                    leaks.base64.insert(base64_of(run, offset));
                }
            }
        }
        leaks
    }

    /// What of a secret is in `text`, and how it is written.
    pub fn find(&self, text: &str) -> Option<String> {
        let unescaped = unescape(text);
        let views = [text.as_bytes().to_vec(), unescaped, decimals(text)];
        views.iter().find_map(|view| self.find_in(view))
    }

    fn find_in(&self, text: &[u8]) -> Option<String> {
        let lower = text.to_ascii_lowercase();
        let standard: Vec<u8> = text
            .iter()
            .map(|byte| match byte {
                b'-' => b'+',
                b'_' => b'/',
                other => *other,
            })
            .collect();
        [("raw", &self.raw, text), ("hex", &self.hex, &lower), ("base64", &self.base64, &standard)]
            .into_iter()
            .find_map(|(how, patterns, text)| {
                let length = patterns.iter().next()?.len();
                let found = text.windows(length).find(|window| patterns.contains(*window))?;
                Some(format!("{how}: {}", String::from_utf8_lossy(found)))
            })
    }

    /// Fails the test where a secret is in `text`.
    pub fn assert_none(&self, whence: &str, text: &str) {
        if let Some(found) = self.find(text) {
            panic!("{whence} leaks a secret, {found}, in: {text}");
        }
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |all, byte| all + &format!("{byte:02x}"))
}

/// `\u0065` for every byte.
pub fn json_escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |all, byte| all + &format!("\\u{byte:04x}"))
}

/// The characters of base64 that 8 bytes alone decide, after `offset` other bytes: 10 of them.
fn base64_of(run: &[u8], offset: usize) -> Vec<u8> {
    let mut padded = vec![0; offset];
    padded.extend_from_slice(run);
    padded.extend_from_slice(&[0; 2]);
    let first = (offset * 8).div_ceil(6);
    STANDARD.encode(&padded).into_bytes()[first..first + 10].to_vec()
}

fn unescape(text: &str) -> Vec<u8> {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let escaped = (bytes[at] == b'\\')
            .then(|| text.get(at + 1..at + 6))
            .flatten()
            .and_then(|code| u8::from_str_radix(code.strip_prefix("u00")?, 16).ok());
        out.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 6 } else { 1 };
    }
    out
}

/// The numbers of a list such as `Debug` makes of bytes.
fn decimals(text: &str) -> Vec<u8> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

#[test]
fn a_planted_leak_is_found_however_it_is_written() {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let secret = "eyJhbGci~~OiJIUzI1NiIsInR5cCI6Ikp??XVCJ9";
    let leaks = Leaks::of([secret]);
    let run = &secret[7..15];
    for planted in [
        format!("token={run}."),
        format!("in JSON \"{}\"", json_escaped(run)),
        format!("half-escaped \"{}{}\"", &run[..3], json_escaped(&run[3..])),
        hex(run.as_bytes()),
        hex(run.as_bytes()).to_uppercase(),
        STANDARD.encode(run),
        STANDARD.encode(format!("x{run}y")),
        STANDARD.encode(format!("xx{run}yy")),
        URL_SAFE_NO_PAD.encode(format!("xxx{secret}")),
        format!("{:?}", run.as_bytes()),
        format!("{:#?}", run.as_bytes()),
    ] {
        assert!(leaks.find(&format!("before {planted} after")).is_some(), "{planted}");
    }
    assert_eq!(leaks.find(&secret[7..14]), None);
    assert_eq!(leaks.find("an innocent text of some length, [1, 2, 3, 4, 5, 6, 7, 8, 9]"), None);
}
