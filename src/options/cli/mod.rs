//! The command line: commands with the options that only one of them has, and those of the table that each
//! takes.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text, where backticks would show")]

mod headless;
mod simulator;

use std::any::TypeId;
use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser as _};
use clap::{Arg, ArgMatches, CommandFactory as _, Parser, Subcommand};

use super::environment::CREDENTIALS;
use super::environment::Environment;
use super::table::{Form, OPTIONS, Part, Row, option};
use crate::home::Home;
use crate::presence::visible;

pub use headless::{
    CheckArgs, CompletionsArgs, DoctorArgs, DoctorFormat, EventsArgs, EventsFormat, FrameStyle,
    RecordingArgs, ReplayArgs, ServeArgs, SnapshotArgs, SnapshotFormat, WaitArgs, WhyArgs,
};
pub use simulator::{ScenarioArgs, SimulateArgs};

const EXAMPLES: &str = "\
Examples:
  imtop demo                                a look around, no server needed
  IMTOP_TOKEN=... imtop user_001 user_002   two users of the server here
  imtop --api https://im.example.com:10002 --token-file ~/.imtop-token \\
        --watch night-shift.csv
  psql -Atc 'select id from kiosks' | imtop --token-file ~/.imtop-token -
  imtop --secret-file ~/.imtop-secret --admin-id monitor user_001
  imtop --context im-eu | tee now.txt       no terminal: one picture as text
  imtop --context im-eu --record night.ndjson.zst
  imtop replay night.ndjson.zst             the same again, the morning after

The admin token comes from a file, a command or the environment variable
IMTOP_TOKEN, never from an argument, which every user of this machine could
read. Get one with POST /auth/get_admin_token; mind that on current servers a
new one ends the older ones of the same admin ID after 5 minutes.

Exit codes: 0 after q, 1 when something failed, 2 for a wrong command line,
130 after Ctrl-C, 143 after SIGTERM, 129 when the terminal went away. Those of
a command are in its own help.";

/// top for OpenIM presence: who is connected, on what, since when, and how sure that is.
///
/// Polls an OpenIM server for which users of a list are connected, and shows a row for each user, the
/// connections under it, what each session token says, what changed and when. What cannot be known is
/// shown as unknown, never as offline. It only reads, and shows no token.
#[derive(Debug, Parser)]
#[command(
    name = "imtop",
    version,
    propagate_version = true,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    max_term_width = 100
)]
pub struct Cli {
    /// Another thing to do than watch users of a server.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Another thing to do than watch users of a server.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The live view on a simulated server: nothing else is needed
    Demo(ScenarioArgs),
    /// A simulated OpenIM server on this machine, for tests and load
    Simulate(SimulateArgs),
    /// One round, as a table, JSON, CSV, metrics or the screen of the live view
    ///
    /// Ends with 0 where every request was answered; with 1 where some or all were not, and what is known is
    /// written all the same; with 2 for a wrong command line or configuration.
    Snapshot(SnapshotArgs),
    /// A line for every change, for pipes, logs and screen readers
    ///
    /// The first lines say whether the server answers, and in which state each user is first seen. Waits for a
    /// server that is away. Ends with 0 after --duration, at the end of a recording, or when nobody reads any more.
    Events(EventsArgs),
    /// A plugin for Nagios and Icinga: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
    ///
    /// Polls once, and prints a status line with performance data, then the reasons. A problem of imtop itself
    /// is 3, a wrong option included.
    Check(CheckArgs),
    /// Wait for a condition, as in a deployment script: 0 when it holds, 124 on time-out
    ///
    /// Waits for a server that is away. Ends with 2 for a wrong condition or one about nobody, and with 1 for a
    /// problem that does not go away by itself, such as a refused token. With --from, 124 means that it held at
    /// no time of the recording.
    Wait(WaitArgs),
    /// Why does this user get no messages: the chain of delivery, link by link
    ///
    /// Registered, connected, in the foreground, token, registry, not kicked, messages read, push: each yes, no or
    /// unknown, with what it is seen by and what to do. Asks about this user alone, twice, 5 s apart. Ends with 0
    /// where a message arrives, at once or as a push notification, and with 1 where it does not or nobody can tell.
    Why(WhyArgs),
    /// Metrics for Prometheus, without a terminal
    ///
    /// They are at /metrics; /healthz says whether they are up to date. A scrape never makes imtop ask the
    /// server. Runs until it is ended, also while the server is away.
    Serve(ServeArgs),
    /// The live view on a recording
    ///
    /// Space pauses, + and - change the speed, [ and ] go one round back and forward, { and } to the
    /// incident before and after, and `:at TIME` to a time. Needs a terminal; snapshot, events, check and
    /// wait take a recording with --from.
    Replay(ReplayArgs),
    /// Check each step between here and the server, and say what to do where one fails
    ///
    /// Nothing that it says is secret. Ends with 0 where no step failed, with 1 where one did.
    Doctor(DoctorArgs),
    /// The alerts of the configuration: which there are, and whether one would arrive
    #[command(subcommand)]
    Alert(AlertCommand),
    /// The configuration file: where it is, what is in force, a template, a check
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Completion of commands, options and names for a shell
    Completions(CompletionsArgs),
    /// The manual page: imtop man | man -l -
    Man,
}

