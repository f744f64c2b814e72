//! Losses of view: many users whom the sockets leave out at about the same time, and what is to blame.

use std::collections::HashMap;

use super::{Changes, Roster};
use crate::presence::batches::Answered;
use crate::presence::doubt::{Gateway, Loss};
use crate::presence::observation::LifeSign;
use crate::presence::state::Word;
use crate::presence::time::Moment;
use crate::presence::verdict::{Lost, Registry, Sockets};
use crate::presence::watch_list::UserIx;

/// Whoever is left out so soon after a loss began, in milliseconds, may be part of it: while a gateway
/// hangs, the batches wait for their answers one after the other.
const JOIN_MS: u64 = 30_000;
/// A gateway that gave a sign of life within so many milliseconds before a loss was alive until then:
/// the gateways are asked once a minute.
const BASELINE_MS: u64 = 130_000;
/// An answer of the sockets that takes longer, in milliseconds, is not usual: they wait for a gateway.
const USUAL_MS: u32 = 2_000;

/// What there is of a loss now.
#[derive(Clone, Copy, Default)]
struct Missing {
    /// Users who are in doubt.
    all: u32,
    /// Those of them whom the registry calls online for longer than it may lag behind.
    contradicted: u32,
}

impl Roster {
    /// Drops so close together are one loss: two intervals.
    pub(super) fn loss_window_ms(&self) -> u64 {
        self.freshness.unknown_ms / 3 * 2
    }

    /// One answer leaves these users out who were shown before: the number of the loss that they may be
    /// part of.
    pub(super) fn enter_loss(
        &mut self,
        dropped: &[UserIx],
        batch: u32,
        before: Option<Answered>,
        answered: Answered,
    ) -> Option<u32> {
        if dropped.is_empty() {
            return None;
        }
        let now = answered.received;
        let window = self.loss_window_ms();
        let open = self.losses.iter().position(|loss| now.since(loss.begun) <= window.max(JOIN_MS));
        let gathering = self.drops.iter().position(|loss| now.since(loss.begun) <= window);
        let connected = [Word::Online, Word::Background];
        let of =
            |batch: &crate::presence::Batch| connected.iter().map(|word| batch.count(*word)).sum::<u32>();
        let (all, of_batch): (u32, u32) =
            (self.batches.iter().map(of).sum(), self.batches.get(batch as usize).map_or(0, of));
        let mut platforms = HashMap::new();
        for tracked in dropped.iter().flat_map(|user| self.connections(*user)) {
            *platforms.entry(tracked.connection.platform).or_insert(0) += 1;
        }
        let place = match (open, gathering) {
            (Some(at), _) => self.losses.get_mut(at),
            (None, Some(at)) => self.drops.get_mut(at),
            (None, None) => {
                self.losses_so_far += 1;
                self.drops.push(Loss {
                    number: self.losses_so_far,
                    begun: now,
                    after: before.map(|before| before.sent),
                    of: all.max(dropped.len() as u32),
                    dropped: 0,
                    missing: 0,
                    returned: 0,
                    platforms: std::collections::BTreeMap::new(),
                    took_ms: 0,
                    suspected: false,
                    certain: None,
                    cause: Lost::None,
                    gateway: None,
                });
                self.drops.last_mut()
            }
        };
        let loss = place?;
        loss.dropped += dropped.len() as u32;
        loss.took_ms = loss.took_ms.max(now.since(answered.sent));
        for (platform, count) in platforms {
            *loss.platforms.entry(platform).or_default() += count;
        }
        let number = loss.number;
        // With the sockets as the only witness, there is nothing but the number to go by.
        if !self.witnesses.registry.is_asked() {
            let users = self.thresholds.loss_users;
            let percent = |of: u32| u64::from(of) * u64::from(self.thresholds.loss_percent) / 100;
            let many = |dropped: u32, of: u32| u64::from(dropped) > percent(of).max(users.into());
            let whole = many(loss.dropped, loss.of);
            if (whole || many(dropped.len() as u32, of_batch)) && loss.certain.is_none() {
                loss.certain = Some(now);
                loss.cause = Lost::Lost;
            }
        }
        Some(number)
    }

    /// Somebody who was part of the loss is shown again.
    pub(super) fn returned_to(&mut self, number: u32) {
        if let Some(loss) = self.loss_mut(number) {
            loss.returned += 1;
        }
    }

    fn loss_mut(&mut self, number: u32) -> Option<&mut Loss> {
        self.losses.iter_mut().chain(&mut self.drops).find(|loss| loss.number == number)
    }

    /// What the table has to know of the loss with this number.
    pub(super) fn lost(&self, number: u32, now: Moment) -> Lost {
        let loss = self.losses.iter().chain(&self.drops).find(|loss| loss.number == number);
        match loss.filter(|loss| loss.certain.is_some()) {
            None => Lost::None,
            // The sockets alone are doubted for two rounds, and believed then.
            Some(loss) if !self.witnesses.registry.is_asked() => {
                if now.since(loss.begun) < self.loss_window_ms() { Lost::Lost } else { Lost::None }
            }
            Some(loss) => loss.cause,
        }
    }

