//! What all that read the configuration file need: its text, and a place for what is wrong with it.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::environment::Location;
use super::kind::kind_words;
use super::mistake::{Mistake, QUOTED};
use super::value::Place;
use crate::presence::visible_bounded;

/// Reads a file, and collects what is wrong with it.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) name: &'a str,
    pub(super) location: &'a Location,
    pub(super) mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    pub(super) fn wrong(&mut self, span: Range<usize>, what: String) {
        self.wrong_at(self.place(&span), what);
    }

    pub(super) fn wrong_at(&mut self, place: Place, what: String) {
        self.mistakes.push(Mistake { file: self.name.to_owned(), place, what });
    }

    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        Place::of(self.text, span.start)
    }

    /// Something else stands there than what was expected.
    pub(super) fn other(&mut self, name: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let (name, found) = (visible_bounded(name, QUOTED), kind_words(value.get_ref()));
        self.wrong(value.span(), format!("{name} is {found}; expected {expected}"));
    }
}
