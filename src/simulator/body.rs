//! Bodies of answers as they leave the server: whole, or in the ways that go wrong.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::gzip::Bomb;

/// How long a drip waits from one byte to the next.
const DRIP: Duration = Duration::from_secs(1);

/// The body of an answer.
pub(super) enum Outflow {
    /// All of it at once; `None` when it is gone.
    Whole(Option<Bytes>),
    /// The part, then the connection closes before the announced length.
    Cut { part: Option<Bytes>, flushed: bool, announced: u64 },
    /// A byte a second.
    Drip { rest: Bytes, ticks: Interval },
    /// The head, the block so many times (for ever where `None`), and the tail.
    Blocks { head: Option<Bytes>, block: Bytes, left: Option<u64>, tail: Option<Bytes> },
}

impl Outflow {
    pub(super) fn whole(body: Bytes) -> Outflow {
        Outflow::Whole((!body.is_empty()).then_some(body))
    }

    pub(super) fn cut(body: &Bytes) -> Outflow {
        Outflow::Cut {
            part: Some(body.slice(..body.len() / 2)),
            flushed: false,
            announced: body.len() as u64,
        }
    }

    pub(super) fn drip(body: Bytes) -> Outflow {
        let mut ticks = interval(DRIP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Outflow::Drip { rest: body, ticks }
    }

    pub(super) fn endless() -> Outflow {
        let head = Bytes::from_static(b"{\"errCode\":0,\"errMsg\":\"");
        Outflow::Blocks { head: Some(head), block: vec![b'a'; 64 * 1024].into(), left: None, tail: None }
    }

    /// A JSON string of exactly `size` bytes, blanks filling it up; at least 25.
    pub(super) fn oversize(size: u64) -> Outflow {
        const BLOCK: u64 = 64 * 1024;
        let (start, end) = (b"{\"errCode\":0,\"errMsg\":\"".as_slice(), b"\"}".as_slice());
        let fill = size.saturating_sub((start.len() + end.len()) as u64);
        let mut head = start.to_vec();
        head.resize(start.len() + (fill % BLOCK) as usize, b'a');
        Outflow::Blocks {
            head: Some(head.into()),
            block: vec![b'a'; BLOCK as usize].into(),
            left: Some(fill / BLOCK),
            tail: Some(Bytes::from_static(end)),
        }
    }

    pub(super) fn bomb(bomb: Bomb) -> Outflow {
        Outflow::Blocks {
            head: Some(bomb.head),
            block: bomb.block,
            left: Some(bomb.blocks),
            tail: Some(bomb.tail),
        }
    }
}

impl Body for Outflow {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let data = match self.get_mut() {
            Outflow::Whole(body) => body.take(),
            Outflow::Cut { part, flushed, .. } => match part.take() {
                Some(part) => Some(part),
                // With nothing more to be had at once hyper sends what it has; then comes the end.
                None if !std::mem::replace(flushed, true) => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                None => return Poll::Ready(Some(Err(io::Error::other("cut on purpose")))),
            },
            Outflow::Drip { rest, .. } if rest.is_empty() => None,
            Outflow::Drip { rest, ticks } => {
                if ticks.poll_tick(cx).is_pending() {
                    return Poll::Pending;
                }
                Some(rest.split_to(1))
            }
            Outflow::Blocks { head, block, left, tail } => match (head.take(), left.as_mut()) {
                (Some(head), _) => Some(head),
                (None, None) => Some(block.clone()),
                (None, Some(0)) => tail.take(),
                (None, Some(left)) => {
                    *left -= 1;
                    Some(block.clone())
                }
            },
        };
        Poll::Ready(data.map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Outflow::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        let exact = match self {
            Outflow::Whole(body) => Some(body.as_ref().map_or(0, |body| body.len() as u64)),
            Outflow::Cut { announced, .. } => Some(*announced),
            Outflow::Drip { rest, .. } => Some(rest.len() as u64),
            Outflow::Blocks { head, block, left, tail } => left.map(|left| {
                let ends = [head, tail].into_iter().flatten().map(|part| part.len() as u64).sum::<u64>();
                ends + left * block.len() as u64
            }),
        };
        exact.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
