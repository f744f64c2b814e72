//! Alerts over virtual time: when they fire, and when not.

use proptest::prelude::*;

use super::*;
use crate::kit::{at, observed, online};
use crate::presence::condition::Condition;
use crate::presence::{
    Answer, Entry, Event, FetchError, Freshness, Input, Roster, RuleSettings, Severity, State, UserIx,
    UserStatus, WatchList,
};

fn rule(when: &str, for_ms: u64, again_ms: u64) -> AlertRule {
    let when = Condition::parse(when).unwrap();
    AlertRule { name: "few".to_owned(), when, for_ms, again_ms, severity: Severity::Warning }
}

/// What becomes of an alert as its condition comes to this: `+` holds, `-` does not, `?` is undecided, a
/// second each.
fn story(rule: &AlertRule, truths: &str) -> String {
    let mut standing = Standing::default();
    let mut told = String::new();
    for (second, truth) in (0..).zip(truths.chars()) {
        let truth = match truth {
            '+' => Truth::Yes,
            '-' => Truth::No,
            _ => Truth::Undecided,
        };
        told.push(match standing.take(rule, truth, at(second * 1_000)) {
            None => '.',
            Some(AlertChange::Fired { .. }) => 'F',
            Some(AlertChange::Resolved { .. }) => 'R',
            Some(AlertChange::AboutNobody(_)) => 'N',
        });
    }
    told
}

#[test]
fn it_fires_once_when_it_has_held_long_enough_and_once_when_it_is_over() {
    assert_eq!(story(&rule("unknown>0", 0, 0), "-++++--"), ".F...R.");
    assert_eq!(story(&rule("unknown>0", 3_000, 0), "-+++++-"), "....F.R");
    assert_eq!(story(&rule("unknown>0", 3_000, 0), "-+++-+++++"), "........F.", "it begins anew");
}

#[test]
fn undecided_neither_fires_nor_resolves_nor_counts() {
    assert_eq!(story(&rule("unknown>0", 0, 0), "?+???-"), ".F...R");
    assert_eq!(story(&rule("unknown>0", 3_000, 0), "++???++"), "......F");
    assert_eq!(story(&rule("unknown>0", 3_000, 0), "+?????"), "......");
}

#[test]
fn it_fires_again_no_sooner_than_it_may() {
    assert_eq!(story(&rule("unknown>0", 0, 5_000), "+-+-+-+-+-"), "FR....FR..");
    assert_eq!(story(&rule("unknown>0", 0, 5_000), "+-++++++"), "FR...F..");
    assert_eq!(story(&rule("unknown>0", 0, 5_000), "++++++++++"), "F.........", "while it lasts it is told");
}

proptest! {
    /// Whatever the condition comes to: firing and resolving take turns, there is a pause between two that
    /// fire, and each had held for long enough.
    #[test]
    fn firing_and_resolving_take_turns(
        truths in "[+?-]{1,60}", for_s in 0..6_u64, again_s in 0..12_u64,
    ) {
        let told = story(&rule("unknown>0", for_s * 1_000, again_s * 1_000), &truths);
        let turns: String = told.chars().filter(|it| *it != '.').collect();
        prop_assert!(!turns.contains("FF") && !turns.contains("RR") && !turns.starts_with('R'), "{}", told);
        let fired: Vec<usize> = told.match_indices('F').map(|(at, _)| at).collect();
        for pair in fired.windows(2) {
            prop_assert!((pair[1] - pair[0]) as u64 >= again_s, "{truths} {told}");
        }
        for (second, turn) in told.char_indices() {
            let truth = truths.as_bytes()[second];
            prop_assert!(turn != 'F' || truth == b'+');
            prop_assert!(turn != 'R' || truth == b'-');
            if turn == 'F' {
                // Since it did not hold last, it has held for so long, without what was undecided.
                let run = truths[..second].rfind('-').map_or(0, |at| at + 1);
                let held = truths[run..second].matches('+').count() as u64;
                prop_assert!(held >= for_s, "{truths} {told}");
            }
        }
    }
}

/// A run on these users, all in one batch.
struct Run {
    state: State,
    events: Vec<AlertEvent>,
}

impl Run {
    fn on(users: usize, rules: Vec<AlertRule>) -> Run {
        let ids = (0..users).map(|user| Entry::of(&format!("u{user}")));
        let list = Arc::new(WatchList::new(1, 500, ids));
        let roster = Roster::new(list, Freshness::for_interval(2_000), at(0));
        let state = State::new(roster, RuleSettings::default(), at(0));
        Run { state: state.with_alerts(Alerts::new(rules.into())), events: Vec::new() }
    }

    fn note(&mut self, noted: Vec<Event>) {
        let alerts = noted.into_iter().filter_map(|event| match event {
            Event::Alert(event) => Some(event),
            _ => None,
        });
        self.events.extend(alerts);
    }

