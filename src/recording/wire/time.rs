//! Moments and spans: `[monotonic milliseconds, unix milliseconds]`, within bounds.

use crate::presence::{Answered, Moment, Since};

/// No moment is later, and none on the wall clock earlier than minus this: some 35,000 years.
const FARTHEST_MS: u64 = 1 << 50;

/// `[monotonic milliseconds, unix milliseconds]`.
pub(super) type WireMoment = (u64, i64);

pub(super) fn write_moment(moment: Moment) -> WireMoment {
    (moment.mono_ms, moment.unix_ms)
}

pub(super) fn read_moment((mono_ms, unix_ms): WireMoment) -> Result<Moment, String> {
    if unix_ms.unsigned_abs() > FARTHEST_MS {
        return Err("a wall clock out of all bounds".to_owned());
    }
    Ok(Moment { mono_ms: read_mono(mono_ms)?, unix_ms })
}

pub(super) fn read_mono(mono_ms: u64) -> Result<u64, String> {
    if mono_ms > FARTHEST_MS { Err("a time out of all bounds".to_owned()) } else { Ok(mono_ms) }
}

/// When an answer was asked for and when it was there.
pub(super) type WireAnswered = (WireMoment, WireMoment);

pub(super) fn write_answered(answered: Answered) -> WireAnswered {
    (write_moment(answered.sent), write_moment(answered.received))
}

pub(super) fn read_answered((sent, received): WireAnswered) -> Result<Answered, String> {
    Ok(Answered { sent: read_moment(sent)?, received: read_moment(received)? })
}

/// No later than, and after: `[before, after]` or `[before, null]`.
pub(super) type WireSince = (u64, Option<u64>);

pub(super) fn write_since(since: Since) -> WireSince {
    (since.before_ms, since.after_ms)
}

pub(super) fn read_since((before, after): WireSince) -> Result<Since, String> {
    Ok(Since { before_ms: read_mono(before)?, after_ms: after.map(read_mono).transpose()? })
}

/// An interval of asking, in milliseconds.
pub(super) fn read_interval(ms: u64) -> Result<u64, String> {
    if ms > FARTHEST_MS { Err("an interval out of all bounds".to_owned()) } else { Ok(ms) }
}
