//! Lines of a file, plain or packed, from its beginning or from a place in it; bounded, whatever the
//! file holds.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::sync::Arc;

use zstd::stream::read::Decoder as Unpacker;

use super::frames::{MAGIC, next_magic};
use super::window::Window;

/// Read at a time.
const CHUNK: usize = 64 << 10;
/// The same of what is packed. What was unpacked in one go is lost with the error that ends it, so this
/// is how much before a damage cannot be read.
const PACKED_CHUNK: usize = 1 << 10;

/// A place in a file where reading can begin: of a packed one, a frame and a place in what it unpacks
/// to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) offset: u64,
    pub(super) inner: u64,
}

/// What reading a line came to. The line itself is in the buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// A whole line that begins there.
    Line(Spot),
    /// A whole line, longer than the limit; its beginning is in the buffer.
    TooLong(Spot),
    /// The file ends, after so many bytes of a line that is not whole.
    End(u64),
    /// What is packed cannot be unpacked from here on; the next line is one of another frame.
    Damaged,
}

/// An open file.
pub(super) struct Source {
    file: Arc<File>,
    reader: Reader,
    /// The next line, where it was looked at.
    ahead: Option<(Taken, Vec<u8>)>,
}

/// Bytes as the file has them.
type Raw = BufReader<Window>;

enum Reader {
    Plain(Raw),
    Packed {
        frame: u64,
        /// Bytes of the frame that were unpacked and taken.
        inner: u64,
        /// `None` between two frames.
        reader: Option<Box<BufReader<Unpacker<'static, Raw>>>>,
        /// Where the next frame begins, when there is no reader.
        next: u64,
    },
}

impl Source {
    pub(super) fn open(file: &Arc<File>) -> io::Result<Source> {
        let mut magic = Vec::new();
        Window::at(file, 0).take(4).read_to_end(&mut magic)?;
        let reader = if magic == MAGIC {
            Reader::Packed { frame: 0, inner: 0, reader: None, next: 0 }
        } else {
            Reader::Plain(raw(file, 0, CHUNK))
        };
        Ok(Source { file: Arc::clone(file), reader, ahead: None })
    }

    pub(super) fn is_packed(&self) -> bool {
        matches!(self.reader, Reader::Packed { .. })
    }

    pub(super) fn seek(&mut self, spot: Spot) -> io::Result<()> {
        self.ahead = None;
        match &mut self.reader {
            Reader::Plain(reader) => *reader = raw(&self.file, spot.offset, CHUNK),
            Reader::Packed { frame, inner, reader, next } => {
                *frame = spot.offset;
                *next = spot.offset;
                *inner = 0;
                *reader = None;
                if spot.inner > 0 {
                    let mut unpacker = unpack(&self.file, spot.offset)?;
                    *inner = io::copy(&mut (&mut unpacker).take(spot.inner), &mut io::sink())?;
                    *reader = Some(unpacker);
                }
            }
        }
        Ok(())
    }

    /// Looks at the line that is taken next; `None` where none is whole.
    pub(super) fn look_ahead(&mut self, limit: usize) -> io::Result<Option<&[u8]>> {
        if self.ahead.is_none() {
            let mut line = Vec::new();
            self.ahead = Some((self.line(&mut line, limit)?, line));
        }
        let whole = self.ahead.as_ref().filter(|(taken, _)| matches!(taken, Taken::Line(_)));
        Ok(whole.map(|(_, line)| line.as_slice()))
    }

    /// Takes one line into `line`, without its end, at most `limit` bytes of it.
    pub(super) fn line(&mut self, line: &mut Vec<u8>, limit: usize) -> io::Result<Taken> {
        if let Some((taken, next)) = self.ahead.take() {
            *line = next;
            return Ok(taken);
        }
        line.clear();
        let mut length = 0;
        match &mut self.reader {
            Reader::Plain(reader) => {
                let spot = Spot { offset: position(reader), inner: 0 };
                let ended = take(reader, line, limit, &mut length)?;
                Ok(taken(ended, spot, length, limit))
            }
            Reader::Packed { frame, inner, reader, next } => {
                let mut spot = Spot::default();
                loop {
                    let unpacker = if let Some(unpacker) = reader {
                        unpacker
                    } else {
                        *frame = *next;
                        *inner = 0;
                        reader.insert(unpack(&self.file, *frame)?)
                    };
                    if length == 0 {
                        spot = Spot { offset: *frame, inner: *inner };
                    }
                    let before = length;
                    let ended = take(unpacker.as_mut(), line, limit, &mut length);
                    *inner += length - before;
                    match ended {
                        Ok(true) => return Ok(taken(true, spot, length, limit)),
                        Ok(false) => {
                            let done = position(unpacker.get_ref().get_ref());
                            if done == *frame || unpacker.get_mut().get_mut().fill_buf()?.is_empty() {
                                return Ok(Taken::End(length));
                            }
                            *next = done;
                            *reader = None;
                        }
                        Err(error) => {
                            *reader = None;
                            let (at, found) = recover(&self.file, error, *frame, length)?;
                            *next = at;
                            return Ok(found);
                        }
                    }
                }
            }
        }
    }
}

/// Where to go on after an error within a frame, and what it came to: another frame, or the end of the
/// file.
fn recover(file: &Arc<File>, error: io::Error, frame: u64, length: u64) -> io::Result<(u64, Taken)> {
    if error.raw_os_error().is_some() {
        return Err(error); // of the disk, not of what it holds
    }
    let end = file.metadata()?.len();
    Ok(match next_magic(file, frame.saturating_add(1))? {
        Some(at) => (at, Taken::Damaged),
        None if error.kind() == io::ErrorKind::UnexpectedEof => (end, Taken::End(length)),
        None => (end, Taken::Damaged),
    })
}

fn taken(ended: bool, spot: Spot, length: u64, limit: usize) -> Taken {
    match ended {
        false => Taken::End(length),
        true if length > limit as u64 + 1 => Taken::TooLong(spot),
        true => Taken::Line(spot),
    }
}

/// Takes bytes up to a line's end or the end of the reader, and says whether it was the former.
/// `length` grows by all that was taken, the line's end included; `line` up to `limit`.
fn take(reader: &mut impl BufRead, line: &mut Vec<u8>, limit: usize, length: &mut u64) -> io::Result<bool> {
    loop {
        let ready = match reader.fill_buf() {
            Ok(ready) => ready,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if ready.is_empty() {
            return Ok(false);
        }
        let end = memchr::memchr(b'\n', ready);
        let part = ready.get(..end.unwrap_or(ready.len())).unwrap_or(ready);
        let room = limit.saturating_sub(line.len()).min(part.len());
        line.extend_from_slice(part.get(..room).unwrap_or_default());
        let used = part.len() + usize::from(end.is_some());
        *length += used as u64;
        reader.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}

fn unpack(file: &Arc<File>, at: u64) -> io::Result<Box<BufReader<Unpacker<'static, Raw>>>> {
    let unpacker = Unpacker::with_buffer(raw(file, at, PACKED_CHUNK))?.single_frame();
    Ok(Box::new(BufReader::with_capacity(CHUNK, unpacker)))
}

fn raw(file: &Arc<File>, at: u64, chunk: usize) -> Raw {
    BufReader::with_capacity(chunk, Window::at(file, at))
}

/// How far what was taken from the reader goes.
fn position(reader: &Raw) -> u64 {
    reader.get_ref().position - reader.buffer().len() as u64
}
