//! Which colour a cell has on a dark or a light background, in full.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use super::Background;

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rgb(pub(super) u8, pub(super) u8, pub(super) u8);

/// Where nothing else is said: the background's colour and that of the text on it.
pub(super) fn usual(background: Background) -> (Rgb, Rgb) {
    match background {
        Background::Dark => (Rgb(0x14, 0x16, 0x1b), Rgb(0xd6, 0xd9, 0xdf)),
        Background::Light => (Rgb(0xff, 0xff, 0xff), Rgb(0x24, 0x29, 0x2f)),
    }
}

/// The sixteen of a terminal, first the eight, then the bright ones.
const ON_DARK: [u32; 16] = [
    0x3b_3f46, 0xe0_6c6c, 0x87_b36b, 0xd7_ae62, 0x6a_9fd8, 0xb9_82c9, 0x5c_b3b8, 0xc5_c8ce, //
    0x6b_7078, 0xf0_8a8a, 0xa3_cf86, 0xec_c97d, 0x8a_b8ec, 0xd0_9fdf, 0x7c_cdd1, 0xff_ffff,
];
const ON_LIGHT: [u32; 16] = [
    0x24_292f, 0xc0_2b2b, 0x1f_7a34, 0x8a_6300, 0x1f_5fb8, 0x8b_3a9c, 0x0f_747a, 0x6a_737d, //
    0x57_606a, 0xd0_4545, 0x2c_9447, 0xa5_7800, 0x3a_7ad0, 0xa4_53b5, 0x1d_8f96, 0x8c_959f,
];

/// Steps of a channel in the cube of 216.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The colour of a cell's text and, where it is not the usual one, of what is behind it.
pub(super) fn of_cell(cell: &Cell, background: Background) -> (Rgb, Option<Rgb>) {
    let (behind, text) = usual(background);
    let bg = full(cell.bg, background);
    let mut fg = full(cell.fg, background).unwrap_or(text);
    if cell.modifier.contains(Modifier::DIM) {
        fg = mixed(fg, bg.unwrap_or(behind));
    }
    if cell.modifier.contains(Modifier::REVERSED) {
        return (bg.unwrap_or(behind), Some(fg));
    }
    (fg, bg)
}

/// A colour in full; `None` is the terminal's own.
fn full(colour: Color, background: Background) -> Option<Rgb> {
    Some(match colour {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => Rgb(red, green, blue),
        Color::Indexed(number) => indexed(number, background),
        Color::Black => indexed(0, background),
        Color::Red => indexed(1, background),
        Color::Green => indexed(2, background),
        Color::Yellow => indexed(3, background),
        Color::Blue => indexed(4, background),
        Color::Magenta => indexed(5, background),
        Color::Cyan => indexed(6, background),
        Color::Gray => indexed(7, background),
        Color::DarkGray => indexed(8, background),
        Color::LightRed => indexed(9, background),
        Color::LightGreen => indexed(10, background),
        Color::LightYellow => indexed(11, background),
        Color::LightBlue => indexed(12, background),
        Color::LightMagenta => indexed(13, background),
        Color::LightCyan => indexed(14, background),
        Color::White => indexed(15, background),
    })
}

/// One of the 256: the sixteen, the cube, and 24 greys.
fn indexed(number: u8, background: Background) -> Rgb {
    let named = match background {
        Background::Dark => ON_DARK,
        Background::Light => ON_LIGHT,
    };
    if let Some(named) = named.get(usize::from(number)) {
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
        let dark = |number| indexed(number, Background::Dark);
        assert_eq!(dark(1), Rgb(0xe0, 0x6c, 0x6c));
        assert_eq!(indexed(1, Background::Light), Rgb(0xc0, 0x2b, 0x2b));
        assert_eq!(dark(16), Rgb(0, 0, 0));
        assert_eq!(dark(167), Rgb(215, 95, 95));
        assert_eq!(dark(231), Rgb(255, 255, 255));
        assert_eq!((dark(232), dark(255)), (Rgb(8, 8, 8), Rgb(238, 238, 238)));
    }

    #[test]
    fn reversed_text_has_the_colour_of_the_background_and_dim_text_is_nearer_to_it() {
        let mut cell = Cell::default();
        let (behind, text) = usual(Background::Light);
        assert_eq!(of_cell(&cell, Background::Light), (text, None));
        cell.modifier = Modifier::REVERSED;
        assert_eq!(of_cell(&cell, Background::Light), (behind, Some(text)));
        cell.modifier = Modifier::DIM;
        assert_eq!(of_cell(&cell, Background::Light).0, Rgb(0x7b, 0x7e, 0x82));
        cell.fg = Color::Rgb(1, 2, 3);
        cell.bg = Color::Indexed(196);
        cell.modifier = Modifier::REVERSED;
        assert_eq!(of_cell(&cell, Background::Dark), (Rgb(255, 0, 0), Some(Rgb(1, 2, 3))));
    }
}
