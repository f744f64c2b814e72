//! Everything that is known of the watched users: a function of observations, the list and time.
//!
//! Columns indexed by [`UserIx`], and side tables for the few users who need more: connections of
//! those who are online, and those whom the answers leave out. Freshness belongs to batches, so an
//! answer that is the same as the last one costs the same for one user as for five hundred.
//!
//! What is counted over all users is kept in step by `standing` and `doubts` as they change.
//!
//! Here is what it holds and can be asked; `answer` is what the sockets' answers do to it, `witness` what
//! those of the others do, `in_place` what the registry says while the sockets are silent, `lacking` what it does not
//! know of those whom they show, `judging` how the verdict is applied to users in doubt, `loss` what happens
//! to many at once, `expiry` what time does, `keyframe` and `runs` what of it is set down and taken up again.

mod answer;
mod checks;
mod doubts;
mod expiry;
mod gauges;
mod in_place;
mod judging;
mod keyframe;
mod lacking;
mod loss;
mod runs;
mod sample;
mod sinces;
mod standing;
mod witness;

pub use checks::Checks;
pub use keyframe::RosterState;
use runs::Runs;
pub use sample::Drawn;
pub(super) use standing::Standings;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use doubts::Doubts;
use in_place::Silent;
use lacking::Lacks;
use sample::Sample;
use sinces::Sinces;
use standing::{Absence, Standing};

use super::batches::{Answered, Batch, Batches, FeedStatus, Freshness};
use super::connection::{ConnId, Connection};
use super::fetch_error::FetchError;
use super::latency::Latency;
use super::observation::{Oddities, OperationId};
use super::platform::Platform;
use super::recheck::{Loss, Recheck, Rechecks, Unseen, Witnesses};
use super::rounds::Rounds;
use super::server_clock::ServerClock;
use super::status::{Basis, Presence, UnknownReason, Word};
use super::tally::Tally;
use super::time::{Moment, Since};
use super::update::Update;
use super::user_set::UserSet;
use super::verdict::{Sockets, Thresholds};
use super::watch_list::{UserIx, WatchList};
use super::written::{is_usual, time};

/// A connection of a user, and since when it has been seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// As the last answer describes it.
    pub connection: Connection,
    /// When it was first seen.
    pub since: Since,
    /// Since when the sockets show it no more, though it may be there; none while they show it.
    pub unseen: Option<Arc<Unseen>>,
}

/// An input, or time alone, that is being taken.
struct Taking {
    now: Moment,
    /// The request that brought it; none where time alone is the cause.
    operation: Option<Arc<OperationId>>,
    /// What has come of it so far.
    update: Update,
}

impl Taking {
    fn new(now: Moment) -> Taking {
        Taking { now, operation: None, update: Update::default() }
    }
}

/// The watched users, counted by presence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Everybody on the watch list.
    pub watched: u32,
    /// With a connection in the foreground.
    pub online: u32,
    /// With connections in the background only.
    pub background: u32,
    /// Without a connection, by agreement of all that are asked.
    pub offline: u32,
    /// Of whom nobody can tell.
    pub unknown: u32,
    /// Whom the server does not have.
    pub unregistered: u32,
    /// Of the online, background and offline ones: those for whom an answer is due.
    pub stale: u32,
}

/// A user whom the last answers left out, or of whom they said something that is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Why nothing is known of the user.
    pub why: UnknownReason,
    /// The last answer that said something of the user.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub answered: Option<Answered>,
    /// Since when, on the monotonic clock, that is too old to say anything.
    #[serde(default, skip_serializing_if = "is_usual", deserialize_with = "time")]
    pub void_since: Option<u64>,
}

/// A connection that left the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gone {
    /// The identity of its socket.
    pub id: ConnId,
    /// When it had appeared.
    pub since: Since,
    /// The first answer without it arrived then.
    pub dropped: Moment,
    /// The number of the transition that said so; 0 where it is not known.
    pub event: u64,
    /// The number of the transition to offline that came with it, if one did, and since when what was
    /// said of the user before had been so.
    pub offline: Option<(u64, Since)>,
}

