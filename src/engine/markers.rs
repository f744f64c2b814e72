//! The places of a run that somebody who looks back steers for: ends of rounds, incidents, and how many
//! were online in between.
//!
//! Bounded, however long the run: ends of rounds and incidents are dropped from the oldest on, the
//! curve loses every other point.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use crate::presence::{
    Change, Event, Evidence, Finding, Input, Moment, Presence, Question, Severity, State, Subject, Totals,
    Transition, UnknownReason, Update, UserIx,
};

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
pub struct Markers {
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

impl Markers {
    /// Notes what followed from an input, which `state` has taken already.
    pub fn note(&mut self, input: Option<&Input>, news: &Update, state: &State) {
        let now = state.now();
        self.begin.get_or_insert(now);
        match input {
            // What other witnesses say is about no batch.
            Some(Input::Observed(observation)) if observation.question == Question::OnlineStatus => {
                // One that is heard of again before all others were begins the next round.
                if !self.heard.insert(observation.batch) {
                    self.end_round(self.end, state);
                    self.heard.insert(observation.batch);
                }
                if self.heard.len() >= state.roster().batches().len() {
                    self.end_round(now, state);
                }
            }
            Some(Input::Rebased(_)) => self.end_round(now, state),
            _ => {}
        }
        self.end = now;
        // Who becomes unknown does so now, and not when the round ends: there may be none.
        let is_lost = |it: &Transition| matches!(it.what, Change::Presence { to: Presence::Unknown(_), .. });
        if news.transitions.iter().any(is_lost) {
            self.point(now, state);
        }
        for notable in notable(news, state) {
            self.incident(now, notable);
        }
    }

    /// How many places and points of the curve there are.
    pub fn places(&self) -> usize {
        self.rounds.len() + self.incidents.len() + self.points.len()
    }

