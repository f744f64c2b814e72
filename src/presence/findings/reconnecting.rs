//! `reconnecting`: the connection of a user on one platform is opened anew again and again, while the
//! user is online all the time. Nobody sees that in a list of who is online.
//!
//! Evidence: connections that took another one's place on their platform (see [`Past::successions`]),
//! at least [`TIMES`] in [`WITHIN_MS`]. What happened before the user was last offline does not count,
//! nor do connections that were found changed while many were, or after a time of which nothing is known, as that says
//! nothing of how often. Sessions that throw each other out are told by `kick-war`, and not again here.
//!
//! False alarms: raised wrongly for somebody who opens and closes windows or tabs that share a token,
//! three times in five minutes, each within half a minute of the other; and on a train, where it is
//! true but nobody's fault. At most one for a platform, over within five minutes.

use std::collections::BTreeMap;

use super::Evidence;
use super::case::Case;
use super::kick_war;
use super::rule::{Judges, OfRule, RuleRow, Severity};
use crate::presence::history::Succession;
use crate::presence::time::short_age;
use crate::presence::{Platform, Presence};
use crate::{say, words};

/// So many changes make a loop: two are what a change of networks and its way back make.
const TIMES: usize = 3;
/// Clients that cannot stay connected try again after a minute at the latest, so that three tries fit
/// in even when each one holds for a while.
const WITHIN_MS: u64 = 5 * 60_000;
/// Platforms that are told of one user; on more than these it is the network, or the server.
const TOLD: usize = 4;

/// What it finds: a connection is opened anew again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The platform whose connection changed.
    pub platform: Platform,
    /// How often the connection changed.
    pub times: u32,
    /// In the last so many milliseconds.
    pub within_ms: u64,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "reconnecting",
        severity: Severity::Warning,
        says: words!("the client of one platform reconnects again and again without the user going offline"),
        brief: words!("a client reconnects again and again without going offline"),
        advice: words!(
            "Look at the client's log and its network first, then at time-outs of proxies between it and the gateway. If it hits many users of one gateway, look at that gateway."
        ),
        rank: 90,
        judges: Judges::User(judge, next),
    };

    fn words(&self, _: i64) -> String {
        let (times, within) = (self.times, short_age(self.within_ms / 1_000));
        let platform = self.platform.name();
        say!("{platform}: {times} reconnects in {within} without going offline", platform, times, within)
    }

    fn same_as(&self, other: &Found) -> bool {
        self.platform == other.platform
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    let of_late = of_late(case);
    if of_late.len() < TIMES || case.presence == Presence::Offline {
        return;
    }
    let mut platforms = BTreeMap::<Platform, u32>::new();
    let mut fights = BTreeMap::<Platform, bool>::new();
    // Of many who are sent away at once that is told once.
    let is_alone = |change: &&Succession| !case.is_lossy(change.at_ms);
    for change in of_late.iter().filter(is_alone).filter(|change| counts(case, change)) {
        let mut is_fight =
            || *fights.entry(change.to).or_insert_with(|| kick_war::fought(case, change.to, WITHIN_MS));
        if !(change.is_handover() && is_fight()) {
            *platforms.entry(change.to).or_default() += 1;
        }
    }
    let loops = platforms.into_iter().filter(|(_, times)| *times as usize >= TIMES);
    found.extend(
        loops
            .take(TOLD)
            .map(|(platform, times)| Evidence::Reconnecting(Found { platform, times, within_ms: WITHIN_MS })),
    );
}

fn next(case: &Case<'_>) -> Option<u64> {
    let of_late = of_late(case);
    let oldest = of_late.first().filter(|_| of_late.len() >= TIMES)?;
    Some(oldest.at_ms.saturating_add(WITHIN_MS))
}

/// The changes of connections on any platform that are young enough, oldest first.
fn of_late(case: &Case<'_>) -> Vec<Succession> {
    if (case.past.reconnects() as usize) < TIMES {
        return Vec::new();
    }
    let mut changes = case.past.successions(|one, other| one == other);
    changes.retain(|change| case.now.mono_ms.saturating_sub(change.at_ms) < WITHIN_MS);
    changes
}

/// Whether the user was online before and after, as far as anybody could tell at the time.
fn counts(case: &Case<'_>, change: &Succession) -> bool {
    let mut blind = false;
    let mut steady = true;
    let mut before = case.past.floor().unwrap_or_default();
    for happening in case.past.happened() {
        let Some(to) = happening.what.presence() else { continue };
        let from = std::mem::replace(&mut before, to);
        blind |= happening.at_ms == change.at_ms && from.is_unknown();
        // Who was offline then, or later, or came back with it, was not online all the time.
        let offline = [from, to].contains(&Presence::Offline);
        steady &= !offline || happening.at_ms < change.at_ms;
    }
    steady && !blind
}

#[cfg(test)]
mod tests {
    use super::super::stage::{RuleInputs, online};
    use super::*;
    use crate::presence::history::Past;
    use crate::presence::history::script::{became, past, replaced, socket};
    use crate::presence::{Change, ErrorKind, Moment, UnknownReason};

