//! Alerts where there is no screen: whom they are told to, and what is written of that.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use super::environment;
use crate::alerts::{AlertSettings, Masked, Notifier, Outcome, Patience, Silences, Told};
use crate::clock;
use crate::engine::About;
use crate::presence::{Moment, Update};
use crate::tui::clipboard::Multiplexer;
use crate::tui::notification::notification;

/// So long a command that ends waits for what is under way.
pub(super) const FAREWELL: Duration = Duration::from_secs(5);

/// Tells others of alerts; to be called within a runtime.
pub(super) fn notifier(settings: AlertSettings, about: &About, patience: Patience) -> Notifier {
    let server =
        Told { api: about.api.clone(), context: about.context.clone(), production: about.production };
    Notifier::start(settings, server, patience, clock::unix_ms)
}

/// Alerts of a command without a screen. The terminal of standard error rings, if it is one.
pub(super) struct Alerting {
    notifier: Notifier,
    masked: Masked,
}

impl Alerting {
    pub(super) fn start(settings: AlertSettings, about: &About, mask: bool) -> Alerting {
        Alerting { notifier: notifier(settings, about, Patience::default()), masked: Masked(mask) }
    }

    /// Takes what has happened.
    pub(super) fn follow(&mut self, news: &Update, now: Moment) {
        let rings = self.notifier.follow(news, &Silences::default(), now, self.masked);
        if !rings.is_empty() && io::stderr().is_terminal() {
            let multiplexer = Multiplexer::of(&environment);
            for ring in rings {
                // A terminal that is gone is told elsewhere.
                let _ = io::stderr().lock().write_all(&notification(&ring, multiplexer));
            }
        }
    }

    /// What came of telling somebody.
    pub(super) async fn outcome(&mut self) -> Outcome {
        self.notifier.outcome().await
    }

    /// Waits for what is under way; what came of it, and how much is lost.
    pub(super) async fn finish(&mut self) -> (Vec<Outcome>, usize) {
        let outcomes = self.notifier.finish(FAREWELL).await;
        (outcomes, self.notifier.pending())
    }
}

/// What came of telling somebody; never, where nobody is told.
pub(super) async fn outcome_of(alerting: Option<&mut Alerting>) -> Outcome {
    match alerting {
        Some(alerting) => alerting.outcome().await,
        None => std::future::pending().await,
    }
}
