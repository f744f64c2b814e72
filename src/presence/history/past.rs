//! What happened to one user: bounded, and with what was so before the oldest of it.
//!
//! A connection that is seen again had never left, so that what followed from its absence is taken
//! back here: the closing, and the time since then that the user was said to be offline or in doubt. The
//! time for which there were no answers stays unknown.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::History;
use super::spark::Mixed;
use crate::presence::connection::ConnId;
use crate::presence::platform::Platform;
use crate::presence::status::Presence;
use crate::presence::token::{Fingerprint, ShortFingerprint};
use crate::presence::transition::{Change, Socket, Transition};

/// Happenings that are kept of one user.
const KEPT: usize = 32;

/// What happened to one user in the last half hour, of it the last 32 happenings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Oldest first. Without room to spare: most have one or two.
    kept: Vec<Happening>,
    /// The presence before the first change of it that is kept; `None` while none is.
    floor: Option<Presence>,
    /// Whether there was a connection when that was last known before.
    connected: Option<bool>,
    /// What was so when, before the oldest change of presence that is kept; for users to whom more
    /// happened than is kept.
    folded: Vec<Mixed>,
    flips: u16,
    reconnects: u16,
}

/// Room is made for so many at once. Doubled as usual it would stay half empty for nearly everybody.
const STEP: usize = 4;

fn make_room<T>(list: &mut Vec<T>) {
    if list.len() == list.capacity() {
        list.reserve_exact(if list.len() < STEP { 1 } else { STEP });
    }
}

/// Something that happened to one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happening {
    /// The first answer with it arrived then, on the monotonic clock.
    pub at_ms: u64,
    /// What happened to the user then.
    pub what: Happened,
}

/// What happened to one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The first that was ever heard of the user.
    FirstSeen(Presence),
    /// The presence changed to this, from that of the change before.
    Presence(Presence),
    /// A connection appeared, not in another one's place.
    Opened(Platform, ConnTag),
    /// A connection is gone, and none is in its place.
    Closed(Platform, ConnTag),
    /// A connection is gone and another of the same platform is in its place.
    Replaced {
        /// That of the connection.
        platform: Platform,
        /// The one that is gone.
        old: ConnTag,
        /// The one that is there.
        new: ConnTag,
    },
    /// A connection that answers had left out was there again: nothing happened to the user.
    SeenAgain {
        /// That of the connection.
        platform: Platform,
        /// For how long it had been left out, in milliseconds.
        absent_ms: u64,
        /// Whether the user had been called offline.
        whole_user: bool,
    },
}

/// Which connection, as far as it takes to tell those of one user apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnTag {
    /// A hash of the connID.
    pub(super) id: u32,
    /// That of its session token; none where the answer named none.
    pub token: Option<ShortFingerprint>,
}

impl ConnTag {
    fn of(socket: &Socket) -> ConnTag {
        ConnTag { id: short(&socket.id), token: socket.token.map(Fingerprint::short) }
    }
}

fn short(id: &ConnId) -> u32 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish() as u32
}

impl Happened {
    /// The presence from then on, where it is one that changed.
    pub(in crate::presence) fn presence(self) -> Option<Presence> {
        match self {
            Happened::FirstSeen(presence) | Happened::Presence(presence) => Some(presence),
            _ => None,
        }
    }
}

/// Whether somebody of this presence has a connection; `None` where that is not known.
pub(super) fn is_connected(presence: Presence) -> Option<bool> {
    match presence {
        Presence::Online | Presence::Background => Some(true),
        Presence::Offline | Presence::Unregistered => Some(false),
        Presence::Unknown(_) => None,
    }
}

/// Whether there is no difference here: an unknown without answers is another one than a doubt.
fn reads_same(one: Presence, other: Presence) -> bool {
    one.same_word(other) && one.is_doubt() == other.is_doubt()
}

impl Default for Past {
    fn default() -> Past {
        Past::NOTHING
    }
}

impl Past {
    pub(super) const NOTHING: Past =
        Past { kept: Vec::new(), floor: None, connected: None, folded: Vec::new(), flips: 0, reconnects: 0 };

