//! What to do about an error: sentences of this program, which live as long as it runs.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde::Deserializer;

use super::parsed;
use crate::presence::text::visible_bounded;

/// So many different ones are kept of all that is read in a run; this program knows about 40.
const KEPT: usize = 256;
/// A longer sentence is cut, in characters.
const LONGEST: usize = 400;
/// Stands for those beyond.
const BEYOND: &str = "see the recording";

static KNOWN: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);

/// A sentence, read as one that lives as long as the program.
pub(in crate::presence) fn advice<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<&'static str, D::Error> {
    parsed(deserializer, |text| Ok(kept(text)))
}

/// Each sentence is kept once, and only so many.
fn kept(text: &str) -> &'static str {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let text = visible_bounded(text, LONGEST);
    if let Some(same) = known.get(text.as_str()) {
        return same;
    }
    if known.len() >= KEPT {
        return BEYOND;
    }
    let text: &'static str = text.leak();
    known.insert(text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_without_end_are_not_kept_without_end() {
        let first = kept("look at its log");
        assert!(std::ptr::eq(first, kept("look at its log")));
        let all: Vec<&str> = (0..2_000).map(|n| kept(&format!("do thing {n}\u{7}"))).collect();
        assert_eq!(all[0], "do thing 0^G");
        assert_eq!(all[1_999], BEYOND);
        assert_eq!(kept("look at its log"), first);
    }
}
