//! When an alert fires and when it is over: a function of what is known and of time, as findings are.
//!
//! What is done about it is no business of this room. So a recording that is played, the picture of a moment ago
//! and a live server come to the same, and nothing is sent because somebody looks back.
//!
//! | it is | and the condition | then it is |
//! |---|---|---|
//! | quiet | holds | pending |
//! | pending | has held for `for`, and `again` has passed since it fired last | firing |
//! | pending | does not hold | quiet |
//! | pending | is undecided | pending; that time does not count |
//! | firing | does not hold | quiet: resolved |
//! | firing | is undecided | firing |
//!
//! Nothing is judged before the first round is over, nor before a new watch list was asked about once: till
//! then `unknown>0` would hold of itself.

use std::sync::Arc;

use super::alert::{AlertChange, AlertEvent, AlertRule};
use super::condition::{Nobody, measured};
use super::first_round::{FirstRound, Stage};
use super::knowledge::Knowledge;
use super::query::Truth;
use super::time::Moment;

/// Where nothing has changed conditions are judged again after so many milliseconds: ages pass.
const JUDGED_EVERY_MS: u64 = 1_000;

/// A condition that looks at each user is judged at most once in so many milliseconds for each user, so that
/// a long list does not cost more a second than a short one.
const USERS_A_MS: u64 = 100;

/// The registry's first words are waited for no longer than this, in milliseconds.
const PATIENCE_MS: u64 = 10_000;

/// All alerts, and how each of them stands.
#[derive(Clone, Debug, Default)]
pub struct Alerts {
    rules: Arc<[AlertRule]>,
    /// In the order of the rules.
    standings: Vec<Standing>,
    /// Until the first round is over.
    first: Option<FirstRound>,
    /// When conditions were judged last, on the monotonic clock.
    judged: Option<u64>,
    is_replayed: bool,
}

/// How one alert stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    phase: Phase,
    /// When it fired last, on the monotonic clock.
    fired_last: Option<u64>,
    /// When it was judged last.
    judged: Option<u64>,
    /// Whether it was said that it is about nobody.
    about_nobody: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Quiet,
    Pending {
        began: Moment,
        /// For so many milliseconds it held before it was undecided last.
        held_ms: u64,
        /// Since when it holds; none while it is undecided.
        holds_since: Option<u64>,
    },
    Firing {
        fired: Moment,
    },
}

impl Standing {
    /// Takes what the condition came to at `now`.
    fn take(&mut self, rule: &AlertRule, truth: Truth, now: Moment) -> Option<AlertChange> {
        self.phase = match (self.phase, truth) {
            (Phase::Quiet, Truth::Yes) => {
                Phase::Pending { began: now, held_ms: 0, holds_since: Some(now.mono_ms) }
            }
            (Phase::Pending { began, held_ms, holds_since }, Truth::Yes) => {
                Phase::Pending { began, held_ms, holds_since: holds_since.or(Some(now.mono_ms)) }
            }
            (Phase::Pending { began, held_ms, holds_since: Some(since) }, Truth::Undecided) => {
                let held_ms = held_ms + now.mono_ms.saturating_sub(since);
                Phase::Pending { began, held_ms, holds_since: None }
            }
            (Phase::Pending { .. }, Truth::No) => Phase::Quiet,
            (Phase::Firing { fired }, Truth::No) => {
                self.phase = Phase::Quiet;
                return Some(AlertChange::Resolved { fired });
            }
            (phase, _) => phase,
        };
        let Phase::Pending { began, .. } = self.phase else { return None };
        self.due(rule).filter(|due| *due <= now.mono_ms)?;
        self.phase = Phase::Firing { fired: now };
        self.fired_last = Some(now.mono_ms);
        Some(AlertChange::Fired { since: began })
    }

    /// When it fires if the condition goes on to hold, on the monotonic clock.
    fn due(&self, rule: &AlertRule) -> Option<u64> {
        let Phase::Pending { held_ms, holds_since: Some(since), .. } = self.phase else { return None };
        let held = since + rule.for_ms.saturating_sub(held_ms);
        Some(held.max(self.fired_last.map_or(0, |last| last.saturating_add(rule.again_ms))))
    }
}

