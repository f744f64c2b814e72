//! What is shown: what is known now or was known at another moment, and where in time that is.

use crate::engine::{Markers, Shown};
use crate::presence::history::History;
use crate::presence::trend::Trend;
use crate::presence::{
    Event, EventGroup, Findings, Hints, Moment, Rollups, Roster, Since, Timeline, Tops, UserIx,
};

/// So many connections of one user are looked at for the newest.
const MANY_CONNECTIONS: usize = 64;

/// What is shown: the live state, or the one that is held.
#[derive(Clone, Copy)]
pub struct Picture<'a> {
    /// What is known.
    pub roster: &'a Roster,
    /// What happened to users of late.
    pub history: &'a History,
    /// What is wrong.
    pub findings: &'a Findings,
    /// How the asking went of late.
    pub trend: &'a Trend,
    /// How many of each group, platform, batch and gateway stand how.
    pub rollups: &'a Rollups,
    /// Users who stand out.
    pub tops: &'a Tops,
    /// What the last answer said of the server.
    pub hints: Option<&'a Hints>,
    /// At which time.
    pub now: Moment,
    timeline: &'a Timeline,
}

impl<'a> Picture<'a> {
    pub(super) fn of(shown: Shown<'a>) -> Picture<'a> {
        let knowledge = shown.state.knowledge();
        Picture {
            roster: &knowledge.roster,
            history: &knowledge.history,
            findings: &knowledge.findings,
            trend: &knowledge.trend,
            rollups: &knowledge.rollups,
            tops: &knowledge.tops,
            hints: knowledge.hints.as_deref(),
            now: shown.now,
            timeline: shown.state.timeline(),
        }
    }

    /// What happened, equal events of a round in one, newest first; any of them costs the same.
    pub fn happened(&self) -> impl DoubleEndedIterator<Item = &'a EventGroup> + ExactSizeIterator + use<'a> {
        self.timeline.groups()
    }

    /// What of it has a place at the foot: that batches get no answers is said above the table.
    pub fn at_the_foot(&self) -> impl Iterator<Item = &'a EventGroup> + use<'a> {
        self.happened().filter(|group| !matches!(group.event, Event::Feed { trouble: Some(_), .. }))
    }

    /// What happened to a user, newest first, each event on its own.
    pub fn happened_to(&self, user: UserIx) -> impl Iterator<Item = &'a EventGroup> + use<'a> {
        self.timeline.of_user(self.roster.list().raw_id(user))
    }

    /// When a user changed last, on the monotonic clock, if that was seen and is not long ago.
    pub fn changed(&self, user: UserIx) -> Option<u64> {
        let exact = |since: Since| since.is_exact().then_some(since.before_ms);
        let presence = self.roster.since(user).and_then(exact);
        // A user whose connections fill a page has no need of a mark for each.
        let connections = self.roster.connections(user).iter().take(MANY_CONNECTIONS);
        let connected = connections.filter_map(|tracked| exact(tracked.since)).max();
        let other = self.timeline.changed(self.roster.list().raw_id(user));
        presence.max(connected).max(other.filter(|at| *at <= self.now.mono_ms))
    }

    /// How many groups came after the event with this number.
    pub(super) fn newer(&self, number: u64) -> usize {
        self.timeline.newer(number)
    }

    /// An event by its number: a single one, or a group.
    pub(super) fn event(&self, number: u64, single: bool) -> Option<&'a EventGroup> {
        if single { self.timeline.single(number) } else { self.timeline.group(number) }
    }

    /// What happened to single users after the event with this number, newest first.
    pub(super) fn singles(&self, after: u64) -> impl Iterator<Item = &'a EventGroup> + use<'a> {
        self.timeline.singles(after)
    }

    /// Up to which number single events, or groups, stay as they are.
    pub(super) fn settled(&self, single: bool) -> u64 {
        if single { self.timeline.taken() } else { self.timeline.settled() }
    }

    /// The number of the oldest single event, or group, that is kept.
    pub(super) fn oldest(&self, single: bool) -> u64 {
        if single {
            self.timeline.singles(0).next_back().map_or(0, |one| one.number)
        } else {
            self.timeline.groups().next_back().map_or(0, |group| group.number)
        }
    }
}

/// Where in time the picture is.
#[derive(Clone, Copy, Debug)]
pub struct Strip<'a> {
    /// The beginning of what can be gone through.
    pub from: Moment,
    /// The end of it.
    pub to: Moment,
    /// The moment of the picture.
    pub at: Moment,
    /// What there is on the way.
    pub markers: &'a Markers,
}
