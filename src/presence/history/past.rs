//! What happened to one user: bounded, and with what was so before the oldest of it.
//!
//! A connection that is seen again had never left, so that what followed from its absence is taken
//! back here: the closing, and the time that the user was said to be offline.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::History;
use super::spark::Mixed;
use crate::presence::connection::ConnId;
use crate::presence::platform::Platform;
use crate::presence::state::{Presence, Why};
use crate::presence::token::Fingerprint;
use crate::presence::transition::{Socket, Transition, What};

/// Happenings that are kept of one user.
const KEPT: usize = 64;

/// What happened to one user in the last half hour, of it the last 64 happenings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Oldest first. Without room to spare: most have one or two.
    kept: Vec<Kept>,
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

/// Something that happened to one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happening {
    /// The first answer with it arrived then, on the monotonic clock.
    pub at_ms: u64,
    /// What.
    pub what: Happened,
}

/// What happened to one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The first that was ever heard of the user.
    FirstSeen(Presence),
    /// The presence changed.
    Presence {
        /// From this.
        from: Presence,
        /// To this.
        to: Presence,
    },
    /// A connection appeared, not in another one's place.
    Opened(Platform, Option<Fingerprint>),
    /// A connection is gone, and none is in its place.
    Closed(Platform, Option<Fingerprint>),
    /// A connection is gone and another of the same platform is in its place.
    Replaced {
        /// On this platform.
        platform: Platform,
        /// The session token of the one that is gone.
        old: Option<Fingerprint>,
        /// The session token of the one that is there.
        new: Option<Fingerprint>,
    },
}

/// A [`Happening`] as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) at_ms: u64,
    pub(super) what: Note,
}

/// What happened. The presence before a change is that after the change before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note {
    FirstSeen(Presence),
    Presence(Presence),
    Opened(Platform, Plug),
    Closed(Platform, Plug),
    Replaced { platform: Platform, old: Plug, new: Plug },
}

/// Which connection, as far as it takes to tell those of one user apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plug {
    /// A hash of the connID.
    pub(super) id: u32,
    pub(super) token: Option<Fingerprint>,
}

impl Plug {
    fn of(socket: &Socket) -> Plug {
        Plug { id: short(&socket.id), token: socket.token }
    }
}

fn short(id: &ConnId) -> u32 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish() as u32
}

