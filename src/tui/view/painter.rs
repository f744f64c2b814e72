//! Text on cells: widths as a terminal has them, cut between characters, never outside the area.
//!
//! Not ratatui's `Paragraph`, `Table` and `Line`: they cut without a mark, and know no terminal that gives
//! two columns to characters of open width.

use std::num::NonZeroU16;

use ratatui::buffer::{Buffer, CellDiffOption, CellWidth as _};
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::presence::pieces;
use crate::tui::Column;

use super::ambiguous::is_ambiguous_letter;
use super::theme::Theme;

/// How wide characters are on a terminal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ruler {
    /// Those whose width Unicode leaves open take two columns.
    pub(super) ambiguous_wide: bool,
}

impl Ruler {
    /// How many columns a text takes.
    pub(super) fn width(self, text: &str) -> u16 {
        text.graphemes(true).map(|grapheme| self.grapheme(grapheme)).fold(0, u16::saturating_add)
    }

    fn grapheme(self, grapheme: &str) -> u16 {
        if grapheme.contains(char::is_control) {
            0
        } else if self.ambiguous_wide {
            let letter = grapheme.chars().next().is_some_and(is_ambiguous_letter);
            grapheme.cell_width().max(grapheme.width_cjk() as u16).max(if letter { 2 } else { 0 })
        } else {
            grapheme.cell_width()
        }
    }

    /// The longest beginning of a text that fits, and whether that is all of it.
    fn fit(self, text: &str, columns: u16) -> (&str, bool) {
        // No character takes more columns than bytes, but for those of open width.
        if !self.ambiguous_wide && text.len() <= usize::from(columns) {
            return (text, true);
        }
        let mut taken = 0u16;
        for (at, piece) in pieces(text) {
            taken = taken.saturating_add(self.width(piece));
            if taken > columns {
                return (text.get(..at).unwrap_or_default(), false);
            }
        }
        (text, true)
    }

    /// A text, cut with a mark where it is wider than so many columns.
    pub(super) fn shortened(self, text: &str, columns: u16, mark: &str) -> String {
        match self.fit(text, columns) {
            (whole, true) => whole.to_owned(),
            (_, false) => format!("{}{mark}", self.fit(text, columns.saturating_sub(self.width(mark))).0),
        }
    }

    /// A text, cut with a mark in its middle where it is wider than so many columns.
    pub(super) fn shortened_within(self, text: &str, columns: u16, mark: &str) -> String {
        if self.fit(text, columns).1 || columns < 8 {
            return text.to_owned();
        }
        let letters = columns.saturating_sub(self.width(mark));
        let (head, _) = self.fit(text, letters.div_ceil(2));
        let room = letters.saturating_sub(self.width(head));
        let (mut begin, mut taken) = (text.len(), 0u16);
        for (at, piece) in pieces(text).collect::<Vec<_>>().into_iter().rev() {
            taken = taken.saturating_add(self.width(piece));
            if taken > room {
                break;
            }
            begin = at;
        }
        format!("{head}{mark}{}", text.get(begin..).unwrap_or_default())
    }
}

/// Marks the selected row of `area`: a sign before it, and a bar from end to end.
pub(super) fn select(theme: &Theme, buf: &mut Buffer, area: Rect, row: u16) {
    Painter::new(theme, buf, area, row).put(">", theme.strong);
    let bar = Rect { y: area.y.saturating_add(row), height: 1, ..area }.intersection(buf.area);
    buf.set_style(bar, theme.selected);
}

/// Writes along one row, from left to right.
pub(super) struct Painter<'a> {
    ruler: Ruler,
    buf: &'a mut Buffer,
    x: u16,
    y: u16,
    end: u16,
}

impl<'a> Painter<'a> {
    /// Begins at the left of a row of `area`. A row that is not there takes no text.
    pub(super) fn new(theme: &Theme, buf: &'a mut Buffer, area: Rect, row: u16) -> Painter<'a> {
        let area = area.intersection(buf.area);
        let end = if row < area.height { area.right() } else { area.x };
        Painter { ruler: theme.ruler, buf, x: area.x, y: area.y.saturating_add(row), end }
    }

    /// Begins at the left of a column of a table, and can't leave it.
    pub(super) fn in_column(
        theme: &Theme,
        buf: &'a mut Buffer,
        table: Rect,
        row: u16,
        column: Column,
    ) -> Painter<'a> {
        let x = table.x.saturating_add(column.x);
        Painter::new(theme, buf, Rect { x, width: column.width, ..table }, row)
    }

    /// How many columns are left.
    pub(super) fn left(&self) -> u16 {
        self.end.saturating_sub(self.x)
    }

    /// Writes as much of a text as there is room for.
    pub(super) fn put(&mut self, text: &str, style: Style) -> &mut Self {
        let (text, _) = self.ruler.fit(text, self.left());
        if self.ruler.ambiguous_wide {
            self.put_wide(text, style);
        } else if self.left() > 0 {
            let (x, _) = self.buf.set_stringn(self.x, self.y, text, usize::from(self.left()), style);
            self.x = x;
        }
        self
    }

