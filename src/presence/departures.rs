//! Who has left of late: how many users were connected at most in the last minutes, how many of them are
//! gone by agreement of all sources, and where they were.
//!
//! A user counts as connected while the roster keeps a connection: that of somebody who is unknown stays
//! there, so unknown is never counted as left. Users of a gateway that has died are told by the loss of
//! view, and are no part of this.
//!
//! Costs as much as there are transitions, and a place for each ten seconds of the window.

use std::collections::{BTreeMap, VecDeque};

use super::findings::alert_thresholds;
use super::platform::Platform;
use super::roster::Roster;
use super::time::Moment;
use super::transition::{Change, Transition};

/// The window moves on by so many milliseconds.
const STEP_MS: u64 = 10_000;
const STEPS: u64 = alert_thresholds::DROP_WINDOW_MS / STEP_MS;

/// So long it has to be well before a wave is over: what goes to and fro is one wave.
const SETTLED_MS: u64 = 120_000;

/// Many who left within a short time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departed {
    /// How many fewer were connected when it was worst.
    pub users: u32,
    /// Than were connected before.
    pub of: u32,
    /// How many more are connected now than when it was worst.
    pub back: u32,
    /// From the last answer with the first of them to the first one without the last of them.
    pub within_ms: u64,
    /// What they were connected with, most first; somebody may have had several.
    pub platforms: Vec<(Platform, u32)>,
    /// The group that had the most of them, and how many; visible-safe.
    pub group: Option<(Box<str>, u32)>,
}

/// Connected users over the last minutes, and a wave of them who leave.
#[derive(Clone, Debug, Default)]
pub(super) struct Departures {
    /// Falling, oldest first: what is behind a higher one says nothing.
    peaks: VecDeque<Peak>,
    connected: u32,
    last_left_ms: u64,
    wave: Option<Wave>,
}

/// So many were connected, and no more later.
#[derive(Clone, Debug)]
struct Peak {
    step: u64,
    connected: u32,
    /// Who left since, up to the next peak.
    left: Leavers,
}

/// Who left, less those who came.
#[derive(Clone, Debug, Default)]
struct Leavers {
    platforms: BTreeMap<Platform, i64>,
    groups: BTreeMap<Box<str>, i64>,
    first_ms: Option<u64>,
}

#[derive(Clone, Debug)]
struct Wave {
    departed: Departed,
    /// Since when too few are missing for it, on the monotonic clock.
    settled_since: Option<u64>,
}

impl Departures {
    /// Begins with those who are connected now.
    pub(super) fn of(roster: &Roster) -> Departures {
        Departures { connected: roster.connected_users(), ..Departures::default() }
    }

    /// The wave of the moment.
    pub(super) fn wave(&self) -> Option<&Departed> {
        self.wave.as_ref().map(|wave| &wave.departed)
    }

    /// Takes what happened; `roster` is as it is after that.
    pub(super) fn follow(&mut self, transitions: &[Transition], roster: &Roster, now: Moment) {
        self.pass(now);
        let mut told_elsewhere = 0;
        for story in transitions.chunk_by(|one, next| one.user == next.user) {
            told_elsewhere += u32::from(self.take(story, roster, now));
        }
        self.lower(told_elsewhere);
        self.connected = roster.connected_users();
        self.peak(now.mono_ms / STEP_MS);
        self.judge(now);
    }

    /// The watch list is another: who is on it no more has not left.
    pub(super) fn rebase(&mut self, roster: &Roster, now: Moment) {
        self.pass(now);
        self.lower(self.connected.saturating_sub(roster.connected_users()));
        self.judge(now);
    }

    /// When time alone changes the wave, on the monotonic clock.
    pub(super) fn next_change(&self) -> Option<u64> {
        match self.wave.as_ref()?.settled_since {
            Some(since) => Some(since.saturating_add(SETTLED_MS)),
            None => self.peaks.front().map(|peak| (peak.step + STEPS) * STEP_MS),
        }
    }

    /// Lets the window move on; so many were connected all the time.
    fn pass(&mut self, now: Moment) {
        let step = now.mono_ms / STEP_MS;
        while self.peaks.front().is_some_and(|peak| peak.step + STEPS <= step) {
            self.peaks.pop_front();
        }
        if self.peaks.back().is_none_or(|peak| peak.step != step) {
            self.peak(step);
        }
    }

