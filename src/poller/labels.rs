//! Labels for users who have none: their nicknames, asked of the server once in a run, a few hundred
//! at a time and never more than two questions in a second.

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::hash::BuildHasher as _;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::backoff;
use crate::openim::Client;
use crate::presence::FetchError;

/// Users in one question.
const CHUNK: usize = 500;
/// From the start of one question to the start of the next.
const EVERY: Duration = Duration::from_millis(500);
/// First pause after a failure; it doubles.
const RETRY: Duration = Duration::from_secs(2);
/// Answers that may wait for their reader.
const BACKLOG: usize = 4;

/// Something that can be asked what users are called.
pub trait NameSource: Send + Sync + 'static {
    /// ID and nickname of those of `ids`, at most 500, who have one.
    fn nicknames(
        &self,
        ids: &[String],
    ) -> impl Future<Output = Result<Vec<(String, String)>, FetchError>> + Send;
}

impl NameSource for Client {
    async fn nicknames(&self, ids: &[String]) -> Result<Vec<(String, String)>, FetchError> {
        Client::nicknames(self, ids).await
    }
}

/// Takes wishes for labels; once it is dropped, those wished for are still asked, and then it ends.
#[derive(Debug)]
pub struct Labels {
    wishes: mpsc::UnboundedSender<Vec<String>>,
}

impl Labels {
    /// Begins to ask `asks`; to be called within a tokio runtime. Pairs of ID and nickname come as
    /// they are answered, never an empty list.
    pub fn start(asks: impl NameSource) -> (Labels, mpsc::Receiver<Vec<(String, String)>>) {
        let (wishes, wished) = mpsc::unbounded_channel();
        let (answers, receiver) = mpsc::channel(BACKLOG);
        let task = Task {
            asks,
            answers,
            queue: VecDeque::new(),
            known: HashSet::new(),
            hasher: rapidhash::fast::RandomState::default(),
            random: fastrand::Rng::new(),
        };
        tokio::spawn(task.run(wished));
        (Labels { wishes }, receiver)
    }

    /// Wishes for the nicknames of these users. Each is asked for once in the run, whether it turns
    /// out to have one or not; wishing again costs next to nothing.
    pub fn want(&self, ids: Vec<String>) {
        // The task ends before its handle only when nobody reads its answers any more.
        let _ = self.wishes.send(ids);
    }
}

struct Task<S> {
    asks: S,
    answers: mpsc::Sender<Vec<(String, String)>>,
    /// Who is still to be asked about.
    queue: VecDeque<String>,
    /// Hashes of everybody who was ever in the queue; two users with one hash, which would cost one of
    /// them the label, are not to be feared.
    known: HashSet<u64>,
    hasher: rapidhash::fast::RandomState,
    random: fastrand::Rng,
}

impl<S: NameSource> Task<S> {
    async fn run(mut self, mut wished: mpsc::UnboundedReceiver<Vec<String>>) {
        let (mut next, mut failures) = (Instant::now(), 0_u32);
        loop {
            while let Ok(ids) = wished.try_recv() {
                self.take(ids);
            }
            if self.queue.is_empty() {
                tokio::select! {
                    () = self.answers.closed() => return,
                    ids = wished.recv() => match ids {
                        Some(ids) => self.take(ids),
                        None => return,
                    },
                }
                continue;
            }
            let answers = self.answers.clone();
            tokio::select! {
                () = answers.closed() => return,
                () = sleep_until(next) => {}
            }
            next = Instant::now() + EVERY;
            let chunk: Vec<String> = self.queue.drain(..self.queue.len().min(CHUNK)).collect();
            let named = tokio::select! {
                () = answers.closed() => return,
                named = self.asks.nicknames(&chunk) => named,
            };
            match named {
                Ok(names) => {
                    failures = 0;
                    if !names.is_empty() && answers.send(names).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    let pause = backoff::delay(&error, failures, RETRY, &mut self.random);
                    next = next.max(Instant::now() + pause);
                    // At the end: whatever is wrong with these, others may have their turn first.
                    self.queue.extend(chunk);
                }
            }
        }
    }

    /// Lines up those who were never wished for before.
    fn take(&mut self, ids: Vec<String>) {
        let new = ids.into_iter().filter(|id| self.known.insert(self.hasher.hash_one(id)));
        self.queue.extend(new);
    }
}
