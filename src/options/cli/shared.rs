//! The options that several commands share: whom to watch, the server, the pace, the picture.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text, where backticks would show")]
#![allow(rustdoc::broken_intra_doc_links, reason = "brackets in the help text are no links")]

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::values::{parse_interval, parse_picture_size, parse_size, parse_timeout};
use crate::listing::{ColumnName, SortColumn};
use crate::tui::ThemeName;

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Debug, Args)]
pub struct FeedArgs {
    #[command(flatten)]
    pub watch: WatchArgs,
    #[command(flatten)]
    pub server: ServerArgs,
    #[command(flatten)]
    pub pace: PaceArgs,
    #[command(flatten)]
    pub rules: RuleArgs,
    #[command(flatten)]
    pub record: RecordArgs,
    #[command(flatten)]
    pub log: LogArgs,
    #[command(flatten)]
    pub context: ContextArgs,
    #[command(flatten)]
    pub file: FileArgs,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "The log")]
pub struct LogArgs {
    /// Write what imtop does to the end of this file, a line an event: requests, retries, logins. No token
    #[arg(long, value_name = "FILE", env = "IMTOP_LOG_FILE", hide_env_values = true)]
    pub log_file: Option<PathBuf>,
    /// How much of it [default: info]
    #[arg(long, value_name = "LEVEL", env = "IMTOP_LOG_LEVEL", hide_env_values = true, value_enum)]
    pub log_level: Option<LogLevel>,
}

/// How much is logged; each level has those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// What ends the program
    Error,
    /// What went wrong and is tried again
    Warn,
    /// Start and end, settings, logins, changes of the watch list
    #[default]
    Info,
    /// Each answer
    Debug,
    /// Each request
    Trace,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "The recording")]
pub struct RecordArgs {
    /// Write all that is observed to this new file, for `imtop replay` and --from; packed where the name
    /// ends in .zst. It holds no token
    #[arg(long, value_name = "FILE", env = "IMTOP_RECORD", hide_env_values = true)]
    pub record: Option<PathBuf>,
    /// Size at which the recording goes on in another file; the last 4 are kept [default: 256MiB]
    #[arg(long, value_name = "SIZE", env = "IMTOP_RECORD_LIMIT", hide_env_values = true, value_parser = parse_size)]
    pub record_limit: Option<u64>,
}

#[allow(missing_docs, reason = "a doc comment here would become help text")]
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "The recording")]
pub struct RecordingArgs {
    /// A recording instead of a server
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Only up to this time of the recording rather than to its end: 12:01:05, 2026-11-23T12:01:05Z,
    /// +90s from its beginning or -5m from its end
    #[arg(long, value_name = "TIME", requires = "from", allow_hyphen_values = true)]
    pub at: Option<String>,
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
    /// Trust the certificate authorities in this PEM file, beside the system's, and a server whose own
    /// certificate is in it
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
    /// Ask gateways for a sign of life at their metrics, straight and not through the proxy; auto: those
    /// near the API, unless that is on this machine, and in the context's gateway-networks [default: auto]
    #[arg(long, value_name = "WHICH", env = "IMTOP_GATEWAY_METRICS", hide_env_values = true, value_parser = ["off", "auto", "on"])]
    pub gateway_metrics: Option<String>,
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
    /// Size of the picture where there is no terminal to draw on [default: 100x40]
    #[arg(long, value_name = "COLSxROWS", env = "IMTOP_SIZE", hide_env_values = true, value_parser = parse_picture_size)]
    pub size: Option<(u16, u16)>,
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

impl LogLevel {
    /// Its name on the command line and in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
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
