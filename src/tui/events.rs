//! What keys and the mouse do where events are listed: in their view, and at the foot of the users.

use crate::presence::UserIx;
use crate::say;

use super::action::{Action, Walk};
use super::change::hint;
use super::event_list::{EventsList, EventsWindow};
use super::model::{Model, View, ViewMut};
use super::screen::Screen;
use super::views;

/// From so many rows on there is room for events at the foot of the users.
pub(super) const PANE_ROWS: u16 = 15;

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
        Action::Delivery => {
            if let Some(user) = subject(model, true) {
                views::show_delivery(model, user);
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
        hint(model, say!("this event is about no user"));
        return None;
    };
    let found = picture.roster.list().find(user.raw());
    let words = match found {
        None => Some(say!("{user} is not watched any more", user = model.names.user(user.raw()))),
        Some(_) if group.count > 1 && says_of_many => Some(say!("the first of {n} users", n = group.count)),
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
