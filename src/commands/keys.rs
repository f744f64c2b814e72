//! Keys of the user's own: what a configuration binds, and how the template shows what it can bind.

use clap::ArgMatches;

use super::{CommandError, environment};
use crate::options::{Binding, SettingsError, Sources};
use crate::tui::{ACTIONS, Keymap};

/// Reads the command line, the environment and the configuration file.
///
/// # Errors
/// As [`Sources::read`]; also where the file binds keys that cannot be so.
pub(super) fn sources(matches: &ArgMatches) -> Result<Sources, CommandError> {
    Ok(Sources::read(matches, &environment, &mistakes)?)
}

/// What is wrong with keys, a sentence each, with where they are bound.
pub(super) fn mistakes(keys: &[Binding]) -> Vec<String> {
    Keymap::with(keys).err().unwrap_or_default()
}

/// Which keys do what, in every context and in the demo.
pub(super) fn keymap(sources: &Sources) -> Result<Keymap, SettingsError> {
    Keymap::with(sources.keys()).map_err(|mistakes| SettingsError(mistakes.join("\n")))
}

/// The lines of the template.
pub(super) fn key_lines() -> String {
    let lines = ACTIONS.iter().map(|row| {
        let keys: Vec<String> = row.keys.iter().map(|keys| (*keys).to_owned()).collect();
        let shown: Vec<String> = keys.iter().map(|keys| format!("{keys:?}")).collect();
        let shown = shown.join(", ");
        // Some keys stay what they are.
        match Keymap::with(&[(row.name.to_owned(), keys, String::new())]) {
            Ok(_) => format!("#{} = [{shown}]\n", row.name),
            Err(_) => format!("# {} is always [{shown}]\n", row.name),
        }
    });
    lines.collect()
}
