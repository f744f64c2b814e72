//! A line of text being typed, and its cursor. Edits whole characters as a reader sees them.

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation as _};

use super::action::Action;

/// Longest text that is taken, in bytes: some hundred IDs.
const LIMIT: usize = 4_096;

/// Lines that are remembered of each purpose.
const REMEMBERED: usize = 100;

/// What is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A filter for the users.
    Filter,
    /// A text to look for in the events.
    EventFilter,
    /// A text to look for in the help.
    HelpSearch,
    /// A command.
    Command,
}

/// What was typed in this run, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    lines: [Vec<String>; 4],
}

impl Typed {
    /// Remembers a line as the newest; once only.
    pub(super) fn remember(&mut self, purpose: Purpose, line: &str) {
        if line.is_empty() {
            return;
        }
        if let Some(lines) = self.lines.get_mut(purpose as usize) {
            lines.retain(|other| other != line);
            if lines.len() == REMEMBERED {
                lines.remove(0);
            }
            lines.push(line.to_owned());
        }
    }

    fn of(&self, purpose: Purpose) -> &[String] {
        self.lines.get(purpose as usize).map_or(&[], Vec::as_slice)
    }
}

/// A word that could stand where one is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The word.
    pub name: String,
    /// What comes after it: `COLUMN [inverted]`.
    pub arguments: &'static str,
    /// What it does or is.
    pub help: String,
    /// Keys that do the same.
    pub keys: String,
    /// Where each can be chosen or not: whether it is.
    pub ticked: Option<bool>,
}

/// What there is to choose from while something is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// The command whose arguments are being typed.
    pub usage: Option<Candidate>,
    /// Bytes of the text that a candidate takes the place of.
    pub range: Range<usize>,
    /// Words that fit, the best first.
    pub candidates: Vec<Candidate>,
    /// Which of them stands in the text now, or has the bar where they are ticked off.
    pub chosen: Option<usize>,
}

impl Offers {
    /// Whether the candidates are ticked off one by one, and not put into the text.
    pub fn are_ticked(&self) -> bool {
        self.candidates.iter().any(|candidate| candidate.ticked.is_some())
    }
}

/// What is wrong with what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The bytes of the text that it is about.
    pub range: Range<usize>,
    /// What it is, and what was expected.
    pub text: String,
}

/// A line of text being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    purpose: Purpose,
    /// How far back in what was typed before, and what was typed then.
    recalled: Option<(usize, String)>,
    text: String,
    cursor: usize,
    before: String,
    offers: Offers,
    mistake: Option<Mistake>,
}

impl Prompt {
    /// Begins with `text`, which comes back when the prompt is cancelled.
    pub(super) fn new(purpose: Purpose, text: &str) -> Prompt {
        Prompt {
            purpose,
            recalled: None,
            text: text.to_owned(),
            cursor: text.len(),
            before: text.to_owned(),
            offers: Offers::default(),
            mistake: None,
        }
    }

    /// What is being typed.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Where the cursor stands, in bytes of the text.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// What there is to choose from.
    pub fn offers(&self) -> &Offers {
        &self.offers
    }

    /// What is wrong with the text; until it changes.
    pub fn mistake(&self) -> Option<&Mistake> {
        self.mistake.as_ref()
    }

    /// Takes what there is to choose from now that the text has changed.
    pub(super) fn offer(&mut self, offers: Offers) {
        self.offers = offers;
        self.mistake = None;
    }

    /// The candidate under the bar, where they are ticked off.
    pub(super) fn at_the_bar(&self) -> Option<&Candidate> {
        let candidate = self.offers.candidates.get(self.offers.chosen.unwrap_or(0));
        candidate.filter(|candidate| candidate.ticked.is_some())
    }

    /// Puts the bar on the candidate with this name.
    pub(super) fn put_bar_on(&mut self, name: &str) {
        let at = self.offers.candidates.iter().position(|candidate| candidate.name == name);
        self.offers.chosen = at.or(self.offers.chosen);
    }

