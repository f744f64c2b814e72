//! What each action does to the model.

use crate::engine::Command;

use super::action::{Action, Walk};
use super::change::{go_to, hint, narrow, select, selected_or_first, set_sort};
use super::copy::{copy, subject};
use super::list::{Cursor, Line};
use super::message::Effect;
use super::model::ViewMut;
use super::screen::Screen;
use super::{events, findings, overview_keys, problems, travel, typing, views};
use crate::listing::{Cause, ColumnName, Sort};
use crate::say;

/// Intervals that `+` and `-` walk through, in milliseconds.
const INTERVALS: [u64; 7] = [500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000];

#[expect(clippy::too_many_lines, reason = "an arm for each action")]
pub(super) fn perform(model: &mut ViewMut<'_>, action: Action) -> Vec<Effect> {
    if overview_keys::perform(model, action)
        || events::perform(model, action)
        || findings::perform(model, action)
    {
        return Vec::new();
    }
    if let Some(effects) = travel::perform(model, action) {
        return effects;
    }
    if let Some(walk) = action.walk(model.view().body_height()) {
        match walk {
            Walk::Lines(lines, page) => travel(model, lines.unsigned_abs() as usize, lines > 0, page),
            Walk::Top | Walk::Bottom => to_end(model, walk == Walk::Bottom),
        }
        return Vec::new();
    }
    match action {
        Action::Quit => return vec![Effect::Interrupt],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Repaint => return vec![Effect::Repaint],
        Action::PollNow => {
            hint(model, say!("asking now"));
            return vec![Effect::Command(Command::PollNow)];
        }
        Action::Slower => {
            let now = model.shown.interval_ms;
            return set_interval(model, INTERVALS.into_iter().find(|ms| *ms > now));
        }
        Action::Faster => {
            let now = model.shown.interval_ms;
            return set_interval(model, INTERVALS.into_iter().rev().find(|ms| *ms < now));
        }
        Action::Close if model.screen.is_first() => return vec![Effect::Quit],
        Action::QuitKeeping => return vec![Effect::QuitKeeping],
        Action::Close => views::leave(model),
        Action::Back => views::back(model),
        Action::Help => views::help(model),
        Action::ShowUsers
        | Action::ShowEvents
        | Action::ShowFindings
        | Action::ShowServer
        | Action::ShowOverview => {
            views::show_by_key(model, action);
        }
        Action::Detail if let Some(cause) = fold(model) => {
            let open = model.rows.is_open(cause);
            model.rows.open(cause, !open);
        }
        Action::Detail => {
            if let Some(user) = subject(model) {
                views::show_detail(model, user);
            }
        }
        Action::Why => {
            if let Some(user) = subject(model) {
                views::show_why(model, user);
            }
        }
        Action::Delivery => {
            if let Some(user) = subject(model) {
                views::show_delivery(model, user);
            }
        }
        Action::UserEvents => {
            if let Some(user) = subject(model) {
                let user = model.picture().roster.list().id(user);
                views::show_events_of(model, user);
            }
        }
        Action::Filter => typing::open(model),
        Action::Command => typing::open_command(model),
        Action::Mark => mark(model),
        Action::MarkedOnly => {
            model.marks.only = !model.marks.only;
            narrow(model);
        }
        Action::ProblemsOnly => {
            model.switches.problems_only = !model.switches.problems_only;
            narrow(model);
        }
        Action::Wide => widen(model),
        Action::Mask | Action::Bell | Action::Mouse => return switch(model, action),
        Action::NextTheme => return vec![Effect::NextTheme],
        Action::NextProblem => problems::go(model, true),
        Action::PreviousProblem => problems::go(model, false),
        Action::Acknowledge => problems::acknowledge(model),
        Action::CopyUser
        | Action::CopyConnection
        | Action::CopyOperation
        | Action::CopyJson
        | Action::CopyRequest => return copy(model, action),
        Action::Export => typing::begin_command(model, "export "),
        Action::Expand => expand(model),
        Action::Collapse => collapse(model),
        Action::ExpandAll => {
            model.expansion.set_all(true);
            model.rows.open_all(true);
        }
        Action::CollapseAll => {
            model.expansion.set_all(false);
            to_fold(model);
            model.rows.open_all(false);
        }
        Action::SortBy => model.sorting = true,
        Action::SortNext => step_sort(model, true),
        Action::SortPrevious => step_sort(model, false),
        Action::Invert => {
            let sort = model.rows.sort();
            set_sort(model, Sort { inverted: !sort.inverted, ..sort });
        }
        Action::TimeStyle => model.times = model.times.other(),
        // What is left is for a prompt, or was done above.
        _ => return typing::perform(model, action),
    }
    Vec::new()
}

pub(super) fn set_interval(model: &mut ViewMut<'_>, interval_ms: Option<u64>) -> Vec<Effect> {
    let Some(interval_ms) = interval_ms else {
        let s = model.shown.interval_ms as f64 / 1_000.0;
        hint(model, say!("every {s} s is as far as it goes", s));
        return Vec::new();
    };
    hint(model, say!("asking every {s} s", s = interval_ms as f64 / 1_000.0));
    vec![Effect::Command(Command::SetInterval(interval_ms))]
}

