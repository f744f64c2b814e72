//! Questions and what came of them, one after another, as whoever asks everything all the time has them.

use imtop::presence::{LifeSign, Question};

/// One question and what came of it.
#[derive(Clone, Debug)]
pub struct Line {
    /// What was asked.
    pub question: Question,
    /// About whom.
    pub users: Vec<u32>,
    /// When, in unix milliseconds.
    pub sent: i64,
    /// How long it took, in milliseconds.
    pub took: i64,
    /// What was said; `None` where there was no answer.
    pub said: Option<Said>,
}

impl Line {
    /// When the answer was there.
    pub fn received(&self) -> i64 {
        self.sent + self.took
    }
}

/// What was said.
#[derive(Clone, Debug)]
pub enum Said {
    /// The platforms of each user's connections as the sockets or the registry have them, for each
    /// of the users of the question; `None` for one whom the answer left out.
    Users(Vec<Option<Box<[i32]>>>),
    /// Each gateway's sign of life.
    Gateways(Vec<(String, LifeSign)>),
}
