//! The live view as one picture, after one round.

use std::io::{self, IsTerminal as _};

use ratatui::buffer::Buffer;

use crate::engine::Shown;
use crate::tui::terminal::terminal_size;
use crate::tui::{MIN_WIDTH, Model, Msg, Theme, View, frame, update};

/// Size of the picture where nobody says otherwise, in columns and rows.
pub(super) const SIZE: (u16, u16) = (100, 40);

/// The frame that the live view would show on a screen of `size`; where nobody says which, on one of the
/// model's columns, with no more rows than show everybody.
pub(super) fn frame_of(
    mut model: Model,
    shown: Shown<'_>,
    size: Option<(u16, u16)>,
    theme: &Theme,
) -> Buffer {
    let whole = View { model: &model, shown }.height_for_all();
    let (columns, rows) = size.unwrap_or_else(|| (model.size.0, SIZE.1.min(whole)));
    update(&mut model, shown, Msg::Resize(columns, rows));
    frame(View { model: &model, shown }, theme)
}

/// Columns and rows of a single picture: no line is longer than one of a terminal without a screen.
pub(super) fn picture_size() -> (u16, u16) {
    let terminal = if io::stdout().is_terminal() { terminal_size().ok() } else { None };
    let columns = terminal.map(|(columns, _)| columns).filter(|columns| *columns >= MIN_WIDTH);
    (columns.unwrap_or(SIZE.0), SIZE.1)
}
