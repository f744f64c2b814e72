//! What the other witnesses' answers do to the roster: registry, tokens, gateways, accounts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Roster, Taking};
use crate::presence::batches::Answered;
use crate::presence::observation::{Answer, GatewaySign, LifeSign, Listed, Observation, Question};
use crate::presence::platform::Platform;
use crate::presence::recheck::{Gateway, Recheck, Witness};
use crate::presence::status::Word;
use crate::presence::time::Moment;
use crate::presence::transition::Change;
use crate::presence::verdict::{Registry, Sockets, Verdict};
use crate::presence::watch_list::UserIx;

/// So many gateways are remembered; a cluster has a handful.
pub(super) const MOST_GATEWAYS: usize = 256;

impl Roster {
    /// Takes an answer of a witness beside the sockets, or that there is none.
    pub(super) fn take_witness(&mut self, observation: &Observation, taking: &mut Taking) {
        let sent = observation.sent;
        taking.operation = Some(Arc::new(observation.operation_id.clone()));
        let Some(witness) = self.witnesses.of_mut(observation.question) else { return };
        let was = *witness;
        let heard_before = matches!(was, Witness::Answers | Witness::Fails(_));
        let state = match &observation.answer {
            Ok(_) => Witness::Answers,
            Err(error) if error.refuses_source(observation.attempt, heard_before) => {
                Witness::Refuses(error.trouble())
            }
            Err(error) => Witness::Fails(error.trouble()),
        };
        *witness = state;
        if observation.question == Question::UsersStatus {
            let since = self.registry_fails.or(Some(taking.now));
            self.registry_fails = since.filter(|_| matches!(state, Witness::Fails(_)));
        }
        let users: Vec<UserIx> =
            observation.users.iter().copied().filter(|user| user.at() < self.list.len()).collect();
        if observation.question == Question::AccountCheck {
            if matches!(state, Witness::Refuses(_)) {
                self.unverified.clear(); // nobody is asked about any more
            }
            for user in &users {
                self.unverified.remove(*user);
            }
        }
        match (&observation.answer, observation.question) {
            (Ok(Answer::Registry(said)), Question::UsersStatus) => {
                self.registry_heard = Some(taking.now);
                self.take_registry(said, sent, taking);
            }
            (Ok(Answer::Tokens(listed)), Question::TokenDetail) => {
                self.take_tokens(&users, listed, sent, taking);
            }
            (Ok(Answer::Gateways(signs)), Question::Gateways) => {
                let hung = self.a_gateway_hangs();
                self.take_signs(signs, taking.now);
                self.compare_gauges(taking.now);
                if hung && !self.a_gateway_hangs() {
                    for user in self.doubts.users() {
                        self.reconsider(user, taking);
                    }
                }
            }
            (Ok(Answer::Unregistered(unverified)), Question::AccountCheck) => {
                self.take_accounts(&users, unverified, taking);
            }
            (Err(_), Question::UsersStatus) => self.miss_registry(&users, state, was, taking),
            _ => {}
        }
        self.review_losses(taking);
        self.review_sample(taking);
    }

    fn take_registry(&mut self, said: &[(UserIx, Box<[Platform]>)], sent: Moment, taking: &mut Taking) {
        for (user, platforms) in said {
            if user.at() >= self.list.len() {
                continue;
            }
            let user = *user;
            match self.doubts.get(user).map(|doubt| (doubt.sockets, doubt.dropped)) {
                None => self.compare_registry(user, platforms, sent, taking),
                // What was asked before the sockets left somebody out says nothing of it.
                Some((Sockets::None, dropped)) if sent < dropped.received => continue,
                Some((sockets, _)) => self.reconsider_registry(user, sockets, platforms, sent, taking),
            }
            self.compare_shown(user, platforms, sent, taking);
            self.take_in_place(user, !platforms.is_empty(), sent, taking);
        }
    }