/// Turns a switch, and says how it stands.
fn switch(model: &mut ViewMut<'_>, action: Action) -> Vec<Effect> {
    let (now, words, effect) = match action {
        Action::Mask => {
            let masked = model.names.toggle();
            model.measure();
            let typed = model.prompt.is_some() || !model.rows.filter().is_empty();
            let typed = typed || model.events().is_some_and(|list| !list.filter().is_empty());
            let masks = if typed {
                say!("user IDs and names are masked; what was typed is not")
            } else {
                say!("user IDs and names are masked")
            };
            (masked, [say!("user IDs and names are shown"), masks], None)
        }
        Action::Bell => {
            let bell = &mut model.switches.bell;
            *bell = !*bell;
            (*bell, [say!("silent"), say!("rings when something critical is found")], None)
        }
        _ => {
            let mouse = &mut model.switches.mouse;
            *mouse = !*mouse;
            let words = [
                say!("the mouse is the terminal's"),
                say!("the mouse is imtop's; again to select text with it"),
            ];
            (*mouse, words, Some(Effect::Mouse(*mouse)))
        }
    };
    hint(model, words[usize::from(now)]);
    effect.into_iter().collect()
}

/// All columns or the others; says which they are where somebody chose them.
fn widen(model: &mut ViewMut<'_>) {
    model.switches.wide = !model.switches.wide;
    if model.columns_chosen.is_some() {
        let all = model.view().columns(model.view().table_width()).iter().count() == ColumnName::ALL.len();
        hint(
            model,
            match (model.switches.wide, all) {
                (true, true) => say!("wide: all columns"),
                (true, false) => say!("wide: all columns that have room"),
                (false, _) => say!("columns as chosen"),
            },
        );
    }
}

fn mark(model: &mut ViewMut<'_>) {
    if let Some(user) = selected_or_first(model) {
        model.marks.toggle(user);
        if model.marks.only {
            narrow(model);
        } else {
            // Who is marked is not folded with others.
            model.with_rows(|rows, scene| rows.touch(&[user], scene));
        }
    }
}

/// Sorts by the column after the one in force, or before it.
fn step_sort(model: &mut ViewMut<'_>, forward: bool) {
    let shown: Vec<ColumnName> =
        model.view().columns(model.view().table_width()).iter().map(|(name, _)| name).collect();
    let column = model.rows.sort().column.next(&shown, forward);
    set_sort(model, Sort { column, inverted: false });
}

/// The cause of the users in one line who are selected together.
fn fold(model: &ViewMut<'_>) -> Option<Cause> {
    let is_list = model.screen == Screen::Users && model.pane.is_none();
    model.cursor.as_ref().filter(|_| is_list).and_then(|cursor| cursor.fold)
}

/// From a user who is listed in a fold to the line of it; says whether there is one.
fn to_fold(model: &mut ViewMut<'_>) -> bool {
    let Some(user) = model.cursor.as_ref().and_then(Cursor::one) else { return false };
    let Some(cause) = model.rows.fold_of(user) else { return false };
    let up = model.rows.place_in_fold(user).map_or(0, |at| at + 1).min(usize::from(u16::MAX));
    model.cursor_row = usize::from(model.cursor_row).saturating_sub(up) as u16;
    select(model, Cursor { fold: Some(cause), ..Cursor::on(user) });
    true
}

fn step_in(model: &mut ViewMut<'_>) {
    if let Some(line @ (Line::User(_) | Line::Fold(..))) = model.view().selected_line()
        && let Some(line) = model.view().lines().after(line)
    {
        go_to(model, line, 1);
    }
}

fn expand(model: &mut ViewMut<'_>) {
    if let Some(cause) = fold(model) {
        if model.rows.is_open(cause) {
            step_in(model);
        } else {
            model.rows.open(cause, true);
        }
        return;
    }
    let Some(user) = selected_or_first(model) else { return };
    if model.picture().roster.connections(user).is_empty() {
        hint(model, say!("no connection to show"));
    } else if !model.expansion.contains(user) {
        model.expansion.set(user, true);
    } else {
        step_in(model);
    }
}

fn collapse(model: &mut ViewMut<'_>) {
    let Some(cursor) = model.cursor.clone() else { return };
    if let Some(cause) = fold(model) {
        model.rows.open(cause, false);
    } else if let Some(Line::Connection(user, at)) = model.view().selected_line() {
        let row = usize::from(model.cursor_row).saturating_sub(at + 1);
        model.cursor_row = row as u16;
        select(model, Cursor::on(user));
    } else {
        let connections = model.picture().roster.connections(cursor.user);
        let is_open = model.expansion.contains(cursor.user) && !connections.is_empty();
        if is_open || !to_fold(model) {
            model.expansion.set(cursor.user, false);
        }
    }
}

/// Moves by lines. A page moves the list under the selection, a step the selection on the screen.
fn travel(model: &mut ViewMut<'_>, steps: usize, down: bool, page: bool) {
    if let Some(scroll) = model.screen.scroll_mut() {
        *scroll = if down { *scroll + steps } else { scroll.saturating_sub(steps) };
        return;
    }
    let Some(line) = model.view().selected_line() else {
        // The first key selects; a page leads on from there.
        if selected_or_first(model).is_some() && page {
            travel(model, steps, down, page);
        }
        return;
    };
    let (line, taken) = model.view().lines().walk(line, steps, down);
    let rows = match (page, down) {
        (true, _) => 0,
        (false, true) => taken as i32,
        (false, false) => -(taken as i32),
    };
    go_to(model, line, rows);
}

fn to_end(model: &mut ViewMut<'_>, bottom: bool) {
    if let Some(scroll) = model.screen.scroll_mut() {
        // Brought back to what there is when the message is done.
        *scroll = if bottom { usize::MAX } else { 0 };
        return;
    }
    let lines = model.view().lines();
    let line = if bottom { lines.last() } else { lines.first() };
    if let Some(line) = line {
        let rows = if bottom { i32::from(u16::MAX) } else { -i32::from(u16::MAX) };
        go_to(model, line, rows);
    }
}
