//! The map of everybody: which user, or which batch, has which place.

use std::ops::Range;

use super::Rollups;
use super::counts::Counts;
use crate::presence::UserIx;

/// On a longer list a place of the map is a batch, and not a user.
pub(super) const MAP_USERS: usize = 50_000;

impl Rollups {
    /// How many places the map has: one a user, ordered by group, or one a batch where there are very many.
    pub fn map_places(&self) -> usize {
        if self.is_by_batch() { self.by_batch.len() } else { self.classes.len() }
    }

    /// How the users stand who have these places.
    pub fn map_counts(&self, places: Range<usize>) -> Counts {
        let mut counts = Counts::default();
        for place in places {
            if self.is_by_batch() {
                counts = self.by_batch.get(place).map_or(counts, |series| counts.plus(series.now));
            } else if let Some(class) = self.map_user(place).and_then(|user| self.classes.get(user.at())) {
                counts.add(*class);
            }
        }
        counts
    }

    /// The user who has a place, or the first who has.
    pub fn map_user(&self, place: usize) -> Option<UserIx> {
        if self.is_by_batch() {
            return (place < self.by_batch.len()).then(|| UserIx(place as u32 * self.batch_size));
        }
        let user = self.groups.order.get(place).map_or(place as u32, |user| *user);
        (place < self.classes.len()).then_some(UserIx(user))
    }

    /// The place of a user.
    pub fn map_place(&self, user: UserIx) -> Option<usize> {
        if self.is_by_batch() {
            return Some((user.0 / self.batch_size.max(1)) as usize);
        }
        match self.groups.order.as_slice() {
            [] => Some(user.at()),
            order => order.iter().position(|it| *it == user.0),
        }
    }

    /// Whether a place of the map is a batch, as there are so many users.
    pub fn is_by_batch(&self) -> bool {
        self.classes.len() > MAP_USERS
    }
}
