//! The first round of a long list: a sample of those whom the sockets call offline is asked about at the
//! registry, and what follows for the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use imtop::presence::{
    Answer, Basis, Entry, FetchError, Freshness, Moment, Observation, Oddities, OperationId, Platform,
    Presence, Question, Rechecks, Roster, Thresholds, UnknownReason, UserIx, UserStatus, WatchList,
    Witnesses,
};

const USERS: u32 = 10_000;
const BATCH: u32 = 500;

fn at(mono_ms: u64) -> Moment {
    Moment { mono_ms, unix_ms: 1_800_000_000_000 + mono_ms as i64 }
}

/// A server that has everybody offline but for whom the registry or the sockets say otherwise, and who asks it.
struct Stage {
    roster: Roster,
    now: u64,
    generation: u32,
    /// Whom the registry is to be asked about.
    open: BTreeSet<UserIx>,
    asked: BTreeSet<UserIx>,
    everybody: bool,
    hurried: Vec<u32>,
    told: BTreeMap<UserIx, Presence>,
    online: BTreeSet<UserIx>,
}

impl Stage {
    fn new() -> Stage {
        let ids = (0..USERS).map(|n| Entry::of(&format!("u{n:06}")));
        let list = Arc::new(WatchList::new(1, BATCH, ids));
        let roster = Roster::new(list, Freshness::for_interval(10_000), at(0))
            .with_witnesses(Witnesses::to_be_asked(true, false), Thresholds::default());
        let told = BTreeMap::new();
        Stage {
            roster,
            now: 0,
            generation: 1,
            open: BTreeSet::new(),
            asked: BTreeSet::new(),
            everybody: false,
            hurried: Vec::new(),
            told,
            online: BTreeSet::new(),
        }
    }

    fn observe(
        &mut self,
        question: Question,
        batch: u32,
        users: Vec<UserIx>,
        answer: Result<Answer, FetchError>,
    ) {
        let changes = self.roster.apply(&Observation {
            question,
            users: users.into(),
            generation: self.generation,
            batch,
            sent: at(self.now - 1),
            received: at(self.now),
            operation_id: OperationId("op".into()),
            server_date: None,
            wire_bytes: 0,
            oddities: Oddities::default(),
            hints: None,
            attempt: 1,
            next_ms: self.now + 10_000,
            answer,
        });
        self.take(changes.transitions, changes.doubts);
    }

    fn take(&mut self, transitions: Vec<imtop::presence::Transition>, doubts: Rechecks) {
        for transition in transitions {
            if let imtop::presence::Change::Presence { to, .. } = transition.what {
                let user = self.roster.list().find(transition.user.raw()).unwrap();
                assert_ne!(to, Presence::Unknown(UnknownReason::RegistrySilent), "nobody was asked in vain");
                self.told.insert(user, to);
            }
        }
        for user in doubts.settled {
            self.open.remove(&user);
        }
        self.open.extend(doubts.begun);
        self.everybody = doubts.everybody.unwrap_or(self.everybody);
        self.hurried.extend(doubts.batches);
    }

    /// The same users in a list that begins again.
    fn watch_again(&mut self) {
        self.generation += 1;
        let entries = self.roster.list().entries().collect::<Vec<_>>();
        let update =
            self.roster.rebase(&Arc::new(WatchList::new(self.generation, BATCH, entries)), at(self.now));
        (self.open, self.asked) = (BTreeSet::new(), BTreeSet::new());
        self.take(update.transitions, update.doubts);
    }

    /// An answer of the sockets about one batch: those who are online are so on one connection.
    fn sockets(&mut self, batch: u32, shown: &BTreeSet<UserIx>) {
        self.now += 5;
        let users = (batch * BATCH..(batch + 1) * BATCH).map(UserIx);
        let status = |user: UserIx| {
            if is_shown(user.0) || shown.contains(&user) {
                UserStatus::Online(vec![])
            } else {
                UserStatus::Offline
            }
        };
        let changed = users.map(|user| (user, status(user))).collect();
        self.observe(Question::OnlineStatus, batch, vec![], Ok(Answer::Changed(changed)));
    }

    /// A whole first round of the sockets, who show a quarter of all.
    fn round(&mut self) {
        for batch in 0..USERS / BATCH {
            self.sockets(batch, &BTreeSet::new());
        }
    }

    fn of_the_rest(&self, presence: impl Fn(Presence) -> bool) -> usize {
        (0..USERS).filter(|user| !is_shown(*user) && presence(self.roster.presence(UserIx(*user)))).count()
    }

