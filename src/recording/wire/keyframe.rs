//! The whole state of a roster, with its watch list.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::presence::written::interval;
use crate::presence::{Roster, RosterState, WatchList};

/// All that is known at one moment: reading can begin here.
#[derive(Clone, Debug)]
pub struct Keyframe {
    /// The server was asked at this interval, in milliseconds.
    pub interval_ms: u64,
    /// Every watched user, as known then, with the watch list.
    pub roster: Roster,
}

/// What a keyframe says.
#[derive(Serialize, Deserialize)]
pub(super) struct Known<L, R> {
    #[serde(deserialize_with = "interval")]
    pub(super) interval_ms: u64,
    pub(super) list: L,
    pub(super) roster: R,
}

impl Known<WatchList, RosterState> {
    pub(super) fn read(self) -> Result<Keyframe, &'static str> {
        let roster = Roster::restore(Arc::new(self.list), self.roster)?;
        Ok(Keyframe { interval_ms: self.interval_ms, roster })
    }
}
