//! Asks a [`Source`] about every batch of the watch list, round after round, and sends what comes of
//! it as observations. One task, which owns its schedule; a request is a task of its own, so that
//! answers are read on all cores and none holds up another. Beside them, and never in their way, the
//! witnesses are asked about whom there is doubt.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info, warn};

use super::inquiries::{Inquiries, Inquiry};
use super::schedule::Schedule;
use super::{Now, Source};
use crate::openim::Fetched;
use crate::presence::{Answer, Moment, Observation, Question, Rechecks, WatchList};

/// Observations that may wait for their reader; the poller waits with them when there are more.
const BACKLOG: usize = 64;

/// How often the source is asked whether refused credentials have changed.
const CREDENTIALS_CHECK: Duration = Duration::from_secs(1);

/// How often, and how much at a time, a server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From the start of one round to the start of the next.
    pub interval: Duration,
    /// Requests under way at the same time.
    pub concurrency: usize,
    /// Seed of the scatter of retries.
    pub seed: u64,
    /// Which witnesses are asked beside the sockets.
    pub asking: Asking,
}

/// Which witnesses are asked beside the sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Registry, tokens and accounts.
    pub registry: bool,
    /// The gateways' own metrics.
    pub gateways: bool,
    /// While nobody is in doubt: how many more questions than those to the sockets are put, and how many
    /// more users are asked about, in percent. They go into a slow rotation through the list.
    pub extra_percent: u8,
}

impl Asking {
    /// 5 %.
    pub const EXTRA_PERCENT: u8 = 5;
}

impl Default for Asking {
    /// The sockets alone.
    fn default() -> Asking {
        Asking { registry: false, gateways: false, extra_percent: Asking::EXTRA_PERCENT }
    }
}

/// Steers a running poller; it stops when this is dropped.
#[derive(Debug)]
pub struct Poller {
    wishes: mpsc::UnboundedSender<Wish>,
}

enum Wish {
    PollNow,
    Interval(Duration),
    Watch(Arc<WatchList>),
    Inquire(u32, Rechecks),
}

impl Poller {
    /// Begins to ask `source` about `list`; to be called within a tokio runtime.
    pub fn start<S: Source>(
        source: Arc<S>,
        list: Arc<WatchList>,
        pace: Pace,
        now: Now,
    ) -> (Poller, mpsc::Receiver<Observation>) {
        let (wishes, wished) = mpsc::unbounded_channel();
        let (observations, receiver) = mpsc::channel(BACKLOG);
        let schedule =
            Schedule::new(list.batches(), pace.interval, pace.concurrency, pace.seed, Instant::now());
        let inquiries = Inquiries::new(pace.asking, pace.interval, size(&list), pace.seed, Instant::now());
        let memories = fresh_memories(&list);
        info!(users = list.len(), batches = list.batches(), "watch list");
        let task = Task {
            failing: false,
            credentials: source.credentials_in_use(),
            source,
            list,
            schedule,
            inquiries,
            memories,
            requests: JoinSet::new(),
            inquiring: JoinSet::new(),
            now,
        };
        tokio::spawn(task.run(wished, observations));
        (Poller { wishes }, receiver)
    }

    /// Asks about everybody at once, whatever the schedule and the back-off say.
    pub fn poll_now(&self) {
        self.wish(Wish::PollNow);
    }

    /// Asks at another interval from here on.
    pub fn set_interval(&self, interval: Duration) {
        self.wish(Wish::Interval(interval));
    }

    /// Asks the witnesses about whom there is doubt, on the list of this generation.
    pub fn inquire(&self, generation: u32, doubts: Rechecks) {
        self.wish(Wish::Inquire(generation, doubts));
    }

    /// Goes over to the next watch list at once.
    pub fn watch(&self, list: Arc<WatchList>) {
        self.wish(Wish::Watch(list));
    }

    fn wish(&self, wish: Wish) {
        // The task ends before its handle only when nobody reads its observations any more.
        let _ = self.wishes.send(wish);
    }
}

struct Task<S: Source> {
    source: Arc<S>,
    list: Arc<WatchList>,
    schedule: Schedule,
    inquiries: Inquiries,
    /// One a batch; `None` while a request about the batch has it.
    memories: Vec<Option<S::Memory>>,
    requests: JoinSet<Outcome<S::Memory>>,
    /// Questions to the witnesses under way, all about this list.
    inquiring: JoinSet<Heard>,
    /// Which credentials were in use when last looked.
    credentials: u64,
    /// Whether a batch has failed since all were answered, for the log.
    failing: bool,
    now: Now,
}

