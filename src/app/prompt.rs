//! A line of text being typed, and its cursor. Edits whole characters as a reader sees them.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation as _};

use super::action::Action;

/// Longest text that is taken, in bytes.
const LIMIT: usize = 1_024;

/// A line of text being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    text: String,
    cursor: usize,
    before: String,
}

impl Prompt {
    /// Begins with `text`, which comes back when the prompt is cancelled.
    pub(super) fn new(text: &str) -> Prompt {
        Prompt { text: text.to_owned(), cursor: text.len(), before: text.to_owned() }
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

    /// Types or pastes; control characters are left out, as no ID contains them on the screen.
    pub(super) fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.text.len() + c.len_utf8() > LIMIT {
                return;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
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
        let mut prompt = Prompt::new("");
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
        let mut prompt = Prompt::new("night desk  ");
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
    fn what_is_pasted_is_bounded() {
        let mut prompt = Prompt::new("");
        prompt.insert(&"王".repeat(10_000));
        assert!(prompt.text().len() <= LIMIT);
    }
}
