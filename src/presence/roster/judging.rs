//! How the verdict is applied: users in doubt, connections that are not seen, and when time alone
//! decides about them.

use std::collections::BTreeSet;

use super::answer::socket;
use super::{Gone, Roster, Taking, Tracked};
use crate::presence::batches::Answered;
use crate::presence::platform::Platform;
use crate::presence::recheck::{Recheck, Unseen, Witness};
use crate::presence::status::{Presence, Word};
use crate::presence::time::{Moment, Since};
use crate::presence::transition::Change;
use crate::presence::verdict::{
    InLoss, PlatformSeen, Registry, Sockets, Testimony, Verdict, is_gone, verdict,
};
use crate::presence::watch_list::UserIx;

impl Roster {
    /// Says of a user in doubt what follows from what the witnesses said; `from` is what was said of the
    /// user so far.
    pub(super) fn judge(&mut self, user: UserIx, from: Presence, taking: &mut Taking) {
        let Some(doubt) = self.doubts.get(user) else { return };
        let new = verdict(&self.testimony(doubt, taking.now));
        let (last, dropped, is_left_out) = (doubt.last, doubt.dropped, doubt.sockets == Sockets::None);
        let (registry, is_new) = (doubt.registry, new != doubt.verdict);
        let was_offline = doubt.verdict.presence == Presence::Offline;
        // Once somebody was told to be unknown, what comes next is no first sight any more.
        let was_told = doubt.verdict.presence.is_unknown()
            && !doubt.verdict.presence.is_passing()
            && doubt.verdict != Verdict::SILENT;
        let told = last.or(was_told.then_some(dropped));
        self.edit_doubt(user, |doubt| doubt.verdict = new);
        let mut said = new.presence;
        if said == Presence::Offline && self.unregistered.contains(&user) {
            said = Presence::Unregistered;
        }
        self.recount(user, Word::of(said));
        self.weigh_sample(user, taking);
        if is_new {
            taking.update.touched.push(user);
        }
        // While the registry speaks in the sockets' place, what is shown does not follow from this.
        let is_in_place = self.silent.get(user).is_some_and(|it| it.says.is_some());
        let to = if self.is_void(user) || is_in_place { from } else { said };
        // Otherwise the registry's word is waited for, as of the users of a gateway that has died.
        let is_final = matches!(registry, Registry::Offline | Registry::Lacked | Registry::Unasked);
        // A doubt that lasts is told, and was not while the witnesses were being asked.
        let lasts = from.is_passing() && to.is_unknown() && !to.is_passing();
        let event = (lasts || !from.same_word(to))
            .then(|| self.tell(user, Change::Presence { from, to }, told, taking));
        if !is_left_out && event.is_some() {
            let after_ms = told.map(|told| told.sent.mono_ms);
            self.since.set(user, Since { after_ms, before_ms: dropped.received.mono_ms });
        }
        if is_left_out
            && matches!(said, Presence::Offline | Presence::Unregistered)
            // The registry may have called the user offline before the sockets did.
            && ((said != from && !was_offline) || (is_final && !self.connections(user).is_empty()))
        {
            self.close_all(user, last, dropped, event, taking);
        }
        let is_settled = new.presence == Presence::Offline && is_final;
        if is_settled {
            self.lacks.forget(user);
            if let Some(number) = self.set_doubt(user, None).and_then(|doubt| doubt.loss) {
                self.has_left(number);
            }
            taking.update.doubts.settled.push(user);
        } else {
            self.come_back(user, taking.now);
        }
    }

    /// All that the table looks at.
    fn testimony(&self, doubt: &Recheck, now: Moment) -> Testimony {
        let age = now.since(doubt.dropped.received);
        let registry = match doubt.registry {
            Registry::Unheard if doubt.waits_for_registry() && self.is_silent(doubt, now) => Registry::Silent,
            Registry::Ahead if age >= self.freshness().stale_ms => Registry::Online,
            registry => registry,
        };
        Testimony {
            sockets: doubt.sockets,
            registry,
            young: age < self.thresholds.leaving_ms,
            lost: doubt.loss.map_or(InLoss::No, |loss| self.lost(loss, now)),
            before: doubt.before,
        }
    }

    /// Whether the registry has said nothing for too long, of anybody, since it was to be asked about this
    /// user. While it answers about others, the user's turn has not come.
    fn is_silent(&self, doubt: &Recheck, now: Moment) -> bool {
        let heard = self.registry_heard.map_or(doubt.dropped.received, |at| at.max(doubt.dropped.received));
        now.since(heard) >= self.thresholds.checking_ms
    }

