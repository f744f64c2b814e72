//! Where the admin token comes from: a flag before the environment, and one source only.

use std::path::PathBuf;

use secrecy::SecretString;

use super::SettingsError;
use crate::cli::ServerArgs;
use crate::openim::Credentials;

/// The admin ID that servers since v3.7 are shipped with.
const SHIPPED_ADMIN_ID: &str = "imAdmin";

/// Reads one environment variable.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Picks the one source of credentials. A flag outranks every variable; an empty variable counts as
/// none at all.
///
/// # Errors
/// None was given, or two variables contradict one another.
pub(super) fn credentials(args: &ServerArgs, env: Environment<'_>) -> Result<Credentials, SettingsError> {
    let admin_id = || args.admin_id.clone().unwrap_or_else(|| SHIPPED_ADMIN_ID.to_owned());
    let login = |secret_file: PathBuf| Credentials::Login { secret_file, admin_id: admin_id() };
    if let Some(path) = &args.token_file {
        return Ok(Credentials::TokenFile(path.clone()));
    }
    if let Some(command) = &args.token_command {
        return Ok(Credentials::TokenCommand(command.clone()));
    }
    if let Some(path) = &args.secret_file {
        return Ok(login(path.clone()));
    }
    let variables = ["IMTOP_TOKEN", "IMTOP_TOKEN_FILE", "IMTOP_TOKEN_COMMAND", "IMTOP_SECRET_FILE"];
    let mut set =
        variables.iter().filter_map(|name| Some((*name, env(name).filter(|value| !value.is_empty())?)));
    let Some((name, value)) = set.next() else {
        return Err(SettingsError(
            "an admin token is needed: give it with --token-file FILE, --token-command COMMAND or the environment \
             variable IMTOP_TOKEN, or log in with --secret-file FILE; `imtop demo` shows everything without a server"
                .to_owned(),
        ));
    };
    if let Some((other, _)) = set.next() {
        return Err(SettingsError(format!(
            "{name} and {other} are both set, but one source of credentials is used; unset one"
        )));
    }
    Ok(match name {
        "IMTOP_TOKEN" => Credentials::Token(SecretString::from(value)),
        "IMTOP_TOKEN_FILE" => Credentials::TokenFile(value.into()),
        "IMTOP_TOKEN_COMMAND" => Credentials::TokenCommand(value),
        _ => login(value.into()),
    })
}
