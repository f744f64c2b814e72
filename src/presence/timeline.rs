//! What happened of late: what users went through and events of the run itself, bounded, newest at
//! the end.
//!
//! All that happens to one user at one moment is one story: who goes offline loses connections too.
//! Stories that read the same, of one round, form a group, so that a batch that fails is one line
//! and not five hundred. First sights are not kept: nothing happened to those users.

use std::collections::VecDeque;

use super::state::Presence;
use super::time::Moment;
use super::transition::{Transition, What};
use super::watch_list::UserId;

/// Events that are kept.
const KEPT: usize = 10_000;

/// How many of the last groups are looked through for one that fits.
const LAST_GROUPS: usize = 32;

/// Answers that arrive within so many milliseconds of each other belong to one round.
const ROUND_MS: u64 = 1_000;

/// Users of a group who are kept by name.
const NAMED: usize = 12;

/// What one user went through at one moment; the change of presence, if there is one, first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    first: Transition,
    rest: Vec<Transition>,
}

impl Story {
    /// Its first transition: whose it is and when it happened.
    pub fn first(&self) -> &Transition {
        &self.first
    }

    /// All its transitions.
    pub fn transitions(&self) -> impl Iterator<Item = &Transition> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// Whether the user is seen again with connections that had been taken for gone, and with no
    /// others: nothing happened to the user then, only to those who were asked.
    pub fn brings_back_the_same(&self) -> bool {
        !self.rest.is_empty() && self.rest.iter().all(|next| matches!(next.what, What::SeenAgain(_)))
    }

    fn takes(&self, next: &Transition) -> bool {
        self.first.user == next.user && self.first.before == next.before && self.first.after == next.after
    }

    /// Whether two stories read the same but for the user. A change of presence says it all, but for
    /// whether the connections are the same as before.
    fn is_like(&self, other: &Story) -> bool {
        if matches!(self.first.what, What::Presence { .. }) {
            return are_alike(&self.first.what, &other.first.what)
                && self.brings_back_the_same() == other.brings_back_the_same();
        }
        self.rest.len() == other.rest.len()
            && self
                .transitions()
                .zip(other.transitions())
                .all(|(one, other)| are_alike(&one.what, &other.what))
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// To a watched user.
    Story(Story),
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

/// Events of one round that read the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventGroup {
    /// The first of them.
    pub event: Event,
    /// How many there are.
    pub count: u32,
    /// The first users whom it happened to.
    pub users: Vec<UserId>,
    /// The batches that they were asked in, from 0.
    pub batches: Vec<u32>,
    /// It happened after this moment, to the one for whom the least is known.
    pub after: Option<Moment>,
    /// It happened to all of them until this moment.
    pub before: Moment,
    /// What [`Timeline::taken`] was when the first came.
    pub number: u64,
}

/// The last events of a run.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    stories: VecDeque<(u64, Story)>,
    groups: VecDeque<EventGroup>,
    taken: u64,
    /// Groups up to this number stand as they are.
    sealed: u64,
}

impl Timeline {
    /// Takes the transitions of one answer, or of the want of one, but for first sights. Those of
    /// one user stand together. `batch_of` says in which batch a user is asked.
    pub fn record(&mut self, transitions: Vec<Transition>, batch_of: impl Fn(&UserId) -> Option<u32>) {
        let mut story: Option<Story> = None;
        for transition in transitions.into_iter().filter(|transition| !transition.is_first_sight()) {
            match &mut story {
                Some(story) if story.takes(&transition) => story.rest.push(transition),
                _ => {
                    if let Some(whole) = story.replace(Story { first: transition, rest: Vec::new() }) {
                        self.take_story(whole, &batch_of);
                    }
                }
            }
        }
        if let Some(whole) = story {
            self.take_story(whole, &batch_of);
        }
    }

    /// Takes an event of the run itself.
    pub fn note(&mut self, event: Event, at: Moment) {
        self.taken += 1;
        let (users, batches) = (Vec::new(), Vec::new());
        let number = self.taken;
        self.open_group(EventGroup { event, count: 1, users, batches, after: Some(at), before: at, number });
    }

    /// Leaves all groups as they are now: somebody looks at a picture of them.
    pub fn seal(&mut self) {
        self.sealed = self.taken;
    }

    fn take_story(&mut self, story: Story, batch_of: &impl Fn(&UserId) -> Option<u32>) {
        self.taken += 1;
        let Transition { user, after, before, .. } = story.first.clone();
        let batch = batch_of(&user);
        let sealed = self.sealed;
        let mut open = self
            .groups
            .iter_mut()
            .rev()
            .take(LAST_GROUPS)
            .take_while(|group| group.number > sealed && before.since(first_seen(group)) <= ROUND_MS);
        let like = open.find(|group| {
            // Who is there already went through it twice: that is another group.
            matches!(&group.event, Event::Story(other) if other.is_like(&story))
                && !group.users.contains(&user)
        });
        if let Some(group) = like {
            group.count += 1;
            if group.users.len() < NAMED {
                group.users.push(user);
            }
            if let Some(batch) = batch.filter(|batch| !group.batches.contains(batch)) {
                group.batches.push(batch);
            }
            group.after = group.after.zip(after).map(|(one, other)| one.min(other));
            group.before = group.before.max(before);
        } else {
            let (users, batches) = (vec![user], batch.into_iter().collect());
            let (event, number) = (Event::Story(story.clone()), self.taken);
            self.open_group(EventGroup { event, count: 1, users, batches, after, before, number });
        }
        if self.stories.len() == KEPT {
            self.stories.pop_front();
        }
        self.stories.push_back((self.taken, story));
    }

