//! A plugin for monitoring systems.

use super::CommandError;
use crate::cli::CheckArgs;
use crate::config::{SettingsError, Sources};

/// A plugin for monitoring systems.
///
/// # Errors
/// See [`CommandError`].
pub async fn check(args: &CheckArgs, sources: &Sources) -> Result<u8, CommandError> {
    let _ = (args, sources);
    Err(SettingsError("not built yet".to_owned()).into())
}
