//! Everything that the live view on a server is told by its user.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;

use super::credentials::{Environment, credentials};
use super::{Listing, WatchFile, check_id, read_watch_list};
use crate::cli::{Cli, PaceArgs, ServerArgs, WatchArgs};
use crate::openim::{Options, Origin, Tls};
use crate::presence::{Entry, visible_bounded};

/// Something that the user said cannot be; a sentence with what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

/// How often to ask, and for how much at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceSettings {
    /// From the start of one round to the start of the next.
    pub interval: Duration,
    /// Users in one request.
    pub batch: u32,
    /// Requests under way at the same time.
    pub concurrency: usize,
    /// How long to wait for a whole answer.
    pub timeout: Duration,
}

impl PaceSettings {
    /// What is used where nobody says otherwise.
    pub const DEFAULT: PaceSettings = PaceSettings {
        interval: Duration::from_secs(2),
        batch: 500,
        concurrency: 4,
        timeout: Duration::from_secs(10),
    };

    /// What was given on the command line, before `defaults`.
    #[must_use]
    pub fn given(args: &PaceArgs, defaults: PaceSettings) -> PaceSettings {
        PaceSettings {
            interval: args.interval.unwrap_or(defaults.interval),
            batch: args.batch.unwrap_or(defaults.batch),
            concurrency: args.concurrency.map_or(defaults.concurrency, usize::from),
            timeout: args.timeout.unwrap_or(defaults.timeout),
        }
    }
}

/// Whom to watch, as the user named them.
#[derive(Debug)]
pub struct Watched {
    /// From arguments and standard input, which do not change.
    pub fixed: Vec<Entry>,
    /// The file, which may.
    pub file: Option<WatchFile>,
    /// All of them together, as of now.
    pub entries: Vec<Entry>,
    /// Sentences about what was passed over.
    pub warnings: Vec<String>,
}

impl Watched {
    /// Only these, for good.
    pub fn fixed(entries: Vec<Entry>) -> Watched {
        Watched { fixed: entries.clone(), file: None, entries, warnings: Vec::new() }
    }
}

/// Everything that the live view on a server is told by its user.
#[derive(Debug)]
pub struct Settings {
    /// The server, and how to reach it.
    pub server: Options,
    /// Sentences that stay on the screen: what is unsafe about the way to the server.
    pub banners: Vec<String>,
    /// Whom to watch.
    pub watched: Watched,
    /// How often to ask.
    pub pace: PaceSettings,
}

impl Settings {
    /// Reads the command line's wishes, the environment, the watch-list file and, where `-` is among
    /// the users, standard input to its end.
    ///
    /// # Errors
    /// The first wish that cannot be granted.
    pub fn read(cli: &Cli, env: Environment<'_>) -> Result<Settings, SettingsError> {
        if cli.watch.users.is_empty() && cli.watch.watch.is_none() {
            return Err(SettingsError(
                "nobody to watch: name users (imtop user_001), a file (--watch FILE), or - for standard input; \
                 `imtop demo` shows an example without a server"
                    .to_owned(),
            ));
        }
        let pace = PaceSettings::given(&cli.pace, PaceSettings::DEFAULT);
        let (server, banners) = server(&cli.server, pace, env)?;
        Ok(Settings { server, banners, watched: watched(&cli.watch)?, pace })
    }
}

fn server(
    args: &ServerArgs,
    pace: PaceSettings,
    env: Environment<'_>,
) -> Result<(Options, Vec<String>), SettingsError> {
    let api: Origin = args.api.parse().map_err(|error| SettingsError(format!("--api: {error}")))?;
    let mut banners = Vec::new();
    if api.is_exposed() {
        banners.push("plain http: everyone on the way can read tokens".to_owned());
    }
    if args.insecure {
        if !api.is_https() {
            return Err(SettingsError(
                "--insecure is about TLS certificates, but --api is plain http".to_owned(),
            ));
        }
        banners.push("--insecure: the server's certificate is not checked".to_owned());
    }
    let tls = Tls {
        ca_file: args.ca_file.clone(),
        client_cert: args.client_cert.clone(),
        client_key: args.client_key.clone(),
        insecure: args.insecure,
    };
    let options = Options {
        credentials: credentials(args, env)?,
        api,
        timeout: pace.timeout,
        body_limit: args.body_limit,
        gzip: true,
        tls,
        proxy: args.proxy.clone().map(SecretString::from),
        concurrency: pace.concurrency,
        secrets: Vec::new(),
    };
    Ok((options, banners))
}

fn watched(args: &WatchArgs) -> Result<Watched, SettingsError> {
    let mut fixed = Vec::new();
    let mut warnings = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for user in &args.users {
        if user == "-" {
            let listing = read_stdin()?;
            warnings.extend(listing.warnings);
            fixed.extend(listing.entries);
            continue;
        }
        check_id(user).map_err(SettingsError)?;
        if !seen.insert(user.as_str()) {
            warnings.push(format!("{} was named twice, watched once", visible_bounded(user, 40)));
        }
        fixed.push(Entry::of(user));
    }
    let mut entries = fixed.clone();
    let file = args.watch.as_deref().map(|path| open_file(path, &mut entries, &mut warnings)).transpose()?;
    if entries.is_empty() {
        return Err(SettingsError(match &args.watch {
            Some(path) => format!("the watch list {} names nobody", path.display()),
            None => "standard input names nobody to watch".to_owned(),
        }));
    }
    Ok(Watched { fixed, file, entries, warnings })
}

fn open_file(
    path: &Path,
    entries: &mut Vec<Entry>,
    warnings: &mut Vec<String>,
) -> Result<WatchFile, SettingsError> {
    let (file, listing) = WatchFile::open(path).map_err(SettingsError)?;
    warnings.extend(listing.warnings);
    entries.extend(listing.entries);
    Ok(file)
}

fn read_stdin() -> Result<Listing, SettingsError> {
    let mut text = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut text)
        .map_err(|error| SettingsError(format!("cannot read user IDs from standard input: {error}")))?;
    read_watch_list(&text, "standard input").map_err(|error| SettingsError(error.to_string()))
}
