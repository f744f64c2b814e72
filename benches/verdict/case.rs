//! What is scored: a server, its users and the truth; and all readers of it side by side.

use std::path::Path;
use std::sync::Arc;

use imtop::poller::Asking;

use super::believing::Believing;
use super::cost::Cost;
use super::deaf::{Deaf, Found};
use super::ideal::Ideal;
use super::imtop::play;
use super::lines::Line;
use super::others::listen;
use super::recording::Recording;
use super::score::Marks;
use super::server::Server;
use super::truth::Truth;

/// What is scored.
pub struct Case {
    /// What to call it.
    pub name: String,
    /// The users.
    pub users: Vec<String>,
    /// How many users one request asks about.
    pub batch: u32,
    /// From one round to the next, in milliseconds.
    pub interval_ms: u64,
    /// From when on the server is asked, in unix milliseconds.
    pub begin: i64,
    /// Up to when.
    pub end: i64,
    /// Who was connected.
    pub truth: Truth,
    /// Who was, and not in the registry; nobody, as far as a recording tells.
    pub deaf: Deaf,
}

/// The readers, in the order of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Believes the status of the last answer.
    Believing,
    /// Has every witness's last answer without asking.
    Ideal,
    /// imtop.
    Imtop,
    /// imtop that does not ask the gateways.
    WithoutGateways,
}

impl Who {
    /// All of them.
    pub const ALL: [Who; 4] = [Who::Believing, Who::Ideal, Who::Imtop, Who::WithoutGateways];

    /// What stands above the column.
    pub fn name(self) -> &'static str {
        match self {
            Who::Believing => "believing",
            Who::Ideal => "ideal",
            Who::Imtop => "imtop",
            Who::WithoutGateways => "no gateways",
        }
    }
}

/// What came of one case, or of several.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How right each reader was, in the order of [`Who::ALL`].
    pub marks: [Marks; 4],
    /// What imtop asked, with the gateways and without.
    pub costs: [Cost; 2],
    /// How it found those whom the registry lacks.
    pub deaf: Found,
}

impl Outcome {
    /// How right the reader was.
    pub fn of(&self, who: Who) -> &Marks {
        &self.marks[who as usize]
    }

    /// Takes that of another case.
    pub fn add(&mut self, other: &Outcome) {
        for (mine, theirs) in self.marks.iter_mut().zip(&other.marks) {
            mine.add(theirs);
        }
        for (mine, theirs) in self.costs.iter_mut().zip(&other.costs) {
            mine.add(theirs);
        }
        self.deaf.add(&other.deaf);
    }
}

/// Reads a recording and scores all readers of it.
///
/// # Errors
/// A sentence, where the recording or its truth cannot be read.
pub fn score_file(path: &Path) -> Result<(Case, Outcome), String> {
    let recording = Arc::new(Recording::read(path)?);
    let case = Case {
        name: path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        users: recording.users.clone(),
        batch: recording.batch,
        interval_ms: recording.interval_ms,
        begin: recording.begin,
        end: recording.end,
        truth: recording.truth.clone(),
        deaf: Deaf::default(),
    };
    let server = || -> Arc<dyn Server> { Arc::<Recording>::clone(&recording) };
    let outcome = score(&case, server, &recording.lines());
    Ok((case, outcome))
}

/// Scores all readers; each run of imtop gets a server of its own.
pub fn score(case: &Case, server: impl Fn() -> Arc<dyn Server>, lines: &[&Line]) -> Outcome {
    let users = case.users.len();
    let with = play(case, server(), Asking { registry: true, gateways: true, ..Asking::default() });
    let without = play(case, server(), Asking { registry: true, gateways: false, ..Asking::default() });
    Outcome {
        marks: [
            listen(case, Believing::new(users), lines),
            listen(case, Ideal::new(users, case.interval_ms), lines),
            with.marks,
            without.marks,
        ],
        costs: [with.cost, without.cost],
        deaf: case.deaf.score(&with.deaf),
    }
}
