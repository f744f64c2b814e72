//! Who is watched: what arguments, the file, the server and commands say, put together into a list.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use crate::options::Watched;
use crate::poller::ServerList;
use crate::presence::{Entry, ListBuilder, UserIx, WatchList};

/// Whom a source names, in its order: a piece of a list, and those who were taken out of it.
///
/// Where no source names a user of another, the list that is watched has all of them, and there is no other
/// copy of it.
#[derive(Clone, Debug, Default)]
struct Piece {
    list: WatchList,
    users: Range<u32>,
    /// With their places in the source.
    taken_out: Vec<(u32, Entry)>,
}

impl Piece {
    fn of(list: WatchList) -> Piece {
        Piece { users: 0..list.len() as u32, list, taken_out: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        self.users.is_empty() && self.taken_out.is_empty()
    }

    /// The list that it is, where it is one as a whole.
    fn whole(&self) -> Option<&WatchList> {
        (self.taken_out.is_empty() && self.users.len() == self.list.len()).then_some(&self.list)
    }

    /// Hands on everybody with their place, ID, label and group.
    fn each(&self, mut take: impl FnMut(u32, &str, Option<&str>, Option<&str>)) {
        let mut taken_out = self.taken_out.iter().peekable();
        let mut users = self.users.clone();
        for place in 0.. {
            if let Some((_, entry)) = taken_out.next_if(|(at, _)| *at == place) {
                take(place, &entry.id, entry.label.as_deref(), entry.group.as_deref());
            } else if let Some(user) = users.next().map(UserIx) {
                take(place, self.list.raw_id(user), self.list.label(user), self.list.group(user));
            } else {
                return;
            }
        }
    }
}

/// Where users come from. Each source replaces what it said before; the others stay.
#[derive(Clone, Debug, Default)]
pub struct Watching {
    /// Arguments, standard input and the configuration.
    fixed: Piece,
    /// The watch-list file, as last read.
    file: Piece,
    /// Lists of the server, as last read.
    server: BTreeMap<ServerList, Piece>,
    /// Users in one request.
    batch: u32,
    added: Vec<String>,
    removed: HashSet<String>,
    /// What the server calls its users; counts where nobody else gave a label.
    nicknames: HashMap<String, String>,
}

impl Watching {
    /// What `watched` names without asking the server, `batch` users in one request.
    pub fn of(watched: &Watched, batch: u32) -> Watching {
        let mut watching = Watching { batch, ..Watching::default() };
        watching.take_fixed(watched.fixed.clone());
        watching.take_file(watched.of_file.clone());
        watching
    }

    /// Takes whom arguments and standard input name.
    pub fn take_fixed(&mut self, list: WatchList) {
        self.fixed = Piece::of(list);
    }

    /// Takes whom the file names now.
    pub fn take_file(&mut self, list: WatchList) {
        self.file = Piece::of(list);
    }

    /// Takes whom a list of the server names now.
    pub fn take_server(&mut self, of: ServerList, ids: &[String]) {
        let mut list = ListBuilder::default();
        for id in ids {
            list.push(id, None, None);
        }
        self.server.insert(of, Piece::of(list.build(1, 1)));
    }

    /// Whether a list of the server was taken.
    pub fn has_server_lists(&self) -> bool {
        !self.server.is_empty()
    }

    /// What each source says, in the order in which they count.
    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        [&self.fixed, &self.file].into_iter().chain(self.server.values())
    }

    /// The list that is all there is, if it is.
    fn only_list(&self) -> Option<&WatchList> {
        let as_named = self.added.is_empty() && self.removed.is_empty() && self.nicknames.is_empty();
        let mut named = self.pieces().filter(|piece| !piece.is_empty());
        let only = named.next().filter(|_| as_named)?;
        only.whole().filter(|_| named.next().is_none())
    }

    /// Whether all users of the server are watched.
    fn is_everybody(&self) -> bool {
        self.removed.is_empty() && self.server.get(&ServerList::All).is_some_and(|piece| !piece.is_empty())
    }

    /// The list of `generation`. It shares what the sources hold where it can.
    pub fn list(&mut self, generation: u32) -> WatchList {
        if let Some(list) = self.only_list() {
            return list.remade(generation, self.batch).naming_everybody(self.is_everybody());
        }
        let mut made = ListBuilder::default();
        let mut pieces = Vec::new();
        let mut is_once = true;
        for piece in self.pieces() {
            let (start, mut taken_out) = (made.len() as u32, Vec::new());
            piece.each(|place, id, label, group| {
                if self.removed.contains(id) {
                    let owned = |text: Option<&str>| text.map(str::to_owned);
                    let entry = Entry { id: id.to_owned(), label: owned(label), group: owned(group) };
                    taken_out.push((place, entry));
                } else {
                    let label = label.or_else(|| self.nicknames.get(id).map(String::as_str));
                    is_once &= made.push(id, label, group);
                }
            });
            pieces.push((start..made.len() as u32, taken_out));
        }
        for id in &self.added {
            made.push(id, self.nicknames.get(id).map(String::as_str), None);
        }
        let list = made.build(generation, self.batch).naming_everybody(self.is_everybody());
        if is_once {
            let sources = [&mut self.fixed, &mut self.file].into_iter().chain(self.server.values_mut());
            for (piece, (users, taken_out)) in sources.zip(pieces) {
                *piece = Piece { list: list.clone(), users, taken_out };
            }
        }
        list
    }

