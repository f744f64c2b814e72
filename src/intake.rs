//! All that comes in about one server: answers, news of the watch list from its file and from the
//! server, labels. What it means for who is watched is worked out here, and told to the poller.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::app::Msg;
use crate::config::{WatchFile, WatchNews, Watched};
use crate::feed::{Labels, ListNews, Poller, ServerList, follow_list};
use crate::openim::Client;
use crate::presence::{Entry, Input, Observation, WatchList, check_id, visible_bounded};
use crate::watching::Watching;

/// New labels are shown together, so soon after the first of them.
const LABELS: Duration = Duration::from_secs(1);
/// The same for lists of more users than [`MANY`], where showing them takes a while.
const LABELS_OF_MANY: Duration = Duration::from_secs(10);
const MANY: usize = 50_000;

/// IDs of users and what the server calls them.
type Nicknames = Vec<(String, String)>;

/// All that comes in about one server.
pub struct Intake {
    /// Answers and failures.
    pub observations: mpsc::Receiver<Observation>,
    /// Steers who is asked about, and when.
    pub poller: Poller,
    list: Arc<WatchList>,
    watching: Watching,
    file: Option<mpsc::Receiver<WatchNews>>,
    lists: Option<mpsc::Receiver<ListNews>>,
    labels: Option<(Labels, mpsc::Receiver<Nicknames>)>,
    /// When labels that have come are shown.
    relabel: Option<Instant>,
}

/// Something that came in.
#[derive(Debug)]
pub enum Incoming {
    /// An answer, or a failure.
    Observed(Observation),
    /// News of the watch-list file.
    File(WatchNews),
    /// News of the server's own lists.
    List(ListNews),
    /// What users are called: IDs and nicknames.
    Labels(Nicknames),
    /// Labels that came before are due to be shown.
    Relabel,
}

/// Who is watched from the start, as `watched` says; `batch` users in one request.
pub fn watching(watched: &Watched, batch: u32) -> Watching {
    let fixed = watched.fixed.clone();
    let of_file = watched.entries.get(fixed.len()..).unwrap_or_default().to_vec();
    Watching::new(fixed, of_file, batch)
}

/// The lists of the server that are wished for.
pub fn server_lists(watched: &Watched) -> Vec<ServerList> {
    let group = watched.group.iter().cloned().map(ServerList::Group);
    group.chain(watched.all.then_some(ServerList::All)).collect()
}

/// What a list of the server is called in words.
pub fn list_name(list: &ServerList) -> String {
    match list {
        ServerList::Group(group) => format!("group {}", visible_bounded(group, 40)),
        ServerList::All => "all users of the server".to_owned(),
    }
}

impl Intake {
    /// Takes what the poller brings, about a list that only commands change.
    pub fn of(
        (poller, observations): (Poller, mpsc::Receiver<Observation>),
        list: Arc<WatchList>,
        watching: Watching,
    ) -> Intake {
        let (file, lists, labels, relabel) = (None, None, None, None);
        Intake { observations, poller, list, watching, file, lists, labels, relabel }
    }

    /// Follows what `watched` names besides: a file, lists and labels of the server; within a runtime.
    #[must_use]
    pub fn following(mut self, client: &Client, watched: Watched) -> Intake {
        // Lists that have been read already stay as they are.
        let lists = if self.watching.server.is_empty() { server_lists(&watched) } else { Vec::new() };
        self.lists = (!lists.is_empty()).then(|| follow_list(client.clone(), lists));
        self.labels = watched.labels_from_server.then(|| Labels::start(client.clone()));
        self.file = watched.file.map(WatchFile::follow);
        self.wish_for_labels();
        self
    }

    /// Waits for what comes in next. Nothing is lost when this is given up while it waits.
    pub async fn next(&mut self) -> Incoming {
        let relabel = self.relabel;
        let labels = self.labels.as_mut().map(|(_, labels)| labels);
        tokio::select! {
            Some(observation) = self.observations.recv() => Incoming::Observed(observation),
            Some(news) = or_never(self.file.as_mut()) => Incoming::File(news),
            Some(news) = or_never(self.lists.as_mut()) => Incoming::List(news),
            Some(labels) = or_never(labels) => Incoming::Labels(labels),
            () = sleep_until(relabel.unwrap_or_else(Instant::now)), if relabel.is_some() => Incoming::Relabel,
            else => std::future::pending().await,
        }
    }

    /// What follows from it.
    pub fn take(&mut self, incoming: Incoming) -> Vec<Msg> {
        match incoming {
            Incoming::Observed(observation) => vec![Msg::Input(Input::Observed(observation))],
            Incoming::File(WatchNews::Kept(why)) => vec![Msg::Input(Input::Notice(why))],
            Incoming::File(WatchNews::Changed(listing)) => {
                self.watching.file = listing.entries;
                let mut msgs = self.rewatch();
                let users = self.list.len();
                msgs.push(Msg::Input(Input::Notice(format!("the watch list has changed: {users} users"))));
                msgs.extend(listing.warnings.into_iter().map(|warning| Msg::Input(Input::Notice(warning))));
                msgs
            }
            Incoming::List(ListNews::Progress(text)) => vec![Msg::Told(text)],
            Incoming::List(ListNews::Failed(text)) => vec![Msg::Input(Input::Notice(text))],
            Incoming::List(ListNews::Read { list, ids }) => {
                let what = list_name(&list);
                let users = ids.len();
                self.watching.server.insert(what.clone(), ids);
                let mut msgs = self.rewatch();
                msgs.push(Msg::Input(Input::Notice(format!("{what}: {users} to be watched"))));
                msgs
            }
            Incoming::Labels(labels) => {
                self.watching.learn(labels);
                let pause = if self.list.len() > MANY { LABELS_OF_MANY } else { LABELS };
                self.relabel.get_or_insert_with(|| Instant::now() + pause);
                Vec::new()
            }
            Incoming::Relabel => {
                self.relabel = None;
                self.list = Arc::new(self.watching.relabelled(&self.list));
                vec![Msg::Input(Input::Relabelled(Arc::clone(&self.list)))]
            }
        }
    }

    /// Watches users too, or no more, for this run.
    pub fn watch(&mut self, add: &[String], remove: &[String]) -> Vec<Msg> {
        let mut msgs = Vec::new();
        for id in add {
            match check_id(id) {
                Ok(()) => self.watching.add(id),
                Err(why) => msgs.push(Msg::Told(why)),
            }
        }
        for id in remove {
            self.watching.remove(id);
        }
        let mut rebased = self.rewatch();
        rebased.append(&mut msgs);
        rebased
    }

    /// Goes over to the list as it is now.
    fn rewatch(&mut self) -> Vec<Msg> {
        self.list = Arc::new(self.watching.list(self.list.generation() + 1));
        self.poller.watch(Arc::clone(&self.list));
        self.wish_for_labels();
        vec![Msg::Input(Input::Rebased(Arc::clone(&self.list)))]
    }

    /// Wishes for labels of those who have none.
    fn wish_for_labels(&self) {
        if let Some((labels, _)) = &self.labels {
            let unnamed = self.list.entries().filter(|entry: &Entry| entry.label.is_none());
            labels.want(unnamed.map(|entry| entry.id).collect());
        }
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
