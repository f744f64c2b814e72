//! Encoders: what is known, written for something other than a live screen. One file a format.

mod csv;
mod event;
mod frame;
mod json;
mod ndjson;
mod overview;
mod plugin;
mod record;
mod table;

pub use csv::write_csv;
pub use event::{BatchRecord, EVENT_SCHEMA, EventForm, EventLines, EventRecord, SocketRecord, SocketToken};
pub use frame::write_frame;
pub use json::{user_json, write_json};
pub use ndjson::write_ndjson;
pub use overview::{
    FailureRecord, GatewayRecord, LossRecord, Overview, RoundRecord, SCHEMA, ServerRecord, TotalsRecord,
    WitnessRecord, WitnessesRecord,
};
pub use plugin::{Figure, PluginReport, Status, range, write_plugin};
pub use record::{ConnectionRecord, FindingRecord, Time, TokenRecord, UserRecord};
pub use table::{TableStyle, write_table};
