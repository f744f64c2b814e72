//! The terminal: taken over on entering, given back as it was on every way out.
//!
//! One state says whose the terminal is. What the program draws goes out only while it is ours, so a
//! frame that a panic elsewhere has overtaken cannot land on the user's own screen.

mod decoder;
mod keys;
mod sequence;

use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use ratatui::crossterm::{Command, QueueableCommand as _};
use ratatui::layout::Rect;
use tokio::sync::Notify;

use crate::tui::clipboard::{Multiplexer, TooLong, osc52};

pub use keys::Keys;

/// Whose the terminal is; locked while anything is written to it.
static HELD: Mutex<Held> = Mutex::new(Held { ours: false, mouse: false });

/// What we have taken of the terminal.
struct Held {
    /// Its keys and its screen.
    ours: bool,
    /// While it is ours, the mouse as well.
    mouse: bool,
}

/// Buttons and the wheel are reported, in a form that has no end of columns; movements are not.
const TAKE_MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const LEAVE_MOUSE: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// Whether any thread has panicked.
static PANICKED: AtomicBool = AtomicBool::new(false);
static PANIC: Notify = Notify::const_new();

/// Why a text was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// It is too long.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// The terminal has gone away.
    #[error("cannot write to the terminal: {0}")]
    Terminal(#[from] io::Error),
}

/// The terminal while it is ours; gives it back when dropped.
pub struct Terminal {
    screen: ratatui::Terminal<CrosstermBackend<Output>>,
}

