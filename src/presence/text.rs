//! Text from outside made safe to show: what a terminal would act on becomes a visible mark.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Makes every character that a terminal or an eye could be fooled by visible: control characters
/// as `^[`, bidirectional and zero-width ones as `<U+202E>`.
///
/// ```
/// use imtop::presence::visible;
/// assert_eq!(visible("user_001"), "user_001");
/// assert_eq!(visible("\u{1b}[2Jx\u{202e}"), "^[[2Jx<U+202E>");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if !is_hidden(c) {
            out.push(c);
        } else if (c as u32) < 0x20 || c as u32 == 0x7f {
            out.push('^');
            out.push(char::from((c as u8) ^ 0x40));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "<U+{:04X}>", c as u32);
        }
    }
    Cow::Owned(out)
}

/// Makes `text` visible-safe and at most `limit` characters long; a cut is marked with `…`.
pub fn visible_bounded(text: &str, limit: usize) -> String {
    let mut kept = text.char_indices();
    match kept.nth(limit) {
        None => visible(text).into_owned(),
        Some((end, _)) => {
            // What was made visible before may come here again.
            let cut = pieces(text).find(|(at, piece)| at + piece.len() > end);
            let end = cut.filter(|(_, piece)| mark(piece).is_some()).map_or(end, |(at, _)| at);
            let mut out = visible(&text[..end]).into_owned();
            out.push('…');
            out
        }
    }
}

/// Makes `text` visible-safe and at most so many columns wide; a cut is marked with `…`.
pub fn visible_within(text: &str, columns: usize) -> String {
    let text = visible(text);
    if text.width() <= columns {
        return text.into_owned();
    }
    let mut taken = 1; // the mark
    let cut = pieces(&text).find(|(_, piece)| {
        taken += piece.width();
        taken > columns
    });
    format!("{}…", &text[..cut.map_or(0, |(at, _)| at)])
}

/// A text in pieces that are shown whole or not at all, with where each begins: a character with what
/// belongs to it, or one of the marks of [`visible`].
pub fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut graphemes = text.grapheme_indices(true).peekable();
    std::iter::from_fn(move || {
        let (at, grapheme) = graphemes.next()?;
        let mut end = at + grapheme.len();
        let marked = mark(text.get(at..)?).map_or(end, |length| at + length);
        while let Some((next, more)) = graphemes.next_if(|(next, _)| *next < marked) {
            end = next + more.len();
        }
        Some((at, text.get(at..end)?))
    })
}

/// How long the mark is with which a text begins.
fn mark(text: &str) -> Option<usize> {
    if let Some(rest) = text.strip_prefix('^') {
        return rest.starts_with(|c| matches!(c, '?'..='_')).then_some(2);
    }
    let number = text.strip_prefix("<U+")?;
    let digits = number.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')).count();
    (matches!(digits, 4..=6) && number.as_bytes().get(digits) == Some(&b'>')).then_some(digits + 4)
}

/// Whether a character has no glyph of its own or moves the ones around it.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A number with a comma between its thousands.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas_between_their_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn names_of_people_stay_as_they_are() {
        for name in ["王小明", "Zoë", "naïve café", "агент_007", "😀"] {
            assert_eq!(visible(name), name);
        }
    }

    #[test]
    fn what_a_terminal_acts_on_becomes_a_mark() {
        assert_eq!(visible("a\u{7}b"), "a^Gb");
        assert_eq!(visible("a\u{7f}"), "a^?");
        assert_eq!(visible("\u{9b}31m"), "<U+009B>31m");
        assert_eq!(visible("x\u{200b}y"), "x<U+200B>y");
        assert_eq!(visible("\u{e0041}"), "<U+E0041>");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(visible_bounded("王小明王小明", 3), "王小明…");
        assert_eq!(visible_bounded("abc", 3), "abc");
        assert_eq!(visible_bounded("\n\n\n\n", 2), "^J^J…");
    }

    #[test]
    fn a_mark_is_cut_away_whole() {
        let text = visible("ab\u{200d}cd\u{1b}e\u{e0041}");
        let all: Vec<&str> = pieces(&text).map(|(_, piece)| piece).collect();
        assert_eq!(all, ["a", "b", "<U+200D>", "c", "d", "^[", "e", "<U+E0041>"]);
        for limit in 0..text.len() {
            for short in [visible_bounded(&text, limit), visible_within(&text, limit)] {
                let kept = short.strip_suffix('…').unwrap();
                let is_whole = (0..=all.len()).any(|count| all[..count].concat() == kept);
                assert!(is_whole, "{limit}: {short}");
            }
        }
        for no_mark in ["<U+20", "<U+200D", "<U+20g>", "<U+>", "^a", "^", "<", "<U+1234567>"] {
            assert!(pieces(no_mark).all(|(_, piece)| piece.len() == 1), "{no_mark}");
        }
    }

    #[test]
    fn columns_are_those_of_a_terminal() {
        assert_eq!(visible_within("王小明", 6), "王小明");
        assert_eq!(visible_within("王小明", 5), "王小…");
        assert_eq!(visible_within("王小明", 4), "王…");
        assert_eq!(visible_within("a\u{200d}b", 9), "a…");
    }
}
