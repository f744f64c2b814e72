//! Follows a server or a recording, input by input, and keeps the chronicle of it.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::info;

use crate::app::Msg;
use crate::feed::Now;
use crate::intake::Intake;
use crate::presence::{Chronicle, Input, Moment, News, Roster};
use crate::recording::{Player, Recorder};
use crate::signals::{Signal, Signals};
use crate::terminal::{panicked, stop_job};

use super::first_round::{FirstRound, Stage};

/// What is followed, for those who write it down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The server's address; without credentials.
    pub api: String,
    /// The context that names it.
    pub context: Option<String>,
    /// Whether people depend on it.
    pub production: bool,
    /// Sentences that are to be seen with it: what is unsafe about the way there.
    pub banners: Vec<String>,
    /// It is asked at this interval, in milliseconds; a recorded one was.
    pub interval_ms: u64,
    /// For so long an answer is waited for, in milliseconds.
    pub timeout_ms: u64,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The recording is over, or has come to the moment up to which it was to be followed.
    Over,
    /// The recording cannot be read on, as this sentence says.
    Unreadable(String),
    /// The time that was given is up.
    TimeUp,
    /// A signal.
    Signalled(Signal),
    /// A task has panicked, and has said so.
    Panicked,
}

impl Ended {
    /// The exit code of a command that this ends; `None` where that is for the command to say.
    pub fn exit_code(&self) -> Option<u8> {
        match self {
            Ended::Over | Ended::TimeUp => None,
            Ended::Signalled(signal) => signal.exit_code(),
            Ended::Panicked | Ended::Unreadable(_) => Some(1),
        }
    }
}

/// Follows a server or a recording.
pub struct Follower {
    about: About,
    chronicle: Chronicle,
    feed: Feed,
    ended: Option<Ended>,
}

/// Where it comes from.
enum Feed {
    Live(Box<Live>),
    Recorded(Box<Player>, u64),
}

/// A server that is asked.
struct Live {
    intake: Intake,
    now: Now,
    signals: Signals,
    recorder: Option<Recorder>,
    interval_ms: u64,
    /// What has come in, and is taken when all that happened before it is told.
    waiting: VecDeque<(Moment, Input)>,
    /// Something has changed by itself since something came in.
    has_passed: bool,
}

impl Follower {
    /// Follows a server. Begins with `chronicle`, which knows nothing yet; what comes in comes through
    /// `intake`, and goes to `recorder` too.
    pub fn live(
        about: About,
        chronicle: Chronicle,
        intake: Intake,
        recorder: Option<Recorder>,
        signals: Signals,
        now: Now,
    ) -> Follower {
        let waiting = VecDeque::new();
        let interval_ms = about.interval_ms;
        let live = Live { intake, now, signals, recorder, interval_ms, waiting, has_passed: false };
        Follower { about, chronicle, feed: Feed::Live(Box::new(live)), ended: None }
    }

    /// Follows a recording up to a moment on its monotonic clock. Begins with what was known at its
    /// beginning.
    pub fn recorded(about: About, player: Player, chronicle: Chronicle, until_ms: u64) -> Follower {
        Follower { about, chronicle, feed: Feed::Recorded(Box::new(player), until_ms), ended: None }
    }

    /// What is followed.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// All that is known.
    pub fn chronicle(&self) -> &Chronicle {
        &self.chronicle
    }

    /// The time; of a recording its own.
    pub fn now(&self) -> Moment {
        match &self.feed {
            Feed::Live(live) => (live.now)().max(self.chronicle.now()),
            Feed::Recorded(..) => self.chronicle.now(),
        }
    }

    /// Whether it is a recording that is followed.
    pub fn is_recorded(&self) -> bool {
        matches!(self.feed, Feed::Recorded(..))
    }

    /// What of the recording could not be read so far, in sentences.
    pub fn gaps(&self) -> &[String] {
        match &self.feed {
            Feed::Live(_) => &[],
            Feed::Recorded(player, _) => player.gaps(),
        }
    }

    /// Whether the recording is damaged where it was followed to.
    pub fn is_broken(&self) -> bool {
        matches!(&self.feed, Feed::Recorded(player, _) if player.is_broken())
    }

