//! What one input, or time, has changed: the one envelope from the roster up to whoever shows it.

use std::sync::Arc;

use super::findings::Finding;
use super::recheck::{Loss, Rechecks};
use super::timeline::Event;
use super::transition::Transition;
use super::watch_list::{UserIx, WatchList};

/// What an observation, or time, has changed.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// What happened, in the order of the watch list.
    pub transitions: Vec<Transition>,
    /// Whose row may look different now; may repeat a user.
    pub touched: Vec<UserIx>,
    /// What is wrong since now.
    pub raised: Vec<Finding>,
    /// What has become more serious.
    pub worsened: Vec<Finding>,
    /// What is wrong no more.
    pub cleared: Vec<Finding>,
    /// Losses of view that are over, as they were at their end.
    pub over: Vec<Loss>,
    /// What else happened: batches without answers, notices, steps of the clock.
    pub noted: Vec<Event>,
    /// Whom the witnesses are to be asked about.
    pub doubts: Rechecks,
    /// Something came in, though perhaps nothing has changed by it.
    pub heard: bool,
    /// The watch list that was in force before, where there is another now.
    pub list_before: Option<Arc<WatchList>>,
    /// The same users have other labels.
    pub relabelled: bool,
    /// What is known is of another moment, or of another run: nothing of before goes on.
    pub replaced: bool,
    /// Words to whoever watches that pass and are no event.
    pub said: Vec<String>,
}

impl Update {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.touched.is_empty()
            && self.transitions.is_empty()
            && self.raised.is_empty()
            && self.worsened.is_empty()
            && self.cleared.is_empty()
            && self.over.is_empty()
            && self.noted.is_empty()
            && self.doubts.is_empty()
            && self.list_before.is_none()
            && !self.relabelled
            && !self.replaced
            && self.said.is_empty()
    }

    /// Takes what came later.
    pub fn extend(&mut self, later: Update) {
        self.transitions.extend(later.transitions);
        self.touched.extend(later.touched);
        self.raised.extend(later.raised);
        self.worsened.extend(later.worsened);
        self.cleared.extend(later.cleared);
        self.over.extend(later.over);
        self.noted.extend(later.noted);
        self.doubts.extend(later.doubts);
        self.heard |= later.heard;
        self.list_before = self.list_before.take().or(later.list_before);
        self.relabelled |= later.relabelled;
        self.replaced |= later.replaced;
        self.said.extend(later.said);
    }
}
