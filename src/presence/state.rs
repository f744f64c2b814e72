//! All that is known and the story of how it came to be: a function of inputs and time alone.
//!
//! It does not matter how often time is let pass: whatever changes by itself does so at its own
//! moment and in its order, whether somebody looked once a second or an hour later. So a recording of
//! the inputs, each with [`State::now`] as it was before, gives the same state again.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::alerts::Alerts;
use super::batches::Freshness;
use super::findings::{Finding, FindingText, RuleSettings, Severity, Subject};
use super::input::Input;
use super::knowledge::Knowledge;
use super::observation::{Observation, Question};
use super::recheck::{Loss, Rechecks};
use super::roster::Roster;
use super::time::Moment;
use super::timeline::{Event, Timeline};
use super::update::Update;
use super::watch_list::{UserId, UserIx, WatchList};

/// A wall clock that runs off by more than this was set, or the machine slept.
const CLOCK_STEP_MS: i64 = 5_000;

/// So many events stay in a copy that is set aside.
const STORY_SET_ASIDE: usize = 1_000;

/// All that is known, and what happened.
#[derive(Clone, Debug)]
pub struct State {
    knowledge: Knowledge,
    timeline: Timeline,
    /// Since when batches get no answers.
    failing_since: BTreeMap<u32, Moment>,
    /// How often the server is asked, where that was told.
    interval_ms: Option<u64>,
    /// The alerts that are to be told of.
    alerts: Alerts,
    /// Up to when time has passed.
    now: Moment,
}

impl State {
    /// Begins at `now` with what `roster` knows.
    pub fn new(roster: Roster, rules: RuleSettings, now: Moment) -> State {
        let is_known = roster.connections_open() > 0;
        let mut knowledge = Knowledge::new(roster, rules);
        knowledge.begin(now);
        if is_known {
            knowledge.judge_connected(now);
        }
        let (timeline, failing_since) = (Timeline::default(), BTreeMap::new());
        State { knowledge, timeline, failing_since, interval_ms: None, alerts: Alerts::default(), now }
    }

    /// All that is known.
    pub fn knowledge(&self) -> &Knowledge {
        &self.knowledge
    }

    /// Every watched user, as known now.
    pub fn roster(&self) -> &Roster {
        &self.knowledge.roster
    }

    /// What happened of late.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Up to when time has passed.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// How often the server is asked, in milliseconds, where that was told.
    pub fn interval_ms(&self) -> Option<u64> {
        self.interval_ms
    }

    /// Says how often the server is asked.
    #[must_use]
    pub fn asked_every(mut self, ms: u64) -> State {
        self.interval_ms = Some(ms);
        self
    }

    /// Has alerts told of from now on.
    #[must_use]
    pub fn with_alerts(mut self, alerts: Alerts) -> State {
        self.alerts = alerts;
        self
    }

    /// The alerts, and how they stand.
    pub fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// Bytes that it takes, about: at most, as copies share much of it.
    pub fn weight(&self) -> usize {
        self.knowledge.weight() + self.timeline.weight(usize::MAX)
    }

    /// A copy that can be gone on with, in which of the story so far only the end is.
    #[must_use]
    pub fn set_aside(&self) -> State {
        State {
            knowledge: self.knowledge.clone(),
            timeline: self.timeline.newest(STORY_SET_ASIDE),
            failing_since: self.failing_since.clone(),
            alerts: self.alerts.clone(),
            ..*self
        }
    }

    /// Bytes that such a copy takes, about, once it shares nothing any more.
    pub fn weight_set_aside(&self) -> usize {
        self.knowledge.weight() + self.timeline.weight(STORY_SET_ASIDE)
    }

    /// Takes what came in at `now`. An answer counts from when it was there, which may be earlier, if
    /// nobody let time pass since; one to a question about another watch list changes nothing.
    pub fn take(&mut self, now: Moment, input: &Input) -> Update {
        if let Input::Observed(observation) = input {
            if observation.generation != self.roster().list().generation() {
                return Update::default();
            }
            // What had grown too old before the answer came is unknown first, whoever looks or not.
            let mut update = self.advance(observation.received);
            if observation.question == Question::OnlineStatus {
                self.note_feed(observation, &mut update);
            }
            update.heard = true;
            let taken = self.knowledge.apply(observation);
            self.record(taken, observation.received.max(self.now), &mut update);
            self.follow_alerts(&mut update);
            return update;
        }
        let mut update = self.advance(now);
        update.heard = true;
        match input {
            Input::Observed(_) => {}
            Input::Rebased(list) => {
                update.list_before = Some(Arc::clone(self.roster().list()));
                self.rebase(list, now, &mut update);
                self.change(now, &mut update); // what follows for the server is so at once
            }
            Input::Relabelled(list) => {
                self.knowledge.roster.relabel(list);
                update.relabelled = true;
            }
            Input::Interval(ms) => {
                self.interval_ms = Some(*ms);
                self.knowledge.set_freshness(Freshness::for_interval(*ms), now);
                self.change(now, &mut update); // what is too old by that is so at once
            }
            Input::Notice(text) => self.note(Event::Notice { at: now, text: text.clone() }, now, &mut update),
        }
        self.follow_alerts(&mut update);
        update
    }

    /// Takes an input again as it was taken once: then time had passed up to `at`.
    pub fn take_again(&mut self, at: Moment, input: &Input) -> Update {
        let mut update = self.advance(at);
        update.extend(self.take(at, input));
        update
    }

