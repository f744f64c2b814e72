//! Of whom the sockets give no answer, and whose turn it is to be asked about at the registry in their place:
//! those on the screen first, the rest in turns.

use std::time::Duration;

use tokio::time::Instant;

use crate::presence::{MOST_IN_PLACE, UserIx, UserSet};

/// Those of whom the sockets give no answer, so that the registry is asked in their place.
pub(super) struct SilentUsers {
    users: UserSet,
    /// Those who are asked about before the others.
    first: Vec<UserIx>,
    /// When their turn is.
    first_due: Instant,
    /// The turn of the others began then, is here, and has come to so many.
    began: Instant,
    next: usize,
    asked: u32,
    /// It goes on then.
    due: Instant,
}

impl SilentUsers {
    pub(super) fn empty(now: Instant) -> SilentUsers {
        SilentUsers {
            users: UserSet::default(),
            first: Vec::new(),
            first_due: now,
            began: now,
            next: 0,
            asked: 0,
            due: now,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// These are asked about before the others from now on, so many of them at most.
    pub(super) fn ask_first(&mut self, users: Vec<UserIx>, most: usize, now: Instant) {
        self.first = users;
        self.first.truncate(most);
        self.first_due = self.first_due.min(now);
    }

    pub(super) fn put(&mut self, user: UserIx, is_silent: bool) {
        if is_silent {
            self.users.insert(user);
        } else {
            self.users.remove(user);
        }
    }

    /// Somebody is in it again.
    pub(super) fn begin(&mut self, now: Instant) {
        (self.first_due, self.began, self.next, self.asked, self.due) = (now, now, 0, 0, now);
    }

    pub(super) fn ready(&self) -> Instant {
        if self.first.is_empty() { self.due } else { self.due.min(self.first_due) }
    }

    /// Takes the next ones, `pause` after they had their turn before.
    pub(super) fn take(&mut self, most: usize, pause: Duration, now: Instant) -> Vec<UserIx> {
        if !self.first.is_empty() && self.first_due <= now {
            self.first_due = now + pause;
            let first: Vec<UserIx> =
                self.first.iter().copied().filter(|user| self.users.contains(*user)).collect();
            if !first.is_empty() || self.due > now {
                return first;
            }
        }
        if self.asked == 0 {
            self.began = now;
        }
        let most = most.min((MOST_IN_PLACE - self.asked) as usize);
        let others = self.users.from(self.next).filter(|user| !self.first.contains(user));
        let users: Vec<UserIx> = others.take(most).collect();
        self.asked += users.len() as u32;
        self.next = users.last().map_or(0, |last| last.at() + 1);
        if users.len() < most || self.asked >= MOST_IN_PLACE {
            (self.next, self.asked, self.due) = (0, 0, now.max(self.began + pause));
        }
        users
    }
}
