//! `top` for OpenIM presence.
//!
//! One idea carries the program: a [`presence::Input`], above all an [`presence::Observation`] (one
//! answer or failure to one question put to a server), is the only thing that changes what imtop knows.
//! Every row, event, metric and frame is a function of inputs and of time. So whatever was recorded can
//! be looked at as if it happened now, and whoever writes without a terminal says what the screen says.
//!
//! ```text
//!  OpenIM API       flags, environment, configuration, standard input
//!      |                                 |
//!  openim::Client                  config::Sources
//!      |                                 |
//!  feed::{poller, listing, labels}   watching (who is watched)      a recording
//!       \______________  intake  _______/                              |
//!                          |                                   recording::Player
//!                          |      Input, each with its Moment          |
//!                          +---------------------+---------------------+
//!                                                |
//!                  with a terminal               |              without one
//!        inflow, or playback of a recording -----+------- headless::Follower
//!          keeps a presence::Tape and                       keeps a recording::Recorder
//!          a recording::Recorder                                   |
//!                          |                                       |
//!             presence::Chronicle                       presence::Chronicle
//!                          |  transitions, findings                |  News
//!   app::update(&mut Model, Msg) -> Vec<Effect>      commands::{snapshot, events, check, wait, serve}
//!                          |                                       |
//!      ui::view(&Model, &Theme, &mut Buffer)             output, metrics (encoders)
//!                          |                                       |
//!      run and terminal     handover, clipboard          standard output     exporter
//! ```
//!
//! A [`presence::Chronicle`] is what is known ([`presence::Knowledge`]: roster, history, findings, trend,
//! hints) and the story of how it came to be. It comes out the same however often time is let pass.
//!
//! Beside the way of the data: `cli` is the command line, `commands` puts the rooms together and has a file
//! a command, `doctor` looks at each step between here and the server, `simulator` is a server that is made
//! up, `log` writes what imtop did, `clock` reads the clocks, `signals` hears those of the system.
//!
//! Which room may know which is a table in `tests/rooms.rs`. `presence`, `app`, `ui` and `metrics` are pure:
//! they know no clock, no file and no socket.

pub mod app;
pub mod cli;
pub mod clipboard;
pub mod clock;
pub mod commands;
pub mod config;
pub mod doctor;
pub mod exporter;
pub mod feed;
pub mod handover;
pub mod headless;
pub mod inflow;
pub mod intake;
pub mod log;
pub mod metrics;
pub mod openim;
pub mod output;
pub mod playback;
pub mod presence;
pub mod recording;
pub mod run;
pub mod signals;
pub mod simulator;
pub mod terminal;
pub mod ui;
pub mod watching;
