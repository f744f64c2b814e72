//! Where the settings come from, and whether the files with secrets are ours alone.

use std::path::PathBuf;

use super::step::{Outcome, Part, Step};
use crate::openim::{Credentials, Options, check_private};
use crate::options::Examined;
use crate::presence::visible_bounded;

/// Longest path that is shown, in characters.
const PATH_LIMIT: usize = 120;

/// Judges what was configured.
pub(super) fn judge(examined: &Examined) -> Step {
    let file =
        examined.file.as_deref().map_or("no configuration file".to_owned(), |file| format!("file {file}"));
    let context = match &examined.context {
        Some((name, who)) => format!(", context {name} ({who})"),
        None => ", no context".to_owned(),
    };
    let mut step = Step::ok(Part::Configuration, format!("{file}{context}"))
        .detail(format!("address: {}", examined.api_by))
        .detail(match &examined.credentials_by {
            Ok(by) => format!("credentials: {by}"),
            Err(_) => "credentials: none".to_owned(),
        });
    for (setting, path) in secret_files(&examined.server) {
        let shown = visible_bounded(&path.display().to_string(), PATH_LIMIT);
        step = match check_private(path) {
            Ok(()) => step.detail(format!("{setting}: {shown} is for this user alone")),
            Err((what, advice)) => {
                // Requests work with a key that others can read; the other files are refused.
                let grave = if setting == "client-key" { Outcome::Warning } else { Outcome::Failed };
                step.but(grave, format!("{setting}: {shown}: {what}; {advice}"))
            }
        };
    }
    if step.outcome > Outcome::Ok {
        step.seen.push_str("; a file with a secret is not as it has to be");
    }
    if let Err(why) = &examined.credentials_by {
        step = step.but(Outcome::Failed, why.to_string());
        step.seen.push_str("; there are no credentials");
    }
    step
}

/// The files in use that hold something secret, each with the setting that names it.
fn secret_files(server: &Options) -> impl Iterator<Item = (&'static str, &PathBuf)> {
    let of_credentials = match &server.credentials {
        Credentials::TokenFile(path) => Some(("token-file", path)),
        Credentials::Login { secret_file, .. } => Some(("secret-file", secret_file)),
        Credentials::Token(_) | Credentials::TokenCommand(_) => None,
    };
    let key = server.tls.client_key.as_ref().map(|path| ("client-key", path));
    of_credentials.into_iter().chain(key)
}
