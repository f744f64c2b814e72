//! Bash: hands over the line as it is typed, and takes what belongs at the cursor. clap's own adapter
//! leaves it to bash, which cuts words at `=` and `:`, and inserts blanks and quotes as they are.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap_complete::env::EnvCompleter;

/// Where bash begins a word, if it does not say so.
const BREAKS: &str = " \t\n\"'@><=;|&(:";

/// Candidates that end so go on: no blank follows them.
const OPEN_ENDED: [char; 8] = ['=', '/', ':', ',', '<', '>', '~', '('];

/// The completion of bash.
#[derive(Debug)]
pub(super) struct Bash;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        _var: &str,
        _name: &str,
        _bin: &str,
        completer: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let completer = shlex::try_quote(completer).map_err(io::Error::other)?;
        out.write_all(include_str!("bash.sh").replace("COMPLETER", &completer).as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        args: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let line = args.into_iter().next().unwrap_or_default().into_string().unwrap_or_default();
        let breaks = std::env::var("IMTOP_COMPLETE_BREAKS");
        let (words, open) = words(&line);
        // Bash replaces what stands behind the last break; what is before it stays.
        let kept = kept(&line, open, breaks.as_deref().unwrap_or(BREAKS));
        let last = words.len().saturating_sub(1);
        let args = words.iter().map(OsString::from).collect();
        for candidate in clap_complete::engine::complete(command, args, last, folder)? {
            let value = candidate.get_value().to_str().unwrap_or_default();
            let Some(inserted) = value.strip_prefix(kept.as_str()) else { continue };
            let ended = open.is_none() && !value.ends_with(OPEN_ENDED);
            writeln!(out, "{}{}", escaped(inserted, open), if ended { " " } else { "" })?;
        }
        Ok(())
    }
}

/// The words of a line without their quotes, and the quote that is open at its end. The last word is
/// the one at the end, possibly empty.
pub(super) fn words(line: &str) -> (Vec<String>, Option<char>) {
    for open in [None, Some('\''), Some('"')] {
        // A letter at the end makes a word of it; a quote closes what is open.
        let closed = format!("{line}.{}", open.map(String::from).unwrap_or_default());
        if let Some(mut words) = shlex::split(&closed) {
            if let Some(last) = words.last_mut() {
                last.pop();
            }
            return (words, open);
        }
    }
    (Vec::new(), None)
}

/// What the last word says before the part that bash replaces.
fn kept(line: &str, open: Option<char>, breaks: &str) -> String {
    let is_break = |c: char| open.map_or(breaks.contains(c), |quote| quote == c);
    let mut backwards = line.char_indices().rev();
    let from = backwards.find(|(at, c)| is_break(*c) && !line[..*at].ends_with('\\'));
    let before = from.map_or("", |(at, c)| &line[..at + c.len_utf8()]);
    words(before).0.pop().unwrap_or_default()
}

/// Text as the shell takes it outside quotes, or within the one that is open.
fn escaped(text: &str, open: Option<char>) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match open {
            Some('\'') if c == '\'' => out.push_str("'\\''"),
            Some('"') if matches!(c, '"' | '\\' | '$' | '`') => out.extend(['\\', c]),
            None if !c.is_alphanumeric() && !"-_./=:,+@%^~".contains(c) => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_the_end(line: &str, value: &str) -> Option<String> {
        let open = words(line).1;
        value.strip_prefix(&kept(line, open, BREAKS)).map(|rest| escaped(rest, open))
    }

    #[test]
    fn words_are_what_the_shell_would_hand_over() {
        let texts = |line| words(line).0;
        assert_eq!(texts("imtop  --watch my\\ list.csv "), ["imtop", "--watch", "my list.csv", ""]);
        assert_eq!(texts("imtop --filter 'state=on"), ["imtop", "--filter", "state=on"]);
        assert_eq!(texts("imtop --filter=\"a \\\"b\\\" \\x\"'c' d"), ["imtop", "--filter=a \"b\" \\xc", "d"]);
        assert_eq!(texts(""), [""]);
    }

    #[test]
    fn a_completion_is_written_as_the_shell_needs_it_there() {
        let cases = [
            ("imtop --context im", "im eu", Some("im\\ eu")),
            ("imtop --context=im", "--context=im eu", Some("im\\ eu")),
            ("imtop --filter 'group=N", "group=\"Night desk\"", Some("group=\"Night desk\"")),
            ("imtop --filter 'group=", "group=it's", Some("group=it'\\''s")),
            ("imtop --filter \"group=", "group=\"a $b\"", Some("group=\\\"a \\$b\\\"")),
            ("imtop --filter group=", "group=ops", Some("ops")),
            ("imtop --watch ~/my", "~/my list", Some("~/my\\ list")),
            ("imtop --watch my\\ l", "my list", Some("my\\ list")),
            ("imtop --filter a=b", "c=b", None),
        ];
        for (line, value, inserted) in cases {
            assert_eq!(at_the_end(line, value).as_deref(), inserted, "{line}");
        }
    }
}
