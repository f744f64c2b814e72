//! What an observation does to the roster: the last words of users, their connections, transitions.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::{Changes, GONE_KEPT, Gone, LeftOut, Roster, Tracked};
use crate::presence::batches::{Answered, Failing};
use crate::presence::connection::{ConnId, Connection};
use crate::presence::observation::{Answer, Observation, OperationId, UserStatus};
use crate::presence::platform::Platform;
use crate::presence::state::{Presence, Why, Word};
use crate::presence::time::{Moment, Since};
use crate::presence::transition::{Socket, Transition, What};
use crate::presence::verdict::Sockets;
use crate::presence::watch_list::UserIx;

/// Up to so many connections, looking through all of them is cheaper than a table.
const FEW: usize = 32;

impl Roster {
    /// Takes one observation. One about another generation of the watch list changes nothing.
    pub fn apply(&mut self, observation: &Observation) -> Changes {
        let number = observation.batch as usize;
        if observation.generation != self.list.generation() || number >= self.batches.len() {
            return Changes::default();
        }
        // What had grown too old before this came is unknown first, whoever looks or not.
        let mut changes = self.advance(observation.received);
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
        let void_since = batch.void_since.take();
        let regained = void_since.map(|_| batch.why());
        let had_failed = batch.failing.take().is_some();
        let before = batch.answered;
        batch.answered = Some(Answered { sent: observation.sent, received: observation.received });
        let operation = Arc::new(observation.operation_id.clone());
        batch.operation = Some(Arc::clone(&operation));
        batch.oddities = observation.oddities;
        if had_failed || regained.is_some() {
            changes.touched.extend(self.list.batch(observation.batch).map(UserIx));
        }

        let seen = Seen {
            void: regained.map(Presence::Unknown),
            void_since,
            before,
            received: observation.received,
            operation,
        };
        let changed: &[(UserIx, UserStatus)] = match answer {
            Answer::Same => &[],
            Answer::Changed(changed) => changed,
            _ => return changes,
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
        let old = self.words[user.at()];
        let Some(new) = Sockets::from_status(status) else {
            let why = if *status == UserStatus::Missing { Why::Missing } else { Why::Unclear };
            let answered = if old == Word::Silent { None } else { seen.before };
            let left_out =
                self.left_out.entry(user).or_insert(LeftOut { why, answered, void_since: seen.void_since });
            left_out.why = why;
            return;
        };
        let left_out = self.left_out.remove(&user);
        let last = if old == Word::Silent {
            None
        } else {
            left_out.map_or(seen.before, |left_out| left_out.answered)
        };
        let from = match (left_out, seen.void) {
            (Some(left_out), _) if left_out.void_since.is_some() => Presence::Unknown(left_out.why),
            (_, Some(void)) => void,
            _ => self.said(user),
        };
        let to = match new {
            Sockets::Silent => Presence::Unknown(Why::NotAnswered),
            Sockets::None => Presence::Offline,
            Sockets::Foreground => Presence::Online,
            Sockets::Background => Presence::Background,
        };
        let was = self.said(user);
        if !was.same_word(to) {
            self.since[user.at()] =
                Since { after_ms: last.map(|last| last.sent.mono_ms), before_ms: seen.received.mono_ms };
        }
        if !from.same_word(to) {
            self.note(user, What::Presence { from, to }, last, seen, changes);
        }
        self.batches[self.list.batch_of(user) as usize].recount(old, Word::of(to));
        self.words[user.at()] = Word::of(to);
        let connections: &[Connection] = match status {
            UserStatus::Online(connections) => connections,
            _ => &[],
        };
        self.take_connections(user, connections, last, seen, changes);
        // Nothing was known for a while, and what is there now came in that time: the user may have
        // been away. Only a connection that outlasts the gap proves the contrary.
        let was_void = from.is_unknown() && last.is_some();
        let outlasts = |tracked: &Tracked| tracked.since.before_ms < seen.received.mono_ms;
        if was_void && was.same_word(to) && !self.connections(user).iter().any(outlasts) {
            self.since[user.at()] = Since { after_ms: None, before_ms: seen.received.mono_ms };
        }
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
        let before = self.open.remove(&user).unwrap_or_default();
        for old in &*before {
            self.tally.remove(&old.connection);
        }
        for new in connections {
            self.tally.add(new);
        }
        let places: HashMap<&ConnId, usize> = match before.len() {
            0..=FEW => HashMap::new(),
            _ => before.iter().zip(0..).map(|(old, at)| (&old.connection.id, at)).collect(),
        };
        let place = |id: &ConnId| match before.len() {
            0..=FEW => before.iter().position(|old| old.connection.id == *id),
            _ => places.get(id).copied(),
        };
        let mut stays = vec![false; before.len()];
        let mut tracked = Vec::with_capacity(connections.len());
        let mut appeared = Vec::new();
        let mut moved = Vec::new();
        for connection in connections {
            let since = if let Some(at) = place(&connection.id) {
                stays[at] = true;
                let old = &before[at];
                if old.connection.background != connection.background {
                    moved.push(if connection.background {
                        What::MovedBackground(socket(connection))
                    } else {
                        What::MovedForeground(socket(connection))
                    });
                }
                old.since
            } else if let Some(since) = self.returned(user, &connection.id) {
                moved.push(What::SeenAgain { socket: socket(connection), absent_ms: 0, whole_user: false });
                since
            } else {
                appeared.push(connection);
                Since { after_ms: last.map(|last| last.sent.mono_ms), before_ms: seen.received.mono_ms }
            };
            tracked.push(Tracked { connection: connection.clone(), since, unseen: None });
        }
        if !tracked.is_empty() {
            self.open.insert(user, tracked.into());
        }
        if last.is_none() {
            return; // first sight: what is there has not just appeared
        }
        let mut heirs = BTreeMap::<Platform, VecDeque<&Connection>>::new();
        for new in &appeared {
            heirs.entry(new.platform).or_default().push_back(new);
        }
        let gone = before.iter().zip(&stays).filter(|(_, stays)| !**stays).map(|(old, _)| old);
        for Tracked { connection: old, since, .. } in gone {
            self.remember(user, old, *since);
            let what = match heirs.get_mut(&old.platform).and_then(VecDeque::pop_front) {
                Some(new) => What::Replaced {
                    old: socket(old),
                    new: socket(new),
                    same_token: match (&old.token, &new.token) {
                        (Some(old), Some(new)) => old.fingerprint == new.fingerprint,
                        _ => false,
                    },
                },
                None => What::Disconnected(socket(old)),
            };
            self.note(user, what, last, seen, changes);
        }
        for new in heirs.into_values().flatten() {
            self.note(user, What::Connected(socket(new)), last, seen, changes);
        }
        for what in moved {
            self.note(user, what, last, seen, changes);
        }
    }

    fn remember(&mut self, user: UserIx, connection: &Connection, since: Since) {
        let remembered = self.gone.entry(user).or_default();
        if remembered.len() == GONE_KEPT {
            remembered.pop_front();
        }
        remembered.push_back(Gone {
            id: connection.id.clone(),
            since,
            dropped: Moment::default(),
            event: 0,
            offline: None,
        });
    }

    /// Since when a connection has been there that was taken for gone.
    fn returned(&mut self, user: UserIx, id: &ConnId) -> Option<Since> {
        let remembered = self.gone.get_mut(&user)?;
        let at = remembered.iter().position(|gone| gone.id == *id)?;
        remembered.remove(at).map(|gone| gone.since)
    }

    /// A batch answers again after its users had become unknown: those whose entries are as they
    /// were before are known again.
    fn regain(&mut self, batch: u32, changed: &[(UserIx, UserStatus)], seen: &Seen, changes: &mut Changes) {
        let Some(from) = seen.void else { return };
        let taken: std::collections::HashSet<UserIx> = changed.iter().map(|(user, _)| *user).collect();
        for user in self.list.batch(batch).map(UserIx) {
            let word = self.words[user.at()];
            let void_anyway = self.left_out.get(&user).is_some_and(|left_out| left_out.void_since.is_some());
            if taken.contains(&user) || word == Word::Silent || void_anyway {
                continue;
            }
            // A connection that is still there proves that it never left. An offline user may have
            // come and gone meanwhile.
            if !self.open.contains_key(&user) {
                self.since[user.at()] = Since { after_ms: None, before_ms: seen.received.mono_ms };
            }
            self.note(user, What::Presence { from, to: self.said(user) }, seen.before, seen, changes);
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
}

/// The circumstances of one answer.
struct Seen {
    /// What had been said of the batch's users before, if they had become unknown.
    void: Option<Presence>,
    /// Since when, on the monotonic clock, that had been so.
    void_since: Option<u64>,
    /// The batch's answer before this one.
    before: Option<Answered>,
    received: Moment,
    operation: Arc<OperationId>,
}

fn socket(connection: &Connection) -> Socket {
    Socket {
        platform: connection.platform,
        id: ConnId::clone(&connection.id),
        token: connection.token.as_ref().map(|token| token.fingerprint),
    }
}
