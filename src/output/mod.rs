//! Encoders: what is known, written for something other than a live screen. One file a format.

mod frame;

pub use frame::write_frame;
