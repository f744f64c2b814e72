//! `top` for OpenIM presence.
//!
//! One idea carries the program: an [`presence::Observation`], one answer or failure to one question
//! put to a server, is the only thing that changes what imtop knows. Every row, event and frame is a
//! function of observations, of the watch list that they are about, and of time.
//!
//! ```text
//!    OpenIM API                     flags, environment, configuration file, standard input
//!        |                                               |
//!   openim::Client                                 config::Sources
//!        |                                               |
//!   feed::{poller, listing, labels}                watching (who is watched)
//!         \___________________  intake  ________________/
//!                                 |  Observation, watch list
//!          presence::Knowledge::apply / advance    roster, history, findings, trend
//!                                 |  transitions, findings raised and cleared
//!             app::update(&mut Model, Msg) -> Vec<Effect>
//!                                 |
//!                ui::view(&Model, &Theme, &mut Buffer)
//!                                 |
//!        run (a terminal)   headless (one plain frame)   handover (clipboard, files)
//! ```

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
