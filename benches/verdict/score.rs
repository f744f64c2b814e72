//! What a reader said, held against the truth.

use std::collections::{BTreeMap, HashMap};

use super::reader::{Reader, Sight, Word};
use super::truth::{Amid, Truth};

/// How many words of one kind were right, wrong, and neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// As it was.
    pub right: u64,
    /// The opposite.
    pub wrong: u64,
    /// Unknown: the witnesses disagree.
    pub doubtful: u64,
    /// Unknown: there were no answers.
    pub unheard: u64,
}

impl Words {
    /// All of them.
    pub fn all(self) -> u64 {
        self.right + self.wrong + self.unknown()
    }

    /// Unknown, for whatever reason.
    pub fn unknown(self) -> u64 {
        self.doubtful + self.unheard
    }

    fn count(&mut self, word: Word, right: Word) {
        match word {
            Word::Doubtful => self.doubtful += 1,
            Word::Unheard => self.unheard += 1,
            word if word == right => self.right += 1,
            _ => self.wrong += 1,
        }
    }

    fn add(&mut self, other: Words) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.doubtful += other.doubtful;
        self.unheard += other.unheard;
    }
}

/// What was said of connections whose sockets were open, and of those whose were not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sights {
    /// Shown.
    pub open: u64,
    /// Shown no more, but perhaps there.
    pub unseen: u64,
    /// Called disconnected.
    pub disconnected: u64,
    /// Not shown yet, since the socket was opened.
    pub never: u64,
    /// Called disconnected while the user had sockets on several gateways: hidden by another one.
    pub hidden: u64,
    /// Shown while the socket was closed.
    pub ghosts: u64,
}

impl Sights {
    /// All of those whose socket was open.
    pub fn all(self) -> u64 {
        self.open + self.unseen + self.disconnected + self.never
    }
}

/// For how long something wrong was said of a user.
#[derive(Clone, Debug)]
pub struct Episode {
    /// Of whom.
    pub user: u32,
    /// What was said.
    pub said: Word,
    /// In the first sample, unix milliseconds.
    pub from: i64,
    /// In the last sample.
    pub until: i64,
}

/// All samples of one kind.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Of users with an open socket.
    pub open: Words,
    /// Of users without.
    pub closed: Words,
    /// Samples too near to a change of the truth.
    pub near: u64,
    /// Samples of users called online whose client was gone without a word.
    pub vanished: u64,
    /// Of connections.
    pub sights: Sights,
    /// When users were called the opposite of what they were.
    pub episodes: Vec<Episode>,
    running: HashMap<u32, usize>,
    shown: HashMap<(u32, i32), i64>,
}

impl Tally {
    fn sample(&mut self, truth: &Truth, user: u32, at: i64, reader: &impl Reader) {
        if at > truth.end {
            return;
        }
        let turns = truth.user(user);
        if turns.near(at) {
            self.near += 1;
        } else {
            let (word, is_open) = (reader.word(user), turns.at(at));
            let (words, right) =
                if is_open { (&mut self.open, Word::Online) } else { (&mut self.closed, Word::Offline) };
            if !is_open && word == Word::Online && truth.has_vanished(user, at) {
                self.vanished += 1;
                return;
            }
            words.count(word, right);
            if word == right || !matches!(word, Word::Online | Word::Offline) {
                self.running.remove(&user);
            } else if let Some(&running) = self.running.get(&user) {
                self.episodes[running].until = at;
            } else {
                self.running.insert(user, self.episodes.len());
                self.episodes.push(Episode { user, said: word, from: at, until: at });
            }
        }
        for (&platform, turns) in truth.platforms(user) {
            let sight = reader.connection(user, platform);
            if sight == Sight::Open {
                self.shown.insert((user, platform), at);
            }
            if turns.near(at) {
                continue;
            }
            if !turns.at(at) {
                self.sights.ghosts += u64::from(sight == Sight::Open);
                continue;
            }
            match sight {
                Sight::Open => self.sights.open += 1,
                Sight::Unseen => self.sights.unseen += 1,
                Sight::Absent => {
                    let was_shown = self.shown.get(&(user, platform)).copied();
                    if was_shown.is_some_and(|shown| Some(shown) >= turns.since(at)) {
                        self.sights.disconnected += 1;
                        self.sights.hidden += u64::from(truth.is_spread(user, at));
                    } else {
                        self.sights.never += 1;
                    }
                }
            }
        }
    }

    /// Takes those of another run.
    pub fn add(&mut self, other: &Tally) {
        self.open.add(other.open);
        self.closed.add(other.closed);
        self.near += other.near;
        self.vanished += other.vanished;
        let (sights, more) = (&mut self.sights, other.sights);
        sights.open += more.open;
        sights.unseen += more.unseen;
        sights.disconnected += more.disconnected;
        sights.never += more.never;
        sights.hidden += more.hidden;
        sights.ghosts += more.ghosts;
    }
}

/// How long it took from the first answer that showed a change until it was said.
#[derive(Clone, Debug, Default)]
pub struct Delays {
    /// Each, in milliseconds.
    pub ms: Vec<i64>,
    /// Never said.
    pub never: u64,
    /// The user had changed again before it was said.
    pub overtaken: u64,
    /// Those of whom the old word was no longer said at the end of the round that showed it.
    pub in_round: u64,
    /// Those of whom it still was.
    pub later: u64,
}

