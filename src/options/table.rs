//! The one table of settings that a configuration file can hold: reading, printing and the template
//! come from it.

use crate::listing::{ColumnName, SortColumn};
use crate::options::cli::{LogLevel, When, parse_interval, parse_size, parse_timeout};
use crate::tui::ThemeName;
use clap::ValueEnum as _;

use super::witnesses::{is_network, parse_percent};

/// What a setting is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// How things look.
    Picture,
    /// How often the server is asked.
    Pace,
    /// Which witnesses are asked beside the sockets.
    Witnesses,
    /// What the verdict on a user turns on.
    Verdict,
    /// What the rules are told.
    Rules,
    /// What imtop writes about itself.
    Log,
    /// Where the server is, and who we are to it.
    Server,
    /// Whom to watch.
    Whom,
}

impl Part {
    /// Whether it is about one server, and so has its place in a context only.
    pub(super) fn needs_context(self) -> bool {
        matches!(self, Part::Server | Part::Whom)
    }
}

/// What a setting can be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number that holds; and which ones do, in words.
    Number(fn(u64) -> bool, &'static str),
    /// One of these.
    Word(fn() -> Vec<&'static str>),
    /// A text that can be read; the error says what was expected.
    Text(fn(&str) -> Result<(), String>),
    /// A text that is never quoted, as it may hold a password.
    Private,
    /// A text of the filter language.
    Query,
    /// A file.
    Path,
    /// Some of these; of none: any texts.
    List(fn() -> Vec<&'static str>),
    /// A list of texts that can be read; the error says what was expected.
    Each(fn(&str) -> Result<(), String>),
    /// `true`, `false`, or a file.
    SwitchOrPath,
}

/// One row of [`SETTINGS`].
#[derive(Clone, Copy, Debug)]
pub(super) struct SettingRow {
    /// Its name in the file; the flag is the same after two dashes.
    pub(super) name: &'static str,
    pub(super) part: Part,
    pub(super) kind: Kind,
    /// What it is where nobody says otherwise, as TOML; empty: not set.
    pub(super) default: &'static str,
    /// What could be written, as TOML, where there is no default.
    pub(super) example: &'static str,
    /// What it does; a sentence without its full stop.
    pub(super) help: &'static str,
}

fn themes() -> Vec<&'static str> {
    ThemeName::ALL.map(ThemeName::name).to_vec()
}

fn colours() -> Vec<&'static str> {
    When::value_variants().iter().map(|when| when.name()).collect()
}

fn log_levels() -> Vec<&'static str> {
    LogLevel::value_variants().iter().map(|level| level.name()).collect()
}

fn columns() -> Vec<&'static str> {
    ColumnName::ALL.into_iter().map(ColumnName::name).collect()
}

fn name(text: &str) -> Result<(), String> {
    let fits = !text.is_empty() && !text.contains(char::is_control);
    if fits { Ok(()) } else { Err("expected a name that can be shown".to_owned()) }
}

macro_rules! settings {
    ($($part:ident $name:literal $kind:expr, $default:literal $example:literal $help:literal;)+) => {
        &[$(SettingRow {
            name: $name,
            part: Part::$part,
            kind: $kind,
            default: $default,
            example: $example,
            help: $help,
        }),+]
    };
}

