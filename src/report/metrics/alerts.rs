//! Alerts: which fire, how often each has fired and was over, and what came of telling others.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::sheet::{Family, Sheet};
use crate::presence::{AlertChange, Alerts, Event, Update};

const FIRING: Family =
    Family { name: "imtop_alert_firing", unit: None, help: "1 where the alert fires, otherwise 0." };
const FIRED: Family =
    Family { name: "imtop_alert_fired", unit: None, help: "How often the alert has fired." };
const RESOLVED: Family = Family {
    name: "imtop_alert_resolved",
    unit: None,
    help: "How often the alert was over after it had fired.",
};
const DELIVERED: Family = Family {
    name: "imtop_alert_delivered",
    unit: None,
    help: "Notices of alerts that were delivered, by what was to be done.",
};
const GIVEN_UP: Family = Family {
    name: "imtop_alert_given_up",
    unit: None,
    help: "Notices of alerts that could not be delivered and were given up, by what was to be done.",
};

/// What has added up of alerts since the program began.
#[derive(Clone, Debug, Default)]
pub struct AlertCounters {
    /// By the name of the alert: how often it has fired, and was over.
    turns: BTreeMap<String, (u64, u64)>,
    /// By the action: how often it was done, and was given up.
    deliveries: BTreeMap<String, (u64, u64)>,
}

impl AlertCounters {
    /// Counts from 0 for these actions: a series that is there from the beginning can be alerted on.
    pub fn of<'a>(actions: impl IntoIterator<Item = String> + 'a) -> AlertCounters {
        let deliveries = actions.into_iter().map(|action| (action, (0, 0))).collect();
        AlertCounters { turns: BTreeMap::new(), deliveries }
    }

    /// Takes what has happened.
    pub fn follow(&mut self, news: &Update) {
        for event in &news.noted {
            let Event::Alert(event) = event else { continue };
            let (fired, resolved) = self.turns.entry(event.name.clone()).or_default();
            match event.change {
                AlertChange::Fired { .. } => *fired += 1,
                AlertChange::Resolved { .. } => *resolved += 1,
                AlertChange::AboutNobody(_) => {}
            }
        }
    }

    /// Counts that an action was done, or given up.
    pub fn count(&mut self, action: &str, delivered: bool) {
        let (done, given_up) = self.deliveries.entry(action.to_owned()).or_default();
        *(if delivered { done } else { given_up }) += 1;
    }
}

/// The same with how the alerts stand now.
#[derive(Clone, Debug)]
pub(super) struct AlertFigures {
    firing: Vec<(String, bool)>,
    counters: AlertCounters,
}

impl AlertFigures {
    pub(super) fn of(alerts: &Alerts, counters: &AlertCounters) -> AlertFigures {
        let firing = alerts.standing().map(|(rule, since)| (rule.name.clone(), since.is_some())).collect();
        AlertFigures { firing, counters: counters.clone() }
    }
}

impl Collector for AlertFigures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        let turns = |name: &str| self.counters.turns.get(name).copied().unwrap_or_default();
        let alert = |name: &str| [("alert", name.to_owned())];
        sheet.gauges(&FIRING, self.firing.iter().map(|(name, fires)| (alert(name), i64::from(*fires))))?;
        sheet.counters(&FIRED, self.firing.iter().map(|(name, _)| (alert(name), turns(name).0)))?;
        sheet.counters(&RESOLVED, self.firing.iter().map(|(name, _)| (alert(name), turns(name).1)))?;
        let all = || {
            self.counters.deliveries.iter().map(|(action, counts)| ([("action", action.clone())], *counts))
        };
        sheet.counters(&DELIVERED, all().map(|(labels, (done, _))| (labels, done)))?;
        sheet.counters(&GIVEN_UP, all().map(|(labels, (_, given_up))| (labels, given_up)))
    }
}
