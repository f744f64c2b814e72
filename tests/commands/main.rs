//! The program and its commands, run as a shell runs them: words, files, exit codes, output.

#![allow(clippy::expect_used, clippy::print_stderr, clippy::unwrap_used, reason = "a test may")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../schemas/mod.rs"]
mod schemas;

mod alerts;
mod check;
mod command_line;
mod completions;
mod config;
mod doctor;
mod events;
mod long_lists;
mod manual;
mod receivers;
mod recorded;
mod secret_files;
mod serve;
mod slips;
mod snapshot;
mod wait;
mod why;
