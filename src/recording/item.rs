//! What a recording is read as: item by item, with the places to begin at and the parts that are missing.

use super::source::Spot;
use super::wire::{Head, Keyframe};
use crate::presence::{Input, Moment};

/// Something of a recording.
#[derive(Clone, Debug)]
pub struct Item {
    /// The moment up to which time had passed. Never before that of the item before, but for a head's.
    pub at: Moment,
    /// Where to begin reading to come to this: the keyframe at or before it.
    pub place: Place,
    /// What it is.
    pub what: Recorded,
}

/// What a recording holds.
#[derive(Clone, Debug)]
pub enum Recorded {
    /// Another of its files begins.
    Head(Box<Head>),
    /// All that was known. Whoever has read on to here knows that already.
    Keyframe(Box<Keyframe>),
    /// Something came in.
    Input(Input),
    /// Time goes on by so much at once that it is worth saying, and nothing is missing: a machine that slept.
    /// What follows was there after it.
    Pause(String),
    /// Something is missing. What follows is a keyframe, or the end.
    Gap(Gap),
}

/// A place in a recording to begin reading at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Which of its files.
    pub(super) file: usize,
    pub(super) spot: Spot,
}

/// A part of a recording that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The file; visible-safe.
    pub file: String,
    /// The number of its first line that is damaged, where the lines before it were read.
    pub line: Option<u64>,
    /// What is wrong; visible-safe.
    pub why: String,
}

impl Gap {
    /// Where it is and what is wrong.
    pub fn words(&self) -> String {
        let Gap { file, line, why } = self;
        match line {
            Some(line) => format!("{file} is damaged in line {line} ({why})"),
            None => format!("{file} is damaged ({why})"),
        }
    }
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; what follows is left out, up to the next keyframe", self.words())
    }
}

/// What was read so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Keyframes and inputs.
    pub items: u64,
    /// Lines of a kind that this program does not know, passed over.
    pub unknown: u64,
    /// Parts that could not be read.
    pub gaps: u64,
    /// The last line was cut: the recording ended by a crash, or is still being made.
    pub cut: bool,
}
