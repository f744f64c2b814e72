//! What happened last, at the foot; the newest at the bottom, the biggest lowest within a moment.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::presence::{Event, EventGroup};
use crate::say;
use crate::tui::View;

use super::painter::Painter;
use super::theme::Theme;
use super::times;
use super::transition::{in_words, some_names};

/// Events of so many users stay for a while, whatever comes after them.
const MANY: u32 = 3;
/// For so many milliseconds.
const STAY_MS: u64 = 30_000;
/// What is seen within so many milliseconds belongs to one moment.
const MOMENT_MS: u64 = 1_000;
/// So many of the last groups are looked at.
const LAST: usize = 500;

pub(super) fn draw(model: View<'_>, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let picture = model.picture();
    let shown = chosen(model, usize::from(area.height));
    if shown.is_empty() && picture.roster.last_answer().is_some() {
        Painter::new(theme, buf, area, 0).skip(1).rest(
            say!("nothing has changed so far"),
            theme.glyphs.cut,
            theme.dim,
        );
    }
    let lines = in_words(model, theme, &shown);
    let when = |group: &&EventGroup| times::between(group.after, group.before, picture.now, &model.zone);
    let when: Vec<String> = shown.iter().map(when).collect();
    let when_width = when.iter().map(|when| theme.width(when)).max().unwrap_or(0).min(area.width / 2);
    let who_width = lines.iter().map(|line| theme.width(&line.who)).max().unwrap_or(0).min(area.width / 4);
    for (row, (when, line)) in (0..).zip(when.iter().zip(&lines)) {
        let mut pen = Painter::new(theme, buf, area, row);
        let cut = theme.glyphs.cut;
        pen.skip(1).field(when, when_width, cut, theme.dim).skip(2);
        pen.field(&line.who, who_width, cut, theme.plain).skip(2);
        pen.field(&line.what, theme.width(&line.what), cut, theme.plain);
        let room = pen.left().saturating_sub(2);
        let names = some_names(&model.names, theme, line.users, line.and_more, room);
        if !names.is_empty() {
            pen.put(say!(": "), theme.plain).put(&names, theme.plain);
        }
    }
}

/// The groups to show on so many lines, from top to bottom.
fn chosen(model: View<'_>, height: usize) -> Vec<&EventGroup> {
    let picture = model.picture();
    let mut last: Vec<&EventGroup> = picture.at_the_foot().take(LAST).collect();
    let mut rest = last.as_mut_slice();
    while let Some(newest) = rest.first().map(|group| group.before) {
        let moment = rest.iter().take_while(|group| newest.since(group.before) <= MOMENT_MS).count();
        let (together, older) = rest.split_at_mut(moment.max(1));
        together.sort_by_key(|group| std::cmp::Reverse(group.count));
        rest = older;
    }
    let is_of_many = |group: &EventGroup| group.count >= MANY && matches!(group.event, Event::Story(_));
    let stays = |group: &EventGroup| is_of_many(group) && picture.now.since(group.before) <= STAY_MS;
    // One line is left to what is newest, but the only one is not.
    let mut room_to_stay = height.saturating_sub(1).max(1);
    let mut staying: Vec<bool> = last
        .iter()
        .map(|group| {
            let stays = room_to_stay > 0 && stays(group);
            room_to_stay -= usize::from(stays);
            stays
        })
        .collect();
    let mut room = height.saturating_sub(staying.iter().filter(|stays| **stays).count());
    for shown in staying.iter_mut().filter(|shown| !**shown) {
        if room == 0 {
            break;
        }
        *shown = true;
        room -= 1;
    }
    last.into_iter().zip(staying).filter(|(_, shown)| *shown).map(|(group, _)| group).rev().collect()
}
