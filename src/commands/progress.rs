//! How far a long round is, on standard error where that is a terminal that can be drawn over: one line, written anew in its
//! place and gone at the end.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use tokio::time::Instant;

use super::environment;
use crate::engine::Stage;
use crate::options::no_screen;
use crate::poller::thousands;

/// A round that takes no longer shows nothing.
const LONG: Duration = Duration::from_secs(1);
/// The line is written anew at most so often.
const PAUSE: Duration = Duration::from_millis(100);

/// The line; gone when this is dropped.
pub(super) struct Progress {
    terminal: bool,
    due: Instant,
    shown: bool,
    /// The most users that the registry was to be asked about.
    most: usize,
}

impl Progress {
    /// Begins now.
    pub(super) fn begin() -> Progress {
        Progress {
            terminal: no_screen(&environment, io::stderr().is_terminal()).is_none(),
            due: Instant::now() + LONG,
            shown: false,
            most: 0,
        }
    }

    /// How far the round is, of so many batches.
    pub(super) fn show(&mut self, stage: Stage, batches: usize) {
        self.most = self.most.max(if let Stage::Registry(left, _) = stage { left } else { 0 });
        let Some(words) = words(stage, batches, self.most) else { return };
        if !self.terminal || Instant::now() < self.due {
            return;
        }
        self.due = Instant::now() + PAUSE;
        self.shown = true;
        let _ = write!(io::stderr().lock(), "\r\x1b[Kimtop: {words}");
    }
}

/// How far a round is in words, of so many batches, and of so many users to be checked.
fn words(stage: Stage, batches: usize, users: usize) -> Option<String> {
    match stage {
        Stage::Batches(unheard) => Some(format!("{} of {batches} batches", batches - unheard)),
        Stage::Registry(left, _) => {
            let [checked, users] = [users - left, users].map(|number| thousands(number as u64));
            Some(format!("checking {checked} of {users}"))
        }
        Stage::Over => None,
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_counted_first_and_then_users() {
        let said = |stage| words(stage, 110, 55_000);
        assert_eq!(said(Stage::Batches(10)).as_deref(), Some("100 of 110 batches"));
        assert_eq!(said(Stage::Registry(43_000, 9)).as_deref(), Some("checking 12,000 of 55,000"));
        assert_eq!(said(Stage::Over), None);
    }
}
