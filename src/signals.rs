//! The signals that the live view answers to.

use std::io;

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
            Some(()) = self.stop.recv() => Signal::Stop,
            Some(()) = self.proceed.recv() => Signal::Continue,
            else => std::future::pending().await, // the runtime is shutting down
        }
    }
}
