//! One round, written in a form that others read.

use super::CommandError;
use crate::cli::SnapshotArgs;
use crate::config::{SettingsError, Sources};

/// One round, written in a form that others read.
///
/// # Errors
/// See [`CommandError`].
pub async fn snapshot(args: &SnapshotArgs, sources: &Sources) -> Result<u8, CommandError> {
    let _ = (args, sources);
    Err(SettingsError("not built yet".to_owned()).into())
}
