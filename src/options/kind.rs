//! What an option can be: how the command line takes it, how the configuration file has it, and how it is
//! written as TOML. Every way in makes the same [`Value`] of it.

use std::path::PathBuf;

use clap::builder::{
    FalseyValueParser, PathBufValueParser, PossibleValue, PossibleValuesParser, RangedI64ValueParser,
    StringValueParser, TypedValueParser as _, ValueParser,
};
use clap::{Arg, ArgAction, ArgMatches, ValueHint};
use toml::de::DeValue;

use super::environment::Location;
use super::mistake::{QUOTED, meant, one_of};
use super::value::Value;
use crate::presence::{UserId, visible_bounded};

/// Whether a text can be read; the error says what was expected.
type Check = fn(&str) -> Result<(), String>;

/// What an option can be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number from one to another.
    Number(i64, i64),
    /// One of these numbers.
    NumberOf(&'static [i64]),
    /// One of these.
    Word(fn() -> Vec<PossibleValue>),
    /// A text that can be read.
    Text(Check),
    /// The same, where only the file is checked at once: whoever uses it says more than the command line could.
    LateText(Check),
    /// The same, where the error says all and quotes what may be quoted.
    Language(Check),
    /// A text that is never quoted, as it may hold a password.
    Private,
    /// A file.
    Path,
    /// `true`, `false`, or a file.
    SwitchOrPath,
    /// Some of these.
    Words(fn() -> Vec<PossibleValue>),
    /// User IDs.
    Ids,
    /// A list of texts that can be read.
    Each(Check),
}

impl Kind {
    /// An argument that takes such a value.
    pub(super) fn taken_by(self, argument: Arg) -> Arg {
        let argument = argument.value_parser(self.parser());
        match self {
            Kind::Switch => argument.action(ArgAction::SetTrue),
            Kind::Path => argument.value_hint(ValueHint::AnyPath),
            Kind::SwitchOrPath => argument
                .value_hint(ValueHint::AnyPath)
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true"),
            Kind::Words(_) | Kind::Each(_) => argument.action(ArgAction::Append).value_delimiter(','),
            Kind::Ids => argument.action(ArgAction::Append).num_args(1..),
            _ => argument,
        }
    }

    fn parser(self) -> ValueParser {
        match self {
            Kind::Switch => FalseyValueParser::new().into(),
            Kind::Number(least, most) => RangedI64ValueParser::<i64>::new().range(least..=most).into(),
            Kind::Word(words) | Kind::Words(words) => PossibleValuesParser::new(words()).into(),
            Kind::Text(check) | Kind::Each(check) => {
                StringValueParser::new().try_map(move |text| check(&text).map(|()| text)).into()
            }
            Kind::Path | Kind::SwitchOrPath => PathBufValueParser::new().into(),
            _ => StringValueParser::new().into(),
        }
    }

    /// What was given to the argument `id`.
    pub(super) fn given(self, matches: &ArgMatches, id: &str) -> Option<Value> {
        let raw = || matches.get_raw(id).into_iter().flatten().map(|raw| raw.to_string_lossy().into_owned());
        Some(match self {
            Kind::Switch => Value::Switch(*matches.get_one(id)?),
            Kind::Number(..) | Kind::NumberOf(_) => Value::Number(raw().next()?.parse().ok()?),
            Kind::Path => Value::Path(matches.get_one::<PathBuf>(id)?.clone()),
            Kind::SwitchOrPath => switch_or_path(matches.get_one::<PathBuf>(id)?),
            Kind::Words(_) | Kind::Ids | Kind::Each(_) => Value::List(raw().collect()),
            _ => Value::Text(raw().next()?),
        })
    }

    /// The value that the table has as a text.
    pub(super) fn value_of(self, text: &str) -> Value {
        match self {
            Kind::Switch | Kind::SwitchOrPath => Value::Switch(text == "true"),
            Kind::Number(..) | Kind::NumberOf(_) => Value::Number(text.parse().unwrap_or_default()),
            Kind::Path => Value::Path(text.into()),
            Kind::Words(_) | Kind::Ids | Kind::Each(_) => {
                Value::List(text.split(',').map(str::to_owned).collect())
            }
            _ => Value::Text(text.to_owned()),
        }
    }

