//! Alerts and webhooks in the configuration file: `[[alert]]` and `[webhooks.NAME]`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::kind::kind_words;
use super::mistake::{QUOTED, meant, one_of, with_caret};
use super::parse::parse_pause;
use super::reader::Reader;
use super::value::{Place, quoted};
use crate::alerts::{Action, Alert, AlertSettings, Webhook, WebhookKind};
use crate::presence::condition::Condition;
use crate::presence::{AlertRule, Severity, visible_bounded};

/// A name has at most so many characters: it stands in headers of messages.
const NAME: usize = 60;

/// What an alert can have: its name, an example, what it is.
const ALERT_KEYS: [(&str, &str, &str); 6] = [
    ("name", "\"gateway down\"", "What people call it"),
    ("when", "\"finding:view-loss>0\"", "What has to be so, in the language of `imtop check --warn`"),
    ("for", "\"10s\"", "It has to be so for this long before it fires; 0s unless you say so"),
    ("again", "\"15m\"", "It fires again no sooner than so long after it fired; 15m unless you say so"),
    ("severity", "\"critical\"", "info, warning or critical; warning unless you say so"),
    (
        "do",
        "[\"bell\", \"osc9\", \"osc777\", \"exec:page.sh\", \"webhook:ops\"]",
        "What is done when it fires and when it is over: bell, osc9, osc777, exec:FILE, webhook:NAME",
    ),
];

/// What a webhook can have.
const WEBHOOK_KEYS: [(&str, &str, &str); 4] = [
    ("kind", "\"dingtalk\"", "Who receives it: dingtalk, wecom, feishu, slack, alertmanager or json"),
    ("url-file", "\"ops.url\"", "A private file with nothing but the address, which is a secret"),
    (
        "secret-file",
        "\"ops.secret\"",
        "A private file with the secret that requests are signed with: dingtalk, feishu",
    ),
    ("ca-file", "\"ca.pem\"", "PEM file of authorities to trust besides the system's"),
];

const HEAD: &str = "
# Alerts, for the live view, events and serve. `imtop alert test NAME` tries one
#[[alert]]
";

const WEBHOOKS: &str = "
# A webhook that alerts name
#[webhooks.ops]
";

/// Alerts and webhooks, and where they are written.
#[derive(Clone, Default)]
pub(super) struct AlertTables {
    pub(super) settings: AlertSettings,
    /// Where each webhook is written, in alphabetical order of their names.
    webhooks: Vec<Place>,
    /// Where each program is named.
    programs: Vec<(Place, PathBuf)>,
}

impl AlertTables {
    /// What is wrong with the files that they name, and where these are named.
    pub(super) fn wrong_files(&self) -> Vec<(Place, String)> {
        let webhooks =
            self.settings.webhooks.iter().zip(&self.webhooks).filter_map(|((name, webhook), place)| {
                let name = visible_bounded(name, QUOTED);
                webhook.check().err().map(|why| (*place, format!("the webhook {name}: {why}")))
            });
        let programs = self.programs.iter().filter_map(|(place, file)| {
            let why = match std::fs::metadata(file) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => "no such file",
                Err(_) => "it cannot be looked at",
                Ok(metadata) if !metadata.is_file() => "it is no file",
                Ok(metadata) if metadata.permissions().mode() & 0o111 == 0 => "it is no program: chmod +x",
                Ok(_) => return None,
            };
            Some((*place, format!("exec:{}: {why}", visible_bounded(&file.display().to_string(), 120))))
        });
        webhooks.chain(programs).collect()
    }

    /// As TOML; `file` is where they are written.
    pub(super) fn toml(&self) -> String {
        let mut text = String::new();
        for Alert { rule, actions } in &self.settings.alerts {
            let actions: Vec<String> = actions.iter().map(|action| quoted(&action.to_string())).collect();
            let seconds = |ms: u64| format!("{}s", ms as f64 / 1_000.0);
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "\n[[alert]]\nname = {}\nwhen = {}\nfor = \"{}\"\nagain = \"{}\"\nseverity = \"{}\"\ndo = [{}]\n",
                quoted(&rule.name),
                quoted(&rule.when.to_string()),
                seconds(rule.for_ms),
                seconds(rule.again_ms),
                rule.severity.word(),
                actions.join(", ")
            );
        }
        for (name, webhook) in &self.settings.webhooks {
            let _ = write!(text, "\n[webhooks.{}]\nkind = \"{}\"\n", quoted(name), webhook.kind.name());
            let files = [
                ("url-file", Some(&webhook.url_file)),
                ("secret-file", webhook.secret_file.as_ref()),
                ("ca-file", webhook.ca_file.as_ref()),
            ];
            for (key, file) in files.into_iter().filter_map(|(key, file)| Some((key, file?))) {
                let _ = writeln!(text, "{key} = {}", quoted(&file.display().to_string()));
            }
        }
        text
    }
}

