//! How what the model has to say fits on a screen: heights of the parts, and what is left out.

use ratatui::layout::Rect;

use super::layout::{Content, Layout, MIN_WIDTH, layout};
use super::model::View;
use super::notes::notes;
use super::screen::Screen;

/// From so many rows on every part above the table is there.
const WHOLE: u16 = 18;

/// From so many columns on there is room for a user's detail beside the table.
const WIDE: u16 = 160;

/// More rows than the parts of a screen beside the table ever have.
const MOST_BESIDE: u16 = 60;

impl View<'_> {
    /// Where each part of a screen of this size goes; `None` where it is too small.
    pub fn layout(self, area: Rect) -> Option<Layout> {
        let content = Content {
            notes: notes(self).len() as u16,
            table: matches!(self.screen, Screen::Users | Screen::Events(_)),
            // The view of events has no need of them at the foot, and the server of all the room.
            events: if matches!(self.screen, Screen::Events(_) | Screen::Server { .. } | Screen::Overview(_))
            {
                0
            } else {
                u16::MAX
            },
            pane: self.screen == Screen::Users && self.pane.is_some(),
            footer: true,
        };
        if !self.one_shot {
            return layout(area, content);
        }
        let events = self.picture().at_the_foot().take(usize::from(u16::MAX)).count() as u16;
        let whole = layout(area, Content { events, footer: false, ..content })?;
        if self.rows.open_len() <= usize::from(whole.body.height) {
            return Some(whole);
        }
        layout(area, Content { events, ..content })
    }

    /// In a single frame: how many users have no row on a screen of this size.
    pub fn users_left_out(self, area: Rect) -> usize {
        let rows = self.layout(area).map_or(0, |layout| usize::from(layout.body.height));
        if self.one_shot { self.rows.len().saturating_sub(rows) } else { 0 }
    }

    /// How many rows a screen needs to show every user's row, all notes, events and keys.
    pub fn height_for_all(self) -> u16 {
        let users = self.rows.open_len();
        let area = |height: u16| Rect { x: 0, y: 0, width: self.size.0.max(MIN_WIDTH), height };
        let fits = |height: &u16| {
            self.layout(area(*height)).is_some_and(|layout| usize::from(layout.body.height) >= users)
        };
        // A lower screen leaves parts out; a higher one has so few rows more than users.
        let least = u16::try_from(users).unwrap_or(u16::MAX).max(WHOLE);
        (least..=least.saturating_add(MOST_BESIDE)).find(fits).unwrap_or(u16::MAX)
    }

    /// How many lines the text has that fills the body, and how many rows there are for them.
    pub fn scrolled_lines(self) -> (usize, usize) {
        let rows = usize::from(self.body_height());
        match &self.model.screen {
            Screen::Overview(_) | Screen::Users | Screen::Events(_) | Screen::Findings(_) => (0, rows),
            Screen::Server { .. } => (super::server::server_height(self), rows),
            // The user's name stays at the top, above what scrolls.
            Screen::Detail { user, .. } => {
                (super::Detail::new(self, *user, self.size.0).len(), rows.saturating_sub(1))
            }
            Screen::Help { .. } => (super::help_pages(self).height(), rows),
        }
    }

    /// How wide the table of users is: on a wide screen the detail of who is selected stands beside it.
    pub fn table_width(self) -> u16 {
        let (width, _) = self.size;
        let beside = width >= WIDE
            && self.screen == Screen::Users
            && !self.switches.wide
            && self.cursor.as_ref().is_some_and(|cursor| cursor.one().is_some())
            && self.pane.is_none()
            && !self.one_shot;
        if beside { width - width * 2 / 5 } else { width }
    }

    /// How many rows there are for the list of events that keys are about.
    pub(super) fn events_rows(self) -> u16 {
        self.events_area().height
    }

    /// Where that list is.
    pub(super) fn events_area(self) -> Rect {
        let (width, height) = self.size;
        let layout = self.layout(Rect { x: 0, y: 0, width, height }).unwrap_or_default();
        if self.screen == Screen::Users { layout.events } else { layout.body }
    }

    pub(super) fn body_height(self) -> u16 {
        let (width, height) = self.size;
        self.layout(Rect { x: 0, y: 0, width, height }).map_or(0, |layout| layout.body.height)
    }
}
