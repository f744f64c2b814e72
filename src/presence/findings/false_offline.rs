//! `false-offline`: the server called a user offline, or left a connection out, and then the same
//! connection came back: it had been there all the time.
//!
//! Evidence: connIDs that answers left out and show again. A connID is born with its socket and never
//! reused (open-im-server `msggateway/context.go`), so that this proves it, however short it was. What
//! comes back with one answer counts once, and several times within [`LASTING_MS`] are one finding. Whoever was left
//! out or comes back while many were is told with that (`view-loss`, `past-loss`).
//!
//! False alarms: none, unless a proxy on the way answers out of a cache. One for a user, over
//! [`LASTING_MS`] after the last return.

use super::Evidence;
use super::case::Case;
use super::rule::{Judges, OfRule, RuleRow, Severity};
use super::wording::span;
use crate::presence::Platform;
use crate::presence::history::{Happened, Happening};
use crate::{say, words};

/// For so long after the return it stays: long enough that whoever looks into a complaint ("he was online
/// and got no message") still sees it, short enough that an incident of an hour ago is not in the way.
const LASTING_MS: u64 = 10 * 60_000;

/// What it finds: connections that had been left out came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Of the last one.
    pub platform: Platform,
    /// How often something came back in that time.
    pub times: u32,
    /// For how long they had been left out at most, in milliseconds.
    pub longest_ms: u64,
    /// Whether the user was called offline then, at least once.
    pub whole_user: bool,
    /// In the last so many milliseconds.
    pub within_ms: u64,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "false-offline",
        severity: Severity::Warning,
        says: words!(
            "the server called the user offline, or left out a connection, that had been there all the time; events retracted"
        ),
        brief: words!("the server called a connected user offline, or left a connection out"),
        advice: words!(
            "Tell whoever asks that the user was connected meanwhile, though messages may not have arrived. If it hits many users, look at the gateways and at the network between them and the API."
        ),
        rank: 120,
        judges: Judges::UserInDoubt(judge, next),
    };

    fn words(&self, _: i64) -> String {
        let Found { platform, times, longest_ms, whole_user, within_ms } = self;
        let longest = span(*longest_ms);
        if *times > 1 {
            let within = span(*within_ms);
            return say!(
                "{times} times in {within} the server called the user offline or left out a connection, for up to {longest}, and the same one came back: it had been there all the time",
                times,
                within,
                longest
            );
        }
        let name = platform.name();
        if *whole_user {
            say!(
                "the server called the user offline for {longest}, and the same {name} connection came back: it had been there all the time",
                longest,
                name
            )
        } else {
            say!(
                "the server left out the {name} connection for {longest}, and the same one came back: it had been there all the time",
                longest,
                name
            )
        }
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    let (mut times, mut longest_ms, mut whole_user, mut last) = (0, 0, false, None);
    for &Happening { at_ms, what } in of_late(case) {
        let Happened::SeenAgain { platform, absent_ms, whole_user: whole } = what else { continue };
        times += u32::from(last.is_none_or(|(before, _)| before != at_ms));
        longest_ms = absent_ms.max(longest_ms);
        whole_user |= whole;
        last = Some((at_ms, platform));
    }
    if let Some((_, platform)) = last {
        found.push(Evidence::FalseOffline(Found {
            platform,
            times,
            longest_ms,
            whole_user,
            within_ms: LASTING_MS,
        }));
    }
}

fn next(case: &Case<'_>) -> Option<u64> {
    Some(of_late(case).next()?.at_ms.saturating_add(LASTING_MS))
}

