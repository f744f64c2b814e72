//! What the user wants: the configuration file, the environment and the command line turned into
//! settings, and the watch list. It knows where each setting came from, and no feed and no screen.
//!
//! `table` is the one table of options: a new one is an entry there, and whoever uses its value.

pub mod cli;

mod alerts;
mod check;
mod condition;
mod credentials;
mod environment;
mod examined;
mod file;
mod kind;
mod list_form;
mod mistake;
mod names;
mod parse;
mod print;
mod read;
mod reader;
mod reading;
mod settings;
mod sources;
mod table;
mod template;
#[cfg(test)]
mod tests;
mod value;
mod watch_file;
mod watch_list;
mod watched;

pub use check::check;
pub use condition::condition;
pub use environment::{Environment, no_screen};
pub use examined::Examined;
pub use file::{Binding, KeyCheck};
pub use names::{Names, names};
pub use print::{in_force, path, print};
pub use read::{Bytes, CheckSecrets, LogLevel, Percent, Read, When};
pub use reading::{ReadNews, Reading};
pub use settings::{Settings, SettingsError};
pub use sources::Sources;
pub use table::{Values, usual};
pub use template::template;
pub use value::Value;
pub use watch_file::{WatchFile, WatchNews};
pub use watch_list::{Listing, ListingError, read_watch_list, write_watch_list};
pub use watched::{Watched, Whom};
