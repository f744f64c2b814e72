//! A drawn frame as SVG: what a terminal with it would look like, for pages that show pictures.
//!
//! It must look the same whatever fonts there are: each run of text begins at its column and is as
//! long as its cells, and what has to touch its neighbours is drawn. The same frame gives the same bytes.

use std::io::{self, Write};

use ratatui::buffer::{Buffer, Cell, CellWidth as _};
use ratatui::style::Modifier;

use crate::colours::{self, BEHIND, Rgb};
use crate::shapes::{self, shape};

/// Size of a cell, in pixels.
pub(crate) const WIDTH: u32 = 9;
pub(crate) const HEIGHT: u32 = 20;

/// From the top of a cell to the line on which letters stand.
const BASELINE: u32 = 15;

/// Around the cells.
const MARGIN: u32 = 14;

/// A letter of it takes 0.6 of its size, as in most fonts of one width.
const FONT: &str = "font-family=\"ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Noto Sans Mono',\
'Noto Sans Mono CJK SC','Noto Sans CJK SC','PingFang SC','Microsoft YaHei','WenQuanYi Micro Hei',monospace\" \
font-size=\"15\"";

/// Size of letters that take two columns: they are about as wide as high.
const WIDE_SIZE: &str = " font-size=\"17\"";

/// Writes the frame as an SVG document.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write(frame: &Buffer, out: &mut dyn Write) -> io::Result<()> {
    let area = frame.area;
    let (wide, high) =
        (u32::from(area.width) * WIDTH + 2 * MARGIN, u32::from(area.height) * HEIGHT + 2 * MARGIN);
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" \
         viewBox=\"0 0 {wide} {high}\" xml:space=\"preserve\">"
    )?;
    // A line around it, as the page may have the same colour.
    writeln!(
        out,
        "<rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"10\" fill=\"{}\" stroke=\"#80858d\" \
         stroke-opacity=\".5\"/>",
        wide - 1,
        high - 1,
        hex(BEHIND)
    )?;
    writeln!(out, "<g {FONT}>")?;
    for (row, y) in (0..).zip(area.top()..area.bottom()) {
        let line = Line { top: MARGIN + row * HEIGHT, runs: runs(frame, y) };
        line.write_behind(out)?;
        line.write_signs(out)?;
    }
    writeln!(out, "</g>\n</svg>")?;
    out.flush()
}

/// How cells look.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    fg: Rgb,
    behind: Option<Rgb>,
    /// Of those that letters show: [`LETTERS`].
    modifier: Modifier,
}

/// What letters themselves show; the rest is in the colours.
const LETTERS: Modifier =
    Modifier::BOLD.union(Modifier::ITALIC).union(Modifier::UNDERLINED).union(Modifier::CROSSED_OUT);

/// Lines that go on through blanks.
const LINED: Modifier = Modifier::UNDERLINED.union(Modifier::CROSSED_OUT);

/// What has to begin at its own column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Letters that any font of one width has; they may go together.
    Plain,
    /// Signs and letters that may come out of another font, which can have another width.
    Single,
    /// Letters of two columns.
    Wide,
    /// Drawn.
    Drawn,
}

/// Cells in a row that go together.
struct Run {
    /// The first of them, counted from the left edge.
    column: u32,
    columns: u32,
    look: Look,
    kind: Kind,
    text: String,
}

/// The cells of one row.
struct Line {
    /// Where it begins, in pixels.
    top: u32,
    runs: Vec<Run>,
}

fn runs(frame: &Buffer, y: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut x = frame.area.left();
    while x < frame.area.right() {
        let cell = &frame[(x, y)];
        let columns = columns(cell);
        let (look, kind) = (look(cell), kind(cell));
        let column = u32::from(x - frame.area.left());
        match runs.last_mut().filter(|run| run.look == look && run.takes(kind, cell.symbol())) {
            Some(run) => {
                run.columns += u32::from(columns);
                run.text.push_str(cell.symbol());
            }
            None => runs.push(Run {
                column,
                columns: u32::from(columns),
                look,
                kind,
                text: cell.symbol().to_owned(),
            }),
        }
        x += columns;
    }
    runs
}

impl Run {
    /// Whether a cell that looks the same may be the next of this run.
    fn takes(&self, kind: Kind, symbol: &str) -> bool {
        self.kind == kind
            && match kind {
                Kind::Plain | Kind::Wide => true,
                Kind::Single => false,
                Kind::Drawn => self.text.starts_with(symbol),
            }
    }

