//! What there is to choose from below a prompt, and what is wrong with what was typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::presence::visible;
use crate::say;
use crate::tui::{Candidate, MOST_OFFERED, Mistake, Prompt, View, wrapped};

use super::painter::Painter;
use super::prompt::{head, hidden};
use super::theme::Theme;

/// Most candidates that are seen at a time.
const MOST: u16 = 10;

/// Rows below them that go on showing what was there, where there are so many.
const LEFT: u16 = 4;

/// On a narrower screen there is no help beside the names.
const NARROW: u16 = 40;

/// A line of the list.
enum Row<'a> {
    Wrong(String),
    Usage(&'a Candidate),
    Candidate(&'a Candidate, bool),
    /// So many candidates have no room.
    More(usize),
}

/// Draws over the upper rows of `area`, which begins below the prompt.
pub(super) fn draw(model: View<'_>, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(prompt) = model.prompt.as_ref() else { return };
    let rows = rows(theme, prompt, area);
    if rows.is_empty() {
        return;
    }
    let height = rows.len() as u16;
    // A rule below tells the list from what it covers.
    let ruled = area.height > height;
    let covered = Rect { height: height + u16::from(ruled), ..area }.intersection(buf.area);
    for position in covered.positions() {
        if let Some(cell) = buf.cell_mut(position) {
            cell.reset();
        }
    }
    let named = |row: &Row<'_>| match row {
        Row::Usage(candidate) | Row::Candidate(candidate, _) => theme.width(&usage(candidate)),
        Row::Wrong(_) | Row::More(_) => 0,
    };
    let widest = rows.iter().map(named).max().unwrap_or(0).max(8);
    // With no room for two columns the names are all.
    let names = if area.width < NARROW { area.width } else { widest.min((area.width - 4) / 2) };
    let cut = theme.glyphs.cut;
    for (at, row) in (0..).zip(&rows) {
        let mut pen = Painter::new(theme, buf, area, at);
        match row {
            Row::Wrong(text) => {
                pen.skip(1).rest(text, cut, theme.bad);
            }
            Row::More(count) => {
                let more = if prompt.offers().candidates.len() < MOST_OFFERED {
                    say!("+{count} more", count)
                } else {
                    say!("+{count} more at least", count)
                };
                pen.skip(2).rest(&more, cut, theme.dim);
            }
            Row::Usage(candidate) => line(theme, pen.skip(1), candidate, names, theme.plain),
            Row::Candidate(candidate, chosen) => {
                pen.put(if *chosen { ">" } else { " " }, theme.strong);
                line(theme, &mut pen, candidate, names, theme.key);
                if *chosen {
                    let bar = Rect { y: area.y + at, height: 1, ..area }.intersection(buf.area);
                    buf.set_style(bar, theme.selected);
                }
            }
        }
    }
    if ruled {
        let line = theme.glyphs.rule.repeat(usize::from(area.width));
        Painter::new(theme, buf, area, height).put(&line, theme.dim);
    }
}

/// What is wrong, how the command is used, and as many candidates as there is room for, among them the
/// one that stands in the text.
fn rows<'a>(theme: &Theme, prompt: &'a Prompt, area: Rect) -> Vec<Row<'a>> {
    let offers = prompt.offers();
    let mut rows: Vec<Row<'a>> = Vec::new();
    if let Some(mistake) = prompt.mistake() {
        rows.extend(wrong(theme, prompt, mistake, area.width).into_iter().map(Row::Wrong));
    }
    rows.extend(offers.usage.as_ref().map(Row::Usage));
    let beside = if area.height > 2 * LEFT { LEFT } else { 0 };
    let room = area.height.saturating_sub(beside).min(MOST + rows.len() as u16);
    rows.truncate(usize::from(area.height));
    let room = usize::from(room).saturating_sub(rows.len());
    let all = offers.candidates.len();
    // The last row tells that there are more, where one is to spare.
    let told = all > room && room > 1;
    let seen = if told { room - 1 } else { room };
    let skipped = offers.chosen.map_or(0, |chosen| (chosen + 1).saturating_sub(seen));
    let candidates = offers.candidates.iter().enumerate().skip(skipped).take(seen);
    rows.extend(candidates.map(|(at, candidate)| Row::Candidate(candidate, offers.chosen == Some(at))));
    if told {
        rows.push(Row::More(all - seen));
    }
    rows
}

/// What is wrong, under its place where there is room for it there.
fn wrong(theme: &Theme, prompt: &Prompt, mistake: &Mistake, columns: u16) -> Vec<String> {
    let head = theme.width(head(prompt.purpose()));
    let hidden = hidden(theme, prompt, columns.saturating_sub(head + 2));
    let columns_of = |range| theme.width(&visible(prompt.text().get(range).unwrap_or_default()));
    let under = columns_of(mistake.range.clone()).max(1);
    let at = head + columns_of(hidden..mistake.range.start.max(hidden));
    let beside = wrapped(&mistake.text, usize::from(columns.saturating_sub(2)));
    if mistake.range.start < hidden || at + under >= columns {
        return beside;
    }
    let mark = format!("{}{}", " ".repeat(usize::from(at)), "^".repeat(usize::from(under)));
    if at + under + theme.width(&mistake.text) + 2 <= columns {
        vec![format!("{mark} {}", mistake.text)]
    } else {
        [mark].into_iter().chain(beside).collect()
    }
}

fn usage(candidate: &Candidate) -> String {
    let tick = tick(candidate);
    if candidate.arguments.is_empty() {
        format!("{tick}{}", candidate.name)
    } else {
        format!("{tick}{} {}", candidate.name, candidate.arguments)
    }
}

/// Whether a candidate is chosen, where it can be or not.
fn tick(candidate: &Candidate) -> &'static str {
    match candidate.ticked {
        Some(true) => "[x] ",
        Some(false) => "[ ] ",
        None => "",
    }
}

/// Name and arguments, what it does, the keys that do the same at the right.
fn line(theme: &Theme, pen: &mut Painter<'_>, candidate: &Candidate, names: u16, name_style: Style) {
    let cut = theme.glyphs.cut;
    pen.skip(1);
    let end = pen.left().saturating_sub(names);
    let name = format!("{}{}", tick(candidate), candidate.name);
    pen.field(&name, theme.width(&name).min(names), cut, name_style);
    pen.skip(pen.left().saturating_sub(end).min(1));
    pen.field(candidate.arguments, pen.left().saturating_sub(end), cut, theme.dim).skip(2);
    let keys = theme.width(&candidate.keys);
    let help = if keys > 0 && pen.left() > keys + 12 { pen.left() - keys - 2 } else { pen.left() };
    pen.field(&candidate.help, help, cut, theme.plain);
    if pen.left() > keys + 1 {
        pen.skip(1).put(&candidate.keys, theme.key);
    }
}
