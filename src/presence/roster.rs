//! Everything that is known of the watched users: a function of observations, the list and time.
//!
//! Columns indexed by [`UserIx`], and side tables for the few users who need more: connections of
//! those who are online, and those whom the answers leave out. Freshness belongs to batches, so an
//! answer that is the same as the last one costs the same for one user as for five hundred.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::batches::{Answered, Batch, Failing, FeedStatus, Freshness, feed_status};
use super::connection::{ConnId, Connection};
use super::fetch_error::FetchError;
use super::latency::Latency;
use super::observation::{Answer, Observation, OperationId, UserStatus};
use super::server_clock::ServerClock;
use super::state::{Presence, Why};
use super::time::{Moment, Since};
use super::transition::{Socket, Transition, What};
use super::verdict::{Sockets, verdict};
use super::watch_list::{UserIx, WatchList};

/// A connection of a user, and since when it has been seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// As the last answer describes it.
    pub connection: Connection,
    /// When it appeared.
    pub since: Since,
}

/// What one observation, or the want of one, changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What happened, in the order of the watch list.
    pub transitions: Vec<Transition>,
    /// Whose row may look different now, transitions or not; may repeat a user.
    pub touched: Vec<UserIx>,
}

/// The watched users, counted by presence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All of them.
    pub watched: u32,
    /// With a connection in the foreground.
    pub online: u32,
    /// With connections in the background only.
    pub background: u32,
    /// Without a connection.
    pub offline: u32,
    /// Of whom nobody can tell.
    pub unknown: u32,
    /// Of the online, background and offline ones: those for whom an answer is due.
    pub stale: u32,
}

/// A user whom the last answers left out, or of whom they said something that is not understood.
#[derive(Clone, Copy, Debug)]
struct LeftOut {
    why: Why,
    /// The last answer that said something of the user.
    answered: Option<Answered>,
    /// Since when that is too old to say anything.
    void_since: Option<u64>,
}

/// Everything that is known of the watched users.
#[derive(Clone, Debug)]
pub struct Roster {
    list: Arc<WatchList>,
    freshness: Freshness,
    batches: Vec<Batch>,
    sockets: Vec<Sockets>,
    since: Vec<Since>,
    open: HashMap<UserIx, Vec<Tracked>>,
    left_out: BTreeMap<UserIx, LeftOut>,
    clock: ServerClock,
    latency: Latency,
    last_answer: Option<Moment>,
    transitions: u64,
}

impl Roster {
    /// Knows nothing of anybody on `list` yet.
    pub fn new(list: Arc<WatchList>, freshness: Freshness, now: Moment) -> Roster {
        let users = list.len();
        let batches = (0..list.batches())
            .map(|batch| Batch { tally: [list.batch(batch).len() as u32, 0, 0, 0], ..Batch::default() })
            .collect();
        Roster {
            list,
            freshness,
            batches,
            sockets: vec![Sockets::Silent; users],
            since: vec![Since { after_ms: None, before_ms: now.mono_ms }; users],
            open: HashMap::new(),
            left_out: BTreeMap::new(),
            clock: ServerClock::default(),
            latency: Latency::default(),
            last_answer: None,
            transitions: 0,
        }
    }

    /// The watch list that this is about.
    pub fn list(&self) -> &Arc<WatchList> {
        &self.list
    }

