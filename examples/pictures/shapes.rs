//! Signs that fill their cell to its edges. They are drawn and not written, as those of a font leave
//! gaps between cells that a terminal does not have.

use std::fmt::Write as _;

use crate::svg::{HEIGHT, WIDTH};

/// Left, top, width and height within the cell.
type Bar = (u32, u32, u32, u32);

/// A line through the middle of a cell.
const ACROSS: Bar = (0, HEIGHT / 2, WIDTH, 1);
const DOWN: Bar = (WIDTH / 2, 0, 1, HEIGHT);
const RIGHT: Bar = (WIDTH / 2, HEIGHT / 2, WIDTH - WIDTH / 2, 1);
const UP: Bar = (WIDTH / 2, 0, 1, HEIGHT / 2 + 1);

/// What a sign is drawn of, and how much of what is behind it is covered, in tenths.
pub(crate) struct Shape {
    bars: [Option<Bar>; 2],
    pub(crate) covers: u8,
}

/// How a sign is drawn; `None` where it is to be written.
pub(crate) fn shape(symbol: &str) -> Option<Shape> {
    let mut characters = symbol.chars();
    let (Some(sign), None) = (characters.next(), characters.next()) else { return None };
    let bars = match sign {
        '─' => [Some(ACROSS), None],
        '│' => [Some(DOWN), None],
        '├' => [Some(DOWN), Some(RIGHT)],
        '└' => [Some(UP), Some(RIGHT)],
        '▁'..='█' => {
            let high = (u32::from(sign) - u32::from('▁') + 1) * HEIGHT / 8;
            [Some((0, HEIGHT - high, WIDTH, high)), None]
        }
        '░' => [Some((0, 0, WIDTH, HEIGHT)), None],
        _ => return None,
    };
    Some(Shape { bars, covers: if sign == '░' { 3 } else { 10 } })
}

impl Shape {
    /// Adds to `path` what `cells` of these in a row are, the first with its corner at `left`, `top`.
    pub(crate) fn draw(&self, left: u32, top: u32, cells: u32, path: &mut String) {
        for &(x, y, wide, high) in self.bars.iter().flatten() {
            // Those from edge to edge grow together, so that there is no seam.
            let (times, wide) = if wide == WIDTH { (1, wide * cells) } else { (cells, wide) };
            for cell in 0..times {
                let (x, y) = (left + cell * WIDTH + x, top + y);
                // Writing to a String cannot fail.
                let _ = write!(path, "M{x} {y}h{wide}v{high}h-{wide}z");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(symbol: &str, cells: u32) -> String {
        let mut path = String::new();
        shape(symbol).expect(symbol).draw(100, 200, cells, &mut path);
        path
    }

    #[test]
    fn what_goes_from_edge_to_edge_grows_together() {
        assert_eq!(path("─", 3), "M100 210h27v1h-27z");
        assert_eq!(path("█", 2), "M100 200h18v20h-18z");
        assert_eq!(path("▁", 1), "M100 218h9v2h-9z");
        assert_eq!(path("│", 2), "M104 200h1v20h-1zM113 200h1v20h-1z");
        assert_eq!(path("└", 1), "M104 200h1v11h-1zM104 210h5v1h-5z");
    }

    #[test]
    fn letters_are_written() {
        assert!(["a", "王", "●", "─\u{301}", ""].iter().all(|symbol| shape(symbol).is_none()));
    }
}