    /// Why there is nothing more to follow.
    pub fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// Waits until every batch was answered or has failed once, and until witnesses were heard, as
    /// [`FirstRound`] has it; `progress` hears how many batches of how many were heard. A recording is read
    /// to its end. Ends early when there is nothing more to follow.
    pub async fn round(&mut self, progress: &mut (dyn FnMut(usize, usize) + Send)) -> Round {
        if let Feed::Recorded(..) = self.feed {
            while self.next(None).await.is_some() {}
            return Round::of(self.chronicle.roster());
        }
        let mut first = FirstRound::new(self.about.timeout_ms);
        loop {
            let batches = self.chronicle.roster().batches().len();
            let goes_on = match first.stage(self.chronicle.roster(), self.now()) {
                Stage::Batches(unheard) => {
                    progress(batches - unheard, batches);
                    self.next(None).await.is_some()
                }
                Stage::Registry(_, until_ms) => {
                    progress(batches, batches);
                    // When time is up, it is judged once more.
                    let ahead = until_ms.saturating_sub(self.now().mono_ms);
                    let until = Instant::now() + Duration::from_millis(ahead);
                    !matches!(timeout_at(until, self.next(None)).await, Ok(None))
                }
                Stage::Over => {
                    progress(batches, batches);
                    false
                }
            };
            if !goes_on {
                return Round::of(self.chronicle.roster());
            }
        }
    }

    /// What happens next, at one moment; it may be nothing that anybody sees. `None` when there is
    /// nothing more to follow, as [`Follower::ended`] says, or when it is `until`.
    pub async fn next(&mut self, until: Option<Instant>) -> Option<News> {
        if self.ended.is_some() {
            return None;
        }
        let next = match &mut self.feed {
            Feed::Live(live) => {
                let next = live.next(&mut self.chronicle, until).await;
                if next.is_err() {
                    live.end(&self.chronicle);
                }
                next
            }
            Feed::Recorded(player, until_ms) => match player.step(&mut self.chronicle, *until_ms) {
                Ok(Some(played)) => Ok(played.news),
                Ok(None) => Err(Ended::Over),
                Err(error) => Err(Ended::Unreadable(error.to_string())),
            },
        };
        next.map_err(|ended| self.ended = Some(ended)).ok()
    }
}

impl Live {
    async fn next(&mut self, chronicle: &mut Chronicle, until: Option<Instant>) -> Result<News, Ended> {
        loop {
            if let Some(news) = self.take(chronicle) {
                return Ok(news);
            }
            let now = (self.now)();
            let wake = chronicle
                .next_change()
                .map(|at| Instant::now() + Duration::from_millis(at.saturating_sub(now.mono_ms)));
            tokio::select! {
                biased;
                () = panicked() => return Err(Ended::Panicked),
                signal = self.signals.next() => match signal {
                    Signal::Stop => stop_job(),
                    Signal::Continue => {}
                    ends => {
                        info!(signal = ?ends, "signal");
                        return Err(Ended::Signalled(ends));
                    }
                },
                incoming = self.intake.next() => {
                    let at = (self.now)();
                    self.waiting.extend(self.intake.take(incoming).into_iter().filter_map(|msg| match msg {
                        Msg::Input(input) => Some((at, input)),
                        _ => None,
                    }));
                }
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                    return Ok(self.pass(chronicle, (self.now)().mono_ms));
                }
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {
                    return Err(Ended::TimeUp);
                }
            }
        }
    }

    /// Takes what waits; first what happens by itself before that, one moment at a time.
    fn take(&mut self, chronicle: &mut Chronicle) -> Option<News> {
        let (now, input) = self.waiting.front()?;
        let at = match input {
            Input::Observed(observation) => observation.received,
            _ => *now,
        };
        if chronicle.next_change().is_some_and(|change| change <= at.mono_ms) {
            return Some(self.pass(chronicle, at.mono_ms));
        }
        let (now, input) = self.waiting.pop_front()?;
        if let Some(recorder) = &mut self.recorder {
            recorder.take(chronicle, now, &input, self.interval_ms);
        }
        self.has_passed = false;
        let news = chronicle.take(now, &input);
        self.inquire(chronicle, &news);
        Some(news)
    }

    /// Has the witnesses asked about whom there is doubt since now.
    fn inquire(&self, chronicle: &Chronicle, news: &News) {
        if !news.doubts.is_empty() {
            self.intake.poller.inquire(chronicle.roster().list().generation(), news.doubts.clone());
        }
    }

    /// Lets time pass to the next moment at which something changes, at most to `until`. Its date follows
    /// from what came in before, as in a recording, and not from when somebody looked.
    fn pass(&mut self, chronicle: &mut Chronicle, until: u64) -> News {
        let at = chronicle.next_change().map_or(until, |change| change.min(until));
        let news = chronicle.advance(Moment { mono_ms: at, unix_ms: chronicle.now().unix_ms_at(at) });
        self.has_passed |= !news.is_empty();
        self.inquire(chronicle, &news);
        news
    }

    /// Ends the recording with the last moment at which something has changed by itself.
    fn end(&mut self, chronicle: &Chronicle) {
        if let Some(recorder) = self.recorder.as_mut().filter(|_| self.has_passed) {
            recorder.write(chronicle.now(), &Input::Interval(self.interval_ms)); // as it was
        }
    }
}
