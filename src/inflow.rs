//! All that comes in to the live view, from a server or from a recording, and what is kept of it: the
//! tape of the last minutes, and the recording that is being made.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::app::{Arrival, Model, Msg};
use crate::intake::{self, Intake};
use crate::playback::{self, Playback};
use crate::presence::{Doubts, Input, Moment, Tape, short_age, visible};
use crate::recording::{Head, Limits, Recorder, RecorderError, Stopped};

/// All that comes in to the live view.
pub enum Inflow {
    /// From a server that is asked.
    Live(Box<Live>),
    /// From a recording.
    Replay(Box<Playback>),
}

/// Something that came in.
#[derive(Debug)]
pub enum Incoming {
    /// From the server, or about it.
    Live(intake::Incoming),
    /// From the recording.
    Replay(playback::Incoming),
    /// The recording that was made has ended before its time, as this sentence says.
    Stopped(String),
}

/// A server that is asked, and what is kept of the answers.
pub struct Live {
    intake: Intake,
    tape: Tape,
    recorder: Option<Recorder>,
    /// What a recording would be of, and how large.
    head: Head,
    limits: Limits,
    /// Takes the words of a recording that has to end before its time.
    words: mpsc::UnboundedSender<String>,
    said: mpsc::UnboundedReceiver<String>,
}

impl Inflow {
    /// What `intake` brings. A recording that is made of it is one of what `head` says.
    pub fn live(intake: Intake, head: Head, limits: Limits) -> Inflow {
        let (words, said) = mpsc::unbounded_channel();
        let (tape, recorder) = (Tape::default(), None);
        Inflow::Live(Box::new(Live { intake, tape, recorder, head, limits, words, said }))
    }

    /// Waits for what comes in next. Nothing is lost when this is given up while it waits.
    pub async fn next(&mut self) -> Incoming {
        match self {
            Inflow::Live(live) => tokio::select! {
                incoming = live.intake.next() => Incoming::Live(incoming),
                Some(text) = live.said.recv() => Incoming::Stopped(text),
            },
            Inflow::Replay(playback) => Incoming::Replay(playback.next().await),
        }
    }

    /// An answer that is there already.
    pub fn ready(&mut self) -> Option<Incoming> {
        match self {
            Inflow::Live(live) => {
                live.intake.observations.try_recv().ok().map(intake::Incoming::Observed).map(Incoming::Live)
            }
            Inflow::Replay(_) => None,
        }
    }

    /// What follows from it, each at its moment.
    pub fn take(&mut self, incoming: Incoming, model: &Model, now: Moment) -> Vec<(Moment, Msg)> {
        match (self, incoming) {
            (Inflow::Live(live), Incoming::Live(incoming)) => {
                live.intake.take(incoming).into_iter().map(|msg| (now, msg)).collect()
            }
            (Inflow::Replay(playback), Incoming::Replay(incoming)) => {
                playback.take(incoming, model.chronicle())
            }
            (_, Incoming::Stopped(why)) => {
                vec![(now, Msg::Recording(false)), (now, Msg::Input(Input::Notice(why)))]
            }
            _ => Vec::new(), // of a session that is over
        }
    }

    /// Keeps an input that `model` is about to take.
    pub fn keep(&mut self, model: &Model, now: Moment, input: &Input) {
        let Inflow::Live(live) = self else { return };
        let chronicle = model.chronicle();
        live.tape.push(chronicle, now, input);
        if let Some(recorder) = &mut live.recorder {
            recorder.take(chronicle, now, input, model.interval_ms());
        }
    }

    /// Asks at another interval from now on; `model` has taken that already.
    pub fn set_interval(&mut self, model: &Model, ms: u64) {
        let Inflow::Live(live) = self else { return };
        live.intake.poller.set_interval(Duration::from_millis(ms));
        let (at, input) = (model.now(), Input::Interval(ms));
        live.tape.push_input(at, &input);
        if let Some(recorder) = &mut live.recorder {
            recorder.write(at, &input);
        }
    }