    /// The parts of it between gaps, each with its column and its number of columns: a font whose blank is
    /// not as wide as its letters must not move what comes after a gap.
    fn words(&self) -> Vec<(u32, u32, &str)> {
        if self.kind != Kind::Plain || self.look.modifier.intersects(LINED) {
            return vec![(self.column, self.columns, &self.text)];
        }
        let mut words = Vec::new();
        let mut column = self.column;
        for piece in self.text.split("  ") {
            // Each byte of a plain run is a column.
            let word = piece.trim_start();
            let before = (piece.len() - word.len()) as u32;
            let length = word.trim_end().len() as u32;
            if length > 0 {
                words.push((column + before, length, word.trim_end()));
            }
            column += piece.len() as u32 + 2;
        }
        words
    }

    /// How one cell of it is drawn.
    fn shape(&self) -> Option<shapes::Shape> {
        let end = self.text.char_indices().nth(1).map_or(self.text.len(), |(at, _)| at);
        shape(self.text.get(..end)?)
    }

    fn covers(&self) -> u8 {
        self.shape().map_or(10, |shape| shape.covers)
    }
}

/// How many columns a cell takes: a wide character covers the next one.
fn columns(cell: &Cell) -> u16 {
    // No text with a control character has a width; nothing draws one, and none may end the program.
    if cell.symbol().chars().any(char::is_control) { 1 } else { cell.cell_width().max(1) }
}

fn look(cell: &Cell) -> Look {
    let (fg, behind) = colours::of_cell(cell);
    Look {
        // What is not seen is as its neighbours are.
        fg: if cell.modifier.contains(Modifier::HIDDEN) { behind.unwrap_or(BEHIND) } else { fg },
        behind,
        modifier: cell.modifier.intersection(LETTERS),
    }
}

fn kind(cell: &Cell) -> Kind {
    match cell.symbol() {
        symbol if shape(symbol).is_some() => Kind::Drawn,
        symbol if symbol.len() == 1 => Kind::Plain,
        _ if columns(cell) > 1 => Kind::Wide,
        _ => Kind::Single,
    }
}

impl Line {
    /// What is behind the text, where that is not the picture's own background.
    fn write_behind(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut runs = self.runs.iter().peekable();
        while let Some(first) = runs.next() {
            let Some(behind) = first.look.behind else { continue };
            let mut columns = first.columns;
            while let Some(run) = runs.next_if(|run| run.look.behind == Some(behind)) {
                columns += run.columns;
            }
            let (x, y) = (MARGIN + first.column * WIDTH, self.top);
            let fill = hex(behind);
            writeln!(
                out,
                "<path d=\"M{x} {y}h{wide}v{HEIGHT}h-{wide}z\" fill=\"{fill}\"/>",
                wide = columns * WIDTH
            )?;
        }
        Ok(())
    }

    fn write_signs(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut drawn = self.runs.iter().peekable();
        while let Some(run) = drawn.next() {
            if run.kind != Kind::Drawn {
                self.write_text(run, out)?;
                continue;
            }
            let covers = run.covers();
            let mut path = String::new();
            self.draw(run, &mut path);
            while let Some(next) = drawn.next_if(|next| {
                next.kind == Kind::Drawn && next.look.fg == run.look.fg && next.covers() == covers
            }) {
                self.draw(next, &mut path);
            }
            let fill = hex(run.look.fg);
            let through = if covers < 10 { format!(" fill-opacity=\".{covers}\"") } else { String::new() };
            writeln!(out, "<path d=\"{path}\" fill=\"{fill}\"{through}/>")?;
        }
        Ok(())
    }

    fn draw(&self, run: &Run, path: &mut String) {
        if let Some(shape) = run.shape() {
            shape.draw(MARGIN + run.column * WIDTH, self.top, run.columns, path);
        }
    }

    fn write_text(&self, run: &Run, out: &mut dyn Write) -> io::Result<()> {
        let look = run.look;
        let mut style = format!(" fill=\"{}\"", hex(look.fg));
        if run.kind == Kind::Wide {
            style += WIDE_SIZE;
        }
        for (flag, attribute) in
            [(Modifier::BOLD, " font-weight=\"bold\""), (Modifier::ITALIC, " font-style=\"italic\"")]
        {
            if look.modifier.contains(flag) {
                style += attribute;
            }
        }
        // One attribute for both: XML knows each only once.
        let lines = look.modifier.intersection(LINED);
        if lines == LINED {
            style += " text-decoration=\"underline line-through\"";
        } else if lines == Modifier::UNDERLINED {
            style += " text-decoration=\"underline\"";
        } else if lines == Modifier::CROSSED_OUT {
            style += " text-decoration=\"line-through\"";
        }
        let y = self.top + BASELINE;
        for (column, columns, text) in run.words() {
            let (x, long) = (MARGIN + column * WIDTH, columns * WIDTH);
            let text = escaped(text);
            writeln!(
                out,
                "<text x=\"{x}\" y=\"{y}\" textLength=\"{long}\" lengthAdjust=\"spacingAndGlyphs\"{style}>{text}</text>"
            )?;
        }
        Ok(())
    }
}

