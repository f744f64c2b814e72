//! A file that lines are written to: plain or packed, never over another one, whole up to the last
//! line that found room.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use zstd::stream::write::Encoder as Packer;

use super::pieces::{is_packed, piece};

/// How hard to pack: little work, most of the gain.
const LEVEL: i32 = 3;

/// What waits in memory is written at the latest when it is so long, in bytes.
const WAITING: usize = 1 << 20;

/// A last block without content: closes a frame wherever a block ends (RFC 8878, 3.1.1.2).
const LAST_BLOCK: [u8; 3] = [1, 0, 0];

/// An open file.
pub(super) struct Sink {
    path: PathBuf,
    file: File,
    packer: Option<Packer<'static, Vec<u8>>>,
    /// Lines that are not in the file yet, where they are not packed.
    waiting: Vec<u8>,
    /// So long is the file up to the last line that was written whole.
    whole: u64,
    /// Whether anything was packed since the last frame was closed.
    in_frame: bool,
}

impl Sink {
    /// Makes a new file that only we can read.
    pub(super) fn create(path: &Path) -> io::Result<Sink> {
        let packer = if is_packed(path) { Some(Packer::new(Vec::new(), LEVEL)?) } else { None };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        Ok(Sink { path: path.to_owned(), file, packer, waiting: Vec::new(), whole: 0, in_frame: false })
    }

    /// Takes a whole line, or several.
    pub(super) fn put(&mut self, lines: &[u8]) -> io::Result<()> {
        if let Some(packer) = &mut self.packer {
            self.in_frame = true;
            packer.write_all(lines)?;
            if packer.get_ref().len() < WAITING {
                return Ok(());
            }
        } else {
            self.waiting.extend_from_slice(lines);
            if self.waiting.len() < WAITING {
                return Ok(());
            }
        }
        self.flush()
    }

    /// Writes what waits: after this it outlives us.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if let Some(packer) = &mut self.packer {
            packer.flush()?;
        }
        self.write_out()
    }

    /// Ends the frame where it is packed: what comes now can be read without what was before.
    pub(super) fn end_frame(&mut self) -> io::Result<()> {
        if let Some(packer) = self.packer.take_if(|_| self.in_frame) {
            self.packer = Some(Packer::new(packer.finish()?, LEVEL)?);
            self.in_frame = false;
        }
        self.write_out()
    }

    /// Goes on in a new file of the same name; this one gets the name of piece `number`.
    pub(super) fn rotate(&mut self, number: u32) -> io::Result<()> {
        self.end_frame()?;
        let name = piece(&self.path, number);
        if name.symlink_metadata().is_ok() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the name of its next piece is taken"));
        }
        std::fs::rename(&self.path, &name)?;
        *self = Sink::create(&self.path)?;
        Ok(())
    }

    /// After an error: cuts the file back to the last whole line.
    pub(super) fn salvage(&mut self) {
        // What cannot be cut is read up to its last whole line all the same.
        let _ = self.file.set_len(self.whole);
        let closed = io::Seek::seek(&mut self.file, io::SeekFrom::Start(self.whole));
        if self.packer.is_some() && self.whole > 0 && closed.is_ok() {
            if self.file.write_all(&LAST_BLOCK).is_err() {
                let _ = self.file.set_len(self.whole);
            }
        }
    }

    /// Bytes of the file so far.
    pub(super) fn len(&self) -> u64 {
        self.whole
    }

    fn write_out(&mut self) -> io::Result<()> {
        let waiting = match &mut self.packer {
            Some(packer) => packer.get_mut(),
            None => &mut self.waiting,
        };
        self.file.write_all(waiting)?;
        self.whole += waiting.len() as u64;
        waiting.clear();
        Ok(())
    }
}
