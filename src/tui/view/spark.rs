//! The last half hour of a user in one cell for each stretch of time.

use ratatui::style::Style;

use crate::listing::SPARK_CELLS;
use crate::presence::UserIx;
use crate::presence::history::Cell;
use crate::tui::{Picture, View};

use super::theme::Theme;

/// Below this level a stretch looks like one without a connection.
const LEAST: u8 = 2;

/// A sign and a look for each stretch, oldest first; a blank where the user was not watched yet.
pub(super) fn cells(
    model: View<'_>,
    picture: &Picture<'_>,
    theme: &Theme,
    user: UserIx,
) -> impl Iterator<Item = (&'static str, Style)> {
    let presence = picture.roster.presence(user);
    let began = model.began.mono_ms;
    let glyphs = theme.glyphs;
    let (dim, plain, calm) = (theme.dim, theme.plain, theme.calm);
    let good = theme.good;
    let cells = picture.history.spark(user, presence, began, picture.now, usize::from(SPARK_CELLS));
    cells.map(move |cell| match cell {
        Cell::Before => (" ", plain),
        Cell::Unknown => (glyphs.unknown_cell, dim),
        Cell::Known { online: 0, .. } => (glyphs.bars[0], dim),
        Cell::Known { background: true, .. } => (glyphs.background, calm),
        Cell::Known { online, .. } => {
            let level = usize::from(online.max(LEAST));
            (glyphs.bars.get(level).copied().unwrap_or(" "), good)
        }
    })
}
