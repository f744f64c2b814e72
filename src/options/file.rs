//! Reads a configuration file: every setting in its place, or every mistake with its place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::location::{Base, Location};
use super::mistake::{Mistake, nearest, one_of};
use super::table::{Kind, Part, SETTINGS, SettingRow, setting};
use super::value::{Place, Value, Written};
use super::{Environment, SettingsError};
use crate::openim::holds_token;
use crate::presence::UserId;
use crate::presence::query::Query;
use crate::presence::visible_bounded;
use crate::tui::{Binding, Keymap};

/// A larger file is no configuration.
const LARGEST: u64 = 1 << 20;

/// So many characters of a word in the file are quoted.
const QUOTED: usize = 40;

/// Names under which a secret itself might be written down.
const SECRETS: [&str; 8] = [
    "token",
    "secret",
    "password",
    "admin-token",
    "admin-secret",
    "access-token",
    "admin_token",
    "api-token",
];

/// The ways to credentials; a context takes one.
pub(super) const CREDENTIALS: [&str; 3] = ["token-file", "token-command", "secret-file"];

/// Settings by their names.
pub(super) type Values = BTreeMap<&'static str, Written>;

/// What a configuration file holds.
#[derive(Clone, Debug, Default)]
pub(super) struct ConfigFile {
    /// As it is shown; empty where there is no file.
    pub(super) name: String,
    /// The context that is used where nobody names one.
    pub(super) context: Option<(String, Place)>,
    /// What holds for every context.
    pub(super) top: Values,
    pub(super) contexts: BTreeMap<String, ContextTable>,
    pub(super) keys: Vec<Binding>,
}

/// One context.
#[derive(Clone, Debug)]
pub(super) struct ContextTable {
    pub(super) place: Place,
    pub(super) values: Values,
}

impl ConfigFile {
    /// Reads the file at `location`, and says every mistake in it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn open(
        location: &Location,
        env: Environment<'_>,
    ) -> Result<(ConfigFile, Vec<Mistake>), SettingsError> {
        let Some(path) = &location.path else { return Ok(Default::default()) };
        let text = match read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !location.named => {
                return Ok(Default::default());
            }
            Err(error) => {
                return Err(SettingsError(format!("cannot read the configuration {}: {error}", shown(path))));
            }
        };
        Ok(ConfigFile::parse(&text, &shown(path), &Base::of(path, env)))
    }

    /// Reads `text`; `name` is what the file is called in messages.
    pub(super) fn parse(text: &str, name: &str, base: &Base) -> (ConfigFile, Vec<Mistake>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader { text, name, base, mistakes: Vec::new() };
        for error in errors {
            // What is written there is not quoted: it may be a secret.
            reader.wrong(error.span().unwrap_or_default(), error.message().replace('\n', ", "));
        }
        let syntax = reader.mistakes.len();
        let mut file = reader.file(table.get_ref());
        name.clone_into(&mut file.name);
        let mut mistakes = reader.mistakes;
        if syntax > 0 {
            // The rest follows from what could not be read.
            mistakes.truncate(syntax);
        }
        mistakes.sort_by_key(|mistake| mistake.place);
        (file, mistakes)
    }
}

fn shown(path: &Path) -> String {
    visible_bounded(&path.display().to_string(), 200)
}

fn read(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(std::io::Error::other("it is too large for a configuration"));
    }
    Ok(text)
}

