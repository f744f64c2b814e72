//! The first round of a long list. Of many users whom the sockets call offline a sample is asked about at the
//! registry first: who opens imtop during an incident must not be told a lie, nor wait for minutes.
//!
//! ```text
//!   gathering     each batch's users who are offline: some are drawn at once, the rest is not checked
//!   asking        all batches were heard: the sample is filled up, and waited for
//!   believed      the registry contradicted nobody: the rest is offline (sampled), told in slices
//!   contradicted  somebody stays online by the registry: everybody is asked about
//! ```
//!
//! Users who are heard of for the first time later, as those of a batch that had failed, are a sample of
//! their own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Roster, Taking};
use crate::presence::recheck::Recheck;
use crate::presence::status::{Presence, UnknownReason, Word};
use crate::presence::time::Moment;
use crate::presence::transition::Change;
use crate::presence::verdict::{Registry, Sockets, Verdict};
use crate::presence::watch_list::UserIx;

/// So many are asked about; where there are no more, all of them.
pub(super) const SAMPLE: u32 = 4_000;

/// So many are drawn as the answers come, where all are offline; the rest when everybody was heard of.
const AT_ONCE: u32 = SAMPLE / 10 * 9;

/// So many are told at one moment what follows for them, so that no step takes long.
const SLICE: usize = 2_000;

/// Who was drawn, and who waits for what comes of that.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    /// Whom the sockets call offline, and who was not drawn; some have been heard of otherwise since.
    pub(super) rest: Vec<UserIx>,
    /// Of whom it was decided that they are offline, and who are still to be told.
    pub(super) believed: Vec<UserIx>,
    pub(super) drawn: Drawn,
}

/// How far the sample is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// Drawn, and not settled yet; with when the registry called the user online first, on the monotonic
    /// clock: somebody may have come after the sockets were heard.
    pub(super) open: BTreeMap<UserIx, Option<u64>>,
    /// How many were asked about.
    pub(super) asked: u32,
    pub(super) phase: Phase,
    /// The size of the last sample that contradicted nobody.
    pub(super) believed: u32,
}

/// How far the sample is: see the picture above.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Phase {
    #[default]
    Gathering,
    Asking,
    Contradicted,
}

impl Drawn {
    /// Those who were drawn, and are not settled yet.
    pub(super) fn users(&self) -> impl Iterator<Item = UserIx> + Clone {
        self.open.keys().copied()
    }
}

/// A number that looks like chance and is the same for the same user, whoever works it out.
fn chance(user: UserIx) -> u32 {
    // splitmix64
    let mut z = u64::from(user.0).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 32) as u32
}

impl Roster {
    /// Whether a user whom the sockets call offline at first sight is asked about at once.
    pub(super) fn is_drawn(&self, user: UserIx) -> bool {
        let users = self.list.len() as u64;
        users <= u64::from(SAMPLE) || u64::from(chance(user)) * users < u64::from(AT_ONCE) << 32
    }

    /// A user was drawn.
    pub(super) fn draw(&mut self, user: UserIx) {
        if self.list.len() > SAMPLE as usize {
            self.sample.drawn.asked += 1;
            self.sample.drawn.open.insert(user, None);
        }
    }

    /// A user is called offline by the sockets at first sight, and was not drawn.
    pub(super) fn leave_unchecked(&mut self, user: UserIx) {
        self.recount(user, Word::Unchecked);
        self.sample.rest.push(user);
    }

    /// How many users the sockets call offline about whom the registry is still to be asked.
    pub fn unchecked(&self) -> usize {
        let waiting = self.doubts.waiting() - self.doubts.waiting_shown();
        waiting + self.standings.count(Word::Unchecked) as usize
    }

    /// How many users the sockets call offline about whom the registry gave no answer, asked or not; walks all
    /// that is not certain.
    pub fn unanswered(&self) -> usize {
        let silent = |it: &Recheck| it.sockets == Sockets::None && it.registry == Registry::Silent;
        self.unchecked() + self.doubts.iter().filter(|(_, doubt)| silent(doubt)).count()
    }

    /// How many users the registry is to be asked about next: while a sample stands for all, those of it.
    pub fn to_be_checked(&self) -> usize {
        match self.doubts.waiting() {
            sampled if sampled > 0 && !self.asks_everybody() => sampled,
            _ => self.unchecked(),
        }
    }

    /// Whether the list is so long that a sample stands for all.
    pub fn is_sampled(&self) -> bool {
        self.list.len() > SAMPLE as usize
    }

    /// How many users were asked about in the sample by which the rest is called offline.
    pub fn sampled(&self) -> u32 {
        self.sample.drawn.believed
    }

    /// How many users there may be for each one of the sample of whom something is known.
    pub(super) fn scaled(&self, found: u32) -> u64 {
        let (asked, rest) = (self.sample.drawn.asked.max(1), self.standings.count(Word::Unchecked));
        u64::from(found) * (u64::from(asked) + u64::from(rest)) / u64::from(asked)
    }

    /// Whether the registry goes on calling a user online who was drawn, though the sockets were asked
    /// again since.
    pub(super) fn weigh_sample(&mut self, user: UserIx, taking: &mut Taking) {
        let doubt =
            self.doubts.get(user).filter(|it| it.sockets == Sockets::None && it.registry == Registry::Online);
        let Some(asked) = doubt.and_then(|doubt| doubt.asked) else { return };
        let Some(first) = self.sample.drawn.open.get_mut(&user) else { return };
        let batch = self.list.batch_of(user);
        match *first {
            None => {
                *first = Some(asked.mono_ms);
                taking.update.doubts.batches.push(batch);
            }
            Some(first) => {
                let again = self.batches.get(batch).answered;
                if again.is_some_and(|again| again.sent.mono_ms > first && asked > again.received) {
                    self.contradict(taking);
                }
            }
        }
    }

