//! Looks for every mistake in a configuration file and in the files that its contexts name.

use std::path::Path;

use clap::ArgMatches;

use super::credentials::{CREDENTIALS, credentials};
use super::environment::Environment;
use super::file::{ConfigFile, KeyCheck};
use super::mistake::Mistake;
use super::settings::server;
use super::sources::{Sources, View, location};
use super::table::Values;
use super::value::{Chosen, Place, Said, Value};
use super::{SettingsError, WatchFile};
use crate::openim::{Client, check_private, known_secrets};
use crate::presence::{visible, visible_bounded};

/// Reads the file and everything that its contexts name, and says that it is in order.
///
/// # Errors
/// Every mistake that was found, one a line.
pub fn check(
    matches: &ArgMatches,
    env: Environment<'_>,
    keys: KeyCheck<'_>,
) -> Result<String, SettingsError> {
    let location = location(matches, env);
    let (file, mut mistakes) = ConfigFile::open(&location, keys)?;
    if file.name.is_empty() {
        let path = location.path.map(|path| format!(" {}", visible(&path.display().to_string())));
        return Ok(format!(
            "ok: there is no file{}, so all settings are as usual\n",
            path.unwrap_or_default()
        ));
    }
    let contexts = file.contexts.len();
    let name = file.name.clone();
    let sources = Sources::of(file, matches, env)?;
    for view in sources.views() {
        mistakes.extend(Checked { view, found: Vec::new() }.mistakes());
    }
    if let Some(written) = sources.file.top.get("check_secrets")
        && let Value::Path(path) = &written.value
        && let Err(error) = known_secrets(Some(path))
    {
        let what = format!("check-secrets: {error}");
        mistakes.push(Mistake { file: name.clone(), place: written.place, what });
    }
    mistakes.sort_by_key(|mistake| mistake.place);
    if mistakes.is_empty() {
        let contexts = match contexts {
            1 => "1 context".to_owned(),
            more => format!("{more} contexts"),
        };
        return Ok(format!("ok: {name}, {contexts}\n"));
    }
    let lines: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
    Err(SettingsError(lines.join("\n")))
}

/// One context and what is wrong with it.
struct Checked<'a> {
    view: View<'a>,
    found: Vec<Mistake>,
}

impl Checked<'_> {
    fn mistakes(mut self) -> Vec<Mistake> {
        for name in ["token_file", "secret_file"] {
            self.named(name, private);
        }
        self.named("watch", |path| WatchFile::open(path).map(drop));
        self.named("check_secrets", |path| {
            known_secrets(Some(path)).map(drop).map_err(|error| error.to_string())
        });
        let has_credentials = CREDENTIALS.iter().any(|id| self.view.of_context(id).is_some());
        // Without an address, or with a file that is wrong already, there is no more to find out.
        if has_credentials && self.found.is_empty() && self.view.of_context("api").is_some() {
            let made = Values::of(self.view)
                .and_then(|values| server(self.view, &values, || credentials(self.view, &values)))
                .and_then(|(options, _)| {
                    Client::new(options).map_err(|error| SettingsError(error.to_string()))
                });
            if let Err(error) = made {
                let context = visible_bounded(self.view.context.unwrap_or_default(), 40);
                self.wrong(self.place(), format!("the context {context}: {error}"));
            }
        }
        self.found
    }

    fn named(&mut self, id: &str, check: impl Fn(&Path) -> Result<(), String>) {
        let Some(Chosen { value: Value::Path(path), said: Said::Context(_, place) }) =
            self.view.of_context(id)
        else {
            return;
        };
        if let Err(why) = check(path) {
            self.wrong(place, format!("{}: {why}", id.replace('_', "-")));
        }
    }

    fn place(&self) -> Place {
        let contexts = &self.view.sources.file.contexts;
        let table = self.view.context.and_then(|name| contexts.get(name));
        table.map_or(Place { line: 1, column: 1 }, |table| table.place)
    }

    fn wrong(&mut self, place: Place, what: String) {
        self.found.push(Mistake { file: self.view.sources.file.name.clone(), place, what });
    }
}

/// Whether a file is there for this user alone; what is in it is not read.
pub(super) fn private(path: &Path) -> Result<(), String> {
    check_private(path).map_err(|(what, advice)| {
        format!("{}: {what}; {advice}", visible_bounded(&path.display().to_string(), 120))
    })
}
