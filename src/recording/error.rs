//! What can be wrong with a recording: what, which file, what to do.

use std::path::Path;

use thiserror::Error;

use super::wire::FORMAT;
use crate::presence::visible;

/// Why a file cannot be read as a recording.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecordingError {
    /// The system does not let us.
    #[error("cannot read the recording {file}: {why}")]
    Unreadable {
        /// Its name; visible-safe.
        file: String,
        /// What failed, as the system words it.
        why: String,
    },
    /// Not a file.
    #[error("{file} is a directory; name a recording in it")]
    Directory {
        /// Its name; visible-safe.
        file: String,
    },
    /// Nothing in it.
    #[error("{file} is empty; nothing was recorded into it")]
    Empty {
        /// Its name; visible-safe.
        file: String,
    },
    /// A file of another program.
    #[error("{file} is not a recording of imtop; `imtop --record FILE` makes one")]
    Foreign {
        /// Its name; visible-safe.
        file: String,
    },
    /// Packed in a way that is not ours.
    #[error("{file} is packed with gzip; unpack it with gzip -d and try again")]
    Gzip {
        /// Its name; visible-safe.
        file: String,
    },
    /// Of another version of the format.
    #[error(
        "{file} is a {found}, and this imtop reads {FORMAT}; read it with the imtop that recorded it, or a newer one"
    )]
    Version {
        /// Its name; visible-safe.
        file: String,
        /// What it says it is; visible-safe.
        found: String,
    },
    /// Cut within its first line.
    #[error("{file} ends within its first line; nothing of the recording is left")]
    Cut {
        /// Its name; visible-safe.
        file: String,
    },
    /// The first line is not understood.
    #[error("{file} is damaged at its beginning ({why}); nothing can be said of the rest")]
    Damaged {
        /// Its name; visible-safe.
        file: String,
        /// What is wrong; visible-safe.
        why: String,
    },
}

/// Why a recording cannot begin.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecorderError {
    /// Nothing is ever overwritten.
    #[error("{file} exists already; record into a new file, nothing is overwritten")]
    Exists {
        /// Its name; visible-safe.
        file: String,
    },
    /// There are older files of a recording of this name.
    #[error(
        "{file} is left of an earlier recording of that name; record under another name, or move it away"
    )]
    PieceExists {
        /// Its name; visible-safe.
        file: String,
    },
    /// The system does not let us.
    #[error("cannot record into {file}: {why}; name a file in a directory that can be written to")]
    Unwritable {
        /// Its name; visible-safe.
        file: String,
        /// What failed, as the system words it.
        why: String,
    },
}

/// A file's name to show.
pub(super) fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}
