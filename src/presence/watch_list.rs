//! The watch list: who is watched, in which order, with labels and groups, and in which batches.
//!
//! A list never changes; a new one has the next generation, so that a late answer to a question
//! about an older list is told apart and never meets the wrong user.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _};
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::list_builder::{Ids, ListBuilder, Named};
use super::text::{visible, visible_bounded};
use super::written::{is_usual, refused, some_text, word_or};

/// Longest user ID that is taken, in bytes; a longer line is not one of a list of users.
const LONGEST_ID: usize = 256;

/// Place of a user in one generation of the watch list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UserIx(pub u32);

impl UserIx {
    /// As an index into columns.
    pub fn at(self) -> usize {
        self.0 as usize
    }
}

/// A user ID exactly as it is sent to the server. Shown visible-safe.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// Takes an ID as written by whoever named the user.
    pub fn new(id: &str) -> UserId {
        UserId(id.into())
    }

    /// The ID as the server knows it; not safe to print.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// Says whether a text can be a user ID.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn check(id: &str) -> Result<(), String> {
        if id.is_empty() {
            return Err("a user ID is empty".to_owned());
        }
        if id.len() > LONGEST_ID {
            let start = visible_bounded(id, 20);
            return Err(format!("{start} is {} bytes long; a user ID has at most {LONGEST_ID}", id.len()));
        }
        if id.chars().any(char::is_control) {
            let shown = visible(id);
            return Err(format!("{shown} holds control characters; expected a user ID"));
        }
        Ok(())
    }
}

impl Borrow<str> for UserId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&visible(&self.0))
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One user as a source of the watch list names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The user ID, as the server knows it.
    pub id: String,
    /// What people call the user.
    pub label: Option<String>,
    /// What they belong to.
    pub group: Option<String>,
}

impl Entry {
    /// An entry with nothing but an ID.
    pub fn of(id: &str) -> Entry {
        Entry { id: id.to_owned(), ..Entry::default() }
    }
}

/// The users being watched. A copy shares the texts.
#[derive(Clone)]
pub struct WatchList {
    generation: u32,
    batch_size: u32,
    ids: Arc<Ids>,
    labels: Arc<Named>,
    is_everybody: bool,
}

impl Default for WatchList {
    /// Nobody.
    fn default() -> WatchList {
        WatchList::new(0, 1, [])
    }
}

impl WatchList {
    /// Builds the list of `generation` from `entries`, in their order; a repeated ID keeps its
    /// first place. `batch_size` is the number of users in one request, at least 1.
    pub fn new(generation: u32, batch_size: u32, entries: impl IntoIterator<Item = Entry>) -> WatchList {
        let mut builder = ListBuilder::default();
        builder.extend(entries);
        builder.build(generation, batch_size)
    }

    pub(super) fn of(generation: u32, batch_size: u32, ids: Arc<Ids>, labels: Arc<Named>) -> WatchList {
        WatchList { generation, batch_size: batch_size.max(1), ids, labels, is_everybody: false }
    }

    /// The same users as the list of another generation, so many in one request.
    #[must_use]
    pub fn remade(&self, generation: u32, batch_size: u32) -> WatchList {
        WatchList::of(generation, batch_size, Arc::clone(&self.ids), Arc::clone(&self.labels))
    }

    /// The same list, which names all users of the server, or may not.
    #[must_use]
    pub fn naming_everybody(self, is_everybody: bool) -> WatchList {
        WatchList { is_everybody, ..self }
    }

    /// Whether it names all users of the server, as far as that said.
    pub fn is_everybody(&self) -> bool {
        self.is_everybody
    }

