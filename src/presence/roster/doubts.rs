//! Users of whom something is not certain, and what is counted over them: kept as they change, so that an
//! answer costs what it changes and not what there is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use crate::presence::recheck::Recheck;
use crate::presence::status::{Presence, UnknownReason};
use crate::presence::time::Moment;
use crate::presence::verdict::{Registry, Sockets};
use crate::presence::watch_list::UserIx;

/// Everybody of whom something is not certain.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubts {
    of: BTreeMap<UserIx, Recheck>,
    /// The sockets leave them out, and the registry has not answered yet; by when they were left out.
    waiting: BTreeSet<(u64, UserIx)>,
    /// Of those, whom the sockets show.
    waiting_shown: usize,
    /// Whom the registry has online, and the sockets were not asked about since.
    ahead: BTreeSet<UserIx>,
    /// The sockets leave them out, and the registry calls them online.
    contradicted: usize,
    /// Of them nothing is known before the registry has answered.
    checking: usize,
    /// They have probably just gone.
    leaving: usize,
    /// By the number of the loss of view that they are part of.
    losses: HashMap<u32, Members>,
    /// The registry's word counts against the sockets from so many milliseconds on.
    leaving_ms: u64,
}

/// Users who are part of one loss of view.
#[derive(Clone, Debug, Default)]
struct Members {
    /// Whom the sockets leave out.
    all: u32,
    /// Of them, whom the registry calls online.
    online: u32,
    /// Of those, whom the sockets have left out for long.
    contradicted: u32,
    /// Those of whom that is not so yet, by when they were left out.
    young: BTreeMap<u64, u32>,
    /// Up to when [`Members::contradicted`] is counted, on the monotonic clock.
    counted_ms: u64,
    /// Everybody who was ever part of it; some are no more, some are here twice.
    users: Vec<UserIx>,
}

/// What there is of a loss now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Missing {
    /// Users whom the sockets leave out.
    pub(super) all: u32,
    /// Those of them whom the registry calls online.
    pub(super) online: u32,
    /// Those whom it calls online for longer than it may lag behind.
    pub(super) contradicted: u32,
}

impl Doubts {
    /// Nobody yet; the registry may lag behind for so many milliseconds.
    pub(super) fn new(leaving_ms: u64) -> Doubts {
        Doubts { leaving_ms, ..Doubts::default() }
    }

