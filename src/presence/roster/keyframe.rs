//! Everything that a roster holds, as plain data: to be written down, and to begin from again.
//!
//! What follows from the rest (counts, look-ups) is not part of it and is built anew.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::witness::MOST_GATEWAYS;
use super::{GONE_KEPT, Gone, LeftOut, Roster, Tracked};
use crate::presence::batches::{Answered, Batch, Failing, Freshness};
use crate::presence::doubt::{Doubt, Loss, Witnesses};
use crate::presence::observation::{Oddities, OperationId};
use crate::presence::server_clock::ServerClock;
use crate::presence::state::Word;
use crate::presence::time::{Moment, Since};
use crate::presence::verdict::Thresholds;
use crate::presence::watch_list::{UserIx, WatchList};

/// So many times of answers are remembered.
const TIMES_KEPT: usize = 120;

/// Everything that a roster holds beside its watch list. Users are places in that list; where they are
/// listed singly, each is listed once, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterState {
    /// For how long answers are good.
    pub freshness: Freshness,
    /// Each batch of the list.
    pub batches: Vec<BatchState>,
    /// What is said of each user while answers are fresh.
    pub words: Vec<Word>,
    /// When that began, of each user; nothing (`None`, 0) of one of whom nothing was ever said.
    pub since: Vec<Since>,
    /// The connections of those who had some, in the order of the server.
    pub open: Vec<(UserIx, Arc<[Tracked]>)>,
    /// The last connections that are gone, newest last.
    pub gone: Vec<(UserIx, Vec<Gone>)>,
    /// Those whom the last answers left out.
    pub left_out: Vec<(UserIx, LeftOut)>,
    /// The server's clock.
    pub clock: ServerClock,
    /// How long the last answers took in milliseconds, oldest first.
    pub took_ms: Vec<u32>,
    /// When the newest answer arrived.
    pub last_answer: Option<Moment>,
    /// When the newest session token ever seen says it was issued, unix seconds.
    pub newest_issued: Option<i64>,
    /// How many transitions there have been.
    pub transitions: u64,
    /// What is not certain, of whom.
    pub doubts: Vec<(UserIx, Doubt)>,
    /// Those whom the server does not have, by `account_check`.
    pub unregistered: Vec<UserIx>,
    /// Losses of view that are not over.
    pub losses: Vec<Loss>,
    /// How many losses of view there have been.
    pub losses_so_far: u32,
    /// The witnesses beside the sockets.
    pub witnesses: Witnesses,
    /// What the verdict turns on.
    pub thresholds: Thresholds,
}

/// What is known of one batch, without what follows from its users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchState {
    /// See [`Batch::answered`].
    pub answered: Option<Answered>,
    /// See [`Batch::operation`].
    pub operation: Option<Arc<OperationId>>,
    /// See [`Batch::failing`].
    pub failing: Option<Failing>,
    /// See [`Batch::void_since`].
    pub void_since: Option<u64>,
    /// On the monotonic clock: the last answer is not held to be older than since then.
    pub judged_from: u64,
    /// See [`Batch::oddities`].
    pub oddities: Oddities,
}

impl Roster {
    /// Everything that it holds, to begin from again with [`Roster::restore`].
    pub fn state(&self) -> RosterState {
        let since = |(word, since): (&Word, &Since)| match word {
            Word::Silent => Since { after_ms: None, before_ms: 0 },
            _ => *since,
        };
        let mut open: Vec<_> = self.open.iter().map(|(user, open)| (*user, Arc::clone(open))).collect();
        open.sort_unstable_by_key(|(user, _)| *user);
        let remembered = self.gone.iter().filter(|(_, gone)| !gone.is_empty());
        let mut gone: Vec<_> =
            remembered.map(|(user, gone)| (*user, gone.iter().cloned().collect())).collect();
        gone.sort_unstable_by_key(|(user, _): &(UserIx, Vec<Gone>)| *user);
        RosterState {
            freshness: self.freshness,
            batches: self.batches.iter().map(BatchState::of).collect(),
            words: self.words.clone(),
            since: self.words.iter().zip(&self.since).map(since).collect(),
            open,
            gone,
            left_out: self.left_out.iter().map(|(user, left_out)| (*user, *left_out)).collect(),
            clock: self.clock,
            took_ms: self.latency.last(TIMES_KEPT).collect(),
            last_answer: self.last_answer,
            newest_issued: self.tally.newest_issued(),
            transitions: self.transitions,
            doubts: self.doubts.iter().map(|(user, doubt)| (*user, doubt.clone())).collect(),
            unregistered: self.unregistered.iter().copied().collect(),
            losses: self.all_losses().cloned().collect(),
            losses_so_far: self.losses_so_far,
            witnesses: self.witnesses.clone(),
            thresholds: self.thresholds,
        }
    }

