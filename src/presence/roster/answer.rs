//! What the sockets' answers do to the roster: who is shown, which connections, transitions.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::loss::USUAL_MS;
use super::{GONE_KEPT, Gone, LeftOut, Roster, Taking, Tracked};
use crate::presence::batches::{Answered, Failing};
use crate::presence::connection::{ConnId, Connection};
use crate::presence::observation::{Answer, Observation, Question, UserStatus};
use crate::presence::platform::Platform;
use crate::presence::recheck::{ByRegistry, Recheck, Unseen, Witness};
use crate::presence::side_table::give_back;
use crate::presence::status::{Presence, UnknownReason, Word};
use crate::presence::time::Since;
use crate::presence::transition::{Change, Socket, Transition};
use crate::presence::update::Update;
use crate::presence::verdict::{Registry, Sockets, Testimony, verdict};
use crate::presence::watch_list::UserIx;

/// Up to so many connections, looking through all of them is cheaper than a table.
const FEW: usize = 32;

impl Roster {
    /// Takes one observation. One about another generation of the watch list changes nothing.
    pub fn apply(&mut self, observation: &Observation) -> Update {
        if observation.generation != self.list.generation() {
            return Update::default();
        }
        // What had grown too old before this came is unknown first, whoever looks or not.
        let mut taking = self.let_pass(observation.received);
        match observation.question {
            Question::OnlineStatus => self.take_sockets(observation, &mut taking),
            _ => self.take_witness(observation, &mut taking),
        }
        taking.update
    }

    /// Takes an answer of the sockets, or that there is none.
    fn take_sockets(&mut self, observation: &Observation, taking: &mut Taking) {
        let number = observation.batch;
        if number >= self.list.batches() {
            return;
        }
        if let Some(date) = observation.server_date {
            self.clock.observe(date, observation.sent, observation.received);
        }
        let changed: &[(UserIx, UserStatus)] = match &observation.answer {
            Ok(Answer::Changed(changed)) => changed,
            Ok(_) => &[],
            Err(error) => {
                let failing = Failing {
                    error: error.clone(),
                    attempt: observation.attempt,
                    next_ms: observation.next_ms,
                };
                self.batches.edit(number, |batch| batch.failing = Some(failing));
                if self.batches.failing() * 2 > self.batches.all().len() {
                    self.rounds.break_off();
                }
                self.fall_quiet(taking);
                taking.update.touched.extend(self.list.batch(observation.batch).map(UserIx));
                return;
            }
        };
        self.latency.observe(observation.received.since(observation.sent));
        self.last_answer = Some(observation.received);

        let answered = Answered { sent: observation.sent, received: observation.received };
        let operation = Arc::new(observation.operation_id.clone());
        taking.operation = Some(Arc::clone(&operation));
        if self.batches.get(number).is_stale(taking.now, self.freshness()) {
            // What has to last while it can be seen may have lasted long enough.
            taking.update.touched.extend(self.doubts.of_batch(self.list.batch(number)));
        }
        let (void_since, regained, had_failed, before) = self.batches.edit(number, |batch| {
            let void_since = batch.void_since.take();
            let regained = void_since.map(|_| batch.why());
            batch.operation = Some(operation);
            batch.oddities = observation.oddities;
            (void_since, regained, batch.failing.take().is_some(), batch.answered.replace(answered))
        });
        let (sent_ms, took_ms) = (answered.sent.mono_ms, answered.received.since(answered.sent));
        let get_answers = self.batches.all().len() - self.batches.failing();
        self.rounds.answered(sent_ms, took_ms, before.map(|it| it.sent.mono_ms), had_failed, get_answers);
        if had_failed || regained.is_some() {
            taking.update.touched.extend(self.list.batch(observation.batch).map(UserIx));
        }

        self.speak_again(number, taking);
        let ours = self.list.batch(observation.batch);
        let dropped = changed
            .iter()
            .filter(|(user, status)| {
                *status == UserStatus::Offline && ours.contains(&user.0) && self.is_shown(*user)
            })
            .map(|(user, _)| *user);
        let dropped: Vec<UserIx> = dropped.collect();
        let loss = self.enter_loss(&dropped, observation.batch, before, answered);
        let is_new = |(user, status): &(UserIx, UserStatus)| {
            *status == UserStatus::Offline && ours.contains(&user.0) && self.words[user.at()] == Word::Silent
        };
        let first = if changed.iter().any(is_new) { self.enter_first(answered) } else { None };
        let void = regained.map(Presence::Unknown);
        let answer = BatchAnswer { void, void_since, before, answered, loss, first };
        for (user, status) in changed {
            if ours.contains(&user.0) {
                self.take_status(*user, status, &answer, taking);
            }
        }
        for user in self.doubts.ahead(ours) {
            if self.doubts.get(user).is_some_and(|doubt| doubt.asked < Some(answered.sent)) {
                self.edit_doubt(user, |doubt| doubt.registry = Registry::Online);
                taking.update.touched.push(user);
                self.reconsider(user, taking);
            }
        }
        let by_registry = self.in_place_of(number);
        if answer.void.is_some() {
            let known = changed.iter().map(|(user, _)| user).chain(&by_registry).copied().collect();
            self.regain(number, &known, &answer, taking);
        }
        for user in by_registry {
            if !self.left_out.contains_key(&user) {
                self.go_on(user, &answer, taking);
            }
        }
        for user in self.denied_of(number) {
            if !self.left_out.contains_key(&user) {
                self.take_back_denied(user, taking);
            }
        }
        self.review_losses(taking);
        self.review_sample(taking);
    }

