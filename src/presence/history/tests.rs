//! What is remembered of users: flips, reconnects, cells; what is forgotten, and what it costs.

use proptest::prelude::*;

use super::script::{became, history, list, replaced, socket, transition};
use super::*;
use crate::kit::at;
use crate::presence::{ErrorKind, Fingerprint, Platform, UnknownReason};

const UNKNOWN: Presence = Presence::Unknown(UnknownReason::Failed(ErrorKind::Timeout));
const MINUTE: u64 = 60_000;

fn first(user: u32, ms: u64, to: Presence) -> Transition {
    let what = Change::Presence { from: Presence::Unknown(UnknownReason::NotAnswered), to };
    Transition { after: None, ..transition(user, ms, what) }
}

fn reconnects(changes: &[(u64, Change)]) -> u32 {
    history(changes).of(UserIx(0)).reconnects()
}

fn flips(presences: &[Presence]) -> u32 {
    let mut ms = 0;
    let changes: Vec<_> = presences
        .windows(2)
        .map(|pair| {
            ms += 1_000;
            (ms, became(pair[0], pair[1]))
        })
        .collect();
    history(&changes).of(UserIx(0)).flips()
}

#[test]
fn an_unknown_time_is_no_flip_but_what_changed_in_it_is() {
    use Presence::{Background, Offline, Online};
    assert_eq!(flips(&[Online, UNKNOWN, Online]), 0);
    assert_eq!(flips(&[Online, UNKNOWN, Offline]), 1);
    assert_eq!(flips(&[UNKNOWN, Online]), 0);
    assert_eq!(flips(&[Online, Background, Online]), 0);
    assert_eq!(flips(&[Offline, Background, Offline, UNKNOWN, Offline, Online]), 3);
}

#[test]
fn a_first_sight_begins_a_past_but_is_nothing_that_happened() {
    let mut history = History::default();
    let watched = list(2);
    history.record(&[first(0, 1_000, Presence::Online)], &watched);
    let past = history.of(UserIx(0));
    assert_eq!((past.flips(), changed_ms(past)), (0, None));
    let seen = Happening { at_ms: 1_000, what: Happened::FirstSeen(Presence::Online) };
    assert_eq!(past.happened(), [seen]);
    assert_eq!(history.of(UserIx(1)), &Past::default());
    assert_eq!(history.of(UserIx(99)), &Past::default());
    history.record(&[transition(0, 3_000, became(Presence::Online, Presence::Offline))], &watched);
    let past = history.of(UserIx(0));
    assert_eq!((past.flips(), changed_ms(past)), (1, Some(3_000)));
    let went = Happened::Presence(Presence::Offline);
    assert_eq!(past.happened().last(), Some(&Happening { at_ms: 3_000, what: went }));
}

#[test]
fn a_reconnect_is_seen_in_three_ways() {
    let (old, new) = (socket(5, "old", 1), socket(5, "new", 1));
    assert_eq!(reconnects(&[(1_000, replaced(5, ("old", 1), ("new", 1)))]), 1);
    let gone = Change::Disconnected(old);
    let came = Change::Connected(new);
    assert_eq!(reconnects(&[(1_000, gone.clone()), (3_000, came.clone())]), 1, "gone, then back");
    assert_eq!(reconnects(&[(1_000, gone.clone()), (11_001, came.clone())]), 0, "too late");
    assert_eq!(reconnects(&[(1_000, came.clone()), (36_000, gone.clone())]), 1, "both for a while");
    assert_eq!(reconnects(&[(1_000, came.clone()), (36_001, gone)]), 0, "for too long");
    let other = Change::Disconnected(socket(5, "other", 2));
    assert_eq!(reconnects(&[(1_000, came.clone()), (20_000, other)]), 0, "two sessions");
    let elsewhere = Change::Disconnected(socket(2, "phone", 1));
    assert_eq!(reconnects(&[(1_000, came), (3_000, elsewhere)]), 0, "another platform");
}

