//! One session: a source, what is known from it, the way back in time, and the recording that is made.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::live::Live;
use super::markers::Markers;
use super::replay::{Playing, Replay};
use super::rewind::Rewind;
use super::source::{Command, Ended, Source, Told};
use crate::poller::AtOnce;
use crate::presence::{Input, Moment, State, Unread, Update, WatchList, short_age, visible};
use crate::recording::{Head, Limits, Recorder, RecorderError, Stopped};

/// What a session is about, for those who show it or write it down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What the server is called where nothing else names it.
    pub name: String,
    /// The server's address; without credentials.
    pub api: String,
    /// The context that names it.
    pub context: Option<String>,
    /// Whether people depend on it.
    pub production: bool,
    /// Sentences that are to be seen with it: what is unsafe about the way there.
    pub banners: Vec<String>,
    /// What happens there, where it is made up.
    pub scenario: Option<String>,
    /// For so long an answer is waited for, in milliseconds.
    pub timeout_ms: u64,
}

/// What a recording of a session would be of, and how large.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// What it is of.
    pub head: Head,
    /// How large it may be.
    pub limits: Limits,
}

/// A picture that stands while collection goes on.
struct Held {
    state: State,
    at: Moment,
    /// Where somebody went back in time to it: as far back as one can go.
    oldest: Option<Moment>,
}

/// What a session shows now, by reference.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// What is known in the picture: now, or where it is held.
    pub state: &'a State,
    /// At which time.
    pub now: Moment,
    /// What is known now, whatever the picture shows.
    pub live: &'a State,
    /// The time now, whatever the picture shows.
    pub live_now: Moment,
    /// Whether the picture stands while collection goes on.
    pub is_held: bool,
    /// Where the picture is one of the past, to which somebody went: as far back as one can go.
    pub oldest: Option<Moment>,
    /// The places in time to steer for.
    pub markers: &'a Markers,
    /// What the session is about.
    pub about: &'a About,
    /// How often the server is asked, in milliseconds; a recorded one was.
    pub interval_ms: u64,
    /// How far the reading of the watch list is, in words; `None` when it is read.
    pub reading: Option<&'a str>,
    /// How the recording is played; `None` where this is none that is played.
    pub playing: Option<Playing>,
    /// What of the recording that is played cannot be read before its beginning and after its end.
    pub unread: Option<&'a Unread>,
    /// How many requests may be under way at the same time, where a server is asked.
    pub at_once: Option<AtOnce>,
    /// Whether all this comes from a recording.
    pub is_recorded: bool,
    /// Whether a recording is made.
    pub is_recording: bool,
    /// The last minutes, where they are kept to be gone back through.
    pub rewind: Option<&'a Rewind>,
}

/// One session.
pub struct Session {
    about: About,
    state: State,
    held: Option<Box<Held>>,
    source: Box<dyn Source>,
    rewind: Option<Rewind>,
    markers: Markers,
    recorder: Option<Recorder>,
    recording: Recording,
    /// Takes the words of a recording that has to end before its time.
    stopped: (mpsc::UnboundedSender<Stopped>, mpsc::UnboundedReceiver<Stopped>),
    /// Something has changed by itself since something came in.
    has_passed: bool,
    /// Up to when [`Session::pass`] let time pass last.
    passed: Moment,
    ended: Option<Ended>,
}

impl Session {
    /// A session on a server that is asked; begins with `state`, which knows nothing yet. The way back
    /// in time is kept where `rewinds` says so.
    pub fn live(about: About, state: State, live: Live, recording: Recording, rewinds: bool) -> Session {
        Session::new(about, state, Box::new(live), recording, rewinds)
    }

    /// A session on a recording; begins with what was known at its beginning.
    pub fn replay(about: About, state: State, replay: Replay) -> Session {
        Session::new(about, state, Box::new(replay), Recording::default(), false)
    }

    /// A session on any source.
    pub fn new(
        about: About,
        state: State,
        source: Box<dyn Source>,
        recording: Recording,
        rewinds: bool,
    ) -> Session {
        Session {
            about,
            passed: state.now(),
            state,
            held: None,
            source,
            rewind: rewinds.then(Rewind::default),
            markers: Markers::default(),
            recorder: None,
            recording,
            stopped: mpsc::unbounded_channel(),
            has_passed: false,
            ended: None,
        }
    }

