//! What stands between the header and the table: what is wrong, banners, the filter.

use unicode_width::UnicodeWidthStr as _;

use super::model::{Model, Screen};

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// What ails the feed.
    Trouble(String),
    /// What to do about it, where that has no room beside it.
    Advice(&'static str),
    /// What is to be kept in mind all the time.
    Banner(String),
    /// The last answers had things in them that don't belong there.
    Odd(String),
    /// The filter, or the prompt to type one.
    Filter,
    /// The order, where it is not that of the list and no filter says so.
    Order,
}

/// The notes to show now, the most important first.
pub fn notes(model: &Model) -> Vec<Note> {
    let mut notes = Vec::new();
    let roster = model.live();
    if model.prompt().is_some() {
        notes.push(Note::Filter);
    }
    if let Some((number, error)) = roster.first_error() {
        let batches = roster.batches().len();
        let place = if batches > 1 { format!("batch {} of {batches}: ", number + 1) } else { String::new() };
        let advice = error.advice();
        let whole = format!("{place}{error} - {advice}");
        let (width, height) = model.size();
        if whole.width() + 3 <= usize::from(width) || height < 15 {
            notes.push(Note::Trouble(whole));
        } else {
            notes.push(Note::Trouble(format!("{place}{error}")));
            notes.push(Note::Advice(advice));
        }
    }
    if !model.banners().is_empty() {
        notes.push(Note::Banner(model.banners().join("   ")));
    }
    notes.extend(oddities(model).map(Note::Odd));
    if matches!(model.screen(), Screen::List) && model.prompt().is_none() {
        let rows = model.rows();
        if !rows.filter().is_empty() {
            notes.push(Note::Filter);
        } else if rows.sort() != super::Sort::default() {
            notes.push(Note::Order);
        }
    }
    notes
}

fn oddities(model: &Model) -> Option<String> {
    let mut all = crate::presence::Oddities::default();
    for batch in model.live().batches() {
        all.foreign += batch.oddities.foreign;
        all.repeated += batch.oddities.repeated;
        all.unreadable += batch.oddities.unreadable;
    }
    let count = |n: u32, one: &str, more: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {more}")),
    };
    let parts: Vec<String> = [
        count(all.foreign, "entry nobody asked for", "entries nobody asked for"),
        count(all.repeated, "repeated entry", "repeated entries"),
        count(all.unreadable, "entry that is not understood", "entries that are not understood"),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| format!("the last answers held {}", parts.join(", ")))
}
