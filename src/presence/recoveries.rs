//! Many users who were lost at about the same time and are back: a gateway hung, was out of reach, or sent its clients
//! away. That has one cause, so it is told once, and not again of each of them.
//!
//! A user is back when a connection that had been left out is shown again, when another one took its place, or within
//! a minute of going offline. Costs as much as there are transitions, and a place for each who came back in the last
//! half minute.

use std::collections::{HashSet, VecDeque};

use super::history::History;
use super::roster::Roster;
use super::time::Moment;
use super::transition::{Change, Transition};
use super::watch_list::UserIx;

/// Returns so close together, in milliseconds, have one cause: clients that lost their gateway try again for so long.
const WITHIN_MS: u64 = 30_000;
/// Who is offline for longer, in milliseconds, has more likely left and come on their own.
const SOON_MS: u64 = 60_000;
/// What began longer ago, in milliseconds, is no part of it.
const REACH_MS: u64 = 10 * 60_000;
/// So many users at least: a few come and go at any time.
const LEAST: usize = 10;
/// And so many percent of those who are connected: of a long list more do.
const PERCENT: usize = 3;
/// So many are remembered, each for so many milliseconds: no rule looks further back.
const KEPT: usize = 32;
const KEPT_MS: u64 = 30 * 60_000;

/// Many users who were lost at about the same time and are back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Counts those of a run, from 1.
    pub number: u32,
    /// The first of them was lost then.
    pub begun: Moment,
    /// The last of them came back then, so far.
    pub last: Moment,
    /// Whether no more come.
    pub is_over: bool,
    /// Users who came back with a connection of before: they had been connected all the time.
    pub same: u32,
    /// Users who came back with others.
    pub anew: u32,
}

/// A user who is back.
#[derive(Clone, Copy, Debug)]
struct Return {
    user: UserIx,
    lost_ms: u64,
    at_ms: u64,
    is_same: bool,
}

/// Who came back of late, and what that was part of.
#[derive(Clone, Debug, Default)]
pub(super) struct Recoveries {
    /// Of the last half minute, oldest first.
    returns: VecDeque<Return>,
    /// The last one may go on.
    all: Vec<Recovery>,
    /// Who is counted in it.
    users: HashSet<UserIx>,
    /// It took so many.
    enough: usize,
    so_far: u32,
}

impl Recoveries {
    /// Those of the last half hour, oldest first.
    pub(super) fn all(&self) -> &[Recovery] {
        &self.all
    }

    /// From when to when they were, on the monotonic clock.
    pub(super) fn times(&self, now: Moment) -> impl Iterator<Item = (u64, u64)> {
        self.all.iter().map(move |it| (it.begun.mono_ms, if it.is_over { it.last } else { now }.mono_ms))
    }

    /// Takes what happened; `roster` and `history` are as they are after that. Gives those of whom something may have
    /// been found that belongs to one.
    pub(super) fn follow(
        &mut self,
        transitions: &[Transition],
        roster: &Roster,
        history: &History,
        now: Moment,
    ) -> Vec<UserIx> {
        self.pass(now);
        let before = self.returns.len();
        for story in transitions.chunk_by(|one, next| one.user == next.user) {
            let user = story.first().and_then(|first| roster.list().find(first.user.raw()));
            self.returns.extend(user.and_then(|user| returned(user, story, history)));
        }
        if self.is_open() {
            for at in before..self.returns.len() {
                self.count(self.returns[at], now);
            }
            return Vec::new();
        }
        let enough = LEAST.max(roster.connected_users() as usize * PERCENT / 100);
        if before == self.returns.len() || self.returns.len() < enough {
            return Vec::new();
        }
        let users: HashSet<UserIx> = self.returns.iter().map(|it| it.user).collect();
        if users.len() < enough {
            return Vec::new();
        }
        self.so_far += 1;
        self.enough = enough;
        let recovery =
            Recovery { number: self.so_far, begun: now, last: now, is_over: false, same: 0, anew: 0 };
        self.all.drain(..(self.all.len() + 1).saturating_sub(KEPT));
        self.all.push(recovery);
        for at in 0..self.returns.len() {
            self.count(self.returns[at], now);
        }
        let mut users: Vec<UserIx> = users.into_iter().collect();
        users.sort_unstable();
        users
    }

    /// The users are at other places of the watch list now.
    pub(super) fn rebase(&mut self) {
        self.returns.clear();
        self.close();
    }

    /// When time alone ends the one that goes on, on the monotonic clock.
    pub(super) fn next_change(&self) -> Option<u64> {
        let first = self.returns.front().filter(|_| self.is_open())?;
        Some(first.at_ms.saturating_add(WITHIN_MS))
    }

    fn is_open(&self) -> bool {
        self.all.last().is_some_and(|it| !it.is_over)
    }

    fn close(&mut self) {
        if let Some(recovery) = self.all.last_mut() {
            recovery.is_over = true;
        }
        self.users = HashSet::new();
    }

    fn pass(&mut self, now: Moment) {
        let is_old = |it: &Return| now.mono_ms.saturating_sub(it.at_ms) >= WITHIN_MS;
        while self.returns.front().is_some_and(is_old) {
            self.returns.pop_front();
        }
        if self.is_open() && self.returns.len() * 2 < self.enough {
            self.close();
        }
        self.all.retain(|it| !it.is_over || now.since(it.last) < KEPT_MS);
    }

    /// This one is part of the one that goes on.
    fn count(&mut self, it: Return, now: Moment) {
        let Some(recovery) = self.all.last_mut() else { return };
        let at = |mono_ms: u64| Moment { mono_ms, unix_ms: now.unix_ms_at(mono_ms) };
        let lost_ms = it.lost_ms.max(recovery.last.mono_ms.saturating_sub(REACH_MS));
        recovery.begun = recovery.begun.min(at(lost_ms));
        recovery.last = recovery.last.max(at(it.at_ms));
        if self.users.insert(it.user) {
            let count = if it.is_same { &mut recovery.same } else { &mut recovery.anew };
            *count += 1;
        }
    }
}

/// Whether the user is back by what happened at one moment.
fn returned(user: UserIx, story: &[Transition], history: &History) -> Option<Return> {
    let at_ms = story.first()?.before.mono_ms;
    // In a time without answers many may have come and gone, each on their own.
    let is_blind = story
        .iter()
        .any(|it| matches!(it.what, Change::Presence { from, .. } if from.is_unknown() && !from.is_doubt()));
    let lost = |it: &Transition| match &it.what {
        Change::SeenAgain { absent_ms, .. } => Some((true, at_ms.saturating_sub(*absent_ms))),
        Change::Replaced { .. } if !is_blind => {
            let after_ms = it.after?.mono_ms;
            (at_ms.saturating_sub(after_ms) <= SOON_MS).then_some((false, after_ms))
        }
        _ => None,
    };
    // That a connection had been there all the time says the most.
    let by_connection = story.iter().filter_map(lost).max_by_key(|(is_same, _)| *is_same);
    let (is_same, lost_ms) = by_connection.or_else(|| {
        let comes = |it: &Transition| matches!(it.what, Change::Connected(_));
        if is_blind || !story.iter().any(comes) {
            return None;
        }
        let mut flips = history.of(user).flipped_ms().collect::<Vec<u64>>().into_iter().rev();
        let (back, gone) = (flips.next()?, flips.next()?);
        (back == at_ms && back - gone <= SOON_MS).then_some((false, gone))
    })?;
    Some(Return { user, lost_ms, at_ms, is_same })
}
