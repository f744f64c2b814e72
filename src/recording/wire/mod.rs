//! How things look in a recording: lines, which hold the types of `presence` as those say themselves.
//! What is written stays as it is while those change.
//!
//! Whatever is read is checked: numbers lie within bounds that sums cannot overflow, texts are
//! visible-safe and bounded. What does not fit makes its line a damaged one.

mod head;
mod keyframe;
mod line;
mod observed;

pub use head::Head;
pub use keyframe::Keyframe;
pub use line::{Decoder, Encoder, Line};

pub(super) use head::{FORMAT, FirstLine, read_head};
pub(super) use line::{Kind, beginning, known};
