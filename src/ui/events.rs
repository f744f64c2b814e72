//! What happened last, at the foot; the newest at the bottom.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Model;

use super::pen::{Pen, width};
use super::theme::Theme;
use super::transition::group_words;

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let picture = model.picture();
    let mut groups: Vec<_> = picture.happened().take(usize::from(area.height)).collect();
    groups.reverse();
    if groups.is_empty() && picture.roster.last_answer().is_some() {
        Pen::new(buf, area, 0).skip(1).rest("nothing has changed so far", theme.glyphs.cut, theme.dim);
    }
    let lines: Vec<_> =
        groups.into_iter().map(|group| group_words(&picture, theme, model.zone(), group)).collect();
    let widest =
        |texts: &dyn Fn(&(String, String, String)) -> u16| lines.iter().map(texts).max().unwrap_or(0);
    let when_width = widest(&|line| width(&line.0)).min(area.width / 2);
    let who_width = widest(&|line| width(&line.1)).min(area.width / 4);
    for (row, (when, who, what)) in (0..).zip(&lines) {
        let mut pen = Pen::new(buf, area, row);
        let cut = theme.glyphs.cut;
        pen.skip(1).field(when, when_width, cut, theme.dim).skip(2);
        pen.field(who, who_width, cut, theme.plain).skip(2).rest(what, cut, theme.plain);
    }
}
