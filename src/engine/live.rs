//! The live source: answers of the server, and what becomes of the watch list: its file, lists and labels
//! of the server, commands. What it means for who is watched is worked out here, and told to the poller.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::source::{Command, Ended, Source, Told, Wait};
use super::watched::Watching;
use crate::openim::{Client, Progress};
use crate::options::{ReadNews, Reading, WatchFile, WatchNews, Watched};
use crate::poller::{AtOnce, Labels, ListNews, Now, Pace, Poller, ServerList, follow_list};
use crate::presence::{
    Entry, FetchError, Input, Inputs, Moment, Next, Observation, Rechecks, State, UserId, WatchList,
    thousands, visible_bounded,
};

/// New labels are shown together, so soon after the first of them.
const LABELS: Duration = Duration::from_secs(1);
/// The same for each so many users, where there are more: the list is made anew with them.
const LABELS_OF_MANY: Duration = Duration::from_secs(10);
const MANY: usize = 50_000;
/// Users in one question about what they are called.
const LABELS_AT_ONCE: usize = 500;
/// Longest name of a list that is shown while it is read, in characters.
const LONGEST_NAME: usize = 40;

/// IDs of users and what the server calls them.
type Nicknames = Vec<(String, String)>;

/// A server that is asked.
pub struct Live {
    now: Now,
    observations: mpsc::Receiver<Observation>,
    poller: Poller,
    list: Arc<WatchList>,
    watching: Watching,
    /// Lists that are still being read, and how far that is in words.
    reading: Option<(Reading, String)>,
    /// Why they could not be read.
    unreadable: Option<Ended>,
    file: Option<mpsc::Receiver<WatchNews>>,
    lists: Option<mpsc::Receiver<ListNews>>,
    labels: Option<(Labels, mpsc::Receiver<Nicknames>)>,
    /// When labels that have come are shown.
    relabel: Option<Instant>,
    /// What has come in, and is taken when all that happened before it is told.
    waiting: VecDeque<(Moment, Input)>,
    /// Words that pass, or none where something else has changed.
    said: VecDeque<Option<String>>,
}

/// The lists of the server that are to be watched.
fn server_lists(watched: &Watched) -> Vec<ServerList> {
    let group = watched.group.iter().cloned().map(ServerList::Group);
    group.chain(watched.all.then_some(ServerList::All)).collect()
}

/// What a list of the server is called in words.
fn list_name(list: &ServerList) -> String {
    match list {
        ServerList::Group(group) => format!("group {}", visible_bounded(group, 40)),
        ServerList::All => "all users of the server".to_owned(),
    }
}