#[test]
fn a_connection_that_only_comes_and_goes_takes_nobodys_place() {
    let tab = socket(5, "tab", 1);
    let came = Change::Connected(tab.clone());
    assert_eq!(reconnects(&[(1_000, came.clone()), (9_000, Change::Disconnected(tab.clone()))]), 0);
    // Also when another one had taken its place meanwhile.
    let next = replaced(5, ("tab", 1), ("next", 1));
    let gone = Change::Disconnected(socket(5, "next", 1));
    assert_eq!(reconnects(&[(1_000, came.clone()), (3_000, next), (9_000, gone)]), 1);
    // But one that reconnects while the dead socket is still listed does, each time.
    let dead = Change::Disconnected(socket(5, "dead", 1));
    let again = replaced(5, ("tab", 1), ("tab again", 1));
    assert_eq!(reconnects(&[(1_000, came), (3_000, again), (9_000, dead)]), 2);
}

#[test]
fn what_is_seen_again_had_never_left() {
    use Presence::{Offline, Online};
    let (phone, fresh) = (socket(2, "phone", 1), socket(2, "fresh", 1));
    let begin = [
        first(0, 1_000, Online),
        transition(0, 60_000, became(Online, Offline)),
        transition(0, 60_000, Change::Disconnected(phone.clone())),
        transition(0, 62_000, became(Offline, UNKNOWN)),
    ];
    let mut history = History::default();
    history.record(&begin, &list(1));
    assert_eq!(history.of(UserIx(0)).flips(), 1);
    let back = [
        transition(0, 90_000, became(UNKNOWN, Online)),
        transition(
            0,
            90_000,
            Change::SeenAgain { socket: phone.clone(), absent_ms: 8_000, whole_user: true },
        ),
    ];
    history.record(&back, &list(1));
    let past = history.of(UserIx(0));
    assert_eq!((past.flips(), past.reconnects()), (0, 0));
    let now_is = |at_ms, to| Happening { at_ms, what: Happened::Presence(to) };
    let again = Happened::SeenAgain { platform: Platform(2), absent_ms: 8_000, whole_user: true };
    let again = Happening { at_ms: 90_000, what: again };
    let happened = &past.happened()[1..];
    assert_eq!(happened, [now_is(62_000, UNKNOWN), now_is(90_000, Online), again]);

    // Without the unknown time in between nothing is left of it.
    let mut history = History::default();
    history.record(&begin[..3], &list(1));
    history.record(
        &[
            transition(0, 90_000, became(Offline, Online)),
            transition(0, 90_000, Change::SeenAgain { socket: phone, absent_ms: 8_000, whole_user: true }),
        ],
        &list(1),
    );
    assert_eq!(history.of(UserIx(0)).happened()[1..], [again]);
    assert_eq!(changed_ms(history.of(UserIx(0))), None);

    // One that had been replaced was beside the other one all the time.
    let mut history = History::default();
    let over = Change::Replaced { old: socket(2, "phone", 1), new: fresh, same_token: true };
    history.record(&[transition(0, 1_000, over)], &list(1));
    assert_eq!(history.of(UserIx(0)).reconnects(), 1);
    history.record(
        &[transition(
            0,
            3_000,
            Change::SeenAgain { socket: socket(2, "phone", 1), absent_ms: 8_000, whole_user: true },
        )],
        &list(1),
    );
    assert_eq!(history.of(UserIx(0)).reconnects(), 0);
    assert!(is_opened(&history.of(UserIx(0)).happened()[0], 2, 1));
}

/// When something last happened. A first sight is nothing that happened, nor is it that a connection
/// which had never left is seen again.
fn changed_ms(past: &Past) -> Option<u64> {
    let is_none = |it: &&Happening| matches!(it.what, Happened::FirstSeen(_) | Happened::SeenAgain { .. });
    past.happened().iter().rfind(|it| !is_none(it)).map(|it| it.at_ms)
}

/// Whether it is that a connection of that platform and token appeared.
fn is_opened(it: &Happening, platform: i32, token: u128) -> bool {
    matches!(it.what, Happened::Opened(of, tag)
        if of == Platform(platform) && tag.token == Some(Fingerprint(token << 96).short()))
}

