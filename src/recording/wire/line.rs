//! One line: when, which kind, and what. Lines are written and read in order, as hints refer to the
//! ones before.

use std::io::{self, Write as _};

use serde::de::value::StrDeserializer;
use serde::de::{self, IgnoredAny, IntoDeserializer as _};
use serde::{Deserialize, Serialize};

use super::head::FORMAT;
use super::keyframe::Known;
use super::observed::{Asked, LastHints, Observed};
use super::{Head, Keyframe};
use crate::presence::written::{Text, interval, own_sentence};
use crate::presence::{Input, Moment, RosterState, WatchList, visible_bounded};
use crate::recording::course::Timed;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::recording) enum Kind {
    #[serde(rename = "imtop")]
    Head,
    Keyframe,
    Observed,
    Rebased,
    Relabelled,
    Interval,
    Notice,
    #[serde(other)]
    Other,
}

/// Reads only the beginning of a line, whose rest may be missing: the moment and the kind.
pub(in crate::recording) fn beginning(line: &[u8]) -> Option<(Moment, Kind)> {
    let rest = line.strip_prefix(b"{\"at\":")?;
    let (mono_ms, rest) = number(rest)?;
    let rest = rest.strip_prefix(b",\"unix\":")?;
    let (unix_ms, rest) = number(rest)?;
    let rest = rest.strip_prefix(b",\"")?;
    let name = rest.get(..rest.iter().take(40).position(|byte| *byte == b'"')?)?;
    let name: StrDeserializer<'_, de::value::Error> =
        std::str::from_utf8(name).unwrap_or_default().into_deserializer();
    Some((moment(mono_ms, unix_ms)?, Kind::deserialize(name).ok()?))
}

/// The same, and when it is known of: an answer is written with the moment before it, and was there later.
pub(in crate::recording) fn known(line: &[u8]) -> Option<Timed> {
    const RECEIVED: &[u8] = b"\"received\":[";
    let (at, kind) = beginning(line)?;
    let received = || {
        let place = memchr::memmem::find(line, RECEIVED)?;
        let (mono_ms, rest) = number(line.get(place + RECEIVED.len()..)?)?;
        let rest = rest.strip_prefix(b",")?;
        let end = rest.iter().take(20).position(|byte| *byte == b']')?;
        let unix_ms = std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()?;
        moment(mono_ms, unix_ms)
    };
    let received = if kind == Kind::Observed { received() } else { None };
    Some(Timed { at, seen: received.filter(|received| received.mono_ms > at.mono_ms).unwrap_or(at) })
}

/// A moment that lies within bounds.
fn moment(mono_ms: i64, unix_ms: i64) -> Option<Moment> {
    let moment = Moment { mono_ms: u64::try_from(mono_ms).ok()?, unix_ms };
    moment.in_bounds().is_ok().then_some(moment)
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
        end(out, "head", head)
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
        end(out, "keyframe", &Known { interval_ms, list, roster: state })
    }

    /// Writes an input.
    ///
    /// # Errors
    /// None but those of a type that cannot be written, of which there is none.
    pub fn input(&mut self, at: Moment, input: &Input, out: &mut Vec<u8>) -> io::Result<()> {
        begin(at, out)?;
        match input {
            Input::Observed(observation) => {
                end(out, "observed", &Observed::write(observation, &mut self.last_hints))
            }
            Input::Rebased(list) => end(out, "rebased", &**list),
            Input::Relabelled(list) => end(out, "relabelled", &**list),
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

/// A line with what it says under the name of its kind; of the other kinds it says nothing.
#[derive(Deserialize)]
struct Said<T> {
    #[serde(
        alias = "observed",
        alias = "rebased",
        alias = "relabelled",
        alias = "interval",
        alias = "notice"
    )]
    keyframe: T,
}

#[derive(Deserialize)]
struct Interval(#[serde(deserialize_with = "interval")] u64);

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
                let known: Known<WatchList, RosterState> = said(line)?;
                Line::Keyframe(Box::new(known.read()?))
            }
            Kind::Observed => match said::<Observed<'_>>(line) {
                Ok(read) => Line::Input(Input::Observed(read.read(&mut self.last_hints)?)),
                // Another question may look different in every other way.
                Err(_) if said::<Asked>(line).is_ok_and(|asked| asked.is_unknown) => Line::Other,
                Err(why) => return Err(why),
            },
            Kind::Rebased => Line::Input(Input::Rebased(said(line)?)),
            Kind::Relabelled => Line::Input(Input::Relabelled(said(line)?)),
            Kind::Interval => Line::Input(Input::Interval(said::<Interval>(line)?.0)),
            Kind::Notice => Line::Input(Input::Notice(said::<Text>(line)?.0)),
            Kind::Head | Kind::Other => {
                json::<IgnoredAny>(line, 120)?;
                Line::Other
            }
        };
        Ok((at, what))
    }
}

/// What a line says.
fn said<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, String> {
    Ok(json::<Said<T>>(line, 120)?.keyframe)
}

/// Reads a line; what is wrong with it is at most `longest` characters long.
pub(super) fn json<'a, T: Deserialize<'a>>(line: &'a [u8], longest: usize) -> Result<T, String> {
    serde_json::from_slice(line).map_err(|error| {
        let error = error.to_string();
        own_sentence(&error).map_or_else(|| visible_bounded(&error, longest), str::to_owned)
    })
}
