//! The last row: passing words, or the keys that work now.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::language;
use crate::say;
use crate::tui::{Action, Cursor, Note, Panel, Purpose, Scope, Screen, View, notes};

use super::painter::Painter;
use super::theme::Theme;

pub(super) fn draw(model: View<'_>, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let mut pen = Painter::new(theme, buf, area, 0);
    pen.skip(1);
    let cut = theme.glyphs.cut;
    if model.one_shot {
        let (columns, rows) = model.size;
        let more = model.users_left_out(Rect { x: 0, y: 0, width: columns, height: rows });
        if more > 0 {
            let size = format!("{columns}x{}", model.height_for_all());
            let text = match more {
                1 => say!("1 more user; --size {size} shows all", size),
                more => say!("{more} more users; --size {size} shows all", more, size),
            };
            pen.rest(&text, cut, theme.strong);
        }
        return;
    }
    if let Some(toast) = model.toast.as_ref() {
        let making = making(model).unwrap_or_default();
        let room = pen.left().saturating_sub(theme.width(&making) + 2);
        if making.is_empty() || theme.width(&toast.text) > room {
            pen.rest(&toast.text, cut, theme.strong);
        } else {
            pen.put(&toast.text, theme.strong);
            at_the_end(&mut pen, theme, &making);
        }
        return;
    }
    if model.sorting {
        let text = say!("sort by: press a letter; the same again inverts the order; Esc cancels");
        pen.rest(text, cut, theme.strong);
        return;
    }
    let begun: String = model.pending.iter().map(ToString::to_string).collect();
    if !begun.is_empty() {
        pen.put(&begun, theme.key).put(cut, theme.key).skip(2);
    }
    let scroll = position(model);
    for (keys, brief) in offered(model) {
        if theme.width(&keys) + 1 + theme.width(brief) + theme.width(&scroll) + 2 > pen.left() {
            break;
        }
        pen.put(&keys, theme.key).skip(1).put(brief, theme.plain).skip(2);
    }
    at_the_end(&mut pen, theme, &scroll);
}

/// Writes where the row ends, if there is room.
fn at_the_end(pen: &mut Painter<'_>, theme: &Theme, text: &str) {
    let room = pen.left();
    if !text.is_empty() && room > theme.width(text) {
        pen.skip(room - theme.width(text) - 1).put(text, theme.dim);
    }
}

/// How much of a long list is in its new order, where no row above says so.
fn making(model: View<'_>) -> Option<String> {
    let done = model.rows.progress().filter(|_| *model.screen() == Screen::Users)?;
    let is_said = notes(model).contains(&Note::Filter);
    (!is_said).then(|| say!("{done} % in order", done))
}

/// The five views, whose keys stand together.
const VIEWS: [Action; 5] =
    [Action::ShowUsers, Action::ShowEvents, Action::ShowFindings, Action::ShowServer, Action::ShowOverview];

/// The ways through time, and back.
const TIME: [Action; 5] =
    [Action::Help, Action::Pause, Action::StepBack, Action::PreviousIncident, Action::Live];

