//! A change of what is known, and the interval in which it happened.

use std::sync::Arc;

use super::connection::ConnId;
use super::observation::OperationId;
use super::platform::Platform;
use super::status::Presence;
use super::time::Moment;
use super::token::Fingerprint;
use super::watch_list::UserId;

/// A change, known to have happened after `after` and no later than `before`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Counts the transitions of a run, from 1.
    pub id: u64,
    /// To whom it happened.
    pub user: UserId,
    /// What is different from before.
    pub what: Change,
    /// The last answer without the change was sent at this moment; `None` where there was none, so
    /// that nothing is known of when it happened.
    pub after: Option<Moment>,
    /// The first answer with it arrived at this moment.
    pub before: Moment,
    /// The request that showed it; `None` where no answer came.
    pub operation: Option<Arc<OperationId>>,
}

/// What can change about a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The presence of the user.
    Presence {
        /// What was said before.
        from: Presence,
        /// What is said now.
        to: Presence,
    },
    /// A connection appeared, in nobody's place.
    Connected(Socket),
    /// A connection that answers had left out is there again. A connID is born with its socket and never
    /// reused (open-im-server `msggateway/context.go`), so it had been there all the time.
    SeenAgain {
        /// The connection that is there again.
        socket: Socket,
        /// For how long answers had left it out, in milliseconds.
        absent_ms: u64,
        /// Whether they had left out the whole user: had called the user offline.
        whole_user: bool,
    },
    /// An earlier transition never happened: a connection came back that had been there all the time.
    Retracted {
        /// The number of the transition that is taken back.
        of: u64,
        /// The connection that proves it.
        socket: Socket,
    },
    /// A connection is gone.
    Disconnected(Socket),
    /// A connection is gone and another of the same platform is there in its place.
    Replaced {
        /// The one that is gone.
        old: Socket,
        /// The one that is there.
        new: Socket,
        /// Whether both were opened with the same session token: a reconnect. Otherwise a second
        /// device took the first one's place.
        same_token: bool,
    },
    /// A connection went to the background.
    MovedBackground(Socket),
    /// A connection came to the foreground.
    MovedForeground(Socket),
}

/// Names a connection in a transition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// The platform that the client named.
    pub platform: Platform,
    /// The identity of the socket.
    pub id: ConnId,
    /// The session token that it was opened with, where the answer named one.
    pub token: Option<Fingerprint>,
}

impl Transition {
    /// Whether it is only the first that was ever heard of the user.
    pub fn is_first_sight(&self) -> bool {
        matches!(self.what, Change::Presence { .. }) && self.after.is_none()
    }
}
