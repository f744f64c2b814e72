//! `top` for OpenIM presence.
//!
//! One idea carries the program: a [`presence::Input`], above all an [`presence::Observation`] (one
//! answer or failure to one question put to a server), is the only thing that changes what imtop knows.
//! Every row, event, metric and frame is a function of inputs and of time. So whatever was recorded can
//! be looked at as if it happened now, and whoever writes without a terminal says what the screen says.
//!
//! ```text
//!    sources                     engine                          frontends
//!
//!    poller OpenIM's API --+                             +--> tui       the live view
//!                          +--> Session --> Update ------+--> commands  snapshot, events, check, wait, serve
//!    recording    a file --+      ^   state(), shown()   +--> report    records, encoders, metrics
//!                                 |                      |
//!                                 +------ Command -------+
//! ```
//!
//! An [`engine::Session`] is the engine under every frontend: its source, what is known, the way back in
//! time, and the recording that is made. A [`presence::State`] is what is known
//! ([`presence::Knowledge`]: roster, history, findings, trend, hints) and the story of how it came to be. It
//! comes out the same however often time is let pass.
//!
//! Beside the way of the data: `options` is what a user asks for on the command line, in the environment
//! and in a file, `commands` puts the rooms together and has a file a command, `listing` is how users are
//! listed on a screen and in a report, `doctor` looks at each step between here and the server, `simulator`
//! is a server that is made up, `log` writes what imtop did, `clock` reads the clocks, `home` knows
//! what `~/` stands for, `signals` hears those of the system, `language` has the texts in the language of who reads
//! them.
//!
//! Which room may know which is a table in `tests/rooms.rs`. `presence`, `listing`, `tui::update`,
//! `tui::view` and `report::metrics` are pure: they know no clock, no file and no socket.

pub mod alerts;
mod child;
pub mod clock;
pub mod commands;
pub mod doctor;
pub mod engine;
pub mod home;
pub mod language;
pub mod listing;
pub mod log;
pub mod openim;
pub mod options;
pub mod poller;
pub mod presence;
pub mod recording;
pub mod report;
pub mod signals;
pub mod simulator;
pub mod tui;

// The tests beside the code feed sessions as the tests in `tests/` do.
#[cfg(test)]
extern crate self as imtop;
#[cfg(test)]
#[path = "../tests/common/fed.rs"]
mod fed;
#[cfg(test)]
#[path = "../tests/common/kit.rs"]
mod kit;
