//! The questions that a viewer can ask, answered without HTTP: for whoever drives a world in virtual
//! time, one that judges verdicts against the truth for instance.
//!
//! ```
//! use imtop::simulator::{Scenario, World};
//!
//! let mut world = World::begin(Scenario::named("calm").unwrap(), 7, 1_795_413_200_000);
//! world.advance(1_795_413_202_000);
//! let (body, wait_ms) = world.online_status(&["agent_001"]);
//! assert_eq!(wait_ms, 0, "no gateway hangs");
//! assert!(body.starts_with("{\"errCode\":0,"));
//! assert!(world.users_status(&["agent_001"]).is_ok());
//! assert_eq!(world.gateway_signs().len(), 2);
//! ```

use std::sync::Arc;

use super::World;
use super::user::User;
use crate::presence::{GatewaySign, LifeSign};
use crate::simulator::api::Reply;
use crate::simulator::refusal::Refusal;
use crate::simulator::scenario::{Manners, Scenario};
use crate::simulator::wire;

/// Where the sockets are asked for.
pub(in crate::simulator) const ONLINE: &str = "/user/get_users_online_status";
/// The registry.
pub(in crate::simulator) const REGISTRY: &str = "/user/get_users_status";
/// The sockets on all gateways.
pub(in crate::simulator) const TOKENS: &str = "/user/get_users_online_token_detail";
/// Who there is at all.
pub(in crate::simulator) const ACCOUNTS: &str = "/user/account_check";

impl World {
    /// The world of `scenario` with the chances of `seed`, as it is at `start_ms` (unix ms).
    pub fn begin(scenario: Scenario, seed: u64, start_ms: i64) -> World {
        World::new(&Arc::new(scenario.with_seed(seed)), start_ms)
    }

    /// The body of `get_users_online_status` about `ids`, in their order, as a healthy API gives it to an
    /// admin now; and for how long the API would still wait for a gateway that hangs (ms), before it
    /// answers without that gateway's users. An ordinary answer takes no time here.
    ///
    /// The body is that of this moment in either case. A driver that wants to be exact lets the wait
    /// pass in steps and asks again, until there is none left: the gateway may run on meanwhile, and
    /// then the answer has all users.
    pub fn online_status(&mut self, ids: &[&str]) -> (String, i64) {
        let wait_ms = self.gateways.wait_ms(self.now);
        (self.body(ids, World::write_online), wait_ms)
    }

    /// The body of `get_users_online_token_detail` about `ids`, with the wait of
    /// [`World::online_status`].
    ///
    /// # Errors
    /// The answer of a server that does not have the question, or refuses it.
    pub fn token_detail(&mut self, ids: &[&str]) -> Result<(String, i64), Reply> {
        self.heard(TOKENS)?;
        let wait_ms = self.gateways.wait_ms(self.now);
        Ok((self.body(ids, |world, ids, out| world.write_tokens(ids, out)), wait_ms))
    }

    /// The body of `get_users_status` about `ids`: what the registry holds now.
    ///
    /// # Errors
    /// The answer of a server that does not have the question, refuses it, or fails.
    pub fn users_status(&mut self, ids: &[&str]) -> Result<String, Reply> {
        self.heard(REGISTRY)?;
        Ok(self.body(ids, |world, ids, out| world.write_registry(ids, out)))
    }

    /// The body of `account_check` about `ids`, none of them twice.
    ///
    /// # Errors
    /// The answer of a server that does not have the question, or refuses it.
    pub fn account_check(&mut self, ids: &[&str]) -> Result<String, Reply> {
        self.heard(ACCOUNTS)?;
        Ok(self.body(ids, |world, ids, out| world.write_accounts(ids, out)))
    }

    /// A good answer about `ids`, whose `data` is written so.
    fn body(&mut self, ids: &[&str], write: fn(&mut World, &[&str], &mut String)) -> String {
        let mut out = String::with_capacity(64 + ids.len() * 360);
        out.push_str(wire::GOOD);
        write(self, ids, &mut out);
        out.push('}');
        out
    }

    /// Every gateway's metrics address that the server's discovery lists now, the sign of life that asking
    /// there would give, and how many users have a socket on it where it answers. Empty where there is no
    /// discovery: a standalone server, an old release. Walks all users.
    pub fn gateway_signs(&self) -> Vec<GatewaySign> {
        let told = |(address, sign): (String, LifeSign)| {
            let pulse = self.gateway_pulse(&address).filter(|_| sign == LifeSign::Alive);
            let users = pulse.map(|(_, users)| users as u32);
            GatewaySign { users, ..GatewaySign::new(address, sign) }
        };
        self.listed_gateways().into_iter().map(told).collect()
    }

    /// The addresses and signs of those.
    pub(in crate::simulator) fn listed_gateways(&self) -> Vec<(String, LifeSign)> {
        let model = &self.scenario.model;
        let mut signs = match model.witnesses.gateways {
            _ if model.gateways.standalone || !self.release.has_discovery() => Vec::new(),
            Manners::Missing => Vec::new(),
            _ => self.gateways.signs(self.now),
        };
        if model.witnesses.gateways == Manners::Refused {
            for (_, sign) in &mut signs {
                *sign = LifeSign::Refused;
            }
        }
        signs
    }

    /// The sign of life of the gateway at a listed address, and how many users have a socket on it.
    pub(in crate::simulator) fn gateway_pulse(&self, address: &str) -> Option<(LifeSign, usize)> {
        let (at, sign) = self.gateways.at_address(address, self.now)?;
        let on_it = |user: &&User| user.connections.iter().any(|connection| connection.gateway == at);
        Some((sign, self.users.iter().filter(on_it).count()))
    }

    /// Whether the server answers what is asked at `path`.
    fn heard(&self, path: &str) -> Result<(), Reply> {
        self.turned_down(path).map_or(Ok(()), Err)
    }

    /// The answer to whoever asks at `path`, where the question is not taken.
    pub(in crate::simulator) fn turned_down(&self, path: &str) -> Option<Reply> {
        let witnesses = &self.scenario.model.witnesses;
        let (manners, known, fails) = match path {
            REGISTRY => (witnesses.users_status, self.release.has_registry(), self.registry_fails()),
            TOKENS => (witnesses.token_detail, true, false),
            ACCOUNTS => (witnesses.account_check, true, false),
            _ => return None,
        };
        match manners {
            Manners::Missing => Some(Reply::not_found()),
            _ if !known => Some(Reply::not_found()),
            Manners::Refused => Some(Reply::json(200, Refusal::new(1002, "no permission").body())),
            Manners::Answered => fails.then(|| Reply::json(200, Refusal::of_registry().body())),
        }
    }
}
