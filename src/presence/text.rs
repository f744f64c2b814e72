//! Text from outside made safe to show: what a terminal would act on becomes a visible mark.

use std::borrow::Cow;
use std::fmt::Write as _;

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
            let mut out = visible(&text[..end]).into_owned();
            out.push('…');
            out
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
