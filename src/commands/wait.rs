//! Waits until something is so.

use super::CommandError;
use crate::cli::WaitArgs;
use crate::config::{SettingsError, Sources};

/// Waits until something is so.
///
/// # Errors
/// See [`CommandError`].
pub async fn wait(args: &WaitArgs, sources: &Sources) -> Result<u8, CommandError> {
    let _ = (args, sources);
    Err(SettingsError("not built yet".to_owned()).into())
}
