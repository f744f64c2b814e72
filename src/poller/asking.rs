//! Asks a [`Source`] about every batch of the watch list, round after round, and sends what comes of
//! it as observations. One task, which owns its schedule; a request is a task of its own, so that
//! answers are read on all cores and none holds up another. Beside them, and never in their way, the
//! witnesses are asked about whom there is doubt.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info, warn};

use super::inquiries::Inquiries;
use super::lanes::LEAST;
use super::schedule::Schedule;
use super::{Now, Source};
use crate::openim::{Asked, Options};
use crate::presence::{Answer, Observation, Question, Rechecks, UserIx, WatchList};

/// Observations that may wait for their reader; the poller waits with them when there are more.
const BACKLOG: usize = 64;

/// How often the source is asked whether refused credentials have changed.
const CREDENTIALS_CHECK: Duration = Duration::from_secs(1);

/// How often, and how much at a time, a server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From the start of one round to the start of the next.
    pub interval: Duration,
    /// Requests under way at the same time; as many as the server answers as quickly as few where nobody
    /// says.
    pub concurrency: Option<usize>,
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

/// How many requests may be under way at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtOnce {
    /// So many now.
    pub requests: usize,
    /// Whether they become more or fewer by how quick the answers are; otherwise the user said so.
    pub adapts: bool,
}

impl AtOnce {
    /// Where it adapts, no fewer than this,
    pub const LEAST: usize = LEAST;
    /// and no more.
    pub const MOST: usize = Options::MOST_AT_ONCE;
}

/// Steers a running poller; it stops when this is dropped.
#[derive(Debug)]
pub struct Poller {
    wishes: mpsc::UnboundedSender<Wish>,
    at_once: Arc<AtomicUsize>,
    adapts: bool,
}

