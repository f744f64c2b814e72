//! The view of what happened: whose events are listed, which of them, where the selection is.
//!
//! The selection is the number of an event, never a row: it stays on its event as new ones come in.
//! Without a selection the newest is at the top. A filter is followed event by event: what was
//! looked at once is not looked at again, but for the last groups, which may still grow.

use std::ops::Range;

use super::picture::Picture;
use crate::listing::{Names, Wording};
use crate::presence::{EventGroup, UserId};

/// What the view of events is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsList {
    /// Only this user's events; none: everybody's.
    pub only: Option<UserId>,
    /// Words that all have to appear; empty: none.
    pub(super) filter: String,
    /// The number of the event that is selected; none: the newest is followed.
    pub(super) selected: Option<u64>,
    /// The row of the body on which it stands.
    pub(super) row: u16,
    found: Found,
}

/// The events that are listed, where those are not all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Found {
    /// What they were found by: it holds as long as that stays so.
    by: Option<By>,
    /// Their numbers, oldest first.
    numbers: Vec<u64>,
    /// The numbers of the events that were there to choose from, where they are one user's.
    all: Vec<u64>,
    /// Up to this number everything has been looked at and stays as it is.
    settled: u64,
}

/// What decides which events are found: the words, and what users are called.
#[derive(Clone, Debug, PartialEq, Eq)]
struct By {
    filter: String,
    masked: bool,
    generation: u32,
}

/// The part of a list of events that is on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsWindow<'a> {
    /// The lines, newest first.
    pub lines: Vec<&'a EventGroup>,
    /// The row of the selection.
    pub selected: Option<u16>,
    /// The place of the selection among those that are listed, from 0 for the newest.
    pub place: Option<usize>,
    /// How many are listed.
    pub listed: usize,
    /// How many there are, whether the filter lets them through or not.
    pub all: usize,
}

impl EventsList {
    /// The events of one user.
    pub(super) fn of(user: UserId) -> EventsList {
        EventsList { only: Some(user), ..EventsList::default() }
    }

    /// The filter in force; empty: none.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Looks at everything anew: what is known is that of another moment.
    pub(super) fn forget(&mut self) {
        self.found = Found::default();
    }

    fn is_narrowed(&self) -> bool {
        self.only.is_some() || !self.filter.is_empty()
    }

    /// Looks at what has come since the last time.
    pub(super) fn refresh(&mut self, picture: Picture<'_>, names: &Names) {
        if !self.is_narrowed() {
            self.found = Found::default();
            return;
        }
        let by = By {
            filter: self.filter.clone(),
            masked: names.are_masked(),
            generation: picture.roster.list().generation(),
        };
        if self.found.by.as_ref() != Some(&by) {
            self.found = Found { by: Some(by), ..Found::default() };
        }
        let filter = self.filter.to_lowercase();
        let words: Vec<String> = filter.split_whitespace().map(str::to_owned).collect();
        let wording = Wording { roster: picture.roster, names, to: "->" };
        let mut room = String::new();
        let mut mentions = |one| words.is_empty() || wording.mentions(one, &words, &mut room);
        let found = &mut self.found;
        found.numbers.truncate(found.numbers.partition_point(|number| *number <= found.settled));
        let fresh: Vec<u64> = if let Some(user) = &self.only {
            let of_user = |one: &&EventGroup| one.event.user() == Some(user);
            let fresh: Vec<&EventGroup> = picture.singles(found.settled).filter(of_user).collect();
            found.all.extend(fresh.iter().rev().map(|one| one.number));
            fresh.into_iter().filter(|one| mentions(one)).map(|one| one.number).collect()
        } else {
            let fresh = picture.happened().take_while(|group| group.number > found.settled);
            fresh.filter(|group| mentions(group)).map(|group| group.number).collect()
        };
        found.numbers.extend(fresh.into_iter().rev());
        found.settled = picture.settled(self.only.is_some());
        let oldest = picture.oldest(self.only.is_some());
        for numbers in [&mut found.numbers, &mut found.all] {
            numbers.drain(..numbers.partition_point(|number| *number < oldest));
        }
    }

    fn lines<'a>(&'a self, picture: Picture<'a>) -> Lines<'a> {
        let numbers = self.is_narrowed().then_some(self.found.numbers.as_slice());
        Lines { picture, numbers, single: self.only.is_some() }
    }