    /// Whether the sockets showed the user when they were last heard.
    pub(super) fn is_shown(&self, user: UserIx) -> bool {
        match self.doubts.get(user) {
            Some(doubt) => doubt.sockets != Sockets::None,
            None => matches!(self.words[user.at()], Word::Online | Word::Background),
        }
    }

    /// Takes what one answer said of one user.
    fn take_status(&mut self, user: UserIx, status: &UserStatus, answer: &BatchAnswer, taking: &mut Taking) {
        taking.update.touched.push(user);
        let silent = self.words[user.at()] == Word::Silent;
        let Some(sockets) = Sockets::from_status(status) else {
            let why =
                if *status == UserStatus::Missing { UnknownReason::Missing } else { UnknownReason::Unclear };
            let answered = if silent { None } else { answer.before };
            let left_out = LeftOut { why, answered, void_since: answer.void_since };
            let known = self.left_out.get(&user).map(|known| LeftOut { why, ..*known });
            self.set_left_out(user, Some(known.unwrap_or(left_out)));
            taking.update.doubts.silence.users.push((user, true));
            return;
        };
        let by_registry = self.silent.get(user).copied();
        let said_before = by_registry.map(|_| self.presence(user));
        self.set_by_registry(user, None);
        let left_out = self.set_left_out(user, None);
        let is_missing = |it: &LeftOut| matches!(it.why, UnknownReason::Missing | UnknownReason::Unclear);
        if left_out.as_ref().is_some_and(is_missing) {
            taking.update.doubts.silence.users.push((user, false));
        }
        let last = if silent { None } else { left_out.map_or(answer.before, |left_out| left_out.answered) };
        let from = match (left_out, answer.void) {
            _ if let Some(before) = said_before => before,
            (Some(left_out), _) if left_out.void_since.is_some() => Presence::Unknown(left_out.why),
            (_, Some(void)) => void,
            _ => self.said(user),
        };
        let passage = Passage { from, last, by_registry, answer };
        match status {
            UserStatus::Online(connections) => self.show(user, sockets, connections, &passage, taking),
            _ => self.drop_user(user, &passage, taking),
        }
    }

