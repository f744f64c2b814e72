//! Looks for every mistake in a configuration file and in the files that its contexts name.

use std::path::Path;

use clap::ArgMatches;

use super::credentials::credentials;
use super::environment::CREDENTIALS;
use super::environment::Environment;
use super::file::{ConfigFile, KeyCheck};
use super::mistake::Mistake;
use super::settings::server;
use super::sources::{Sources, View, location};
use super::table::{Values, name_of};
use super::value::{Value, Written};
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
    let sources = Sources::of(file, matches, env)?;
    let file = &sources.file;
    let mut wrong = |place, what| mistakes.push(Mistake { file: file.name.clone(), place, what });
    for (id, written) in &file.top {
        if let Err(why) = named(id, written) {
            wrong(written.place, why);
        }
    }
    for (place, what) in file.alerts.wrong_files() {
        wrong(place, what);
    }
    for (view, table) in sources.views().zip(file.contexts.values()) {
        let mut is_sound = true;
        for (id, written) in &table.values {
            if let Err(why) = named(id, written) {
                wrong(written.place, why);
                is_sound = false;
            }
        }
        // Without an address, or with a file that is wrong already, there is no more to find out.
        if is_sound && let Err(error) = together(view) {
            let context = visible_bounded(view.context.unwrap_or_default(), 40);
            wrong(table.place, format!("the context {context}: {error}"));
        }
    }
    mistakes.sort_by_key(|mistake| mistake.place);
    if !mistakes.is_empty() {
        let lines: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
        return Err(SettingsError(lines.join("\n")));
    }
    let contexts = match file.contexts.len() {
        1 => "1 context".to_owned(),
        more => format!("{more} contexts"),
    };
    let alerts = match file.alerts.settings.alerts.len() {
        0 => String::new(),
        1 => ", 1 alert".to_owned(),
        more => format!(", {more} alerts"),
    };
    Ok(format!("ok: {}, {contexts}{alerts}\n", file.name))
}

/// Looks at a file that a setting names.
fn named(id: &str, written: &Written) -> Result<(), String> {
    let Value::Path(path) = &written.value else { return Ok(()) };
    let looked = match id {
        "token_file" | "secret_file" => private(path),
        "watch" => WatchFile::open(path, &mut |_| ()).map(drop),
        "check_secrets" => known_secrets(Some(path)).map(drop).map_err(|error| error.to_string()),
        _ => Ok(()),
    };
    looked.map_err(|why| format!("{}: {why}", name_of(id)))
}

/// Whether a client can be made of what a context says.
fn together(view: View<'_>) -> Result<(), SettingsError> {
    let has_credentials = CREDENTIALS.iter().any(|id| view.of_context(id).is_some());
    if !has_credentials || view.of_context("api").is_none() {
        return Ok(());
    }
    let values = Values::of(view)?;
    let (options, _) = server(view, &values, || credentials(view, &values))?;
    Client::new(options).map(drop).map_err(|error| SettingsError(error.to_string()))
}

/// Whether a file is there for this user alone; what is in it is not read.
fn private(path: &Path) -> Result<(), String> {
    check_private(path).map_err(|(what, advice)| {
        format!("{}: {what}; {advice}", visible_bounded(&path.display().to_string(), 120))
    })
}
