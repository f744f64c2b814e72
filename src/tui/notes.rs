//! What stands between the header and the table: what is wrong, banners, the filter.

use unicode_width::UnicodeWidthStr as _;

use crate::language::breakable;
use crate::presence::{Moment, Roster, short_age};
use crate::say;

use super::action::Action;
use super::model::View;
use super::screen::Screen;
use crate::listing::{checking_words, worst_loss};

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A line of what is said of users who were lost from view at once; whether it is certain.
    Loss {
        /// The words.
        text: String,
        /// Whether it is the first line.
        begins: bool,
        /// Whether it is certain, or only suspected.
        certain: bool,
    },
    /// What ails the feed.
    ErrorKind(String),
    /// The rest of that, and what to do about it, where there is no room beside it.
    Advice(String),
    /// What is to be kept in mind all the time.
    Banner(String),
    /// Alerts of which nobody is told for a while.
    Silenced(String),
    /// What is made up here, and what comes.
    About(String),
    /// The last answers had things in them that don't belong there.
    Odd(String),
    /// That many users are still to be checked at the registry.
    Checking(String),
    /// Where in time the picture is.
    Strip,
    /// What narrows the screen: filter and switches, or the prompt to type one; always the last, next
    /// to the table.
    Filter,
}

/// Most lines that the words of a server get.
const TROUBLE_LINES: usize = 3;

/// The notes to show now, from top to bottom.
pub fn notes(model: View<'_>) -> Vec<Note> {
    let mut notes = loss(model);
    if model.strip().is_some() {
        notes.push(Note::Strip);
    }
    let roster = model.live();
    if let Some((number, error)) = roster.first_error() {
        let batches = roster.batches().len();
        let number = number + 1;
        let text = match batches {
            ..=1 => error.to_string(),
            batches => say!("batch {number} of {batches}: {error}", number, batches, error),
        };
        // The picture may be of the past; this is of now, but in a replay, where there is nothing to be
        // done about it.
        let text = if model.is_in_past() { say!("now: {text}", text) } else { text };
        let advice = if model.shown.is_recorded { "" } else { error.advice() };
        let dash = if advice.is_empty() { "" } else { " - " };
        let whole = format!("{text}{dash}{advice}");
        let room = usize::from(model.size.0).saturating_sub(3);
        // A small screen has one row for it.
        if whole.width() <= room || (model.size.1 < 15 && room < 77) {
            notes.push(Note::ErrorKind(whole));
        } else {
            let mut lines = wrapped(&text, room).into_iter().take(TROUBLE_LINES);
            notes.extend(lines.next().map(Note::ErrorKind));
            notes.extend(lines.chain(wrapped(advice, room)).map(Note::Advice));
        }
    }
    notes.extend(checking(model).map(Note::Checking));
    if !model.shown.about.banners.is_empty() {
        notes.push(Note::Banner(model.shown.about.banners.join("   ")));
    }
    notes.extend(silenced_words(model).map(Note::Silenced));
    // Where there is much to read, each row is wanted.
    let is_for_reading = matches!(model.screen(), Screen::Detail { .. } | Screen::Help { .. });
    let scenario = model.shown.about.scenario.clone().filter(|_| !is_for_reading);
    notes.extend(scenario.map(Note::About));
    notes.extend(oddities(model).map(Note::Odd));
    let filtered = match model.screen() {
        Screen::Users => {
            !model.rows.query().is_empty()
                || model.switches.problems_only
                || model.marks.are_all_that_is_shown()
        }
        Screen::Help { search, .. } => !search.is_empty(),
        _ => false,
    };
    if filtered || model.prompt.as_ref().is_some() {
        notes.push(Note::Filter);
    }
    notes
}

/// Which alerts are silenced, and for how long yet.
pub(super) fn silenced_words(model: View<'_>) -> Option<String> {
    let now = model.shown.live_now;
    let left = |until_ms: u64| short_age(until_ms.saturating_sub(now.mono_ms).div_ceil(1_000));
    let silenced = model.silences.in_force(now);
    let words: Vec<String> =
        silenced.map(|it| say!("{alert} for {time}", alert = it.alert, time = left(it.until_ms))).collect();
    (!words.is_empty()).then(|| say!("silenced: {alerts}", alerts = words.join(", ")))
}

/// So many are checked with one question, and need no note.
const FEW: u32 = 500;

/// How far those are checked whom the sockets call offline, where that takes a while; of what is shown.
fn checking(model: View<'_>) -> Option<String> {
    let roster = model.picture().roster;
    checking_words(roster).filter(|_| roster.checks().left > FEW)
}

/// From so many rows on there is room for what a loss of view means.
const ROOM_FOR_MEANING: u16 = 18;

