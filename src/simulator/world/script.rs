//! The timed events of a scenario, and what follows from them.

use std::sync::Arc;

use super::deeds::Orphan;
use super::{Happening, World};
use crate::presence::Platform;
use crate::simulator::scenario::{Deed, Event, Millis};

/// How long a client waits to try again while no gateway answers, ms.
const RETRY: i64 = 5_000;

impl World {
    /// Plays the n-th event, and plans it again where it repeats.
    pub(super) fn play(&mut self, at: usize) {
        let scenario = Arc::clone(&self.scenario);
        let Some(event) = scenario.model.event.get(at) else { return };
        let does = *event.does.get_ref();
        match (&event.gateway, event.user.as_ref().and_then(|user| self.find(user.get_ref()))) {
            (gateway, Some(user)) => {
                let gateway = gateway.as_ref().map(|name| name.get_ref().as_str());
                self.play_user(user, does, event.platform.map(|name| name.0), gateway);
            }
            (Some(gateway), None) => self.play_gateway(gateway.get_ref(), event),
            (None, None) => self.play_all(event),
        }
        if let Some(every) = &event.every {
            let next = self.now + every.get_ref().0;
            if event.until.is_none_or(|until| next <= self.start + until.0) {
                self.plan(next, Happening::Event(at));
            }
        }
    }

    fn play_gateway(&mut self, name: &str, event: &Event) {
        match event.does.get_ref() {
            Deed::Kill => {
                let orphans = self.drop_gateway(name);
                self.plan_return(orphans, event.come_back, event.after);
            }
            Deed::Recover => {
                let orphans = self.resume_gateway(name).unwrap_or_default();
                self.plan_return(orphans, event.come_back, event.after);
            }
            Deed::Drain => {
                let after = event.after.map(|time| time.0);
                self.drain_gateway(name, event.lasts.0, event.come_back, after);
            }
            Deed::Hang => {
                self.hang_gateway(name);
            }
            Deed::Cut => {
                self.cut_gateway(name);
            }
            Deed::Rejoin => {
                self.rejoin_gateway(name);
            }
            _ => {
                self.restart_gateway(name);
            }
        }
    }

    fn play_all(&mut self, event: &Event) {
        match event.does.get_ref() {
            Deed::Logout => {
                self.log_out(event.share, event.lasts.0);
            }
            Deed::Blackout => {
                self.black_out(event.share);
            }
            Deed::LoginsLost => self.lose_logins(event.share, event.lasts.0),
            _ => self.deafen_registry(event.share, event.lasts.0, event.fails),
        }
    }

    fn play_user(&mut self, user: u32, deed: Deed, platform: Option<Platform>, gateway: Option<&str>) {
        let id = Arc::clone(&self.users[user as usize].id);
        match deed {
            Deed::Connect => {
                let platform = platform.unwrap_or(Platform(5));
                match gateway {
                    Some(gateway) => self.connect_to(gateway, &id, platform),
                    None => self.connect(&id, platform),
                };
            }
            Deed::Vanish => {
                self.vanish(&id, platform);
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
            _ => {}
        }
    }

    /// Some of the clients that lost their gateway will connect to another.
    fn plan_return(&mut self, dropped: Vec<Orphan>, percent: u8, after: [Millis; 2]) {
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
