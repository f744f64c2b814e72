//! The places of a run that somebody who looks back steers for: ends of rounds, incidents, and how many
//! were online in between.
//!
//! Bounded, however long the run: ends of rounds and incidents are dropped from the oldest on, the
//! curve loses every other point.

use std::collections::{BTreeSet, VecDeque};

use super::chronicle::Chronicle;
use super::findings::{About, Severity};
use super::input::Input;
use super::knowledge::News;
use super::roster::Totals;
use super::state::Presence;
use super::time::Moment;
use super::timeline::Event;
use super::transition::{Transition, What};
use super::watch_list::UserIx;

/// Ends of rounds that are kept: a month at two seconds each.
const ROUNDS: usize = 1_500_000;
/// Incidents that are kept.
const INCIDENTS: usize = 10_000;
/// Points of the curve; with more every other one is dropped.
const POINTS: usize = 2_048;
/// What happens within so many milliseconds of an incident's last event belongs to it.
const QUIET_MS: u64 = 10_000;
/// So many users who leave at one moment are an incident.
const MANY: usize = 3;

/// Something that somebody who looks back wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// When it began.
    pub at: Moment,
    /// How serious the worst of it is.
    pub severity: Severity,
    /// What it began with, in a few words; names no user.
    pub what: String,
    /// Its last event so far, on the monotonic clock.
    last_ms: u64,
}

/// How many were online at the end of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When, on the monotonic clock.
    pub at_ms: u64,
    /// Online or in background.
    pub online: u32,
    /// Unknown.
    pub unknown: u32,
    /// All who were watched.
    pub watched: u32,
}

/// The places of a run to steer for.
#[derive(Clone, Debug, Default)]
pub struct Landmarks {
    begin: Option<Moment>,
    end: Moment,
    rounds: VecDeque<u64>,
    /// Batches heard of since the last round ended.
    heard: BTreeSet<u32>,
    incidents: VecDeque<Incident>,
    points: Vec<Point>,
    /// Two points of the curve are at least so far apart.
    apart_ms: u64,
}

impl Landmarks {
    /// Notes what followed from an input, which `chronicle` has taken already.
    pub fn note(&mut self, input: Option<&Input>, news: &News, chronicle: &Chronicle) {
        let now = chronicle.now();
        self.begin.get_or_insert(now);
        match input {
            Some(Input::Observed(observation)) => {
                // One that is heard of again before all others were begins the next round.
                if !self.heard.insert(observation.batch) {
                    self.end_round(self.end, chronicle);
                    self.heard.insert(observation.batch);
                }
                if self.heard.len() >= chronicle.roster().batches().len() {
                    self.end_round(now, chronicle);
                }
            }
            Some(Input::Rebased(_)) => self.end_round(now, chronicle),
            _ => {}
        }
        self.end = now;
        for (severity, what) in notable(news, chronicle) {
            self.incident(now, severity, what);
        }
    }

    /// When the run began and until when it is known.
    pub fn span(&self) -> Option<(Moment, Moment)> {
        self.begin.map(|begin| (begin, self.end))
    }

    /// The end of the last round before this moment, on the monotonic clock.
    pub fn round_before(&self, at_ms: u64) -> Option<u64> {
        let place = self.rounds.partition_point(|round| *round < at_ms);
        place.checked_sub(1).and_then(|place| self.rounds.get(place)).copied()
    }

    /// The end of the first round after this moment, on the monotonic clock.
    pub fn round_after(&self, at_ms: u64) -> Option<u64> {
        self.rounds.get(self.rounds.partition_point(|round| *round <= at_ms)).copied()
    }

    /// The incidents, oldest first.
    pub fn incidents(&self) -> impl DoubleEndedIterator<Item = &Incident> + ExactSizeIterator {
        self.incidents.iter()
    }

