//! Frontends without a screen: records of what is known and of what happened, the encoders (one file a
//! format), and metrics with the listener that serves them.
//!
//! [`Seen`] makes the records, of what is known and of what happened.

mod csv;
mod delivery;
mod event;
pub mod exporter;
mod frame;
mod happened;
mod json;
pub mod metrics;
mod ndjson;
mod plugin;
mod seen;
mod summary;
mod table;

pub use csv::write_csv;
pub use delivery::{DeliveryReport, write_delivery, write_delivery_json};
pub use event::{
    AlertRecord, BatchRecord, EVENT_SCHEMA, EventForm, EventLines, EventRecord, SocketRecord, SocketToken,
};
pub use frame::write_frame;
pub use happened::Found;
pub use json::{user_json, write_json};
pub use ndjson::write_ndjson;
pub use plugin::{Figure, PluginReport, Status, range, write_plugin};
pub use seen::Seen;
pub use summary::{
    ChecksRecord, FailureRecord, GatewayRecord, LossRecord, RollupRecord, RollupsRecord, RoundRecord, SCHEMA,
    ServerRecord, Summary, WitnessRecord, WitnessesRecord, unchecked_words,
};
pub use table::{TableStyle, write_table};
