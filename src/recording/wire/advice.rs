//! What to do about an error: sentences of this program, which live as long as it runs.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::presence::visible_bounded;

/// So many different ones are kept of all that is read in a run; this program knows about 40.
const KEPT: usize = 256;
/// In characters.
const LONGEST: usize = 400;
/// Stands for those beyond.
const BEYOND: &str = "see the recording";

static KNOWN: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);

/// The sentence as one that lives as long as the program: each is kept once, and only so many.
pub(super) fn kept(text: &str) -> &'static str {
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
