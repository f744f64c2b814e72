//! The alerts of the configuration: which there are, and whether one would arrive.

use std::io::{self, IsTerminal as _, Write as _};

use super::alerting::notifier;
use super::{CommandError, environment, flush_standard_output, piped, tell};
use crate::alerts::{Action, Alert, EXEC_PATIENCE, Notice, Patience, Ring};
use crate::clock;
use crate::engine::About;
use crate::options::cli::AlertCommand;
use crate::options::{SettingsError, Sources};
use crate::presence::visible;
use crate::tui::clipboard::Multiplexer;
use crate::tui::notification::notification;

/// Lists alerts, or tries one.
///
/// # Errors
/// See [`CommandError`].
pub(super) async fn alert(command: &AlertCommand, sources: &Sources) -> Result<u8, CommandError> {
    match command {
        AlertCommand::List => list(sources),
        AlertCommand::Test { name } => test(name, sources).await,
    }
}

/// A paragraph for each.
fn list(sources: &Sources) -> Result<u8, CommandError> {
    let alerts = &sources.alerts().alerts;
    if alerts.is_empty() {
        tell("the configuration has no alerts; `imtop config template` shows how to write one");
    }
    let mut out = io::stdout().lock();
    let written = alerts.iter().try_for_each(|Alert { rule, actions }| {
        let seconds = |ms: u64| format!("{}s", ms as f64 / 1_000.0);
        let actions: Vec<String> = actions.iter().map(Action::to_string).collect();
        writeln!(out, "{}  {}", rule.name, rule.severity.word())?;
        writeln!(out, "  when   {}", rule.when)?;
        writeln!(out, "  for    {}, again after {}", seconds(rule.for_ms), seconds(rule.again_ms))?;
        writeln!(out, "  do     {}", actions.join(", "))
    });
    piped(written.and_then(|()| out.flush())).map(|()| 0)
}

/// Does all that the alert does, once, and says what came of each.
async fn test(name: &str, sources: &Sources) -> Result<u8, CommandError> {
    let settings = sources.alerts();
    let Some(alert) = settings.find(name) else { return Err(no_such_alert(name, sources).into()) };
    let server = sources.alert_server()?;
    let about =
        About { api: server.api, context: server.context, production: server.production, ..About::default() };
    let mut notifier = notifier(settings.clone(), &about, Patience { attempts: 1, ..Patience::default() });
    let notice = Notice::test(&alert.rule, notifier.server(), clock::unix_ms());
    let has_terminal = io::stderr().is_terminal();
    let mut failed = false;
    let mut said = String::new();
    let mut say = |action: &Action, what: Result<&str, &str>| {
        let line = match what {
            Ok(how) => format!("ok      {action}{how}\n"),
            Err(why) => format!("FAILED  {action}: {why}\n"),
        };
        failed |= what.is_err();
        said.push_str(&line);
    };
    for ring in notifier.send(notice) {
        let action = match &ring {
            Ring::Bell => Action::Bell,
            Ring::Notify(_) => Action::Osc9,
            Ring::NotifyTitled { .. } => Action::Osc777,
        };
        if has_terminal {
            let _ = io::stderr().lock().write_all(&notification(&ring, Multiplexer::of(&environment)));
            say(&action, Ok(": sent to the terminal, which gives no answer"));
        } else {
            say(&action, Ok(": left out, standard error is no terminal"));
        }
    }
    for outcome in notifier.finish(EXEC_PATIENCE * 2).await {
        match &outcome.result {
            Ok(()) => say(&outcome.action, Ok("")),
            Err(why) => say(&outcome.action, Err(why)),
        }
    }
    flush_standard_output(io::stdout().lock().write_all(said.as_bytes()))?;
    Ok(u8::from(failed))
}

fn no_such_alert(name: &str, sources: &Sources) -> SettingsError {
    let names: Vec<&str> = sources.alerts().alerts.iter().map(|alert| alert.rule.name.as_str()).collect();
    let name = visible(name);
    SettingsError(match names.as_slice() {
        [] => format!("no alert \"{name}\": the configuration has none"),
        names => {
            let near = names.iter().find(|other| strsim::damerau_levenshtein(&name, other) <= 2);
            let meant = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            format!("no alert \"{name}\"; there are {}{meant}", names.join(", "))
        }
    })
}
