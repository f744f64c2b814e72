//! What there is to say of the configuration.

use std::io::{self, Write as _};

use clap::ArgMatches;

use super::keys::{key_lines, mistakes};
use super::{CommandError, environment, piped};
use crate::options;
use crate::options::cli::ConfigCommand;

/// Says where the configuration is, what is in force, what could be written, or what is wrong.
///
/// # Errors
/// See [`CommandError`].
pub(super) fn config(command: &ConfigCommand, matches: &ArgMatches) -> Result<u8, CommandError> {
    let mut out = io::stdout().lock();
    let text = match command {
        ConfigCommand::Path => options::path(matches, &environment)?,
        ConfigCommand::Print => options::print(matches, &environment, &mistakes)?,
        ConfigCommand::Template => options::template(&key_lines()),
        ConfigCommand::Check => options::check(matches, &environment, &mistakes)?,
    };
    piped(out.write_all(text.as_bytes()).and_then(|()| out.flush())).map(|()| 0)
}
