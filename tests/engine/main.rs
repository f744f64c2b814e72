//! Sessions over recordings, and how states of the past are found again.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

#[path = "../common/churn.rs"]
mod churn;
#[path = "../common/fed.rs"]
mod fed;
#[path = "../common/kit.rs"]
mod kit;

mod damaged;
mod day;
mod far;
mod replay;
mod state;
mod steps;
