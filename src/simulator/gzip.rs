//! Compressed answers: the same bytes for the same answer, and never compressed twice.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress, write::GzEncoder};

/// Bytes of compressed answers to keep.
const KEEP: usize = 64 * 1024 * 1024;

/// The compressed answers of late.
#[derive(Default)]
pub(super) struct Cache {
    hasher: rapidhash::fast::RandomState,
    kept: HashMap<u64, Bytes>,
    size: usize,
}

impl Cache {
    /// The name of a body in this cache.
    pub(super) fn key(&self, body: &[u8]) -> u64 {
        self.hasher.hash_one(body)
    }

    /// What the body of that name was compressed to.
    pub(super) fn find(&self, key: u64) -> Option<Bytes> {
        self.kept.get(&key).cloned()
    }

    /// Keeps a compressed body.
    pub(super) fn keep(&mut self, key: u64, packed: Bytes) {
        if self.size > KEEP {
            self.kept.clear();
            self.size = 0;
        }
        self.size += packed.len();
        self.kept.insert(key, packed);
    }
}

/// Compresses a body at the fastest level.
pub(super) fn compress(body: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 2 + 64), Compression::fast());
    encoder.write_all(body)?;
    Ok(encoder.finish()?.into())
}

/// A gzip stream in three parts, the middle one to be sent many times: a JSON string of `size`
/// bytes and more, a thousandth of that on the wire.
pub(super) struct Bomb {
    pub(super) head: Bytes,
    pub(super) block: Bytes,
    pub(super) blocks: u64,
    pub(super) tail: Bytes,
}

const BLOCK: usize = 1024 * 1024;

impl Bomb {
    /// A stream that unpacks to at least `size` bytes.
    pub(super) fn new(size: u64) -> io::Result<Bomb> {
        let mut deflate = Compress::new(Compression::best(), false);
        let (start, fill, end) =
            (b"{\"errCode\":0,\"errMsg\":\"".as_slice(), vec![b'a'; BLOCK], b"\"}".as_slice());
        let blocks = size.div_ceil(BLOCK as u64);
        let mut head = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        head.extend(deflated(&mut deflate, start, FlushCompress::Full)?);
        // After a full flush nothing refers to what came before, so one block stands for each.
        let block = deflated(&mut deflate, &fill, FlushCompress::Full)?;
        let mut tail = deflated(&mut deflate, end, FlushCompress::Finish)?;
        let sum_of = |bytes: &[u8]| {
            let mut sum = Crc::new();
            sum.update(bytes);
            sum
        };
        let (mut sum, block_sum) = (sum_of(start), sum_of(&fill));
        for _ in 0..blocks {
            sum.combine(&block_sum);
        }
        sum.combine(&sum_of(end));
        tail.extend(sum.sum().to_le_bytes());
        tail.extend(sum.amount().to_le_bytes());
        Ok(Bomb { head: head.into(), block: block.into(), blocks, tail: tail.into() })
    }
}

fn deflated(deflate: &mut Compress, bytes: &[u8], flush: FlushCompress) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() / 8 + 1024);
    deflate.compress_vec(bytes, &mut out, flush).map_err(io::Error::other)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn the_bomb_is_one_good_gzip_stream() {
        let bomb = Bomb::new(3 * BLOCK as u64).unwrap();
        let mut wire = bomb.head.to_vec();
        for _ in 0..bomb.blocks {
            wire.extend_from_slice(&bomb.block);
        }
        wire.extend_from_slice(&bomb.tail);
        let mut text = String::new();
        GzDecoder::new(&wire[..]).read_to_string(&mut text).unwrap();
        assert!(text.starts_with("{\"errCode\":0,\"errMsg\":\"aaa") && text.ends_with("aa\"}"));
        assert!(text.len() > 3 * BLOCK && wire.len() < text.len() / 100, "{} -> {}", text.len(), wire.len());
    }
}