/// What is left of these changes of one user, minute by minute, when `phone` is seen again that had
/// been left out from `absent` minutes on.
fn corrected(changes: &[(u64, Presence)], absent: u64, back: u64) -> (Vec<Cell>, u32) {
    let mut presence = Presence::Online;
    let mut all = Vec::new();
    for (minute, to) in changes {
        all.push((minute * MINUTE, became(presence, *to)));
        presence = *to;
    }
    let absent_ms = (back - absent) * MINUTE;
    if presence != Presence::Online {
        all.push((back * MINUTE, became(presence, Presence::Online)));
    }
    let socket = socket(2, "phone", 1);
    all.push((back * MINUTE, Change::SeenAgain { socket, absent_ms, whole_user: true }));
    let history = history(&all);
    (cells(&history, Presence::Online, 0, 60 * MINUTE - 1, 30), history.of(UserIx(0)).flips())
}

#[test]
fn doubts_since_a_connection_was_last_seen_are_taken_back_with_what_followed() {
    use Presence::{Offline, Online, Unknown};
    let all = vec![known(7); 30];
    for why in [
        UnknownReason::Checking,
        UnknownReason::RegistrySilent,
        UnknownReason::Leaving,
        UnknownReason::RegistryOnline,
        UnknownReason::GatewayLost,
        UnknownReason::GatewayHangs,
        UnknownReason::GatewayLostMaybe,
    ] {
        assert_eq!(corrected(&[(40, Unknown(why))], 40, 50), (all.clone(), 0), "{why}");
        assert_eq!(corrected(&[(40, Unknown(why)), (45, Offline)], 40, 50), (all.clone(), 0), "{why}");
    }
    // Another connection had been seen meanwhile, and was gone again.
    let meanwhile = [(40, Offline), (44, Online), (46, Offline)];
    assert_eq!(corrected(&meanwhile, 40, 50), (all.clone(), 0));
    // What was so before this one was last seen stays.
    let before = corrected(&[(34, Offline), (36, Online), (40, Offline)], 40, 50);
    assert_eq!((&before.0[4..6], before.0[10], before.1), (&[known(0); 2][..], known(7), 2));
}

#[test]
fn a_time_without_answers_stays_unknown_though_a_connection_lasted() {
    use Presence::{Offline, Unknown};
    let doubt = Unknown(UnknownReason::GatewayLost);
    let (cells, flips) = corrected(&[(40, doubt), (43, UNKNOWN), (46, doubt), (48, Offline)], 40, 50);
    let unknown: Vec<usize> = (0..30).filter(|cell| cells[*cell] == Cell::Unknown).collect();
    assert_eq!((unknown, flips), (vec![13, 14, 15], 0));
    assert!(cells.iter().all(|cell| *cell == Cell::Unknown || *cell == known(7)));
}

#[test]
fn who_leaves_is_gone_once() {
    use Presence::{Offline, Online, Unknown};
    assert_eq!(flips(&[Online, Unknown(UnknownReason::Leaving), Offline]), 1);
    assert_eq!(flips(&[Online, Unknown(UnknownReason::Leaving), Online]), 0);
}

#[test]
fn what_is_retracted_is_taken_back_like_what_is_seen_again() {
    let phone = || socket(2, "phone", 1);
    let mut history = history(&[
        (60_000, became(Presence::Online, Presence::Offline)),
        (60_000, Change::Disconnected(phone())),
        (70_000, replaced(2, ("phone", 1), ("next", 1))),
    ]);
    let retracted = |of| Change::Retracted { of, socket: phone() };
    history.record(&[1, 2].map(|of| transition(0, 80_000, retracted(of))), &list(1));
    let [left] = history.of(UserIx(0)).happened() else { panic!("one is left") };
    assert!(is_opened(left, 2, 1));
    assert_eq!(history.of(UserIx(0)).flips(), 0);
}