struct Outcome<M> {
    generation: u32,
    batch: u32,
    memory: M,
    sent: Moment,
    received: Moment,
    fetched: Fetched,
}

/// What a witness said.
struct Heard {
    inquiry: Inquiry,
    sent: Moment,
    received: Moment,
    fetched: Fetched,
}

impl<S: Source> Task<S> {
    async fn run(
        mut self,
        mut wishes: mpsc::UnboundedReceiver<Wish>,
        observations: mpsc::Sender<Observation>,
    ) {
        loop {
            // What came at once is asked about at once.
            while let Ok(wish) = wishes.try_recv() {
                self.grant(wish);
            }
            let now = Instant::now();
            while let Some(batch) = self.schedule.next(now) {
                self.ask(batch);
                self.inquiries.earn(self.list.batch(batch).len());
            }
            let held = self.schedule.held(now);
            while held.is_none()
                && let Some(inquiry) = self.inquiries.next(now)
            {
                self.inquire(inquiry);
            }
            let inquire = self.inquiries.wake().map(|at| at.max(held.unwrap_or(at)));
            let awaits_change = self.schedule.awaits_change();
            let check = awaits_change.then(|| now + CREDENTIALS_CHECK);
            let wake = [self.schedule.wake(now), inquire, check].into_iter().flatten().min();
            tokio::select! {
                wish = wishes.recv() => match wish {
                    Some(wish) => self.grant(wish),
                    None => return,
                },
                Some(done) = self.requests.join_next() => match done {
                    Ok(outcome) => if let Some(observation) = self.take(outcome)
                        && observations.send(observation).await.is_err() {
                            return;
                        },
                    Err(error) => if let Ok(panic) = error.try_into_panic() {
                        std::panic::resume_unwind(panic);
                    },
                },
                Some(heard) = self.inquiring.join_next() => match heard {
                    Ok(heard) => {
                        let observation = self.hear(heard);
                        if observations.send(observation).await.is_err() {
                            return;
                        }
                    }
                    Err(error) => if let Ok(panic) = error.try_into_panic() {
                        std::panic::resume_unwind(panic);
                    },
                },
                () = observations.closed() => return,
                () = sleep_until(wake.unwrap_or(now)), if wake.is_some() => {
                    if awaits_change && self.source.credentials_changed().await {
                        info!("credentials have changed");
                        self.schedule.credentials_changed(Instant::now());
                    }
                }
            }
        }
    }

    fn ask(&mut self, batch: u32) {
        let (source, list, now) = (Arc::clone(&self.source), Arc::clone(&self.list), Arc::clone(&self.now));
        let mut memory = self.memories[batch as usize].take().unwrap_or_default();
        self.requests.spawn(async move {
            let sent = now();
            let fetched = source.ask(&list, batch, &mut memory).await;
            Outcome { generation: list.generation(), batch, memory, sent, received: now(), fetched }
        });
    }

    fn inquire(&mut self, inquiry: Inquiry) {
        let (source, list, now) = (Arc::clone(&self.source), Arc::clone(&self.list), Arc::clone(&self.now));
        self.inquiring.spawn(async move {
            let sent = now();
            let fetched = source.inquire(&list, inquiry.question, &inquiry.users).await;
            Heard { inquiry, sent, received: now(), fetched }
        });
    }

    fn grant(&mut self, wish: Wish) {
        let now = Instant::now();
        match wish {
            Wish::PollNow => {
                self.source.waive_pause();
                debug!("asked for now");
                self.schedule.poll_now(now);
                self.inquiries.poll_now(now);
            }
            Wish::Interval(interval) => {
                info!(?interval, "interval changed");
                self.schedule.set_interval(interval, now);
                self.inquiries.set_interval(interval);
            }
            Wish::Inquire(generation, doubts) => {
                // What is said of an older list is said anew of this one.
                if generation == self.list.generation() {
                    for batch in &doubts.batches {
                        self.schedule.hurry_batch(*batch, now);
                    }
                    self.inquiries.take(doubts, now);
                }
            }
            Wish::Watch(list) => {
                info!(users = list.len(), batches = list.batches(), "watch list changed");
                self.requests = JoinSet::new(); // drops, and so ends, the requests about the old list
                self.inquiring = JoinSet::new();
                self.schedule.reset(list.batches(), now);
                self.inquiries.reset(size(&list), now);
                self.memories = fresh_memories(&list);
                self.list = list;
            }
        }
    }

