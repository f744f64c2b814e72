//! What the user wants: command line and environment turned into settings, and the watch list.

mod appearance;
mod credentials;
mod file;
mod location;
mod mistake;
mod settings;
mod table;
mod value;
mod watch_file;
mod watch_list;

pub use appearance::Appearance;
pub use credentials::Environment;
pub use file::KeyBinding;
pub use location::Location;
pub use settings::{PaceSettings, Settings, SettingsError, Watched};
pub use watch_file::{WatchFile, WatchNews};
pub use watch_list::{Listing, ListingError, check_id, read_watch_list, write_watch_list};
