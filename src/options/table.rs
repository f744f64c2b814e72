//! The one table of options. An entry makes the flag with its help, the variable of the environment, the line
//! of the manual page and of completions, the key of the configuration file with its line in the template, in
//! `config print` and in the log, and the field of [`Values`]. What only one command has and no file can hold
//! is beside that command in `cli`.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text, where backticks would show")]
#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::bare_urls,
    reason = "brackets in the help text are no links"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValue;
use secrecy::SecretString;

use super::SettingsError;
use super::kind::Kind;
use super::mistake::with_caret;
use super::parse::{parse_interval, parse_percent, parse_picture_size, parse_size, parse_timeout};
use super::read::{Bytes, CheckSecrets, LogLevel, Percent, Read, When};
use super::sources::View;
use super::value::Value;
use crate::language::Language;
use crate::listing::{ColumnName, SortColumn, ThemeName};
use crate::openim::{GatewayAddress, Network, Origin};
use crate::presence::By;
use crate::presence::query::Query;

/// What an option is about. A command has some of these, and with them all of their options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Picture,
    Pace,
    Verdict,
    Rules,
    Recording,
    Metrics,
    Log,
    Server,
    Whom,
    Context,
    File,
}

impl Part {
    /// Whether it is about one server, and so has its place in a context only.
    pub(super) fn needs_context(self) -> bool {
        matches!(self, Part::Server | Part::Whom)
    }

    /// What stands above its options in the help.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Part::Picture => "The picture",
            Part::Pace => "How often to ask",
            Part::Verdict => "How presence is judged",
            Part::Rules => "What to look for",
            Part::Recording => "The recording",
            Part::Metrics => "The metrics",
            Part::Log => "The log",
            Part::Server => "The server",
            Part::Whom => "Whom to watch",
            Part::Context | Part::File => "The configuration",
        }
    }
}

/// How the command line takes an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `--NAME`.
    Alone,
    /// `--NAME WHAT`.
    With(&'static str),
    /// `WHAT`, without a name.
    Argument(&'static str),
    /// Not at all.
    FileOnly,
}

/// One row of [`OPTIONS`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Its name with `_` for `-`, as clap and [`Values`] have it.
    pub(super) id: &'static str,
    pub(super) part: Part,
    pub(super) kind: Kind,
    pub(super) form: Form,
    /// Whether clap reads its variable; credentials are read apart, and their help says so.
    pub(super) twin: bool,
    /// Whether the configuration file can hold it.
    pub(super) in_file: bool,
    /// Whether what a context says of it is for the context's own server alone.
    pub(super) own: bool,
    /// What it is where nobody says otherwise; empty: not set.
    pub(super) default: &'static str,
    /// What could be written where there is no default.
    pub(super) example: &'static str,
    /// Its help, a line of documentation after the other.
    pub(super) help: &'static [&'static str],
    /// The same for the file, where that has other words.
    pub(super) file_help: &'static str,
    /// The option that it needs beside it.
    pub(super) needs: Option<&'static str>,
    /// Another name of the flag.
    pub(super) alias: &'static str,
    /// Where it stands in the help among those of its part; the file has the order of the table.
    pub(super) place: i8,
}

impl Row {
    const USUAL: Row = Row {
        id: "",
        part: Part::Picture,
        kind: Kind::Switch,
        form: Form::Alone,
        twin: true,
        in_file: true,
        own: false,
        default: "",
        example: "",
        help: &[],
        file_help: "",
        needs: None,
        alias: "",
        place: 0,
    };

    /// Its name in the file; the flag is the same after two dashes.
    pub(super) fn name(&self) -> String {
        name_of(self.id)
    }

    /// The variable that is the twin of the flag.
    pub(super) fn variable(&self) -> String {
        format!("IMTOP_{}", self.id.to_uppercase())
    }

    /// What it is where nobody says otherwise.
    pub(super) fn default(&self) -> Option<Value> {
        let is_set = !self.default.is_empty() || matches!(self.kind, Kind::Switch);
        is_set.then(|| self.kind.value_of(self.default))
    }

