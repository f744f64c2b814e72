//! Everything that a roster holds, as plain data: to be written down, and to begin from again.
//!
//! What follows from the rest (counts, look-ups) is not part of it and is built anew.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::doubts::Doubts;
use super::loss::LOSSES_KEPT;
use super::witness::MOST_GATEWAYS;
use super::{Drawn, GONE_KEPT, Gone, LeftOut, Roster, Runs, Standings, Tracked};
use crate::presence::batches::{Answered, Batch, Batches, Freshness};
use crate::presence::connection::ConnId;
use crate::presence::recheck::{ByRegistry, Denied, Lacking, Loss, Recheck, Unseen, Witnesses};
use crate::presence::rounds::Rounds;
use crate::presence::server_clock::ServerClock;
use crate::presence::status::Word;
use crate::presence::time::{Moment, Since};
use crate::presence::verdict::Thresholds;
use crate::presence::watch_list::{UserIx, WatchList};
use crate::presence::written::{FAR, as_list, count, in_order, is_near, is_usual, time, users};

/// So many times of answers are remembered.
const TIMES_KEPT: usize = 120;

/// Everything that a roster holds beside its watch list. Users are places in that list; where they are
/// listed singly, each is listed once, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterState {
    /// For how long answers are good.
    pub freshness: Freshness,
    /// How long it takes to ask about everybody: where that is long, answers are good for longer.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub rounds: Rounds,
    /// Each batch of the list.
    pub batches: Vec<Batch>,
    /// What is said of each user while answers are fresh.
    pub words: Runs<Word>,
    /// When that began, of each user; nothing (`None`, 0) of one of whom nothing was ever said.
    pub since: Runs<Since>,
    /// The connections of those who had some, in the order of the server.
    pub open: Vec<(UserIx, Arc<[Tracked]>)>,
    /// Which of the open ones the sockets show no more: their places among the user's, the last answer
    /// that showed them and the first that did not. Counts for more than [`Tracked::unseen`].
    #[serde(default, skip_serializing_if = "is_usual")]
    pub unseen: Vec<UnseenAt>,
    /// The last connections that are gone, newest last, and when they had appeared.
    pub gone: Vec<(UserIx, Vec<(ConnId, Since)>)>,
    /// How those went, in the same order; of users of whom nothing is known of that none.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub departures: Vec<(UserIx, Vec<Departure>)>,
    /// Those whom the last answers left out.
    pub left_out: Vec<(UserIx, LeftOut)>,
    /// What the registry said of those of whom the sockets gave no new answer.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub by_registry: Vec<(UserIx, ByRegistry)>,
    /// Whom it called offline though the sockets had shown connections, until they are heard again.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub denied: Vec<(UserIx, Denied)>,
    /// What it lacks of those whom the sockets show.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub lacking: Vec<(UserIx, Lacking)>,
    /// Whose last login it has not confirmed.
    #[serde(default, skip_serializing_if = "is_usual", deserialize_with = "users")]
    pub logins: Vec<UserIx>,
    /// How often it was asked about a user whom the sockets show.
    #[serde(default, skip_serializing_if = "is_usual", deserialize_with = "count")]
    pub compared: u32,
    /// How far the server's clock is from ours.
    pub clock: ServerClock,
    /// How long the last answers took in milliseconds, oldest first.
    pub took_ms: Vec<u32>,
    /// When the newest answer arrived.
    pub last_answer: Option<Moment>,
    /// When the newest session token ever seen says it was issued, unix seconds.
    pub newest_issued: Option<i64>,
    /// How many transitions there have been.
    #[serde(deserialize_with = "time")]
    pub transitions: u64,
    /// What is not certain, of whom.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub doubts: Vec<(UserIx, Recheck)>,
    /// Those whom the server does not have, by `account_check`.
    #[serde(default, skip_serializing_if = "is_usual", deserialize_with = "users")]
    pub unregistered: Vec<UserIx>,
    /// Losses of view that are not over.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub losses: Vec<Loss>,
    /// How many losses of view there have been.
    #[serde(default, skip_serializing_if = "is_usual", deserialize_with = "count")]
    pub losses_so_far: u32,
    /// From when to when, on the monotonic clock, the last ones were that are over.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub lossy: Vec<(u64, u64)>,
    /// The witnesses beside the sockets.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub witnesses: Witnesses,
    /// Who of many was asked about in the first round, where that is not over.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub drawn: Drawn,
    /// Those of whom it was decided that they are offline, and who are to be told.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub believed: Vec<UserIx>,
    /// When the registry answered last.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub registry_heard: Option<Moment>,
    /// Since when it gives no answers.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub registry_fails: Option<Moment>,
    /// What the verdict turns on; recordings from before there were witnesses leave it out.
    #[serde(default)]
    pub thresholds: Thresholds,
}

