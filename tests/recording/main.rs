//! Recordings as files: what is written comes back, and no file, however it came to be, does harm.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../common/kit.rs"]
mod kit;

mod crash;
mod damage;
mod files;
mod kept;
mod made;
mod round_trip;
mod schema;
mod strange;
