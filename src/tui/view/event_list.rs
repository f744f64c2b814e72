//! The events as a list that keys walk through: a view of its own, or grown at the foot of the users.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::language;
use crate::presence::{Event, EventGroup};
use crate::say;
use crate::tui::{EventsWindow, Screen, TimeStyle, View};

use super::painter::{Painter, select};
use super::theme::Theme;
use super::times;
use super::transition::{in_words, some_names};

/// From so many columns on there is room for ages and times, and for the word for the kind.
const ROOMY: u16 = 100;
/// From so many columns on there is room for operationIDs.
const WIDE: u16 = 120;
/// Below so many columns only the end of an interval is shown.
const NARROW: u16 = 50;
/// Widest word for a kind.
const KIND: u16 = 12;
/// Labels with less room than this, and a space before them, are left out.
const LABEL: u16 = 7;
/// An ID wider than this is cut in its middle.
const ID: u16 = 20;

/// The view of events, with its head.
pub(super) fn draw(model: View<'_>, theme: &Theme, head: Rect, body: Rect, buf: &mut Buffer) {
    let Some(window) = model.events_window(body.height) else { return };
    headline(model, theme, &window, Painter::new(theme, buf, head, 0));
    list(model, theme, &window, body, buf);
}

/// The events at the foot, while they have the keys.
pub(super) fn draw_pane(model: View<'_>, theme: &Theme, rule: Rect, area: Rect, buf: &mut Buffer) {
    if let Some(window) = model.events_window(area.height) {
        Painter::new(theme, buf, rule, 0).skip(2).put(say!(" events, newest first "), theme.strong);
        list(model, theme, &window, area, buf);
    }
}

/// Whose events, which, how many; at the right where the selection is.
fn headline(model: View<'_>, theme: &Theme, window: &EventsWindow<'_>, mut pen: Painter<'_>) {
    let Some(list) = model.events() else { return };
    let place = window.place.map_or_else(String::new, |place| format!("{}/{}", place + 1, window.listed));
    let count = match (window.all, list.filter().is_empty()) {
        (1, true) => say!("1 event").to_owned(),
        (all, true) => say!("{all} events", all),
        (1, false) => say!("{listed} of 1 event", listed = window.listed),
        (all, false) => say!("{listed} of {all} events", listed = window.listed, all),
    };
    pen.skip(2).put(&count, theme.strong);
    if let Some(user) = &list.only {
        pen.put(say!(" of "), theme.plain).put(&model.names.user(user.raw()), theme.strong);
        let watched = model.picture().roster.list();
        if let Some(label) = watched.find(user.raw()).and_then(|user| watched.label(user)) {
            pen.skip(1).put(&model.names.label(label), theme.plain);
        }
        if list.filter().is_empty() {
            pen.put(say!(", Esc for all"), theme.dim);
        }
    } else if list.filter().is_empty() && window.all > 1 {
        pen.put(say!(", newest first"), theme.dim);
    }
    if !list.filter().is_empty() {
        pen.put(say!(" with "), theme.plain);
        let room = pen.left().saturating_sub(theme.width(&place) + 2);
        pen.put(&theme.shortened(list.filter(), room, theme.glyphs.cut), theme.strong);
    }
    if pen.left() > theme.width(&place) + 1 {
        pen.skip(pen.left() - theme.width(&place) - 1).put(&place, theme.dim);
    }
}