struct Reader<'a> {
    text: &'a str,
    name: &'a str,
    base: &'a Base,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn wrong(&mut self, span: Range<usize>, what: String) {
        let place = self.place(&span);
        self.mistakes.push(Mistake { file: self.name.to_owned(), place, what });
    }

    fn place(&self, span: &Range<usize>) -> Place {
        Place::of(self.text, span.start)
    }

    fn file(&mut self, table: &DeTable<'_>) -> ConfigFile {
        let mut file = ConfigFile::default();
        for (key, value) in table {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("context", DeValue::String(name)) => {
                    file.context = Some((name.clone().into_owned(), self.place(&value.span())));
                }
                ("contexts", DeValue::Table(contexts)) => file.contexts = self.contexts(contexts),
                ("keys", DeValue::Table(keys)) => file.keys = self.keys(keys),
                ("context", other) => self.kind(key.get_ref(), value, other, "the name of a context"),
                ("contexts", other) => self.kind(key.get_ref(), value, other, "[contexts.NAME]"),
                ("keys", other) => self.kind(key.get_ref(), value, other, "[keys]"),
                _ => self.setting(key, value, false, &mut file.top),
            }
        }
        if let Some((name, place)) = &file.context
            && !file.contexts.contains_key(name)
        {
            let what = unknown_context(name, file.contexts.keys().map(String::as_str));
            self.mistakes.push(Mistake { file: self.name.to_owned(), place: *place, what });
        }
        file
    }

    fn contexts(&mut self, table: &DeTable<'_>) -> BTreeMap<String, ContextTable> {
        let mut contexts = BTreeMap::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let DeValue::Table(settings) = value.get_ref() else {
                self.kind(name, value, value.get_ref(), "[contexts.NAME] with settings below it");
                continue;
            };
            if name.is_empty() || name.chars().any(char::is_control) {
                self.wrong(key.span(), "a context needs a name that can be shown".to_owned());
                continue;
            }
            let mut values = Values::new();
            for (key, value) in settings {
                self.setting(key, value, true, &mut values);
            }
            self.together(name, key.span(), settings);
            contexts.insert(name.to_owned(), ContextTable { place: self.place(&key.span()), values });
        }
        contexts
    }

    /// What the settings of a context need or forbid beside one another.
    fn together(&mut self, name: &str, span: Range<usize>, settings: &DeTable<'_>) {
        let has = |name: &str| settings.keys().any(|key| key.get_ref() == name);
        let name = visible_bounded(name, QUOTED);
        if !has("api") {
            let what = format!(
                "the context {name} names no server; expected api = \"http://...\" or \"https://...\""
            );
            self.wrong(span.clone(), what);
        }
        let given: Vec<&str> = CREDENTIALS.into_iter().filter(|name| has(name)).collect();
        if let [first, second, ..] = given.as_slice() {
            let what = format!("the context {name} has {first} and {second}; expected one of them");
            self.wrong(span.clone(), what);
        }
        for (one, other) in [("client-cert", "client-key"), ("client-key", "client-cert")] {
            if has(one) && !has(other) {
                self.wrong(span.clone(), format!("the context {name} has {one}; expected {other} beside it"));
            }
        }
    }

    fn keys(&mut self, table: &DeTable<'_>) -> Vec<Binding> {
        let mut bindings = Vec::new();
        let mut places = Vec::new();
        for (key, value) in table {
            let action = key.get_ref().as_ref();
            let texts = value.get_ref().as_array().map(|list| {
                list.iter().map(|keys| keys.get_ref().as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
            });
            let Some(Some(keys)) = texts else {
                self.kind(
                    action,
                    value,
                    value.get_ref(),
                    "a list of keys such as [\"x\", \"g g\", \"Ctrl-x\"]",
                );
                continue;
            };
            let place = self.place(&key.span());
            let said = format!("{}:{}:{}", self.name, place.line, place.column);
            places.push((format!("{said}: "), place));
            bindings.push((visible_bounded(action, QUOTED), keys, said));
        }
        for mistake in Keymap::with(&bindings).err().unwrap_or_default() {
            let found = places.iter().find_map(|(said, place)| Some((mistake.strip_prefix(said)?, *place)));
            let (what, place) = found.unwrap_or((&mistake, Place { line: 1, column: 1 }));
            self.mistakes.push(Mistake { file: self.name.to_owned(), place, what: what.to_owned() });
        }
        bindings
    }

    fn setting(
        &mut self,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        in_context: bool,
        values: &mut Values,
    ) {
        let name = key.get_ref().as_ref();
        let Some(row) = setting(name) else {
            let what = unknown_setting(name, in_context);
            return self.wrong(key.span(), what);
        };
        if row.part.needs_context() && !in_context {
            let what = format!("{name} is about one server; expected it below [contexts.NAME]");
            return self.wrong(key.span(), what);
        }
        let is_quoted = !matches!(row.kind, Kind::Private) || row.name == "api";
        if is_quoted && self.text.get(value.span()).is_some_and(holds_token) {
            let what = format!(
                "{name} holds a token itself, where others may read it; token-file takes a file's name"
            );
            return self.wrong(value.span(), what);
        }
        match self.value(row, value) {
            Ok(read) => {
                let place = self.place(&key.span());
                values.insert(row.name, Written { value: read, place });
            }
            Err((span, what)) => self.wrong(span, what),
        }
    }

    fn kind(&mut self, name: &str, value: &Spanned<DeValue<'_>>, found: &DeValue<'_>, expected: &str) {
        let name = visible_bounded(name, QUOTED);
        self.wrong(value.span(), format!("{name} is {}; expected {expected}", kind_words(found)));
    }

    /// What a value is, by the kind of its setting; or where it is wrong and why.
    fn value(&self, row: &SettingRow, value: &Spanned<DeValue<'_>>) -> Result<Value, (Range<usize>, String)> {
        let name = row.name;
        let wrong = |what: String| (value.span(), what);
        let other =
            |expected: &str| wrong(format!("{name} is {}; expected {expected}", kind_words(value.get_ref())));
        match (row.kind, value.get_ref()) {
            (Kind::Switch | Kind::SwitchOrPath, DeValue::Boolean(on)) => Ok(Value::Switch(*on)),
            (Kind::Switch, _) => Err(other("true or false")),
            (Kind::Number(fits, expected), DeValue::Integer(number)) => {
                let digits = number.as_str();
                let read = u64::from_str_radix(digits, number.radix()).ok().filter(|number| fits(*number));
                read.map(Value::Number).ok_or_else(|| {
                    wrong(format!("{name} is {}; expected {expected}", visible_bounded(digits, QUOTED)))
                })
            }
            (Kind::Number(_, expected), _) => Err(other(expected)),
            (Kind::Word(words), DeValue::String(text)) => {
                word(name, text, &words()).map_err(wrong)?;
                Ok(Value::Text(text.clone().into_owned()))
            }
            (Kind::Word(words), _) => Err(other(&one_of(&words()))),
            (Kind::Text(check), DeValue::String(text)) => match check(text) {
                Ok(()) => Ok(Value::Text(text.clone().into_owned())),
                Err(why) => {
                    let text = visible_bounded(text, QUOTED);
                    Err(wrong(format!("{name} is \"{text}\"; {why}")))
                }
            },
            (Kind::Query, DeValue::String(text)) => match Query::parse(text) {
                Ok(_) => Ok(Value::Text(text.clone().into_owned())),
                Err(error) => Err(wrong(format!("{name}: {}", super::mistake::with_caret(&error, text)))),
            },
            (Kind::Private, DeValue::String(text)) => {
                if name == "api"
                    && let Err(error) = text.parse::<crate::openim::Origin>()
                {
                    return Err(wrong(format!("{name}: {error}")));
                }
                Ok(Value::Text(text.clone().into_owned()))
            }
            (Kind::Path | Kind::SwitchOrPath, DeValue::String(text)) if text.is_empty() => {
                Err(wrong(format!("{name} is empty; expected the name of a file")))
            }
            (Kind::Path | Kind::SwitchOrPath, DeValue::String(text)) => Ok(Value::Path(self.base.join(text))),
            (Kind::Text(_) | Kind::Private | Kind::Query, _) => Err(other("a text in quotes")),
            (Kind::Path, _) => Err(other("the name of a file in quotes")),
            (Kind::SwitchOrPath, _) => Err(other("true, false, or the name of a file in quotes")),
            (Kind::List(words), DeValue::Array(list)) => {
                let words = words();
                let mut texts = Vec::new();
                for element in list {
                    let wrong = |what: String| (element.span(), what);
                    let Some(text) = element.get_ref().as_str() else {
                        let found = kind_words(element.get_ref());
                        return Err(wrong(format!("{name} has {found} in it; expected texts in quotes")));
                    };
                    if words.is_empty() {
                        UserId::check(text).map_err(wrong)?;
                    } else {
                        word(name, text, &words).map_err(wrong)?;
                    }
                    texts.push(text.to_owned());
                }
                Ok(Value::List(texts))
            }
            (Kind::Each(check), DeValue::Array(list)) => {
                let mut texts = Vec::new();
                for element in list {
                    let wrong = |what: String| (element.span(), what);
                    let Some(text) = element.get_ref().as_str() else {
                        let found = kind_words(element.get_ref());
                        return Err(wrong(format!("{name} has {found} in it; expected texts in quotes")));
                    };
                    check(text).map_err(|why| {
                        wrong(format!("{name} has \"{}\" in it; {why}", visible_bounded(text, QUOTED)))
                    })?;
                    texts.push(text.to_owned());
                }
                Ok(Value::List(texts))
            }
            (Kind::List(_) | Kind::Each(_), _) => Err(other("a list such as [\"a\", \"b\"]")),
        }
    }
}

