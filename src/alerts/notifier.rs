//! Hands each alert to those who are to be told, and says what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::AlertSettings;
use super::action::Action;
use super::exec::{EXEC_PATIENCE, Program};
use super::notice::{Notice, Status, Told};
use super::silences::Silences;
use super::worker::{Outcome, Patience, Receiver, Worker};
use crate::presence::{AlertChange, AlertEvent, Event, Moment, Update};

/// So many notices may wait for one receiver.
const QUEUE: usize = 64;

/// Something that the terminal of whoever runs this is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ring {
    /// Ring.
    Bell,
    /// Show a notification (OSC 9).
    Notify(String),
    /// Show a notification with a title (OSC 777).
    NotifyTitled {
        /// The title.
        title: String,
        /// What stands below it.
        body: String,
    },
}

/// Whether names are masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Masked(pub bool);

/// An alert that fires.
struct Firing {
    event: AlertEvent,
    /// Whether anybody was told of it.
    told: bool,
}

/// Hands alerts on. Its tasks go on until what they have was delivered or given up.
pub struct Notifier {
    settings: AlertSettings,
    server: Told,
    queues: BTreeMap<Action, mpsc::Sender<Arc<Notice>>>,
    given: mpsc::UnboundedSender<Outcome>,
    outcomes: mpsc::UnboundedReceiver<Outcome>,
    firing: BTreeMap<String, Firing>,
    /// So many were handed on of which it is not known what came of them.
    pending: usize,
}

impl Notifier {
    /// Starts a task for each program and webhook that an alert names; to be called within a runtime. `unix_ms` reads the
    /// wall clock.
    pub fn start(
        settings: AlertSettings,
        server: Told,
        patience: Patience,
        unix_ms: fn() -> i64,
    ) -> Notifier {
        let (given, outcomes) = mpsc::unbounded_channel();
        let mut queues = BTreeMap::new();
        for action in settings.outside_actions() {
            let receiver = match action {
                Action::Bell | Action::Osc9 | Action::Osc777 => continue,
                Action::Exec(file) => {
                    Receiver::Program(Program { file: file.clone(), patience: EXEC_PATIENCE })
                }
                Action::Webhook(name) => match settings.webhooks.get(name) {
                    Some(webhook) => Receiver::Webhook(webhook.clone()),
                    None => continue,
                },
            };
            queues.entry(action.clone()).or_insert_with(|| {
                let (sender, queue) = mpsc::channel(QUEUE);
                let worker = Worker {
                    action: action.clone(),
                    receiver,
                    queue,
                    outcomes: given.clone(),
                    patience,
                    unix_ms,
                };
                tokio::spawn(worker.run());
                sender
            });
        }
        Notifier { settings, server, queues, given, outcomes, firing: BTreeMap::new(), pending: 0 }
    }

    /// About which server others are told.
    pub fn server(&self) -> &Told {
        &self.server
    }

    /// Takes what has happened up to `now`; what the terminal is to do about it. Nothing is awaited. Of a recording
    /// nobody is told.
    pub fn follow(&mut self, news: &Update, silences: &Silences, now: Moment, masked: Masked) -> Vec<Ring> {
        let mut rings = Vec::new();
        if news.replaced {
            self.firing.clear();
        }
        for event in &news.noted {
            let Event::Alert(event) = event else { continue };
            if event.is_replayed {
                continue;
            }
            match event.change {
                AlertChange::Fired { .. } => {
                    self.firing.insert(event.name.clone(), Firing { event: event.clone(), told: false });
                }
                AlertChange::Resolved { .. } => {
                    // Who was told that it began is told that it is over.
                    if self.firing.remove(&event.name).is_some_and(|firing| firing.told) {
                        self.tell(event, masked, &mut rings);
                    }
                }
                AlertChange::AboutNobody(_) => {}
            }
        }
        let untold: Vec<AlertEvent> = self
            .firing
            .values_mut()
            .filter(|firing| !firing.told && !silences.holds(&firing.event.name, now))
            .map(|firing| {
                firing.told = true;
                firing.event.clone()
            })
            .collect();
        for event in untold {
            self.tell(&event, masked, &mut rings);
        }
        rings
    }

    fn tell(&mut self, event: &AlertEvent, masked: Masked, rings: &mut Vec<Ring>) {
        if let Some(notice) = Notice::of(event, &self.server, masked.0) {
            rings.extend(self.send(notice));
        }
    }

    /// Hands a notice to everybody whom its alert names; what the terminal is to do.
    pub fn send(&mut self, notice: Notice) -> Vec<Ring> {
        let actions =
            self.settings.find(&notice.alert).map(|alert| alert.actions.clone()).unwrap_or_default();
        let mut rings = Vec::new();
        let notice = Arc::new(notice);
        for action in actions {
            match &action {
                // That something is over is no reason to ring.
                Action::Bell if notice.status == Status::Resolved => {}
                Action::Bell => rings.push(Ring::Bell),
                Action::Osc9 => rings.push(Ring::Notify(format!("{}: {}", notice.title(), notice.text))),
                Action::Osc777 => {
                    rings.push(Ring::NotifyTitled { title: notice.title(), body: notice.text.clone() });
                }
                Action::Exec(_) | Action::Webhook(_) => {
                    let Some(queue) = self.queues.get(&action) else { continue };
                    self.pending += 1;
                    if queue.try_send(Arc::clone(&notice)).is_err() {
                        let outcome = Outcome {
                            alert: notice.alert.clone(),
                            severity: notice.severity,
                            status: notice.status,
                            action,
                            attempts: 0,
                            result: Err(format!("{QUEUE} others wait for it already")),
                        };
                        let _ = self.given.send(outcome); // we hold the other end
                    }
                }
            }
        }
        rings
    }

    /// What came of a notice, when one was delivered or given up. Nothing is lost when this is given up while it waits.
    pub async fn outcome(&mut self) -> Outcome {
        match self.outcomes.recv().await {
            Some(outcome) => {
                self.pending = self.pending.saturating_sub(1);
                outcome
            }
            None => std::future::pending().await, // we hold a sender
        }
    }

    /// How many were handed on of which it is not known what came of them.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Waits for what is under way, no longer than `patience`; what came of it.
    pub async fn finish(&mut self, patience: Duration) -> Vec<Outcome> {
        let until = Instant::now() + patience;
        let mut outcomes = Vec::new();
        while self.pending > 0
            && let Ok(outcome) = timeout_at(until, self.outcome()).await
        {
            outcomes.push(outcome);
        }
        outcomes
    }
}
