//! A setting's value before anybody asks what it means, and where it came from.

use std::fmt;
use std::path::PathBuf;

/// What a setting was given as.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Value {
    Switch(bool),
    Number(u64),
    Text(String),
    Path(PathBuf),
    List(Vec<String>),
}

// A text may be a command or an address with a password in it.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Value::Switch(_) => "Switch(..)",
            Value::Number(_) => "Number(..)",
            Value::Text(_) => "Text(..)",
            Value::Path(_) => "Path(..)",
            Value::List(_) => "List(..)",
        })
    }
}

/// Where in a text something stands; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    /// The place of the byte `offset` of `text`.
    pub(super) fn of(text: &str, offset: usize) -> Place {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Place { line, column }
    }
}

/// A value and where in the file it stands.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) value: Value,
    pub(super) place: Place,
}

/// Who said what a setting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    Flag,
    Environment,
    Context(&'a str, Place),
    File(Place),
    Default,
}