/// So many connections that are gone are remembered of a user.
const GONE_KEPT: usize = 8;

/// Everything that is known of the watched users.
#[derive(Clone, Debug)]
pub struct Roster {
    list: Arc<WatchList>,
    /// By the interval.
    freshness: Freshness,
    rounds: Rounds,
    batches: Batches,
    /// Everybody, counted by how they stand.
    standings: Standings,
    words: Vec<Word>,
    since: Sinces,
    /// Shared with every copy: a user's connections are replaced, never changed.
    open: HashMap<UserIx, Arc<[Tracked]>>,
    /// Over all that are in `open`.
    tally: Tally,
    /// Connections that are gone, newest last, a few for each user: one that comes back had never left.
    gone: HashMap<UserIx, VecDeque<Gone>>,
    left_out: BTreeMap<UserIx, LeftOut>,
    /// When the last answer came of those who were left out and are shown as old.
    left_out_due: BTreeSet<(u64, UserIx)>,
    silent: Silent,
    lacks: Lacks,
    /// How often the registry was asked about a user whom the sockets show.
    compared: u32,
    clock: ServerClock,
    latency: Latency,
    last_answer: Option<Moment>,
    transitions: u64,
    doubts: Doubts,
    sample: Sample,
    /// When the registry answered last.
    registry_heard: Option<Moment>,
    /// Since when it gives no answers.
    registry_fails: Option<Moment>,
    unregistered: BTreeSet<UserIx>,
    /// Asked about whether the server has them, and not heard of: what is set down knows nothing of it,
    /// as nobody asks when that is read.
    unverified: UserSet,
    /// Suspected or certain, oldest first.
    losses: Vec<Loss>,
    /// Drops that may become one.
    drops: Vec<Loss>,
    losses_so_far: u32,
    /// From when to when the last ones were that are over.
    lossy: VecDeque<(u64, u64)>,
    /// When, on the monotonic clock, time alone may decide about whom; some may have been decided since.
    due: BTreeSet<(u64, UserIx)>,
    witnesses: Witnesses,
    thresholds: Thresholds,
}

impl Roster {
    /// Knows nothing of anybody on `list` yet.
    pub fn new(list: Arc<WatchList>, freshness: Freshness, now: Moment) -> Roster {
        let users = list.len();
        let silent = |batch: u32| Standings::silent(list.batch(batch).len() as u32);
        let batches =
            (0..list.batches()).map(|batch| Batch { standings: silent(batch), ..Batch::default() }).collect();
        let thresholds = Thresholds::default();
        Roster {
            list,
            freshness,
            rounds: Rounds::default(),
            batches: Batches::new(batches),
            standings: Standings::silent(users as u32),
            words: vec![Word::Silent; users],
            since: Sinces::new(users, Since { after_ms: None, before_ms: now.mono_ms }),
            open: HashMap::new(),
            tally: Tally::default(),
            gone: HashMap::new(),
            left_out: BTreeMap::new(),
            left_out_due: BTreeSet::new(),
            silent: Silent::default(),
            lacks: Lacks::default(),
            compared: 0,
            clock: ServerClock::default(),
            latency: Latency::default(),
            last_answer: None,
            transitions: 0,
            doubts: Doubts::new(thresholds.leaving_ms),
            sample: Sample::default(),
            registry_heard: None,
            registry_fails: None,
            unregistered: BTreeSet::new(),
            unverified: UserSet::default(),
            losses: Vec::new(),
            drops: Vec::new(),
            due: BTreeSet::new(),
            losses_so_far: 0,
            lossy: VecDeque::new(),
            witnesses: Witnesses::default(),
            thresholds,
        }
    }

    /// Asks these witnesses beside the sockets from the beginning, and judges by these thresholds.
    #[must_use]
    pub fn with_witnesses(mut self, witnesses: Witnesses, thresholds: Thresholds) -> Roster {
        self.witnesses = witnesses;
        self.thresholds = thresholds;
        self.doubts = Doubts::new(thresholds.leaving_ms);
        self
    }

