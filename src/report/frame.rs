//! A drawn frame as text: plain, or with the colours of a terminal.

use std::io::{self, Write};

use ratatui::buffer::{Buffer, Cell, CellWidth as _};
use ratatui::crossterm::QueueableCommand as _;
use ratatui::crossterm::style::{Attribute, Color, SetAttribute, SetBackgroundColor, SetForegroundColor};
use ratatui::style::Modifier;

/// Writes the frame line by line, without the blanks at the ends of lines and without the empty
/// lines at its foot.
///
/// # Errors
/// Those of `out`.
pub fn write_frame(frame: &Buffer, coloured: bool, out: &mut dyn Write) -> io::Result<()> {
    let area = frame.area;
    let lines: Vec<Vec<&Cell>> = (area.top()..area.bottom())
        .map(|y| {
            let mut cells = Vec::new();
            let mut x = area.left();
            while x < area.right() {
                let cell = &frame[(x, y)];
                cells.push(cell);
                x += (cell.cell_width()).max(1); // a wide character covers the next cell
            }
            let last = cells.iter().rposition(|cell| cell.symbol() != " " || (coloured && !is_plain(cell)));
            cells.truncate(last.map_or(0, |last| last + 1));
            cells
        })
        .collect();
    let used = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    for line in &lines[..used] {
        write_line(line, coloured, out)?;
    }
    out.flush()
}

fn write_line(line: &[&Cell], coloured: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut style = None;
    for cell in line {
        if coloured && style != Some(look(cell)) {
            let mut codes = Vec::new();
            if style.is_some() || !is_plain(cell) {
                queue_look(cell, &mut codes)?;
            }
            out.write_all(&codes)?;
            style = Some(look(cell));
        }
        out.write_all(cell.symbol().as_bytes())?;
    }
    if style
        .is_some_and(|(fg, bg, modifier)| fg != Color::Reset || bg != Color::Reset || !modifier.is_empty())
    {
        out.write_all(b"\x1b[0m")?;
    }
    out.write_all(b"\n")
}

fn is_plain(cell: &Cell) -> bool {
    look(cell) == (Color::Reset, Color::Reset, Modifier::empty())
}

fn look(cell: &Cell) -> (Color, Color, Modifier) {
    use ratatui::backend::IntoCrossterm as _;
    (cell.fg.into_crossterm(), cell.bg.into_crossterm(), cell.modifier)
}

fn queue_look(cell: &Cell, codes: &mut Vec<u8>) -> io::Result<()> {
    let (fg, bg, modifier) = look(cell);
    codes.extend_from_slice(b"\x1b[0m");
    for (flag, attribute) in [
        (Modifier::BOLD, Attribute::Bold),
        (Modifier::DIM, Attribute::Dim),
        (Modifier::ITALIC, Attribute::Italic),
        (Modifier::UNDERLINED, Attribute::Underlined),
        (Modifier::REVERSED, Attribute::Reverse),
    ] {
        if modifier.contains(flag) {
            codes.queue(SetAttribute(attribute))?;
        }
    }
    if fg != Color::Reset {
        codes.queue(SetForegroundColor(fg))?;
    }
    if bg != Color::Reset {
        codes.queue(SetBackgroundColor(bg))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::{Color as Paint, Style};

    fn text(frame: &Buffer, coloured: bool) -> String {
        let mut out = Vec::new();
        write_frame(frame, coloured, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn plain_text_has_no_blanks_at_its_ends() {
        let mut frame = Buffer::empty(Rect::new(0, 0, 12, 4));
        frame.set_string(0, 0, "王小明 ok", Style::new().fg(Paint::Red));
        frame.set_string(2, 2, "x", Style::new());
        assert_eq!(text(&frame, false), "王小明 ok\n\n  x\n");
        assert_eq!(text(&Buffer::empty(Rect::new(0, 0, 3, 3)), false), "");
        assert_eq!(text(&Buffer::empty(Rect::new(0, 0, 0, 0)), true), "");
    }

    #[test]
    fn colours_end_where_they_end() {
        let mut frame = Buffer::empty(Rect::new(0, 0, 6, 1));
        frame.set_string(0, 0, "a", Style::new());
        frame.set_string(1, 0, "b", Style::new().fg(Paint::Red).bold());
        frame.set_string(2, 0, "c", Style::new());
        frame.set_string(3, 0, "d", Style::new().dim());
        assert_eq!(
            text(&frame, true),
            "a\u{1b}[0m\u{1b}[1m\u{1b}[38;5;1mb\u{1b}[0mc\u{1b}[0m\u{1b}[2md\u{1b}[0m\n"
        );
    }
}
