//! Texts: borrowed from the line where they can be, made safe where they enter.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::presence::visible_bounded;

/// A longer text is cut, in characters; this program writes none.
const LONGEST: usize = 16_384;

/// A text of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl<'a> Text<'a> {
    pub(super) fn of(text: &'a str) -> Text<'a> {
        Text(Cow::Borrowed(text))
    }

    /// Visible-safe and bounded. What was so already stays as it is.
    pub(super) fn safe(&self) -> String {
        visible_bounded(&self.0, LONGEST)
    }

    pub(super) fn boxed(&self) -> Box<str> {
        self.safe().into()
    }
}
