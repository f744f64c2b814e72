//! A file that lines are written to: plain or packed, never over another one, whole up to the last
//! line that found room.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use zstd::stream::write::Encoder as Packer;

use super::pieces::{is_packed, piece};
use crate::presence::Moment;

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
    /// Where the file could end, in what waits.
    ends: Vec<End>,
    kept: Kept,
    /// Whether what is in the file ends within a frame.
    is_open: bool,
}

/// What of a recording is surely in its file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kept {
    pub(super) bytes: u64,
    pub(super) lines: u64,
    /// The moment of the last line.
    pub(super) until: Option<Moment>,
}

/// An end of a line, or of a frame.
#[derive(Clone, Copy)]
struct End {
    /// Bytes up to it.
    bytes: usize,
    /// The line's moment; `None`: it ends a frame.
    line: Option<Moment>,
}

impl Sink {
    /// Makes a new file that only we can read.
    pub(super) fn create(path: &Path) -> io::Result<Sink> {
        let packer = if is_packed(path) { Some(Packer::new(Vec::new(), LEVEL)?) } else { None };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let file = options.open(path)?;
        Ok(Sink {
            path: path.to_owned(),
            file,
            packer,
            waiting: Vec::new(),
            ends: Vec::new(),
            kept: Kept::default(),
            is_open: false,
        })
    }

    /// Takes a whole line.
    pub(super) fn put(&mut self, at: Moment, line: &[u8]) -> io::Result<()> {
        if let Some(packer) = &mut self.packer {
            packer.write_all(line)?;
            packer.flush()?; // ends a block: up to here it can be unpacked
        } else {
            self.waiting.extend_from_slice(line);
        }
        let bytes = self.waiting().len();
        self.ends.push(End { bytes, line: Some(at) });
        if bytes < WAITING { Ok(()) } else { self.flush() }
    }

    /// Ends the frame where it is packed: what comes now can be read without what was before.
    pub(super) fn end_frame(&mut self) -> io::Result<()> {
        let is_open = self.ends.last().map_or(self.is_open, |end| end.line.is_some());
        if let Some(packer) = self.packer.take_if(|_| is_open) {
            let waiting = packer.finish()?;
            self.ends.push(End { bytes: waiting.len(), line: None });
            self.packer = Some(Packer::new(waiting, LEVEL)?);
        }
        Ok(())
    }

    /// Writes what waits: after this it outlives us.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let waiting = self.packer.as_ref().map_or(&self.waiting, Packer::get_ref);
        let (written, result) = write(&mut self.file, waiting);
        let before = self.kept.bytes;
        for end in self.ends.iter().take_while(|end| end.bytes <= written) {
            self.kept.bytes = before + end.bytes as u64;
            self.kept.lines += u64::from(end.line.is_some());
            self.kept.until = end.line.or(self.kept.until);
            self.is_open = end.line.is_some();
        }
        self.ends.clear();
        let waiting = self.packer.as_mut().map_or(&mut self.waiting, Packer::get_mut);
        waiting.clear();
        waiting.shrink_to(WAITING);
        result
    }

    /// Goes on in a new file of the same name; this one, to which all was written, gets the name of
    /// piece `number`.
    pub(super) fn rotate(&mut self, number: u32) -> io::Result<()> {
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
        let _ = self.file.set_len(self.kept.bytes);
        let place = self.file.seek(SeekFrom::Start(self.kept.bytes));
        if self.packer.is_some() && self.is_open && place.is_ok() && self.file.write_all(&LAST_BLOCK).is_err()
        {
            let _ = self.file.set_len(self.kept.bytes);
        }
    }

    /// What is surely in the file.
    pub(super) fn kept(&self) -> Kept {
        self.kept
    }

    /// How long the file is, or will be when nothing waits.
    pub(super) fn len(&self) -> u64 {
        self.kept.bytes + self.waiting().len() as u64
    }

    fn waiting(&self) -> &[u8] {
        self.packer.as_ref().map_or(&self.waiting, |packer| packer.get_ref())
    }
}

/// Writes as much as there is room for, and says how much that was.
fn write(file: &mut File, mut bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut written = 0;
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
            Ok(count) => {
                written += count;
                bytes = bytes.get(count..).unwrap_or_default();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
}
