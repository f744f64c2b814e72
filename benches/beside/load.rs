//! Those who put requests to a server for as long as they are let: load generators that throw the answers
//! away, imtop's poller, and the poller with all that follows from its answers.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use imtop::clock;
use imtop::openim::{Client, Credentials, Options, Tls};
use imtop::poller::{Asking, Pace, Poller};
use imtop::presence::{Entry, Freshness, Input, Roster, RuleSettings, State, WatchList};
use tokio::runtime::Runtime;

use super::canned::{BATCH, PATH};
use super::programs::Program;
use super::terminal::processor_time_of;

/// Requests under way at once, and so connections, of each.
pub(crate) const CONNECTIONS: usize = 16;

/// What the threads of imtop's side are called.
const THREADS: &str = "asking";

/// Who puts the requests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Wrk,
    Oha,
    /// The poller; its observations are thrown away.
    Poller,
    /// The poller, and the state that its observations go into: what is known, what happened, what is wrong.
    State,
}

impl Who {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Who::Wrk => "wrk",
            Who::Oha => "oha",
            Who::Poller => "imtop",
            Who::State => "imtop with state",
        }
    }

    /// Whether it is there.
    pub(crate) fn is_there(self) -> bool {
        match self {
            Who::Wrk => Program::Wrk.find().is_some(),
            Who::Oha => Program::Oha.find().is_some(),
            Who::Poller | Who::State => true,
        }
    }
}

/// What is asked, and of whom.
pub(crate) struct Target {
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) ids: Vec<String>,
    /// A folder with the files that the load generators read.
    folder: tempfile::TempDir,
    gzip: bool,
}

impl Target {
    pub(crate) fn new(url: String, token: String, ids: Vec<String>, gzip: bool) -> Target {
        let folder = tempfile::tempdir().expect("a folder");
        let mut bodies: Vec<String> = ids.chunks(BATCH).map(super::canned::question).collect();
        bodies.push(String::new());
        std::fs::write(folder.path().join("bodies"), bodies.join("\n")).expect("a file");
        let encoding = if gzip { "wrk.headers['Accept-Encoding'] = 'gzip'" } else { "" };
        // Requests are put together before the first, so that putting one costs wrk no more than copying it.
        let script = format!(
            "wrk.method = 'POST'
wrk.path = '{PATH}'
wrk.headers['Content-Type'] = 'application/json'
wrk.headers['operationID'] = 'bench'
wrk.headers['token'] = '{token}'
{encoding}
local requests, next = {{}}, 0
function init()
  for body in io.lines('{}') do requests[#requests + 1] = wrk.format(nil, nil, nil, body) end
end
function request()
  next = next % #requests + 1
  return requests[next]
end
",
            folder.path().join("bodies").display()
        );
        std::fs::write(folder.path().join("script.lua"), script).expect("a file");
        Target { url, token, ids, folder, gzip }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Somebody who puts requests until this is dropped.
pub(crate) enum Load {
    Program(Child),
    Imtop(Option<Runtime>, Arc<AtomicU64>),
}

impl Load {
    pub(crate) fn start(who: Who, target: &Target) -> Load {
        match who {
            Who::Wrk => Load::Program(quietly(&mut wrk(target, 2))),
            Who::Oha => Load::Program(quietly(&mut oha(target))),
            Who::Poller => imtop(target, false),
            Who::State => imtop(target, true),
        }
    }

    /// Processor time of whoever puts the requests, in seconds.
    pub(crate) fn processor_time(&self) -> f64 {
        match self {
            Load::Program(child) => processor_time_of(child.id(), ""),
            Load::Imtop(..) => processor_time_of(std::process::id(), THREADS),
        }
    }

    /// How many answers imtop has taken.
    pub(crate) fn taken(&self) -> u64 {
        match self {
            Load::Program(_) => 0,
            Load::Imtop(_, taken) => taken.load(Ordering::Relaxed),
        }
    }

    /// One thread of wrk, which asks about one batch after the other.
    pub(crate) fn in_order(target: &Target) -> Load {
        Load::Program(quietly(&mut wrk(target, 1)))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        match self {
            Load::Program(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            Load::Imtop(threads, _) => {
                if let Some(threads) = threads.take() {
                    threads.shutdown_timeout(Duration::from_secs(5));
                }
            }
        }
    }
}

fn quietly(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
}

fn program(program: Program) -> Command {
    Command::new(program.find().as_deref().unwrap_or(Path::new(program.name())))
}

fn wrk(target: &Target, threads: usize) -> Command {
    let mut command = program(Program::Wrk);
    command.arg(format!("-t{threads}")).arg(format!("-c{CONNECTIONS}")).args(["-d600s", "--timeout", "30s"]);
    command.arg("-s").arg(target.file("script.lua")).arg(&target.url);
    command
}

fn oha(target: &Target) -> Command {
    let mut command = program(Program::Oha);
    command.args(["--no-tui", "-z", "600s", "-m", "POST", "-c"]).arg(CONNECTIONS.to_string());
    command.arg("-Z").arg(target.file("bodies")).args(["-T", "application/json", "-H", "operationID: bench"]);
    command.arg("-H").arg(format!("token: {}", target.token));
    command.arg(format!("{}{PATH}", target.url));
    command
}

/// A poller that asks about a batch again as soon as it is answered, on threads of its own, as many as the
/// program has.
fn imtop(target: &Target, follows: bool) -> Load {
    let threads = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(THREADS)
        .enable_all()
        .build();
    let threads = threads.expect("threads");
    let list = Arc::new(WatchList::new(1, BATCH as u32, target.ids.iter().map(|id| Entry::of(id))));
    let client = Client::new(Options {
        api: target.url.parse().expect("an address"),
        credentials: Credentials::Token(target.token.clone().into()),
        timeout: Duration::from_secs(30),
        body_limit: Options::BODY_LIMIT,
        gzip: target.gzip,
        tls: Tls::default(),
        proxy: None,
        concurrency: CONNECTIONS,
        secrets: Vec::new(),
    });
    let client = Arc::new(client.expect("a client"));
    let pace =
        Pace { interval: Duration::ZERO, concurrency: Some(CONNECTIONS), seed: 1, asking: Asking::default() };
    let taken = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&taken);
    threads.spawn(async move {
        let now = clock::start();
        let roster = Roster::new(Arc::clone(&list), Freshness::for_interval(2_000), now());
        let mut state = State::new(roster, RuleSettings::default(), now());
        let (_poller, mut observations) = Poller::start(client, list, pace, Arc::clone(&now));
        while let Some(observation) = observations.recv().await {
            assert!(observation.answer.is_ok(), "{:?}", observation.answer);
            if follows {
                state.take(observation.received, &Input::Observed(observation));
            }
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    Load::Imtop(Some(threads), taken)
}