    fn take(&mut self, outcome: Outcome<S::Memory>) -> Option<Observation> {
        let Outcome { generation, batch, memory, sent, received, fetched } = outcome;
        if generation != self.list.generation() {
            return None;
        }
        let credentials = self.source.credentials_in_use();
        if std::mem::replace(&mut self.credentials, credentials) != credentials {
            self.inquiries.forgive();
        }
        self.memories[batch as usize] = Some(memory);
        if let Ok(Answer::Changed(changed)) = &fetched.answer {
            self.inquiries.hear(changed);
        }
        let now = Instant::now();
        let (attempt, next) = self.schedule.done(batch, fetched.answer.as_ref().map(|_| ()), now)?;
        let next_ms = next.saturating_duration_since(now).as_millis() as u64;
        self.log(batch, &fetched, received.mono_ms.saturating_sub(sent.mono_ms), attempt, next_ms);
        Some(Observation {
            question: Question::OnlineStatus,
            users: Arc::default(),
            generation,
            batch,
            sent,
            received,
            operation_id: fetched.operation_id,
            server_date: fetched.server_date,
            wire_bytes: fetched.wire_bytes,
            oddities: fetched.oddities,
            hints: fetched.hints,
            attempt,
            next_ms: received.mono_ms + next_ms,
            answer: fetched.answer,
        })
    }

    fn hear(&mut self, heard: Heard) -> Observation {
        let Heard { inquiry, sent, received, fetched } = heard;
        let now = Instant::now();
        let outcome = self.inquiries.done(&inquiry, fetched.answer.as_ref().map(|_| ()), now);
        if let Some(until) = outcome.hold {
            self.schedule.hold(until);
        }
        let next_ms = outcome.next.saturating_duration_since(now).as_millis() as u64;
        let (operation, witness, users) =
            (&*fetched.operation_id.0, inquiry.question.name(), inquiry.users.len());
        let (took_ms, bytes) = (received.mono_ms.saturating_sub(sent.mono_ms), fetched.wire_bytes);
        match &fetched.answer {
            Ok(_) => debug!(operation, witness, users, took_ms, bytes, "a witness answered"),
            Err(error) if outcome.refused => {
                warn!(operation, witness, users, took_ms, bytes, %error, "a witness is asked no more");
            }
            Err(error) => {
                let attempt = outcome.attempt;
                warn!(operation, witness, users, took_ms, bytes, %error, attempt, again_in_ms = next_ms, "a witness failed");
            }
        }
        Observation {
            question: inquiry.question,
            users: inquiry.users,
            generation: self.list.generation(),
            batch: 0,
            sent,
            received,
            operation_id: fetched.operation_id,
            server_date: fetched.server_date,
            wire_bytes: fetched.wire_bytes,
            oddities: fetched.oddities,
            hints: fetched.hints,
            attempt: outcome.attempt,
            next_ms: received.mono_ms + next_ms,
            answer: fetched.answer,
        }
    }

    /// What came of a question, and of a failure when it is put again.
    fn log(&mut self, batch: u32, fetched: &Fetched, took_ms: u64, attempt: u32, next_ms: u64) {
        let users = self.list.batch(batch).len();
        let (operation, bytes) = (&*fetched.operation_id.0, fetched.wire_bytes);
        match &fetched.answer {
            Ok(answer) => {
                let changed = if let Answer::Changed(users) = answer { users.len() } else { 0 };
                debug!(operation, batch, users, took_ms, bytes, changed, "answered");
                if self.failing && !self.schedule.is_failing() {
                    self.failing = false;
                    info!("every batch is answered again");
                }
            }
            Err(error) => {
                self.failing = true;
                warn!(operation, batch, users, took_ms, bytes, %error, attempt, again_in_ms = next_ms, "failed");
            }
        }
    }
}

fn fresh_memories<M: Default>(list: &WatchList) -> Vec<Option<M>> {
    (0..list.batches()).map(|_| None).collect()
}

/// Users of a list, and of its first and so largest batch.
fn size(list: &WatchList) -> (usize, usize) {
    (list.len(), if list.batches() == 0 { 0 } else { list.batch(0).len() })
}