    /// The sockets have answered, and say of the user what they said before they fell silent.
    fn go_on(&mut self, user: UserIx, answer: &BatchAnswer, taking: &mut Taking) {
        let from = self.presence(user);
        let Some(by_registry) = self.set_by_registry(user, None) else { return };
        taking.update.touched.push(user);
        let to = self.said(user);
        match by_registry.says {
            Some(Presence::Online) => {
                let passage = Passage { from, last: answer.before, by_registry: Some(by_registry), answer };
                self.drop_user(user, &passage, taking);
            }
            Some(_) if !from.same_word(to) => {
                self.tell(user, Change::Presence { from, to }, Some(by_registry.answered), taking);
            }
            _ => {}
        }
        self.take_back_denied(user, taking);
    }

    /// The sockets show the user.
    fn show(
        &mut self,
        user: UserIx,
        sockets: Sockets,
        connections: &[Connection],
        passage: &Passage<'_>,
        taking: &mut Taking,
    ) {
        let Passage { from, last, by_registry, answer } = *passage;
        let doubt = self.set_doubt(user, None);
        let was_left_out = doubt.as_ref().is_some_and(|doubt| doubt.sockets == Sockets::None);
        // What was said while the user was shown, which a return of the same connections makes true again.
        let was = match &doubt {
            Some(doubt) if was_left_out => doubt.before,
            _ => self.said(user),
        };
        self.unregistered.remove(&user);
        let registry = doubt.as_ref().filter(|doubt| {
            // It speaks of what is hidden from the sockets, until they show something else.
            doubt.sockets != Sockets::None && doubt.registry == Registry::Hides
        });
        let hides = registry.is_some_and(|doubt| {
            doubt.platforms.iter().any(|platform| connections.iter().all(|it| it.platform != *platform))
        });
        let checks = sockets == Sockets::Background && self.checks_background(user, doubt.as_ref());
        let registry = match (hides, checks) {
            (true, _) => Registry::Hides,
            (false, true) => Registry::Unheard,
            (false, false) => Registry::Online,
        };
        let said = verdict(&Testimony { sockets, registry, before: was, ..Testimony::default() });
        let to = said.presence;
        let retracted = self.proof_of_return(user, connections);
        let returns = retracted.is_some() || (was_left_out && self.has_any(user, connections));
        let continues =
            if was_left_out { returns && (was.is_unknown() || was.same_word(to)) } else { was.same_word(to) };
        if !continues || self.words[user.at()] == Word::Silent {
            self.since.set(
                user,
                Since { after_ms: last.map(|last| last.sent.mono_ms), before_ms: taking.now.mono_ms },
            );
        }
        if let Some(since) = retracted {
            self.since.set(user, since); // there never was a time without a connection
        }
        let by_registry = by_registry.filter(|it| it.says.is_some());
        if let Some(since) =
            by_registry.filter(|it| it.says.is_some_and(|it| it.same_word(to))).and_then(|it| it.since)
        {
            self.since.set(user, since);
        }
        if !from.same_word(to) {
            self.tell(user, Change::Presence { from, to }, last, taking);
        }
        self.recount(user, Word::of(to));
        if let (true, Some(loss)) = (was_left_out, doubt.as_ref().and_then(|doubt| doubt.loss)) {
            self.returned_to(loss, returns);
        }
        let hidden = doubt.as_ref().filter(|_| !was_left_out).map(hidden_platforms).unwrap_or_default();
        let seen = Seen { connections, hidden, whole_user: was_left_out, last };
        self.take_connections(user, &seen, answer, taking);
        self.take_back_denied(user, taking);
        let unseen = self.connections(user).iter().any(|tracked| tracked.unseen.is_some());
        if unseen || hides || checks {
            // What is to be asked about from now on is waited for from now on.
            let goes_on =
                |doubt: &&Recheck| doubt.sockets != Sockets::None && (!checks || doubt.waits_for_registry());
            let asked = doubt.as_ref().filter(goes_on);
            let dropped = asked.map_or(answer.answered, |doubt| doubt.dropped);
            let new = Recheck {
                registry: match registry {
                    _ if !self.witnesses.registry.is_asked() => Registry::Unasked,
                    Registry::Hides => Registry::Hides,
                    _ => Registry::Unheard,
                },
                asked: asked.and_then(|doubt| doubt.asked),
                platforms: asked.map(|doubt| doubt.platforms.clone()).unwrap_or_default(),
                verdict: said,
                ..Recheck::new(last, dropped, sockets, if checks { was } else { to })
            };
            self.set_doubt(user, Some(new));
            // The time of a connection may have run out before anything of its platform was shown. Nobody
            // comes back to it later.
            self.cull(user, taking);
            if self.asks_about(user) {
                taking.update.doubts.begun.push(user);
                if unseen {
                    taking.update.doubts.unseen.push(user);
                }
            }
        } else if doubt.is_some() {
            taking.update.doubts.settled.push(user);
        }
        // Nothing was known for a while, and what is there now came in that time: the user may have
        // been away. Only a connection that outlasts the gap proves the contrary.
        let was_void = from.is_unknown() && last.is_some();
        let outlasts =
            |tracked: &Tracked| tracked.unseen.is_none() && tracked.since.before_ms < taking.now.mono_ms;
        if was_void && was.same_word(to) && !self.connections(user).iter().any(outlasts) {
            self.since.set(user, Since { after_ms: None, before_ms: taking.now.mono_ms });
        }
    }

