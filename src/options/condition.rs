//! A condition as an option holds it.

use super::SettingsError;
use super::mistake::with_caret;
use crate::presence::condition::Condition;

/// Reads the condition that `option` was given.
///
/// # Errors
/// What is wrong with it, with a mark under the mistake.
pub fn condition(option: &str, text: &str) -> Result<Condition, SettingsError> {
    Condition::parse(text).map_err(|error| SettingsError(format!("{option}: {}", with_caret(&error, text))))
}
