//! Who says what a setting is: flags, environment, the context, the file, in that order.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use clap::parser::ValueSource;
use clap::{ArgMatches, ValueEnum as _};
use secrecy::SecretString;

use super::credentials::VARIABLES;
use super::file::{ConfigFile, unknown_context};
use super::table::{Kind, Part, SETTINGS, SettingRow, setting};
use super::value::{Said, Value};
use super::{Environment, Examined, Listing, Location, PictureSettings, Settings, SettingsError};
use crate::options::cli::{LogLevel, in_home};
use crate::tui::Keymap;

/// The settings that say whom to watch.
const WHOM: [&str; 4] = ["users", "watch", "group-id", "all"];

/// A setting from outside the file.
#[derive(Clone, Debug)]
struct Given {
    value: Value,
    by_flag: bool,
}

/// Everything that settings are made of. It stays, so that those of another context can be had
/// while imtop runs.
#[derive(Debug)]
pub struct Sources {
    pub(super) file: ConfigFile,
    given: BTreeMap<&'static str, Given>,
    /// The variables that credentials come from, as far as they are set.
    pub(super) variables: Vec<(&'static str, SecretString)>,
    /// The context to begin with, and whether a flag or a variable names it.
    context: Option<String>,
    by_flag: bool,
    by_variable: bool,
    /// Standard input can be read once.
    pub(super) stdin: OnceLock<Result<Listing, SettingsError>>,
}

/// Settings as they are for one context.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) sources: &'a Sources,
    pub(super) context: Option<&'a str>,
    /// Whether the user asked for this context in so many words, which outranks the environment.
    explicit: bool,
    /// Whether it is another context than the one that imtop was started with: what named a server
    /// then is not about this one.
    pub(super) switched: bool,
}

/// A setting's value and who said so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen<'a> {
    pub(super) value: &'a Value,
    pub(super) said: Said<'a>,
}

impl Sources {
    /// Reads the command line, the environment and the configuration file.
    ///
    /// # Errors
    /// The first mistake in the file; a file that was named and cannot be read; a context that the
    /// file does not have.
    pub fn read(matches: &ArgMatches, env: Environment<'_>) -> Result<Sources, SettingsError> {
        let (file, mistakes) = ConfigFile::open(&location(matches, env), env)?;
        if let Some(first) = mistakes.first() {
            let others = match mistakes.len() - 1 {
                0 => String::new(),
                others => format!("\n{others} more; `imtop config check` says all"),
            };
            return Err(SettingsError(format!("{first}{others}")));
        }
        Sources::of(file, matches, env)
    }

