//! Text on cells: widths as a terminal has them, cut between characters, never outside the area.

use ratatui::buffer::{Buffer, CellWidth as _};
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::app::Column;

/// How many columns a text takes.
pub(super) fn width(text: &str) -> u16 {
    let of = |grapheme: &str| if grapheme.contains(char::is_control) { 0 } else { grapheme.cell_width() };
    text.graphemes(true).map(of).fold(0, u16::saturating_add)
}

/// The longest beginning of a text that fits, and whether that is all of it.
fn fit(text: &str, columns: u16) -> (&str, bool) {
    let mut taken = 0u16;
    for (at, grapheme) in text.grapheme_indices(true) {
        taken = taken.saturating_add(width(grapheme));
        if taken > columns {
            return (text.get(..at).unwrap_or_default(), false);
        }
    }
    (text, true)
}

/// A text, cut with a mark where it is wider than so many columns.
pub(super) fn shortened(text: &str, columns: u16, mark: &str) -> String {
    match fit(text, columns) {
        (whole, true) => whole.to_owned(),
        (_, false) => format!("{}{mark}", fit(text, columns.saturating_sub(width(mark))).0),
    }
}

/// A text, cut with a mark in its middle where it is wider than so many columns.
pub(super) fn shortened_within(text: &str, columns: u16, mark: &str) -> String {
    if fit(text, columns).1 || columns < 8 {
        return text.to_owned();
    }
    let letters = columns.saturating_sub(width(mark));
    let (head, _) = fit(text, letters.div_ceil(2));
    let room = letters.saturating_sub(width(head));
    let mut tail = "";
    for (at, _) in text.grapheme_indices(true).rev() {
        let longer = text.get(at..).unwrap_or_default();
        if width(longer) > room {
            break;
        }
        tail = longer;
    }
    format!("{head}{mark}{tail}")
}

/// Writes along one row, from left to right.
pub(super) struct Pen<'a> {
    buf: &'a mut Buffer,
    x: u16,
    y: u16,
    end: u16,
}

impl<'a> Pen<'a> {
    /// Begins at the left of a row of `area`. A row that is not there takes no text.
    pub(super) fn new(buf: &'a mut Buffer, area: Rect, row: u16) -> Pen<'a> {
        let area = area.intersection(buf.area);
        let end = if row < area.height { area.right() } else { area.x };
        Pen { buf, x: area.x, y: area.y.saturating_add(row), end }
    }

    /// Begins at the left of a column of a table, and can't leave it.
    pub(super) fn in_column(buf: &'a mut Buffer, table: Rect, row: u16, column: Column) -> Pen<'a> {
        let x = table.x.saturating_add(column.x);
        Pen::new(buf, Rect { x, width: column.width, ..table }, row)
    }

    /// How many columns are left.
    pub(super) fn left(&self) -> u16 {
        self.end.saturating_sub(self.x)
    }

    /// Writes as much of a text as there is room for.
    pub(super) fn put(&mut self, text: &str, style: Style) -> &mut Self {
        if self.left() > 0 {
            let (x, _) = self.buf.set_stringn(self.x, self.y, text, usize::from(self.left()), style);
            self.x = x;
        }
        self
    }

    /// Writes a text into so many columns, cut with a mark where it is longer, and goes to their end.
    pub(super) fn field(&mut self, text: &str, columns: u16, mark: &str, style: Style) -> &mut Self {
        let columns = columns.min(self.left());
        let end = self.x + columns;
        if fit(text, columns).1 {
            self.put(text, style);
        } else {
            let (head, _) = fit(text, columns.saturating_sub(width(mark)));
            let head = head.to_owned();
            self.put(&head, style);
            let room = end.saturating_sub(self.x);
            let (mark, _) = fit(mark, room);
            self.put(mark, style);
        }
        self.x = end;
        self
    }

    /// Writes a text into all the room that is left.
    pub(super) fn rest(&mut self, text: &str, mark: &str, style: Style) -> &mut Self {
        self.field(text, self.left(), mark, style)
    }

    /// Leaves columns free.
    pub(super) fn skip(&mut self, columns: u16) -> &mut Self {
        self.x = self.x.saturating_add(columns).min(self.end);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: u16, write: impl Fn(&mut Pen<'_>)) -> String {
        let area = Rect::new(0, 0, columns, 1);
        let mut buf = Buffer::empty(area);
        write(&mut Pen::new(&mut buf, area, 0));
        buf.content().iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn a_long_text_is_cut_with_a_mark_between_characters() {
        let field = |text, columns| {
            row(8, |pen| _ = pen.field(text, columns, "…", Style::new()).put("|", Style::new()))
        };
        assert_eq!(field("abc", 5), "abc  |  ");
        assert_eq!(field("abcdef", 5), "abcd…|  ");
        // A wide character covers its own cell and an empty one, which shows as a space here.
        assert_eq!(field("王小明", 5), "王 小 …|  ");
        assert_eq!(field("王小明", 4), "王 … |   ");
        assert_eq!(field("王小明", 1), "…|      ");
        assert_eq!(field("王小明", 0), "|       ");
    }

    #[test]
    fn a_long_id_is_cut_in_its_middle() {
        let short = |text, columns| shortened_within(text, columns, "…");
        assert_eq!(short("user-0123456789-0042", 12), "user-0…-0042");
        assert_eq!(short("王小明王小明王小明", 10), "王小…小明");
        assert_eq!((short("abc", 12), shortened("abcdef", 4, "…")), ("abc".into(), "abc…".to_owned()));
    }

    #[test]
    fn nothing_is_written_outside() {
        assert_eq!(row(3, |pen| _ = pen.put("王王王", Style::new()).put("x", Style::new())), "王 x");
        assert_eq!(row(0, |pen| _ = pen.put("x", Style::new())), "");
        let mut buf = Buffer::empty(Rect::new(0, 0, 2, 1));
        Pen::new(&mut buf, Rect::new(5, 5, 9, 9), 3).put("x", Style::new());
        Pen::new(&mut buf, Rect::new(0, 0, 9, 9), 1).rest("x", "…", Style::new());
        assert_eq!(buf, Buffer::empty(Rect::new(0, 0, 2, 1)));
    }

    #[test]
    fn widths_are_those_of_a_terminal() {
        assert_eq!(["abc", "王小明", "e\u{301}", "👩‍👩‍👧", ""].map(width), [3, 6, 1, 2, 0]);
    }
}