    /// The registry answers about up to 500 users who are to be asked about; says whether there were any.
    fn registry(&mut self) -> bool {
        let users: Vec<UserIx> =
            self.open.iter().copied().filter(|user| !self.asked.contains(user)).take(500).collect();
        if users.is_empty() {
            return false;
        }
        self.now += 250;
        self.registry_on(users);
        true
    }

    fn registry_on(&mut self, users: Vec<UserIx>) {
        self.asked.extend(users.iter().copied());
        let said = |user: &UserIx| -> Box<[Platform]> {
            if self.online.contains(user) { [Platform(2)].into() } else { Box::default() }
        };
        let answer = users.iter().map(|user| (*user, said(user))).collect();
        self.observe(Question::UsersStatus, 0, users, Ok(Answer::Registry(answer)));
    }

    /// The registry refuses to be asked about these users, or any.
    fn refuse(&mut self, users: Vec<UserIx>) {
        self.now += 5;
        let denied = FetchError::Denied { code: 1002, what: "only app manager".into(), advice: "" };
        self.observe(Question::UsersStatus, 0, users, Err(denied));
    }

    fn pass(&mut self, ms: u64) {
        let until = self.now + ms;
        while let Some(next) = self.roster.next_change(at(self.now)).filter(|next| *next <= until) {
            self.now = next;
            let changes = self.roster.advance(at(next));
            assert!(changes.transitions.len() <= 2_000, "no step takes long");
            self.take(changes.transitions, changes.doubts);
        }
        self.now = until;
    }
}

/// Whom the sockets show from the beginning.
fn is_shown(user: u32) -> bool {
    user.is_multiple_of(4)
}

/// Everybody else.
const REST: u32 = USERS / 4 * 3;

fn is_checking(presence: Presence) -> bool {
    presence == Presence::Unknown(UnknownReason::Checking)
}

#[test]
fn of_many_who_are_offline_a_sample_is_asked_about_and_the_rest_is_offline_by_it() {
    let mut stage = Stage::new();
    stage.round();
    assert_eq!(
        stage.of_the_rest(is_checking),
        REST as usize,
        "before the registry was heard nobody is offline"
    );
    assert_eq!(stage.roster.totals(at(stage.now)).unknown, REST);
    assert!(stage.told.values().all(|told| is_checking(*told) || *told == Presence::Online));
    while stage.registry() {
        assert!(stage.of_the_rest(|it| it == Presence::Offline) <= 4_000);
    }
    assert_eq!(stage.asked.len(), 4_000, "and no more");
    stage.pass(200);
    assert_eq!(stage.of_the_rest(|it| it == Presence::Offline), REST as usize);
    let totals = stage.roster.totals(at(stage.now));
    assert_eq!((totals.offline, totals.unknown), (REST, 0));
    assert_eq!(stage.told.len(), USERS as usize, "everybody is told");
    let sampled = (0..USERS).map(UserIx).filter(|user| stage.roster.basis(*user) == Basis::Sampled).count();
    assert_eq!((sampled, stage.roster.sampled()), (3_500, 4_000));
    // Who is asked about later is confirmed, and nothing happens to them.
    let told = stage.told.clone();
    let one = (0..USERS).map(UserIx).find(|user| stage.roster.basis(*user) == Basis::Sampled).unwrap();
    stage.registry_on(vec![one]);
    assert_eq!((stage.roster.basis(one), stage.told == told), (Basis::Agreed, true));
}

#[test]
fn the_users_of_a_gateway_that_was_gone_before_imtop_began_are_never_offline() {
    for seed in 0..50 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut stage = Stage::new();
        stage.online =
            (0..USERS).map(UserIx).filter(|user| !is_shown(user.0) && random.u32(..5) == 0).collect();
        let lost = stage.online.clone();
        let never_offline =
            |stage: &Stage| lost.iter().all(|user| stage.roster.presence(*user) != Presence::Offline);
        stage.round();
        let heard = stage.now;
        let mut suspected = None;
        while stage.registry() {
            assert!(never_offline(&stage), "seed {seed}");
            if suspected.is_none() && !stage.roster.losses().is_empty() {
                suspected = Some(stage.now - heard);
            }
        }
        assert!(suspected.is_some_and(|ms| ms <= 5_000), "seed {seed}: {suspected:?}");
        assert!(stage.everybody, "everybody is to be asked about");
        // The rest is asked about, as the poller does then.
        let mut rest = (0..USERS).map(UserIx).filter(|user| is_checking(stage.roster.presence(*user)));
        let rest: Vec<UserIx> = rest.by_ref().collect();
        for users in rest.chunks(500) {
            stage.now += 250;
            stage.registry_on(users.to_vec());
            assert!(never_offline(&stage), "seed {seed}");
        }
        stage.pass(5_000);
        assert!(never_offline(&stage), "seed {seed}");
        assert_eq!(
            stage.of_the_rest(|it| it == Presence::Offline),
            REST as usize - lost.len(),
            "seed {seed}"
        );
        assert!(!stage.everybody, "seed {seed}: nobody is left");
    }
}