#[test]
fn what_is_older_than_the_window_is_forgotten_and_those_whose_figures_change_are_named() {
    use Presence::{Offline, Online};
    let mut history = History::default();
    let watched = list(3);
    history.record(&[first(0, 1_000, Online), first(1, 1_000, Online)], &watched);
    history.record(&[transition(0, 5_000, became(Online, Offline))], &watched);
    history.record(&[transition(2, 5_000, replaced(2, ("a", 1), ("b", 1)))], &watched);
    history.record(&[transition(0, 9_000, became(Offline, Online))], &watched);
    assert_eq!(history.next_change(), Some(1_000 + History::WINDOW_MS));
    assert_eq!(history.advance(at(999 + History::WINDOW_MS)), []);
    assert_eq!(history.advance(at(1_000 + History::WINDOW_MS)), [], "first sights count for nothing");
    assert_eq!(history.of(UserIx(1)), &Past::default());
    assert_eq!(history.next_change(), Some(5_000 + History::WINDOW_MS));
    let mut changed = history.advance(at(5_000 + History::WINDOW_MS));
    changed.sort_unstable();
    assert_eq!(changed, [UserIx(0), UserIx(2)]);
    assert_eq!(history.of(UserIx(0)).flips(), 1, "it was offline before what is left");
    assert_eq!(history.advance(at(9_000 + History::WINDOW_MS)), [UserIx(0)]);
    assert_eq!(history.next_change(), None);
    assert_eq!(history.of(UserIx(0)), &Past::default());
}

#[test]
fn what_was_known_before_an_unknown_time_is_not_forgotten_with_its_beginning() {
    use Presence::{Offline, Online};
    let mut history = history(&[(1_000, became(Online, UNKNOWN)), (20 * MINUTE, became(UNKNOWN, Offline))]);
    assert_eq!(history.advance(at(1_000 + History::WINDOW_MS)), [], "still one flip");
    assert_eq!(history.of(UserIx(0)).flips(), 1);
}

#[test]
fn the_next_watch_list_keeps_the_pasts_of_those_who_are_on_it() {
    use Presence::{Offline, Online};
    let mut history = History::default();
    let watched = list(3);
    for (user, ms) in [(0, 1_000), (1, 2_000), (2, 3_000)] {
        history.record(&[transition(user, ms, became(Online, Offline))], &watched);
    }
    history.rebase(|user| [None, Some(UserIx(7)), Some(UserIx(0))].get(user.at()).copied().flatten());
    assert_eq!(changed_ms(history.of(UserIx(7))), Some(2_000));
    assert_eq!(changed_ms(history.of(UserIx(0))), Some(3_000));
    check_begun(&history);
    assert_eq!(history.of(UserIx(1)), &Past::default());
    assert_eq!(history.next_change(), Some(2_000 + History::WINDOW_MS));
    assert_eq!(history.advance(at(4_000 + History::WINDOW_MS)), [UserIx(7), UserIx(0)]);
}

#[test]
fn a_mass_event_costs_each_user_a_pointer() {
    const USERS: u32 = 100_000;
    let (watched, mut history) = (list(USERS), History::default());
    let distinct = |history: &History| {
        let mut pasts: Vec<_> = history.pasts.iter().flatten().map(Arc::as_ptr).collect();
        pasts.sort_unstable();
        pasts.dedup();
        pasts.len()
    };
    let was = |user: u32| if user.is_multiple_of(3) { Presence::Online } else { Presence::Offline };
    let rounds: [&dyn Fn(u32, u64) -> Transition; 3] = [
        &|user, ms| first(user, ms, was(user)),
        &|user, ms| transition(user, ms, became(was(user), UNKNOWN)),
        &|user, ms| transition(user, ms, became(UNKNOWN, was(user))),
    ];
    for (round, make) in (1..).zip(rounds) {
        let transitions: Vec<_> = (0..USERS).map(|user| make(user, round * 10_000)).collect();
        history.record(&transitions, &watched);
        assert_eq!(distinct(&history), 2, "round {round}");
    }
    assert_eq!(history.of(UserIx(USERS - 1)).happened().len(), 3);
    assert_eq!(history.advance(at(10_000 + History::WINDOW_MS)), []);
    check_begun(&history);
    assert_eq!(distinct(&history), 2, "also when the first sights are forgotten");
    history.advance(at(30_000 + History::WINDOW_MS));
    assert_eq!((distinct(&history), history.next_change()), (0, None));
    assert!(size_of::<Happening>() <= 32 && size_of::<Past>() <= 64);
}

/// Whoever has a past comes up once to forget it, and not too late.
fn check_begun(history: &History) {
    let mut queued = vec![0; history.pasts.len()];
    for (at, users) in &history.begun {
        for user in users {
            queued[user.at()] += 1;
            assert!(history.of(*user).begins().is_none_or(|begins| begins >= *at));
        }
    }
    for (past, times) in history.pasts.iter().zip(queued) {
        assert_eq!(times, i32::from(past.is_some()));
    }
}

