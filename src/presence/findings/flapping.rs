//! `flapping`: a user goes on- and offline again and again.
//!
//! Evidence: changes between a presence with a connection and offline, at least [`TIMES`] in
//! [`WITHIN_MS`], outside any loss of view, and while few others come back (`past-loss`). A time of which nothing is known is no change, and a connection that is seen again
//! had never left, so that neither an API in trouble nor a gateway out of sight makes anybody flap.
//!
//! False alarms: raised wrongly for somebody who opens the app twice in ten minutes for a moment each
//! time, where the client disconnects as soon as it is left. At most one for a user, over within ten
//! minutes.

use super::Evidence;
use super::case::Case;
use super::rule::{Judges, OfRule, RuleRow, Severity};
use crate::presence::time::short_age;
use crate::{say, words};

/// Gone, back, gone and back: twice may be chance once, but not both ways within minutes.
const TIMES: usize = 4;
/// Long enough for a client whose tries are a minute or two apart, short enough to be over soon
/// after the trouble is.
const WITHIN_MS: u64 = 10 * 60_000;

/// What it finds: the user comes and goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Changes between connected and offline.
    pub times: u32,
    /// In the last so many milliseconds.
    pub within_ms: u64,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "flapping",
        severity: Severity::Warning,
        says: words!("the user goes online and offline again and again"),
        brief: words!("the user goes online and offline again and again"),
        advice: words!(
            "Look at the client's network first; if many users flap at the same time, look at the gateway and the load balancer before it."
        ),
        rank: 100,
        judges: Judges::User(judge, next),
    };

    fn words(&self, _: i64) -> String {
        say!(
            "went online or offline {times} times in {within}",
            times = self.times,
            within = short_age(self.within_ms / 1_000)
        )
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    let times = of_late(case).count();
    if times >= TIMES {
        found.push(Evidence::Flapping(Found { times: times as u32, within_ms: WITHIN_MS }));
    }
}

fn next(case: &Case<'_>) -> Option<u64> {
    let oldest = of_late(case).next().filter(|_| of_late(case).count() >= TIMES)?;
    Some(oldest.saturating_add(WITHIN_MS))
}

/// When the user went on- or offline of late, oldest first.
fn of_late<'a>(case: &Case<'a>) -> impl Iterator<Item = u64> + use<'a> {
    let (now_ms, case) = (case.now.mono_ms, *case);
    case.past
        .flipped_ms()
        .filter(move |at_ms| now_ms.saturating_sub(*at_ms) < WITHIN_MS && !case.is_lossy(*at_ms))
}

#[cfg(test)]
mod tests {
    use super::super::stage::{RuleInputs, online};
    use super::*;
    use crate::presence::history::Past;
    use crate::presence::history::script::{became, past, socket};
    use crate::presence::{Change, Moment, Presence, UnknownReason};

    const NOW: u64 = 10_000_000;

    fn with_case<T>(past: &Past, now_ms: u64, with: impl FnOnce(&Case<'_>) -> T) -> T {
        let inputs = RuleInputs {
            past: past.clone(),
            now: Moment { mono_ms: now_ms, unix_ms: 0 },
            ..online("alice", vec![])
        };
        with(&inputs.case())
    }

    fn found(past: &Past, now_ms: u64) -> Vec<Evidence> {
        let mut found = Vec::new();
        with_case(past, now_ms, |case| judge(case, &mut found));
        found
    }

    /// Goes through these, a minute apart, the last of them now.
    fn through(presences: &[Presence]) -> Past {
        let steps = presences
            .windows(2)
            .rev()
            .zip(0..)
            .map(|(pair, ago): (_, u64)| (NOW - ago * 60_000, became(pair[0], pair[1])));
        let mut steps: Vec<_> = steps.collect();
        steps.reverse();
        past(&steps)
    }

    const ON: Presence = Presence::Online;
    const OFF: Presence = Presence::Offline;
    const UNKNOWN: Presence = Presence::Unknown(UnknownReason::Slow);

    #[test]
    fn four_changes_in_ten_minutes_flap_and_three_do_not() {
        let evidence = Evidence::Flapping(Found { times: 4, within_ms: WITHIN_MS });
        assert_eq!(found(&through(&[ON, OFF, ON, OFF, Presence::Background]), NOW), [evidence]);
        assert_eq!(found(&through(&[ON, OFF, ON, OFF]), NOW), []);
        assert_eq!(found(&through(&[ON, Presence::Background, ON, Presence::Background, ON]), NOW), []);
    }

    #[test]
    fn it_ends_when_the_oldest_change_is_too_old() {
        let past = through(&[ON, OFF, ON, OFF, ON]);
        let end = with_case(&past, NOW, next).unwrap();
        assert_eq!(end, NOW - 3 * 60_000 + WITHIN_MS);
        assert_eq!((found(&past, end - 1).len(), found(&past, end).len()), (1, 0));
        assert_eq!(with_case(&past, end, next), None);
    }

    #[test]
    fn an_api_that_fails_again_and_again_makes_nobody_flap() {
        assert_eq!(found(&through(&[ON, UNKNOWN, ON, UNKNOWN, ON, UNKNOWN, ON]), NOW), []);
        assert_eq!(found(&through(&[OFF, UNKNOWN, OFF, UNKNOWN, OFF, UNKNOWN, OFF]), NOW), []);
    }

    #[test]
    fn a_gateway_that_is_out_of_sight_again_and_again_makes_nobody_flap() {
        let phone = || socket(2, "phone", 1);
        let out_of_sight = |ago| {
            [
                (NOW - ago, became(ON, OFF)),
                (NOW - ago, Change::Disconnected(phone())),
                (NOW - ago + 9_000, became(OFF, ON)),
                (
                    NOW - ago + 9_000,
                    Change::SeenAgain { socket: phone(), absent_ms: 8_000, whole_user: true },
                ),
            ]
        };
        let changes = [out_of_sight(60_000), out_of_sight(40_000), out_of_sight(20_000)].concat();
        assert_eq!(found(&past(&changes), NOW), []);
    }
}
