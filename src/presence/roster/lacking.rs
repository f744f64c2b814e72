//! Whom the sockets show, and the registry does not have: messages don't reach them, and what the registry says of
//! their end is of no use.

use std::collections::{BTreeMap, BTreeSet};

use super::{Roster, Taking, Tracked};
use crate::presence::platform::Platform;
use crate::presence::recheck::Lacking;
use crate::presence::time::Moment;
use crate::presence::watch_list::UserIx;

/// So long after a connection was first seen, in milliseconds, the registry has to know it: a login reaches it within
/// two seconds.
const SETTLED_MS: u64 = 10_000;
/// It is asked again after so many milliseconds, before anything is said.
const AGAIN_MS: u64 = 5_000;

/// Whom the registry lacks, on which platforms.
#[derive(Clone, Debug, Default)]
pub(super) struct Lacks {
    of: BTreeMap<UserIx, Lacking>,
    /// How many of them are confirmed.
    confirmed: u32,
    /// Who has a connection that appeared, and that the registry has not named so far: its event may be lost.
    logins: BTreeSet<UserIx>,
}

impl Lacks {
    pub(super) fn get(&self, user: UserIx) -> Option<&Lacking> {
        if self.of.is_empty() { None } else { self.of.get(&user) }
    }

    /// Those whose last login the registry has not confirmed.
    pub(super) fn logins(&self) -> impl ExactSizeIterator<Item = UserIx> {
        self.logins.iter().copied()
    }

    pub(super) fn has_login(&self, user: UserIx) -> bool {
        !self.logins.is_empty() && self.logins.contains(&user)
    }

    pub(super) fn login(&mut self, user: UserIx) {
        self.logins.insert(user);
    }

    /// The user has left.
    pub(super) fn forget(&mut self, user: UserIx) {
        self.set(user, None);
        self.logins.remove(&user);
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (UserIx, &Lacking)> {
        self.of.iter().map(|(user, it)| (*user, it))
    }

    pub(super) fn set(&mut self, user: UserIx, new: Option<Lacking>) {
        self.confirmed += u32::from(new.as_ref().is_some_and(|it| it.again.is_some()));
        let before = match new {
            Some(it) => self.of.insert(user, it),
            None => self.of.remove(&user),
        };
        self.confirmed -= u32::from(before.is_some_and(|it| it.again.is_some()));
    }
}

impl Roster {
    /// What the registry lacks of the user whom the sockets show; confirmed or not.
    pub fn lacking(&self, user: UserIx) -> Option<&Lacking> {
        self.lacks.get(user)
    }

    /// Of how many users that is confirmed.
    pub fn deaf(&self) -> u32 {
        self.lacks.confirmed
    }

    /// How many users with a connection the registry was asked about, at most.
    pub fn compared(&self) -> u32 {
        self.compared.min(self.standings.connected())
    }

    /// The registry was asked at `sent` about a user, and has these platforms: compares that with what the sockets
    /// show.
    pub(super) fn compare_shown(
        &mut self,
        user: UserIx,
        platforms: &[Platform],
        sent: Moment,
        taking: &mut Taking,
    ) {
        let answered = self.batch(user).answered;
        let Some(shown) = answered.filter(|_| self.is_shown(user) && !self.is_silent_about(user, taking.now))
        else {
            return;
        };
        self.compared = self.compared.saturating_add(1);
        let mut seen = self.connections(user).iter().filter(|it| it.unseen.is_none());
        if seen.all(|it| platforms.contains(&it.connection.platform)) {
            self.lacks.logins.remove(&user);
        }
        let is_settled = |it: &&Tracked| {
            it.unseen.is_none() && it.since.before_ms.saturating_add(SETTLED_MS) <= sent.mono_ms
        };
        let settled = self.connections(user).iter().filter(is_settled).map(|it| it.connection.platform);
        let mut lacked: Vec<Platform> = settled.filter(|it| !platforms.contains(it)).collect();
        lacked.sort_unstable();
        lacked.dedup();
        let old = self.lacks.get(user).cloned();
        if lacked.is_empty() {
            if old.is_some() {
                self.lacks.set(user, None);
                taking.update.touched.push(user);
            }
            return;
        }
        let whole = platforms.is_empty();
        // Somebody may have left between the two answers: then the sockets tell so before it is asked again.
        let still = old.filter(|old| old.platforms.iter().any(|it| lacked.contains(it)));
        let new = match still {
            None => Lacking { first: sent, again: None, platforms: lacked.into(), whole },
            Some(old) => {
                let is_later = sent.since(old.first) >= AGAIN_MS && shown.sent > old.first;
                let again = old.again.or(is_later.then_some(sent));
                lacked.retain(|it| old.platforms.contains(it));
                Lacking { again, platforms: lacked.into(), whole, ..old }
            }
        };
        taking.update.doubts.lacking.push((user, new.again.is_some()));
        taking.update.touched.push(user);
        self.lacks.set(user, Some(new));
    }

    /// Whether it says nothing that the registry does not have the user: it never had, or may not have heard of the
    /// login, and users are being lost.
    pub(super) fn was_lacked(&self, user: UserIx) -> bool {
        self.lacks.get(user).is_some_and(|it| it.whole)
            || (!self.losses.is_empty() && self.lacks.has_login(user))
    }

    /// The same of a platform of a user.
    pub(super) fn was_lacked_on(&self, user: UserIx, platform: Platform) -> bool {
        let is_lacked = self.lacks.get(user).is_some_and(|it| it.platforms.contains(&platform));
        is_lacked || (!self.losses.is_empty() && self.lacks.has_login(user))
    }

    /// The connections of a user have changed: what is not there any more is not lacked.
    pub(super) fn review_lacking(&mut self, user: UserIx) {
        let Some(old) = self.lacks.get(user) else { return };
        let open = self.connections(user);
        let is_open = |platform: &&Platform| open.iter().any(|it| it.connection.platform == **platform);
        let platforms: Box<[Platform]> = old.platforms.iter().filter(is_open).copied().collect();
        if platforms.len() < old.platforms.len() {
            let new = Lacking { platforms, ..old.clone() };
            self.lacks.set(user, Some(new).filter(|new| !new.platforms.is_empty()));
        }
    }
}
