//! How many users stand how: the counts from which the totals come, kept by adding and subtracting as users
//! change, so that nobody is ever counted by walking the list.

use super::Totals;
use crate::presence::status::Word;

/// What a user was left out of, as far as it matters for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presence) enum Absence {
    /// The last answer spoke of the user.
    None,
    /// It did not, and what was said before is shown as old.
    Waiting,
    /// It did not, and what was said before is too old to say anything.
    Void,
    /// There is no new answer of the sockets, and the registry was asked in their place.
    InPlace,
}

/// All that decides where a user is counted, beside the state of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presence) struct Standing {
    pub(super) word: Word,
    pub(super) absence: Absence,
    /// Shown as last seen while a source is being asked.
    pub(super) is_checking: bool,
}

/// Kinds of absence, each with or without checking.
const OF_WORD: usize = 8;

/// Kinds of standing.
const KINDS: usize = Word::COUNT * OF_WORD;

/// So many users of each standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standings([u32; KINDS]);

impl Default for Standings {
    fn default() -> Standings {
        Standings([0; KINDS])
    }
}

impl Standing {
    fn place(self) -> usize {
        self.word as usize * OF_WORD + self.absence as usize * 2 + usize::from(self.is_checking)
    }
}

impl Standings {
    /// So many of whom nothing was ever heard.
    pub(in crate::presence) fn silent(users: u32) -> Standings {
        let mut silent = Standings::default();
        silent.0[0] = users;
        silent
    }

    /// One user stands otherwise now.
    pub(super) fn change(&mut self, from: Standing, to: Standing) {
        self.0[from.place()] -= 1;
        self.0[to.place()] += 1;
    }

    /// How many have this word, whatever else is so.
    pub(in crate::presence) fn count(&self, word: Word) -> u32 {
        self.0[word as usize * OF_WORD..][..OF_WORD].iter().sum()
    }

    /// How many nothing was ever heard of, nor left out: those of batches without a first answer.
    pub(super) fn unheard(&self) -> u32 {
        [false, true]
            .map(|is_checking| Standing { word: Word::Silent, absence: Absence::None, is_checking })
            .iter()
            .map(|standing| self.0[standing.place()])
            .sum()
    }

    /// How many have a connection, as last seen.
    pub(in crate::presence) fn connected(&self) -> u32 {
        self.count(Word::Online) + self.count(Word::Background)
    }

    /// Of how many something is known by the registry alone.
    pub(super) fn by_registry(&self) -> u32 {
        let known = Word::ALL.into_iter().filter(|word| word.is_known());
        let standing = |word| Standing { word, absence: Absence::InPlace, is_checking: false };
        known.map(|word| self.0[standing(word).place()] + self.0[standing(word).place() + 1]).sum()
    }

    pub(super) fn take(&mut self, others: &Standings) {
        for (count, other) in self.0.iter_mut().zip(others.0) {
            *count -= other;
        }
    }

    /// Adds these users, of batches that are stale, or of which nothing is known any more.
    pub(super) fn add_to(&self, totals: &mut Totals, is_stale: bool, is_void: bool) {
        for (place, count) in self.0.iter().enumerate().filter(|(_, count)| **count > 0) {
            let (word, absence, is_checking) = (place / OF_WORD, place % OF_WORD / 2, place % 2 == 1);
            let in_place = absence == Absence::InPlace as usize;
            let (is_stale, is_void) = (is_stale && !in_place, is_void && !in_place);
            let known = match Word::ALL[word] {
                _ if is_void || absence == Absence::Void as usize => &mut totals.unknown,
                Word::Silent | Word::Doubtful | Word::Unchecked => &mut totals.unknown,
                Word::Online => &mut totals.online,
                Word::Background => &mut totals.background,
                Word::Offline | Word::Sampled => &mut totals.offline,
                Word::Unregistered => &mut totals.unregistered,
            };
            *known += count;
            let is_known = !is_void && absence != Absence::Void as usize && Word::ALL[word].is_known();
            if is_known && (is_stale || is_checking || absence == Absence::Waiting as usize) {
                totals.stale += count;
            }
        }
    }
}