    /// When the registry will have said nothing for too long, on the monotonic clock.
    pub(super) fn next_silence(&self) -> Option<u64> {
        let oldest = self.doubts.longest_waiting()?;
        let heard = self.registry_heard.map_or(oldest, |at| at.mono_ms.max(oldest));
        Some(heard.saturating_add(self.thresholds.checking_ms))
    }

    /// The registry has said nothing for too long of those who have waited for as long.
    fn fall_silent(&mut self, taking: &mut Taking) {
        for user in self.doubts.waiting_since(taking.now.mono_ms.saturating_sub(self.thresholds.checking_ms))
        {
            self.edit_doubt(user, |doubt| doubt.registry = Registry::Silent);
            self.reconsider(user, taking);
        }
    }

    /// Nobody has a connection there any more: they are gone with the user.
    fn close_all(
        &mut self,
        user: UserIx,
        last: Option<Answered>,
        dropped: Answered,
        offline: Option<u64>,
        taking: &mut Taking,
    ) {
        let before = self.since.get(user);
        // A witness may have raised a doubt about somebody who was offline, and is.
        if self.doubts.get(user).is_none_or(|doubt| doubt.before != Presence::Offline) {
            self.since.set(
                user,
                Since { after_ms: last.map(|last| last.sent.mono_ms), before_ms: dropped.received.mono_ms },
            );
        }
        let Some(open) = self.open.remove(&user) else { return };
        for Tracked { connection, since, unseen } in &*open {
            self.tally.remove(connection);
            let last = unseen.as_ref().map_or(last, |unseen| unseen.last);
            let event = self.tell(user, Change::Disconnected(socket(connection)), last, taking);
            let dropped = unseen.as_ref().map_or(dropped, |unseen| unseen.dropped).received;
            let offline = offline.map(|event| (event, before));
            self.remember(user, Gone { id: connection.id.clone(), since: *since, dropped, event, offline });
        }
    }

    /// Decides about the connections of a user whom the sockets show, but not with all of them.
    pub(super) fn cull(&mut self, user: UserIx, taking: &mut Taking) {
        let now = taking.now;
        let Some(doubt) = self.doubts.get(user).filter(|doubt| doubt.sockets != Sockets::None) else {
            return;
        };
        let open = self.connections(user);
        let gone = |tracked: &&Tracked| {
            tracked.unseen.as_deref().is_some_and(|unseen| {
                let word = self.platform_seen(user, doubt, unseen, tracked.connection.platform);
                let young = now.since(unseen.dropped.received) < self.thresholds.unseen_ms;
                is_gone(word, self.shown_on(user, tracked.connection.platform) > 0, young)
            })
        };
        let gone: Vec<Tracked> = open.iter().filter(gone).cloned().collect();
        if !gone.is_empty() {
            let open = self.open.remove(&user).unwrap_or_default();
            for tracked in &*open {
                self.tally.remove(&tracked.connection);
            }
            self.keep(user, open.iter().filter(|tracked| !gone.contains(tracked)).cloned().collect());
            taking.update.touched.push(user);
        }
        for Tracked { connection, since, unseen } in gone {
            let Some(unseen) = unseen else { continue };
            let what = Change::Disconnected(socket(&connection));
            let event = self.tell(user, what, unseen.last, taking);
            let dropped = unseen.dropped.received;
            self.remember(user, Gone { id: connection.id, since, dropped, event, offline: None });
        }
        let Some(doubt) = self.doubts.get(user) else { return };
        let is_hidden = doubt.registry == Registry::Hides
            || doubt.listed.as_ref().is_some_and(|listed| self.lists_more(user, listed));
        let is_waited_for = doubt.sockets == Sockets::Background && doubt.waits_for_registry();
        let is_seen = self.connections(user).iter().all(|tracked| tracked.unseen.is_none());
        if is_seen && !is_hidden && !is_waited_for {
            self.set_doubt(user, None);
            taking.update.doubts.settled.push(user);
            taking.update.touched.push(user);
        } else {
            self.come_back(user, now);
        }
    }

    /// Whether the gateways together list more connections of the user than the sockets show.
    pub(super) fn lists_more(&self, user: UserIx, listed: &[(Platform, u32)]) -> bool {
        listed.iter().any(|(platform, count)| *count as usize > self.shown_on(user, *platform))
    }

    /// How many connections of the user the sockets show on a platform.
    pub(super) fn shown_on(&self, user: UserIx, platform: Platform) -> usize {
        let open = self.connections(user).iter();
        open.filter(|it| it.unseen.is_none() && it.connection.platform == platform).count()
    }

    fn is_void(&self, user: UserIx) -> bool {
        let is_void = self.batch(user).void_since.is_some() || self.is_left_out_for_long(user);
        is_void && self.by_registry(user).is_none()
    }

    /// Whether the answers have left the user out for so long that the last word is void.
    pub(super) fn is_left_out_for_long(&self, user: UserIx) -> bool {
        self.left_out.get(&user).is_some_and(|left_out| left_out.void_since.is_some())
    }

