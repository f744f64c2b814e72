//! What there is to say of the configuration.

use std::io::{self, Write as _};

use clap::ArgMatches;

use super::{CommandError, environment, piped};
use crate::options;
use crate::options::cli::ConfigCommand;

/// Says where the configuration is, what is in force, what could be written, or what is wrong.
///
/// # Errors
/// See [`CommandError`].
pub fn config(command: &ConfigCommand, matches: &ArgMatches) -> Result<u8, CommandError> {
    let mut out = io::stdout().lock();
    let text = match command {
        ConfigCommand::Path(_) => options::path(matches, &environment)?,
        ConfigCommand::Print(_) => options::print(matches, &environment)?,
        ConfigCommand::Template => options::template(),
        ConfigCommand::Check(_) => options::check(matches, &environment)?,
    };
    piped(out.write_all(text.as_bytes()).and_then(|()| out.flush())).map(|()| 0)
}
