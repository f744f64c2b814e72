//! Where the settings come from, and whether the files with secrets are ours alone.

use super::step::{Outcome, Part, Step};
use crate::options::Examined;

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
    for secret in &examined.secret_files {
        step = match &secret.problem {
            None => step.detail(format!("{}: {} is for this user alone", secret.setting, secret.path)),
            // Requests work with a key that others can read; the other files are refused.
            Some(problem) if secret.setting == "client-key" => {
                step.but(Outcome::Warning, format!("{}: {problem}", secret.setting))
            }
            Some(problem) => step.but(Outcome::Failed, format!("{}: {problem}", secret.setting)),
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
