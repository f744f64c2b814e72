//! What each command does: puts the rooms together, and says how it ended.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::app::{Keymap, Model, Msg, Sort, SortColumn, Start, Switches, update};
use crate::cli::{DemoArgs, ScenarioArgs, ScreenArgs, SimulateArgs};
use crate::clock;
use crate::config::{
    Appearance, PaceSettings, Settings, SettingsError, WatchFile, Watched, write_watch_list,
};
use crate::feed::{Now, Pace, Poller};
use crate::headless::{self, Round};
use crate::openim::{Client, Credentials, Options, SetupError, Tls};
use crate::output::write_frame;
use crate::presence::{Freshness, Observation, Roster, WatchList};
use crate::run::{Feed, run};
use crate::simulator::{Clock, Running, Scenario, ScenarioError, Simulator};
use crate::terminal::terminal_size;
use crate::ui::{Colour, Theme};

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
    /// The system gives us no threads; exit code 1.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
    /// The terminal cannot be used; exit code 1.
    #[error("cannot use the terminal: {0}; without one, send standard output into a pipe or a file")]
    Terminal(io::Error),
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
            | CommandError::Runtime(_)
            | CommandError::Terminal(_)
            | CommandError::Output(_) => 1,
        }
    }
}

/// The live view on a server; one frame as text where standard output is no terminal.
///
/// # Errors
/// See [`CommandError`].
pub async fn watch(settings: Settings, screen: &ScreenArgs) -> Result<u8, CommandError> {
    let Settings { server, banners, watched, pace } = settings;
    let name = server.api.to_string();
    let client = Client::new(server)?;
    live(client, name, banners, watched, pace, screen).await
}

/// The same view on a simulator of its own.
///
/// # Errors
/// See [`CommandError`].
pub async fn demo(args: &DemoArgs) -> Result<u8, CommandError> {
    let scenario = scenario(&args.scenario)?;
    let suggested = PaceSettings {
        interval: scenario.poll_interval(),
        batch: scenario.poll_batch() as u32,
        timeout: scenario.poll_timeout(),
        ..PaceSettings::DEFAULT
    };
    let pace = PaceSettings::given(&args.pace, suggested);
    let watched = Watched::fixed(scenario.watch_list());
    let simulator = simulate_on(scenario, std::net::SocketAddr::from(([127, 0, 0, 1], 0)), false).await?;
    let server = Options {
        api: simulator
            .url()
            .parse()
            .map_err(|error| SettingsError(format!("{}: {error}", simulator.url())))?,
        credentials: Credentials::Token(simulator.admin_token().into()),
        timeout: pace.timeout,
        body_limit: Options::BODY_LIMIT,
        gzip: true,
        tls: Tls::default(),
        proxy: None,
        concurrency: pace.concurrency,
        secrets: Vec::new(),
    };
    let client = Client::new(server)?;
    live(client, "demo".to_owned(), Vec::new(), watched, pace, &args.screen).await
}

/// Only the simulator, until it is ended by a signal.
///
/// # Errors
/// See [`CommandError`].
pub async fn simulate(args: &SimulateArgs) -> Result<u8, CommandError> {
    let scenario = scenario(&args.scenario)?;
    if args.list {
        return piped(write_watch_list(&scenario.watch_list(), &mut io::stdout().lock())).map(|()| 0);
    }
    let about = format!("{}: {}", scenario.name(), scenario.about());
    let users = scenario.users();
    let running = simulate_on(scenario, args.listen, args.allow_remote).await?;
    let mut out = io::stdout().lock();
    let said = writeln!(
        out,
        "listening on {url}\n{about}\n{users} users; admin token for IMTOP_TOKEN:\n{token}\n\nto watch them:\n  \
         imtop simulate --list{world} > users.csv\n  IMTOP_TOKEN={token} imtop --api {url} --watch users.csv",
        url = running.url(),
        token = running.admin_token(),
        world = same_world(&args.scenario),
    );
    piped(said.and_then(|()| out.flush()))?;
    drop(out);
    std::future::pending::<()>().await;
    Ok(0)
}

/// The options that make the same world again, for a command line to copy.
fn same_world(args: &ScenarioArgs) -> String {
    let scenario = format!(" --scenario {}", args.scenario);
    let users = args.users.map(|users| format!(" --users {users}"));
    let seed = args.seed.map(|seed| format!(" --seed {seed}"));
    [Some(scenario), users, seed].into_iter().flatten().collect()
}

