//! The simulator's clock, passed in: the wall clock of a demo, or one that a test steps by hand.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Tells the simulator what time it is, in unix milliseconds.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// A clock that asks `read` for the unix time in milliseconds.
    pub fn new(read: impl Fn() -> i64 + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(read))
    }

    /// A clock that stands at `unix_ms` until its [`Hand`] is moved.
    pub fn by_hand(unix_ms: i64) -> (Clock, Hand) {
        let time = Arc::new(AtomicI64::new(unix_ms));
        let hand = Hand(Arc::clone(&time));
        (Clock::new(move || time.load(Ordering::SeqCst)), hand)
    }

    /// The time in unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({} ms)", self.now_ms())
    }
}

/// Moves a clock made by [`Clock::by_hand`].
#[derive(Clone, Debug)]
pub struct Hand(Arc<AtomicI64>);

impl Hand {
    /// Lets `time` pass.
    pub fn advance(&self, time: Duration) {
        self.0.fetch_add(time.as_millis() as i64, Ordering::SeqCst);
    }

    /// Sets the clock, back as well as forward.
    pub fn set(&self, unix_ms: i64) {
        self.0.store(unix_ms, Ordering::SeqCst);
    }
}
