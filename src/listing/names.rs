//! What users are called on the screen: by their own names, or by stand-ins that say nothing.

use std::borrow::Cow;
use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use crate::presence::{Evidence, Finding, RollupKey, WatchList, visible};
use crate::say;

/// Names, or stand-ins for them. The same user has the same stand-in for the whole run, in every
/// view and in everything that is copied or exported.
#[derive(Clone, Debug)]
pub struct Names {
    key: u128,
    masked: bool,
}

impl Names {
    /// Their own names, or stand-ins that `key` makes: random, so that they say nothing about the names.
    pub fn new(key: u128, masked: bool) -> Names {
        Names { key, masked }
    }

    /// Whether stand-ins are shown.
    pub fn are_masked(&self) -> bool {
        self.masked
    }

    pub(crate) fn toggle(&mut self) -> bool {
        self.masked = !self.masked;
        self.masked
    }

    /// What the user with this ID is called; visible-safe. Takes the ID as the server knows it.
    pub fn user<'a>(&self, raw_id: &'a str) -> Cow<'a, str> {
        if self.masked { self.stand_in("user", &visible(raw_id)).into() } else { visible(raw_id) }
    }

    /// What a user is called whose ID is visible-safe already, as in the claims of a token.
    pub fn shown_user<'a>(&self, visible_id: &'a str) -> Cow<'a, str> {
        if self.masked { self.stand_in("user", visible_id).into() } else { visible_id.into() }
    }

    /// A label as it is shown.
    pub fn label<'a>(&self, label: &'a str) -> Cow<'a, str> {
        if self.masked { self.stand_in("name", label).into() } else { label.into() }
    }

    /// A group as it is shown.
    pub fn group<'a>(&self, group: &'a str) -> Cow<'a, str> {
        if self.masked { self.stand_in("group", group).into() } else { group.into() }
    }

    /// What users are counted by; none where that is to be in no group.
    pub fn rollup(&self, key: &RollupKey) -> Option<String> {
        Some(match key {
            RollupKey::Group(name) => self.group(name.as_deref()?).into_owned(),
            RollupKey::OtherGroups => say!("(other groups)").to_owned(),
            RollupKey::Platform(platform) => platform.name().into_owned(),
            RollupKey::Batch(batch) => (batch + 1).to_string(),
            RollupKey::Gateway(address) => address.to_string(),
        })
    }

    /// A sentence in which watched users may be named by their IDs, each as a word of its own.
    pub fn text<'a>(&self, text: &'a str, list: &WatchList) -> Cow<'a, str> {
        if !self.masked {
            return text.into();
        }
        let mut masked = String::with_capacity(text.len());
        for part in text.split_inclusive(char::is_whitespace) {
            let word = part.trim_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation());
            let found = [part.trim(), word].into_iter().find(|word| list.find(word).is_some());
            match found.and_then(|word| part.split_once(word).map(|around| (word, around))) {
                Some((word, (before, after))) => {
                    masked.extend([before, &self.user(word), after]);
                }
                None => masked.push_str(part),
            }
        }
        masked.into()
    }

    /// What a finding rests on, in words; `server_seconds` is the time by the server's clock.
    pub fn evidence(&self, finding: &Finding, server_seconds: i64) -> String {
        match &finding.evidence {
            Evidence::TokenForeignUser(found) if self.masked => {
                let mut found = found.clone();
                found.user = self.shown_user(&found.user).into();
                Evidence::TokenForeignUser(found).words(server_seconds)
            }
            Evidence::MassDisconnect(departed) if self.masked => {
                let mut departed = departed.clone();
                departed.group = departed.group.map(|(group, users)| (self.group(&group).into(), users));
                Evidence::MassDisconnect(departed).words(server_seconds)
            }
            evidence => evidence.words(server_seconds),
        }
    }

    /// Eight hex digits: among 100,000 users hardly two share a stand-in.
    fn stand_in(&self, kind: &str, name: &str) -> String {
        let mut hasher = SipHasher13::new_with_key(&self.key.to_le_bytes());
        hasher.write(kind.as_bytes());
        hasher.write(name.as_bytes());
        format!("{kind}-{:08x}", hasher.finish() >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_is_the_same_wherever_a_user_is_named_and_another_in_each_run() {
        let names = Names::new(7, true);
        assert_eq!(names.user("alice"), names.shown_user("alice"));
        assert_ne!(names.user("alice"), names.user("bob"));
        assert_ne!(names.user("alice"), Names::new(8, true).user("alice"));
        assert!(!names.label("alice").contains("alice") && names.group("a") != names.user("a"));
        assert_eq!(Names::new(7, false).user("al\u{7}ice"), "al^Gice");
    }

    #[test]
    fn in_a_sentence_those_who_are_watched_have_their_stand_ins() {
        let list = WatchList::new(1, 500, ["alice", "b.b."].map(crate::presence::Entry::of));
        let names = Names::new(7, true);
        let (alice, bob) = (names.user("alice"), names.user("b.b."));
        let said = names.text("alice, \"b.b.\" and malice: (alice)", &list);
        assert_eq!(said, format!("{alice}, \"b.b.\" and malice: ({alice})"));
        assert_eq!(names.text("b.b. was named twice", &list), format!("{bob} was named twice"));
        assert_eq!(Names::new(7, false).text("alice", &list), "alice");
    }
}