impl Note {
    pub(super) fn presence(self) -> Option<Presence> {
        match self {
            Note::FirstSeen(presence) | Note::Presence(presence) => Some(presence),
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

impl Default for Past {
    fn default() -> Past {
        Past::NOTHING
    }
}

impl Past {
    pub(super) const NOTHING: Past =
        Past { kept: Vec::new(), floor: None, connected: None, folded: Vec::new(), flips: 0, reconnects: 0 };

    /// What happened, oldest first.
    pub fn happened(&self) -> impl Iterator<Item = Happening> + '_ {
        let mut presence = self.floor.unwrap_or(Presence::Unknown(Why::NotAnswered));
        self.kept.iter().map(move |kept| {
            let from = presence;
            presence = kept.what.presence().unwrap_or(presence);
            let what = match kept.what {
                Note::FirstSeen(presence) => Happened::FirstSeen(presence),
                Note::Presence(to) => Happened::Presence { from, to },
                Note::Opened(platform, plug) => Happened::Opened(platform, plug.token),
                Note::Closed(platform, plug) => Happened::Closed(platform, plug.token),
                Note::Replaced { platform, old, new } => {
                    Happened::Replaced { platform, old: old.token, new: new.token }
                }
            };
            Happening { at_ms: kept.at_ms, what }
        })
    }

    /// How often the user went on- or offline in the last half hour, of what is kept. A time that
    /// nothing is known of is no change by itself: online, unknown, online is none, and online,
    /// unknown, offline is one.
    pub fn flips(&self) -> u32 {
        self.flips.into()
    }

    /// When the user went on- or offline, oldest first, on the monotonic clock.
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

    /// When something last happened, on the monotonic clock. A first sight is nothing that happened.
    pub fn changed_ms(&self) -> Option<u64> {
        let mut happened = self.kept.iter().rev();
        happened.find(|kept| !matches!(kept.what, Note::FirstSeen(_))).map(|kept| kept.at_ms)
    }

    /// When the oldest happening was that is kept.
    pub(super) fn begins(&self) -> Option<u64> {
        self.kept.first().map(|kept| kept.at_ms)
    }

    pub(super) fn kept(&self) -> &[Kept] {
        &self.kept
    }

    /// The changes of presence that are kept, oldest first.
    pub(super) fn changes(&self) -> impl Iterator<Item = (u64, Presence)> + '_ {
        self.kept.iter().filter_map(|kept| Some((kept.at_ms, kept.what.presence()?)))
    }

    /// The presence before those changes; `None` where there are none.
    pub(super) fn floor(&self) -> Option<Presence> {
        self.floor
    }

    /// What was so before that.
    pub(super) fn folded(&self) -> &[Mixed] {
        &self.folded
    }

    /// Takes what the user went through at one moment.
    pub(super) fn record(&mut self, transitions: &[Transition]) {
        let seen_again = transitions.iter().filter_map(|transition| match &transition.what {
            What::SeenAgain { socket, .. } => Some(short(&socket.id)),
            _ => None,
        });
        for id in seen_again {
            self.take_back_closing(id);
            self.take_back_offline();
        }
        for transition in transitions {
            let at_ms = transition.before.mono_ms;
            let what = match &transition.what {
                What::Presence { from, to } => {
                    self.take_presence(at_ms, *from, *to, transition.is_first_sight());
                    continue;
                }
                What::Connected(socket) => Note::Opened(socket.platform, Plug::of(socket)),
                What::Disconnected(socket) => Note::Closed(socket.platform, Plug::of(socket)),
                What::Replaced { old, new, .. } => {
                    Note::Replaced { platform: new.platform, old: Plug::of(old), new: Plug::of(new) }
                }
                What::SeenAgain { .. }
                | What::Retracted { .. }
                | What::MovedBackground(_)
                | What::MovedForeground(_) => continue,
            };
            self.push(Kept { at_ms, what });
        }
        self.count();
    }

    fn take_presence(&mut self, at_ms: u64, from: Presence, to: Presence, first_sight: bool) {
        let last = self.changes().last().map(|(_, presence)| presence);
        if last.is_none() {
            self.floor = Some(from);
            self.connected = is_connected(from).or(self.connected);
        }
        if last.unwrap_or(from).same_word(to) {
            return; // what lay between was taken back
        }
        self.push(Kept { at_ms, what: if first_sight { Note::FirstSeen(to) } else { Note::Presence(to) } });
    }

    fn push(&mut self, kept: Kept) {
        while self.kept.len() >= KEPT {
            self.fold_oldest();
        }
        if self.kept.len() < 4 {
            self.kept.reserve_exact(1);
        }
        self.kept.push(kept);
        let begins = kept.at_ms.saturating_sub(History::WINDOW_MS);
        self.folded.retain(|mixed| mixed.until_ms > begins);
    }

    /// Drops the oldest happening though it is not too old, but keeps how the time before it was spent.
    fn fold_oldest(&mut self) {
        let Kept { at_ms, what } = self.kept.remove(0);
        let (Some(next), Some(floor)) = (what.presence(), self.floor) else { return };
        match self.folded.last_mut() {
            Some(last) if last.has_room() => last.extend(at_ms, floor),
            Some(last) => {
                let from_ms = last.until_ms;
                self.folded.push(Mixed::new(from_ms, at_ms, floor));
            }
            None => self.folded.push(Mixed::new(at_ms.saturating_sub(History::WINDOW_MS), at_ms, floor)),
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
        self.count();
    }

    fn rise(&mut self, floor: Presence) {
        self.floor = Some(floor);
        self.connected = is_connected(floor).or(self.connected);
    }

    /// A connection had never been gone.
    fn take_back_closing(&mut self, id: u32) {
        let closing = self.kept.iter_mut().rev().find_map(|kept| match kept.what {
            Note::Closed(_, plug) if plug.id == id => Some((kept, None)),
            Note::Replaced { platform, old, new } if old.id == id => Some((kept, Some((platform, new)))),
            _ => None,
        });
        match closing {
            Some((kept, Some((platform, new)))) => kept.what = Note::Opened(platform, new),
            Some((kept, None)) => {
                let gone = *kept;
                self.kept.retain(|kept| *kept != gone);
            }
            None => {}
        }
    }

    /// The user had never been without a connection since one was last seen.
    fn take_back_offline(&mut self) {
        let connected = |kept: &Kept| kept.what.presence().is_some_and(|it| is_connected(it) == Some(true));
        let last = self.kept.iter().rposition(connected);
        let before = match last {
            Some(at) => self.kept.get(at).and_then(|kept| kept.what.presence()),
            None => self.floor.filter(|floor| is_connected(*floor) != Some(false)),
        };
        let Some(mut presence) = before else { return };
        let mut later = 0..;
        self.kept.retain(|kept| {
            let is_later = later.next().is_some_and(|at| last.is_none_or(|last| at > last));
            match kept.what {
                Note::Presence(Presence::Offline) if is_later => false,
                Note::Presence(next) if is_later => {
                    let differs = !next.same_word(presence);
                    presence = next;
                    differs
                }
                _ => true,
            }
        });
    }

    fn count(&mut self) {
        self.flips = self.flipped_ms().count() as u16;
        self.reconnects = self.successions(|one, other| one == other).len() as u16;
    }
}
