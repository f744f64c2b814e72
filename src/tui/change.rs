//! What keys, commands and news change alike: words that pass, the selection, who is listed and in which
//! order.

use std::sync::Arc;

use crate::language;
use crate::listing::{Rows, Sort, SortColumn};
use crate::presence::query::Query;
use crate::presence::{UserIx, WatchList};

use super::action::Action;
use super::list::{Cursor, Line};
use super::model::{Toast, ViewMut};

/// How long passing words stand.
const TOAST_MS: u64 = 4_000;

/// Shows a few words for a while.
pub(super) fn hint(model: &mut ViewMut<'_>, text: impl Into<String>) {
    say(model, text.into(), TOAST_MS);
}

pub(super) fn say(model: &mut ViewMut<'_>, text: String, for_ms: u64) {
    // While a recording is played, its own time passes at another speed.
    let speed = model.shown.playing.map_or(1.0, |playing| playing.speed.max(1.0));
    let for_ms = (for_ms as f64 * speed) as u64;
    model.toast = Some(Toast { text, until_ms: model.now.mono_ms + for_ms, for_ms });
    model.dirty = true;
}

/// Carries what belongs to identities over from the list that was shown before.
pub(super) fn adopt_list(model: &mut ViewMut<'_>, before: &WatchList) {
    let list = Arc::clone(model.picture().roster.list());
    let heir = |user: UserIx| list.find(before.raw_id(user));
    let old_row = model.cursor.as_ref().and_then(|cursor| model.rows.row_of(cursor.user));
    model.marks.rebase(heir);
    model.expansion.except = model.expansion.except.iter().filter_map(|user| heir(*user)).collect();
    let (screen, gone) = model.screen.carried(&heir);
    model.screen = screen;
    let cursor = model.cursor.take();
    model.with_rows(Rows::restart);
    model.cursor = cursor.and_then(|cursor| {
        if let Some(user) = heir(cursor.user) {
            return Some(Cursor { user, ..cursor.clone() });
        }
        // The user is not watched any more: whoever stands there now.
        let row = old_row?.min(model.rows.len().checked_sub(1)?);
        Some(Cursor::on(model.rows.user_at(row)?))
    });
    keep_cursor_visible(model);
    model.measure();
    model.dirty = true;
    if let Some(user) = gone {
        let words =
            crate::say!("{user} is not watched any more", user = model.names.user(before.raw_id(user)));
        hint(model, words);
    }
}

/// A selected user whom the filter leaves out is shown all the same.
pub(super) fn keep_cursor_visible(model: &mut ViewMut<'_>) {
    let is_one = |cursor: &&Cursor| cursor.fold.is_none_or(|cause| model.rows.fold_len(cause).is_none());
    let selected = model.cursor.as_ref().filter(is_one).map(|cursor| cursor.user);
    if let Some(user) = selected.filter(|user| model.rows.row_of(*user).is_none()) {
        model.with_rows(|rows, scene| rows.show(user, scene));
    }
}

/// Takes a filter as far as it can be read; one with a mistake leaves the last good one in force. The
/// selection stays on its user.
pub(super) fn apply_filter(model: &mut ViewMut<'_>, filter: &str) {
    model.dirty = true;
    match Query::parse(filter) {
        Ok(query) => {
            model.mistake = None;
            set_query(model, query);
        }
        Err(mistake) => model.mistake = Some(mistake),
    }
}

/// Takes a filter; the selection stays on its user.
pub(super) fn set_query(model: &mut ViewMut<'_>, query: Query) {
    let selected = model.cursor.as_ref().and_then(Cursor::one);
    model.with_rows(|rows, scene| rows.set_query(query, selected, scene));
    model.dirty = true;
}

/// Asks again who is shown, as after another mark or switch; the selection stays on its user.
pub(super) fn narrow(model: &mut ViewMut<'_>) {
    let selected = model.cursor.as_ref().and_then(Cursor::one);
    model.with_rows(|rows, scene| rows.narrow(selected, scene));
    model.dirty = true;
}

pub(super) fn set_sort(model: &mut ViewMut<'_>, sort: Sort) {
    model.with_rows(|rows, scene| rows.set_sort(sort, scene));
    hint(model, crate::say!("sorted {order}", order = language::say(sort.words())));
}

/// Sorts by a column; by the one in force already, the other way round.
pub(super) fn sort_by(model: &mut ViewMut<'_>, column: SortColumn) {
    let now = model.rows.sort();
    set_sort(model, Sort { column, inverted: now.column == column && !now.inverted });
}

pub(super) fn select(model: &mut ViewMut<'_>, cursor: Cursor) {
    model.rows.select(cursor.one());
    model.cursor = Some(cursor);
}

/// The selected user; without a selection the first one, who is selected then. Of several in one line it says
/// how to get at them.
pub(super) fn selected_or_first(model: &mut ViewMut<'_>) -> Option<UserIx> {
    if model.cursor.is_none() {
        let first = model.view().window(model.view().body_height().max(1)).first().copied();
        let first = first.or_else(|| model.view().lines().first())?;
        let cursor = model.view().lines().cursor_at(first);
        model.cursor_row = 0;
        select(model, cursor);
    }
    let one = model.cursor.as_ref().and_then(Cursor::one);
    if one.is_none() && model.cursor.is_some() {
        let key = model.keymap.first_of(Action::Expand).unwrap_or_else(|| "Enter".to_owned());
        hint(model, format!("several users in one line: {key} opens it"));
    }
    one
}

/// Moves the selection to a line so many rows further down the screen, or up.
pub(super) fn go_to(model: &mut ViewMut<'_>, line: Line, rows: i32) {
    let row = i32::from(model.cursor_row) + rows;
    let last = i32::from(model.view().body_height()) - 1;
    model.cursor_row = row.clamp(0, last.max(0)) as u16;
    let cursor = model.view().lines().cursor_at(line);
    select(model, cursor);
}
