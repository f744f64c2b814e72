//! What happened to each user in the last half hour: flips, reconnects, and what was so when.
//!
//! Made of transitions alone. A column with a place for every user, empty for those to whom nothing
//! happened. Users who went through exactly the same, as when a batch gets no answers, share one
//! [`Past`], so that a mass event costs a pointer for each of them.
//!
//! Here is who has which past and when it is forgotten; `past` is what one holds, `succession` how
//! connections took each other's place, `spark` the picture of it.

mod past;
mod spark;
mod succession;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::status::Presence;
use super::time::Moment;
use super::transition::{Change, Transition};
use super::watch_list::{UserIx, WatchList};

pub use past::{ConnTag, Happened, Happening, Past};
pub use spark::Cell;
pub use succession::Succession;

/// What happened to whom in the last half hour.
#[derive(Clone, Debug)]
pub struct History {
    /// By place in the watch list; as long as it has to be.
    pasts: Vec<Option<Arc<Past>>>,
    /// Who has something to forget, by the time from which on something is remembered of them: each
    /// user with a past once.
    begun: BTreeMap<u64, Vec<UserIx>>,
    /// How much all pasts hold; what users share counts for each of them.
    held: usize,
    /// Up to then, on the monotonic clock, more was forgotten than is too old: there was too much of it.
    shed_until: Option<u64>,
    most: usize,
}

impl Default for History {
    fn default() -> History {
        History::with_room(HELD_MOST)
    }
}

/// So much is held at most: with 32 to 40 bytes each, some 150 MB at the worst.
const HELD_MOST: usize = 4_000_000;

/// Bytes of one thing that is held, about, and of what holds them for a user.
const HELD_BYTES: usize = 40;

static NOTHING: Past = Past::NOTHING;

impl History {
    /// For how long is remembered what happened, in milliseconds.
    pub const WINDOW_MS: u64 = 30 * 60 * 1000;

    /// An empty one that holds so much at most.
    fn with_room(most: usize) -> History {
        History { pasts: Vec::new(), begun: BTreeMap::new(), held: 0, shed_until: None, most }
    }

    /// Takes the transitions of one answer, or of none that came in time, in the order in which they came.
    /// `list` is the watch list that they are about.
    ///
    /// First sights begin a past, but count as nothing that happened.
    pub fn record(&mut self, transitions: &[Transition], list: &WatchList) {
        let mut shared = SharedPasts::default();
        let same = |one: &Transition, next: &Transition| one.user == next.user && one.before == next.before;
        for run in transitions.chunk_by(same) {
            let Some(user) = run.first().and_then(|first| list.find(first.user.raw())) else { continue };
            if self.pasts.len() <= user.at() {
                self.pasts.resize(list.len().max(user.at() + 1), None);
            }
            let Some(place) = self.pasts.get_mut(user.at()) else { continue };
            if place.is_none() {
                let at = run.first().map_or(0, |first| first.before.mono_ms);
                self.begun.entry(at).or_default().push(user);
            }
            let before = held(place.as_ref());
            match (place.as_mut().and_then(Arc::get_mut), run) {
                (Some(past), run) => past.record(run),
                (None, [only]) => shared.record(place, only),
                (None, run) => Arc::make_mut(place.get_or_insert_default()).record(run),
            }
            self.held = self.held + held(place.as_ref()) - before;
        }
    }

    /// Lets time pass: forgets what is older than the window. Those whose flips or reconnects are
    /// fewer by that.
    pub fn advance(&mut self, now: Moment) -> Vec<UserIx> {
        let mut changed = Vec::new();
        if let Some(until) = now.mono_ms.checked_sub(Self::WINDOW_MS) {
            self.forget(until, &mut changed);
        }
        while self.held > self.most
            && let Some((&oldest, _)) = self.begun.first_key_value()
        {
            self.shed_until = Some(oldest);
            self.forget(oldest, &mut changed);
        }
        changed
    }

