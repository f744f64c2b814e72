//! A session in virtual time whose users come and go all the time, with a gateway that hangs for 20 s every
//! ten minutes: what memory does when imtop is left open for long. Used by a bench, too.

use std::collections::BTreeSet;
use std::sync::Arc;

use imtop::engine::About;
use imtop::presence::{
    Answer, Claims, ConnId, Connection, Entry, Freshness, Input, Observation, Platform, Question, Roster,
    RuleSettings, State, Thresholds, Update, UserIx, UserStatus, WatchList, Witnesses,
};

use crate::fed::Fed;
use crate::kit::{at, observed, token};

const BATCH: u32 = 500;
/// The gateway hangs from then on in each stretch of so long, and runs on then, in milliseconds.
const HANG: (u64, u64, u64) = (120_000, 600_000, 140_000);

/// The session, and what is really so.
pub(crate) struct Churn {
    pub(crate) fed: Fed,
    list: Arc<WatchList>,
    random: fastrand::Rng,
    open: Vec<Vec<Connection>>,
    is_hung: bool,
    pub(crate) now_ms: u64,
    interval_ms: u64,
    /// Of 1,000 users so many change in each round.
    share: u32,
    sockets: u64,
    /// Whom the registry is to be asked about.
    open_doubts: BTreeSet<UserIx>,
}

impl Churn {
    /// So many users, of each thousand of whom so many change in each round.
    pub(crate) fn of(users: u32, interval_ms: u64, share: u32) -> Churn {
        let entries = (0..users).map(|user| Entry::of(&format!("user_{user:06}")));
        let list = Arc::new(WatchList::new(1, BATCH, entries));
        let roster = Roster::new(Arc::clone(&list), Freshness::for_interval(interval_ms), at(0))
            .with_witnesses(Witnesses::to_be_asked(true, false), Thresholds::default());
        let state = State::new(roster, RuleSettings::default(), at(0)).asked_every(interval_ms);
        Churn {
            fed: Fed::live(About::default(), state),
            open: vec![Vec::new(); list.len()],
            list,
            random: fastrand::Rng::with_seed(23),
            is_hung: false,
            now_ms: 0,
            interval_ms,
            share,
            sockets: 0,
            open_doubts: BTreeSet::new(),
        }
    }

    /// One round later: all batches are answered, and then the registry.
    pub(crate) fn round(&mut self) -> Update {
        self.now_ms += self.interval_ms;
        let (from, of, until) = HANG;
        let was_hung = std::mem::replace(&mut self.is_hung, (from..until).contains(&(self.now_ms % of)));
        let mut update = Update::default();
        for batch in 0..self.list.batches() {
            let mut changed = Vec::new();
            for user in self.list.batch(batch).map(UserIx) {
                let is_first = self.now_ms == self.interval_ms;
                if self.change(user) || is_first || (was_hung != self.is_hung && Self::is_on_hung(user)) {
                    changed.push((user, self.status(user)));
                }
            }
            self.now_ms += 1;
            let answer = if changed.is_empty() { Answer::Same } else { Answer::Changed(changed) };
            let question = Observation { batch, ..observed(at(self.now_ms), Ok(answer)) };
            update.extend(self.take(question));
        }
        let users: Vec<UserIx> = self.open_doubts.iter().copied().collect();
        for users in users.chunks(BATCH as usize) {
            self.now_ms += 1;
            let said = |user: &UserIx| (*user, self.open[user.at()].iter().map(|it| it.platform).collect());
            let answer = Answer::Registry(users.iter().map(said).collect());
            let asked = Observation {
                question: Question::UsersStatus,
                users: users.into(),
                ..observed(at(self.now_ms), Ok(answer))
            };
            update.extend(self.take(asked));
        }
        update
    }

    fn take(&mut self, observation: Observation) -> Update {
        let update = self.fed.take(observation.received, Input::Observed(observation));
        for (_, doubts) in std::mem::take(&mut self.fed.hand().rechecks) {
            self.open_doubts.extend(doubts.begun);
            for user in doubts.settled {
                self.open_doubts.remove(&user);
            }
        }
        update
    }

    /// Whether a user's connections are on the gateway that hangs.
    fn is_on_hung(user: UserIx) -> bool {
        user.0.is_multiple_of(3)
    }

    fn status(&self, user: UserIx) -> UserStatus {
        match self.open[user.at()].as_slice() {
            [] => UserStatus::Offline,
            _ if self.is_hung && Self::is_on_hung(user) => UserStatus::Offline,
            open => UserStatus::Online(open.to_vec()),
        }
    }

    /// Whether something happens to a user, who is seen then.
    fn change(&mut self, user: UserIx) -> bool {
        let is_hidden = self.is_hung && Self::is_on_hung(user);
        if is_hidden || self.random.u32(..1_000) >= self.share {
            return false;
        }
        let deed = self.random.u32(..10);
        let new = Connection {
            platform: Platform(self.random.i32(1..6)),
            id: ConnId::new(&format!("{:032x}", self.sockets)),
            background: false,
            token: Some(token(u128::from(self.sockets) << 96, claims(user, self.sockets))),
        };
        self.sockets += 1;
        let open = &mut self.open[user.at()];
        match (open.last_mut(), deed) {
            (None, _) => open.push(new),
            (Some(last), 0..3) => last.background = !last.background,
            (Some(last), 3..5) => *last = Connection { platform: last.platform, ..new },
            (Some(last), 5) if last.platform != new.platform => open.push(new),
            _ => open.clear(),
        }
        true
    }
}

fn claims(user: UserIx, number: u64) -> Claims {
    Claims {
        user: Some(format!("user_{:06}", user.0).into()),
        expires: Some(crate::kit::NOON + 3_600 + (number % 5_000_000) as i64),
        ..Claims::default()
    }
}