    /// The same users in the same places, with the labels that are known now.
    pub fn relabelled(&self, list: &WatchList) -> WatchList {
        list.relabelled(self.nicknames.iter().map(|(id, label)| (id.as_str(), label.as_str())))
    }

    /// Watches a user from now on, for this run.
    pub fn add(&mut self, id: &str) {
        self.removed.remove(id);
        if !self.added.iter().any(|added| added == id) {
            self.added.push(id.to_owned());
        }
    }

    /// Watches a user no more, whatever names them, for this run.
    pub fn remove(&mut self, id: &str) {
        self.added.retain(|added| added != id);
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

    fn of(entries: impl IntoIterator<Item = Entry>) -> WatchList {
        WatchList::new(1, 2, entries)
    }

    fn watching(fixed: impl IntoIterator<Item = Entry>) -> Watching {
        Watching::of(&Watched::fixed(of(fixed)), 2)
    }

    #[test]
    fn sources_are_put_together_and_each_replaces_only_itself() {
        let mut watching = watching([Entry::of("a")]);
        watching.take_file(of([Entry { label: Some("B".into()), ..Entry::of("b") }, Entry::of("a")]));
        watching.take_server(ServerList::Group("1".into()), &["c".into(), "b".into()]);
        watching.add("d");
        assert_eq!(ids(&watching.list(1)), ["a", "b", "c", "d"]);
        watching.take_file(WatchList::default());
        assert_eq!(ids(&watching.list(2)), ["a", "c", "b", "d"]);
        watching.remove("c");
        watching.remove("d");
        assert_eq!(ids(&watching.list(3)), ["a", "b"], "whoever names them");
        watching.add("c");
        assert_eq!(ids(&watching.list(4)), ["a", "c", "b"]);
    }

    #[test]
    fn who_is_added_again_stands_in_the_old_place_with_label_and_group() {
        let b = Entry { label: Some("B".into()), group: Some("g".into()), ..Entry::of("b") };
        let mut watching = watching([Entry::of("x")]);
        watching.take_file(of([Entry::of("a"), b.clone(), Entry::of("c"), Entry::of("d")]));
        for id in ["b", "c", "a"] {
            watching.remove(id);
            watching.list(1);
        }
        assert_eq!(ids(&watching.list(2)), ["x", "d"]);
        watching.add("y");
        assert_eq!(ids(&watching.list(3)), ["x", "d", "y"]);
        for id in ["c", "b"] {
            watching.add(id);
        }
        let list = watching.list(4);
        assert_eq!(ids(&list), ["x", "b", "c", "d", "y"]);
        assert_eq!(list.entries().nth(1), Some(b));
        watching.take_file(of([Entry::of("c"), Entry::of("x")]));
        assert_eq!(ids(&watching.list(5)), ["x", "c", "y", "b"]);
    }

    #[test]
    fn there_is_one_copy_of_the_ids_whatever_is_added_and_removed() {
        let mut watching = watching([]);
        let read = of((0..1_000).map(|user| Entry::of(&user.to_string())));
        watching.take_file(read.clone());
        let shared = |watching: &Watching, list: &WatchList| {
            watching.pieces().filter(|piece| !piece.is_empty()).all(|piece| piece.list.shares_ids(list))
        };
        let first = watching.list(1);
        assert!(first.shares_ids(&read) && shared(&watching, &first));
        watching.add("x");
        watching.remove("500");
        let second = watching.list(2);
        assert!(shared(&watching, &second) && !second.shares_ids(&read) && second.len() == 1_000);
        watching.take_server(ServerList::All, &["s".into()]);
        let third = watching.list(3);
        assert!(shared(&watching, &third) && third.len() == 1_001);
        watching.learn([("7".to_owned(), "Ann".to_owned())]);
        assert!(watching.relabelled(&third).shares_ids(&third));
    }

    #[test]
    fn all_users_of_the_server_are_everybody_until_one_is_taken_off() {
        let mut watching = watching([Entry::of("a")]);
        watching.take_server(ServerList::Group("1".into()), &["b".into()]);
        assert!(!watching.list(1).is_everybody());
        watching.take_server(ServerList::All, &["a".into(), "b".into(), "c".into()]);
        let list = watching.list(2);
        assert!(list.is_everybody() && watching.relabelled(&list).is_everybody());
        watching.remove("c");
        assert!(!watching.list(3).is_everybody());
        watching.add("c");
        assert!(watching.list(4).is_everybody());
    }

    #[test]
    fn a_nickname_is_a_label_where_nobody_gave_another() {
        let labelled = Entry { label: Some("A".into()), ..Entry::of("a") };
        let mut watching = watching([labelled, Entry::of("b")]);
        let list = watching.list(7);
        watching.learn([("a".to_owned(), "Ann".to_owned()), ("b".to_owned(), "Bob".to_owned())]);
        let again = watching.relabelled(&list);
        let labels: Vec<_> = again.users().map(|user| again.label(user)).collect();
        assert_eq!((labels, again.generation()), (vec![Some("A"), Some("Bob")], 7));
    }
}
