//! The command line: clap types and the parsing of single values, nothing else.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text, where backticks would show")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::app::{ColumnName, SortColumn};
use crate::presence::visible;
use crate::ui::ThemeName;

const EXAMPLES: &str = "\
Examples:
  imtop demo                                   a look around, with no server needed
  IMTOP_TOKEN=... imtop user_001 user_002      two users of the server on this machine
  imtop --api https://im.example.com:10002 --token-file ~/.imtop-token --watch night-shift.csv
  psql -Atc 'select id from kiosks' | imtop --token-file ~/.imtop-token -
  imtop --secret-file ~/.imtop-secret --admin-id monitor user_001
  imtop --watch users.csv | tee now.txt        no terminal: one picture as plain text

The admin token comes from a file, a command or the environment variable IMTOP_TOKEN, never from
an argument, which every user of this machine could read. Get one with POST /auth/get_admin_token;
mind that on current servers a new one ends the older ones of the same admin ID after 5 minutes.";

/// top for OpenIM presence: who is connected, on what, since when, and how sure that is.
///
/// Asks an OpenIM server again and again which of a list of users are connected, and shows it: a row
/// a user, the connections under it, what each session token says, what changed and when. What
/// cannot be known is shown as unknown, never as offline. It only reads, and shows no token.
#[derive(Debug, Parser)]
#[command(
    name = "imtop",
    version,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    max_term_width = 100
)]
pub struct Cli {
    /// Another thing to do than watch users of a server.
    #[command(subcommand)]
    pub command: Option<Command>,
    #[allow(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub watch: WatchArgs,
    #[allow(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub server: ServerArgs,
    #[allow(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub pace: PaceArgs,
    #[allow(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub screen: ScreenArgs,
    #[allow(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub rules: RuleArgs,
    #[allow(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub context: ContextArgs,
    #[allow(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub file: FileArgs,
}

/// Another thing to do than watch users of a server.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The live view on a made-up server: nothing else is needed
    Demo(DemoArgs),
    /// A made-up OpenIM server on this machine, for tests and load
    Simulate(SimulateArgs),
    /// The configuration file: where it is, what is in force, a template, a check
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// What to do about the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print where the file is looked for
    Path(FileArgs),
    /// Print every setting that is in force, and where it came from; takes all options of imtop
    Print(Box<PrintArgs>),
    /// Print a file with every setting and its default, all commented out
    Template,
    /// Read the file with all its contexts, and say every mistake
    Check(FileArgs),
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Debug, Args)]
pub struct PrintArgs {
    #[command(flatten)]
    pub watch: WatchArgs,
    #[command(flatten)]
    pub server: ServerArgs,
    #[command(flatten)]
    pub pace: PaceArgs,
    #[command(flatten)]
    pub screen: ScreenArgs,
    #[command(flatten)]
    pub rules: RuleArgs,
    #[command(flatten)]
    pub context: ContextArgs,
    #[command(flatten)]
    pub file: FileArgs,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Whom to watch")]
pub struct WatchArgs {
    /// User IDs to watch; `-` reads them from standard input
    #[arg(value_name = "USER")]
    pub users: Vec<String>,
    /// File with one user a line: id[,label[,group]], # comments; read again when it changes
    #[arg(long, value_name = "FILE", env = "IMTOP_WATCH", hide_env_values = true)]
    pub watch: Option<PathBuf>,
    /// Watch the members of this group of the server
    #[arg(long, value_name = "ID", env = "IMTOP_GROUP_ID", hide_env_values = true)]
    pub group_id: Option<String>,
    /// Watch every registered user
    #[arg(long, env = "IMTOP_ALL", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub all: bool,
    /// Where labels come from: the watch list, or nicknames on the server [default: file]
    #[arg(long, value_name = "WHERE", env = "IMTOP_LABELS", hide_env_values = true, value_parser = ["file", "server"])]
    pub labels: Option<String>,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "The configuration")]
pub struct FileArgs {
    /// Configuration file [default: imtop/config.toml in $XDG_CONFIG_HOME or ~/.config]
    #[arg(long, value_name = "FILE", env = "IMTOP_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "The configuration")]
pub struct ContextArgs {
    /// Context of the configuration: a server with its credentials, users and settings
    #[arg(long, value_name = "NAME", env = "IMTOP_CONTEXT", hide_env_values = true)]
    pub context: Option<String>,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "What to look for")]