    /// How it is with the witnesses beside the sockets.
    pub fn witnesses(&self) -> &Witnesses {
        &self.witnesses
    }

    /// What the verdict turns on.
    pub fn thresholds(&self) -> &Thresholds {
        &self.thresholds
    }

    /// What is not certain of the user.
    pub fn doubt(&self, user: UserIx) -> Option<&Recheck> {
        #[cfg(test)]
        crate::presence::looked::one();
        self.doubts.get(user)
    }

    /// Everybody of whom something is not certain, in the order of the list.
    pub fn doubts(&self) -> impl ExactSizeIterator<Item = (UserIx, &Recheck)> {
        self.doubts.iter()
    }

    /// Losses of view that are not over, suspected or certain, oldest first.
    pub fn losses(&self) -> &[Loss] {
        &self.losses
    }

    /// What the presence of the user rests on.
    pub fn basis(&self, user: UserIx) -> Basis {
        #[cfg(test)]
        crate::presence::looked::one();
        if self.silent.get(user).is_some_and(|it| it.says.is_some() || !self.said(user).is_unknown()) {
            return Basis::Registry;
        }
        if !matches!(self.words[user.at()], Word::Offline | Word::Sampled) {
            return Basis::Agreed; // a connection is there, or nothing is said that rests on anything
        }
        match self.doubts.get(user) {
            Some(doubt) if doubt.verdict.presence == Presence::Offline => doubt.verdict.basis,
            _ if self.words[user.at()] == Word::Sampled => Basis::Sampled,
            _ if self.witnesses.registry.is_asked() => Basis::Agreed,
            _ => Basis::SocketsAlone,
        }
    }

    /// The watch list that this is about.
    pub fn list(&self) -> &Arc<WatchList> {
        &self.list
    }

    /// Each batch of the list.
    pub fn batches(&self) -> &[Batch] {
        self.batches.all()
    }

    /// What was odd about their last answers, all taken together.
    pub fn oddities(&self) -> Oddities {
        self.batches.oddities()
    }

    /// How many of them get no answer though one is due.
    pub fn stale_batches(&self, now: Moment) -> usize {
        self.batches.stale(now, self.freshness())
    }

    /// How many of them have an answer that is not overdue.
    pub fn batches_in_time(&self, now: Moment) -> usize {
        self.batches.fresh_count(now, self.freshness())
    }

    /// Whether each was answered or has failed at least once.
    pub fn is_heard(&self) -> bool {
        self.batches.unheard() == 0
    }

    /// Those of them that are overdue, or of which nothing is known any more, with their numbers.
    pub fn late_batches(&self, now: Moment) -> impl Iterator<Item = (u32, &Batch)> {
        self.batches.late(now, self.freshness())
    }

    /// Those of them with an answer that is not overdue.
    pub(super) fn fresh_batches(&self, now: Moment) -> impl Iterator<Item = &Batch> {
        self.batches.fresh(now, self.freshness())
    }

    /// For how long answers are good: by the interval, or by what a round takes where that is longer.
    pub fn freshness(&self) -> Freshness {
        self.freshness.for_rounds_of(self.rounds.asking_ms())
    }

    /// How long a round takes, in milliseconds; `None` before the first is over.
    pub fn round_ms(&self) -> Option<u64> {
        self.rounds.whole_ms()
    }

    /// Takes other limits, as when the interval of asking changes. What was fresh stays so until an
    /// answer that is asked for from now on is overdue.
    pub fn set_freshness(&mut self, freshness: Freshness, now: Moment) {
        for number in 0..self.list.batches() {
            if !self.batches.get(number).is_stale(now, self.freshness()) {
                self.batches.edit(number, |batch| batch.judged_from = now.mono_ms);
            }
        }
        self.freshness = freshness;
    }

    /// The server's clock, as its answers show it.
    pub fn server_clock(&self) -> &ServerClock {
        &self.clock
    }

    /// How long answers took.
    pub fn latency(&self) -> &Latency {
        &self.latency
    }

