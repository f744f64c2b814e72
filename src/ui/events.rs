//! What happened last, at the foot; the newest at the bottom.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Model;
use crate::presence::{Event, EventGroup};

use super::pen::{Pen, width};
use super::theme::Theme;
use super::transition::group_words;

pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let picture = model.picture();
    let lines = lines(model, theme, usize::from(area.height));
    if lines.is_empty() && picture.roster.last_answer().is_some() {
        Pen::new(buf, area, 0).skip(1).rest("nothing has changed so far", theme.glyphs.cut, theme.dim);
    }
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

/// The last events in words, at most `count` lines; what one user went through at one moment is one.
fn lines(model: &Model, theme: &Theme, count: usize) -> Vec<(String, String, String)> {
    let picture = model.picture();
    let mut lines: Vec<(String, String, String)> = Vec::new();
    let mut last: Option<&EventGroup> = None;
    for group in picture.happened() {
        let (when, who, what) = group_words(&picture, theme, model.zone(), group);
        let continues = last.replace(group).is_some_and(|last| is_one_story(last, group));
        let full = lines.len() == count;
        match lines.last_mut().filter(|_| continues) {
            // Newest first here, so what came before goes to the front.
            Some(line) => line.2.insert_str(0, &format!("{what}, ")),
            None if full => break,
            None => lines.push((when, who, what)),
        }
    }
    lines.reverse();
    lines
}

fn is_one_story(one: &EventGroup, other: &EventGroup) -> bool {
    match (&one.event, &other.event) {
        (Event::Transition(a), Event::Transition(b)) => {
            one.count == 1
                && other.count == 1
                && a.user == b.user
                && a.after == b.after
                && a.before == b.before
        }
        _ => false,
    }
}
