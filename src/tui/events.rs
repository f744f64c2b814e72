//! The view of what happened: whose events are listed, which of them, where the selection is.
//!
//! The selection is the number of an event, never a row: it stays on its event as new ones come in.
//! Without a selection the newest is at the top. A filter is followed event by event: what was
//! looked at once is not looked at again, but for the last groups, which may still grow.

use std::ops::Range;

use crate::presence::{EventGroup, UserId, UserIx};

use super::action::{Action, Walk};
use super::model::{Model, Picture, Screen, View, ViewMut};
use super::update::hint;
use super::views;
use crate::listing::Names;
use crate::listing::Wording;

/// From so many rows on there is room for events at the foot of the users.
pub(super) const PANE_ROWS: u16 = 15;

/// What the view of events is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsList {
    /// Only this user's events; none: everybody's.
    pub only: Option<UserId>,
    /// Words that all have to appear; empty: none.
    filter: String,
    /// The number of the event that is selected; none: the newest is followed.
    selected: Option<u64>,
    /// The row of the body on which it stands.
    row: u16,
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
    fn refresh(&mut self, picture: Picture<'_>, names: &Names) {
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
    fn window<'a>(&'a self, picture: Picture<'a>, height: u16) -> EventsWindow<'a> {
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
    fn chosen<'a>(&'a self, picture: Picture<'a>) -> Option<&'a EventGroup> {
        let lines = self.lines(picture);
        lines.at(self.selected.and_then(|number| lines.place_of(number)).unwrap_or(0))
    }

    /// Moves by lines. A page moves the list under the selection, a step the selection on the screen.
    fn travel(&mut self, picture: Picture<'_>, height: u16, steps: i64, page: bool) {
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

    fn click(&mut self, picture: Picture<'_>, height: u16, row: u16) {
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

impl<'a> View<'a> {
    /// The lines of the list that keys are about, on a screen so high.
    pub fn events_window(self, height: u16) -> Option<EventsWindow<'a>> {
        self.model.events().map(|list| list.window(self.picture(), height))
    }
}

impl Model {
    /// The list of events that keys are about: that of the view, or that at the foot of the users.
    pub fn events(&self) -> Option<&EventsList> {
        match &self.screen {
            Screen::Events(list) => Some(list),
            Screen::Users => self.pane.as_ref(),
            _ => None,
        }
    }

    fn events_mut(&mut self) -> Option<&mut EventsList> {
        match &mut self.screen {
            Screen::Events(list) => Some(list),
            Screen::Users => self.pane.as_mut(),
            _ => None,
        }
    }
}

/// Changes the list of events with the rest of the model at hand.
fn change(model: &mut ViewMut<'_>, how: impl FnOnce(&mut EventsList, View<'_>)) {
    let Some(mut list) = model.events_mut().map(std::mem::take) else { return };
    how(&mut list, model.view());
    if let Some(place) = model.events_mut() {
        *place = list;
    }
}

/// Does what an action means where events are listed; says whether it means anything there.
pub(super) fn perform(model: &mut ViewMut<'_>, action: Action) -> bool {
    if action == Action::Pane {
        pane(model);
        return true;
    }
    let Some(list) = model.events() else { return false };
    let (only, filtered) = (list.only.is_some(), !list.filter.is_empty());
    match action.walk(model.view().events_rows()) {
        Some(Walk::Lines(lines, page)) => travel(model, lines, page),
        // At the top the newest is followed again.
        Some(Walk::Top) => change(model, |list, _| list.selected = None),
        Some(Walk::Bottom) => travel(model, i64::from(u32::MAX), false),
        None => return perform_on_one(model, action, only, filtered),
    }
    true
}

/// The same of what is no walk: what is done with the selected event, and what narrows the list.
fn perform_on_one(model: &mut ViewMut<'_>, action: Action, only: bool, filtered: bool) -> bool {
    match action {
        Action::Detail => {
            if let Some(user) = subject(model, true) {
                views::show_detail(model, user);
            }
        }
        Action::Why => {
            if let Some(user) = subject(model, true) {
                views::show_why(model, user);
            }
        }
        Action::UserEvents => {
            if let Some(user) = subject(model, false).filter(|_| !only) {
                let user = model.picture().roster.list().id(user);
                views::show_events_of(model, user);
            }
        }
        Action::Back | Action::Close if model.screen == Screen::Users => model.pane = None,
        Action::Back if filtered => filter(model, ""),
        Action::Back | Action::ShowEvents if only => views::show_all_events(model),
        _ => return false,
    }
    true
}

/// Gives the events at the foot of the users the keys, or takes them back; where there is no foot,
/// shows the view of events.
fn pane(model: &mut ViewMut<'_>) {
    if model.screen != Screen::Users {
        return;
    }
    if model.size.1 < PANE_ROWS {
        views::show_all_events(model);
    } else if model.pane.take().is_none() {
        model.pane = Some(EventsList::default());
    }
}

/// The user whom the chosen event is about; says so where that is none, or only the first of many.
pub(super) fn subject(model: &mut ViewMut<'_>, says_of_many: bool) -> Option<UserIx> {
    let picture = model.picture();
    let group = model.events()?.chosen(picture)?;
    let Some(user) = group.users.first() else {
        hint(model, "this event is about no user");
        return None;
    };
    let found = picture.roster.list().find(user.raw());
    let words = match found {
        None => Some(format!("{} is not watched any more", model.names.user(user.raw()))),
        Some(_) if group.count > 1 && says_of_many => Some(format!("the first of {} users", group.count)),
        Some(_) => None,
    };
    if let Some(words) = words {
        hint(model, words);
    }
    found
}

fn travel(model: &mut ViewMut<'_>, steps: i64, page: bool) {
    let height = model.view().events_rows();
    change(model, |list, model| {
        // The bottom is the last row, wherever the selection was.
        if steps == i64::from(u32::MAX) {
            list.row = height;
        }
        let jump = steps == i64::from(u32::MAX) && list.selected.is_none();
        list.travel(model.picture(), height, steps, page || jump);
    });
}

/// Takes a filter; the selection stays on its event, or goes to the next older one that is listed.
pub(super) fn filter(model: &mut ViewMut<'_>, text: &str) {
    change(model, |list, model| {
        text.clone_into(&mut list.filter);
        list.refresh(model.picture(), &model.names);
    });
    model.dirty = true;
}

/// Selects what the mouse clicked on, on this row of the list.
pub(super) fn click(model: &mut ViewMut<'_>, row: u16) {
    let height = model.view().events_rows();
    change(model, |list, model| list.click(model.picture(), height, row));
    model.dirty = true;
}

/// Brings the list to what there is now.
pub(super) fn settle(model: &mut ViewMut<'_>) {
    if model.size.1 < PANE_ROWS {
        model.pane = None;
    }
    change(model, |list, model| list.refresh(model.picture(), &model.names));
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