/// Reads whom to watch before the first question about them: everything that `watched` names, the lists
/// and labels of the server included, each once; `told` hears how far the reading of all users is. Also
/// sentences on what is missing and can be done without: the members of an empty group, labels.
///
/// # Errors
/// A list of the server cannot be read.
pub async fn gather(
    client: &Client,
    watched: &Watched,
    batch: u32,
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<(Watching, Vec<String>), FetchError> {
    let mut watching = Watching::of(watched, batch);
    let mut missing = Vec::new();
    for list in server_lists(watched) {
        let users = match &list {
            ServerList::Group(group) => client.group_members(group).await?,
            ServerList::All => client.all_users(&mut *told).await?,
        };
        if users.is_empty() {
            missing.push(list.empty_words());
        }
        watching.take_server(list, &users);
    }
    if watched.labels_from_server {
        let list = watching.list(1);
        let unnamed: Vec<String> =
            list.entries().filter(|entry| entry.label.is_none()).map(|entry| entry.id).collect();
        for chunk in unnamed.chunks(LABELS_AT_ONCE) {
            match client.nicknames(chunk).await {
                Ok(names) => watching.learn(names),
                Err(error) => {
                    missing.push(format!("labels are missing: {error}; {}", error.advice()));
                    break;
                }
            }
        }
    }
    Ok((watching, missing))
}

impl Live {
    /// Asks `client` about `list`, which `watching` has given, at this pace; within a runtime.
    pub fn start(client: &Client, list: Arc<WatchList>, watching: Watching, pace: Pace, now: Now) -> Live {
        let (poller, observations) =
            Poller::start(Arc::new(client.clone()), Arc::clone(&list), pace, Arc::clone(&now));
        Live {
            now,
            observations,
            poller,
            list,
            watching,
            reading: None,
            unreadable: None,
            file: None,
            lists: None,
            labels: None,
            relabel: None,
            waiting: VecDeque::new(),
            said: VecDeque::new(),
        }
    }

    /// Follows what `watched` names besides: a file, lists and labels of the server; within a runtime.
    #[must_use]
    pub fn following(mut self, client: &Client, watched: Watched) -> Live {
        // Lists that have been read already stay as they are.
        let lists = if self.watching.has_server_lists() { Vec::new() } else { server_lists(&watched) };
        self.lists = (!lists.is_empty()).then(|| follow_list(client.clone(), lists));
        self.labels = watched.labels_from_server.then(|| Labels::start(client.clone()));
        self.file = watched.file.map(WatchFile::follow);
        self.ask_for_labels();
        self
    }

    /// Takes the users of lists that are still being read when they are.
    #[must_use]
    pub fn reading(mut self, reading: Option<Reading>) -> Live {
        self.reading = reading.map(|reading| (reading, "reading the watch list".to_owned()));
        self
    }

    /// Takes what is heard of lists that are read.
    fn take_read(&mut self, news: ReadNews) {
        match news {
            ReadNews::Progress(list, users) => {
                // Of a path the end says which it is.
                let name = list.rsplit('/').next().map(|name| visible_bounded(name, LONGEST_NAME));
                let name = name.unwrap_or_default();
                if let Some((_, said)) = &mut self.reading {
                    *said = match users {
                        0 => format!("reading {name}"),
                        _ => format!("reading {name}: {} users", thousands(users as u64)),
                    };
                }
                self.said.push_back(None);
            }
            ReadNews::Read(Err(why)) => {
                self.reading = None;
                self.unreadable = Some(Ended::Unreadable(why.to_string()));
            }
            ReadNews::Read(Ok(watched)) => {
                self.reading = None;
                self.watching.take_fixed(watched.fixed);
                self.watching.take_file(watched.of_file);
                self.file = watched.file.map(WatchFile::follow);
                self.rewatch();
                for warning in watched.warnings {
                    self.push(Input::Notice(warning));
                }
            }
        }
    }

    /// Takes what the watch list's file has become.
    fn take_file(&mut self, news: WatchNews) {
        match news {
            WatchNews::Kept(why) => {
                warn!(why, "watch list kept as it was");
                self.push(Input::Notice(why));
            }
            WatchNews::Changed(listing) => {
                self.watching.take_file(listing.list);
                self.rewatch();
                self.push(Input::Notice(format!("the watch list has changed: {} users", self.list.len())));
                for warning in listing.warnings {
                    self.push(Input::Notice(warning));
                }
            }
        }
    }

    /// Takes what the server says of its lists.
    fn take_list(&mut self, news: ListNews) {
        match news {
            ListNews::Progress(text) => self.said.push_back(Some(text)),
            ListNews::Failed(why) => {
                warn!(why, "no list from the server");
                self.push(Input::Notice(why));
            }
            ListNews::Read { list, ids } => {
                let what = list_name(&list);
                let users = ids.len();
                self.watching.take_server(list, &ids);
                self.rewatch();
                self.push(Input::Notice(format!("{what}: {users} to be watched")));
            }
        }
    }

    /// Takes labels; those that come soon after are shown with them.
    fn take_labels(&mut self, labels: Nicknames) {
        self.watching.learn(labels);
        let pause =
            if self.list.len() > MANY { LABELS_OF_MANY * (self.list.len() / MANY) as u32 } else { LABELS };
        self.relabel.get_or_insert_with(|| Instant::now() + pause);
    }

    fn show_labels(&mut self) {
        self.relabel = None;
        self.list = Arc::new(self.watching.relabelled(&self.list));
        self.push(Input::Relabelled(Arc::clone(&self.list)));
    }

    /// An answer counts from when it was there, everything else from when it is taken.
    fn push(&mut self, input: Input) {
        let at = match &input {
            Input::Observed(observation) => observation.received,
            _ => (self.now)(),
        };
        self.waiting.push_back((at, input));
    }

    /// Watches users too, or no more, for this run.
    fn watch(&mut self, add: &[String], remove: &[String]) {
        for id in add {
            match UserId::check(id) {
                Ok(()) => self.watching.add(id),
                Err(why) => self.said.push_back(Some(why)),
            }
        }
        for id in remove {
            self.watching.remove(id);
        }
        self.rewatch();
    }

    /// Goes over to the list as it is now.
    fn rewatch(&mut self) {
        self.list = Arc::new(self.watching.list(self.list.generation() + 1));
        self.poller.watch(Arc::clone(&self.list));
        self.ask_for_labels();
        self.push(Input::Rebased(Arc::clone(&self.list)));
    }

    /// Asks for labels of those who have none.
    fn ask_for_labels(&self) {
        if let Some((labels, _)) = &self.labels {
            let unnamed = self.list.entries().filter(|entry: &Entry| entry.label.is_none());
            labels.want(unnamed.map(|entry| entry.id).collect());
        }
    }
}

impl Inputs for Live {
    type Error = Ended;

    fn next_at(&mut self) -> Result<Option<u64>, Ended> {
        if self.waiting.is_empty()
            && let Ok(observation) = self.observations.try_recv()
        {
            self.push(Input::Observed(observation));
        }
        match (self.waiting.front(), &self.unreadable) {
            (None, Some(why)) => Err(why.clone()),
            (next, _) => Ok(next.map(|(at, _)| at.mono_ms)),
        }
    }

    fn pop(&mut self) -> Option<(Moment, Next)> {
        self.waiting.pop_front().map(|(at, input)| (at, Next::Input(input)))
    }
}

impl Source for Live {
    fn now(&self) -> Moment {
        (self.now)()
    }

    fn wait(&mut self, change_ms: Option<u64>) -> Wait<'_> {
        Box::pin(async move {
            if !self.waiting.is_empty() || !self.said.is_empty() || self.unreadable.is_some() {
                return;
            }
            let now = (self.now)().mono_ms;
            let wake = change_ms.map(|at| Instant::now() + Duration::from_millis(at.saturating_sub(now)));
            let relabel = self.relabel;
            tokio::select! {
                Some(observation) = self.observations.recv() => self.push(Input::Observed(observation)),
                Some(news) = next_read(self.reading.as_mut()) => self.take_read(news),
                Some(news) = or_never(self.file.as_mut()) => self.take_file(news),
                Some(news) = or_never(self.lists.as_mut()) => self.take_list(news),
                Some(labels) = or_never(self.labels.as_mut().map(|(_, labels)| labels)) => {
                    self.take_labels(labels);
                }
                () = sleep_until(relabel.unwrap_or_else(Instant::now)), if relabel.is_some() => {
                    self.show_labels();
                }
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {}
                else => std::future::pending().await,
            }
        })
    }

    fn told(&mut self) -> Option<Told> {
        self.said.pop_front().map(|said| said.map_or(Told::Changed, Told::Said))
    }

    fn settled(&mut self, _state: &mut State) -> Option<Ended> {
        None
    }

    fn reading(&self) -> Option<&str> {
        self.reading.as_ref().map(|(_, words)| words.as_str())
    }

    fn at_once(&self) -> Option<AtOnce> {
        Some(self.poller.at_once())
    }

    fn recheck(&mut self, generation: u32, doubts: Rechecks) {
        self.poller.inquire(generation, doubts);
    }

    fn command(&mut self, command: &Command, state: &State) {
        match command {
            Command::PollNow => self.poller.poll_now(),
            Command::SetInterval(ms) => {
                self.poller.set_interval(Duration::from_millis(*ms));
                self.push(Input::Interval(*ms));
            }
            Command::AskFirst(users) => {
                self.poller.ask_first(state.roster().list().generation(), users.clone());
            }
            Command::Watch { add, remove } => self.watch(add, remove),
            Command::Record(_) | Command::Hold | Command::Release | Command::GoTo(_) | Command::Speed(_) => {}
        }
    }
}

/// What is heard next of lists that are being read; for ever nothing where there are none.
async fn next_read(reading: Option<&mut (Reading, String)>) -> Option<ReadNews> {
    match reading {
        Some((reading, _)) => reading.next().await,
        None => std::future::pending().await,
    }
}

/// What comes next over a channel; for ever nothing where there is none, or none any more.
async fn or_never<T>(channel: Option<&mut mpsc::Receiver<T>>) -> Option<T> {
    match channel {
        Some(channel) => match channel.recv().await {
            Some(news) => Some(news),
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}
