//! The last minutes of a run, kept so that they can be gone back through: inputs, and what was known
//! every minute. Bounded in time and in bytes.

use std::collections::VecDeque;

use crate::presence::{Answer, Input, Moment, State};

/// How far back one can go, in milliseconds, if there is room.
const REACH_MS: u64 = 15 * 60_000;
/// Room for it, in bytes, about.
const ROOM: usize = 64 << 20;
/// What is known is copied only if it takes no more bytes than this, about: a larger copy would hold up
/// keys, and there is room for few of them, and inputs to go through take long between them.
const LARGEST_COPY: usize = 8 << 20;
/// What was known is kept every so many milliseconds.
const APART_MS: u64 = 60_000;

/// The last minutes of a run.
#[derive(Clone, Debug)]
pub struct Rewind {
    kept: VecDeque<Kept>,
    inputs: VecDeque<(Moment, Input)>,
    /// The number of the first of them.
    first: u64,
    /// Bytes that the inputs take, about.
    input_bytes: usize,
    room: usize,
}

/// What was known before the input with this number.
#[derive(Clone, Debug)]
struct Kept {
    state: State,
    next: u64,
    bytes: usize,
}

impl Default for Rewind {
    fn default() -> Rewind {
        Rewind::with_room(ROOM)
    }
}

impl Rewind {
    /// An empty one, for about so many bytes.
    pub fn with_room(room: usize) -> Rewind {
        Rewind { kept: VecDeque::new(), inputs: VecDeque::new(), first: 0, input_bytes: 0, room }
    }

    /// Takes an input that comes in at `now`, before `state` takes it.
    pub fn push(&mut self, state: &State, now: Moment, input: &Input) {
        let bytes = state.weight();
        if bytes > LARGEST_COPY.min(self.room / 2) {
            *self = Rewind::with_room(self.room); // a list so long is not kept
            return;
        }
        let newest = self.kept.back().map(|kept| kept.state.now());
        let is_full = self.input_bytes > self.room / 2;
        if newest.is_none_or(|newest| state.now().since(newest) >= APART_MS) || is_full {
            let next = self.first + self.inputs.len() as u64;
            self.kept.push_back(Kept { state: state.clone(), next, bytes });
        }
        self.push_input(input.taken_at(state, now), input);
        let oldest = state.now().mono_ms.saturating_sub(REACH_MS);
        let is_over = |rewind: &Rewind| {
            let kept: usize = rewind.kept.iter().map(|kept| kept.bytes).sum();
            kept + rewind.input_bytes > rewind.room
                || rewind.kept.get(1).is_some_and(|second| second.state.now().mono_ms <= oldest)
        };
        while self.kept.len() > 1 && is_over(self) {
            self.kept.pop_front();
            let Some(kept) = self.kept.front() else { break };
            for _ in self.first..kept.next {
                if let Some((_, input)) = self.inputs.pop_front() {
                    self.input_bytes -= weight_of(&input);
                }
            }
            self.first = kept.next;
        }
    }

    /// Takes an input that a state has taken already.
    pub fn push_input(&mut self, at: Moment, input: &Input) {
        if !self.kept.is_empty() {
            self.input_bytes += weight_of(input);
            self.inputs.push_back((at, input.clone()));
        }
    }

    /// As far back as one can go; `None` where nothing is kept.
    pub fn oldest(&self) -> Option<Moment> {
        self.kept.front().map(|kept| kept.state.now())
    }

    /// What was known at a moment, on the monotonic clock; `None` if that is too long ago.
    pub fn at(&self, mono_ms: u64) -> Option<State> {
        let after = self.kept.partition_point(|kept| kept.state.now().mono_ms <= mono_ms);
        let kept = self.kept.get(after.checked_sub(1)?)?;
        let mut state = kept.state.clone();
        for (at, input) in self.inputs.range((kept.next - self.first) as usize..) {
            if input.seen_at(*at) > mono_ms {
                break;
            }
            state.take_again(*at, input);
        }
        let unix_ms = state.now().unix_ms_at(mono_ms);
        state.advance(Moment { mono_ms, unix_ms });
        Some(state)
    }
}

/// Bytes that an input takes, about.
fn weight_of(input: &Input) -> usize {
    match input {
        Input::Observed(observation) => {
            let said = observation.answer.as_ref().map_or(0, Answer::weight);
            400 + observation.users.len() * 4 + said
        }
        Input::Rebased(list) | Input::Relabelled(list) => 200 + list.len() * 64,
        Input::Interval(_) | Input::Notice(_) => 200,
    }
}