/// A place among the connections of a user, and what is said of it: see [`Unseen`].
type UnseenAt = (UserIx, u32, Option<Answered>, Answered);

/// The first answer without a connection, the number of the event that said so (0: not known), and those
/// of the user's offline that came with it: see [`Gone`].
type Departure = (Moment, u64, Option<(u64, Since)>);

// What the sockets show no more is listed beside.
as_list!(Tracked: connection, since; else unseen: None);

impl Roster {
    /// Everything that it holds, to begin from again with [`Roster::restore`].
    pub fn state(&self) -> RosterState {
        let since = |(word, since): (&Word, Since)| match word {
            Word::Silent => Since { after_ms: None, before_ms: 0 },
            _ => since,
        };
        let mut open: Vec<_> = self.open.iter().map(|(user, open)| (*user, Arc::clone(open))).collect();
        open.sort_unstable_by_key(|(user, _)| *user);
        let mut gone: Vec<_> = self.gone.iter().filter(|(_, gone)| !gone.is_empty()).collect();
        gone.sort_unstable_by_key(|(user, _)| **user);
        let appeared = |it: &Gone| (it.id.clone(), it.since);
        let is_known = |it: &Gone| it.dropped != Moment::default() || it.event != 0 || it.offline.is_some();
        let known = gone.iter().filter(|(_, all)| all.iter().any(is_known));
        let departure = |it: &Gone| (it.dropped, it.event, it.offline);
        let departures = known.map(|(user, all)| (**user, all.iter().map(departure).collect())).collect();
        let places = open.iter().flat_map(|(user, all)| (0..).zip(all.iter()).map(|it| (*user, it)));
        let unseen = places.filter_map(|(user, (place, it)): (UserIx, (u32, &Tracked))| {
            it.unseen.as_ref().map(|it| (user, place, it.last, it.dropped))
        });
        let unseen = unseen.collect();
        RosterState {
            freshness: self.freshness,
            rounds: self.rounds.clone(),
            batches: self.batches.all().to_vec(),
            words: self.words.iter().copied().collect(),
            since: self.words.iter().zip(self.since.iter()).map(since).collect(),
            unseen,
            open,
            gone: gone.iter().map(|(user, all)| (**user, all.iter().map(appeared).collect())).collect(),
            departures,
            left_out: self.left_out.iter().map(|(user, left_out)| (*user, *left_out)).collect(),
            denied: self.denied().map(|(user, it)| (user, it.clone())).collect(),
            by_registry: self.silent.iter().map(|(user, it)| (user, *it)).collect(),
            lacking: self.lacks.iter().map(|(user, it)| (user, it.clone())).collect(),
            logins: self.lacks.logins().collect(),
            compared: self.compared,
            clock: self.clock,
            took_ms: self.latency.last(TIMES_KEPT).collect(),
            last_answer: self.last_answer,
            newest_issued: self.tally.newest_issued(),
            transitions: self.transitions,
            doubts: self.doubts.iter().map(|(user, doubt)| (user, doubt.clone())).collect(),
            unregistered: self.unregistered.iter().copied().collect(),
            losses: self.all_losses().cloned().collect(),
            losses_so_far: self.losses_so_far,
            lossy: self.lossy.iter().copied().collect(),
            witnesses: self.witnesses.clone(),
            drawn: self.sample.drawn.clone(),
            believed: self.sample.believed.clone(),
            registry_heard: self.registry_heard,
            registry_fails: self.registry_fails,
            thresholds: self.thresholds,
        }
    }

