//! Those with a connection about whom the registry is asked before others, and when.

use std::collections::{BTreeSet, HashMap};

use tokio::time::Instant;

use crate::presence::UserIx;

/// Those with a connection about whom the registry is asked before others: what is new has to be known there, and what
/// it lacked may be there by now.
#[derive(Default)]
pub(super) struct NewConnections {
    due: BTreeSet<(Instant, UserIx)>,
    at: HashMap<UserIx, Instant>,
}

impl NewConnections {
    pub(super) fn put(&mut self, user: UserIx, at: Instant) {
        if let Some(before) = self.at.insert(user, at) {
            self.due.remove(&(before, user));
        }
        self.due.insert((at, user));
    }

    /// When the first of them is due.
    pub(super) fn ready(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes those who are due, so many at most.
    pub(super) fn take(&mut self, most: usize, now: Instant) -> Vec<UserIx> {
        let mut users = Vec::new();
        while users.len() < most
            && let Some(&(at, user)) = self.due.first()
            && at <= now
        {
            self.due.pop_first();
            self.at.remove(&user);
            users.push(user);
        }
        users
    }
}
