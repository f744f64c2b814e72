//! What keys and the mouse do in the overview, and what of the state it shows.

use ratatui::layout::Rect;

use crate::listing::{Sort, SortColumn};
use crate::presence::query::quote;
use crate::presence::{By, Rollup, RollupKey, Top, UserIx};
use crate::say;

use super::action::{ACTIONS, Action, Scope, Walk};
use super::change::{apply_filter, hint, select, set_sort};
use super::layout::Layout;
use super::lines::{row_after, walked};
use super::list::Cursor;
use super::model::{Model, View, ViewMut};
use super::notes::{Note, visible_notes};
use super::overview::{MapGrid, Overview, OverviewContent, OverviewParts, Panel, overview_parts, top_lists};
use super::screen::Screen;
use super::views::show_detail;

/// Rows that the lists of users who stand out would fill: two below each other, of five users each.
const TOPS: usize = 12;

impl View<'_> {
    /// What the overview counts users by.
    pub fn counted_by(self, overview: &Overview) -> By {
        let has_groups = self.picture().rollups.has(By::Group);
        overview.by.unwrap_or(if has_groups { By::Group } else { By::Platform })
    }

    /// Its rows, the worst first.
    pub fn rollups(self, overview: &Overview) -> Vec<Rollup> {
        let picture = self.picture();
        picture.rollups.rows(self.counted_by(overview), picture.now)
    }

    /// What there is to show in it.
    pub fn overview_content(self, overview: &Overview, layout: Layout) -> OverviewContent {
        let rollups = self.picture().rollups;
        let map = rollups.map_places().div_ceil(usize::from(layout.body.width).max(1));
        let rows = match overview.panel {
            // The map stands below them, with a line between and one that explains it.
            Panel::Rollups => rollups.len(self.counted_by(overview)) + 2 + map.clamp(4, 8),
            Panel::Map => map,
            Panel::Tops => TOPS,
        };
        let is_loss = |note: &Note| matches!(note, Note::Loss { .. });
        OverviewContent {
            // It is of now: a picture that stands has nothing that moves.
            headline: !self.shown.is_held && !visible_notes(self, layout.notes.height).iter().any(is_loss),
            head: overview.panel == Panel::Rollups,
            rows: u16::try_from(rows).unwrap_or(u16::MAX),
        }
    }

    /// Whether the users of a row of it are listed, from where the way leads back to it.
    pub fn lists_rollup(self) -> bool {
        let filter = self.model.below_rollup.as_ref().map(|(_, filter)| filter.as_str());
        self.model.screen == Screen::Users && filter == Some(self.model.rows.filter())
    }

    /// Where its parts are on the screen.
    fn overview_parts(self) -> OverviewParts {
        let (width, height) = self.size;
        let layout = self.layout(Rect { x: 0, y: 0, width, height }).unwrap_or_default();
        match &self.model.screen {
            Screen::Overview(overview) => {
                overview_parts(layout.body, self.overview_content(overview, layout))
            }
            _ => OverviewParts::default(),
        }
    }
}

impl Model {
    fn overview(&self) -> Option<&Overview> {
        match &self.screen {
            Screen::Overview(overview) => Some(overview),
            _ => None,
        }
    }

    fn overview_mut(&mut self) -> Option<&mut Overview> {
        match &mut self.screen {
            Screen::Overview(overview) => Some(overview),
            _ => None,
        }
    }
}

/// Counts users by something else; the selection is that of other rows.
pub(super) fn count_by(model: &mut ViewMut<'_>, by: By) {
    if !model.picture().rollups.has(by) {
        let why = match by {
            By::Group => say!("the watch list has no groups: a third column of its file names them"),
            _ => say!("no gateway is known: view 4 says whether they are asked"),
        };
        hint(model, why);
        return;
    }
    if model.overview_mut().is_none() {
        model.screen = Screen::Overview(Overview::default());
        model.pane = None;
    }
    if let Some(overview) = model.overview_mut() {
        *overview = Overview { by: Some(by), ..Overview::default() };
    }
}

/// The next thing to count by, or the one before, of those that there are.
fn step_by(model: &mut ViewMut<'_>, forward: bool) {
    let Some(overview) = model.overview().cloned() else { return };
    let now = model.view().counted_by(&overview);
    let rollups = model.picture().rollups;
    let known: Vec<By> = By::ALL.into_iter().filter(|by| rollups.has(*by)).collect();
    let at = known.iter().position(|by| *by == now).unwrap_or(0);
    let to = if forward { at + 1 } else { at + known.len() - 1 } % known.len().max(1);
    if let Some(by) = known.get(to) {
        count_by(model, *by);
    }
}

