//! A program in a terminal of 120x40 that somebody reads: when its screen was as wished, what it takes of the
//! processor and of memory. It ends when this is dropped.

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const COLUMNS: u16 = 120;
const ROWS: u16 = 40;
/// Where the cursor is, which a terminal is asked by programs that wait for it before they draw.
const QUESTION: &[u8] = b"\x1b[6n";
const REPLY: &[u8] = b"\x1b[1;1R";
/// A screen with so many characters on it is a picture; a program's first words to its terminal are not.
const PICTURE: usize = 200;

/// A program in a terminal.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
    screen: Arc<Screen>,
    started: Instant,
}

struct Screen {
    shown: Mutex<Shown>,
    drawn: Condvar,
}

struct Shown {
    terminal: vt100::Parser,
    /// When the last bytes came.
    at: Instant,
}

impl Terminal {
    /// Starts a program whose settings are in `home`, if it has any.
    pub(crate) fn start(program: &Path, args: &[&str], home: &Path, token: &str) -> Terminal {
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env("HOME", home);
        command.env("XDG_CONFIG_HOME", home);
        command.env("IMTOP_CONFIG", "/dev/null");
        command.env("IMTOP_TOKEN", token);
        for name in ["NO_COLOR", "COLORTERM", "IMTOP_API", "IMTOP_WATCH", "TMUX", "STY"] {
            command.env_remove(name);
        }
        let cells = |count| NonZeroU16::new(count).expect("a size");
        let terminal = vt100::Parser::new(cells(ROWS), cells(COLUMNS), 0);
        let mut output = pair.master.try_clone_reader().expect("a reader");
        let mut keys = pair.master.take_writer().expect("a writer");
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).expect("it starts");
        let shown = Mutex::new(Shown { terminal, at: started });
        let screen = Arc::new(Screen { shown, drawn: Condvar::new() });
        let reader = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                let at = Instant::now();
                if memchr::memmem::find(&bytes[..read], QUESTION).is_some() {
                    // A program that has ended waits for no reply.
                    let _ = keys.write_all(REPLY);
                }
                let mut shown = reader.shown.lock().expect("a screen");
                shown.terminal.process(&bytes[..read]);
                shown.at = at;
                reader.drawn.notify_all();
            }
        });
        Terminal { child, _master: pair.master, screen, started }
    }

    /// Waits until the screen is as wished; how long after the start it was.
    pub(crate) fn until(&self, patience: Duration, is_so: impl Fn(&str) -> bool) -> Option<f64> {
        let shown = self.screen.shown.lock().expect("a screen");
        let waits = |shown: &mut Shown| !is_so(&shown.terminal.screen().contents());
        let (shown, waited) = self.screen.drawn.wait_timeout_while(shown, patience, waits).expect("a screen");
        (!waited.timed_out()).then(|| (shown.at - self.started).as_secs_f64())
    }

    /// Waits for the first picture.
    pub(crate) fn first_frame(&self) -> Option<f64> {
        let is_picture = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count() >= PICTURE;
        self.until(Duration::from_secs(20), is_picture)
    }

    pub(crate) fn text(&self) -> String {
        self.screen.shown.lock().expect("a screen").terminal.screen().contents()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().expect("a process")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor time of all threads of a process that still run, in seconds.
pub(crate) fn processor_time(pid: u32) -> f64 {
    processor_time_of(pid, "")
}

/// The same of the threads whose names begin so.
pub(crate) fn processor_time_of(pid: u32, name: &str) -> f64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let spent = threads.filter_map(|thread| {
        let is_named = std::fs::read_to_string(thread.path().join("comm")).ok()?.starts_with(name);
        if !is_named {
            return None;
        }
        let line = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    });
    spent.sum::<f64>() / 1e9
}

/// Memory that a process has resident, in MB; at most so far where `peak` says so.
pub(crate) fn memory(pid: u32, peak: bool) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let key = if peak { "VmHWM:" } else { "VmRSS:" };
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let kb = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kb.unwrap_or(f64::NAN) / 1e3
}
