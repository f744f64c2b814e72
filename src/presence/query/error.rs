//! What is wrong with a query, where, and what would be right.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use crate::presence::{visible, visible_bounded};
use crate::say;

/// Longest piece of the query that a message repeats, in characters.
const QUOTED_LIMIT: usize = 40;

/// A mistake in a query. Printed, it is one line: what was found, and the nearest thing that would
/// be right or what was expected there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// Where, in bytes of the text; on character boundaries, empty at the end of the text.
    pub at: Range<usize>,
    /// What was found, visible-safe, without a full stop.
    pub what: String,
    /// What would be right there, each as it may stand in a sentence.
    pub expected: Vec<Cow<'static, str>>,
    /// What was probably meant.
    pub nearest: Option<String>,
}

/// Where a mistake is when the query is shown on a line of a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caret {
    /// Columns before the mistake; a CJK character takes two.
    pub column: usize,
    /// Columns of the mistake, at least one.
    pub width: usize,
    /// The line to show under the query: blanks, and a `^` for each column of the mistake.
    pub line: String,
}

impl QueryError {
    pub(in crate::presence) fn new(at: Range<usize>, what: impl Into<String>) -> QueryError {
        QueryError { at, what: what.into(), expected: Vec::new(), nearest: None }
    }

    pub(in crate::presence) fn expected(
        mut self,
        words: impl IntoIterator<Item = impl Into<Cow<'static, str>>>,
    ) -> QueryError {
        self.expected = words.into_iter().map(Into::into).collect();
        self
    }

    pub(in crate::presence) fn nearest(mut self, nearest: Option<String>) -> QueryError {
        self.nearest = nearest;
        self
    }

    /// Where the mistake is on a line that shows `visible(text)`, the text that was parsed.
    pub fn caret(&self, text: &str) -> Caret {
        let columns = |range: Range<usize>| visible(text.get(range).unwrap_or_default()).width();
        let column = columns(0..self.at.start);
        let width = columns(self.at.clone()).max(1);
        Caret { column, width, line: format!("{}{}", " ".repeat(column), "^".repeat(width)) }
    }
}

/// A piece of the query as messages show it: in quotes, visible-safe, not too long.
pub(in crate::presence) fn shown(text: &str) -> String {
    format!("\"{}\"", visible_bounded(text, QUOTED_LIMIT))
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = &self.what;
        if let Some(nearest) = &self.nearest {
            return f.write_str(&say!("{what}; did you mean {nearest}?", what, nearest));
        }
        f.write_str(&match self.expected.split_last() {
            None => return f.write_str(what),
            Some((last, [])) => say!("{what}; expected {last}", what, last),
            Some((last, others)) => {
                say!("{what}; expected {others} or {last}", what, others = others.join(say!(", ")), last)
            }
        })
    }
}

impl std::error::Error for QueryError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_counts_columns_not_characters() {
        let text = "王小明 and platfrom=web";
        let start = text.find("platfrom").unwrap();
        let error = QueryError::new(start..start + 8, "no field");
        let caret = error.caret(text);
        assert_eq!((caret.column, caret.width), (11, 8));
        assert_eq!(caret.line, "           ^^^^^^^^");
    }

    #[test]
    fn the_caret_counts_what_is_shown_for_a_hidden_character() {
        let error = QueryError::new(1..2, "x");
        assert_eq!(error.caret("\u{1b}x").column, 2, "shown as ^[");
        let at_the_end = QueryError::new(1..1, "x");
        assert_eq!((at_the_end.caret("a").column, at_the_end.caret("a").width), (1, 1));
    }

    #[test]
    fn a_guess_is_said_before_what_was_expected() {
        let error = QueryError::new(0..1, "found \"x\"");
        assert_eq!(error.to_string(), "found \"x\"");
        let error = error.expected(["a", "b", "c"]);
        assert_eq!(error.to_string(), "found \"x\"; expected a, b or c");
        assert_eq!(error.nearest(Some("b".to_owned())).to_string(), "found \"x\"; did you mean b?");
    }
}
