//! When enough was heard for a first word on everybody.
//!
//! Every batch was answered or has failed, and the registry was heard about those whom the sockets left
//! out: who opens imtop during an incident must not be told a lie first. Where as many users as make a loss
//! of view are online by the registry all the same, it is asked again for a while: it follows a real
//! disconnect only after about a second. Where a batch has failed, the registry was heard in the sockets' place.

use super::recheck::Witness;
use super::roster::Roster;
use super::time::Moment;

/// For so many milliseconds the registry is asked again where it contradicts the sockets: two seconds, and
/// what an answer takes to what is asked last.
const AGAIN_MS: u64 = 2_500;

/// Whether a first round is over.
#[derive(Clone, Copy, Debug)]
pub struct FirstRound {
    /// For so many milliseconds without a word witnesses are waited for.
    patience_ms: u64,
    /// When every batch had been heard, on the monotonic clock.
    heard: Option<u64>,
    /// When the registry contradicted the sockets first.
    contradicted: Option<u64>,
}

/// How far a first round is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// So many batches were neither answered nor have they failed.
    Batches(usize),
    /// The registry is waited for, about so many users, at most until then on the monotonic clock.
    Registry(usize, u64),
    /// It is over.
    Over,
}

impl FirstRound {
    /// Begins; the registry's first words are waited for no longer than so many milliseconds.
    pub fn new(patience_ms: u64) -> FirstRound {
        FirstRound { patience_ms, heard: None, contradicted: None }
    }