    /// What it is about.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// All that is known now.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The time; of a recording its own.
    pub fn now(&self) -> Moment {
        self.source.now().max(self.state.now())
    }

    /// What is to be shown: what is known now, or the picture that stands.
    pub fn shown(&self) -> Shown<'_> {
        let held = self.held.as_deref();
        let live_now = self.passed.max(self.state.now());
        Shown {
            state: held.map_or(&self.state, |held| &held.state),
            now: held.map_or(live_now, |held| held.at),
            live: &self.state,
            live_now,
            is_held: held.is_some(),
            oldest: held.and_then(|held| held.oldest),
            markers: self.source.markers().unwrap_or(&self.markers),
            about: &self.about,
            interval_ms: self.interval_ms(),
            reading: self.source.reading(),
            playing: self.source.playing(),
            unread: self.source.unread(),
            at_once: self.source.at_once(),
            is_recorded: self.source.is_recorded(),
            is_recording: self.is_recording(),
            rewind: self.rewind.as_ref(),
        }
    }

    /// How often the server is asked, in milliseconds; a recorded one was.
    pub fn interval_ms(&self) -> u64 {
        self.state.interval_ms().unwrap_or(self.recording.head.interval_ms)
    }

    /// How the recording is played; `None` where this is none that is played.
    pub fn playing(&self) -> Option<Playing> {
        self.source.playing()
    }

    /// Whether all this comes from a recording.
    pub fn is_recorded(&self) -> bool {
        self.source.is_recorded()
    }

    /// Whether a recording is made.
    pub fn is_recording(&self) -> bool {
        self.recorder.as_ref().is_some_and(Recorder::is_recording)
    }

    /// What of the recording could not be read so far, in sentences.
    pub fn gaps(&self) -> &[String] {
        self.source.gaps()
    }

    /// Whether the recording is damaged where it was read to.
    pub fn is_broken(&self) -> bool {
        self.source.is_broken()
    }

    /// Why there is nothing more to come.
    pub fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// What happens next, at one moment; it may be nothing that anybody sees. `None` when there is
    /// nothing more to come, as [`Session::ended`] says. Nothing is lost when this is given up while it
    /// waits.
    pub async fn next(&mut self) -> Option<Update> {
        loop {
            if let Some(news) = self.ready() {
                return Some(news);
            }
            if self.ended.is_some() {
                return None;
            }
            let change = self.state.next_change();
            tokio::select! {
                () = self.source.wait(change) => {}
                Some(stopped) = self.stopped.1.recv() => return Some(self.end_recording(&stopped)),
            }
        }
    }

    /// What happens next, if it is there without waiting.
    pub fn ready(&mut self) -> Option<Update> {
        if self.ended.is_some() {
            return None;
        }
        if let Some(told) = self.source.told() {
            return Some(self.hear(told));
        }
        let until_ms = self.source.until_ms();
        let interval_ms = self.interval_ms();
        let (rewind, recorder) = (&mut self.rewind, &mut self.recorder);
        let before =
            |state: &State, at: Moment, input: &Input| keep(rewind, recorder, interval_ms, state, at, input);
        match self.state.step(&mut *self.source, until_ms, before) {
            Ok(Some(step)) => {
                self.has_passed = step.input.is_none() && (self.has_passed || !step.update.is_empty());
                Some(self.follow(step.input.as_ref(), step.update))
            }
            Ok(None) => {
                self.ended = self.source.settled(&mut self.state);
                // Settling may have something to say.
                self.source.told().map(|told| self.hear(told))
            }
            Err(ended) => {
                self.ended = Some(ended);
                None
            }
        }
    }

    /// Lets time pass up to now, for whoever shows ages and curves.
    pub fn pass(&mut self) -> Update {
        let now = self.source.now();
        if now.mono_ms < self.state.now().mono_ms {
            return Update::default();
        }
        self.passed = now;
        let news = self.state.advance(now);
        self.has_passed |= !news.is_empty();
        self.follow(None, news)
    }

    /// Takes a command; gives what follows from it at once.
    pub fn command(&mut self, command: &Command) -> Update {
        match command {
            Command::Record(file) => match self.record(file.as_deref()) {
                Ok(words) => said(words),
                Err(error) => self.note(error.to_string()),
            },
            Command::Hold if !self.is_recorded() => {
                let at = self.shown().live_now;
                let held = Held { state: self.state.clone(), at, oldest: None };
                self.held = Some(Box::new(held));
                Update { heard: true, ..Update::default() }
            }
            Command::Release if self.held.is_some() => {
                let before = self.list_shown();
                self.held = None;
                replaced(before)
            }
            Command::GoTo(target_ms) if self.rewind.is_some() => self.go_back(*target_ms),
            _ => {
                self.source.command(command, &self.state);
                Update::default()
            }
        }
    }

    /// Puts a notice into what is known, as if it had come in now.
    pub fn note(&mut self, words: String) -> Update {
        let (now, input) = (self.source.now(), Input::Notice(words));
        let interval_ms = self.interval_ms();
        keep(&mut self.rewind, &mut self.recorder, interval_ms, &self.state, now, &input);
        let news = self.state.take(now, &input);
        self.has_passed = false;
        self.follow(Some(&input), news)
    }

    /// Begins a recording, or ends the one that is made; says so.
    ///
    /// # Errors
    /// The file cannot be written, or exists.
    pub fn record(&mut self, file: Option<&Path>) -> Result<String, RecorderError> {
        if let Some(recorder) = self.recorder.take() {
            let (name, written) = (in_words(recorder.path()), recorder.written());
            let goes_on = recorder.is_recording();
            drop(recorder); // waits until everything is written
            if goes_on && file.is_none() {
                return Ok(format!("recorded to {name}: {} lines", written.lines));
            }
        }
        let at = self.state.now();
        let path = file.map_or_else(|| default_name(at), Path::to_owned);
        let head = Head { interval_ms: self.interval_ms(), ..self.recording.head.clone() };
        let words = self.stopped.0.clone();
        let tell = move |stopped: Stopped| drop(words.send(stopped));
        let started = Recorder::start(&path, self.recording.limits, at, head, self.state.roster(), tell);
        self.recorder = Some(started?);
        Ok(format!("recording to {}; R ends it", in_words(&path)))
    }

    /// What was known at a moment on the monotonic clock, as far as it is kept in memory.
    pub fn at(&self, mono_ms: u64) -> Option<State> {
        self.rewind.as_ref()?.at(mono_ms)
    }

    /// Shows what was known at a moment of the last minutes.
    fn go_back(&mut self, target_ms: u64) -> Update {
        let now = self.now();
        let Some(oldest) = self.rewind.as_ref().and_then(Rewind::oldest) else {
            return said(
                "the past of so many users is not kept in memory; R records it to a file".to_owned(),
            );
        };
        let Some(state) = self.at(target_ms.max(oldest.mono_ms)) else { return Update::default() };
        let (at, before) = (state.now(), self.list_shown());
        self.held = Some(Box::new(Held { state, at, oldest: Some(oldest) }));
        let mut news = replaced(before);
        if target_ms < oldest.mono_ms {
            let kept = short_age(now.since(oldest) / 1_000);
            news.said.push(format!("the last {kept} are kept in memory; R records to a file"));
        }
        news
    }

    fn list_shown(&self) -> Arc<WatchList> {
        Arc::clone(self.shown().state.roster().list())
    }

    fn hear(&mut self, told: Told) -> Update {
        match told {
            Told::Replaced(state) => {
                let before = self.list_shown();
                (self.passed, self.state, self.held) = (state.now(), *state, None);
                replaced(before)
            }
            Told::Changed => Update { heard: true, ..Update::default() },
            Told::Said(words) => said(words),
        }
    }

    /// Marks what followed from an input or from time, and has users in doubt asked about.
    fn follow(&mut self, input: Option<&Input>, news: Update) -> Update {
        if !self.source.is_recorded() {
            self.markers.note(input, &news, &self.state);
            if !news.doubts.is_empty() {
                let generation = self.state.roster().list().generation();
                self.source.recheck(generation, news.doubts.clone());
            }
        }
        news
    }

    /// The recording that was made has ended before its time.
    fn end_recording(&mut self, stopped: &Stopped) -> Update {
        self.recorder = None;
        self.note(stopped.to_string())
    }
}

