//! A setting's value before anybody asks what it means, and where it came from.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::presence::visible;

/// What an option was given as. It can't be written for debugging: a text may be a command or an address
/// with a password in it.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// On or off.
    Switch(bool),
    /// A whole number.
    Number(u64),
    /// A text, also one that stands for a time or a size.
    Text(String),
    /// A file, in its folder or in the home.
    Path(PathBuf),
    /// Texts.
    List(Vec<String>),
}

impl Value {
    /// Whether it asks for nothing: off, or a list of none.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Value::Switch(false)) || matches!(self, Value::List(list) if list.is_empty())
    }

    /// As TOML.
    pub(super) fn toml(&self) -> String {
        match self {
            Value::Switch(on) => on.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) => quoted(text),
            Value::Path(path) => quoted(&path.display().to_string()),
            Value::List(list) => {
                let list: Vec<String> = list.iter().map(|text| quoted(text)).collect();
                format!("[{}]", list.join(", "))
            }
        }
    }
}

/// A basic string of TOML, with escapes for whatever does not show.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        if visible(c.encode_utf8(&mut [0; 4])).starts_with(c) {
            quoted.push(c);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(quoted, "\\U{:08X}", u32::from(c));
        }
    }
    quoted.push('"');
    quoted
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
#[derive(Clone)]
pub(super) struct Written {
    pub(super) value: Value,
    pub(super) place: Place,
}

/// A value and who said so.
#[derive(Clone, Copy)]
pub(super) struct Chosen<'a> {
    pub(super) value: &'a Value,
    pub(super) said: Said<'a>,
}

/// Who said what an option is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    Flag,
    Environment,
    Context(&'a str, Place),
    File(Place),
    Default,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_texts_are_read_back_as_they_were() {
        for text in ["", "plain", "a\"b\\c", "王小明", "\u{1b}[31m\n\t\u{7f}", "\u{202e}x^[<U+0041>"] {
            let line = format!("a = {}", quoted(text));
            let table: toml::Table = toml::from_str(&line).unwrap();
            assert_eq!(table["a"].as_str(), Some(text), "{line}");
            assert!(!line.contains(['\u{1b}', '\u{202e}', '\n']), "{line}");
        }
    }
}