    /// The lines on a screen so high.
    pub(super) fn window<'a>(&'a self, picture: Picture<'a>, height: u16) -> EventsWindow<'a> {
        let lines = self.lines(picture);
        let place = self.selected.and_then(|number| lines.place_of(number));
        let (rows, row) = settled(place, self.row, lines.len(), height);
        EventsWindow {
            lines: rows.filter_map(|place| lines.at(place)).collect(),
            selected: place.map(|_| row),
            place,
            listed: lines.len(),
            all: if self.only.is_some() { self.found.all.len() } else { picture.happened().len() },
        }
    }

    /// The event that is selected, or the newest.
    pub(super) fn chosen<'a>(&'a self, picture: Picture<'a>) -> Option<&'a EventGroup> {
        let lines = self.lines(picture);
        lines.at(self.selected.and_then(|number| lines.place_of(number)).unwrap_or(0))
    }

    /// Moves by lines. A page moves the list under the selection, a step the selection on the screen.
    pub(super) fn travel(&mut self, picture: Picture<'_>, height: u16, steps: i64, page: bool) {
        let lines = self.lines(picture);
        let Some(last) = lines.len().checked_sub(1) else { return };
        let old = self.selected.and_then(|number| lines.place_of(number));
        // The first key selects; a page leads on from there.
        let place = match old {
            None if !page => 0,
            _ => (old.unwrap_or(0) as i64).saturating_add(steps).clamp(0, last as i64) as usize,
        };
        let (_, row) = settled(old, self.row, lines.len(), height);
        let moved = place as i64 - old.unwrap_or(place) as i64;
        let wished = if page { i64::from(row) } else { i64::from(row) + moved };
        let wished = wished.clamp(0, i64::from(height.saturating_sub(1))) as u16;
        let number = lines.at(place).map(|group| group.number);
        let (_, row) = settled(Some(place), wished, lines.len(), height);
        (self.selected, self.row) = (number, row);
    }

    pub(super) fn click(&mut self, picture: Picture<'_>, height: u16, row: u16) {
        let number = self.window(picture, height).lines.get(usize::from(row)).map(|group| group.number);
        if number.is_some() {
            (self.selected, self.row) = (number, row);
        }
    }
}

/// The places on a screen so high, and the row of the selection, as near to `wished` as the ends of
/// the list allow.
fn settled(place: Option<usize>, wished: u16, listed: usize, height: u16) -> (Range<usize>, u16) {
    let height = usize::from(height);
    let Some(place) = place else { return (0..height.min(listed), 0) };
    let wished = usize::from(wished).min(height.saturating_sub(1));
    let top = place.saturating_sub(wished).min(listed.saturating_sub(height));
    (top..(top + height).min(listed), (place - top) as u16)
}

/// The events that are listed, newest first; any of them costs the same.
struct Lines<'a> {
    picture: Picture<'a>,
    numbers: Option<&'a [u64]>,
    /// Whether they are single events, not groups.
    single: bool,
}

impl<'a> Lines<'a> {
    fn len(&self) -> usize {
        self.numbers.map_or_else(|| self.picture.happened().len(), <[u64]>::len)
    }

    fn at(&self, place: usize) -> Option<&'a EventGroup> {
        let Some(numbers) = self.numbers else { return self.picture.happened().nth(place) };
        let number = numbers.get(numbers.len().checked_sub(place + 1)?)?;
        self.picture.event(*number, self.single)
    }

    /// The place of an event, or of the next older one, where it is not listed.
    fn place_of(&self, number: u64) -> Option<usize> {
        let newer = match self.numbers {
            Some(numbers) => numbers.len() - numbers.partition_point(|other| *other <= number),
            None => self.picture.newer(number),
        };
        Some(newer.min(self.len().checked_sub(1)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_stands_on_its_row_as_far_as_the_ends_allow() {
        assert_eq!(settled(None, 3, 100, 10), (0..10, 0));
        assert_eq!(settled(Some(50), 3, 100, 10), (47..57, 3));
        assert_eq!(settled(Some(1), 3, 100, 10), (0..10, 1), "no empty rows above the newest");
        assert_eq!(settled(Some(99), 3, 100, 10), (90..100, 9), "nor below the oldest");
        assert_eq!(settled(Some(2), 9, 4, 10), (0..4, 2));
        assert_eq!(settled(Some(2), 9, 4, 0), (2..2, 0));
    }
}