#[test]
fn who_came_after_the_sockets_were_heard_says_nothing_against_the_sample() {
    let mut stage = Stage::new();
    stage.round();
    let came = *stage.open.iter().nth(100).unwrap();
    stage.online = BTreeSet::from([came]);
    while stage.registry() {}
    stage.pass(200);
    assert_eq!(stage.of_the_rest(is_checking), 3_500, "the rest waits for one user");
    let batch = stage.roster.list().batch_of(came);
    assert_eq!(stage.hurried, [batch], "whose batch is asked about at once");
    stage.sockets(batch, &BTreeSet::from([came]));
    stage.pass(200);
    assert_eq!(stage.roster.presence(came), Presence::Online);
    assert_eq!(stage.of_the_rest(|it| it == Presence::Offline), REST as usize - 1);
}

/// One of the sample stays online by the registry after the sockets were asked again.
fn contradicted() -> Stage {
    let mut stage = Stage::new();
    stage.round();
    let ghost = *stage.open.iter().nth(100).unwrap();
    stage.online = BTreeSet::from([ghost]);
    while stage.registry() {}
    let batch = stage.roster.list().batch_of(ghost);
    stage.sockets(batch, &BTreeSet::new());
    assert!(!stage.everybody, "the registry was asked before");
    stage.now += 500;
    stage.registry_on(vec![ghost]);
    assert!(stage.everybody);
    stage
}

#[test]
fn one_of_the_sample_who_stays_online_by_the_registry_has_everybody_asked_about() {
    let stage = contradicted();
    assert_eq!(stage.of_the_rest(is_checking), 3_500, "and until then nobody is called offline");
    assert!(stage.roster.losses().is_empty(), "one is no loss of view");
}

#[test]
fn a_registry_that_cannot_be_asked_leaves_the_sockets_as_the_only_source() {
    let mut stage = Stage::new();
    stage.round();
    stage.refuse(stage.open.iter().copied().take(500).collect());
    stage.pass(200);
    assert_eq!(stage.of_the_rest(|it| it == Presence::Offline), REST as usize);
    assert_eq!(stage.roster.basis(UserIx(7)), Basis::SocketsAlone);
}

#[test]
fn a_registry_that_refuses_while_everybody_is_asked_about_ends_that() {
    let mut stage = contradicted();
    stage.refuse(vec![UserIx(1)]);
    stage.pass(200);
    assert!(!stage.everybody, "nobody is left who could be asked about");
    assert_eq!(stage.of_the_rest(is_checking), 0);
}

#[test]
fn who_waits_while_the_list_changes_is_drawn_once_the_batch_has_answered_again() {
    let mut stage = Stage::new();
    for batch in 0..USERS / BATCH - 1 {
        stage.sockets(batch, &BTreeSet::new());
    }
    while stage.registry() {}
    // All of them begin again. The first fails, and all others have answered.
    stage.watch_again();
    for batch in 1..USERS / BATCH {
        stage.sockets(batch, &BTreeSet::new());
    }
    stage.now += 5;
    stage.observe(Question::OnlineStatus, 0, vec![], Err(FetchError::Timeout { after_ms: 1_000 }));
    while stage.registry() {}
    stage.pass(200);
    stage.sockets(0, &BTreeSet::new());
    while stage.registry() {}
    stage.pass(200);
    assert_eq!(stage.of_the_rest(|it| it == Presence::Offline), REST as usize);
}

#[test]
fn what_is_written_down_in_the_midst_goes_on_the_same_way() {
    for until in [2, 6, 9] {
        let mut stage = Stage::new();
        stage.round();
        for _ in 0..until {
            stage.registry();
        }
        let state = serde_json::to_string(&stage.roster.state()).unwrap();
        let state = serde_json::from_str(&state).unwrap();
        let restored = Roster::restore(Arc::clone(stage.roster.list()), state).unwrap();
        let mut other =
            Stage { roster: restored, open: stage.open.clone(), asked: stage.asked.clone(), ..Stage::new() };
        (other.now, other.told) = (stage.now, stage.told.clone());
        for stage in [&mut stage, &mut other] {
            while stage.registry() {}
            stage.pass(300);
        }
        assert_eq!(stage.roster.state(), other.roster.state());
        assert_eq!(stage.told, other.told);
        assert_eq!(stage.of_the_rest(|it| it == Presence::Offline), REST as usize);
    }
}
