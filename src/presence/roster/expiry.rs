//! What time alone does to the roster: answers grow too old to say anything.

use super::{Roster, Taking};
use crate::presence::batches::Answered;
use crate::presence::status::{Presence, UnknownReason, Word};
use crate::presence::time::Moment;
use crate::presence::transition::Change;
use crate::presence::update::Update;
use crate::presence::watch_list::UserIx;

impl Roster {
    /// Lets time pass: users whose last answer has become too old turn unknown.
    pub fn advance(&mut self, now: Moment) -> Update {
        self.let_pass(now).update
    }

    pub(super) fn let_pass(&mut self, now: Moment) -> Taking {
        let mut taking = Taking::new(now);
        let limit = self.freshness.unknown_ms;
        let too_old = |answered: Option<Answered>| answered.is_some_and(|it| now.since(it.received) > limit);
        for number in 0..self.batches.len() {
            let batch = &mut self.batches[number];
            if batch.void_since.is_some() || batch.age_ms(now).is_none_or(|age| age <= limit) {
                continue;
            }
            batch.void_since = Some(now.mono_ms);
            let (why, answered) = (batch.why(), batch.answered);
            for user in self.list.batch(number as u32).map(UserIx) {
                if self.words[user.at()] != Word::Silent && !self.is_left_out_for_long(user) {
                    self.lose(user, why, answered, &mut taking);
                }
            }
        }
        let due: Vec<UserIx> = self
            .left_out
            .iter()
            .filter(|(_, left_out)| left_out.void_since.is_none() && too_old(left_out.answered))
            .map(|(user, _)| *user)
            .collect();
        for user in due {
            let batch_is_void = self.batch(user).void_since.is_some();
            let Some(left_out) = self.left_out.get_mut(&user) else {
                continue;
            };
            left_out.void_since = Some(now.mono_ms);
            let (why, answered) = (left_out.why, left_out.answered);
            if !batch_is_void {
                self.lose(user, why, answered, &mut taking);
            }
        }
        self.pass_doubts(&mut taking);
        taking
    }

    fn lose(&mut self, user: UserIx, why: UnknownReason, answered: Option<Answered>, taking: &mut Taking) {
        taking.update.touched.push(user);
        let from = self.said(user);
        // Who was in doubt for a moment is told to be unknown now; who was for long is that already.
        if !from.is_unknown() || from.is_passing() {
            self.tell(user, Change::Presence { from, to: Presence::Unknown(why) }, answered, taking);
        }
    }

    /// When something changes without an answer, on the monotonic clock; `None` if nothing will.
    pub fn next_change(&self, now: Moment) -> Option<u64> {
        let limit = self.freshness.unknown_ms;
        let of_batches = self.batches.iter().filter_map(|batch| batch.next_change(now, self.freshness));
        let of_users =
            self.left_out.values().filter(|left_out| left_out.void_since.is_none()).filter_map(|left_out| {
                left_out.answered.map(|last| last.received.mono_ms.saturating_add(limit).saturating_add(1))
            });
        let passed = (now.mono_ms.saturating_add(1), UserIx(0));
        // Of those who were to be come back to, some are in doubt no more, or for longer.
        let lasts = |&&(at, user): &&(u64, UserIx)| self.deadlines(user).any(|deadline| deadline == at);
        let of_doubts = self.due.range(passed..).find(lasts).map(|(at, _)| *at);
        let of_losses = self.next_of_losses().filter(|at| *at > now.mono_ms);
        of_batches.chain(of_users).chain(of_doubts).chain(of_losses).min()
    }
}
