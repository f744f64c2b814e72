//! Where the frames of a packed file begin (RFC 8878, 3.1.1), found without unpacking anything.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use super::window::Window;

/// The first bytes of a frame.
pub(super) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Read at a time.
const CHUNK: usize = 256 << 10;

/// Where each frame begins, in order; where a frame is damaged, the next place that looks like one.
pub(super) fn frames(file: &Arc<File>) -> io::Result<Vec<u64>> {
    let mut reader = BufReader::with_capacity(CHUNK, Window::at(file, 0));
    let mut starts = Vec::new();
    let mut at = 0;
    loop {
        match length(&mut reader) {
            Ok(Some((is_content, length))) => {
                if is_content {
                    starts.push(at);
                }
                at += length;
            }
            Ok(None) => {
                let Some(next) = next_magic(file, at + 1)? else { return Ok(starts) };
                at = next;
            }
            // It ends here, within a frame or between two.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                if starts_with_magic(file, at)? {
                    starts.push(at);
                }
                return Ok(starts);
            }
            Err(error) => return Err(error),
        }
        reader.seek(SeekFrom::Start(at))?;
    }
}

/// Whether the frame has content, and how long it is; `None` where there is no frame.
fn length(reader: &mut BufReader<Window>) -> io::Result<Option<(bool, u64)>> {
    let magic: [u8; 4] = bytes(reader)?;
    if u32::from_le_bytes(magic) & 0xffff_fff0 == 0x184d_2a50 {
        let size = u32::from_le_bytes(bytes(reader)?);
        return Ok(Some((false, 8 + u64::from(size))));
    }
    if magic != MAGIC {
        return Ok(None);
    }
    let [descriptor] = bytes::<1>(reader)?;
    let single = descriptor & 0x20 != 0;
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size = match descriptor >> 6 {
        0 => i64::from(single),
        flag => 1 << flag,
    };
    let header = i64::from(!single) + dictionary + size;
    reader.seek_relative(header)?;
    let mut length = 5 + header as u64;
    loop {
        let [a, b, c] = bytes::<3>(reader)?;
        let block = u32::from_le_bytes([a, b, c, 0]);
        let size = match block >> 1 & 3 {
            1 => 1,
            0 | 2 => block >> 3,
            _ => return Ok(None),
        };
        reader.seek_relative(i64::from(size))?;
        length += 3 + u64::from(size);
        if block & 1 != 0 {
            let checksum = if descriptor & 4 == 0 { 0 } else { 4 };
            return Ok(Some((true, length + checksum)));
        }
    }
}

fn bytes<const N: usize>(reader: &mut BufReader<Window>) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn starts_with_magic(file: &Arc<File>, at: u64) -> io::Result<bool> {
    let mut bytes = Vec::new();
    Window::at(file, at).take(4).read_to_end(&mut bytes)?;
    Ok(bytes == MAGIC)
}

/// The next place from `at` on that looks like the beginning of a frame.
pub(super) fn next_magic(file: &Arc<File>, at: u64) -> io::Result<Option<u64>> {
    let mut reader = Window::at(file, at);
    let mut window = Vec::with_capacity(CHUNK + 3);
    let mut start = at;
    loop {
        let read = (&mut reader).take(CHUNK as u64).read_to_end(&mut window)?;
        if let Some(found) = memchr::memmem::find(&window, &MAGIC) {
            return Ok(Some(start + found as u64));
        }
        if read == 0 {
            return Ok(None);
        }
        let done = window.len().saturating_sub(3);
        window.drain(..done);
        start += done as u64;
    }
}
