//! What is written for other programs: tables, snapshots, events, metrics.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/kit.rs"]
mod kit;
#[path = "../schemas/mod.rs"]
mod schemas;

mod formats;
mod metrics;
