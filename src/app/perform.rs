//! What each action does to the model.

use crate::presence::{Freshness, UserIx};

use super::action::Action;
use super::list::{Cursor, Line};
use super::message::Effect;
use super::model::{Held, Model, Screen, TimeStyle};
use super::prompt::Prompt;
use super::sort::{Sort, SortColumn};
use super::update::{adopt_list, apply_filter, hint};

/// Intervals that `+` and `-` walk through, in milliseconds.
const INTERVALS: [u64; 7] = [500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000];

pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => return vec![Effect::Interrupt],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Repaint => return vec![Effect::Repaint],
        Action::PollNow => {
            hint(model, "asking now");
            return vec![Effect::PollNow];
        }
        Action::Slower => {
            return set_interval(model, INTERVALS.into_iter().find(|ms| *ms > model.interval_ms));
        }
        Action::Faster => {
            return set_interval(model, INTERVALS.into_iter().rev().find(|ms| *ms < model.interval_ms));
        }
        Action::Close if model.screen == Screen::List => return vec![Effect::Quit],
        Action::Close => leave_view(model),
        Action::Back => back(model),
        Action::Help => help(model),
        Action::Filter => model.prompt = Some(Prompt::new(model.rows.filter())),
        Action::Detail => {
            if let Some(user) = selected_or_first(model) {
                model.screen = Screen::Detail { user, scroll: 0 };
            }
        }
        Action::Expand => expand(model),
        Action::Collapse => collapse(model),
        Action::ExpandAll => model.expansion.set_all(true),
        Action::CollapseAll => model.expansion.set_all(false),
        Action::Pause => pause(model),
        Action::SortNext => sort_by(model, model.rows.sort().column.step(1)),
        Action::SortPrevious => sort_by(model, model.rows.sort().column.step_back()),
        Action::Invert => {
            let sort = model.rows.sort();
            set_sort(model, Sort { inverted: !sort.inverted, ..sort });
        }
        Action::ProblemsFirst => {
            let sort = model.rows.sort();
            let problems = Sort { column: SortColumn::Presence, inverted: false };
            if sort == problems {
                set_sort(model, model.sort_before);
            } else {
                model.sort_before = sort;
                set_sort(model, problems);
                // Whoever asks for the problems wants to see them, not where the selection went.
                model.cursor = None;
                model.top = None;
                model.cursor_row = 0;
            }
        }
        Action::TimeStyle => {
            model.times = match model.times {
                TimeStyle::Relative => TimeStyle::Absolute,
                TimeStyle::Absolute => TimeStyle::Relative,
            }
        }
        Action::Down => travel(model, 1, true, false),
        Action::Up => travel(model, 1, false, false),
        Action::HalfPageDown => travel(model, usize::from(model.body_height() / 2).max(1), true, true),
        Action::HalfPageUp => travel(model, usize::from(model.body_height() / 2).max(1), false, true),
        Action::PageDown => travel(model, usize::from(model.body_height()).max(1), true, true),
        Action::PageUp => travel(model, usize::from(model.body_height()).max(1), false, true),
        Action::Top => to_end(model, false),
        Action::Bottom => to_end(model, true),
        Action::Accept => model.prompt = None,
        Action::Cancel => {
            if let Some(prompt) = model.prompt.take() {
                apply_filter(model, prompt.original());
            }
        }
        Action::DeleteBack
        | Action::DeleteForward
        | Action::DeleteWord
        | Action::DeleteAll
        | Action::CursorLeft
        | Action::CursorRight
        | Action::CursorHome
        | Action::CursorEnd => {
            if let Some(prompt) = &mut model.prompt {
                prompt.edit(action);
                let text = prompt.text().to_owned();
                if text != model.rows.filter() {
                    apply_filter(model, &text);
                }
            }
        }
    }
    Vec::new()
}

fn set_interval(model: &mut Model, interval_ms: Option<u64>) -> Vec<Effect> {
    let Some(interval_ms) = interval_ms else {
        hint(model, format!("every {} s is as far as it goes", model.interval_ms as f64 / 1_000.0));
        return Vec::new();
    };
    model.interval_ms = interval_ms;
    model.live.set_freshness(Freshness::for_interval(interval_ms), model.now);
    hint(model, format!("asking every {} s", interval_ms as f64 / 1_000.0));
    vec![Effect::SetInterval(interval_ms)]
}

fn leave_view(model: &mut Model) {
    model.screen = match std::mem::replace(&mut model.screen, Screen::List) {
        Screen::Help { back, .. } => *back,
        Screen::Detail { .. } | Screen::List => Screen::List,
    };
}

