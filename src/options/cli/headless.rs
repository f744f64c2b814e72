//! The options of the commands that need no terminal, of the replay and of what helps to set imtop up.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text, where backticks would show")]
#![allow(missing_docs, reason = "a doc comment above a struct would become help text")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::options::parse::{parse_address, parse_deadline, parse_speed};
use crate::presence::By;

const COMPLETIONS: &str = "\
Where it goes; a new shell then knows it:
  bash        echo 'source <(imtop completions bash)' >> ~/.bashrc
  zsh         echo 'source <(imtop completions zsh)' >> ~/.zshrc
              below the line with compinit
  fish        imtop completions fish > ~/.config/fish/completions/imtop.fish
  elvish      eval (imtop completions elvish | slurp)    in rc.elv
  powershell  imtop completions powershell | Out-String | Invoke-Expression
              in $PROFILE

While completing, imtop reads the configuration and the watch list for the
names of contexts and groups. It asks no server and reads no credentials.";

/// Forms of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SnapshotFormat {
    /// Columns of text, a line a user
    Table,
    /// One JSON object, see assets/schema/snapshot.json
    Json,
    /// JSON, a line a user
    Ndjson,
    /// Comma-separated values, a line a user
    Csv,
    /// Metrics as `imtop serve` gives them
    Openmetrics,
    /// The screen of the live view
    Frame,
}

/// Ways to write a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FrameStyle {
    /// Plain text
    Text,
    /// With the escape sequences of colours
    Ansi,
}

/// Forms of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EventsFormat {
    /// A line of text for each
    Text,
    /// A JSON object for each, one a line, see assets/schema/event.json
    #[value(alias = "json")]
    Ndjson,
}

/// Forms of the doctor's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DoctorFormat {
    /// Text
    Text,
    /// One JSON object, see assets/schema/doctor.json
    Json,
}

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

#[derive(Debug, Args)]
pub struct SnapshotArgs {
    /// Output format
    #[arg(long, short = 'o', alias = "output", value_name = "FORMAT", value_enum, default_value = "table")]
    pub format: SnapshotFormat,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// How a frame is written [default: ansi where there are colours, otherwise text]
    #[arg(long, value_name = "STYLE", value_enum)]
    pub frame: Option<FrameStyle>,
    #[command(flatten)]
    pub recording: RecordingArgs,
}

#[derive(Debug, Args)]
pub struct WhyArgs {
    /// The user ID
    #[arg(value_name = "USER")]
    pub user: String,
    /// One JSON object, see assets/schema/why.json
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub recording: RecordingArgs,
}

#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Output format
    #[arg(long, short = 'o', alias = "output", value_name = "FORMAT", value_enum, default_value = "text")]
    pub format: EventsFormat,
    /// The same as --format ndjson
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// End after this time [default: never]
    #[arg(long, value_name = "TIME", value_parser = parse_deadline)]
    pub duration: Option<Duration>,
    /// Only events of these users: words of ID and label, or `group=kiosks`
    #[arg(long, value_name = "QUERY")]
    pub filter: Option<String>,
    /// Mask user IDs and names
    #[arg(long)]
    pub mask: bool,
    /// Write times in UTC rather than this machine's zone; NDJSON has UTC always
    #[arg(long)]
    pub utc: bool,
    #[command(flatten)]
    pub recording: RecordingArgs,
}

/// The language of `check` and `wait`, below their options.
const CONDITIONS: &str = "\
EXPR compares counts, joined by and, or, not and brackets:
  online<95%                  fewer than 95 % of all watched are online
  online<95% of group=kiosks  of those for whom a filter holds
  online<95% of (group=kiosks and platform=web)   a filter of two parts
  unknown>0 or failing>0      nobody knows; requests get no answer
  finding:critical>0          findings at least so serious; others are
                              finding:any and finding:RULE
  count(exp<24h)>=10          users for whom a filter holds
Counts are online (in the foreground), background, connected (both),
offline, unknown, unregistered, stale, watched, conns and failing;
operators are = != < <= > >=. A condition holds only where it does
however the unknown users turn out.";

/// Takes what users can be counted by.
fn parse_by() -> impl TypedValueParser<Value = By> {
    PossibleValuesParser::new(By::ALL.map(By::name)).try_map(|name| By::named(&name).ok_or("no such count"))
}

#[derive(Debug, Args)]
#[command(after_help = CONDITIONS)]
pub struct CheckArgs {
    /// WARNING when this holds [default, without --crit: unknown>0 or finding:warning>0]
    #[arg(long, short, value_name = "EXPR")]
    pub warn: Option<String>,
    /// CRITICAL when this holds, as in `online<95%` [default, without --warn: finding:critical>0]
    #[arg(long, short, value_name = "EXPR")]
    pub crit: Option<String>,
    /// Also list the three worst of these: group, platform, batch or gateway
    #[arg(long, value_name = "WHAT", value_parser = parse_by())]
    pub by: Option<By>,
    #[command(flatten)]
    pub recording: RecordingArgs,
}

#[derive(Debug, Args)]
#[command(after_help = CONDITIONS)]
pub struct WaitArgs {
    /// What to wait for, as in `online=100% of group=kiosks`
    #[arg(long = "for", value_name = "EXPR")]
    pub until: String,
    /// Give up after this time, with exit code 124 [default: never]
    #[arg(long = "timeout", id = "deadline", value_name = "TIME", value_parser = parse_deadline)]
    pub deadline: Option<Duration>,
    #[command(flatten)]
    pub recording: RecordingArgs,
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address to serve metrics on; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_address)]
    pub metrics: SocketAddr,
    /// Allow an address that other machines can reach
    #[arg(long)]
    pub allow_remote: bool,
    /// Also a series for each user: for short watch lists
    #[arg(long)]
    pub per_user: bool,
}

#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The recording
    #[arg(value_name = "FILE")]
    pub recording: PathBuf,
    /// How fast: 10 is ten times as fast as it happened
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = parse_speed)]
    pub speed: f64,
    /// Begin at this time of the recording: 12:01:05, 2026-11-23T12:01:05Z, +90s from its beginning or
    /// -5m from its end
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub at: Option<String>,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Output format
    #[arg(long, short = 'o', alias = "output", value_name = "FORMAT", value_enum, default_value = "text")]
    pub format: DoctorFormat,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

impl SnapshotArgs {
    /// The form that is asked for, either way.
    pub fn form(&self) -> SnapshotFormat {
        if self.json { SnapshotFormat::Json } else { self.format }
    }
}

impl EventsArgs {
    /// The form that is asked for, either way.
    pub fn form(&self) -> EventsFormat {
        if self.json { EventsFormat::Ndjson } else { self.format }
    }
}

impl DoctorArgs {
    /// The form that is asked for, either way.
    pub fn form(&self) -> DoctorFormat {
        if self.json { DoctorFormat::Json } else { self.format }
    }
}
