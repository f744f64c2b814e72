//! What each command does: puts the rooms together, and says how it ended. One file a command; here is
//! what they share: where they get what they follow, and the errors with which they end.

mod alert;
mod alerting;
mod appearance;
mod check;
mod completion;
mod config;
mod doctor;
mod events;
mod follow;
mod keys;
mod limits;
mod live;
mod log;
mod manual;
mod misplaced_token;
mod picture;
mod progress;
mod replay;
mod run;
mod serve;
mod simulator;
mod snapshot;
mod standard_output;
mod wait;
mod why;

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::alerts::AlertSettings;
use crate::clock;
use crate::engine::{About, Live, Recording, Replay, Round, Session, Watching, gather};
use crate::openim::{Client, GatewayRule, SetupError, without_tokens};
use crate::options::cli::{RecordingArgs, definition};
use crate::options::{Reading, Settings, SettingsError, Sources, Values, Watched, usual};
use crate::poller::{Asking, Now, Pace, delay};
use crate::presence::condition::measured;
use crate::presence::{
    AlertRule, Alerts, Batch, Failing, FetchError, Freshness, Moment, Roster, State, When, Witnesses, visible,
};
use crate::recording;
use crate::recording::{Head, Limits, Player, RecorderError, RecordingError};
use crate::report::unchecked_words;
use crate::simulator::{Scenario, ScenarioError};
use crate::tui::Keymap;

use follow::Followed;
use keys::keymap;

pub use check::{is_check, unknown};
pub use completion::answer_shell;
pub use misplaced_token::refuse_misplaced_token;
pub use run::run;
use standard_output::piped;
pub use standard_output::{check_standard_output, flush_standard_output};

/// Why a command could not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The user asked for something that cannot be; exit code 2.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A scenario that cannot be played; exit code 2.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// Certificates, keys or a proxy that cannot be used; exit code 2.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The simulator cannot listen where it was told to; exit code 1.
    #[error("{0}; --listen takes another address, and its port 0 a free one")]
    Listen(io::Error),
    /// There can be no metrics where they were told to be; exit code 1.
    #[error("{0}; --metrics takes another address, and its port 0 a free one")]
    Metrics(io::Error),
    /// The system gives us no files or threads; exit code 1.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
    /// The terminal cannot be used; exit code 1.
    #[error("cannot use the terminal: {0}; without one, send standard output into a pipe or a file")]
    Terminal(io::Error),
    /// The server does not say who is to be watched; exit code 1.
    #[error("cannot read the watch list from the server: {0}")]
    List(String),
    /// The server's lists, which are all that is watched, are empty; exit code 1.
    #[error("nobody to watch: {0}")]
    Nobody(String),
    /// The recording cannot be read; exit code 1.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The recording cannot be written; exit code 1.
    #[error(transparent)]
    Recorder(#[from] RecorderError),
    /// What ails the server does not mend itself; exit code 1.
    #[error("{0}")]
    Hopeless(String),
    /// Standard output takes no more; exit code 1.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
}

impl CommandError {
    /// 2 where the user can mend it by asking for something else, otherwise 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            CommandError::Settings(_) | CommandError::Scenario(_) | CommandError::Setup(_) => 2,
            _ => 1,
        }
    }
}

/// What there is to do for one server: whom to ask, about whom, how often, and how to show it.
struct Plan {
    client: Client,
    /// What it is called where nothing else names it.
    server: String,
    api: String,
    context: Option<String>,
    banners: Vec<String>,
    /// What is made up, where it is.
    about: Option<String>,
    keymap: Keymap,
    /// Of which others are told.
    alerts: AlertSettings,
    watched: Watched,
    /// The lists that are still being read, and are not in `watched` yet.
    reading: Option<Reading>,
    asks_gateways: bool,
    values: Values,
}

/// So long a list may take before the screen is there without it.
const LIST_FIRST: Duration = Duration::from_millis(300);

impl Plan {
    /// Reads the lists that the settings name, however long that takes.
    fn of(sources: &Sources, settings: Settings) -> Result<Plan, CommandError> {
        let watched = settings.whom.read(&mut |_, _| ())?;
        Plan::on(sources, settings, watched, None)
    }

    /// Begins to read the lists; those that take long are still being read then.
    fn for_screen(sources: &Sources, settings: Settings) -> Result<Plan, CommandError> {
        let mut reading = Reading::begin(settings.whom.clone()).map_err(CommandError::Runtime)?;
        if let Some(read) = reading.within(LIST_FIRST) {
            return Plan::on(sources, settings, read?, None);
        }
        let watched = settings.whom.of_server();
        Plan::on(sources, settings, watched, Some(reading))
    }

