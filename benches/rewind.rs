//! What it costs to keep the last minutes of a run: a copy of all that is known, an input that is
//! kept, the way back by a minute; and the places to steer for when everybody leaves.
//!
//! `cargo bench --bench rewind`. More than half of the users are connected, and a hundredth has changed
//! in each of the rounds before.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../tests/common/kit.rs"]
mod kit;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use imtop::engine::{Markers, Rewind};
use imtop::presence::{
    Answer, Claims, ConnId, Connection, Entry, Fingerprint, Freshness, Input, Moment, Observation, Platform,
    Roster, RuleSettings, SessionToken, State, UserIx, UserStatus, WatchList,
};
use kit::observed;

const BATCH: u32 = 500;
const INTERVAL_MS: u64 = 2_000;
/// Rounds in which a hundredth changes before anything is measured.
const ROUNDS: u32 = 20;
const TIMES: usize = 15;

fn at(ms: u64) -> Moment {
    Moment { mono_ms: 1_000 + ms, unix_ms: 1_800_000_000_000 + ms as i64 }
}

/// Eleven of twenty are connected.
fn status(user: u32, round: u32) -> UserStatus {
    if (user + round) % 20 >= 11 {
        return UserStatus::Offline;
    }
    let number = u64::from(user) << 20 | u64::from(round);
    let issued = 1_799_000_000 + i64::from(user % 86_400);
    let claims = Claims {
        user: Some(format!("user{user:06}").into()),
        platform: Some(Platform(2)),
        issued: Some(issued),
        expires: Some(issued + 7_776_000),
        ..Claims::default()
    };
    UserStatus::Online(vec![Connection {
        platform: Platform(2),
        id: ConnId::new(&format!("{number:032x}")),
        background: user.is_multiple_of(4),
        token: Some(SessionToken::new(Fingerprint(u128::from(number)), Ok(claims))),
    }])
}

fn answer(batch: u32, now: Moment, answer: Answer) -> Input {
    Input::Observed(Observation { batch, ..observed(now, Ok(answer)) })
}

fn changed(batch: u32, users: u32, is_changed: impl Fn(u32) -> Option<UserStatus>) -> Answer {
    let range = batch * BATCH..((batch + 1) * BATCH).min(users);
    Answer::Changed(range.filter_map(|user| is_changed(user).map(|status| (UserIx(user), status))).collect())
}

/// All that is known after some rounds, and when that is.
fn known(users: u32) -> (State, u64) {
    let entries = (0..users).map(|user| Entry::of(&format!("user{user:06}")));
    let list = Arc::new(WatchList::new(1, BATCH, entries));
    let batches = list.batches();
    let roster = Roster::new(list, Freshness::for_interval(INTERVAL_MS), at(0));
    let mut state = State::new(roster, RuleSettings::default(), at(0));
    for round in 0..=ROUNDS {
        let now = at(u64::from(round) * INTERVAL_MS);
        for batch in 0..batches {
            let changed = changed(batch, users, |user| {
                (round == 0 || (user + round) % 100 == 0).then(|| status(user, round))
            });
            state.take(now, &answer(batch, now, changed));
        }
    }
    (state, u64::from(ROUNDS) * INTERVAL_MS)
}

fn ms(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

fn summed(mut times: Vec<f64>) -> String {
    times.sort_by(f64::total_cmp);
    let [p50, most] = [times.len() / 2, times.len().saturating_sub(1)]
        .map(|place| times.get(place).copied().unwrap_or(f64::NAN));
    format!("{p50:>9.3} {most:>9.3}")
}

fn main() {
    println!("ms: median and most of {TIMES}");
    println!(
        "{:>8} {:>9} {:>19} {:>19} {:>19} {:>19} {:>19} {:>19} {:>19}",
        "users",
        "about MB",
        "copy",
        "drop it",
        "push, with copy",
        "push 1 %",
        "back by a minute",
        "take all left",
        "markers"
    );
    for users in [500, 10_000, 25_000, 100_000] {
        let (state, ms_0) = known(users);
        let (mut copies, mut drops) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            let mut copy = None;
            copies.push(ms(|| copy = Some(black_box(state.clone()))));
            drops.push(ms(|| drop(copy)));
        }

        let now = at(ms_0 + 100);
        let few = answer(0, now, changed(0, users, |user| (user % 100 == 0).then(|| status(user, 99))));
        let (mut firsts, mut pushes) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            let mut rewind = Rewind::default();
            firsts.push(ms(|| rewind.push(&state, now, &few)));
            pushes.push(ms(|| rewind.push(&state, now, &few)));
            black_box(&rewind);
        }

        // The worst place to go back to: just before all that is known is kept again.
        let mut played = state.clone();
        let mut rewind = Rewind::default();
        for round in 1..=59_000 / INTERVAL_MS {
            let now = at(ms_0 + round * INTERVAL_MS);
            for batch in 0..played.roster().list().batches() {
                let few = changed(batch, users, |user| {
                    (user + round as u32).is_multiple_of(100).then(|| status(user, ROUNDS + round as u32))
                });
                let few = answer(batch, now, few);
                rewind.push(&played, now, &few);
                played.take(now, &few);
            }
        }
        let last = played.now().mono_ms;
        drop(played);
        let backs = (0..TIMES.min(5)).map(|_| ms(|| drop(black_box(rewind.at(last))))).collect();

        // Everybody leaves: all batches at one moment, as one piece of news.
        let (mut takes, mut notes) = (Vec::new(), Vec::new());
        for _ in 0..TIMES.min(5) {
            let mut state = state.clone();
            let mut markers = Markers::default();
            let (mut take, mut note) = (0.0, 0.0);
            for batch in 0..state.roster().list().batches() {
                let all = answer(batch, now, changed(batch, users, |_| Some(UserStatus::Offline)));
                let mut news = None;
                take += ms(|| news = Some(state.take(now, &all)));
                if let Some(news) = news {
                    note += ms(|| markers.note(Some(&all), &news, &state));
                }
            }
            // Nothing is heard for so long that all are unknown: one piece of news.
            let mut news = None;
            take += ms(|| news = Some(state.advance(at(ms_0 + 3_600_000))));
            if let Some(news) = news {
                note += ms(|| markers.note(None, &news, &state));
            }
            takes.push(take);
            notes.push(note);
        }
        println!(
            "{users:>8} {:>9.1} {} {} {} {} {} {} {}",
            state.weight() as f64 / 1e6,
            summed(copies),
            summed(drops),
            summed(firsts),
            summed(pushes),
            summed(backs),
            summed(takes),
            summed(notes)
        );
    }
}