    /// Notes how many are connected in this step.
    fn peak(&mut self, step: u64) {
        if self.peaks.back().is_some_and(|peak| peak.step == step && peak.connected > self.connected) {
            return;
        }
        while self.peaks.back().is_some_and(|peak| peak.connected <= self.connected) {
            let Some(lower) = self.peaks.pop_back() else { break };
            if let Some(higher) = self.peaks.back_mut() {
                higher.left.add(lower.left);
            }
        }
        self.peaks.push_back(Peak { step, connected: self.connected, left: Leavers::default() });
    }

    /// So many fewer were connected all the time.
    fn lower(&mut self, by: u32) {
        if by == 0 {
            return;
        }
        for peak in &mut self.peaks {
            peak.connected = peak.connected.saturating_sub(by);
        }
        self.connected = self.connected.saturating_sub(by);
    }

    /// Takes what happened to one user; whether that the user left is told by a loss of view, not here.
    fn take(&mut self, story: &[Transition], roster: &Roster, now: Moment) -> bool {
        let user = story.first().and_then(|first| roster.list().find(first.user.raw()));
        let (Some(user), Some(peak)) = (user, self.peaks.back_mut()) else { return false };
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        let mut first_ms = None;
        for Transition { what, after, before, .. } in story {
            match what {
                Change::Disconnected(socket) => {
                    gone.push(socket.platform);
                    let at = after.unwrap_or(*before).mono_ms;
                    first_ms = Some(first_ms.map_or(at, |first: u64| first.min(at)));
                }
                Change::Connected(socket) | Change::SeenAgain { socket, .. } => come.push(socket.platform),
                _ => {}
            }
        }
        let open = roster.connections(user).len();
        let (platforms, by) = match open {
            0 if gone.is_empty() => return false,
            0 if roster.doubt(user).is_some() => return true,
            0 => (&mut gone, 1),
            open if come.len() < open => return false, // one of the others was there before
            _ => (&mut come, -1),
        };
        platforms.sort_unstable();
        platforms.dedup();
        let left = &mut peak.left;
        for platform in platforms {
            *left.platforms.entry(*platform).or_default() += by;
        }
        if let Some(group) = roster.list().group(user) {
            match left.groups.get_mut(group) {
                Some(count) => *count += by,
                None => drop(left.groups.insert(group.into(), by)),
            }
        }
        if by > 0 {
            left.first_ms = left.first_ms.into_iter().chain(first_ms).min();
            self.last_left_ms = now.mono_ms;
        }
        false
    }

    /// Whether many have left, and whether that is over.
    fn judge(&mut self, now: Moment) {
        let Some(of) = self.peaks.front().map(|peak| peak.connected) else { return };
        let users = of.saturating_sub(self.connected);
        if alert_thresholds::is_mass(users, of) {
            let is_worse = self.wave.as_ref().is_none_or(|wave| users > wave.departed.users);
            if is_worse {
                let departed = self.departed(users, of);
                self.wave = Some(Wave { departed, settled_since: None });
            } else if let Some(wave) = &mut self.wave {
                wave.settled_since = None;
            }
        } else if let Some(wave) = &mut self.wave {
            let since = *wave.settled_since.get_or_insert(now.mono_ms);
            if now.mono_ms.saturating_sub(since) >= SETTLED_MS {
                self.wave = None;
            }
        }
        if let Some(Wave { departed, .. }) = &mut self.wave {
            let missing = departed.of.saturating_sub(self.connected);
            departed.back = departed.users.saturating_sub(missing);
        }
    }

    fn departed(&self, users: u32, of: u32) -> Departed {
        let mut left = Leavers::default();
        for peak in &self.peaks {
            left.add(peak.left.clone());
        }
        let positive = |count: i64| u32::try_from(count).ok().filter(|count| *count > 0);
        let counted = left.platforms.iter().filter_map(|(it, count)| Some((*it, positive(*count)?)));
        let mut platforms: Vec<(Platform, u32)> = counted.collect();
        platforms.sort_by_key(|(platform, count)| (std::cmp::Reverse(*count), *platform));
        let counted = left.groups.into_iter().filter_map(|(it, count)| Some((it, positive(count)?)));
        Departed {
            users,
            of,
            back: 0,
            within_ms: self.last_left_ms.saturating_sub(left.first_ms.unwrap_or(self.last_left_ms)),
            platforms,
            group: counted.max_by_key(|(_, count)| *count),
        }
    }
}

impl Leavers {
    fn add(&mut self, later: Leavers) {
        for (platform, count) in later.platforms {
            *self.platforms.entry(platform).or_default() += count;
        }
        for (group, count) in later.groups {
            *self.groups.entry(group).or_default() += count;
        }
        self.first_ms = self.first_ms.into_iter().chain(later.first_ms).min();
    }
}
