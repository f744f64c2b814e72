//! When each user is to be judged again though nothing is observed: a queue by time.
//!
//! A user has at most one deadline, the earliest that was asked for: who is judged too early is
//! judged once more than needed, and gets the next one then. A user whom time alone does not change
//! has none, and takes no memory.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::presence::UserIx;

/// So many entries of the queue may be void besides one for each user before they are thrown out.
const VOID_KEPT: usize = 1_024;

/// When each user is to be judged again, on the monotonic clock in milliseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Deadlines {
    of: HashMap<UserIx, u64>,
    /// Has every deadline in `of`, and some that are void. The first one is not.
    queue: BinaryHeap<Reverse<(u64, UserIx)>>,
}

impl Deadlines {
    /// Makes sure that the user comes up at `at_ms` at the latest.
    pub(super) fn add(&mut self, user: UserIx, at_ms: u64) {
        if self.of.get(&user).is_some_and(|&known| known <= at_ms) {
            return;
        }
        self.of.insert(user, at_ms);
        self.queue.push(Reverse((at_ms, user)));
        if self.queue.len() > 2 * self.of.len() + VOID_KEPT {
            self.queue = self.of.iter().map(|(&user, &at)| Reverse((at, user))).collect();
        }
    }

    /// Lets the user come up no more.
    pub(super) fn forget(&mut self, user: UserIx) {
        if self.of.remove(&user).is_some() {
            self.drop_void();
        }
    }

    /// Takes out the users whose time has come.
    pub(super) fn due(&mut self, now_ms: u64) -> Vec<UserIx> {
        let mut due = Vec::new();
        while let Some(&Reverse((at, user))) = self.queue.peek()
            && at <= now_ms
        {
            self.queue.pop();
            self.of.remove(&user);
            due.push(user);
            self.drop_void();
        }
        due
    }

    /// How many users come up.
    pub(super) fn len(&self) -> usize {
        self.of.len()
    }

    /// When the next user comes up.
    pub(super) fn next(&self) -> Option<u64> {
        self.queue.peek().map(|&Reverse((at, _))| at)
    }

    /// Goes over to the next watch list.
    pub(super) fn rebase(&mut self, heir: impl Fn(UserIx) -> Option<UserIx>) {
        self.of = self.of.iter().filter_map(|(&user, &at)| Some((heir(user)?, at))).collect();
        self.queue = self.of.iter().map(|(&user, &at)| Reverse((at, user))).collect();
    }

    /// Throws out void entries from the front of the queue.
    fn drop_void(&mut self) {
        while let Some(Reverse((at, user))) = self.queue.peek()
            && self.of.get(user) != Some(at)
        {
            self.queue.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_deadline_of_a_user_counts_and_comes_once() {
        let mut deadlines = Deadlines::default();
        deadlines.add(UserIx(1), 500);
        deadlines.add(UserIx(1), 900);
        deadlines.add(UserIx(2), 700);
        deadlines.add(UserIx(2), 600);
        assert_eq!(deadlines.next(), Some(500));
        assert_eq!(deadlines.due(499), []);
        assert_eq!(deadlines.due(600), [UserIx(1), UserIx(2)]);
        assert_eq!((deadlines.next(), deadlines.due(u64::MAX)), (None, vec![]));
    }

    #[test]
    fn who_is_forgotten_does_not_come_up() {
        let mut deadlines = Deadlines::default();
        deadlines.add(UserIx(1), 500);
        deadlines.add(UserIx(2), 700);
        deadlines.forget(UserIx(1));
        assert_eq!(deadlines.next(), Some(700));
        assert_eq!(deadlines.due(1_000), [UserIx(2)]);
    }

    #[test]
    fn a_deadline_that_is_moved_again_and_again_takes_no_more_room() {
        let mut deadlines = Deadlines::default();
        for at in (0..100_000).rev() {
            deadlines.add(UserIx(1), at);
        }
        assert!(deadlines.queue.len() <= 2 + VOID_KEPT);
        assert_eq!(deadlines.due(0), [UserIx(1)]);
        assert_eq!(deadlines.next(), None);
    }

    #[test]
    fn the_next_list_keeps_the_deadlines_of_who_is_on_it() {
        let mut deadlines = Deadlines::default();
        deadlines.add(UserIx(1), 500);
        deadlines.add(UserIx(2), 700);
        deadlines.rebase(|user| (user == UserIx(2)).then_some(UserIx(0)));
        assert_eq!(deadlines.due(u64::MAX), [UserIx(0)]);
    }
}