/// Does what an action means in the overview; says whether it means anything there.
pub(super) fn perform(model: &mut ViewMut<'_>, action: Action) -> bool {
    let Some(overview) = model.overview().cloned() else { return false };
    let list = model.view().overview_parts().list;
    match (action, overview.panel) {
        (Action::Pane, panel) => {
            if let Some(overview) = model.overview_mut() {
                overview.panel = panel.next();
            }
        }
        (Action::Expand, Panel::Rollups) => step_by(model, true),
        (Action::Collapse, Panel::Rollups) => step_by(model, false),
        (Action::Detail, Panel::Rollups) => open_rollup(model, &overview),
        (Action::Detail, Panel::Map) => match overview.cell {
            Some(user) => show_detail(model, user),
            None => move_cell(model, list, 0),
        },
        (Action::Detail, Panel::Tops) => match overview.top {
            Some((_, user)) => show_detail(model, user),
            None => move_top(model, list, Walk::Lines(0, false)),
        },
        (Action::Expand, Panel::Tops) => to_list(model, list, true),
        (Action::Collapse, Panel::Tops) => to_list(model, list, false),
        (Action::Expand, Panel::Map) => move_cell(model, list, 1),
        (Action::Collapse, Panel::Map) => move_cell(model, list, -1),
        _ => {
            let Some(walk) = action.walk(list.height) else {
                // What is about the list is done where it is seen.
                if ACTIONS.iter().any(|row| row.action == action && row.scope == Scope::Users) {
                    model.screen = Screen::Users;
                }
                return false;
            };
            match overview.panel {
                Panel::Rollups => travel(model, &overview, walk, list.height),
                Panel::Tops => move_top(model, list, walk),
                Panel::Map => {
                    let columns = i64::from(list.width.saturating_sub(2)).max(1);
                    move_cell(
                        model,
                        list,
                        match walk {
                            Walk::Lines(lines, _) => lines.saturating_mul(columns),
                            Walk::Top => i64::MIN,
                            Walk::Bottom => i64::MAX,
                        },
                    );
                }
            }
        }
    }
    true
}

fn travel(model: &mut ViewMut<'_>, overview: &Overview, walk: Walk, height: u16) {
    let rows = model.view().rollups(overview);
    let to = walked(overview.selected(&rows), walk, rows.len());
    let top = overview.top_row(&rows, height);
    let Some(overview) = model.overview_mut() else { return };
    overview.selected = rows.get(to).map(|row| row.key.clone());
    overview.row = row_after(walk, overview.row, to, top, height);
}

/// Goes so many cells on; the first key selects the first.
fn move_cell(model: &mut ViewMut<'_>, list: Rect, by: i64) {
    let rollups = model.picture().rollups;
    let grid = MapGrid::of(rollups.map_places(), list);
    let Some(overview) = model.overview_mut() else { return };
    let last = grid.cells().saturating_sub(1) as i64;
    let at = overview.cell.and_then(|user| rollups.map_place(user)).map(|place| (place / grid.each) as i64);
    let to = at.map_or(0, |at| at.saturating_add(by).clamp(0, last));
    overview.cell = rollups.map_user(grid.places_of(to as usize).start);
}

/// Those who stand out, as they are shown one below the other.
fn tops_shown(model: &ViewMut<'_>, list: Rect) -> Vec<(Top, UserIx)> {
    let tops = model.picture().tops;
    let rows = |part: Rect| usize::from(part.height.saturating_sub(1));
    let of = |(top, part): (Top, Rect)| tops.first(top).take(rows(part)).map(move |user| (top, user));
    top_lists(list).into_iter().flat_map(of).collect()
}

/// Goes on among those who stand out; the first key selects the first.
fn move_top(model: &mut ViewMut<'_>, list: Rect, walk: Walk) {
    let shown = tops_shown(model, list);
    let Some(overview) = model.overview_mut() else { return };
    let at = overview.top.and_then(|top| shown.iter().position(|it| *it == top));
    let to = walked(at, walk, shown.len());
    overview.top = shown.get(to).copied();
}

