//! Recordings: what came in, written down line by line, and read back.
mod wire;

pub use wire::{Decoder, Encoder, Head, Keyframe, Line};