    pub(super) fn of(
        file: ConfigFile,
        matches: &ArgMatches,
        env: Environment<'_>,
    ) -> Result<Sources, SettingsError> {
        let matches = innermost(matches);
        let given = SETTINGS.iter().filter_map(|row| Some((row.name, given(row, matches)?))).collect();
        let home = env("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let variables = VARIABLES.into_iter().filter_map(|name| {
            let value = env(name).filter(|value| !value.is_empty())?;
            // What reads a file of variables knows no `~`.
            let value = if name.ends_with("_FILE") {
                in_home(value.into(), home.as_deref()).to_string_lossy().into_owned()
            } else {
                value
            };
            Some((name, SecretString::from(value)))
        });
        let named = text_of(matches, "context");
        let by_variable = named.is_some() && !is_flag(matches, "context");
        let by_flag = named.is_some() && is_flag(matches, "context");
        if let Some(name) = &named
            && !file.contexts.contains_key(name)
        {
            let said = if by_flag { "--context" } else { "IMTOP_CONTEXT" };
            let what = unknown_context(name, file.contexts.keys().map(String::as_str));
            return Err(SettingsError(format!("{said}: {what}")));
        }
        let context = named.or_else(|| file.context.as_ref().map(|(name, _)| name.clone()));
        let variables = variables.collect();
        Ok(Sources { file, given, variables, context, by_flag, by_variable, stdin: OnceLock::new() })
    }

    /// The settings to begin with. Reads the watch list, and where `-` is among the users standard
    /// input to its end.
    ///
    /// # Errors
    /// The first wish that cannot be granted.
    pub fn settings(&self) -> Result<Settings, SettingsError> {
        Settings::of(self.view())
    }

    /// The settings for another context of the file, as if imtop had been started with it; what flags
    /// and variables say of the server, credentials and users does not carry over.
    ///
    /// # Errors
    /// There is no such context, or a wish that cannot be granted.
    pub fn for_context(&self, name: &str) -> Result<Settings, SettingsError> {
        Settings::of(self.view_of(name)?)
    }

    /// The settings as far as they go: what is missing or cannot be read does not keep the rest back.
    /// Reads the watch list as [`Sources::settings`] does.
    ///
    /// # Errors
    /// A wish about the server or the picture that cannot be granted.
    pub fn examined(&self) -> Result<Examined, SettingsError> {
        Examined::of(self.view())
    }

    /// How the demo is to look: as flags, environment and the top of the file say, as it has no context.
    ///
    /// # Errors
    /// The filter makes no sense.
    pub fn picture_of_demo(&self) -> Result<PictureSettings, SettingsError> {
        PictureSettings::of(View { context: None, ..self.view() })
    }

    /// How what is written without a screen is to look: a filter of the file is for the screen.
    ///
    /// # Errors
    /// The filter makes no sense.
    pub fn picture_of_output(&self) -> Result<PictureSettings, SettingsError> {
        PictureSettings::of_output(self.view())
    }

    /// Which keys do what, in every context and in the demo.
    ///
    /// # Errors
    /// Keys that cannot be so; a file with such keys is not taken in the first place.
    pub fn keymap(&self) -> Result<Keymap, SettingsError> {
        Keymap::with(&self.file.keys).map_err(|mistakes| SettingsError(mistakes.join("\n")))
    }

    /// The context to begin with.
    pub fn chosen_context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// The file to log to, and how much; none where nothing is logged.
    pub fn log(&self) -> Option<(PathBuf, LogLevel)> {
        let view = self.view();
        let level = view.text("log-level").and_then(|name| LogLevel::from_str(name, false).ok());
        Some((view.path("log-file")?, level.unwrap_or_default()))
    }

    /// The first flag, if there is one, that says whom to watch.
    pub fn whom_by_flag(&self) -> Option<&'static str> {
        let says = |name: &&str| {
            let given = self.given.get(name);
            given.is_some_and(|given| given.by_flag && given.value != Value::Switch(false))
        };
        WHOM.into_iter().find(says)
    }

    /// The names of the contexts, in alphabetical order.
    pub fn contexts(&self) -> Vec<String> {
        self.file.contexts.keys().cloned().collect()
    }

    /// Who says which context it is.
    pub(super) fn context_said(&self) -> Option<Said<'_>> {
        if self.by_flag {
            return Some(Said::Flag);
        }
        match &self.file.context {
            _ if self.by_variable => Some(Said::Environment),
            Some((_, place)) => Some(Said::File(*place)),
            None => None,
        }
    }

    /// Each context as its own words alone have it.
    pub(super) fn views(&self) -> impl Iterator<Item = View<'_>> {
        self.file.contexts.keys().map(|name| View {
            sources: self,
            context: Some(name),
            explicit: true,
            switched: true,
        })
    }

    pub(super) fn view(&self) -> View<'_> {
        View { sources: self, context: self.context.as_deref(), explicit: self.by_flag, switched: false }
    }

    pub(super) fn view_of(&self, name: &str) -> Result<View<'_>, SettingsError> {
        if self.context.as_deref() == Some(name) {
            return Ok(self.view());
        }
        let Some((name, _)) = self.file.contexts.get_key_value(name) else {
            return Err(SettingsError(unknown_context(name, self.file.contexts.keys().map(String::as_str))));
        };
        Ok(View { sources: self, context: Some(name), explicit: true, switched: true })
    }
}

impl<'a> View<'a> {
    /// Who says what `name` is, and what; none where nobody says anything.
    pub(super) fn chosen(&self, name: &str) -> Option<Chosen<'a>> {
        let given = self.given(name);
        let flag = given.filter(|(_, by_flag)| *by_flag).map(|(value, _)| Chosen { value, said: Said::Flag });
        let environment =
            given.filter(|(_, by_flag)| !by_flag).map(|(value, _)| Chosen { value, said: Said::Environment });
        let context = || self.of_context(name);
        let outside = if self.explicit {
            flag.or_else(context).or(environment)
        } else {
            flag.or(environment).or_else(context)
        };
        outside.or_else(|| {
            let written = self.sources.file.top.get(name)?;
            Some(Chosen { value: &written.value, said: Said::File(written.place) })
        })
    }

    /// What a flag or a variable says, and whether it is a flag.
    pub(super) fn given(&self, name: &str) -> Option<(&'a Value, bool)> {
        let about_server = setting(name).is_some_and(|row| row.part.needs_context());
        let given = self.sources.given.get(name).filter(|_| !(self.switched && about_server))?;
        Some((&given.value, given.by_flag))
    }

    /// What the context says.
    pub(super) fn of_context(&self, name: &str) -> Option<Chosen<'a>> {
        let context = self.context?;
        let written = self.sources.file.contexts.get(context)?.values.get(name)?;
        Some(Chosen { value: &written.value, said: Said::Context(context, written.place) })
    }

    /// Whom to watch is decided as a whole: who names somebody outranks everybody below.
    pub(super) fn whom(&self, name: &str) -> Option<Chosen<'a>> {
        let given = |flag: bool| {
            WHOM.iter().any(|name| {
                self.given(name)
                    .is_some_and(|(value, by_flag)| by_flag == flag && *value != Value::Switch(false))
            })
        };
        let ours = |flag: bool, said| {
            self.given(name).filter(|(_, by_flag)| *by_flag == flag).map(|(value, _)| Chosen { value, said })
        };
        let in_context = WHOM.iter().any(|name| self.of_context(name).is_some());
        if given(true) {
            ours(true, Said::Flag)
        } else if given(false) && !(self.explicit && in_context) {
            ours(false, Said::Environment)
        } else {
            self.of_context(name)
        }
    }

    pub(super) fn switch(&self, name: &str) -> bool {
        matches!(self.chosen(name), Some(Chosen { value: Value::Switch(true), .. }))
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        match self.chosen(name)?.value {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.chosen(name)?.text()
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.chosen(name)?.path()
    }

    pub(super) fn list(&self, name: &str) -> Option<&'a [String]> {
        self.chosen(name)?.list()
    }

    /// How messages call who said so: `--api`, `IMTOP_API`, `FILE:3`.
    pub(super) fn blamed(&self, name: &str, said: Said<'_>) -> String {
        match said {
            Said::Flag => format!("--{name}"),
            Said::Environment => variable(name),
            Said::Context(_, place) | Said::File(place) => {
                format!("{}:{}:{}: {name}", self.sources.file.name, place.line, place.column)
            }
            Said::Default => name.to_owned(),
        }
    }
}

