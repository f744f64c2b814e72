//! Lets the production poller ask a server that is only a function of time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use imtop::openim::{self, DeltaDecoder, Keys, read_online_status};
use imtop::poller::{Now, Source};
use imtop::presence::{Answer, FetchError, Observation, Oddities, Question, UserIx, UserStatus, WatchList};

use super::recording::PATIENCE_MS;
use super::server::{Server, Told};

/// One question that was put.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// When, in milliseconds of the run.
    pub at: u64,
    /// What.
    pub question: Question,
    /// About how many users.
    pub users: u64,
    /// How many requests that took.
    pub requests: u64,
}

/// A server to be asked.
pub struct Asker {
    server: Arc<dyn Server>,
    now: Now,
    keys: Keys,
    asked: Mutex<Vec<Asked>>,
    /// Whom the last answer about each batch showed.
    shown: Mutex<HashMap<u32, Vec<bool>>>,
    under_way: AtomicUsize,
}

impl Asker {
    /// Asks `server` as time goes by.
    pub fn new(server: Arc<dyn Server>, now: Now) -> Asker {
        Asker {
            server,
            now,
            keys: Keys::random(),
            asked: Mutex::default(),
            shown: Mutex::default(),
            under_way: AtomicUsize::new(0),
        }
    }

    /// All questions so far.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.asked).clone()
    }

    /// Whom of a batch the last answer of the sockets showed.
    pub fn shown(&self, batch: u32) -> Vec<bool> {
        lock(&self.shown).get(&batch).cloned().unwrap_or_default()
    }

    /// Whether a witness beside the sockets is being asked.
    pub fn is_inquiring(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) > 0
    }

    async fn put(&self, question: Question, users: &[u32]) -> Result<Told, FetchError> {
        let sent = (self.now)();
        let place = {
            let mut asked = lock(&self.asked);
            asked.push(Asked { at: sent.mono_ms, question, users: users.len() as u64, requests: 1 });
            asked.len() - 1
        };
        loop {
            let now = (self.now)();
            if now.since(sent) >= PATIENCE_MS as u64 {
                return Err(FetchError::Timeout { after_ms: PATIENCE_MS as u64 });
            }
            let reply = self.server.reply(question, users, now.unix_ms);
            tokio::time::sleep(Duration::from_millis(reply.took)).await;
            match reply.told {
                Ok(Told::Again) => {}
                told => {
                    // Who they are is one request, and then each of them.
                    if let Ok(Told::Gateways(signs)) = &told {
                        lock(&self.asked)[place].requests += signs.len() as u64;
                    }
                    return told;
                }
            }
        }
    }
}

/// Counts a question about a witness for as long as it lasts, also where nobody waits for it any more.
struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Source for Asker {
    /// What was read of the last answer, and whom it showed.
    type Memory = (DeltaDecoder, Vec<bool>);

    async fn ask(
        &self,
        list: &WatchList,
        asked: &openim::Asked,
        memory: &mut (DeltaDecoder, Vec<bool>),
    ) -> Observation {
        let (question, batch) = (asked.question, asked.batch);
        if question != Question::OnlineStatus {
            let answer = self.ask_witness(question, &asked.users).await;
            return asked.answered(list.generation(), answer);
        }
        let range = list.batch(batch);
        let users: Vec<u32> = range.clone().collect();
        let told = self.put(question, &users).await;
        let (sieve, shown) = memory;
        shown.resize(users.len(), false);
        let read = told.and_then(|told| match told {
            Told::Body(body) => read_online_status(body.as_bytes(), list, batch, sieve, &self.keys),
            _ => Err(FetchError::Http { status: 404 }),
        });
        let (answer, oddities) = match read {
            Ok((answer, oddities)) => (Ok(answer), oddities),
            Err(error) => (Err(error), Oddities::default()),
        };
        if let Ok(Answer::Changed(changed)) = &answer {
            for (user, status) in changed {
                shown[(user.0 - range.start) as usize] = matches!(status, UserStatus::Online(_));
            }
        }
        lock(&self.shown).insert(batch, shown.clone());
        Observation { oddities, ..asked.answered(list.generation(), answer) }
    }
}

impl Asker {
    async fn ask_witness(&self, question: Question, users: &[UserIx]) -> Result<Answer, FetchError> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let _under_way = UnderWay(&self.under_way);
        let users: Vec<u32> = users.iter().map(|user| user.0).collect();
        Ok(match self.put(question, &users).await? {
            Told::Registry(said) => Answer::Registry(
                said.into_iter().map(|(user, platforms)| (UserIx(user), platforms)).collect(),
            ),
            Told::Tokens(said) => {
                Answer::Tokens(said.into_iter().map(|(user, counted)| (UserIx(user), counted)).collect())
            }
            Told::Gateways(signs) => Answer::Gateways(signs),
            Told::Unregistered(users) => Answer::Unregistered(users.into_iter().map(UserIx).collect()),
            Told::Body(_) | Told::Again => return Err(FetchError::Http { status: 404 }),
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