fn list(model: View<'_>, theme: &Theme, window: &EventsWindow<'_>, area: Rect, buf: &mut Buffer) {
    if window.lines.is_empty() {
        nothing(model, theme, area, buf);
        return;
    }
    let cut = theme.glyphs.cut;
    let lines = in_words(model, theme, &window.lines);
    let when: Vec<String> = window.lines.iter().map(|group| when(model, group, area.width)).collect();
    let ids: Vec<String> = lines.iter().map(|line| theme.shortened_within(&line.who, ID, cut)).collect();
    let label = |at: usize| lines.get(at).and_then(|line| line.label.as_deref()).unwrap_or_default();
    let who_width = |at: usize, id: &str| match theme.width(label(at)) {
        0 => theme.width(id),
        label => theme.width(id) + 1 + label,
    };
    // As wide as most are, so that columns stand still.
    let usual = match (model.times, area.width) {
        (TimeStyle::Relative, ..ROOMY) => 4,
        (TimeStyle::Absolute, ..NARROW) => 8,
        (TimeStyle::Relative, _) => 24,
        (TimeStyle::Absolute, _) => 17,
    };
    let when_width = when.iter().map(|when| theme.width(when)).fold(usual, u16::max).min(area.width / 2);
    let gap = if area.width < NARROW { 1 } else { 2 };
    let right_width = window.lines.first().map_or(0, |group| theme.width(&right(theme, group, area.width)));
    // Labels give way to what happened.
    let what = lines.iter().map(|line| theme.width(&line.what)).max().unwrap_or(0);
    let room = area.width.saturating_sub(2 + when_width + gap + gap + what + 1 + right_width);
    let widest = ids.iter().enumerate().map(|(at, id)| who_width(at, id)).max().unwrap_or(0);
    let widest_id = ids.iter().map(|id| theme.width(id)).max().unwrap_or(0);
    let one_user = model.events().is_some_and(|list| list.only.is_some());
    // The head says whose events they are.
    let who = match widest.min(room).min(area.width / 3) {
        _ if one_user => 0,
        narrow if narrow < widest && narrow < widest_id + LABEL => widest_id.min(area.width / 3),
        who => who,
    };
    for (row, (at, line)) in (0..).zip(lines.iter().enumerate()) {
        let (Some(when), Some(id), Some(group)) = (when.get(at), ids.get(at), window.lines.get(at)) else {
            continue;
        };
        let right = right(theme, group, area.width);
        let free = area.width.saturating_sub(right_width + u16::from(right_width > 0));
        let left = Rect { width: free, ..area };
        let mut pen = Painter::new(theme, buf, left, row);
        pen.skip(2).field(when, when_width, cut, theme.dim).skip(gap);
        if who > 0 {
            let id_width = theme.width(id).min(who);
            pen.field(id, id_width, cut, theme.plain);
            let room = who - id_width;
            // Half a label says little.
            if room > theme.width(label(at)) || room > LABEL {
                pen.skip(1).field(label(at), room - 1, cut, theme.dim);
            } else {
                pen.skip(room);
            }
            pen.skip(gap);
        }
        pen.field(&line.what, theme.width(&line.what), cut, theme.plain);
        let room = pen.left().saturating_sub(2);
        let names = some_names(&model.names, theme, line.users, line.and_more, room);
        if !names.is_empty() {
            pen.put(say!(": "), theme.plain).put(&names, theme.plain);
        }
        let mut pen = Painter::new(theme, buf, area, row);
        pen.skip(left.width + 1).put(&right, theme.dim);
        if window.selected == Some(row) {
            select(theme, buf, area, row);
        }
    }
}

/// When it happened: as an age or as an interval, with room as both.
fn when(model: View<'_>, group: &EventGroup, columns: u16) -> String {
    let (now, zone) = (model.picture().now, &model.zone);
    let age = || times::age_ms(now.since(group.before));
    let interval = || times::between(group.after, group.before, now, zone);
    match (model.times, columns) {
        (TimeStyle::Relative, ROOMY..) => format!("{:<5}  {}", age(), interval()),
        (TimeStyle::Relative, _) => age(),
        (TimeStyle::Absolute, ..NARROW) => times::short_clock(group.before.unix_ms, now, zone),
        (TimeStyle::Absolute, _) => interval(),
    }
}

/// The word for the kind, and the request that showed it.
fn right(theme: &Theme, group: &EventGroup, columns: u16) -> String {
    let operation = match &group.event {
        // Several batches are several requests.
        Event::Story(story) if group.batches.len() < 2 => story.first().operation.as_ref(),
        _ => None,
    };
    let kind = language::say(group.event.kind());
    let blanks = usize::from(KIND.saturating_sub(theme.width(kind)) + 1);
    let kind = || format!("{kind}{}", " ".repeat(blanks));
    match columns {
        ..ROOMY => String::new(),
        ROOMY..WIDE => kind(),
        WIDE.. => {
            let id = operation.map_or_else(String::new, |it| crate::presence::visible(&it.0).into_owned());
            let id = theme.shortened(&id, ID, theme.glyphs.cut);
            format!("{}{}{id} ", kind(), " ".repeat(usize::from(ID - theme.width(&id))))
        }
    }
}

/// What stands there when there is nothing to list.
fn nothing(model: View<'_>, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(list) = model.events() else { return };
    let picture = model.picture();
    let began = times::clock(model.began.unix_ms, picture.now, &model.zone);
    let (what, advice) = if !list.filter().is_empty() {
        (say!("No event matches \"{filter}\".", filter = list.filter()), say!("Esc leaves the filter."))
    } else if picture.roster.last_answer().is_none() {
        (say!("Nothing is known yet: no answer has come.").to_owned(), "")
    } else if let Some(user) = &list.only {
        let user = model.names.user(user.raw());
        let what = say!("Nothing has happened to {user} since {began}.", user, began);
        (what, say!("Esc shows what happened to others."))
    } else {
        (say!("Nothing has changed since {began}.", began), "")
    };
    let top = u16::from(area.height > 3 && matches!(model.screen(), Screen::Events(_)));
    for (row, text) in [(top, what.as_str()), (top + 1, advice)] {
        Painter::new(theme, buf, area, row).skip(3).rest(text, theme.glyphs.cut, theme.plain);
    }
}