    /// When the registry answered last.
    pub fn registry_heard(&self) -> Option<Moment> {
        self.registry_heard
    }

    /// Since when the registry gives no answers.
    pub fn registry_fails(&self) -> Option<Moment> {
        self.registry_fails
    }

    /// When the newest answer arrived.
    pub fn last_answer(&self) -> Option<Moment> {
        self.last_answer
    }

    /// How the asking goes.
    pub fn feed_status(&self, now: Moment) -> FeedStatus {
        self.batches.feed_status(now, self.freshness())
    }

    /// What is wrong with the first batch that gets no answers, and which batch it is.
    pub fn first_error(&self) -> Option<(u32, &FetchError)> {
        self.batches.first_failing().map(|(number, failing)| (number, &failing.error))
    }

    /// What can honestly be said of the user now.
    pub fn presence(&self, user: UserIx) -> Presence {
        #[cfg(test)]
        crate::presence::looked::one();
        if let Some(it) = self.silent.get(user) {
            return it.presence(self.said(user));
        }
        let batch = self.batch(user);
        let word = self.words[user.at()];
        if let Some(left_out) = self.left_out.get(&user)
            && (left_out.void_since.is_some() || word == Word::Silent)
        {
            return Presence::Unknown(left_out.why);
        }
        if batch.void_since.is_some() || word == Word::Silent {
            return Presence::Unknown(batch.why());
        }
        self.said(user)
    }

    /// What is said of the user while the answers are fresh.
    fn said(&self, user: UserIx) -> Presence {
        #[cfg(test)]
        crate::presence::looked::one();
        match self.words[user.at()] {
            Word::Silent => Presence::Unknown(UnknownReason::NotAnswered),
            Word::Offline | Word::Sampled => Presence::Offline,
            Word::Unchecked => Presence::Unknown(UnknownReason::Checking),
            Word::Online => Presence::Online,
            Word::Background => Presence::Background,
            Word::Unregistered => Presence::Unregistered,
            Word::Doubtful => self
                .doubts
                .get(user)
                .map_or(Presence::Unknown(UnknownReason::Checking), |doubt| doubt.verdict.presence),
        }
    }

    /// Whether the user's presence is the last word from before an answer that is due now.
    pub fn is_stale(&self, user: UserIx, now: Moment) -> bool {
        #[cfg(test)]
        crate::presence::looked::one();
        if self.silent.get(user).is_some() {
            return false;
        }
        let due = self.left_out.contains_key(&user) || self.batch(user).is_stale(now, self.freshness());
        let checking = || self.doubts.get(user).is_some_and(|doubt| doubt.verdict.stale);
        (due || checking()) && !self.presence(user).is_unknown()
    }

    /// Whether the sockets have not confirmed for a while what is shown of the user, their connections most of all.
    pub fn is_old(&self, user: UserIx, now: Moment) -> bool {
        self.is_stale(user, now) || self.by_registry(user).is_some()
    }

    /// The last answer that said something of the user, of the registry where that counts.
    pub fn answered(&self, user: UserIx) -> Option<Answered> {
        let by_registry = self.silent.get(user).map(|it| it.answered);
        by_registry.or_else(|| self.answered_by_sockets(user))
    }

    /// The last answer of the sockets that said something of the user: as of then the connections are known.
    pub fn answered_by_sockets(&self, user: UserIx) -> Option<Answered> {
        match self.left_out.get(&user) {
            Some(left_out) => left_out.answered,
            None if self.words[user.at()] == Word::Silent => None,
            None => self.batch(user).answered,
        }
    }

    /// The name in the server's log of the last request about the user that was answered.
    pub fn operation(&self, user: UserIx) -> Option<&OperationId> {
        self.batch(user).operation.as_deref()
    }

    /// What the sockets last said of the user, however long ago; unknown only where they never did.
    pub fn last_word(&self, user: UserIx) -> Presence {
        self.said(user)
    }