    /// Takes away the beginning of a word that candidates fit.
    pub(super) fn drop_word(&mut self) {
        self.replace(self.offers.range.clone(), "");
    }

    /// Moves the bar along candidates that are ticked off; round the ends.
    pub(super) fn walk(&mut self, down: bool) {
        let count = self.offers.candidates.len();
        let at = self.offers.chosen.unwrap_or(0);
        let next = if down { at + 1 } else { (at + count).saturating_sub(1) };
        self.offers.chosen = next.checked_rem(count);
    }

    /// Takes what is wrong with the text.
    pub(super) fn refuse(&mut self, mistake: Mistake) {
        self.mistake = Some(mistake);
    }

    /// Puts the first candidate in its place, or the one after it. Says whether the word is settled
    /// by that, because it is the only one or was there already.
    pub(super) fn complete(&mut self) -> bool {
        let Offers { range, candidates, chosen, .. } = &self.offers;
        let Some(first) = candidates.first() else { return false };
        let stands = chosen.is_none() && self.text.get(range.clone()) == Some(first.name.as_str());
        let settled = candidates.len() == 1 || (stands && !first.arguments.is_empty());
        let next = match chosen {
            Some(at) => at + 1,
            None => usize::from(stands && !settled),
        } % candidates.len();
        let Some(candidate) = candidates.get(next) else { return false };
        let blank = if settled && !candidate.arguments.is_empty() { " " } else { "" };
        let word = format!("{}{blank}", candidate.name);
        let range = range.clone();
        self.offers.range = range.start..range.start + word.len();
        self.offers.chosen = Some(next);
        self.mistake = None;
        self.replace(range, &word);
        settled
    }

    /// Puts another text in the place of some bytes, and the cursor behind it.
    fn replace(&mut self, range: Range<usize>, by: &str) {
        let fits = range.end <= self.text.len() && self.text.len() - range.len() + by.len() <= LIMIT;
        if fits && self.text.is_char_boundary(range.start) && self.text.is_char_boundary(range.end) {
            self.cursor = range.start + by.len();
            self.text.replace_range(range, by);
        }
    }

    /// Goes to what was typed before, or after that; at the end is what was being typed.
    pub(super) fn recall(&mut self, typed: &Typed, back: bool) {
        let lines = typed.of(self.purpose);
        let (at, own) = match self.recalled.take() {
            Some((at, own)) => (at, own),
            None => (0, self.text.clone()),
        };
        let at = if back { (at + 1).min(lines.len()) } else { at.saturating_sub(1) };
        self.text = match lines.len().checked_sub(at).and_then(|line| lines.get(line)) {
            Some(line) if at > 0 => line.clone(),
            _ => own.clone(),
        };
        self.cursor = self.text.len();
        self.recalled = (at > 0).then_some((at, own));
    }

    /// What has been typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    pub fn before_cursor(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    /// What was there before the prompt was opened.
    pub(super) fn original(&self) -> &str {
        &self.before
    }

    /// Types or pastes; control characters are left out, as no ID contains them on the screen. Says
    /// whether there was room for all of it.
    pub(super) fn insert(&mut self, text: &str) -> bool {
        let room = LIMIT.saturating_sub(self.text.len());
        let typed: String = text.chars().filter(|c| !c.is_control()).collect();
        let taken = typed.get(..typed.floor_char_boundary(room)).unwrap_or_default();
        self.text.insert_str(self.cursor, taken);
        self.cursor += taken.len();
        taken.len() == typed.len()
    }

    /// Puts another text in the place of all of it, and the cursor behind it.
    pub(super) fn rewrite(&mut self, text: &str) {
        self.edit(Action::DeleteAll);
        self.insert(text);
    }

