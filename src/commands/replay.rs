//! The live view on a recording.

use super::CommandError;
use crate::cli::ReplayArgs;
use crate::config::{SettingsError, Sources};

/// The live view on a recording.
///
/// # Errors
/// See [`CommandError`].
pub async fn replay(args: &ReplayArgs, sources: &Sources) -> Result<u8, CommandError> {
    let _ = (args, sources);
    Err(SettingsError("not built yet".to_owned()).into())
}
