//! Encoders: what is known, written for something other than a live screen. One file a format.

mod csv;
mod frame;
mod json;
mod plugin;
mod record;
mod svg;

pub use csv::write_csv;
pub use frame::write_frame;
pub use json::{RoundRecord, SCHEMA, ServerRecord, Snapshot, TotalsRecord, user_json, write_json};
pub use plugin::{Figure, PluginReport, Status, range, write_plugin};
pub use record::{ConnectionRecord, FindingRecord, TokenRecord, UserRecord, time_text};
pub use svg::{Background, write_svg};