    /// How far it is at `now`, by what is known then.
    pub fn stage(&mut self, roster: &Roster, at: Moment) -> Stage {
        let now = at.mono_ms;
        let batches = roster.batches().iter();
        let unheard = batches.filter(|batch| batch.answered.is_none() && batch.failing.is_none()).count();
        if unheard > 0 && self.heard.is_none() {
            return Stage::Batches(unheard);
        }
        let heard = *self.heard.get_or_insert(now);
        // Of many, one after the other has their turn: the registry is waited for as long as it answers.
        let answered = roster.registry_heard().map_or(heard, |at| at.mono_ms.max(heard));
        let until = answered + self.patience_ms;
        if now < until && roster.is_checking() {
            return Stage::Registry(roster.to_be_checked(), until);
        }
        // Of whom the sockets gave no answer, the registry is asked in their place.
        let is_asked = matches!(roster.witnesses().registry, Witness::Unheard | Witness::Answers);
        let unasked = roster.unasked_in_place();
        if unasked > 0 && is_asked && now < until {
            return Stage::Registry(unasked, until);
        }
        let until = heard + self.patience_ms;
        // Whether there are such users at all is asked of those who were never seen with a connection.
        // Of a long list that takes long, and is for those who stay.
        let unverified = if roster.is_sampled() { 0 } else { roster.unverified_users() };
        if now < until && unverified > 0 {
            return Stage::Registry(unverified, until);
        }
        let contradicting = roster.contradicted();
        if contradicting >= (roster.thresholds().loss_users as usize).max(1) {
            let until = *self.contradicted.get_or_insert(now) + AGAIN_MS;
            if now < until {
                return Stage::Registry(contradicting, until);
            }
        }
        Stage::Over
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::Arc;

    use super::*;
    use crate::kit::{at, observed};
    use crate::presence::{
        Answer, Answered, Basis, Batch, Entry, FetchError, Freshness, Observation, Presence, Question,
        Recheck, Registry, Sockets, Thresholds, UnknownReason, UserIx, UserStatus, Verdict, WatchList,
        Witnesses, Word,
    };

    /// Five users without a connection, of whom the first ones are in doubt because of `registry`.
    fn roster(doubtful: u32, registry: Registry, why: UnknownReason, heard: bool) -> Roster {
        let list = Arc::new(WatchList::new(1, 500, ["a", "b", "c", "d", "e"].map(Entry::of)));
        let mut state = Roster::new(Arc::clone(&list), Freshness::FOR_EVER, Moment::default()).state();
        state.witnesses = Witnesses::to_be_asked(true, false);
        let answered = Answered { sent: Moment::default(), received: Moment::default() };
        if heard {
            state.batches = vec![Batch { answered: Some(answered), ..Batch::default() }];
        }
        state.words = (0..5).map(|at| if at < doubtful { Word::Doubtful } else { Word::Offline }).collect();
        let presence = Presence::Unknown(why);
        let doubt = Recheck {
            last: None,
            dropped: answered,
            sockets: Sockets::None,
            before: Presence::Unknown(UnknownReason::NotAnswered),
            registry,
            asked: None,
            platforms: Box::default(),
            listed: None,
            loss: None,
            verdict: Verdict { presence, basis: Basis::Agreed, stale: false },
        };
        state.doubts = (0..doubtful).map(|user| (UserIx(user), doubt.clone())).collect();
        Roster::restore(list, state).unwrap()
    }

    #[test]
    fn a_round_waits_for_batches_and_then_for_the_registry_but_not_for_ever() {
        let mut round = FirstRound::new(10_000);
        let unheard = roster(0, Registry::Unheard, UnknownReason::Checking, false);
        assert_eq!(round.stage(&unheard, at(0)), Stage::Batches(1));
        let checking = roster(1, Registry::Unheard, UnknownReason::Checking, true);
        assert_eq!(round.stage(&checking, at(100)), Stage::Registry(1, 10_100));
        assert_eq!(round.stage(&checking, at(10_100)), Stage::Over);
        let agreed = roster(0, Registry::Unheard, UnknownReason::Checking, true);
        assert_eq!(round.stage(&agreed, at(200)), Stage::Over);
    }

    #[test]
    fn a_round_waits_for_every_chunk_of_those_who_may_not_be_registered() {
        let list = Arc::new(WatchList::new(1, 500, ["a", "b", "c", "d", "e"].map(Entry::of)));
        let hear = |roster: &mut Roster, question, users: Range<u32>, answer| {
            roster.apply(&Observation {
                question,
                users: users.map(UserIx).collect(),
                ..observed(at(100), answer)
            });
        };
        let accounts = Question::AccountCheck;
        let mut roster = Roster::new(list, Freshness::FOR_EVER, Moment::default())
            .with_witnesses(Witnesses::to_be_asked(true, false), Thresholds::default());
        let mut round = FirstRound::new(10_000);
        let offline = (0..5).map(|user| (UserIx(user), UserStatus::Offline)).collect();
        hear(&mut roster, Question::OnlineStatus, 0..0, Ok(Answer::Changed(offline)));
        assert_eq!(round.stage(&roster, at(100)), Stage::Registry(5, 10_100));
        let nobody = (0..5).map(|user| (UserIx(user), Box::default())).collect();
        hear(&mut roster, Question::UsersStatus, 0..5, Ok(Answer::Registry(nobody)));
        assert_eq!((roster.doubts().len(), roster.unverified_users()), (0, 5));
        assert_eq!(round.stage(&roster, at(100)), Stage::Registry(5, 10_100));
        hear(&mut roster, accounts, 0..2, Ok(Answer::Unregistered(vec![UserIx(1)])));
        assert_eq!(round.stage(&roster, at(200)), Stage::Registry(3, 10_100), "one chunk is not all");
        let mut refused = roster.clone();
        hear(&mut roster, accounts, 2..4, Err(FetchError::Timeout { after_ms: 5 }));
        assert_eq!(round.stage(&roster, at(200)), Stage::Registry(1, 10_100));
        hear(&mut roster, accounts, 4..5, Ok(Answer::Unregistered(vec![])));
        assert_eq!(round.stage(&roster, at(200)), Stage::Over);
        assert_eq!(round.stage(&refused, at(10_100)), Stage::Over, "not for ever");
        let denied = FetchError::Denied { code: 1002, what: "only app manager".into(), advice: "" };
        hear(&mut refused, accounts, 2..4, Err(denied));
        assert_eq!(refused.unverified_users(), 0, "nobody is asked about any more");
    }

    #[test]
    fn of_a_long_list_a_round_counts_the_sample_and_does_not_wait_for_accounts() {
        let list = Arc::new(WatchList::new(1, 6_000, (0..6_000).map(|user| Entry::of(&user.to_string()))));
        let mut roster = Roster::new(list, Freshness::FOR_EVER, Moment::default())
            .with_witnesses(Witnesses::to_be_asked(true, false), Thresholds::default());
        let mut round = FirstRound::new(10_000);
        let offline = (0..6_000).map(|user| (UserIx(user), UserStatus::Offline)).collect();
        roster.apply(&observed(at(100), Ok(Answer::Changed(offline))));
        assert_eq!(round.stage(&roster, at(100)), Stage::Registry(4_000, 10_100));
        let mut now = 100;
        while roster.is_checking() {
            now += 250;
            let asked: Box<[UserIx]> = roster.doubts().map(|(user, _)| user).collect();
            let nobody = asked.iter().map(|user| (*user, Box::default())).collect();
            let answer = Ok(Answer::Registry(nobody));
            if !asked.is_empty() {
                let question = Question::UsersStatus;
                roster.apply(&Observation { question, users: asked.into(), ..observed(at(now), answer) });
            }
            roster.advance(at(now));
        }
        assert!(roster.unverified_users() > 0);
        assert_eq!(round.stage(&roster, at(now)), Stage::Over);
    }

    #[test]
    fn about_as_many_as_a_loss_of_view_the_registry_is_asked_again_for_a_while() {
        let mut round = FirstRound::new(10_000);
        let few = roster(2, Registry::Online, UnknownReason::Leaving, true);
        assert_eq!(round.stage(&few, at(0)), Stage::Over);
        let many = roster(3, Registry::Online, UnknownReason::Leaving, true);
        assert_eq!(round.stage(&many, at(100)), Stage::Registry(3, 2_600));
        assert_eq!(round.stage(&many, at(2_500)), Stage::Registry(3, 2_600));
        assert_eq!(round.stage(&many, at(2_600)), Stage::Over);
        // What was a real disconnect is known by then, and nobody waits for nothing.
        assert_eq!(round.stage(&few, at(1_500)), Stage::Over);
    }
}
