//! All that is known, kept in step: the roster, what happened of late, what is wrong, how the asking
//! went. Each follows from observations, the watch list and time alone.

use std::sync::Arc;

use super::batches::Freshness;
use super::departures::Departures;
use super::findings::alert_thresholds::SLOW_MS;
use super::findings::{Case, Findings, RuleSettings, ServerCase};
use super::hints::{Hints, Logins, WireShape};
use super::history::History;
use super::observation::{Observation, Question};
use super::outage::Outage;
use super::recheck::{Lacking, Witness};
use super::recoveries::Recoveries;
use super::rollups::Rollups;
use super::roster::Roster;
use super::time::Moment;
use super::tops::Tops;
use super::trend::Trend;
use super::update::Update;
use super::watch_list::{UserIx, WatchList};

/// The rules about all users together are judged at most so often, in milliseconds: they look at
/// every minute in which a token expires.
const SERVER_RULES_MS: u64 = 5_000;

/// All that is known.
#[derive(Clone, Debug)]
pub struct Knowledge {
    /// Every watched user, as known now.
    pub roster: Roster,
    /// What happened to users in the last half hour.
    pub history: History,
    /// What the rules find wrong at present.
    pub findings: Findings,
    /// How the asking went in the last half hour.
    pub trend: Trend,
    /// How many of each group, batch, platform and gateway stand how.
    pub rollups: Rollups,
    /// Users who stand out.
    pub tops: Tops,
    /// What the last answer said of the server.
    pub hints: Option<Arc<Hints>>,
    departures: Departures,
    recoveries: Recoveries,
    outage: Outage,
    server_judged: Option<u64>,
}

impl Knowledge {
    /// Begins with what `roster` knows.
    pub fn new(roster: Roster, rules: RuleSettings) -> Knowledge {
        let findings = Findings::new(rules);
        Knowledge {
            departures: Departures::of(&roster),
            rollups: Rollups::of(&roster, &findings, Moment::default()),
            tops: Tops::default(),
            roster,
            history: History::default(),
            findings,
            trend: Trend::default(),
            hints: None,
            recoveries: Recoveries::default(),
            outage: Outage::default(),
            server_judged: None,
        }
    }

    /// From now on answers are waited for.
    pub(super) fn begin(&mut self, now: Moment) {
        self.outage.follow(&self.roster, now);
        self.trend.sample(&self.roster.totals(now), now);
        self.rollups.begin(now);
    }

    /// Takes one observation: the roster first, then all that follows from it.
    pub fn apply(&mut self, observation: &Observation) -> Update {
        let now = observation.received;
        let of_sockets = observation.question == Question::OnlineStatus;
        let users = if of_sockets { self.roster.list().batch(observation.batch).len() as u32 } else { 0 };
        self.trend.observe(observation, users);
        if of_sockets && observation.answer.is_ok() && observation.hints.is_some() {
            self.hints.clone_from(&observation.hints);
        }
        let changes = self.roster.apply(observation);
        let judged = self.server_judged;
        // What is wrong with an answer is told at once.
        let is_trouble = observation.answer.is_err() || now.since(observation.sent) > SLOW_MS;
        let is_time = judged.is_none_or(|at| now.mono_ms.saturating_sub(at) >= SERVER_RULES_MS);
        let due = of_sockets && (is_time || is_trouble);
        self.follow(changes, now, due)
    }

    /// Lets time pass, in one step: [`super::State::advance`] takes each of them at its moment.
    pub fn advance(&mut self, now: Moment) -> Update {
        let changes = self.roster.advance(now);
        self.follow(changes, now, false)
    }

