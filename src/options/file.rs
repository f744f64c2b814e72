//! Reads a configuration file: every setting in its place, or every mistake with its place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::SettingsError;
use super::alerts::AlertTables;
use super::environment::{CREDENTIALS, Location};
use super::kind::Kind;
use super::mistake::{Mistake, QUOTED, meant, one_of};
use super::reader::Reader;
use super::table::{Part, Row, name_of, settings};
use super::value::{Place, Written};
use crate::openim::holds_token;
use crate::presence::visible_bounded;

/// A larger file is no configuration.
const LARGEST: u64 = 1 << 20;

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

/// Keys that the file binds: the name of an action, its keys (several in a row with blanks between), and where
/// that is written: `FILE:LINE:COLUMN`.
pub type Binding = (String, Vec<String>, String);

/// Says what is wrong with keys; each sentence begins with where they are written, and a colon.
pub type KeyCheck<'a> = &'a dyn Fn(&[Binding]) -> Vec<String>;

/// Settings by their ids.
pub(super) type Values = BTreeMap<&'static str, Written>;

/// What a configuration file holds.
#[derive(Clone, Default)]
pub(super) struct ConfigFile {
    /// As it is shown; empty where there is no file.
    pub(super) name: String,
    /// The context that is used where nobody names one.
    pub(super) context: Option<(String, Place)>,
    /// What holds for every context.
    pub(super) top: Values,
    pub(super) contexts: BTreeMap<String, ContextTable>,
    pub(super) keys: Vec<Binding>,
    pub(super) alerts: AlertTables,
}

/// One context.
#[derive(Clone)]
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
        check: KeyCheck<'_>,
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
        let name = shown(path);
        let (table, errors) = DeTable::parse_recoverable(&text);
        let mut reader = Reader { text: &text, name: &name, location, mistakes: Vec::new() };
        for error in errors {
            // What is written there is not quoted: it may be a secret.
            reader.wrong(error.span().unwrap_or_default(), error.message().replace('\n', ", "));
        }
        let syntax = reader.mistakes.len();
        let mut file = reader.file(table.get_ref(), check);
        let mut mistakes = reader.mistakes;
        file.name = name;
        if syntax > 0 {
            // The rest follows from what could not be read.
            mistakes.truncate(syntax);
        }
        mistakes.sort_by_key(|mistake| mistake.place);
        Ok((file, mistakes))
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

