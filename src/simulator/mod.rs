//! An OpenIM look-alike: an HTTP server on loopback that answers questions about presence as a real
//! one does, with all its refusals, driven by a virtual clock, a seed and a scenario.
//!
//! It serves `imtop demo` and `imtop simulate`, the tests and the benchmarks. What it must not know:
//! how anybody reads its answers.
//!
//! ```text
//! Scenario (TOML) --> World: users, sockets, gateways, registry, tokens; advanced to each request's time
//!                       |
//!                      Api: one request in, one answer out (no socket)
//!                       |
//!                    Simulator: HTTP/1.1 around it, the gateways' metrics ports, and the faults that need a socket
//! ```

mod api;
mod body;
mod clock;
mod credentials;
mod fault;
mod gzip;
mod incident;
mod ledger;
mod meters;
mod misbehave;
mod population;
mod question;
mod refusal;
mod release;
mod scenario;
mod server;
mod socket;
mod wire;
mod world;

pub use api::{Answer, Api, Ask, Reply};
pub use clock::{Clock, Hand};
pub use fault::{Fault, OVERSIZE, Rule};
pub use incident::incident;
pub use release::Release;
pub use scenario::{Scenario, ScenarioError};
pub use server::{Running, Simulator};
pub use world::{Client, Stay, Truth, TruthEvent, What, Why, World};
