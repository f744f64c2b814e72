//! Losses of view: many users whom the sockets leave out at about the same time, and what is to blame.

use std::collections::HashMap;

use super::doubts::Missing;
use super::{Roster, Taking};
use crate::presence::batches::Answered;
use crate::presence::observation::LifeSign;
use crate::presence::recheck::{Gateway, Loss};
use crate::presence::time::Moment;
use crate::presence::verdict::{InLoss, LossCause};
use crate::presence::watch_list::UserIx;

/// Whoever is left out so soon after a loss began, in milliseconds, may be part of it: while a gateway
/// hangs, the batches wait for their answers one after the other.
const JOIN_MS: u64 = 30_000;
/// A gateway that gave a sign of life within so many milliseconds before a loss was alive until then:
/// the gateways are asked once a minute.
const BASELINE_MS: u64 = 130_000;
/// An answer of the sockets that takes longer, in milliseconds, is not usual: they wait for a gateway.
pub(super) const USUAL_MS: u32 = 2_000;

/// For so many milliseconds a gateway's death is told as a loss. Its users are said to be offline for as
/// long as the registry has them, whether it is told or not.
const DIED_TOLD_MS: u64 = 120_000;

/// The gauge is as old as the last sign of life: a fifth, and so many (in quarters), may have come since.
const HELD_SLACK: u64 = 20;

/// A gateway has more than one in so many of the users of a large cluster. Fewer may be lost events of the
/// registry, which are never quite rare there.
const ONE_IN: u32 = 100;

/// Of those who were left out before anybody looked, while every gateway answers, or none is asked: fewer, and a
/// smaller share of those online, are entries that live on, as after Redis stood still for a while.
const FIRST_USERS: u64 = 5;
const FIRST_PERCENT: u64 = 10;

/// So many losses that are over are remembered, for what follows from them.
pub(super) const LOSSES_KEPT: usize = 32;

/// So many make a loss of view certain, where `of` were online: all of them, where they are few.
fn least_of(of: u32, users: u32) -> u32 {
    users.max(of / ONE_IN).min(of.max(1))
}

