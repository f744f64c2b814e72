//! What happened of late: what users went through and events of the run itself, bounded, newest at
//! the end.
//!
//! All that happens to one user at one moment is one story: who goes offline loses connections too.
//! Events that read the same, of one round, form a group, so that a batch that fails is one line
//! and not five hundred. First sights are not kept: nothing happened to those users. Nor are the doubts
//! of the seconds in which the witnesses are asked, but only what comes of them.
//!
//! What turns out never to have happened stays, and is marked.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::alert::AlertEvent;
use super::fetch_error::ErrorKind;
use super::findings::{FindingText, Rule, Severity};
use super::status::Presence;
use super::time::Moment;
use super::transition::{Change, Transition};
use super::watch_list::UserId;

/// Events that are kept.
const KEPT: usize = 10_000;

/// Bytes of one event, about, in its group and as a single one.
const EVENT_BYTES: usize = 700;

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
    /// Numbers of those of its transitions that were taken back.
    retracted: Vec<u64>,
}

impl Story {
    /// Its first transition: whose it is and when it happened.
    pub fn first(&self) -> &Transition {
        &self.first
    }

    /// All its transitions, that of the presence first.
    pub fn transitions(&self) -> impl Iterator<Item = &Transition> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// Whether this one of its transitions was taken back later: it never happened.
    pub fn is_retracted(&self, transition: &Transition) -> bool {
        self.retracted.contains(&transition.id)
    }

    /// Whether the user is seen again with connections that had been taken for gone, and with no
    /// others: nothing happened to the user then, only to those who were asked.
    pub fn brings_back_the_same(&self) -> bool {
        !self.rest.is_empty() && self.rest.iter().all(|next| next.what.brings_back())
    }

    /// Whether it is nothing but that connections which answers had left out are shown again, of which
    /// nothing had been said.
    fn is_nothing_new(&self) -> bool {
        self.transitions().all(|next| matches!(next.what, Change::SeenAgain { .. }))
    }

    /// Marks the transition with this number, if it is one of this story and was not marked before.
    /// Whether it is the first of them, that heads the story.
    fn retract(&mut self, id: u64) -> Option<bool> {
        let at = self.transitions().position(|transition| transition.id == id)?;
        if self.retracted.contains(&id) {
            return None;
        }
        self.retracted.push(id);
        Some(at == 0)
    }

    /// Whether the user is known again, and is offline, but was connected when last heard of.
    pub fn ends_what_was_unknown(&self) -> bool {
        let is_back =
            matches!(self.first.what, Change::Presence { from: Presence::Unknown(_), to: Presence::Offline });
        is_back && self.rest.iter().any(|next| matches!(next.what, Change::Disconnected(_)))
    }

    fn takes(&self, next: &Transition) -> bool {
        self.first.user == next.user && self.first.before == next.before && self.first.after == next.after
    }

    /// Whether two stories read the same but for the user. A change of presence says it all, but for
    /// whether the connections are the same as before.
    fn is_like(&self, other: &Story) -> bool {
        if matches!(self.first.what, Change::Presence { .. }) {
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

/// Something that happened, to a user or in the run.
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
        /// The rule whose finding it is.
        rule: Rule,
        /// How serious it is.
        severity: Severity,
        /// What it rests on, or how it ended.
        text: FindingText,
    },
    /// A batch gets no answers any more, or answers again.
    Feed {
        /// Its number, from 0.
        batch: u32,
        /// How many there are.
        of: u32,
        /// What went wrong; none: it answers again.
        trouble: Option<ErrorKind>,
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
    /// An alert fires, or is over.
    Alert(AlertEvent),
    /// Something that the program had to say.
    Notice {
        /// When it was said.
        at: Moment,
        /// One line; visible-safe.
        text: String,
    },
}

impl Event {
    /// Whom it happened to.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Event::Story(story) => Some(&story.first.user),
            Event::Finding { user, .. } => user.as_ref(),
            Event::Feed { .. } | Event::ClockStep { .. } | Event::Alert(_) | Event::Notice { .. } => None,
        }
    }

