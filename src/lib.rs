//! `top` for OpenIM presence.
//!
//! One idea carries the program: an [`presence::Observation`], one answer or failure to one question
//! put to a server, is the only thing that changes what imtop knows. Every row, event and frame is a
//! function of observations, of the watch list that they are about, and of time.
//!
//! ```text
//!    OpenIM API                          arguments, file, stdin
//!        |                                        |
//!   openim::Client                        config::watch_list
//!        |                                        |
//!   feed::poller  ------- Observation ------------+
//!                              |
//!             presence::Roster::apply / advance  -> transitions
//!                              |
//!            app::update(&mut Model, Msg) -> Vec<Effect>
//!                              |
//!               ui::view(&Model, &Theme, &mut Buffer)
//!                              |
//!        run (a terminal)            headless (one plain frame)
//! ```

pub mod app;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod feed;
pub mod handover;
pub mod headless;
pub mod openim;
pub mod output;
pub mod presence;
pub mod run;
pub mod signals;
pub mod simulator;
pub mod terminal;
pub mod ui;
pub mod watching;
