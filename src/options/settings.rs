//! A server, how to reach it, and whom to watch on it, as the user says.

use secrecy::SecretString;

use super::credentials::credentials;
use super::read::CheckSecrets;
use super::sources::View;
use super::table::Values;
use super::watched::{Whom, nobody};
use crate::openim::{Credentials, GatewayAddress, GatewayRule, Network, Options, Origin, Tls, known_secrets};
use crate::presence::{RuleSettings, Thresholds};

/// Something that the user said cannot be; a sentence with what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

/// Everything that a session on a server is told by its user.
#[derive(Debug)]
pub struct Settings {
    /// The context that they are for, as the file names it.
    pub context: Option<String>,
    /// The server, and how to reach it; also the secrets that session tokens are tried against.
    pub server: Options,
    /// Sentences that stay on the screen: what is unsafe about the way to the server.
    pub banners: Vec<String>,
    /// Whom to watch.
    pub whom: Whom,
    /// Which gateways may be asked for a sign of life.
    pub gateways: GatewayRule,
    /// Those that are asked besides.
    pub named_gateways: Vec<GatewayAddress>,
    /// The value of every option.
    pub values: Values,
}

impl Settings {
    /// # Errors
    /// The first wish that cannot be granted.
    pub(super) fn of(view: View<'_>) -> Result<Settings, SettingsError> {
        if !Whom::is_anybody(view) {
            return Err(nobody(view.context));
        }
        Settings::of_server(view)
    }

    /// The same where the command itself names whom it asks about.
    ///
    /// # Errors
    /// The first wish that cannot be granted.
    pub(super) fn of_server(view: View<'_>) -> Result<Settings, SettingsError> {
        let values = Values::of(view)?;
        let (server, banners) = server(view, &values, || credentials(view, &values))?;
        Ok(Settings {
            context: view.context.map(str::to_owned),
            gateways: gateways(&values, &server.api)?,
            named_gateways: named_gateways(&values)?,
            whom: Whom::of(view, &values)?,
            server,
            banners,
            values,
        })
    }
}

impl Values {
    /// What the verdict turns on.
    pub fn thresholds(&self) -> Thresholds {
        let ms = |time: std::time::Duration| time.as_millis() as u64;
        Thresholds {
            leaving_ms: ms(self.leaving),
            checking_ms: ms(self.checking),
            unseen_ms: ms(self.unseen),
            ghost_ms: ms(self.ghost),
            loss_users: self.loss_users,
            loss_percent: self.loss_percent,
        }
    }

    /// What the rules are told.
    pub fn rules(&self) -> RuleSettings {
        RuleSettings { policy: self.policy }
    }
}

/// What a client is made of, with the credentials that are found when the rest is in order; and banners.
///
/// # Errors
/// The first wish that cannot be granted.
pub(super) fn server(
    view: View<'_>,
    values: &Values,
    credentials: impl FnOnce() -> Result<Credentials, SettingsError>,
) -> Result<(Options, Vec<String>), SettingsError> {
    let (api, _) = view.api()?;
    let mut banners = Vec::new();
    if api.is_exposed() {
        banners.push("plain http: everyone on the way can read tokens".to_owned());
    }
    if values.insecure {
        if !api.is_https() {
            return Err(SettingsError(
                "--insecure is about TLS certificates, but --api is plain http".to_owned(),
            ));
        }
        banners.push("--insecure: the server's certificate is not checked".to_owned());
    }
    let tls = Tls {
        ca_file: values.ca_file.clone(),
        client_cert: values.client_cert.clone(),
        client_key: values.client_key.clone(),
        insecure: values.insecure,
    };
    let options = Options {
        credentials: credentials()?,
        api,
        timeout: values.timeout,
        body_limit: values.body_limit.0,
        gzip: true,
        tls,
        proxy: values.proxy.clone(),
        concurrency: values.concurrency.unwrap_or(Options::MOST_AT_ONCE),
        secrets: secrets(view, &values.check_secrets)?,
    };
    Ok((options, banners))
}

fn secrets(view: View<'_>, check: &CheckSecrets) -> Result<Vec<SecretString>, SettingsError> {
    let Some(chosen) = view.chosen("check_secrets") else { return Ok(Vec::new()) };
    let known = match check {
        CheckSecrets::Off => return Ok(Vec::new()),
        CheckSecrets::Shipped => known_secrets(None),
        CheckSecrets::And(file) => known_secrets(Some(file)),
    };
    known.map_err(|error| view.blame("check_secrets", chosen.said, &error))
}

fn named_gateways(values: &Values) -> Result<Vec<GatewayAddress>, SettingsError> {
    if values.gateway_metrics == "off" {
        return Ok(Vec::new());
    }
    let parsed = values.gateways.iter().map(|text| text.parse::<GatewayAddress>());
    parsed.collect::<Result<_, _>>().map_err(|error| SettingsError(format!("gateways: {error}")))
}

fn gateways(values: &Values, api: &Origin) -> Result<GatewayRule, SettingsError> {
    Ok(match values.gateway_metrics.as_str() {
        "on" => GatewayRule::All,
        "auto" if !api.is_loopback() => {
            let network = |text: &String| text.parse::<Network>();
            let networks = values.gateway_networks.iter().map(network).collect::<Result<_, _>>();
            GatewayRule::Near(networks.map_err(|error| SettingsError(format!("gateway-networks: {error}")))?)
        }
        _ => GatewayRule::Off,
    })
}
