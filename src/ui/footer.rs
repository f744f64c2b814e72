//! The last row: passing words, or the keys that work now.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{Action, Model, Purpose, Scope, Screen};

use super::pen::Pen;
use super::theme::Theme;

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::new(theme, buf, area, 0);
    pen.skip(1);
    let cut = theme.glyphs.cut;
    if model.is_one_shot() {
        let (columns, rows) = model.size();
        let more = model.users_left_out(Rect { x: 0, y: 0, width: columns, height: rows });
        if more > 0 {
            let users = if more == 1 { "user" } else { "users" };
            let size = format!("{columns}x{}", model.height_for_all());
            pen.rest(&format!("{more} more {users}; --size {size} shows all"), cut, theme.strong);
        }
        return;
    }
    if let Some(toast) = model.toast() {
        pen.rest(&toast.text, cut, theme.strong);
        return;
    }
    if model.greets() && model.prompt().is_none() {
        greeting(model, theme, &mut pen);
        return;
    }
    let begun: String = model.pending().iter().map(ToString::to_string).collect();
    if !begun.is_empty() {
        pen.put(&begun, theme.key).put(cut, theme.key).skip(2);
    }
    let scroll = position(model);
    let works_here = model.keymap().continuations(model.pending(), model.place());
    let mut offered: Vec<_> = works_here.collect();
    if model.hidden_changes().is_some() {
        // Whoever looks at a picture that stands is to see how it goes on.
        offered.sort_by_key(|(_, row)| row.action != Action::Pause);
    }
    for (keys, row) in offered {
        let brief = brief(model, row.action, row.brief);
        if brief.is_empty() || !works(model, row.action) {
            continue;
        }
        let keys: String = keys.iter().map(ToString::to_string).collect();
        if theme.width(&keys) + 1 + theme.width(brief) + theme.width(&scroll) + 2 > pen.left() {
            break;
        }
        pen.put(&keys, theme.key).skip(1).put(brief, theme.plain).skip(2);
    }
    let room = pen.left();
    if !scroll.is_empty() && room > theme.width(&scroll) {
        pen.skip(room - theme.width(&scroll) - 1).put(&scroll, theme.dim);
    }
}

/// The keys that matter most, for somebody who has not pressed any yet.
fn greeting(model: &Model, theme: &Theme, pen: &mut Pen<'_>) {
    let first =
        [(Action::Help, "help"), (Action::Filter, "find somebody"), (Action::Detail, "look at one user")];
    for (action, words) in first {
        let Some(keys) = model.keymap().first_of(action) else { continue };
        if theme.width(&keys) + 1 + theme.width(words) > pen.left() {
            break;
        }
        pen.put(&keys, theme.key).skip(1).put(words, theme.strong).skip(3);
    }
}

/// Some words depend on what is open.
fn brief(model: &Model, action: Action, brief: &'static str) -> &'static str {
    match action {
        Action::Filter if matches!(model.screen(), Screen::Help { .. }) => "find",
        Action::Back if matches!(model.screen(), Screen::Help { search, .. } if !search.is_empty()) => {
            "whole help"
        }
        Action::Close if *model.screen() != Screen::Users => "close",
        Action::Pause if model.hidden_changes().is_some() => "go on",
        Action::Back if *model.screen() == Screen::Users && !model.rows().filter().is_empty() => "all users",
        Action::Back if *model.screen() == Screen::Users => "unselect",
        Action::Accept if model.prompt().is_some_and(|prompt| prompt.purpose() == Purpose::Command) => "run",
        Action::Complete if are_ticked(model) => "add or drop",
        Action::HistoryBack if are_ticked(model) => "choose",
        _ => brief,
    }
}

/// Whether there is something to tick off.
fn are_ticked(model: &Model) -> bool {
    model.prompt().is_some_and(|prompt| prompt.offers().are_ticked())
}

/// Whether a key would do something now.
fn works(model: &Model, action: Action) -> bool {
    let listed = *model.screen() == Screen::Users;
    let has_connections = |user| !model.picture().roster.connections(user).is_empty();
    let is_open = |user| has_connections(user) && model.expansion().contains(user);
    if matches!(model.screen(), Screen::Help { .. }) && model.place() == Scope::Views {
        let of_use = [Action::Help, Action::Filter, Action::Back, Action::Command, Action::Close];
        return of_use.contains(&action);
    }
    match action {
        Action::Back => !listed || !model.rows().filter().is_empty() || model.cursor().is_some(),
        Action::Complete => model.prompt().is_some_and(|prompt| !prompt.offers().candidates.is_empty()),
        Action::Detail | Action::Why | Action::CopyUser | Action::SortNext => !model.rows().is_empty(),
        Action::Expand => {
            model.cursor().is_some_and(|cursor| cursor.connection.is_none() && has_connections(cursor.user))
        }
        Action::Collapse => {
            model.cursor().is_some_and(|cursor| cursor.connection.is_some() || is_open(cursor.user))
        }
        _ => true,
    }
}

/// Where in the list the selection is: `3/512`; how far a text is scrolled: `1-13 of 52`.
fn position(model: &Model) -> String {
    let (scroll, (lines, rows)) = match model.screen() {
        Screen::Users | Screen::Events(_) | Screen::Findings(_) => (0, (0, 0)),
        Screen::Server { scroll } | Screen::Detail { scroll, .. } | Screen::Help { scroll, .. } => {
            (*scroll, model.scrolled_lines())
        }
    };
    if lines > rows {
        return format!("{}-{} of {lines}", scroll + 1, (scroll + rows).min(lines));
    }
    let row = model.cursor().and_then(|cursor| model.rows().row_of(cursor.user));
    match (model.screen(), row) {
        (Screen::Users, Some(row)) if model.prompt().is_none() => {
            format!("{}/{}", row + 1, model.rows().len())
        }
        _ => String::new(),
    }
}
