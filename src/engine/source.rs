//! Where a session's inputs come from: what every source can do, whatever it is.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use super::markers::Markers;
use super::replay::Playing;
use crate::poller::AtOnce;
use crate::presence::{Inputs, Moment, Rechecks, State, Unread, UserIx};

/// What a frontend may ask of a session.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Ask the server about everybody now.
    PollNow,
    /// Ask every so many milliseconds from now on.
    SetInterval(u64),
    /// Watch users too, or no more; IDs as they were typed.
    Watch {
        /// Whom to watch too.
        add: Vec<String>,
        /// Whom to watch no more.
        remove: Vec<String>,
    },
    /// While the sockets give no answer, ask the registry about these users first: they are looked at.
    AskFirst(Vec<UserIx>),
    /// Begin a recording to this file, or to one that is named after the time; end the one that is made.
    Record(Option<PathBuf>),
    /// Let the picture stand while collection goes on; of a recording, stand still.
    Hold,
    /// Show what is so now; play the recording on.
    Release,
    /// Go to a moment on the monotonic clock.
    GoTo(u64),
    /// Play the recording faster, or slower.
    Speed(bool),
}

/// Why there is nothing more to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The recording is over, or has come to the moment up to which it was to be read.
    Over,
    /// The recording cannot be read on, or the watch list cannot be read, as this sentence says.
    Unreadable(String),
}

/// Something that a source says besides its inputs.
pub enum Told {
    /// What is known is this from now on: another moment was reached.
    Replaced(Box<State>),
    /// How the recording is played has changed, or more of it was looked through.
    Changed,
    /// Words that pass.
    Said(String),
}

/// Waits until there may be something to take.
pub type Wait<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Where a session's inputs come from: a server that is asked, or a recording.
pub trait Source: Inputs<Error = Ended> + Send {
    /// The time; of a recording its own.
    fn now(&self) -> Moment;

    /// Up to when inputs may be taken and time may pass now, on the monotonic clock.
    fn until_ms(&self) -> u64 {
        self.now().mono_ms
    }

    /// Waits until there may be something to take, or until `change_ms`, when something changes by
    /// itself. Nothing is lost when this is given up while it waits.
    fn wait(&mut self, change_ms: Option<u64>) -> Wait<'_>;

    /// What it says besides its inputs.
    fn told(&mut self) -> Option<Told>;

    /// Nothing more happens up to [`Source::until_ms`]; says whether it has ended with that.
    fn settled(&mut self, state: &mut State) -> Option<Ended>;

    /// Has other witnesses asked about users in doubt, on the watch list of this generation.
    fn recheck(&mut self, _generation: u32, _doubts: Rechecks) {}

    /// Takes a command that is for the source; `state` is what is known. What follows comes as inputs and
    /// as [`Source::told`].
    fn command(&mut self, command: &Command, state: &State);

    /// How far the reading of the watch list is, in words; `None` when it is read.
    fn reading(&self) -> Option<&str> {
        None
    }

    /// How the recording is played; `None` where this is none that is played.
    fn playing(&self) -> Option<Playing> {
        None
    }

    /// The places in time to steer for, where the source knows them itself.
    fn markers(&self) -> Option<&Markers> {
        None
    }

    /// What of the recording that is played cannot be read before its beginning and after its end.
    fn unread(&self) -> Option<&Unread> {
        None
    }

    /// How many requests may be under way at the same time, where a server is asked.
    fn at_once(&self) -> Option<AtOnce> {
        None
    }

    /// Whether what comes from it was recorded.
    fn is_recorded(&self) -> bool {
        false
    }

    /// What of the recording could not be read so far, in sentences.
    fn gaps(&self) -> &[String] {
        &[]
    }

    /// Whether the recording is damaged where it was read to.
    fn is_broken(&self) -> bool {
        false
    }
}
