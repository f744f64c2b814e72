//! imtop itself: the production poller and state, in virtual time, against a server of which the
//! truth is known.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use imtop::poller::{Asking, Now, Pace, Poller};
use imtop::presence::{
    Entry, Freshness, Input, Moment, Observation, Platform, Presence, Question, Roster, Rule, RuleSettings,
    State, Subject, Thresholds, UnknownReason, Update, UserIx, WatchList, Witnesses,
};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use super::case::Case;
use super::cost::Cost;
use super::reader::{Reader, Sight, Word};
use super::score::{Marks, Score};
use super::server::Server;
use super::source::Asker;

/// Samples of everybody are taken so often, in milliseconds.
pub const TICK_MS: u64 = 500;

/// The witnesses beside the sockets belong to a round, but not for longer than this, in milliseconds.
pub const ROUND_MS: u64 = 250;

/// So long, in milliseconds, it may take until the poller has begun to ask them.
const BREATH_MS: u64 = 100;

/// Requests under way at the same time: what imtop begins with.
const CONCURRENCY: usize = 4;

/// What came of it, and what it cost.
pub struct Run {
    /// How right it was.
    pub marks: Marks,
    /// What was asked beside the sockets.
    pub cost: Cost,
    /// Whom it called deaf, and when, in unix milliseconds.
    pub deaf: Vec<(u32, i64)>,
}

/// What a roster says.
struct Said<'a>(&'a Roster);

impl Reader for Said<'_> {
    fn word(&self, user: u32) -> Word {
        match self.0.presence(UserIx(user)) {
            Presence::Online | Presence::Background => Word::Online,
            Presence::Offline | Presence::Unregistered => Word::Offline,
            Presence::Unknown(
                UnknownReason::NotAnswered
                | UnknownReason::Slow
                | UnknownReason::Failed(_)
                | UnknownReason::Missing
                | UnknownReason::Unclear,
            ) => Word::Unheard,
            Presence::Unknown(_) => Word::Doubtful,
        }
    }

    fn connection(&self, user: u32, platform: i32) -> Sight {
        let mut same = self
            .0
            .connections(UserIx(user))
            .iter()
            .filter(|tracked| tracked.connection.platform == Platform(platform))
            .peekable();
        if same.peek().is_none() {
            Sight::Absent
        } else if same.any(|tracked| tracked.unseen.is_none()) {
            Sight::Open
        } else {
            Sight::Unseen
        }
    }
}

/// Runs imtop against `server`.
pub fn play(case: &Case, server: Arc<dyn Server>, asking: Asking) -> Run {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without sockets")
        .block_on(async { Player::start(case, server, asking).play().await })
}

struct Player<'t> {
    case: &'t Case,
    now: Now,
    began: Instant,
    state: State,
    poller: Poller,
    asker: Arc<Asker>,
    observations: Receiver<Observation>,
    /// Batches whose round ends soon.
    rounds: Vec<Round>,
    score: Score<'t>,
    /// The minutes in which somebody was in doubt.
    doubtful: BTreeSet<u64>,
    /// The minutes in which there was a loss of view.
    lossy: BTreeSet<u64>,
    deaf: Vec<(u32, i64)>,
}

/// The round of one batch, whose answer has come.
struct Round {
    batch: u32,
    /// It ends when nobody is asked any more, but not before.
    earliest: u64,
    /// It ends now at the latest.
    latest: u64,
}

