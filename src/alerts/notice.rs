//! What others are told of an alert. No token or secret is in it, and no user's name where names are masked.

use serde::Serialize;

use crate::listing::{Time, alert_words};
use crate::presence::{AlertChange, AlertEvent, AlertRule};

/// The name and version of the format. Within a version fields are only added.
pub const ALERT_SCHEMA: &str = "imtop.alert/1";

/// Whether it begins or is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It fires.
    Firing,
    /// It is over.
    Resolved,
    /// Somebody tries whether it would arrive.
    Test,
}

impl Status {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Status::Firing => "firing",
            Status::Resolved => "resolved",
            Status::Test => "test",
        }
    }
}

/// About which server others are told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Its address; without credentials.
    pub api: String,
    /// The context that names it.
    pub context: Option<String>,
    /// Whether people depend on it.
    pub production: bool,
}

impl Told {
    /// What people call the server.
    pub fn name(&self) -> &str {
        self.context.as_deref().unwrap_or(&self.api)
    }
}

/// What others are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The name and version of this format.
    pub schema: &'static str,
    /// What people call the alert.
    pub alert: String,
    /// Whether it begins or is over.
    pub status: Status,
    /// How serious it is: `info`, `warning` or `critical`.
    pub severity: &'static str,
    /// When that was.
    pub at: Option<Time>,
    /// Since when the condition held, where it fires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// When it had fired.
    pub fired: Option<Time>,
    /// The condition; none where it may name users whom nobody is to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// What its counts came to, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<String>,
    /// About which server.
    pub server: Told,
    /// All this in one sentence.
    pub text: String,
}

impl Notice {
    /// What others are told of an event; none where there is nothing to tell.
    pub fn of(event: &AlertEvent, server: &Told, masked: bool) -> Option<Notice> {
        let (status, since, fired) = match &event.change {
            AlertChange::Fired { since } => (Status::Firing, Some(*since), event.at),
            AlertChange::Resolved { fired } => (Status::Resolved, None, *fired),
            AlertChange::AboutNobody(_) => return None,
        };
        let tells = !(masked && event.picks_users);
        Some(Notice {
            schema: ALERT_SCHEMA,
            alert: event.name.clone(),
            status,
            severity: event.severity.word(),
            at: Time::of(event.at.unix_ms),
            since: since.and_then(|since| Time::of(since.unix_ms)),
            fired: Time::of(fired.unix_ms),
            when: tells.then(|| event.when.clone()),
            figures: (tells && !event.figures.is_empty()).then(|| event.figures.clone()),
            text: alert_words(event, masked),
            server: server.clone(),
        })
    }

    /// A try whether anything would arrive.
    pub fn test(rule: &AlertRule, server: &Told, unix_ms: i64) -> Notice {
        let name = &rule.name;
        Notice {
            schema: ALERT_SCHEMA,
            alert: name.clone(),
            status: Status::Test,
            severity: rule.severity.word(),
            at: Time::of(unix_ms),
            since: None,
            fired: Time::of(unix_ms),
            when: Some(rule.when.to_string()),
            figures: None,
            server: server.clone(),
            text: format!("alert {name}: this is a test of `imtop alert test`, nothing is wrong"),
        }
    }

    /// One line for the top: `imtop FIRING critical: gateway down, im-eu`.
    pub fn title(&self) -> String {
        let status = self.status.word().to_uppercase();
        format!("imtop {status} {}: {}, {}", self.severity, self.alert, self.server.name())
    }

    /// All of it in a few lines, for people.
    pub fn lines(&self) -> String {
        let mut lines = vec![self.title(), self.text.clone()];
        if let Some(context) = &self.server.context {
            let production = if self.server.production { ", production" } else { "" };
            lines.push(format!("server: {context}{production} ({})", self.server.api));
        }
        lines.extend(self.since.map(|since| format!("since {since}")));
        lines.extend(self.at.map(|at| format!("at {at}")));
        lines.join("\n")
    }

    /// As JSON.
    pub fn json(&self) -> Vec<u8> {
        // Strings and numbers can always be written.
        serde_json::to_vec(self).unwrap_or_default()
    }
}
