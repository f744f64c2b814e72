//! Sessions over recordings, and how states of the past are found again.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

#[path = "../common/fed.rs"]
mod fed;
#[path = "../common/kit.rs"]
mod kit;

mod damaged;
mod far;
mod replay;
mod state;
mod steps;