fn hex(Rgb(red, green, blue): Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A text as it may stand in XML: nothing of it is markup, and characters that XML does not know are
/// replaced (XML 1.0, production 2).
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            _ if c.is_control() => safe.push('\u{fffd}'),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    fn svg(frame: &Buffer) -> String {
        let mut out = Vec::new();
        write(frame, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn line(columns: u16, text: &str, style: Style) -> Buffer {
        let mut frame = Buffer::empty(Rect::new(0, 0, columns, 1));
        frame.set_string(0, 0, text, style);
        frame
    }

    /// Column, columns and text of each run of text, from the document itself.
    fn texts(svg: &str) -> Vec<(u32, u32, String)> {
        let number = |line: &str, name: &str| -> u32 {
            let after = line.split_once(&format!("{name}=\"")).unwrap().1;
            after.split_once('"').unwrap().0.parse().unwrap()
        };
        let text = |line: &str| line.split_once('>').unwrap().1.strip_suffix("</text>").unwrap().to_owned();
        svg.lines()
            .filter(|line| line.starts_with("<text"))
            .map(|line| {
                ((number(line, " x") - MARGIN) / WIDTH, number(line, "textLength") / WIDTH, text(line))
            })
            .collect()
    }

    #[test]
    fn each_run_begins_at_its_column_and_is_as_long_as_its_cells() {
        let found = texts(&svg(&line(30, "● ok 王小明 é  x   y z", Style::new())));
        let expected =
            [(0, 1, "●"), (2, 2, "ok"), (5, 6, "王小明"), (12, 1, "é"), (15, 1, "x"), (19, 3, "y z")];
        assert_eq!(found, expected.map(|(column, columns, text)| (column, columns, text.to_owned())));
    }

    #[test]
    fn another_style_is_another_run() {
        let mut frame = line(8, "abcd", Style::new());
        frame.set_style(Rect::new(2, 0, 1, 1), Style::new().fg(Color::Rgb(1, 2, 3)).bold().underlined());
        let svg = svg(&frame);
        let columns: Vec<u32> = texts(&svg).iter().map(|(column, _, _)| *column).collect();
        assert_eq!(columns, [0, 2, 3]);
        assert!(
            svg.contains("fill=\"#010203\" font-weight=\"bold\" text-decoration=\"underline\">c<"),
            "{svg}"
        );
    }

    #[test]
    fn a_bar_behind_a_row_is_one_piece() {
        let svg = svg(&line(10, "a 王 ─ b", Style::new().reversed().fg(Color::Rgb(9, 9, 9))));
        let bars: Vec<&str> = svg.lines().filter(|line| line.contains("v20")).collect();
        assert_eq!(bars, ["<path d=\"M14 14h72v20h-72z\" fill=\"#090909\"/>"], "{svg}");
    }

    #[test]
    fn rules_and_bars_are_drawn_and_touch() {
        let svg = svg(&line(12, "───▁█ ░x", Style::new()));
        assert!(
            svg.contains("d=\"M14 24h27v1h-27zM41 32h9v2h-9zM50 14h9v20h-9z\" fill=\"#d6d9df\"/>"),
            "{svg}"
        );
        assert!(svg.contains("d=\"M68 14h9v20h-9z\" fill=\"#d6d9df\" fill-opacity=\".3\"/>"), "{svg}");
        assert_eq!(texts(&svg), [(7, 1, "x".to_owned())]);
    }

    #[test]
    fn no_name_gets_out_of_its_text() {
        let mut frame = line(60, "<script>alert('1')</script> ]]> &amp; \"x\" --> <!--", Style::new());
        frame[(50, 0)].set_symbol("\u{1b}");
        frame[(52, 0)].set_symbol("\u{0}");
        frame[(54, 0)].set_symbol("\u{fffe}");
        let svg = svg(&frame);
        let inner: String = texts(&svg).into_iter().map(|(_, _, text)| text).collect();
        assert!(!inner.contains(['<', '>', '"', '\u{1b}', '\u{0}', '\u{fffe}']), "{inner}");
        assert!(
            inner.contains("&lt;script&gt;") && inner.contains("]]&gt; &amp;amp; &quot;x&quot;"),
            "{inner}"
        );
        assert_eq!(inner.matches('\u{fffd}').count(), 3);
        let tags = |name: &str| svg.matches(name).count();
        assert_eq!(tags("<text"), tags("</text>"));
        assert_eq!(tags("<"), 5 + 2 * tags("<text"), "{svg}");
    }

    #[test]
    fn an_empty_frame_is_a_picture_and_the_same_one_each_time() {
        let frame = Buffer::empty(Rect::new(0, 0, 0, 0));
        assert_eq!(svg(&frame), svg(&frame));
        assert!(svg(&frame).ends_with("</g>\n</svg>\n"));
        assert_eq!(texts(&svg(&Buffer::empty(Rect::new(3, 2, 5, 2)))), []);
    }
}
