//! Prints where the configuration is, and every setting that is in force with who said so, as TOML.

use std::fmt::Write as _;

use clap::ArgMatches;

use super::credentials::Belonging;
use super::file::CREDENTIALS;
use super::settings::api;
use super::sources::{Chosen, Sources, View, location, variable};
use super::table::{Kind, Part, SETTINGS, SettingRow};
use super::value::{Said, Value};
use super::{Environment, SettingsError};
use crate::presence::visible;

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
pub fn print(matches: &ArgMatches, env: Environment<'_>) -> Result<String, SettingsError> {
    let sources = Sources::read(matches, env)?;
    let view = sources.view();
    let mut page = Page { view, text: String::new() };
    if let (Some(name), Some(said)) = (view.context, sources.context_said()) {
        page.line("context", &quoted(name), said);
    }
    for row in SETTINGS.iter().filter(|row| !row.part.needs_context()) {
        page.setting(row, view.chosen(row.name));
    }
    if !sources.file.keys.is_empty() {
        page.text.push_str("\n[keys]\n");
    }
    for (action, keys, place) in &sources.file.keys {
        let keys: Vec<String> = keys.iter().map(|keys| quoted(keys)).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(page.text, "{action} = [{}]  # {place}", keys.join(", "));
    }
    let _ = writeln!(page.text, "\n[contexts.{}]", quoted(view.context.unwrap_or("none")));
    page.server()?;
    for row in SETTINGS.iter().filter(|row| row.part == Part::Whom) {
        let chosen = if row.name == "labels" { view.chosen(row.name) } else { view.whom(row.name) };
        page.setting(row, chosen);
    }
    Ok(page.text)
}

/// The settings that somebody has set, as `(name, value, who said so)`, for the log: without the users,
/// who are many, and what may hold a secret.
pub fn in_force(sources: &Sources) -> Vec<(&'static str, String, String)> {
    let view = sources.view();
    let page = Page { view, text: String::new() };
    let mut out = Vec::new();
    for row in SETTINGS.iter().filter(|row| row.name != "users" && !CREDENTIALS.contains(&row.name)) {
        let chosen = if row.part == Part::Whom { view.whom(row.name) } else { view.chosen(row.name) };
        let Some(Chosen { value, said }) = chosen else { continue };
        let value = match row.kind {
            Kind::Private if row.name == "api" => {
                api(view).map_or_else(|_| UNSHOWN.to_owned(), |(api, _)| api.to_string())
            }
            Kind::Private => UNSHOWN.to_owned(),
            _ => toml(value).trim_matches('"').to_owned(),
        };
        out.push((row.name, value, page.who(row.name, said)));
    }
    if let Ok((address, said)) = api(view)
        && let Ok((name, said)) = Belonging::of(view, &address, said).source()
    {
        let said = match said {
            // The name is that of the variable.
            Said::Environment => "environment".to_owned(),
            said => page.who(name, said),
        };
        out.push((name, UNSHOWN.to_owned(), said));
    }
    out
}

/// Instead of a value that may hold a secret.
const UNSHOWN: &str = "set, and not shown";

struct Page<'a> {
    view: View<'a>,
    text: String,
}

impl Page<'_> {
    fn server(&mut self) -> Result<(), SettingsError> {
        let (address, said) = api(self.view)?;
        let belonging = Belonging::of(self.view, &address, said);
        let credentials = belonging.source();
        for row in SETTINGS.iter().filter(|row| row.part == Part::Server) {
            match row.name {
                "api" => self.line("api", &quoted(&address.to_string()), said),
                "token-file" => match &credentials {
                    Ok((name, Said::Environment)) => {
                        let _ =
                            writeln!(self.text, "# credentials are set, and not shown  # environment {name}");
                    }
                    Ok((name, said)) => match belonging.chosen(name).and_then(Chosen::path) {
                        Some(path) => self.line(name, &quoted(&path.display().to_string()), *said),
                        None => self.unshown(name, *said),
                    },
                    Err(why) => {
                        let _ = writeln!(self.text, "# no credentials: {}", visible(&why.to_string()));
                    }
                },
                "token-command" | "secret-file" => {}
                // The others of the context's own server do not go to another one.
                "client-cert" | "client-key" | "production" | "insecure" | "admin-id" | "gateway-metrics"
                | "gateway-networks" => {
                    self.setting(row, belonging.chosen(row.name));
                }
                _ => self.setting(row, self.view.chosen(row.name)),
            }
        }
        Ok(())
    }

    fn setting(&mut self, row: &SettingRow, chosen: Option<Chosen<'_>>) {
        match chosen {
            Some(chosen) if matches!(row.kind, Kind::Private) => self.unshown(row.name, chosen.said),
            Some(chosen) => self.line(row.name, &toml(chosen.value), chosen.said),
            None if row.default.is_empty() => {
                let _ = writeln!(self.text, "# {} is not set", row.name);
            }
            None => self.line(row.name, row.default, Said::Default),
        }
    }

    fn line(&mut self, name: &str, value: &str, said: Said<'_>) {
        let who = self.who(name, said);
        let _ = writeln!(self.text, "{name} = {value}  # {who}");
    }

    fn unshown(&mut self, name: &str, said: Said<'_>) {
        let who = self.who(name, said);
        let _ = writeln!(self.text, "# {name} is set, and not shown  # {who}");
    }

    fn who(&self, name: &str, said: Said<'_>) -> String {
        self.view.who(name, said)
    }
}

impl View<'_> {
    /// Who says what the setting `name` is, for a person.
    pub(super) fn who(&self, name: &str, said: Said<'_>) -> String {
        let file = &self.sources.file.name;
        match said {
            Said::Flag => "flag".to_owned(),
            Said::Environment => format!("environment {}", variable(name)),
            Said::Context(context, place) => format!("context {}, {file}:{}", visible(context), place.line),
            Said::File(place) => format!("{file}:{}", place.line),
            Said::Default => "default".to_owned(),
        }
    }
}

fn toml(value: &Value) -> String {
    match value {
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

/// A basic string of TOML, with escapes for whatever does not show.
fn quoted(text: &str) -> String {
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