/// What belongs to the screen and stands before all else there.
fn own(model: View<'_>) -> &'static [Action] {
    match model.screen() {
        _ if model.place() == Scope::Prompt => &[],
        Screen::Users if model.events().is_some() => &[Action::Help, Action::Pane],
        Screen::Users if !model.rows.filter().is_empty() => {
            &[Action::Help, Action::Filter, Action::Back, Action::Detail, Action::ShowUsers, Action::Pane]
        }
        Screen::Users => &[Action::Help, Action::Filter, Action::Detail, Action::ShowUsers, Action::Pane],
        Screen::Overview(_) => {
            &[Action::Help, Action::Detail, Action::Pane, Action::Expand, Action::ShowUsers, Action::Filter]
        }
        Screen::Events(_) => &[Action::Help, Action::Detail, Action::UserEvents, Action::Filter],
        Screen::Findings(_) => &[Action::Help, Action::Detail, Action::Acknowledge, Action::Why],
        Screen::Server { .. } => &[Action::Help, Action::Down],
        Screen::Detail { .. } | Screen::Help { .. } => &[],
    }
}

/// Keys that would do something now, and a word for each, those that matter most first.
fn offered(model: View<'_>) -> Vec<(String, &'static str)> {
    let here: Vec<(String, Action, &'static str)> = model
        .keymap
        .continuations(&model.pending, model.place())
        .map(|(keys, row)| (keys.iter().map(ToString::to_string).collect(), row.action, row.brief))
        .collect();
    let keys_of = |action: Action| here.iter().find(|(_, other, _)| *other == action).map(|(keys, ..)| keys);
    let own = own(model);
    let mut offered: Vec<_> = here.iter().collect();
    let place = |action: Action| own.iter().position(|it| *it == action).unwrap_or(own.len());
    // Whoever looks at a picture that stands is to see how it goes on, and who goes through time how
    // to go on with that.
    let stands = model.hidden_changes().is_some() && !model.is_in_past();
    let travels = model.strip().is_some() && model.place() != Scope::Prompt;
    let in_time = |action: Action| TIME.iter().position(|it| *it == action).filter(|_| travels);
    offered.sort_by_key(|(_, action, _)| {
        let time = in_time(*action).unwrap_or(TIME.len());
        (!stands || *action != Action::Pause, time, place(*action))
    });
    let shown = offered.into_iter().filter_map(|(keys, action, word)| {
        let brief = brief(model, *action, word);
        let keys = match action {
            Action::ShowUsers => together(&VIEWS.map(keys_of)),
            Action::Down => together(&[Some(keys), keys_of(Action::Up)]),
            Action::StepBack => together(&[Some(keys), keys_of(Action::StepForward)]),
            Action::PreviousIncident => together(&[Some(keys), keys_of(Action::NextIncident)]),
            _ => keys.clone(),
        };
        (!brief.is_empty() && works(model, *action)).then_some((keys, brief))
    });
    shown.collect()
}

/// Several keys as they are shown: `1-4` where they are digits in a row, otherwise one after the other.
fn together(keys: &[Option<&String>]) -> String {
    let keys: Vec<&str> = keys.iter().flatten().map(|keys| keys.as_str()).collect();
    let digits: Vec<u32> = keys.iter().filter_map(|keys| keys.parse().ok()).filter(|it| *it < 10).collect();
    let follow =
        digits.len() == keys.len() && digits.iter().zip(digits.iter().skip(1)).all(|(a, b)| a + 1 == *b);
    match (keys.first(), keys.last()) {
        (Some(first), Some(last)) if follow && keys.len() > 2 => format!("{first}-{last}"),
        _ => keys.join(" "),
    }
}

/// Some words depend on what is open.
fn brief(model: View<'_>, action: Action, brief: &'static str) -> &'static str {
    match action {
        Action::Detail if matches!(model.screen(), Screen::Findings(_)) => say!("open"),
        Action::Detail | Action::UserEvents if model.events().is_some() => {
            if action == Action::Detail {
                say!("user")
            } else {
                say!("this user")
            }
        }
        Action::Pane if model.events().is_some() => say!("users"),
        Action::Back if matches!(model.screen(), Screen::Help { search, .. } if !search.is_empty()) => {
            say!("all help")
        }
        Action::Pane if let Screen::Overview(overview) = model.screen() => match overview.panel.next() {
            Panel::Rollups => say!("rows"),
            Panel::Map => say!("map"),
            Panel::Tops => say!("top lists"),
        },
        Action::Detail if matches!(model.screen(), Screen::Overview(it) if it.panel == Panel::Rollups) => {
            say!("users")
        }
        Action::Expand if matches!(model.screen(), Screen::Overview(it) if it.panel == Panel::Rollups) => {
            say!("count by")
        }
        Action::Expand if matches!(model.screen(), Screen::Overview(_)) => "",
        Action::Close if !model.screen().is_first() => say!("close"),
        Action::Pause if model.playing().is_some_and(|playing| playing.runs) => say!("stand still"),
        Action::Pause | Action::Live if model.playing().is_some() => say!("play"),
        Action::Pause if model.hidden_changes().is_some() => say!("go on"),
        Action::StepBack if model.strip().is_some() => say!("step"),
        Action::Live => say!("now"),
        Action::Record if model.shown.is_recording => say!("end recording"),
        Action::Back if model.lists_rollup() => language::say(brief),
        Action::Back if *model.screen() == Screen::Users && !model.rows.filter().is_empty() => {
            say!("all users")
        }
        Action::Back if *model.screen() == Screen::Users => say!("unselect"),
        Action::Accept
            if model.prompt.as_ref().is_some_and(|prompt| prompt.purpose() == Purpose::Command) =>
        {
            say!("run")
        }
        Action::Complete if are_ticked(model) => say!("add or drop"),
        Action::HistoryBack if are_ticked(model) => say!("choose"),
        _ => language::say(brief),
    }
}

/// Whether there is something to tick off.
fn are_ticked(model: View<'_>) -> bool {
    model.prompt.as_ref().is_some_and(|prompt| prompt.offers().are_ticked())
}

/// Whether a key would do something now.
fn works(model: View<'_>, action: Action) -> bool {
    let listed = *model.screen() == Screen::Users;
    let is_overview = matches!(model.screen(), Screen::Overview(_));
    let has_connections = |user| !model.picture().roster.connections(user).is_empty();
    let is_open = |user| has_connections(user) && model.expansion.contains(user);
    if matches!(model.screen(), Screen::Help { .. }) && model.place() == Scope::Views {
        let of_use = [Action::Help, Action::Filter, Action::Back, Action::Command, Action::Close];
        return of_use.contains(&action);
    }
    match action {
        Action::Back => !listed || !model.rows.filter().is_empty() || model.cursor.as_ref().is_some(),
        Action::Complete => {
            model.prompt.as_ref().is_some_and(|prompt| !prompt.offers().candidates.is_empty())
        }
        // Of the five it has the word for all.
        Action::ShowEvents | Action::ShowFindings | Action::ShowServer | Action::ShowOverview => false,
        // There are better words for it in a replay, and in the past.
        Action::Live => model.is_in_past(),
        Action::Pause => !model.is_in_past(),
        Action::PreviousIncident => model.strip().is_some(),
        Action::Record | Action::PollNow => model.playing().is_none(),
        Action::Pane | Action::Expand | Action::Detail if is_overview => true,
        Action::Collapse
        | Action::ProblemsOnly
        | Action::SortNext
        | Action::ExpandAll
        | Action::CollapseAll
        | Action::UserEvents
        | Action::Why
        | Action::CopyUser
        | Action::Acknowledge
            if is_overview =>
        {
            false
        }
        Action::Pane => {
            let (width, height) = model.size;
            let layout = model.layout(Rect { x: 0, y: 0, width, height });
            layout.is_some_and(|layout| layout.events.height > 0)
        }
        Action::Down => {
            let (lines, rows) = model.scrolled_lines();
            matches!(model.screen(), Screen::Server { .. } | Screen::Detail { .. }) && lines > rows
        }
        Action::Acknowledge => match model.screen() {
            Screen::Findings(list) => !list.lines().is_empty(),
            Screen::Users => {
                let one = model.cursor.as_ref().and_then(Cursor::one);
                one.is_some_and(|user| model.worst(user).is_some())
            }
            _ => false,
        },
        Action::Detail if matches!(model.screen(), Screen::Detail { .. }) => false,
        Action::Detail if matches!(model.screen(), Screen::Findings(list) if list.lines().is_empty()) => {
            false
        }
        Action::Detail | Action::Why | Action::UserEvents | Action::CopyUser | Action::SortBy => {
            !model.rows.is_empty()
        }
        Action::Expand => model.cursor.as_ref().is_some_and(|cursor| match cursor.fold {
            Some(cause) => !model.rows.is_open(cause),
            None => cursor.connection.is_none() && has_connections(cursor.user),
        }),
        Action::Collapse => model.cursor.as_ref().is_some_and(|cursor| match cursor.fold {
            Some(cause) => model.rows.is_open(cause),
            None => cursor.connection.is_some() || is_open(cursor.user),
        }),
        _ => true,
    }
}

/// Where in the list the selection is: `3/512`; how far a text is scrolled: `1-13 of 52`.
fn position(model: View<'_>) -> String {
    let (scroll, (lines, rows)) = match model.screen() {
        Screen::Overview(_) | Screen::Users | Screen::Events(_) | Screen::Findings(_) => (0, (0, 0)),
        Screen::Server { scroll } | Screen::Detail { scroll, .. } | Screen::Help { scroll, .. } => {
            (*scroll, model.scrolled_lines())
        }
    };
    if lines > rows {
        let (from, to) = (scroll + 1, (scroll + rows).min(lines));
        return say!("{from}-{to} of {lines}", from, to, lines);
    }
    if let Some(making) = making(model) {
        return making;
    }
    let row = model.cursor.as_ref().and_then(|cursor| model.rows.row_of(cursor.user));
    match (model.screen(), row) {
        (Screen::Users, Some(row)) if model.prompt.as_ref().is_none() => {
            format!("{}/{}", row + 1, model.rows.len())
        }
        _ => String::new(),
    }
}
