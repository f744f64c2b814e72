//! The live view as one picture, after one round.

use ratatui::buffer::Buffer;

use crate::app::{Model, Msg, View, update};
use crate::engine::Shown;
use crate::report::frame;
use crate::ui::Theme;

/// Size of the picture where nobody says otherwise, in columns and rows; fewer rows where fewer show
/// everybody.
pub(super) const SIZE: (u16, u16) = (100, 40);

/// The frame that the live view would show on a screen of `size`.
pub(super) fn frame_of(
    mut model: Model,
    shown: Shown<'_>,
    size: Option<(u16, u16)>,
    theme: &Theme,
) -> Buffer {
    let whole = View { model: &model, shown }.height_for_all();
    let (columns, rows) = size.unwrap_or_else(|| (SIZE.0, SIZE.1.min(whole)));
    update(&mut model, shown, Msg::Resize(columns, rows));
    frame(View { model: &model, shown }, theme)
}