impl Reader<'_> {
    fn file(&mut self, table: &DeTable<'_>, check: KeyCheck<'_>) -> ConfigFile {
        let mut file = ConfigFile::default();
        for (key, value) in table {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("context", DeValue::String(name)) => {
                    file.context = Some((name.clone().into_owned(), self.place(&value.span())));
                }
                ("contexts", DeValue::Table(contexts)) => file.contexts = self.contexts(contexts),
                ("keys", DeValue::Table(keys)) => file.keys = self.keys(keys, check),
                (name @ "context", _) => self.other(name, value, "the name of a context"),
                (name @ "contexts", _) => self.other(name, value, "[contexts.NAME]"),
                (name @ "keys", _) => self.other(name, value, "[keys]"),
                ("alert" | "webhooks", _) => {} // together, below
                _ => self.setting(key, value, false, &mut file.top),
            }
        }
        file.alerts = self.alerts(table.get("alert"), table.get("webhooks"));
        if let Some((name, place)) = &file.context
            && !file.contexts.contains_key(name)
        {
            let what = unknown_context(name, file.contexts.keys().map(String::as_str));
            self.wrong_at(*place, what);
        }
        file
    }

    fn contexts(&mut self, table: &DeTable<'_>) -> BTreeMap<String, ContextTable> {
        let mut contexts = BTreeMap::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let DeValue::Table(settings) = value.get_ref() else {
                self.other(name, value, "[contexts.NAME] with settings below it");
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
    fn together(&mut self, name: &str, span: Range<usize>, table: &DeTable<'_>) {
        let has = |name: &str| table.keys().any(|key| key.get_ref() == name);
        let name = visible_bounded(name, QUOTED);
        if !has("api") {
            let what = format!(
                "the context {name} names no server; expected api = \"http://...\" or \"https://...\""
            );
            self.wrong(span.clone(), what);
        }
        let given: Vec<String> = CREDENTIALS.into_iter().map(name_of).filter(|name| has(name)).collect();
        if let [first, second, ..] = given.as_slice() {
            let what = format!("the context {name} has {first} and {second}; expected one of them");
            self.wrong(span.clone(), what);
        }
        for row in settings().filter(|row| has(&row.name())) {
            let missing = row.needs.map(name_of).filter(|other| !has(other));
            if let Some(other) = missing {
                let one = row.name();
                self.wrong(span.clone(), format!("the context {name} has {one}; expected {other} beside it"));
            }
        }
    }

    fn keys(&mut self, table: &DeTable<'_>, check: KeyCheck<'_>) -> Vec<Binding> {
        let mut bindings = Vec::new();
        let mut places = Vec::new();
        for (key, value) in table {
            let action = key.get_ref().as_ref();
            let texts = value.get_ref().as_array().map(|list| {
                list.iter().map(|keys| keys.get_ref().as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
            });
            let Some(Some(keys)) = texts else {
                self.other(action, value, "a list of keys such as [\"x\", \"g g\", \"Ctrl-x\"]");
                continue;
            };
            let place = self.place(&key.span());
            let said = format!("{}:{}:{}", self.name, place.line, place.column);
            places.push((format!("{said}: "), place));
            bindings.push((visible_bounded(action, QUOTED), keys, said));
        }
        for mistake in check(&bindings) {
            let found = places.iter().find_map(|(said, place)| Some((mistake.strip_prefix(said)?, *place)));
            let (what, place) = found.unwrap_or((&mistake, Place { line: 1, column: 1 }));
            self.wrong_at(place, what.to_owned());
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
        let Some(row) = settings().find(|row| row.name() == name) else {
            let what = unknown_setting(name, in_context);
            return self.wrong(key.span(), what);
        };
        if row.part.needs_context() && !in_context {
            let what = format!("{name} is about one server; expected it below [contexts.NAME]");
            return self.wrong(key.span(), what);
        }
        if !matches!(row.kind, Kind::Private) && self.text.get(value.span()).is_some_and(holds_token) {
            let what = format!(
                "{name} holds a token itself, where others may read it; token-file takes a file's name"
            );
            return self.wrong(value.span(), what);
        }
        match row.kind.read(name, value.get_ref(), self.location) {
            Ok(read) => {
                let place = self.place(&key.span());
                values.insert(row.id, Written { value: read, place });
            }
            Err((element, what)) => {
                let element = element.and_then(|at| value.get_ref().as_array()?.get(at));
                self.wrong(element.map_or(value.span(), Spanned::span), what);
            }
        }
    }
}

fn unknown_setting(name: &str, in_context: bool) -> String {
    if SECRETS.contains(&name.to_ascii_lowercase().as_str()) {
        return format!(
            "{name} does not belong into this file, which others may read; expected token-file, token-command or \
             secret-file below [contexts.NAME]"
        );
    }
    let fits = |part: Part| in_context || !part.needs_context();
    let names: Vec<String> = settings().filter(|row| fits(row.part)).map(Row::name).collect();
    let sections = ["alert", "context", "contexts", "keys", "webhooks"].into_iter().filter(|_| !in_context);
    let guess = meant(name, names.iter().map(String::as_str).chain(sections));
    let guess = guess.unwrap_or("; `imtop config template` prints all that there are".to_owned());
    format!("no setting \"{}\"{guess}", visible_bounded(name, QUOTED))
}

/// That there is no such context.
pub(super) fn unknown_context<'a>(name: &str, contexts: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = contexts.map(|name| visible_bounded(name, QUOTED)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let guess = meant(name, names.iter().copied());
    let expected = if names.is_empty() {
        "; expected a section [contexts.NAME]".to_owned()
    } else {
        format!("; expected {}", one_of(&names))
    };
    format!("no context \"{}\"{expected}{}", visible_bounded(name, QUOTED), guess.unwrap_or_default())
}