    /// Whether the registry is asked whether a user in the background has a connection that the sockets don't show:
    /// of a long list only of those who were drawn, as of those who are offline.
    fn checks_background(&self, user: UserIx, doubt: Option<&Recheck>) -> bool {
        let is_asked = matches!(self.witnesses.registry, Witness::Unheard | Witness::Answers);
        let is_new = match self.words[user.at()] {
            Word::Background => false,
            Word::Silent => self.is_drawn(user),
            _ => true,
        };
        let is_waited_for =
            |doubt: &Recheck| doubt.sockets == Sockets::Background && doubt.waits_for_registry();
        is_asked && (is_new || doubt.is_some_and(is_waited_for))
    }

    /// The sockets leave the user out.
    fn drop_user(&mut self, user: UserIx, passage: &Passage<'_>, taking: &mut Taking) {
        let Passage { from, last, by_registry, answer } = *passage;
        let by_registry = by_registry.filter(|it| it.says.is_some());
        if let Some(since) = by_registry.and_then(|it| it.since) {
            self.since.set(user, since);
        }
        // The registry has the user online, the sockets don't: that is a doubt like any other.
        let contradicted = by_registry.is_some_and(|it| it.says == Some(Presence::Online));
        let last = by_registry.map(|it| it.answered).or(last);
        let word = self.words[user.at()];
        let is_in_doubt = self.doubts.get(user).is_some_and(|doubt| doubt.sockets == Sockets::None);
        let is_offline = matches!(word, Word::Offline | Word::Unregistered | Word::Unchecked | Word::Sampled);
        if is_in_doubt || (is_offline && !contradicted) {
            // As before. Somebody of whom nothing was known for a while may have come and gone.
            let to = self.said(user);
            if !from.same_word(to) {
                self.tell(user, Change::Presence { from, to }, last, taking);
                if !is_in_doubt {
                    self.since.set(user, Since { after_ms: None, before_ms: taking.now.mono_ms });
                }
            }
            return;
        }
        let shown = word != Word::Silent || contradicted;
        if !shown && self.witnesses.accounts.is_asked() {
            taking.update.doubts.unverified.push(user);
            self.unverified.insert(user);
        }
        if !shown {
            self.since.set(user, Since { after_ms: None, before_ms: taking.now.mono_ms });
        }
        if !shown && self.witnesses.registry.is_asked() {
            if !self.is_drawn(user) {
                return self.leave_unchecked(user);
            }
            self.draw(user);
        }
        self.hide_connections(user, Unseen { last, dropped: answer.answered });
        let asked = self.witnesses.registry.is_asked();
        let registry = match self.witnesses.registry {
            Witness::Unasked | Witness::Refuses(_) => Registry::Unasked,
            Witness::Unheard | Witness::Answers => Registry::Unheard,
            Witness::Fails(_) => Registry::Silent, // it is asked, but not waited for
        };
        let loss = if shown { answer.loss.filter(|_| !contradicted) } else { answer.first };
        let doubt = Recheck { registry, loss, ..Recheck::new(last, answer.answered, Sockets::None, from) };
        self.set_doubt(user, Some(doubt));
        if asked {
            taking.update.doubts.begun.push(user);
        }
        self.judge(user, from, taking);
    }

