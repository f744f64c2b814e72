//! What it takes to filter and to sort many users, and to judge a condition, side by side with what a
//! plain program would do: `contains` on each lower-cased ID, a sort that compares strings. One run,
//! interleaved; medians, and the ratio to the plain way.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../tests/common/fed.rs"]
mod fed;
#[path = "../tests/common/kit.rs"]
mod kit;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use fed::Fed;
use imtop::engine::About;
use imtop::presence::condition::Condition;
use imtop::presence::{
    Answer, ConnId, Connection, Entry, Freshness, Input, Moment, Observation, Platform, Roster, RuleSettings,
    State, UserIx, UserStatus, WatchList,
};
use imtop::tui::{Effect, Model, Msg, Start, update};
use kit::observed;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

const BATCH: u32 = 500;
const START: Moment = Moment { mono_ms: 1_000, unix_ms: 1_800_000_000_000 };
const RUNS: usize = 7;

fn ids(users: u32) -> impl Iterator<Item = String> {
    // In an order that is not that of the IDs.
    (0..users).map(move |n| format!("user{:07}", (u64::from(n) * 7_919) % u64::from(users)))
}

fn observation(list: &WatchList, batch: u32) -> Observation {
    let status = |user: u32| match user % 3 {
        0 => UserStatus::Offline,
        kind => UserStatus::Online(vec![Connection {
            platform: Platform(kind as i32),
            id: ConnId::new(&format!("{user:032x}")),
            background: kind == 2,
            token: None,
        }]),
    };
    let all = list.batch(batch).map(|user| (UserIx(user), status(user)));
    Observation { batch, ..observed(START, Ok(Answer::Changed(all.collect()))) }
}

/// Somebody who looks at what is known.
struct Screen {
    fed: Fed,
    model: Model,
}

fn screen(users: u32) -> Screen {
    let list = Arc::new(WatchList::new(1, BATCH, ids(users).map(|id| Entry::of(&id))));
    let roster = Roster::new(Arc::clone(&list), Freshness::for_interval(2_000), START);
    let state = State::new(roster, RuleSettings::default(), START);
    let mut fed = Fed::live(About::default(), state);
    let mut model = Model::new(Start::new((120, 40)), fed.shown());
    for batch in 0..list.batches() {
        let news = fed.take(START, Input::Observed(observation(&list, batch)));
        update(&mut model, fed.shown(), Msg::Updated(news));
    }
    Screen { fed, model }
}

/// Presses keys, and waits for the rows that they ask for; what is worked out beside the view counts, too.
fn press(screen: &mut Screen, keys: &str) {
    for c in keys.chars() {
        let code = match c {
            '\n' => KeyCode::Enter,
            '\u{8}' => KeyCode::Backspace,
            c => KeyCode::Char(c),
        };
        send(screen, Msg::Key(KeyEvent::from(code)));
    }
    while screen.model.is_unfinished() {
        send(screen, Msg::Tick);
    }
}

fn send(screen: &mut Screen, msg: Msg) {
    for effect in update(&mut screen.model, screen.fed.shown(), msg) {
        if let Effect::Index(index) = effect {
            let list = Arc::clone(screen.fed.session.state().roster().list());
            let indexed = index.of(&list);
            send(screen, Msg::Indexed(list, indexed));
        }
    }
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Times both ways in turns and prints their medians.
fn pair(what: &str, mut ours: impl FnMut() -> f64, mut plain: impl FnMut() -> f64) {
    let (mut of_ours, mut of_plain) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        of_ours.push(ours());
        of_plain.push(plain());
    }
    let (ours, plain) = (median(of_ours), median(of_plain));
    println!("{what:<44} {ours:>9.2} ms   plain {plain:>9.2} ms   ratio {:.3}", ours / plain);
}

fn measure(users: u32) {
    println!("{users} users, two in three of them online");
    let mut screen = screen(users);
    let names: Vec<String> = ids(users).collect();
    // The last key of a word: what somebody who types waits for.
    press(&mut screen, "/user000012");
    let filter = |screen: &mut Screen| {
        press(screen, "\u{8}");
        timed(|| press(screen, "2"))
    };
    let contains = || {
        timed(|| {
            let found: Vec<usize> = names
                .iter()
                .enumerate()
                .filter(|(_, name)| name.to_lowercase().contains("user000012"))
                .map(|(at, _)| at)
                .collect();
            black_box(found);
        })
    };
    pair("a bare word, from key to rows", || filter(&mut screen), contains);
    press(&mut screen, "\n");
    let ask = |screen: &mut Screen, text: &str| {
        press(screen, ":filter x\n");
        press(screen, ":filter ");
        press(screen, text);
        timed(|| press(screen, "\n"))
    };
    let state = "state=online and conns>0";
    pair("state=online and conns>0", || ask(&mut screen, state), contains);
    for text in ["unknown>0", "online<95% of state=online", "count(state=online and conns>0)>1"] {
        let Ok(condition) = Condition::parse(text) else { continue };
        let knowledge = screen.fed.session.state().knowledge();
        let judge = || timed(|| drop(black_box(condition.judge(knowledge, START).map(|it| it.truth))));
        pair(&format!("condition {text}"), judge, contains);
    }
    press(&mut screen, ":filter user\n");
    let sort = |screen: &mut Screen, column: &str| {
        press(screen, ":sort list\n");
        press(screen, &format!(":sort {column}"));
        timed(|| press(screen, "\n"))
    };
    let by_text = || {
        let mut sorted: Vec<&String> = names.iter().collect();
        timed(|| {
            sorted.sort();
            black_box(&sorted);
        })
    };
    for column in ["user", "presence", "since"] {
        pair(&format!("sort by {column}, from key to rows"), || sort(&mut screen, column), by_text);
    }
}

fn main() {
    for users in [100_000, 1_000_000] {
        measure(users);
    }
}
