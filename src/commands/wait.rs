//! Waits until something is so: for scripts that deploy.
//!
//! Standard output gets one line when it is so, and when that was; standard error how far it is.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::follow::{Ended, Followed};
use super::{CommandError, Span, environment, failure_words, flush_standard_output, follow, measured, tell};
use crate::engine::Round;
use crate::listing::Time;
use crate::options::cli::WaitArgs;
use crate::options::{SettingsError, Sources, condition, no_screen};
use crate::presence::condition::{Condition, Nobody};
use crate::presence::query::Truth;
use crate::presence::{FetchError, FirstRound, Roster, Stage, visible_within};

/// The exit code when time is up, as that of timeout(1).
const TIME_UP: u8 = 124;

/// A condition that looks at each user is judged at most so often while a server is followed.
const JUDGED_EVERY: Duration = Duration::from_millis(250);

/// A line of progress is written at most so often where it is not written over.
const TOLD_EVERY: Duration = Duration::from_secs(5);

/// Columns of a line that is written over.
const LINE: usize = 78;

/// Waits until something is so.
///
/// # Errors
/// See [`CommandError`].
pub(super) async fn wait(args: &WaitArgs, sources: &Sources) -> Result<u8, CommandError> {
    let condition = condition("--for", &args.until)?;
    let recorded = args.recording.from.is_some();
    let deadline = args.deadline.filter(|_| !recorded).map(|patience| Instant::now() + patience);
    let begin = follow(sources, Some(&args.recording), Span::Until);
    let followed = match deadline {
        None => begin.await?,
        Some(deadline) => {
            let Ok(followed) = timeout_at(deadline, begin).await else {
                tell("time is up, and the server has not said yet who is to be watched");
                return Ok(TIME_UP);
            };
            followed?
        }
    };
    let mut waiting = Waiting {
        condition: &condition,
        first: Some(FirstRound::new(followed.session.about().timeout_ms)),
        first_until: None,
        followed,
        last: String::new(),
        progress: Progress { silent: recorded, ..Progress::default() },
    };
    if !recorded {
        tell(&format!("waiting for {condition}"));
    }
    let ended = match (recorded, args.deadline) {
        (true, patience) => waiting.along_the_recording(patience).await,
        (false, _) => waiting.live(deadline).await,
    };
    waiting.progress.end();
    match ended? {
        End::Met(line) => {
            flush_standard_output(writeln!(io::stdout().lock(), "{line}"))?;
            Ok(0)
        }
        End::TimeUp => {
            let over = if recorded { "not once in the recording, at last" } else { "time is up" };
            tell(&format!("{over}: {}", waiting.last));
            Ok(TIME_UP)
        }
        End::Code(code) => Ok(code),
    }
}

/// How the waiting ended.
enum End {
    /// It is so; the line that says so.
    Met(String),
    TimeUp,
    Code(u8),
}

struct Waiting<'c> {
    condition: &'c Condition,
    followed: Followed,
    /// The first round, while it lasts: before it is over nothing is so.
    first: Option<FirstRound>,
    /// When it is over at the latest, where that is known.
    first_until: Option<Instant>,
    /// What came out last, in words.
    last: String,
    progress: Progress,
}