fn known(online: u8) -> Cell {
    Cell::Known { online, background: false }
}

fn cells(history: &History, now_is: Presence, since: u64, now: u64, cells: usize) -> Vec<Cell> {
    history.of(UserIx(0)).spark(now_is, since, at(now), cells).collect()
}

#[test]
fn a_user_to_whom_nothing_happened_has_always_been_so() {
    let history = History::default();
    let now = 40 * MINUTE;
    assert_eq!(cells(&history, Presence::Online, 0, now, 3), [known(7); 3]);
    assert_eq!(cells(&history, Presence::Offline, 0, now, 3), [known(0); 3]);
    assert_eq!(cells(&history, UNKNOWN, 0, now, 3), [Cell::Unknown; 3]);
    let background = Cell::Known { online: 7, background: true };
    assert_eq!(
        cells(&history, Presence::Background, 30 * MINUTE, now, 3),
        [Cell::Before, background, background]
    );
    assert_eq!(cells(&history, Presence::Online, 1_000, 2_000, 3), [Cell::Before, Cell::Before, known(7)]);
    assert_eq!(cells(&history, Presence::Online, now, now, 2), [Cell::Before, known(7)]);
    assert_eq!(cells(&history, Presence::Online, now + 5, now, 1), [known(7)], "a clock that is behind");
    assert_eq!(cells(&history, Presence::Online, 0, now, 0), []);
}

#[test]
fn a_cell_that_is_mostly_unknown_is_unknown_and_never_offline() {
    use Presence::{Background, Offline, Online};
    let history = history(&[
        (34 * MINUTE, became(Online, UNKNOWN)),
        (45 * MINUTE, became(UNKNOWN, Offline)),
        (56 * MINUTE, became(Offline, Background)),
    ]);
    // Cells of ten minutes from 30, 40 and 50 on.
    assert_eq!(
        cells(&history, Background, 0, 60 * MINUTE - 1, 3),
        [Cell::Unknown, known(0), Cell::Known { online: 3, background: true }]
    );
    assert_eq!(cells(&history, Background, 0, 46 * MINUTE, 6)[2], known(7), "30 to 35: four of five known");
    assert_eq!(cells(&history, Background, 33 * MINUTE, 59 * MINUTE, 6)[0], known(7), "half is enough");
}

#[test]
fn the_past_does_not_waver_while_time_goes_on() {
    let history = history(&[(34 * MINUTE, became(Presence::Online, Presence::Offline))]);
    let first = cells(&history, Presence::Offline, 0, 50 * MINUTE, 3);
    for now in 50 * MINUTE..50 * MINUTE + 300 {
        assert_eq!(cells(&history, Presence::Offline, 0, now, 3), first);
    }
}

#[test]
fn who_flips_all_the_time_costs_no_more_and_keeps_the_right_cells() {
    use Presence::{Offline, Online};
    let mut history = History::default();
    let watched = list(1);
    history.record(&[first(0, 1_000, Online)], &watched);
    // One minute online, then two seconds on, six off, and so on for 40 minutes.
    let mut ms = MINUTE;
    while ms < 40 * MINUTE {
        history.record(&[transition(0, ms, became(Online, Offline))], &watched);
        history.record(&[transition(0, ms + 6_000, became(Offline, Online))], &watched);
        ms += 8_000;
        let past = history.of(UserIx(0));
        assert!(past.happened().len() <= 32 && past.folded().len() <= 16);
    }
    let shown = cells(&history, Online, 0, 40 * MINUTE - 1, 10);
    assert_eq!(shown, [known(2); 10], "a quarter of the time");
    let flips = history.of(UserIx(0)).flips();
    assert!((440..=468).contains(&flips), "two in eight seconds, for half an hour and a little: {flips}");
    let early = cells(&history, Online, 0, 29 * MINUTE, 15);
    assert_eq!(early.last(), Some(&known(2)));
    history.advance(at(69 * MINUTE));
    let past = history.of(UserIx(0));
    assert!(past.flips() > 0 && past.folded().is_empty());
}

