//! How a world begins: every user of the scenario in the state that it says.

use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;

use fastrand::Rng;

use super::gateway::Gateways;
use super::registry::Deafness;
use super::user::{Connection, Registry, User};
use super::{Happening, World, token};
use crate::presence::Platform;
use crate::simulator::population::{self, Origin};
use crate::simulator::scenario::{self, Crowd, Scenario};

impl World {
    /// The world of `scenario` as it is at `start_ms` (unix ms).
    pub(in crate::simulator) fn new(scenario: &Arc<Scenario>, start_ms: i64) -> World {
        let model = &scenario.model;
        let mut world = World {
            scenario: Arc::clone(scenario),
            release: model.release,
            start: start_ms,
            now: start_ms,
            // Another stream of chances than the one that mixed the watch list.
            rng: Rng::with_seed(model.seed ^ 0x9e37_79b9_7f4a_7c15),
            side: Rng::with_seed(model.seed ^ 0xd1b5_4a32_d192_ed03),
            users: Vec::with_capacity(model.users),
            lookup: HashMap::default(),
            made: 0..0,
            gateways: Gateways::new(&model.gateways.names, model.gateways.wait.0),
            deafness: Deafness::default(),
            truth: None,
            view: 1,
            queue: BinaryHeap::new(),
            queued: 0,
        };
        let crowds = population::crowds(model);
        let mut groups = HashSet::new();
        for row in population::rows(model) {
            let id = row.entry.id.as_str();
            if world.find(id).is_some() {
                continue;
            }
            let nickname = row.entry.label.as_deref().unwrap_or(id);
            let group = row.entry.group.as_deref().map(|name| shared(&mut groups, name));
            match row.origin {
                Origin::Written(at) => {
                    let ix = world.add_user(id, nickname, group);
                    world.settle_written(ix, &model.user[at]);
                    world.made.start = world.users.len();
                }
                Origin::Crowd(at) => {
                    let ix = world.add_user(id, nickname, group);
                    world.settle_made(ix, &crowds[at]);
                }
            }
        }
        world.made.end = world.users.len();
        for user in &mut world.users {
            for platform in user.platforms() {
                user.registry.add(platform);
            }
        }
        for (at, event) in model.event.iter().enumerate() {
            world.plan(start_ms + event.at.0, Happening::Event(at));
        }
        world.plan_churn();
        world
    }

    /// Adds a user who has no connection yet; the number in `users`.
    pub(super) fn add_user(&mut self, id: &str, nickname: &str, group: Option<Arc<str>>) -> u32 {
        let ix = self.users.len() as u32;
        let id: Arc<str> = id.into();
        self.lookup.insert(Arc::clone(&id), ix);
        self.users.push(User {
            id,
            nickname: nickname.into(),
            group,
            registered: true,
            missing: false,
            connections: Vec::new(),
            registry: Registry::default(),
            entry: String::new(),
            entry_view: 0,
        });
        ix
    }

    fn settle_written(&mut self, ix: u32, written: &scenario::User) {
        let user = &mut self.users[ix as usize];
        user.registered = written.registered;
        user.missing = written.missing;
        for wanted in &written.connection {
            let gateway = match &wanted.gateway {
                Some(name) => self.gateways.find(name.get_ref()),
                None => self.some_gateway(),
            };
            let token = self.written_token(ix, wanted);
            let conn_id = match &wanted.conn_id {
                Some(conn_id) => conn_id.as_str().into(),
                None => token::conn_id(&mut self.rng),
            };
            self.users[ix as usize].connections.push(Connection {
                conn_id,
                platform: wanted.platform.0,
                gateway: gateway.unwrap_or(0),
                background: wanted.background,
                token,
                gone: false,
            });
        }
    }

    fn written_token(&mut self, ix: u32, wanted: &scenario::Connection) -> Arc<str> {
        if let Some(token) = &wanted.token {
            return token.as_str().into();
        }
        let user = &self.users[ix as usize];
        if let Some(last) = user.connections.last().filter(|_| wanted.same_token) {
            return Arc::clone(&last.token);
        }
        let id = Arc::clone(&user.id);
        let issued_for = wanted.token_user.as_deref().unwrap_or(&id);
        let platform = wanted.token_platform.unwrap_or(wanted.platform).0;
        let tokens = &self.scenario.model.tokens;
        let (lifetime, left) = (tokens.lifetime.0, tokens.left);
        let left = match wanted.expires {
            Some(expires) => expires.0,
            None => self.between(left),
        };
        self.issue(issued_for, platform, lifetime, left)
    }

    fn settle_made(&mut self, ix: u32, crowd: &Crowd) {
        let states = [crowd.offline, crowd.online, crowd.background];
        let state = population::pick(&mut self.rng, states.iter().sum(), states.into_iter());
        if state == 0 {
            return;
        }
        let first = self.crowd_platform(crowd);
        let mut platforms = vec![first];
        if self.rng.u32(..100) < crowd.second {
            let second = self.crowd_platform(crowd);
            platforms.extend((second != first).then_some(second));
        }
        for platform in platforms {
            let tokens = &self.scenario.model.tokens;
            let (lifetime, left) = (tokens.lifetime.0, tokens.left);
            let left = self.between(left);
            let id = Arc::clone(&self.users[ix as usize].id);
            let token = self.issue(&id, platform, lifetime, left);
            let conn_id = token::conn_id(&mut self.rng);
            let gateway = self.some_gateway().unwrap_or(0);
            let background = state == 2;
            self.users[ix as usize].connections.push(Connection {
                conn_id,
                platform,
                gateway,
                background,
                token,
                gone: false,
            });
        }
    }

    pub(super) fn crowd_platform(&mut self, crowd: &Crowd) -> Platform {
        let at = population::pick(
            &mut self.rng,
            crowd.platforms.values().sum(),
            crowd.platforms.values().copied(),
        );
        crowd.platforms.keys().nth(at).map_or(Platform(5), |name| name.0)
    }
}

/// `name`, kept once however many have it.
fn shared(names: &mut HashSet<Arc<str>>, name: &str) -> Arc<str> {
    if let Some(known) = names.get(name) {
        return Arc::clone(known);
    }
    let name: Arc<str> = name.into();
    names.insert(Arc::clone(&name));
    name
}
