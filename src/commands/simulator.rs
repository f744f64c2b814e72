//! The made-up server on its own.

use std::io::{self, Write as _};
use std::path::Path;

use super::{CommandError, piped};
use crate::cli::{ScenarioArgs, SimulateArgs};
use crate::clock;
use crate::config::{SettingsError, write_watch_list};
use crate::simulator::{Clock, Running, Scenario, ScenarioError, Simulator};

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

pub(super) fn scenario(args: &ScenarioArgs) -> Result<Scenario, ScenarioError> {
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

pub(super) async fn simulate_on(
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