    /// The registry was asked about somebody in doubt.
    fn reconsider_registry(
        &mut self,
        user: UserIx,
        sockets: Sockets,
        platforms: &[Platform],
        sent: Moment,
        taking: &mut Taking,
    ) {
        let is_ahead = self.doubts.get(user).is_some_and(|doubt| doubt.registry == Registry::Ahead);
        let said = match sockets {
            Sockets::None if platforms.is_empty() && self.was_lacked(user) => Registry::Lacked,
            Sockets::None if platforms.is_empty() => Registry::Offline,
            Sockets::None if is_ahead => return, // until the sockets were asked, too
            Sockets::None => Registry::Online,
            _ if self.hides(user, platforms) => Registry::Hides,
            _ => Registry::Online,
        };
        self.edit_doubt(user, |doubt| {
            doubt.asked = Some(sent);
            doubt.platforms = platforms.into();
            doubt.registry = said;
        });
        taking.update.touched.push(user);
        self.reconsider(user, taking);
        // The tokens may have listed what is gone by now.
        let is_old = |doubt: &Recheck| doubt.sockets != Sockets::None && doubt.listed.is_some();
        if self.doubts.get(user).is_some_and(is_old) && self.lists_what_the_registry_lacks(user, platforms) {
            taking.update.doubts.unseen.push(user);
        }
    }

    /// Whether the tokens list a connection on a platform that the registry does not have.
    fn lists_what_the_registry_lacks(&self, user: UserIx, platforms: &[Platform]) -> bool {
        let listed = self.doubts.get(user).and_then(|doubt| doubt.listed.as_deref()).unwrap_or_default();
        listed.iter().any(|(on, count)| *count as usize > self.shown_on(user, *on) && !platforms.contains(on))
    }

    /// Whether the registry names a platform of the user that the sockets don't show.
    fn hides(&self, user: UserIx, platforms: &[Platform]) -> bool {
        // One who is online without naming a connection hides nothing that can be told.
        !self.connections(user).is_empty()
            && platforms.iter().any(|platform| self.shown_on(user, *platform) == 0)
    }

    /// The registry was asked about somebody of whom there was no doubt.
    fn compare_registry(&mut self, user: UserIx, platforms: &[Platform], sent: Moment, taking: &mut Taking) {
        let (word, agrees) = (self.words[user.at()], platforms.is_empty());
        if word == Word::Unchecked {
            self.sample.drawn.asked += 1;
        }
        let (sockets, registry) = match word {
            Word::Unchecked if agrees => return self.settle_unchecked(user, Word::Offline, taking),
            Word::Sampled if agrees => {
                self.recount(user, Word::Offline);
                taking.update.touched.push(user);
                return;
            }
            // Who came while the sockets were silent contradicts nothing that they say.
            Word::Offline | Word::Sampled if !agrees && self.is_silent_about(user, taking.now) => return,
            Word::Offline | Word::Sampled if !agrees && self.may_be_ahead(user, sent) => {
                (Sockets::None, Registry::Ahead)
            }
            Word::Offline | Word::Sampled | Word::Unchecked if !agrees => (Sockets::None, Registry::Online),
            Word::Online if self.hides(user, platforms) => (Sockets::Foreground, Registry::Hides),
            Word::Background if self.hides(user, platforms) => (Sockets::Background, Registry::Hides),
            _ => return,
        };
        let doubt = if word == Word::Unchecked {
            self.doubt_of_unchecked(user)
        } else {
            Some(self.new_doubt(user, sockets, Answered { sent, received: taking.now }))
        };
        let Some(doubt) = doubt else { return };
        let begun = Recheck { registry, asked: Some(sent), platforms: platforms.into(), ..doubt };
        self.set_doubt(user, Some(begun));
        if sockets == Sockets::None {
            taking.update.doubts.begun.push(user);
        }
        taking.update.touched.push(user);
        self.reconsider(user, taking);
    }

    /// Whether the registry may know of a login that the sockets were not asked about yet: that is no
    /// contradiction, unless users are being lost.
    fn may_be_ahead(&self, user: UserIx, sent: Moment) -> bool {
        let round_ms = self.freshness().stale_ms;
        let is_asked = |it: Answered| sent.since(it.sent) <= round_ms;
        self.losses.is_empty() && self.batch(user).answered.is_some_and(is_asked)
    }

    /// A doubt that a witness raises, not the sockets.
    fn new_doubt(&self, user: UserIx, sockets: Sockets, dropped: Answered) -> Recheck {
        let presence = self.said(user);
        let verdict = Verdict { presence, ..Verdict::SILENT };
        Recheck { verdict, ..Recheck::new(self.answered(user), dropped, sockets, presence) }
    }