    fn forget(&mut self, until: u64, changed: &mut Vec<UserIx>) {
        // By the address of the past before, which is kept here so that no other can have it.
        let mut shared = HashMap::<*const Past, (Arc<Past>, Option<Arc<Past>>)>::new();
        while let Some(due) = self.begun.first_entry().filter(|due| *due.key() <= until) {
            for user in due.remove() {
                let Some(place) = self.pasts.get_mut(user.at()) else { continue };
                let held_before = held(place.as_ref());
                let Some(mut past) = place.take() else { continue };
                let before = (past.flips(), past.reconnects());
                let after = if let Some(own) = Arc::get_mut(&mut past) {
                    own.forget(until);
                    past.begins().is_some().then_some(past)
                } else {
                    let forgotten = shared.entry(Arc::as_ptr(&past)).or_insert_with(|| {
                        let mut next = Past::clone(&past);
                        next.forget(until);
                        let next = next.begins().is_some().then(|| Arc::new(next));
                        (past, next)
                    });
                    forgotten.1.clone()
                };
                if before != after.as_ref().map_or((0, 0), |past| (past.flips(), past.reconnects())) {
                    changed.push(user);
                }
                if let Some(begins) = after.as_ref().and_then(|past| past.begins()) {
                    self.begun.entry(begins).or_default().push(user);
                }
                *place = after;
                self.held = self.held + held(place.as_ref()) - held_before;
            }
        }
    }

    /// How much is held of all users together; what users share counts for each of them.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Bytes that it takes, about: at most, as users may share what they went through.
    pub fn weight(&self) -> usize {
        self.pasts.len() * 8 + self.held * HELD_BYTES
    }

    /// The last half hour of a user as a picture: see [`Past::spark`]. What was forgotten before its time is
    /// shown as a time in which the user was not watched yet.
    pub fn spark(
        &self,
        user: UserIx,
        now_is: Presence,
        watched_since_ms: u64,
        now: Moment,
        cells: usize,
    ) -> impl Iterator<Item = Cell> + use<> {
        let since = watched_since_ms.max(self.shed_until.unwrap_or(0));
        self.of(user).spark(now_is, since, now, cells)
    }

    /// When the next thing is forgotten, on the monotonic clock; `None` where nothing is remembered.
    pub fn next_change(&self) -> Option<u64> {
        self.begun.first_key_value().map(|(at, _)| at.saturating_add(Self::WINDOW_MS))
    }

    /// What happened to the user.
    pub fn of(&self, user: UserIx) -> &Past {
        self.pasts.get(user.at()).and_then(Option::as_deref).unwrap_or(&NOTHING)
    }

    /// Goes over to the next watch list: `heir` is the place on it of a user of the one before.
    pub fn rebase(&mut self, heir: impl Fn(UserIx) -> Option<UserIx>) {
        let begun = std::mem::take(&mut self.begun);
        let mut old = std::mem::take(&mut self.pasts);
        self.held = 0;
        for (at, users) in begun {
            for user in users {
                let past = old.get_mut(user.at()).and_then(Option::take);
                let (Some(past), Some(user)) = (past, heir(user)) else { continue };
                if self.pasts.len() <= user.at() {
                    self.pasts.resize(user.at() + 1, None);
                }
                if let Some(place) = self.pasts.get_mut(user.at()) {
                    *place = Some(past);
                    self.held += held(place.as_ref());
                    self.begun.entry(at).or_default().push(user);
                }
            }
        }
    }
}

fn held(place: Option<&Arc<Past>>) -> usize {
    place.map_or(0, |past| past.held())
}

/// Pasts that users of one answer come to share, by what they were and what was added to them.
#[derive(Default)]
struct SharedPasts(HashMap<(*const Past, Added), Grown>);

/// A past before, kept so that no other can get its address meanwhile, and after.
type Grown = (Option<Arc<Past>>, Arc<Past>);

/// A change of presence: from, to, whether a first sight, and when on the monotonic clock.
type Added = (Presence, Presence, bool, u64);

impl SharedPasts {
    /// Adds to a past that is shared with others, or is none yet.
    fn record(&mut self, place: &mut Option<Arc<Past>>, transition: &Transition) {
        let Change::Presence { from, to } = transition.what else {
            return Arc::make_mut(place.get_or_insert_default()).record(std::slice::from_ref(transition));
        };
        let added = (from, to, transition.is_first_sight(), transition.before.mono_ms);
        let before = place.as_ref().map_or(std::ptr::null(), Arc::as_ptr);
        let after = match self.0.entry((before, added)) {
            Entry::Occupied(known) => Arc::clone(&known.get().1),
            Entry::Vacant(free) => {
                let mut past = place.as_deref().cloned().unwrap_or_default();
                past.record(std::slice::from_ref(transition));
                Arc::clone(&free.insert((place.clone(), Arc::new(past))).1)
            }
        };
        *place = Some(after);
    }
}

#[cfg(test)]
pub(super) mod script;
#[cfg(test)]
mod tests;
