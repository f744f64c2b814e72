//! The watch list: a user is a text, or `[id, label, group]` where there is more to say.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, SeqAccess, Visitor};
use serde::ser::SerializeTuple as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text::Text;
use crate::presence::{Entry, WatchList, check_id};

/// A [`WatchList`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireList<'a> {
    generation: u32,
    batch: u32,
    #[serde(borrow)]
    users: Vec<WireEntry<'a>>,
}

#[derive(Debug)]
struct WireEntry<'a> {
    id: Text<'a>,
    label: Option<Text<'a>>,
    group: Option<Text<'a>>,
}

impl<'a> WireList<'a> {
    pub(super) fn write(list: &'a WatchList) -> WireList<'a> {
        WireList {
            generation: list.generation(),
            batch: list.batch_size(),
            users: list
                .users()
                .map(|user| WireEntry {
                    id: Text::of(list.raw_id(user)),
                    label: list.label(user).map(Text::of),
                    group: list.group(user).map(Text::of),
                })
                .collect(),
        }
    }

    pub(super) fn read(self) -> Result<Arc<WatchList>, String> {
        if self.batch == 0 {
            return Err("a watch list in batches of nobody".to_owned());
        }
        let users = self.users.len();
        for entry in &self.users {
            check_id(&entry.id.0)?;
        }
        let list = WatchList::new(
            self.generation,
            self.batch,
            self.users.into_iter().map(|entry| Entry {
                id: entry.id.0.into_owned(),
                label: entry.label.map(|label| label.safe()),
                group: entry.group.map(|group| group.safe()),
            }),
        );
        if list.len() != users {
            return Err("a user is twice on the watch list".to_owned());
        }
        Ok(Arc::new(list))
    }
}

impl Serialize for WireEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.label.is_none() && self.group.is_none() {
            return self.id.serialize(serializer);
        }
        let mut tuple = serializer.serialize_tuple(3)?;
        tuple.serialize_element(&self.id)?;
        tuple.serialize_element(&self.label)?;
        tuple.serialize_element(&self.group)?;
        tuple.end()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for WireEntry<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WireEntry<'a>, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = WireEntry<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a user ID, or one with label and group")
    }

    fn visit_borrowed_str<E: de::Error>(self, id: &'de str) -> Result<WireEntry<'de>, E> {
        Ok(WireEntry { id: Text::of(id), label: None, group: None })
    }

    fn visit_str<E: de::Error>(self, id: &str) -> Result<WireEntry<'de>, E> {
        Ok(WireEntry { id: Text(id.to_owned().into()), label: None, group: None })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<WireEntry<'de>, A::Error> {
        let id = parts.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
        let label = parts.next_element()?.flatten();
        let group = parts.next_element()?.flatten();
        Ok(WireEntry { id, label, group })
    }
}
