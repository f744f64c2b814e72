//! A session that a test feeds by hand: inputs go in at their moments, commands come out. Used by the
//! tests beside the code, too.

#![allow(dead_code, reason = "not every test that has it needs all of it")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use imtop::engine::{About, Command, Ended, Markers, Playing, Recording, Session, Shown, Source, Told, Wait};
use imtop::presence::{Input, Inputs, Moment, Next, Rechecks, State, Update};

/// What a test and the source have in common.
#[derive(Default)]
pub(crate) struct Hand {
    now: Moment,
    inputs: VecDeque<(Moment, Input)>,
    told: VecDeque<Told>,
    /// Commands that came to the source, in their order.
    pub(crate) commands: Vec<Command>,
    /// Users whom other sources were to be asked about, each time with the generation of the list.
    pub(crate) rechecks: Vec<(u32, Rechecks)>,
    playing: Option<Playing>,
    is_recorded: bool,
}

/// A source that gives what a test puts into it.
struct Script {
    hand: Arc<Mutex<Hand>>,
    markers: Option<Markers>,
}

impl Script {
    fn hand(&self) -> MutexGuard<'_, Hand> {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inputs for Script {
    type Error = Ended;

    fn next_at(&mut self) -> Result<Option<u64>, Ended> {
        Ok(self.hand().inputs.front().map(|(at, _)| at.mono_ms))
    }

    fn pop(&mut self) -> Option<(Moment, Next)> {
        self.hand().inputs.pop_front().map(|(at, input)| (at, Next::Input(input)))
    }
}

impl Source for Script {
    fn now(&self) -> Moment {
        self.hand().now
    }

    fn wait(&mut self, _change_ms: Option<u64>) -> Wait<'_> {
        Box::pin(std::future::pending())
    }

    fn told(&mut self) -> Option<Told> {
        self.hand().told.pop_front()
    }

    fn settled(&mut self, _state: &mut State) -> Option<Ended> {
        None
    }

    fn recheck(&mut self, generation: u32, doubts: Rechecks) {
        self.hand().rechecks.push((generation, doubts));
    }

    fn command(&mut self, command: &Command, _state: &State) {
        let mut hand = self.hand();
        hand.commands.push(command.clone());
        if let Command::SetInterval(ms) = command {
            let now = hand.now;
            hand.inputs.push_back((now, Input::Interval(*ms)));
        }
    }

    fn playing(&self) -> Option<Playing> {
        self.hand().playing
    }

    fn markers(&self) -> Option<&Markers> {
        self.markers.as_ref()
    }

    fn is_recorded(&self) -> bool {
        self.hand().is_recorded
    }
}

/// A session and its source.
pub(crate) struct Fed {
    pub(crate) session: Session,
    hand: Arc<Mutex<Hand>>,
}

impl Fed {
    /// A live session that begins with this and asks every two seconds.
    pub(crate) fn live(about: About, state: State) -> Fed {
        Fed::of(about, state, None, None)
    }

    /// The same from a recording that is not played.
    pub(crate) fn recorded(about: About, state: State) -> Fed {
        let fed = Fed::of(about, state, None, Some(Markers::default()));
        fed.hand().is_recorded = true;
        fed
    }

    /// A recording that is played so, and has these markers.
    pub(crate) fn played(about: About, state: State, playing: Playing, markers: Markers) -> Fed {
        let fed = Fed::of(about, state, Some(playing), Some(markers));
        fed.hand().is_recorded = true;
        fed
    }

    fn of(about: About, state: State, playing: Option<Playing>, markers: Option<Markers>) -> Fed {
        let hand = Arc::new(Mutex::new(Hand { now: state.now(), playing, ..Hand::default() }));
        let source = Script { hand: Arc::clone(&hand), markers };
        let rewinds = source.markers.is_none();
        let mut recording = Recording::default();
        recording.head.interval_ms = 2_000;
        Fed { session: Session::new(about, state, Box::new(source), recording, rewinds), hand }
    }

    pub(crate) fn hand(&self) -> MutexGuard<'_, Hand> {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn shown(&self) -> Shown<'_> {
        self.session.shown()
    }

    /// Takes an input that comes in at `now`: an answer when it was received. What followed from it, and
    /// from the time before it.
    pub(crate) fn take(&mut self, now: Moment, input: Input) -> Update {
        let at = match &input {
            Input::Observed(observation) => observation.received,
            _ => now,
        };
        {
            let mut hand = self.hand();
            hand.now = now;
            hand.inputs.push_back((at, input));
        }
        self.news()
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, now: Moment) -> Update {
        self.hand().now = now;
        self.session.pass()
    }

    /// Takes a command, and what follows from it at once.
    pub(crate) fn command(&mut self, command: &Command) -> Update {
        let mut news = self.session.command(command);
        news.extend(self.news());
        news
    }

    /// The recording is played so from now on.
    pub(crate) fn play(&mut self, change: impl FnOnce(&mut Playing)) -> Update {
        {
            let mut hand = self.hand();
            hand.playing.as_mut().map(change);
            hand.told.push_back(Told::Changed);
        }
        self.news()
    }

    /// Another moment of the recording was reached.
    pub(crate) fn arrive(&mut self, state: State) -> Update {
        {
            let mut hand = self.hand();
            hand.now = state.now();
            hand.told.push_back(Told::Replaced(Box::new(state)));
        }
        self.news()
    }

    fn news(&mut self) -> Update {
        let mut all = Update::default();
        while let Some(news) = self.session.ready() {
            all.extend(news);
        }
        all
    }
}
