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
use crate::presence::LifeSign;
use crate::simulator::api::Reply;
use crate::simulator::scenario::Scenario;
use crate::simulator::wire;

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
        let mut out = String::with_capacity(64 + ids.len() * 360);
        out.push_str(wire::GOOD);
        self.write_online(ids.iter().copied(), &mut out);
        out.push('}');
        (out, wait_ms)
    }

    /// The body of `get_users_online_token_detail` about `ids`, with the wait of
    /// [`World::online_status`].
    ///
    /// # Errors
    /// The answer of a server that does not have the question, or refuses it.
    pub fn token_detail(&mut self, ids: &[&str]) -> Result<(String, i64), Reply> {
        let wait_ms = self.gateways.wait_ms(self.now);
        let mut out = String::from(wire::GOOD);
        self.write_tokens(ids.iter().copied(), &mut out);
        out.push('}');
        Ok((out, wait_ms))
    }

    /// The body of `get_users_status` about `ids`: what the registry holds now.
    ///
    /// # Errors
    /// The answer of a server that does not have the question, refuses it, or fails.
    pub fn users_status(&mut self, ids: &[&str]) -> Result<String, Reply> {
        let mut out = String::from(wire::GOOD);
        out.push_str("{\"statusList\":");
        self.write_registry(ids.iter().copied(), &mut out);
        out.push_str("}}");
        Ok(out)
    }

    /// The body of `account_check` about `ids`, none of them twice.
    ///
    /// # Errors
    /// The answer of a server that does not have the question, or refuses it.
    pub fn account_check(&mut self, ids: &[&str]) -> Result<String, Reply> {
        let mut out = String::from(wire::GOOD);
        out.push_str("{\"results\":");
        self.write_accounts(ids.iter().copied(), &mut out);
        out.push_str("}}");
        Ok(out)
    }

    /// Every gateway's metrics address that the server's discovery lists now, and the sign of life that
    /// asking there would give. Empty where there is no discovery: a standalone server, an old release.
    pub fn gateway_signs(&mut self) -> Vec<(String, LifeSign)> {
        self.gateways.signs(self.now)
    }
}