    fn open_group(&mut self, group: EventGroup) {
        if self.groups.len() == KEPT {
            self.groups.pop_front();
        }
        self.groups.push_back(group);
    }

    /// How many events were taken so far, kept or not.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// The groups up to the event numbered `until`, newest first.
    pub fn groups(&self, until: u64) -> impl Iterator<Item = &EventGroup> {
        self.groups.iter().rev().skip_while(move |group| group.number > until)
    }

    /// The stories of the user with this ID up to the event numbered `until`, newest first.
    pub fn of_user<'a>(&'a self, raw_id: &'a str, until: u64) -> impl Iterator<Item = &'a Story> {
        let old_enough = self.stories.iter().rev().skip_while(move |(number, _)| *number > until);
        old_enough.map(|(_, story)| story).filter(move |story| story.first.user.raw() == raw_id)
    }
}

/// When the first event of a group was seen; a group doesn't grow on and on.
fn first_seen(group: &EventGroup) -> Moment {
    match &group.event {
        Event::Story(story) => story.first.before,
        Event::ClockStep { at, .. } | Event::Notice { at, .. } => *at,
    }
}

/// Whether two changes read the same.
fn are_alike(one: &What, other: &What) -> bool {
    match (one, other) {
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
    use crate::presence::{ConnId, Platform, Socket, Trouble, Why};

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

    fn offline() -> What {
        What::Presence { from: Presence::Online, to: Presence::Offline }
    }

    fn dropped(platform: i32) -> What {
        What::Disconnected(Socket { platform: Platform(platform), id: ConnId::new("c"), token: None })
    }

    fn counts(timeline: &Timeline) -> Vec<u32> {
        timeline.groups(u64::MAX).map(|group| group.count).collect()
    }

    #[test]
    fn what_a_user_goes_through_at_a_moment_is_one_story_and_the_presence_groups_them() {
        let mut timeline = Timeline::default();
        let of = |user: &str, platform| {
            [transition(user, offline(), 5_000), transition(user, dropped(platform), 5_000)]
        };
        let transitions = [of("a", 2), of("b", 3), of("c", 2)].concat();
        timeline.record(transitions, |_| Some(0));
        assert_eq!(counts(&timeline), [3], "whatever the platform");
        timeline
            .record(vec![transition("d", dropped(2), 6_000), transition("e", dropped(3), 6_000)], |_| None);
        assert_eq!(counts(&timeline), [1, 1, 3], "without a change of presence the platform tells");
        let stories: Vec<usize> =
            timeline.of_user("a", u64::MAX).map(|story| story.transitions().count()).collect();
        assert_eq!(stories, [2]);
        assert_eq!(timeline.of_user("b", 1).count(), 0, "a picture that stands");
    }

    #[test]
    fn who_comes_back_with_the_same_connections_is_told_apart() {
        let mut timeline = Timeline::default();
        let back = |user: &str, what: fn(Socket) -> What| {
            let online = What::Presence { from: Presence::Offline, to: Presence::Online };
            let socket = Socket { platform: Platform(2), id: ConnId::new(user), token: None };
            [transition(user, online, 5_000), transition(user, what(socket), 5_000)]
        };
        let answer = [back("a", What::SeenAgain), back("b", What::Connected), back("c", What::SeenAgain)];
        timeline.record(answer.concat(), |_| None);
        assert_eq!(counts(&timeline), [1, 2]);
    }

    #[test]
    fn batches_of_one_round_are_one_group_with_the_widest_interval() {
        let mut timeline = Timeline::default();
        for (batch, before) in [(0, 5_000), (1, 5_400), (2, 6_000)] {
            timeline.record(vec![transition(&format!("u{batch}"), lost(), before)], |_| Some(batch));
        }
        let group = timeline.groups(u64::MAX).next().unwrap().clone();
        assert_eq!((group.count, group.batches), (3, vec![0, 1, 2]));
        assert_eq!((group.after, group.before), (Some(at(3_000)), at(6_000)));
        timeline.record(vec![transition("late", lost(), 6_001)], |_| Some(3));
        assert_eq!(counts(&timeline), [1, 3], "a second is over");
        timeline.record(vec![transition("late", lost(), 6_500)], |_| Some(3));
        assert_eq!(counts(&timeline), [1, 1, 3], "nobody counts twice");
    }

    #[test]
    fn a_group_that_somebody_looks_at_does_not_grow() {
        let mut timeline = Timeline::default();
        timeline.record(vec![transition("a", lost(), 5_000)], |_| None);
        timeline.seal();
        timeline.record(vec![transition("b", lost(), 5_000)], |_| None);
        assert_eq!(counts(&timeline), [1, 1]);
    }

    #[test]
    fn first_sights_are_not_kept_and_the_rest_is_bounded() {
        let mut timeline = Timeline::default();
        timeline.record(vec![Transition { after: None, ..transition("a", lost(), 1) }], |_| None);
        assert_eq!(timeline.taken(), 0);
        for n in 0..(KEPT as u64 + 5) {
            timeline.record(vec![transition("a", dropped(1), n * 10)], |_| None);
        }
        assert_eq!(timeline.groups(u64::MAX).count(), KEPT);
        assert_eq!(timeline.of_user("a", u64::MAX).count(), KEPT);
    }
}
