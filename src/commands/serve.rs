//! Metrics, without a terminal.

use super::CommandError;
use crate::cli::ServeArgs;
use crate::config::{SettingsError, Sources};

/// Metrics, without a terminal.
///
/// # Errors
/// See [`CommandError`].
pub async fn serve(args: &ServeArgs, sources: &Sources) -> Result<u8, CommandError> {
    let _ = (args, sources);
    Err(SettingsError("not built yet".to_owned()).into())
}
