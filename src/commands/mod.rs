//! What each command does: puts the rooms together, and says how it ended. One file a command; here is
//! what they share: where they get what they follow, and the errors with which they end.

mod check;
mod completion;
mod config;
mod doctor;
mod events;
mod follow;
mod limits;
mod live;
mod log;
mod manual;
mod misplaced_token;
mod picture;
mod progress;
mod replay;
mod serve;
mod simulator;
mod snapshot;
mod standard_output;
mod wait;

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use crate::clock;
use crate::engine::{About, Live, Recording, Replay, Round, Session, Watching, gather};
use crate::openim::{Client, GatewayRule, SetupError, without_tokens};
use crate::options::cli::{FeedArgs, RecordArgs, RecordingArgs};
use crate::options::{PaceSettings, Settings, SettingsError, Sources};
use crate::poller::{Asking, Now, Pace, delay};
use crate::presence::{
    Batch, Failing, FetchError, Freshness, Measured, Moment, Roster, State, When, visible,
};
use crate::recording;
use crate::recording::{Head, Limits, Player, RecorderError, RecordingError};
use crate::simulator::ScenarioError;

use follow::Followed;

pub use check::{check, is_check, unknown};
pub use completion::{answer_shell, completions};
pub use config::config;
pub use doctor::doctor;
pub use events::events;
pub use limits::can_run;
pub use live::{demo, watch};
pub use log::{log_end, open_log};
pub use manual::man;
pub use misplaced_token::refuse_misplaced_token;
pub use replay::replay;
pub use serve::serve;
pub use simulator::simulate;
pub use snapshot::snapshot;
use standard_output::piped;
pub use standard_output::{check_standard_output, flush_standard_output};
pub use wait::wait;

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
    name: String,
    /// What is made up, where it is.
    about: Option<String>,
    settings: Settings,
}

impl Plan {
    fn of(settings: Settings) -> Result<Plan, CommandError> {
        let client = Client::new(settings.server.clone())?;
        let client = client.asking_gateways(settings.witnesses.gateways.clone());
        Ok(Plan { client, name: settings.server.api.to_string(), about: None, settings })
    }

