//! The one function that changes the model: a message in, effects out.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use ratatui::crossterm::event::{KeyEvent, KeyEventKind};
use ratatui::layout::{Position, Rect};

use crate::engine::{Command, Shown};
use crate::language::speaking;
use crate::presence::query::quote;
use crate::presence::{Event, Finding, Severity, Update, UserIx, visible};
use crate::say;

use super::action::Action;
use super::change::{adopt_list, hint, keep_cursor_visible, say, sort_by};
use super::keymap::{KeyPress, Meaning, is_cjk};
use super::list::Cursor;
use super::message::{Effect, Msg};
use super::model::{Model, ViewMut};
use super::perform::perform;
use super::prompt::Prompt;
use super::screen::Screen;
use super::typing::{open_filter, typed};
use super::{events, findings, overview_keys, travel};
use crate::listing::{Rows, SortColumn};

/// How long a notice from outside stands.
const NOTICE_MS: u64 = 10_000;
/// Stands between pasted IDs in a filter.
const OR: &str = " or ";

/// Takes a message, with what the session shows now; returns what the world is asked to do.
pub fn update(model: &mut Model, shown: Shown<'_>, msg: Msg) -> Vec<Effect> {
    speaking(model.language, || take(model, shown, msg))
}

fn take(model: &mut Model, shown: Shown<'_>, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    let model = &mut ViewMut { model, shown };
    // Between where a replay was and where it arrives no time has passed.
    let jumps = matches!(&msg, Msg::Updated(news) if news.replaced) && shown.playing.is_some();
    pass_time(model, jumps);
    // A key is not held up by a long list; what it asks for goes on with the next tick.
    let is_input = !matches!(msg, Msg::Tick | Msg::Indexed(..));
    if matches!(msg, Msg::Key(_) | Msg::Paste(_) | Msg::Click(..) | Msg::Wheel(_)) {
        model.overview_from = None;
    }
    match msg {
        Msg::Key(key) => effects.extend(take_key(model, key)),
        Msg::Paste(text) => paste(model, &text),
        Msg::Click(column, row) => click(model, column, row),
        Msg::Wheel(down) => {
            effects.extend(perform(model, if down { Action::Down } else { Action::Up }));
        }
        Msg::Resize(width, height) => {
            model.size = (width, height);
            model.dirty = true;
        }
        Msg::Updated(news) => take_news(model, &news, &mut effects),
        Msg::Told(text) => hint(model, text),
        Msg::Resumed => {
            model.dirty = true;
            effects.push(Effect::Repaint);
        }
        Msg::Indexed(list, indexed) => {
            if Arc::ptr_eq(&list, model.picture().roster.list()) {
                model.rows.take_index(indexed);
            }
            model.indexing = None;
        }
        Msg::Tick => {}
    }
    if model.rows.is_unfinished() && !is_input {
        model.with_rows(|rows, scene| _ = rows.go_on(scene));
        model.dirty = true;
    }
    let wanted = model.rows.wanted().filter(|wanted| model.indexing != Some(*wanted));
    if let Some(wanted) = wanted {
        model.indexing = Some(wanted);
        effects.push(Effect::Index(wanted));
    }
    if model.dirty {
        settle(model);
        effects.extend(ask_first(model));
    }
    effects
}

/// While the sockets give no answer, the registry is asked first about whom somebody looks at.
fn ask_first(model: &mut ViewMut<'_>) -> Option<Effect> {
    let is_asked = model.shown.live.roster().has_silent_batches() && !model.shown.is_held;
    let users = if is_asked { model.view().users_on_screen() } else { Vec::new() };
    if model.asked_first == users {
        return None;
    }
    model.asked_first.clone_from(&users);
    is_asked.then_some(Effect::Command(Command::AskFirst(users)))
}

fn pass_time(model: &mut ViewMut<'_>, jumps: bool) {
    let now = model.shown.live_now;
    if jumps {
        model.toast = model.toast.take().map(|toast| toast.anew(now));
    }
    model.now = now;
    if model.toast.as_ref().is_some_and(|toast| toast.until_ms <= now.mono_ms) {
        model.toast = None;
        model.dirty = true;
    }
    model.dirty |= model.good_until.is_some_and(|until| now.mono_ms >= until);
}

