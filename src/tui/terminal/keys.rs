//! What the user does at the terminal: read on a thread of its own, decoded, and handed on.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _};
use std::os::fd::AsFd as _;

use ratatui::crossterm::event::Event;
use rustix::event::{PollFd, PollFlags, poll};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::decoder::Decoder;
use super::terminal_size;

/// Keys, pastes, the mouse, and other sizes of the terminal.
pub struct Keys {
    bytes: mpsc::UnboundedReceiver<Vec<u8>>,
    last_read: Instant,
    decoder: Decoder,
    ready: VecDeque<Event>,
    resized: Signal,
}

impl Keys {
    /// Begins to read; to be called within a tokio runtime.
    ///
    /// A blocking read in the loop could hold up the program. The thread ends with the process.
    ///
    /// # Errors
    /// There is no terminal to read from, or the system gives us no thread or no signals.
    pub fn listen() -> io::Result<Keys> {
        let resized = signal(SignalKind::window_change())?;
        let mut terminal = open()?;
        let (sender, bytes) = mpsc::unbounded_channel();
        std::thread::Builder::new().name("keys".to_owned()).spawn(move || {
            // When the sender is dropped, the terminal is gone.
            while let Ok(read) = read(&mut terminal) {
                if sender.send(read).is_err() {
                    return;
                }
            }
        })?;
        let (decoder, ready) = (Decoder::default(), VecDeque::new());
        Ok(Keys { bytes, last_read: Instant::now(), decoder, ready, resized })
    }

    /// What is done next; `None` when the terminal has gone away. Nothing is lost if it is not awaited
    /// to its end.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let patience = self.decoder.patience();
            let tired = self.last_read + patience.unwrap_or_default();
            tokio::select! {
                // What was read already came in time, however late we are.
                biased;
                read = self.bytes.recv() => {
                    self.last_read = Instant::now();
                    self.ready.extend(self.decoder.feed(&read?));
                }
                Some(()) = self.resized.recv() => {
                    let (columns, rows) = terminal_size().ok()?;
                    return Some(Event::Resize(columns, rows));
                }
                () = sleep_until(tired), if patience.is_some() => {
                    self.ready.extend(self.decoder.nothing_came());
                }
            }
        }
    }
}

/// The terminal that keys come from: standard input, unless that is something else.
fn open() -> io::Result<File> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Ok(File::from(stdin.as_fd().try_clone_to_owned()?));
    }
    File::open("/dev/tty")
}

fn read(terminal: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = [0; 4096];
    loop {
        match terminal.read(&mut bytes) {
            // Also when the mode of the line changes while we wait; only then it goes on.
            Ok(0) if !is_gone(terminal) => {}
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => return Ok(bytes.get(..read).unwrap_or_default().to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Whoever shares the terminal with us may have made it so.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                poll(&mut [PollFd::new(terminal, PollFlags::IN)], None)?;
            }
            Err(error) => return Err(error),
        }
    }
}

fn is_gone(terminal: &File) -> bool {
    let mut fds = [PollFd::new(terminal, PollFlags::empty())];
    let asked = poll(&mut fds, Some(&rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 }));
    asked.is_err() || fds.iter().any(|fd| !fd.revents().is_empty())
}