enum Wish {
    PollNow,
    Interval(Duration),
    Watch(Arc<WatchList>),
    Inquire(u32, Rechecks),
    First(u32, Vec<UserIx>),
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
        let at_once = Arc::new(AtomicUsize::new(schedule.at_once()));
        let task = Task {
            at_once: Arc::clone(&at_once),
            failing: false,
            credentials: source.credentials_in_use(),
            source,
            list,
            schedule,
            inquiries,
            memories,
            requests: JoinSet::new(),
            now,
        };
        tokio::spawn(task.run(wished, observations));
        (Poller { wishes, at_once, adapts: pace.concurrency.is_none() }, receiver)
    }

    /// How many requests may be under way at the same time now.
    pub fn at_once(&self) -> AtOnce {
        AtOnce { requests: self.at_once.load(Ordering::Relaxed), adapts: self.adapts }
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

    /// While the sockets give no answer, asks the registry about these users first, on the list of this
    /// generation.
    pub fn ask_first(&self, generation: u32, users: Vec<UserIx>) {
        self.wish(Wish::First(generation, users));
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
    /// How many requests may be under way, for whoever shows it.
    at_once: Arc<AtomicUsize>,
    inquiries: Inquiries,
    /// One a batch; `None` while a request about the batch has it.
    memories: Vec<Option<S::Memory>>,
    /// Questions under way, all about this list.
    requests: JoinSet<Done<S::Memory>>,
    /// Which credentials were in use when last looked.
    credentials: u64,
    /// Whether a batch has failed since all were answered, for the log.
    failing: bool,
    now: Now,
}

/// When a question was due to be put, what is kept of its answer, and what came of it.
type Done<M> = (Instant, M, Observation);

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
                let memory = self.memories[batch as usize].take().unwrap_or_default();
                self.ask(Asked::sockets(batch), memory, now);
                self.inquiries.earn(self.list.batch(batch).len());
            }
            let held = self.schedule.held(now);
            while held.is_none()
                && let Some(asked) = self.inquiries.next(now)
            {
                self.ask(asked, S::Memory::default(), now);
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
                    Ok(done) => if let Some(observation) = self.take(done)
                        && observations.send(observation).await.is_err() {
                            return;
                        },
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

    fn ask(&mut self, asked: Asked, mut memory: S::Memory, due: Instant) {
        let (source, list, now) = (Arc::clone(&self.source), Arc::clone(&self.list), Arc::clone(&self.now));
        self.requests.spawn(async move {
            let sent = now();
            let seen = source.ask(&list, &asked, &mut memory).await;
            (due, memory, Observation { sent, received: now(), ..seen })
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
                    self.inquiries.take(doubts, |batch| self.list.batch(batch), now);
                }
            }
            Wish::First(generation, users) => {
                if generation == self.list.generation() {
                    self.inquiries.ask_first(users, now);
                }
            }
            Wish::Watch(list) => {
                info!(users = list.len(), batches = list.batches(), "watch list changed");
                self.requests = JoinSet::new(); // drops, and so ends, the requests about the old list
                self.schedule.reset(list.batches(), now);
                self.inquiries.reset(size(&list), now);
                self.memories = fresh_memories(&list);
                self.list = list;
            }
        }
    }

    /// Takes what came of a question: when it is put again, and whom the witnesses are asked about next.
    fn take(&mut self, (due, memory, mut seen): Done<S::Memory>) -> Option<Observation> {
        if seen.generation != self.list.generation() {
            return None;
        }
        let (now, answered) = (Instant::now(), seen.answer.as_ref().map(|_| ()));
        let (next, refused) = if seen.question == Question::OnlineStatus {
            let credentials = self.source.credentials_in_use();
            if std::mem::replace(&mut self.credentials, credentials) != credentials {
                self.inquiries.forgive(now);
            }
            self.memories[seen.batch as usize] = Some(memory);
            if let Ok(Answer::Changed(changed)) = &seen.answer {
                self.inquiries.hear(changed);
            }
            let took_ms = seen.received.mono_ms.saturating_sub(seen.sent.mono_ms);
            let took = Duration::from_millis(took_ms);
            let done = self.schedule.done(seen.batch, answered, took, now);
            let at_once = self.schedule.at_once();
            if self.at_once.swap(at_once, Ordering::Relaxed) != at_once {
                debug!(at_once, took_ms, "requests at once");
            }
            let (attempt, next) = done?;
            seen.attempt = attempt;
            (next, false)
        } else {
            if let Ok(Answer::Gateways(signs)) = &seen.answer {
                self.inquiries.see_gateways(signs);
            }
            let outcome = self.inquiries.done(seen.question, &seen.users, due, answered, now);
            if let Some(until) = outcome.hold {
                self.schedule.hold(until);
            }
            seen.attempt = outcome.attempt;
            (outcome.next, outcome.refused)
        };
        let again_in_ms = next.saturating_duration_since(now).as_millis() as u64;
        seen.next_ms = seen.received.mono_ms + again_in_ms;
        self.log(&seen, again_in_ms, refused);
        Some(seen)
    }

    /// What came of a question, and of a failure when it is put again.
    fn log(&mut self, seen: &Observation, again_in_ms: u64, refused: bool) {
        let (operation, bytes, batch, attempt) =
            (&*seen.operation_id.0, seen.wire_bytes, seen.batch, seen.attempt);
        let took_ms = seen.received.mono_ms.saturating_sub(seen.sent.mono_ms);
        if seen.question != Question::OnlineStatus {
            let (witness, users) = (seen.question.name(), seen.users.len());
            match &seen.answer {
                Ok(_) => debug!(operation, witness, users, took_ms, bytes, "a witness answered"),
                Err(error) if refused => {
                    warn!(operation, witness, users, took_ms, bytes, %error, "a witness is asked no more");
                }
                Err(error) => {
                    warn!(operation, witness, users, took_ms, bytes, %error, attempt, again_in_ms, "a witness failed");
                }
            }
            return;
        }
        let users = self.list.batch(batch).len();
        match &seen.answer {
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
                warn!(operation, batch, users, took_ms, bytes, %error, attempt, again_in_ms, "failed");
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
