//! Writes a recording, on a thread of its own: whoever watches never waits for a disk.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fmt, io, thread};

use tracing::{info, warn};

use super::error::{RecorderError, shown};
use super::pieces::{piece, pieces};
use super::sink::Sink;
use super::wire::{Encoder, Head};
use crate::presence::{Bytes, Input, Moment, Roster, RosterState, State, WatchList};

/// A keyframe is due so long after the last one, in milliseconds of recorded time.
pub const KEYFRAME_EVERY_MS: u64 = 60_000;
/// The same for each so many users, where there are more: writing them all down takes as long as they are
/// many, and what it says is in the inputs already.
const USERS: usize = 50_000;

/// So much room for a line is kept, in bytes.
const ROOM: usize = 1 << 20;

/// So many inputs may wait for the disk.
const QUEUE: usize = 1_024;

/// So long the end of the program waits for the disk.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From this size in bytes on, a recording goes on in another file.
    pub size: u64,
    /// So many files are kept, the one that is written to included.
    pub files: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { size: 256 << 20, files: 4 }
    }
}

/// How much was written since the recording began, whether it is still kept or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Lines.
    pub lines: u64,
    /// Bytes of files.
    pub bytes: u64,
}

/// Why a recording ended before its time, and how far it got. What was written is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Its name; visible-safe.
    pub file: String,
    /// What failed.
    pub why: String,
    /// The moment of the last line that is surely in it.
    pub until: Option<Moment>,
    /// How much that is.
    pub written: Written,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stopped { file, why, written, .. } = self;
        let (lines, bytes) = (written.lines, Bytes(written.bytes));
        write!(f, "the recording has ended: {file}: {why}; its first {lines} lines ({bytes}) are kept")
    }
}

/// A recording that is being made. Ends cleanly when dropped.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    /// `None` once it has ended.
    queue: Option<SyncSender<Message>>,
    shared: Arc<Shared>,
    last_keyframe: u64,
    every_ms: u64,
    done: Receiver<()>,
}

#[derive(Debug)]
enum Message {
    Input(Moment, Input),
    Keyframe(Moment, u64, Arc<WatchList>, Box<RosterState>),
}

/// What the thread and its owner both look at.
struct Shared {
    lines: AtomicU64,
    bytes: AtomicU64,
    /// The file is full, and the next one begins with a keyframe.
    full: AtomicBool,
    stopped: AtomicBool,
    until: Mutex<Option<Moment>>,
    file: String,
    tell: Box<dyn Fn(Stopped) + Send + Sync>,
}

