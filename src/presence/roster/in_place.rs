//! The registry's word in the sockets' place: what is said of users of whom the sockets give no new answer.
//!
//! Only those are in the table about whom the registry was asked in that time. It is asked about so many users a second
//! at most, so of a very long list only a part can be known this way.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::socket;
use super::{Roster, Taking, Tracked};
use crate::presence::batches::Answered;
use crate::presence::recheck::{ByRegistry, Denied, MOST_IN_PLACE, REGISTRY_USERS_A_SECOND, Recheck};
use crate::presence::status::{Presence, UnknownReason};
use crate::presence::time::{Moment, Since};
use crate::presence::transition::Change;
use crate::presence::verdict::{InPlace, Registry, Sockets, in_place};
use crate::presence::watch_list::UserIx;

/// So many times one user can be called offline during one silence, for all to be taken back.
const MOST_DENIED: usize = 64;

/// Of whom the sockets give no new answer, and what the registry says of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Silent {
    /// Batches without an answer though one is due.
    batches: BTreeSet<u32>,
    /// Users in them.
    users: usize,
    /// Words of the registry about them since the first of these batches fell silent.
    heard: usize,
    of: BTreeMap<UserIx, ByRegistry>,
    /// Whom it called offline though the sockets had shown connections, until they are heard again.
    denied: BTreeMap<UserIx, Denied>,
    /// When they were answered for, on the monotonic clock.
    due: BTreeSet<(u64, UserIx)>,
}

impl Silent {
    pub(super) fn get(&self, user: UserIx) -> Option<&ByRegistry> {
        if self.of.is_empty() { None } else { self.of.get(&user) }
    }

    pub(super) fn len(&self) -> usize {
        self.of.len()
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (UserIx, &ByRegistry)> {
        self.of.iter().map(|(user, it)| (*user, it))
    }

    fn put(&mut self, user: UserIx, new: Option<ByRegistry>) -> Option<ByRegistry> {
        let before = match new {
            Some(it) => {
                self.due.insert((it.answered.received.mono_ms, user));
                self.of.insert(user, it)
            }
            None => self.of.remove(&user),
        };
        let was_due = before.map(|it| it.answered.received.mono_ms);
        if let Some(at) = was_due.filter(|at| new.is_none_or(|new| new.answered.received.mono_ms != *at)) {
            self.due.remove(&(at, user));
        }
        before
    }

    /// For how long an answer of the registry is good, in milliseconds, where the sockets' are for `unknown_ms`: until
    /// everybody's turn has come again.
    fn good_ms(&self, unknown_ms: u64) -> u64 {
        let turn_ms =
            self.users.min(MOST_IN_PLACE as usize) as u64 * 1_000 / u64::from(REGISTRY_USERS_A_SECOND);
        unknown_ms.max(turn_ms + turn_ms / 2)
    }
}

impl ByRegistry {
    /// What is said of a user of whom this was said before.
    pub(super) fn presence(&self, before: Presence) -> Presence {
        self.says.unwrap_or(before)
    }
}

impl Roster {
    /// What the registry said of the user, where that counts in the sockets' place.
    pub fn by_registry(&self, user: UserIx) -> Option<&ByRegistry> {
        self.silent.get(user)
    }

    /// How many users there are of whom something is known by the registry alone.
    pub fn by_registry_alone(&self) -> u32 {
        self.standings.by_registry()
    }

    /// Of how many users in batches without a new answer of the sockets the registry is still to be heard for the first time.
    pub fn unasked_in_place(&self) -> usize {
        self.silent.users.min(MOST_IN_PLACE as usize).saturating_sub(self.silent.heard)
    }

    /// Whether there is a batch of which the sockets give no new answer.
    pub fn has_silent_batches(&self) -> bool {
        !self.silent.batches.is_empty()
    }

    pub(super) fn set_by_registry(&mut self, user: UserIx, new: Option<ByRegistry>) -> Option<ByRegistry> {
        if new.is_none() && self.silent.get(user).is_none() {
            return None;
        }
        self.counted(user, |roster| roster.silent.put(user, new))
    }

    /// Whether the sockets give no new answer about the user.
    pub(super) fn is_silent_about(&self, user: UserIx, now: Moment) -> bool {
        self.left_out.contains_key(&user) || self.batch(user).is_stale(now, self.freshness())
    }

    /// Finds the batches of which there is no new answer from now on.
    pub(super) fn fall_quiet(&mut self, taking: &mut Taking) {
        if !self.witnesses.registry.is_asked() {
            return;
        }
        let late = self.batches.late(taking.now, self.freshness()).map(|(number, _)| number);
        let new: Vec<u32> = late.filter(|number| !self.silent.batches.contains(number)).collect();
        for number in new {
            self.silent.batches.insert(number);
            self.silent.users += self.list.batch(number).len();
            taking.update.doubts.silence.batches.push((number, true));
        }
    }

    /// The sockets have answered for the batch.
    pub(super) fn speak_again(&mut self, number: u32, taking: &mut Taking) {
        if self.silent.batches.remove(&number) {
            self.silent.users -= self.list.batch(number).len();
            if self.silent.batches.is_empty() {
                self.silent.heard = 0;
            }
            taking.update.doubts.silence.batches.push((number, false));
        }
    }

    /// Up to when, on the monotonic clock, it could be seen how it is with the user: until now, or until an answer of
    /// the sockets was due and did not come.
    pub(in crate::presence) fn looked_until(&self, user: UserIx, now: Moment) -> u64 {
        let last = match self.left_out.get(&user) {
            Some(left_out) => left_out.answered.map(|it| it.received.mono_ms),
            None => self.batch(user).fresh_from(),
        };
        last.map_or(0, |at| at.saturating_add(self.freshness().stale_ms)).min(now.mono_ms)
    }