pub struct RuleArgs {
    /// Try session tokens against the secret that servers are shipped with, and those in FILE, one a line
    #[arg(long, value_name = "FILE", env = "IMTOP_CHECK_SECRETS", hide_env_values = true,
        num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub check_secrets: Option<PathBuf>,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Debug, Args)]
#[command(next_help_heading = "The server")]
pub struct ServerArgs {
    /// Address of the OpenIM API [default: the context's, or http://127.0.0.1:10002]
    #[arg(long, value_name = "URL", env = "IMTOP_API", hide_env_values = true)]
    pub api: Option<String>,
    /// File with an admin token, readable by its owner only; read again when it changes [env: IMTOP_TOKEN_FILE]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["token_command", "secret_file"])]
    pub token_file: Option<PathBuf>,
    /// Shell command that prints an admin token; run again when the token is refused [env: IMTOP_TOKEN_COMMAND]
    #[arg(long, value_name = "COMMAND", conflicts_with = "secret_file")]
    pub token_command: Option<String>,
    /// Log in with the server's secret from this file; on current servers that ends the admin ID's
    /// other tokens after 5 minutes [env: IMTOP_SECRET_FILE]
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Admin ID to log in as; one of its own keeps out of other programs' way [default: imAdmin]
    #[arg(long, value_name = "ID", env = "IMTOP_ADMIN_ID", hide_env_values = true)]
    pub admin_id: Option<String>,
    /// Trust the certificate authorities in this PEM file, beside the system's
    #[arg(long, value_name = "FILE", env = "IMTOP_CA_FILE", hide_env_values = true)]
    pub ca_file: Option<PathBuf>,
    /// Client certificate (PEM) to show to the server
    #[arg(
        long,
        value_name = "FILE",
        env = "IMTOP_CLIENT_CERT",
        hide_env_values = true,
        requires = "client_key"
    )]
    pub client_cert: Option<PathBuf>,
    /// Key (PEM) of the client certificate
    #[arg(
        long,
        value_name = "FILE",
        env = "IMTOP_CLIENT_KEY",
        hide_env_values = true,
        requires = "client_cert"
    )]
    pub client_key: Option<PathBuf>,
    /// Believe any certificate; keeps a warning on the screen
    #[arg(long, env = "IMTOP_INSECURE", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub insecure: bool,
    /// Go through this HTTP proxy; no other setting makes imtop use one
    #[arg(long, value_name = "URL", env = "IMTOP_PROXY", hide_env_values = true)]
    pub proxy: Option<String>,
    /// Largest answer to take, unpacked [default: 64MiB]
    #[arg(long, value_name = "SIZE", env = "IMTOP_BODY_LIMIT", hide_env_values = true, value_parser = parse_size)]
    pub body_limit: Option<u64>,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "How often to ask")]
pub struct PaceArgs {
    /// From the start of one round to the start of the next: 2s, 500ms, 1m [default: 2s; in the demo what its scenario says]
    #[arg(long, value_name = "TIME", env = "IMTOP_INTERVAL", hide_env_values = true, value_parser = parse_interval)]
    pub interval: Option<Duration>,
    /// Users in one request [default: 500; in the demo what its scenario says]
    #[arg(long, value_name = "N", env = "IMTOP_BATCH", hide_env_values = true, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub batch: Option<u32>,
    /// Requests under way at the same time [default: 4]
    #[arg(long, value_name = "N", env = "IMTOP_CONCURRENCY", hide_env_values = true, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: Option<u16>,
    /// How long to wait for a whole answer [default: 10s; in the demo what its scenario says]
    #[arg(long, value_name = "TIME", env = "IMTOP_TIMEOUT", hide_env_values = true, value_parser = parse_timeout)]
    pub timeout: Option<Duration>,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "The picture")]