    /// Each batch of the list.
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// For how long answers are good.
    pub fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// Takes other limits, as when the interval of asking changes.
    pub fn set_freshness(&mut self, freshness: Freshness) {
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

    /// When the newest answer arrived.
    pub fn last_answer(&self) -> Option<Moment> {
        self.last_answer
    }

    /// How the asking goes.
    pub fn feed_status(&self, now: Moment) -> FeedStatus {
        feed_status(&self.batches, now, self.freshness)
    }

    /// What ails the first batch that gets no answers, and which batch it is.
    pub fn first_error(&self) -> Option<(u32, &FetchError)> {
        let mut numbered = (0..).zip(&self.batches);
        numbered.find_map(|(number, batch)| Some((number, &batch.failing.as_ref()?.error)))
    }

    /// What can honestly be said of the user now.
    pub fn presence(&self, user: UserIx) -> Presence {
        let batch = self.batch(user);
        let word = self.sockets[user.at()];
        if let Some(left_out) = self.left_out.get(&user)
            && (left_out.void_since.is_some() || word == Sockets::Silent)
        {
            return Presence::Unknown(left_out.why);
        }
        if batch.void_since.is_some() || word == Sockets::Silent {
            return Presence::Unknown(batch.why());
        }
        verdict(word)
    }

    /// Whether the user's presence is the last word from before an answer that is due now.
    pub fn is_stale(&self, user: UserIx, now: Moment) -> bool {
        let due = self.left_out.contains_key(&user) || self.batch(user).is_stale(now, self.freshness);
        due && !self.presence(user).is_unknown()
    }

    /// The last answer that said something of the user.
    pub fn answered(&self, user: UserIx) -> Option<Answered> {
        match self.left_out.get(&user) {
            Some(left_out) => left_out.answered,
            None if self.sockets[user.at()] == Sockets::Silent => None,
            None => self.batch(user).answered,
        }
    }

    /// What the sockets last said of the user, however long ago; unknown only where they never did.
    pub fn last_word(&self, user: UserIx) -> Presence {
        verdict(self.sockets[user.at()])
    }

    /// Since when the user's presence is what it is; `None` where it was never known.
    pub fn since(&self, user: UserIx) -> Option<Since> {
        if self.sockets[user.at()] == Sockets::Silent {
            return None;
        }
        let void_since = match self.left_out.get(&user) {
            Some(left_out) => left_out.void_since,
            None => self.batch(user).void_since,
        };
        Some(match void_since {
            Some(at) => Since { after_ms: Some(at), before_ms: at },
            None => self.since[user.at()],
        })
    }

    /// The user's connections in the order of the server, as last seen.
    pub fn connections(&self, user: UserIx) -> &[Tracked] {
        self.open.get(&user).map_or(&[], Vec::as_slice)
    }

    /// Counts everybody; costs as much as there are batches, not users.
    pub fn totals(&self, now: Moment) -> Totals {
        let mut totals = Totals { watched: self.list.len() as u32, ..Totals::default() };
        for batch in &self.batches {
            let known =
                [Sockets::Foreground, Sockets::Background, Sockets::None].map(|word| batch.count(word));
            totals.unknown += batch.count(Sockets::Silent);
            if batch.void_since.is_some() {
                totals.unknown += known.iter().sum::<u32>();
                continue;
            }
            totals.online += known[0];
            totals.background += known[1];
            totals.offline += known[2];
            if batch.is_stale(now, self.freshness) {
                totals.stale += known.iter().sum::<u32>();
            }
        }
        for (&user, left_out) in &self.left_out {
            let batch = self.batch(user);
            if batch.void_since.is_some() || self.sockets[user.at()] == Sockets::Silent {
                continue; // counted as unknown with its batch
            }
            let batch_is_stale = batch.is_stale(now, self.freshness);
            if left_out.void_since.is_none() {
                totals.stale += u32::from(!batch_is_stale);
                continue;
            }
            totals.unknown += 1;
            totals.stale -= u32::from(batch_is_stale);
            match self.sockets[user.at()] {
                Sockets::Foreground => totals.online -= 1,
                Sockets::Background => totals.background -= 1,
                Sockets::None | Sockets::Silent => totals.offline -= 1,
            }
        }
        totals
    }

    /// Takes one observation. One about another generation of the watch list changes nothing.
    pub fn apply(&mut self, observation: &Observation) -> Changes {
        let mut changes = Changes::default();
        let number = observation.batch as usize;
        if observation.generation != self.list.generation() || number >= self.batches.len() {
            return changes;
        }
        if let Some(date) = observation.server_date {
            self.clock.observe(date, observation.sent, observation.received);
        }
        let answer = match &observation.answer {
            Ok(answer) => answer,
            Err(error) => {
                self.batches[number].failing = Some(Failing {
                    error: error.clone(),
                    attempt: observation.attempt,
                    next_ms: observation.next_ms,
                });
                changes.touched.extend(self.list.batch(observation.batch).map(UserIx));
                return changes;
            }
        };
        self.latency.observe(observation.received.since(observation.sent));
        self.last_answer = Some(observation.received);

        let batch = &mut self.batches[number];
        let regained = batch.void_since.take().map(|_| batch.why());
        let had_failed = batch.failing.take().is_some();
        let before = batch.answered;
        batch.answered = Some(Answered { sent: observation.sent, received: observation.received });
        batch.oddities = observation.oddities;
        if had_failed || regained.is_some() {
            changes.touched.extend(self.list.batch(observation.batch).map(UserIx));
        }

        let seen = Seen {
            void: regained.map(Presence::Unknown),
            before,
            received: observation.received,
            operation: Arc::new(observation.operation_id.clone()),
        };
        let changed: &[(UserIx, UserStatus)] = match answer {
            Answer::Same => &[],
            Answer::Changed(changed) => changed,
        };
        for (user, status) in changed {
            if self.list.batch(observation.batch).contains(&user.0) {
                self.take_status(*user, status, &seen, &mut changes);
            }
        }
        if seen.void.is_some() {
            self.regain(observation.batch, changed, &seen, &mut changes);
        }
        changes
    }

    /// Takes what one answer said of one user.
    fn take_status(&mut self, user: UserIx, status: &UserStatus, seen: &Seen, changes: &mut Changes) {
        changes.touched.push(user);
        let old = self.sockets[user.at()];
        let Some(new) = Sockets::from_status(status) else {
            let why = if *status == UserStatus::Missing { Why::Missing } else { Why::Unclear };
            let answered = if old == Sockets::Silent { None } else { seen.before };
            let left_out = self.left_out.entry(user).or_insert(LeftOut { why, answered, void_since: None });
            left_out.why = why;
            return;
        };
        let left_out = self.left_out.remove(&user);
        let last = if old == Sockets::Silent {
            None
        } else {
            left_out.map_or(seen.before, |left_out| left_out.answered)
        };
        let from = match (left_out, seen.void) {
            (Some(left_out), _) if left_out.void_since.is_some() => Presence::Unknown(left_out.why),
            (_, Some(void)) => void,
            _ => verdict(old),
        };
        let to = verdict(new);
        if !verdict(old).same_word(to) {
            self.since[user.at()] =
                Since { after_ms: last.map(|last| last.sent.mono_ms), before_ms: seen.received.mono_ms };
        }
        if !from.same_word(to) {
            self.note(user, What::Presence { from, to }, last, seen, changes);
        }
        self.batches[self.list.batch_of(user) as usize].recount(old, new);
        self.sockets[user.at()] = new;
        let connections: &[Connection] = match status {
            UserStatus::Online(connections) => connections,
            _ => &[],
        };
        self.take_connections(user, connections, last, seen, changes);
    }

    /// Compares the connections of one user with those that were known.
    fn take_connections(
        &mut self,
        user: UserIx,
        connections: &[Connection],
        last: Option<Answered>,
        seen: &Seen,
        changes: &mut Changes,
    ) {
        let mut gone = self.open.remove(&user).unwrap_or_default();
        let mut tracked = Vec::with_capacity(connections.len());
        let mut appeared = Vec::new();
        let mut moved = Vec::new();
        for connection in connections {
            let known = gone.iter().position(|old| old.connection.id == connection.id);
            let since = if let Some(at) = known {
                let old = gone.remove(at);
                if old.connection.background != connection.background {
                    moved.push(if connection.background {
                        What::MovedBackground(socket(connection))
                    } else {
                        What::MovedForeground(socket(connection))
                    });
                }
                old.since
            } else {
                appeared.push(connection);
                Since { after_ms: last.map(|last| last.sent.mono_ms), before_ms: seen.received.mono_ms }
            };
            tracked.push(Tracked { connection: connection.clone(), since });
        }
        if !tracked.is_empty() {
            self.open.insert(user, tracked);
        }
        if last.is_none() {
            return; // first sight: what is there has not just appeared
        }
        for old in gone {
            let old = old.connection;
            let heir = appeared.iter().position(|new| new.platform == old.platform);
            let what = match heir.map(|at| appeared.remove(at)) {
                Some(new) => What::Replaced {
                    old: socket(&old),
                    new: socket(new),
                    same_token: match (&old.token, &new.token) {
                        (Some(old), Some(new)) => old.fingerprint == new.fingerprint,
                        _ => false,
                    },
                },
                None => What::Disconnected(socket(&old)),
            };
            self.note(user, what, last, seen, changes);
        }
        for new in appeared {
            self.note(user, What::Connected(socket(new)), last, seen, changes);
        }
        for what in moved {
            self.note(user, what, last, seen, changes);
        }
    }

    /// A batch answers again after its users had become unknown: those whose entries are as they
    /// were before are known again.
    fn regain(&mut self, batch: u32, changed: &[(UserIx, UserStatus)], seen: &Seen, changes: &mut Changes) {
        let Some(from) = seen.void else { return };
        let taken: std::collections::HashSet<UserIx> = changed.iter().map(|(user, _)| *user).collect();
        for user in self.list.batch(batch).map(UserIx) {
            let word = self.sockets[user.at()];
            let void_anyway = self.left_out.get(&user).is_some_and(|left_out| left_out.void_since.is_some());
            if taken.contains(&user) || word == Sockets::Silent || void_anyway {
                continue;
            }
            // A connection that is still there proves that it never left. An offline user may have
            // come and gone meanwhile.
            if !self.open.contains_key(&user) {
                self.since[user.at()] = Since { after_ms: None, before_ms: seen.received.mono_ms };
            }
            self.note(user, What::Presence { from, to: verdict(word) }, seen.before, seen, changes);
        }
    }

    fn note(&mut self, user: UserIx, what: What, last: Option<Answered>, seen: &Seen, changes: &mut Changes) {
        self.transitions += 1;
        changes.transitions.push(Transition {
            id: self.transitions,
            user: self.list.id(user),
            what,
            after: last.map(|last| last.sent),
            before: seen.received,
            operation: Some(Arc::clone(&seen.operation)),
        });
    }

    /// Lets time pass: users whose last answer has become too old turn unknown.
    pub fn advance(&mut self, now: Moment) -> Changes {
        let mut changes = Changes::default();
        let limit = self.freshness.unknown_ms;
        let too_old = |answered: Option<Answered>| answered.is_some_and(|it| now.since(it.received) > limit);
        for number in 0..self.batches.len() {
            let batch = &mut self.batches[number];
            if batch.void_since.is_some() || !too_old(batch.answered) {
                continue;
            }
            batch.void_since = Some(now.mono_ms);
            let (why, answered) = (batch.why(), batch.answered);
            for user in self.list.batch(number as u32).map(UserIx) {
                let word = self.sockets[user.at()];
                let void_already =
                    self.left_out.get(&user).is_some_and(|left_out| left_out.void_since.is_some());
                if word != Sockets::Silent && !void_already {
                    self.lose(user, why, answered, now, &mut changes);
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
                self.lose(user, why, answered, now, &mut changes);
            }
        }
        changes
    }

    fn lose(
        &mut self,
        user: UserIx,
        why: Why,
        answered: Option<Answered>,
        now: Moment,
        changes: &mut Changes,
    ) {
        self.transitions += 1;
        changes.touched.push(user);
        changes.transitions.push(Transition {
            id: self.transitions,
            user: self.list.id(user),
            what: What::Presence { from: verdict(self.sockets[user.at()]), to: Presence::Unknown(why) },
            after: answered.map(|answered| answered.sent),
            before: now,
            operation: None,
        });
    }

    /// When something changes without an answer, on the monotonic clock; `None` if nothing will.
    pub fn next_change(&self, now: Moment) -> Option<u64> {
        let of_batches = self.batches.iter().filter_map(|batch| batch.next_change(now, self.freshness));
        let of_users = self
            .left_out
            .values()
            .filter(|left_out| left_out.void_since.is_none())
            .filter_map(|left_out| Some(left_out.answered?.received.mono_ms + self.freshness.unknown_ms + 1))
            .filter(|&at| at > now.mono_ms);
        of_batches.chain(of_users).min()
    }

    /// Goes over to the next watch list. Of users on both lists everything is kept; the new batches
    /// have had no answer yet, so it is shown as stale until they have.
    pub fn rebase(&mut self, list: Arc<WatchList>, now: Moment) {
        let mut next = Roster::new(list, self.freshness, now);
        for user in next.list.users() {
            let Some(old) = self.list.find(next.list.raw_id(user)) else {
                continue;
            };
            let word = self.sockets[old.at()];
            if word == Sockets::Silent {
                continue;
            }
            let batch = &self.batches[self.list.batch_of(old) as usize];
            next.sockets[user.at()] = word;
            next.since[user.at()] = self.since[old.at()];
            next.batches[next.list.batch_of(user) as usize].recount(Sockets::Silent, word);
            if let Some(open) = self.open.remove(&old) {
                next.open.insert(user, open);
            }
            let left_out = self.left_out.get(&old).copied().unwrap_or(LeftOut {
                why: batch.why(),
                answered: batch.answered,
                void_since: batch.void_since,
            });
            next.left_out.insert(user, left_out);
        }
        next.clock = self.clock;
        next.latency = std::mem::take(&mut self.latency);
        next.last_answer = self.last_answer;
        next.transitions = self.transitions;
        *self = next;
    }

    fn batch(&self, user: UserIx) -> &Batch {
        &self.batches[self.list.batch_of(user) as usize]
    }
}

/// The circumstances of one answer.
struct Seen {
    /// What had been said of the batch's users before, if they had become unknown.
    void: Option<Presence>,
    /// The batch's answer before this one.
    before: Option<Answered>,
    received: Moment,
    operation: Arc<OperationId>,
}

fn socket(connection: &Connection) -> Socket {
    Socket { platform: connection.platform, id: ConnId::clone(&connection.id) }
}