/// That many users were lost from view at once: at the moment that is shown, and now, if that is another.
fn loss(model: View<'_>) -> Vec<Note> {
    let (live, now) = (model.live(), model.now);
    if !model.is_in_past() {
        return loss_at(model, live, now, None);
    }
    let picture = model.picture();
    let mut notes = loss_at(model, live, now, Some(When::Now));
    notes.extend(loss_at(model, picture.roster, picture.now, Some(When::Then)));
    notes
}

/// Which of two moments a loss is of, where both are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Now,
    Then,
}

fn loss_at(model: View<'_>, roster: &Roster, at: Moment, when: Option<When>) -> Vec<Note> {
    let Some((words, others)) = worst_loss(roster, at) else { return Vec::new() };
    let (width, height) = model.size;
    let room = usize::from(width).saturating_sub(3);
    let certain = words.certain;
    let of = |text: String| match when {
        None => text,
        Some(When::Now) => say!("now: {text}", text),
        Some(When::Then) => say!("then: {text}", text),
    };
    let lines = match others {
        _ if height < 10 => vec![of(words.short)],
        0 => wrapped(&of(words.what), room),
        others => wrapped(&of(say!("{what} (and {others} more)", what = words.what, others)), room),
    };
    let line = |(at, text)| Note::Loss { text, begins: at == 0, certain };
    let mut notes: Vec<Note> = lines.into_iter().enumerate().map(line).collect();
    // Nothing is to be done any more about what was then.
    if height >= ROOM_FOR_MEANING && when != Some(When::Then) {
        let is_shown = matches!(model.screen(), Screen::Findings(_));
        let advice = if certain && !is_shown { format!(" {}", what_to_do(model)) } else { String::new() };
        notes.extend(wrapped(&format!("{}{advice}", words.meaning), room).into_iter().map(Note::Advice));
    }
    notes
}

/// The key that shows what is wrong, and what to do about it.
fn what_to_do(model: View<'_>) -> String {
    let key = model.keymap.first_of(Action::ShowFindings);
    key.map_or(String::new(), |key| say!("{key} shows what to do.", key))
}

/// Those of the notes for which so many rows are enough. A prompt always has its row.
pub fn visible_notes(model: View<'_>, rows: u16) -> Vec<Note> {
    let mut notes = notes(model);
    let rows = usize::from(rows);
    if notes.len() > rows {
        let keeps_filter =
            notes.last() == Some(&Note::Filter) && (rows > 1 || model.prompt.as_ref().is_some());
        notes.truncate(rows);
        if keeps_filter && let Some(last) = notes.last_mut() {
            *last = Note::Filter;
        }
    }
    notes
}

/// A text in lines of at most so many columns, cut between words, and between Chinese characters; a longer word
/// has a line for itself.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        for (at, part) in breakable(word).into_iter().enumerate() {
            let gap = if at == 0 { " " } else { "" };
            match lines.last_mut() {
                Some(line) if line.width() + gap.len() + part.width() <= columns => {
                    line.push_str(gap);
                    line.push_str(part);
                }
                _ => lines.push(part.to_owned()),
            }
        }
    }
    lines
}

fn oddities(model: View<'_>) -> Option<String> {
    let all = model.live().oddities();
    let foreign = match all.foreign {
        0 => None,
        1 => Some(say!("1 entry nobody asked for").to_owned()),
        n => Some(say!("{n} entries nobody asked for", n)),
    };
    let repeated = match all.repeated {
        0 => None,
        1 => Some(say!("1 repeated entry").to_owned()),
        n => Some(say!("{n} repeated entries", n)),
    };
    let unreadable = match all.unreadable {
        0 => None,
        1 => Some(say!("1 entry that is not understood").to_owned()),
        n => Some(say!("{n} entries that are not understood", n)),
    };
    let parts: Vec<String> = [foreign, repeated, unreadable].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| say!("the last answers held {what}", what = parts.join(say!(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_between_words() {
        assert_eq!(wrapped("ask less often, or for more", 10), ["ask less", "often, or", "for more"]);
        assert_eq!(wrapped("a verylongword b", 5), ["a", "verylongword", "b"]);
        assert!(wrapped(" ", 0).is_empty());
    }

    #[test]
    fn chinese_wraps_between_characters_but_no_line_begins_with_a_mark_that_closes() {
        assert_eq!(wrapped("网关无响应：29 个用户未知", 10), ["网关无响", "应：29 个", "用户未知"]);
        assert_eq!(wrapped("按 4（问题）看 imtop", 8), ["按 4（问", "题）看", "imtop"]);
        assert!(wrapped("一个很长的句子，没有空格。", 9).iter().all(|line| line.width() <= 9));
    }
}
