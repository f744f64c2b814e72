//! Who says what an option is: flags, environment, the context, the file, in that order.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use clap::ArgMatches;
use clap::parser::ValueSource;
use secrecy::SecretString;

use super::environment::{CREDENTIALS, Environment, Location, USUAL_API, VARIABLES};
use super::file::{ConfigFile, KeyCheck, unknown_context};
use super::read::{LogLevel, Read};
use super::table::{OPTIONS, Part, Row, Values, name_of, option, usual};
use super::value::{Chosen, Place, Said, Value};
use super::{Binding, Examined, Listing, Settings, SettingsError};
use crate::alerts::{AlertSettings, Told};
use crate::home::Home;
use crate::openim::Origin;

/// The options that say whom to watch.
const WHOM: [&str; 4] = ["users", "watch", "group_id", "all"];

/// Values by the ids of their options.
type Given = BTreeMap<&'static str, Value>;

/// What standard input holds, once it was read.
pub(super) type Stdin = Arc<OnceLock<Result<Listing, SettingsError>>>;

/// Everything that settings are made of. It stays, so that those of another context can be had
/// while imtop runs.
pub struct Sources {
    pub(super) file: ConfigFile,
    flags: Given,
    environment: Given,
    /// The variables that credentials come from, as far as they are set.
    pub(super) variables: Vec<(&'static str, SecretString)>,
    /// The context to begin with.
    context: Option<String>,
    /// Standard input can be read once.
    pub(super) stdin: Stdin,
}

/// What is said for one context.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) sources: &'a Sources,
    pub(super) context: Option<&'a str>,
    /// Whether the user asked for this context in so many words, which outranks the environment.
    explicit: bool,
    /// Whether it is another context than the one that imtop was started with: what named a server
    /// then is not about this one.
    pub(super) switched: bool,
    /// Whether there is no server to configure: of the file, only how things look counts.
    made_up: bool,
}

/// Where something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Flag,
    Environment,
    Context,
    File,
}

impl Sources {
    /// Reads the command line, the environment and the configuration file, whose keys `check` looks at.
    ///
    /// # Errors
    /// The first mistake in the file; a file that was named and cannot be read; a context that the
    /// file does not have.
    pub fn read(
        matches: &ArgMatches,
        env: Environment<'_>,
        check: KeyCheck<'_>,
    ) -> Result<Sources, SettingsError> {
        let (file, mistakes) = ConfigFile::open(&location(matches, env), check)?;
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
        let (mut flags, mut environment) = (Given::new(), Given::new());
        for row in OPTIONS.iter().filter(|row| is_there(matches, row.id)) {
            let by_flag = matches.value_source(row.id) == Some(ValueSource::CommandLine);
            let given = if by_flag { &mut flags } else { &mut environment };
            given.extend(row.kind.given(matches, row.id).map(|value| (row.id, value)));
        }
        let home = Home::of(env);
        let variables = VARIABLES.into_iter().filter_map(|name| {
            let value = env(name).filter(|value| !value.is_empty())?;
            // What reads a file of variables knows no `~`.
            let value = if name.ends_with("_FILE") {
                home.join(value.into()).to_string_lossy().into_owned()
            } else {
                value
            };
            Some((name, SecretString::from(value)))
        });
        let variables = variables.collect();
        let mut sources =
            Sources { file, flags, environment, variables, context: None, stdin: Stdin::default() };
        let named: Option<String> = sources.given("context");
        if let Some(name) = named.as_ref().filter(|name| !sources.file.contexts.contains_key(*name)) {
            let said = if sources.by_flag("context") { "--context" } else { "IMTOP_CONTEXT" };
            return Err(SettingsError(format!("{said}: {}", sources.unknown_context(name))));
        }
        sources.context = named.or_else(|| sources.file.context.as_ref().map(|(name, _)| name.clone()));
        Ok(sources)
    }

    /// The settings to begin with; the lists that they name are read by [`super::Whom::read`].
    ///
    /// # Errors
    /// The first wish that cannot be granted.
    pub fn settings(&self) -> Result<Settings, SettingsError> {
        Settings::of(self.view())
    }

    /// The same for a command that names whom it asks about: whom to watch is not looked at.
    ///
    /// # Errors
    /// The first wish that cannot be granted.
    pub fn settings_of_server(&self) -> Result<Settings, SettingsError> {
        Settings::of_server(self.view())
    }

    /// The settings for another context of the file, as if imtop had been started with it; what flags
    /// and variables say of the server, credentials and users does not carry over.
    ///
    /// # Errors
    /// There is no such context, or a wish that cannot be granted.
    pub fn for_context(&self, name: &str) -> Result<Settings, SettingsError> {
        if self.context.as_deref() == Some(name) {
            return self.settings();
        }
        let view = self.views().find(|view| view.context == Some(name));
        Settings::of(view.ok_or_else(|| SettingsError(self.unknown_context(name)))?)
    }