    /// Counts who is missing, finds out which drops are losses, why, and which are over; judges those again
    /// for whom that makes a difference.
    pub(super) fn review_losses(&mut self, now: Moment, changes: &mut Changes) {
        if self.losses.is_empty() && self.drops.is_empty() {
            return;
        }
        let was_suspected = !self.losses.is_empty();
        let missing = self.missing(now);
        let before: Vec<(u32, Lost)> = self.causes(now);
        let (users, percent) = (self.thresholds.loss_users, u64::from(self.thresholds.loss_percent));
        let (window, asked) = (self.loss_window_ms(), self.witnesses.registry.is_asked());
        let all = std::mem::take(&mut self.losses).into_iter().chain(std::mem::take(&mut self.drops));
        let (mut losses, mut drops) = (Vec::new(), Vec::new());
        for mut loss in all {
            let Missing { all: left, contradicted } = missing.get(&loss.number).copied().unwrap_or_default();
            loss.missing = left;
            let enough = users.min(loss.of.max(1));
            if asked && loss.certain.is_none() && contradicted >= enough {
                loss.certain = Some(now);
                loss.cause = Lost::Lost;
            }
            let many = u64::from(users).max(u64::from(loss.of) * percent / 100).min(loss.of.max(1).into());
            let is_over = left == 0
                || (loss.certain.is_some() && loss.cause != Lost::Died && left < enough && asked)
                || (!asked && now.since(loss.begun) >= window);
            if is_over {
                continue;
            }
            loss.suspected = loss.certain.is_some() || u64::from(left) >= many;
            if loss.suspected {
                losses.push(loss);
            } else if now.since(loss.begun) <= window.max(JOIN_MS) {
                drops.push(loss);
            }
        }
        losses.sort_by_key(|loss| loss.number);
        self.losses = losses;
        self.drops = drops;
        for at in 0..self.losses.len() {
            let (cause, gateway) = self.cause(at);
            if let Some(loss) = self.losses.get_mut(at).filter(|loss| loss.certain.is_some()) {
                loss.cause = cause;
                loss.gateway = gateway;
            }
        }
        let after = self.causes(now);
        let differs = |number: u32| {
            let of = |causes: &[(u32, Lost)]| causes.iter().find(|(at, _)| *at == number).map(|(_, it)| *it);
            of(&before) != of(&after)
        };
        let known = |number: u32| after.iter().any(|(at, _)| *at == number);
        let concerned: Vec<(UserIx, bool)> = self
            .doubts
            .iter()
            .filter_map(|(user, doubt)| Some((*user, doubt.loss?)))
            .filter(|(_, number)| differs(*number))
            .map(|(user, number)| (user, known(number)))
            .collect();
        for (user, stays) in concerned {
            if let Some(doubt) = self.doubts.get_mut(&user).filter(|_| !stays) {
                doubt.loss = None;
            }
            self.reconsider(user, now, None, changes);
        }
        if was_suspected == self.losses.is_empty() {
            changes.doubts.loss = Some(!self.losses.is_empty());
        }
    }

    /// When time alone ends a loss, or what may have become one, on the monotonic clock.
    pub(super) fn next_of_losses(&self) -> Option<u64> {
        let (window, asked) = (self.loss_window_ms(), self.witnesses.registry.is_asked());
        let ends = |loss: &Loss| {
            let wait = match (asked, loss.suspected) {
                (false, _) => window,
                (true, false) => window.max(JOIN_MS).saturating_add(1),
                (true, true) => return None,
            };
            Some(loss.begun.mono_ms.saturating_add(wait))
        };
        self.losses.iter().chain(&self.drops).filter_map(ends).min()
    }

    fn causes(&self, now: Moment) -> Vec<(u32, Lost)> {
        let all = self.losses.iter().chain(&self.drops);
        all.map(|loss| (loss.number, self.lost(loss.number, now))).collect()
    }

    fn missing(&self, now: Moment) -> HashMap<u32, Missing> {
        let mut missing = HashMap::<u32, Missing>::new();
        for doubt in self.doubts.values().filter(|doubt| doubt.sockets == Sockets::None) {
            let Some(number) = doubt.loss else { continue };
            let of = missing.entry(number).or_default();
            of.all += 1;
            let is_old = now.since(doubt.dropped.received) >= self.thresholds.leaving_ms;
            of.contradicted += u32::from(is_old && doubt.registry == Registry::Online);
        }
        missing
    }

    /// What the gateways show of the cause of a loss that is certain, and which of them is to blame.
    fn cause(&self, at: usize) -> (Lost, Option<Box<str>>) {
        let Some(loss) = self.losses.get(at) else { return (Lost::None, None) };
        if loss.cause == Lost::Died {
            return (Lost::Died, loss.gateway.clone()); // what has died stays dead
        }
        let begun = loss.begun.mono_ms;
        let was_alive =
            |it: &Gateway| it.alive.is_some_and(|alive| alive.mono_ms.saturating_add(BASELINE_MS) >= begun);
        let is_new = |it: &Gateway| it.since.mono_ms.saturating_add(self.loss_window_ms()) >= begun;
        // Those that were dead before have nothing to do with it.
        let old_dead = |it: &&Gateway| it.sign == LifeSign::Refused && it.alive.is_some() && !is_new(it);
        let signs = || self.witnesses.signs.iter().filter(|(_, it)| !old_dead(it));
        if let Some((address, _)) = signs().find(|(_, it)| it.sign == LifeSign::Hung) {
            return (Lost::Hangs, Some(address.clone()));
        }
        let mut others = signs().filter(|(_, it)| it.sign != LifeSign::Alive);
        let usual = self.latency.last(1).all(|took_ms| took_ms <= USUAL_MS);
        // The API reaches another gateway: a connection lived through the loss, or came since.
        let shows_some = || self.open.values().flat_map(|open| open.iter()).any(|it| it.unseen.is_none());
        match (others.next(), others.next()) {
            (Some((address, dead)), None)
                if dead.sign == LifeSign::Refused && was_alive(dead) && usual && shows_some() =>
            {
                (Lost::Died, Some(address.clone()))
            }
            _ => (Lost::Lost, None),
        }
    }
}