    /// The same list, with these labels for those who have none.
    #[must_use]
    pub fn relabelled<'a>(&self, names: impl Iterator<Item = (&'a str, &'a str)>) -> WatchList {
        let mut labels = (*self.labels).clone();
        for (id, label) in names {
            if let Some(user) = self.find(id) {
                labels.add_label(user, label);
            }
        }
        WatchList { labels: Arc::new(labels), ..self.clone() }
    }

    /// Whether both have the same IDs in memory.
    pub fn shares_ids(&self, other: &WatchList) -> bool {
        Arc::ptr_eq(&self.ids, &other.ids)
    }

    /// Whether both also have the same labels and groups in memory.
    pub(super) fn shares_names(&self, other: &WatchList) -> bool {
        self.shares_ids(other) && Arc::ptr_eq(&self.labels, &other.labels)
    }

    /// A sum over whom it names and how, to see whether another list says the same; batches and generation
    /// do not count.
    pub fn sum(&self) -> u64 {
        let mut hasher = rapidhash::fast::SeedableState::fixed().build_hasher();
        for user in self.users() {
            (self.raw_id(user), self.label(user), self.group(user)).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Which list this is; each change makes the next number.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// How many users one request asks about, at most.
    pub fn batch_size(&self) -> u32 {
        self.batch_size
    }

    /// How many users are watched.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Bytes that it takes, about; a copy shares them.
    pub fn weight(&self) -> usize {
        self.ids.weight() + self.labels.weight()
    }

    /// Whether nobody is watched.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All users, in list order.
    pub fn users(&self) -> impl DoubleEndedIterator<Item = UserIx> + ExactSizeIterator + use<> {
        (0..self.ids.len() as u32).map(UserIx)
    }

    /// The ID as the server knows it; not safe to print.
    pub fn raw_id(&self, user: UserIx) -> &str {
        #[cfg(test)]
        crate::presence::looked::one();
        self.ids.get(user)
    }

    /// The ID as something that can outlive this list.
    pub fn id(&self, user: UserIx) -> UserId {
        UserId::new(self.raw_id(user))
    }

    /// What people call the user; visible-safe.
    pub fn label(&self, user: UserIx) -> Option<&str> {
        #[cfg(test)]
        crate::presence::looked::one();
        self.labels.label(user)
    }

    /// What the user belongs to; visible-safe.
    pub fn group(&self, user: UserIx) -> Option<&str> {
        #[cfg(test)]
        crate::presence::looked::one();
        self.labels.group(user)
    }

    /// Whether anybody has a label.
    pub fn has_labels(&self) -> bool {
        self.labels.has_labels()
    }

    /// Whether anybody has a group.
    pub fn has_groups(&self) -> bool {
        self.labels.has_groups()
    }

    /// Finds a user by the ID that the server knows.
    pub fn find(&self, id: &str) -> Option<UserIx> {
        self.ids.find(id)
    }

    /// How many requests one round takes.
    pub fn batches(&self) -> u32 {
        (self.ids.len() as u32).div_ceil(self.batch_size)
    }

    /// Which request of a round asks about the user.
    pub fn batch_of(&self, user: UserIx) -> u32 {
        user.0 / self.batch_size
    }

    /// The users of one request; empty for a batch that does not exist.
    pub fn batch(&self, batch: u32) -> Range<u32> {
        let len = self.ids.len() as u32;
        let start = batch.saturating_mul(self.batch_size).min(len);
        start..start.saturating_add(self.batch_size).min(len)
    }

    /// The entries again, to make the next list from.
    pub fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        self.users().map(|user| Entry {
            id: self.raw_id(user).to_owned(),
            label: self.label(user).map(str::to_owned),
            group: self.group(user).map(str::to_owned),
        })
    }
}

/// A list of this form; `users` are [`Entry`]s, or something that is written as they are.
#[derive(Serialize, Deserialize)]
struct ListForm<U> {
    generation: u32,
    batch: u32,
    /// Whether these are all users of the server.
    #[serde(default, skip_serializing_if = "is_usual")]
    everybody: bool,
    users: U,
}

