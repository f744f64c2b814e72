//! Where the settings come from, and whether the files with secrets are ours alone.

use std::path::PathBuf;

use super::step::{Outcome, Part, Step};
use crate::language;
use crate::openim::{Credentials, Options, check_private};
use crate::options::Examined;
use crate::presence::visible_bounded;
use crate::say;

/// Longest path that is shown, in characters.
const PATH_LIMIT: usize = 120;

/// Judges what was configured.
pub(super) fn judge(examined: &Examined) -> Step {
    let seen = match (&examined.file, &examined.context) {
        (Some(file), Some((name, who))) => say!("file {file}, context {name} ({who})", file, name, who),
        (Some(file), None) => say!("file {file}, no context", file),
        (None, Some((name, who))) => say!("no configuration file, context {name} ({who})", name, who),
        (None, None) => say!("no configuration file, no context").to_owned(),
    };
    let mut step = Step::ok(Part::Configuration, seen)
        .detail(say!("address: {by}", by = examined.api_by))
        .detail(match &examined.credentials_by {
            Ok(by) => say!("credentials: {by}", by),
            Err(_) => say!("credentials: none").to_owned(),
        });
    let mut has_problem = false;
    for (setting, path) in secret_files(&examined.server) {
        let shown = visible_bounded(&path.display().to_string(), PATH_LIMIT);
        step = match check_private(path) {
            Ok(()) => step.detail(say!("{setting}: only this user can read {file}", setting, file = shown)),
            Err((what, advice)) => {
                // Requests work with a key that others can read; the other files are refused.
                let grave = if setting == "client-key" { Outcome::Warning } else { Outcome::Failed };
                has_problem = true;
                step.but(
                    grave,
                    format!("{setting}: {shown}: {}; {}", language::say(what), language::say(advice)),
                )
            }
        };
    }
    if has_problem {
        step.seen = say!("{seen}; a file with a secret has a problem", seen = step.seen);
    }
    if let Err(why) = &examined.credentials_by {
        step = step.but(Outcome::Failed, why.to_string());
        step.seen = say!("{seen}; there are no credentials", seen = step.seen);
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
