//! What is shown, and what keys, commands and the mouse do to it.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/fed.rs"]
mod fed;
#[path = "../common/kit.rs"]
mod kit;
#[path = "../schemas/mod.rs"]
mod schemas;

mod alerts;
mod chinese;
mod first_round;
mod hostile_input;
mod incidents;
mod journeys;
mod long_lists;
mod masked;
mod night;
mod on_call;
mod overview;
mod readme_keys;
mod report;
mod screens;
mod secrecy;
mod silence;
mod stage;
mod steadiness;
mod typing;
mod update;
mod verdicts_shown;