    /// Since when the user's presence is what it is; `None` where it was never known.
    pub fn since(&self, user: UserIx) -> Option<Since> {
        #[cfg(test)]
        crate::presence::looked::one();
        let by_registry = self.silent.get(user);
        if let Some(since) = by_registry.and_then(|it| it.since) {
            return Some(since);
        }
        if self.words[user.at()] == Word::Silent {
            return None;
        }
        if let (Word::Doubtful, Some(doubt)) = (self.words[user.at()], self.doubts.get(user)) {
            let after_ms = doubt.last.map(|last| last.sent.mono_ms);
            return Some(Since { after_ms, before_ms: doubt.dropped.received.mono_ms });
        }
        let void_since = match self.left_out.get(&user) {
            Some(left_out) => left_out.void_since,
            None => self.batch(user).void_since,
        };
        Some(match void_since.filter(|_| by_registry.is_none()) {
            Some(at) => Since { after_ms: Some(at), before_ms: at },
            None => self.since.get(user),
        })
    }

    /// The user's connections in the order of the server, as last seen.
    pub fn connections(&self, user: UserIx) -> &[Tracked] {
        #[cfg(test)]
        crate::presence::looked::one();
        self.open.get(&user).map_or(&[], |open| open)
    }

    /// All connections by platform, as last seen: also those of users who have become unknown.
    pub fn platforms(&self) -> &BTreeMap<Platform, u32> {
        self.tally.platforms()
    }

    /// How many of the connections on a platform are in the background, as last seen.
    pub fn in_background(&self, platform: Platform) -> u32 {
        self.tally.in_background(platform)
    }

    /// All connections, as last seen, by the unix minute in which their session token expires. One
    /// whose expiry is not known is left out; a token on two connections counts twice.
    pub fn expiries(&self) -> &BTreeMap<i64, u32> {
        self.tally.expiries()
    }

    /// Bytes that it takes, about, without the watch list; much of it is shared with copies.
    pub fn weight(&self) -> usize {
        self.list.len() * 24
            + self.tally.open() * 240
            + self.gone.len() * 500
            + self.doubts.iter().len() * 250
            + (self.left_out.len() + self.due.len()) * 64
            + self.silent.len() * 200
    }

    /// How many connections there are, as last seen.
    pub fn connections_open(&self) -> usize {
        self.tally.open()
    }

    /// How many users have a connection, as last seen: also those who have become unknown.
    pub fn connected_users(&self) -> u32 {
        self.open.len() as u32
    }

    /// The latest time (`iat`, unix seconds) at which any session token seen so far says it was
    /// issued. Tokens are not verified: a forged one may say anything.
    pub fn newest_issued(&self) -> Option<i64> {
        self.tally.newest_issued()
    }

    /// Counts everybody; costs as much as there are batches without a fresh answer.
    pub fn totals(&self, now: Moment) -> Totals {
        let mut totals = Totals { watched: self.list.len() as u32, ..Totals::default() };
        let mut fresh = self.standings;
        for (_, batch) in self.late_batches(now) {
            fresh.take(&batch.standings);
            batch.standings.add_to(&mut totals, true, batch.void_since.is_some());
        }
        fresh.add_to(&mut totals, false, false);
        totals
    }

    /// Everybody who is unknown, stale, lost or unregistered; some who are not are among them, and some repeat.
    /// Work is in proportion to them, and to the batches.
    pub fn suspects(&self, now: Moment) -> impl Iterator<Item = UserIx> {
        let freshness = self.freshness();
        let is_bad = move |batch: &Batch| {
            batch.answered.is_none() || batch.void_since.is_some() || batch.is_stale(now, freshness)
        };
        let bad = self.batches().iter().enumerate().filter(move |(_, batch)| is_bad(batch));
        let of_bad = bad.flat_map(|(number, _)| self.list.batch(number as u32)).map(UserIx);
        let doubtful = self.doubts.iter().map(|(user, _)| user);
        of_bad.chain(doubtful).chain(self.left_out.keys().copied()).chain(self.unregistered.iter().copied())
    }

