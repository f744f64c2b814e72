//! The columns to sort by and their letters, while a key asks for one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::language;
use crate::listing::SortColumn;
use crate::tui::View;

use super::painter::Painter;
use super::theme::Theme;

/// Columns of the screen that an entry takes.
const ENTRY: u16 = 38;

/// Draws over the upper rows of `area`.
pub(super) fn draw(model: View<'_>, theme: &Theme, area: Rect, buf: &mut Buffer) {
    if !model.sorting {
        return;
    }
    let all: Vec<SortColumn> = SortColumn::all().collect();
    let across = usize::from((area.width / ENTRY).max(1));
    let rows = all.len().div_ceil(across);
    let height = (rows as u16 + 1).min(area.height);
    for position in (Rect { height, ..area }).intersection(buf.area).positions() {
        if let Some(cell) = buf.cell_mut(position) {
            cell.reset();
        }
    }
    for (at, column) in all.into_iter().enumerate() {
        let (row, x) = ((at % rows) as u16, (at / rows) as u16 * ENTRY);
        let place = Rect { x: area.x + x, width: area.width.saturating_sub(x), ..area };
        let is_now = model.rows.sort().column == column;
        let style = if is_now { theme.strong } else { theme.plain };
        let mut pen = Painter::new(theme, buf, place, row);
        pen.skip(1).put(if is_now { ">" } else { " " }, theme.strong).skip(1);
        pen.put(&column.letter().to_string(), theme.key).skip(2);
        pen.field(column.name(), 10, theme.glyphs.cut, style).skip(1);
        let words = language::say(column.words());
        pen.field(words, theme.width(words).min(ENTRY - 18), theme.glyphs.cut, theme.dim);
    }
    if usize::from(height) > rows {
        let line = theme.glyphs.rule.repeat(usize::from(area.width));
        Painter::new(theme, buf, area, height - 1).put(&line, theme.dim);
    }
}
