//! All that one look gets, as text.

use std::fmt;
use std::io::{self, Write};

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::counters::Counters;
use super::figures::Figures;
use super::format::Format;
use super::process::Process;
use super::prometheus_text::prometheus_text;
use super::users::Users;
use crate::presence::{Knowledge, Moment};

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

    /// And what the program costs.
    #[must_use]
    pub fn with_process(mut self, process: Process) -> Page {
        self.0.register_collector(Box::new(process));
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

/// Writes what is known at `now` as OpenMetrics text: only what is so now, nothing that adds up.
///
/// # Errors
/// Those of `out`.
pub fn openmetrics(knowledge: &Knowledge, now: Moment, out: &mut dyn Write) -> io::Result<()> {
    let text = Page::of(knowledge, now).text(Format::OpenMetrics).map_err(io::Error::other)?;
    out.write_all(text.as_bytes())?;
    out.flush()
}
