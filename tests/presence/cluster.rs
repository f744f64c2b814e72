//! A cluster of two gateways, of which a test says what the sockets, the registry and the gateways answer.

use std::sync::Arc;

use imtop::presence::{
    Answer, Entry, FetchError, Freshness, GatewaySign, LifeSign, Observation, Platform, Presence, Question,
    Roster, Since, Thresholds, Update, UserIx, UserStatus, WatchList, Witnesses,
};

use crate::kit::{at, connection, observed};

pub(crate) const PHONE: i32 = 2;

/// So many users, asked every 2 s; user n has the connection `cn`, or none from `offline_from` on.
pub(crate) struct Cluster {
    pub(crate) roster: Roster,
    users: u32,
}

impl Cluster {
    pub(crate) fn of(users: u32) -> Cluster {
        Cluster::asking(users, Witnesses::to_be_asked(true, true))
    }

    pub(crate) fn asking(users: u32, witnesses: Witnesses) -> Cluster {
        let ids = (0..users).map(|user| Entry::of(&format!("u{user}")));
        Cluster::watching(WatchList::new(1, 500, ids), witnesses)
    }

    pub(crate) fn watching(list: WatchList, witnesses: Witnesses) -> Cluster {
        let users = list.len() as u32;
        let list = Arc::new(list);
        let roster = Roster::new(list, Freshness::for_interval(2_000), at(0))
            .with_witnesses(witnesses, Thresholds::default());
        Cluster { roster, users }
    }

    pub(crate) fn hear(
        &mut self,
        question: Question,
        about: Vec<UserIx>,
        ms: u64,
        answer: Result<Answer, FetchError>,
    ) -> Update {
        self.roster.apply(&Observation {
            question,
            users: about.into(),
            sent: at(ms - 5),
            wire_bytes: 1,
            ..observed(at(ms), answer)
        })
    }

    /// The sockets say this of some; of the others what they said before.
    pub(crate) fn sockets(&mut self, ms: u64, said: Vec<(u32, UserStatus)>) -> Update {
        let changed = said.into_iter().map(|(user, status)| (UserIx(user), status)).collect();
        self.hear(Question::OnlineStatus, vec![], ms, Ok(Answer::Changed(changed)))
    }

    /// Everybody is online but those from `offline_from` on, by sockets and registry.
    pub(crate) fn begin(&mut self, ms: u64, offline_from: u32) {
        let status = |user: u32| {
            if user < offline_from {
                UserStatus::Online(vec![connection(PHONE, &format!("c{user}"))])
            } else {
                UserStatus::Offline
            }
        };
        self.sockets(ms, (0..self.users).map(|user| (user, status(user))).collect());
        self.registry(ms + 10, offline_from..self.users, false);
    }

    pub(crate) fn leave(&mut self, ms: u64, users: std::ops::Range<u32>) -> Update {
        self.sockets(ms, users.map(|user| (user, UserStatus::Offline)).collect())
    }

    pub(crate) fn back(&mut self, ms: u64, users: std::ops::Range<u32>, id: &str) -> Update {
        let shown = |user| (user, UserStatus::Online(vec![connection(PHONE, &format!("{id}{user}"))]));
        self.sockets(ms, users.map(shown).collect())
    }

    pub(crate) fn registry(&mut self, ms: u64, users: std::ops::Range<u32>, online: bool) -> Update {
        let platforms: Box<[Platform]> = if online { [Platform(PHONE)].into() } else { Box::default() };
        let about: Vec<UserIx> = users.map(UserIx).collect();
        let said = about.iter().map(|user| (*user, platforms.clone())).collect();
        self.hear(Question::UsersStatus, about, ms, Ok(Answer::Registry(said)))
    }

    pub(crate) fn gateways(&mut self, ms: u64, signs: [LifeSign; 2]) {
        self.gateways_holding(ms, signs, None);
    }

    /// The first of them has a gauge that shows so many users.
    pub(crate) fn gateways_holding(&mut self, ms: u64, signs: [LifeSign; 2], users: Option<u32>) {
        let signs = signs.into_iter().zip([("a", users), ("b", None)]);
        let signs =
            signs.map(|(sign, (address, users))| GatewaySign { users, ..GatewaySign::new(address, sign) });
        self.hear(Question::Gateways, vec![], ms, Ok(Answer::Gateways(signs.collect())));
    }

    /// Nothing changes for the sockets from then until then.
    pub(crate) fn wait(&mut self, from_ms: u64, until_ms: u64) {
        for ms in (from_ms..=until_ms).step_by(2_000) {
            self.sockets(ms, vec![]);
        }
    }

    pub(crate) fn is(&self, user: u32) -> Presence {
        self.roster.presence(UserIx(user))
    }

    pub(crate) fn since(&self, user: u32) -> Since {
        self.roster.since(UserIx(user)).unwrap()
    }
}
