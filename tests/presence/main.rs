//! Who is connected and how sure that is: the roster, the witnesses, the findings, the verdicts.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/kit.rs"]
mod kit;

mod cluster;
mod findings;
mod first_round;
mod gauges;
mod in_place;
mod lacking;
mod roster;
mod verdict;
mod witnesses_heard;
