//! The settings for somebody who looks for what is wrong with them: each with who says so, and
//! whatever is there where something else is missing.

use secrecy::SecretString;

use super::credentials::{credentials, source};
use super::settings::server;
use super::sources::View;
use super::table::Values;
use super::value::Said;
use super::{SettingsError, Watched, Whom};
use crate::openim::{Credentials, Options};
use crate::presence::{visible, visible_bounded};

/// Longest path that is shown, in characters.
const PATH_LIMIT: usize = 120;

/// Settings as far as they go. Texts are visible-safe; none holds a credential.
#[derive(Debug)]
pub struct Examined {
    /// The configuration file, where there is one.
    pub file: Option<String>,
    /// The context, and who names it.
    pub context: Option<(String, String)>,
    /// Who gives the API's address: `flag`, `environment IMTOP_API`, `default`.
    pub api_by: String,
    /// Where the credentials come from, as in `token file, flag`; or why there are none.
    pub credentials_by: Result<String, SettingsError>,
    /// The server, and how to reach it. Without credentials an empty token, which is never sent.
    pub server: Options,
    /// Whom to watch; `None` where nobody is named.
    pub watched: Option<Result<Watched, SettingsError>>,
    /// The file of the watch list.
    pub watch_file: Option<String>,
    /// The value of every option.
    pub values: Values,
}

impl Examined {
    /// # Errors
    /// A wish about the server or the picture that cannot be granted.
    pub(super) fn of(view: View<'_>) -> Result<Examined, SettingsError> {
        let values = Values::of(view)?;
        let (_, api_said) = view.api()?;
        let (server, _) = server(view, &values, || {
            Ok(credentials(view, &values).unwrap_or(Credentials::Token(SecretString::default())))
        })?;
        let file = &view.sources.file.name;
        let context = view.context.map(|name| {
            let who = view.sources.context_said().map(|said| view.who("context", said));
            (visible_bounded(name, 40), who.unwrap_or_default())
        });
        Ok(Examined {
            file: (!file.is_empty()).then(|| visible(file).into_owned()),
            context,
            api_by: view.who("api", api_said),
            credentials_by: source(view).map(|(name, said)| source_words(view, name, said)),
            server,
            watched: Whom::is_anybody(view).then(|| Whom::of(view, &values)?.read(&mut |_, _| ())),
            watch_file: values
                .watch
                .as_deref()
                .map(|path| visible_bounded(&path.display().to_string(), PATH_LIMIT)),
            values,
        })
    }
}

/// What the credentials are, and who says so.
fn source_words(view: View<'_>, name: &str, said: Said<'_>) -> String {
    let what = match name {
        "IMTOP_TOKEN" => "token",
        "token_file" | "IMTOP_TOKEN_FILE" => "token file",
        "token_command" | "IMTOP_TOKEN_COMMAND" => "token command",
        _ => "login with the server's secret",
    };
    let who = match said {
        // The variables of credentials go by their own names.
        Said::Environment if name.starts_with("IMTOP_") => format!("environment {name}"),
        said => view.who(name, said),
    };
    format!("{what} ({who})")
}