/// Everything that can be set, in the order of the template.
pub(super) const SETTINGS: &[SettingRow] = settings! {
    Picture "theme" Kind::Word(themes), "\"dark\"" "" "Which colours: dark, light, colour-blind, mono";
    Picture "color" Kind::Word(colours), "\"auto\"" "" "Whether there are colours: auto, always, never";
    Picture "ascii" Kind::Switch, "false" "" "Draw with ASCII characters only";
    Picture "ambiguous-width" Kind::Number(|n| n == 1 || n == 2, "1 or 2"), "1" ""
        "Columns that the terminal gives to characters of ambiguous width: 1 or 2";
    Picture "columns" Kind::List(columns), "" "[\"user\", \"label\", \"presence\", \"platforms\", \"since\"]"
        "Which columns of the list, and in which order";
    Picture "sort" Kind::Word(|| SortColumn::names().collect()), "" "\"problems\"" "Order of the users";
    Picture "filter" Kind::Query, "" "\"state=online and exp<24h\"" "Show only these users";
    Picture "utc" Kind::Switch, "false" "" "Show times in UTC rather than this machine's zone";
    Picture "mask" Kind::Switch, "false" "" "Show stand-ins for user IDs and names";
    Picture "mouse" Kind::Switch, "false" "" "Take the mouse from the start";
    Picture "bell" Kind::Switch, "false" "" "Ring when something critical is found";
    Pace "interval" Kind::Text(|text| parse_interval(text).map(drop)), "\"2s\"" ""
        "From the start of one round to the start of the next";
    Pace "batch" Kind::Number(|n| (1..=10_000).contains(&n), "a number from 1 to 10000"), "500" ""
        "Users in one request";
    Pace "concurrency" Kind::Number(|n| (1..=256).contains(&n), "a number from 1 to 256"), "4" ""
        "Requests under way at the same time";
    Pace "timeout" Kind::Text(|text| parse_timeout(text).map(drop)), "\"10s\"" ""
        "How long to wait for a whole answer";
    Witnesses "registry" Kind::Word(|| vec!["auto", "off"]), "\"auto\"" ""
        "Whether the server's registry, tokens and accounts are asked about users in doubt (auto), or not (off)";
    Witnesses "extra-share" Kind::Text(|text| parse_percent(text).map(drop)), "\"5%\"" ""
        "How much more is asked while nobody is in doubt, to find what the sockets hide";
    Verdict "leaving" Kind::Text(|text| parse_interval(text).map(drop)), "\"5s\"" ""
        "For so long it is normal that the registry says online of somebody who left";
    Verdict "checking" Kind::Text(|text| parse_interval(text).map(drop)), "\"2s\"" ""
        "For so long the registry's answer is waited for before a user is unknown";
    Verdict "unseen" Kind::Text(|text| parse_interval(text).map(drop)), "\"5s\"" ""
        "After so long a connection that is not shown any more is gone, where the registry can't say";
    Verdict "ghost" Kind::Text(|text| parse_interval(text).map(drop)), "\"60s\"" ""
        "After so long an entry of the registry without a connection is called a ghost";
    Verdict "loss-users" Kind::Number(|n| (1..=1_000_000).contains(&n), "a number from 1 to 1000000"), "3" ""
        "So many users lost at once whom the registry still has are a loss of view";
    Verdict "loss-percent" Kind::Number(|n| (1..=100).contains(&n), "a number from 1 to 100"), "5" ""
        "The same in percent of those online, where the registry can't be asked";
    Rules "policy" Kind::Number(|n| matches!(n, 0 | 1 | 4 | 5), "0, 1, 4 or 5"), "" "1"
        "The server's multi-login policy, to hold connections against";
    Rules "check-secrets" Kind::SwitchOrPath, "false" ""
        "Try session tokens against the secret that servers are shipped with (true), and those in a file (its name)";
    Log "log-file" Kind::Path, "" "\"~/imtop.log\"" "File to log to: requests, retries, logins; no token";
    Log "log-level" Kind::Word(log_levels), "\"info\"" "" "How much is logged: error, warn, info, debug, trace";
    Server "api" Kind::Private, "" "\"https://im.example.com:10002\"" "Address of the OpenIM API";
    Server "production" Kind::Switch, "false" "" "Say PROD in the header";
    Server "token-file" Kind::Path, "" "\"~/.imtop-token\"" "File with an admin token, readable by its owner only";
    Server "token-command" Kind::Private, "" "\"pass show im/admin-token\"" "Shell command that prints an admin token";
    Server "secret-file" Kind::Path, "" "\"~/.imtop-secret\"" "File with the server's secret, to log in with";
    Server "admin-id" Kind::Text(name), "\"imAdmin\"" "" "Admin ID to log in as, with secret-file";
    Server "ca-file" Kind::Path, "" "\"ca.pem\"" "Trust the certificate authorities in this PEM file, beside the system's";
    Server "client-cert" Kind::Path, "" "\"client.pem\"" "Client certificate (PEM) to show to the server";
    Server "client-key" Kind::Path, "" "\"client.key\"" "Key (PEM) of the client certificate";
    Server "insecure" Kind::Switch, "false" "" "Believe any certificate; keeps a warning on the screen";
    Server "proxy" Kind::Private, "" "\"http://proxy.example:3128\"" "Go through this HTTP proxy";
    Server "gateway-metrics" Kind::Word(|| vec!["off", "auto", "on"]), "\"auto\"" ""
        "Ask gateways for a sign of life at their metrics: off, on, or auto: those near the API and in gateway-networks";
    Server "gateway-networks" Kind::Each(is_network), "" "[\"10.0.0.0/8\"]"
        "Networks in which gateways may be asked as well";
    Server "body-limit" Kind::Text(|text| parse_size(text).map(drop)), "\"64MiB\"" "" "Largest answer to take, unpacked";
    Whom "watch" Kind::Path, "" "\"users.csv\"" "File with one user a line: id[,label[,group]]; read again when it changes";
    Whom "users" Kind::List(Vec::new), "" "[\"user_001\", \"user_002\"]" "User IDs";
    Whom "group-id" Kind::Text(name), "" "\"3842067123\"" "The members of this group of the server";
    Whom "all" Kind::Switch, "false" "" "Every registered user";
    Whom "labels" Kind::Word(|| vec!["file", "server"]), "\"file\"" ""
        "Where labels come from: the watch list (file) or the server's nicknames (server)";
};

/// Finds a setting by its name.
pub(super) fn setting(name: &str) -> Option<&'static SettingRow> {
    SETTINGS.iter().find(|row| row.name == name)
}
