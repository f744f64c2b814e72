//! What time alone does to the roster: answers grow too old to say anything.

use super::{LeftOut, Roster, Taking};
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
        for number in self.batches.expiring(now, self.freshness()) {
            let (why, answered) = self.batches.edit(number, |batch| {
                batch.void_since = Some(now.mono_ms);
                (batch.why(), batch.answered)
            });
            for user in self.list.batch(number).map(UserIx) {
                if self.words[user.at()] != Word::Silent && !self.is_left_out_for_long(user) {
                    self.lose(user, why, answered, &mut taking);
                }
            }
        }
        let until = (now.mono_ms.saturating_sub(self.freshness().unknown_ms), UserIx(0));
        let mut due: Vec<UserIx> = self.left_out_due.range(..until).map(|(_, user)| *user).collect();
        due.sort_unstable();
        for user in due {
            let batch_is_void = self.batch(user).void_since.is_some();
            let Some(left_out) = self.left_out.get(&user).copied() else {
                continue;
            };
            self.set_left_out(user, Some(LeftOut { void_since: Some(now.mono_ms), ..left_out }));
            if !batch_is_void {
                self.lose(user, left_out.why, left_out.answered, &mut taking);
            }
        }
        self.fall_quiet(&mut taking);
        self.forget_in_place(&mut taking);
        self.pass_doubts(&mut taking);
        self.tell_believed(&mut taking);
        self.review_sample(&mut taking);
        taking
    }

    fn lose(&mut self, user: UserIx, why: UnknownReason, answered: Option<Answered>, taking: &mut Taking) {
        taking.update.touched.push(user);
        if self.by_registry(user).is_some() {
            return;
        }
        let from = self.said(user);
        // Who was in doubt for a moment is told to be unknown now; who was for long is that already.
        if !from.is_unknown() || from.is_passing() {
            self.tell(user, Change::Presence { from, to: Presence::Unknown(why) }, answered, taking);
        }
    }

    /// When something changes without an answer, on the monotonic clock; `None` if nothing will.
    pub fn next_change(&self, now: Moment) -> Option<u64> {
        let limit = self.freshness().unknown_ms;
        let of_batches = self.batches.next_change(now, self.freshness());
        let of_users =
            self.left_out_due.first().map(|(last, _)| last.saturating_add(limit).saturating_add(1));
        let passed = (now.mono_ms.saturating_add(1), UserIx(0));
        // Of those who were to be come back to, some are in doubt no more, or for longer.
        let lasts = |&&(at, user): &&(u64, UserIx)| self.deadlines(user).any(|deadline| deadline == at);
        let of_doubts = self.due.range(passed..).find(lasts).map(|(at, _)| *at);
        let of_losses = self.next_of_losses().filter(|at| *at > now.mono_ms);
        let of_registry = self.next_silence().filter(|at| *at > now.mono_ms);
        let of_sample = self.next_of_sample(now);
        let in_place = self.next_in_place();
        [of_batches, of_users, of_doubts, of_losses, of_registry, of_sample, in_place]
            .into_iter()
            .flatten()
            .min()
    }
}