impl Delays {
    /// The delay that so many per cent do not exceed; none where there are none.
    pub fn percentile(&self, percent: usize) -> Option<i64> {
        let mut sorted = self.ms.clone();
        sorted.sort_unstable();
        let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(place).copied()
    }

    /// Takes those of another run.
    pub fn add(&mut self, other: &Delays) {
        self.ms.extend(&other.ms);
        self.never += other.never;
        self.overtaken += other.overtaken;
        self.in_round += other.in_round;
        self.later += other.later;
    }
}

/// A change of the truth that is still followed.
#[derive(Debug)]
struct Pending {
    at: i64,
    open: bool,
    amid: Amid,
    /// When the first answer that shows it was there.
    first: Option<i64>,
    /// When it was said.
    said: Option<i64>,
    /// Whether the old word was no longer said at the end of the round that showed it.
    left: Option<bool>,
}

/// How right a reader was.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Sampled after each answer of the sockets, those whom it was about.
    pub rounds: Tally,
    /// Everybody, sampled every half second.
    pub ticks: Tally,
    /// From the first answer without a user to offline.
    pub leaving: BTreeMap<Amid, Delays>,
    /// From the first answer with a user to online; by what the going before was amid.
    pub arriving: BTreeMap<Amid, Delays>,
}

impl Marks {
    /// Takes those of another run.
    pub fn add(&mut self, other: &Marks) {
        self.rounds.add(&other.rounds);
        self.ticks.add(&other.ticks);
        for (mine, theirs) in [(&mut self.leaving, &other.leaving), (&mut self.arriving, &other.arriving)] {
            for (amid, delays) in theirs {
                mine.entry(*amid).or_default().add(delays);
            }
        }
    }
}

/// Marks a reader.
pub struct Score<'t> {
    truth: &'t Truth,
    next: usize,
    pending: BTreeMap<u32, Pending>,
    marks: Marks,
}

impl<'t> Score<'t> {
    /// Marks what is said from `begin` on; what changed before is not waited for.
    pub fn new(truth: &'t Truth, begin: i64) -> Score<'t> {
        let next = truth.turns.partition_point(|turn| turn.at <= begin);
        Score { truth, next, pending: BTreeMap::new(), marks: Marks::default() }
    }

    /// An answer of the sockets that was asked for at `sent` and was there at `at`.
    pub fn heard(&mut self, user: u32, is_shown: bool, sent: i64, at: i64) {
        while let Some(turn) = self.truth.turns.get(self.next).filter(|turn| turn.at <= at) {
            let fresh = Pending {
                at: turn.at,
                open: turn.open,
                amid: turn.amid,
                first: None,
                said: None,
                left: None,
            };
            if let Some(overtaken) = self.pending.insert(turn.user, fresh) {
                self.settle(&overtaken, true);
            }
            self.next += 1;
        }
        if let Some(pending) = self.pending.get_mut(&user)
            && pending.first.is_none()
            && pending.open == is_shown
            && pending.at <= sent
        {
            pending.first = Some(at);
        }
    }

    /// Something may have been said at `at`.
    pub fn look(&mut self, at: i64, reader: &impl Reader) {
        for (user, pending) in &mut self.pending {
            if pending.first.is_some()
                && pending.said.is_none()
                && reader.word(*user) == if pending.open { Word::Online } else { Word::Offline }
            {
                pending.said = Some(at);
            }
        }
    }

    /// The end of a round for `users`, whom an answer was about.
    pub fn round(&mut self, users: impl Iterator<Item = u32>, at: i64, reader: &impl Reader) {
        self.look(at, reader);
        for user in users {
            self.marks.rounds.sample(self.truth, user, at, reader);
            let Some(pending) = self.pending.get_mut(&user).filter(|pending| pending.first.is_some()) else {
                continue;
            };
            let old = if pending.open { Word::Offline } else { Word::Online };
            pending.left.get_or_insert_with(|| reader.word(user) != old);
            if pending.said.is_some()
                && let Some(pending) = self.pending.remove(&user)
            {
                self.settle(&pending, false);
            }
        }
    }

    /// Nothing more is said.
    pub fn finish(mut self) -> Marks {
        for pending in std::mem::take(&mut self.pending).into_values() {
            self.settle(&pending, false);
        }
        self.marks
    }

    fn settle(&mut self, pending: &Pending, overtaken: bool) {
        let Some(first) = pending.first else { return };
        let delays = if pending.open { &mut self.marks.arriving } else { &mut self.marks.leaving };
        let delays = delays.entry(pending.amid).or_default();
        match pending.said {
            Some(said) => delays.ms.push(said - first),
            None if overtaken => delays.overtaken += 1,
            None => delays.never += 1,
        }
        match pending.left {
            Some(true) => delays.in_round += 1,
            Some(false) => delays.later += 1,
            None => {}
        }
    }

    /// One of the samples every half second.
    pub fn tick(&mut self, users: usize, at: i64, reader: &impl Reader) {
        for user in 0..users as u32 {
            self.marks.ticks.sample(self.truth, user, at, reader);
        }
    }
}
