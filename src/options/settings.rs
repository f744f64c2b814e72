//! Everything that the live view on a server is told by its user.

use std::time::Duration;

use secrecy::SecretString;

use super::credentials::Belonging;
use super::sources::{Chosen, View};
use super::value::{Said, Value};
use super::watched::Wanted;
use super::witnesses::{WitnessSettings, thresholds};
use super::{PictureSettings, Watched};
use crate::openim::{Credentials, Options, Origin, Tls, known_secrets};
use crate::options::cli::{PaceArgs, parse_interval, parse_size, parse_timeout};
use crate::presence::{RuleSettings, Thresholds};
use crate::tui::Keymap;

/// Where the API is if nobody says so.
pub(super) const USUAL_API: &str = "http://127.0.0.1:10002";

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

    pub(super) fn of(view: View<'_>) -> PaceSettings {
        let usual = PaceSettings::DEFAULT;
        PaceSettings {
            interval: view
                .text("interval")
                .and_then(|text| parse_interval(text).ok())
                .unwrap_or(usual.interval),
            batch: view.number("batch").map_or(usual.batch, |number| number as u32),
            concurrency: view.number("concurrency").map_or(usual.concurrency, |number| number as usize),
            timeout: view.text("timeout").and_then(|text| parse_timeout(text).ok()).unwrap_or(usual.timeout),
        }
    }
}

/// Everything that the live view on a server is told by its user.
#[derive(Debug)]
pub struct Settings {
    /// The context that they are for, as the file names it.
    pub context: Option<String>,
    /// Whether it is the context of a server that people depend on.
    pub production: bool,
    /// The server, and how to reach it; also the secrets that session tokens are tried against.
    pub server: Options,
    /// Sentences that stay on the screen: what is unsafe about the way to the server.
    pub banners: Vec<String>,
    /// Whom to watch.
    pub watched: Watched,
    /// How often to ask.
    pub pace: PaceSettings,
    /// Which witnesses are asked beside the sockets.
    pub witnesses: WitnessSettings,
    /// What the verdict on a user turns on.
    pub thresholds: Thresholds,
    /// How things are to look.
    pub picture: PictureSettings,
    /// What the rules are told.
    pub rules: RuleSettings,
    /// Which keys do what.
    pub keymap: Keymap,
}

impl Settings {
    /// # Errors
    /// The first wish that cannot be granted.
    pub(super) fn of(view: View<'_>) -> Result<Settings, SettingsError> {
        let wanted = Wanted::of(view)?;
        let picture = PictureSettings::of(view)?;
        let pace = PaceSettings::of(view);
        let (server, banners, production) = server(view, pace)?;
        let (api, said) = api(view)?;
        let witnesses = WitnessSettings::of(view, &Belonging::of(view, &api, said), &api)?;
        Ok(Settings {
            context: view.context.map(str::to_owned),
            production,
            watched: wanted.read()?,
            server,
            banners,
            pace,
            witnesses,
            thresholds: thresholds(view),
            picture,
            rules: RuleSettings { policy: view.number("policy").map(|number| number as u8) },
            keymap: view.sources.keymap()?,
        })
    }
}

/// Where the API is, and who says so.
///
/// # Errors
/// It is no address of an API.
pub(super) fn api(view: View<'_>) -> Result<(Origin, Said<'_>), SettingsError> {
    let (text, said) = match view.chosen("api") {
        Some(chosen) => (chosen.text().unwrap_or_default(), chosen.said),
        None => (USUAL_API, Said::Default),
    };
    let api =
        text.parse().map_err(|error| SettingsError(format!("{}: {error}", view.blamed("api", said))))?;
    Ok((api, said))
}

/// What a client is made of, banners, and whether the server is one that people depend on.
///
/// # Errors
/// The first wish that cannot be granted.
pub(super) fn server(
    view: View<'_>,
    pace: PaceSettings,
) -> Result<(Options, Vec<String>, bool), SettingsError> {
    server_with(view, pace, Belonging::credentials)
}

/// The same with credentials that somebody else finds.
///
/// # Errors
/// The first wish that cannot be granted.
pub(super) fn server_with<'a>(
    view: View<'a>,
    pace: PaceSettings,
    credentials: impl FnOnce(&Belonging<'a>) -> Result<Credentials, SettingsError>,
) -> Result<(Options, Vec<String>, bool), SettingsError> {
    let (api, said) = api(view)?;
    let belonging = Belonging::of(view, &api, said);
    let is_on =
        |name: &str| matches!(belonging.chosen(name), Some(Chosen { value: Value::Switch(true), .. }));
    let path = |name: &str| belonging.chosen(name).and_then(Chosen::path);
    let mut banners = Vec::new();
    if api.is_exposed() {
        banners.push("plain http: everyone on the way can read tokens".to_owned());
    }
    let insecure = is_on("insecure");
    if insecure {
        if !api.is_https() {
            return Err(SettingsError(
                "--insecure is about TLS certificates, but --api is plain http".to_owned(),
            ));
        }
        banners.push("--insecure: the server's certificate is not checked".to_owned());
    }
    let tls = Tls {
        ca_file: view.path("ca-file"),
        client_cert: path("client-cert"),
        client_key: path("client-key"),
        insecure,
    };
    let options = Options {
        credentials: credentials(&belonging)?,
        api,
        timeout: pace.timeout,
        body_limit: view
            .text("body-limit")
            .and_then(|text| parse_size(text).ok())
            .unwrap_or(Options::BODY_LIMIT),
        gzip: true,
        tls,
        proxy: view.text("proxy").map(SecretString::from),
        concurrency: pace.concurrency,
        secrets: secrets(view)?,
    };
    Ok((options, banners, is_on("production")))
}

fn secrets(view: View<'_>) -> Result<Vec<SecretString>, SettingsError> {
    let Some(chosen) = view.chosen("check-secrets") else { return Ok(Vec::new()) };
    let file = match chosen.value {
        Value::Path(path) => Some(path.as_path()),
        Value::Switch(true) => None,
        _ => return Ok(Vec::new()),
    };
    known_secrets(file)
        .map_err(|error| SettingsError(format!("{}: {error}", view.blamed("check-secrets", chosen.said))))
}