impl Serialize for WatchList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named = |user| match (self.raw_id(user), self.label(user), self.group(user)) {
            (id, None, None) => EntryForm::Id(id),
            (id, label, group) => EntryForm::All(id, label, group),
        };
        let users = self.users().map(named).collect::<Vec<_>>();
        let (generation, batch, everybody) = (self.generation, self.batch_size, self.is_everybody);
        ListForm { generation, batch, everybody, users }.serialize(serializer)
    }
}

/// A user of the list: an ID, or `[id, label, group]` where there is more to say.
#[derive(Serialize)]
#[serde(untagged)]
enum EntryForm<'a> {
    Id(&'a str),
    All(&'a str, Option<&'a str>, Option<&'a str>),
}

impl<'de> Deserialize<'de> for WatchList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WatchList, D::Error> {
        let ListForm { generation, batch, everybody, users } =
            ListForm::<Vec<Entry>>::deserialize(deserializer)?;
        if batch == 0 {
            return Err(refused("a watch list in batches of nobody"));
        }
        users.iter().try_for_each(|entry| UserId::check(&entry.id)).map_err(refused)?;
        let length = users.len();
        let list = WatchList::new(generation, batch, users);
        if list.len() == length {
            Ok(list.naming_everybody(everybody))
        } else {
            Err(refused("a user is twice on the watch list"))
        }
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Entry, D::Error> {
        #[derive(Deserialize)]
        struct All(
            String,
            #[serde(default, deserialize_with = "some_text")] Option<String>,
            #[serde(default, deserialize_with = "some_text")] Option<String>,
        );
        let named = |All(id, label, group)| Entry { id, label, group };
        word_or(deserializer, "a user ID, or one with label and group", false, |id| Ok(Entry::of(id)), named)
    }
}

impl fmt::Debug for WatchList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WatchList(generation {}, {} users)", self.generation, self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(ids: &[&str]) -> WatchList {
        WatchList::new(1, 2, ids.iter().map(|id| Entry::of(id)))
    }

    #[test]
    fn a_repeated_id_keeps_its_first_place() {
        let named = Entry { label: Some("A".into()), ..Entry::of("a") };
        let late = WatchList::new(1, 2, [Entry::of("a"), Entry::of("b"), named]);
        assert_eq!((late.label(UserIx(0)), late.label(UserIx(1))), (Some("A"), None));
        let list = list(&["a", "b", "a", "", "b"]);
        let ids: Vec<_> = list.users().map(|user| list.raw_id(user)).collect();
        assert_eq!(ids, ["a", "b", ""]);
        assert_eq!(list.find("b"), Some(UserIx(1)));
        assert_eq!(list.find("c"), None);
    }

    #[test]
    fn batches_cover_everybody_once() {
        let list = list(&["a", "b", "c", "d", "e"]);
        assert_eq!(list.batches(), 3);
        assert_eq!(list.batch(2), 4..5);
        assert_eq!(list.batch(3), 5..5);
        assert_eq!(list.batch(u32::MAX), 5..5);
        assert_eq!(list.batch_of(UserIx(3)), 1);
        assert_eq!(WatchList::new(1, 500, []).batches(), 0);
    }

    #[test]
    fn labels_stand_beside_their_users_and_are_safe_to_show() {
        let entry = |id: &str, label: Option<&str>, group: Option<&str>| Entry {
            id: id.into(),
            label: label.map(Into::into),
            group: group.map(Into::into),
        };
        let list = WatchList::new(
            1,
            500,
            [
                entry("a", None, None),
                entry("b", Some("王\u{202e}小明"), None),
                entry("c", None, Some("kiosk")),
                entry("d", None, None),
            ],
        );
        assert_eq!(list.label(UserIx(0)), None);
        assert_eq!(list.label(UserIx(1)), Some("王<U+202E>小明"));
        assert_eq!(list.group(UserIx(2)), Some("kiosk"));
        assert_eq!(list.label(UserIx(3)), None);
        assert_eq!(UserId::new("x\u{7}").to_string(), "x^G");
    }
}