    pub(super) fn get(&self, user: UserIx) -> Option<&Recheck> {
        self.of.get(&user)
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (UserIx, &Recheck)> {
        self.of.iter().map(|(user, doubt)| (*user, doubt))
    }

    pub(super) fn users(&self) -> Vec<UserIx> {
        self.of.keys().copied().collect()
    }

    /// How many the registry has to be asked about and has not answered.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Of how many of those the sockets show a connection: they are known meanwhile.
    pub(super) fn waiting_shown(&self) -> usize {
        self.waiting_shown
    }

    /// When the first of those was left out who still wait, on the monotonic clock.
    pub(super) fn longest_waiting(&self) -> Option<u64> {
        self.waiting.first().map(|(at, _)| *at)
    }

    /// Who waits since then, or for longer; in the order of the list.
    pub(super) fn waiting_since(&self, at_ms: u64) -> Vec<UserIx> {
        let waiting = self.waiting.iter().take_while(|(at, _)| *at <= at_ms);
        let mut users: Vec<UserIx> = waiting.map(|(_, user)| *user).collect();
        users.sort_unstable();
        users
    }

    /// Those of a batch, given by its users.
    pub(super) fn of_batch(&self, users: Range<u32>) -> impl Iterator<Item = UserIx> {
        self.of.range(UserIx(users.start)..UserIx(users.end)).map(|(user, _)| *user)
    }

    /// Those of a batch whom the registry has online, where the sockets were not asked since.
    pub(super) fn ahead(&self, users: Range<u32>) -> Vec<UserIx> {
        self.ahead.range(UserIx(users.start)..UserIx(users.end)).copied().collect()
    }

    /// How many the sockets leave out whom the registry calls online.
    pub(super) fn contradicted(&self) -> usize {
        self.contradicted
    }

    /// Of how many nothing is known before the registry has answered.
    pub(super) fn checking(&self) -> usize {
        self.checking
    }

    /// How many have probably just gone.
    pub(super) fn leaving(&self) -> usize {
        self.leaving
    }

    /// Takes what is not certain of a user, or that nothing is; gives what was before.
    pub(super) fn set(&mut self, user: UserIx, doubt: Option<Recheck>) -> Option<Recheck> {
        let before = self.of.remove(&user);
        if let Some(before) = &before {
            self.count(user, before, false);
        }
        if let Some(doubt) = doubt {
            self.count(user, &doubt, true);
            self.of.insert(user, doubt);
        }
        before
    }

    /// Changes what is not certain of a user, where something is.
    pub(super) fn edit(&mut self, user: UserIx, change: impl FnOnce(&mut Recheck)) {
        let Some(mut doubt) = self.of.remove(&user) else { return };
        self.count(user, &doubt, false);
        change(&mut doubt);
        self.count(user, &doubt, true);
        self.of.insert(user, doubt);
    }

    fn count(&mut self, user: UserIx, doubt: &Recheck, comes: bool) {
        for (count, why) in
            [(&mut self.checking, UnknownReason::Checking), (&mut self.leaving, UnknownReason::Leaving)]
        {
            let one = usize::from(doubt.verdict.presence == Presence::Unknown(why));
            *count = if comes { *count + one } else { *count - one };
        }
        if doubt.waits_for_registry() {
            let (waits, shown) =
                ((doubt.dropped.received.mono_ms, user), usize::from(doubt.sockets != Sockets::None));
            if comes {
                self.waiting.insert(waits);
                self.waiting_shown += shown;
            } else {
                self.waiting.remove(&waits);
                self.waiting_shown -= shown;
            }
        }
        if doubt.sockets != Sockets::None {
            return;
        }
        let is_online = doubt.registry == Registry::Online;
        match doubt.registry {
            Registry::Ahead if comes => drop(self.ahead.insert(user)),
            Registry::Ahead => drop(self.ahead.remove(&user)),
            Registry::Online if comes => self.contradicted += 1,
            Registry::Online => self.contradicted -= 1,
            _ => {}
        }
        let Some(number) = doubt.loss else { return };
        let members = self.losses.entry(number).or_default();
        if comes {
            members.all += 1;
            members.online += u32::from(is_online);
            if members.users.last() != Some(&user) {
                members.users.push(user);
            }
        } else {
            members.all -= 1;
            members.online -= u32::from(is_online);
            if members.users.len() > 64 && members.users.len() > members.all as usize * 4 {
                let is_part = |it: &UserIx| self.of.get(it).is_some_and(|doubt| doubt.loss == Some(number));
                members.users.retain(is_part);
                members.users.sort_unstable();
                members.users.dedup();
            }
        }
        if is_online {
            members.count_online(doubt.dropped.received.mono_ms, self.leaving_ms, comes);
        }
    }

    /// What there is of a loss at `now`.
    pub(super) fn missing(&mut self, number: u32, now: Moment) -> Missing {
        let leaving_ms = self.leaving_ms;
        self.losses.get_mut(&number).map_or_else(Missing::default, |members| {
            members.let_pass(now.mono_ms, leaving_ms);
            Missing { all: members.all, online: members.online, contradicted: members.contradicted }
        })
    }

    /// Who is part of a loss, in the order of the list.
    pub(super) fn of_loss(&self, number: u32) -> Vec<UserIx> {
        let Some(members) = self.losses.get(&number) else { return Vec::new() };
        let is_part = |user: &UserIx| self.of.get(user).is_some_and(|doubt| doubt.loss == Some(number));
        let mut users: Vec<UserIx> = members.users.iter().copied().filter(is_part).collect();
        users.sort_unstable();
        users.dedup();
        users
    }

    /// Nobody is part of losses with other numbers any more.
    pub(super) fn keep_losses(&mut self, is_kept: impl Fn(u32) -> bool) {
        self.losses.retain(|number, _| is_kept(*number));
    }
}

impl Members {
    fn is_old(&self, dropped_ms: u64, leaving_ms: u64) -> bool {
        self.counted_ms.saturating_sub(dropped_ms) >= leaving_ms
    }

