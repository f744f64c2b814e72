//! The coming and going of users that nobody scripted.

use super::truth::Why;
use super::{Happening, World};
use crate::presence::Platform;

impl World {
    /// Plans the next chance: all users' chances together are one stream of them, thinned out to
    /// those that apply, so each user meets the rates that the scenario gives.
    pub(super) fn plan_churn(&mut self) {
        let rates = self.scenario.model.churn;
        let made = self.made.len() as f64;
        let an_hour = made * rates.sum();
        if an_hour > 0.0 {
            let wait = -self.rng.f64().max(1e-12).ln() * 3_600_000.0 / an_hour;
            // Rounded by chance, so that rates above one a millisecond keep their mean.
            let wait = (wait + self.rng.f64()).floor() as i64;
            self.plan(self.now + wait, Happening::Churn);
        }
    }

    pub(super) fn churn(&mut self) {
        let rates = self.scenario.model.churn;
        let ix = self.rng.usize(self.made.clone()) as u32;
        let mut which = self.rng.f64() * rates.sum();
        let sockets = self.live_sockets(ix, None);
        let online = !sockets.is_empty();
        if which < rates.connect {
            if !online {
                self.arrive(ix);
            }
        } else if online {
            which -= rates.connect;
            let nth = self.rng.usize(..sockets.len());
            let at = sockets[sockets.len() - 1 - nth];
            if which < rates.disconnect {
                let lag = self.lag();
                self.leave(ix, at, Why::Client, lag);
            } else if which < rates.disconnect + rates.background {
                self.turn(ix, at);
            } else {
                self.arrive(ix);
            }
        }
        self.plan_churn();
    }

    /// A client of a user connects, on a platform that the user is not on.
    fn arrive(&mut self, ix: u32) {
        let Some(gateway) = self.some_gateway() else { return };
        let platform = Platform([1, 2, 2, 3, 5][self.rng.usize(..5)]);
        if self.live_sockets(ix, Some(platform)).is_empty() {
            let token = self.login(ix, platform);
            self.open(ix, platform, gateway, token);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::simulator::scenario::Scenario;

    #[test]
    fn coming_and_going_settles_where_the_rates_say() {
        let text = "name = \"x\"\nabout = \"y\"\nusers = 1000\n[churn]\nconnect = 10\ndisconnect = 30\n";
        let scenario = Arc::new(Scenario::parse(text, "here").unwrap());
        let mut world = World::new(&scenario, 0);
        assert!((400..600).contains(&world.online()), "{}", world.online());
        world.connect("visitor", Platform(1)).unwrap();
        world.advance(3_600_000);
        assert!((200..300).contains(&world.online()), "a quarter of a thousand, not {}", world.online());
        assert_eq!(world.conn_ids("visitor").len(), 1, "who was brought in by hand stays");
    }
}