    /// The last incident that began before this moment, on the monotonic clock.
    pub fn incident_before(&self, at_ms: u64) -> Option<&Incident> {
        let place = self.incidents.partition_point(|incident| incident.at.mono_ms < at_ms);
        place.checked_sub(1).and_then(|place| self.incidents.get(place))
    }

    /// The first incident that began after this moment, on the monotonic clock.
    pub fn incident_after(&self, at_ms: u64) -> Option<&Incident> {
        self.incidents.get(self.incidents.partition_point(|incident| incident.at.mono_ms <= at_ms))
    }

    /// How many were online over time, oldest first.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Forgets what was before this moment, on the monotonic clock.
    pub fn forget(&mut self, until: Moment) {
        self.begin = self.begin.map(|begin| begin.max(until));
        self.rounds.drain(..self.rounds.partition_point(|round| *round < until.mono_ms));
        self.incidents.drain(..self.incidents.partition_point(|it| it.at.mono_ms < until.mono_ms));
        self.points.drain(..self.points.partition_point(|point| point.at_ms < until.mono_ms));
    }

    fn end_round(&mut self, at: Moment, chronicle: &Chronicle) {
        self.heard.clear();
        if self.rounds.back().is_some_and(|last| *last >= at.mono_ms) {
            return;
        }
        if self.rounds.len() == ROUNDS {
            self.rounds.pop_front();
        }
        self.rounds.push_back(at.mono_ms);
        let is_due = self.points.last().is_none_or(|last| at.mono_ms - last.at_ms >= self.apart_ms.max(1));
        if is_due {
            let Totals { watched, online, background, unknown, .. } = chronicle.roster().totals(at);
            self.points.push(Point { at_ms: at.mono_ms, online: online + background, unknown, watched });
        }
        if self.points.len() > POINTS {
            let mut keep = false;
            self.points.retain(|_| {
                keep = !keep;
                keep
            });
            let span = self.points.last().map_or(0, |last| last.at_ms - self.points[0].at_ms);
            self.apart_ms = span / (POINTS as u64 / 2);
        }
    }

    fn incident(&mut self, at: Moment, severity: Severity, what: String) {
        if let Some(last) = self.incidents.back_mut()
            && at.mono_ms.saturating_sub(last.last_ms) <= QUIET_MS
        {
            last.last_ms = at.mono_ms;
            last.severity = last.severity.max(severity);
            return;
        }
        if self.incidents.len() == INCIDENTS {
            self.incidents.pop_front();
        }
        self.incidents.push_back(Incident { at, severity, what, last_ms: at.mono_ms });
    }
}

/// What in the news is an incident: a batch without answers, many who leave at once, a warning about
/// what was not so when it was first seen.
fn notable(news: &News, chronicle: &Chronicle) -> Vec<(Severity, String)> {
    let mut found = Vec::new();
    for event in &news.noted {
        if let Event::Feed { trouble: Some(trouble), .. } = event {
            found.push((Severity::Warning, trouble.to_string()));
        }
    }
    let left = news.transitions.iter().filter(|it| leaves(it)).count();
    if left >= MANY {
        found.push((Severity::Warning, format!("{left} users left at once")));
    }
    let list = chronicle.roster().list();
    let is_met = |user: UserIx| {
        let mut first = news.transitions.iter().filter(|transition| transition.is_first_sight());
        first.any(|transition| transition.user.raw() == list.raw_id(user))
    };
    for finding in news.raised.iter().chain(&news.worsened) {
        let is_news = match finding.about {
            About::User(user) => !is_met(user),
            About::Server => true,
        };
        if finding.severity > Severity::Info && is_news {
            found.push((finding.severity, finding.rule.name().to_owned()));
        }
    }
    found
}

/// Whether a user is connected no more, as far as is known.
fn leaves(transition: &Transition) -> bool {
    let is_there = |presence| matches!(presence, Presence::Online | Presence::Background);
    match transition.what {
        What::Presence { from, to } => is_there(from) && !is_there(to) && !transition.is_first_sight(),
        _ => false,
    }
}