#[test]
fn of_too_much_the_oldest_is_forgotten_and_shown_as_not_watched() {
    use Presence::{Offline, Online};
    let mut history = History::with_room(100);
    let watched = list(50);
    for user in 0..50 {
        history.record(&[first(user, MINUTE, Online)], &watched);
    }
    for user in 0..50 {
        history.record(&[transition(user, 5 * MINUTE, became(Online, Offline))], &watched);
    }
    assert_eq!((history.held(), history.advance(at(5 * MINUTE))), (100, vec![]));
    history.record(&[transition(7, 6 * MINUTE, became(Offline, Online))], &watched);
    history.advance(at(6 * MINUTE));
    assert_eq!(history.held(), 51, "all that began with the oldest went with it");
    check_begun(&history);
    let row = |user| {
        let now_is = if user == 7 { Online } else { Offline };
        history.spark(UserIx(user), now_is, 0, at(8 * MINUTE - 1), 30).skip(22).collect::<Vec<_>>()
    };
    let (before, gone) = (Cell::Before, known(0));
    assert_eq!(row(1), [before, known(7), known(7), known(7), known(7), gone, gone, gone]);
    assert_eq!(row(7)[4..], [known(7), gone, known(7), known(7)]);
    history.advance(at(6 * MINUTE + History::WINDOW_MS));
    assert_eq!(history.held(), 0);
    check_begun(&history);
}

fn presence() -> impl Strategy<Value = Presence> {
    prop::sample::select(vec![Presence::Online, Presence::Background, Presence::Offline, UNKNOWN])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// However many changes there are, with forgetting and without: cells agree with those that are
    /// worked out from every millisecond, as far as one step of the level.
    #[test]
    fn cells_are_what_a_count_of_all_moments_gives(
        steps in prop::collection::vec((1..160_u64, presence()), 0..150),
        count in 1..20_usize,
        forget_at in 0..150_usize,
    ) {
        // A unit of time is 200 ms, so that the count of all moments is short.
        const UNIT: u64 = 200;
        let (mut history, watched) = (History::default(), list(1));
        let mut truth = Vec::new();
        let (mut now, mut state) = (0, Presence::Unknown(UnknownReason::NotAnswered));
        for (number, (units, next)) in steps.into_iter().enumerate() {
            truth.extend((0..units).map(|_| state));
            now += units * UNIT;
            if !state.same_word(next) {
                history.record(&[transition(0, now, became(state, next))], &watched);
                state = next;
            }
            if number == forget_at {
                history.advance(at(now));
            }
            check_begun(&history);
        }
        let length = History::WINDOW_MS / count as u64;
        prop_assume!(length.is_multiple_of(UNIT));
        let shown = cells(&history, state, 0, now, count);
        prop_assert_eq!(shown.len(), count);
        let last = now / length;
        for (place, cell) in (0..).zip(shown) {
            let Some(number) = (last + 1 + place).checked_sub(count as u64) else {
                prop_assert_eq!(cell, Cell::Before);
                continue;
            };
            let begins = (number * length / UNIT) as usize;
            let ends = ((number + 1) * length / UNIT).min(now / UNIT) as usize;
            let moments = &truth[begins..ends];
            // The last cell has the present moment in it as well.
            let count = |is: &dyn Fn(&Presence) -> bool| {
                let present = usize::from(number == last && is(&state));
                moments.iter().filter(|it| is(it)).count() * UNIT as usize + present
            };
            let unknown = count(&|it| it.is_unknown());
            let connected = count(&|it| matches!(it, Presence::Online | Presence::Background));
            let all = count(&|_| true);
            let known = all - unknown;
            match cell {
                Cell::Before => prop_assert!(false, "watched from the start"),
                // Of what is folded only the shares of a minute or more are known.
                Cell::Unknown => prop_assert!(unknown * 2 + 240_000 >= all, "{unknown} of {all}"),
                Cell::Known { online, .. } => {
                    prop_assert!(known * 2 + 240_000 >= all, "{known} of {all}");
                    if history.of(UserIx(0)).folded().is_empty() {
                        let level = if connected == 0 { 0 } else if connected == known { 7 } else { 1 + connected * 6 / known };
                        prop_assert_eq!(usize::from(online), level);
                    }
                }
            }
        }
    }
}
