//! Reads recordings: item by item, from the beginning or from any keyframe, with bounded memory.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::course::{Follows, Timed, follows, is_doubtful};
use super::ending::last_moment;
use super::error::{RecordingError, shown};
use super::item::{Gap, Item, Place, Recorded, Summary};
use super::pieces::pieces;
use super::recorder::system_words;
use super::source::{Source, Spot, Taken};
use super::wire::{Decoder, FirstLine, Head, Kind, Line, beginning, known, read_head};
use crate::presence::{Input, Moment, Unread};

/// A longer line is not read, in bytes: a keyframe of a million users who are all online has 200 MB.
const LONGEST_LINE: usize = 256 << 20;
/// Nor a longer first one: so a file of something else is found out early.
const LONGEST_HEAD: usize = 64 << 10;

/// A recording that is being read: one file, or the files of one recording one after the other.
pub struct Recording {
    files: Vec<PathBuf>,
    /// Which of them is being read.
    current: usize,
    source: Source,
    decoder: Decoder,
    line: Vec<u8>,
    head: Head,
    first: Moment,
    /// Which file of the whole recording that is, by its own word.
    piece: u32,
    /// Its head, until it is told.
    untold: Option<Head>,
    /// The last moment that was read.
    at: Moment,
    /// The last line that can be understood; `None` before the first keyframe.
    last: Option<Timed>,
    /// The line before, whether it can be or not.
    before: Option<Timed>,
    /// What was read after something that is told first.
    pending: Option<Item>,
    /// The last keyframe.
    place: Place,
    /// Lines of the file that were read, where that is known.
    number: Option<u64>,
    whole: Wholeness,
    /// What is wrong with older files of it that can't be opened.
    unopened: Option<RecordingError>,
    /// Keyframes are read only where what comes before them is missing.
    sparing: bool,
    ended: bool,
    summary: Summary,
}

/// Whether what is read now can be understood from what was read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wholeness {
    /// It follows a keyframe, and nothing is missing since.
    Whole,
    /// Reading has just begun, and a keyframe has to be next.
    Beginning,
    /// Something is missing, which was said; a keyframe is looked for.
    Gap,
}

impl Recording {
    /// Opens a recording, packed or not. Where files of the same recording that came before it lie
    /// beside it (`night.1.ndjson` beside `night.ndjson`), they are read first; one of those alone is
    /// read alone.
    ///
    /// # Errors
    /// A sentence: it cannot be read, is no recording, or one of a later version.
    pub fn open(path: &Path) -> Result<Recording, RecordingError> {
        let (last_source, last_head, last_first) = open(path)?;
        let mut files = Vec::new();
        let (mut opened, mut unopened) = (None, None);
        for (_, piece) in pieces(path) {
            // A file that is none of it is no reason not to read the rest.
            match open(&piece) {
                Ok((source, head, first))
                    if head.began == last_head.began && head.piece < last_head.piece =>
                {
                    files.push(piece);
                    opened.get_or_insert((source, head, first));
                }
                Ok(_) => {}
                Err(error) => unopened = unopened.or(Some(error)),
            }
        }
        files.push(path.to_owned());
        let (source, head, first) = opened.unwrap_or((last_source, last_head, last_first));
        Ok(Recording {
            files,
            current: 0,
            source,
            decoder: Decoder::default(),
            line: Vec::new(),
            piece: head.piece,
            untold: Some(head.clone()),
            head,
            first,
            at: Moment::default(),
            last: None,
            before: Some(Timed::at(first)),
            pending: None,
            place: Place::default(),
            number: Some(1),
            whole: Wholeness::Beginning,
            unopened,
            sparing: false,
            ended: false,
            summary: Summary::default(),
        })
    }

    /// Passes over keyframes that say nothing new: those not at a beginning and not after a gap. They
    /// are most of the work of reading a recording of many users.
    #[must_use]
    pub fn sparing_keyframes(mut self) -> Recording {
        self.sparing = true;
        self
    }

    /// Why there is nothing from before its beginning, where there was more that cannot be read.
    pub fn unread_before(&self) -> Option<String> {
        self.unopened.as_ref().filter(|_| self.head.piece > 0).map(ToString::to_string)
    }