    /// Goes on at `now` with what somebody else knew then, who asked every `interval_ms` milliseconds:
    /// what happened in between is not known.
    pub fn resume(&mut self, roster: Roster, interval_ms: u64, now: Moment) {
        self.interval_ms = Some(interval_ms);
        self.now = now.max(self.now);
        self.knowledge.resume(roster, self.now);
        self.failing_since.clear();
        self.knowledge.judge_connected(self.now);
        self.alerts.resume();
    }

    /// Lets time pass up to `now`: everything that changes by itself until then has done so.
    pub fn advance(&mut self, now: Moment) -> Update {
        let mut update = Update::default();
        let step = now.step_since(self.now);
        if step.abs() > CLOCK_STEP_MS {
            self.note(Event::ClockStep { at: now, by_ms: step }, now, &mut update);
        }
        while let Some(next) = self.next_change().filter(|next| *next <= now.mono_ms) {
            self.change(Moment { mono_ms: next, unix_ms: now.unix_ms_at(next) }, &mut update);
            self.follow_alerts(&mut update);
        }
        if now.mono_ms > self.now.mono_ms {
            self.change(now, &mut update);
        }
        update
    }

    /// When something changes without an input, on the monotonic clock.
    pub fn next_change(&self) -> Option<u64> {
        let next = [self.knowledge.next_change(self.now), self.alerts.next_change()];
        next.into_iter().flatten().min().map(|at| at.max(self.now.mono_ms + 1))
    }

    /// Judges the alerts where something has changed. Not whenever time passes: whoever looks more often
    /// would hear of other moments.
    fn follow_alerts(&mut self, update: &mut Update) {
        let changed = !update.is_empty();
        for event in self.alerts.follow(&self.knowledge, self.now, changed) {
            self.note(Event::Alert(event), self.now, update);
        }
    }

    fn change(&mut self, at: Moment, update: &mut Update) {
        let taken = self.knowledge.advance(at);
        self.record(taken, at, update);
    }

    fn rebase(&mut self, list: &Arc<WatchList>, now: Moment, update: &mut Update) {
        self.failing_since.clear();
        self.alerts.rebase();
        // These were places in the list before.
        update.touched.clear();
        update.doubts = Rechecks::default();
        let taken = self.knowledge.rebase(list, now);
        self.record(taken, now.max(self.now), update);
    }

    /// Writes down what happened, and hands it on.
    fn record(&mut self, taken: Update, now: Moment, update: &mut Update) {
        self.now = now;
        let list = Arc::clone(self.roster().list());
        let batch_of = |user: &UserId| list.find(user.raw()).map(|user| list.batch_of(user));
        let met: HashSet<UserIx> = taken
            .transitions
            .iter()
            .filter(|transition| transition.is_first_sight())
            .filter_map(|transition| list.find(transition.user.raw()))
            .collect();
        self.timeline.record(&taken.transitions, batch_of);
        self.note_findings(&taken.raised, true, &met, &[]);
        self.note_findings(&taken.worsened, true, &met, &[]);
        self.note_findings(&taken.cleared, false, &met, &taken.over);
        update.extend(taken);
    }

    fn note(&mut self, event: Event, at: Moment, update: &mut Update) {
        self.timeline.note(event.clone(), at);
        update.noted.push(event);
    }

    /// Puts an event into the story as if it had happened.
    #[cfg(test)]
    pub(crate) fn note_event(&mut self, event: Event, at: Moment) {
        self.note(event, at, &mut Update::default());
    }

    /// Writes down that a batch gets no answers any more, or answers again.
    fn note_feed(&mut self, observation: &Observation, update: &mut Update) {
        let (batch, at) = (observation.batch, observation.received);
        let (trouble, after_ms) = match &observation.answer {
            Err(error) if !self.failing_since.contains_key(&batch) => {
                self.failing_since.insert(batch, at);
                (Some(error.trouble()), 0)
            }
            Err(_) => return,
            Ok(_) => match self.failing_since.remove(&batch) {
                Some(failing) => {
                    // For so long there was no answer, which is longer than questions are known to fail.
                    let answered = self.roster().batches().get(batch as usize).and_then(|it| it.answered);
                    (None, at.since(answered.map_or(failing, |answered| answered.received)))
                }
                None => return,
            },
        };
        let of = self.roster().list().batches();
        self.note(Event::Feed { batch, of, trouble, after_ms }, at, update);
    }

    /// Writes down what is wrong since now, or no more. What was so when a user was first seen has not
    /// just happened, and what is only worth knowing is no event. Of a loss of view that is over it is told how it ended.
    fn note_findings(&mut self, findings: &[Finding], raised: bool, met: &HashSet<UserIx>, over: &[Loss]) {
        let server_seconds = self.roster().server_clock().unix_seconds(self.now);
        for finding in findings.iter().filter(|finding| finding.severity > Severity::Info) {
            let user = match finding.about {
                Subject::User(user) if met.contains(&user) => continue,
                Subject::User(user) => Some(self.roster().list().id(user)),
                Subject::Server => None,
            };
            let event = Event::Finding {
                raised,
                user,
                rule: finding.rule,
                severity: finding.severity,
                text: if raised {
                    FindingText::Found(Box::new(finding.evidence.clone()), server_seconds)
                } else {
                    FindingText::of_end(&finding.evidence, over, self.now)
                },
            };
            self.timeline.note(event, self.now);
        }
    }
}