    /// How many of these words, with `between` in between, a prompt has room for.
    pub(super) fn room_for(words: &[String], between: &str) -> usize {
        let mut length = 0;
        let lengths = words.iter().map(|word| {
            length += word.len() + between.len();
            length - between.len()
        });
        lengths.take_while(|length| *length <= LIMIT).count()
    }

    /// Moves or deletes; anything else than an editing action does nothing.
    pub(super) fn edit(&mut self, action: Action) {
        match action {
            Action::CursorLeft => self.cursor = self.previous(),
            Action::CursorRight => self.cursor = self.next(),
            Action::CursorHome => self.cursor = 0,
            Action::CursorEnd => self.cursor = self.text.len(),
            Action::DeleteBack => self.delete_from(self.previous()),
            Action::DeleteForward => {
                let start = self.cursor;
                self.cursor = self.next();
                self.delete_from(start);
            }
            Action::DeleteWord => {
                let head = self.before_cursor().trim_end();
                let word = head.unicode_word_indices().next_back().map_or(0, |(at, _)| at);
                self.delete_from(word);
            }
            Action::DeleteAll => {
                self.text.clear();
                self.cursor = 0;
            }
            _ => {}
        }
    }

    fn delete_from(&mut self, start: usize) {
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    fn previous(&self) -> usize {
        let mut cursor = GraphemeCursor::new(self.cursor, self.text.len(), true);
        cursor.prev_boundary(&self.text, 0).ok().flatten().unwrap_or(0)
    }

    fn next(&self) -> usize {
        let mut cursor = GraphemeCursor::new(self.cursor, self.text.len(), true);
        cursor.next_boundary(&self.text, 0).ok().flatten().unwrap_or(self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editing_goes_by_characters_as_seen() {
        let mut prompt = Prompt::new(Purpose::Filter, "");
        prompt.insert("王e\u{301}👩‍👩‍👧x");
        prompt.edit(Action::CursorLeft);
        prompt.edit(Action::DeleteBack);
        assert_eq!(prompt.text(), "王e\u{301}x");
        prompt.edit(Action::DeleteBack);
        assert_eq!((prompt.text(), prompt.before_cursor()), ("王x", "王"));
        prompt.edit(Action::CursorHome);
        prompt.edit(Action::DeleteForward);
        assert_eq!(prompt.text(), "x");
        prompt.edit(Action::CursorLeft);
        prompt.edit(Action::DeleteBack);
        assert_eq!(prompt.text(), "x");
    }

    #[test]
    fn words_and_lines_are_deleted_whole() {
        let mut prompt = Prompt::new(Purpose::Filter, "night desk  ");
        prompt.edit(Action::DeleteWord);
        assert_eq!(prompt.text(), "night ");
        prompt.edit(Action::DeleteWord);
        assert_eq!(prompt.text(), "");
        prompt.insert("a\nb\u{1b}c");
        assert_eq!(prompt.text(), "abc");
        prompt.edit(Action::DeleteAll);
        assert_eq!((prompt.text(), prompt.original()), ("", "night desk  "));
    }

    #[test]
    fn what_was_typed_comes_back_and_what_is_being_typed_is_not_lost() {
        let mut typed = Typed::default();
        for line in ["ann", "bob", "ann", ""] {
            typed.remember(Purpose::Filter, line);
        }
        let mut prompt = Prompt::new(Purpose::Filter, "");
        prompt.insert("car");
        let texts = [true, true, true, false, false, false].map(|back| {
            prompt.recall(&typed, back);
            prompt.text().to_owned()
        });
        assert_eq!(texts, ["ann", "bob", "bob", "ann", "car", "car"]);
        let mut command = Prompt::new(Purpose::Command, "");
        command.recall(&typed, true);
        assert_eq!(command.text(), "", "each purpose has its own");
    }

    #[test]
    fn what_is_pasted_is_bounded() {
        let mut prompt = Prompt::new(Purpose::Filter, "");
        prompt.insert(&"王".repeat(10_000));
        assert!(prompt.text().len() <= LIMIT);
    }
}
