//! A program in a real terminal: keys in, a screen out, and how it left the terminal behind.

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use portable_pty::{
    Child, CommandBuilder, ExitStatus, MasterPty, PtyPair, PtySize, SlavePty, native_pty_system,
};

/// Longer than anything takes, even on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A program in a real terminal.
pub(crate) struct Session {
    master: Option<Box<dyn MasterPty + Send>>,
    /// Kept open, so that the terminal outlives the program and can be looked at.
    _slave: Option<Box<dyn SlavePty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Screen>,
    before: String,
}

struct Screen {
    terminal: Mutex<vt100::Parser>,
    sent: Mutex<Vec<u8>>,
    drawn: Condvar,
    closed: AtomicBool,
}

impl Session {
    /// Starts `program` in a terminal of so many columns and rows.
    pub(crate) fn start(program: &str, args: &[&str], size: (u16, u16)) -> Session {
        Session::open(program, args, size, true)
    }

    /// The same in a terminal that takes no more output than fits into its line's buffer.
    pub(crate) fn start_unread(program: &str, args: &[&str], size: (u16, u16)) -> Session {
        Session::open(program, args, size, false)
    }

    /// Waits until the program sleeps in a write to its terminal.
    #[expect(clippy::disallowed_methods, reason = "a test may run out of patience")]
    pub(crate) fn wait_until_blocked(&self) {
        let wchan = format!("/proc/{}/wchan", self.pid());
        let syscall = format!("/proc/{}/syscall", self.pid());
        let began = std::time::Instant::now();
        loop {
            let waits_in = std::fs::read_to_string(&wchan).unwrap_or_default();
            let call = std::fs::read_to_string(&syscall).unwrap_or_default();
            // 1 is write(2) on x86-64, 64 on arm64; its first argument is standard output.
            if waits_in.contains("write") || call.starts_with("1 0x1 ") || call.starts_with("64 0x1 ") {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "it does not block: {waits_in} {call}");
            std::thread::yield_now();
        }
    }

    fn open(program: &str, args: &[&str], (columns, rows): (u16, u16), read: bool) -> Session {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let PtyPair { master, slave } = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env("TZ", "UTC");
        command.env("RUST_BACKTRACE", "0");
        command.env("IMTOP_CONFIG", "/dev/null");
        // What these tests look for is in the list.
        command.env("IMTOP_OVERVIEW_FROM", "100000000");
        for name in ["NO_COLOR", "COLORTERM", "IMTOP_TOKEN", "IMTOP_API", "IMTOP_WATCH", "TMUX", "STY"] {
            command.env_remove(name);
        }
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        let before = modes(master.as_ref());
        let child = slave.spawn_command(command).unwrap();
        let screen = Arc::new(Screen {
            terminal: Mutex::new(vt100::Parser::new(cells(rows), cells(columns), 0)),
            sent: Mutex::default(),
            drawn: Condvar::new(),
            closed: AtomicBool::new(false),
        });
        let mut output = master.try_clone_reader().unwrap();
        let reader = Arc::clone(&screen);
        let reading = move || {
            let mut bytes = [0; 8192];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                if reader.closed.load(Ordering::SeqCst) {
                    break; // and with the last handle of the terminal it is gone
                }
                reader.sent.lock().unwrap().extend_from_slice(&bytes[..read]);
                reader.terminal.lock().unwrap().process(&bytes[..read]);
                reader.drawn.notify_all();
            }
        };
        if read {
            std::thread::spawn(reading);
        }
        let keys = master.take_writer().unwrap();
        Session { master: Some(master), _slave: Some(slave), keys: Some(keys), child, screen, before }
    }

    /// Types `keys`.
    pub(crate) fn press(&mut self, keys: &str) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// What the screen shows now.
    pub(crate) fn text(&self) -> String {
        self.screen.terminal.lock().unwrap().screen().contents()
    }

    /// All that the program has written so far.
    pub(crate) fn sent(&self) -> String {
        String::from_utf8_lossy(&self.screen.sent.lock().unwrap()).into_owned()
    }

    /// Waits until the screen is as wished; gives what it shows then.
    pub(crate) fn until(&self, wish: &str, is_so: impl Fn(&vt100::Screen) -> bool) -> String {
        let guard = self.screen.terminal.lock().unwrap();
        let (guard, waited) = self
            .screen
            .drawn
            .wait_timeout_while(guard, PATIENCE, |terminal| !is_so(terminal.screen()))
            .unwrap();
        let text = guard.screen().contents();
        assert!(!waited.timed_out(), "never: {wish}; the screen shows:\n{text}");
        text
    }

    /// Waits until the screen shows `text`.
    pub(crate) fn until_shows(&self, text: &str) -> String {
        self.until(&format!("{text:?} on the screen"), |screen| screen.contents().contains(text))
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, (columns, rows): (u16, u16)) {
        self.screen.terminal.lock().unwrap().screen_mut().set_size(cells(rows), cells(columns));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().unwrap().resize(size).unwrap();
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        send(self.pid(), signal);
    }

    /// Closes the terminal under the program, as when its window goes away: with the next that the
    /// program draws.
    pub(crate) fn close_terminal(&mut self) {
        self.screen.closed.store(true, Ordering::SeqCst);
        self.keys = None;
        self.master = None;
    }

    /// Waits for the end of the program; its exit code.
    pub(crate) fn end(&mut self) -> u32 {
        let pid = self.pid();
        let (done, waiting) = std::sync::mpsc::channel::<()>();
        let watchdog = std::thread::spawn(move || {
            if waiting.recv_timeout(PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                send(pid, rustix::process::Signal::KILL);
            }
        });
        let status: ExitStatus = self.child.wait().unwrap();
        drop(done);
        watchdog.join().unwrap();
        assert!(
            status.signal().is_none(),
            "ended by {:?}; the screen shows:\n{}",
            status.signal(),
            self.text()
        );
        status.exit_code()
    }

    /// Asserts that the terminal is as it was before the program: its modes, its screen, its cursor.
    pub(crate) fn expect_restored(&self) {
        self.until("the user's own screen", |screen| !screen.alternate_screen() && !screen.hide_cursor());
        let guard = self.screen.terminal.lock().unwrap();
        let screen = guard.screen();
        assert!(!screen.bracketed_paste(), "pastes are still marked");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(!screen.application_cursor() && !screen.application_keypad());
        assert_eq!(modes(self.master.as_ref().unwrap().as_ref()), self.before, "modes of the line");
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn send(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid as i32).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

/// The modes of the terminal's line, in words.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}
