//! The first line of every file: what the recording is of, and which version of the format.

use serde::{Deserialize, Serialize};

use super::text::Text;
use super::time::{WireMoment, read_interval, read_moment, write_moment};
use crate::presence::{Moment, Policy, RuleSettings, visible_bounded};

/// What every recording of this version says of itself. Within a version fields and kinds of lines
/// are only added.
pub(in crate::recording) const FORMAT: &str = "recording/1";

/// What a recording is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The version of the program that recorded.
    pub program: String,
    /// The address of the server's API, without credentials; visible-safe.
    pub api: String,
    /// The context of the configuration that names it; visible-safe.
    pub context: Option<String>,
    /// What the rules were told: findings follow from it.
    pub rules: RuleSettings,
    /// The server was asked at this interval at the beginning of the file, in milliseconds.
    pub interval_ms: u64,
    /// When the recording began; the same in all its files.
    pub began: Moment,
    /// Which file of the recording, from 1.
    pub piece: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireHead<'a> {
    #[serde(borrow)]
    program: Text<'a>,
    #[serde(borrow)]
    api: Text<'a>,
    #[serde(borrow, default)]
    context: Option<Text<'a>>,
    #[serde(default)]
    rules: WireRules,
    interval_ms: u64,
    began: WireMoment,
    piece: u32,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct WireRules {
    #[serde(default)]
    policy: Option<u8>,
}

impl<'a> WireHead<'a> {
    pub(super) fn write(head: &'a Head) -> WireHead<'a> {
        WireHead {
            program: Text::of(&head.program),
            api: Text::of(&head.api),
            context: head.context.as_deref().map(Text::of),
            rules: WireRules { policy: head.rules.policy.map(|policy| policy.0) },
            interval_ms: head.interval_ms,
            began: write_moment(head.began),
            piece: head.piece,
        }
    }

    fn read(&self) -> Result<Head, String> {
        Ok(Head {
            program: self.program.safe(),
            api: self.api.safe(),
            context: self.context.as_ref().map(Text::safe),
            rules: RuleSettings { policy: self.rules.policy.map(Policy) },
            interval_ms: read_interval(self.interval_ms)?,
            began: read_moment(self.began)?,
            piece: self.piece,
        })
    }
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
    struct Named<'a> {
        #[serde(borrow)]
        imtop: Text<'a>,
    }
    #[derive(Deserialize)]
    struct Headed<'a> {
        #[serde(borrow)]
        head: WireHead<'a>,
    }
    let Ok(Named { imtop }) = serde_json::from_slice(line) else { return FirstLine::Foreign };
    if imtop.0 != FORMAT {
        return if imtop.0.starts_with("recording/") {
            FirstLine::Other(visible_bounded(&imtop.0, 40))
        } else {
            FirstLine::Foreign
        };
    }
    match serde_json::from_slice::<Headed<'_>>(line) {
        Ok(headed) => match headed.head.read() {
            Ok(head) => FirstLine::Head(Box::new(head)),
            Err(why) => FirstLine::Damaged(why),
        },
        Err(error) => FirstLine::Damaged(visible_bounded(&error.to_string(), 200)),
    }
}
