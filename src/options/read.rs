//! From the value that somebody gave to the type that the program works with.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text, where backticks would show")]

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use secrecy::SecretString;

use super::mistake::with_caret;
use super::parse::{parse_interval, parse_percent, parse_picture_size, parse_size};
use super::value::Value;
use crate::language::Language;
use crate::listing::{ColumnName, SortColumn, ThemeName};
use crate::presence::By;
use crate::presence::query::Query;

/// A type of which an option can be.
pub trait Read: Sized {
    /// # Errors
    /// What is wrong; only the command line can hold what is checked no earlier than here.
    fn read(value: &Value) -> Result<Self, String>;

    /// What it is where nobody says anything and the table has no default.
    ///
    /// # Errors
    /// It cannot be without a value.
    fn unset() -> Result<Self, String> {
        Err("expected a value".to_owned())
    }
}

/// A share in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(pub u8);

/// A size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

/// Which secrets session tokens are tried against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckSecrets {
    /// None.
    Off,
    /// Those that servers are shipped with.
    Shipped,
    /// These as well.
    And(PathBuf),
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Where the terminal has them and NO_COLOR is not set
    Auto,
    /// Also into a pipe
    Always,
    /// Not at all
    Never,
}

/// How much is logged; each level has those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// What ends the program
    Error,
    /// What went wrong and is tried again
    Warn,
    /// Start and end, settings, logins, changes of the watch list
    Info,
    /// Each answer
    Debug,
    /// Each request
    Trace,
}

impl<T: Read> Read for Option<T> {
    fn read(value: &Value) -> Result<Self, String> {
        T::read(value).map(Some)
    }

    fn unset() -> Result<Self, String> {
        Ok(None)
    }
}

impl Read for Vec<String> {
    fn read(value: &Value) -> Result<Self, String> {
        if let Value::List(list) = value { Ok(list.clone()) } else { Self::unset() }
    }

    fn unset() -> Result<Self, String> {
        Ok(Vec::new())
    }
}

impl Read for Vec<ColumnName> {
    fn read(value: &Value) -> Result<Self, String> {
        Ok(<Vec<String>>::read(value)?.iter().filter_map(|name| ColumnName::from_name(name)).collect())
    }

    fn unset() -> Result<Self, String> {
        Ok(Vec::new())
    }
}

impl Read for Vec<By> {
    fn read(value: &Value) -> Result<Self, String> {
        Ok(<Vec<String>>::read(value)?.iter().filter_map(|name| By::named(name)).collect())
    }

    fn unset() -> Result<Self, String> {
        Ok(Vec::new())
    }
}

impl Read for Query {
    fn read(value: &Value) -> Result<Self, String> {
        let Value::Text(text) = value else { return Self::unset() };
        Query::parse(text).map_err(|error| with_caret(&error, text))
    }

    fn unset() -> Result<Self, String> {
        Ok(Query::default())
    }
}

/// The types that are what a value holds, or what a function makes of that.
macro_rules! read {
    ($($type:ty: $form:ident($it:ident) => $made:expr;)+) => {
        $(impl Read for $type {
            fn read(value: &Value) -> Result<Self, String> {
                let made = if let Value::$form($it) = value { $made } else { None };
                made.map_or_else(Self::unset, Ok)
            }
        })+
    };
}

read! {
    bool: Switch(on) => Some(*on);
    u8: Number(number) => u8::try_from(*number).ok();
    u32: Number(number) => u32::try_from(*number).ok();
    usize: Number(number) => usize::try_from(*number).ok();
    PathBuf: Path(path) => Some(path.clone());
    String: Text(text) => Some(text.clone());
    SecretString: Text(text) => Some(text.clone().into());
    Duration: Text(text) => parse_interval(text).ok();
    Percent: Text(text) => parse_percent(text).ok().map(Percent);
    Bytes: Text(text) => parse_size(text).ok().map(Bytes);
    (u16, u16): Text(text) => parse_picture_size(text).ok();
    ThemeName: Text(text) => ThemeName::from_name(text);
    SortColumn: Text(text) => SortColumn::from_name(text);
    Language: Text(text) => Language::of_tag(text);
    When: Text(text) => <When as ValueEnum>::from_str(text, false).ok();
    LogLevel: Text(text) => <LogLevel as ValueEnum>::from_str(text, false).ok();
}

impl Read for CheckSecrets {
    fn read(value: &Value) -> Result<Self, String> {
        Ok(match value {
            Value::Switch(true) => CheckSecrets::Shipped,
            Value::Path(path) => CheckSecrets::And(path.clone()),
            _ => CheckSecrets::Off,
        })
    }
}
