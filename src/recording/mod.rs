//! Recordings: everything that came in, written down line by line, and read back.
//!
//! A recording is NDJSON: one JSON object a line, in the order in which things came in. Its schema is
//! `assets/schema/recording.json`. Every line begins with `{"at":MONO,"unix":UNIX,"KIND":`, so that a
//! program can find its way through a file without reading lines whole: the moment up to which time
//! had passed, in milliseconds on the monotonic clock and on the wall clock, and the kind of the line.
//!
//! | kind | what it says |
//! |---|---|
//! | `imtop` | the first line of a file: `"recording/1"`, and beside it `head`: what the recording is of |
//! | `keyframe` | all that was known: the watch list and the whole [`Roster`]; the second line of a file and about every 60 s, of long lists more rarely: every 60 s for each 50,000 users |
//! | `observed` | an answer or a failure ([`Observation`]); users are places in the watch list |
//! | `rebased` | another watch list |
//! | `relabelled` | the same users with other labels |
//! | `interval` | the server is asked at another interval, in milliseconds |
//! | `notice` | something that whoever watched was told |
//!
//! Reading can begin at any keyframe: nothing after it refers to what was before it. Fields that are
//! not known, lines of a kind that is not known and answers to questions that are not known are passed
//! over, as a later version of this program may add them under the same `recording/1`; a change that
//! cannot be passed over makes it `recording/2`, which this program refuses.
//!
//! Nothing in it is a token or a part of one: a session token is its claims and a fingerprint whose
//! key died with the run that recorded.
//!
//! A name that ends in `.zst` makes it packed (zstd; a new frame for each keyframe, so that a frame's
//! place in the file is one to begin at). What is read is told by its first bytes, not by its name.
//!
//! A file that has grown beyond the limit is renamed, `name.ndjson` to `name.1.ndjson` and the next one
//! to `name.2.ndjson`, and the recording goes on in a new `name.ndjson` that begins with head and
//! keyframe. Of all of them the newest are kept. [`Recording::open`] of `name.ndjson` reads what is
//! left of the same recording, oldest first; of `name.1.ndjson` it reads that file alone.
//!
//! `wire` is how a line looks, `recorder` and `sink` write files, `reader`, `source` and `frames` read
//! them, `course` knows which moments can follow one another, `ending` finds the last, `pieces` knows their
//! names.
//!
//! [`Roster`]: crate::presence::Roster
//! [`Observation`]: crate::presence::Observation

mod course;
mod ending;
mod error;
mod frames;
mod item;
mod pieces;
mod player;
mod reader;
mod recorder;
mod sink;
mod source;
mod window;
mod wire;

pub use error::{RecorderError, RecordingError};
pub use item::{Gap, Item, Place, Recorded, Summary};
pub use player::Player;
pub use reader::Recording;
pub use recorder::{KEYFRAME_EVERY_MS, Limits, Recorder, Stopped, Written};
pub use wire::{Decoder, Encoder, Head, Keyframe, Line};
