//! The ideal reader: has every witness's latest answer at every moment without having to ask, and says
//! what the table of the verdict says. Written down once more, so that a slip in imtop's own tables
//! shows as a difference.

use std::collections::BTreeMap;

use imtop::presence::{LifeSign, Question};

use super::lines::{Line, Said};
use super::reader::{Reader, Sight, Word};

/// For so long after the sockets left a user out, an online of the registry is normal.
const LEAVING_MS: i64 = 5_000;

/// So many users that are lost together are a loss of view.
const LOSS_USERS: usize = 3;

/// For so long a connection of which the registry can say nothing is held to be there.
const UNSEEN_MS: i64 = 5_000;

/// What is known of one user.
#[derive(Clone, Debug, Default)]
struct Known {
    /// When the sockets' last answer was there.
    heard: Option<i64>,
    /// The platforms that it showed.
    shown: Box<[i32]>,
    /// When the first answer that left the user out was asked for, and was there.
    dropped: Option<(i64, i64)>,
    /// What was said before that.
    before: Option<Word>,
    /// When the registry was last asked, and what it said.
    registry: Option<(i64, Box<[i32]>)>,
    /// Each platform that was shown and is no more: when the answer without it was asked for, and was there.
    unseen: BTreeMap<i32, (i64, i64)>,
    /// Part of a loss of view.
    lost: bool,
    /// Part of one whose gateway is known to have died.
    died: bool,
}

/// The ideal reader.
pub struct Ideal {
    interval_ms: i64,
    now: i64,
    users: Vec<Known>,
    /// Those whom the sockets leave out and the registry has online.
    doubted: std::collections::BTreeSet<u32>,
    /// Each gateway's last sign of life, since when it has been that, and when it was last alive.
    signs: BTreeMap<String, (LifeSign, i64, Option<i64>)>,
    /// How long the sockets take: the last answer, and usually.
    took: (i64, i64),
    heard_registry: bool,
}

impl Ideal {
    /// Knows nothing of so many users, who are asked about at that interval.
    pub fn new(users: usize, interval_ms: u64) -> Ideal {
        Ideal {
            interval_ms: interval_ms as i64,
            now: i64::MIN,
            users: vec![Known::default(); users],
            doubted: std::collections::BTreeSet::new(),
            signs: BTreeMap::new(),
            took: (0, 0),
            heard_registry: false,
        }
    }

    /// Takes an answer.
    pub fn take(&mut self, line: &Line) {
        self.now = self.now.max(line.received());
        match (line.question, &line.said) {
            (Question::OnlineStatus, Some(Said::Users(said))) => {
                let usual = if self.took.1 == 0 { line.took } else { (self.took.1 * 9 + line.took) / 10 };
                self.took = (line.took, usual);
                for (&user, platforms) in line.users.iter().zip(said) {
                    if let Some(platforms) = platforms {
                        self.see(user, platforms, line);
                    }
                }
            }
            (Question::UsersStatus, Some(Said::Users(said))) => {
                self.heard_registry = true;
                for (&user, platforms) in line.users.iter().zip(said) {
                    if let Some(platforms) = platforms {
                        // Who came while the sockets were silent contradicts nothing that they say.
                        let is_new = self.is_silent(user) && !self.doubted.contains(&user);
                        self.users[user as usize].registry = Some((line.sent, platforms.clone()));
                        if !is_new {
                            self.doubt(user);
                        }
                    }
                }
            }
            (Question::Gateways, Some(Said::Gateways(signs))) => {
                for (address, sign) in signs {
                    let now = line.received();
                    let before = self.signs.get(address).copied();
                    let since = before.filter(|before| before.0 == *sign).map_or(now, |before| before.1);
                    let alive = (*sign == LifeSign::Alive).then_some(now);
                    let alive = alive.or_else(|| before.and_then(|before| before.2));
                    self.signs.insert(address.clone(), (*sign, since, alive));
                }
            }
            _ => {}
        }
        self.weigh();
    }

    /// Lets time pass up to `now`.
    pub fn advance(&mut self, now: i64) {
        self.now = self.now.max(now);
        self.weigh();
    }

    fn see(&mut self, user: u32, platforms: &[i32], line: &Line) {
        let before = match self.word(user) {
            Word::Unheard => Word::Doubtful, // the first answer
            word => word,
        };
        let known = &mut self.users[user as usize];
        let dropped = (line.sent, line.received());
        for platform in &known.shown {
            if !platforms.contains(platform) {
                known.unseen.entry(*platform).or_insert(dropped);
            }
        }
        known.unseen.retain(|platform, _| !platforms.contains(platform));
        known.heard = Some(line.received());
        known.shown = platforms.into();
        if platforms.is_empty() {
            if known.dropped.is_none() {
                known.dropped = Some(dropped);
                known.before = Some(before);
            }
        } else {
            (known.dropped, known.before, known.lost, known.died) = (None, None, false, false);
        }
        self.doubt(user);
    }

