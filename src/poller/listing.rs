//! Watch lists that the server keeps: a task that reads them at the start and again and again, and
//! sends the users whenever they are others than before.
//!
//! A list that was read once stays as it is until another one was read whole: neither an error nor
//! an empty answer takes anybody off it.

use std::future::Future;
use std::hash::BuildHasher as _;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::backoff;
use crate::openim::{Client, Progress};
use crate::presence::{FetchError, thousands, visible_bounded};

/// How long a group is taken to stay as it is.
const GROUP_EVERY: Duration = Duration::from_mins(5);
/// The same for all users, which take many questions.
const ALL_EVERY: Duration = Duration::from_mins(15);
/// First pause after a failure; it doubles.
const RETRY: Duration = Duration::from_secs(5);
/// Update that may wait for their reader; progress that finds no room is dropped.
const BACKLOG: usize = 16;
/// Longest name of a group that is shown, in characters.
const LONGEST_NAME: usize = 64;

/// A watch list that the server keeps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServerList {
    /// The members of the group with this ID.
    Group(String),
    /// Every user that there is.
    All,
}

impl ServerList {
    /// What to say where the server names nobody of it: an unknown group gets the answer of an empty one.
    pub fn empty_words(&self) -> String {
        match self {
            ServerList::Group(group) => format!(
                "the server names no member of group {}: is there such a group?",
                visible_bounded(group, LONGEST_NAME)
            ),
            ServerList::All => "the server names no user at all".to_owned(),
        }
    }
}

/// What is heard of the server's lists. Texts are sentences without their full stop, visible-safe and
/// free of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListNews {
    /// How far the first reading of a list is: `reading all users: 12,000 of 100,000, about 20 s more`.
    Progress(String),
    /// A list was read whole, and is other than before, or was failing until now.
    Read {
        /// Which.
        list: ServerList,
        /// Its users in the server's order, each once; at least one.
        ids: Vec<String>,
    },
    /// A list could not be read, and is tried again; the same failure is told once.
    Failed(String),
}

/// Something that can be asked for lists of users.
pub trait ListSource: Send + Sync + 'static {
    /// The members of a group; nobody where there is no such group.
    fn group_members(&self, group: &str) -> impl Future<Output = Result<Vec<String>, FetchError>> + Send;

    /// Every user; `told` hears how far that is.
    fn all_users(
        &self,
        told: impl FnMut(Progress) + Send,
    ) -> impl Future<Output = Result<Vec<String>, FetchError>> + Send;
}

impl ListSource for Client {
    async fn group_members(&self, group: &str) -> Result<Vec<String>, FetchError> {
        Client::group_members(self, group).await
    }

    async fn all_users(&self, told: impl FnMut(Progress) + Send) -> Result<Vec<String>, FetchError> {
        Client::all_users(self, told).await
    }
}

/// Begins to read `lists` from `asks`, one after the other, and again every 5 minutes (all users:
/// every 15); to be called within a tokio runtime. Ends when nobody listens any more.
pub fn follow_list(asks: impl ListSource, lists: Vec<ServerList>) -> mpsc::Receiver<ListNews> {
    let (news, receiver) = mpsc::channel(BACKLOG);
    let now = Instant::now();
    let lists = lists.into_iter().map(|list| Followed::new(list, now)).collect();
    let task = Task { asks, lists, news, random: fastrand::Rng::new() };
    tokio::spawn(task.run());
    receiver
}

struct Task<S> {
    asks: S,
    lists: Vec<Followed>,
    news: mpsc::Sender<ListNews>,
    random: fastrand::Rng,
}

/// A list and what is known of it.
struct Followed {
    list: ServerList,
    due: Instant,
    /// The users that were sent last: how many, and a sum over them that does not depend on their order.
    sent: Option<(usize, u64)>,
    /// Failures in a row, empty answers included, and what was said of the last one.
    failures: u32,
    said: Option<String>,
    hasher: rapidhash::fast::RandomState,
}

impl<S: ListSource> Task<S> {
    async fn run(mut self) {
        loop {
            let Some(next) = self.lists.iter_mut().min_by_key(|followed| followed.due) else { return };
            let news = self.news.clone();
            let turn = async {
                sleep_until(next.due).await;
                let read = next.read(&self.asks, &self.news).await;
                next.conclude(read, &mut self.random)
            };
            let news_of_turn = tokio::select! {
                () = news.closed() => return,
                news = turn => news,
            };
            if let Some(said) = news_of_turn
                && news.send(said).await.is_err()
            {
                return;
            }
        }
    }
}

