//! A mistake in the configuration file, and the words that all of them share.

use std::fmt;

use super::value::Place;
use crate::presence::query::QueryError;
use crate::presence::visible;

/// So many characters of a word in the file are quoted.
pub(super) const QUOTED: usize = 40;

/// A mistake in the file: `FILE:LINE:COLUMN: what; expected ...; did you mean NAME?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) file: String,
    pub(super) place: Place,
    pub(super) what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        write!(f, "{}:{line}:{column}: {}", self.file, self.what)
    }
}

/// `; did you mean NAME?` with the one of `names` that was probably meant by `text`, if one was.
pub(super) fn meant<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let text = text.to_lowercase().replace('_', "-");
    names
        .map(|name| (strsim::damerau_levenshtein(&text, name), name))
        .filter(|(distance, name)| *distance <= 2.min(name.chars().count().div_ceil(2)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, near)| format!("; did you mean {near}?"))
}

/// `a, b or c`.
pub(super) fn one_of(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// What is wrong with a filter, and below it the filter with a mark under the mistake.
pub(super) fn with_caret(error: &QueryError, text: &str) -> String {
    format!("{error}\n  {}\n  {}", visible(text), error.caret(text).line)
}