    /// The sample is of no use: everybody is to be asked about.
    fn contradict(&mut self, taking: &mut Taking) {
        if !self.asks_everybody() {
            self.sample.drawn.phase = Phase::Contradicted;
            taking.update.doubts.everybody = Some(true);
        }
    }

    /// Whether everybody is to be asked about.
    pub(super) fn asks_everybody(&self) -> bool {
        self.sample.drawn.phase == Phase::Contradicted
    }

    /// Draws the rest of the sample when everybody was heard of, and decides when it was asked about.
    pub(super) fn review_sample(&mut self, taking: &mut Taking) {
        if self.standings.count(Word::Unchecked) == 0 {
            if self.sample.drawn.open.is_empty() || self.asks_everybody() {
                self.end_sample(self.sample.drawn.believed, taking);
            }
            self.sample.rest = Vec::new();
            return;
        }
        if self.sample.rest.is_empty() {
            return; // they are being told
        }
        if !self.witnesses.registry.is_asked() {
            self.believe(0, taking);
            return;
        }
        // So many of the sample are online by the registry that a gateway is probably lost.
        if self.losses.iter().any(|loss| loss.after.is_none()) {
            self.contradict(taking);
        }
        match self.sample.drawn.phase {
            Phase::Gathering if self.batches.unheard() == 0 => self.fill_up(taking),
            Phase::Asking if self.sample.drawn.open.is_empty() => {
                self.believe(self.sample.drawn.asked, taking);
            }
            Phase::Gathering | Phase::Asking | Phase::Contradicted => {}
        }
    }

    /// Draws until the sample is full.
    fn fill_up(&mut self, taking: &mut Taking) {
        self.sample.drawn.phase = Phase::Asking;
        let mut rest = std::mem::take(&mut self.sample.rest);
        rest.retain(|user| self.words[user.at()] == Word::Unchecked);
        let want = (SAMPLE.saturating_sub(self.sample.drawn.asked) as usize).min(rest.len());
        if want > 0 {
            let place = want - 1;
            // By another number than the first ones were drawn by, which are no longer here.
            rest.select_nth_unstable_by_key(place, |user| (chance(*user).reverse_bits(), *user));
        }
        let mut drawn: Vec<UserIx> = rest.drain(..want).collect();
        self.sample.rest = rest;
        drawn.sort_unstable();
        for user in drawn {
            let Some(doubt) = self.doubt_of_unchecked(user) else {
                self.sample.rest.push(user); // the batch has not answered since the list changed
                continue;
            };
            self.draw(user);
            self.set_doubt(user, Some(doubt));
            self.recount(user, Word::Doubtful);
            taking.update.doubts.begun.push(user);
        }
    }

    /// What is not certain of a user who was not checked.
    pub(super) fn doubt_of_unchecked(&mut self, user: UserIx) -> Option<Recheck> {
        let dropped = self.batch(user).answered?;
        let loss = self.enter_first(dropped);
        let verdict = Verdict { presence: Presence::Unknown(UnknownReason::Checking), ..Verdict::SILENT };
        Some(Recheck { loss, verdict, ..Recheck::new(None, dropped, Sockets::None, Presence::default()) })
    }

    /// The rest is offline, by a sample of so many.
    fn believe(&mut self, sampled: u32, taking: &mut Taking) {
        self.sample.rest.sort();
        self.sample.believed.append(&mut self.sample.rest);
        self.end_sample(sampled, taking);
    }

    /// What was asked about the sample is over; the last one that was believed had so many users.
    fn end_sample(&mut self, believed: u32, taking: &mut Taking) {
        if self.asks_everybody() {
            taking.update.doubts.everybody = Some(false);
        }
        self.sample.drawn = Drawn { believed, ..Drawn::default() };
    }

    /// Tells the next of those of whom it was decided that they are offline.
    pub(super) fn tell_believed(&mut self, taking: &mut Taking) {
        let Some(first) = self.sample.believed.len().checked_sub(1) else { return };
        let mut slice = self.sample.believed.split_off(first.saturating_sub(SLICE - 1));
        slice.sort_unstable();
        if self.sample.believed.is_empty() {
            self.sample.believed = Vec::new();
        }
        let word = if self.witnesses.registry.is_asked() { Word::Sampled } else { Word::Offline };
        for user in slice {
            if self.words[user.at()] == Word::Unchecked {
                self.settle_unchecked(user, word, taking);
            }
        }
    }

    /// A user who was not checked is offline.
    pub(super) fn settle_unchecked(&mut self, user: UserIx, word: Word, taking: &mut Taking) {
        let word = if self.unregistered.contains(&user) { Word::Unregistered } else { word };
        let is_void = self.presence(user) != Presence::Unknown(UnknownReason::Checking);
        self.recount(user, word);
        taking.update.touched.push(user);
        if !is_void {
            let (from, to) = (Presence::Unknown(UnknownReason::NotAnswered), self.said(user));
            self.tell(user, Change::Presence { from, to }, None, taking);
        }
    }

    /// When time alone goes on with it, on the monotonic clock.
    pub(super) fn next_of_sample(&self, now: Moment) -> Option<u64> {
        (!self.sample.believed.is_empty()).then_some(now.mono_ms.saturating_add(1))
    }
}
