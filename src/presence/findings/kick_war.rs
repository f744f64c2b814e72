//! `kick-war`: two devices of a user throw each other out.
//!
//! A multi-login policy that allows one session of a kind closes the connection of the one that was
//! there; a client that then logs in by itself closes the other one's, and so on.
//!
//! Evidence: connections of one terminal class that took the place of others (see
//! [`Past::successions`](crate::presence::history::Past::successions)) with another session token, each time
//! that of the one that had come last; at least [`TURNS`] in [`WITHIN_MS`]. The tokens need not be
//! two: the server does not take the token of a session that it threw out (errCode 1506), so that
//! a device comes back with a new one.
//!
//! False alarms: raised wrongly for a single device that cannot stay connected and logs in anew each
//! time, which looks the same. At most one for a class, over within two minutes. Not found: devices
//! that take turns faster than imtop asks.

use std::collections::BTreeMap;

use super::Evidence;
use super::case::Case;
use super::rule::{Judges, OfRule, RuleRow, Severity};
use crate::presence::Platform;
use crate::presence::history::Succession;
use crate::presence::time::short_age;
use crate::presence::token::ShortFingerprint;
use crate::{language, say, words};

/// One turn is somebody who takes up another device, and two that they go back to the first.
const TURNS: usize = 3;
/// Devices do it at once; people who do it by hand take longer than 40 s each time.
const WITHIN_MS: u64 = 2 * 60_000;

/// What it finds: two sessions take each other's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The class of terminals.
    pub class: &'static str,
    /// How often one session took the place of another.
    pub turns: u32,
    /// In the last so many milliseconds.
    pub within_ms: u64,
    /// The tokens of the last turn: of the session that had to go, and of the one that came.
    pub tokens: [ShortFingerprint; 2],
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "kick-war",
        severity: Severity::Warning,
        says: words!("two devices log each other out, again and again"),
        brief: words!("two devices log each other out"),
        advice: words!(
            "Ask the user which two devices are logged in, and have one of them log out. If it is one device, the app logs in twice: look at its log."
        ),
        rank: 80,
        judges: Judges::User(judge, next),
    };

    fn words(&self, _: i64) -> String {
        let Found { class, turns, within_ms, tokens: [gone, come] } = self;
        let within = short_age(within_ms / 1_000);
        say!(
            "{class}: sessions replaced each other {turns} times in {within}, most recently {gone} by {come}",
            class = language::say(class),
            turns,
            within,
            gone,
            come
        )
    }

    fn same_as(&self, other: &Found) -> bool {
        self.class == other.class
    }
}

fn judge(case: &Case<'_>, found: &mut Vec<Evidence>) {
    for (class, turns) in turns(case) {
        let of_late = of_late(case, &turns);
        if let ([.., last], TURNS..) = (of_late, of_late.len()) {
            let turns = of_late.len() as u32;
            found.push(Evidence::KickWar(Found { class, turns, within_ms: WITHIN_MS, tokens: last.tokens }));
        }
    }
}

fn next(case: &Case<'_>) -> Option<u64> {
    let turns = turns(case);
    let raised = turns.values().map(|turns| of_late(case, turns)).filter(|of_late| of_late.len() >= TURNS);
    raised.filter_map(|of_late| Some(of_late.first()?.at_ms.saturating_add(WITHIN_MS))).min()
}

/// Whether there was a kick war within the last so many milliseconds, of which it may be over, in the
/// terminal class of a platform.
pub(super) fn fought(case: &Case<'_>, platform: Platform, within_ms: u64) -> bool {
    let young = |turn: &&Turn| case.now.mono_ms.saturating_sub(turn.at_ms) < within_ms;
    let turns = turns(case);
    let of_class = platform.terminal_class().and_then(|class| turns.get(class));
    let turns: Vec<&Turn> = of_class.into_iter().flatten().filter(young).collect();
    turns.windows(TURNS).any(|turns| {
        let ends = turns.first().zip(turns.last());
        let in_row = turns.iter().skip(1).all(|turn| turn.follows);
        in_row && ends.is_some_and(|(first, last)| last.at_ms.saturating_sub(first.at_ms) < WITHIN_MS)
    })
}

/// One session took the place of another.
struct Turn {
    at_ms: u64,
    tokens: [ShortFingerprint; 2],
    /// Whether the one that had to go is the one that came with the turn before.
    follows: bool,
}