impl Roster {
    /// Drops so close together are one loss: two intervals.
    pub(super) fn loss_window_ms(&self) -> u64 {
        self.freshness().unknown_ms / 3 * 2
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
        // Later than that only those whose answer had to wait, as while a gateway hangs.
        let waited = now.since(answered.sent) > u64::from(USUAL_MS);
        let reach = if waited { window.max(JOIN_MS) } else { window };
        let joins = |loss: &Loss| loss.after.is_some() && now.since(loss.begun) <= reach;
        let open = self.losses.iter().position(joins);
        let gathering = self.drops.iter().position(joins);
        let (all, of_batch) = (self.standings.connected(), self.batches.get(batch).standings.connected());
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
                    after: Some(before.map_or(answered.sent, |before| before.sent)),
                    of: all.max(dropped.len() as u32),
                    ..Loss::begun(self.losses_so_far, now)
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
                loss.cause = LossCause::Unknown;
            }
        }
        Some(number)
    }

    /// One answer leaves out users of whom nothing was known before: the number of the loss that they may
    /// be part of, which began before anybody looked. None where only the sockets are heard.
    pub(super) fn enter_first(&mut self, answered: Answered) -> Option<u32> {
        if !self.witnesses.registry.is_asked() {
            return None;
        }
        let now = answered.received;
        let all = self.all_losses();
        let known = all.rev().find(|loss| loss.after.is_none() && now.since(loss.begun) <= JOIN_MS);
        if let Some(loss) = known {
            return Some(loss.number);
        }
        self.losses_so_far += 1;
        let loss = Loss { took_ms: now.since(answered.sent), ..Loss::begun(self.losses_so_far, now) };
        self.drops.push(loss);
        Some(self.losses_so_far)
    }

    /// Somebody whom the registry calls offline as well has left, and was no part of the loss.
    pub(super) fn has_left(&mut self, number: u32) {
        if let Some(loss) = self.loss_mut(number).filter(|loss| loss.after.is_some()) {
            loss.dropped = loss.dropped.saturating_sub(1);
        }
    }

    /// Somebody who was part of the loss is shown again, with a connection of before or only others.
    pub(super) fn returned_to(&mut self, number: u32, is_same: bool) {
        if let Some(loss) = self.loss_mut(number) {
            loss.returned += 1;
            loss.same += u32::from(is_same);
        }
    }

    /// From when to when, on the monotonic clock, users were lost from view, those who are lost now included; the last
    /// times alone.
    pub(in crate::presence) fn lossy(&self, now: Moment) -> Vec<(u64, u64)> {
        let certain = self.losses.iter().filter(|loss| loss.certain.is_some());
        self.lossy.iter().copied().chain(certain.map(|loss| (loss.begun.mono_ms, now.mono_ms))).collect()
    }

    fn loss_mut(&mut self, number: u32) -> Option<&mut Loss> {
        self.losses.iter_mut().chain(&mut self.drops).find(|loss| loss.number == number)
    }

    /// Whether the user is missing in a loss of view that is certain.
    pub fn is_lost(&self, user: UserIx) -> bool {
        let number = self.doubts.get(user).and_then(|doubt| doubt.loss);
        number.is_some_and(|number| {
            self.losses.iter().any(|loss| loss.number == number && loss.certain.is_some())
        })
    }

    /// How many users there are in doubt as this one, where that began before anybody looked.
    pub fn beside(&self, user: UserIx) -> u32 {
        let number = self.doubts.get(user).and_then(|doubt| doubt.loss);
        let mut first = self.all_losses().filter(|loss| loss.after.is_none());
        first.find(|loss| Some(loss.number) == number).map_or(0, |loss| loss.missing)
    }

    /// What the table has to know of the loss with this number.
    pub(super) fn lost(&self, number: u32, now: Moment) -> InLoss {
        let Some(loss) = self.all_losses().find(|loss| loss.number == number) else { return InLoss::No };
        match loss.certain {
            None if loss.suspected => InLoss::Maybe,
            None => InLoss::No,
            // The sockets alone are doubted for two rounds, and believed then.
            Some(_) if !self.witnesses.registry.is_asked() => match loss.cause {
                LossCause::Hangs => InLoss::By(LossCause::Hangs), // the gateway itself says so
                LossCause::Unknown if now.since(loss.begun) < self.loss_window_ms() => {
                    InLoss::By(LossCause::Unknown)
                }
                _ => InLoss::No,
            },
            Some(_) => InLoss::By(loss.cause),
        }
    }

    /// Whether a gateway does not answer.
    pub(super) fn a_gateway_ails(&self) -> bool {
        self.witnesses.signs.values().any(|it| it.sign != LifeSign::Alive)
    }

    /// Counts who is missing, finds out which drops are losses, why, and which are over; judges those again
    /// for whom that makes a difference.
    pub(super) fn review_losses(&mut self, taking: &mut Taking) {
        let now = taking.now;
        if self.losses.is_empty() && self.drops.is_empty() {
            return;
        }
        let was_suspected = !self.losses.is_empty();
        let before: Vec<(u32, InLoss)> = self.causes(now);
        let (users, percent) = (self.thresholds.loss_users, u64::from(self.thresholds.loss_percent));
        let (window, asked) = (self.loss_window_ms(), self.witnesses.registry.is_asked());
        let connected = self.standings.connected();
        let all = std::mem::take(&mut self.losses).into_iter().chain(std::mem::take(&mut self.drops));
        let (mut losses, mut drops) = (Vec::new(), Vec::new());
        for mut loss in all {
            let Missing { all, online, contradicted } = self.doubts.missing(loss.number, now);
            let is_first = loss.after.is_none();
            // Who was never seen, and is not even called online, is not missing.
            let left = if is_first { online } else { all };
            loss.missing = left;
            // Of a sample, each one speaks for many.
            let scaled = |count: u32| if is_first { self.scaled(count) } else { count.into() };
            let (many_left, contradicted) = (scaled(left), scaled(contradicted));
            if is_first {
                loss.dropped = loss.dropped.max(left + loss.returned);
                loss.of = loss.of.max(connected + loss.dropped);
            }
            let mut many =
                u64::from(users).max(u64::from(loss.of) * percent / 100).min(loss.of.max(1).into());
            // Before anybody looked, some of them may be entries that live on, unless a gateway doesn't answer.
            if is_first && !self.a_gateway_ails() {
                many = many.max(FIRST_USERS).max(u64::from(loss.of) * FIRST_PERCENT / 100);
            }
            let enough = if is_first { many } else { least_of(loss.of, users).into() };
            if asked && loss.certain.is_none() && contradicted >= enough {
                loss.certain = Some(now);
                loss.cause = LossCause::Unknown;
            }
            let is_waited_for = is_first && now.since(loss.begun) <= window.max(JOIN_MS);
            let is_over = (left == 0 && !is_waited_for)
                || (loss.certain.is_some() && loss.cause != LossCause::Died && many_left < enough && asked)
                || (!asked && loss.cause != LossCause::Hangs && now.since(loss.begun) >= window);
            // What has died is told for a while; who does not come back may simply have stopped.
            let is_old_news = loss.cause == LossCause::Died
                && loss.certain.is_some_and(|certain| now.since(certain) >= DIED_TOLD_MS);
            if loss.certain.is_some() && loss.suspected && (is_over || is_old_news) {
                self.lossy.push_back((loss.begun.mono_ms, now.mono_ms));
                self.lossy.drain(..self.lossy.len().saturating_sub(LOSSES_KEPT));
                taking.update.over.push(loss.clone());
            }
            if is_over {
                continue;
            }
            loss.suspected = !is_old_news && (loss.certain.is_some() || many_left >= many);
            if loss.suspected {
                losses.push(loss);
            } else if is_old_news || now.since(loss.begun) <= window.max(JOIN_MS) {
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
            let of =
                |causes: &[(u32, InLoss)]| causes.iter().find(|(at, _)| *at == number).map(|(_, it)| *it);
            of(&before) != of(&after)
        };
        let known = |number: u32| after.iter().any(|(at, _)| *at == number);
        let concerned = before.iter().map(|(number, _)| *number).filter(|number| differs(*number));
        let of = |number: u32| self.doubts.of_loss(number).into_iter().map(move |user| (user, number));
        let mut concerned: Vec<(UserIx, u32)> = concerned.flat_map(of).collect();
        concerned.sort_unstable();
        let operation = taking.operation.take(); // what follows is seen in many answers, not in this one
        for (user, number) in concerned {
            if !known(number) {
                self.edit_doubt(user, |doubt| doubt.loss = None);
            }
            self.reconsider(user, taking);
        }
        if before.len() != after.len() {
            self.doubts.keep_losses(known);
        }
        taking.operation = operation;
        if was_suspected == self.losses.is_empty() {
            taking.update.doubts.loss = Some(!self.losses.is_empty());
        }
    }

    /// When time alone ends a loss, or what may have become one, on the monotonic clock.
    pub(super) fn next_of_losses(&self) -> Option<u64> {
        let (window, asked) = (self.loss_window_ms(), self.witnesses.registry.is_asked());
        let ends = |loss: &Loss| {
            if loss.cause == LossCause::Died {
                let told = loss.certain.map(|certain| certain.mono_ms.saturating_add(DIED_TOLD_MS));
                return told.filter(|_| loss.suspected);
            }
            let wait = match (asked, loss.suspected) {
                (false, _) if loss.cause == LossCause::Hangs => return None,
                (false, _) => window,
                (true, false) => window.max(JOIN_MS).saturating_add(1),
                (true, true) => return None,
            };
            Some(loss.begun.mono_ms.saturating_add(wait))
        };
        self.all_losses().filter_map(ends).min()
    }

    /// Losses, and drops that may become one.
    pub(super) fn all_losses(&self) -> impl DoubleEndedIterator<Item = &Loss> {
        self.losses.iter().chain(&self.drops)
    }

    fn causes(&self, now: Moment) -> Vec<(u32, InLoss)> {
        let all = self.all_losses();
        all.map(|loss| (loss.number, self.lost(loss.number, now))).collect()
    }

    /// What the gateways show of the cause of a loss that is certain, and which of them is to blame.
    fn cause(&self, at: usize) -> (LossCause, Option<Box<str>>) {
        let Some(loss) = self.losses.get(at) else { return (LossCause::None, None) };
        // One that has died takes nobody with it but its own: where more have dropped out, another gateway
        // is out of reach as well. Who returns to a third one makes no difference to that.
        let held_all = |it: &Gateway| {
            it.users.is_none_or(|users| u64::from(loss.dropped) * 4 <= u64::from(users) * 5 + HELD_SLACK)
        };
        if loss.cause == LossCause::Died {
            let dead = loss.gateway.as_ref().and_then(|it| self.witnesses.signs.get(it));
            let is_dead = |it: &&Gateway| it.sign == LifeSign::Refused; // one that is back holds others
            if dead.filter(is_dead).is_none_or(held_all) {
                return (LossCause::Died, loss.gateway.clone()); // what has died stays dead
            }
        }
        let begun = loss.begun.mono_ms;
        let was_alive =
            |it: &Gateway| it.alive.is_some_and(|alive| alive.mono_ms.saturating_add(BASELINE_MS) >= begun);
        let is_new = |it: &Gateway| it.since.mono_ms.saturating_add(self.loss_window_ms()) >= begun;
        // The gateways are asked as soon as a loss is suspected: who dies later is another matter.
        let in_time = |it: &Gateway| it.since.mono_ms <= begun.saturating_add(JOIN_MS);
        // Those that were dead before have nothing to do with it.
        let old_dead = |it: &&Gateway| it.sign == LifeSign::Refused && it.alive.is_some() && !is_new(it);
        let signs = || self.witnesses.signs.iter().filter(|(_, it)| !old_dead(it));
        // The gauge only errs to too many: one that held far fewer explains nothing.
        let holds =
            |it: &Gateway| it.users.is_none_or(|users| u64::from(users) * 2 >= u64::from(loss.missing));
        if let Some((address, _)) = signs().find(|(_, it)| it.sign == LifeSign::Hung && holds(it)) {
            return (LossCause::Hangs, Some(address.clone()));
        }
        let mut others = signs().filter(|(_, it)| it.sign != LifeSign::Alive);
        let usual = self.latency.last(1).all(|took_ms| took_ms <= USUAL_MS);
        // The API reaches another gateway: a connection lived through the loss, or came since.
        let shows_some = || self.open.values().flat_map(|open| open.iter()).any(|it| it.unseen.is_none());
        match (others.next(), others.next()) {
            (Some((address, dead)), None)
                if dead.sign == LifeSign::Refused
                    && holds(dead)
                    && held_all(dead)
                    && was_alive(dead)
                    && in_time(dead)
                    && loss.after.is_some()
                    && usual
                    && shows_some() =>
            {
                (LossCause::Died, Some(address.clone()))
            }
            _ => (LossCause::Unknown, None),
        }
    }
}