pub struct ScreenArgs {
    /// Show only these users: words of ID and label, or `state=online and exp<24h`
    #[arg(long, value_name = "QUERY", env = "IMTOP_FILTER", hide_env_values = true)]
    pub filter: Option<String>,
    /// Order of the users
    #[arg(long, value_name = "COLUMN", env = "IMTOP_SORT", hide_env_values = true, value_parser = sort_column_parser())]
    pub sort: Option<SortColumn>,
    /// Columns of the list, as in user,label,presence
    #[arg(long, value_name = "LIST", env = "IMTOP_COLUMNS", hide_env_values = true, value_delimiter = ',', value_parser = column_parser())]
    pub columns: Vec<ColumnName>,
    /// Which colours
    #[arg(long, value_name = "NAME", env = "IMTOP_THEME", hide_env_values = true, value_parser = theme_parser())]
    pub theme: Option<ThemeName>,
    /// Colours; auto heeds NO_COLOR and TERM [default: auto]
    #[arg(long, value_name = "WHEN", env = "IMTOP_COLOR", hide_env_values = true, value_enum)]
    pub color: Option<When>,
    /// Columns that the terminal gives to characters of ambiguous width [default: 1]
    #[arg(long, value_name = "1|2", env = "IMTOP_AMBIGUOUS_WIDTH", hide_env_values = true, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub ambiguous_width: Option<u8>,
    /// Show stand-ins for user IDs and names
    #[arg(long, env = "IMTOP_MASK", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub mask: bool,
    /// Draw with ASCII characters only
    #[arg(long, env = "IMTOP_ASCII", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub ascii: bool,
    /// Show times in UTC rather than this machine's zone
    #[arg(long, env = "IMTOP_UTC", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub utc: bool,
    /// Size of the picture where standard output is no terminal [default: 100x40]
    #[arg(long, value_name = "COLSxROWS", env = "IMTOP_SIZE", hide_env_values = true, value_parser = parse_picture_size)]
    pub size: Option<(u16, u16)>,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Debug, Args)]
pub struct DemoArgs {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    #[command(flatten)]
    pub pace: PaceArgs,
    #[command(flatten)]
    pub screen: ScreenArgs,
    #[command(flatten)]
    pub file: FileArgs,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:10002", value_parser = parse_address)]
    pub listen: SocketAddr,
    /// Listen on an address that other machines can reach
    #[arg(long)]
    pub allow_remote: bool,
    /// Only print the made-up users, as a file for --watch
    #[arg(long)]
    pub list: bool,
    #[command(flatten)]
    pub scenario: ScenarioArgs,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Debug, Args)]
#[command(next_help_heading = "The made-up world")]
pub struct ScenarioArgs {
    /// What happens: calm, night, faults, or a scenario file
    #[arg(long, value_name = "NAME|FILE", default_value = "night")]
    pub scenario: String,
    /// How many users there are
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub users: Option<u32>,
    /// Another seed makes another run of the same kind
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Where the terminal has them and NO_COLOR is not set
    Auto,
    /// Also into a pipe
    Always,
    /// Not at all
    Never,
}

impl When {
    /// Its name on the command line and in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            When::Auto => "auto",
            When::Always => "always",
            When::Never => "never",
        }
    }
}

fn theme_parser() -> impl TypedValueParser<Value = ThemeName> {
    PossibleValuesParser::new(ThemeName::ALL.map(ThemeName::name))
        .map(|name| ThemeName::from_name(&name).unwrap_or_default())
}

fn column_parser() -> impl TypedValueParser<Value = ColumnName> {
    PossibleValuesParser::new(ColumnName::ALL.map(ColumnName::name))
        .map(|name| ColumnName::from_name(&name).unwrap_or(ColumnName::User))
}

fn sort_column_parser() -> impl TypedValueParser<Value = SortColumn> {
    PossibleValuesParser::new(SortColumn::names())
        .map(|name| SortColumn::from_name(&name).unwrap_or_default())
}

/// The definition, without the variables of `env` that are set but empty: those ask for nothing.
pub fn definition(env: &dyn Fn(&str) -> Option<String>) -> clap::Command {
    let heedless = |argument: clap::Arg| {
        let name = argument.get_env().and_then(|name| name.to_str());
        if name.and_then(env).is_some_and(|value| value.is_empty()) {
            argument.env(None::<&str>)
        } else {
            argument
        }
    };
    everywhere(Cli::command(), &heedless)
}

