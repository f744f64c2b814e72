//! One live socket of a user, as the server describes it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::platform::Platform;
use super::text::{pieces, visible_bounded};
use super::token::SessionToken;
use super::written::{is_usual, parsed};

/// Longest connID that is kept, in characters; the server's own are 32.
const CONN_ID_LIMIT: usize = 128;

/// The same after it was made visible-safe: no mark for a character is longer than 9, and one for the cut.
const SHOWN_LIMIT: usize = CONN_ID_LIMIT * 9 + 1;

/// Identity of a connection: born with its socket and never reused
/// (open-im-server `msggateway/context.go`: MD5 of remote address and milliseconds).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(Repr);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    /// The usual 32 lower-case hex digits, in half the room and without an allocation.
    Md5([u8; 16]),
    /// What else a server may make up; visible-safe.
    Text(Box<str>),
}

impl ConnId {
    /// Takes a connID from the wire; made visible-safe and bounded.
    pub fn new(text: &str) -> ConnId {
        ConnId(match parse_md5(text.as_bytes()) {
            Some(md5) => Repr::Md5(md5),
            None => Repr::Text(visible_bounded(text, CONN_ID_LIMIT).into()),
        })
    }

    /// Takes a connID that was written down as [`fmt::Display`] shows it; made visible-safe and bounded,
    /// as what was written down may have been changed.
    pub fn written(text: &str) -> ConnId {
        ConnId(match parse_md5(text.as_bytes()) {
            Some(md5) => Repr::Md5(md5),
            None => Repr::Text(visible_bounded(text, SHOWN_LIMIT).into()),
        })
    }

    /// The first eight characters: enough to tell the connections of one user apart by eye. A mark of
    /// what is not to be seen is whole.
    pub fn short(&self) -> String {
        let text = self.to_string();
        let fits = |(at, piece): &(usize, &str)| *at == 0 || text[..at + piece.len()].chars().count() <= 8;
        pieces(&text).take_while(fits).map(|(_, piece)| piece).collect()
    }
}

fn parse_md5(text: &[u8]) -> Option<[u8; 16]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 32 {
        return None;
    }
    let mut md5 = [0; 16];
    for (out, pair) in md5.iter_mut().zip(text.chunks_exact(2)) {
        *out = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(md5)
}

impl Serialize for ConnId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ConnId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ConnId, D::Error> {
        parsed(deserializer, |text| Ok(ConnId::written(text)))
    }
}

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Md5(md5) => md5.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Repr::Text(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One connection in one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The platform that the client named when it connected.
    pub platform: Platform,
    /// The identity of its socket.
    pub id: ConnId,
    /// Whether the client said that it went to the background (ws request 2004).
    #[serde(default, skip_serializing_if = "is_usual")]
    pub background: bool,
    /// What the session token says; `None` where the answer carried none.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub token: Option<SessionToken>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_md5_comes_out_as_it_went_in() {
        let text = "bbb7c4da159b1ec6beb81c9e4129b075";
        assert_eq!(ConnId::new(text).to_string(), text);
        assert_eq!(ConnId::new(text).short(), "bbb7c4da");
        assert_ne!(ConnId::new(text), ConnId::new("f18b67b5f57f01604b9f7c338238f43d"));
    }

    #[test]
    fn any_other_text_is_kept_but_safe() {
        assert_eq!(
            ConnId::new("BBB7C4DA159B1EC6BEB81C9E4129B075").to_string(),
            "BBB7C4DA159B1EC6BEB81C9E4129B075"
        );
        assert_eq!(ConnId::new("\u{1b}[2J").short(), "^[[2J");
        assert_eq!(ConnId::new("abcd\u{200d}e").short(), "abcd", "a mark is whole or not there");
        assert_eq!(ConnId::new("\u{e0041}b").short(), "<U+E0041>");
        assert_eq!(ConnId::new("").to_string(), "");
        assert_eq!(ConnId::new(&"x".repeat(500)).to_string().chars().count(), 129);
    }

    #[test]
    fn what_was_written_down_is_the_same_connection_again() {
        let hostile = ["\u{1b}".repeat(500), "\u{e0041}".repeat(128), "\u{e0041}".repeat(500)];
        let usual = ["bbb7c4da159b1ec6beb81c9e4129b075".to_owned(), String::new(), "x".repeat(500)];
        for text in hostile.iter().chain(&usual) {
            let id = ConnId::new(text);
            assert_eq!(ConnId::written(&id.to_string()), id);
        }
        assert!(ConnId::written(&"\u{7}".repeat(1 << 20)).to_string().len() < 3_000);
    }
}
