//! A file read from a place of one's own: several can read the same one, and none moves the others.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

/// A reader at a place in a file.
#[derive(Debug)]
pub(super) struct Window {
    file: Arc<File>,
    pub(super) position: u64,
}

impl Window {
    pub(super) fn at(file: &Arc<File>, position: u64) -> Window {
        Window { file: Arc::clone(file), position }
    }
}

impl Read for Window {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(out, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.file.metadata()?.len().checked_add_signed(by),
        };
        // What lies beyond can be sought, and holds nothing.
        let place = place.filter(|at| i64::try_from(*at).is_ok());
        self.position = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