    /// A roster that goes on from what another one held about the same watch list.
    ///
    /// # Errors
    /// What does not fit the list or itself, as the end of a sentence: a state that was not written by
    /// [`Roster::state`] may say anything.
    pub fn restore(list: Arc<WatchList>, state: RosterState) -> Result<Roster, &'static str> {
        let RosterState { batches, mut open, left_out, doubts, unregistered, .. } = state;
        let (words, since) = (state.words.spread(list.len())?, state.since.spread(list.len())?);
        place_unseen(&mut open, state.unseen)?;
        let gone = with_departures(state.gone, state.departures)?;
        losses_fit(&state.losses, state.losses_so_far, &doubts)?;
        if batches.len() != list.batches() as usize {
            return Err("the number of batches is not that of the watch list");
        }
        let fits = ascending(open.iter().map(|(user, _)| *user), &list)
            && ascending(gone.iter().map(|(user, _)| *user), &list)
            && ascending(left_out.iter().map(|(user, _)| *user), &list)
            && ascending(state.lacking.iter().map(|(user, _)| *user), &list)
            && ascending(state.logins.iter().copied(), &list)
            && ascending(state.by_registry.iter().map(|(user, _)| *user), &list)
            && ascending(state.denied.iter().map(|(user, _)| *user), &list)
            && ascending(doubts.iter().map(|(user, _)| *user), &list)
            && ascending(unregistered.iter().copied(), &list)
            && ascending(state.drawn.users(), &list)
            && state.believed.iter().all(|user| user.at() < list.len());
        if !fits {
            return Err("a user is out of place");
        }
        if gone.iter().any(|(_, gone)| gone.len() > GONE_KEPT) || state.took_ms.len() > TIMES_KEPT {
            return Err("more is remembered than is ever kept");
        }
        if state.witnesses.signs.len() > MOST_GATEWAYS {
            return Err("more gateways are remembered than ever are");
        }
        let doubts: BTreeMap<UserIx, Recheck> = doubts.into_iter().collect();
        let unregistered: BTreeSet<UserIx> = unregistered.into_iter().collect();
        if !words_fit(&words, &doubts, &unregistered) {
            return Err("what is said of a user is not what the witnesses said");
        }
        let is_unseen = |open: &[Tracked]| open.iter().any(|tracked| tracked.unseen.is_some());
        if open.iter().any(|(user, open)| is_unseen(open) && !doubts.contains_key(user)) {
            return Err("a connection is not seen of a user who is not in doubt");
        }
        let mut roster = Roster::new(list, state.freshness, Moment::default());
        roster.rounds = state.rounds;
        let silent = |batch: u32| Standings::silent(roster.list.batch(batch).len() as u32);
        let batches =
            (0..).zip(batches).map(|(it, known)| Batch { standings: silent(it), ..known }).collect();
        roster.batches = Batches::new(batches);
        for (user, word) in (0..).map(UserIx).zip(words) {
            roster.recount(user, word);
        }
        for tracked in open.iter().flat_map(|(_, open)| open.iter()) {
            roster.tally.add(&tracked.connection);
        }
        roster.tally.issued(state.newest_issued);
        roster.since = since.into_iter().collect();
        roster.open = open.into_iter().filter(|(_, open)| !open.is_empty()).collect();
        roster.gone = gone.into_iter().collect();
        for (user, left_out) in left_out {
            roster.set_left_out(user, Some(left_out));
        }
        roster.clock = state.clock;
        for took_ms in state.took_ms {
            roster.latency.observe(u64::from(took_ms));
        }
        roster.last_answer = state.last_answer;
        roster.transitions = state.transitions;
        let listed: HashSet<u32> = state.losses.iter().map(|loss| loss.number).collect();
        roster.doubts = Doubts::new(state.thresholds.leaving_ms);
        for (user, mut doubt) in doubts {
            doubt.loss = doubt.loss.filter(|number| listed.contains(number));
            roster.set_doubt(user, Some(doubt));
        }
        for (user, it) in state.by_registry {
            roster.set_by_registry(user, Some(it));
        }
        for (user, it) in state.denied {
            roster.set_denied(user, Some(it));
        }
        for (user, it) in state.lacking {
            in_order(&it.platforms, |platform| *platform)?;
            roster.lacks.set(user, Some(it));
        }
        state.logins.into_iter().for_each(|user| roster.lacks.login(user));
        roster.compared = state.compared;
        roster.unregistered = unregistered;
        let told: HashSet<UserIx> = state.believed.iter().copied().collect();
        let is_left = |user: &UserIx| roster.words[user.at()] == Word::Unchecked && !told.contains(user);
        roster.sample.rest = roster.list.users().filter(is_left).collect();
        roster.sample.believed = state.believed;
        roster.sample.drawn = state.drawn;
        roster.registry_heard = state.registry_heard;
        roster.registry_fails = state.registry_fails;
        (roster.losses, roster.drops) = state.losses.into_iter().partition(|loss| loss.suspected);
        roster.losses_so_far = state.losses_so_far;
        if state.lossy.len() > LOSSES_KEPT
            || !state.lossy.iter().all(|(from, to)| is_near(*from) && is_near(*to))
        {
            return Err("losses of view that are over, more than are kept or too far away");
        }
        roster.lossy = state.lossy.into();
        roster.witnesses = state.witnesses;
        roster.thresholds = state.thresholds;
        roster.come_back_to_all();
        Ok(roster)
    }
}