    /// The word for what kind of event it is: that of the change that matters most.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Story(story) => story.first.what.kind(),
            Event::Finding { .. } => "finding",
            Event::Feed { .. } => "feed",
            Event::ClockStep { .. } => "clock",
            Event::Alert(_) => "alert",
            Event::Notice { .. } => "notice",
        }
    }

    /// Whether two events read the same but for whom they happened to.
    fn is_like(&self, other: &Event) -> bool {
        match (self, other) {
            (Event::Story(one), Event::Story(other)) => one.is_like(other),
            (Event::Feed { trouble: one, .. }, Event::Feed { trouble: other, .. }) => one == other,
            _ => self.finding_of_user().is_some() && self.finding_of_user() == other.finding_of_user(),
        }
    }

    /// What a finding about one user says, but for the user.
    fn finding_of_user(&self) -> Option<(bool, Rule, Severity)> {
        match self {
            Event::Finding { raised, user: Some(_), rule, severity, .. } => Some((*raised, *rule, *severity)),
            _ => None,
        }
    }
}

impl Change {
    /// Whether a connection that had been left out is there again, or what was said of it is taken back.
    fn brings_back(&self) -> bool {
        matches!(self, Change::SeenAgain { .. } | Change::Retracted { .. })
    }

    /// The word for what kind of change it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Change::Presence { .. } => "presence",
            Change::Connected(_) | Change::SeenAgain { .. } => "connected",
            Change::Retracted { .. } => "retracted",
            Change::Disconnected(_) => "disconnected",
            Change::Replaced { .. } => "replaced",
            Change::MovedBackground(_) | Change::MovedForeground(_) => "moved",
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
    /// How many of them never happened, as turned out later.
    pub retracted: u32,
}

impl EventGroup {
    /// Marks a transition of its first event; whether that heads its story. `None` where it is none of
    /// them, or was marked before.
    fn retract(&mut self, id: u64) -> Option<bool> {
        let Event::Story(story) = &mut self.event else { return None };
        let heads = story.retract(id)?;
        self.retracted += u32::from(heads);
        Some(heads)
    }

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
    /// Where the stories are, to mark what is taken back; in the order of their transitions' numbers.
    places: VecDeque<StoryPlace>,
    /// What was said before a doubt of the first seconds, which is not told.
    before: HashMap<UserId, Presence>,
}

/// Where one story is.
#[derive(Clone, Copy, Debug)]
struct StoryPlace {
    /// The number of its last transition.
    last: u64,
    /// The number of what happened to the single user.
    single: u64,
    /// The number of the group that it is part of.
    group: u64,
}

impl Timeline {
    /// Takes the transitions of one answer, or of none that came in time, but for first sights. Those of
    /// one user stand together. `batch_of` says in which batch a user is asked.
    pub fn record(&mut self, transitions: &[Transition], batch_of: impl Fn(&UserId) -> Option<u32>) {
        let mut story: Option<Story> = None;
        for transition in transitions.iter().filter(|transition| !transition.is_first_sight()) {
            if let Change::Retracted { of, .. } = transition.what {
                self.retract(of);
            }
            let Some(transition) = self.settled_in(transition) else { continue };
            match &mut story {
                Some(story) if story.takes(&transition) => story.rest.push(transition),
                _ => {
                    let next = Story { first: transition, rest: Vec::new(), retracted: Vec::new() };
                    if let Some(whole) = story.replace(next) {
                        self.take_story(whole, &batch_of);
                    }
                }
            }
        }
        if let Some(whole) = story {
            self.take_story(whole, &batch_of);
        }
    }

    /// The transition as it is told: from what was said before the witnesses were asked; none while they
    /// are, or where nothing has changed by what they said.
    fn settled_in(&mut self, transition: &Transition) -> Option<Transition> {
        let Change::Presence { from, to } = transition.what else { return Some(transition.clone()) };
        if to.is_passing() {
            self.before.entry(transition.user.clone()).or_insert(from);
            return None;
        }
        let before = self.before.remove(&transition.user);
        if self.before.is_empty() {
            self.before = HashMap::new(); // very many may have been in doubt at once
        }
        let from = before.unwrap_or(from);
        let told = Transition { what: Change::Presence { from, to }, ..transition.clone() };
        (before.is_none() || !from.same_word(to)).then_some(told)
    }