    fn hear(&mut self, ms: u64, answer: Result<Answer, FetchError>) {
        let news = self.state.take(at(ms), &Input::Observed(observed(at(ms), answer)));
        self.note(news.noted);
    }

    /// An answer in which so many of the first users are online.
    fn online(&mut self, ms: u64, users: u32) {
        let all = self.state.roster().list().len() as u32;
        let status = |user| if user < users { online(&format!("c{user}")) } else { UserStatus::Offline };
        self.hear(ms, Ok(Answer::Changed((0..all).map(|user| (UserIx(user), status(user))).collect())));
    }

    fn pass(&mut self, ms: u64) {
        let news = self.state.advance(at(ms));
        self.note(news.noted);
    }

    /// What happened so far: when, and F or R.
    fn told(&self) -> Vec<(u64, char)> {
        let turn = |event: &AlertEvent| match event.change {
            AlertChange::Fired { .. } => 'F',
            AlertChange::Resolved { .. } => 'R',
            AlertChange::AboutNobody(_) => 'N',
        };
        self.events.iter().map(|event| (event.at.mono_ms, turn(event))).collect()
    }
}

#[test]
fn nothing_fires_before_the_first_answer() {
    let mut run = Run::on(3, vec![rule("unknown>0", 0, 0)]);
    run.pass(1_000);
    assert!(run.told().is_empty(), "everybody is unknown, as nobody was asked");
    run.online(1_500, 3);
    assert!(run.told().is_empty());
    run.pass(60_000);
    assert_eq!(run.told().len(), 1, "too old by now: {:?}", run.told());
}

#[test]
fn it_fires_at_its_moment_whenever_somebody_looks() {
    let follow = |looks: &[u64]| {
        let mut run = Run::on(4, vec![rule("online<3", 5_000, 0)]);
        run.online(1_000, 4);
        run.online(3_000, 1);
        for ms in looks {
            run.pass(*ms);
        }
        run.pass(8_500);
        run.events
    };
    let late = follow(&[]);
    assert_eq!(late, follow(&[3_001, 4_000, 7_999, 8_000, 8_200]));
    assert_eq!(late.len(), 1);
    assert_eq!((late[0].at, &late[0].change), (at(8_000), &AlertChange::Fired { since: at(3_000) }));
    assert_eq!(late[0].figures, "online<3 is 1 of 4 (25.0%)");
}

#[test]
fn a_storm_of_changes_is_one_alert() {
    let mut run = Run::on(500, vec![rule("online<90% or unknown>10%", 0, 900_000)]);
    run.online(1_000, 500);
    for round in 0..200_u64 {
        run.online(2_000 + round * 2_000, if round % 2 == 0 { 0 } else { 500 }); // 500 changes each
    }
    let fired = run.told().iter().filter(|(_, turn)| *turn == 'F').count();
    let resolved = run.told().iter().filter(|(_, turn)| *turn == 'R').count();
    assert_eq!((fired, resolved), (1, 1));
}

#[test]
fn an_alert_about_nobody_says_so_once_for_each_list() {
    let mut run = Run::on(2, vec![rule("online<50% of group=kiosk", 0, 0)]);
    for ms in [1_000, 3_000, 5_000, 7_000] {
        run.online(ms, 2);
    }
    assert_eq!(run.told(), [(1_000, 'N')]);
    let AlertChange::AboutNobody(why) = &run.events[0].change else { unreachable!("it is N") };
    assert_eq!(why.to_string(), "no watched user is in the group \"kiosk\"; groups are in the watch list");
    let list = Arc::new(WatchList::new(2, 500, ["u0"].map(Entry::of)));
    let news = run.state.take(at(8_000), &Input::Rebased(list));
    run.note(news.noted);
    assert_eq!(run.told().len(), 1, "nobody of the new list was asked about yet");
}

#[test]
fn a_new_list_is_judged_when_it_was_asked_about() {
    let mut run = Run::on(2, vec![rule("unknown>0", 0, 0)]);
    run.online(1_000, 2);
    let list = Arc::new(WatchList::new(2, 500, ["u0", "u1", "u2"].map(Entry::of)));
    let news = run.state.take(at(2_000), &Input::Rebased(list));
    run.note(news.noted);
    run.pass(3_000);
    assert!(run.told().is_empty());
}

#[test]
fn a_condition_on_each_user_is_not_judged_at_every_answer() {
    let mut run = Run::on(3, vec![rule("count(state=online)<3", 0, 0)]);
    run.online(1_000, 3);
    run.online(1_100, 1);
    assert!(run.told().is_empty(), "it was judged a moment ago");
    run.online(2_100, 1);
    assert_eq!(run.told(), [(2_100, 'F')]);
}