impl Recorder {
    /// Begins a recording in a new file that only its owner can read, with a head and a keyframe of
    /// what `roster` knows; packed where the name ends in `.zst`. `head` says what is recorded; when
    /// and which piece it is are put in here. `tell` is called, from whatever thread, once and only if
    /// the recording has to end before it is dropped.
    ///
    /// # Errors
    /// A sentence: the file exists, pieces of another recording of this name do, or it cannot be
    /// written.
    pub fn start(
        path: &Path,
        limits: Limits,
        at: Moment,
        head: Head,
        roster: &Roster,
        tell: impl Fn(Stopped) + Send + Sync + 'static,
    ) -> Result<Recorder, RecorderError> {
        if path.symlink_metadata().is_ok() {
            return Err(RecorderError::Exists { file: shown(path) });
        }
        if let Some((_, old)) = pieces(path).first() {
            return Err(RecorderError::PieceExists { file: shown(old) });
        }
        let unwritable = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => RecorderError::Exists { file: shown(path) },
            _ => RecorderError::Unwritable { file: shown(path), why: system_words(&error) },
        };
        let sink = Sink::create(path).map_err(unwritable)?;
        let shared = Arc::new(Shared {
            lines: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            full: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            until: Mutex::new(None),
            file: shown(path),
            tell: Box::new(tell),
        });
        let mut writer = Writer {
            path: path.to_owned(),
            limits,
            head: Head { began: at, piece: 1, ..head },
            sink,
            encoder: Encoder::default(),
            line: Vec::new(),
            before: Written::default(),
            after_keyframe: 0,
            shared: Arc::clone(&shared),
        };
        let interval_ms = writer.head.interval_ms;
        let begun = writer.begin(at, interval_ms, roster.list(), &roster.state());
        let (queue, messages) = sync_channel(QUEUE);
        let (finished, done) = channel();
        let started = begun.and_then(|()| {
            thread::Builder::new().name("recorder".to_owned()).spawn(move || {
                writer.run(&messages);
                let _ = finished.send(()); // nobody may be waiting
            })
        });
        if let Err(error) = started {
            let _ = std::fs::remove_file(path); // ours, and worth nothing
            return Err(unwritable(error));
        }
        info!(file = shared.file, "recording");
        let (path, last_keyframe) = (path.to_owned(), at.mono_ms);
        let every_ms = keyframe_every_ms(roster.list().len());
        Ok(Recorder { path, queue: Some(queue), shared, last_keyframe, every_ms, done })
    }

    /// Writes what comes in at `now`, before `state` takes it; first all that is known, where that is
    /// due. The server is asked every `interval_ms` milliseconds.
    pub fn take(&mut self, state: &State, now: Moment, input: &Input, interval_ms: u64) {
        let at = input.taken_at(state, now);
        if self.wants_keyframe(at) {
            self.keyframe(state.now(), state.roster(), interval_ms);
        }
        self.write(at, input);
    }

    /// Writes what came in; `at` is the moment up to which time had passed. Never waits, never fails.
    pub fn write(&mut self, at: Moment, input: &Input) {
        if self.queue.is_some() {
            self.send(Message::Input(at, input.clone()));
        }
    }

    /// Whether a keyframe is due, to be written before the next input.
    pub fn wants_keyframe(&self, at: Moment) -> bool {
        let due = at.mono_ms.saturating_sub(self.last_keyframe) >= self.every_ms;
        self.queue.is_some() && (due || self.shared.full.load(Ordering::Relaxed))
    }

    /// Writes down all that is known at `at`. `interval_ms` is how often the server is asked.
    pub fn keyframe(&mut self, at: Moment, roster: &Roster, interval_ms: u64) {
        if self.queue.is_some() {
            self.last_keyframe = at.mono_ms;
            self.every_ms = keyframe_every_ms(roster.list().len());
            self.shared.full.store(false, Ordering::Relaxed);
            let (list, state) = (Arc::clone(roster.list()), Box::new(roster.state()));
            self.send(Message::Keyframe(at, interval_ms, list, state));
        }
    }

    /// How much was written so far; costs nothing.
    pub fn written(&self) -> Written {
        self.shared.written()
    }

    /// Whether it goes on.
    pub fn is_recording(&self) -> bool {
        self.queue.is_some() && !self.shared.stopped.load(Ordering::Relaxed)
    }

    /// The file that it goes to.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn send(&mut self, message: Message) {
        let Some(queue) = &self.queue else { return };
        match queue.try_send(message) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                self.queue = None;
                self.shared.stop("the disk is too slow for what comes in");
            }
            // The thread has ended and said why.
            Err(TrySendError::Disconnected(_)) => self.queue = None,
        }
    }
}

impl Drop for Recorder {
    /// Waits for the disk, but not for ever.
    fn drop(&mut self) {
        self.queue = None;
        let _ = self.done.recv_timeout(LAST_WAIT);
        let Written { lines, bytes } = self.written();
        info!(file = self.shared.file, lines, bytes, "recording closed");
    }
}

impl Shared {
    fn written(&self) -> Written {
        Written { lines: self.lines.load(Ordering::Relaxed), bytes: self.bytes.load(Ordering::Relaxed) }
    }

    /// Says once that the recording has ended.
    fn stop(&self, why: &str) {
        if !self.stopped.swap(true, Ordering::Relaxed) {
            let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
            warn!(file = self.file, why, "recording ended before its time");
            let why = why.to_owned();
            (self.tell)(Stopped { file: self.file.clone(), why, until, written: self.written() });
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shared({:?})", self.written())
    }
}

/// The thread's side.
struct Writer {
    path: PathBuf,
    limits: Limits,
    head: Head,
    sink: Sink,
    encoder: Encoder,
    line: Vec<u8>,
    /// What is in the files before this one, whether they are still kept or not.
    before: Written,
    /// How long the file was after its first keyframe.
    after_keyframe: u64,
    shared: Arc<Shared>,
}

impl Writer {
    fn run(mut self, messages: &Receiver<Message>) {
        let ended = self.take_all(messages).and_then(|()| self.sink.end_frame());
        let ended = ended.and_then(|()| self.sink.flush());
        if ended.is_err() {
            self.sink.salvage();
        }
        self.settle();
        if let Err(error) = ended {
            self.shared.stop(&system_words(&error));
        }
    }

    fn take_all(&mut self, messages: &Receiver<Message>) -> io::Result<()> {
        while let Ok(message) = messages.recv() {
            self.take(message)?;
            loop {
                match messages.try_recv() {
                    Ok(message) => self.take(message)?,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return Ok(()),
                }
            }
            self.sink.flush()?;
            self.settle();
        }
        Ok(())
    }