    /// A roster that goes on from what another one held about the same watch list.
    ///
    /// # Errors
    /// What does not fit the list or itself, as the end of a sentence: a state that was not written by
    /// [`Roster::state`] may say anything.
    pub fn restore(list: Arc<WatchList>, state: RosterState) -> Result<Roster, &'static str> {
        let RosterState { batches, words, since, open, gone, left_out, doubts, unregistered, .. } = state;
        if batches.len() != list.batches() as usize {
            return Err("the number of batches is not that of the watch list");
        }
        if words.len() != list.len() || since.len() != list.len() {
            return Err("the number of users is not that of the watch list");
        }
        let fits = ascending(open.iter().map(|(user, _)| *user), &list)
            && ascending(gone.iter().map(|(user, _)| *user), &list)
            && ascending(left_out.iter().map(|(user, _)| *user), &list)
            && ascending(doubts.iter().map(|(user, _)| *user), &list)
            && ascending(unregistered.iter().copied(), &list);
        if !fits {
            return Err("a user is out of place");
        }
        if gone.iter().any(|(_, gone)| gone.len() > GONE_KEPT) || state.took_ms.len() > TIMES_KEPT {
            return Err("more is remembered than is ever kept");
        }
        if state.witnesses.signs.len() > MOST_GATEWAYS {
            return Err("more gateways are remembered than ever are");
        }
        let doubts: BTreeMap<UserIx, Doubt> = doubts.into_iter().collect();
        let unregistered: BTreeSet<UserIx> = unregistered.into_iter().collect();
        if !words_fit(&words, &doubts, &unregistered) {
            return Err("what is said of a user is not what the witnesses said");
        }
        let is_unseen = |open: &[Tracked]| open.iter().any(|tracked| tracked.unseen.is_some());
        if open.iter().any(|(user, open)| is_unseen(open) && !doubts.contains_key(user)) {
            return Err("a connection is not seen of a user who is not in doubt");
        }
        let mut roster = Roster::new(list, state.freshness, Moment::default());
        for ((number, batch), state) in (0..).zip(&mut roster.batches).zip(batches) {
            state.put(batch);
            let users = roster.list.batch(number);
            for word in words.get(users.start as usize..users.end as usize).unwrap_or_default() {
                batch.recount(Word::Silent, *word);
            }
        }
        for tracked in open.iter().flat_map(|(_, open)| open.iter()) {
            roster.tally.add(&tracked.connection);
        }
        roster.tally.issued(state.newest_issued);
        roster.words = words;
        roster.since = since;
        roster.open = open.into_iter().filter(|(_, open)| !open.is_empty()).collect();
        roster.gone = gone.into_iter().map(|(user, gone)| (user, gone.into())).collect();
        roster.left_out = left_out.into_iter().collect();
        roster.clock = state.clock;
        for took_ms in state.took_ms {
            roster.latency.observe(u64::from(took_ms));
        }
        roster.last_answer = state.last_answer;
        roster.transitions = state.transitions;
        roster.doubts = doubts;
        let listed: HashSet<u32> = state.losses.iter().map(|loss| loss.number).collect();
        for doubt in roster.doubts.values_mut() {
            doubt.loss = doubt.loss.filter(|number| listed.contains(number));
        }
        roster.unregistered = unregistered;
        (roster.losses, roster.drops) = state.losses.into_iter().partition(|loss| loss.suspected);
        roster.losses_so_far = state.losses_so_far;
        roster.witnesses = state.witnesses;
        roster.thresholds = state.thresholds;
        roster.come_back_to_all();
        Ok(roster)
    }
}

impl BatchState {
    fn of(batch: &Batch) -> BatchState {
        BatchState {
            answered: batch.answered,
            operation: batch.operation.clone(),
            failing: batch.failing.clone(),
            void_since: batch.void_since,
            judged_from: batch.judged_from,
            oddities: batch.oddities,
        }
    }

    fn put(self, batch: &mut Batch) {
        batch.answered = self.answered;
        batch.operation = self.operation;
        batch.failing = self.failing;
        batch.void_since = self.void_since;
        batch.judged_from = self.judged_from;
        batch.oddities = self.oddities;
    }
}

/// Whether what is said of each user is what follows from the doubts, and from whom the server lacks.
fn words_fit(words: &[Word], doubts: &BTreeMap<UserIx, Doubt>, unregistered: &BTreeSet<UserIx>) -> bool {
    let said = |user: &UserIx| words.get(user.at()).copied().unwrap_or_default();
    let follows = |(user, doubt): (&UserIx, &Doubt)| match Word::of(doubt.verdict.presence) {
        Word::Offline if unregistered.contains(user) => said(user) == Word::Unregistered,
        word => said(user) == word,
    };
    let count = |word: Word| words.iter().filter(|it| **it == word).count();
    let doubtful = doubts.keys().filter(|user| said(user) == Word::Doubtful).count();
    let lacking = unregistered.iter().filter(|user| said(user) == Word::Unregistered).count();
    doubts.iter().all(follows)
        && unregistered.iter().all(|user| said(user) != Word::Offline)
        && count(Word::Doubtful) == doubtful
        && count(Word::Unregistered) == lacking
}

/// Whether these are users of the list, each once and in order.
fn ascending(users: impl Iterator<Item = UserIx> + Clone, list: &WatchList) -> bool {
    users.clone().all(|user| user.at() < list.len()) && users.clone().zip(users.skip(1)).all(|(a, b)| a < b)
}