    /// When time alone may change what is said of the user, on the monotonic clock.
    pub(super) fn deadlines(&self, user: UserIx) -> impl Iterator<Item = u64> {
        let doubt = self.doubts.get(user);
        let (left_out, shown) = (
            doubt.filter(|doubt| doubt.sockets == Sockets::None),
            doubt.filter(|doubt| doubt.sockets != Sockets::None),
        );
        let of_user = left_out.and_then(|doubt| {
            let wait = match doubt.registry {
                Registry::Online | Registry::Hides | Registry::Lacked => self.thresholds.leaving_ms,
                Registry::Ahead => self.freshness().stale_ms,
                _ => return None,
            };
            Some(doubt.dropped.received.mono_ms.saturating_add(wait))
        });
        let open = shown.map_or(&[][..], |_| self.connections(user));
        let unseen = open.iter().filter_map(|tracked| tracked.unseen.as_deref());
        of_user
            .into_iter()
            .chain(unseen.map(|it| it.dropped.received.mono_ms.saturating_add(self.thresholds.unseen_ms)))
    }

    /// Comes back to a user in doubt when time alone may decide.
    pub(super) fn come_back(&mut self, user: UserIx, now: Moment) {
        let later: Vec<u64> = self.deadlines(user).filter(|at| *at > now.mono_ms).collect();
        self.due.extend(later.into_iter().map(|at| (at, user)));
    }

    /// Comes back to everybody in doubt. What is over is looked at once more, which changes nothing.
    pub(super) fn come_back_to_all(&mut self) {
        for user in self.doubts.users() {
            self.come_back(user, Moment::default());
        }
    }

    /// Judges again those about whom time has decided.
    pub(super) fn pass_doubts(&mut self, taking: &mut Taking) {
        let now = taking.now;
        if self.next_silence().is_some_and(|at| at <= now.mono_ms) {
            self.fall_silent(taking);
        }
        // What many have in common comes before what is said of each.
        let first = self.due.first().map(|(at, _)| *at).into_iter().chain(self.next_of_losses()).min();
        if first.is_some_and(|at| at <= now.mono_ms) {
            self.review_losses(taking);
        }
        if self.due.first().is_none_or(|(at, _)| *at > now.mono_ms) {
            return;
        }
        let later = self.due.split_off(&(now.mono_ms.saturating_add(1), UserIx(0)));
        let passed = std::mem::replace(&mut self.due, later);
        // In the order of the list: some of these dates have been overtaken, and after a restart some were
        // looked at before.
        let users: BTreeSet<UserIx> = passed.into_iter().map(|(_, user)| user).collect();
        for user in users {
            self.reconsider(user, taking);
        }
        self.review_losses(taking);
    }

    /// Judges a user in doubt again.
    pub(super) fn reconsider(&mut self, user: UserIx, taking: &mut Taking) {
        let from = self.presence(user);
        let Some(is_left_out) = self.doubts.get(user).map(|doubt| doubt.sockets == Sockets::None) else {
            return;
        };
        self.judge(user, from, taking);
        if !is_left_out {
            self.cull(user, taking);
        }
    }

    /// What registry and tokens say of a connection's platform.
    fn platform_seen(
        &self,
        user: UserIx,
        doubt: &Recheck,
        unseen: &Unseen,
        platform: Platform,
    ) -> PlatformSeen {
        let is_known = doubt.asked.is_some_and(|asked| asked >= unseen.dropped.received);
        let is_lacked = || self.was_lacked_on(user, platform);
        let listed = |it: &[(Platform, u32)]| {
            it.iter().any(|(on, count)| *on == platform && *count as usize > self.shown_on(user, platform))
        };
        match (&doubt.listed, doubt.registry) {
            // The tokens are asked at the same time, and know what every gateway shows.
            (Some(tokens), _) if listed(tokens) => PlatformSeen::Names,
            (None, Registry::Unasked) if self.witnesses.tokens == Witness::Answers => PlatformSeen::Unheard,
            (_, Registry::Unasked) if self.a_gateway_hangs() => PlatformSeen::Unheard,
            (_, Registry::Unasked) => PlatformSeen::Unasked,
            _ if !is_known => PlatformSeen::Unheard,
            _ if doubt.platforms.contains(&platform) => PlatformSeen::Names,
            // It never had it: that it lacks it says nothing.
            _ if is_lacked() && self.losses.is_empty() => PlatformSeen::Unasked,
            _ if is_lacked() => PlatformSeen::Unheard,
            (None, _) if self.witnesses.tokens == Witness::Answers => PlatformSeen::Unheard,
            _ => PlatformSeen::Lacks,
        }
    }
}
