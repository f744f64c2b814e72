//! Inputs in their order, and the one way in which a [`State`] takes them: what changes by itself
//! does so first, each at its own moment, and then the input. A live server, a recording that is played
//! and one that is read through all go through here, so they all come out the same.

use std::sync::Arc;

use super::input::Input;
use super::roster::Roster;
use super::state::State;
use super::time::Moment;
use super::update::Update;

/// What a source of inputs gives next.
#[derive(Debug)]
pub enum Next {
    /// An answer, a watch list, an interval or a notice.
    Input(Input),
    /// A part of a recording is missing. It goes on with what was known later.
    Resume {
        /// What was known after the gap.
        roster: Box<Roster>,
        /// How often the server was asked, in milliseconds.
        interval_ms: u64,
        /// What is missing, in a sentence.
        gap: String,
    },
}

/// Inputs in their order.
pub trait Inputs {
    /// Why the next one cannot be had.
    type Error;

    /// When the next one is known of, on the monotonic clock; `None` where there is none.
    ///
    /// # Errors
    /// It cannot be read.
    fn next_at(&mut self) -> Result<Option<u64>, Self::Error>;

    /// Takes it, with the moment up to which time had passed when it came in.
    fn pop(&mut self) -> Option<(Moment, Next)>;

    /// The end of time where nothing more comes in, on the monotonic clock: of a recording, what its
    /// last line says.
    fn end_ms(&self) -> u64 {
        u64::MAX
    }
}

/// What happened at one moment.
#[derive(Debug)]
pub struct Step {
    /// What came in; `None` where time alone did it.
    pub input: Option<Input>,
    /// What followed from it.
    pub update: Update,
}

impl State {
    /// Takes what happens next, up to `until_ms` on the monotonic clock. `None` when nothing more
    /// happens until then. `before` sees each input before it is taken, with the moment up to which
    /// time had passed when it came in.
    ///
    /// # Errors
    /// The next input cannot be read.
    pub fn step<I: Inputs + ?Sized>(
        &mut self,
        inputs: &mut I,
        until_ms: u64,
        before: impl FnOnce(&State, Moment, &Input),
    ) -> Result<Option<Step>, I::Error> {
        let next = inputs.next_at()?;
        let target = next.unwrap_or(inputs.end_ms()).min(until_ms);
        if let Some(change) = self.next_change().filter(|change| *change <= target) {
            let update = self.advance(self.dated(change));
            return Ok(Some(Step { input: None, update }));
        }
        if next.is_none_or(|at| at > until_ms) {
            return Ok(None);
        }
        let Some((at, next)) = inputs.pop() else { return Ok(None) };
        let (input, replaced) = match next {
            Next::Input(input) => (input, None),
            Next::Resume { roster, interval_ms, gap } => {
                self.advance(self.dated(at.mono_ms));
                let list = Arc::clone(self.roster().list());
                self.resume(*roster, interval_ms, at);
                (Input::Notice(gap), Some(list))
            }
        };
        before(self, at, &input);
        let mut update = self.take_again(at, &input);
        update.replaced |= replaced.is_some();
        update.list_before = replaced.or(update.list_before);
        Ok(Some(Step { input: Some(input), update }))
    }

    /// Lets time pass up to `until_ms`, at the end of what [`State::step`] takes.
    pub fn settle(&mut self, until_ms: u64) -> Update {
        if until_ms <= self.now().mono_ms {
            return Update::default();
        }
        self.advance(self.dated(until_ms))
    }

    /// A moment whose date follows from what came in before, and not from when somebody looked.
    fn dated(&self, mono_ms: u64) -> Moment {
        Moment { mono_ms, unix_ms: self.now().unix_ms_at(mono_ms) }
    }
}