    fn on(
        sources: &Sources,
        settings: Settings,
        watched: Watched,
        reading: Option<Reading>,
    ) -> Result<Plan, CommandError> {
        let Settings { context, server, banners, whom: _, gateways, named_gateways, values } = settings;
        let api = server.api.to_string();
        Ok(Plan {
            asks_gateways: gateways != GatewayRule::Off || !named_gateways.is_empty(),
            client: Client::new(server)?.asking_gateways(gateways, named_gateways),
            server: api.clone(),
            api,
            context,
            banners,
            about: None,
            keymap: keymap(sources)?,
            alerts: sources.alerts().clone(),
            watched,
            reading,
            values,
        })
    }
}

/// The definition of the command line, as this environment and the made-up worlds have it.
pub fn command_line() -> clap::Command {
    let worlds = Scenario::abouts().map(|(name, about)| format!("\n  {name:<13} {about}"));
    let worlds = worlds.collect::<String>();
    let help = format!("Scenarios; what each is about begins 8 s after the start:{worlds}");
    definition(&environment).mut_subcommands(|command| match command.get_name() {
        "demo" | "simulate" => command.after_help(help.clone()),
        _ => command,
    })
}

/// Says something beside the data; a standard error that is closed is no reason to stop.
pub fn tell(sentence: &str) {
    let _ = writeln!(io::stderr().lock(), "imtop: {}", without_tokens(sentence));
}

/// Reads a variable of the environment; one that is not UTF-8 counts as none.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A number that nobody can guess.
fn mask_key() -> u128 {
    use std::hash::BuildHasher as _;
    let half = || u128::from(std::hash::RandomState::new().hash_one(0));
    half() << 64 | half()
}

/// Says how many users nobody can tell about, as the registry was silent; whether there are any.
fn tell_unchecked(followed: &Followed) -> bool {
    let words = unchecked_words(followed.unchecked() as u64);
    if let Some(words) = &words {
        tell(&format!("{words}, and without it nobody is called offline"));
    }
    words.is_some()
}

/// Says what is odd about the watch list. Such a sentence may name users, and no stand-in says which.
fn tell_warnings(warnings: &[String], mask: bool) {
    if mask && !warnings.is_empty() {
        return tell("the watch list has oddities, which name users; without --mask they are told");
    }
    for warning in warnings {
        tell(warning);
    }
}

/// Why no batch is answered, where that is because our own credentials can't be had.
fn without_credentials(roster: &Roster) -> Option<&Failing> {
    let of = |batch: &'_ Batch| {
        matches!(&batch.failing, Some(Failing { error: FetchError::Credentials { .. }, .. }))
    };
    let batch = roster.batches().iter().find(|batch| of(batch))?;
    batch.failing.as_ref().filter(|_| Round::of(roster) == Round::Failed)
}

/// What failed and what to do.
fn failure_words(error: &FetchError) -> String {
    format!("{error}; {}", error.advice())
}

/// For how long a command follows what it is told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span {
    /// For one round, in which nothing grows old. The lists of the server are read first.
    Round,
    /// Until something is so. The lists of the server are read first, and stay.
    Until,
    /// On and on: also what becomes of the lists of the server.
    Lasting,
    /// The same for somebody who looks, and may go back in time.
    Shown,
}

/// Begins to follow what the options name: a server, or a recording.
///
/// # Errors
/// See [`CommandError`].
async fn follow(
    sources: &Sources,
    recording: Option<&RecordingArgs>,
    span: Span,
) -> Result<Followed, CommandError> {
    if let Some((file, at)) = recording.and_then(|it| Some((it.from.as_deref()?, it.at.as_deref()))) {
        if let Some(option) = idle_beside(sources) {
            let what =
                format!("--from and {option} don't go together: a recording has its users and its answers");
            return Err(SettingsError(what).into());
        }
        let alerts = if span == Span::Lasting { sources.alerts().rules() } else { Arc::default() };
        return Ok(Followed::recorded(read_recording(file, at, alerts)?));
    }
    follow_server(&mut Plan::of(sources, sources.settings()?)?, span, clock::start()).await
}

/// What the command line asks of a server that a recording can't do. A variable says what is usual, and
/// is not meant for this.
fn idle_beside(sources: &Sources) -> Option<String> {
    match sources.whom_by_flag() {
        Some(argument) if argument == "users" => Some(argument),
        Some(option) => Some(format!("--{option}")),
        None => sources.by_flag("record").then(|| "--record".to_owned()),
    }
}

/// Begins to follow a server.
///
/// # Errors
/// See [`CommandError`].
async fn follow_server(plan: &mut Plan, span: Span, now: Now) -> Result<Followed, CommandError> {
    let (watching, missing) = if span == Span::Lasting {
        (Watching::of(&plan.watched, plan.values.batch), Vec::new())
    } else {
        lists_of_server(plan, span).await?
    };
    let warnings = std::mem::take(&mut plan.watched.warnings);
    let mut session = session(plan, watching, span, now);
    if span != Span::Lasting && session.state().roster().list().is_empty() {
        return Err(CommandError::Nobody(missing.join("; ")));
    }
    for what in &missing {
        tell(what);
    }
    tell_warnings(&warnings, plan.values.mask);
    if let Some(file) = &plan.values.record {
        session.record(Some(file))?;
    }
    Followed::live(session).map_err(CommandError::Runtime)
}