impl Followed {
    fn new(list: ServerList, now: Instant) -> Followed {
        Followed {
            list,
            due: now,
            sent: None,
            failures: 0,
            said: None,
            hasher: rapidhash::fast::RandomState::default(),
        }
    }

    async fn read(
        &self,
        asks: &impl ListSource,
        news: &mpsc::Sender<ListNews>,
    ) -> Result<Vec<String>, FetchError> {
        let began = Instant::now();
        let is_first = self.sent.is_none();
        match &self.list {
            ServerList::Group(group) => asks.group_members(group).await,
            ServerList::All => {
                let tell = |progress| {
                    if is_first {
                        // Where the reader is behind, the next page will do as well.
                        let _ = news.try_send(ListNews::Progress(progress_words(progress, began.elapsed())));
                    }
                };
                asks.all_users(tell).await
            }
        }
    }

    /// What to say of a reading, and when the next one is.
    fn conclude(
        &mut self,
        read: Result<Vec<String>, FetchError>,
        random: &mut fastrand::Rng,
    ) -> Option<ListNews> {
        let (problem, pause) = match read {
            Ok(ids) if !ids.is_empty() => {
                self.due = Instant::now() + self.every();
                let sum = ids.iter().fold(0_u64, |sum, id| sum.wrapping_add(self.hasher.hash_one(id)));
                let was_failing = std::mem::take(&mut self.failures) > 0;
                self.said = None;
                let known = self.sent.replace((ids.len(), sum)) == Some((ids.len(), sum));
                return (!known || was_failing).then(|| ListNews::Read { list: self.list.clone(), ids });
            }
            Ok(_) => (self.list.empty_words(), self.every()),
            Err(error) => {
                let pause = backoff::delay(&error, self.failures + 1, RETRY, random);
                (format!("can't read {}: {error}; {}", self.name(), error.advice()), pause)
            }
        };
        self.failures += 1;
        self.due = Instant::now() + pause;
        let kept = match self.sent {
            Some((1, _)) => "; the user read before stays on the list".to_owned(),
            Some((users, _)) => {
                format!("; the {} users read before stay on the list", thousands(users as u64))
            }
            None => String::new(),
        };
        let words = problem + &kept;
        let is_news = self.said.as_ref() != Some(&words);
        is_news.then(|| ListNews::Failed(self.said.insert(words).clone()))
    }

    fn every(&self) -> Duration {
        match self.list {
            ServerList::Group(_) => GROUP_EVERY,
            ServerList::All => ALL_EVERY,
        }
    }

    fn name(&self) -> String {
        match &self.list {
            ServerList::Group(group) => {
                format!("the members of group {}", visible_bounded(group, LONGEST_NAME))
            }
            ServerList::All => "all users".to_owned(),
        }
    }
}

/// How far the reading of all users is after `took`.
fn progress_words(progress: Progress, took: Duration) -> String {
    let Progress { have, total } = progress;
    let words = format!("reading all users: {} of {}", thousands(have), thousands(total));
    let left = total.saturating_sub(have);
    // From a second on the pace is more than chance.
    if left == 0 || have == 0 || took < Duration::from_secs(1) {
        return words;
    }
    let seconds = (took.as_secs_f64() * left as f64 / have as f64).ceil() as u64;
    match seconds {
        ..=99 => format!("{words}, about {seconds} s more"),
        _ => format!("{words}, about {} min more", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_reckoned_from_the_pace_so_far() {
        let words =
            |have, total, seconds| progress_words(Progress { have, total }, Duration::from_secs(seconds));
        assert_eq!(words(12_000, 100_000, 3), "reading all users: 12,000 of 100,000, about 22 s more");
        assert_eq!(words(1_000, 1_000_000, 1), "reading all users: 1,000 of 1,000,000, about 17 min more");
        assert_eq!(words(1_000, 100_000, 0), "reading all users: 1,000 of 100,000");
        assert_eq!(words(5, 5, 9), "reading all users: 5 of 5");
        assert_eq!(words(0, 5, 9), "reading all users: 0 of 5");
        assert!(words(1, u64::MAX, u64::from(u32::MAX)).ends_with(" min more"));
    }
}
