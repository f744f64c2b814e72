//! What works between here and the server.

use super::CommandError;
use crate::cli::DoctorArgs;
use crate::config::{SettingsError, Sources};

/// What works between here and the server.
///
/// # Errors
/// See [`CommandError`].
pub async fn doctor(args: &DoctorArgs, sources: &Sources) -> Result<u8, CommandError> {
    let _ = (args, sources);
    Err(SettingsError("not built yet".to_owned()).into())
}