    fn take(&mut self, message: Message) -> io::Result<()> {
        match message {
            Message::Input(at, input) => {
                self.encoder.input(at, &input, &mut self.line)?;
                self.put(at)
            }
            Message::Keyframe(at, interval_ms, list, state) => {
                if self.is_full() {
                    self.go_on_elsewhere()?;
                    self.head.interval_ms = interval_ms;
                    self.begin(at, interval_ms, &list, &state)
                } else {
                    self.sink.end_frame()?;
                    self.encoder.keyframe(at, &list, &state, interval_ms, &mut self.line)?;
                    self.put(at)
                }
            }
        }
    }

    /// Writes the head and the first keyframe of a file.
    fn begin(
        &mut self,
        at: Moment,
        interval_ms: u64,
        list: &WatchList,
        state: &RosterState,
    ) -> io::Result<()> {
        self.encoder.head(at, &self.head, &mut self.line)?;
        self.put(at)?;
        self.sink.end_frame()?;
        self.encoder.keyframe(at, list, state, interval_ms, &mut self.line)?;
        self.put(at)?;
        self.sink.flush()?;
        self.after_keyframe = self.sink.kept().bytes;
        self.settle();
        Ok(())
    }

    /// Whether the file is. Where the keyframe alone is as large as the limit, there has to be as much
    /// beside it: otherwise every input would come with a keyframe.
    fn is_full(&self) -> bool {
        self.sink.len() >= self.limits.size.max(self.after_keyframe.saturating_mul(2))
    }

    fn go_on_elsewhere(&mut self) -> io::Result<()> {
        self.sink.end_frame()?;
        self.sink.flush()?;
        self.settle();
        let number = self.head.piece;
        self.sink.rotate(number)?;
        self.before = self.shared.written();
        self.head.piece += 1;
        if let Some(oldest) = number.checked_sub(self.limits.files.max(1) - 1).filter(|oldest| *oldest > 0) {
            let _ = std::fs::remove_file(piece(&self.path, oldest)); // gone already is as good
        }
        Ok(())
    }

    fn put(&mut self, at: Moment) -> io::Result<()> {
        let put = self.sink.put(at, &self.line);
        self.line.clear();
        self.line.shrink_to(ROOM); // a keyframe may have taken many megabytes
        put
    }

    /// Tells how much is surely in the files.
    fn settle(&self) {
        let kept = self.sink.kept();
        self.shared.lines.store(self.before.lines + kept.lines, Ordering::Relaxed);
        self.shared.bytes.store(self.before.bytes + kept.bytes, Ordering::Relaxed);
        if kept.until.is_some() {
            *self.shared.until.lock().unwrap_or_else(PoisonError::into_inner) = kept.until;
        }
        self.shared.full.store(self.is_full(), Ordering::Relaxed);
    }
}

fn keyframe_every_ms(users: usize) -> u64 {
    KEYFRAME_EVERY_MS * users.div_ceil(USERS).max(1) as u64
}

/// What failed, as the system words it, without its number.
pub(super) fn system_words(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    crate::presence::visible_bounded(&text[..end], 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_a_list_is_the_rarer_it_is_written_down() {
        assert_eq!(
            [0, 1, 50_000, 50_001, 1_000_000].map(keyframe_every_ms),
            [1, 1, 1, 2, 20].map(|min| min * 60_000)
        );
    }

    #[test]
    fn a_disk_that_does_not_keep_up_ends_the_recording_and_nothing_else() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell = Arc::clone(&told);
        let shared = Shared {
            lines: AtomicU64::new(2),
            bytes: AtomicU64::new(3_400),
            full: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            until: Mutex::new(Some(Moment { mono_ms: 7, unix_ms: 7 })),
            file: "n.ndjson".to_owned(),
            tell: Box::new(move |stopped| tell.lock().unwrap().push(stopped)),
        };
        let (queue, _messages) = sync_channel(1);
        let (_finished, done) = channel();
        let path = PathBuf::from("n.ndjson");
        let mut recorder = Recorder {
            path,
            queue: Some(queue),
            shared: Arc::new(shared),
            last_keyframe: 0,
            every_ms: KEYFRAME_EVERY_MS,
            done,
        };
        let at = |mono_ms| Moment { mono_ms, unix_ms: 0 };
        recorder.write(at(1), &Input::Interval(1));
        assert!(recorder.is_recording() && !recorder.wants_keyframe(at(59_999)));
        assert!(recorder.wants_keyframe(at(60_000)));
        for n in 2..5 {
            recorder.write(at(n), &Input::Interval(n));
        }
        assert!(!recorder.is_recording() && !recorder.wants_keyframe(at(60_000)));
        let told = told.lock().unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(
            told[0].to_string(),
            "the recording has ended: n.ndjson: the disk is too slow for what comes in; its first 2 lines (3.4 kB) are kept"
        );
        assert_eq!(told[0].until.map(|until| until.mono_ms), Some(7));
    }
}
