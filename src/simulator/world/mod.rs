//! The world behind the answers: users, sockets, gateways, registry, and what happens to them.
//!
//! Time is virtual: [`World::advance`] lets everything happen up to a moment, in its order. What
//! happens depends on the scenario, its seed and what was done by hand, never on when anybody asked.

mod answers;
mod churn;
mod deeds;
mod gateway;
mod registry;
mod script;
mod settle;
mod sockets;
pub(super) mod token;
mod truth;
mod user;
mod witnesses;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use fastrand::Rng;

use self::gateway::Gateways;
use self::registry::Deafness;
pub use self::truth::{Client, Stay, Truth, TruthEvent, What, Why};
use self::user::User;
pub(super) use self::witnesses::{ACCOUNTS, ONLINE, REGISTRY, TOKENS};
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
    /// Chances of what came later to the scenarios, so that what was there before stays as it is.
    side: Rng,
    users: Vec<User>,
    lookup: HashMap<Arc<str>, u32, rapidhash::fast::RandomState>,
    /// These were made by crowds and come and go by themselves.
    made: Range<usize>,
    gateways: Gateways,
    deafness: Deafness,
    truth: Option<Box<Truth>>,
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
    /// A gateway tells the registry of a user's platforms on it, and of one that is gone.
    Push { user: u32, gateway: usize, gone: Option<Platform> },
    /// The registry hears everything again.
    RegistryHears,
    /// A socket closes, and its client connects anew so long after.
    Close { user: u32, conn_id: Box<str>, why: Why, back: Option<i64> },
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
            Happening::Push { user, gateway, gone } => self.push(user, gateway, gone),
            Happening::RegistryHears => self.registry_hears(),
            Happening::Close { user, conn_id, why, back } => self.close_at_last(user, &conn_id, why, back),
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