    const NOW: u64 = 10_000_000;
    const UNKNOWN: Presence = Presence::Unknown(UnknownReason::Failed(ErrorKind::Timeout));

    fn with_case<T>(past: &Past, presence: Presence, now_ms: u64, with: impl FnOnce(&Case<'_>) -> T) -> T {
        let inputs = RuleInputs {
            presence,
            past: past.clone(),
            now: Moment { mono_ms: now_ms, unix_ms: 0 },
            ..online("alice", vec![])
        };
        with(&inputs.case())
    }

    fn found(changes: &[(u64, Change)]) -> Vec<Evidence> {
        let mut found = Vec::new();
        with_case(&past(changes), Presence::Online, NOW, |case| judge(case, &mut found));
        found
    }

    fn again(ms_ago: u64) -> (u64, Change) {
        let (old, new) = (ms_ago.to_string(), (ms_ago + 1).to_string());
        (NOW - ms_ago, replaced(5, (&old, 7), (&new, 7)))
    }

    fn looping(platform: i32, times: u32) -> Evidence {
        Evidence::Reconnecting(Found { platform: Platform(platform), times, within_ms: WITHIN_MS })
    }

    #[test]
    fn three_changes_in_five_minutes_are_a_loop_and_two_are_none() {
        let changes = [again(WITHIN_MS - 1), again(60_000), again(0)];
        assert_eq!(found(&changes), [looping(5, 3)]);
        assert_eq!(found(&changes[1..]), []);
        assert_eq!(found(&[again(WITHIN_MS), again(60_000), again(0)]), []);
    }

    #[test]
    fn it_ends_when_the_oldest_change_is_too_old() {
        let past = past(&[again(200_000), again(60_000), again(0)]);
        let next = with_case(&past, Presence::Online, NOW, next).unwrap();
        assert_eq!(next, NOW - 200_000 + WITHIN_MS);
        let judged = |now| {
            let mut found = Vec::new();
            with_case(&past, Presence::Online, now, |case| judge(case, &mut found));
            found.len()
        };
        assert_eq!((judged(next - 1), judged(next)), (1, 0));
        assert_eq!(with_case(&past, Presence::Online, next, super::next), None);
    }

    #[test]
    fn each_platform_is_on_its_own() {
        let other = (NOW - 30_000, replaced(2, ("x", 1), ("y", 1)));
        assert_eq!(found(&[again(60_000), other, again(0)]), []);
    }

    #[test]
    fn who_was_offline_meanwhile_is_not_reconnecting_silently() {
        let left = (NOW - 50_000, became(Presence::Online, Presence::Offline));
        let back = (NOW - 40_000, became(Presence::Offline, Presence::Online));
        let two_after = [again(60_000), left, back, again(30_000), again(0)];
        assert_eq!(found(&two_after), []);
        let three_after = [two_after.as_slice(), &[again(1)]].concat();
        assert_eq!(found(&three_after), [looping(5, 3)]);
        let mut found = Vec::new();
        let past = past(&three_after);
        with_case(&past, Presence::Offline, NOW, |case| judge(case, &mut found));
        assert_eq!(found, []);
    }

    #[test]
    fn the_comings_and_goings_of_the_only_connection_are_flips() {
        let changes: Vec<_> = [240_000, 160_000, 80_000]
            .into_iter()
            .flat_map(|ago| {
                let (gone, back) = (NOW - ago, NOW - ago + 4_000);
                [
                    (gone, became(Presence::Online, Presence::Offline)),
                    (gone, Change::Disconnected(socket(5, &ago.to_string(), 7))),
                    (back, became(Presence::Offline, Presence::Online)),
                    (back, Change::Connected(socket(5, &(ago - 80_000).to_string(), 7))),
                ]
            })
            .collect();
        assert_eq!(past(&changes).reconnects(), 3);
        assert_eq!(found(&changes), []);
    }

    #[test]
    fn what_changed_while_nobody_could_tell_does_not_count_but_outages_hide_no_loop() {
        let outage = |ago| {
            [
                (NOW - ago - 8_000, became(Presence::Online, UNKNOWN)),
                (NOW - ago, became(UNKNOWN, Presence::Online)),
                again(ago),
            ]
        };
        let three = [outage(200_000), outage(100_000), outage(10_000)].concat();
        assert_eq!(found(&three), []);
        let between = [&[again(250_000), again(150_000)], outage(100_000).as_slice(), &[again(0)]].concat();
        assert_eq!(found(&between), [looping(5, 3)]);
    }

    #[test]
    fn a_kick_war_is_not_told_twice_but_slow_hand_overs_are() {
        let over = |ago: u64, old: u128| {
            let (one, other) = (ago.to_string(), (ago + 1).to_string());
            (NOW - ago, replaced(5, (&one, old), (&other, old + 1)))
        };
        assert_eq!(found(&[over(260_000, 1), over(220_000, 2), over(180_000, 3)]), [], "a war, lately");
        assert_eq!(found(&[over(260_000, 1), over(130_000, 2), over(0, 3)]), [looping(5, 3)]);
    }
}