impl Alerts {
    /// Alerts that are all quiet.
    pub fn new(rules: Arc<[AlertRule]>) -> Alerts {
        let standings = vec![Standing::default(); rules.len()];
        let first = Some(FirstRound::new(PATIENCE_MS));
        Alerts { rules, standings, first, judged: None, is_replayed: false }
    }

    /// The same on a recording: what they say is what would have been.
    pub fn replayed(rules: Arc<[AlertRule]>) -> Alerts {
        Alerts { is_replayed: true, ..Alerts::new(rules) }
    }

    /// The rules, in the order in which they are written.
    pub fn rules(&self) -> &[AlertRule] {
        &self.rules
    }

    /// Each alert, and since when it fires if it does.
    pub fn standing(&self) -> impl Iterator<Item = (&AlertRule, Option<Moment>)> {
        self.rules.iter().zip(&self.standings).map(|(rule, standing)| match standing.phase {
            Phase::Firing { fired } => (rule, Some(fired)),
            Phase::Quiet | Phase::Pending { .. } => (rule, None),
        })
    }

    /// When one of them fires if nothing changes, on the monotonic clock.
    pub(super) fn next_change(&self) -> Option<u64> {
        if self.first.is_some() {
            return None;
        }
        self.rules.iter().zip(&self.standings).filter_map(|(rule, standing)| standing.due(rule)).min()
    }

    /// There is another watch list.
    pub(super) fn rebase(&mut self) {
        self.first = (!self.rules.is_empty()).then(|| FirstRound::new(PATIENCE_MS));
        self.standings.iter_mut().for_each(|standing| standing.about_nobody = false);
    }

    /// Something is missing before now: what was pending may not have lasted.
    pub(super) fn resume(&mut self) {
        for standing in &mut self.standings {
            if matches!(standing.phase, Phase::Pending { .. }) {
                standing.phase = Phase::Quiet;
            }
        }
        self.rebase();
    }

    /// Judges conditions at `now`, where what they are about has changed or time has passed.
    pub(super) fn follow(&mut self, knowledge: &Knowledge, now: Moment, changed: bool) -> Vec<AlertEvent> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        if let Some(first) = &mut self.first {
            if first.stage(&knowledge.roster, now) != Stage::Over {
                return Vec::new();
            }
            self.first = None;
        }
        let passed = |last: Option<u64>, ms: u64| last.is_none_or(|last| now.mono_ms >= last + ms);
        let is_due = self.next_change().is_some_and(|due| due <= now.mono_ms);
        if !(changed || is_due || passed(self.judged, JUDGED_EVERY_MS)) {
            return Vec::new();
        }
        self.judged = Some(now.mono_ms);
        let pause_ms = (knowledge.roster.list().len() as u64 / USERS_A_MS).max(JUDGED_EVERY_MS);
        let mut events = Vec::new();
        for (rule, standing) in self.rules.iter().zip(&mut self.standings) {
            let is_due = standing.due(rule).is_some_and(|due| due <= now.mono_ms);
            if rule.when.asks_each_user() && !is_due && !passed(standing.judged, pause_ms) {
                continue;
            }
            standing.judged = Some(now.mono_ms);
            let judged = rule.when.judge(knowledge, now);
            let change = match &judged {
                Ok(reading) => {
                    standing.about_nobody = false;
                    standing.take(rule, reading.truth, now)
                }
                // The list is still being read, or is empty for a moment: that is told elsewhere.
                Err(Nobody::Watched) => standing.take(rule, Truth::Undecided, now),
                Err(nobody) => {
                    let change = standing.take(rule, Truth::Undecided, now);
                    let is_new = !std::mem::replace(&mut standing.about_nobody, true);
                    change.or_else(|| is_new.then(|| AlertChange::AboutNobody(nobody.clone())))
                }
            };
            events.extend(change.map(|change| AlertEvent {
                at: now,
                name: rule.name.clone(),
                severity: rule.severity,
                when: rule.when.to_string(),
                figures: judged.as_ref().map_or_else(|_| String::new(), |it| measured(&it.measured)),
                picks_users: rule.when.asks_each_user(),
                change,
                is_replayed: self.is_replayed,
            }));
        }
        events
    }
}

#[cfg(test)]
mod tests;