    /// What the value of the setting `name` is; paths are as `location` has them.
    ///
    /// # Errors
    /// What is wrong with it, and with which element of it if it is one.
    pub(super) fn read(
        self,
        name: &str,
        value: &DeValue<'_>,
        location: &Location,
    ) -> Result<Value, (Option<usize>, String)> {
        let here = |what: String| (None, what);
        match (self, value) {
            (Kind::Switch | Kind::SwitchOrPath, DeValue::Boolean(on)) => Ok(Value::Switch(*on)),
            (Kind::Number(..) | Kind::NumberOf(_), DeValue::Integer(number)) => {
                let digits = number.as_str();
                let read = i64::from_str_radix(digits, number.radix()).ok().filter(|it| self.has(*it));
                read.map(|number| Value::Number(number as u64)).ok_or_else(|| {
                    let digits = visible_bounded(digits, QUOTED);
                    here(format!("{name} is {digits}; expected {}", self.expected()))
                })
            }
            (Kind::Path | Kind::SwitchOrPath, DeValue::String(text)) if text.is_empty() => {
                Err(here(format!("{name} is empty; expected the name of a file")))
            }
            (Kind::Path | Kind::SwitchOrPath, DeValue::String(text)) => Ok(Value::Path(location.join(text))),
            (
                Kind::Word(_) | Kind::Text(_) | Kind::LateText(_) | Kind::Language(_) | Kind::Private,
                DeValue::String(text),
            ) => {
                self.check(name, text).map_err(here)?;
                Ok(Value::Text(text.clone().into_owned()))
            }
            (Kind::Words(_) | Kind::Ids | Kind::Each(_), DeValue::Array(list)) => {
                let text = |(at, element): (usize, &toml::Spanned<DeValue<'_>>)| {
                    let Some(text) = element.get_ref().as_str() else {
                        let found = kind_words(element.get_ref());
                        let what = format!("{name} has {found} in it; expected texts in quotes");
                        return Err((Some(at), what));
                    };
                    self.check(name, text).map_err(|what| (Some(at), what))?;
                    Ok(text.to_owned())
                };
                list.iter().enumerate().map(text).collect::<Result<_, _>>().map(Value::List)
            }
            _ => Err(here(format!("{name} is {}; expected {}", kind_words(value), self.expected()))),
        }
    }

    fn has(self, number: i64) -> bool {
        match self {
            Kind::Number(least, most) => (least..=most).contains(&number),
            Kind::NumberOf(numbers) => numbers.contains(&number),
            _ => false,
        }
    }

    /// Looks at a text, or at an element of a list; the error is a sentence.
    fn check(self, name: &str, text: &str) -> Result<(), String> {
        let shown = || visible_bounded(text, QUOTED);
        match self {
            Kind::Word(words) | Kind::Words(words) => word(name, text, &names(&words())),
            Kind::Text(check) | Kind::LateText(check) => {
                check(text).map_err(|why| format!("{name} is \"{}\"; {why}", shown()))
            }
            Kind::Each(check) => {
                check(text).map_err(|why| format!("{name} has \"{}\" in it; {why}", shown()))
            }
            Kind::Language(check) => check(text).map_err(|why| format!("{name}: {why}")),
            Kind::Ids => UserId::check(text),
            _ => Ok(()),
        }
    }

    fn expected(self) -> String {
        match self {
            Kind::Switch => "true or false".to_owned(),
            Kind::Number(least, most) if most == least + 1 => format!("{least} or {most}"),
            Kind::Number(least, most) => format!("a number from {least} to {most}"),
            Kind::NumberOf(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
                one_of(&numbers.iter().map(String::as_str).collect::<Vec<_>>())
            }
            Kind::Word(words) => one_of(&names(&words())),
            Kind::Path => "the name of a file in quotes".to_owned(),
            Kind::SwitchOrPath => "true, false, or the name of a file in quotes".to_owned(),
            Kind::Words(_) | Kind::Ids | Kind::Each(_) => "a list such as [\"a\", \"b\"]".to_owned(),
            _ => "a text in quotes".to_owned(),
        }
    }
}

/// `true` and `1`, `false` and `0`, or a file.
fn switch_or_path(path: &std::path::Path) -> Value {
    match path.to_str().map(str::to_ascii_lowercase).as_deref() {
        Some("true" | "1" | "yes" | "on") => Value::Switch(true),
        Some("false" | "0" | "no" | "off") => Value::Switch(false),
        _ => Value::Path(path.to_owned()),
    }
}

fn names(words: &[PossibleValue]) -> Vec<&str> {
    words.iter().map(PossibleValue::get_name).collect()
}

fn word(name: &str, text: &str, words: &[&str]) -> Result<(), String> {
    if words.contains(&text) {
        return Ok(());
    }
    let guess = meant(text, words.iter().copied());
    let (text, expected) = (visible_bounded(text, QUOTED), one_of(words));
    Err(format!("{name} is \"{text}\"; expected {expected}{}", guess.unwrap_or_default()))
}

/// What a value of TOML is, for somebody who expected another.
pub(super) fn kind_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}