    /// The same, where the buffer must be told which characters cover the next cell as well.
    fn put_wide(&mut self, text: &str, style: Style) {
        for grapheme in text.graphemes(true) {
            let columns = self.ruler.grapheme(grapheme);
            let Some(width) = NonZeroU16::new(columns) else { continue };
            let forced = columns != grapheme.cell_width();
            let option = if forced { CellDiffOption::ForcedWidth(width) } else { CellDiffOption::None };
            for x in self.x..self.x + columns {
                let Some(cell) = self.buf.cell_mut((x, self.y)) else { return };
                if x == self.x {
                    cell.set_symbol(grapheme).set_style(style).set_diff_option(option);
                } else {
                    cell.reset();
                }
            }
            self.x += columns;
        }
    }

    /// Writes a text into so many columns, cut with a mark where it is longer, and goes to their end.
    pub(super) fn field(&mut self, text: &str, columns: u16, mark: &str, style: Style) -> &mut Self {
        let columns = columns.min(self.left());
        let end = self.x + columns;
        if self.ruler.fit(text, columns).1 {
            self.put(text, style);
        } else {
            let (head, _) = self.ruler.fit(text, columns.saturating_sub(self.ruler.width(mark)));
            let head = head.to_owned();
            self.put(&head, style);
            let room = end.saturating_sub(self.x);
            let (mark, _) = self.ruler.fit(mark, room);
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
    use super::super::theme::Colour;
    use super::*;
    use crate::listing::ThemeName;

    const RULER: Ruler = Ruler { ambiguous_wide: false };

    fn narrow() -> Theme {
        Theme::new(Colour::None, false)
    }

    fn row(columns: u16, write: impl Fn(&mut Painter<'_>)) -> String {
        let area = Rect::new(0, 0, columns, 1);
        let mut buf = Buffer::empty(area);
        write(&mut Painter::new(&narrow(), &mut buf, area, 0));
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
        let short = |text, columns| RULER.shortened_within(text, columns, "…");
        assert_eq!(short("user-0123456789-0042", 12), "user-0…-0042");
        assert_eq!(short("王小明王小明王小明", 10), "王小…小明");
        assert_eq!((short("abc", 12), RULER.shortened("abcdef", 4, "…")), ("abc".into(), "abc…".to_owned()));
    }

    #[test]
    fn a_mark_of_what_is_not_to_be_seen_is_whole_or_not_there() {
        let (id, cut) = ("ab<U+200D>cd<U+200D>ef", "…");
        for ambiguous_wide in [false, true] {
            let ruler = Ruler { ambiguous_wide };
            for columns in 0..24 {
                for text in [ruler.shortened(id, columns, cut), ruler.shortened_within(id, columns, cut)] {
                    let rest = text.replace("<U+200D>", "");
                    assert!(!rest.contains(['<', 'U', '+', '>', '2', '0', 'D']), "{columns}: {text}");
                }
            }
        }
        for columns in 0..20 {
            for mark in ["…", ""] {
                let text = row(columns, |pen| _ = pen.field(id, columns, mark, Style::new()));
                assert!(!text.replace("<U+200D>", "").contains(['<', '>']), "{columns}: {text}");
            }
            let text = row(columns, |pen| _ = pen.put(id, Style::new()));
            assert!(!text.replace("<U+200D>", "").contains(['<', '>']), "{columns}: {text}");
        }
        assert_eq!(RULER.shortened_within("^[^[^[^[^[^[", 8, cut), "^[^[…^[");
    }

    #[test]
    fn nothing_is_written_outside() {
        assert_eq!(row(3, |pen| _ = pen.put("王王王", Style::new()).put("x", Style::new())), "王 x");
        assert_eq!(row(0, |pen| _ = pen.put("x", Style::new())), "");
        let mut buf = Buffer::empty(Rect::new(0, 0, 2, 1));
        Painter::new(&narrow(), &mut buf, Rect::new(5, 5, 9, 9), 3).put("x", Style::new());
        Painter::new(&narrow(), &mut buf, Rect::new(0, 0, 9, 9), 1).rest("x", "…", Style::new());
        assert_eq!(buf, Buffer::empty(Rect::new(0, 0, 2, 1)));
    }

    #[test]
    fn widths_are_those_of_a_terminal() {
        assert_eq!(["abc", "王小明", "e\u{301}", "👩‍👩‍👧", ""].map(|text| RULER.width(text)), [3, 6, 1, 2, 0]);
    }

    #[test]
    fn where_ambiguous_characters_are_wide_the_buffer_knows_it() {
        let theme = Theme::named(ThemeName::Dark, Colour::None, false, true);
        assert_eq!(["abc", "Вася", "王", "e\u{301}", "·"].map(|text| theme.width(text)), [3, 8, 2, 1, 2]);
        assert_eq!(theme.shortened("Вася", 5, "~"), "Ва~");
        let area = Rect::new(0, 0, 6, 1);
        let mut buf = Buffer::empty(area);
        Painter::new(&theme, &mut buf, area, 0).put("old", Style::new());
        let mut pen = Painter::new(&theme, &mut buf, area, 0);
        assert_eq!(pen.put("aЯb", Style::new()).left(), 2);
        assert_eq!(pen.put("bЯ", Style::new()).left(), 1, "half of a character is not written");
        let drawn = Buffer::empty(area).diff(&buf).into_iter().map(|(x, _, cell)| (x, cell.symbol()));
        assert_eq!(drawn.collect::<Vec<_>>(), [(0, "a"), (1, "Я"), (3, "b"), (4, "b")]);
    }
}
