//! What is known, as metrics: OpenMetrics and the Prometheus text format.
//!
//! Pure: no socket, no file, no clock. What is so now is read off [`crate::presence::Knowledge`] when
//! somebody asks ([`Page`]); what adds up between two looks is counted as it comes ([`Counters`]). The
//! number of series does not depend on the number of users, nor on what a server says, unless a series
//! for every user is asked for; series by group or gateway, which are asked for too, are bounded.
//!
//! Names and units follow the conventions of OpenMetrics; each name is written once, in the file of
//! what it shows.

mod alerts;
mod counters;
mod figures;
mod format;
mod health;
mod page;
mod process;
mod prometheus_text;
mod rollups;
mod sheet;
mod users;

pub use alerts::AlertCounters;
pub use counters::Counters;
pub use format::Format;
pub use health::health;
pub use page::{Page, openmetrics};
pub use process::Process;
pub use rollups::MOST_NAMED;
pub use users::MOST_USERS;
