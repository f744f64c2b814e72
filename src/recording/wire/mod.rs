//! How things look in a recording: types of its own, converted one by one from and to those of
//! `presence`. What is written stays as it is while those change.
//!
//! Whatever is read is checked here: numbers lie within bounds that sums cannot overflow, texts are
//! visible-safe and bounded. What does not fit makes its line a damaged one.

mod advice;
mod connection;
mod failure;
mod head;
mod hints;
mod keyframe;
mod line;
mod list;
mod observed;
mod question;
mod text;
mod time;
mod witnesses;

pub use head::Head;
pub use keyframe::Keyframe;
pub use line::{Decoder, Encoder, Line};

pub(super) use head::{FORMAT, FirstLine, read_head};
pub(super) use line::{Kind, beginning, known};
