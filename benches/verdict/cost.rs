//! What was asked beside the sockets, and how much that is beside what the sockets were asked.

use std::collections::{BTreeMap, BTreeSet};

use imtop::presence::Question;

use super::source::Asked;

const MINUTE_MS: u64 = 60_000;

/// Requests, and users asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Requests.
    pub requests: u64,
    /// Users asked about, in all of them.
    pub users: u64,
}

impl Load {
    fn add(&mut self, other: Load) {
        self.requests += other.requests;
        self.users += other.users;
    }
}

/// What the sockets were asked, and the witnesses beside them, in the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many minutes these are.
    pub minutes: u64,
    /// `get_users_online_status`.
    pub sockets: Load,
    /// Registry, tokens and accounts.
    pub extra: Load,
}

impl Share {
    /// The extra requests in per cent of those to the sockets.
    pub fn requests(&self) -> f64 {
        percent(self.extra.requests, self.sockets.requests)
    }

    /// The users of the extra requests in per cent.
    pub fn users(&self) -> f64 {
        percent(self.extra.users, self.sockets.users)
    }

    fn add(&mut self, other: Share) {
        self.minutes += other.minutes;
        self.sockets.add(other.sockets);
        self.extra.add(other.extra);
    }
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

/// What was asked.
#[derive(Clone, Debug, Default)]
pub struct Cost {
    /// Each question.
    pub questions: BTreeMap<Question, Load>,
    /// All the time.
    pub all: Share,
    /// In whole minutes in which nobody was in doubt.
    pub undoubted: Share,
    /// In whole minutes without a loss of view.
    pub calm: Share,
    /// In the minute with the most extra requests.
    pub worst: Share,
    /// The most users in one extra request.
    pub most_at_once: u64,
    /// The most users whom the witnesses were asked about within one second.
    pub most_a_second: u64,
}

impl Cost {
    /// Of the questions of a run that took so many milliseconds.
    pub fn of(asked: &[Asked], ran_ms: u64, doubtful: &BTreeSet<u64>, lossy: &BTreeSet<u64>) -> Cost {
        let mut cost = Cost::default();
        let mut minutes: BTreeMap<u64, Share> = BTreeMap::new();
        let mut second = std::collections::VecDeque::new();
        for it in asked {
            let load = Load { requests: it.requests, users: it.users };
            cost.questions.entry(it.question).or_default().add(load);
            let share = minutes.entry(it.at / MINUTE_MS).or_default();
            match it.question {
                Question::OnlineStatus => share.sockets.add(load),
                Question::Gateways => {} // another path than the API's own questions
                _ => {
                    share.extra.add(load);
                    cost.most_at_once = cost.most_at_once.max(it.users);
                    second.push_back((it.at, it.users));
                    while second.front().is_some_and(|(at, _)| at + 1_000 <= it.at) {
                        second.pop_front();
                    }
                    let within: u64 = second.iter().map(|(_, users)| *users).sum();
                    cost.most_a_second = cost.most_a_second.max(within);
                }
            }
        }
        for (minute, share) in &mut minutes {
            share.minutes = 1;
            cost.all.add(*share);
            if (minute + 1) * MINUTE_MS <= ran_ms {
                if !doubtful.contains(minute) {
                    cost.undoubted.add(*share);
                }
                if !lossy.contains(minute) {
                    cost.calm.add(*share);
                }
            }
            cost.worst = worse(cost.worst, *share);
        }
        cost
    }

    /// Takes that of another run.
    pub fn add(&mut self, other: &Cost) {
        for (question, load) in &other.questions {
            self.questions.entry(*question).or_default().add(*load);
        }
        self.all.add(other.all);
        self.undoubted.add(other.undoubted);
        self.calm.add(other.calm);
        self.worst = worse(self.worst, other.worst);
        self.most_at_once = self.most_at_once.max(other.most_at_once);
        self.most_a_second = self.most_a_second.max(other.most_a_second);
    }
}

fn worse(one: Share, other: Share) -> Share {
    if (other.extra.requests, other.extra.users) > (one.extra.requests, one.extra.users) {
        other
    } else {
        one
    }
}