/// A session on a server; to be called within a runtime.
fn session(plan: &mut Plan, mut watching: Watching, span: Span, now: Now) -> Session {
    // From here on `watching` has the lists, and nobody else.
    let (watched, reading) = (std::mem::take(&mut plan.watched), plan.reading.take());
    let values = &plan.values;
    let list = Arc::new(watching.list(1));
    let freshness = match span {
        // A round is not to age within itself, however long that takes.
        Span::Round => Freshness::FOR_EVER,
        Span::Until | Span::Lasting | Span::Shown => {
            Freshness::for_interval(plan.values.interval.as_millis() as u64)
        }
    };
    let (began, asking) = (now(), asking(plan));
    let roster = Roster::new(Arc::clone(&list), freshness, began)
        .with_witnesses(Witnesses::to_be_asked(asking.registry, asking.gateways), values.thresholds());
    let lasts = matches!(span, Span::Lasting | Span::Shown);
    let alerts = if lasts { Alerts::new(plan.alerts.rules()) } else { Alerts::default() };
    let state = State::new(roster, values.rules(), began).with_alerts(alerts);
    let live = Live::start(&plan.client, list, watching, pace(plan), now);
    let live =
        if span == Span::Round { live } else { live.following(&plan.client, watched).reading(reading) };
    let limits = Limits { size: values.record_limit.0, ..Limits::default() };
    let recording = Recording { head: head(plan), limits };
    let about = About {
        name: plan.server.clone(),
        api: plan.api.clone(),
        context: plan.context.clone(),
        production: values.production,
        banners: plan.banners.clone(),
        scenario: plan.about.clone(),
        timeout_ms: values.timeout.as_millis() as u64,
    };
    Session::live(about, state, live, recording, span == Span::Shown)
}

/// Reads the lists of the server. Who waits until something is so waits for a server that comes back, too.
async fn lists_of_server(plan: &Plan, span: Span) -> Result<(Watching, Vec<String>), CommandError> {
    let mut random = fastrand::Rng::new();
    let mut attempt = 0;
    loop {
        let gathered = gather(&plan.client, &plan.watched, plan.values.batch, &mut |_| ()).await;
        let error = match gathered {
            Ok(lists) => return Ok(lists),
            Err(error) => error,
        };
        attempt += 1;
        if span != Span::Until || error.is_final(attempt) {
            return Err(CommandError::List(failure_words(&error)));
        }
        if attempt == 1 {
            tell(&format!("no watch list from the server yet: {error}"));
        }
        tokio::time::sleep(delay(&error, attempt, plan.values.interval, &mut random)).await;
    }
}

/// A session on a recording that is read up to `at`, or to its end.
fn read_recording(file: &Path, at: Option<&str>, alerts: Arc<[AlertRule]>) -> Result<Session, CommandError> {
    let (player, state) = Player::open(file)?;
    let state = state.with_alerts(Alerts::replayed(alerts));
    let recording = player.recording();
    let until_ms = match at {
        None => u64::MAX,
        Some(text) => moment_of(text, file, recording.begins(), recording.ends()?)?,
    };
    let about = about_recording(recording.head());
    let replay = Replay::read(player, state.now(), until_ms);
    Ok(Session::replay(about, state, replay))
}

/// The moment that `--at` names, on the monotonic clock of a recording.
fn moment_of(text: &str, file: &Path, first: Moment, last: Moment) -> Result<u64, SettingsError> {
    let unread = || recording::Recording::unread(file).unwrap_or_default();
    When::parse(text)
        .and_then(|when| when.within(first, last, &jiff::tz::TimeZone::system(), unread))
        .map_err(|why| SettingsError(format!("--at {}: {why}", visible(text))))
}

fn about_recording(head: &Head) -> About {
    About {
        name: head.context.clone().unwrap_or_else(|| head.api.clone()),
        api: head.api.clone(),
        context: head.context.clone(),
        timeout_ms: usual("timeout").map_or(0, |timeout: Duration| timeout.as_millis() as u64),
        ..About::default()
    }
}

/// What a recording is of.
fn head(plan: &Plan) -> Head {
    Head {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        api: plan.api.clone(),
        context: plan.context.clone(),
        rules: plan.values.rules(),
        interval_ms: plan.values.interval.as_millis() as u64,
        ..Head::default()
    }
}

fn pace(plan: &Plan) -> Pace {
    Pace {
        interval: plan.values.interval,
        concurrency: plan.values.concurrency,
        seed: clock::unix_ms() as u64,
        asking: asking(plan),
    }
}

fn asking(plan: &Plan) -> Asking {
    Asking {
        registry: plan.values.registry != "off",
        gateways: plan.asks_gateways,
        extra_percent: plan.values.extra_share.0,
    }
}
