//! The last half hour of one user as a row of cells.

use super::History;
use super::past::{Past, is_connected};
use crate::presence::status::Presence;
use crate::presence::time::Moment;

/// So long at least is a stretch of time of which only the shares are kept.
const MIXED_MS: u64 = 120_000;

/// The highest level of a cell.
const FULL: u64 = 7;

/// What one stretch of time was like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The user was not watched yet.
    Before,
    /// For most of the time that the user was watched, nobody can tell.
    Unknown,
    /// For at least half of the time that the user was watched, the presence is known.
    Known {
        /// The share of the known time with a connection, 0 to 7; 0 only where there was none at
        /// all, 7 only where there was one all the time.
        online: u8,
        /// Whether all connections were in the background for most of that share.
        background: bool,
    },
}

impl Past {
    /// The last half hour of the user in `cells` stretches of the same length, oldest first. `now_is` is
    /// the presence at `now`; the user is watched since `watched_since_ms`, on the monotonic clock.
    ///
    /// Cells begin at fixed times, so that the past does not waver while time goes on: the last one is
    /// as long as it has lasted so far, and all together cover at most the half hour.
    pub(super) fn spark(
        &self,
        now_is: Presence,
        watched_since_ms: u64,
        now: Moment,
        cells: usize,
    ) -> impl Iterator<Item = Cell> + use<> {
        let stretches = stretches(self, now_is, now.mono_ms);
        let count = cells as u64;
        let length = History::WINDOW_MS.checked_div(count).unwrap_or(0).max(1);
        let last = now.mono_ms / length;
        (0..count).map(move |cell| {
            // The cells of a window that reaches back to before the run have no time in them.
            let Some(number) = (last + 1 + cell).checked_sub(count) else { return Cell::Before };
            let begins = number * length;
            // The present moment belongs to the last cell, so that there is always something in it.
            let ends = (begins + length).min(now.mono_ms.saturating_add(1));
            let watched = watched_since_ms.min(now.mono_ms);
            if ends <= watched {
                return Cell::Before;
            }
            let mut spent = Spent::default();
            for stretch in &stretches {
                spent.add(stretch.part(begins.max(watched), ends));
            }
            spent.cell()
        })
    }
}

fn stretches(past: &Past, now_is: Presence, now_ms: u64) -> Vec<Mixed> {
    let mut stretches = past.folded().to_vec();
    let mut from_ms = stretches.last().map_or(0, |mixed| mixed.until_ms);
    let mut presence = past.floor().unwrap_or(now_is);
    for (at_ms, next) in past.changes() {
        stretches.push(Mixed::new(from_ms, at_ms, presence));
        (from_ms, presence) = (at_ms, next);
    }
    stretches.push(Mixed::new(from_ms, now_ms.saturating_add(1), now_is));
    stretches
}

/// How a stretch of time was spent, in no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mixed {
    from_ms: u64,
    pub(super) until_ms: u64,
    spent: Spent,
    /// How often the user went on- or offline in it.
    pub(super) flips: u16,
}

/// How many milliseconds were spent how; at most the window all together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Spent {
    online: u32,
    background: u32,
    offline: u32,
    unknown: u32,
}

impl Mixed {
    /// The same all the time; of what is longer than the window only its end counts.
    pub(super) fn new(from_ms: u64, until_ms: u64, presence: Presence) -> Mixed {
        let from_ms = from_ms.max(until_ms.saturating_sub(History::WINDOW_MS)).min(until_ms);
        let spent = Spent::of((until_ms - from_ms) as u32, presence);
        Mixed { from_ms, until_ms, spent, flips: 0 }
    }

    /// Goes on like that until then.
    pub(super) fn extend(&mut self, until_ms: u64, presence: Presence) {
        let more = until_ms.saturating_sub(self.until_ms);
        if more >= History::WINDOW_MS {
            *self = Mixed { flips: self.flips, ..Mixed::new(self.until_ms, until_ms, presence) };
            return;
        }
        self.spent.add(Spent::of(more as u32, presence));
        self.until_ms += more;
    }

    /// Whether it is still short.
    pub(super) fn has_room(&self) -> bool {
        self.until_ms - self.from_ms < MIXED_MS
    }

    /// What of it lies between two times.
    fn part(&self, from_ms: u64, until_ms: u64) -> Spent {
        let length = self.until_ms - self.from_ms;
        let inside = until_ms.min(self.until_ms).saturating_sub(from_ms.max(self.from_ms));
        // One that is the same all the time is exact.
        let share = |spent: u32| {
            let spent = u64::from(spent);
            (if spent == length { inside } else { (spent * inside).div_ceil(length.max(1)) }) as u32
        };
        Spent {
            online: share(self.spent.online),
            background: share(self.spent.background),
            offline: share(self.spent.offline),
            unknown: share(self.spent.unknown),
        }
    }
}

impl Spent {
    fn of(ms: u32, presence: Presence) -> Spent {
        let mut spent = Spent::default();
        match (presence, is_connected(presence)) {
            (Presence::Background, _) => spent.background = ms,
            (_, Some(true)) => spent.online = ms,
            (_, Some(false)) => spent.offline = ms,
            (_, None) => spent.unknown = ms,
        }
        spent
    }

    fn add(&mut self, more: Spent) {
        self.online += more.online;
        self.background += more.background;
        self.offline += more.offline;
        self.unknown += more.unknown;
    }

    fn cell(self) -> Cell {
        let connected = self.online + self.background;
        let known = connected + self.offline;
        if known == 0 || self.unknown > known {
            return Cell::Unknown;
        }
        let online = match connected {
            0 => 0,
            all if all == known => FULL,
            some => 1 + u64::from(some) * (FULL - 1) / u64::from(known),
        };
        Cell::Known { online: online as u8, background: self.background > self.online }
    }
}