impl Terminal {
    /// Takes the terminal over: raw keys, the alternate screen, no cursor, pastes marked as such.
    ///
    /// # Errors
    /// Standard output is no terminal, or there is none to read keys from.
    pub fn enter() -> io::Result<Terminal> {
        lock().mouse = false;
        take_over()?;
        let screen = ratatui::Terminal::new(CrosstermBackend::new(Output::default()));
        match screen {
            Ok(screen) => Ok(Terminal { screen }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Draws a frame; only the cells that differ from the last one are sent.
    ///
    /// # Errors
    /// The terminal has gone away.
    pub fn draw(&mut self, view: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        self.screen.draw(view).map(|_| ())
    }

    /// Sends everything with the next frame, whatever is on the screen now.
    ///
    /// # Errors
    /// The terminal has gone away.
    pub fn repaint(&mut self) -> io::Result<()> {
        // Not `clear`, which asks the terminal where its cursor is: the answer would come among the
        // keys, and over a slow line after the time that it waits for.
        let (columns, rows) = size()?;
        self.screen.resize(Rect::new(0, 0, columns, rows))
    }

    /// Asks the terminal to put a text into its clipboard. It gives no answer, and may refuse.
    ///
    /// # Errors
    /// The text is too long, or the terminal has gone away.
    pub fn copy(&mut self, text: &str, multiplexer: Multiplexer) -> Result<(), CopyError> {
        let words = osc52(text, multiplexer)?;
        Ok(write_if_ours(&lock(), &words)?)
    }

    /// Takes the mouse, or leaves it to the terminal. It is left on every way out, and taken again
    /// with the terminal.
    ///
    /// # Errors
    /// The terminal has gone away.
    pub fn set_mouse(&mut self, taken: bool) -> io::Result<()> {
        let mut held = lock();
        held.mouse = taken;
        write_if_ours(&held, if taken { TAKE_MOUSE } else { LEAVE_MOUSE })
    }

    /// Rings the bell.
    ///
    /// # Errors
    /// The terminal has gone away.
    pub fn ring(&mut self) -> io::Result<()> {
        write_if_ours(&lock(), b"\x07")
    }

    /// Hands it words that are no part of the picture.
    ///
    /// # Errors
    /// The terminal has gone away.
    pub fn tell(&mut self, words: &[u8]) -> io::Result<()> {
        write_if_ours(&lock(), words)
    }

    /// Gives the terminal back and stops the process, as Ctrl-Z does. Returns when it is continued;
    /// the terminal is not ours then until [`Terminal::resume`].
    ///
    /// # Errors
    /// The process could not be stopped.
    pub fn stop(&mut self) -> io::Result<()> {
        if has_job_control() {
            give_back();
            stop_process()?;
        }
        Ok(())
    }

    /// Takes the terminal over again after the process was continued, whoever stopped it.
    ///
    /// # Errors
    /// The terminal has gone away.
    pub fn resume(&mut self) -> io::Result<()> {
        take_over()?;
        self.repaint()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// Columns and rows of the terminal.
///
/// # Errors
/// There is none.
pub fn terminal_size() -> io::Result<(u16, u16)> {
    size()
}

#[cfg(unix)]
fn stop_process() -> io::Result<()> {
    // SIGSTOP and not SIGTSTP, for which the program has a handler: that is how it got here.
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?;
    Ok(())
}

#[cfg(not(unix))]
fn stop_process() -> io::Result<()> {
    Ok(())
}

/// Whether somebody can continue the process once it has stopped. The leader of a session, as a
/// program that a terminal window was opened for, has no shell behind it.
#[cfg(unix)]
pub fn has_job_control() -> bool {
    rustix::process::getsid(None).is_ok_and(|session| session != rustix::process::getpid())
}

/// There are no jobs on this system.
#[cfg(not(unix))]
pub fn has_job_control() -> bool {
    false
}

/// Sends the whole foreground job the signal that Ctrl-Z stands for, ourselves included: a shell
/// takes the terminal back only when every process of the job has stopped.
#[cfg(unix)]
pub fn stop_job() {
    // Without a process group of our own there is no job to stop, and nothing to do.
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}

/// There are no jobs on this system.
#[cfg(not(unix))]
pub fn stop_job() {}

fn take_over() -> io::Result<()> {
    let mut held = lock();
    enable_raw_mode()?;
    // From here on something is to be undone, whatever comes of the rest.
    held.ours = true;
    let mut out = Vec::new();
    queue(&mut out, EnterAlternateScreen)?;
    queue(&mut out, Hide)?;
    queue(&mut out, EnableBracketedPaste)?;
    if held.mouse {
        out.extend_from_slice(TAKE_MOUSE);
    }
    write_out(&out)
}

/// Gives the terminal back, once; any thread may call it at any time.
pub fn give_back() {
    let mut held = lock();
    if !held.ours {
        return;
    }
    held.ours = false;
    let mut out = Vec::new();
    if held.mouse {
        out.extend_from_slice(LEAVE_MOUSE);
    }
    // Writing to memory does not fail, and of a terminal that is gone nothing can be restored.
    let _ = queue(&mut out, DisableBracketedPaste);
    let _ = queue(&mut out, LeaveAlternateScreen);
    let _ = queue(&mut out, Show);
    let _ = write_out(&out);
    let _ = disable_raw_mode();
}

fn queue(out: &mut Vec<u8>, command: impl Command) -> io::Result<()> {
    out.queue(command).map(|_| ())
}

fn write_out(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Writes what would only be noise on the user's own screen.
fn write_if_ours(held: &Held, bytes: &[u8]) -> io::Result<()> {
    if held.ours { write_out(bytes) } else { Ok(()) }
}

fn lock() -> std::sync::MutexGuard<'static, Held> {
    // A panic while it was held leaves the state itself right.
    HELD.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Collects a frame and sends it in one piece, if the terminal is still ours.
#[derive(Debug, Default)]
struct Output {
    frame: Vec<u8>,
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = write_if_ours(&lock(), &self.frame);
        self.frame.clear();
        written
    }
}

/// From now on a panic in any thread gives the terminal back before it says what it has to say, and
/// wakes [`panicked`].
pub fn install_panic_hook() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        give_back();
        report(panic);
        PANICKED.store(true, Ordering::SeqCst);
        PANIC.notify_one();
    }));
}

/// Whether anything has panicked since [`install_panic_hook`].
pub fn has_panicked() -> bool {
    PANICKED.load(Ordering::SeqCst)
}

/// Returns when something panics, in whatever thread.
pub async fn panicked() {
    while !has_panicked() {
        PANIC.notified().await;
    }
}

/// Ends the process with `code` although the program does not get round to it: a terminal that takes
/// no output, as over a connection that stalls, holds up whoever writes to it. The modes of its line
/// are restored; what would have to be written to it cannot be.
#[expect(clippy::disallowed_methods, reason = "the thread that should end the program is held up")]
pub fn abandon(code: i32) -> ! {
    let _ = disable_raw_mode();
    std::process::exit(code)
}

/// Returns when the terminal on standard output goes away: its window closes, its connection drops.
///
/// A closed terminal delivers no key that could say so, and a process that was started without job
/// control gets no SIGHUP either.
#[cfg(unix)]
pub async fn hung_up() {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;

    let gone = std::sync::Arc::new(Notify::new());
    let waker = std::sync::Arc::clone(&gone);
    let watcher = std::thread::Builder::new().name("hang-up".to_owned()).spawn(move || {
        let stdout = rustix::stdio::stdout();
        loop {
            // No event is asked for: the ones that come unasked are hang-up and error.
            let mut fds = [PollFd::from_borrowed_fd(stdout, PollFlags::empty())];
            match poll(&mut fds, None) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) | Err(_) => break,
            }
        }
        waker.notify_one();
    });
    match watcher {
        Ok(_) => gone.notified().await,
        Err(_) => std::future::pending().await,
    }
}

/// Never returns: this system has no such event.
#[cfg(not(unix))]
pub async fn hung_up() {
    std::future::pending().await
}
