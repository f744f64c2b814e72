//! What happened of late: what users went through and events of the run itself, bounded, newest at
//! the end.
//!
//! All that happens to one user at one moment is one story: who goes offline loses connections too.
//! Events that read the same, of one round, form a group, so that a batch that fails is one line
//! and not five hundred. First sights are not kept: nothing happened to those users.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::fetch_error::Trouble;
use super::findings::{Rule, Severity};
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

/// For so many milliseconds it is known who changed last.
const RECENT_MS: u64 = 30_000;

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
        !self.rest.is_empty() && self.rest.iter().all(|next| matches!(next.what, What::SeenAgain { .. }))
    }

    /// Whether the user is known again, and is offline, but was connected when last heard of.
    pub fn ends_what_was_unknown(&self) -> bool {
        let is_back =
            matches!(self.first.what, What::Presence { from: Presence::Unknown(_), to: Presence::Offline });
        is_back && self.rest.iter().any(|next| matches!(next.what, What::Disconnected(_)))
    }

    fn takes(&self, next: &Transition) -> bool {
        self.first.user == next.user && self.first.before == next.before && self.first.after == next.after
    }

    /// Whether two stories read the same but for the user. A change of presence says it all, but for
    /// whether the connections are the same as before.
    fn is_like(&self, other: &Story) -> bool {
        if matches!(self.first.what, What::Presence { .. }) {
            return are_alike(&self.first.what, &other.first.what)
                && self.brings_back_the_same() == other.brings_back_the_same()
                && self.ends_what_was_unknown() == other.ends_what_was_unknown();
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
    /// Something wrong was found, or is over.
    Finding {
        /// Whether it was found; otherwise it is over.
        raised: bool,
        /// With whom; none: it is about no single user.
        user: Option<UserId>,
        /// By which rule.
        rule: Rule,
        /// How serious it is.
        severity: Severity,
        /// The evidence in one sentence; visible-safe. It may name users.
        text: String,
    },
    /// A batch gets no answers any more, or answers again.
    Feed {
        /// Which, from 0.
        batch: u32,
        /// How many there are.
        of: u32,
        /// What went wrong; none: it answers again.
        trouble: Option<Trouble>,
        /// For how long it had got no answers, in milliseconds; 0 where that begins.
        after_ms: u64,
    },
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

impl Event {
    /// Whom it happened to.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Event::Story(story) => Some(&story.first.user),
            Event::Finding { user, .. } => user.as_ref(),
            Event::Feed { .. } | Event::ClockStep { .. } | Event::Notice { .. } => None,
        }
    }

    /// The word for what kind of event it is: that of the change that matters most.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Story(story) => story.first.what.kind(),
            Event::Finding { .. } => "finding",
            Event::Feed { .. } => "feed",
            Event::ClockStep { .. } => "clock",
            Event::Notice { .. } => "notice",
        }
    }

    /// Whether two events read the same but for whom they happened to.
    fn is_like(&self, other: &Event) -> bool {
        match (self, other) {
            (Event::Story(one), Event::Story(other)) => one.is_like(other),
            (
                Event::Finding {
                    raised: raised_a, user: Some(_), rule: rule_a, severity: severity_a, ..
                },
                Event::Finding {
                    raised: raised_b, user: Some(_), rule: rule_b, severity: severity_b, ..
                },
            ) => (raised_a, rule_a, severity_a) == (raised_b, rule_b, severity_b),
            (Event::Feed { trouble: one, .. }, Event::Feed { trouble: other, .. }) => one == other,
            _ => false,
        }
    }
}

impl What {
    /// The word for what kind of change it is.
    pub fn kind(&self) -> &'static str {
        match self {
            What::Presence { .. } => "presence",
            What::Connected(_) | What::SeenAgain { .. } => "connected",
            What::Retracted { .. } => "retracted",
            What::Disconnected(_) => "disconnected",
            What::Replaced { .. } => "replaced",
            What::MovedBackground(_) | What::MovedForeground(_) => "moved",
        }
    }
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
    /// The first of them was seen then; a group doesn't grow on and on.
    pub opened: Moment,
    /// What [`Timeline::taken`] was when the first came.
    pub number: u64,
}