/// What to do about alerts.
#[derive(Debug, Subcommand)]
pub enum AlertCommand {
    /// List them: when each fires, and what is done then
    List,
    /// Do all that an alert does, once, as a test; says what came of each
    ///
    /// Ends with 0 where everything was delivered, with 1 where something was not, with 2 where there is no
    /// such alert.
    Test {
        /// The name of the alert
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// What to do about the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print where imtop looks for the file
    Path,
    /// Print every setting in force, and where it came from; takes all options of imtop
    Print,
    /// Print a file with every setting and its default, all commented out
    Template,
    /// Check the file with all its contexts, and list every mistake
    Check,
}

/// What every command has that asks a server.
const FEED: [Part; 8] = [
    Part::Whom,
    Part::Server,
    Part::Pace,
    Part::Rules,
    Part::Recording,
    Part::Log,
    Part::Context,
    Part::File,
];

/// The parts of the table that a command has, in the order of its help.
pub(super) fn parts(command: &str) -> Vec<Part> {
    match command {
        "imtop" => [&FEED[..], &[Part::Picture]].concat(),
        "imtop snapshot" | "imtop config print" => [&FEED[..], &[Part::Picture, Part::Metrics]].concat(),
        "imtop serve" => [&FEED[..], &[Part::Metrics]].concat(),
        "imtop events" | "imtop check" | "imtop wait" | "imtop doctor" => FEED.to_vec(),
        "imtop why" => {
            FEED.into_iter().filter(|part| !matches!(part, Part::Whom | Part::Recording)).collect()
        }
        "imtop demo" => vec![Part::Pace, Part::Recording, Part::Picture, Part::File],
        "imtop replay" => vec![Part::Picture, Part::File],
        "imtop alert test" => vec![Part::Log, Part::Context, Part::File],
        "imtop alert list" | "imtop config path" | "imtop config check" => vec![Part::File],
        _ => Vec::new(),
    }
}

/// The definition, without the variables of `env` that are set but empty: those ask for nothing. A path that
/// begins with `~/` is in the home: no shell sees those of variables, or behind a `=`.
pub fn definition(env: Environment<'_>) -> clap::Command {
    let home = Home::of(env);
    let at_home = |argument: Arg| {
        if argument.get_value_parser().type_id() != TypeId::of::<PathBuf>() {
            return argument;
        }
        let home = home.clone();
        argument.value_parser(PathBufValueParser::new().map(move |path| home.join(path)))
    };
    let heeded = |name: &str| env(name).is_none_or(|value| !value.is_empty());
    let finish = |argument: Arg| {
        let Some(row) = option(argument.get_id().as_str()) else { return at_home(argument) };
        let argument = at_home(row.kind.taken_by(argument));
        match row.variable() {
            variable if row.twin && heeded(&variable) => argument.env(variable).hide_env_values(true),
            _ => argument,
        }
    };
    // `--timeout` of `wait` is how long it waits, not for how long for one answer.
    complete(Cli::command(), "imtop", &finish).mut_subcommands(|command| match command.get_name() {
        "wait" => command.mut_arg("timeout", |timeout| timeout.long("request-timeout")),
        _ => command,
    })
}

/// Adds the options of the table to the command of this name and to those below it, and finishes each.
fn complete(command: clap::Command, name: &str, finish: &dyn Fn(Arg) -> Arg) -> clap::Command {
    let of_part = |part| {
        let mut rows: Vec<&Row> = OPTIONS.iter().filter(|row| row.part == part).collect();
        rows.sort_by_key(|row| row.place);
        rows.into_iter().filter_map(argument)
    };
    let command = command.args(parts(name).into_iter().flat_map(of_part)).mut_args(finish);
    command.mut_subcommands(|below| {
        let name = format!("{name} {}", below.get_name());
        complete(below, &name, finish)
    })
}

/// A row of the table as an argument, if the command line takes it.
fn argument(row: &Row) -> Option<Arg> {
    let argument = Arg::new(row.id).help(row.help()).help_heading(row.part.heading());
    let argument = match row.form {
        Form::Alone => argument.long(row.name()),
        Form::With(what) if row.alias.is_empty() => argument.long(row.name()).value_name(what),
        Form::With(what) => argument.long(row.name()).visible_alias(row.alias).value_name(what),
        Form::Argument(what) => argument.value_name(what),
        Form::FileOnly => return None,
    };
    let others = CREDENTIALS.iter().filter(|id| CREDENTIALS.contains(&row.id) && **id != row.id);
    let argument = argument.conflicts_with_all(others);
    Some(match row.needs {
        Some(other) => argument.requires(other),
        None => argument,
    })
}

/// Refuses a lone argument that looks like a command with up to two typing errors in it, and a command
/// after options: a sentence with both readings. `imtop -- evnts` watches that user.
pub fn misspelt_command(
    matches: &ArgMatches,
    mut raw: impl Iterator<Item = std::ffi::OsString>,
) -> Option<String> {
    let mut users = matches.get_many::<String>("users")?;
    let user = users.next()?;
    let most = if users.next().is_none() { 2 } else { 0 };
    if matches.subcommand().is_some() || raw.any(|argument| argument == "--") {
        return None;
    }
    let definition = Cli::command();
    let mut commands = definition.get_subcommands().map(clap::Command::get_name);
    let command = commands.find(|command| strsim::damerau_levenshtein(user, command) <= most)?;
    let user = visible(user);
    if user == command {
        return Some(format!(
            "options stand behind a command: `imtop {command} ...`; or `imtop -- {command}` watches a user of that name"
        ));
    }
    Some(format!(
        "did you mean the command `imtop {command}`, or `imtop -- {user}` to watch the user {user}?"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        definition(&|_| None).debug_assert();
    }

    #[test]
    fn a_misspelt_command_is_not_taken_for_a_user() {
        let ask = |line: &[&str]| {
            let line_of = std::iter::once("imtop").chain(line.iter().copied());
            let matches = definition(&|_| None).try_get_matches_from(line_of).unwrap();
            misspelt_command(&matches, line.iter().map(std::ffi::OsString::from))
        };
        assert_eq!(
            ask(&["dmeo"]).as_deref(),
            Some("did you mean the command `imtop demo`, or `imtop -- dmeo` to watch the user dmeo?")
        );
        assert!(ask(&["simulat"]).is_some());
        assert!(
            ask(&["--ascii", "config", "check"])
                .is_some_and(|it| it.starts_with("options stand behind a command"))
        );
        for line in [&["--", "dmeo"] as &[_], &["user_001"], &["dmeo", "user_001"], &["demo"], &[]] {
            assert_eq!(ask(line), None, "{line:?}");
        }
    }
}
