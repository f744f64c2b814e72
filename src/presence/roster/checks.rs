//! How far the registry was asked about those whom the sockets call offline at first sight.

use super::Roster;
use super::sample::Phase;
use crate::presence::status::Word;

/// How far the registry was asked about those whom the sockets call offline at first sight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    /// Of so many nothing is known before it has answered.
    pub left: u32,
    /// So many the sockets call offline, whatever the registry said of them.
    pub of: u32,
    /// Of a sample that is complete, while it is asked about: about how many it has answered, and how many there are.
    pub sample: Option<(u32, u32)>,
    /// Whether the sample was contradicted, so that everybody is asked about.
    pub everybody: bool,
}

impl Roster {
    /// How far the registry was asked about those whom the sockets call offline at first sight.
    pub fn checks(&self) -> Checks {
        let unchecked = self.standings.count(Word::Unchecked);
        let left = unchecked + self.doubts.checking() as u32;
        let offline = self.standings.count(Word::Offline) + self.standings.count(Word::Sampled);
        let (drawn, everybody) = (&self.sample.drawn, self.asks_everybody());
        let answered = || drawn.asked.saturating_sub(drawn.open.len() as u32);
        let is_sampling = unchecked > 0 && drawn.phase == Phase::Asking;
        Checks {
            left,
            of: left + offline + self.doubts.contradicted() as u32,
            sample: is_sampling.then(|| (answered(), drawn.asked)),
            everybody: everybody && unchecked > 0,
        }
    }

    /// How many users are unknown only because the witnesses are being asked about them, as in the first
    /// seconds after a logout.
    pub fn passing(&self) -> u32 {
        self.standings.count(Word::Unchecked) + (self.doubts.checking() + self.doubts.leaving()) as u32
    }

    /// How many users are unknown as there was no answer about their batch yet. While none fails, theirs are on
    /// the way.
    pub fn unheard(&self) -> u32 {
        self.standings.unheard()
    }

    /// How many users are offline by a sample, without a word of the registry about them.
    pub fn by_sample(&self) -> u32 {
        self.standings.count(Word::Sampled)
    }
}