    /// What cannot be read before its beginning and after its end. Reads through it.
    ///
    /// # Errors
    /// A sentence: it cannot be read.
    pub fn unread(path: &Path) -> Result<Unread, RecordingError> {
        let recording = Recording::open(path)?.sparing_keyframes();
        let before = recording.unread_before();
        let mut after = None;
        for item in recording {
            match item?.what {
                Recorded::Gap(gap) => after = Some(gap.words()),
                Recorded::Keyframe(_) | Recorded::Input(_) => after = None,
                Recorded::Head(_) | Recorded::Pause(_) => {}
            }
        }
        Ok(Unread { before, after })
    }

    /// What it is of; of its first file.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The files that are read, oldest first.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// When it begins.
    pub fn begins(&self) -> Moment {
        self.first
    }

    /// When it ends: when what its last whole line says is known of. Looks only at the end of the file.
    ///
    /// # Errors
    /// A sentence: it cannot be read.
    pub fn ends(&self) -> Result<Moment, RecordingError> {
        for path in self.files.iter().rev() {
            let unreadable = |error| unreadable(path, &error);
            let file = Arc::new(File::open(path).map_err(unreadable)?);
            if let Some(at) = last_moment(&file).map_err(unreadable)? {
                return Ok(at);
            }
        }
        Ok(self.first)
    }

    /// Goes on at the keyframe there.
    ///
    /// # Errors
    /// A sentence: it cannot be read.
    pub fn seek(&mut self, place: Place) -> Result<(), RecordingError> {
        let at_beginning = place == Place::default();
        if place.file != self.current || self.ended {
            self.begin(place.file)?;
        }
        let path = self.files.get(self.current).cloned().unwrap_or_default();
        self.source.seek(place.spot).map_err(|error| unreadable(&path, &error))?;
        self.untold = at_beginning.then(|| self.head.clone());
        self.number = at_beginning.then_some(1);
        if at_beginning {
            // The head is known.
            let taken = self.source.line(&mut self.line, LONGEST_HEAD);
            taken.map_err(|error| unreadable(&path, &error))?;
        }
        self.place = place;
        self.at = Moment::default();
        (self.last, self.pending) = (None, None);
        self.before = at_beginning.then(|| Timed::at(self.first));
        self.whole = Wholeness::Beginning;
        self.ended = false;
        Ok(())
    }

