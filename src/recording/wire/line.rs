//! One line: when, which kind, and what. Lines are written and read in order, as hints refer to the
//! ones before.

use std::io::{self, Write as _};

use serde::de::{Deserialize, IgnoredAny};
use serde::{Deserialize as DeriveDeserialize, Serialize};

use super::head::{FORMAT, WireHead};
use super::keyframe::WireKeyframe;
use super::list::WireList;
use super::observed::{LastHints, WireAsked, WireObserved};
use super::text::Text;
use super::time::{read_interval, read_moment};
use super::{Head, Keyframe};
use crate::presence::{Input, Moment, RosterState, WatchList, visible_bounded};

/// What a line says, after the moment.
#[derive(Clone, Debug)]
pub enum Line {
    /// All that was known.
    Keyframe(Box<Keyframe>),
    /// What came in.
    Input(Input),
    /// Something that a later version of this program wrote, or another head: passed over.
    Other,
}

/// The kind of a line, as it says itself right after the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recording) enum Kind {
    Head,
    Keyframe,
    Observed,
    Rebased,
    Relabelled,
    Interval,
    Notice,
    Other,
}

impl Kind {
    fn named(name: &[u8]) -> Kind {
        match name {
            b"imtop" => Kind::Head,
            b"keyframe" => Kind::Keyframe,
            b"observed" => Kind::Observed,
            b"rebased" => Kind::Rebased,
            b"relabelled" => Kind::Relabelled,
            b"interval" => Kind::Interval,
            b"notice" => Kind::Notice,
            _ => Kind::Other,
        }
    }
}

/// Reads only the beginning of a line, whose rest may be missing: the moment and the kind.
pub(in crate::recording) fn beginning(line: &[u8]) -> Option<(Moment, Kind)> {
    let rest = line.strip_prefix(b"{\"at\":")?;
    let (mono_ms, rest) = number(rest)?;
    let rest = rest.strip_prefix(b",\"unix\":")?;
    let (unix_ms, rest) = number(rest)?;
    let rest = rest.strip_prefix(b",\"")?;
    let name = rest.get(..rest.iter().take(40).position(|byte| *byte == b'"')?)?;
    let moment = read_moment((u64::try_from(mono_ms).ok()?, unix_ms)).ok()?;
    Some((moment, Kind::named(name)))
}

/// The same, but when it is known of: an answer is written with the moment before it, and was there later.
pub(in crate::recording) fn known(line: &[u8]) -> Option<Moment> {
    const RECEIVED: &[u8] = b"\"received\":[";
    let (at, kind) = beginning(line)?;
    let received = || {
        let place = memchr::memmem::find(line, RECEIVED)?;
        let (mono_ms, rest) = number(line.get(place + RECEIVED.len()..)?)?;
        let rest = rest.strip_prefix(b",")?;
        let end = rest.iter().take(20).position(|byte| *byte == b']')?;
        let unix_ms = std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()?;
        read_moment((u64::try_from(mono_ms).ok()?, unix_ms)).ok()
    };
    let received = if kind == Kind::Observed { received() } else { None };
    Some(received.filter(|received| received.mono_ms > at.mono_ms).unwrap_or(at))
}

