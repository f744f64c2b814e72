//! Going from one view to another and back: which screen is on top, and what is under it.

use crate::presence::{Presence, UserId, UserIx};
use crate::say;

use super::Detail;
use super::action::Action;
use super::change::{apply_filter, hint, narrow};
use super::event_list::EventsList;
use super::finding_list::FindingsList;
use super::model::ViewMut;
use super::overview::Overview;
use super::overview_keys;
use super::screen::Screen;

/// Goes to one of the five views; there already: nothing changes.
pub(super) fn show(model: &mut ViewMut<'_>, view: Screen) {
    model.pane = None;
    if std::mem::discriminant(&model.screen) != std::mem::discriminant(&view) {
        model.screen = view;
    }
}

/// Goes to the view that a key stands for.
pub(super) fn show_by_key(model: &mut ViewMut<'_>, action: Action) {
    let view = match action {
        Action::ShowEvents => Screen::Events(EventsList::default()),
        Action::ShowFindings => Screen::Findings(FindingsList::default()),
        Action::ShowServer => Screen::Server { scroll: 0 },
        Action::ShowOverview => Screen::Overview(Overview::default()),
        _ => Screen::Users,
    };
    show(model, view);
}

/// Shows everything that is known of a user, on top of what is shown now.
pub(super) fn show_detail(model: &mut ViewMut<'_>, user: UserIx) {
    let back = match std::mem::replace(&mut model.screen, Screen::Users) {
        Screen::Detail { back, .. } => back,
        below => Box::new(below),
    };
    model.screen = Screen::Detail { user, scroll: 0, back };
}

/// Shows why a user is flagged: the detail, from what is wrong on.
pub(super) fn show_why(model: &mut ViewMut<'_>, user: UserIx) {
    let Some(lines) = Detail::new(model.view(), user, model.size.0).lines_before_findings() else {
        let name = model.view().shown_id(user);
        let text = match model.picture().roster.presence(user) {
            Presence::Unknown(_) => {
                say!("{name} is unknown, so no rule can judge: Enter shows what is known", name)
            }
            _ => say!("no rule finds anything wrong with {name}", name),
        };
        hint(model, text);
        return;
    };
    show_detail(model, user);
    if let Some(scroll) = model.screen.scroll_mut() {
        *scroll = lines;
    }
}

/// Shows whether a message reaches a user: the detail, from that on.
pub(super) fn show_delivery(model: &mut ViewMut<'_>, user: UserIx) {
    let lines = Detail::new(model.view(), user, model.size.0).lines_before_delivery();
    show_detail(model, user);
    if let Some(scroll) = model.screen.scroll_mut() {
        *scroll = lines;
    }
}

/// Shows the events of one user.
pub(super) fn show_events_of(model: &mut ViewMut<'_>, user: UserId) {
    model.screen = Screen::Events(EventsList::of(user));
}

/// Shows everybody's events.
pub(super) fn show_all_events(model: &mut ViewMut<'_>) {
    model.pane = None;
    model.screen = Screen::Events(EventsList::default());
}

/// Leaves what is on top; the other views lead to the users.
pub(super) fn leave(model: &mut ViewMut<'_>) {
    model.screen = match std::mem::replace(&mut model.screen, Screen::Users) {
        Screen::Help { back, .. } | Screen::Detail { back, .. } => *back,
        Screen::Overview(_)
        | Screen::Events(_)
        | Screen::Findings(_)
        | Screen::Server { .. }
        | Screen::Users => Screen::Users,
    };
}

/// One level back: a view, then the filter, then what else narrows the list, then the selection.
pub(super) fn back(model: &mut ViewMut<'_>) {
    if let Screen::Help { search, scroll, .. } = &mut model.screen
        && !search.is_empty()
    {
        search.clear();
        *scroll = 0;
    } else if model.screen != Screen::Users {
        leave(model);
    } else if overview_keys::leave_rollup(model) {
        // The users of a row: back to the rows.
    } else if !model.rows.query().is_empty() {
        apply_filter(model, "");
    } else if model.switches.problems_only || model.marks.only {
        model.switches.problems_only = false;
        model.marks.only = false;
        narrow(model);
    } else {
        // What is on the screen stays there.
        if model.cursor.is_some() {
            let top = model.view().window(model.view().body_height()).first().copied();
            model.top = top.map(|line| model.view().lines().cursor_at(line));
        }
        model.cursor = None;
        model.rows.select(None);
    }
}

/// Opens the help, or leaves it.
pub(super) fn help(model: &mut ViewMut<'_>) {
    if matches!(model.screen, Screen::Help { .. }) {
        leave(model);
    } else {
        show_help(model, "");
    }
}

/// Shows the help, or those of its lines that hold a text.
pub(super) fn show_help(model: &mut ViewMut<'_>, search: &str) {
    let back = match std::mem::replace(&mut model.screen, Screen::Users) {
        Screen::Help { back, .. } => back,
        below => Box::new(below),
    };
    model.screen = Screen::Help { search: search.to_owned(), scroll: 0, back };
}
