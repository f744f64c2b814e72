//! Whether the system gives us what every command needs to run: files and threads. Asked for before anything
//! is built on them, as the libraries below panic where there are none.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;

use super::CommandError;

/// So many files, sockets included, may be open beside those that are open at the start.
const FILES: usize = 24;

/// So many threads may run beside the first.
const THREADS: usize = 6;

/// Whether there are files and threads enough.
///
/// # Errors
/// [`CommandError::Runtime`].
pub(super) fn can_run() -> Result<(), CommandError> {
    let files: io::Result<Vec<_>> = (0..FILES / 2).map(|_| UnixStream::pair()).collect();
    let needs = |error: &io::Error, what: String| CommandError::Runtime(io::Error::new(error.kind(), what));
    files.map_err(|error| {
        needs(&error, format!("too few files may be open ({error}); raise ulimit -n to 64"))
    })?;
    // Each waits until its sender is gone.
    let begin = || {
        let (hold, held) = mpsc::channel::<()>();
        thread::Builder::new().spawn(move || held.recv()).map(|_| hold)
    };
    let threads: io::Result<Vec<_>> = (0..THREADS).map(|_| begin()).collect();
    threads.map_err(|error| {
        needs(&error, format!("too few threads may run ({error}); look at ulimit -u and -v"))
    })?;
    Ok(())
}