/// A number, and what follows it.
fn number(text: &[u8]) -> Option<(i64, &[u8])> {
    let end = text.iter().take(20).position(|byte| *byte == b',')?;
    let (digits, rest) = text.split_at_checked(end)?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

/// Writes lines, one after the other.
#[derive(Debug, Default)]
pub struct Encoder {
    last_hints: LastHints,
}

impl Encoder {
    /// Writes a head, which begins a file.
    ///
    /// # Errors
    /// None but those of a type that cannot be written, of which there is none.
    pub fn head(&mut self, at: Moment, head: &Head, out: &mut Vec<u8>) -> io::Result<()> {
        self.last_hints.forget();
        write!(out, "{{\"at\":{},\"unix\":{},\"imtop\":\"{FORMAT}\"", at.mono_ms, at.unix_ms)?;
        end(out, "head", &WireHead::write(head))
    }

    /// Writes a keyframe. What follows it refers to nothing before it.
    ///
    /// # Errors
    /// None but those of a type that cannot be written, of which there is none.
    pub fn keyframe(
        &mut self,
        at: Moment,
        list: &WatchList,
        state: &RosterState,
        interval_ms: u64,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        self.last_hints.forget();
        begin(at, out)?;
        end(out, "keyframe", &WireKeyframe::write(list, state, interval_ms))
    }

    /// Writes an input.
    ///
    /// # Errors
    /// None but those of a type that cannot be written, of which there is none.
    pub fn input(&mut self, at: Moment, input: &Input, out: &mut Vec<u8>) -> io::Result<()> {
        begin(at, out)?;
        match input {
            Input::Observed(observation) => {
                end(out, "observed", &WireObserved::write(observation, &mut self.last_hints))
            }
            Input::Rebased(list) => end(out, "rebased", &WireList::write(list)),
            Input::Relabelled(list) => end(out, "relabelled", &WireList::write(list)),
            Input::Interval(ms) => end(out, "interval", ms),
            Input::Notice(text) => end(out, "notice", text),
        }
    }
}

fn begin(at: Moment, out: &mut Vec<u8>) -> io::Result<()> {
    write!(out, "{{\"at\":{},\"unix\":{}", at.mono_ms, at.unix_ms)
}

fn end(out: &mut Vec<u8>, name: &str, what: &impl Serialize) -> io::Result<()> {
    write!(out, ",\"{name}\":")?;
    serde_json::to_writer(&mut *out, what)?;
    out.extend_from_slice(b"}\n");
    Ok(())
}

#[derive(DeriveDeserialize)]
struct KeyframeLine<'a> {
    #[serde(borrow)]
    keyframe: WireKeyframe<'a>,
}

#[derive(DeriveDeserialize)]
struct ObservedLine<'a> {
    #[serde(borrow)]
    observed: WireObserved<'a>,
}

#[derive(DeriveDeserialize)]
struct AskedLine<'a> {
    #[serde(borrow)]
    observed: WireAsked<'a>,
}

#[derive(DeriveDeserialize)]
struct ListLine<'a> {
    #[serde(borrow, alias = "relabelled")]
    rebased: WireList<'a>,
}

#[derive(DeriveDeserialize)]
struct IntervalLine {
    interval: u64,
}

#[derive(DeriveDeserialize)]
struct NoticeLine<'a> {
    #[serde(borrow)]
    notice: Text<'a>,
}

/// Reads lines, one after the other.
#[derive(Debug, Default)]
pub struct Decoder {
    last_hints: LastHints,
}

impl Decoder {
    /// A keyframe comes here that is not read.
    pub(in crate::recording) fn pass_keyframe(&mut self) {
        self.last_hints.forget();
    }

    /// Reads one line, without its line's end.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence; visible-safe and short.
    pub fn line(&mut self, line: &[u8]) -> Result<(Moment, Line), String> {
        let (at, kind) = beginning(line).ok_or("it does not begin with a moment")?;
        let what = match kind {
            Kind::Keyframe => {
                self.last_hints.forget();
                let keyframe = json::<KeyframeLine<'_>>(line)?.keyframe.read()?;
                Line::Keyframe(Box::new(keyframe))
            }
            Kind::Observed => match json::<ObservedLine<'_>>(line) {
                Ok(read) => match read.observed.read(&mut self.last_hints)? {
                    Some(observation) => Line::Input(Input::Observed(observation)),
                    None => Line::Other,
                },
                // Another question may look different in every other way.
                Err(_) if json::<AskedLine<'_>>(line).is_ok_and(|asked| asked.observed.is_unknown()) => {
                    Line::Other
                }
                Err(why) => return Err(why),
            },
            Kind::Rebased => Line::Input(Input::Rebased(json::<ListLine<'_>>(line)?.rebased.read()?)),
            Kind::Relabelled => Line::Input(Input::Relabelled(json::<ListLine<'_>>(line)?.rebased.read()?)),
            Kind::Interval => {
                Line::Input(Input::Interval(read_interval(json::<IntervalLine>(line)?.interval)?))
            }
            Kind::Notice => Line::Input(Input::Notice(json::<NoticeLine<'_>>(line)?.notice.safe())),
            Kind::Head | Kind::Other => {
                json::<IgnoredAny>(line)?;
                Line::Other
            }
        };
        Ok((at, what))
    }
}

fn json<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(line).map_err(|error| visible_bounded(&error.to_string(), 120))
}
