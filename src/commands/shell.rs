//! What helps a shell and its user: completions and the manual page.

use super::CommandError;
use crate::cli::CompletionsArgs;
use crate::config::SettingsError;

/// Completion of commands, options and names for a shell.
///
/// # Errors
/// See [`CommandError`].
pub fn completions(args: &CompletionsArgs) -> Result<u8, CommandError> {
    let _ = args;
    Err(SettingsError("not built yet".to_owned()).into())
}

/// The manual page.
///
/// # Errors
/// See [`CommandError`].
pub fn man() -> Result<u8, CommandError> {
    Err(SettingsError("not built yet".to_owned()).into())
}