impl EventGroup {
    /// Takes one more that reads the same.
    fn take(&mut self, one: &EventGroup) {
        self.count += 1;
        let room = NAMED.saturating_sub(self.users.len());
        self.users.extend(one.users.iter().take(room).cloned());
        for batch in &one.batches {
            if !self.batches.contains(batch) {
                self.batches.push(*batch);
            }
        }
        self.after = self.after.zip(one.after).map(|(one, other)| one.min(other));
        self.before = self.before.max(one.before);
        if let (Event::Feed { after_ms, .. }, Event::Feed { after_ms: other, .. }) =
            (&mut self.event, &one.event)
        {
            *after_ms = (*after_ms).max(*other);
        }
    }
}

/// The last events of a run.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// What happened to single users, each as a group of its own.
    singles: VecDeque<Arc<EventGroup>>,
    groups: VecDeque<Arc<EventGroup>>,
    taken: u64,
    recent: Recent,
}

impl Timeline {
    /// Takes the transitions of one answer, or of the want of one, but for first sights. Those of
    /// one user stand together. `batch_of` says in which batch a user is asked.
    pub fn record(&mut self, transitions: &[Transition], batch_of: impl Fn(&UserId) -> Option<u32>) {
        let mut story: Option<Story> = None;
        for transition in transitions.iter().filter(|transition| !transition.is_first_sight()).cloned() {
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

    /// Takes any other event.
    pub fn note(&mut self, event: Event, at: Moment) {
        let batch = match &event {
            Event::Feed { batch, .. } => Some(*batch),
            _ => None,
        };
        self.take(event, batch, Some(at), at);
    }

    fn take_story(&mut self, story: Story, batch_of: &impl Fn(&UserId) -> Option<u32>) {
        let Transition { ref user, after, before, .. } = story.first;
        self.recent.take(user.clone(), before.mono_ms);
        let batch = batch_of(user);
        self.take(Event::Story(story), batch, after, before);
    }

    fn take(&mut self, event: Event, batch: Option<u32>, after: Option<Moment>, before: Moment) {
        self.taken += 1;
        let users: Vec<UserId> = event.user().cloned().into_iter().collect();
        let batches: Vec<u32> = batch.into_iter().collect();
        let number = self.taken;
        let one = EventGroup { event, count: 1, users, batches, after, before, opened: before, number };
        let one = Arc::new(one);
        if one.event.user().is_some() {
            push(&mut self.singles, Arc::clone(&one));
        }
        let mut open = self
            .groups
            .iter_mut()
            .rev()
            .take(LAST_GROUPS)
            .take_while(|group| before.since(group.opened) <= ROUND_MS);
        let like = open.find(|group| {
            // Who is there already went through it twice: that is another group.
            let is_there = match &one.event {
                Event::Feed { batch, .. } => group.batches.contains(batch),
                _ => one.users.iter().any(|user| group.users.contains(user)),
            };
            group.event.is_like(&one.event) && !is_there
        });
        match like {
            Some(group) => Arc::make_mut(group).take(&one),
            None => push(&mut self.groups, one),
        }
    }

    /// How many events were taken so far, kept or not.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Bytes that its events take, about; copies share them.
    pub fn weight(&self) -> usize {
        (self.singles.len() + self.groups.len()) * 600
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// How many groups came after the event with this number.
    pub fn newer(&self, number: u64) -> usize {
        self.groups.len() - self.groups.partition_point(|group| group.number <= number)
    }

    /// The groups, newest first; any of them costs the same.
    pub fn groups(&self) -> impl DoubleEndedIterator<Item = &EventGroup> + ExactSizeIterator {
        self.groups.iter().rev().map(Arc::as_ref)
    }

    /// The group whose first event has this number.
    pub fn group(&self, number: u64) -> Option<&EventGroup> {
        find(&self.groups, number)
    }

    /// Groups up to this number don't grow any more.
    pub fn settled(&self) -> u64 {
        let growing = self.groups.len().saturating_sub(LAST_GROUPS);
        growing.checked_sub(1).and_then(|at| self.groups.get(at)).map_or(0, |group| group.number)
    }

    /// What happened to single users after the event numbered `after`, newest first, each as a group
    /// of its own.
    pub fn singles(&self, after: u64) -> impl DoubleEndedIterator<Item = &EventGroup> {
        let start = self.singles.partition_point(|one| one.number <= after);
        self.singles.range(start..).rev().map(Arc::as_ref)
    }

    /// What happened to a single user, by its number.
    pub fn single(&self, number: u64) -> Option<&EventGroup> {
        find(&self.singles, number)
    }

    /// What happened to the user with this ID, newest first.
    pub fn of_user<'a>(&'a self, raw_id: &'a str) -> impl Iterator<Item = &'a EventGroup> {
        self.singles(0).filter(move |one| one.event.user().is_some_and(|user| user.raw() == raw_id))
    }

    /// When something happened last to the user with this ID, on the monotonic clock, if that is not
    /// long ago. Of very many who change at once only the last are known.
    pub fn changed(&self, raw_id: &str) -> Option<u64> {
        self.recent.last.get(raw_id).copied()
    }
}

/// Keeps the newest events; they stand in the order of their numbers.
fn push(events: &mut VecDeque<Arc<EventGroup>>, one: Arc<EventGroup>) {
    if events.len() == KEPT {
        events.pop_front();
    }
    events.push_back(one);
}

fn find(events: &VecDeque<Arc<EventGroup>>, number: u64) -> Option<&EventGroup> {
    let at = events.binary_search_by_key(&number, |group| group.number).ok()?;
    events.get(at).map(Arc::as_ref)
}

/// Who changed of late, and when last.
#[derive(Clone, Debug, Default)]
struct Recent {
    last: HashMap<UserId, u64>,
    /// In the order of time; a user stands in it once for each change.
    queue: VecDeque<(u64, UserId)>,
}

impl Recent {
    fn take(&mut self, user: UserId, at: u64) {
        while let Some((old, _)) = self.queue.front() {
            if at.saturating_sub(*old) <= RECENT_MS && self.queue.len() < KEPT {
                break;
            }
            if let Some((old, user)) = self.queue.pop_front()
                && self.last.get(&user) == Some(&old)
            {
                self.last.remove(&user);
            }
        }
        self.last.insert(user.clone(), at);
        self.queue.push_back((at, user));
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
        | (What::SeenAgain { socket: one, .. }, What::SeenAgain { socket: other, .. })
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
        timeline.groups().map(|group| group.count).collect()
    }

    #[test]
    fn what_a_user_goes_through_at_a_moment_is_one_story_and_the_presence_groups_them() {
        let mut timeline = Timeline::default();
        let of = |user: &str, platform| {
            [transition(user, offline(), 5_000), transition(user, dropped(platform), 5_000)]
        };
        let transitions = [of("a", 2), of("b", 3), of("c", 2)].concat();
        timeline.record(&transitions, |_| Some(0));
        assert_eq!(counts(&timeline), [3], "whatever the platform");
        timeline.record(&[transition("d", dropped(2), 6_000), transition("e", dropped(3), 6_000)], |_| None);
        assert_eq!(counts(&timeline), [1, 1, 3], "without a change of presence the platform tells");
        let lengths = |one: &EventGroup| match &one.event {
            Event::Story(story) => story.transitions().count(),
            _ => 0,
        };
        let stories: Vec<usize> = timeline.of_user("a").map(lengths).collect();
        assert_eq!(stories, [2]);
    }

    #[test]
    fn who_comes_back_with_the_same_connections_is_told_apart() {
        let mut timeline = Timeline::default();
        let back = |user: &str, what: fn(Socket) -> What| {
            let online = What::Presence { from: Presence::Offline, to: Presence::Online };
            let socket = Socket { platform: Platform(2), id: ConnId::new(user), token: None };
            [transition(user, online, 5_000), transition(user, what(socket), 5_000)]
        };
        let again = |socket| What::SeenAgain { socket, absent_ms: 8_000, whole_user: true };
        let answer = [back("a", again), back("b", What::Connected), back("c", again)];
        timeline.record(&answer.concat(), |_| None);
        assert_eq!(counts(&timeline), [1, 2]);
    }

    #[test]
    fn batches_of_one_round_are_one_group_with_the_widest_interval() {
        let mut timeline = Timeline::default();
        for (batch, before) in [(0, 5_000), (1, 5_400), (2, 6_000)] {
            timeline.record(&[transition(&format!("u{batch}"), lost(), before)], |_| Some(batch));
        }
        let group = timeline.groups().next().unwrap().clone();
        assert_eq!((group.count, group.batches), (3, vec![0, 1, 2]));
        assert_eq!((group.after, group.before), (Some(at(3_000)), at(6_000)));
        timeline.record(&[transition("late", lost(), 6_001)], |_| Some(3));
        assert_eq!(counts(&timeline), [1, 3], "a second is over");
        timeline.record(&[transition("late", lost(), 6_500)], |_| Some(3));
        assert_eq!(counts(&timeline), [1, 1, 3], "nobody counts twice");
    }

    #[test]
    fn first_sights_are_not_kept_and_the_rest_is_bounded() {
        let mut timeline = Timeline::default();
        timeline.record(&[Transition { after: None, ..transition("a", lost(), 1) }], |_| None);
        assert_eq!(timeline.taken(), 0);
        for n in 0..(KEPT as u64 + 5) {
            timeline.record(&[transition("a", dropped(1), n * 10)], |_| None);
        }
        assert_eq!(timeline.groups().count(), KEPT);
        assert_eq!(timeline.of_user("a").count(), KEPT);
    }

    #[test]
    fn findings_of_one_rule_and_batches_with_one_trouble_are_one_group() {
        let mut timeline = Timeline::default();
        let found = |user: &str, raised| Event::Finding {
            raised,
            user: Some(UserId::new(user)),
            rule: Rule::TokenExpired,
            severity: Severity::Warning,
            text: format!("of {user}"),
        };
        let feed = |batch, trouble, after_ms| Event::Feed { batch, of: 3, trouble, after_ms };
        for user in ["a", "b", "c"] {
            timeline.note(found(user, true), at(5_000));
        }
        timeline.note(found("a", false), at(5_000));
        for batch in 0..3 {
            timeline.note(feed(batch, Some(Trouble::Timeout), 0), at(5_200));
        }
        timeline.note(feed(0, None, 7_000), at(5_300));
        timeline.note(feed(1, None, 14_000), at(5_300));
        timeline.note(feed(0, Some(Trouble::Timeout), 0), at(5_400));
        assert_eq!(counts(&timeline), [1, 2, 3, 1, 3]);
        let again = timeline.groups().nth(1).map(|group| group.event.clone());
        assert_eq!(again, Some(feed(0, None, 14_000)), "the longest");
        assert_eq!(timeline.of_user("a").count(), 2);
    }

    #[test]
    fn events_are_found_by_their_numbers_and_who_changed_is_known_for_half_a_minute() {
        let mut timeline = Timeline::default();
        for (user, before) in [("a", 1_000), ("b", 9_000), ("a", 20_000)] {
            timeline.record(&[transition(user, dropped(1), before)], |_| None);
        }
        assert_eq!((timeline.len(), timeline.newer(1), timeline.settled()), (3, 2, 0));
        assert_eq!(timeline.group(2).map(|group| group.number), Some(2));
        assert_eq!(timeline.single(4), None);
        assert_eq!(timeline.singles(1).count(), 2);
        assert_eq!((timeline.changed("a"), timeline.changed("c")), (Some(20_000), None));
        timeline.record(&[transition("c", dropped(1), 39_001)], |_| None);
        assert_eq!((timeline.changed("b"), timeline.changed("a")), (None, Some(20_000)));
    }
}
