//! Regular expressions of a query: letter case ignored, linear in time, bounded in size.

use std::fmt;

use regex_lite::{Regex, RegexBuilder};

/// So many bytes a compiled pattern may take: the time for one user grows with it.
const SIZE_LIMIT: usize = 64 * 1024;

/// A regular expression as typed, and compiled. Two are equal when their texts are.
#[derive(Clone)]
pub(in crate::presence) struct Pattern {
    pub(super) source: Box<str>,
    regex: Regex,
}

impl Pattern {
    /// Compiles `source`; the error says in a few words what is wrong with it.
    pub(super) fn new(source: &str) -> Result<Pattern, String> {
        // The engine ignores the case of ASCII letters alone; the others are lowered on both sides.
        let lowered: String = lower_beyond_ascii(source);
        let regex = RegexBuilder::new(&lowered)
            .case_insensitive(true)
            .size_limit(SIZE_LIMIT)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Pattern { source: source.into(), regex })
    }

    /// Whether it matches somewhere in `text`.
    pub(super) fn matches(&self, text: &str) -> bool {
        // Scripts without cases, such as Chinese, need no copy.
        if text.is_ascii() || !text.chars().any(char::is_uppercase) {
            self.regex.is_match(text)
        } else {
            self.regex.is_match(&lower_beyond_ascii(text))
        }
    }
}

fn lower_beyond_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            out.extend(c.to_lowercase());
        }
    }
    out
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.source == other.source
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_is_ignored_beyond_ascii_too() {
        assert!(Pattern::new("^Ночь").unwrap().matches("НОЧЬ 7"));
        assert!(Pattern::new("[А-Я]{4}").unwrap().matches("ночь"));
        assert!(Pattern::new("^U_\\d+$").unwrap().matches("u_007"));
        assert!(Pattern::new("小.$").unwrap().matches("王小明"));
        assert!(!Pattern::new("^b").unwrap().matches("ab"));
    }

    #[test]
    fn a_pattern_that_would_grow_without_bound_is_refused() {
        assert!(Pattern::new("((a{100}){100}){100}").is_err());
        assert!(Pattern::new("(").is_err());
    }
}
