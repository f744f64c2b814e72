//! The first line of every file: what the recording is of, and which version of the format.

use serde::{Deserialize, Serialize};

use super::line::json;
use crate::presence::written::{interval, some_text, text};
use crate::presence::{Moment, RuleSettings, visible_bounded};

/// What every recording of this version says of itself. Within a version fields and kinds of lines
/// are only added.
pub(in crate::recording) const FORMAT: &str = "recording/1";

/// What a recording is of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The version of the program that recorded.
    #[serde(deserialize_with = "text")]
    pub program: String,
    /// The address of the server's API, without credentials; visible-safe.
    #[serde(deserialize_with = "text")]
    pub api: String,
    /// The context of the configuration that names it; visible-safe.
    #[serde(default, deserialize_with = "some_text")]
    pub context: Option<String>,
    /// What the rules were told: findings follow from it.
    #[serde(default)]
    pub rules: RuleSettings,
    /// The server was asked at this interval at the beginning of the file, in milliseconds.
    #[serde(deserialize_with = "interval")]
    pub interval_ms: u64,
    /// When the recording began; the same in all its files.
    pub began: Moment,
    /// Which file of the recording, from 1.
    pub piece: u32,
}

/// What the first line of a file turned out to be.
#[derive(Debug)]
pub(in crate::recording) enum FirstLine {
    /// A head of this version.
    Head(Box<Head>),
    /// A recording of another version: `recording/2`.
    Other(String),
    /// No recording.
    Foreign,
    /// A head of this version that is not understood, and why.
    Damaged(String),
}

/// Reads the first line of a file, without its line's end.
pub(in crate::recording) fn read_head(line: &[u8]) -> FirstLine {
    #[derive(Deserialize)]
    struct Named {
        imtop: String,
    }
    #[derive(Deserialize)]
    struct Headed {
        head: Head,
    }
    let Ok(Named { imtop }) = serde_json::from_slice(line) else { return FirstLine::Foreign };
    if imtop != FORMAT {
        return if imtop.starts_with("recording/") {
            FirstLine::Other(visible_bounded(&imtop, 40))
        } else {
            FirstLine::Foreign
        };
    }
    match json::<Headed>(line, 200) {
        Ok(headed) => FirstLine::Head(Box::new(headed.head)),
        Err(why) => FirstLine::Damaged(why),
    }
}
