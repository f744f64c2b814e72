//! Reads an answer's body as it comes, and unpacks it, within a limit.
//!
//! A compressed body is kept compressed: the server gives the same bytes for the same answer, so
//! whether it has to be unpacked at all is known before.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::bufread::MultiGzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use crate::presence::FetchError;

use super::envelope::undecodable;

/// So much room is made at once, at most, on the word of a `Content-Length`.
const TRUSTED: u64 = 1 << 20;
/// Unpacked so much at a time.
const STEP: u64 = 64 << 10;

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
}

impl Packing {
    /// As the headers of an answer say.
    ///
    /// # Errors
    ///
    /// [`FetchError::Decode`] for an encoding that was not asked for.
    pub(super) fn of(headers: &HeaderMap) -> Result<Packing, FetchError> {
        let mut packing = Packing::Plain;
        for name in headers.get_all(CONTENT_ENCODING) {
            for name in name.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                match name.to_ascii_lowercase().as_slice() {
                    b"" | b"identity" => {}
                    b"gzip" | b"x-gzip" if packing == Packing::Plain => packing = Packing::Gzip,
                    _ => return Err(undecodable("packed in a way that we did not ask for")),
                }
            }
        }
        Ok(packing)
    }
}

/// A body as it came over the wire.
pub(super) struct Body<'a> {
    pub(super) wire: Cow<'a, [u8]>,
    pub(super) packing: Packing,
}

impl Body<'_> {
    /// Takes one chunk after the other from `response`, which is packed so, up to `limit` bytes.
    ///
    /// # Errors
    ///
    /// [`FetchError::TooLarge`], or what `failure` makes of a connection that breaks.
    pub(super) async fn receive(
        mut response: reqwest::Response,
        packing: Packing,
        limit: u64,
        failure: impl Fn(&reqwest::Error) -> FetchError,
    ) -> Result<Body<'static>, FetchError> {
        let too_large = || FetchError::TooLarge { limit_bytes: limit };
        let announced = response.content_length().unwrap_or(0);
        if announced > limit {
            return Err(too_large());
        }
        let mut wire = Vec::with_capacity(announced.min(TRUSTED) as usize);
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
            if (wire.len() + chunk.len()) as u64 > limit {
                return Err(too_large());
            }
            wire.extend_from_slice(&chunk);
        }
        Ok(Body { wire: wire.into(), packing })
    }

    /// The body itself. Takes no more room than `limit`, however much is packed into it.
    ///
    /// # Errors
    ///
    /// [`FetchError::TooLarge`], or [`FetchError::Decode`] where it is not what it says it is.
    pub(super) fn unpack(&self, limit: u64) -> Result<Cow<'_, [u8]>, FetchError> {
        match self.packing {
            Packing::Plain => Ok(Cow::Borrowed(&self.wire)),
            Packing::Gzip => gunzip(&self.wire, limit).map(Cow::Owned),
        }
    }
}

fn gunzip(packed: &[u8], limit: u64) -> Result<Vec<u8>, FetchError> {
    if packed.is_empty() {
        return Ok(Vec::new());
    }
    let mut reader = MultiGzDecoder::new(packed);
    // A guess at the usual ratio; grown in doubling steps that stop at the limit.
    let mut out = Vec::with_capacity((packed.len() as u64 * 4).min(limit).min(TRUSTED) as usize);
    loop {
        let room = limit.saturating_add(1) - out.len() as u64;
        let step = (&mut reader)
            .take(room.min(STEP))
            .read_to_end(&mut out)
            .map_err(|_| undecodable("the gzip body is broken"))?;
        if step == 0 {
            return Ok(out);
        }
        if out.len() as u64 > limit {
            return Err(FetchError::TooLarge { limit_bytes: limit });
        }
        if out.capacity() as u64 * 2 > limit && out.capacity() as u64 <= limit {
            out.reserve_exact(limit as usize + 1 - out.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let bomb = gzip(&vec![b' '; 10 << 20]);
        assert!(bomb.len() < 20 << 10);
        assert_eq!(gunzip(&bomb, 1 << 20), Err(FetchError::TooLarge { limit_bytes: 1 << 20 }));
        assert_eq!(gunzip(&bomb, (10 << 20) - 1), Err(FetchError::TooLarge { limit_bytes: (10 << 20) - 1 }));
        let whole = gunzip(&bomb, 10 << 20).unwrap();
        assert_eq!(whole.len(), 10 << 20);
        assert!(whole.capacity() <= (10 << 20) + 1);
    }

    #[test]
    fn broken_gzip_is_not_an_answer() {
        let whole = gzip(b"{\"errCode\":0}");
        assert_eq!(gunzip(&whole, 100).unwrap(), b"{\"errCode\":0}");
        let mut wrong = whole.clone();
        *wrong.last_mut().unwrap() ^= 1;
        for packed in [&whole[..whole.len() - 1], &whole[..12], b"plain", &wrong] {
            assert_eq!(gunzip(packed, 100), Err(undecodable("the gzip body is broken")));
        }
        assert_eq!(gunzip(b"", 100).unwrap(), b"");
    }

    #[test]
    fn an_encoding_nobody_asked_for_is_refused() {
        let packing = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, value.parse().unwrap());
            Packing::of(&headers).ok()
        };
        assert_eq!(Packing::of(&HeaderMap::new()), Ok(Packing::Plain));
        assert_eq!(packing("GZIP"), Some(Packing::Gzip));
        assert_eq!(packing("identity"), Some(Packing::Plain));
        assert_eq!(packing("br"), None);
        assert_eq!(packing("gzip, gzip"), None);
    }
}
