//! The manual page.

use super::CommandError;
use crate::config::SettingsError;

/// The manual page.
///
/// # Errors
/// See [`CommandError`].
pub fn man() -> Result<u8, CommandError> {
    Err(SettingsError("not built yet".to_owned()).into())
}