/// Shows what has changed: puts the rows of those to whom something happened in their places.
fn take_news(model: &mut ViewMut<'_>, news: &Update, effects: &mut Vec<Effect>) {
    model.dirty |= news.heard || !news.is_empty();
    let critical = |finding: &Finding| finding.severity == Severity::Critical;
    if model.switches.bell && news.raised.iter().chain(&news.worsened).any(critical) {
        effects.push(Effect::Ring);
    }
    for finding in &news.cleared {
        model.acknowledged.remove(&finding.number);
    }
    match &news.list_before {
        Some(before) if news.replaced => travel::turn(model, before),
        Some(before) => {
            model.stale_batches.clear();
            // Whoever looks at a user who is gone is told that instead.
            let users = model.shown.live.roster().list().len();
            hint(model, say!("{users} users are watched now", users));
            if !model.shown.is_held {
                adopt_list(model, before);
            }
            let shown = model.shown;
            model.model.begin_with_overview(shown);
        }
        None if model.shown.is_held => {}
        None => {
            model.with_rows(|rows, scene| {
                rows.touch(&news.touched, scene);
                rows.let_time_pass(scene);
            });
            follow_staleness(model);
            if news.relabelled {
                model.with_rows(Rows::relabel);
                model.measure();
            }
        }
    }
    for text in &news.said {
        hint(model, text.clone());
    }
    let notice = |event: &Event| match event {
        Event::Notice { text, .. } => Some(text.clone()),
        _ => None,
    };
    if let Some(text) = news.noted.iter().rev().find_map(notice) {
        let text = model.names.text(&text, model.shown.live.roster().list()).into_owned();
        say(model, text, NOTICE_MS);
    }
}

/// Batches turn stale, or fresh again, without anything that touches their users.
fn follow_staleness(model: &mut ViewMut<'_>) {
    if !model.rows.follow_state(model.view().scene()) {
        return; // an order that does is made from what is so then
    }
    let (roster, now) = (model.shown.state.roster(), model.shown.now);
    let freshness = roster.freshness();
    // One without an answer for too long is stale, unless there never was one and nothing has failed.
    let late = roster.late_batches(now).filter(|(_, batch)| batch.is_stale(now, freshness));
    let stale: BTreeSet<u32> = late.map(|(number, _)| number).collect();
    let turned = stale.symmetric_difference(&model.stale_batches);
    let turned: Vec<UserIx> = turned.flat_map(|number| roster.list().batch(*number).map(UserIx)).collect();
    model.stale_batches = stale;
    if !turned.is_empty() {
        model.with_rows(|rows, scene| rows.touch(&turned, scene));
    }
}

fn take_key(model: &mut ViewMut<'_>, event: KeyEvent) -> Vec<Effect> {
    if event.kind == KeyEventKind::Release {
        return Vec::new();
    }
    model.dirty = true;
    let key = KeyPress::from_event(event);
    if std::mem::take(&mut model.sorting) && sort_by_letter(model, event, key) {
        return Vec::new();
    }
    let had_begun = !model.pending.is_empty();
    let mut pressed = std::mem::take(&mut model.pending);
    pressed.push(key);
    match model.keymap.meaning(&pressed, model.place()) {
        Meaning::Act(action) => {
            // What was said of the key before is read; this one may have its own words.
            model.toast = None;
            return perform(model, action);
        }
        Meaning::Begins => {
            model.toast = None;
            model.pending = pressed;
        }
        Meaning::Nothing if had_begun => {
            // A sequence that leads nowhere is dropped; keys that always work still do.
            if let Meaning::Act(action) = model.keymap.meaning(&[key], super::Scope::Everywhere) {
                model.toast = None;
                return perform(model, action);
            }
            let keys: String = pressed.iter().map(ToString::to_string).collect();
            if key != KeyPress::from_event(KeyEvent::from(ratatui::crossterm::event::KeyCode::Esc)) {
                hint(model, say!("{keys} is not bound", keys));
            }
        }
        Meaning::Nothing => unbound(model, event, key),
    }
    Vec::new()
}

/// Sorts by the column that a letter names; says whether the key is done with. Keys such as Ctrl-c go on
/// to do what they always do.
fn sort_by_letter(model: &mut ViewMut<'_>, event: KeyEvent, key: KeyPress) -> bool {
    model.toast = None;
    if let Some(letter) = key.typed() {
        match SortColumn::from_letter(letter) {
            Some(column) => sort_by(model, column),
            None => hint(model, say!("no column to sort by has the letter {letter}", letter)),
        }
        return true;
    }
    event.code == ratatui::crossterm::event::KeyCode::Esc
}

