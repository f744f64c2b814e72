//! What happened of late: transitions and events of the run itself, bounded, newest at the end.
//!
//! Equal transitions of one moment form a group, so that a batch that fails is one line and not
//! five hundred. First sights are not kept: nothing happened to those users.

use std::collections::VecDeque;

use super::state::Presence;
use super::time::Moment;
use super::transition::{Transition, What};

/// Events that are kept.
const KEPT: usize = 10_000;

/// How many groups of one moment are looked through for one that fits.
const GROUPS_OF_A_MOMENT: usize = 12;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// To a watched user.
    Transition(Transition),
    /// The wall clock of this machine was set, or ran off: times before and after don't compare.
    ClockStep {
        /// When it was noticed.
        at: Moment,
        /// By how many milliseconds it went forward; negative: back.
        by_ms: i64,
    },
    /// Something that the program had to say.
    Notice {
        /// When.
        at: Moment,
        /// What.
        text: String,
    },
}

/// Equal events of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventGroup {
    /// The first of them.
    pub event: Event,
    /// How many there are.
    pub count: u32,
    /// What [`Timeline::taken`] was when the first came.
    pub number: u64,
}

/// The last events of a run.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    events: VecDeque<(u64, Event)>,
    groups: VecDeque<EventGroup>,
    taken: u64,
}

impl Timeline {
    /// Takes a transition, unless it is a first sight.
    pub fn record(&mut self, transition: Transition) {
        if transition.is_first_sight() {
            return;
        }
        let before = transition.before;
        let moment =
            self.groups.iter_mut().rev().take(GROUPS_OF_A_MOMENT).take_while(
                |group| matches!(&group.event, Event::Transition(other) if other.before == before),
            );
        let mut like = moment.filter(
            |group| matches!(&group.event, Event::Transition(other) if are_alike(other, &transition)),
        );
        let joined = like.next().map(|group| group.count += 1).is_some();
        self.push(Event::Transition(transition), !joined);
    }

    /// Takes an event of the run itself.
    pub fn note(&mut self, event: Event) {
        self.push(event, true);
    }

    fn push(&mut self, event: Event, opens_group: bool) {
        self.taken += 1;
        if opens_group {
            if self.groups.len() == KEPT {
                self.groups.pop_front();
            }
            self.groups.push_back(EventGroup { event: event.clone(), count: 1, number: self.taken });
        }
        if self.events.len() == KEPT {
            self.events.pop_front();
        }
        self.events.push_back((self.taken, event));
    }

    /// How many events were taken so far, kept or not.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// The groups up to the event numbered `until`, newest first.
    pub fn groups(&self, until: u64) -> impl Iterator<Item = &EventGroup> {
        self.groups.iter().rev().skip_while(move |group| group.number > until)
    }

    /// The transitions of the user with this ID up to the event numbered `until`, newest first.
    pub fn of_user<'a>(&'a self, raw_id: &'a str, until: u64) -> impl Iterator<Item = &'a Transition> {
        let old_enough = self.events.iter().rev().skip_while(move |(number, _)| *number > until);
        old_enough.filter_map(move |(_, event)| match event {
            Event::Transition(transition) if transition.user.raw() == raw_id => Some(transition),
            _ => None,
        })
    }
}

/// Whether two transitions of one moment read the same but for the user.
fn are_alike(one: &Transition, other: &Transition) -> bool {
    if one.after != other.after || one.before != other.before {
        return false;
    }
    match (&one.what, &other.what) {
        (
            What::Presence { to: Presence::Unknown(one), .. },
            What::Presence { to: Presence::Unknown(other), .. },
        ) => one == other,
        (What::Presence { from: from_a, to: to_a }, What::Presence { from: from_b, to: to_b }) => {
            to_a.same_word(*to_b) && from_a.same_word(*from_b)
        }
        (What::Connected(one), What::Connected(other))
        | (What::SeenAgain(one), What::SeenAgain(other))
        | (What::Disconnected(one), What::Disconnected(other))
        | (What::MovedBackground(one), What::MovedBackground(other))
        | (What::MovedForeground(one), What::MovedForeground(other)) => one.platform == other.platform,
        (
            What::Replaced { old: one, same_token: same_a, .. },
            What::Replaced { old: other, same_token: same_b, .. },
        ) => one.platform == other.platform && same_a == same_b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presence::{ConnId, Platform, Socket, Trouble, UserId, Why};

    fn at(mono_ms: u64) -> Moment {
        Moment { mono_ms, unix_ms: 0 }
    }

    fn transition(user: &str, what: What, before: u64) -> Transition {
        let after = Some(at(before.saturating_sub(2_000)));
        Transition { id: 0, user: UserId::new(user), what, after, before: at(before), operation: None }
    }

    fn lost() -> What {
        What::Presence { from: Presence::Online, to: Presence::Unknown(Why::Failed(Trouble::Timeout)) }
    }

    fn dropped(platform: i32) -> What {
        What::Disconnected(Socket { platform: Platform(platform), id: ConnId::new("c") })
    }

    #[test]
    fn equal_transitions_of_a_moment_are_one_group_even_when_they_alternate() {
        let mut timeline = Timeline::default();
        for user in ["a", "b", "c"] {
            timeline.record(transition(user, lost(), 5_000));
            timeline.record(transition(user, dropped(2), 5_000));
        }
        timeline.record(transition("a", dropped(2), 6_000));
        let counts: Vec<u32> = timeline.groups(u64::MAX).map(|group| group.count).collect();
        assert_eq!(counts, [1, 3, 3]);
        assert_eq!(timeline.of_user("a", u64::MAX).count(), 3);
        assert_eq!(timeline.of_user("a", 2).count(), 2, "a picture that stands");
    }

    #[test]
    fn first_sights_are_not_kept_and_the_rest_is_bounded() {
        let mut timeline = Timeline::default();
        timeline.record(Transition { after: None, ..transition("a", lost(), 1) });
        assert_eq!(timeline.taken(), 0);
        for n in 0..(KEPT as u64 + 5) {
            timeline.record(transition("a", dropped(1), n * 10));
        }
        assert_eq!(timeline.groups(u64::MAX).count(), KEPT);
        assert_eq!(timeline.of_user("a", u64::MAX).count(), KEPT);
    }
}