    /// The settings as far as they go: what is missing or cannot be read does not keep the rest back.
    /// Reads the watch list, too.
    ///
    /// # Errors
    /// A wish about the server or the picture that cannot be granted.
    pub fn examined(&self) -> Result<Examined, SettingsError> {
        Examined::of(self.view())
    }

    /// The values where no server is configured: flags, environment, and how things look as the top of the
    /// file says.
    ///
    /// # Errors
    /// The filter makes no sense.
    pub fn without_server(&self) -> Result<Values, SettingsError> {
        Values::of(View { context: None, made_up: true, ..self.view() })
    }

    /// The values for what is written without a screen: a filter of the file is for the screen, and only one
    /// that came with the command counts.
    ///
    /// # Errors
    /// The filter makes no sense.
    pub fn for_output(&self) -> Result<Values, SettingsError> {
        let view = self.view();
        let filter =
            [Layer::Flag, Layer::Environment].into_iter().find_map(|it| view.said(it, option("filter")?));
        Ok(Values { filter: view.understood("filter", filter)?, ..Values::of(view)? })
    }

    /// What a flag or a variable says of an option.
    pub fn given<T: Read>(&self, id: &str) -> Option<T> {
        debug_assert!(option(id).is_some(), "no option {id}");
        let given = self.flags.get(id).or_else(|| self.environment.get(id));
        given.and_then(|value| T::read(value).ok())
    }

    /// Whether a flag says what an option is.
    pub fn by_flag(&self, id: &str) -> bool {
        debug_assert!(option(id).is_some(), "no option {id}");
        self.flags.contains_key(id)
    }

    /// The keys of the file, in every context and in the demo.
    pub fn keys(&self) -> &[Binding] {
        &self.file.keys
    }

    /// The alerts of the file, in every context.
    pub fn alerts(&self) -> &AlertSettings {
        &self.file.alerts.settings
    }

    /// About which server others are told.
    ///
    /// # Errors
    /// It is no address of an API.
    pub fn alert_server(&self) -> Result<Told, SettingsError> {
        let view = self.view();
        Ok(Told {
            api: view.api()?.0.to_string(),
            context: view.context.map(str::to_owned),
            production: view.read("production")?,
        })
    }

    /// The same, where the files that they name can be used.
    ///
    /// # Errors
    /// The first file that can't.
    pub fn usable_alerts(&self) -> Result<&AlertSettings, SettingsError> {
        match self.file.alerts.wrong_files().into_iter().next() {
            None => Ok(self.alerts()),
            Some((Place { line, column }, what)) => {
                Err(SettingsError(format!("{}:{line}:{column}: {what}", self.file.name)))
            }
        }
    }

    /// The context to begin with.
    pub fn chosen_context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// The file to log to, and how much; none where nothing is logged.
    pub fn log(&self) -> Option<(PathBuf, LogLevel)> {
        let view = self.view();
        Some((view.read::<Option<_>>("log_file").ok()??, view.read("log_level").ok()?))
    }

    /// The first flag, if there is one, that says whom to watch.
    pub fn whom_by_flag(&self) -> Option<String> {
        let id = WHOM.into_iter().find(|id| self.by_flag(id));
        id.and_then(option).map(Row::name)
    }

    /// The names of the contexts, in alphabetical order.
    pub fn contexts(&self) -> Vec<String> {
        self.file.contexts.keys().cloned().collect()
    }

    /// Who says which context it is.
    pub(super) fn context_said(&self) -> Option<Said<'_>> {
        match &self.file.context {
            _ if self.by_flag("context") => Some(Said::Flag),
            _ if self.environment.contains_key("context") => Some(Said::Environment),
            Some((_, place)) => Some(Said::File(*place)),
            None => None,
        }
    }

    fn unknown_context(&self, name: &str) -> String {
        unknown_context(name, self.file.contexts.keys().map(String::as_str))
    }

    /// Each context as its own words alone have it.
    pub(super) fn views(&self) -> impl Iterator<Item = View<'_>> {
        let names = self.file.contexts.keys();
        names.map(|name| View { context: Some(name), explicit: true, switched: true, ..self.view() })
    }

    pub(super) fn view(&self) -> View<'_> {
        View {
            sources: self,
            context: self.context.as_deref(),
            explicit: self.by_flag("context"),
            switched: false,
            made_up: false,
        }
    }
}

