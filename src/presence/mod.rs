//! The words of the problem, as plain data: users, connections, presence, transitions, the roster.
//!
//! Pure and synchronous: no file, no socket, no clock. An [`Input`], above all an [`Observation`], is the
//! only thing that changes what is known; [`State::take`] takes it, [`State::advance`] lets time
//! pass, and [`State::step`] does both in the order in which they happen.

mod batches;
mod condition;
mod connection;
mod departures;
mod fetch_error;
mod findings;
mod hints;
mod history;
mod input;
mod inputs;
mod knowledge;
mod latency;
mod observation;
mod outage;
mod platform;
pub mod query;
mod recheck;
mod roster;
mod server_clock;
mod state;
mod status;
mod tally;
mod text;
mod time;
mod timeline;
mod token;
mod transition;
mod trend;
mod user_facts;
mod verdict;
mod watch_list;
mod when;
pub(crate) mod written;

pub use batches::{Answered, Batch, Failing, FeedStatus, Freshness};
pub use condition::{Aggregate, Amount, Condition, Interval, Measured, Nobody, Percent, Reading, Sign};
pub use connection::{ConnId, Connection};
pub use departures::Departed;
pub use fetch_error::{ErrorKind, FetchError, LONGEST_WAIT_MS, QUICK_TRIES, Retry};
pub use findings::{
    About, Case, Evidence, Finding, FindingChanges, Findings, Policy, Rule, RuleSettings, ServerCase,
    Severity,
};
pub use hints::{BodyLength, Bytes, Hints, Logins, RateLimit, WireShape};
pub use history::{Cell, Happened, Happening, History, Past, Succession, spark};
pub use input::{Input, seen_at, taken_at};
pub use inputs::{Inputs, Next, Step};
pub use knowledge::{Knowledge, Update};
pub use latency::Latency;
pub use observation::{Answer, LifeSign, Listed, Observation, Oddities, OperationId, Question, UserStatus};
pub use outage::Outage;
pub use platform::Platform;
pub use query::{Facts, Query, QueryError, Truth};
pub use recheck::{Gateway, Loss, Recheck, Rechecks, Unseen, Witness, Witnesses};
pub use roster::{Changes, Gone, LeftOut, Roster, RosterState, Runs, Totals, Tracked};
pub use server_clock::ServerClock;
pub use state::State;
pub use status::{Basis, Presence, UnknownReason, Word};
pub use text::{pieces, visible, visible_bounded, visible_within};
pub use time::{Moment, Since, short_age, short_expiry};
pub use timeline::{Event, EventGroup, Story, Timeline};
pub use token::{Claims, FAR_FUTURE, Fingerprint, SessionToken, Unreadable, is_far_future};
pub use transition::{Change, Socket, Transition};
pub use trend::{Bucket, Failed, Rates, Sums, Took, Trend};
pub use user_facts::UserFacts;
pub use verdict::{
    ConnectionVerdict, LossCause, PlatformSeen, Registry, Sockets, Testimony, Thresholds, UserVerdict,
    Verdict, fate, verdict,
};
pub use watch_list::{Entry, UserId, UserIx, WatchList, check_id};
pub use when::{Unread, When};
