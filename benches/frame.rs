//! What a frame costs with few and with many users, and what it takes from a key to its frame while
//! answers come in. One run, interleaved; medians, and how far the quartiles are from them.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../tests/common/fed.rs"]
mod fed;
#[path = "../tests/common/kit.rs"]
mod kit;

use std::sync::Arc;
use std::time::Instant;

use fed::Fed;
use imtop::engine::About;
use imtop::presence::{
    Answer, ConnId, Connection, Entry, Freshness, Input, Moment, Observation, Platform, Roster, RuleSettings,
    State, UserIx, UserStatus, WatchList,
};
use imtop::tui::{Colour, Model, Msg, Start, Theme, View, update, view};
use kit::observed;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

const SIZE: (u16, u16) = (120, 40);
const BATCH: u32 = 500;
const START: Moment = Moment { mono_ms: 1_000, unix_ms: 1_800_000_000_000 };

fn status(user: u32, round: u32) -> UserStatus {
    match (user + round) % 3 {
        0 => UserStatus::Offline,
        kind => UserStatus::Online(vec![Connection {
            platform: Platform(kind as i32),
            id: ConnId::new(&format!("{:032x}", u64::from(user) << 20 | u64::from(round))),
            background: kind == 2,
            token: None,
        }]),
    }
}

fn observation(batch: u32, now: Moment, changed: Vec<(UserIx, UserStatus)>) -> Input {
    Input::Observed(Observation { batch, ..observed(now, Ok(Answer::Changed(changed))) })
}

/// Somebody who looks at what is known.
struct Screen {
    fed: Fed,
    model: Model,
}

impl Screen {
    fn take(&mut self, now: Moment, input: Input) {
        let news = self.fed.take(now, input);
        update(&mut self.model, self.fed.shown(), Msg::Updated(news));
    }

    fn press(&mut self, now: Moment, keys: &str) {
        for c in keys.chars() {
            let news = self.fed.pass(now);
            update(&mut self.model, self.fed.shown(), Msg::Updated(news));
            update(&mut self.model, self.fed.shown(), Msg::Key(KeyEvent::from(KeyCode::Char(c))));
        }
        while self.model.is_unfinished() {
            update(&mut self.model, self.fed.shown(), Msg::Tick);
        }
    }

    fn draw(&self, theme: &Theme, buf: &mut Buffer) {
        buf.reset();
        view(View { model: &self.model, shown: self.fed.shown() }, theme, buf.area, buf);
    }
}

fn screen(users: u32) -> Screen {
    let entries = (0..users).map(|n| Entry::of(&format!("user{n:06}")));
    let list = Arc::new(WatchList::new(1, BATCH, entries));
    let roster = Roster::new(Arc::clone(&list), Freshness::for_interval(2_000), START);
    let about = About { name: "http://im.example:10002".into(), ..About::default() };
    let fed = Fed::live(about, State::new(roster, RuleSettings::default(), START));
    let model = Model::new(Start::new(SIZE), fed.shown());
    let mut screen = Screen { fed, model };
    for batch in 0..list.batches() {
        let all = list.batch(batch).map(|n| (UserIx(n), status(n, 0))).collect();
        screen.take(START, observation(batch, START, all));
    }
    screen.press(START, "jzR");
    screen
}

/// The one at this share of a sorted list.
fn nth(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

fn summed(mut times: Vec<f64>, what: &str) -> f64 {
    times.sort_by(f64::total_cmp);
    let [p25, p50, p75, p99] = [0.25, 0.5, 0.75, 0.99].map(|share| nth(&times, share));
    let most = times.last().copied().unwrap_or(f64::NAN);
    println!("{what:<52} median {p50:>8.1} us  quartiles {p25:.1}-{p75:.1}  p99 {p99:.1}  max {most:.1}");
    p50
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6
}

/// The list with everybody expanded and the overview, each with few and with many users, in turns.
fn frames() {
    const MANY: u32 = 1_000_000;
    let mut screens: Vec<_> = [300, 300, MANY, MANY].into_iter().map(screen).collect();
    for overview in [1, 3] {
        if let Some(screen) = screens.get_mut(overview) {
            screen.press(START, "5");
        }
    }
    let theme = Theme::new(Colour::Ansi16, false);
    let area = Rect { x: 0, y: 0, width: SIZE.0, height: SIZE.1 };
    let mut buf = Buffer::empty(area);
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..2_000 {
        for (screen, times) in screens.iter().zip(&mut times) {
            times.push(timed(|| screen.draw(&theme, &mut buf)));
        }
    }
    let names = [
        "list, 300 users, all expanded",
        "overview, 300 users",
        "list, 1,000,000 users, all expanded",
        "overview, 1,000,000 users",
    ];
    let mut medians =
        times.into_iter().zip(names).map(|(times, name)| summed(times, &format!("frame 120x40, {name}")));
    let [Some(list), Some(overview), Some(long_list), Some(long_overview)] =
        std::array::from_fn(|_| medians.next())
    else {
        return;
    };
    println!("list, many users / few           ratio {:.3} (to reach: <= 1.1)", long_list / list);
    println!("overview, many users / few       ratio {:.3} (to reach: <= 1.1)", long_overview / overview);
    println!("overview / list, 300 users       ratio {:.3}", overview / list);
    println!("overview / list, 1,000,000 users ratio {:.3} (to reach: <= 1)", long_overview / long_list);
}

/// Every round a hundredth of the users changes, spread over all batches; a key comes in between.
fn key_to_frame(order: &str) {
    let mut screen = screen(100_000);
    screen.press(START, order);
    let theme = Theme::new(Colour::Ansi16, false);
    let area = Rect { x: 0, y: 0, width: SIZE.0, height: SIZE.1 };
    let mut buf = Buffer::empty(area);
    let batches = screen.fed.session.state().roster().list().batches();
    let (mut keys, mut folds) = (Vec::new(), Vec::new());
    for round in 1..=10 {
        for batch in 0..batches {
            let now = START.plus(u64::from(round * 2_000 + batch * 9));
            let changed: Vec<_> = (batch * BATCH..(batch + 1) * BATCH)
                .filter(|n| (n + round) % 100 == 0)
                .map(|n| (UserIx(n), status(n, round)))
                .collect();
            let input = observation(batch, now, changed);
            let fold = timed(|| screen.take(now, input));
            let key = if batch % 2 == 0 { "j" } else { "k" };
            let drawn = timed(|| {
                screen.press(now, key);
                screen.draw(&theme, &mut buf);
            });
            folds.push(fold);
            keys.push(fold + drawn);
        }
    }
    let order = if order.is_empty() { "list order" } else { "problems first" };
    summed(folds, &format!("take one answer, {order}"));
    summed(keys, &format!("answer, key and frame, 100,000 users, {order}"));
}

fn main() {
    frames();
    key_to_frame("");
    key_to_frame("!");
}
