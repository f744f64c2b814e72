//! The line that is being typed, with its cursor, and what was typed before and is in force.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::language;
use crate::presence::visible;
use crate::say;
use crate::tui::{Prompt, Purpose, Screen, View};

use super::painter::Painter;
use super::theme::Theme;

/// What stands before a line that is being typed.
pub(super) fn head(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Filter | Purpose::EventFilter | Purpose::HelpSearch => say!("filter: "),
        Purpose::Command => ":",
    }
}

/// Stands between what narrows the screen and what there is of it.
const GAP: u16 = 3;

/// Draws what narrows the screen; returns the column of the cursor while it is being typed.
pub(super) fn draw(model: View<'_>, theme: &Theme, pen: &mut Painter<'_>) -> Option<u16> {
    if let Some(prompt) = model.prompt.as_ref() {
        return Some(typing(model, theme, prompt, pen));
    }
    let (purpose, text) = match model.screen() {
        Screen::Help { search, .. } => (Purpose::HelpSearch, search.as_str()),
        _ => (Purpose::Filter, model.rows.filter()),
    };
    let text = visible(text);
    let switches = if purpose == Purpose::Filter { switches(model) } else { String::new() };
    let before = if text.trim().is_empty() {
        0
    } else {
        theme.width(head(purpose)) + theme.width(&text).min(LEAST) + GAP
    };
    let found = fitting(
        theme,
        found(model, purpose),
        pen.left().saturating_sub(before + theme.width(&switches) + GAP),
    );
    let behind = |text: &str| if text.is_empty() { 0 } else { theme.width(text) + GAP };
    if before > 0 {
        pen.put(head(purpose), theme.strong);
        let room = pen.left().saturating_sub(behind(&switches) + behind(&found));
        pen.field(&text, theme.width(&text).min(room.max(LEAST)), theme.glyphs.cut, theme.plain).skip(GAP);
    }
    pen.put(&switches, theme.strong);
    at_the_end(pen, &found, theme);
    None
}

/// Less than this of a text is not worth its place.
const LEAST: u16 = 8;

/// Writes what there is where the row ends.
fn at_the_end(pen: &mut Painter<'_>, found: &str, theme: &Theme) {
    // A blank at the edge, as at the left.
    let skipped = pen.left().saturating_sub(theme.width(found) + 1);
    pen.skip(skipped).put(found, theme.dim);
}

/// What else leaves users out.
fn switches(model: View<'_>) -> String {
    let problems = model.switches.problems_only.then(|| say!("problems only"));
    let marked = model.marks.are_all_that_is_shown().then(|| say!("marked only"));
    [problems, marked].into_iter().flatten().collect::<Vec<_>>().join(say!(", "))
}

/// What there is of what is looked for: in many words, then in fewer.
fn found(model: View<'_>, purpose: Purpose) -> Vec<String> {
    let rows = &model.rows;
    let sort = rows.sort();
    match purpose {
        Purpose::Filter => {
            let all = model.picture().roster.list().len();
            let matching = rows.matching();
            let count = say!("{matching} of {all}", matching, all);
            if let Some(done) = rows.progress() {
                return vec![
                    say!("putting {all} users in order {done} %", all, done),
                    say!("{all} users {done} %", all, done),
                    count,
                ];
            }
            if model.prompt.as_ref().is_some() && model.mistake.as_ref().is_some() {
                return vec![
                    say!("{matching} of {all} by the last good filter", matching, all),
                    say!("{matching} of {all} as before", matching, all),
                    count,
                ];
            }
            let open = match rows.undecided() {
                0 => count.clone(),
                undecided => {
                    say!("{matching} of {all}, {undecided} cannot be told", matching, all, undecided)
                }
            };
            vec![[open.as_str(), language::say(sort.words())].join(say!(", ")), open, count]
        }
        Purpose::HelpSearch if model.scrolled_lines().0 == 0 => vec![say!("nothing").to_owned()],
        Purpose::HelpSearch | Purpose::EventFilter | Purpose::Command => Vec::new(),
    }
}

/// The first that has room, or nothing.
fn fitting(theme: &Theme, texts: Vec<String>, room: u16) -> String {
    texts.into_iter().find(|text| theme.width(text) < room).unwrap_or_default()
}

fn typing(model: View<'_>, theme: &Theme, prompt: &Prompt, pen: &mut Painter<'_>) -> u16 {
    let head = head(prompt.purpose());
    pen.put(head, theme.strong);
    // The text moves to the left so that its cursor stays in the room for it.
    let room = pen.left().saturating_sub(1);
    let hidden = hidden(theme, prompt, room);
    let seen = |from: usize, until: usize| visible(prompt.text().get(from..until).unwrap_or_default());
    let end = prompt.text().len();
    let shown = seen(hidden, end);
    let before = seen(hidden, prompt.cursor());
    let cut = theme.glyphs.cut;
    let wrong =
        prompt.mistake().map_or(hidden..hidden, |it| it.range.start.max(hidden)..it.range.end.max(hidden));
    if theme.width(&shown) <= room {
        pen.put(&seen(hidden, wrong.start), theme.plain);
        pen.put(&seen(wrong.start, wrong.end), theme.bad).put(&seen(wrong.end, end), theme.plain);
    } else {
        pen.field(&shown, room, cut, theme.plain);
    }
    let found = fitting(theme, found(model, prompt.purpose()), pen.left().saturating_sub(GAP));
    at_the_end(pen, &found, theme);
    1 + theme.width(head) + theme.width(&before)
}

/// How many bytes of the text stand to the left of what is shown in so many columns.
pub(super) fn hidden(theme: &Theme, prompt: &Prompt, room: u16) -> usize {
    let before = prompt.before_cursor();
    let mut taken = 0u16;
    for (at, grapheme) in before.grapheme_indices(true).rev() {
        taken = taken.saturating_add(theme.width(&visible(grapheme)));
        if taken > room {
            return at + grapheme.len();
        }
    }
    0
}