    /// Compares the connections of a user whom the sockets show with those that were known.
    fn take_connections(&mut self, user: UserIx, seen: &Seen<'_>, answer: &BatchAnswer, taking: &mut Taking) {
        let Seen { connections, whole_user, last, .. } = *seen;
        let now = taking.now;
        let before = self.open.remove(&user).unwrap_or_default();
        for old in &*before {
            self.tally.remove(&old.connection);
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
        let mut taken_back: Vec<u64> = Vec::new();
        for connection in connections {
            let since = if let Some(at) = place(&connection.id) {
                stays[at] = true;
                let old = &before[at];
                if let Some(unseen) = old.unseen.as_deref() {
                    let absent_ms = now.since(unseen.dropped.received);
                    moved.push(Change::SeenAgain { socket: socket(connection), absent_ms, whole_user });
                }
                if old.connection.background != connection.background {
                    moved.push(if connection.background {
                        Change::MovedBackground(socket(connection))
                    } else {
                        Change::MovedForeground(socket(connection))
                    });
                }
                old.since
            } else if let Some(gone) = self.returned(user, &connection.id) {
                let socket = socket(connection);
                let whole_user = gone.offline.is_some();
                let absent_ms = now.since(gone.dropped);
                moved.push(Change::SeenAgain { socket: socket.clone(), absent_ms, whole_user });
                let offline = gone.offline.map(|(event, _)| event);
                let events = [Some(gone.event).filter(|event| *event > 0), offline];
                // An offline that several connections disprove is taken back once.
                let events = events.into_iter().flatten().filter(|event| !taken_back.contains(event));
                let events: Vec<u64> = events.collect();
                moved.extend(events.iter().map(|&of| Change::Retracted { of, socket: socket.clone() }));
                taken_back.extend(events);
                gone.since
            } else {
                appeared.push(connection);
                Since { after_ms: last.map(|last| last.sent.mono_ms), before_ms: now.mono_ms }
            };
            tracked.push(Tracked { connection: connection.clone(), since, unseen: None });
        }
        if last.is_none() {
            self.keep(user, tracked); // first sight: what is there has not just appeared
            return;
        }
        let mut heirs = BTreeMap::<Platform, VecDeque<&Connection>>::new();
        for new in &appeared {
            heirs.entry(new.platform).or_default().push_back(new);
        }
        let gone = before.iter().zip(&stays).filter(|(_, stays)| !**stays).map(|(old, _)| old);
        for Tracked { connection: old, since, unseen } in gone {
            let Some(new) = heirs.get_mut(&old.platform).and_then(|heirs| take_heir(heirs, old)) else {
                // Another gateway may have it: the sockets show one gateway's connections alone.
                let unseen =
                    unseen.clone().or_else(|| Some(Arc::new(Unseen { last, dropped: answer.answered })));
                tracked.push(Tracked { connection: old.clone(), since: *since, unseen });
                continue;
            };
            let same_token = match (&old.token, &new.token) {
                (Some(old), Some(new)) => old.fingerprint == new.fingerprint,
                _ => false,
            };
            let what = Change::Replaced { old: socket(old), new: socket(new), same_token };
            // It went when the sockets showed it no more, which may be long before it is replaced.
            let last = unseen.as_ref().map_or(last, |unseen| unseen.last);
            let event = self.tell(user, what, last, taking);
            let dropped = unseen.as_ref().map_or(answer.answered, |unseen| unseen.dropped).received;
            self.remember(user, Gone { id: old.id.clone(), since: *since, dropped, event, offline: None });
        }
        let new: Vec<&Connection> = heirs.into_values().flatten().collect();
        let (old, new) = self.tell_hidden(new, &mut tracked, seen, answer);
        self.keep(user, tracked);
        self.review_lacking(user);
        if appeared.len() > old && self.witnesses.registry.is_asked() {
            taking.update.doubts.new_connections.push(user);
            self.lacks.login(user);
        }
        for new in new {
            self.tell(user, Change::Connected(socket(new)), last, taking);
        }
        for what in moved {
            self.tell(user, what, last, taking);
        }
    }

    /// Of those that appear, how many were hidden by another gateway until now, and so have no beginning; and the
    /// others.
    fn tell_hidden<'a>(
        &self,
        new: Vec<&'a Connection>,
        tracked: &mut [Tracked],
        seen: &Seen<'_>,
        answer: &BatchAnswer,
    ) -> (usize, Vec<&'a Connection>) {
        // Where the sockets show another gateway than before, what appears may have been there all the time.
        let goes =
            tracked.iter().any(|it| it.unseen.as_ref().is_some_and(|it| it.dropped == answer.answered));
        let switches = goes && self.may_switch(answer);
        let (old, new): (Vec<&Connection>, Vec<&Connection>) =
            new.into_iter().partition(|it| switches || seen.hidden.contains(&it.platform));
        for it in tracked {
            if old.iter().any(|old| old.id == it.connection.id) {
                it.since = Since { after_ms: None, before_ms: answer.answered.received.mono_ms };
            }
        }
        (old.len(), new)
    }

