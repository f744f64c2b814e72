//! What is wrong with a scenario, and where.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// Why a scenario can't be used. Says the file, the line, what is wrong and what was expected.
#[derive(Debug, PartialEq, Eq)]
pub enum ScenarioError {
    /// No scenario of that name is built in.
    Unknown {
        /// The name that was asked for.
        name: String,
    },
    /// The file can't be read.
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The text is not a scenario.
    Invalid {
        /// The file, or the name of a built-in scenario.
        source: String,
        /// Line, from 1; 0 where the mistake has no place.
        line: usize,
        /// Column in characters, from 1; 0 where the mistake has no place.
        column: usize,
        /// What is wrong and what was expected, in one line.
        message: String,
    },
}

impl ScenarioError {
    /// A mistake at the byte range `span` of `text`.
    pub(super) fn at(source: &str, text: &str, span: Option<Range<usize>>, message: &str) -> ScenarioError {
        let before = span.and_then(|span| text.get(..span.start));
        let (line, column) = before.map_or((0, 0), |before| {
            let start = before.rfind('\n').map_or(0, |newline| newline + 1);
            (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
        });
        let message = message.trim_end().replace('\n', ", ");
        ScenarioError::Invalid { source: source.to_owned(), line, column, message }
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScenarioError::Unknown { name } => {
                write!(f, "no scenario is called {name:?}: there are ")?;
                f.write_str(&super::Scenario::names().collect::<Vec<_>>().join(", "))?;
                f.write_str(", or name a .toml file")
            }
            ScenarioError::Unreadable { path, reason } => {
                write!(f, "can't read the scenario {}: {reason}", path.display())
            }
            ScenarioError::Invalid { source, line: 0, message, .. } => write!(f, "{source}: {message}"),
            ScenarioError::Invalid { source, line, column, message } => {
                write!(f, "{source}:{line}:{column}: {message}")
            }
        }
    }
}

impl std::error::Error for ScenarioError {}