/// A key without an action: text for the prompt, or worth a hint.
fn unbound(model: &mut ViewMut<'_>, event: KeyEvent, key: KeyPress) {
    if let Some(prompt) = &mut model.prompt {
        // Typed as it came: full-width forms may be part of a name.
        if let (Some(_), ratatui::crossterm::event::KeyCode::Char(c)) = (key.typed(), event.code) {
            prompt.insert(c.encode_utf8(&mut [0; 4]));
            model.toast = None;
            typed(model);
        }
    } else if let Some(c) = key.typed().filter(|c| is_cjk(*c)) {
        hint(model, say!("{c} is not bound: switch the input method to Latin letters", c));
    } else if !key.typed().is_some_and(char::is_control) {
        let help = model.keymap.first_of(Action::Help);
        let words = match help {
            Some(help) => say!("{key} is not bound; {help} lists the keys", key, help),
            None => say!("{keys} is not bound", keys = key),
        };
        hint(model, words);
    }
}

/// Pasted text is text, never keys: IDs for a filter, or a part of what is being typed.
fn paste(model: &mut ViewMut<'_>, text: &str) {
    if let Some(prompt) = &mut model.prompt {
        // A terminal may send a pasted line's end as a bare carriage return.
        let lines = text.split(['\n', '\r', '\t']).map(str::trim).filter(|line| !line.is_empty());
        let lines: Vec<&str> = lines.collect();
        let before = prompt.text().len();
        if !prompt.insert(&lines.join(" ")) {
            let taken = prompt.text().len() - before;
            hint(model, say!("no room for all of the pasted text: {taken} bytes of it are taken", taken));
        }
        typed(model);
        return;
    }
    let mut seen = HashSet::new();
    let words = text.split(|c: char| c.is_whitespace() || c == ',');
    // IDs are looked for as they are shown.
    let visible = words.map(|word| visible(word)).filter(|word| !word.is_empty());
    let ids: Vec<String> =
        visible.filter(|id| seen.insert(id.clone())).map(|id| quote(&id).into_owned()).collect();
    if ids.is_empty() {
        return;
    }
    let taken = Prompt::room_for(&ids, OR);
    match (taken, ids.len()) {
        (0, _) => return hint(model, say!("what was pasted is too long for an ID")),
        (1, 1) => {}
        (taken, all) if taken < all => {
            hint(
                model,
                say!("{taken} of {all} pasted IDs are looked for: there is no room for more", taken, all),
            );
        }
        (taken, _) => hint(model, say!("{taken} pasted IDs are looked for", taken)),
    }
    model.pending.clear();
    open_filter(model);
    if let (Some(prompt), Some(ids)) = (&mut model.prompt, ids.get(..taken)) {
        prompt.rewrite(&ids.join(OR));
    }
    typed(model);
}

/// Selects what the mouse clicked on.
fn click(model: &mut ViewMut<'_>, column: u16, row: u16) {
    let events = model.view().events_area();
    if model.events().is_some() && events.contains(Position { x: column, y: row }) {
        events::click(model, row - events.y);
        return;
    }
    let (width, height) = model.size;
    let layout = model.view().layout(Rect { x: 0, y: 0, width, height });
    let at = Position { x: column, y: row };
    if model.screen == Screen::Users && layout.is_some_and(|layout| layout.table_head.contains(at)) {
        let columns = model.view().columns(model.view().table_width());
        let heading = columns.iter().filter(|(_, it)| it.x <= column).last();
        if let Some((name, _)) = heading {
            sort_by(model, SortColumn::Column(name));
            model.dirty = true;
        }
        return;
    }
    let body = layout.map(|layout| Rect { width: model.view().table_width(), ..layout.body });
    let Some(body) = body.filter(|body| body.contains(Position { x: column, y: row })) else { return };
    overview_keys::click(model, column, row);
    findings::click(model, row - body.y);
    if model.screen == Screen::Users
        && let Some(line) = model.view().window(body.height).get(usize::from(row - body.y)).copied()
    {
        let cursor = model.view().lines().cursor_at(line);
        model.pane = None;
        model.rows.select(cursor.one());
        model.cursor = Some(cursor);
        model.cursor_row = row - body.y;
        model.dirty = true;
    }
}

/// Brings selection and scrolling back to what there is.
fn settle(model: &mut ViewMut<'_>) {
    keep_cursor_visible(model);
    events::settle(model);
    findings::settle(model);
    let height = model.view().body_height();
    if let Some(cursor) = model.cursor.take() {
        let lines = model.view().lines();
        let line = lines.line_of(&cursor);
        let row = line.map(|line| lines.settle(line, model.cursor_row, height));
        // A connection that is gone leaves the selection on its user.
        model.cursor = line.map(|line| model.view().lines().cursor_at(line));
        model.cursor_row = row.unwrap_or(0);
        let one = model.cursor.as_ref().and_then(Cursor::one);
        model.rows.select(one);
    }
    let (lines, rows) = model.view().scrolled_lines();
    let ends = lines.saturating_sub(rows);
    if let Some(scroll) = model.screen.scroll_mut() {
        *scroll = (*scroll).min(ends);
    }
}