    /// Whether the registry has a user online whom the sockets leave out.
    fn doubt(&mut self, user: u32) {
        let known = &mut self.users[user as usize];
        if known.dropped.is_some()
            && known.registry.as_ref().is_some_and(|(_, platforms)| !platforms.is_empty())
        {
            self.doubted.insert(user);
        } else {
            self.doubted.remove(&user);
            (known.lost, known.died) = (false, false);
        }
    }

    /// Finds losses of view, and who is to blame.
    fn weigh(&mut self) {
        let now = self.now;
        let mut old: Vec<(i64, u32)> = self
            .doubted
            .iter()
            .filter_map(|&user| Some((self.users[user as usize].dropped?.1, user)))
            .filter(|(dropped, _)| now - dropped >= LEAVING_MS)
            .collect();
        old.sort_unstable();
        let (mut until, mut marked) = (0, 0);
        for from in 0..old.len() {
            while old.get(until).is_some_and(|(dropped, _)| *dropped <= old[from].0 + 2 * self.interval_ms) {
                until += 1;
            }
            if until - from >= LOSS_USERS {
                for &(_, user) in &old[marked.max(from)..until] {
                    self.users[user as usize].lost = true;
                }
                marked = until;
            }
        }
        let usual = self.took.0 <= (self.took.1 * 3).max(1_000);
        if !usual || !self.someone_lives() {
            return;
        }
        for (dropped, user) in old {
            // Who died long before that has nothing to do with it.
            let window = 2 * self.interval_ms;
            let dead = |it: &&(LifeSign, i64, Option<i64>)| it.0 == LifeSign::Refused && it.2.is_some();
            let died = self.signs.values().filter(dead).filter(|it| it.1 + window >= dropped).count();
            let gone = self.signs.values().filter(dead).count() - died;
            let alive = self.signs.values().filter(|it| it.0 == LifeSign::Alive).count();
            let known = &mut self.users[user as usize];
            known.died |= known.lost && died == 1 && alive + died + gone == self.signs.len();
        }
    }

    /// Whether the sockets give no new answer about the user.
    fn is_silent(&self, user: u32) -> bool {
        self.users[user as usize].heard.is_some_and(|heard| self.now - heard > self.interval_ms + 1_000)
    }

    /// What the registry says in the sockets' place, if it was asked since they fell silent.
    fn in_place(&self, user: u32) -> Option<Word> {
        let known = &self.users[user as usize];
        let (sent, platforms) = known.registry.as_ref().filter(|_| self.is_silent(user))?;
        let is_new = known.heard.is_some_and(|heard| *sent > heard) && self.now - sent <= self.limit_ms();
        (is_new && !self.doubted.contains(&user)).then_some(if platforms.is_empty() {
            Word::Offline
        } else {
            Word::Online
        })
    }

    /// For so long an answer is good.
    fn limit_ms(&self) -> i64 {
        (3 * self.interval_ms).max(6_000)
    }

    fn someone_lives(&self) -> bool {
        self.users.iter().any(|known| !known.shown.is_empty())
    }
}

impl Reader for Ideal {
    fn word(&self, user: u32) -> Word {
        let known = &self.users[user as usize];
        let Some(heard) = known.heard else { return Word::Unheard };
        if let Some(word) = self.in_place(user) {
            return word;
        }
        // Who was in doubt stays in it while the registry goes on answering.
        let asked = known.registry.as_ref().filter(|_| self.doubted.contains(&user)).map(|(sent, _)| *sent);
        if self.now - asked.map_or(heard, |asked| asked.max(heard)) > self.limit_ms() {
            return Word::Unheard;
        }
        let Some((asked, _)) = known.dropped else { return Word::Online };
        match &known.registry {
            Some((sent, platforms)) if *sent >= asked => {
                if platforms.is_empty() || known.died {
                    Word::Offline
                } else {
                    Word::Doubtful
                }
            }
            _ if known.died => Word::Offline,
            _ if self.heard_registry => known.before.unwrap_or(Word::Doubtful),
            _ => Word::Offline,
        }
    }

    fn connection(&self, user: u32, platform: i32) -> Sight {
        let known = &self.users[user as usize];
        if known.shown.contains(&platform) {
            return Sight::Open;
        }
        let Some((asked, since)) = known.unseen.get(&platform) else { return Sight::Absent };
        let registry = known.registry.as_ref().filter(|(sent, _)| sent >= asked);
        let gone = match (self.word(user), registry) {
            (Word::Offline, _) => true,
            (Word::Doubtful | Word::Unheard, _) => false,
            (Word::Online, Some((_, platforms))) => !platforms.contains(&platform),
            (Word::Online, None) if self.heard_registry => false,
            (Word::Online, None) => self.now - since >= UNSEEN_MS,
        };
        if gone { Sight::Absent } else { Sight::Unseen }
    }
}