/// The lines of the template.
pub(super) fn template() -> String {
    let lines = |keys: &[(&str, &str, &str)]| {
        let line = |(name, example, help): &(&str, &str, &str)| format!("\n# {help}\n#{name} = {example}\n");
        keys.iter().map(line).collect::<String>()
    };
    [HEAD, &lines(&ALERT_KEYS), WEBHOOKS, &lines(&WEBHOOK_KEYS)].concat()
}

/// A table that has been looked at: its values by their names.
struct Table<'a, 'b> {
    called: String,
    span: Range<usize>,
    values: BTreeMap<&'static str, &'a Spanned<DeValue<'b>>>,
}

impl Reader<'_> {
    /// Reads alerts and webhooks, and says every mistake.
    pub(super) fn alerts(
        &mut self,
        alerts: Option<&Spanned<DeValue<'_>>>,
        webhooks: Option<&Spanned<DeValue<'_>>>,
    ) -> AlertTables {
        let mut tables = AlertTables::default();
        let mut named: Vec<(String, Range<usize>)> = Vec::new();
        if let Some(value) = webhooks {
            match value.get_ref() {
                DeValue::Table(table) => named = self.webhooks(table, &mut tables),
                _ => self.other("webhooks", value, "[webhooks.NAME]"),
            }
        }
        let Some(value) = alerts else { return tables };
        let DeValue::Array(list) = value.get_ref() else {
            self.other("alert", value, "[[alert]], with two brackets");
            return tables;
        };
        for value in list {
            match value.get_ref() {
                DeValue::Table(table) => {
                    let alert = self.alert(table, value.span(), &named, &mut tables.programs);
                    let Some(alert) = alert else { continue };
                    if tables.settings.find(&alert.rule.name).is_some() {
                        let what = format!("there are two alerts {}; expected another name", alert.rule.name);
                        self.wrong(value.span(), what);
                    }
                    tables.settings.alerts.push(alert);
                }
                _ => self.other("alert", value, "[[alert]], with two brackets"),
            }
        }
        tables
    }

    fn webhooks(&mut self, table: &DeTable<'_>, tables: &mut AlertTables) -> Vec<(String, Range<usize>)> {
        let mut named = Vec::new();
        let mut places = BTreeMap::new();
        for (key, value) in table {
            let name = key.get_ref().to_string();
            let DeValue::Table(settings) = value.get_ref() else {
                self.other(&name, value, "[webhooks.NAME] with settings below it");
                continue;
            };
            // Also one with a mistake in it is there.
            named.push((name.clone(), key.span()));
            let shown = visible_bounded(&name, QUOTED);
            if !is_name(&name) {
                self.wrong(
                    key.span(),
                    format!("a webhook needs a name that can be shown, of at most {NAME} characters"),
                );
            }
            let called = format!("the webhook {shown}");
            let read = self.table(called, key.span(), settings, &WEBHOOK_KEYS);
            if let Some(webhook) = self.webhook(&read) {
                places.insert(name.clone(), self.place(&key.span()));
                tables.settings.webhooks.insert(name, webhook);
            }
        }
        tables.webhooks = places.into_values().collect();
        named
    }

    fn webhook(&mut self, table: &Table<'_, '_>) -> Option<Webhook> {
        let word = self.required(table, "kind");
        let kind = word.and_then(|word| {
            let kind = WebhookKind::ALL.into_iter().find(|kind| kind.name() == word);
            if kind.is_none() {
                let names = WebhookKind::ALL.map(WebhookKind::name);
                let guess = meant(&word, names.into_iter()).unwrap_or_default();
                let word = visible_bounded(&word, QUOTED);
                let what = format!("kind is \"{word}\"; expected {}{guess}", one_of(&names));
                self.wrong_value(table, "kind", what);
            }
            kind
        });
        let url_file = self.required(table, "url-file").map(|file| self.location.join(&file));
        let secret_file = self.text(table, "secret-file").map(|file| self.location.join(&file));
        let ca_file = self.text(table, "ca-file").map(|file| self.location.join(&file));
        let (kind, url_file) = (kind?, url_file?);
        if secret_file.is_some() && !kind.can_be_signed() {
            let what = format!(
                "{} signs nothing, so it has no secret-file; what has to stay secret is its address, in url-file",
                kind.name()
            );
            self.wrong_value(table, "secret-file", what);
        }
        Some(Webhook { kind, url_file, secret_file, ca_file })
    }

    fn alert(
        &mut self,
        table: &DeTable<'_>,
        span: Range<usize>,
        webhooks: &[(String, Range<usize>)],
        programs: &mut Vec<(Place, PathBuf)>,
    ) -> Option<Alert> {
        let called = match table.get("name").and_then(|name| name.get_ref().as_str()) {
            Some(name) => format!("the alert {}", visible_bounded(name, QUOTED)),
            None => "the alert".to_owned(),
        };
        let table = self.table(called, span, table, &ALERT_KEYS);
        let name = self.required(&table, "name").filter(|name| {
            let fits = is_name(name);
            if !fits {
                let what = format!("an alert needs a name that can be shown, of at most {NAME} characters");
                self.wrong_value(&table, "name", what);
            }
            fits
        });
        let when = self.required(&table, "when").and_then(|text| match Condition::parse(&text) {
            Ok(when) => Some(when),
            Err(error) => {
                self.wrong_value(&table, "when", format!("when: {}", with_caret(&error, &text)));
                None
            }
        });
        let for_ms = self.pause(&table, "for", 0);
        let again_ms = self.pause(&table, "again", 15 * 60_000);
        let severity = match self.text(&table, "severity") {
            None => Some(Severity::Warning),
            Some(word) => {
                let severity = Severity::ALL.into_iter().find(|severity| severity.word() == word);
                if severity.is_none() {
                    let words = Severity::ALL.map(Severity::word);
                    let guess = meant(&word, words.into_iter()).unwrap_or_default();
                    let word = visible_bounded(&word, QUOTED);
                    let what = format!("severity is \"{word}\"; expected {}{guess}", one_of(&words));
                    self.wrong_value(&table, "severity", what);
                }
                severity
            }
        };
        let actions = self.actions(&table, webhooks, programs);
        let rule =
            AlertRule { name: name?, when: when?, for_ms: for_ms?, again_ms: again_ms?, severity: severity? };
        Some(Alert { rule, actions: actions? })
    }

    fn actions(
        &mut self,
        table: &Table<'_, '_>,
        webhooks: &[(String, Range<usize>)],
        programs: &mut Vec<(Place, PathBuf)>,
    ) -> Option<Vec<Action>> {
        let expected = "a list such as [\"bell\", \"webhook:ops\"]";
        let Some(value) = table.values.get("do") else {
            let what = format!(
                "{} does nothing; expected do = {}",
                table.called,
                expected.trim_start_matches("a list such as ")
            );
            self.wrong(table.span.clone(), what);
            return None;
        };
        let Some(list) = value.get_ref().as_array().filter(|list| !list.is_empty()) else {
            let found = match value.get_ref() {
                DeValue::Array(_) => "an empty list",
                other => kind_words(other),
            };
            self.wrong(value.span(), format!("do is {found}; expected {expected}"));
            return None;
        };
        let mut actions: Vec<Action> = Vec::new();
        for element in list {
            let Some(text) = element.get_ref().as_str() else {
                let found = kind_words(element.get_ref());
                self.wrong(element.span(), format!("do has {found} in it; expected texts in quotes"));
                continue;
            };
            let action = match text.parse() {
                Ok(Action::Exec(file)) => {
                    let file = self.location.join(&file.to_string_lossy());
                    programs.push((self.place(&element.span()), file.clone()));
                    Action::Exec(file)
                }
                Ok(Action::Webhook(name)) if !webhooks.iter().any(|(other, _)| *other == name) => {
                    let names = webhooks.iter().map(|(name, _)| name.as_str());
                    let guess = meant(&name, names).unwrap_or_default();
                    let name = visible_bounded(&name, QUOTED);
                    let what = format!("no webhook \"{name}\"; expected a section [webhooks.{name}]{guess}");
                    self.wrong(element.span(), what);
                    continue;
                }
                Ok(action) => action,
                Err(why) => {
                    self.wrong(element.span(), why);
                    continue;
                }
            };
            if !actions.contains(&action) {
                actions.push(action);
            }
        }
        Some(actions)
    }

    /// Refuses keys that are none of `keys`.
    fn table<'a, 'b>(
        &mut self,
        called: String,
        span: Range<usize>,
        table: &'a DeTable<'b>,
        keys: &[(&'static str, &str, &str)],
    ) -> Table<'a, 'b> {
        let mut values = BTreeMap::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            match keys.iter().find(|(known, ..)| *known == name) {
                Some((known, ..)) => drop(values.insert(*known, value)),
                None => {
                    let what = match name {
                        "url" | "secret" | "token" | "key" => format!(
                            "{name} does not belong into this file, which others may read; expected {} with a file's \
                             name",
                            if name == "url" { "url-file" } else { "secret-file" }
                        ),
                        _ => {
                            let names: Vec<&str> = keys.iter().map(|(known, ..)| *known).collect();
                            let guess = meant(name, names.iter().copied());
                            let guess = guess.unwrap_or_else(|| format!("; expected {}", one_of(&names)));
                            format!("{called} has no \"{}\"{guess}", visible_bounded(name, QUOTED))
                        }
                    };
                    self.wrong(key.span(), what);
                }
            }
        }
        Table { called, span, values }
    }

    fn wrong_value(&mut self, table: &Table<'_, '_>, name: &str, what: String) {
        let span = table.values.get(name).map_or_else(|| table.span.clone(), |value| value.span());
        self.wrong(span, what);
    }

    fn text(&mut self, table: &Table<'_, '_>, name: &str) -> Option<String> {
        let value = table.values.get(name)?;
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => Some(text.to_owned()),
            Some(_) => {
                self.wrong(value.span(), format!("{name} is empty; expected a text"));
                None
            }
            None => {
                self.other(name, value, "a text in quotes");
                None
            }
        }
    }

    fn required(&mut self, table: &Table<'_, '_>, name: &str) -> Option<String> {
        if !table.values.contains_key(name) {
            self.wrong(
                table.span.clone(),
                format!("{} has no {name}; expected {name} = \"...\"", table.called),
            );
        }
        self.text(table, name)
    }

    /// A time, in milliseconds; `usual` where there is none.
    fn pause(&mut self, table: &Table<'_, '_>, name: &str, usual: u64) -> Option<u64> {
        if !table.values.contains_key(name) {
            return Some(usual);
        }
        let text = self.text(table, name)?;
        match parse_pause(&text) {
            Ok(pause) => Some(pause.as_millis() as u64),
            Err(why) => {
                let shown = visible_bounded(&text, QUOTED);
                self.wrong_value(table, name, format!("{name} is \"{shown}\"; {why}"));
                None
            }
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= NAME && visible_bounded(name, NAME) == *name
}