    pub(super) fn help(&self) -> String {
        self.help.concat().trim().to_owned()
    }

    pub(super) fn file_help(&self) -> String {
        if self.file_help.is_empty() { self.help() } else { self.file_help.to_owned() }
    }
}

macro_rules! options {
    ($($(#[doc = $help:literal])+ $id:ident: $type:ty = $part:ident $kind:expr,
        { $($column:ident: $value:expr),* $(,)? };)+) => {
        /// The value of every option.
        #[derive(Clone, Debug)]
        pub struct Values {
            $($(#[doc = $help])+ pub $id: $type,)+
        }

        impl Values {
            pub(super) fn of(view: View<'_>) -> Result<Values, SettingsError> {
                Ok(Values { $($id: view.read(stringify!($id))?,)+ })
            }

            /// Those where nobody says anything.
            #[cfg(test)]
            pub(crate) fn usual() -> Values {
                Values { $($id: usual(stringify!($id)).unwrap(),)+ }
            }
        }

        /// Every option, in the order of the template.
        pub(super) const OPTIONS: &[Row] = &[$(Row {
            id: stringify!($id),
            part: Part::$part,
            kind: $kind,
            help: &[$($help),+],
            $($column: $value,)*
            ..Row::USUAL
        }),+];
    };
}

options! {
    /// Colour theme
    theme: ThemeName = Picture Kind::Word(|| words(&ThemeName::ALL.map(ThemeName::name))), {
        form: With("NAME"), default: "dark",
        file_help: "Colour theme: dark, light, colour-blind, colour-blind-light, mono",
    };
    /// Language of the screens and of the doctor: en or zh-CN [default: that of LANG]
    lang: Option<Language> = Picture Kind::Word(|| words(&Language::ALL.map(Language::tag))), {
        form: With("TAG"), example: "zh-CN", file_help: "Language of the screens: en or zh-CN",
    };
    /// When to use colours; auto obeys NO_COLOR and TERM [default: auto]
    color: When = Picture Kind::Word(described::<When>), {
        form: With("WHEN"), default: "auto", file_help: "When to use colours: auto, always, never",
    };
    /// Draw with ASCII characters only
    ascii: bool = Picture Kind::Switch, { place: 2 };
    /// Columns that the terminal gives to characters of ambiguous width [default: 1]
    ambiguous_width: u8 = Picture Kind::Number(1, 2), {
        form: With("1|2"), default: "1",
        file_help: "Columns that the terminal gives to characters of ambiguous width: 1 or 2",
    };
    /// Columns of the list, as in user,label,presence
    columns: Vec<ColumnName> = Picture Kind::Words(|| words(&ColumnName::ALL.map(ColumnName::name))), {
        form: With("LIST"), example: "user,label,presence,platforms,since", place: -1,
        file_help: "Which columns of the list, and in which order",
    };
    /// Order of the users
    sort: Option<SortColumn> = Picture Kind::Word(|| words(&SortColumn::names().collect::<Vec<_>>())), {
        form: With("COLUMN"), example: "problems", place: -2,
    };
    /// Show only these users: words of ID and label, or `state=online and exp<24h`
    filter: Query = Picture Kind::Language(is_query), {
        form: With("QUERY"), example: "state=online and exp<24h", place: -3, file_help: "Show only these users",
    };
    /// Begin with the overview where more users than this are watched [default: 200]
    overview_from: u32 = Picture Kind::Number(0, 100_000_000), {
        form: With("N"), default: "200",
        file_help: "Begin with the overview where more users than this are watched",
    };
    /// Show times in UTC rather than this machine's zone
    utc: bool = Picture Kind::Switch, { place: 3 };
    /// Mask user IDs and names
    mask: bool = Picture Kind::Switch, { place: 1 };
    /// Switch the mouse on from the start
    mouse: bool = Picture Kind::Switch, { form: FileOnly };
    /// Ring the bell on a critical finding
    bell: bool = Picture Kind::Switch, { form: FileOnly };
    /// Size of the screen that is printed where there is no terminal [default: 100x40]
    size: Option<(u16, u16)> = Picture Kind::Text(|text| parse_picture_size(text).map(drop)), {
        form: With("COLSxROWS"), in_file: false, place: 4,
    };

    /// Poll interval, from the start of one round to the start of the next: 2s, 500ms, 1m [default: 2s; in the demo what its scenario says]
    interval: Duration = Pace TIME, {
        form: With("TIME"), default: "2s", file_help: "Poll interval, from the start of one round to the start of the next",
    };
    /// Users in one request [default: 500; in the demo what its scenario says]
    batch: u32 = Pace Kind::Number(1, 10_000), {
        form: With("N"), default: "500", file_help: "Users in one request",
    };
    /// Requests at the same time [default: 4, for long lists up to 32 while answers stay quick]
    concurrency: Option<usize> = Pace Kind::Number(1, 256), {
        form: With("N"), example: "8", file_help: "Requests at the same time",
    };
    /// Time to wait for a complete answer [default: 10s; in the demo what its scenario says]
    timeout: Duration = Pace Kind::Text(|text| parse_timeout(text).map(drop)), {
        form: With("TIME"), default: "10s", file_help: "Time to wait for a complete answer",
    };

    /// Whether the server's registry, tokens and accounts are asked about users in doubt (auto), or not (off)
    registry: String = Verdict Kind::Word(|| words(&["auto", "off"])), { form: FileOnly, default: "auto" };
    /// Share of extra requests while no user is in doubt, to find what the usual answers do not show
    extra_share: Percent = Verdict Kind::Text(|text| parse_percent(text).map(drop)), {
        form: FileOnly, default: "5%",
    };
    /// How long the registry may go on calling a user online who has left
    leaving: Duration = Verdict TIME, { form: FileOnly, default: "5s" };
    /// How long to wait for the registry's answer before a user is unknown
    checking: Duration = Verdict TIME, { form: FileOnly, default: "2s" };
    /// How long a connection may be missing from the answers before it is gone, where the registry can't say
    unseen: Duration = Verdict TIME, { form: FileOnly, default: "5s" };
    /// How long an entry of the registry may be without a connection before it is called a ghost
    ghost: Duration = Verdict TIME, { form: FileOnly, default: "60s" };
    /// How many users, lost at once while the registry still has them, are a view loss
    loss_users: u32 = Verdict Kind::Number(1, 1_000_000), { form: FileOnly, default: "3" };
    /// The same in percent of those online, where the registry can't be asked
    loss_percent: u32 = Verdict Kind::Number(1, 100), { form: FileOnly, default: "5" };

    /// The server's multi-login policy, which connections are checked against
    policy: Option<u8> = Rules Kind::NumberOf(&[0, 1, 4, 5]), { form: FileOnly, example: "1" };
    /// Check whether session tokens are signed with the server's default secret, or one of those in FILE, one a line
    check_secrets: CheckSecrets = Rules Kind::SwitchOrPath, {
        form: With("FILE"), default: "false",
        file_help: "Check whether session tokens are signed with the server's default secret (true), or one of those in a file (its name)",
    };

    /// Record all answers to this new file, for `imtop replay` and --from; compressed where the name ends
    /// in .zst. It holds no token
    record: Option<PathBuf> = Recording Kind::Path, { form: With("FILE"), in_file: false };
    /// Go on in another file at this size; the last 4 are kept [default: 256MiB]
    record_limit: Bytes = Recording SIZE, { form: With("SIZE"), in_file: false, default: "256MiB" };

    /// Also count by these, at most 100 of each, the rest as one: group,platform,gateway
    metrics_by: Vec<By> = Metrics Kind::Words(|| words(&By::LASTING.map(By::name))), {
        form: With("LIST"), example: "group,gateway",
        file_help: "Also count by these, at most 100 of each, the rest as one: group, platform, gateway",
    };

    /// Write what imtop does to the end of this file, a line an event: requests, retries, logins. No token
    log_file: Option<PathBuf> = Log Kind::Path, {
        form: With("FILE"), example: "~/imtop.log",
        file_help: "File to log to: requests, retries, logins; no token",
    };
    /// How much is logged [default: info]
    log_level: LogLevel = Log Kind::Word(described::<LogLevel>), {
        form: With("LEVEL"), default: "info", file_help: "How much is logged: error, warn, info, debug, trace",
    };

    /// Address of the OpenIM API [default: the context's, or http://127.0.0.1:10002]
    api: Option<SecretString> = Server Kind::Language(is_api), {
        form: With("URL"), example: "https://im.example.com:10002", file_help: "Address of the OpenIM API",
    };
    /// Show PROD in the header
    production: bool = Server Kind::Switch, { form: FileOnly, own: true };
    /// File with an admin token, readable by its owner only; read again when it changes [env: IMTOP_TOKEN_FILE]
    token_file: Option<PathBuf> = Server Kind::Path, {
        form: With("FILE"), twin: false, own: true, example: "~/.imtop-token",
        file_help: "File with an admin token, readable by its owner only",
    };
    /// Shell command that prints an admin token; run again when the token is refused [env: IMTOP_TOKEN_COMMAND]
    token_command: Option<SecretString> = Server Kind::Private, {
        form: With("COMMAND"), twin: false, own: true, example: "pass show im/admin-token",
        file_help: "Shell command that prints an admin token",
    };
    /// Log in with the server's secret from this file; on current servers that ends the admin ID's
    /// other tokens after 5 minutes [env: IMTOP_SECRET_FILE]
    secret_file: Option<PathBuf> = Server Kind::Path, {
        form: With("FILE"), twin: false, own: true, example: "~/.imtop-secret",
        file_help: "File with the server's secret, to log in with",
    };
    /// Admin ID to log in as; best one that no other program uses [default: imAdmin]
    admin_id: String = Server Kind::LateText(is_name), {
        form: With("ID"), own: true, default: "imAdmin", file_help: "Admin ID to log in as, with secret-file",
    };
    /// Trust the certificate authorities in this PEM file, beside the system's, and a server whose own
    /// certificate is in it
    ca_file: Option<PathBuf> = Server Kind::Path, {
        form: With("FILE"), example: "ca.pem",
        file_help: "Trust the certificate authorities in this PEM file, beside the system's",
    };
    /// Client certificate (PEM) to show to the server
    client_cert: Option<PathBuf> = Server Kind::Path, {
        form: With("FILE"), own: true, needs: Some("client_key"), example: "client.pem",
    };
    /// Key (PEM) of the client certificate
    client_key: Option<PathBuf> = Server Kind::Path, {
        form: With("FILE"), own: true, needs: Some("client_cert"), example: "client.key",
    };
    /// Skip TLS certificate verification; keeps a warning on the screen
    insecure: bool = Server Kind::Switch, { own: true };
    /// Go through this HTTP proxy; no other setting makes imtop use one
    proxy: Option<SecretString> = Server Kind::Private, {
        form: With("URL"), example: "http://proxy.example:3128", file_help: "Go through this HTTP proxy",
    };
    /// Check whether gateways are alive by asking for their metrics, never through the proxy; auto: those near
    /// the API, unless that is on this machine, and those in the context's gateway-networks [default: auto]
    gateway_metrics: String = Server Kind::Word(|| words(&["off", "auto", "on"])), {
        form: With("WHICH"), own: true, default: "auto",
        file_help: "Check whether gateways are alive by asking for their metrics: off, on, or auto: those near the API and in gateway-networks",
    };
    /// Also check the gateway whose metrics are at this address; a name with several addresses is several
    /// gateways. For clusters whose server lists none, as in Kubernetes
    gateways: Vec<String> = Server Kind::Each(is_gateway), {
        form: With("URL"), own: true, alias: "gateway", example: "http://messagegateway-headless:12140",
        file_help: "Gateways to check beside those that the server lists: the addresses of their metrics",
    };
    /// Further networks in which gateways may be asked
    gateway_networks: Vec<String> = Server Kind::Each(is_network), {
        form: FileOnly, own: true, example: "10.0.0.0/8",
    };
    /// Largest answer to accept, uncompressed [default: 64MiB]
    body_limit: Bytes = Server SIZE, {
        form: With("SIZE"), default: "64MiB", file_help: "Largest answer to accept, uncompressed",
    };

    /// File with one user a line: id[,label[,group]], # comments; read again when it changes
    watch: Option<PathBuf> = Whom Kind::Path, {
        form: With("FILE"), example: "users.csv",
        file_help: "File with one user a line: id[,label[,group]]; read again when it changes",
    };
    /// User IDs to watch; `-` reads them from standard input
    users: Vec<String> = Whom Kind::Ids, {
        form: Argument("USER"), twin: false, example: "user_001,user_002", place: -1, file_help: "User IDs",
    };
    /// Watch the members of this group of the server
    group_id: Option<String> = Whom Kind::LateText(is_name), {
        form: With("ID"), example: "3842067123", file_help: "The members of this group of the server",
    };
    /// Watch every registered user
    all: bool = Whom Kind::Switch, { file_help: "Every registered user" };
    /// Where labels come from: the watch list, or nicknames on the server [default: file]
    labels: String = Whom Kind::Word(|| words(&["file", "server"])), {
        form: With("WHERE"), default: "file",
        file_help: "Where labels come from: the watch list (file) or the server's nicknames (server)",
    };

    /// Context of the configuration: a server with its credentials, users and settings
    context: Option<String> = Context Kind::LateText(is_name), { form: With("NAME"), in_file: false };
    /// Configuration file [default: imtop/config.toml in $XDG_CONFIG_HOME or ~/.config]
    config: Option<PathBuf> = File Kind::Path, { form: With("FILE"), in_file: false };
}

use Form::{Argument, FileOnly, With};

const TIME: Kind = Kind::Text(|text| parse_interval(text).map(drop));
const SIZE: Kind = Kind::Text(|text| parse_size(text).map(drop));

/// The name of the option with this id.
pub(super) fn name_of(id: &str) -> String {
    id.replace('_', "-")
}

/// Finds an option by its id.
pub(super) fn option(id: &str) -> Option<&'static Row> {
    OPTIONS.iter().find(|row| row.id == id)
}

/// What an option is where nobody says anything.
///
/// # Errors
/// It has no default, and cannot be without a value.
pub fn usual<T: Read>(id: &str) -> Result<T, String> {
    option(id).and_then(Row::default).map_or_else(T::unset, |value| T::read(&value))
}

/// Those that a configuration file can hold.
pub(super) fn settings() -> impl Iterator<Item = &'static Row> {
    OPTIONS.iter().filter(|row| row.in_file)
}

fn words(names: &[&'static str]) -> Vec<PossibleValue> {
    names.iter().map(|name| PossibleValue::new(*name)).collect()
}

fn described<T: clap::ValueEnum>() -> Vec<PossibleValue> {
    T::value_variants().iter().filter_map(T::to_possible_value).collect()
}

fn is_name(text: &str) -> Result<(), String> {
    let fits = !text.is_empty() && !text.contains(char::is_control);
    if fits { Ok(()) } else { Err("expected a name that can be shown".to_owned()) }
}

fn is_query(text: &str) -> Result<(), String> {
    Query::parse(text).map(drop).map_err(|error| with_caret(&error, text))
}

fn is_api(text: &str) -> Result<(), String> {
    text.parse::<Origin>().map(drop).map_err(|error| error.to_string())
}

fn is_gateway(text: &str) -> Result<(), String> {
    text.parse::<GatewayAddress>().map(drop).map_err(|error| error.to_string())
}

fn is_network(text: &str) -> Result<(), String> {
    text.parse::<Network>().map(drop).map_err(|error| error.to_string())
}
