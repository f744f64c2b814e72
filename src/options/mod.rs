//! What the user wants: the configuration file, the environment and the command line turned into
//! settings, and the watch list. It knows where each setting came from, and no feed and no screen.

pub mod cli;

mod appearance;
mod check;
mod condition;
mod credentials;
mod examined;
mod file;
mod list_form;
mod location;
mod mistake;
mod names;
mod picture;
mod print;
mod settings;
mod sources;
mod table;
mod template;
mod value;
mod watch_file;
mod watch_list;
mod watched;
mod witnesses;

pub use appearance::{Appearance, no_screen};
pub use check::check;
pub use condition::condition;
pub use credentials::Environment;
pub use examined::{Examined, SecretFile};
pub use location::Location;
pub use names::{Names, names};
pub use picture::PictureSettings;
pub use print::{in_force, path, print};
pub use settings::{PaceSettings, Settings, SettingsError};
pub use sources::Sources;
pub use template::template;
pub use watch_file::{WatchFile, WatchNews};
pub use watch_list::{Listing, ListingError, read_watch_list, write_watch_list};
pub use watched::Watched;
pub use witnesses::WitnessSettings;