    /// Asks the server about everybody now.
    pub fn poll_now(&self) {
        if let Inflow::Live(live) = self {
            live.intake.poller.poll_now();
        }
    }

    /// Asks the witnesses about whom there is doubt, on the watch list of this generation. Of a recording
    /// nobody is asked: its answers are in it.
    pub fn inquire(&self, generation: u32, doubts: Doubts) {
        if let Inflow::Live(live) = self {
            live.intake.poller.inquire(generation, doubts);
        }
    }

    /// Watches users too, or no more.
    pub fn watch(&mut self, add: &[String], remove: &[String]) -> Vec<Msg> {
        match self {
            Inflow::Live(live) => live.intake.watch(add, remove),
            Inflow::Replay(_) => Vec::new(),
        }
    }

    /// Goes to a moment on the monotonic clock: what was known then.
    pub fn travel(&mut self, model: &Model, target_ms: u64) -> Vec<(Moment, Msg)> {
        let live = match self {
            Inflow::Live(live) => live,
            Inflow::Replay(playback) => return playback.travel(target_ms, model.chronicle()),
        };
        let now = model.now();
        let Some(oldest) = live.tape.oldest() else {
            let words = "the past of so many users is not kept in memory; R records it to a file";
            return vec![(now, Msg::Told(words.to_owned()))];
        };
        let Some(chronicle) = live.tape.at(target_ms.max(oldest.mono_ms)) else { return Vec::new() };
        let at = chronicle.now();
        let mut msgs = vec![(now, Msg::Arrived(Box::new(Arrival { chronicle, at, oldest })))];
        if target_ms < oldest.mono_ms {
            let kept = short_age(now.since(oldest) / 1_000);
            let words = format!("the last {kept} are kept in memory; R records to a file");
            msgs.push((now, Msg::Told(words)));
        }
        msgs
    }

    /// Plays the recording, or stands still, or the other of both.
    pub fn play(&mut self, runs: Option<bool>) -> Vec<(Moment, Msg)> {
        match self {
            Inflow::Live(_) => Vec::new(),
            Inflow::Replay(playback) => playback.play(runs),
        }
    }

    /// Plays the recording faster, or slower.
    pub fn speed(&mut self, faster: bool) -> Vec<(Moment, Msg)> {
        match self {
            Inflow::Live(_) => Vec::new(),
            Inflow::Replay(playback) => playback.speed(faster),
        }
    }

    /// Begins a recording, or ends the one that is made.
    ///
    /// # Errors
    /// The file cannot be written, or exists.
    pub fn record(&mut self, model: &Model, file: Option<&Path>) -> Result<Vec<Msg>, RecorderError> {
        let Inflow::Live(live) = self else { return Ok(Vec::new()) };
        if let Some(recorder) = live.recorder.take() {
            let (name, written) = (shown(recorder.path()), recorder.written());
            let goes_on = recorder.is_recording();
            drop(recorder); // waits until everything is written
            if goes_on && file.is_none() {
                let words = format!("recorded to {name}: {} lines", written.lines);
                return Ok(vec![Msg::Recording(false), Msg::Told(words)]);
            }
        }
        let chronicle = model.chronicle();
        let path = file.map_or_else(|| default_name(chronicle.now()), Path::to_owned);
        let head = Head { interval_ms: model.interval_ms(), ..live.head.clone() };
        let words = live.words.clone();
        let tell = move |stopped: Stopped| drop(words.send(stopped.to_string()));
        let started = Recorder::start(&path, live.limits, chronicle.now(), head, chronicle.roster(), tell);
        live.recorder = Some(started?);
        Ok(vec![Msg::Recording(true), Msg::Told(format!("recording to {}; R ends it", shown(&path)))])
    }
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

/// A name after the time: `imtop-20261123-120105Z.ndjson.zst`.
fn default_name(now: Moment) -> PathBuf {
    let at = jiff::Timestamp::from_millisecond(now.unix_ms).unwrap_or_default();
    PathBuf::from(format!("imtop-{}Z.ndjson.zst", at.strftime("%Y%m%d-%H%M%S")))
}
