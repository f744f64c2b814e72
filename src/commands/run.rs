//! Runs the command that was asked for, within a runtime where it needs one.

use std::time::Duration;

use clap::ArgMatches;

use super::alert::alert;
use super::check::check;
use super::completion::completions;
use super::config::config;
use super::doctor::doctor;
use super::events::events;
use super::keys::sources;
use super::limits::can_run;
use super::live::{demo, watch};
use super::log::{log_end, open_log};
use super::manual::man;
use super::replay::replay;
use super::serve::serve;
use super::simulator::simulate;
use super::snapshot::snapshot;
use super::wait::wait;
use super::why::why;
use super::{CommandError, check_standard_output};
use crate::options::cli::{Cli, Command, misspelt_command};
use crate::options::{SettingsError, Sources};

/// So long the tasks have to end what they started, such as a token command.
const FAREWELL: Duration = Duration::from_millis(200);

/// Runs what was asked for to its end; the exit code.
///
/// Here and not in the binary, so that the compiler builds all that it runs with the library, on all cores.
///
/// # Errors
/// See [`CommandError`].
pub fn run(cli: Cli, matches: &ArgMatches) -> Result<u8, CommandError> {
    // These go on and say only where they listen; a daemon may well have nowhere to say it.
    let is_server = match &cli.command {
        Some(Command::Serve(_)) => true,
        Some(Command::Simulate(args)) => !args.list,
        _ => false,
    };
    if !is_server {
        check_standard_output()?;
    }
    let raw = std::env::args_os().skip(1);
    if let Some(sentence) = misspelt_command(matches, raw) {
        return Err(SettingsError(sentence).into());
    }
    match &cli.command {
        Some(Command::Config(command)) => return config(command, matches),
        Some(Command::Completions(args)) => return completions(args),
        Some(Command::Man) => return man(),
        _ => {}
    }
    can_run()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(CommandError::Runtime)?;
    let settled = || -> Result<Sources, CommandError> {
        let sources = sources(matches)?;
        open_log(&sources)?;
        Ok(sources)
    };
    let ended = match cli.command {
        None => runtime.block_on(watch(&settled()?)),
        Some(Command::Demo(args)) => runtime.block_on(demo(&args, &settled()?)),
        Some(Command::Simulate(args)) => runtime.block_on(simulate(&args)),
        Some(Command::Snapshot(args)) => runtime.block_on(snapshot(&args, &settled()?)),
        Some(Command::Events(args)) => runtime.block_on(events(&args, &settled()?)),
        Some(Command::Check(args)) => runtime.block_on(check(&args, &settled()?)),
        Some(Command::Wait(args)) => runtime.block_on(wait(&args, &settled()?)),
        Some(Command::Why(args)) => runtime.block_on(why(&args, &settled()?)),
        Some(Command::Serve(args)) => runtime.block_on(serve(&args, &settled()?)),
        Some(Command::Replay(args)) => runtime.block_on(replay(&args, &settled()?)),
        Some(Command::Alert(command)) => runtime.block_on(alert(&command, &settled()?)),
        Some(Command::Doctor(args)) => runtime.block_on(doctor(&args, &settled()?)),
        Some(Command::Config(_) | Command::Completions(_) | Command::Man) => return Ok(0), // run above
    };
    log_end(&ended);
    // Drops every task, and with them the processes of a token command. It takes no time unless a
    // thread is busy or reads from something that hangs; nobody waits for that.
    runtime.shutdown_timeout(FAREWELL);
    ended
}