    /// Whether the sockets may show the connections of another gateway now: one is in trouble, or was until now.
    fn may_switch(&self, answer: &BatchAnswer) -> bool {
        let waited = answer.answered.received.since(answer.answered.sent) > u64::from(USUAL_MS);
        waited || answer.void.is_some() || !self.losses.is_empty() || self.a_gateway_ails()
    }

    /// These are the user's connections from now on.
    pub(super) fn keep(&mut self, user: UserIx, connections: Vec<Tracked>) {
        for tracked in &connections {
            self.tally.add(&tracked.connection);
        }
        if connections.is_empty() {
            self.open.remove(&user);
            give_back(&mut self.open);
        } else {
            self.open.insert(user, connections.into());
        }
    }

    /// The sockets show no connection of the user any more.
    fn hide_connections(&mut self, user: UserIx, since: Unseen) {
        if let Some(open) = self.open.get_mut(&user) {
            let since = Arc::new(since);
            for tracked in Arc::make_mut(open) {
                tracked.unseen.get_or_insert_with(|| Arc::clone(&since));
            }
        }
    }

    pub(super) fn remember(&mut self, user: UserIx, gone: Gone) {
        let remembered = self.gone.entry(user).or_default();
        if remembered.len() == GONE_KEPT {
            remembered.pop_front();
        }
        remembered.push_back(gone);
    }

    /// A connection is there that was taken for gone: what was known of it.
    fn returned(&mut self, user: UserIx, id: &ConnId) -> Option<Gone> {
        let remembered = self.gone.get_mut(&user)?;
        let at = remembered.iter().position(|gone| gone.id == *id)?;
        let gone = remembered.remove(at);
        if remembered.is_empty() {
            self.gone.remove(&user);
            give_back(&mut self.gone);
        }
        gone
    }

    /// Where one of these connections was taken for gone together with the user, who was called offline
    /// then: since when what was said before that had been so.
    fn proof_of_return(&self, user: UserIx, connections: &[Connection]) -> Option<Since> {
        let remembered = self.gone.get(&user)?;
        let returned = remembered.iter().filter(|gone| connections.iter().any(|it| it.id == gone.id));
        returned.filter_map(|gone| gone.offline).map(|(_, since)| since).min_by_key(|since| since.before_ms)
    }