    /// Bytes that they take, about.
    pub fn weight(&self) -> usize {
        self.rounds.len() * 8 + self.incidents.len() * 120 + self.points.len() * size_of::<Point>()
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

    fn end_round(&mut self, at: Moment, state: &State) {
        self.heard.clear();
        if self.rounds.back().is_some_and(|last| *last >= at.mono_ms) {
            return;
        }
        if self.rounds.len() == ROUNDS {
            self.rounds.pop_front();
        }
        self.rounds.push_back(at.mono_ms);
        let is_due = self
            .points
            .last()
            .is_none_or(|last| at.mono_ms.saturating_sub(last.at_ms) >= self.apart_ms.max(1));
        if is_due {
            self.point(at, state);
        }
    }

    /// Adds a point to the curve.
    fn point(&mut self, at: Moment, state: &State) {
        let Totals { watched, online, background, unknown, .. } = state.roster().totals(at);
        self.points.push(Point { at_ms: at.mono_ms, online: online + background, unknown, watched });
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
        if let Some(before) = self.last.get_mut(kind)
            && at.mono_ms.saturating_sub(*before) <= QUIET_MS
        {
            *before = at.mono_ms;
            return; // it goes on
        }
        if let Some(last) = self.incidents.back_mut()
            && at.since(last.at) <= SUDDEN_MS
        {
            // What is not told here has not begun: if it lasts, it is an incident of its own.
            if severity > last.severity {
                (last.severity, last.what) = (severity, what);
                self.last.insert(kind, at.mono_ms);
            }
            return;
        }
        self.last.insert(kind, at.mono_ms);
        if self.incidents.len() == INCIDENTS {
            self.incidents.pop_front();
        }
        self.incidents.push_back(Incident { at, severity, what });
    }
}

/// What in the news is an incident: a batch without answers, many who leave or become unknown at once,
/// a warning about what was not so when it was first seen.
fn notable(news: &Update, state: &State) -> Vec<Notable> {
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
    let lost: Vec<UnknownReason> = news.transitions.iter().filter_map(|it| lost(it, state)).collect();
    if let Some(why) = lost.first().filter(|_| lost.len() >= MANY) {
        let what = format!("{} connected users became unknown: {why}", lost.len());
        found.push(Notable { severity: Severity::Warning, kind: "lost", what });
    }
    let list = state.roster().list();
    let serious = |finding: &&Finding| finding.severity > Severity::Info;
    let mut findings = news.raised.iter().chain(&news.worsened).filter(serious).peekable();
    if findings.peek().is_none() {
        return found;
    }
    let first = news.transitions.iter().filter(|transition| transition.is_first_sight());
    let met: HashSet<UserIx> = first.filter_map(|transition| list.find(transition.user.raw())).collect();
    for finding in findings {
        if !matches!(finding.about, Subject::User(user) if met.contains(&user)) {
            let (severity, kind) = (finding.severity, finding.rule.name());
            let what = match &finding.evidence {
                Evidence::ViewLoss(found) => {
                    let loss = &found.loss;
                    let users = if loss.dropped == 1 { "user" } else { "users" };
                    format!("view loss: {} {users}", loss.dropped)
                }
                Evidence::MassDisconnect(departed) => {
                    format!("mass disconnect: {} of {} users", departed.users, departed.of)
                }
                _ => kind.to_owned(),
            };
            found.push(Notable { severity, kind, what });
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
            Change::Presence { from, to: Presence::Offline } if from.is_unknown() => {
                rest.iter().any(|next| matches!(next.what, Change::Disconnected(_)))
            }
            Change::Presence { from, to: Presence::Offline } => is_there(from),
            _ => false,
        }
    };
    transitions.chunk_by(same_user).filter(leaves).count()
}

/// Why a user is unknown now who was connected. While the witnesses are being asked that is no news: it
/// is so for a moment after every disconnect.
fn lost(transition: &Transition, state: &State) -> Option<UnknownReason> {
    let Change::Presence { from, to: Presence::Unknown(why) } = transition.what else { return None };
    if transition.is_first_sight() || Presence::Unknown(why).is_passing() {
        return None;
    }
    let was_there = || {
        let roster = state.roster();
        let doubt = roster.list().find(transition.user.raw()).and_then(|user| roster.doubt(user));
        doubt.is_some_and(|doubt| is_there(doubt.before))
    };
    (is_there(from) || (from.is_passing() && was_there())).then_some(why)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::kit::{self, at, observed};
    use crate::presence::{
        Answer, Entry, FetchError, Freshness, Observation, Platform, Question, Roster, RuleSettings,
        Thresholds, UserIx, UserStatus, WatchList, Witnesses,
    };

    /// A run and what is noted of it.
    struct Run {
        state: State,
        markers: Markers,
    }

    impl Run {
        /// Of so many users, five in a batch.
        fn of(users: usize) -> Run {
            let ids = (0..users).map(|user| Entry::of(&format!("u{user}")));
            let list = Arc::new(WatchList::new(1, 5, ids));
            let roster = Roster::new(list, Freshness::for_interval(2_000), at(0));
            let state = State::new(roster, RuleSettings::default(), at(0));
            Run { state, markers: Markers::default() }
        }

        fn take(&mut self, ms: u64, batch: u32, answer: Result<Answer, FetchError>) {
            self.hear(Question::OnlineStatus, ms, batch, answer);
        }

        fn hear(&mut self, question: Question, ms: u64, batch: u32, answer: Result<Answer, FetchError>) {
            let input = Input::Observed(Observation {
                question,
                batch,
                sent: at(ms.saturating_sub(10)),
                ..observed(at(ms), answer)
            });
            let news = self.state.take(at(ms), &input);
            self.markers.note(Some(&input), &news, &self.state);
        }

        /// The registry, too, is asked.
        fn with_registry(users: usize) -> Run {
            let Run { state, markers } = Run::of(users);
            let witnesses = Witnesses::to_be_asked(true, false);
            let roster = state.roster().clone().with_witnesses(witnesses, Thresholds::default());
            Run { state: State::new(roster, RuleSettings::default(), at(0)), markers }
        }

        /// The registry says whether the first users are online.
        fn registry(&mut self, ms: u64, users: u32, online: bool) {
            let said = |user| {
                let on: &[Platform] = if online { &[Platform(2)] } else { &[] };
                (UserIx(user), on.into())
            };
            let answer = Answer::Registry((0..users).map(said).collect());
            self.hear(Question::UsersStatus, ms, 0, Ok(answer));
        }

        /// Nothing but time passes.
        fn pass(&mut self, ms: u64) {
            let news = self.state.advance(at(ms));
            self.markers.note(None, &news, &self.state);
        }

        /// The first so many users of a batch are online, the others are not.
        fn online(&mut self, ms: u64, batch: u32, online: u32) {
            let status = |user: u32| {
                if user < online { kit::online(&format!("c{user}")) } else { UserStatus::Offline }
            };
            let users = (0..5).map(|user| (UserIx(batch * 5 + user), status(user)));
            self.take(ms, batch, Ok(Answer::Changed(users.collect())));
        }

        fn fail(&mut self, ms: u64, batch: u32) {
            self.take(ms, batch, Err(FetchError::Timeout { after_ms: 5 }));
        }

        fn rounds(&self) -> Vec<u64> {
            self.markers.rounds.iter().copied().collect()
        }

        fn incidents(&self) -> Vec<(u64, Severity, &str)> {
            let all = self.markers.incidents();
            all.map(|incident| (incident.at.mono_ms, incident.severity, incident.what.as_str())).collect()
        }
    }

    #[test]
    fn a_round_ends_with_the_last_batch_that_was_heard_of() {
        let mut run = Run::of(5);
        assert_eq!((run.markers.span(), run.markers.round_after(0)), (None, None));
        for ms in [100, 2_100, 4_100] {
            run.online(ms, 0, 5);
        }
        assert_eq!(run.rounds(), [100, 2_100, 4_100], "one batch is a round");
        assert_eq!(run.markers.span(), Some((at(100), at(4_100))));
        let mut run = Run::of(15);
        for (ms, batch) in [(100, 0), (110, 2), (150, 1), (2_100, 1), (2_130, 0)] {
            run.online(ms, batch, 5);
        }
        run.fail(2_200, 2);
        assert_eq!(run.rounds(), [150, 2_200], "in whatever order, and a failure is an answer");
        run.online(4_100, 0, 5);
        run.online(4_150, 1, 5);
        run.online(6_100, 0, 5);
        assert_eq!(run.rounds(), [150, 2_200, 4_150], "one that is heard of again begins the next");
    }

    #[test]
    fn what_other_witnesses_say_ends_no_round_and_is_no_trouble_of_a_batch() {
        let mut run = Run::of(15);
        run.online(100, 0, 5);
        run.online(110, 1, 5);
        run.hear(Question::UsersStatus, 120, 0, Ok(Answer::Registry(Vec::new())));
        run.hear(Question::TokenDetail, 130, 0, Err(FetchError::Timeout { after_ms: 5 }));
        assert!(run.rounds().is_empty(), "batch 0 is not heard of again");
        run.online(150, 2, 5);
        assert_eq!((run.rounds(), run.incidents()), (vec![150], Vec::new()));
        run.hear(Question::Gateways, 160, 0, Ok(Answer::Gateways(Vec::new())));
        assert_eq!(run.markers.span(), Some((at(100), at(160))), "but time passes");
    }

    #[test]
    fn before_and_after_leave_out_where_one_stands() {
        let mut run = Run::of(5);
        for ms in [100, 2_100, 4_100] {
            run.online(ms, 0, 5);
        }
        let marks = &run.markers;
        assert_eq!(
            [100, 101, 2_100, 9_000].map(|ms| marks.round_before(ms)),
            [None, Some(100), Some(100), Some(4_100)]
        );
        assert_eq!(
            [0, 100, 2_099, 4_100].map(|ms| marks.round_after(ms)),
            [Some(100), Some(2_100), Some(2_100), None]
        );
    }

    #[test]
    fn what_belongs_together_is_one_incident_and_its_worst_names_it() {
        let mut run = Run::of(15);
        for batch in 0..3 {
            run.online(100, batch, 5);
        }
        assert_eq!(run.incidents(), [], "to be seen for the first time is none");
        run.online(2_100, 0, 3);
        assert_eq!(run.incidents(), [], "two may leave");
        run.online(4_100, 1, 2);
        let left = (4_100, Severity::Critical, "mass disconnect: 5 of 15 users");
        assert_eq!(run.incidents(), [left]);
        run.fail(7_101, 2);
        let failed = (7_101, Severity::Warning, "timed out");
        assert_eq!(run.incidents(), [left, failed], "another kind of thing, and not at the same time");
        run.online(9_300, 2, 5);
        run.fail(17_101, 2);
        let lost = (17_101, Severity::Warning, "7 connected users became unknown: answer overdue");
        assert_eq!(run.incidents(), [left, failed, lost], "what happens again within 10 s goes on");
        run.online(20_000, 2, 5);
        run.fail(27_102, 2);
        let again = (27_102, Severity::Warning, "timed out");
        assert_eq!(run.incidents(), [left, failed, lost, again], "and a millisecond later not");
        let marks = &run.markers;
        assert_eq!(marks.incident_before(27_102).map(|it| it.at), Some(at(17_101)));
        assert_eq!(marks.incident_after(4_100).map(|it| it.at), Some(at(7_101)));
        assert_eq!((marks.incident_before(4_100), marks.incident_after(27_102)), (None, None));
    }

    #[test]
    fn who_becomes_unknown_has_not_left_until_the_answer_comes() {
        let mut run = Run::of(5);
        run.online(100, 0, 3);
        run.fail(2_100, 0);
        let news = run.state.advance(at(9_000));
        run.markers.note(None, &news, &run.state);
        let lost = (9_000, Severity::Warning, "3 connected users became unknown: timed out");
        assert_eq!(run.incidents()[1..], [lost]);
        run.online(20_000, 0, 0);
        let left = (20_000, Severity::Warning, "3 users went offline at once");
        assert_eq!(run.incidents()[2..], [left], "the others had been offline all the time");
    }

    #[test]
    fn a_doubt_of_the_first_seconds_is_no_incident_and_a_mass_that_goes_offline_is_one() {
        let mut run = Run::with_registry(5);
        run.online(1_000, 0, 5);
        run.online(3_000, 0, 0);
        run.registry(3_050, 5, true);
        assert_eq!(run.state.roster().presence(UserIx(0)), Presence::Unknown(UnknownReason::Checking));
        assert_eq!(run.incidents(), [], "so it is after every disconnect");
        run.registry(4_200, 5, false);
        assert_eq!(run.incidents(), [(4_200, Severity::Critical, "mass disconnect: 5 of 5 users")]);
    }

    #[test]
    fn a_loss_of_view_that_becomes_certain_is_a_critical_incident() {
        let mut run = Run::with_registry(5);
        run.online(1_000, 0, 5);
        run.online(3_000, 0, 0);
        run.registry(3_050, 5, true);
        run.pass(7_999);
        assert_eq!(run.incidents(), []);
        run.pass(8_000);
        assert_eq!(run.state.roster().presence(UserIx(0)), Presence::Unknown(UnknownReason::GatewayLost));
        assert_eq!(run.incidents(), [(8_000, Severity::Critical, "view loss: 5 users")]);
        run.registry(8_100, 5, true);
        run.pass(9_000);
        assert_eq!(run.incidents().len(), 1, "it goes on");
    }

    #[test]
    fn many_of_whom_the_registry_says_nothing_are_an_incident_when_that_lasts() {
        let mut run = Run::with_registry(5);
        run.online(1_000, 0, 4);
        run.online(3_000, 0, 0);
        run.pass(4_999);
        assert_eq!(run.incidents(), []);
        run.pass(5_000);
        let lost = (5_000, Severity::Warning, "4 connected users became unknown: registry gives no answer");
        assert_eq!(run.incidents(), [lost]);
        let mut leaving = Run::with_registry(5);
        leaving.online(1_000, 0, 5);
        leaving.online(3_000, 0, 3);
        leaving.registry(3_050, 5, true);
        leaving.pass(8_500);
        assert_eq!(
            leaving.state.roster().presence(UserIx(4)),
            Presence::Unknown(UnknownReason::RegistryOnline)
        );
        assert_eq!(leaving.incidents(), [], "two are not many");
    }

    #[test]
    fn the_worst_of_it_says_how_serious_an_incident_is() {
        let mut markers = Markers::default();
        let notable = |severity, kind: &'static str| Notable { severity, kind, what: kind.to_owned() };
        markers.incident(at(0), notable(Severity::Warning, "one"));
        markers.incident(at(3_000), notable(Severity::Critical, "two"));
        markers.incident(at(3_001), notable(Severity::Warning, "three"));
        let all: Vec<_> =
            markers.incidents().map(|it| (it.at.mono_ms, it.severity, it.what.as_str())).collect();
        assert_eq!(all, [(0, Severity::Critical, "two"), (3_001, Severity::Warning, "three")]);
    }

    #[test]
    fn what_another_incident_hides_at_first_is_one_of_its_own_when_it_lasts() {
        let mut markers = Markers::default();
        let notable =
            |kind: &'static str| Notable { severity: Severity::Warning, kind, what: kind.to_owned() };
        markers.incident(at(0), notable("feed"));
        for ms in [2_000, 4_000, 6_000, 8_000] {
            markers.incident(at(ms), notable("left"));
        }
        let all: Vec<_> = markers.incidents().map(|it| (it.at.mono_ms, it.what.as_str())).collect();
        assert_eq!(all, [(0, "feed"), (4_000, "left")], "at 2 s it is part of the first");
    }

    #[test]
    fn a_long_run_takes_no_more_room_and_its_curve_spans_all_of_it() {
        let mut run = Run::of(5);
        run.online(2_000, 0, 5);
        let rounds = 3 * POINTS as u64;
        for round in 2..=rounds {
            run.take(round * 2_000, 0, Ok(Answer::Same));
        }
        let (points, last) = (run.markers.points(), rounds * 2_000);
        assert!((POINTS / 4..=POINTS).contains(&points.len()), "{}", points.len());
        assert_eq!(points[0], Point { at_ms: 2_000, online: 5, unknown: 0, watched: 5 });
        let gaps: Vec<u64> = points.windows(2).map(|two| two[1].at_ms - two[0].at_ms).collect();
        assert!(gaps.iter().all(|gap| (2_000..=12_000).contains(gap)), "{:?}", gaps.iter().max());
        assert!(last - points.last().unwrap().at_ms <= 12_000);
        assert_eq!(run.markers.rounds.len() as u64, rounds, "every round is kept");
        for number in 0..INCIDENTS as u64 + 5 {
            let notable = Notable { severity: Severity::Warning, kind: "x", what: String::new() };
            run.markers.incident(at(number * 20_000), notable);
        }
        assert_eq!(run.markers.incidents().len(), INCIDENTS);
        assert_eq!(run.incidents()[0].0, 100_000, "the oldest are dropped");
        while run.markers.rounds.len() < ROUNDS {
            let next = run.markers.rounds.back().unwrap() + 1;
            run.markers.rounds.push_back(next);
        }
        let first = run.markers.rounds[1];
        run.take(last + ROUNDS as u64 * 2, 0, Ok(Answer::Same));
        assert_eq!((run.markers.rounds.len(), run.markers.rounds[0]), (ROUNDS, first));
    }
}
