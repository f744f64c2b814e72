//! All that one look gets, as text.

use std::fmt;
use std::io::{self, Write};

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::alerts::{AlertCounters, AlertFigures};
use super::counters::Counters;
use super::figures::Figures;
use super::format::Format;
use super::process::Process;
use super::prometheus_text::prometheus_text;
use super::rollups::Rollups;
use super::users::Users;
use crate::listing::Names;
use crate::presence::{Alerts, By, Knowledge, Moment};

/// All that one look gets.
#[derive(Debug)]
pub struct Page(Registry);

impl Page {
    /// What is known at `now`.
    pub fn of(knowledge: &Knowledge, now: Moment) -> Page {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Figures::of(knowledge, now)));
        Page(registry)
    }

    /// And what has added up.
    #[must_use]
    pub fn with_counters(mut self, counters: &Counters) -> Page {
        self.0.register_collector(Box::new(counters.clone()));
        self
    }

    /// And alerts, where there are any.
    #[must_use]
    pub fn with_alerts(mut self, alerts: &Alerts, counters: &AlertCounters) -> Page {
        if !alerts.rules().is_empty() {
            self.0.register_collector(Box::new(AlertFigures::of(alerts, counters)));
        }
        self
    }

    /// And what the program costs.
    #[must_use]
    pub fn with_process(mut self, process: Process) -> Page {
        self.0.register_collector(Box::new(process));
        self
    }

    /// And users counted by each of these, of which at most [`super::MOST_NAMED`] have series of their own.
    #[must_use]
    pub fn with_rollups(mut self, knowledge: &Knowledge, names: &Names, by: &[By]) -> Page {
        // Whatever was asked for twice is written once.
        for by in By::ALL.into_iter().filter(|each| by.contains(each)) {
            self.0.register_collector(Box::new(Rollups::of(knowledge, names, by)));
        }
        self
    }

    /// And every user, or nobody where there are more than [`super::MOST_USERS`].
    #[must_use]
    pub fn with_users(mut self, knowledge: &Knowledge) -> Page {
        if let Some(users) = Users::of(knowledge) {
            self.0.register_collector(Box::new(users));
        }
        self
    }

    /// The whole text.
    ///
    /// # Errors
    /// None that is known: a `String` takes everything.
    pub fn text(&self, format: Format) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.0)?;
        Ok(match format {
            Format::OpenMetrics => text,
            Format::Prometheus => prometheus_text(&text),
        })
    }
}

/// Writes what is known at `now` as OpenMetrics text, and users counted by each of `by`: only what is so now, nothing
/// that adds up.
///
/// # Errors
/// Those of `out`.
pub fn openmetrics(
    knowledge: &Knowledge,
    now: Moment,
    (names, by): (&Names, &[By]),
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = Page::of(knowledge, now).with_rollups(knowledge, names, by);
    let text = page.text(Format::OpenMetrics).map_err(io::Error::other)?;
    out.write_all(text.as_bytes())?;
    out.flush()
}
