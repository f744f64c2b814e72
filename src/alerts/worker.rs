//! One receiver's queue: tells of one notice after the other, tries again what may pass, and says what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{info, warn};

use super::action::Action;
use super::exec::Program;
use super::notice::{Notice, Status};
use super::receivers::Failure;
use super::webhook::Webhook;

/// How long and how often a delivery is tried.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The pause after the first try; each further one is twice as long.
    pub first: Duration,
    /// The longest of these pauses.
    pub longest: Duration,
    /// So often at most.
    pub attempts: u32,
    /// A receiver that asks for a longer pause than this is given up.
    pub longest_asked: Duration,
    /// A receiver that forgets is told again after so long.
    pub repeat: Duration,
}

impl Default for Patience {
    /// About four minutes.
    fn default() -> Patience {
        Patience {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            attempts: 9,
            longest_asked: Duration::from_secs(600),
            repeat: Duration::from_secs(60),
        }
    }
}

/// What came of telling one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Of which alert.
    pub alert: String,
    /// How serious it is.
    pub severity: &'static str,
    /// What it was told.
    pub status: Status,
    /// What was to be done.
    pub action: Action,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether it was delivered; else why it was given up. Visible-safe, without secrets.
    pub result: Result<(), String>,
}

impl Outcome {
    /// In a sentence: `alert gateway down: firing delivered to webhook:dingtalk`.
    pub fn words(&self) -> String {
        let Outcome { alert, status, action, attempts, result, .. } = self;
        let tries = if *attempts == 1 { "1 try".to_owned() } else { format!("{attempts} tries") };
        match result {
            Ok(()) if *attempts > 1 => {
                format!("alert {alert}: {} delivered to {action} after {tries}", status.word())
            }
            Ok(()) => format!("alert {alert}: {} delivered to {action}", status.word()),
            Err(why) => {
                format!(
                    "alert {alert}: {} NOT delivered to {action}, given up after {tries}: {why}",
                    status.word()
                )
            }
        }
    }
}

/// Whom a worker tells.
pub(super) enum Receiver {
    Program(Program),
    Webhook(Webhook),
}

impl Receiver {
    async fn tell(&self, notices: &[&Notice], unix_ms: i64) -> Result<(), Failure> {
        match self {
            Receiver::Program(program) => match notices.first() {
                Some(notice) => program.tell(notice).await,
                None => Ok(()),
            },
            Receiver::Webhook(webhook) => webhook.tell(notices, unix_ms).await,
        }
    }

    fn wants_repeats(&self) -> bool {
        matches!(self, Receiver::Webhook(webhook) if webhook.kind.wants_repeats())
    }
}

/// Tells a receiver of what comes in `queue`, until that is closed.
pub(super) struct Worker {
    pub(super) action: Action,
    pub(super) receiver: Receiver,
    pub(super) queue: mpsc::Receiver<Arc<Notice>>,
    pub(super) outcomes: mpsc::UnboundedSender<Outcome>,
    pub(super) patience: Patience,
    /// Reads the wall clock.
    pub(super) unix_ms: fn() -> i64,
}

impl Worker {
    pub(super) async fn run(mut self) {
        // What a receiver that forgets has been told of and has to be told again.
        let mut firing: BTreeMap<String, Arc<Notice>> = BTreeMap::new();
        let mut repeat = Instant::now() + self.patience.repeat;
        loop {
            let notice = tokio::select! {
                biased;
                notice = self.queue.recv() => notice,
                () = sleep_until(repeat), if !firing.is_empty() => {
                    let all: Vec<&Notice> = firing.values().map(AsRef::as_ref).collect();
                    if let Err(failure) = self.receiver.tell(&all, (self.unix_ms)()).await {
                        // It still has time for three more.
                        warn!(action = %self.action, why = failure.what(), "alerts not repeated");
                    }
                    repeat = Instant::now() + self.patience.repeat;
                    continue;
                }
            };
            let Some(notice) = notice else { return };
            let (attempts, result) = self.deliver(&notice).await;
            match &result {
                Ok(()) => {
                    info!(alert = %notice.alert, status = notice.status.word(), action = %self.action, attempts, "alert delivered");
                }
                Err(why) => {
                    warn!(alert = %notice.alert, status = notice.status.word(), action = %self.action, attempts, why, "alert given up");
                }
            }
            if self.receiver.wants_repeats() {
                // Also one that was given up: the receiver may come back while it fires.
                match notice.status {
                    Status::Firing => {
                        if firing.is_empty() {
                            repeat = Instant::now() + self.patience.repeat;
                        }
                        firing.insert(notice.alert.clone(), Arc::clone(&notice));
                    }
                    Status::Resolved => drop(firing.remove(&notice.alert)),
                    Status::Test => {}
                }
            }
            let outcome = Outcome {
                alert: notice.alert.clone(),
                severity: notice.severity,
                status: notice.status,
                action: self.action.clone(),
                attempts,
                result,
            };
            // Whoever asked for it may be gone.
            let _ = self.outcomes.send(outcome);
        }
    }

    /// Tries until it is delivered or given up; how often, and what came of it.
    async fn deliver(&self, notice: &Notice) -> (u32, Result<(), String>) {
        let mut pause = self.patience.first;
        let mut attempt = 1;
        loop {
            let failure = match self.receiver.tell(&[notice], (self.unix_ms)()).await {
                Ok(()) => return (attempt, Ok(())),
                Err(failure) => failure,
            };
            let Failure::Passing { what, after_ms } = failure else {
                return (attempt, Err(failure.what().to_owned()));
            };
            if attempt >= self.patience.attempts {
                return (attempt, Err(what));
            }
            let asked = after_ms.map(Duration::from_millis);
            if asked.is_some_and(|asked| asked > self.patience.longest_asked) {
                return (attempt, Err(format!("{what}; it wants to be asked again only much later")));
            }
            // Never sooner than the receiver wants it; a little apart from others who were refused as well.
            let jitter = pause.mul_f64(fastrand::f64() * 0.2);
            sleep(asked.unwrap_or(pause).max(pause) + jitter).await;
            pause = (pause * 2).min(self.patience.longest);
            attempt += 1;
        }
    }
}
