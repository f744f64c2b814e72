//! What each command does: puts the rooms together, and says how it ended.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use clap::ArgMatches;
use tokio::sync::mpsc;

use crate::app::{Keymap, Model, Msg, Sort, SortColumn, Start, Switches, update};
use crate::cli::{ConfigCommand, DemoArgs, ScenarioArgs, ScreenArgs, SimulateArgs};
use crate::clipboard::Multiplexer;
use crate::clock;
use crate::config::{
    self, Appearance, PaceSettings, PictureSettings, Settings, SettingsError, Sources, Watched, colour_hint,
    write_watch_list,
};
use crate::feed::{Now, Pace, Poller, ServerList};
use crate::headless::{self, Round};
use crate::intake::{self, Intake};
use crate::openim::{Client, Credentials, Options, SetupError, Tls};
use crate::output::write_frame;
use crate::presence::{Freshness, Observation, Roster, RuleSettings, WatchList};
use crate::run::Session;
use crate::simulator::{Clock, Running, Scenario, ScenarioError, Simulator};
use crate::terminal::terminal_size;
use crate::ui::{Colour, Theme, ThemeName};

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
    /// The server does not say who is to be watched; exit code 1.
    #[error("cannot read the watch list from the server: {0}")]
    List(String),
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
            | CommandError::List(_)
            | CommandError::Runtime(_)
            | CommandError::Terminal(_)
            | CommandError::Output(_) => 1,
        }
    }
}

/// Users in one question about what they are called.
const LABELS_AT_ONCE: usize = 500;

/// The live view on a server; one frame as text where standard output is no terminal.
///
/// # Errors
/// See [`CommandError`].
pub async fn watch(sources: &Sources, screen: &ScreenArgs) -> Result<u8, CommandError> {
    let plan = Plan::of(sources.settings()?)?;
    let contexts = sources.contexts();
    let again = |name: &str| Plan::of(sources.for_context(name)?);
    Box::pin(live(plan, contexts, &again, screen.size)).await
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
    picture: PictureSettings,
}

impl Plan {
    fn of(settings: Settings) -> Result<Plan, CommandError> {
        let Settings { context, production, server, banners, watched, pace, picture, rules, keymap } =
            settings;
        let api = server.api.to_string();
        let client = Client::new(server)?;
        let server = api.clone();
        Ok(Plan { client, server, api, context, production, banners, rules, keymap, watched, pace, picture })
    }
}

/// The same view on a simulator of its own.
///
/// # Errors
/// See [`CommandError`].
pub async fn demo(args: &DemoArgs, sources: &Sources) -> Result<u8, CommandError> {
    let picture = sources.picture_of_demo()?;
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
    let plan = Plan {
        server: "demo".to_owned(),
        api: server.api.to_string(),
        client: Client::new(server)?,
        context: None,
        production: false,
        banners: Vec::new(),
        rules: RuleSettings::default(),
        keymap: sources.keymap()?,
        watched,
        pace,
        picture,
    };
    let nowhere =
        |_: &str| Err(CommandError::Settings(SettingsError("the demo has no other server".to_owned())));
    Box::pin(live(plan, Vec::new(), &nowhere, args.screen.size)).await
}