/// The turns in each class, oldest first.
fn turns(case: &Case<'_>) -> BTreeMap<&'static str, Vec<Turn>> {
    let mut classes = BTreeMap::<&'static str, Vec<Turn>>::new();
    for succession in case.past.successions(Platform::shares_class) {
        let Succession { at_ms, to, old: Some(old), new: Some(new), .. } = succession else { continue };
        let (Some(class), true) = (to.terminal_class(), succession.is_handover()) else { continue };
        let turns = classes.entry(class).or_default();
        let follows = turns.last().is_some_and(|before| before.tokens[1] == old);
        turns.push(Turn { at_ms, tokens: [old, new], follows });
    }
    classes
}

/// The last turns without a break that are young enough, oldest first.
fn of_late<'a>(case: &Case<'_>, turns: &'a [Turn]) -> &'a [Turn] {
    let young = |turn: &Turn| case.now.mono_ms.saturating_sub(turn.at_ms) < WITHIN_MS;
    let row = turns.iter().rposition(|turn| !turn.follows).unwrap_or(0);
    let from = turns.iter().position(young).unwrap_or(turns.len());
    turns.get(row.max(from)..).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::super::stage::{RuleInputs, online};
    use super::*;
    use crate::presence::history::Past;
    use crate::presence::history::script::{past, replaced, socket};
    use crate::presence::{Change, Fingerprint, Moment};

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

    fn war(class: &'static str, turns: u32, tokens: [u128; 2]) -> Evidence {
        Evidence::KickWar(Found {
            class,
            turns,
            within_ms: WITHIN_MS,
            tokens: tokens.map(|token| Fingerprint(token << 96).short()),
        })
    }

    /// On Android, one session takes the place of another.
    fn over(ago: u64, old: u128, new: u128) -> (u64, Change) {
        let (one, other) = (format!("{old} until {ago}"), format!("{new} from {ago}"));
        (NOW - ago, replaced(2, (&one, old), (&other, new)))
    }

    #[test]
    fn three_turns_in_two_minutes_are_a_war_with_the_same_tokens_or_new_ones() {
        let same = [over(119_999, 1, 2), over(60_000, 2, 1), over(0, 1, 2)];
        assert_eq!(found(&past(&same), NOW), [war("mobile", 3, [1, 2])]);
        let new = [over(90_000, 1, 2), over(60_000, 2, 3), over(30_000, 3, 4), over(0, 4, 5)];
        assert_eq!(found(&past(&new), NOW), [war("mobile", 4, [4, 5])]);
        assert_eq!(found(&past(&same[1..]), NOW), []);
        assert_eq!(found(&past(&[over(120_000, 1, 2), over(60_000, 2, 1), over(0, 1, 2)]), NOW), []);
    }

    #[test]
    fn it_ends_when_the_oldest_turn_is_too_old() {
        let past = past(&[over(100_000, 1, 2), over(60_000, 2, 1), over(0, 1, 2)]);
        let end = with_case(&past, NOW, next).unwrap();
        assert_eq!(end, NOW - 100_000 + WITHIN_MS);
        assert_eq!((found(&past, end - 1).len(), found(&past, end).len()), (1, 0));
        assert_eq!(with_case(&past, end, next), None);
    }

    #[test]
    fn a_client_that_reconnects_with_its_token_is_at_war_with_nobody() {
        assert_eq!(found(&past(&[over(90_000, 1, 1), over(60_000, 1, 1), over(0, 1, 1)]), NOW), []);
        // But it may do so between two turns.
        let between = [over(90_000, 1, 2), over(80_000, 2, 2), over(60_000, 2, 3), over(0, 3, 4)];
        assert_eq!(found(&past(&between), NOW), [war("mobile", 3, [3, 4])]);
    }

    #[test]
    fn devices_of_one_class_fight_across_platforms_and_answers() {
        let mut changes = Vec::new();
        for (turn, (old, new)) in (0..).zip([(3, 4), (4, 7), (7, 3)]) {
            let ms = NOW - 90_000 + turn * 30_000;
            changes.push((ms, Change::Disconnected(socket(old, &format!("{turn}"), u128::from(turn) + 1))));
            changes.push((
                ms + 4_000,
                Change::Connected(socket(new, &format!("{}", turn + 1), u128::from(turn) + 2)),
            ));
        }
        assert_eq!(found(&past(&changes), NOW), [war("PC", 3, [3, 4])]);
    }

    #[test]
    fn devices_of_different_classes_do_not_fight() {
        let mut changes = Vec::new();
        for (turn, (old, new)) in (0..).zip([(2, 3), (3, 2), (2, 3), (3, 2)]) {
            let ms = NOW - 90_000 + turn * 20_000;
            changes.push((ms, Change::Disconnected(socket(old, &format!("{turn}"), u128::from(turn) + 1))));
            changes
                .push((ms, Change::Connected(socket(new, &format!("{}", turn + 1), u128::from(turn) + 1))));
        }
        assert_eq!(found(&past(&changes), NOW), []);
    }

    #[test]
    fn sessions_that_replace_three_others_are_no_war() {
        let apart = [over(90_000, 1, 2), over(60_000, 11, 12), over(0, 21, 22)];
        assert_eq!(found(&past(&apart), NOW), []);
        let without_tokens = |ago: u64| {
            let bare = |id: String| crate::presence::Socket { token: None, ..socket(2, &id, 0) };
            let (old, new) = (bare(format!("{ago}")), bare(format!("{ago}+")));
            (NOW - ago, Change::Replaced { old, new, same_token: false })
        };
        assert_eq!(found(&past(&[90_000, 60_000, 0].map(without_tokens)), NOW), []);
    }

    #[test]
    fn a_war_that_is_over_is_remembered_for_as_long_as_asked() {
        let past = past(&[over(290_000, 1, 2), over(280_000, 2, 1), over(270_000, 1, 2), over(0, 2, 9)]);
        let fought =
            |platform, within| with_case(&past, NOW, |case| fought(case, Platform(platform), within));
        assert!(fought(2, 300_000) && fought(1, 300_000));
        assert!(!fought(2, 290_000) && !fought(3, 300_000) && !fought(13, 300_000));
    }
}