    /// The registry has the user online or not, asked at `sent`: that counts while the sockets are silent.
    pub(super) fn take_in_place(&mut self, user: UserIx, is_online: bool, sent: Moment, taking: &mut Taking) {
        if !self.is_silent_about(user, taking.now) {
            return;
        }
        self.silent.heard += 1;
        let (from, before, last) = (self.presence(user), self.said(user), self.answered(user));
        let is_contradicted = |it: &Recheck| it.sockets == Sockets::None && it.registry != Registry::Ahead;
        let in_doubt = self.doubts.get(user).is_some_and(is_contradicted);
        let old = self.silent.get(user).copied();
        let says = match in_place(is_online, before, in_doubt, old.is_some()) {
            InPlace::AsBefore => None,
            InPlace::Says(presence) => Some(presence),
            InPlace::Nothing => return,
        };
        let now_ms = taking.now.mono_ms;
        let begins = Since { after_ms: last.map(|last| last.sent.mono_ms), before_ms: now_ms };
        let goes_on = old.filter(|old| old.says == says);
        let to = says.unwrap_or(before);
        let event =
            (!from.same_word(to)).then(|| self.tell(user, Change::Presence { from, to }, last, taking));
        let answered = Answered { sent, received: taking.now };
        let since = match goes_on {
            Some(old) => old.since,
            None => says.map(|_| begins),
        };
        if let Some(event) = event.filter(|_| to == Presence::Offline && self.shows_any(user)) {
            let first = Denied { answered, events: Vec::new() };
            let denied = self.silent.denied.entry(user).or_insert(first);
            if denied.events.len() < MOST_DENIED {
                denied.events.push(event);
            }
        }
        self.set_by_registry(user, Some(ByRegistry { answered, says, since }));
        taking.update.touched.push(user);
    }

    /// What the registry said too long ago does not count any more.
    pub(super) fn forget_in_place(&mut self, taking: &mut Taking) {
        let good_ms = self.silent.good_ms(self.freshness().unknown_ms);
        let until = (taking.now.mono_ms.saturating_sub(good_ms), UserIx(0));
        let mut old: Vec<UserIx> = self.silent.due.range(..until).map(|(_, user)| *user).collect();
        old.sort_unstable();
        for user in old {
            let before = self.said(user);
            let Some(it) = self.set_by_registry(user, None) else { continue };
            let (from, to) = (it.presence(before), self.presence(user));
            taking.update.touched.push(user);
            if !from.same_word(to) {
                self.tell(user, Change::Presence { from, to }, Some(it.answered), taking);
            }
        }
    }

    /// When that is so next, on the monotonic clock.
    pub(super) fn next_in_place(&self) -> Option<u64> {
        let (answered, _) = self.silent.due.first()?;
        let good_ms = self.silent.good_ms(self.freshness().unknown_ms);
        Some(answered.saturating_add(good_ms).saturating_add(1))
    }

    /// Those of a batch of whom something is said by the registry.
    pub(super) fn in_place_of(&self, number: u32) -> Vec<UserIx> {
        let users = self.list.batch(number);
        self.silent.of.range(UserIx(users.start)..UserIx(users.end)).map(|(user, _)| *user).collect()
    }

    /// Those of a batch whom the registry called offline though the sockets had shown connections.
    pub(super) fn denied_of(&self, number: u32) -> Vec<UserIx> {
        let users = self.list.batch(number);
        self.silent.denied.range(UserIx(users.start)..UserIx(users.end)).map(|(user, _)| *user).collect()
    }

    pub(super) fn denied(&self) -> impl Iterator<Item = (UserIx, &Denied)> {
        self.silent.denied.iter().map(|(user, it)| (*user, it))
    }

    pub(super) fn set_denied(&mut self, user: UserIx, denied: Option<Denied>) -> Option<Denied> {
        match denied {
            Some(denied) => self.silent.denied.insert(user, denied),
            None => self.silent.denied.remove(&user),
        }
    }

    fn shows_any(&self, user: UserIx) -> bool {
        self.connections(user).iter().any(|tracked| tracked.unseen.is_none())
    }

    /// The sockets speak of the user again: where they show a connection of before, the registry was wrong each time it
    /// called the user offline meanwhile.
    pub(super) fn take_back_denied(&mut self, user: UserIx, taking: &mut Taking) {
        let Some(Denied { answered, events }) = self.set_denied(user, None) else { return };
        let was_there = |tracked: &&Tracked| {
            tracked.unseen.is_none() && tracked.since.before_ms <= answered.received.mono_ms
        };
        let Some(first) = self.connections(user).iter().find(was_there) else { return };
        let socket = socket(&first.connection);
        let absent_ms = taking.now.since(answered.received);
        let again = Change::SeenAgain { socket: socket.clone(), absent_ms, whole_user: true };
        self.tell(user, again, Some(answered), taking);
        for of in events {
            self.tell(user, Change::Retracted { of, socket: socket.clone() }, Some(answered), taking);
        }
        taking.update.touched.push(user);
    }

    /// Why nothing would be known of the user without the registry; none where the sockets' last answer is still good.
    pub fn silence(&self, user: UserIx) -> Option<UnknownReason> {
        self.silent.get(user)?;
        Some(match self.left_out.get(&user) {
            Some(left_out) => left_out.why,
            None => self.batch(user).why(),
        })
    }
}