    /// Brings the rest in step with the roster. The rules about the server are judged only when an
    /// answer came or their time has, so that it makes no difference how often time passes; those about
    /// losses of view as soon as these change.
    fn follow(&mut self, mut update: Update, now: Moment, due: bool) -> Update {
        self.history.record(&update.transitions, self.roster.list());
        self.departures.follow(&update.transitions, &self.roster, now);
        self.outage.follow(&self.roster, now);
        update.touched.extend(self.history.advance(now));
        update.touched.extend(self.recoveries.follow(&update.transitions, &self.roster, &self.history, now));
        let rules_due = self.findings.next_change().is_some_and(|at| now.mono_ms >= at);
        update.touched.extend(self.findings.due(now));
        update.touched.sort_unstable();
        update.touched.dedup();
        let (roster, history, settings) = (&self.roster, &self.history, self.findings.settings());
        let server_seconds = roster.server_clock().unix_seconds(now);
        let tells_deaf = self.tells_deaf();
        let mut lossy = roster.lossy(now);
        lossy.extend(self.recoveries.times(now));
        let case = |user: UserIx| Case {
            raw_id: roster.list().raw_id(user),
            presence: roster.presence(user),
            connections: roster.connections(user),
            doubt: roster.doubt(user),
            lacking: if tells_deaf { roster.lacking(user) } else { None },
            beside: roster.beside(user),
            lossy: &lossy,
            thresholds: roster.thresholds(),
            past: history.of(user),
            server_seconds,
            now,
            looked_ms: roster.looked_until(user, now),
            settings: &settings,
        };
        let found = self.findings.judge(update.touched.iter().copied(), now, case);
        update.extend(Update { touched: Vec::new(), ..found }); // they are among those
        self.rollups.follow(update.touched.iter().copied(), &self.roster, &self.findings, now);
        self.rollups.follow_shared(&self.roster, now);
        self.tops.follow(update.touched.iter().copied(), &self.roster, &self.history);
        if roster.last_answer().is_some() || self.outage.silent_since.is_some() {
            let case = ServerCase {
                clock: roster.server_clock(),
                newest_issued: roster.newest_issued(),
                expiries: roster.expiries(),
                losses: roster.losses(),
                recoveries: self.recoveries.all(),
                witnesses: roster.witnesses(),
                deaf: if tells_deaf { roster.deaf() } else { 0 },
                compared: roster.compared(),
                registry_fails: roster.registry_fails(),
                logins: self.hints.as_deref().map_or_else(Logins::default, |hints| hints.logins),
                departed: self.departures.wave(),
                trend: &self.trend,
                outage: self.outage,
                batches: roster.batches().len() as u32,
                trouble: roster.first_error().map(|(_, error)| error.trouble()),
                server_seconds,
                now,
            };
            let all_due = due || rules_due;
            update.extend(self.findings.judge_server(&case, !all_due));
            if all_due {
                self.server_judged = Some(now.mono_ms);
            }
        }
        self.trend.sample(&self.roster.totals(now), now);
        update
    }

    /// Whether messages don't reach whom the registry lacks: not up to v3.8.0, which writes states as words, and not
    /// where the server is one process, which lists no gateways.
    pub(super) fn tells_deaf(&self) -> bool {
        let is_old = self.hints.as_deref().is_some_and(|hints| hints.shape == Some(WireShape::Words));
        let witnesses = self.roster.witnesses();
        let is_one_process = witnesses.gateways == Witness::Answers && witnesses.signs.is_empty();
        !is_old && !is_one_process
    }

    /// What the registry lacks of a user, where that means something.
    pub(super) fn lacking(&self, user: UserIx) -> Option<&Lacking> {
        if self.tells_deaf() { self.roster.lacking(user) } else { None }
    }

    /// Goes over to the next watch list.
    pub fn rebase(&mut self, list: &Arc<WatchList>, now: Moment) -> Update {
        let before = Arc::clone(self.roster.list());
        let changes = self.roster.rebase(list, now);
        let heir = |user: UserIx| list.find(before.raw_id(user));
        self.departures.rebase(&self.roster, now);
        self.recoveries.rebase();
        self.outage.follow(&self.roster, now);
        self.history.rebase(heir);
        self.findings.rebase(heir);
        self.tops.rebase(heir);
        self.rollups.rebase(&before, &self.roster, &self.findings, now);
        self.follow(changes, now, false)
    }

    /// Judges everybody who is connected, as when the roster comes from elsewhere.
    pub(super) fn judge_connected(&mut self, now: Moment) -> Update {
        let users = self.roster.list().users();
        let touched = users.filter(|user| !self.roster.connections(*user).is_empty()).collect();
        self.follow(Update { touched, ..Update::default() }, now, true)
    }

    /// Goes on with what somebody else knew later: what happened in between is not known.
    pub(super) fn resume(&mut self, roster: Roster, now: Moment) {
        let before = Arc::clone(self.roster.list());
        let list = Arc::clone(roster.list());
        self.roster = roster;
        self.departures = Departures::of(&self.roster);
        self.recoveries = Recoveries::default();
        self.outage = Outage::default();
        let heir = |user: UserIx| list.find(before.raw_id(user));
        self.history.rebase(heir);
        self.findings.rebase(heir);
        self.tops.rebase(heir);
        self.rollups.rebase(&before, &self.roster, &self.findings, now);
    }

    /// Takes other limits of age.
    pub fn set_freshness(&mut self, freshness: Freshness, now: Moment) {
        self.roster.set_freshness(freshness, now);
    }

    /// Bytes that it takes, about: at most, as copies share much of it.
    pub fn weight(&self) -> usize {
        self.roster.weight()
            + self.history.weight()
            + self.findings.weight()
            + self.trend.weight()
            + self.rollups.weight()
            + self.tops.weight()
    }

    /// When something changes without an answer, on the monotonic clock.
    pub fn next_change(&self, now: Moment) -> Option<u64> {
        let next = [
            self.roster.next_change(now),
            self.history.next_change(),
            self.findings.next_change(),
            self.departures.next_change(),
            self.recoveries.next_change(),
            self.outage.next_change(now),
        ];
        next.into_iter().flatten().min()
    }
}
