//! The places of a run that somebody who looks back steers for: ends of rounds, incidents, and how many
//! were online in between.
//!
//! Bounded, however long the run: ends of rounds and incidents are dropped from the oldest on, the
//! curve loses every other point.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use super::chronicle::Chronicle;
use super::findings::{About, Finding, Severity};
use super::input::Input;
use super::knowledge::News;
use super::roster::Totals;
use super::state::{Presence, Why};
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
/// What happens again within so many milliseconds is still the same.
const QUIET_MS: u64 = 10_000;
/// What else happens within so many milliseconds of the beginning of an incident belongs to it.
const SUDDEN_MS: u64 = 3_000;
/// So many users who leave at one moment are an incident.
const MANY: usize = 3;

/// Something that somebody who looks back wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// When it began.
    pub at: Moment,
    /// How serious the worst of it is.
    pub severity: Severity,
    /// What the worst of it is, in a few words; names no user.
    pub what: String,
}

/// A part of an incident: what it is, which is the same while it goes on, and how it is told.
struct Notable {
    severity: Severity,
    kind: &'static str,
    what: String,
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
    /// When each kind of thing happened last, on the monotonic clock.
    last: BTreeMap<&'static str, u64>,
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
        for notable in notable(news, chronicle) {
            self.incident(now, notable);
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

    fn incident(&mut self, at: Moment, notable: Notable) {
        let Notable { severity, kind, what } = notable;
        let before = self.last.insert(kind, at.mono_ms);
        if before.is_some_and(|before| at.mono_ms.saturating_sub(before) <= QUIET_MS) {
            return; // it goes on
        }
        if let Some(last) = self.incidents.back_mut()
            && at.since(last.at) <= SUDDEN_MS
        {
            if severity > last.severity {
                (last.severity, last.what) = (severity, what);
            }
            return;
        }
        if self.incidents.len() == INCIDENTS {
            self.incidents.pop_front();
        }
        self.incidents.push_back(Incident { at, severity, what });
    }
}

/// What in the news is an incident: a batch without answers, many who leave or become unknown at once,
/// a warning about what was not so when it was first seen.
fn notable(news: &News, chronicle: &Chronicle) -> Vec<Notable> {
    let mut found = Vec::new();
    for event in &news.noted {
        if let Event::Feed { trouble: Some(trouble), .. } = event {
            found.push(Notable { severity: Severity::Warning, kind: "feed", what: trouble.to_string() });
        }
    }
    let left = left(&news.transitions);
    if left >= MANY {
        let what = format!("{left} users went offline at once");
        found.push(Notable { severity: Severity::Warning, kind: "left", what });
    }
    let lost: Vec<Why> = news.transitions.iter().filter_map(lost).collect();
    if let Some(why) = lost.first().filter(|_| lost.len() >= MANY) {
        let what = format!("{} users unknown: {why}", lost.len());
        found.push(Notable { severity: Severity::Warning, kind: "lost", what });
    }
    let list = chronicle.roster().list();
    let serious = |finding: &&Finding| finding.severity > Severity::Info;
    let mut findings = news.raised.iter().chain(&news.worsened).filter(serious).peekable();
    if findings.peek().is_none() {
        return found;
    }
    let first = news.transitions.iter().filter(|transition| transition.is_first_sight());
    let met: HashSet<UserIx> = first.filter_map(|transition| list.find(transition.user.raw())).collect();
    for finding in findings {
        if !matches!(finding.about, About::User(user) if met.contains(&user)) {
            let (severity, kind) = (finding.severity, finding.rule.name());
            found.push(Notable { severity, kind, what: kind.to_owned() });
        }
    }
    found
}

fn is_there(presence: Presence) -> bool {
    matches!(presence, Presence::Online | Presence::Background)
}

/// How many are offline now who were connected when they were last heard of.
fn left(transitions: &[Transition]) -> usize {
    let same_user = |one: &Transition, next: &Transition| one.user == next.user;
    let leaves = |story: &&[Transition]| {
        let Some((first, rest)) = story.split_first() else { return false };
        match first.what {
            What::Presence { from, to: Presence::Offline } if from.is_unknown() => {
                rest.iter().any(|next| matches!(next.what, What::Disconnected(_)))
            }
            What::Presence { from, to: Presence::Offline } => is_there(from),
            _ => false,
        }
    };
    transitions.chunk_by(same_user).filter(leaves).count()
}

/// Why a user is unknown now who was connected.
fn lost(transition: &Transition) -> Option<Why> {
    match transition.what {
        What::Presence { from, to: Presence::Unknown(why) } if is_there(from) => {
            (!transition.is_first_sight()).then_some(why)
        }
        _ => None,
    }
}
