//! What the user wants: command line and environment turned into settings, and the watch list.

mod watch_list;

pub use watch_list::{Listing, ListingError, check_id, read_watch_list};