    /// What happened, oldest first.
    pub fn happened(&self) -> &[Happening] {
        &self.kept
    }

    /// How often the user went on- or offline in the last half hour. A time that nothing is known of is no
    /// change by itself: online, unknown, online is none, and online, unknown, offline is one.
    pub fn flips(&self) -> u32 {
        self.flips.into()
    }

    /// When the user went on- or offline, of what is kept, oldest first, on the monotonic clock.
    pub fn flipped_ms(&self) -> impl Iterator<Item = u64> + '_ {
        let mut connected = self.connected;
        self.changes().filter_map(move |(at_ms, presence)| {
            let is = is_connected(presence)?;
            let was = connected.replace(is);
            was.is_some_and(|was| was != is).then_some(at_ms)
        })
    }

    /// How often a connection took the place of another on the same platform in the last half hour,
    /// of what is kept; see [`Past::successions`].
    pub fn reconnects(&self) -> u32 {
        self.reconnects.into()
    }

    /// When the oldest happening was that is kept.
    pub(super) fn begins(&self) -> Option<u64> {
        self.kept.first().map(|kept| kept.at_ms)
    }

    /// The changes of presence that are kept, oldest first.
    pub(super) fn changes(&self) -> impl Iterator<Item = (u64, Presence)> + '_ {
        self.kept.iter().filter_map(|kept| Some((kept.at_ms, kept.what.presence()?)))
    }

    /// The presence before those changes; `None` where there are none.
    pub(in crate::presence) fn floor(&self) -> Option<Presence> {
        self.floor
    }

    /// How much is kept.
    pub(super) fn held(&self) -> usize {
        self.kept.len() + self.folded.len()
    }

    /// What was so before that.
    pub(super) fn folded(&self) -> &[Mixed] {
        &self.folded
    }

    /// Takes what the user went through at one moment.
    pub(super) fn record(&mut self, transitions: &[Transition]) {
        let mut corrected = None;
        for transition in transitions {
            let (socket, absent_ms) = match &transition.what {
                Change::SeenAgain { socket, absent_ms, .. } => (socket, *absent_ms),
                Change::Retracted { socket, .. } => (socket, 0),
                _ => continue,
            };
            self.take_back_closing(short(&socket.id));
            let was = self.take_back_absence(transition.before.mono_ms.saturating_sub(absent_ms));
            corrected = was.or(corrected);
        }
        for transition in transitions {
            let at_ms = transition.before.mono_ms;
            let what = match &transition.what {
                Change::Presence { from, to } => {
                    let from = corrected.unwrap_or(*from);
                    self.take_presence(at_ms, from, *to, transition.is_first_sight());
                    continue;
                }
                Change::Connected(socket) => Happened::Opened(socket.platform, ConnTag::of(socket)),
                Change::Disconnected(socket) => Happened::Closed(socket.platform, ConnTag::of(socket)),
                Change::Replaced { old, new, .. } => Happened::Replaced {
                    platform: new.platform,
                    old: ConnTag::of(old),
                    new: ConnTag::of(new),
                },
                Change::SeenAgain { socket, absent_ms, whole_user } => Happened::SeenAgain {
                    platform: socket.platform,
                    absent_ms: *absent_ms,
                    whole_user: *whole_user,
                },
                Change::Retracted { .. } | Change::MovedBackground(_) | Change::MovedForeground(_) => {
                    continue;
                }
            };
            self.push(Happening { at_ms, what });
        }
        self.count();
    }

    fn take_presence(&mut self, at_ms: u64, from: Presence, to: Presence, first_sight: bool) {
        let last = self.changes().last().map(|(_, presence)| presence);
        if last.is_none() {
            self.floor = Some(from);
            self.connected = is_connected(from).or(self.connected);
        }
        if reads_same(last.unwrap_or(from), to) {
            return; // what lay between was taken back
        }
        self.push(Happening {
            at_ms,
            what: if first_sight { Happened::FirstSeen(to) } else { Happened::Presence(to) },
        });
    }

    fn push(&mut self, kept: Happening) {
        while self.kept.len() >= KEPT {
            self.fold_oldest();
        }
        make_room(&mut self.kept);
        self.kept.push(kept);
        let begins = kept.at_ms.saturating_sub(History::WINDOW_MS);
        self.folded.retain(|mixed| mixed.until_ms > begins);
    }

    /// Drops the oldest happening though it is not too old, but keeps how the time before it was spent.
    fn fold_oldest(&mut self) {
        let Happening { at_ms, what } = self.kept.remove(0);
        let (Some(next), Some(floor)) = (what.presence(), self.floor) else { return };
        let is_flip = is_connected(next).zip(self.connected).is_some_and(|(is, was)| is != was);
        match self.folded.last_mut() {
            Some(last) if last.has_room() => last.extend(at_ms, floor),
            last => {
                let from_ms = last.map_or(0, |last| last.until_ms);
                make_room(&mut self.folded);
                self.folded.push(Mixed::new(from_ms, at_ms, floor));
            }
        }
        if let Some(last) = self.folded.last_mut() {
            last.flips = last.flips.saturating_add(is_flip.into());
        }
        self.rise(next);
    }

    /// Forgets what happened until then.
    pub(super) fn forget(&mut self, until_ms: u64) {
        let old = self.kept.iter().take_while(|kept| kept.at_ms <= until_ms).count();
        for kept in self.kept.drain(..old).collect::<Vec<_>>() {
            if let Some(presence) = kept.what.presence() {
                self.rise(presence);
            }
        }
        self.folded.retain(|mixed| mixed.until_ms > until_ms);
        // Who was busy keeps no room for it.
        if self.kept.capacity() > self.kept.len() + 2 * STEP {
            self.kept.shrink_to(self.kept.len() + STEP);
            self.folded.shrink_to_fit();
        }
        self.count();
    }

    fn rise(&mut self, floor: Presence) {
        self.floor = Some(floor);
        self.connected = is_connected(floor).or(self.connected);
    }

    /// A connection had never been gone.
    fn take_back_closing(&mut self, id: u32) {
        let closing = self.kept.iter_mut().rev().find_map(|kept| match kept.what {
            Happened::Closed(_, tag) if tag.id == id => Some((kept, None)),
            Happened::Replaced { platform, old, new } if old.id == id => Some((kept, Some((platform, new)))),
            _ => None,
        });
        match closing {
            Some((kept, Some((platform, new)))) => kept.what = Happened::Opened(platform, new),
            Some((kept, None)) => {
                let gone = *kept;
                self.kept.retain(|kept| *kept != gone);
            }
            None => {}
        }
    }

    /// The user had never been without a connection since one was last seen, and not since `from_ms`.
    /// The presence until now, by that; `None` where it is not known what to go back to.
    fn take_back_absence(&mut self, from_ms: u64) -> Option<Presence> {
        let is_connection = |kept: &Happening| kept.what.presence().and_then(is_connected) == Some(true);
        let before = |kept: &Happening| kept.at_ms < from_ms;
        let last = self.kept.iter().rposition(is_connection);
        let earlier = self.kept.iter().rposition(|kept| before(kept) && is_connection(kept));
        // What shows a connection within the absence is only of another one.
        let begin = if last.is_some_and(|at| self.kept.get(at).is_some_and(before)) { last } else { earlier };
        let was = match begin {
            Some(at) => self.kept.get(at).and_then(|kept| kept.what.presence()),
            None => self.floor.filter(|floor| is_connected(*floor) != Some(false)),
        };
        let was = was?;
        let (mut presence, mut places) = (was, 0..);
        self.kept.retain_mut(|kept| {
            let is_later = places.next().is_some_and(|at| begin.is_none_or(|begin| at > begin));
            let Happened::Presence(next) = &mut kept.what else { return true };
            if !is_later {
                return true;
            }
            if *next == Presence::Offline || next.is_doubt() {
                *next = was;
            }
            let differs = !reads_same(presence, *next);
            presence = *next;
            differs
        });
        Some(presence)
    }

    fn count(&mut self) {
        let folded = self.folded.iter().map(|mixed| mixed.flips);
        self.flips = folded.fold(self.flipped_ms().count() as u16, u16::saturating_add);
        self.reconnects = self.successions(|one, other| one == other).len() as u16;
    }
}
