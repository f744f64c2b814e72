//! How a server is asked, over real sockets and with a scripted one: schedule, answers, faults, lists.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod hostile;
mod inquiries;
mod leaks;
mod lists;
mod loopback;
mod schedule;
mod witnesses;