/// The returns that are young enough, oldest first.
fn of_late<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Happening> + use<'a> {
    let now_ms = case.now.mono_ms;
    let seen_again = |it: &&Happening| matches!(it.what, Happened::SeenAgain { .. });
    let case = *case;
    let is_young = move |it: &&Happening| now_ms.saturating_sub(it.at_ms) < LASTING_MS;
    // Who was left out then is told with that, however late they are back.
    let is_lossy = move |it: &&Happening| {
        let absent_ms = if let Happened::SeenAgain { absent_ms, .. } = it.what { absent_ms } else { 0 };
        case.is_lossy(it.at_ms) || case.is_lossy(it.at_ms.saturating_sub(absent_ms))
    };
    case.past.happened().iter().filter(move |it| seen_again(it) && is_young(it) && !is_lossy(it))
}

#[cfg(test)]
mod tests {
    use super::super::stage::{MONO, RuleInputs, online};
    use super::*;
    use crate::presence::history::script::{past, socket};
    use crate::presence::{Change, Presence, UnknownReason};

    fn again(ago: u64, id: &str, absent_ms: u64, whole_user: bool) -> (u64, Change) {
        (MONO - ago, Change::SeenAgain { socket: socket(2, id, 1), absent_ms, whole_user })
    }

    fn scene(changes: &[(u64, Change)]) -> RuleInputs {
        RuleInputs { past: past(changes), ..online("alice", vec![]) }
    }

    #[test]
    fn who_was_called_offline_and_had_been_there_counts() {
        assert_eq!(
            scene(&[again(0, "a", 62_000, true)]).found_by(judge),
            [
                "the server called the user offline for 62s, and the same Android connection came back: it had been there all the time"
            ]
        );
        assert_eq!(
            scene(&[again(0, "a", 4_000, false)]).found_by(judge),
            [
                "the server left out the Android connection for 4.0s, and the same one came back: it had been there all the time"
            ]
        );
        assert_eq!(scene(&[]).found_by(judge), [] as [&str; 0]);
    }

    #[test]
    fn several_are_one_finding_with_their_count_and_one_answer_counts_once() {
        let changes = [again(60_000, "a", 2_000, false), again(60_000, "b", 2_000, false)];
        assert!(scene(&changes).found_by(judge)[0].contains("for 2.0s"), "once");
        let more = [&changes[..], &[again(9_000, "a", 130_000, true)]].concat();
        assert_eq!(
            scene(&more).found_by(judge),
            [
                "2 times in 10m the server called the user offline or left out a connection, for up to 2m, and the same one came back: it had been there all the time"
            ]
        );
    }

    #[test]
    fn it_ends_ten_minutes_after_the_last_return_and_counts_down_until_then() {
        let mut scene = scene(&[again(60_000, "a", 2_000, false), again(0, "a", 9_000, true)]);
        assert_eq!(next(&scene.case()), Some(MONO - 60_000 + LASTING_MS));
        scene.now = scene.now.plus(LASTING_MS - 60_000);
        assert!(scene.found_by(judge)[0].contains("for 9.0s"), "one is left");
        assert_eq!(next(&scene.case()), Some(MONO + LASTING_MS));
        scene.now = scene.now.plus(60_000);
        assert_eq!((scene.found_by(judge).len(), next(&scene.case())), (0, None));
    }

    #[test]
    fn a_return_from_a_loss_of_view_does_not_count() {
        let mut scene = scene(&[again(5_000, "a", 62_000, true)]);
        scene.lossy = vec![(MONO - 70_000, MONO - 5_000)];
        assert_eq!(scene.found_by(judge), [] as [&str; 0]);
        scene.lossy = vec![(MONO - 70_000, MONO - 10_000)];
        assert_eq!(scene.found_by(judge), [] as [&str; 0], "left out then, and back later");
        scene.lossy = vec![(MONO - 66_000, MONO - 5_001)];
        assert_eq!(scene.found_by(judge).len(), 1, "left out before");
    }

    #[test]
    fn it_counts_for_a_user_who_is_in_doubt_again() {
        let mut scene = scene(&[again(0, "a", 62_000, true)]);
        scene.presence = Presence::Unknown(UnknownReason::RegistryOnline);
        assert_eq!(scene.found_by(judge).len(), 1);
    }
}
