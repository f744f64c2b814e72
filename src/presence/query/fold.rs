//! Comparing texts with letter case ignored, without an allocation.
//!
//! The folding is that of an arena of lower-cased text: every character by `char::to_lowercase`, so
//! a search through such an arena finds the same users.

use memchr::memchr2_iter;

/// `text` in lower case.
pub(super) fn lower(text: &str) -> Box<str> {
    text.chars().flat_map(char::to_lowercase).collect::<String>().into_boxed_str()
}

/// Whether `text` contains `needle`, which is in lower case already.
pub(super) fn contains(text: &str, needle: &str) -> bool {
    let wanted = needle.as_bytes();
    let Some(&first) = wanted.first() else { return true };
    if !text.is_ascii() {
        return contains_beyond_ascii(text, needle);
    }
    let bytes = text.as_bytes();
    let starts = (bytes.len() + 1).saturating_sub(wanted.len());
    memchr2_iter(first, first.to_ascii_uppercase(), &bytes[..starts])
        .any(|at| bytes[at..at + wanted.len()].eq_ignore_ascii_case(wanted))
}

fn contains_beyond_ascii(text: &str, needle: &str) -> bool {
    let mut wanted = needle.chars();
    let Some(first) = wanted.next() else { return true };
    let mut rest = text.chars().flat_map(char::to_lowercase);
    while let Some(c) = rest.next() {
        if c == first {
            let mut here = rest.clone();
            if wanted.clone().all(|wanted| here.next() == Some(wanted)) {
                return true;
            }
        }
    }
    false
}

/// Whether `text` is `other`, which is in lower case already.
pub(super) fn equal(text: &str, other: &str) -> bool {
    if text.is_ascii() {
        text.eq_ignore_ascii_case(other)
    } else {
        text.chars().flat_map(char::to_lowercase).eq(other.chars())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letter_case_is_ignored_in_every_script() {
        assert!(contains("ALICE", "lice"));
        assert!(contains("Ålice 王小明", "ål"));
        assert!(contains("王小明", "小"));
        assert!(contains("abc", "abc"));
        assert!(!contains("abc", "abcd"));
        assert!(!contains("abc", "å"));
        assert!(contains("", ""));
        assert!(!contains("", "a"));
        assert!(equal("Ночь", "ночь"));
        assert!(!equal("night", "nigh"));
    }

    proptest! {
        #[test]
        fn it_finds_what_a_search_through_lower_cased_text_finds(
            text in "[aAbBKſİåÅ王 \u{212a}]{0,12}", needle in "[aAbBkKsiİåÅ王\u{307}]{0,3}"
        ) {
            let needle = lower(&needle);
            prop_assert_eq!(contains(&text, &needle), lower(&text).contains(&*needle));
            prop_assert_eq!(equal(&text, &needle), *lower(&text) == *needle);
        }
    }
}