fn scenario(args: &ScenarioArgs) -> Result<Scenario, ScenarioError> {
    let scenario = if args.scenario.contains(['/', '.']) {
        Scenario::load(Path::new(&args.scenario))?
    } else {
        Scenario::named(&args.scenario)?
    };
    let scenario = match args.users {
        Some(users) => scenario.with_users(users as usize),
        None => scenario,
    };
    Ok(match args.seed {
        Some(seed) => scenario.with_seed(seed),
        None => scenario,
    })
}

async fn simulate_on(
    scenario: Scenario,
    address: std::net::SocketAddr,
    allow_remote: bool,
) -> Result<Running, CommandError> {
    Simulator::new(scenario, Clock::new(clock::unix_ms))
        .allow_remote(allow_remote)
        .listen(address)
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => CommandError::Settings(SettingsError(format!(
                "--listen {address}: other machines could reach that; use 127.0.0.1, or add --allow-remote if it is \
                 meant so"
            ))),
            _ => CommandError::Listen(error),
        })
}

async fn live(
    client: Client,
    server: String,
    banners: Vec<String>,
    watched: Watched,
    pace: PaceSettings,
    screen: &ScreenArgs,
) -> Result<u8, CommandError> {
    let interactive = io::stdout().is_terminal();
    let appearance = Appearance::judge(screen, &environment, interactive);
    let theme = Theme::new(appearance.colour, appearance.ascii);
    let now = clock::start();
    let list = Arc::new(WatchList::new(1, pace.batch, watched.entries));
    let interval_ms = pace.interval.as_millis() as u64;
    // A picture of one round is not to age within it, however long that takes.
    let freshness = if interactive { Freshness::for_interval(interval_ms) } else { Freshness::FOR_EVER };
    let mut model = Model::new(Start {
        one_shot: !interactive,
        server,
        banners,
        roster: Roster::new(Arc::clone(&list), freshness, now()),
        interval_ms,
        size: if interactive { terminal_size().map_err(CommandError::Terminal)? } else { headless::SIZE },
        now: now(),
        sort: Some(Sort { column: screen.sort.unwrap_or(SortColumn::Problems), inverted: false }),
        filter: crate::presence::query::Query::default(),
        rules: crate::presence::RuleSettings::default(),
        columns: None,
        api: String::new(),
        context: None,
        production: false,
        switches: Switches::default(),
        mask_key: mask_key(),
        mask: false,
        utc: screen.utc,
        zone: jiff::tz::TimeZone::system(),
        keymap: Keymap::default(),
        contexts: Vec::new(),
        themes: Vec::new(),
        greet: interactive,
    });
    for warning in watched.warnings {
        if interactive {
            update(&mut model, now(), Msg::Notice(warning));
        } else {
            tell(&warning);
        }
    }
    let steps =
        Pace { interval: pace.interval, concurrency: pace.concurrency, seed: clock::unix_ms() as u64 };
    let (poller, observations) = Poller::start(Arc::new(client), list, steps, Arc::clone(&now));
    if !interactive {
        return one_frame(model, observations, screen.size, &theme, appearance.colour != Colour::None, &now)
            .await;
    }
    let watch = watched.file.map(WatchFile::follow);
    let feed = Feed { observations, poller, watch, fixed: watched.fixed, batch: pace.batch };
    let end = run(model, feed, &theme, now).await.map_err(CommandError::Terminal)?;
    Ok(end.exit_code())
}

async fn one_frame(
    model: Model,
    observations: mpsc::Receiver<Observation>,
    size: Option<(u16, u16)>,
    theme: &Theme,
    coloured: bool,
    now: &Now,
) -> Result<u8, CommandError> {
    tell(
        "standard output is no terminal: this is one picture, after the first round; run it in a terminal to follow",
    );
    let (frame, round) = headless::one_frame(model, observations, size, theme, now).await;
    piped(write_frame(&frame, coloured, &mut io::stdout().lock()))?;
    Ok(match round {
        Round::Whole => 0,
        Round::Partial => {
            tell("some users were not answered for; the picture says why");
            0
        }
        Round::Failed => {
            tell("the server gave no answer; the picture says why");
            1
        }
    })
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