    /// Everybody who is unknown for another reason than that no answer has come yet; some who are not are among
    /// them, and some repeat. Work is in proportion to them.
    pub fn unaccounted(&self, now: Moment) -> impl Iterator<Item = UserIx> {
        let is_void = |batch: &Batch| batch.void_since.is_some() || batch.failing.is_some();
        let void = self.late_batches(now).filter(move |(_, batch)| is_void(batch));
        let of_void = void.flat_map(|(number, _)| self.list.batch(number)).map(UserIx);
        of_void.chain(self.doubts.iter().map(|(user, _)| user)).chain(self.left_out.keys().copied())
    }

    /// Goes over to the next watch list. Of users on both lists everything is kept; the new batches
    /// have had no answer yet, so it is shown as stale until they have.
    ///
    /// Gives all doubts that there are on it: the questions about the old list are void. A loss of view
    /// whose users are not on it is over.
    pub fn rebase(&mut self, list: &Arc<WatchList>, now: Moment) -> Update {
        let mut next = Roster::new(Arc::clone(list), self.freshness, now);
        next.doubts = Doubts::new(self.thresholds.leaving_ms);
        next.tally = self.tally.emptied();
        // As long as before, for each batch.
        let asking_ms = self.rounds.asking_ms() * u64::from(list.batches());
        next.rounds = Rounds::after(asking_ms.checked_div(u64::from(self.list.batches())));
        // A first list is taken without looking for anybody.
        let heirs = if self.list.is_empty() { 0 } else { list.len() };
        for user in next.list.users().take(heirs) {
            let Some(old) = self.list.find(next.list.raw_id(user)) else {
                continue;
            };
            let word = self.words[old.at()];
            if word == Word::Silent {
                continue;
            }
            let batch = self.batches.get(self.list.batch_of(old));
            next.since.set(user, self.since.get(old));
            if let Some(open) = self.open.remove(&old) {
                for tracked in &*open {
                    next.tally.add(&tracked.connection);
                }
                next.open.insert(user, open);
            }
            if let Some(gone) = self.gone.remove(&old) {
                next.gone.insert(user, gone);
            }
            let left_out = self.left_out.get(&old).copied().unwrap_or(LeftOut {
                why: batch.why(),
                answered: batch.answered,
                void_since: batch.void_since,
            });
            next.recount(user, word);
            if word == Word::Unchecked {
                next.sample.rest.push(user);
            }
            next.set_left_out(user, Some(left_out));
            if let Some(doubt) = self.doubts.set(old, None) {
                next.set_doubt(user, Some(doubt));
            }
            if self.unregistered.contains(&old) {
                next.unregistered.insert(user);
            }
            if let Some(it) = self.silent.get(old) {
                next.set_by_registry(user, Some(*it));
            }
            let denied = self.set_denied(old, None);
            next.set_denied(user, denied);
            next.lacks.set(user, self.lacks.get(old).cloned());
            if self.lacks.has_login(old) {
                next.lacks.login(user);
            }
        }
        next.due = self
            .due
            .iter()
            .filter_map(|(at, user)| Some((*at, list.find(self.list.raw_id(*user))?)))
            .collect();
        next.losses = std::mem::take(&mut self.losses);
        next.drops = std::mem::take(&mut self.drops);
        next.losses_so_far = self.losses_so_far;
        next.lossy = std::mem::take(&mut self.lossy);
        next.registry_heard = self.registry_heard;
        next.registry_fails = self.registry_fails;
        next.compared = self.compared;
        let heir = |user: &UserIx| list.find(self.list.raw_id(*user));
        next.sample.believed = self.sample.believed.iter().filter_map(heir).collect();
        next.sample.rest.retain({
            let told: HashSet<UserIx> = next.sample.believed.iter().copied().collect();
            move |user| !told.contains(user)
        });
        let open =
            self.sample.drawn.open.iter().filter_map(|(user, first)| Some((heir(user)?, *first))).collect();
        next.sample.drawn = Drawn { open, ..std::mem::take(&mut self.sample.drawn) };
        next.witnesses = std::mem::take(&mut self.witnesses);
        next.thresholds = self.thresholds;
        next.clock = self.clock;
        next.latency = std::mem::take(&mut self.latency);
        next.last_answer = self.last_answer;
        next.transitions = self.transitions;
        *self = next;
        let mut taking = Taking::new(now);
        self.review_losses(&mut taking);
        let doubts = Rechecks {
            begun: self.doubts.users().into_iter().filter(|user| self.asks_about(*user)).collect(),
            loss: Some(!self.losses.is_empty()),
            everybody: Some(self.asks_everybody()),
            ..Rechecks::default()
        };
        Update { doubts, ..taking.update }
    }

