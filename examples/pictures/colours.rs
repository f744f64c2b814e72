//! Which colour a cell has on a dark background, in full.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u8, pub(crate) u8, pub(crate) u8);

/// The terminal's own background, nearly black, and its text.
pub(crate) const BEHIND: Rgb = Rgb(0x14, 0x16, 0x1b);
const TEXT: Rgb = Rgb(0xd6, 0xd9, 0xdf);

/// The sixteen of a terminal, first the eight, then the bright ones.
const SIXTEEN: [u32; 16] = [
    0x3b_3f46, 0xe0_6c6c, 0x87_b36b, 0xd7_ae62, 0x6a_9fd8, 0xb9_82c9, 0x5c_b3b8, 0xc5_c8ce, //
    0x6b_7078, 0xf0_8a8a, 0xa3_cf86, 0xec_c97d, 0x8a_b8ec, 0xd0_9fdf, 0x7c_cdd1, 0xff_ffff,
];
/// Steps of a channel in the cube of 216.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The colour of a cell's text and, where it is not the usual one, of what is behind it.
pub(crate) fn of_cell(cell: &Cell) -> (Rgb, Option<Rgb>) {
    let bg = full(cell.bg);
    let mut fg = full(cell.fg).unwrap_or(TEXT);
    if cell.modifier.contains(Modifier::DIM) {
        fg = mixed(fg, bg.unwrap_or(BEHIND));
    }
    if cell.modifier.contains(Modifier::REVERSED) {
        return (bg.unwrap_or(BEHIND), Some(fg));
    }
    (fg, bg)
}

/// A colour in full; `None` is the terminal's own.
fn full(colour: Color) -> Option<Rgb> {
    Some(match colour {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => Rgb(red, green, blue),
        Color::Indexed(number) => indexed(number),
        Color::Black => indexed(0),
        Color::Red => indexed(1),
        Color::Green => indexed(2),
        Color::Yellow => indexed(3),
        Color::Blue => indexed(4),
        Color::Magenta => indexed(5),
        Color::Cyan => indexed(6),
        Color::Gray => indexed(7),
        Color::DarkGray => indexed(8),
        Color::LightRed => indexed(9),
        Color::LightGreen => indexed(10),
        Color::LightYellow => indexed(11),
        Color::LightBlue => indexed(12),
        Color::LightMagenta => indexed(13),
        Color::LightCyan => indexed(14),
        Color::White => indexed(15),
    })
}

/// One of the 256: the sixteen, the cube, and 24 greys.
fn indexed(number: u8) -> Rgb {
    if let Some(named) = SIXTEEN.get(usize::from(number)) {
        let [_, red, green, blue] = named.to_be_bytes();
        return Rgb(red, green, blue);
    }
    if number >= 232 {
        let grey = 8 + 10 * (number - 232);
        return Rgb(grey, grey, grey);
    }
    let place = number - 16;
    let step = |at: u8| STEPS.get(usize::from(at % 6)).copied().unwrap_or_default();
    Rgb(step(place / 36), step(place / 6), step(place))
}

/// How a terminal dims: some way towards what is behind, still readable.
fn mixed(fg: Rgb, behind: Rgb) -> Rgb {
    let channel = |one: u8, other: u8| ((u16::from(one) * 6 + u16::from(other) * 4) / 10) as u8;
    Rgb(channel(fg.0, behind.0), channel(fg.1, behind.1), channel(fg.2, behind.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_256_colours_are_the_sixteen_a_cube_and_greys() {
        assert_eq!(indexed(1), Rgb(0xe0, 0x6c, 0x6c));
        assert_eq!(indexed(16), Rgb(0, 0, 0));
        assert_eq!(indexed(167), Rgb(215, 95, 95));
        assert_eq!(indexed(231), Rgb(255, 255, 255));
        assert_eq!((indexed(232), indexed(255)), (Rgb(8, 8, 8), Rgb(238, 238, 238)));
    }

    #[test]
    fn reversed_text_has_the_colour_of_the_background_and_dim_text_is_nearer_to_it() {
        let mut cell = Cell::default();
        assert_eq!(of_cell(&cell), (TEXT, None));
        cell.modifier = Modifier::REVERSED;
        assert_eq!(of_cell(&cell), (BEHIND, Some(TEXT)));
        cell.modifier = Modifier::DIM;
        assert_eq!(of_cell(&cell).0, Rgb(0x88, 0x8b, 0x90));
        cell.fg = Color::Rgb(1, 2, 3);
        cell.bg = Color::Indexed(196);
        cell.modifier = Modifier::REVERSED;
        assert_eq!(of_cell(&cell), (Rgb(255, 0, 0), Some(Rgb(1, 2, 3))));
    }
}
