//! The overview: how all are and were, by which group, platform, batch or gateway, and as a map of everybody.
//!
//! Which parts there are on a screen so large, and where the selection is. The counts are kept by
//! [`crate::presence::Rollups`]; nothing here walks the list.

use ratatui::layout::Rect;

use super::lines::first_line;
use crate::presence::{By, Rollup, RollupKey, Top, UserIx};

/// What the lower part shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// A row for each group, platform, batch or gateway.
    #[default]
    Rollups,
    /// A cell for each user, or for so many of them.
    Map,
    /// Users who stand out.
    Tops,
}

impl Panel {
    /// The one after it; after the last the first.
    #[must_use]
    pub fn next(self) -> Panel {
        match self {
            Panel::Rollups => Panel::Map,
            Panel::Map => Panel::Tops,
            Panel::Tops => Panel::Rollups,
        }
    }
}

/// The view of everybody together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// What users are counted by; nothing: by group where there are some, else by platform.
    pub(super) by: Option<By>,
    /// What the lower part shows.
    pub panel: Panel,
    pub(super) selected: Option<RollupKey>,
    /// The row of the list on which it stands.
    pub(super) row: u16,
    /// The user of the cell that is selected.
    pub(super) cell: Option<UserIx>,
    /// The user who is selected of those who stand out, and by what.
    pub(super) top: Option<(Top, UserIx)>,
}

/// Where each part of the overview is; parts that are left out have no height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OverviewParts {
    /// How it is, in a sentence.
    pub headline: Rect,
    /// Users by presence over time.
    pub chart: Rect,
    /// From when to when, and the incidents.
    pub axis: Rect,
    /// How long answers took.
    pub latency: Rect,
    /// Questions that failed.
    pub failures: Rect,
    /// What the lower part shows, and what is selected in it.
    pub tabs: Rect,
    /// Names of columns, where the lower part is a table.
    pub head: Rect,
    /// The rows, or the map.
    pub list: Rect,
}

/// Columns beside the charts, at the left and at the right.
pub const BESIDE_CHART: (u16, u16) = (9, 11);

/// What there is to lay out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverviewContent {
    /// Whether a sentence says how it is: not where a note above does.
    pub headline: bool,
    /// Whether the lower part has names of columns.
    pub head: bool,
    /// Rows that the lower part would fill.
    pub rows: u16,
}

/// Divides a body: the chart gets what the lower part has no need of.
pub fn overview_parts(body: Rect, content: OverviewContent) -> OverviewParts {
    let OverviewContent { headline, head, rows: wanted } = content;
    let rows = body.height;
    let beside = u16::from(headline) + 5;
    let spare = rows.saturating_sub(beside + wanted);
    let chart =
        if rows < 11 { 0 } else { spare.clamp(((rows - 5) / 3).clamp(3, 12), 16).min(rows - beside - 3) };
    let under = u16::from(rows >= 15);
    let mut y = body.y;
    let mut take = |height: u16| {
        let height = height.min(body.bottom().saturating_sub(y));
        let part = Rect { y, height, ..body };
        y += height;
        part
    };
    let mut parts = OverviewParts {
        headline: take(u16::from(headline)),
        chart: take(chart),
        axis: take(u16::from(chart > 0)),
        latency: take(under),
        failures: take(under),
        tabs: take(u16::from(rows >= 4)),
        head: take(u16::from(head && rows >= 6)),
        list: Rect::default(),
    };
    parts.list = take(u16::MAX);
    parts
}

/// From so many columns on four lists stand beside each other, and two.
const FOUR_LISTS: u16 = 120;
const TWO_LISTS: u16 = 50;

/// Where each list of users who stand out is, its heading included; those that have no room are left out.
pub fn top_lists(area: Rect) -> Vec<(Top, Rect)> {
    let across: u16 = match area.width {
        FOUR_LISTS.. => 4,
        TWO_LISTS.. => 2,
        _ => 1,
    };
    let down = (4 / across).min(area.height / 2);
    if down == 0 {
        return Vec::new();
    }
    let (width, height) = (area.width / across, area.height / down);
    let places = (0..down).flat_map(|row| (0..across).map(move |column| (column, row)));
    let part = |(column, row): (u16, u16)| Rect {
        x: area.x + column * width,
        y: area.y + row * height,
        width,
        height,
    };
    Top::ALL.into_iter().zip(places.map(part)).collect()
}

