//! A session without a screen: it ends with a signal, with a panic of one of our tasks, or when the time
//! that was given is up. Its first round, for those who wait for that.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::info;

use super::progress::Progress;
use crate::engine::{self, Round, Session};
use crate::presence::{FirstRound, Stage, Update};
use crate::signals::{Signal, Signals};
use crate::tui::terminal::{panicked, stop_job};

/// Why there is nothing more to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The source has nothing more.
    Source(engine::Ended),
    /// The time that was given is up.
    TimeUp,
    /// A signal.
    Signalled(Signal),
    /// A task has panicked, and has said so.
    Panicked,
}

impl Ended {
    /// The exit code of a command that this ends; `None` where that is for the command to say.
    pub(super) fn exit_code(&self) -> Option<u8> {
        match self {
            Ended::Source(engine::Ended::Over) | Ended::TimeUp => None,
            Ended::Signalled(signal) => signal.exit_code(),
            Ended::Panicked | Ended::Source(engine::Ended::Unreadable(_)) => Some(1),
        }
    }

    /// Why the recording cannot be read on.
    pub(super) fn unreadable(&self) -> Option<&str> {
        match self {
            Ended::Source(engine::Ended::Unreadable(why)) => Some(why),
            _ => None,
        }
    }
}

/// A session that is followed without a screen.
pub(super) struct Followed {
    pub(super) session: Session,
    /// `None` where a signal ends the program as it ends any other.
    signals: Option<Signals>,
    ended: Option<Ended>,
    /// How far the first round is, for those who go on meanwhile; none when it is over, or is not shown.
    first: Option<(FirstRound, Progress)>,
}

impl Followed {
    /// Follows a server; to be called within a runtime.
    ///
    /// # Errors
    /// The system refuses to deliver signals.
    pub(super) fn live(session: Session) -> io::Result<Followed> {
        Ok(Followed { session, signals: Some(Signals::listen()?), ended: None, first: None })
    }

    /// Reads a recording, which takes no time.
    pub(super) fn recorded(session: Session) -> Followed {
        Followed { session, signals: None, ended: None, first: None }
    }

    /// Shows how far the first round of a server is while it lasts.
    pub(super) fn show_progress(&mut self) {
        let first = || (FirstRound::new(self.session.about().timeout_ms), Progress::begin());
        self.first = (!self.session.is_recorded()).then(first);
    }

    fn draw_progress(&mut self) {
        let Some((first, progress)) = &mut self.first else { return };
        let roster = self.session.state().roster();
        match first.stage(roster, self.session.now()) {
            Stage::Over => self.first = None,
            stage => progress.show(stage, roster),
        }
    }

    /// Why there is nothing more to follow.
    pub(super) fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// How many users of a server are unchecked, as its registry gave no answer about them. After a round.
    pub(super) fn unchecked(&self) -> usize {
        let roster = self.session.state().roster();
        let asks = !self.session.is_recorded() && roster.witnesses().registry.is_asked();
        if asks { roster.unanswered() } else { 0 }
    }

    /// What happens next, at one moment; it may be nothing that anybody sees. `None` when there is
    /// nothing more to follow, as [`Followed::ended`] says, or when it is `until`.
    pub(super) async fn next(&mut self, until: Option<Instant>) -> Option<Update> {
        while self.ended.is_none() {
            self.draw_progress();
            tokio::select! {
                biased;
                () = panicked() => self.ended = Some(Ended::Panicked),
                signal = next_signal(self.signals.as_mut()) => match signal {
                    Signal::Stop => stop_job(),
                    Signal::Continue => {}
                    ends => {
                        info!(signal = ?ends, "signal");
                        self.ended = Some(Ended::Signalled(ends));
                    }
                },
                news = self.session.next() => match news {
                    Some(news) => {
                        // Whoever follows may have something to say of it, on the same line.
                        if let Some((_, progress)) = self.first.as_mut().filter(|_| !news.noted.is_empty()) {
                            progress.clear();
                        }
                        return Some(news);
                    }
                    None => self.ended = self.session.ended().cloned().map(Ended::Source),
                },
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {
                    self.ended = Some(Ended::TimeUp);
                }
            }
        }
        None
    }

    /// Waits until every batch was answered or has failed once, and until the other sources were heard, as
    /// [`FirstRound`] has it, and shows how far that is. A recording is read to its end. Ends early when there
    /// is nothing more to follow.
    pub(super) async fn round(&mut self) -> Round {
        if self.session.is_recorded() {
            while self.next(None).await.is_some() {}
            return Round::of(self.session.state().roster());
        }
        let mut progress = Progress::begin();
        let mut first = FirstRound::new(self.session.about().timeout_ms);
        loop {
            let roster = self.session.state().roster();
            let stage = first.stage(roster, self.session.now());
            progress.show(stage, roster);
            let goes_on = match stage {
                Stage::Batches(_) => self.next(None).await.is_some(),
                Stage::Registry(_, until_ms) => {
                    // When time is up, it is judged once more.
                    let ahead = until_ms.saturating_sub(self.session.now().mono_ms);
                    let until = Instant::now() + Duration::from_millis(ahead);
                    !matches!(timeout_at(until, self.next(None)).await, Ok(None))
                }
                Stage::Over => false,
            };
            if !goes_on {
                return Round::of(self.session.state().roster());
            }
        }
    }
}

async fn next_signal(signals: Option<&mut Signals>) -> Signal {
    match signals {
        Some(signals) => signals.next().await,
        None => std::future::pending().await,
    }
}
