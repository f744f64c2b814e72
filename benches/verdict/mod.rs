//! How right a reader of a server's answers is, where it is known who was connected: the parts of the
//! scorer. `benches/verdict.rs` runs them on files, `tests/presence/verdict.rs` on small ones.
//!
//! ```text
//!   FILE.ndjson (or the simulator)       FILE.truth.ndjson
//!      |  recording   lines, and what       |  truth   who was connected when
//!      |  server      was said at t         |
//!      v                                    v
//!   source --> production Poller and State (imtop)  \
//!   lines  --> believing reader, ideal reader           --> score --> report
//! ```

#![allow(unreachable_pub, reason = "the room of a benchmark and of a test, which are crates of their own")]

pub mod believing;
pub mod case;
pub mod cost;
pub mod deaf;
pub mod ideal;
pub mod imtop;
pub mod lines;
pub mod others;
pub mod reader;
pub mod recording;
pub mod report;
pub mod score;
pub mod server;
pub mod simulated;
pub mod source;
pub mod truth;
