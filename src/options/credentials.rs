//! Where the admin token comes from: a flag before the environment before the context, and one source
//! only. Credentials belong to the server that they were configured for.

use secrecy::ExposeSecret as _;

use super::SettingsError;
use super::environment::CREDENTIALS;
use super::sources::View;
use super::table::Values;
use super::value::{Said, Value};
use crate::openim::Credentials;

/// The one source of credentials: the id of an option or the name of a variable, and who names it.
///
/// # Errors
/// None was given, or two variables contradict one another.
pub(super) fn source(view: View<'_>) -> Result<(&'static str, Said<'_>), SettingsError> {
    if let Some(id) = CREDENTIALS.into_iter().find(|id| view.by_flag(id)) {
        return Ok((id, Said::Flag));
    }
    // Those of the environment are for the server that imtop was started with.
    let mut set = view.sources.variables.iter().filter(|_| !view.switched);
    if let Some((name, _)) = set.next() {
        return match set.next() {
            None => Ok((name, Said::Environment)),
            Some((other, _)) => Err(SettingsError(format!(
                "{name} and {other} are both set, but one source of credentials is used; unset one"
            ))),
        };
    }
    let in_context = CREDENTIALS.into_iter().find_map(|id| Some((id, view.of_context(id)?.said)));
    match (in_context, view.foreign()) {
        (Some(found), None) => Ok(found),
        (found, foreign) => Err(none(view, foreign.filter(|_| found.is_some()))),
    }
}

/// `foreign` names another server than that of the context, which has credentials.
fn none(view: View<'_>, foreign: Option<Said<'_>>) -> SettingsError {
    let why = match (view.context, foreign) {
        (Some(context), Some(said)) => {
            let said = view.blamed("api", said);
            format!("; those of the context {context} are for its own server, and {said} names another one")
        }
        (Some(context), None) if view.switched => format!(
            "; the context {context} has none of its own, and those that imtop was started with are not for it"
        ),
        _ => String::new(),
    };
    SettingsError(format!(
        "an admin token is needed: give it with --token-file FILE, --token-command COMMAND or the environment \
         variable IMTOP_TOKEN, or log in with --secret-file FILE; `imtop demo` shows everything without a \
         server{why}"
    ))
}

/// The credentials.
///
/// # Errors
/// As [`source`].
pub(super) fn credentials(view: View<'_>, values: &Values) -> Result<Credentials, SettingsError> {
    let (name, said) = source(view)?;
    let login = |secret_file| Credentials::Login { secret_file, admin_id: values.admin_id.clone() };
    let variable = view.sources.variables.iter().find(|(other, _)| *other == name);
    if let Some((_, secret)) = variable.filter(|_| said == Said::Environment) {
        let text = || secret.expose_secret().to_owned();
        return Ok(match name {
            "IMTOP_TOKEN" => Credentials::of_token(secret),
            "IMTOP_TOKEN_FILE" => Credentials::TokenFile(text().into()),
            "IMTOP_TOKEN_COMMAND" => Credentials::TokenCommand(text()),
            _ => login(text().into()),
        });
    }
    match view.chosen(name).map(|chosen| chosen.value) {
        Some(Value::Text(command)) => Ok(Credentials::TokenCommand(command.clone())),
        Some(Value::Path(path)) if name == "secret_file" => Ok(login(path.clone())),
        Some(Value::Path(path)) => Ok(Credentials::TokenFile(path.clone())),
        _ => Err(none(view, None)),
    }
}
