//! The live view as one picture, after one round.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{Model, Msg, update};
use crate::presence::Moment;
use crate::ui::{Theme, view};

/// Size of the picture where nobody says otherwise, in columns and rows; fewer rows where fewer show
/// everybody.
pub const SIZE: (u16, u16) = (100, 40);

/// The frame that the live view would show at `now` on a screen of `size`.
pub fn frame_of(mut model: Model, size: Option<(u16, u16)>, theme: &Theme, now: Moment) -> Buffer {
    let (columns, rows) = size.unwrap_or_else(|| (SIZE.0, SIZE.1.min(model.height_for_all())));
    update(&mut model, now, Msg::Resize(columns, rows));
    let area = Rect::new(0, 0, columns, rows);
    let mut frame = Buffer::empty(area);
    view(&model, theme, area, &mut frame);
    frame
}
