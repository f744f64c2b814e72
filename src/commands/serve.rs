//! Metrics, without a terminal.

use std::io::{self, Write as _};

use super::alerting::{Alerting, outcome_of};
use super::follow::{Ended, Followed};
use super::{
    CommandError, Span, failure_words, flush_standard_output, follow, mask_key, tell, without_credentials,
};
use crate::clock;
use crate::listing::{Names, alert_words};
use crate::options::cli::ServeArgs;
use crate::options::{SettingsError, Sources};
use crate::presence::{By, Event, FeedStatus, Roster};
use crate::report::exporter::{Ask, Exporter, process};
use crate::report::metrics::{AlertCounters, Counters, MOST_USERS, Page, health};
use crate::signals::Signal;

/// Metrics, without a terminal: follows the server, and tells whoever asks over HTTP, until it is ended
/// by a signal. A server that does not answer, or refuses the token, is counted and does not end it.
///
/// # Errors
/// See [`CommandError`].
pub(super) async fn serve(args: &ServeArgs, sources: &Sources) -> Result<u8, CommandError> {
    let started = clock::unix_ms();
    let settings = sources.usable_alerts()?.clone();
    let mask = sources.for_output()?.mask;
    let mut followed = follow(sources, None, Span::Lasting).await?;
    let users = followed.session.state().roster().list().len();
    if args.per_user && users > MOST_USERS {
        return Err(SettingsError(format!(
            "--per-user: {users} users are watched, and at most {MOST_USERS} can have a series of their own; leave \
             it out, or watch fewer"
        ))
        .into());
    }
    let exporter = Exporter::listen(args.metrics, args.allow_remote).await.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => CommandError::Settings(SettingsError(format!(
            "--metrics {}: other machines could reach that; use 127.0.0.1, or add --allow-remote if it is meant so",
            args.metrics
        ))),
        _ => CommandError::Metrics(error),
    })?;
    let said = writeln!(io::stdout().lock(), "listening on http://{}/metrics", exporter.address());
    flush_standard_output(said)?;
    let mut asks = exporter.serve();
    followed.show_progress();
    let actions = settings.outside_actions().map(ToString::to_string);
    let alert_counters = AlertCounters::of(actions);
    let mut alerting = (!settings.alerts.is_empty())
        .then(|| Alerting::start(settings.clone(), followed.session.about(), mask));
    let counters = Counters::default();
    let mut served = Served {
        followed,
        counters,
        alert_counters,
        per_user: args.per_user,
        names: Names::new(mask_key(), mask),
        by: sources.for_output()?.metrics_by,
        mask,
        started,
    };
    let mut log = Log::default();
    loop {
        tokio::select! {
            news = served.followed.next(None) => {
                let Some(news) = news else { break };
                let state = served.followed.session.state();
                served.counters.follow(&news, state.knowledge(), state.now());
                served.alert_counters.follow(&news);
                if let Some(alerting) = &mut alerting {
                    alerting.follow(&news, state.now());
                }
                if let Some(why) = hopeless(state.roster()) {
                    return Err(CommandError::Hopeless(why));
                }
                log.write(&news.noted, &served);
            }
            outcome = outcome_of(alerting.as_mut()) => {
                served.alert_counters.count(&outcome.action.to_string(), outcome.result.is_ok());
                if outcome.result.is_err() {
                    tell(&outcome.words());
                }
            }
            Some(ask) = asks.recv() => served.answer(ask),
        }
    }
    if let Some(alerting) = &mut alerting {
        let (outcomes, lost) = alerting.finish().await;
        outcomes.iter().filter(|it| it.result.is_err()).for_each(|it| tell(&it.words()));
        if lost > 0 {
            tell(&format!("{lost} alerts were still to be delivered, and are lost"));
        }
    }
    Ok(match served.followed.ended() {
        // A daemon is stopped like that; systemd would take another code for a failure.
        Some(Ended::Signalled(Signal::Terminate | Signal::Interrupt)) => 0,
        ended => ended.and_then(Ended::exit_code).unwrap_or(0),
    })
}

/// Why there is no use in going on: our credentials can't be had from the very beginning. What goes wrong
/// with them later may pass, and a program that is started anew for it may log in once more.
fn hopeless(roster: &Roster) -> Option<String> {
    let failing = without_credentials(roster).filter(|failing| failing.attempt == 1)?;
    roster.last_answer().is_none().then(|| failure_words(&failing.error))
}

/// What is served.
struct Served {
    followed: Followed,
    counters: Counters,
    alert_counters: AlertCounters,
    per_user: bool,
    names: Names,
    /// What users are counted by besides.
    by: Vec<By>,
    /// Whether names are masked.
    mask: bool,
    /// In milliseconds of unix time.
    started: i64,
}

impl Served {
    fn answer(&self, ask: Ask) {
        let (knowledge, now) = (self.followed.session.state().knowledge(), self.followed.session.now());
        // Whoever asked may be gone.
        match ask {
            Ask::Health(reply) => {
                let _ = reply.send(health(knowledge, now));
            }
            Ask::Metrics(format, reply) => {
                let mut page = Page::of(knowledge, now).with_counters(&self.counters).with_rollups(
                    knowledge,
                    &self.names,
                    &self.by,
                );
                page = page.with_alerts(self.followed.session.state().alerts(), &self.alert_counters);
                if self.per_user {
                    page = page.with_users(knowledge);
                }
                if let Ok(text) = page.with_process(process(self.started)).text(format) {
                    let _ = reply.send(text);
                }
            }
        }
    }
}

/// What standard error was told last.
#[derive(Default)]
struct Log {
    silent: bool,
    too_many: bool,
    /// What was said of our credentials.
    credentials: Option<String>,
}

impl Log {
    /// Tells what an operator has to know: the server answers no more, or again; news of the watch list.
    fn write(&mut self, noted: &[Event], served: &Served) {
        let roster = served.followed.session.state().roster();
        for event in noted {
            match event {
                Event::Notice { text, .. } => tell(text),
                Event::Alert(event) => tell(&alert_words(event, served.mask)),
                _ => {}
            }
        }
        let credentials = without_credentials(roster).map(|failing| failure_words(&failing.error));
        if credentials.is_some() && credentials != self.credentials {
            self.silent = true;
            tell(&format!("no answer: {}", credentials.as_deref().unwrap_or_default()));
        }
        self.credentials = credentials;
        if !noted.is_empty() {
            let status = roster.feed_status(served.followed.session.state().now());
            match (status, roster.first_error()) {
                (FeedStatus::Retrying { .. }, Some((_, error))) if !self.silent => {
                    self.silent = true;
                    tell(&format!("no answer: {}", failure_words(error)));
                }
                (FeedStatus::Live | FeedStatus::Degraded { .. }, _) if self.silent => {
                    self.silent = false;
                    tell("the server answers again");
                }
                _ => {}
            }
        }
        let too_many = served.per_user && roster.list().len() > MOST_USERS;
        if too_many && !self.too_many {
            tell(&format!(
                "more than {MOST_USERS} users are watched: no series for each of them until there are fewer"
            ));
        }
        self.too_many = too_many;
    }
}