/// Changes every argument of a command and of those below it.
fn everywhere(command: clap::Command, change: &dyn Fn(clap::Arg) -> clap::Arg) -> clap::Command {
    command.mut_args(change).mut_subcommands(|below| everywhere(below, change))
}

/// Refuses a lone argument that looks like a command with up to two typing errors in it, and a command
/// after options: a sentence with both readings. `imtop -- evnts` watches that user.
pub fn misspelt_command(cli: &Cli, mut raw: impl Iterator<Item = std::ffi::OsString>) -> Option<String> {
    let [user, others @ ..] = cli.watch.users.as_slice() else { return None };
    let most = if others.is_empty() { 2 } else { 0 };
    if cli.command.is_some() || raw.any(|argument| argument == "--") {
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

pub(crate) fn parse_interval(text: &str) -> Result<Duration, String> {
    parse_duration(text, Duration::from_millis(100), Duration::from_secs(3_600))
}

pub(crate) fn parse_timeout(text: &str) -> Result<Duration, String> {
    parse_duration(text, Duration::from_millis(100), Duration::from_secs(600))
}

fn parse_duration(text: &str, least: Duration, most: Duration) -> Result<Duration, String> {
    let text = text.trim();
    let plain: Option<f64> = text.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    let duration = match plain {
        Some(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        None => text.parse::<jiff::SignedDuration>().ok().and_then(|signed| Duration::try_from(signed).ok()),
    };
    let duration = duration.ok_or("expected a time such as 2s, 500ms or 1m")?;
    if duration < least || duration > most {
        return Err(format!("expected a time from {least:?} to {most:?}"));
    }
    Ok(duration)
}

pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err("expected a size such as 64MiB".to_owned()),
    };
    let number: u64 = text[..digits].parse().map_err(|_| "expected a size such as 64MiB".to_owned())?;
    match number.checked_mul(unit) {
        Some(size) if (1 << 10..=4 << 30).contains(&size) => Ok(size),
        _ => Err("expected a size from 1KiB to 4GiB".to_owned()),
    }
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected an address and a port, such as 127.0.0.1:10002".to_owned())
}

fn parse_picture_size(text: &str) -> Result<(u16, u16), String> {
    let (columns, rows) = text.split_once(['x', 'X']).ok_or("expected columns and rows, such as 120x40")?;
    let side = |text: &str, most: u16| match text.trim().parse() {
        Ok(side) if (1..=most).contains(&side) => Ok(side),
        _ => Err(format!("expected columns and rows, such as 120x40, at most 1000x{most}")),
    };
    Ok((side(columns, 1_000)?, side(rows, 10_000)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_misspelt_command_is_not_taken_for_a_user() {
        let ask = |line: &[&str]| {
            let cli = Cli::try_parse_from(std::iter::once("imtop").chain(line.iter().copied())).unwrap();
            misspelt_command(&cli, line.iter().map(std::ffi::OsString::from))
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

    #[test]
    fn times_have_units_and_bounds() {
        let ms = |text| parse_interval(text).map(|duration| duration.as_millis());
        for (text, expected) in
            [("2s", 2_000), ("500ms", 500), ("1m", 60_000), ("1m30s", 90_000), ("0.5", 500), ("3", 3_000)]
        {
            assert_eq!(ms(text), Ok(expected), "{text}");
        }
        for text in ["", "fast", "-2s", "1e99", "nan", "inf", "2 parsecs"] {
            assert_eq!(ms(text), Err("expected a time such as 2s, 500ms or 1m".to_owned()), "{text}");
        }
        assert_eq!(ms("1ms"), Err("expected a time from 100ms to 3600s".to_owned()));
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(parse_size("64MiB"), Ok(64 << 20));
        assert_eq!(parse_size("4096"), Ok(4096));
        assert_eq!(parse_size("2 g"), Ok(2 << 30));
        for text in ["", "MiB", "-1", "1", "99999999999999999999", "9999999999G"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
        assert_eq!(parse_picture_size("120x40"), Ok((120, 40)));
        for text in ["", "x", "0x0", "120", "120x", "99999x1"] {
            assert!(parse_picture_size(text).is_err(), "{text}");
        }
    }
}