    /// Whether the registry is to be asked about a user in doubt.
    fn asks_about(&self, user: UserIx) -> bool {
        self.doubts
            .get(user)
            .is_some_and(|doubt| doubt.sockets == Sockets::None || doubt.waits_for_registry())
            || self.connections(user).iter().any(|tracked| tracked.unseen.is_some())
    }

    /// Takes other labels: the same list of the same generation, whose users have other names. Says
    /// whether it is that.
    pub fn relabel(&mut self, list: &Arc<WatchList>) -> bool {
        let same = list.generation() == self.list.generation() && list.len() == self.list.len();
        if same {
            self.list = Arc::clone(list);
        }
        same
    }

    fn batch(&self, user: UserIx) -> &Batch {
        self.batches.get(self.list.batch_of(user))
    }

    fn standing(&self, user: UserIx) -> Standing {
        #[cfg(test)]
        crate::presence::looked::one();
        let by_registry = self.silent.get(user);
        Standing {
            word: by_registry.and_then(|it| it.says).map_or(self.words[user.at()], Word::of),
            absence: match self.left_out.get(&user) {
                _ if by_registry.is_some() => Absence::InPlace,
                None => Absence::None,
                Some(LeftOut { void_since: None, .. }) => Absence::Waiting,
                Some(_) => Absence::Void,
            },
            is_checking: self.doubts.get(user).is_some_and(|doubt| doubt.verdict.stale),
        }
    }

    /// Changes something of a user that decides where the user is counted.
    fn counted<R>(&mut self, user: UserIx, change: impl FnOnce(&mut Roster) -> R) -> R {
        let before = self.standing(user);
        let result = change(self);
        let after = self.standing(user);
        if before != after {
            self.standings.change(before, after);
            self.batches.standings_mut(self.list.batch_of(user)).change(before, after);
        }
        result
    }

    /// This is said of the user from now on.
    fn recount(&mut self, user: UserIx, word: Word) {
        self.counted(user, |roster| roster.words[user.at()] = word);
    }

    /// The last answers left the user out, or speak of the user again; gives what was so before.
    fn set_left_out(&mut self, user: UserIx, left_out: Option<LeftOut>) -> Option<LeftOut> {
        let due =
            |it: &LeftOut| it.answered.filter(|_| it.void_since.is_none()).map(|it| it.received.mono_ms);
        self.left_out_due.extend(left_out.as_ref().and_then(due).map(|at| (at, user)));
        let before = self.counted(user, |roster| match left_out {
            Some(left_out) => roster.left_out.insert(user, left_out),
            None => roster.left_out.remove(&user),
        });
        let was_due = before.as_ref().and_then(due).filter(|at| left_out.as_ref().and_then(due) != Some(*at));
        if let Some(at) = was_due {
            self.left_out_due.remove(&(at, user));
        }
        before
    }

    /// Something of the user is not certain, or all is again; gives what was so before.
    fn set_doubt(&mut self, user: UserIx, doubt: Option<Recheck>) -> Option<Recheck> {
        if doubt.is_none() {
            self.sample.drawn.open.remove(&user);
        }
        self.counted(user, |roster| roster.doubts.set(user, doubt))
    }

    /// Changes what is not certain of a user, where something is.
    fn edit_doubt(&mut self, user: UserIx, change: impl FnOnce(&mut Recheck)) {
        self.counted(user, |roster| roster.doubts.edit(user, change));
    }
}
