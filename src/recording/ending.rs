//! When a file of a recording ends, by its last lines: nothing before them is read.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::Arc;

use super::course::Course;
use super::frames::frames;
use super::source::{Source, Spot, Taken};
use super::window::Window;
use super::wire::known;
use crate::presence::Moment;

/// When an answer was there is in these.
const ANSWER: usize = 512;
/// So many lines, or frames, are looked at for the last moment of a file,
const TRIES: usize = 1_000;
/// which is that of the last ones that agree, of so many.
const AGREEING: usize = 4;
/// Read at a time where a file is read backwards, in bytes.
const CHUNK: u64 = 64 << 10;

/// The moment of the last whole line of a file.
pub(super) fn last_moment(file: &Arc<File>) -> io::Result<Option<Moment>> {
    let mut source = Source::open(file)?;
    if !source.is_packed() {
        return last_plain_moment(file);
    }
    let mut line = Vec::new();
    for start in frames(file)?.into_iter().rev().take(TRIES) {
        source.seek(Spot { offset: start, inner: 0 })?;
        let mut course = Course::default();
        // Those of later frames were looked at.
        while let Taken::Line(spot) | Taken::TooLong(spot) = source.line(&mut line, ANSWER)?
            && spot.offset == start
        {
            if let Some(known) = known(&line) {
                course.take(known);
            }
        }
        if course.last().is_some() {
            return Ok(course.last());
        }
    }
    Ok(None)
}

/// The same of a plain file: backwards from line's end to line's end.
fn last_plain_moment(file: &Arc<File>) -> io::Result<Option<Moment>> {
    let mut end = file.metadata()?.len();
    let mut tries = 0;
    let (mut chunk, mut line) = (Vec::new(), Vec::new());
    let (mut whole, mut found) = (false, Vec::new());
    'file: while end > 0 {
        let start = end.saturating_sub(CHUNK);
        chunk.clear();
        Window::at(file, start).take(end - start).read_to_end(&mut chunk)?;
        for ending in memchr::memrchr_iter(b'\n', &chunk) {
            // What follows the last line's end is cut.
            if whole {
                line.clear();
                Window::at(file, start + ending as u64 + 1).take(ANSWER as u64).read_to_end(&mut line)?;
                found.extend(known(&line));
                tries += 1;
                if tries == TRIES || found.len() == AGREEING {
                    break 'file;
                }
            }
            whole = true;
        }
        end = start;
    }
    let mut course = Course::default();
    for known in found.into_iter().rev() {
        course.take(known);
    }
    Ok(course.last())
}
