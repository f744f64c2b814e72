//! Standard output: what is written there arrives, or there is an error. Nothing is lost with exit code 0.

use std::io::{self, Write as _};
use std::os::fd::AsFd;

use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, stat};

use super::CommandError;

/// Refuses a standard output that is closed (`>&-`).
///
/// # Errors
/// It is.
pub fn check_standard_output() -> Result<(), CommandError> {
    // Where standard error is closed too there is nobody to tell, as with a daemon.
    if was_closed(io::stdout()) && !was_closed(io::stderr()) {
        return Err(CommandError::Output(io::Error::other(
            "it is closed, or /dev/null opened for reading too; `> /dev/null` throws away what is written",
        )));
    }
    Ok(())
}

/// Whether this was closed when the program began. Rust's runtime has put /dev/null in its place by now,
/// open for reading and writing, where a shell's `> /dev/null` is for writing only.
fn was_closed(stream: impl AsFd) -> bool {
    let read_and_write = fcntl_getfl(&stream).is_ok_and(|flags| flags & OFlags::RWMODE == OFlags::RDWR);
    let (Ok(this), Ok(null)) = (fstat(&stream), stat("/dev/null")) else { return false };
    let is_device = FileType::from_raw_mode(this.st_mode) == FileType::CharacterDevice;
    read_and_write && is_device && this.st_rdev == null.st_rdev
}

/// Writes out what is still buffered for standard output, after `written`.
///
/// # Errors
/// Something could not be written, as to a full disk.
pub fn flush_standard_output(written: io::Result<()>) -> Result<(), CommandError> {
    piped(written.and_then(|()| io::stdout().lock().flush()))
}

/// Whoever closes the other end of standard output has seen enough.
pub(super) fn piped(written: io::Result<()>) -> Result<(), CommandError> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CommandError::Output(error)),
        _ => Ok(()),
    }
}
