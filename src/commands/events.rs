//! A line for every change.

use super::CommandError;
use crate::cli::EventsArgs;
use crate::config::{SettingsError, Sources};

/// A line for every change.
///
/// # Errors
/// See [`CommandError`].
pub async fn events(args: &EventsArgs, sources: &Sources) -> Result<u8, CommandError> {
    let _ = (args, sources);
    Err(SettingsError("not built yet".to_owned()).into())
}
