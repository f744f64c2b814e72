//! Who is watched: what arguments, the file, the server and commands say, put together into a list.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::options::Watched;
use crate::presence::{Entry, WatchList};

/// Where users come from. Each source replaces what it said before; the others stay.
#[derive(Clone, Debug, Default)]
pub struct Watching {
    /// Arguments, standard input and the configuration.
    pub fixed: Vec<Entry>,
    /// The watch-list file, as last read.
    pub file: Vec<Entry>,
    /// Lists of the server by what they are called, as last read.
    pub server: BTreeMap<String, Vec<String>>,
    /// Users in one request.
    pub batch: u32,
    added: Vec<Entry>,
    removed: HashSet<String>,
    /// What the server calls its users; counts where nobody else gave a label.
    nicknames: HashMap<String, String>,
}

impl Watching {
    /// What `watched` names without asking the server, `batch` users in one request.
    pub fn of(watched: &Watched, batch: u32) -> Watching {
        let fixed = watched.fixed.clone();
        let of_file = watched.entries.get(fixed.len()..).unwrap_or_default().to_vec();
        Watching::new(fixed, of_file, batch)
    }

    /// Watches these, `batch` users in one request.
    pub fn new(fixed: Vec<Entry>, file: Vec<Entry>, batch: u32) -> Watching {
        Watching { fixed, file, batch, ..Watching::default() }
    }

    /// The list of `generation`, and how many users are on it.
    pub fn list(&self, generation: u32) -> WatchList {
        let of_server = self.server.values().flatten().map(|id| Entry::of(id));
        let all =
            self.fixed.iter().chain(&self.file).cloned().chain(of_server).chain(self.added.iter().cloned());
        let kept = all.filter(|entry| !self.removed.contains(&entry.id));
        WatchList::new(generation, self.batch, kept.map(|entry| self.named(entry)))
    }

    /// The same users in the same places, with the labels that are known now.
    pub fn relabelled(&self, list: &WatchList) -> WatchList {
        WatchList::new(list.generation(), self.batch, list.entries().map(|entry| self.named(entry)))
    }

    fn named(&self, mut entry: Entry) -> Entry {
        if entry.label.is_none() {
            entry.label = self.nicknames.get(&entry.id).cloned();
        }
        entry
    }

    /// Watches a user from now on, for this run.
    pub fn add(&mut self, id: &str) {
        self.removed.remove(id);
        if !self.added.iter().any(|entry| entry.id == id) {
            self.added.push(Entry::of(id));
        }
    }

    /// Watches a user no more, whatever names them, for this run.
    pub fn remove(&mut self, id: &str) {
        self.added.retain(|entry| entry.id != id);
        self.removed.insert(id.to_owned());
    }

    /// Learns what the server calls its users.
    pub fn learn(&mut self, nicknames: impl IntoIterator<Item = (String, String)>) {
        self.nicknames.extend(nicknames);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(list: &WatchList) -> Vec<&str> {
        list.users().map(|user| list.raw_id(user)).collect()
    }

    #[test]
    fn sources_are_put_together_and_each_replaces_only_itself() {
        let mut watching = Watching { batch: 2, fixed: vec![Entry::of("a")], ..Watching::default() };
        watching.file = vec![Entry { label: Some("B".into()), ..Entry::of("b") }, Entry::of("a")];
        watching.server.insert("group 1".into(), vec!["c".into(), "b".into()]);
        watching.add("d");
        assert_eq!(ids(&watching.list(1)), ["a", "b", "c", "d"]);
        watching.file.clear();
        assert_eq!(ids(&watching.list(2)), ["a", "c", "b", "d"]);
        watching.remove("c");
        watching.remove("d");
        assert_eq!(ids(&watching.list(3)), ["a", "b"], "whoever names them");
        watching.add("c");
        assert_eq!(ids(&watching.list(4)), ["a", "c", "b"]);
    }

    #[test]
    fn a_nickname_is_a_label_where_nobody_gave_another() {
        let labelled = Entry { label: Some("A".into()), ..Entry::of("a") };
        let mut watching =
            Watching { batch: 2, fixed: vec![labelled, Entry::of("b")], ..Watching::default() };
        let list = watching.list(7);
        watching.learn([("a".to_owned(), "Ann".to_owned()), ("b".to_owned(), "Bob".to_owned())]);
        let again = watching.relabelled(&list);
        let labels: Vec<_> = again.users().map(|user| again.label(user)).collect();
        assert_eq!((labels, again.generation()), (vec![Some("A"), Some("Bob")], 7));
    }
}