impl Drop for Session {
    /// Ends the recording with the last moment at which something has changed by itself.
    fn drop(&mut self) {
        let interval_ms = self.interval_ms();
        if let Some(recorder) = self.recorder.as_mut().filter(|_| self.has_passed) {
            recorder.write(self.state.now(), &Input::Interval(interval_ms)); // as it was
        }
    }
}

/// Keeps an input that comes in at `at`, before `state` takes it: for the way back, and in the recording.
fn keep(
    rewind: &mut Option<Rewind>,
    recorder: &mut Option<Recorder>,
    interval_ms: u64,
    state: &State,
    at: Moment,
    input: &Input,
) {
    if let Some(rewind) = rewind {
        rewind.push(state, at, input);
    }
    if let Some(recorder) = recorder {
        recorder.take(state, at, input, interval_ms);
    }
}

fn said(words: String) -> Update {
    Update { said: vec![words], ..Update::default() }
}

/// Another moment is shown; what was shown before was of this watch list.
fn replaced(before: Arc<WatchList>) -> Update {
    Update { replaced: true, heard: true, list_before: Some(before), ..Update::default() }
}

fn in_words(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

/// A name after the time: `imtop-20261123-120105Z.ndjson.zst`.
fn default_name(now: Moment) -> PathBuf {
    let at = jiff::Timestamp::from_millisecond(now.unix_ms).unwrap_or_default();
    PathBuf::from(format!("imtop-{}Z.ndjson.zst", at.strftime("%Y%m%d-%H%M%S")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fed::Fed;
    use crate::kit::at;
    use crate::presence::{Entry, Freshness, Roster, RuleSettings};
    use crate::recording::Player;

    fn fed() -> Fed {
        let list = Arc::new(WatchList::new(1, 500, [Entry::of("alice")]));
        let roster = Roster::new(list, Freshness::for_interval(2_000), at(0));
        Fed::live(About::default(), State::new(roster, RuleSettings::default(), at(0)))
    }

    fn notice(words: &str) -> Input {
        Input::Notice(words.to_owned())
    }

    fn happened(state: &State) -> usize {
        state.timeline().groups().count()
    }

    #[test]
    fn a_held_picture_stands_while_the_state_goes_on() {
        let mut fed = fed();
        fed.take(at(1_000), notice("one"));
        fed.command(&Command::Hold);
        fed.take(at(2_000), notice("two"));
        let shown = fed.shown();
        assert_eq!((happened(shown.state), happened(shown.live)), (1, 2));
        assert_eq!((shown.now, shown.live_now, shown.is_held), (at(1_000), at(2_000), true));
        let news = fed.command(&Command::Release);
        assert!(news.replaced && news.list_before.is_some());
        assert_eq!((happened(fed.shown().state), fed.shown().is_held), (2, false));
    }

    #[test]
    fn the_past_is_as_far_away_as_it_is_kept() {
        let mut fed = fed();
        for (ms, words) in [(1_000, "one"), (2_000, "two"), (3_000, "three")] {
            fed.take(at(ms), notice(words));
        }
        fed.command(&Command::GoTo(2_500));
        let shown = fed.shown();
        assert_eq!((happened(shown.state), shown.now, shown.oldest), (2, at(2_500), Some(at(0))));
        assert_eq!(fed.session.at(1_500).map(|state| happened(&state)), Some(1));
        fed.command(&Command::GoTo(500));
        assert_eq!(happened(fed.shown().state), 0);
    }

    #[test]
    fn what_is_recorded_is_what_came_in() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("n.ndjson");
        let mut fed = fed();
        let news = fed.command(&Command::Record(Some(file.clone())));
        assert!(
            fed.session.is_recording() && news.said.first().is_some_and(|it| it.contains("recording to"))
        );
        fed.take(at(1_000), notice("one"));
        fed.command(&Command::SetInterval(5_000));
        let again = fed.command(&Command::Record(Some(file.clone())));
        let refused = again.noted.iter().any(|event| format!("{event:?}").contains("exists"));
        assert!(refused && !fed.session.is_recording(), "{again:?}");
        let (mut player, mut state) = Player::open(&file).unwrap();
        while player.step(&mut state, u64::MAX).unwrap().is_some() {}
        assert_eq!((happened(&state), state.interval_ms()), (1, Some(5_000)));
    }

    #[test]
    fn a_command_is_for_the_source_where_the_session_has_no_answer() {
        let mut fed = fed();
        fed.command(&Command::PollNow);
        fed.command(&Command::SetInterval(5_000));
        assert_eq!(fed.hand().commands, [Command::PollNow, Command::SetInterval(5_000)]);
        assert_eq!(fed.session.interval_ms(), 5_000);
    }
}
