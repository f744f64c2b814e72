//! Words of a shell's command line: what they say without their quotes, and how to write more of one.

/// A word of a command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    /// Without quotes and backslashes.
    pub(super) text: String,
    /// The quote that is still open at its end.
    pub(super) open: Option<char>,
    /// From which byte of `text` on a completion replaces it.
    pub(super) replaced: usize,
    /// Whether it begins with a tilde that the shell expands.
    tilde: bool,
}

impl Word {
    /// What is to be inserted so that the word says `value`, quoted as the shell needs it there; none
    /// where the part that stays says something else.
    pub(super) fn inserted(&self, value: &str) -> Option<String> {
        let (stays, rest) = (self.text.get(..self.replaced)?, value.get(self.replaced..)?);
        if !value.starts_with(stays) {
            return None;
        }
        let mut out = String::with_capacity(rest.len());
        for (at, c) in rest.char_indices() {
            match self.open {
                Some('\'') if c == '\'' => out.push_str("'\\''"),
                Some('"') if matches!(c, '"' | '\\' | '$' | '`') => out.extend(['\\', c]),
                None if self.tilde && self.replaced == 0 && at == 0 => out.push(c),
                None if !is_plain(c) => out.extend(['\\', c]),
                _ => out.push(c),
            }
        }
        Some(out)
    }
}

/// Whether a shell takes a character outside quotes for itself.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '=' | ':' | ',' | '+' | '@' | '%' | '^')
}

/// The words of `line`, of which the last is the one at its end, possibly empty. A completion replaces
/// what stands behind the last quote or character of `breaks` in it.
pub(super) fn words(line: &str, breaks: &str) -> Vec<Word> {
    let mut words = vec![Word::default()];
    let mut within = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(word) = words.last_mut() else { break };
        match (word.open, c) {
            (None, ' ' | '\t' | '\n') => {
                if std::mem::take(&mut within) {
                    words.push(Word::default());
                }
                continue;
            }
            (None, '\\') => word.text.extend(chars.next()),
            (None, '\'' | '"') => {
                word.open = Some(c);
                word.replaced = word.text.len();
            }
            (None, _) => {
                word.tilde |= !within && c == '~';
                word.text.push(c);
                if breaks.contains(c) {
                    word.replaced = word.text.len();
                }
            }
            (Some(quote), _) if c == quote => {
                word.open = None;
                word.replaced = word.text.len();
            }
            (Some('"'), '\\') if chars.peek().is_some_and(|next| "\"\\$`".contains(*next)) => {
                word.text.extend(chars.next());
            }
            (Some(_), _) => word.text.push(c),
        }
        within = true;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: &str = " \t\n\"'@><=;|&(:";

    fn last(line: &str) -> Word {
        words(line, BREAKS).pop().unwrap()
    }

    #[test]
    fn words_are_what_the_shell_would_hand_over() {
        let texts = |line| words(line, BREAKS).into_iter().map(|word| word.text).collect::<Vec<_>>();
        assert_eq!(texts("imtop  --watch my\\ list.csv "), ["imtop", "--watch", "my list.csv", ""]);
        assert_eq!(texts("imtop --filter 'state=on"), ["imtop", "--filter", "state=on"]);
        assert_eq!(texts("imtop --filter=\"a \\\"b\\\" \\x\"'c' d"), ["imtop", "--filter=a \"b\" \\xc", "d"]);
        assert_eq!(texts(""), [""]);
    }

    #[test]
    fn a_completion_is_written_as_the_shell_needs_it_there() {
        assert_eq!(last("imtop --context im").inserted("im eu").as_deref(), Some("im\\ eu"));
        assert_eq!(last("imtop --context=im").inserted("--context=im eu").as_deref(), Some("im\\ eu"));
        assert_eq!(
            last("imtop --filter 'group=N").inserted("group=\"Night desk\"").as_deref(),
            Some("group=\"Night desk\"")
        );
        assert_eq!(last("imtop --filter 'group=").inserted("group=it's").as_deref(), Some("group=it'\\''s"));
        assert_eq!(
            last("imtop --filter \"group=").inserted("group=\"a $b\"").as_deref(),
            Some("group=\\\"a \\$b\\\"")
        );
        assert_eq!(last("imtop --filter group=").inserted("group=ops").as_deref(), Some("ops"));
        assert_eq!(last("imtop --watch ~/my").inserted("~/my list").as_deref(), Some("~/my\\ list"));
        assert_eq!(last("imtop --filter a=b").inserted("c=b"), None, "what stays says something else");
    }
}
