//! The words of the problem, as plain data: users, connections, presence, transitions, the roster.
//!
//! Pure and synchronous: no file, no socket, no clock. An [`Input`], above all an [`Observation`], is the
//! only thing that changes what is known; [`State::take`] takes it, [`State::advance`] lets time
//! pass, and [`State::step`] does both in the order in which they happen.
//!
//! Four parts have words of their own: [`query`] the filters about one user, [`condition`] the conditions
//! on all of them, [`history`] what happened to one user in the last half hour, [`trend`] how the server
//! answered in it.

mod alert;
mod alerts;
mod batches;
pub mod condition;
mod connection;
mod delivery;
mod departures;
mod fetch_error;
mod findings;
mod first_round;
mod hints;
pub mod history;
mod input;
mod inputs;
mod knowledge;
mod latency;
mod list_builder;
#[cfg(test)]
pub(crate) mod looked;
mod observation;
mod outage;
mod platform;
pub mod query;
mod recheck;
mod recoveries;
mod rollups;
mod roster;
mod rounds;
mod server_clock;
mod side_table;
mod state;
mod status;
mod tally;
mod text;
mod time;
mod timeline;
mod token;
mod tops;
mod transition;
pub mod trend;
mod update;
mod user_facts;
mod user_set;
mod verdict;
mod watch_list;
mod when;
pub(crate) mod written;

pub use alert::{AlertChange, AlertEvent, AlertRule};
pub use alerts::Alerts;
pub use batches::{Answered, Batch, Failing, FeedStatus, Freshness};
pub use connection::{ConnId, Connection};
pub use delivery::{
    Delivery, DeliveryAnswers, Holds, Link, LinkName, PushCounters, PushUnknown, UnreadMessages,
};
pub use fetch_error::{ErrorKind, FetchError, Retry};
pub use findings::{Evidence, Finding, FindingText, Findings, Rule, RuleSettings, Severity, Subject};
pub use first_round::{FirstRound, Stage};
pub use hints::{BodyLength, Bytes, Hints, Logins, RateLimit, WireShape};
pub use input::Input;
pub use inputs::{Inputs, Next, Step};
pub use knowledge::Knowledge;
pub use list_builder::ListBuilder;
pub use observation::{
    Answer, GatewaySign, LifeSign, Observation, Oddities, OperationId, Question, UserStatus,
};
pub use platform::Platform;
pub use recheck::{
    ByRegistry, Counted, Denied, Gateway, Gauges, Lacking, Loss, MOST_IN_PLACE, REGISTRY_USERS_A_SECOND,
    Recheck, Rechecks, SilenceChanges, Unseen, Witness, Witnesses,
};
pub use rollups::{By, Class, Counts, Level, Rollup, RollupKey, Rollups};
pub use roster::{Checks, Drawn, Roster, RosterState, Totals, Tracked};
pub use rounds::Rounds;
pub use server_clock::ServerClock;
pub use state::State;
pub use status::{Basis, Presence, UnknownReason, Word};
pub(crate) use text::thousands;
pub use text::{pieces, visible, visible_bounded, visible_within};
pub use time::{Moment, Since, short_age};
pub use timeline::{Event, EventGroup, Story, Timeline};
pub use token::{Claims, Fingerprint, ReadToken, SessionToken, Unreadable};
pub use tops::{Top, Tops};
pub use transition::{Change, Socket, Transition};
pub use update::Update;
pub use user_facts::UserFacts;
pub use user_set::UserSet;
pub use verdict::{LossCause, Registry, Sockets, Thresholds, Verdict};
pub use watch_list::{Entry, UserId, UserIx, WatchList};
pub use when::{Unread, When};
