//! The made-up server on its own.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use super::{CommandError, environment, piped};
use crate::clock;
use crate::home::Home;
use crate::options::cli::{ScenarioArgs, SimulateArgs};
use crate::options::{SettingsError, write_watch_list};
use crate::simulator::{Clock, Running, Scenario, ScenarioError, Simulator, Truth};

/// How often the truth is written down.
const BETWEEN_TRUTHS: Duration = Duration::from_millis(250);

/// Only the simulator, until it is ended by a signal.
///
/// # Errors
/// See [`CommandError`].
pub(super) async fn simulate(args: &SimulateArgs) -> Result<u8, CommandError> {
    let scenario = scenario(&args.scenario)?;
    if args.list {
        return piped(write_watch_list(&scenario.watch_list(), &mut io::stdout().lock())).map(|()| 0);
    }
    let about = format!("{}: {}", scenario.name(), scenario.about());
    let users = scenario.users();
    let truth = args.truth.as_deref().map(create_truth).transpose()?;
    let simulator = simulator(scenario).keep_truth(truth.is_some());
    let running = listen(simulator.allow_remote(args.allow_remote), args.listen).await?;
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
    match truth {
        Some(file) => write_truth(&running, file).await.map(|()| 0).map_err(CommandError::Output),
        None => std::future::pending().await,
    }
}

fn create_truth(path: &Path) -> Result<File, SettingsError> {
    File::create(path)
        .map_err(|error| SettingsError(format!("--truth {}: can't write there: {error}", path.display())))
}

/// Writes what really happens as it happens, until the disk is full or a signal comes.
async fn write_truth(running: &Running, file: File) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    loop {
        let events = running.world().truth_mut().map(Truth::take).unwrap_or_default();
        for event in events {
            writeln!(out, "{}", event.line())?;
        }
        out.flush()?;
        tokio::time::sleep(BETWEEN_TRUTHS).await;
    }
}

/// The options that make the same world again, for a command line to copy.
fn same_world(args: &ScenarioArgs) -> String {
    let scenario = format!(" --scenario {}", args.scenario);
    let users = args.how_many.map(|users| format!(" --users {users}"));
    let seed = args.seed.map(|seed| format!(" --seed {seed}"));
    [Some(scenario), users, seed].into_iter().flatten().collect()
}

pub(super) fn scenario(args: &ScenarioArgs) -> Result<Scenario, ScenarioError> {
    let scenario = if args.scenario.contains(['/', '.']) {
        Scenario::load(&Home::of(&environment).join(args.scenario.clone().into()))?
    } else {
        Scenario::named(&args.scenario)?
    };
    let scenario = match args.how_many {
        Some(users) => scenario.with_users(users as usize),
        None => scenario,
    };
    Ok(match args.seed {
        Some(seed) => scenario.with_seed(seed),
        None => scenario,
    })
}

pub(super) async fn simulate_on(
    scenario: Scenario,
    address: SocketAddr,
    allow_remote: bool,
) -> Result<Running, CommandError> {
    listen(simulator(scenario).allow_remote(allow_remote), address).await
}

fn simulator(scenario: Scenario) -> Simulator {
    Simulator::new(scenario, Clock::new(clock::unix_ms))
}

async fn listen(simulator: Simulator, address: SocketAddr) -> Result<Running, CommandError> {
    simulator.listen(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => CommandError::Settings(SettingsError(format!(
            "--listen {address}: other machines could reach that; use 127.0.0.1, or add --allow-remote if it is \
             meant so"
        ))),
        _ => CommandError::Listen(error),
    })
}
