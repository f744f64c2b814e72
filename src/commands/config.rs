//! What there is to say of the configuration.

use std::io::{self, Write as _};

use clap::ArgMatches;

use super::{CommandError, environment, piped};
use crate::cli::ConfigCommand;
use crate::config;

/// Says where the configuration is, what is in force, what could be written, or what is wrong.
///
/// # Errors
/// See [`CommandError`].
pub fn config(command: &ConfigCommand, matches: &ArgMatches) -> Result<u8, CommandError> {
    let mut out = io::stdout().lock();
    let text = match command {
        ConfigCommand::Path(_) => config::path(matches, &environment)?,
        ConfigCommand::Print(_) => config::print(matches, &environment)?,
        ConfigCommand::Template => config::template(),
        ConfigCommand::Check(_) => config::check(matches, &environment)?,
    };
    piped(out.write_all(text.as_bytes()).and_then(|()| out.flush())).map(|()| 0)
}