    fn count_online(&mut self, dropped_ms: u64, leaving_ms: u64, comes: bool) {
        let count = if self.is_old(dropped_ms, leaving_ms) {
            &mut self.contradicted
        } else {
            self.young.entry(dropped_ms).or_default()
        };
        *count = if comes { *count + 1 } else { *count - 1 };
        if self.young.get(&dropped_ms) == Some(&0) {
            self.young.remove(&dropped_ms);
        }
    }

    fn let_pass(&mut self, now_ms: u64, leaving_ms: u64) {
        self.counted_ms = self.counted_ms.max(now_ms);
        while let Some(oldest) = self.young.first_entry() {
            if self.counted_ms.saturating_sub(*oldest.key()) < leaving_ms {
                break;
            }
            self.contradicted += oldest.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::presence::batches::Answered;
    use crate::presence::verdict::Verdict;

    fn at(mono_ms: u64) -> Moment {
        Moment { mono_ms, unix_ms: 0 }
    }

    fn doubt(dropped_ms: u64, registry: Registry, sockets: Sockets, loss: Option<u32>) -> Recheck {
        Recheck {
            last: None,
            dropped: Answered { sent: at(dropped_ms), received: at(dropped_ms) },
            sockets,
            before: Presence::Online,
            registry,
            asked: None,
            platforms: Box::default(),
            listed: None,
            loss,
            verdict: Verdict { presence: Presence::Unknown(why(registry)), ..Verdict::SILENT },
        }
    }

    /// Some reason, by what the registry says.
    fn why(registry: Registry) -> UnknownReason {
        match registry {
            Registry::Unheard => UnknownReason::Checking,
            Registry::Online => UnknownReason::Leaving,
            _ => UnknownReason::RegistrySilent,
        }
    }

    proptest! {
        #[test]
        fn what_is_counted_as_users_change_is_what_counting_all_gives(
            steps in prop::collection::vec((0u32..6, 0u8..4, any::<bool>(), 0u32..3, any::<bool>(), 0u64..40), 1..60),
        ) {
            let mut doubts = Doubts::new(10);
            let mut now = 0;
            for (user, registry, shown, loss, gone, passes) in steps {
                now += passes;
                let registry = [Registry::Unheard, Registry::Online, Registry::Offline, Registry::Silent][registry as usize];
                let sockets = if shown { Sockets::Foreground } else { Sockets::None };
                let new = (!gone).then(|| doubt(now, registry, sockets, (loss > 0).then_some(loss)));
                if passes % 3 == 0 {
                    doubts.edit(UserIx(user), |doubt| {
                        (doubt.registry, doubt.verdict.presence) = (registry, Presence::Unknown(why(registry)));
                    });
                } else {
                    doubts.set(UserIx(user), new);
                }
                let all: Vec<(UserIx, Recheck)> = doubts.iter().map(|(user, it)| (user, it.clone())).collect();
                let out = |it: &&(UserIx, Recheck)| it.1.sockets == Sockets::None;
                let is = |wanted: Registry| all.iter().filter(out).filter(|it| it.1.registry == wanted).count();
                prop_assert_eq!((doubts.waiting(), doubts.contradicted()), (is(Registry::Unheard), is(Registry::Online)));
                let say = |why| all.iter().filter(|it| it.1.verdict.presence == Presence::Unknown(why)).count();
                let expected = (say(UnknownReason::Checking), say(UnknownReason::Leaving));
                prop_assert_eq!((doubts.checking(), doubts.leaving()), expected);
                for number in 1..3 {
                    let of = || all.iter().filter(out).filter(|it| it.1.loss == Some(number));
                    let online = || of().filter(|it| it.1.registry == Registry::Online);
                    let old = online().filter(|it| now - it.1.dropped.received.mono_ms >= 10).count() as u32;
                    let counted = doubts.missing(number, at(now));
                    let expected = Missing { all: of().count() as u32, online: online().count() as u32, contradicted: old };
                    prop_assert_eq!(counted, expected);
                    let users: Vec<UserIx> = all.iter().filter(|it| it.1.loss == Some(number) && it.1.sockets == Sockets::None).map(|it| it.0).collect();
                    let named = doubts.of_loss(number);
                    prop_assert!(users.iter().all(|user| named.contains(user)), "{users:?} {named:?}");
                }
            }
        }
    }
}
