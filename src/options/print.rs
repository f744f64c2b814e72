//! Prints where the configuration is, and every setting that is in force with who said so, as TOML.

use std::fmt::Write as _;

use clap::ArgMatches;

use super::SettingsError;
use super::credentials::source;
use super::environment::CREDENTIALS;
use super::environment::Environment;
use super::file::KeyCheck;
use super::kind::Kind;
use super::sources::{Sources, View, location};
use super::table::{Row, name_of, option, settings};
use super::value::{Said, quoted};
use crate::presence::visible;

/// Instead of a value that may hold a secret.
const UNSHOWN: &str = "set, and not shown";

/// Where the configuration file is looked for, on a line.
///
/// # Errors
/// Nothing says where files of the kind are.
pub fn path(matches: &ArgMatches, env: Environment<'_>) -> Result<String, SettingsError> {
    let path = location(matches, env).path.ok_or_else(|| {
        SettingsError(
            "neither XDG_CONFIG_HOME nor HOME is set, so there is no place for a configuration; name one with \
             --config FILE"
                .to_owned(),
        )
    })?;
    Ok(format!("{}\n", visible(&path.display().to_string())))
}

/// Every setting that is in force, and who said so. What may hold a secret is only said to be set.
///
/// # Errors
/// As [`Sources::read`]; also where the API's address is none.
pub fn print(
    matches: &ArgMatches,
    env: Environment<'_>,
    check: KeyCheck<'_>,
) -> Result<String, SettingsError> {
    let sources = Sources::read(matches, env, check)?;
    let view = sources.view();
    view.api()?;
    let mut text = String::new();
    if let (Some(name), Some(said)) = (view.context, sources.context_said()) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "context = {}  # {}", quoted(name), view.who("context", said));
    }
    let lines = |rows: &mut dyn Iterator<Item = &Row>| rows.map(|row| view.line(row)).collect::<String>();
    text += &lines(&mut settings().filter(|row| !row.part.needs_context()));
    if !sources.file.keys.is_empty() {
        text += "\n[keys]\n";
    }
    for (action, keys, place) in &sources.file.keys {
        let keys: Vec<String> = keys.iter().map(|keys| quoted(keys)).collect();
        let _ = writeln!(text, "{action} = [{}]  # {place}", keys.join(", "));
    }
    text += &sources.file.alerts.toml();
    let _ = writeln!(text, "\n[contexts.{}]", quoted(view.context.unwrap_or("none")));
    text += &lines(&mut settings().filter(|row| row.part.needs_context()));
    Ok(text)
}

/// The settings that somebody has set, as `(name, value, who said so)`, for the log: without the users,
/// who are many, and what may hold a secret.
pub fn in_force(sources: &Sources) -> Vec<(String, String, String)> {
    let view = sources.view();
    let logged = settings().filter(|row| row.id != "users" && !CREDENTIALS.contains(&row.id));
    let set = logged.filter_map(|row| {
        let said = view.chosen(row.id)?.said;
        let value = view.value(row).map_or(UNSHOWN.to_owned(), |value| value.trim_matches('"').to_owned());
        Some((row.name(), value, view.who(row.id, said)))
    });
    let credentials = source(view).map(|(name, said)| {
        let said = match said {
            // The name is that of the variable.
            Said::Environment => "environment".to_owned(),
            said => view.who(name, said),
        };
        (option(name).map_or(name.to_owned(), Row::name), UNSHOWN.to_owned(), said)
    });
    set.chain(view.api().and(credentials)).collect()
}

impl View<'_> {
    /// The line of a setting.
    fn line(&self, row: &Row) -> String {
        let (value, said) = match (row.id, self.chosen(row.id)) {
            ("token_file", _) => return self.credentials(),
            ("token_command" | "secret_file", _) => return String::new(),
            (_, Some(chosen)) => (self.value(row), chosen.said),
            (_, None) => match row.default().map(|value| value.toml()).or_else(|| self.value(row)) {
                Some(default) => (Some(default), Said::Default),
                None => return format!("# {} is not set\n", row.name()),
            },
        };
        self.set(row.id, value, said)
    }

    /// The line of a setting that somebody set; without a value where that is not shown.
    fn set(&self, id: &str, value: Option<String>, said: Said<'_>) -> String {
        let (name, who) = (name_of(id), self.who(id, said));
        match value {
            Some(value) => format!("{name} = {value}  # {who}\n"),
            None => format!("# {name} is {UNSHOWN}  # {who}\n"),
        }
    }

    /// What a setting is, as TOML; none where nobody may see that, or where it is not set.
    fn value(&self, row: &Row) -> Option<String> {
        match row.kind {
            // Without a user and a password, and also where nobody names one.
            _ if row.id == "api" => self.api().ok().map(|(api, _)| quoted(&api.to_string())),
            Kind::Private => None,
            _ => self.chosen(row.id).map(|chosen| chosen.value.toml()),
        }
    }

    fn credentials(&self) -> String {
        match source(*self) {
            Ok((name, Said::Environment)) => {
                format!("# credentials are {UNSHOWN}  # environment {name}\n")
            }
            Ok((id, said)) => self.set(id, option(id).and_then(|row| self.value(row)), said),
            Err(why) => format!("# no credentials: {}\n", visible(&why.to_string())),
        }
    }

    /// Who says what an option is, for a person.
    pub(super) fn who(&self, id: &str, said: Said<'_>) -> String {
        let file = &self.sources.file.name;
        match said {
            Said::Flag => "flag".to_owned(),
            Said::Environment => format!("environment {}", option(id).map_or(id.to_owned(), Row::variable)),
            Said::Context(context, place) => format!("context {}, {file}:{}", visible(context), place.line),
            Said::File(place) => format!("{file}:{}", place.line),
            Said::Default => "default".to_owned(),
        }
    }
}
