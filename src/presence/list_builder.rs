//! How a watch list is put together: user by user, each text copied once into an arena.
//!
//! IDs are in one part, labels and groups in another, both shared: lists with the same users of another
//! generation, or with other labels, have the same IDs in memory.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashTable;

use super::text::visible;
use super::watch_list::{Entry, UserIx, WatchList};

/// The IDs of a list, one after the other, so that a million of them are one allocation.
#[derive(Default)]
pub(super) struct Ids {
    text: String,
    /// `ends[i]` is where the i-th ID ends in `text`.
    ends: Vec<u32>,
    hasher: rapidhash::fast::RandomState,
    lookup: HashTable<u32>,
}

/// What users are called, and what they belong to.
#[derive(Clone, Default)]
pub(super) struct Named {
    /// Of those who have one, where it is in `texts`.
    labels: HashMap<u32, Range<u32>>,
    /// Of those who have one: the same group is there once.
    groups: HashMap<u32, Range<u32>>,
    /// Named and groups, one after the other.
    texts: String,
}

impl Named {
    /// Bytes that they take, about.
    pub(super) fn weight(&self) -> usize {
        self.texts.len() + (self.labels.len() + self.groups.len()) * 16
    }
}

impl Ids {
    /// Bytes that they take, about.
    pub(super) fn weight(&self) -> usize {
        self.text.len() + self.ends.len() * 10
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, user: UserIx) -> &str {
        slice(&self.text, &self.ends, user.0)
    }

    pub(super) fn find(&self, id: &str) -> Option<UserIx> {
        let hash = self.hasher.hash_one(id);
        self.lookup.find(hash, |&ix| slice(&self.text, &self.ends, ix) == id).map(|&ix| UserIx(ix))
    }

    /// Adds an ID that is not there yet, if there is room for it.
    fn push(&mut self, id: &str) -> Option<UserIx> {
        let end = u32::try_from(self.text.len() + id.len()).ok()?;
        let ix = self.ends.len() as u32;
        self.text.push_str(id);
        self.ends.push(end);
        let hash = self.hasher.hash_one(id);
        let (text, ends, hasher) = (&self.text, &self.ends, &self.hasher);
        self.lookup.insert_unique(hash, ix, |&other| hasher.hash_one(slice(text, ends, other)));
        Some(UserIx(ix))
    }
}

impl Named {
    pub(super) fn label(&self, user: UserIx) -> Option<&str> {
        self.labels.get(&user.0).and_then(|place| self.text(place))
    }

    pub(super) fn group(&self, user: UserIx) -> Option<&str> {
        self.groups.get(&user.0).and_then(|place| self.text(place))
    }

    pub(super) fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    pub(super) fn has_groups(&self) -> bool {
        !self.groups.is_empty()
    }

    fn text(&self, place: &Range<u32>) -> Option<&str> {
        self.texts.get(place.start as usize..place.end as usize)
    }

    /// Gives a user a label, unless there is one.
    pub(super) fn add_label(&mut self, user: UserIx, label: &str) {
        if !self.labels.contains_key(&user.0) {
            let place = self.keep(&visible(label));
            self.labels.insert(user.0, place);
        }
    }

    /// Puts a text to the others; beyond 4 GiB of them it is cut to nothing.
    fn keep(&mut self, text: &str) -> Range<u32> {
        let start = self.texts.len();
        let Ok(end) = u32::try_from(start + text.len()) else { return 0..0 };
        self.texts.push_str(text);
        start as u32..end
    }
}

/// A list that is being put together.
#[derive(Default)]
pub struct ListBuilder {
    ids: Ids,
    labels: Named,
    /// Where each group is in the texts.
    groups: HashMap<Box<str>, Range<u32>>,
}

impl ListBuilder {
    /// Adds a user, unless they are there already or there is no room; then only a label and a group that
    /// they lack are taken. Says whether the user was added.
    ///
    /// Ids beyond 4 GiB of text in all are left out (about 200 million users).
    pub fn push(&mut self, id: &str, label: Option<&str>, group: Option<&str>) -> bool {
        let before = self.ids.find(id);
        let Some(user) = before.or_else(|| self.ids.push(id)) else { return false };
        if let Some(label) = label {
            self.labels.add_label(user, label);
        }
        if let Some(group) = group.filter(|_| !self.labels.groups.contains_key(&user.0)) {
            let group = visible(group);
            let place = self.groups.get(&*group).cloned().unwrap_or_else(|| {
                let place = self.labels.keep(&group);
                self.groups.insert(group.into(), place.clone());
                place
            });
            self.labels.groups.insert(user.0, place);
        }
        before.is_none()
    }

    /// How many users there are so far.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is nobody so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Finds a user who was added.
    pub fn find(&self, id: &str) -> Option<UserIx> {
        self.ids.find(id)
    }

    /// The list of `generation`, with `batch_size` users in one request, at least 1.
    pub fn build(mut self, generation: u32, batch_size: u32) -> WatchList {
        self.ids.text.shrink_to_fit();
        self.ids.ends.shrink_to_fit();
        self.labels.texts.shrink_to_fit();
        WatchList::of(generation, batch_size, Arc::new(self.ids), Arc::new(self.labels))
    }
}

impl Extend<Entry> for ListBuilder {
    fn extend<T: IntoIterator<Item = Entry>>(&mut self, entries: T) {
        for entry in entries {
            self.push(&entry.id, entry.label.as_deref(), entry.group.as_deref());
        }
    }
}

fn slice<'a>(ids: &'a str, ends: &[u32], ix: u32) -> &'a str {
    let at = ix as usize;
    let start = if at == 0 { 0 } else { ends[at - 1] as usize };
    &ids[start..ends[at] as usize]
}