impl<'a> View<'a> {
    /// Who says what the option is, and what; none where nobody says anything.
    pub(super) fn chosen(&self, id: &str) -> Option<Chosen<'a>> {
        let row = option(id)?;
        if !WHOM.contains(&id) {
            return self.layers().into_iter().find_map(|layer| self.said(layer, row));
        }
        // Whom to watch is decided as a whole: who names somebody outranks everybody below.
        let speaks = |layer: &Layer| {
            let said = WHOM.into_iter().filter_map(|id| self.said(*layer, option(id)?));
            said.into_iter().any(|it| *layer == Layer::Context || *it.value != Value::Switch(false))
        };
        self.said(self.layers().into_iter().find(speaks)?, row)
    }

    /// From who counts most to who counts least.
    fn layers(&self) -> [Layer; 4] {
        if self.explicit {
            [Layer::Flag, Layer::Context, Layer::Environment, Layer::File]
        } else {
            [Layer::Flag, Layer::Environment, Layer::Context, Layer::File]
        }
    }

    /// What a layer says. Credentials and the like of a context are for its own server alone.
    fn said(&self, layer: Layer, row: &Row) -> Option<Chosen<'a>> {
        let sources = self.sources;
        let (value, said) = match layer {
            // They are about the server that imtop was started with.
            Layer::Flag | Layer::Environment if self.switched && row.part.needs_context() => return None,
            Layer::Flag => (sources.flags.get(row.id)?, Said::Flag),
            Layer::Environment => (sources.environment.get(row.id)?, Said::Environment),
            Layer::Context if row.own && self.foreign().is_some() => return None,
            Layer::Context => return self.of_context(row.id),
            Layer::File if self.made_up && row.part != Part::Picture => return None,
            Layer::File => {
                let written = sources.file.top.get(row.id)?;
                (&written.value, Said::File(written.place))
            }
        };
        Some(Chosen { value, said })
    }

    /// Whether a flag says what it is.
    pub(super) fn by_flag(&self, id: &str) -> bool {
        option(id).is_some_and(|row| self.said(Layer::Flag, row).is_some())
    }

    /// What the context says, whichever server is asked.
    pub(super) fn of_context(&self, id: &str) -> Option<Chosen<'a>> {
        let context = self.context?;
        let written = self.sources.file.contexts.get(context)?.values.get(id)?;
        Some(Chosen { value: &written.value, said: Said::Context(context, written.place) })
    }

    /// Who names another server than the context's, if somebody does and brings no credentials along.
    pub(super) fn foreign(&self) -> Option<Said<'a>> {
        let own: Origin = self.of_context("api")?.text()?.parse().ok()?;
        let (api, said) = self.api().ok()?;
        let meant = CREDENTIALS.into_iter().any(|id| self.by_flag(id));
        (!own.same_origin(&api) && !meant).then_some(said)
    }

    /// Where the API is, and who says so.
    ///
    /// # Errors
    /// It is no address of an API.
    pub(super) fn api(&self) -> Result<(Origin, Said<'a>), SettingsError> {
        let chosen = self.chosen("api").and_then(|chosen| Some((chosen.text()?, chosen.said)));
        let (text, said) = chosen.unwrap_or((USUAL_API, Said::Default));
        let api = text.parse().map_err(|error| self.blame("api", said, &error))?;
        Ok((api, said))
    }

    /// The value of an option, or else its default.
    ///
    /// # Errors
    /// What is wrong with it, and who said it.
    pub(super) fn read<T: Read>(&self, id: &str) -> Result<T, SettingsError> {
        self.understood(id, self.chosen(id))
    }

    fn understood<T: Read>(&self, id: &str, chosen: Option<Chosen<'_>>) -> Result<T, SettingsError> {
        let said = chosen.map(|chosen| (T::read(chosen.value), chosen.said));
        let (read, said) = said.unwrap_or_else(|| (usual(id), Said::Default));
        read.map_err(|error| self.blame(id, said, &error))
    }

    /// Something is wrong with an option: `--api: ...`, `IMTOP_API: ...`, `FILE:3:1: api: ...`.
    pub(super) fn blame(&self, id: &str, said: Said<'_>, error: &dyn std::fmt::Display) -> SettingsError {
        SettingsError(format!("{}: {error}", self.blamed(id, said)))
    }

    /// How messages call who said so: `--api`, `IMTOP_API`, `FILE:3:1: api`.
    pub(super) fn blamed(&self, id: &str, said: Said<'_>) -> String {
        let name = name_of(id);
        match said {
            Said::Flag => format!("--{name}"),
            Said::Environment => option(id).map_or(name, Row::variable),
            Said::Context(_, place) | Said::File(place) => {
                format!("{}:{}:{}: {name}", self.sources.file.name, place.line, place.column)
            }
            Said::Default => name,
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
