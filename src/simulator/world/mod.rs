//! The world behind the answers: users, sockets, gateways, registry, and what happens to them.
//!
//! Time is virtual: [`World::advance`] lets everything happen up to a moment, in its order. What
//! happens depends on the scenario, its seed and what was done by hand, never on when anybody asked.

mod answers;
mod churn;
mod deeds;
mod gateway;
mod script;
mod settle;
pub(super) mod token;
mod user;
mod witnesses;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use fastrand::Rng;

use self::gateway::Gateways;
use self::user::{Connection, User};
use super::release::Release;
use super::scenario::Scenario;
use crate::presence::Platform;

/// The state of a simulated server.
pub struct World {
    scenario: Arc<Scenario>,
    release: Release,
    /// When the world began, unix ms.
    start: i64,
    /// Up to when everything has happened.
    now: i64,
    rng: Rng,
    users: Vec<User>,
    lookup: HashMap<Arc<str>, u32, rapidhash::fast::RandomState>,
    /// These were made by crowds and come and go by themselves.
    made: Range<usize>,
    gateways: Gateways,
    /// Counts changes of which gateways answer; entries written under another view are stale.
    view: u64,
    /// What is to happen: when, in which order at one time, what.
    queue: BinaryHeap<Reverse<(i64, u64, Happening)>>,
    queued: u64,
}

/// Something that is to happen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    /// The n-th event of the scenario.
    Event(usize),
    /// Some user of a crowd comes, goes, or turns away.
    Churn,
    /// The client of a dead gateway connects anew.
    ComeBack { user: u32, platform: Platform, token: Arc<str> },
    /// The registry hears of a user's changes.
    Sync(u32),
}

impl World {
    /// The time up to which everything has happened, unix ms.
    pub fn now_ms(&self) -> i64 {
        self.now
    }

    /// Lets everything happen that is due up to `to_ms` (unix ms); does nothing when that is past.
    pub fn advance(&mut self, to_ms: i64) {
        while let Some(Reverse((at, ..))) = self.queue.peek() {
            if *at > to_ms {
                break;
            }
            let Some(Reverse((at, _, happening))) = self.queue.pop() else { break };
            self.now = self.now.max(at);
            self.perform(happening);
        }
        self.now = self.now.max(to_ms);
    }

    fn perform(&mut self, happening: Happening) {
        match happening {
            Happening::Event(at) => self.play(at),
            Happening::Churn => self.churn(),
            Happening::ComeBack { user, platform, token } => self.come_back(user, platform, token),
            Happening::Sync(user) => {
                let user = &mut self.users[user as usize];
                let live = user.platforms();
                user.registry.sync(&live, self.now);
            }
        }
    }

    fn plan(&mut self, at: i64, happening: Happening) {
        self.queued += 1;
        self.queue.push(Reverse((at, self.queued, happening)));
    }

    fn find(&self, id: &str) -> Option<u32> {
        self.lookup.get(id).copied()
    }

    /// A chance between two spans, both included.
    fn between(&mut self, [least, most]: [super::scenario::Millis; 2]) -> i64 {
        self.rng.i64(least.0..=most.0)
    }

    /// Some gateway that answers, by chance.
    fn some_gateway(&mut self) -> Option<usize> {
        let answering: Vec<_> = self.gateways.answering().collect();
        self.rng.choice(answering)
    }

    /// Opens a socket; the registry hears of it within about a second.
    fn open(&mut self, user: u32, platform: Platform, gateway: usize, token: Arc<str>) -> Box<str> {
        let conn_id = token::conn_id(&mut self.rng);
        let connection = Connection { conn_id: conn_id.clone(), platform, gateway, background: false, token };
        self.users[user as usize].connections.push(connection);
        self.changed(user);
        conn_id
    }

    /// A user's sockets changed: entry and registry follow.
    fn changed(&mut self, user: u32) {
        self.users[user as usize].touch();
        let lag = self.rng.i64(600..=1_300);
        self.plan(self.now + lag, Happening::Sync(user));
    }

    /// A token that `user` logs in with now.
    fn login(&mut self, user: u32, platform: Platform) -> Arc<str> {
        let lifetime = self.scenario.model.tokens.lifetime.0;
        let id = Arc::clone(&self.users[user as usize].id);
        self.issue(&id, platform, lifetime, lifetime)
    }

    /// A token of `lifetime` of which `left` is left (ms).
    fn issue(&mut self, id: &str, platform: Platform, lifetime: i64, left: i64) -> Arc<str> {
        let expires = (self.now + self.scenario.model.clock_skew.0 + left).div_euclid(1_000);
        let issued = expires - lifetime.div_euclid(1_000) - 5;
        token::mint(&mut self.rng, self.release, token::Grant { user: id, platform, issued, expires })
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "World({} users at {} ms)", self.users.len(), self.now - self.start)
    }
}