    fn api(&self) -> String {
        self.settings.server.api.to_string()
    }
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

/// Says what is odd about the watch list. Such a sentence may name users, and no stand-in says which.
fn tell_warnings(plan: &Plan) {
    let warnings = &plan.settings.watched.warnings;
    if plan.settings.picture.mask && !warnings.is_empty() {
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

/// Counts of a condition as they came out: `online=100% of group=kiosk is 40 of 50 (80.0%)`.
fn measured<'a>(counts: impl IntoIterator<Item = &'a Measured<'a>>) -> String {
    let said = counts.into_iter().map(|measured| format!("{} is {measured}", measured.aggregate));
    said.collect::<Vec<_>>().join(", ")
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
    feed: &FeedArgs,
    recording: Option<&RecordingArgs>,
    span: Span,
) -> Result<Followed, CommandError> {
    if let Some((file, at)) = recording.and_then(|it| Some((it.from.as_deref()?, it.at.as_deref()))) {
        if let Some(option) = idle_beside(sources, feed) {
            let what =
                format!("--from and {option} don't go together: a recording has its users and its answers");
            return Err(SettingsError(what).into());
        }
        return Ok(Followed::recorded(read_recording(file, at)?));
    }
    follow_server(&Plan::of(sources.settings()?)?, &feed.record, span, clock::start()).await
}

/// What the command line asks of a server that a recording can't do. A variable says what is usual, and
/// is not meant for this.
fn idle_beside(sources: &Sources, feed: &FeedArgs) -> Option<String> {
    let records = feed.record.record.is_some() && environment("IMTOP_RECORD").is_none();
    match sources.whom_by_flag() {
        Some("users") => Some("users".to_owned()),
        Some(option) => Some(format!("--{option}")),
        None => records.then(|| "--record".to_owned()),
    }
}

/// Begins to follow a server.
///
/// # Errors
/// See [`CommandError`].
async fn follow_server(
    plan: &Plan,
    recording: &RecordArgs,
    span: Span,
    now: Now,
) -> Result<Followed, CommandError> {
    let (watching, missing) = if span == Span::Lasting {
        (Watching::of(&plan.settings.watched, plan.settings.pace.batch), Vec::new())
    } else {
        lists_of_server(plan, span).await?
    };
    let mut session = session(plan, watching, span, limits(recording), now);
    if span != Span::Lasting && session.state().roster().list().is_empty() {
        return Err(CommandError::Nobody(missing.join("; ")));
    }
    for what in &missing {
        tell(what);
    }
    tell_warnings(plan);
    if let Some(file) = &recording.record {
        session.record(Some(file))?;
    }
    Followed::live(session).map_err(CommandError::Runtime)
}

/// A session on a server; to be called within a runtime.
fn session(plan: &Plan, watching: Watching, span: Span, limits: Limits, now: Now) -> Session {
    let list = Arc::new(watching.list(1));
    let freshness = match span {
        // A round is not to age within itself, however long that takes.
        Span::Round => Freshness::FOR_EVER,
        Span::Until | Span::Lasting | Span::Shown => {
            Freshness::for_interval(plan.settings.pace.interval.as_millis() as u64)
        }
    };
    let began = now();
    let roster = Roster::new(Arc::clone(&list), freshness, began)
        .with_witnesses(plan.settings.witnesses.to_be_asked(), plan.settings.thresholds);
    let state = State::new(roster, plan.settings.rules, began);
    let live = Live::start(&plan.client, list, watching, pace(plan), now);
    let live =
        if span == Span::Round { live } else { live.following(&plan.client, plan.settings.watched.clone()) };
    let about = About {
        name: plan.name.clone(),
        api: plan.api(),
        context: plan.settings.context.clone(),
        production: plan.settings.production,
        banners: plan.settings.banners.clone(),
        scenario: plan.about.clone(),
        timeout_ms: plan.settings.pace.timeout.as_millis() as u64,
    };
    Session::live(about, state, live, Recording { head: head(plan), limits }, span == Span::Shown)
}

/// Reads the lists of the server. Who waits until something is so waits for a server that comes back, too.
async fn lists_of_server(plan: &Plan, span: Span) -> Result<(Watching, Vec<String>), CommandError> {
    let mut random = fastrand::Rng::new();
    let mut attempt = 0;
    loop {
        let gathered =
            gather(&plan.client, &plan.settings.watched, plan.settings.pace.batch, &mut |_| ()).await;
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
        tokio::time::sleep(delay(&error, attempt, plan.settings.pace.interval, &mut random)).await;
    }
}

/// A session on a recording that is read up to `at`, or to its end.
fn read_recording(file: &Path, at: Option<&str>) -> Result<Session, CommandError> {
    let (player, state) = Player::open(file)?;
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
        timeout_ms: PaceSettings::DEFAULT.timeout.as_millis() as u64,
        ..About::default()
    }
}

/// How much of a recording is kept.
fn limits(args: &RecordArgs) -> Limits {
    Limits { size: args.record_limit.unwrap_or(Limits::default().size), ..Limits::default() }
}

/// What a recording is of.
fn head(plan: &Plan) -> Head {
    Head {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        api: plan.api(),
        context: plan.settings.context.clone(),
        rules: plan.settings.rules,
        interval_ms: plan.settings.pace.interval.as_millis() as u64,
        ..Head::default()
    }
}

fn pace(plan: &Plan) -> Pace {
    let (pace, witnesses) = (&plan.settings.pace, &plan.settings.witnesses);
    Pace {
        interval: pace.interval,
        concurrency: pace.concurrency,
        seed: clock::unix_ms() as u64,
        asking: Asking {
            registry: witnesses.registry,
            gateways: witnesses.gateways != GatewayRule::Off,
            extra_percent: witnesses.extra_percent,
        },
    }
}