impl Waiting<'_> {
    /// Follows a server until it is so, or until the deadline.
    async fn live(&mut self, deadline: Option<Instant>) -> Result<End, CommandError> {
        let mut judged: Option<Instant> = None;
        let mut due = true;
        loop {
            let now = Instant::now();
            let pause = if self.condition.asks_each_user() { JUDGED_EVERY } else { Duration::ZERO };
            if due && judged.is_none_or(|at| now >= at + pause) {
                if let Some(end) = self.judge()? {
                    return Ok(end);
                }
                (due, judged) = (false, Some(now));
            }
            if let Some(error) = hopeless(self.followed.session.state().roster()) {
                return Err(CommandError::Hopeless(failure_words(error)));
            }
            // Judged again when the pause is over, and told again what could not be told yet.
            let pause = judged.filter(|_| due).map(|at| at + pause);
            let wake =
                pause.into_iter().chain(self.progress.next()).chain(self.first_until.filter(|_| !due)).min();
            let news = self.followed.next(deadline);
            let news = match wake {
                None => news.await,
                Some(wake) => {
                    let Ok(news) = timeout_at(wake, news).await else {
                        self.progress.repeat();
                        due |= self.first_until.is_some_and(|until| Instant::now() >= until);
                        continue;
                    };
                    news
                }
            };
            if news.is_none() {
                return self.ended();
            }
            due = true;
        }
    }

    /// Follows a recording until it was so at some time, or to its end. `patience` is in its own time.
    async fn along_the_recording(&mut self, patience: Option<Duration>) -> Result<End, CommandError> {
        let began = self.followed.session.now();
        loop {
            let nobody = match self.judge() {
                // The list comes with the recording.
                Err(error) => Some(error),
                Ok(Some(end)) => return Ok(end),
                Ok(None) => None,
            };
            let waited = Duration::from_millis(self.followed.session.now().since(began));
            let over = patience.is_some_and(|patience| waited > patience);
            if over || self.followed.next(None).await.is_none() {
                return match nobody {
                    Some(error) => Err(error),
                    None if over => Ok(End::TimeUp),
                    None => self.ended(),
                };
            }
        }
    }

    fn ended(&self) -> Result<End, CommandError> {
        for gap in self.followed.session.gaps() {
            tell(gap);
        }
        let ended = self.followed.ended();
        match ended.and_then(Ended::unreadable) {
            Some(why) => Err(CommandError::Hopeless(why.to_owned())),
            None => Ok(ended.and_then(Ended::exit_code).map_or(End::TimeUp, End::Code)),
        }
    }

    /// Judges what is known now, and says how far it is. Before the first round is over, nothing is so:
    /// `unknown>0` and `finding:any=0` would be at once.
    fn judge(&mut self) -> Result<Option<End>, CommandError> {
        let now = self.followed.session.now();
        let knowledge = self.followed.session.state().knowledge();
        let reading = self.condition.judge(knowledge, now).map_err(|nobody| about_nobody(&nobody))?;
        let said = measured(&reading.measured);
        if let Some(first) = &mut self.first {
            match first.stage(&knowledge.roster, now) {
                Stage::Batches(unheard) => {
                    let batches = knowledge.roster.batches().len();
                    self.last = format!("no answer yet from {unheard} of {batches} batches");
                    self.progress.show(&self.last);
                    return Ok(None);
                }
                Stage::Registry(users, until_ms) => {
                    let ahead = Duration::from_millis(until_ms.saturating_sub(now.mono_ms));
                    self.first_until = Some(Instant::now() + ahead);
                    self.last = format!("{said}; the registry is asked about {users} users");
                    self.progress.show(&self.last);
                    return Ok(None);
                }
                Stage::Over => (self.first, self.first_until) = (None, None),
            }
        }
        if reading.truth == Truth::Yes {
            let at = Time::of(now.unix_ms).map(|at| at.to_string()).unwrap_or_default();
            return Ok(Some(End::Met(format!("{at} {said}"))));
        }
        self.last = format!("{said}{}", trouble(&knowledge.roster));
        self.progress.say(&self.last);
        Ok(None)
    }
}

fn about_nobody(nobody: &Nobody) -> CommandError {
    SettingsError(format!("--for: {nobody}")).into()
}

/// Which answers are missing, and why; empty where none are.
fn trouble(roster: &Roster) -> String {
    let batches = roster.batches();
    let failing = batches.iter().filter(|batch| batch.failing.is_some()).count();
    match roster.first_error() {
        Some((_, error)) => format!("; {failing} of {} batches failed: {error}", batches.len()),
        None => String::new(),
    }
}

/// What ails the server, where asking again does not help: it never answered, or it wants other
/// credentials. What comes between two answers may pass, as while a server is replaced.
fn hopeless(roster: &Roster) -> Option<&FetchError> {
    if Round::of(roster) != Round::Failed {
        return None;
    }
    let failing = roster.batches().iter().find_map(|batch| batch.failing.as_ref())?;
    let error = &failing.error;
    let credentials =
        matches!(error, FetchError::Auth { .. } | FetchError::Denied { .. } | FetchError::Credentials { .. });
    let stays = error.is_final(failing.attempt);
    (stays && (credentials || roster.last_answer().is_none())).then_some(error)
}

/// Says on standard error how far it is: on one line that is written over where that is a terminal,
/// else a line when something is new, not too often.
#[derive(Default)]
struct Progress {
    silent: bool,
    said: String,
    /// New, and not said yet.
    pending: String,
    told: Option<Instant>,
    on_a_line: bool,
}

impl Progress {
    fn say(&mut self, line: &str) {
        self.pending.clear();
        if !self.silent && line != self.said {
            line.clone_into(&mut self.pending);
            self.repeat();
        }
    }

    /// Says it where it is written over: lines are for what came out.
    fn show(&mut self, line: &str) {
        if no_screen(&environment, io::stderr().is_terminal()).is_none() {
            self.say(line);
        }
    }

    /// When what waits to be said may be said.
    fn next(&self) -> Option<Instant> {
        let told = self.told.filter(|_| !self.pending.is_empty())?;
        Some(told + TOLD_EVERY)
    }

    /// Says what waits to be said, if it is time.
    fn repeat(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let now = Instant::now();
        if no_screen(&environment, io::stderr().is_terminal()).is_none() {
            let line = visible_within(&self.pending, LINE);
            let _ = write!(io::stderr().lock(), "\r\x1b[K{line}");
            self.on_a_line = true;
        } else if self.said.is_empty() || self.told.is_none_or(|told| now >= told + TOLD_EVERY) {
            tell(&self.pending);
            self.told = Some(now);
        } else {
            return;
        }
        self.said = std::mem::take(&mut self.pending);
    }

    /// Takes the line away that is written over.
    fn end(&mut self) {
        if self.on_a_line {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}
