//! The steps as lines of text for people.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::step::{Outcome, Part, Step};
use super::verdict::Verdict;
use crate::language::{self, breakable};
use crate::say;

/// Columns of the word for what came of a step.
const WORD: usize = 7;
/// Where the text of a step begins, after its sign and its word.
const INDENT: usize = WORD + 3;
/// Narrower paper would hold a word a line.
const NARROWEST: usize = 40;
/// Wider lines are hard to read.
const WIDEST: usize = 110;

/// What steps are written on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Columns.
    pub width: usize,
    /// Whether words have colours.
    pub coloured: bool,
    /// Whether signs are of ASCII.
    pub ascii: bool,
}

impl Paper {
    /// What stands above the steps.
    pub fn heading(&self, api: &str, context: Option<&str>) -> String {
        let heading = match context {
            Some(context) => say!("imtop doctor: {api}, context {context}", api, context),
            None => format!("imtop doctor: {api}"),
        };
        format!("{heading}\n\n")
    }

    /// A line that says what is being looked at; [`Paper::done`] takes it away again.
    pub fn begun(&self, part: Part) -> String {
        format!("\r{} {}", if self.ascii { "..." } else { "…" }, language::say(part.name()))
    }

    /// Takes the line of [`Paper::begun`] away.
    pub fn done(&self) -> &'static str {
        "\r\x1b[K"
    }

    /// A step: its sign and word, what was seen, more of it, what to do.
    pub fn step(&self, step: &Step) -> String {
        let word = language::say(step.outcome.word());
        let missing = " ".repeat(WORD.saturating_sub(word.width()));
        let mut text = self.painted(step.outcome, &format!("{} {word}{missing}", self.sign(step.outcome)));
        text.push(' ');
        let part = language::say(step.part.name());
        let seen = match step.outcome {
            Outcome::Skipped => say!("{part}: because {why}", part, why = step.seen),
            _ => say!("{part}: {seen}", part, seen = step.seen),
        };
        self.wrap(&mut text, &seen, INDENT, INDENT);
        for detail in &step.details {
            text.push_str(&" ".repeat(INDENT + 2));
            self.wrap(&mut text, detail, INDENT + 2, INDENT + 4);
        }
        let arrow = if self.ascii { "-> " } else { "→ " };
        for advice in &step.advice {
            let margin = INDENT + 2 + arrow.width();
            let _ = write!(text, "{}{arrow}", " ".repeat(INDENT + 2)); // to a String: cannot fail
            self.wrap(&mut text, advice, margin, margin);
        }
        text
    }

    /// The sentence below the steps.
    pub fn verdict(&self, verdict: &Verdict) -> String {
        let mut text = format!("\n{} ", self.painted(verdict.outcome, self.sign(verdict.outcome)));
        let mut sentence = verdict.sentence.clone();
        if let Some(first) = sentence.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        self.wrap(&mut text, &say!("{sentence}.", sentence), 2, 2);
        text
    }

    fn sign(&self, outcome: Outcome) -> &'static str {
        let (_, sign, ascii, _) = outcome.marks();
        if self.ascii { ascii } else { sign }
    }

    fn painted(&self, outcome: Outcome, text: &str) -> String {
        if !self.coloured {
            return text.to_owned();
        }
        let (.., colour) = outcome.marks();
        format!("\x1b[{colour}m{text}\x1b[0m")
    }

    /// Writes words behind the `used` columns that the line has already; further lines begin at column
    /// `margin`. A word that is too long for any line stands on one of its own, but for Chinese, which is broken
    /// between characters.
    fn wrap(&self, text: &mut String, words: &str, used: usize, margin: usize) {
        let width = self.width.clamp(NARROWEST, WIDEST);
        let mut column = used;
        let mut first = true;
        for word in words.split(' ').filter(|word| !word.is_empty()) {
            for (at, part) in breakable(word).into_iter().enumerate() {
                let gap = usize::from(at == 0 && !first);
                if !first && column + gap + part.width() > width {
                    text.push('\n');
                    text.push_str(&" ".repeat(margin));
                    column = margin;
                } else {
                    text.push_str(&" ".repeat(gap));
                    column += gap;
                }
                text.push_str(part);
                column += part.width();
                first = false;
            }
        }
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAPER: Paper = Paper { width: 50, coloured: false, ascii: false };

    #[test]
    fn a_step_is_wrapped_with_its_advice_below() {
        let step = Step::ok(Part::Clock, "the server's clock is 89.6 to 90.6 s ahead of ours")
            .detail("a detail")
            .but(Outcome::Warning, "set both clocks by the network (NTP), as logs cannot be read otherwise");
        assert_eq!(
            PAPER.step(&step),
            "! warning clock: the server's clock is 89.6 to\n\
             \u{20}         90.6 s ahead of ours\n\
             \u{20}           a detail\n\
             \u{20}           → set both clocks by the network\n\
             \u{20}             (NTP), as logs cannot be read\n\
             \u{20}             otherwise\n"
        );
        let plain = Paper { ascii: true, ..PAPER }.step(&step);
        assert!(plain.is_ascii(), "{plain}");
    }

    #[test]
    fn no_line_is_wider_than_the_paper_and_no_word_is_lost() {
        let words: Vec<String> = (0..200).map(|n| format!("王{n}")).collect();
        let step = Step::ok(Part::Name, words.join(" "));
        for width in [0, 40, 57, 110, 400] {
            let text = Paper { width, ..PAPER }.step(&step);
            assert!(text.lines().all(|line| line.width() <= width.clamp(NARROWEST, WIDEST)), "{text}");
            let together: String = text.split_whitespace().collect();
            assert!(words.iter().all(|word| together.contains(word.as_str())));
        }
    }

    #[test]
    fn a_skipped_step_says_why_and_colours_wrap_the_word_alone() {
        let step = Step::skipped(Part::Tls, "tcp failed");
        assert_eq!(PAPER.step(&step), "- skipped tls: because tcp failed\n");
        let coloured = Paper { coloured: true, ..PAPER }.step(&step);
        assert!(coloured.starts_with("\u{1b}[2m- skipped\u{1b}[0m tls:"), "{coloured:?}");
    }

    #[test]
    fn the_verdict_is_a_sentence() {
        let verdict = Verdict::of(&[Step::ok(Part::Name, "x")]);
        assert_eq!(PAPER.verdict(&verdict), "\n✓ All works.\n");
    }
}