/// Says of the open connections which ones the sockets show no more; those are in the same order.
fn place_unseen(open: &mut [(UserIx, Arc<[Tracked]>)], unseen: Vec<UnseenAt>) -> Result<(), &'static str> {
    let mut users = open.iter_mut().peekable();
    let mut before = None;
    for (user, place, last, dropped) in unseen {
        while users.next_if(|(it, _)| *it != user).is_some() {}
        let all = users.peek_mut().filter(|_| before.replace((user, place)) < Some((user, place)));
        let tracked = all.and_then(|(_, all)| Arc::make_mut(all).get_mut(place as usize));
        tracked.ok_or("a connection that is not seen, and not open")?.unseen =
            Some(Arc::new(Unseen { last, dropped }));
    }
    Ok(())
}

/// The connections that are gone, each with how it went.
fn with_departures(
    gone: Vec<(UserIx, Vec<(ConnId, Since)>)>,
    departures: Vec<(UserIx, Vec<Departure>)>,
) -> Result<Vec<(UserIx, VecDeque<Gone>)>, &'static str> {
    let mut departures = departures.into_iter().peekable();
    let mut all = Vec::with_capacity(gone.len());
    for (user, gone) in gone {
        let known = departures.next_if(|(it, _)| *it == user).map(|(_, known)| known);
        let known = known.unwrap_or_else(|| vec![Departure::default(); gone.len()]);
        if known.len() != gone.len() {
            return Err("not as many departures as connections that are gone");
        }
        if known.iter().any(|(_, event, offline)| !is_near(*event) || !is_near(offline.map(|it| it.0))) {
            return Err(FAR);
        }
        let gone = gone.into_iter().zip(known);
        let gone =
            gone.map(|((id, since), (dropped, event, offline))| Gone { id, since, dropped, event, offline });
        all.push((user, gone.collect()));
    }
    if departures.next().is_some() { Err("a departure of nobody") } else { Ok(all) }
}

/// Whether each loss of view is there once, and what is in doubt is part of one that has been.
fn losses_fit(losses: &[Loss], so_far: u32, doubts: &[(UserIx, Recheck)]) -> Result<(), &'static str> {
    for (_, doubt) in doubts {
        if doubt.loss.is_some_and(|number| !(1..=so_far).contains(&number)) {
            return Err("a doubt about a loss of view that never was");
        }
        in_order(&doubt.platforms, |platform| *platform)?;
        in_order(doubt.listed.as_deref().unwrap_or_default(), |(platform, _)| *platform)?;
    }
    let mut numbers = BTreeSet::new();
    let mut fits = |loss: &Loss| (1..=so_far).contains(&loss.number) && numbers.insert(loss.number);
    losses.iter().all(&mut fits).then_some(()).ok_or("a loss of view that never was, or is there twice")
}

/// Whether what is said of each user is what follows from the doubts, and from whom the server lacks.
fn words_fit(words: &[Word], doubts: &BTreeMap<UserIx, Recheck>, unregistered: &BTreeSet<UserIx>) -> bool {
    let said = |user: &UserIx| words.get(user.at()).copied().unwrap_or_default();
    let follows = |(user, doubt): (&UserIx, &Recheck)| match Word::of(doubt.verdict.presence) {
        Word::Offline if unregistered.contains(user) => said(user) == Word::Unregistered,
        word => said(user) == word,
    };
    let count = |word: Word| words.iter().filter(|it| **it == word).count();
    let doubtful = doubts.keys().filter(|user| said(user) == Word::Doubtful).count();
    let lacking = unregistered.iter().filter(|user| said(user) == Word::Unregistered).count();
    doubts.iter().all(follows)
        && unregistered.iter().all(|user| !matches!(said(user), Word::Offline | Word::Sampled))
        && count(Word::Doubtful) == doubtful
        && count(Word::Unregistered) == lacking
}

/// Whether these are users of the list, each once and in order.
fn ascending(users: impl Iterator<Item = UserIx> + Clone, list: &WatchList) -> bool {
    users.clone().all(|user| user.at() < list.len()) && users.clone().zip(users.skip(1)).all(|(a, b)| a < b)
}
