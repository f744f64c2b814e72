//! What is done about an alert: a bell, a notification of the terminal, a program, a webhook.
//!
//! When one fires is said by [`crate::presence::Alerts`]; here it is told to others.
//!
//! ```text
//!   AlertEvent --> Notifier --> a queue and a task for each program and webhook --> Outcome
//!                     |
//!                     +--> Ring: for the terminal of whoever runs it
//! ```
//!
//! Nothing here can hold up a view: queues are bounded, and what finds one full is given up at once. What can't be
//! delivered is tried again with growing pauses, and given up audibly. Addresses and secrets of webhooks are read
//! from private files each time, and are in no message, log or error.

mod action;
mod exec;
mod http;
mod notice;
mod notifier;
mod receivers;
mod silences;
mod webhook;
mod worker;

use std::collections::BTreeMap;

use crate::presence::AlertRule;

pub use action::Action;
pub use exec::{EXEC_PATIENCE, Program};
pub use notice::{ALERT_SCHEMA, Notice, Status, Told};
pub use notifier::{Masked, Notifier, Ring};
pub use receivers::{Failure, WebhookKind};
pub use silences::{Silence, Silences};
pub use webhook::Webhook;
pub use worker::{Outcome, Patience};

/// One alert: when it fires, and what is done then.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// When it fires.
    pub rule: AlertRule,
    /// What is done, in this order.
    pub actions: Vec<Action>,
}

/// All alerts, and the webhooks that they name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertSettings {
    /// The alerts, in the order in which they are written.
    pub alerts: Vec<Alert>,
    /// Webhooks by their names.
    pub webhooks: BTreeMap<String, Webhook>,
}

impl AlertSettings {
    /// When they fire.
    pub fn rules(&self) -> std::sync::Arc<[AlertRule]> {
        self.alerts.iter().map(|alert| alert.rule.clone()).collect()
    }

    /// What is done by others than the terminal: each program and each webhook that an alert names, once.
    pub fn outside_actions(&self) -> impl Iterator<Item = &Action> {
        let actions = self.alerts.iter().flat_map(|alert| &alert.actions);
        let outside: std::collections::BTreeSet<&Action> =
            actions.filter(|action| matches!(action, Action::Exec(_) | Action::Webhook(_))).collect();
        outside.into_iter()
    }

    /// The alert of this name.
    pub fn find(&self, name: &str) -> Option<&Alert> {
        self.alerts.iter().find(|alert| alert.rule.name == name)
    }
}