/// How the map divides the list into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapGrid {
    /// Cells in a row.
    pub columns: usize,
    /// Places of the map in one cell.
    pub each: usize,
    /// Places in all.
    pub places: usize,
}

impl MapGrid {
    /// As few places to a cell as fit.
    pub fn of(places: usize, area: Rect) -> MapGrid {
        let columns = usize::from(area.width.saturating_sub(2)).max(1);
        let cells = columns * usize::from(area.height.max(1));
        MapGrid { columns, each: places.div_ceil(cells).max(1), places }
    }

    /// How many cells there are.
    pub fn cells(self) -> usize {
        self.places.div_ceil(self.each)
    }

    /// The places of a cell.
    pub fn places_of(self, cell: usize) -> std::ops::Range<usize> {
        let from = (cell * self.each).min(self.places);
        from..(from + self.each).min(self.places)
    }
}

impl Overview {
    /// The line of the rows that is selected.
    pub fn selected(&self, rows: &[Rollup]) -> Option<usize> {
        let key = self.selected.as_ref()?;
        rows.iter().position(|row| row.key == *key)
    }

    /// The first row of a list so high.
    pub fn top_row(&self, rows: &[Rollup], height: u16) -> usize {
        first_line(self.selected(rows), self.row, rows.len(), height)
    }

    /// The user whose cell is selected.
    pub fn cell(&self) -> Option<UserIx> {
        self.cell
    }

    /// The user who is selected of those who stand out, and by what.
    pub fn top(&self) -> Option<(Top, UserIx)> {
        self.top
    }

    /// The user who is selected in the lower part, where that shows single users.
    pub fn user(&self) -> Option<UserIx> {
        match self.panel {
            Panel::Rollups | Panel::Map => self.cell,
            Panel::Tops => self.top.map(|(_, user)| user),
        }
    }

    /// Goes over to another watch list.
    pub(super) fn carried(&self, heir: &impl Fn(UserIx) -> Option<UserIx>) -> Overview {
        let top = self.top.and_then(|(top, user)| Some((top, heir(user)?)));
        Overview { cell: self.cell.and_then(heir), top, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_body_belongs_to_one_part() {
        let contents = [(true, true, 4), (false, true, 90), (true, false, 20), (false, false, 0)];
        for (height, (headline, head, rows)) in
            (0..80).flat_map(|height| contents.map(|content| (height, content)))
        {
            let body = Rect { x: 0, y: 3, width: 80, height };
            let it = overview_parts(body, OverviewContent { headline, head, rows });
            let parts = [it.headline, it.chart, it.axis, it.latency, it.failures, it.tabs, it.head, it.list];
            let mut y = body.y;
            for part in parts {
                assert_eq!(part.y, y, "{height} {head} {rows}: {it:?}");
                y += part.height;
            }
            assert_eq!(y, body.bottom(), "{height} {head} {rows}: {it:?}");
            assert!(height < 8 || it.list.height >= 3, "{height}: {it:?}");
        }
    }

    #[test]
    fn the_top_lists_stand_side_by_side_and_within_their_room() {
        for (width, height, lists) in
            [(160, 10, 4), (80, 8, 4), (80, 3, 2), (40, 8, 4), (20, 3, 1), (20, 1, 0)]
        {
            let area = Rect { x: 3, y: 7, width, height };
            let parts = top_lists(area);
            assert_eq!(parts.len(), lists, "{width}x{height}");
            for (at, (_, part)) in parts.iter().enumerate() {
                assert_eq!(part.intersection(area), *part, "{width}x{height}");
                assert!(part.height >= 2 && parts[..at].iter().all(|(_, other)| !other.intersects(*part)));
            }
        }
    }

    #[test]
    fn every_place_is_in_one_cell_and_the_cells_fit() {
        for (places, width, height) in [
            (0, 80, 10),
            (1, 80, 10),
            (300, 80, 10),
            (3_000, 80, 10),
            (50_000, 120, 24),
            (9, 1, 1),
            (7, 0, 0),
        ] {
            let area = Rect { x: 0, y: 0, width, height };
            let grid = MapGrid::of(places, area);
            let covered: usize = (0..grid.cells()).map(|cell| grid.places_of(cell).len()).sum();
            assert_eq!(covered, places);
            let room = grid.columns * usize::from(height.max(1));
            assert!(grid.cells() <= room, "{grid:?}");
        }
    }
}