impl<'a> Chosen<'a> {
    pub(super) fn text(self) -> Option<&'a str> {
        match self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn path(self) -> Option<PathBuf> {
        match self.value {
            Value::Path(path) => Some(path.clone()),
            _ => None,
        }
    }

    pub(super) fn list(self) -> Option<&'a [String]> {
        match self.value {
            Value::List(list) => Some(list),
            _ => None,
        }
    }
}

/// The variable that is the twin of a flag.
pub(super) fn variable(name: &str) -> String {
    format!("IMTOP_{}", name.replace('-', "_").to_uppercase())
}

/// Where the file is that the command line or the environment mean.
pub(super) fn location(matches: &ArgMatches, env: Environment<'_>) -> Location {
    let matches = innermost(matches);
    let named = is_there(matches, "config").then(|| matches.get_one::<PathBuf>("config")).flatten();
    Location::find(named.map(PathBuf::as_path), env)
}

/// What the command that was given says, rather than those that it belongs to.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, below)| innermost(below))
}

/// Whether the command has such an argument and somebody gave it.
fn is_there(matches: &ArgMatches, id: &str) -> bool {
    matches.try_contains_id(id).unwrap_or(false)
        && !matches!(matches.value_source(id), None | Some(ValueSource::DefaultValue))
}

fn is_flag(matches: &ArgMatches, id: &str) -> bool {
    is_there(matches, id) && matches.value_source(id) == Some(ValueSource::CommandLine)
}

fn text_of(matches: &ArgMatches, id: &str) -> Option<String> {
    is_there(matches, id).then(|| matches.get_one::<String>(id).cloned()).flatten()
}

/// What flags and environment say of one setting.
fn given(row: &SettingRow, matches: &ArgMatches) -> Option<Given> {
    let id = row.name.replace('-', "_");
    let id = id.as_str();
    // `--users` of a demo is how many there are, not who.
    let foreign = row.part == Part::Whom && matches.try_contains_id("watch").is_err();
    if foreign || !is_there(matches, id) {
        return None;
    }
    let raw = || -> Vec<String> {
        matches.get_raw(id).into_iter().flatten().map(|raw| raw.to_string_lossy().into_owned()).collect()
    };
    let value = match row.kind {
        Kind::Switch => Value::Switch(*matches.get_one::<bool>(id)?),
        Kind::Number(..) => Value::Number(raw().first()?.parse().ok()?),
        Kind::Word(_) | Kind::Text(_) | Kind::Private | Kind::Query => Value::Text(raw().into_iter().next()?),
        Kind::Path => Value::Path(matches.get_one::<PathBuf>(id)?.clone()),
        Kind::SwitchOrPath => switch_or_path(matches.get_one::<PathBuf>(id)?),
        Kind::List(_) | Kind::Each(_) => Value::List(raw()),
    };
    Some(Given { value, by_flag: is_flag(matches, id) })
}

/// `true` and `1`, `false` and `0`, or a file.
fn switch_or_path(path: &std::path::Path) -> Value {
    match path.to_str().map(str::to_ascii_lowercase).as_deref() {
        Some("true" | "1" | "yes" | "on") => Value::Switch(true),
        Some("false" | "0" | "no" | "off") => Value::Switch(false),
        _ => Value::Path(path.to_owned()),
    }
}
