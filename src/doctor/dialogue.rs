//! Asks the terminal two things that it answers among the keys: where its cursor is after a character
//! of ambiguous width, and what it can do (DA1).
//!
//! Its line is set to give bytes as they come and to show none, and back on every way out; the keys that
//! send signals go on doing so. Every terminal answers the second
//! question, so that what has not come before that answer does not come.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::time::Instant;

/// No terminal takes longer, even over a slow line.
const PATIENCE: Duration = Duration::from_secs(2);
/// More than so many bytes are no answer.
const LONGEST: usize = 4 << 10;
/// One of ambiguous width; the sign of somebody who is online.
const AMBIGUOUS: char = '●';

/// What the terminal answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answers {
    /// Columns that the character took.
    pub(super) width: Option<u16>,
    /// The numbers of its primary device attributes; `None` where it gave no answer.
    pub(super) attributes: Option<Vec<u16>>,
}

/// Asks, within `timeout` and two seconds; nothing where there is no terminal.
pub(super) async fn ask(timeout: Duration) -> Option<Answers> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return None;
    }
    let _quiet = Quiet::enter().ok()?;
    let mut out = io::stdout().lock();
    let asked = write!(out, "\r\x1b[K{AMBIGUOUS}\x1b[6n\x1b[c").and_then(|()| out.flush());
    drop(out);
    asked.ok()?;
    let limit = timeout.min(PATIENCE);
    let heard = tokio::task::spawn_blocking(move || listen(limit)).await;
    let mut out = io::stdout().lock();
    let _ = write!(out, "\r\x1b[K").and_then(|()| out.flush()); // a terminal that is gone is seen soon
    Some(read(&heard.ok()?))
}

/// The terminal's line as it was; set back when dropped.
struct Quiet(Termios);

impl Quiet {
    fn enter() -> io::Result<Quiet> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Now, &quiet)?;
        Ok(Quiet(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // What came too late is thrown away: a shell would take it for keys.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}

/// What comes in until the answer is whole, or for `limit`.
fn listen(limit: Duration) -> Vec<u8> {
    let until = Instant::now() + limit;
    let mut heard = Vec::new();
    while heard.len() < LONGEST && read(&heard).attributes.is_none() {
        let left = until.saturating_duration_since(Instant::now());
        let Ok(left) = Timespec::try_from(left) else { break };
        let stdin = io::stdin();
        let ready = poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&left));
        if !matches!(ready, Ok(1..)) {
            break;
        }
        let mut bytes = [0; 256];
        match rustix::io::read(&stdin, &mut bytes) {
            Ok(length @ 1..) => heard.extend_from_slice(bytes.get(..length).unwrap_or_default()),
            _ => break,
        }
    }
    heard
}

/// The answers in what came in: `ESC [ row ; column R` and `ESC [ ? numbers c`.
fn read(heard: &[u8]) -> Answers {
    let mut answers = Answers::default();
    for words in String::from_utf8_lossy(heard).split("\x1b[").skip(1) {
        let end = words.find(|c: char| !c.is_ascii_digit() && !matches!(c, ';' | '?'));
        let Some((parameters, rest)) = end.and_then(|end| words.split_at_checked(end)) else { continue };
        let numbers = |text: &str| text.split(';').filter_map(|number| number.parse::<u16>().ok()).collect();
        match (rest.chars().next(), parameters.strip_prefix('?')) {
            (Some('R'), None) => {
                let place: Vec<u16> = numbers(parameters);
                answers.width = place.get(1).and_then(|column| column.checked_sub(1)).or(answers.width);
            }
            (Some('c'), Some(attributes)) => answers.attributes = Some(numbers(attributes)),
            _ => {}
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_found_among_keys_and_in_pieces() {
        let whole = Answers { width: Some(2), attributes: Some(vec![65, 1, 52]) };
        assert_eq!(read(b"\x1b[12;3R\x1b[?65;1;52c"), whole);
        assert_eq!(read(b"q\x1b[A\x1b[12;3Rj\x1b[?65;1;52ck"), whole);
        assert_eq!(read(b"\x1b[12;3R\x1b[?65;1;5"), Answers { width: Some(2), attributes: None });
        assert_eq!(read(b"\x1b[12;2R").width, Some(1));
        for junk in [&b""[..], b"\x1b[", b"\x1b[R", b"\x1b[1;0R", b"\x1b[c", b"\xff\x1b[999999999;1R"] {
            let read = read(junk);
            assert!(read.attributes.is_none() && read.width.is_none_or(|width| width == 0), "{junk:?}");
        }
    }
}
