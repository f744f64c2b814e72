//! Where the admin token comes from: a flag before the environment before the context, and one source
//! only. Credentials belong to the server that they were configured for.

use std::path::PathBuf;

use secrecy::ExposeSecret as _;

use super::SettingsError;
use super::file::CREDENTIALS;
use super::sources::{Chosen, View};
use super::value::{Said, Value};
use crate::openim::{Credentials, Origin};

/// The admin ID that servers since v3.7 are shipped with.
pub(super) const SHIPPED_ADMIN_ID: &str = "imAdmin";

/// The variables that credentials come from.
pub(super) const VARIABLES: [&str; 4] =
    ["IMTOP_TOKEN", "IMTOP_TOKEN_FILE", "IMTOP_TOKEN_COMMAND", "IMTOP_SECRET_FILE"];

/// Reads one environment variable.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the context says of a server, and whether it is the one that is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Belonging<'a> {
    view: View<'a>,
    /// Why what the context says of its own server is not used, if so.
    foreign: Option<Foreign<'a>>,
}

/// Another server than the context's is asked.
#[derive(Clone, Copy, Debug)]
struct Foreign<'a> {
    context: &'a str,
    said: Said<'a>,
}

impl<'a> Belonging<'a> {
    /// Compares `api` with the context's address.
    pub(super) fn of(view: View<'a>, api: &Origin, said: Said<'a>) -> Belonging<'a> {
        let own = view.of_context("api").and_then(Chosen::text).and_then(|text| text.parse::<Origin>().ok());
        let by_flag = CREDENTIALS.iter().any(|name| view.given(name).is_some_and(|(_, by_flag)| by_flag));
        let foreign = match (view.context, own) {
            (Some(context), Some(own)) if !own.same_origin(api) && !by_flag => {
                Some(Foreign { context, said })
            }
            _ => None,
        };
        Belonging { view, foreign }
    }

    /// Whether the context's own words about its server are set aside.
    pub(super) fn is_foreign(&self) -> bool {
        self.foreign.is_some()
    }

    /// What is said of the setting `name`, without what the context says of another server.
    pub(super) fn chosen(&self, name: &str) -> Option<Chosen<'a>> {
        let chosen = self.view.chosen(name)?;
        match chosen.said {
            // Nobody else than the environment stands below an explicit context.
            Said::Context(..) if self.is_foreign() => {
                self.view.given(name).map(|(value, _)| Chosen { value, said: Said::Environment })
            }
            _ => Some(chosen),
        }
    }

    /// Who names the one source of credentials, and its name: that of a setting or of a variable.
    ///
    /// # Errors
    /// None was given, or two variables contradict one another.
    pub(super) fn source(&self) -> Result<(&'static str, Said<'a>), SettingsError> {
        let flag = |name: &&'static str| self.view.given(name).is_some_and(|(_, by_flag)| by_flag);
        if let Some(name) = CREDENTIALS.into_iter().find(|name| flag(name)) {
            return Ok((name, Said::Flag));
        }
        // Those of the environment are for the server that imtop was started with.
        let mut set = self.view.sources.variables.iter().filter(|_| !self.view.switched);
        if let Some((name, _)) = set.next() {
            return match set.next() {
                None => Ok((name, Said::Environment)),
                Some((other, _)) => Err(SettingsError(format!(
                    "{name} and {other} are both set, but one source of credentials is used; unset one"
                ))),
            };
        }
        let in_context =
            CREDENTIALS.into_iter().find_map(|name| Some((name, self.view.of_context(name)?.said)));
        match (in_context, &self.foreign) {
            (Some(found), None) => Ok(found),
            (found, foreign) => Err(self.none(found.is_some().then_some(*foreign).flatten())),
        }
    }

    fn none(&self, dropped: Option<Foreign<'_>>) -> SettingsError {
        let why = dropped.map(|Foreign { context, said }| {
            let said = self.view.blamed("api", said);
            format!("; those of the context {context} are for its own server, and {said} names another one")
        });
        let switched = self.view.context.filter(|_| self.view.switched).map(|context| {
            format!("; the context {context} has none of its own, and those that imtop was started with are not for it")
        });
        let why = why.or(switched).unwrap_or_default();
        SettingsError(format!(
            "an admin token is needed: give it with --token-file FILE, --token-command COMMAND or the environment \
             variable IMTOP_TOKEN, or log in with --secret-file FILE; `imtop demo` shows everything without a \
             server{why}"
        ))
    }

    /// The credentials.
    ///
    /// # Errors
    /// As [`Belonging::source`].
    pub(super) fn credentials(&self) -> Result<Credentials, SettingsError> {
        let (name, said) = self.source()?;
        let variable = |name: &str| {
            let mut variables = self.view.sources.variables.iter();
            variables.find(|(other, _)| *other == name).map(|(_, value)| value.clone())
        };
        if let Some(secret) = variable(name).filter(|_| said == Said::Environment) {
            let text = || secret.expose_secret().to_owned();
            return Ok(match name {
                "IMTOP_TOKEN" => Credentials::of_token(&secret),
                "IMTOP_TOKEN_FILE" => Credentials::TokenFile(text().into()),
                "IMTOP_TOKEN_COMMAND" => Credentials::TokenCommand(text()),
                _ => self.login(text().into()),
            });
        }
        let value = match said {
            Said::Flag => self.view.given(name).map(|(value, _)| value),
            _ => self.view.of_context(name).map(|chosen| chosen.value),
        };
        Ok(match value {
            Some(Value::Text(command)) => Credentials::TokenCommand(command.clone()),
            Some(Value::Path(path)) if name == "secret-file" => self.login(path.clone()),
            Some(Value::Path(path)) => Credentials::TokenFile(path.clone()),
            _ => return Err(self.none(None)),
        })
    }

    fn login(&self, secret_file: PathBuf) -> Credentials {
        let admin_id = self.chosen("admin-id").and_then(Chosen::text).unwrap_or(SHIPPED_ADMIN_ID);
        Credentials::Login { secret_file, admin_id: admin_id.to_owned() }
    }
}
