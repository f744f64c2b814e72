//! The signals that the live view answers to.

use std::io;
use std::time::Duration;

use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// A signal that the live view answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: end now.
    Interrupt,
    /// SIGTERM: end now.
    Terminate,
    /// SIGHUP: the terminal is gone.
    HangUp,
    /// SIGQUIT: end now.
    Quit,
    /// SIGTSTP: stop until continued.
    Stop,
    /// SIGCONT: continued.
    Continue,
}

/// Receives signals from the moment that it is made.
pub struct Signals {
    interrupt: Stream,
    terminate: Stream,
    hang_up: Stream,
    quit: Stream,
    stop: Stream,
    proceed: Stream,
}

impl Signals {
    /// Begins to receive; to be called within a tokio runtime.
    ///
    /// # Errors
    /// The system refuses to deliver them.
    pub fn listen() -> io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
            stop: signal(SignalKind::from_raw(Number::TSTP.as_raw()))?,
            proceed: signal(SignalKind::from_raw(Number::CONT.as_raw()))?,
        })
    }

    /// The next signal; those that end the program come first.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            Some(()) = self.terminate.recv() => Signal::Terminate,
            Some(()) = self.hang_up.recv() => Signal::HangUp,
            Some(()) = self.interrupt.recv() => Signal::Interrupt,
            Some(()) = self.quit.recv() => Signal::Quit,
            Some(()) = self.stop.recv() => Signal::Stop,
            Some(()) = self.proceed.recv() => Signal::Continue,
            else => std::future::pending().await, // the runtime is shutting down
        }
    }
}

impl Signal {
    /// The exit code of a program that this signal ends; `None` for one that does not.
    pub fn exit_code(self) -> Option<u8> {
        match self {
            Signal::Interrupt => Some(130),
            Signal::Terminate => Some(143),
            Signal::HangUp => Some(129),
            Signal::Quit => Some(131),
            Signal::Stop | Signal::Continue => None,
        }
    }
}

/// Calls `end` with the exit code of a signal that should have ended the program `patience` ago.
///
/// # Errors
/// The system refuses to deliver signals.
pub fn insist(patience: Duration, end: impl FnOnce(u8) + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::listen()?;
    tokio::spawn(async move {
        let code = loop {
            if let Some(code) = signals.next().await.exit_code() {
                break code;
            }
        };
        tokio::time::sleep(patience).await;
        end(code);
    });
    Ok(())
}
