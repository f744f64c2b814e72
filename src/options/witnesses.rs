//! Which witnesses are asked beside the sockets, and what the verdict turns on.

use std::time::Duration;

use super::SettingsError;
use super::credentials::Belonging;
use super::sources::{Chosen, View};
use crate::openim::{GatewayRule, Network, Origin};
use crate::options::cli::parse_interval;
use crate::presence::{Thresholds, Witnesses};

/// Which witnesses are asked beside the sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessSettings {
    /// Whether the registry, the tokens and the accounts are.
    pub registry: bool,
    /// Which gateways may be asked for a sign of life.
    pub gateways: GatewayRule,
    /// While nobody is in doubt: how many more questions are put than those to the sockets, in percent.
    pub extra_percent: u8,
}

impl Default for WitnessSettings {
    /// What is used where nobody says otherwise, for a server on this machine.
    fn default() -> WitnessSettings {
        WitnessSettings { registry: true, gateways: GatewayRule::Off, extra_percent: 5 }
    }
}

impl WitnessSettings {
    /// # Errors
    /// A network that is none.
    pub(super) fn of(
        view: View<'_>,
        belonging: &Belonging<'_>,
        api: &Origin,
    ) -> Result<WitnessSettings, SettingsError> {
        let usual = WitnessSettings::default();
        let networks = belonging.chosen("gateway-networks").and_then(Chosen::list).unwrap_or_default();
        let gateways = match belonging.chosen("gateway-metrics").and_then(Chosen::text) {
            Some("off") => GatewayRule::Off,
            Some("on") => GatewayRule::All,
            _ if api.is_loopback() => GatewayRule::Off,
            _ => {
                let network = |text: &String| {
                    text.parse::<Network>()
                        .map_err(|error| SettingsError(format!("gateway-networks: {error}")))
                };
                GatewayRule::Near(networks.iter().map(network).collect::<Result<_, _>>()?)
            }
        };
        let extra = view.text("extra-share").and_then(|text| parse_percent(text).ok());
        Ok(WitnessSettings {
            registry: view.text("registry") != Some("off"),
            gateways,
            extra_percent: extra.unwrap_or(usual.extra_percent),
        })
    }

    /// The witnesses as a roster begins with them.
    pub fn to_be_asked(&self) -> Witnesses {
        Witnesses::to_be_asked(self.registry, self.gateways != GatewayRule::Off)
    }
}

/// What the verdict turns on.
pub(super) fn thresholds(view: View<'_>) -> Thresholds {
    let usual = Thresholds::default();
    let ms = |name: &str, usual: u64| {
        let time = view.text(name).and_then(|text| parse_interval(text).ok());
        time.map_or(usual, |time: Duration| time.as_millis() as u64)
    };
    let count = |name: &str, usual: u32| view.number(name).map_or(usual, |number| number as u32);
    Thresholds {
        leaving_ms: ms("leaving", usual.leaving_ms),
        checking_ms: ms("checking", usual.checking_ms),
        unseen_ms: ms("unseen", usual.unseen_ms),
        ghost_ms: ms("ghost", usual.ghost_ms),
        loss_users: count("loss-users", usual.loss_users),
        loss_percent: count("loss-percent", usual.loss_percent),
    }
}

/// A share in whole percent: `5%`.
pub(super) fn parse_percent(text: &str) -> Result<u8, String> {
    let number = text.trim().strip_suffix('%').map(str::trim_end);
    number
        .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|number| number.parse().ok())
        .filter(|percent| *percent <= 100)
        .ok_or_else(|| "expected a share from \"0%\" to \"100%\"".to_owned())
}

/// Whether a text names a network.
pub(super) fn is_network(text: &str) -> Result<(), String> {
    text.parse::<Network>().map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_written_in_percent() {
        assert_eq!(["0%", "5%", " 12 %", "100%"].map(|text| parse_percent(text).unwrap()), [0, 5, 12, 100]);
        for text in ["", "%", "5", "101%", "-1%", "+5%", "1.5%", "5%%", "300%"] {
            assert!(parse_percent(text).is_err(), "{text}");
        }
    }
}
