//! The last minutes of a run, kept so that they can be gone back through: inputs, and what was known now and
//! then. Bounded in time and in bytes.

use std::collections::VecDeque;

use crate::presence::{Answer, Input, Moment, State};

/// How far back one can go, in milliseconds, if there is room.
const REACH_MS: u64 = 15 * 60_000;
/// Room for it, in bytes, about: for a short list, for each user more, and at most.
const ROOM: usize = 6 << 20;
const ROOM_OF_USER: usize = 12 << 10;
const ROOM_AT_MOST: usize = 64 << 20;
/// What is known is copied only while the list is so short: a copy would hold up keys, and inputs to go
/// through take long between copies.
const MOST_USERS: usize = 30_000;
/// What was known is kept once in so many milliseconds at most, ...
const APART_MS: u64 = 60_000;
/// ... and at least, where anything comes in.
const FAR_APART_MS: u64 = 5 * 60_000;

/// The last minutes of a run.
#[derive(Clone, Debug, Default)]
pub struct Rewind {
    kept: VecDeque<Kept>,
    inputs: VecDeque<(Moment, Input)>,
    /// The number of the first of them.
    first: u64,
    /// Bytes that the inputs take, about.
    input_bytes: usize,
    /// Of them, those since what was known was kept last.
    since_kept: usize,
    /// Room that is given; otherwise it follows from the list.
    given: Option<usize>,
}

/// What was known before the input with this number.
#[derive(Clone, Debug)]
struct Kept {
    state: State,
    next: u64,
    /// Bytes that it takes, about, when all that it shares with what is known now has changed.
    bytes: usize,
}

impl Rewind {
    /// An empty one, for about so many bytes.
    pub fn with_room(room: usize) -> Rewind {
        Rewind { given: Some(room), ..Rewind::default() }
    }

    /// Bytes that it may take, about, for a list of so many users.
    fn room(&self, users: usize) -> usize {
        self.given.unwrap_or((ROOM + users * ROOM_OF_USER).min(ROOM_AT_MOST))
    }

    /// How many inputs it holds.
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// Bytes that it takes, about.
    pub fn weight(&self) -> usize {
        self.kept.iter().map(|kept| kept.bytes).sum::<usize>() + self.input_bytes
    }

    /// Takes an input that comes in at `now`, before `state` takes it.
    pub fn push(&mut self, state: &State, now: Moment, input: &Input) {
        let users = state.roster().list().len();
        let (room, bytes) = (self.room(users), state.weight_set_aside());
        // Two copies and as much again of inputs have to fit, or one could hardly go back. With some room to
        // spare at the beginning, so that it does not begin again and again.
        let share = if self.kept.is_empty() { 5 } else { 4 };
        if users > MOST_USERS || bytes > room / share {
            *self = Rewind { given: self.given, ..Rewind::default() }; // so much is not kept
            return;
        }
        // As much is spent on what was known as on what came in.
        let is_due = |newest: &Kept| {
            let apart = state.now().since(newest.state.now());
            apart >= FAR_APART_MS
                || (apart >= APART_MS && self.since_kept >= bytes)
                || self.since_kept > room / 4
        };
        if self.kept.back().is_none_or(is_due) {
            let next = self.first + self.inputs.len() as u64;
            self.kept.push_back(Kept { state: state.set_aside(), next, bytes });
            self.since_kept = 0;
        }
        self.push_input(input.taken_at(state, now), input);
        let oldest = state.now().mono_ms.saturating_sub(REACH_MS);
        let is_over = |rewind: &Rewind| {
            let is_old = |second: &Kept| second.state.now().mono_ms <= oldest;
            rewind.weight() > room || rewind.kept.get(1).is_some_and(is_old)
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
            let bytes = weight_of(input);
            self.input_bytes += bytes;
            self.since_kept += bytes;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::{at, observed, online};
    use crate::presence::{Entry, Freshness, Roster, RuleSettings, UserIx, WatchList};

    /// Rounds of a second in each of which all of so many users reconnect, in so much room; the weight after
    /// each of them.
    fn weights(users: u32, room: usize, rounds: u64) -> (Rewind, Vec<usize>) {
        let entries = (0..users).map(|user| Entry::of(&format!("u{user}")));
        let list = std::sync::Arc::new(WatchList::new(1, users, entries));
        let roster = Roster::new(list, Freshness::for_interval(1_000), at(0));
        let mut state = State::new(roster, RuleSettings::default(), at(0));
        let mut rewind = Rewind::with_room(room);
        let weights = (1..=rounds).map(|round| {
            let changed = (0..users).map(|user| (UserIx(user), online(&format!("{round}-{user}")))).collect();
            let now = at(round * 1_000);
            let input = Input::Observed(observed(now, Ok(Answer::Changed(changed))));
            rewind.push(&state, now, &input);
            state.take(now, &input);
            rewind.weight()
        });
        let weights = weights.collect();
        (rewind, weights)
    }

    #[test]
    fn it_stays_within_its_room_and_reaches_back_as_far_as_that_goes() {
        let room = 8 << 20;
        let mut shortest = u64::MAX;
        for rounds in [1_000, 1_100, 1_200, 1_300, 1_400] {
            let (rewind, weights) = weights(20, room, rounds);
            assert!(weights.iter().all(|weight| *weight <= room), "{:?}", weights.iter().max());
            let oldest = rewind.oldest().map_or(rounds * 1_000, |oldest| oldest.mono_ms);
            shortest = shortest.min(rounds * 1_000 - oldest);
            assert!(rewind.at(rounds * 1_000).is_some_and(|state| state.now().mono_ms == rounds * 1_000));
        }
        assert!(shortest > 200_000, "only {shortest} ms");
    }

    #[test]
    fn what_has_no_room_is_not_kept_nor_begun_again_and_again() {
        let (rewind, weights) = weights(200, 600_000, 400);
        assert!(weights[0] > 0, "it began");
        let begun = weights.windows(2).filter(|pair| pair[0] == 0 && pair[1] > 0).count();
        assert_eq!((begun, rewind.oldest()), (0, None));
    }
}
