//! The first round of a long list as it is seen: while those whom the sockets call offline are checked at the
//! registry, and what is said of those who were judged by a sample.

use std::collections::BTreeSet;

use crate::stage::Stage;
use imtop::presence::{
    Answer, Entry, FetchError, Platform, Question, Thresholds, UserIx, UserStatus, Witnesses,
};

const USERS: u32 = 10_000;
const BATCH: u32 = 500;

/// Who asks the registry about those whom the state wants it to be asked about.
pub(crate) struct Round {
    pub(crate) stage: Stage,
    open: BTreeSet<u32>,
}

fn id(user: u32) -> String {
    format!("u{user:06}")
}

impl Round {
    /// A long list of which every fourth user is online, on a screen of this size; all batches were answered.
    pub(crate) fn heard(size: (u16, u16)) -> Round {
        let mut round = Round::begun(size);
        for batch in 0..USERS / BATCH {
            round.sockets(batch);
        }
        round
    }

    /// The same before the first answer.
    fn begun(size: (u16, u16)) -> Round {
        let entries = (0..USERS).map(|user| Entry::of(&id(user))).collect();
        let stage = Stage::tuned(size, BATCH, entries, |setting| {
            let roster = setting.roster.clone();
            setting.roster =
                roster.with_witnesses(Witnesses::to_be_asked(true, false), Thresholds::default());
        });
        Round { stage, open: BTreeSet::new() }
    }

    fn sockets(&mut self, batch: u32) {
        let users: Vec<String> = (batch * BATCH..(batch + 1) * BATCH).map(id).collect();
        let status = |at: usize| if at.is_multiple_of(4) { online() } else { UserStatus::Offline };
        let changed = users.iter().enumerate().map(|(at, user)| (user.as_str(), status(at))).collect();
        self.stage.answer(batch, changed);
    }

    /// The registry answers about up to 500 of whom it is to be asked; it calls these online. Says whether
    /// there was anybody to ask about.
    pub(crate) fn registry(&mut self, online: impl Fn(u32) -> bool) -> bool {
        for (_, doubts) in std::mem::take(&mut self.stage.fed.hand().rechecks) {
            self.open.extend(doubts.begun.iter().map(|user| user.0));
            for user in doubts.settled {
                self.open.remove(&user.0);
            }
        }
        let users: Vec<u32> = self.open.iter().copied().take(BATCH as usize).collect();
        if users.is_empty() {
            return false;
        }
        self.open.retain(|user| !users.contains(user));
        self.stage.wait(250);
        let said = |user: u32| -> Box<[Platform]> {
            if online(user) { [Platform(2)].into() } else { Box::default() }
        };
        let answer = users.iter().map(|user| (UserIx(*user), said(*user))).collect();
        self.stage.hear(Question::UsersStatus, &users, Ok(Answer::Registry(answer)));
        true
    }

    /// The registry agrees about everybody who is asked about, and the rest is told.
    pub(crate) fn settle(&mut self) {
        while self.registry(|_| false) {}
        for _ in 0..20 {
            self.stage.wait(10);
        }
    }
}

fn online() -> UserStatus {
    UserStatus::Online(vec![])
}

#[test]
fn while_first_answers_come_in_it_is_checking_and_a_failure_among_them_is_not() {
    let mut round = Round::begun((110, 45));
    assert!(round.stage.screen().starts_with(" UNKNOWN "), "{}", round.stage.screen());
    round.sockets(0);
    let screen = round.stage.screen();
    assert!(screen.starts_with(" CHECKING "), "{screen}");
    assert!(screen.contains("? 9875 unknown"), "{screen}");
    round.stage.fail(1, 1, FetchError::Timeout { after_ms: 1_000 });
    let screen = round.stage.screen();
    assert!(screen.starts_with(" DEGRADED "), "{screen}");
}

#[test]
fn who_is_not_checked_yet_is_unknown_and_the_screen_says_how_many_they_are() {
    let mut round = Round::heard((110, 45));
    round.stage.shows(&[
        " CHECKING  imtop  http://im.example:10002  ● live 2s  last 0s ago  p95 30 ms (5m)  batches 20/20",
        " 10000 watched  ● 2500 online  ◐ 0 background  ○ 0 offline  ? 7500 unknown",
        " ◌ checking 7500 of 7500 offline users in Redis, a sample of 4000 first",
        "    u000001  ? checking      ·          ·              ≥0s         ·           ░",
    ]);
    round.registry(|_| false);
    let screen = round.stage.screen();
    assert!(screen.contains("CHECKING"), "{screen}");
    assert!(screen.contains("checking 7000 of 7500 offline users in Redis, a sample of"), "{screen}");
    round.stage.keys("4");
    let screen = round.stage.screen();
    assert!(screen.contains("first round      checking 7000 of 7500 offline users"), "{screen}");
    assert!(screen.contains("sample           500 of 4000 users are answered for"), "{screen}");
}

#[test]
fn who_was_not_asked_about_is_offline_by_a_sample_and_its_bound_is_said() {
    let mut round = Round::heard((110, 45));
    round.settle();
    let screen = round.stage.screen();
    assert!(screen.starts_with(" OK "), "{screen}");
    assert!(!screen.contains("checking"), "{screen}");
    assert!(screen.contains("○ off (smpl)"), "{screen}");
    round.stage.keys("4");
    let screen = round.stage.screen();
    assert!(screen.contains("sampled          3500 users are called offline by a sample: 0 of 4000 asked were online, so less than 1 in"), "{screen}");
    round.stage.keys("1");
    let sampled = |user: &u32| round.stage.live().basis(UserIx(*user)) == imtop::presence::Basis::Sampled;
    let one = (0..USERS).find(sampled).unwrap();
    round.stage.keys(&format!(":goto {}<Enter><Enter>", id(one)));
    let screen = round.stage.screen();
    assert!(screen.contains("presence    ○ offline (sampled)"), "{screen}");
    assert!(
        screen.contains("so          0 of 4000 asked were online, so less than 1 in 1000 of"),
        "{screen}"
    );
}

#[test]
fn a_registry_that_contradicts_or_is_silent_is_no_longer_only_checking() {
    let mut round = Round::heard((110, 45));
    while round.registry(|user| user % 5 == 1) {}
    let screen = round.stage.screen();
    assert!(!screen.starts_with(" OK ") && !screen.starts_with(" CHECKING"), "{screen}");
    assert!(
        screen.contains("checking 3500 of 7500 offline users in Redis, as it contradicts the API"),
        "{screen}"
    );
    assert!(screen.contains("view loss suspected"), "{screen}");
    let mut round = Round::heard((110, 45));
    round.registry(|_| false);
    let timeout = FetchError::Timeout { after_ms: 1_000 };
    for _ in 0..6 {
        round.stage.wait(1_000);
        round.stage.hear(Question::UsersStatus, &[1, 2, 3], Err(timeout.clone()));
        (0..USERS / BATCH).for_each(|batch| round.stage.same(batch));
    }
    let screen = round.stage.screen();
    assert!(screen.starts_with(" DEGRADED"), "{screen}");
    assert!(screen.contains("registry: no answer"), "{screen}");
}