/// Says where the configuration is, what is in force, what could be written, or what is wrong.
///
/// # Errors
/// See [`CommandError`].
pub fn config(command: &ConfigCommand, matches: &ArgMatches) -> Result<u8, CommandError> {
    let mut out = io::stdout().lock();
    let text = match command {
        ConfigCommand::Path(_) => config::path(matches, &environment)?,
        ConfigCommand::Print(_) => config::print(matches, &environment)?,
        ConfigCommand::Template => config::template(),
        ConfigCommand::Check(_) => config::check(matches, &environment)?,
    };
    piped(out.write_all(text.as_bytes()).and_then(|()| out.flush())).map(|()| 0)
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

/// Shows a plan in the terminal, or as one frame of text. `again` makes the plan of another context.
async fn live(
    plan: Plan,
    contexts: Vec<String>,
    again: &dyn Fn(&str) -> Result<Plan, CommandError>,
    size: Option<(u16, u16)>,
) -> Result<u8, CommandError> {
    let now = clock::start();
    let run = Run { contexts, mask_key: mask_key(), now: Arc::clone(&now) };
    if !io::stdout().is_terminal() {
        return once(plan, &run, size).await;
    }
    let screen = terminal_size().map_err(CommandError::Terminal)?;
    let mut session = run.session(plan, screen, true);
    if let Some(hint) = colour_hint(&environment) {
        update(&mut session.model, now(), Msg::Told(hint.to_owned()));
    }
    let mut open = |name: &str, model: &Model| -> Result<Session, String> {
        let plan = again(name).map_err(|error| error.to_string())?;
        let mut session = run.session(plan, model.size(), false);
        session.model.carry_on(model);
        Ok(session)
    };
    let behind = Multiplexer::of(&environment);
    let end = crate::run::run(session, behind, &mut open, now).await.map_err(CommandError::Terminal)?;
    Ok(end.exit_code())
}

/// What stays the same for as long as the program runs, whichever server it asks.
struct Run {
    contexts: Vec<String>,
    mask_key: u128,
    now: Now,
}

impl Run {
    fn session(&self, plan: Plan, size: (u16, u16), greet: bool) -> Session {
        let appearance = Appearance::judge(&plan.picture, &environment, true);
        let theme = theme(&plan.picture, appearance);
        let watching = intake::watching(&plan.watched, plan.pace.batch);
        let list = Arc::new(watching.list(1));
        let freshness = Freshness::for_interval(plan.pace.interval.as_millis() as u64);
        let mut model = self.model(&plan, &list, freshness, size, greet);
        for warning in &plan.watched.warnings {
            update(&mut model, (self.now)(), Msg::Notice(warning.clone()));
        }
        let feed = Poller::start(
            Arc::new(plan.client.clone()),
            Arc::clone(&list),
            pace(&plan.pace),
            Arc::clone(&self.now),
        );
        let intake = Intake::of(feed, list, watching).following(&plan.client, plan.watched);
        Session { model, intake, theme }
    }

    fn model(
        &self,
        plan: &Plan,
        list: &Arc<WatchList>,
        freshness: Freshness,
        size: (u16, u16),
        greet: bool,
    ) -> Model {
        let now = (self.now)();
        let picture = &plan.picture;
        Model::new(Start {
            server: plan.server.clone(),
            api: plan.api.clone(),
            context: plan.context.clone(),
            production: plan.production,
            banners: plan.banners.clone(),
            interval_ms: plan.pace.interval.as_millis() as u64,
            sort: Some(Sort { column: picture.sort.unwrap_or(SortColumn::Problems), inverted: false }),
            filter: picture.filter.clone(),
            rules: plan.rules,
            columns: picture.columns.clone(),
            one_shot: freshness == Freshness::FOR_EVER,
            switches: Switches { mouse: picture.mouse, bell: picture.bell, ..Switches::default() },
            mask_key: self.mask_key,
            mask: picture.mask,
            utc: picture.utc,
            zone: jiff::tz::TimeZone::system(),
            keymap: plan.keymap.clone(),
            contexts: self.contexts.clone(),
            themes: ThemeName::ALL.map(|theme| theme.name().to_owned()).to_vec(),
            greet,
            ..Start::new(Roster::new(Arc::clone(list), freshness, now), size, now)
        })
    }
}

fn theme(picture: &PictureSettings, appearance: Appearance) -> Theme {
    Theme::named(picture.theme, appearance.colour, appearance.ascii, picture.ambiguous_width == 2)
}

fn pace(pace: &PaceSettings) -> Pace {
    Pace { interval: pace.interval, concurrency: pace.concurrency, seed: clock::unix_ms() as u64 }
}

/// One round, one frame as text.
async fn once(plan: Plan, run: &Run, size: Option<(u16, u16)>) -> Result<u8, CommandError> {
    tell(
        "standard output is no terminal: this is one picture, after the first round; run it in a terminal to follow",
    );
    for warning in &plan.watched.warnings {
        tell(warning);
    }
    let mut watching = intake::watching(&plan.watched, plan.pace.batch);
    for list in intake::server_lists(&plan.watched) {
        let users = match &list {
            ServerList::Group(group) => plan.client.group_members(group).await,
            ServerList::All => plan.client.all_users(|_| ()).await,
        };
        watching
            .server
            .insert(format!("{list:?}"), users.map_err(|error| CommandError::List(error.to_string()))?);
    }
    let mut list = watching.list(1);
    if plan.watched.labels_from_server {
        let unnamed: Vec<String> =
            list.entries().filter(|entry| entry.label.is_none()).map(|entry| entry.id).collect();
        for chunk in unnamed.chunks(LABELS_AT_ONCE) {
            match plan.client.nicknames(chunk).await {
                Ok(names) => watching.learn(names),
                Err(error) => {
                    tell(&format!("labels are missing: {error}"));
                    break;
                }
            }
        }
        list = watching.relabelled(&list);
    }
    let list = Arc::new(list);
    // A picture of one round is not to age within it, however long that takes.
    let model = run.model(&plan, &list, Freshness::FOR_EVER, headless::SIZE, false);
    let appearance = Appearance::judge(&plan.picture, &environment, false);
    let theme = theme(&plan.picture, appearance);
    let (_poller, observations) =
        Poller::start(Arc::new(plan.client), list, pace(&plan.pace), Arc::clone(&run.now));
    one_frame(model, observations, size, &theme, appearance.colour != Colour::None, &run.now).await
}

async fn one_frame(
    model: Model,
    observations: mpsc::Receiver<Observation>,
    size: Option<(u16, u16)>,
    theme: &Theme,
    coloured: bool,
    now: &Now,
) -> Result<u8, CommandError> {
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