    /// The registry gave no answer about these users.
    fn miss_registry(&mut self, users: &[UserIx], state: Witness, was: Witness, taking: &mut Taking) {
        if matches!(state, Witness::Refuses(_)) {
            if !matches!(was, Witness::Refuses(_)) {
                for user in self.doubts.users() {
                    self.edit_doubt(user, |doubt| doubt.registry = Registry::Unasked);
                    self.reconsider(user, taking);
                }
            }
            return;
        }
        for user in users {
            if self.doubts.get(*user).is_some_and(Recheck::waits_for_registry) {
                self.edit_doubt(*user, |doubt| doubt.registry = Registry::Silent);
                self.reconsider(*user, taking);
            }
        }
    }

    fn take_tokens(
        &mut self,
        users: &[UserIx],
        listed: &[(UserIx, Listed)],
        sent: Moment,
        taking: &mut Taking,
    ) {
        let by_user: HashMap<UserIx, &[(Platform, u32)]> =
            listed.iter().map(|(user, listed)| (*user, &**listed)).collect();
        for user in users.iter().copied() {
            let listed = by_user.get(&user).copied().unwrap_or_default();
            let more =
                self.is_shown(user) && !self.connections(user).is_empty() && self.lists_more(user, listed);
            match self.doubts.get(user) {
                Some(doubt) if sent >= doubt.dropped.received || doubt.listed.is_some() => {
                    self.edit_doubt(user, |doubt| doubt.listed = Some(listed.into()));
                }
                None if more => {
                    let sockets = match self.words[user.at()] {
                        Word::Background => Sockets::Background,
                        _ => Sockets::Foreground,
                    };
                    let doubt = self.new_doubt(user, sockets, Answered { sent, received: taking.now });
                    self.set_doubt(user, Some(Recheck { listed: Some(listed.into()), ..doubt }));
                }
                _ => continue,
            }
            taking.update.touched.push(user);
            self.reconsider(user, taking);
        }
    }

    /// Whether a gateway takes connections and says nothing.
    pub(super) fn a_gateway_hangs(&self) -> bool {
        self.witnesses.signs.values().any(|it| it.sign == LifeSign::Hung)
    }

    fn take_signs(&mut self, signs: &[GatewaySign], now: Moment) {
        for GatewaySign { address, sign, users } in signs {
            let known = self.witnesses.signs.get(address).copied();
            if known.is_none() && self.witnesses.signs.len() >= MOST_GATEWAYS {
                continue;
            }
            let since = known.filter(|known| known.sign == *sign).map_or(now, |known| known.since);
            let alive = if *sign == LifeSign::Alive { Some(now) } else { known.and_then(|it| it.alive) };
            let users = users.or_else(|| known.and_then(|it| it.users));
            self.witnesses.signs.insert(address.clone(), Gateway { sign: *sign, since, alive, users });
        }
        // One that is asked no more is of no interest, unless it may be the one that a loss is due to.
        if self.losses.is_empty() {
            self.witnesses.signs.retain(|address, _| signs.iter().any(|asked| asked.address == *address));
        }
    }

    fn take_accounts(&mut self, users: &[UserIx], unverified: &[UserIx], taking: &mut Taking) {
        let unverified: HashSet<UserIx> = unverified.iter().copied().collect();
        for user in users.iter().copied() {
            // A connection proves more than a missing entry.
            let is_unregistered = unverified.contains(&user) && !self.is_shown(user);
            let was = self.unregistered.contains(&user);
            if is_unregistered == was {
                continue;
            }
            let from = self.presence(user);
            if is_unregistered {
                self.unregistered.insert(user);
            } else {
                self.unregistered.remove(&user);
            }
            taking.update.touched.push(user);
            let word = match self.words[user.at()] {
                Word::Offline | Word::Sampled => Word::Unregistered,
                Word::Unregistered => Word::Offline,
                _ => continue,
            };
            self.recount(user, word);
            let to = self.presence(user);
            if !from.same_word(to) {
                self.tell(user, Change::Presence { from, to }, self.answered(user), taking);
            }
        }
    }

    /// Whether somebody is waited for whom the registry has to be asked about.
    pub fn is_checking(&self) -> bool {
        self.witnesses.registry.is_asked() && self.unchecked() + self.doubts.waiting_shown() > 0
    }

    /// How many users there are of whom it was asked whether the server has them at all, without an
    /// answer or a failure so far.
    pub fn unverified_users(&self) -> usize {
        self.unverified.len()
    }

    /// How many users the sockets leave out whom the registry calls online.
    pub fn contradicted(&self) -> usize {
        self.doubts.contradicted()
    }
}