    /// What was read so far.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    /// A sentence: the disk fails.
    pub fn read(&mut self) -> Result<Option<Item>, RecordingError> {
        loop {
            if let Some(item) = self.pending.take() {
                return Ok(Some(self.item(item.at, item.what)));
            }
            if let Some(head) = self.untold.take() {
                // Its moment binds nobody: if it is wrong, that of the first keyframe is not.
                let at = if self.last.is_none() { self.first } else { self.at };
                return Ok(Some(Item { at, place: self.place, what: Recorded::Head(Box::new(head)) }));
            }
            if self.ended {
                return Ok(None);
            }
            let taken = self.source.line(&mut self.line, LONGEST_LINE);
            let taken = taken.map_err(|error| match self.files.get(self.current) {
                Some(path) => unreadable(path, &error),
                None => unreadable(Path::new(""), &error),
            })?;
            self.number = self.number.map(|number| number + 1);
            let found = match taken {
                Taken::End(rest) => {
                    self.summary.cut |= rest > 0;
                    self.go_on()?
                }
                Taken::Damaged => {
                    let found = self.damage("what is packed cannot be unpacked");
                    self.number = None;
                    found
                }
                Taken::TooLong(_) => self.damage("it is longer than 256 MiB"),
                Taken::Line(spot) => self.take(spot)?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Takes the whole line that was read.
    fn take(&mut self, spot: Spot) -> Result<Option<Item>, RecordingError> {
        let place = Place { file: self.current, spot };
        let begins = beginning(&self.line);
        if self.whole != Wholeness::Whole {
            match begins {
                Some((at, Kind::Keyframe)) => {
                    let is_placed = self.is_placed(Timed::at(at))?;
                    self.before = Some(Timed::at(at));
                    if !is_placed {
                        return Ok(self.damage("its moment fits none beside it"));
                    }
                }
                Some((_, Kind::Head | Kind::Other)) => return Ok(None),
                _ if self.whole == Wholeness::Gap => {
                    self.before = known(&self.line).or(self.before);
                    return Ok(None);
                }
                _ => return Ok(self.damage("no keyframe comes before it")),
            }
        }
        if self.sparing
            && self.whole == Wholeness::Whole
            && let Some((at, Kind::Keyframe)) = begins
        {
            let follows = self.follows(Timed::at(at))?;
            if !follows.is_possible() {
                return Ok(self.damage(&follows.words().unwrap_or_default()));
            }
            self.decoder.pass_keyframe();
            self.place = place;
            self.pass_to(at);
            return Ok(self.told(follows, at));
        }
        let (at, what) = match self.decoder.line(&self.line) {
            Err(why) => return Ok(self.damage(&why)),
            Ok((_, Line::Other)) => {
                self.summary.unknown += 1;
                return Ok(None);
            }
            Ok((at, Line::Keyframe(keyframe))) => (at, Recorded::Keyframe(keyframe)),
            Ok((at, Line::Input(input))) => (at, Recorded::Input(input)),
        };
        let seen = match &what {
            Recorded::Input(Input::Observed(observation)) if observation.received.mono_ms > at.mono_ms => {
                observation.received
            }
            _ => at,
        };
        let follows = self.follows(Timed { at, seen })?;
        if !follows.is_possible() {
            return Ok(self.damage(&follows.words().unwrap_or_default()));
        }
        if matches!(what, Recorded::Keyframe(_)) {
            self.whole = Wholeness::Whole;
            self.place = place;
        }
        self.summary.items += 1;
        let item = self.item(at, what);
        Ok(match self.told(follows, seen) {
            Some(pause) => {
                self.pending = Some(item);
                Some(pause)
            }
            None => Some(item),
        })
    }

    /// How the line that was read follows the last one that could be understood, which it becomes if it can.
    fn follows(&mut self, this: Timed) -> Result<Follows, RecordingError> {
        self.before = Some(this);
        let follows = match self.last {
            None => Follows::Soon,
            Some(last) if is_doubtful(last, this) => follows(last, this, self.next_known()?),
            Some(last) => follows(last, this, None),
        };
        // A gap may be as long as it is: that it is there was said.
        if follows.is_possible() || self.whole != Wholeness::Whole {
            self.last = Some(this);
            return Ok(if self.whole == Wholeness::Whole { follows } else { Follows::Soon });
        }
        Ok(follows)
    }

    /// Whether a keyframe at which reading begins, or goes on, has a moment that can be right: it follows what
    /// could be understood, or else the lines on both sides of it agree.
    fn is_placed(&mut self, this: Timed) -> Result<bool, RecordingError> {
        let Some(before) = self.before else { return Ok(true) };
        if self.last.is_some_and(|last| this.at.mono_ms < last.at.mono_ms) {
            return Ok(false);
        }
        if follows(self.last.unwrap_or(before), this, None) == Follows::Soon {
            return Ok(true);
        }
        let agrees = |one: Timed, next: Timed| follows(one, next, None) == Follows::Soon;
        let next = self.next_known()?;
        Ok(agrees(before, this) || next.is_none_or(|next| agrees(this, next)))
    }

    fn next_known(&mut self) -> Result<Option<Timed>, RecordingError> {
        let path = self.files.get(self.current).map_or(Path::new(""), PathBuf::as_path);
        let line = self.source.look_ahead(LONGEST_LINE).map_err(|error| unreadable(path, &error))?;
        Ok(line.and_then(known))
    }

    /// What there is to say of how time went on.
    fn told(&mut self, follows: Follows, at: Moment) -> Option<Item> {
        let Follows::Late(_) = follows else { return None };
        let words = format!("{}: nothing was recorded meanwhile", follows.words()?);
        Some(self.item(at, Recorded::Pause(words)))
    }

    /// Something cannot be read: said once, until a keyframe is found.
    fn damage(&mut self, why: &str) -> Option<Item> {
        if self.whole == Wholeness::Gap {
            return None;
        }
        self.whole = Wholeness::Gap;
        self.summary.gaps += 1;
        let file = self.files.get(self.current).map(|path| shown(path)).unwrap_or_default();
        let gap = Gap { file, line: self.number, why: why.to_owned() };
        Some(self.item(self.at, Recorded::Gap(gap)))
    }

    /// Time does not go back, whatever a file says.
    fn pass_to(&mut self, at: Moment) {
        if at.mono_ms >= self.at.mono_ms {
            self.at = at;
        }
    }

    fn item(&mut self, at: Moment, what: Recorded) -> Item {
        self.pass_to(at);
        Item { at: self.at, place: self.place, what }
    }

    /// Goes over to the next file, or ends.
    fn go_on(&mut self) -> Result<Option<Item>, RecordingError> {
        if self.current + 1 >= self.files.len() {
            self.ended = true;
            return Ok(None);
        }
        let expected = self.piece.saturating_add(1);
        self.begin(self.current + 1)?;
        if self.piece == expected {
            return Ok(None);
        }
        self.number = None;
        let found = self.damage("files that came before it are missing");
        self.number = Some(1);
        Ok(found)
    }

    /// Begins to read a file.
    fn begin(&mut self, number: usize) -> Result<(), RecordingError> {
        let Some(path) = self.files.get(number) else {
            self.ended = true;
            return Ok(());
        };
        let (source, head, _) = open(path)?;
        self.source = source;
        self.piece = head.piece;
        self.untold = Some(head);
        self.current = number;
        self.number = Some(1);
        self.ended = false;
        Ok(())
    }
}

impl Iterator for Recording {
    type Item = Result<Item, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recording({:?}, {:?})", self.files, self.summary)
    }
}

fn unreadable(path: &Path, error: &io::Error) -> RecordingError {
    RecordingError::Unreadable { file: shown(path), why: system_words(error) }
}

/// Opens a file and reads its first line.
fn open(path: &Path) -> Result<(Source, Head, Moment), RecordingError> {
    let file = shown(path);
    let failed = |error: io::Error| unreadable(path, &error);
    let opened = File::open(path).map_err(failed)?;
    let about = opened.metadata().map_err(failed)?;
    if about.is_dir() {
        return Err(RecordingError::Directory { file });
    }
    if !about.is_file() {
        return Err(RecordingError::Unreadable { file, why: "it is not a plain file".to_owned() });
    }
    if about.len() == 0 {
        return Err(RecordingError::Empty { file });
    }
    let mut source = Source::open(&Arc::new(opened)).map_err(failed)?;
    let mut line = Vec::new();
    match source.line(&mut line, LONGEST_HEAD).map_err(failed)? {
        Taken::Line(_) => {}
        Taken::End(_) if is_cut(&line) => return Err(RecordingError::Cut { file }),
        _ if line.starts_with(&[0x1f, 0x8b]) => return Err(RecordingError::Gzip { file }),
        _ => return Err(RecordingError::Foreign { file }),
    }
    match read_head(&line) {
        FirstLine::Head(head) => match beginning(&line) {
            Some((at, _)) => Ok((source, *head, at)),
            None => Err(RecordingError::Damaged { file, why: "no moment".to_owned() }),
        },
        FirstLine::Other(found) => Err(RecordingError::Version { file, found }),
        FirstLine::Foreign if line.starts_with(&[0x1f, 0x8b]) => Err(RecordingError::Gzip { file }),
        FirstLine::Foreign => Err(RecordingError::Foreign { file }),
        FirstLine::Damaged(why) => Err(RecordingError::Damaged { file, why }),
    }
}

/// Whether the beginning of a file is that of a recording, as far as it goes.
fn is_cut(line: &[u8]) -> bool {
    const BEGINS: &[u8] = b"{\"at\":";
    let length = line.len().min(BEGINS.len());
    line.get(..length) == BEGINS.get(..length)
}
