//! How far a long round is, on standard error where that is a terminal that can be drawn over: one line, written anew in its
//! place and gone at the end.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use tokio::time::Instant;

use super::environment;
use crate::options::no_screen;

/// A round that takes no longer shows nothing.
const LONG: Duration = Duration::from_secs(1);
/// The line is written anew at most so often.
const PAUSE: Duration = Duration::from_millis(100);

/// The line; gone when this is dropped.
pub(super) struct Progress {
    terminal: bool,
    due: Instant,
    shown: bool,
}

impl Progress {
    /// Begins now.
    pub(super) fn begin() -> Progress {
        Progress {
            terminal: no_screen(&environment, io::stderr().is_terminal()).is_none(),
            due: Instant::now() + LONG,
            shown: false,
        }
    }

    /// So many batches of all have been answered or have failed.
    pub(super) fn batches(&mut self, done: usize, of: usize) {
        if !self.terminal || done == of || Instant::now() < self.due {
            return;
        }
        self.due = Instant::now() + PAUSE;
        self.shown = true;
        let _ = write!(io::stderr().lock(), "\r\x1b[Kimtop: {done} of {of} batches");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}