fn word(name: &str, text: &str, words: &[&str]) -> Result<(), String> {
    if words.contains(&text) {
        return Ok(());
    }
    let guess = nearest(text, words.iter().copied()).map(|near| format!("; did you mean {near}?"));
    let (text, expected) = (visible_bounded(text, QUOTED), one_of(words));
    Err(format!("{name} is \"{text}\"; expected {expected}{}", guess.unwrap_or_default()))
}

fn unknown_setting(name: &str, in_context: bool) -> String {
    if SECRETS.contains(&name.to_ascii_lowercase().as_str()) {
        return format!(
            "{name} does not belong into this file, which others may read; expected token-file, token-command or \
             secret-file below [contexts.NAME]"
        );
    }
    let fits = |part: Part| in_context || !part.needs_context();
    let names = SETTINGS.iter().filter(|row| fits(row.part)).map(|row| row.name);
    let sections = ["context", "contexts", "keys"].into_iter().filter(|_| !in_context);
    let guess = nearest(name, names.chain(sections)).map(|near| format!("; did you mean {near}?"));
    let guess = guess.unwrap_or("; `imtop config template` prints all that there are".to_owned());
    format!("no setting \"{}\"{guess}", visible_bounded(name, QUOTED))
}

/// That there is no such context.
pub(super) fn unknown_context<'a>(name: &str, contexts: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = contexts.map(|name| visible_bounded(name, QUOTED)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let guess = nearest(name, names.iter().copied()).map(|near| format!("; did you mean {near}?"));
    let expected = if names.is_empty() {
        "; expected a section [contexts.NAME]".to_owned()
    } else {
        format!("; expected {}", one_of(&names))
    };
    format!("no context \"{}\"{expected}{}", visible_bounded(name, QUOTED), guess.unwrap_or_default())
}

fn kind_words(value: &DeValue<'_>) -> &'static str {
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
