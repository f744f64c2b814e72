//! Finding users by a part of their ID or label, letter case ignored: one search over one text.

use memchr::memmem;

use crate::presence::{UserIx, WatchList, visible};

/// Stands between two users; never part of a text that is shown or typed.
const BORDER: char = '\n';

/// Adds a part in small letters, and a border behind it: nothing that is typed goes across two parts.
pub(super) fn push_small(text: &mut String, part: &str) {
    if part.is_ascii() {
        let start = text.len();
        text.push_str(part);
        if let Some(new) = text.get_mut(start..) {
            new.make_ascii_lowercase();
        }
    } else {
        text.extend(part.chars().flat_map(char::to_lowercase));
    }
    text.push(BORDER);
}

/// The IDs and labels of a watch list, lower-cased, in one text.
#[derive(Clone, Debug)]
pub struct Haystack {
    text: String,
    /// Where the i-th user's part ends.
    ends: Vec<usize>,
}

impl Haystack {
    pub(crate) fn new(list: &WatchList) -> Haystack {
        let mut haystack = Haystack { text: String::new(), ends: Vec::with_capacity(list.len()) };
        for user in list.users() {
            push_small(&mut haystack.text, &visible(list.raw_id(user)));
            if let Some(label) = list.label(user) {
                push_small(&mut haystack.text, label);
            }
            haystack.ends.push(haystack.text.len());
        }
        haystack
    }

    /// The users whose ID or label contains `needle`, in list order.
    pub(crate) fn find(&self, needle: &str) -> Vec<UserIx> {
        let needle: String = needle.chars().flat_map(char::to_lowercase).filter(|&c| c != BORDER).collect();
        let finder = memmem::Finder::new(&needle);
        let text = self.text.as_bytes();
        let mut found = Vec::new();
        let mut from = 0;
        let mut user = 0;
        while let Some(at) = text.get(from..).and_then(|rest| finder.find(rest)) {
            let at = from + at;
            // Hits come in order, mostly close together: gallop from the last user on.
            user += self.ends.get(user..).map_or(0, |ends| ends.partition_point(|&end| end <= at));
            let Some(&end) = self.ends.get(user) else { break };
            found.push(UserIx(user as u32));
            from = end;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presence::Entry;

    fn find(needle: &str) -> Vec<u32> {
        let labelled = |id: &str, label: &str| Entry { label: Some(label.into()), ..Entry::of(id) };
        let list = WatchList::new(
            1,
            500,
            [Entry::of("ALICE"), labelled("bob", "Ålice 王小明"), Entry::of("b\n"), labelled("x", "bob")],
        );
        Haystack::new(&list).find(needle).into_iter().map(|user| user.0).collect()
    }

    #[test]
    fn letter_case_is_ignored_in_ids_and_labels() {
        assert_eq!(find("alice"), [0]);
        assert_eq!(find("LICE"), [0, 1]);
        assert_eq!(find("åL"), [1]);
        assert_eq!(find("小"), [1]);
        assert_eq!(find("bob"), [1, 3]);
        assert_eq!(find("^j"), [2], "as it is shown");
    }

    #[test]
    fn nothing_is_found_across_two_users() {
        assert_eq!(find("eb"), [0; 0]);
        assert_eq!(find("bobå"), [0; 0], "nor across ID and label");
        assert_eq!(find(""), [0, 1, 2, 3]);
        assert_eq!(find("zzz"), [0; 0]);
    }
}
