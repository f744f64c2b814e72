//! The program itself, run against a simulated server with a few users.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use imtop::simulator::{Clock, Running, Scenario, Simulator};

use super::scratch::Scratch;

/// What a run came to.
#[derive(Debug)]
pub struct Said {
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

/// The program with these arguments, and nobody's configuration and environment.
pub fn imtop(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imtop"));
    command.args(args).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IMTOP_") || name == "NO_COLOR") {
        command.env_remove(name);
    }
    command.env("IMTOP_CONFIG", "/dev/null");
    command
}

/// Runs it to its end.
pub fn run(args: &[&str]) -> Said {
    imtop(args).output().expect("it runs").into()
}

/// A simulated server, the watch list and the token to ask it with.
pub struct Site {
    /// The server; its clock is the real one unless the test says otherwise.
    pub server: Running,
    runtime: tokio::runtime::Runtime,
    _files: Scratch,
    list: PathBuf,
    token: PathBuf,
}

impl Site {
    /// A server with the users that `scenario` writes out; `list` is the watch list.
    pub fn new(scenario: &str, list: &str, clock: Clock) -> Site {
        let users = scenario.matches("[[user]]").count();
        let text =
            format!("name = \"test\"\nabout = \"a test\"\nusers = {users}\nfault_users = true\n{scenario}");
        let scenario = Scenario::parse(&text, "test").unwrap_or_else(|error| panic!("{error}"));
        Site::of(scenario, list, clock)
    }

    /// A server with this scenario.
    pub fn of(scenario: Scenario, list: &str, clock: Clock) -> Site {
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        let started = Simulator::start(scenario, ([127, 0, 0, 1], 0).into(), clock);
        let server = runtime.block_on(started).expect("a port");
        let files = Scratch::new();
        let token = files.secret("token", &server.admin_token());
        let list = files.secret("list.csv", list);
        Site { server, runtime, _files: files, list, token }
    }

    /// The program with `args` about this server: each request for two users, one after the other.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.usual(args);
        command.args(["--batch", "2", "--interval", "100ms"]);
        command
    }

    /// The program with `args` about this server, as it asks without being told how.
    pub fn usual(&self, args: &[&str]) -> Command {
        let mut command = self.about_nobody(args);
        command.arg("--watch").arg(&self.list);
        command
    }

    /// The same without a watch list.
    pub fn about_nobody(&self, args: &[&str]) -> Command {
        let mut command = imtop(args);
        command.arg("--api").arg(self.server.url()).arg("--token-file").arg(&self.token);
        command
    }

    /// Runs it to its end.
    pub fn run(&self, args: &[&str]) -> Said {
        self.command(args).output().expect("it runs").into()
    }

    /// Where it listened, after the server is gone.
    pub fn gone(self) -> String {
        let url = self.server.url();
        drop(self.server);
        drop(self.runtime);
        url
    }
}

/// The real clock.
pub fn real_clock() -> Clock {
    Clock::new(imtop::clock::unix_ms)
}
