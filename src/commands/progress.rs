//! How far a long round is, on standard error where that is a terminal that can be drawn over: one line, written anew in its
//! place and gone at the end.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use tokio::time::Instant;

use super::environment;
use crate::listing::checking_words;
use crate::options::no_screen;
use crate::presence::Roster;
use crate::presence::Stage;

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

    /// A first round is so far.
    pub(super) fn show(&mut self, stage: Stage, roster: &Roster) {
        if !self.terminal || Instant::now() < self.due {
            return;
        }
        let words = match stage {
            Stage::Batches(unheard) => {
                let of = roster.batches().len();
                format!("{} of {of} batches", of - unheard)
            }
            Stage::Registry(users, _) => {
                checking_words(roster).unwrap_or_else(|| format!("asking once more about {users} users"))
            }
            Stage::Over => return,
        };
        self.due = Instant::now() + PAUSE;
        self.shown = true;
        let _ = write!(io::stderr().lock(), "\r\x1b[Kimtop: {words}");
    }

    /// Takes the line away until it is shown again.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
