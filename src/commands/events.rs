//! A line for every change, for pipes, logs and screen readers.

use std::io::{self, IsTerminal as _, Write as _};

use jiff::tz::TimeZone;
use tokio::time::Instant;

use super::alerting::{Alerting, outcome_of};
use super::follow::Ended;
use super::{CommandError, Span, failure_words, follow, mask_key, tell, without_credentials};
use crate::alerts::Outcome;
use crate::engine::Session;
use crate::listing::Names;
use crate::options::cli::{EventsArgs, EventsFormat};
use crate::options::{Sources, Values};
use crate::presence::query::{Query, Truth};
use crate::presence::{Event, Moment, Roster, Subject, Update};
use crate::report::{AlertRecord, EventForm, EventLines, EventRecord, Seen};
use crate::tui::terminal::hung_up;

/// A line for every change, as soon as it is known: first how the asking goes, then everybody as first
/// seen.
///
/// # Errors
/// See [`CommandError`].
pub(super) async fn events(args: &EventsArgs, sources: &Sources) -> Result<u8, CommandError> {
    let Values { filter, mask, utc, .. } = sources.for_output()?;
    let form = match args.form() {
        EventsFormat::Text if utc => EventForm::Text(TimeZone::UTC),
        EventsFormat::Text => EventForm::Text(TimeZone::system()),
        EventsFormat::Ndjson => EventForm::Ndjson,
    };
    let is_recording = args.recording.from.is_some();
    let settings = if is_recording { sources.alerts() } else { sources.usable_alerts()? }.clone();
    let mut followed = follow(sources, Some(&args.recording), Span::Lasting).await?;
    let tells = !is_recording && !settings.alerts.is_empty();
    let mut alerting = tells.then(|| Alerting::start(settings, followed.session.about(), mask));
    // On a terminal the lines themselves show how far it is.
    if !io::stdout().is_terminal() {
        followed.show_progress();
    }
    let until = args.duration.map(|duration| Instant::now() + duration);
    let recorded_until = args
        .duration
        .map(|duration| followed.session.now().mono_ms.saturating_add(duration.as_millis() as u64));
    let names = Names::new(mask_key(), mask);
    let mut log = Log { lines: EventLines::new(form), names, filter };
    if !log.write(vec![log.seen(&followed.session).feed_state()])? {
        return Ok(0);
    }
    let mut told = Told::default();
    let mut gone = std::pin::pin!(hung_up());
    loop {
        let next = tokio::select! {
            biased;
            () = &mut gone => return Ok(0), // nobody reads any more
            outcome = outcome_of(alerting.as_mut()) => {
                if !log.write(vec![delivery(&outcome, followed.session.now())])? {
                    return Ok(0);
                }
                continue;
            }
            next = followed.next(until) => next,
        };
        let Some(news) = next else { break };
        if is_recording && recorded_until.is_some_and(|until| followed.session.now().mono_ms > until) {
            return Ok(0);
        }
        told.note(&news);
        if let Some(alerting) = &mut alerting {
            alerting.follow(&news, followed.session.now());
        }
        if !news.is_empty() && !log.tell(&followed.session, news)? {
            return Ok(0);
        }
        if !is_recording {
            told.follow(followed.session.state().roster())?;
        }
    }
    if let Some(alerting) = &mut alerting {
        let (outcomes, lost) = alerting.finish().await;
        let now = followed.session.now();
        log.write(outcomes.iter().map(|outcome| delivery(outcome, now)).collect())?;
        if lost > 0 {
            tell(&format!("{lost} alerts were still to be delivered, and are lost"));
        }
    }
    if let Some(why) = followed.ended().and_then(Ended::unreadable) {
        tell(why);
    }
    Ok(match followed.ended().and_then(Ended::exit_code) {
        Some(code) => code,
        None if is_recording => 0,
        None => told.at_the_end(followed.session.state().roster()),
    })
}

/// What came of telling others of an alert.
fn delivery(outcome: &Outcome, now: Moment) -> EventRecord {
    let kind = if outcome.result.is_ok() { "alert-delivered" } else { "alert-given-up" };
    let alert = AlertRecord {
        name: outcome.alert.clone(),
        severity: outcome.severity,
        action: Some(outcome.action.to_string()),
        attempts: Some(outcome.attempts),
        ..AlertRecord::default()
    };
    EventRecord {
        alert: Some(alert),
        why: outcome.result.clone().err(),
        ..EventRecord::of(kind, None, now, outcome.words())
    }
}

/// What standard error was told of why nothing comes.
#[derive(Default)]
struct Told {
    credentials: Option<String>,
    /// What came of the lists of the server, last.
    notice: Option<String>,
}

impl Told {
    fn note(&mut self, news: &Update) {
        for event in &news.noted {
            if let Event::Notice { text, .. } = event {
                self.notice = Some(text.clone());
            }
        }
    }

    /// Tells each reason once why our credentials can't be had. Where nothing came before, nothing will.
    fn follow(&mut self, roster: &Roster) -> Result<(), CommandError> {
        let why = without_credentials(roster).map(|failing| failure_words(&failing.error));
        if roster.last_answer().is_none()
            && let Some(why) = why
        {
            return Err(CommandError::Hopeless(why));
        }
        if let Some(why) = why.as_deref().filter(|_| why != self.credentials) {
            tell(why);
        }
        self.credentials = why;
        Ok(())
    }

    /// The exit code when all is over: 1 where the server never answered, and where we can't ask it any
    /// more.
    fn at_the_end(&self, roster: &Roster) -> u8 {
        if roster.last_answer().is_none() {
            let why = roster.first_error().map(|(_, error)| failure_words(error));
            tell(
                &why.or_else(|| self.notice.clone())
                    .unwrap_or_else(|| "the server has not answered".to_owned()),
            );
            return 1;
        }
        u8::from(self.credentials.is_some())
    }
}

/// Where the lines go.
struct Log {
    lines: EventLines,
    names: Names,
    filter: Query,
}

impl Log {
    fn seen<'a>(&'a self, session: &'a Session) -> Seen<'a> {
        let state = session.state();
        Seen::of(state.knowledge(), state.now(), &self.names, session.about())
    }

    /// Writes what happened, as far as it is asked for; says whether anybody still reads.
    fn tell(&mut self, session: &Session, mut news: Update) -> Result<bool, CommandError> {
        if !self.filter.is_empty() {
            let (knowledge, now) = (session.state().knowledge(), session.state().now());
            let list = knowledge.roster.list();
            // Of whom it is undecided, nobody should miss anything.
            let wanted = |user| self.filter.evaluate(&knowledge.facts(user, now)) != Truth::No;
            let of_wanted = |about: Subject| match about {
                Subject::User(user) => wanted(user),
                Subject::Server => true,
            };
            news.transitions.retain(|it| list.find(it.user.raw()).is_some_and(wanted));
            for findings in [&mut news.raised, &mut news.worsened, &mut news.cleared] {
                findings.retain(|finding| of_wanted(finding.about));
            }
        }
        let records = self.seen(session).news(&news, session.state().now()).collect();
        self.write(records)
    }

    fn write(&mut self, records: Vec<EventRecord>) -> Result<bool, CommandError> {
        if records.is_empty() {
            return Ok(true);
        }
        let mut out = io::BufWriter::new(io::stdout().lock());
        let write = || {
            for record in records {
                self.lines.write(record, &mut out)?;
            }
            out.flush()
        };
        match write() {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(CommandError::Output(error)),
        }
    }
}