    /// Whether one of these connections is known to be open.
    fn has_any(&self, user: UserIx, connections: &[Connection]) -> bool {
        let open = self.connections(user);
        connections.iter().any(|new| open.iter().any(|tracked| tracked.connection.id == new.id))
    }

    /// A batch answers again after its users had become unknown: those whose entries are as they
    /// were before are known again, but for those who are taken care of.
    fn regain(&mut self, batch: u32, taken: &HashSet<UserIx>, answer: &BatchAnswer, taking: &mut Taking) {
        let Some(from) = answer.void else { return };
        for user in self.list.batch(batch).map(UserIx) {
            let word = self.words[user.at()];
            if taken.contains(&user) || word == Word::Silent || self.is_left_out_for_long(user) {
                continue;
            }
            let to = self.said(user);
            if to.is_unknown() {
                continue;
            }
            // A connection that is still there proves that it never left. An offline user may have
            // come and gone meanwhile.
            if !self.open.contains_key(&user) {
                self.since.set(user, Since { after_ms: None, before_ms: taking.now.mono_ms });
            }
            self.tell(user, Change::Presence { from, to }, answer.before, taking);
            self.take_back_denied(user, taking);
        }
    }

    /// Writes down a transition, and gives its number.
    pub(super) fn tell(
        &mut self,
        user: UserIx,
        what: Change,
        last: Option<Answered>,
        taking: &mut Taking,
    ) -> u64 {
        self.transitions += 1;
        taking.update.transitions.push(Transition {
            id: self.transitions,
            user: self.list.id(user),
            what,
            after: last.map(|last| last.sent),
            before: taking.now,
            operation: taking.operation.clone(),
        });
        self.transitions
    }
}

/// The circumstances of one answer of the sockets.
struct BatchAnswer {
    /// What had been said of the batch's users before, if they had become unknown.
    void: Option<Presence>,
    /// Since when, on the monotonic clock, that had been so.
    void_since: Option<u64>,
    /// The batch's answer before this one.
    before: Option<Answered>,
    /// When its question was sent, and when it was there.
    answered: Answered,
    /// The number of the loss of view that those are part of whom it leaves out.
    loss: Option<u32>,
    /// The same of those whom it leaves out and of whom nothing was known before.
    first: Option<u32>,
}

/// What an answer shows of a user.
struct Seen<'a> {
    connections: &'a [Connection],
    /// Where other sources had the user, and the sockets did not show it.
    hidden: Vec<Platform>,
    /// Whether the sockets had left out the whole user.
    whole_user: bool,
    /// The last answer that said something of the user.
    last: Option<Answered>,
}

/// Where registry and tokens have a user of whom the sockets show something.
fn hidden_platforms(doubt: &Recheck) -> Vec<Platform> {
    let listed = doubt.listed.iter().flat_map(|it| it.iter().map(|(platform, _)| *platform));
    let registry = doubt.platforms.iter().copied().filter(|_| doubt.registry == Registry::Hides);
    listed.chain(registry).collect()
}

/// From what to what one user goes by one answer.
#[derive(Clone, Copy)]
struct Passage<'a> {
    /// What was said of the user.
    from: Presence,
    /// The last answer that said something of the user.
    last: Option<Answered>,
    /// What the registry said while the sockets were silent.
    by_registry: Option<ByRegistry>,
    answer: &'a BatchAnswer,
}

/// The connection that took an old one's place: one with the same token before any other.
fn take_heir<'a>(heirs: &mut VecDeque<&'a Connection>, old: &Connection) -> Option<&'a Connection> {
    let token = |it: &Connection| it.token.as_ref().map(|token| token.fingerprint);
    let same = heirs.iter().position(|new| token(new).is_some() && token(new) == token(old));
    heirs.remove(same.unwrap_or(0))
}

pub(super) fn socket(connection: &Connection) -> Socket {
    Socket {
        platform: connection.platform,
        id: ConnId::clone(&connection.id),
        token: connection.token.as_ref().map(|token| token.fingerprint),
    }
}
