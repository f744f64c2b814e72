//! The log file: what imtop did and met, a line an event, for when something is odd. The one place
//! that writes it; rooms that log do so with the macros of `tracing`, which cost nothing where there is
//! no log file. Pure rooms do not log.
//!
//! Only events of imtop itself are taken: what the libraries below it have to say is theirs to know and
//! may hold headers with a token. A message is a text of the program's own; what comes from outside is
//! in its fields, which are made visible-safe here, so that nobody can forge a line.

use std::fmt::{self, Debug, Write as _};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Mutex;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span;
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

use crate::presence::visible_bounded;

/// So many characters of one field are written.
const FIELD: usize = 600;

/// Writes what is logged from here on to the end of `file`, which is made if it is not there, readable
/// by its owner only. `unix_ms` reads the wall clock. Whatever becomes of the file later disturbs
/// nobody: lines that cannot be written are dropped, and the next that can be says how many.
///
/// # Errors
/// The file cannot be opened. A second call changes nothing.
pub fn start(file: &Path, level: LevelFilter, unix_ms: fn() -> i64) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // A pipe that nobody empties is not waited for.
    let unhindered = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    options.append(true).create(true).mode(0o600).custom_flags(unhindered);
    let log = Log { level, unix_ms, file: Mutex::new(LogFile::of(options.open(file)?)) };
    // Only a second log is refused.
    let _ = tracing::subscriber::set_global_default(log);
    Ok(())
}

/// Takes events, and makes lines of them.
struct Log<W> {
    level: LevelFilter,
    unix_ms: fn() -> i64,
    file: Mutex<LogFile<W>>,
}

/// A file that may fail, and what has been lost for that.
struct LogFile<W> {
    out: W,
    lost: u64,
    /// Whether the last line was written in part only.
    torn: bool,
}

impl LogFile<File> {
    fn of(out: File) -> LogFile<File> {
        LogFile { out, lost: 0, torn: false }
    }
}

impl<W: io::Write> LogFile<W> {
    /// Writes a line, in one piece so that two programs may log to one file.
    fn line(&mut self, time: &str, line: &str) {
        let mut text = String::new();
        if self.torn {
            text.push('\n');
        }
        if self.lost > 0 {
            let _ = writeln!(text, "{time} WARN  lines of this log were lost lines={}", self.lost);
        }
        text.push_str(line);
        match self.out.write(text.as_bytes()) {
            Ok(written) if written == text.len() => (self.lost, self.torn) = (0, false),
            Ok(written) => {
                self.lost += 1;
                self.torn |= written > 0;
            }
            Err(_) => self.lost += 1,
        }
    }
}

impl<W: io::Write + 'static> Subscriber for Log<W>
where
    Mutex<LogFile<W>>: Send + Sync,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let ours = target == "imtop" || target.starts_with("imtop::");
        ours && metadata.is_event() && *metadata.level() <= self.level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn event(&self, event: &Event<'_>) {
        let time = time((self.unix_ms)());
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = event.metadata().level().as_str();
        let line = format!("{time} {level:<5} {}{}\n", fields.message, fields.others);
        // A panic while a line was written is no reason to write no more of them.
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.line(&time, &line);
    }

    // There are no spans.
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// `2026-11-23T12:01:05.123Z`.
fn time(unix_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(unix_ms).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// What an event says: its message, and ` name=value` for each field.
#[derive(Default)]
struct Fields {
    message: String,
    others: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, &format!("{value:?}"));
    }
}

impl Fields {
    fn add(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message = visible_bounded(value, FIELD);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(self.others, " {}={}", field.name(), Quoted(&visible_bounded(value, FIELD)));
        }
    }
}

/// A value in quotes where it could be taken for more than one.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| !c.is_whitespace() && !matches!(c, '"' | '=' | '\\');
        if !self.0.is_empty() && self.0.chars().all(plain) {
            return f.write_str(self.0);
        }
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A disk that is full after some bytes, until there is room again.
    #[derive(Clone, Default)]
    struct Disk(Arc<Mutex<(Vec<u8>, Option<usize>)>>);

    impl io::Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (written, room) = &mut *self.0.lock().unwrap();
            let taken = room.map_or(bytes.len(), |room| room.min(bytes.len()));
            if taken == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            *room = room.map(|room| room - taken);
            written.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Disk {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().0.clone()).unwrap()
        }
    }

    fn logged(level: LevelFilter, disk: &Disk, log: impl FnOnce()) {
        let file = Mutex::new(LogFile { out: disk.clone(), lost: 0, torn: false });
        tracing::subscriber::with_default(Log { level, unix_ms: || 1_795_435_265_123, file }, log);
    }

    #[test]
    fn an_event_is_a_line_with_time_level_words_and_fields() {
        let disk = Disk::default();
        logged(LevelFilter::INFO, &disk, || {
            tracing::info!(batch = 3, operation = "imtop-1-2", why = "two words", empty = "", "asked");
            tracing::debug!("too fine");
            tracing::error!(error = %"a=\"b\"", "failed");
        });
        assert_eq!(
            disk.text(),
            "2026-11-23T12:01:05.123Z INFO  asked batch=3 operation=imtop-1-2 why=\"two words\" empty=\"\"\n\
             2026-11-23T12:01:05.123Z ERROR failed error=\"a=\\\"b\\\"\"\n"
        );
    }

    #[test]
    fn a_text_from_outside_cannot_forge_a_line() {
        let disk = Disk::default();
        let forged = "gone\r\n2026-11-23T12:01:05.124Z INFO  all is well\u{1b}[2J\u{2028}x";
        logged(LevelFilter::TRACE, &disk, || {
            tracing::warn!(error = %forged, said = forged, shown = ?forged, "failed");
        });
        let text = disk.text();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains("^M^J") && text.contains("^[[2J<U+2028>x"), "{text}");
        let long = "x".repeat(10_000);
        logged(LevelFilter::TRACE, &disk, || tracing::warn!(long, "failed"));
        assert!(disk.text().len() < 2_000, "a field is cut");
    }

    #[test]
    fn what_other_programs_parts_say_is_not_taken() {
        let disk = Disk::default();
        logged(LevelFilter::TRACE, &disk, || {
            tracing::error!(target: "hyper_util::client", "token: abc");
            tracing::error!(target: "imtopology", "token: abc");
            tracing::trace!(target: "imtop::openim", "ours");
        });
        assert_eq!(disk.text(), "2026-11-23T12:01:05.123Z TRACE ours\n");
    }

    #[test]
    fn lines_that_a_full_disk_does_not_take_are_counted_once() {
        let disk = Disk::default();
        logged(LevelFilter::INFO, &disk, || {
            disk.0.lock().unwrap().1 = Some(40);
            tracing::info!("one that is written in part only");
            tracing::info!("two");
            disk.0.lock().unwrap().1 = None;
            tracing::info!("three");
            tracing::info!("four");
        });
        let text = disk.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[1..],
            [
                "2026-11-23T12:01:05.123Z WARN  lines of this log were lost lines=2",
                "2026-11-23T12:01:05.123Z INFO  three",
                "2026-11-23T12:01:05.123Z INFO  four",
            ],
            "{text}"
        );
    }
}
