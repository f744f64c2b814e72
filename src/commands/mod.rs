//! What each command does: puts the rooms together, and says how it ended. One file a command; here is
//! what they share: where they get what they follow, and the errors with which they end.

mod check;
mod completion;
mod config;
mod doctor;
mod events;
mod live;
mod log;
mod manual;
mod progress;
mod replay;
mod serve;
mod simulator;
mod snapshot;
mod wait;

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use crate::app::Keymap;
use crate::cli::{FeedArgs, RecordArgs, RecordingArgs};
use crate::clock;
use crate::config::{
    PaceSettings, PictureSettings, Settings, SettingsError, Sources, Watched, WitnessSettings,
};
use crate::feed::{Asking, Now, Pace, Poller};
use crate::headless::{About, Follower, gather};
use crate::intake::{self, Intake};
use crate::openim::{Client, GatewayRule, SetupError};
use crate::presence::{Chronicle, Freshness, Roster, RuleSettings, When, visible};
use crate::recording::{Head, Limits, Player, Recorder, RecorderError, RecordingError, Stopped};
use crate::signals::Signals;
use crate::simulator::ScenarioError;

pub use check::{check, is_check, unknown};
pub use completion::{answer_shell, completions};
pub use config::config;
pub use doctor::doctor;
pub use events::events;
pub use live::{demo, watch};
pub use log::{log_end, open_log};
pub use manual::man;
pub use replay::replay;
pub use serve::serve;
pub use simulator::simulate;
pub use snapshot::snapshot;
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
    /// The system gives us no threads; exit code 1.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
    /// The terminal cannot be used; exit code 1.
    #[error("cannot use the terminal: {0}; without one, send standard output into a pipe or a file")]
    Terminal(io::Error),
    /// The server does not say who is to be watched; exit code 1.
    #[error("cannot read the watch list from the server: {0}")]
    List(String),
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
            CommandError::Listen(_)
            | CommandError::Metrics(_)
            | CommandError::List(_)
            | CommandError::Hopeless(_)
            | CommandError::Runtime(_)
            | CommandError::Recording(_)
            | CommandError::Recorder(_)
            | CommandError::Terminal(_)
            | CommandError::Output(_) => 1,
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
    production: bool,
    banners: Vec<String>,
    rules: RuleSettings,
    keymap: Keymap,
    watched: Watched,
    pace: PaceSettings,
    witnesses: WitnessSettings,
    picture: PictureSettings,
}

impl Plan {
    fn of(settings: Settings) -> Result<Plan, CommandError> {
        let Settings {
            context,
            production,
            server,
            banners,
            watched,
            pace,
            witnesses,
            thresholds: _,
            picture,
            rules,
            keymap,
        } = settings;
        let api = server.api.to_string();
        let client = Client::new(server)?.asking_gateways(witnesses.gateways.clone());
        let server = api.clone();
        Ok(Plan {
            client,
            server,
            api,
            context,
            production,
            banners,
            rules,
            keymap,
            watched,
            pace,
            witnesses,
            picture,
        })
    }
}

/// Whoever closes the other end of standard output has seen enough.
fn piped(written: io::Result<()>) -> Result<(), CommandError> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CommandError::Output(error)),
        _ => Ok(()),
    }
}

/// Says something beside the data; a standard error that is closed is no reason to stop.
fn tell(sentence: &str) {
    let _ = writeln!(io::stderr().lock(), "imtop: {sentence}");
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
    let warnings = &plan.watched.warnings;
    if plan.picture.mask && !warnings.is_empty() {
        return tell("the watch list has oddities, which name users; without --mask they are told");
    }
    for warning in warnings {
        tell(warning);
    }
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
) -> Result<Follower, CommandError> {
    if let Some((file, at)) = recording.and_then(|it| Some((it.from.as_deref()?, it.at.as_deref()))) {
        if let Some(option) = idle_beside(sources, feed) {
            let what =
                format!("--from and {option} don't go together: a recording has its users and its answers");
            return Err(SettingsError(what).into());
        }
        return follow_recording(file, at);
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
) -> Result<Follower, CommandError> {
    let watching = if span == Span::Lasting {
        intake::watching(&plan.watched, plan.pace.batch)
    } else {
        let gathered = gather(&plan.client, &plan.watched, plan.pace.batch, &mut |_| ()).await;
        let (watching, warning) = gathered.map_err(|error| CommandError::List(error.to_string()))?;
        if let Some(warning) = warning {
            tell(&warning);
        }
        watching
    };
    tell_warnings(plan);
    let list = Arc::new(watching.list(1));
    let interval_ms = plan.pace.interval.as_millis() as u64;
    let freshness = match span {
        // A round is not to age within itself, however long that takes.
        Span::Round => Freshness::FOR_EVER,
        Span::Until | Span::Lasting => Freshness::for_interval(interval_ms),
    };
    let began = now();
    let chronicle = Chronicle::new(Roster::new(Arc::clone(&list), freshness, began), plan.rules, began);
    let recorder = match &recording.record {
        Some(file) => Some(record(file, recording, plan, &chronicle)?),
        None => None,
    };
    let client = Arc::new(plan.client.clone());
    let poller = Poller::start(client, Arc::clone(&list), pace(plan), Arc::clone(&now));
    let intake = Intake::of(poller, list, watching);
    let intake =
        if span == Span::Round { intake } else { intake.following(&plan.client, plan.watched.clone()) };
    let signals = Signals::listen().map_err(CommandError::Runtime)?;
    let about = About {
        api: plan.api.clone(),
        context: plan.context.clone(),
        production: plan.production,
        banners: plan.banners.clone(),
        interval_ms,
    };
    Ok(Follower::live(about, chronicle, intake, recorder, signals, now))
}

/// Follows a recording up to `at`, or to its end.
fn follow_recording(file: &Path, at: Option<&str>) -> Result<Follower, CommandError> {
    let (player, chronicle) = Player::open(file)?;
    let recording = player.recording();
    let (first, last) = (recording.begins(), recording.ends()?);
    let until = match at {
        None => u64::MAX,
        Some(text) => When::parse(text)
            .and_then(|when| when.within(first, last, &jiff::tz::TimeZone::system()))
            .map_err(|why| SettingsError(format!("--at {}: {why}", visible(text))))?,
    };
    let head = recording.head();
    let about = About {
        api: head.api.clone(),
        context: head.context.clone(),
        interval_ms: head.interval_ms,
        ..About::default()
    };
    Ok(Follower::recorded(about, player, chronicle, until))
}

/// Begins to record what `chronicle` is about.
fn record(
    file: &Path,
    args: &RecordArgs,
    plan: &Plan,
    chronicle: &Chronicle,
) -> Result<Recorder, CommandError> {
    let at = chronicle.now();
    let told = |stopped: Stopped| tell(&stopped.to_string());
    Ok(Recorder::start(file, limits(args), at, head(plan), chronicle.roster(), told)?)
}

/// How much of a recording is kept.
fn limits(args: &RecordArgs) -> Limits {
    Limits { size: args.record_limit.unwrap_or(Limits::default().size), ..Limits::default() }
}

/// What a recording is of.
fn head(plan: &Plan) -> Head {
    Head {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        api: plan.api.clone(),
        context: plan.context.clone(),
        rules: plan.rules,
        interval_ms: plan.pace.interval.as_millis() as u64,
        ..Head::default()
    }
}

fn pace(plan: &Plan) -> Pace {
    let (pace, witnesses) = (&plan.pace, &plan.witnesses);
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
