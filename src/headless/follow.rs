//! Follows a server, input by input, and keeps the chronicle of it.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::app::Msg;
use crate::feed::Now;
use crate::intake::Intake;
use crate::presence::{Chronicle, Input, Moment, News, Roster};
use crate::signals::{Signal, Signals};
use crate::terminal::panicked;

/// What is followed, for those who write it down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The server's address; without credentials.
    pub api: String,
    /// The context that names it.
    pub context: Option<String>,
}

/// How a round went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Every batch was answered.
    Whole,
    /// Some batches were answered.
    Partial,
    /// None was.
    Failed,
}

impl Round {
    /// How the last round of what `roster` knows went.
    pub fn of(roster: &Roster) -> Round {
        let batches = roster.batches();
        match batches.iter().filter(|batch| batch.answered.is_some() && batch.failing.is_none()).count() {
            0 if !batches.is_empty() => Round::Failed,
            answered if answered < batches.len() => Round::Partial,
            _ => Round::Whole,
        }
    }
}

/// Why there is nothing more to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The time that was given is up.
    TimeUp,
    /// A signal.
    Signalled(Signal),
    /// A task has panicked, and has said so.
    Panicked,
}

impl Ended {
    /// The exit code of a command that this ends; `None` where that is for the command to say.
    pub fn exit_code(self) -> Option<u8> {
        match self {
            Ended::TimeUp => None,
            Ended::Signalled(signal) => signal.exit_code(),
            Ended::Panicked => Some(1),
        }
    }
}

/// Follows a server.
pub struct Follower {
    about: About,
    chronicle: Chronicle,
    intake: Intake,
    now: Now,
    signals: Signals,
    /// What has come in, and is taken when all that happened before it is told.
    waiting: Vec<(Moment, Input)>,
    ended: Option<Ended>,
}

impl Follower {
    /// Begins with `chronicle`, which knows nothing yet; what comes in comes through `intake`.
    pub fn live(about: About, chronicle: Chronicle, intake: Intake, signals: Signals, now: Now) -> Follower {
        Follower { about, chronicle, intake, now, signals, waiting: Vec::new(), ended: None }
    }

    /// What is followed.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// All that is known.
    pub fn chronicle(&self) -> &Chronicle {
        &self.chronicle
    }

    /// The time.
    pub fn now(&self) -> Moment {
        (self.now)().max(self.chronicle.now())
    }

    /// Why there is nothing more to follow.
    pub fn ended(&self) -> Option<Ended> {
        self.ended
    }

    /// Waits until every batch was answered or has failed once; `progress` hears after how many of how
    /// many it is. Ends early when there is nothing more to follow.
    pub async fn round(&mut self, progress: &mut (dyn FnMut(usize, usize) + Send)) -> Round {
        loop {
            let batches = self.chronicle.roster().batches();
            let heard =
                batches.iter().filter(|batch| batch.answered.is_some() || batch.failing.is_some()).count();
            progress(heard, batches.len());
            if heard == batches.len() || self.next(None).await.is_none() {
                return Round::of(self.chronicle.roster());
            }
        }
    }

    /// What happens next, at one moment; it may be nothing that anybody sees. `None` when there is
    /// nothing more to follow, as [`Follower::ended`] says, or when it is `until`.
    pub async fn next(&mut self, until: Option<Instant>) -> Option<News> {
        loop {
            if self.ended.is_some() {
                return None;
            }
            if let Some(news) = self.take() {
                return Some(news);
            }
            let now = (self.now)();
            let wake = self
                .chronicle
                .next_change()
                .map(|at| Instant::now() + Duration::from_millis(at.saturating_sub(now.mono_ms)));
            tokio::select! {
                biased;
                () = panicked() => self.ended = Some(Ended::Panicked),
                signal = self.signals.next() => if signal.exit_code().is_some() {
                    self.ended = Some(Ended::Signalled(signal));
                },
                incoming = self.intake.next() => {
                    let at = (self.now)();
                    self.waiting.extend(self.intake.take(incoming).into_iter().filter_map(|msg| match msg {
                        Msg::Input(input) => Some((at, input)),
                        _ => None,
                    }));
                }
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                    let now = (self.now)();
                    return Some(self.pass(now.mono_ms, now));
                }
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {
                    self.ended = Some(Ended::TimeUp);
                }
            }
        }
    }

    /// Takes what waits; first what happens by itself before that, one moment at a time.
    fn take(&mut self) -> Option<News> {
        let (at, input) = self.waiting.first()?;
        let at = match input {
            Input::Observed(observation) => observation.received,
            _ => *at,
        };
        if self.chronicle.next_change().is_some_and(|change| change <= at.mono_ms) {
            return Some(self.pass(at.mono_ms, at));
        }
        let (at, input) = self.waiting.remove(0);
        Some(self.chronicle.take(at, &input))
    }

    /// Lets time pass to the next moment at which something changes, at most to `until`.
    fn pass(&mut self, until: u64, clock: Moment) -> News {
        let at = self.chronicle.next_change().map_or(until, |change| change.min(until));
        self.chronicle.advance(Moment { mono_ms: at, unix_ms: clock.unix_ms_at(at) })
    }
}