    /// Marks what never happened, if it is still kept.
    fn retract(&mut self, id: u64) {
        let at = self.places.partition_point(|place| place.last < id);
        let Some(&StoryPlace { single, group, .. }) = self.places.get(at) else { return };
        let heads = place_of(&self.singles, single)
            .and_then(|at| self.singles.get_mut(at))
            .and_then(|one| Arc::make_mut(one).retract(id));
        let Some(group) = place_of(&self.groups, group).and_then(|at| self.groups.get_mut(at)) else {
            return;
        };
        match heads {
            Some(true) if group.number != single => Arc::make_mut(group).retracted += 1,
            Some(_) if group.number == single => _ = Arc::make_mut(group).retract(id),
            _ => {}
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

    fn take_story(&mut self, mut story: Story, batch_of: &impl Fn(&UserId) -> Option<u32>) {
        if story.is_nothing_new() {
            return;
        }
        story.rest.shrink_to_fit(); // it stays for long, and is one or two mostly
        let Transition { ref user, after, before, .. } = story.first;
        self.recent.take(user.clone(), before.mono_ms);
        let batch = batch_of(user);
        let last = story.transitions().map(|transition| transition.id).max().unwrap_or(0);
        let group = self.take(Event::Story(story), batch, after, before);
        if self.places.len() == KEPT {
            self.places.pop_front();
        }
        self.places.push_back(StoryPlace { last, single: self.taken, group });
    }

    /// Takes an event, and gives the number of its group.
    fn take(&mut self, event: Event, batch: Option<u32>, after: Option<Moment>, before: Moment) -> u64 {
        self.taken += 1;
        let users: Vec<UserId> = event.user().cloned().into_iter().collect();
        let batches: Vec<u32> = batch.into_iter().collect();
        let number = self.taken;
        let one = EventGroup {
            event,
            count: 1,
            users,
            batches,
            after,
            before,
            opened: before,
            number,
            retracted: 0,
        };
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
        if let Some(group) = like {
            Arc::make_mut(group).take(&one);
            group.number
        } else {
            push(&mut self.groups, one);
            number
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

    /// Bytes that so many of its newest events take, about; copies share them.
    pub fn weight(&self, newest: usize) -> usize {
        let events = self.singles.len().max(self.groups.len()).min(newest);
        events * EVENT_BYTES + self.recent.queue.len() * 64
    }

    /// A copy with the newest events only, so many at most.
    #[must_use]
    pub fn newest(&self, most: usize) -> Timeline {
        Timeline {
            singles: last(&self.singles, most),
            groups: last(&self.groups, most),
            taken: self.taken,
            recent: self.recent.clone(),
            places: last(&self.places, most),
            before: self.before.clone(),
        }
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

fn last<T: Clone>(events: &VecDeque<T>, most: usize) -> VecDeque<T> {
    events.range(events.len().saturating_sub(most)..).cloned().collect()
}

/// Keeps the newest events; they stand in the order of their numbers.
fn push(events: &mut VecDeque<Arc<EventGroup>>, one: Arc<EventGroup>) {
    if events.len() == KEPT {
        events.pop_front();
    }
    events.push_back(one);
}

fn find(events: &VecDeque<Arc<EventGroup>>, number: u64) -> Option<&EventGroup> {
    events.get(place_of(events, number)?).map(Arc::as_ref)
}

fn place_of(events: &VecDeque<Arc<EventGroup>>, number: u64) -> Option<usize> {
    events.binary_search_by_key(&number, |group| group.number).ok()
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
fn are_alike(one: &Change, other: &Change) -> bool {
    match (one, other) {
        (
            Change::Presence { to: Presence::Unknown(one), .. },
            Change::Presence { to: Presence::Unknown(other), .. },
        ) => one == other,
        (Change::Presence { from: from_a, to: to_a }, Change::Presence { from: from_b, to: to_b }) => {
            to_a.same_word(*to_b) && from_a.same_word(*from_b)
        }
        (Change::Connected(one), Change::Connected(other))
        | (Change::SeenAgain { socket: one, .. }, Change::SeenAgain { socket: other, .. })
        | (Change::Retracted { socket: one, .. }, Change::Retracted { socket: other, .. })
        | (Change::Disconnected(one), Change::Disconnected(other))
        | (Change::MovedBackground(one), Change::MovedBackground(other))
        | (Change::MovedForeground(one), Change::MovedForeground(other)) => one.platform == other.platform,
        (
            Change::Replaced { old: one, same_token: same_a, .. },
            Change::Replaced { old: other, same_token: same_b, .. },
        ) => one.platform == other.platform && same_a == same_b,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