fn back(model: &mut Model) {
    if model.screen != Screen::List {
        leave_view(model);
    } else if !model.rows.filter().is_empty() {
        apply_filter(model, "");
    } else {
        // What is on the screen stays there.
        if model.cursor.is_some() {
            let top = model.window(model.body_height()).first().copied();
            model.top = top.map(|line| model.lines().cursor_at(line));
        }
        model.cursor = None;
        model.rows.select(None);
    }
}

fn help(model: &mut Model) {
    if matches!(model.screen, Screen::Help { .. }) {
        leave_view(model);
    } else {
        let back = Box::new(std::mem::replace(&mut model.screen, Screen::List));
        model.screen = Screen::Help { scroll: 0, back };
    }
}

fn pause(model: &mut Model) {
    match model.held.take() {
        None => {
            let taken = model.timeline.taken();
            model.timeline.seal();
            model.held = Some(Box::new(Held { roster: model.live.clone(), at: model.now, taken }));
        }
        Some(held) => adopt_list(model, held.roster.list()),
    }
}

fn sort_by(model: &mut Model, column: SortColumn) {
    set_sort(model, Sort { column, inverted: false });
}

fn set_sort(model: &mut Model, sort: Sort) {
    let (roster, now) = match &model.held {
        Some(held) => (&held.roster, held.at),
        None => (&model.live, model.now),
    };
    model.rows.set_sort(sort, roster, now);
    let direction = if sort.inverted { ", inverted" } else { "" };
    hint(model, format!("sorted {}{direction}", sort.column.words()));
}

fn select(model: &mut Model, cursor: Cursor) {
    model.rows.select(Some(cursor.user));
    model.cursor = Some(cursor);
}

/// The selected user; without a selection the first one, who is selected then.
fn selected_or_first(model: &mut Model) -> Option<UserIx> {
    if model.cursor.is_none() {
        let first = model.window(model.body_height().max(1)).first().copied();
        let first = first.or_else(|| model.lines().first())?;
        let cursor = model.lines().cursor_at(first);
        model.cursor_row = 0;
        select(model, cursor);
    }
    model.cursor.as_ref().map(|cursor| cursor.user)
}

fn expand(model: &mut Model) {
    let Some(user) = selected_or_first(model) else { return };
    if model.picture().roster.connections(user).is_empty() {
        hint(model, "no connection to show");
    } else if !model.expansion.contains(user) {
        model.expansion.set(user, true);
    } else if let Some(line @ Line::User(_)) = model.selected_line()
        && let Some(line) = model.lines().after(line)
    {
        go_to(model, line, 1);
    }
}

fn collapse(model: &mut Model) {
    let Some(cursor) = model.cursor.clone() else { return };
    if let Some(Line::Connection(user, at)) = model.selected_line() {
        let row = usize::from(model.cursor_row).saturating_sub(at + 1);
        model.cursor_row = row as u16;
        select(model, Cursor { user, connection: None });
    } else {
        model.expansion.set(cursor.user, false);
    }
}

/// Moves the selection to a line so many rows further down the screen, or up.
fn go_to(model: &mut Model, line: Line, rows: i32) {
    let row = i32::from(model.cursor_row) + rows;
    let last = i32::from(model.body_height()) - 1;
    model.cursor_row = row.clamp(0, last.max(0)) as u16;
    let cursor = model.lines().cursor_at(line);
    select(model, cursor);
}

/// Moves by lines. A page moves the list under the selection, a step the selection on the screen.
fn travel(model: &mut Model, steps: usize, down: bool, page: bool) {
    match &mut model.screen {
        Screen::Detail { scroll, .. } | Screen::Help { scroll, .. } => {
            *scroll = if down { *scroll + steps } else { scroll.saturating_sub(steps) };
            return;
        }
        Screen::List => {}
    }
    let Some(line) = model.selected_line() else {
        // The first key selects; a page leads on from there.
        if selected_or_first(model).is_some() && page {
            travel(model, steps, down, page);
        }
        return;
    };
    let (line, taken) = model.lines().walk(line, steps, down);
    let rows = match (page, down) {
        (true, _) => 0,
        (false, true) => taken as i32,
        (false, false) => -(taken as i32),
    };
    go_to(model, line, rows);
}

fn to_end(model: &mut Model, bottom: bool) {
    match &mut model.screen {
        // Brought back to what there is when the message is done.
        Screen::Detail { scroll, .. } | Screen::Help { scroll, .. } => {
            *scroll = if bottom { usize::MAX } else { 0 };
            return;
        }
        Screen::List => {}
    }
    let lines = model.lines();
    let line = if bottom { lines.last() } else { lines.first() };
    if let Some(line) = line {
        let rows = if bottom { i32::from(u16::MAX) } else { -i32::from(u16::MAX) };
        go_to(model, line, rows);
    }
}
