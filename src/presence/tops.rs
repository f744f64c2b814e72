//! Users who stand out: who went on- or offline most often, reconnected most often, whose session token ends
//! first, who has been offline longest. Kept as users change, and of those alone to whom that happened: neither an
//! answer nor a frame walks the list.

use std::collections::{BTreeSet, HashMap};

use super::history::History;
use super::roster::Roster;
use super::status::Presence;
use super::token::Claims;
use super::watch_list::UserIx;

/// So many of each are kept. Who falls out comes in again when something changes about them.
const KEPT: usize = 1_000;

/// Once is no reason to stand out.
const LEAST: u32 = 2;

/// What users stand out by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Top {
    /// How often they went on- or offline in the last half hour.
    Flips,
    /// How often they reconnected without going offline in the last half hour.
    Reconnects,
    /// When the first of their session tokens ends, or has ended.
    Expiry,
    /// Since when they are offline, where that was seen.
    Offline,
}

impl Top {
    /// All, in the order in which they are shown.
    pub const ALL: [Top; 4] = [Top::Flips, Top::Reconnects, Top::Expiry, Top::Offline];

    fn at(self) -> usize {
        self as usize
    }
}

/// By what each user stands out; the least comes first.
type Keys = [Option<u64>; Top::ALL.len()];

/// Users who stand out.
#[derive(Clone, Debug, Default)]
pub struct Tops {
    of: HashMap<UserIx, Keys>,
    sorted: [BTreeSet<(u64, UserIx)>; Top::ALL.len()],
}

impl Tops {
    /// The first so many, those who stand out most before the others.
    pub fn first(&self, top: Top) -> impl Iterator<Item = UserIx> {
        self.sorted.get(top.at()).into_iter().flatten().map(|(_, user)| *user)
    }

    /// Looks anew at those of whom something has changed.
    pub(super) fn follow(
        &mut self,
        touched: impl Iterator<Item = UserIx>,
        roster: &Roster,
        history: &History,
    ) {
        for user in touched {
            self.put(user, keys(user, roster, history));
        }
    }

    fn put(&mut self, user: UserIx, keys: Keys) {
        let before = self.of.get(&user).copied().unwrap_or_default();
        if before == keys {
            return;
        }
        self.of.insert(user, keys);
        for at in 0..Top::ALL.len() {
            if before[at] == keys[at] {
                continue;
            }
            if let Some(key) = before[at] {
                self.sorted[at].remove(&(key, user));
            }
            if let Some(key) = keys[at] {
                self.sorted[at].insert((key, user));
            }
            if self.sorted[at].len() > KEPT
                && let Some((_, last)) = self.sorted[at].pop_last()
            {
                self.forget(last, at);
            }
        }
        if keys == Keys::default() {
            self.of.remove(&user);
        }
    }

    /// A user stands out by this no more.
    fn forget(&mut self, user: UserIx, at: usize) {
        let Some(keys) = self.of.get_mut(&user) else { return };
        keys[at] = None;
        if *keys == Keys::default() {
            self.of.remove(&user);
        }
    }

    /// Goes over to the next watch list: `heir` is the place on it of a user of the one before.
    pub(super) fn rebase(&mut self, heir: impl Fn(UserIx) -> Option<UserIx>) {
        let before = std::mem::take(self);
        for (user, keys) in before.of {
            if let Some(user) = heir(user) {
                self.put(user, keys);
            }
        }
    }

    /// Bytes that it takes, about.
    pub fn weight(&self) -> usize {
        self.of.len() * 120 + self.sorted.iter().map(BTreeSet::len).sum::<usize>() * 24
    }
}

fn keys(user: UserIx, roster: &Roster, history: &History) -> Keys {
    let past = history.of(user);
    let most = |count: u32| (count >= LEAST).then(|| u64::MAX - u64::from(count));
    let ends =
        roster.connections(user).iter().filter_map(|it| it.connection.token.as_ref()?.claims()?.expires);
    let soonest = ends.filter(|at| !Claims::is_far_future(*at)).min();
    let is_offline = roster.presence(user) == Presence::Offline;
    let since = if is_offline { roster.since(user).filter(|since| since.is_exact()) } else { None };
    [
        most(past.flips()),
        most(past.reconnects()),
        soonest.map(|at| at.max(0).unsigned_abs()),
        since.map(|since| since.before_ms),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn first(tops: &Tops, top: Top) -> Vec<u32> {
        tops.first(top).map(|user| user.0).collect()
    }

    proptest! {
        #[test]
        fn they_are_in_order_whatever_changes(
            steps in prop::collection::vec((0u32..20, prop::array::uniform4(prop::option::of(0u64..9))), 0..200),
        ) {
            let (mut tops, mut all) = (Tops::default(), std::collections::BTreeMap::new());
            for (user, keys) in steps {
                tops.put(UserIx(user), keys);
                all.insert(user, keys);
            }
            for top in Top::ALL {
                let there = all.iter().filter_map(|(user, keys)| Some((keys[top.at()]?, *user)));
                let sorted: BTreeSet<(u64, u32)> = there.collect();
                prop_assert_eq!(first(&tops, top), sorted.iter().map(|(_, user)| *user).collect::<Vec<_>>());
            }
            prop_assert!(tops.of.values().all(|keys| *keys != Keys::default()));
        }
    }

    #[test]
    fn only_so_many_are_kept_and_a_new_list_has_those_who_are_on_it() {
        let mut tops = Tops::default();
        for user in (0..2 * KEPT as u32).rev() {
            tops.put(UserIx(user), [None, None, Some(user.into()), None]);
        }
        assert_eq!(first(&tops, Top::Expiry), (0..KEPT as u32).collect::<Vec<_>>());
        assert_eq!(tops.of.len(), KEPT);
        tops.rebase(|user| (user.0 % 2 == 0).then_some(UserIx(user.0 / 2)));
        assert_eq!(first(&tops, Top::Expiry), (0..KEPT as u32 / 2).collect::<Vec<_>>());
    }
}
