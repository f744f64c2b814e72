//! The timed events of a scenario, and what follows from them.

use std::sync::Arc;

use super::{Happening, World};
use crate::presence::Platform;
use crate::simulator::scenario::Deed;

/// How long a client waits to try again while no gateway answers, ms.
const RETRY: i64 = 5_000;

impl World {
    /// Plays the n-th event, and plans it again where it repeats.
    pub(super) fn play(&mut self, at: usize) {
        let scenario = Arc::clone(&self.scenario);
        let Some(event) = scenario.model.event.get(at) else { return };
        if let Some(gateway) = &event.gateway {
            let name = gateway.get_ref();
            match event.does.get_ref() {
                Deed::Hang => self.hang_gateway(name),
                Deed::Recover => self.recover_gateway(name),
                Deed::Kill => {
                    let dropped = self.drop_gateway(name);
                    self.plan_return(dropped, event.come_back, event.after);
                    true
                }
                _ => self.restart_gateway(name),
            };
        }
        if let Some(user) = event.user.as_ref().and_then(|user| self.find(user.get_ref())) {
            self.play_user(user, *event.does.get_ref(), event.platform.map(|name| name.0));
        }
        if let Some(every) = &event.every {
            let next = self.now + every.get_ref().0;
            if event.until.is_none_or(|until| next <= self.start + until.0) {
                self.plan(next, Happening::Event(at));
            }
        }
    }

    fn play_user(&mut self, user: u32, deed: Deed, platform: Option<Platform>) {
        let id = Arc::clone(&self.users[user as usize].id);
        match deed {
            Deed::Connect => {
                self.connect(&id, platform.unwrap_or(Platform(5)));
            }
            Deed::Disconnect => {
                self.disconnect(&id, platform);
            }
            Deed::Background | Deed::Foreground => {
                self.set_background(&id, platform, deed == Deed::Background);
            }
            Deed::Reconnect => {
                self.reconnect(&id, platform);
            }
            Deed::Replace => {
                self.replace(&id, platform);
            }
            Deed::Miss | Deed::List => {
                self.set_missing(&id, deed == Deed::Miss);
            }
            Deed::Hang | Deed::Recover | Deed::Kill | Deed::Restart => {}
        }
    }

    /// Some of the clients that lost their gateway will connect to another.
    fn plan_return(
        &mut self,
        dropped: Vec<(u32, Platform, Arc<str>)>,
        percent: u8,
        after: [crate::simulator::scenario::Millis; 2],
    ) {
        for (user, platform, token) in dropped {
            if self.rng.u8(..100) < percent {
                let wait = self.between(after);
                self.plan(self.now + wait, Happening::ComeBack { user, platform, token });
            }
        }
    }

    pub(super) fn come_back(&mut self, user: u32, platform: Platform, token: Arc<str>) {
        match self.some_gateway() {
            Some(gateway) => {
                self.open(user, platform, gateway, token);
            }
            None => self.plan(self.now + RETRY, Happening::ComeBack { user, platform, token }),
        }
    }
}