impl<'t> Player<'t> {
    /// To be called within the runtime, whose clock stands until somebody waits for it.
    fn start(case: &'t Case, server: Arc<dyn Server>, asking: Asking) -> Player<'t> {
        let (began, begin) = (Instant::now(), case.begin);
        let now: Now = Arc::new(move || {
            let mono_ms = began.elapsed().as_millis() as u64;
            Moment { mono_ms, unix_ms: begin + mono_ms as i64 }
        });
        let list = Arc::new(WatchList::new(1, case.batch, case.users.iter().map(|user| Entry::of(user))));
        let witnesses = Witnesses::to_be_asked(asking.registry, asking.gateways);
        let roster = Roster::new(Arc::clone(&list), Freshness::for_interval(case.interval_ms), now())
            .with_witnesses(witnesses, Thresholds::default());
        let state = State::new(roster, RuleSettings::default(), now()).asked_every(case.interval_ms);
        let pace = Pace {
            interval: Duration::from_millis(case.interval_ms),
            concurrency: Some(CONCURRENCY),
            seed: 1,
            asking,
        };
        let asker = Arc::new(Asker::new(server, Arc::clone(&now)));
        let (poller, observations) = Poller::start(Arc::clone(&asker), list, pace, Arc::clone(&now));
        Player {
            case,
            now,
            began,
            state,
            poller,
            asker,
            observations,
            rounds: Vec::new(),
            score: Score::new(&case.truth, begin),
            doubtful: BTreeSet::new(),
            lossy: BTreeSet::new(),
            deaf: Vec::new(),
        }
    }

    async fn play(mut self) -> Run {
        let end = (self.case.end - self.case.begin).max(0) as u64;
        let mut tick = TICK_MS;
        while tick <= end {
            let ends = self
                .rounds
                .iter()
                .map(|round| if self.asker.is_inquiring() { round.latest } else { round.earliest });
            let wake = ends.chain(self.state.next_change()).fold(tick, u64::min);
            tokio::select! {
                biased;
                observation = self.observations.recv() => match observation {
                    Some(observation) => self.take(observation),
                    None => break,
                },
                () = sleep_until(self.began + Duration::from_millis(wake)) => {}
            }
            let now = (self.now)();
            let news = self.state.advance(now);
            self.note(news, now);
            self.end_rounds(now);
            while tick <= now.mono_ms {
                let said = Said(self.state.roster());
                self.score.tick(self.case.users.len(), now.unix_ms, &said);
                tick += TICK_MS;
            }
        }
        let cost = Cost::of(&self.asker.asked(), end, &self.doubtful, &self.lossy);
        Run { marks: self.score.finish(), cost, deaf: self.deaf }
    }

    fn take(&mut self, observation: Observation) {
        let now = (self.now)();
        let about = (observation.question == Question::OnlineStatus && observation.answer.is_ok())
            .then_some((observation.batch, observation.sent));
        let news = self.state.take(now, &Input::Observed(observation));
        if let Some((batch, sent)) = about {
            let shown = self.asker.shown(batch);
            for (user, shown) in self.state.roster().list().batch(batch).zip(shown) {
                self.score.heard(user, shown, sent.unix_ms, now.unix_ms);
            }
            let latest = now.mono_ms + ROUND_MS.min(self.case.interval_ms / 4);
            self.rounds.push(Round { batch, earliest: now.mono_ms + BREATH_MS, latest });
        }
        self.note(news, now);
    }

    /// Hands on whom the witnesses are to be asked about, and looks at what is said now.
    fn note(&mut self, news: Update, now: Moment) {
        let roster = self.state.roster();
        if !news.doubts.is_empty() {
            self.poller.inquire(roster.list().generation(), news.doubts);
        }
        self.deaf.extend(news.raised.iter().filter_map(|finding| match finding.about {
            Subject::User(user) if finding.rule == Rule::Deaf => Some((user.0, now.unix_ms)),
            _ => None,
        }));
        let minute = now.mono_ms / 60_000;
        if roster.doubts().len() > 0 {
            self.doubtful.insert(minute);
        }
        if !roster.losses().is_empty() {
            self.lossy.insert(minute);
        }
        self.score.look(now.unix_ms, &Said(roster));
    }

    fn end_rounds(&mut self, now: Moment) {
        let is_inquiring = self.asker.is_inquiring();
        let roster = self.state.roster();
        let score = &mut self.score;
        self.rounds.retain(|round| {
            let is_over = now.mono_ms >= if is_inquiring { round.latest } else { round.earliest };
            if is_over {
                score.round(roster.list().batch(round.batch), now.unix_ms, &Said(roster));
            }
            !is_over
        });
    }
}