/// Goes to the first of the next list, or of the one before.
fn to_list(model: &mut ViewMut<'_>, list: Rect, forward: bool) {
    let shown = tops_shown(model, list);
    let Some(overview) = model.overview_mut() else { return };
    let now = overview.top.map(|(top, _)| top);
    let is_there = |top: Top| now.is_none_or(|now| if forward { top > now } else { top < now });
    let of = shown.iter().map(|(top, _)| *top).filter(|top| is_there(*top));
    let next = if forward { of.min() } else { of.max() };
    if let Some(first) = next.and_then(|next| shown.iter().find(|(top, _)| *top == next)) {
        overview.top = Some(*first);
    }
}

/// Lists the users of the selected row.
fn open_rollup(model: &mut ViewMut<'_>, overview: &Overview) {
    let rows = model.view().rollups(overview);
    // Before any is selected it is the first, as in the list.
    let Some(row) = rows.get(overview.selected(&rows).unwrap_or(0)) else { return };
    let filter = match &row.key {
        RollupKey::Group(_) if model.names.are_masked() => {
            hint(model, say!("groups are masked: P shows their names, and then lists their users"));
            return;
        }
        RollupKey::Group(None) => "group=none".to_owned(),
        RollupKey::Group(Some(name)) => format!("group={}", quote(name)),
        RollupKey::Platform(platform) => format!("platform={}", quote(&platform.name())),
        RollupKey::Batch(batch) => {
            let users = model.picture().roster.list().batch(*batch);
            show_from(model, &users);
            return;
        }
        RollupKey::OtherGroups => {
            hint(model, say!("more than ten thousand groups: these have no row of their own"));
            return;
        }
        RollupKey::Gateway(_) => {
            hint(model, say!("the API names no gateway of a user; view 4 shows what each gateway says"));
            return;
        }
    };
    let below = Overview { selected: Some(row.key.clone()), cell: None, ..overview.clone() };
    model.screen = Screen::Users;
    apply_filter(model, &filter);
    model.below_rollup = Some((below, filter));
}

/// Goes back from the users of a row to the overview; says whether they are what is listed.
pub(super) fn leave_rollup(model: &mut ViewMut<'_>) -> bool {
    if !model.view().lists_rollup() {
        return false;
    }
    let Some((overview, _)) = model.below_rollup.take() else { return false };
    apply_filter(model, "");
    model.screen = Screen::Overview(overview);
    true
}

/// Lists everybody in the order of the watch list, from the first of these users on.
fn show_from(model: &mut ViewMut<'_>, users: &std::ops::Range<u32>) {
    model.screen = Screen::Users;
    apply_filter(model, "");
    set_sort(model, Sort { column: SortColumn::List, inverted: false });
    let (first, last) = (users.start + 1, users.end);
    hint(model, say!("users {first} to {last} of the list are one batch", first, last));
    if !users.is_empty() {
        model.cursor_row = 0;
        select(model, Cursor::on(UserIx(users.start)));
    }
}

/// Selects what the mouse clicked on.
pub(super) fn click(model: &mut ViewMut<'_>, column: u16, row: u16) {
    let list = model.view().overview_parts().list;
    let Some(overview) = model.overview().cloned() else { return };
    if row < list.y || row >= list.bottom() {
        return;
    }
    let row = row - list.y;
    match overview.panel {
        Panel::Rollups => {
            let rows = model.view().rollups(&overview);
            let clicked = rows.get(overview.top_row(&rows, list.height) + usize::from(row));
            if let (Some(clicked), Some(overview)) = (clicked, model.overview_mut()) {
                overview.selected = Some(clicked.key.clone());
                overview.row = row;
            }
        }
        Panel::Tops => {
            let at = ratatui::layout::Position { x: column, y: row + list.y };
            let part = top_lists(list).into_iter().find(|(_, part)| part.contains(at));
            let clicked = part.and_then(|(top, part)| {
                let place = usize::from(at.y - part.y).checked_sub(1)?;
                Some((top, model.picture().tops.first(top).nth(place)?))
            });
            if let (Some(clicked), Some(overview)) = (clicked, model.overview_mut()) {
                overview.top = Some(clicked);
            }
        }
        Panel::Map => {
            let rollups = model.picture().rollups;
            let grid = MapGrid::of(rollups.map_places(), list);
            let cell = usize::from(row) * grid.columns + usize::from(column.saturating_sub(1));
            if cell < grid.cells()
                && let Some(overview) = model.overview_mut()
            {
                overview.cell = rollups.map_user(grid.places_of(cell).start);
            }
        }
    }
    model.dirty = true;
}
