//! What a frame costs with few and with many users, and what it takes from a key to its frame while
//! answers come in. One run, interleaved; medians, and how far the quartiles are from them.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::sync::Arc;
use std::time::Instant;

use imtop::app::{Model, Msg, Start, update};
use imtop::presence::{
    Answer, ConnId, Connection, Entry, Freshness, Input, Moment, Observation, Oddities, OperationId,
    Platform, Question, Roster, UserIx, UserStatus, WatchList,
};
use imtop::ui::{Colour, Theme, view};
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

fn observation(batch: u32, now: Moment, changed: Vec<(UserIx, UserStatus)>) -> Msg {
    Msg::Input(Input::Observed(Observation {
        question: Question::OnlineStatus,
        users: Arc::default(),
        generation: 1,
        batch,
        sent: now,
        received: now,
        operation_id: OperationId("bench".into()),
        server_date: None,
        wire_bytes: 0,
        oddities: Oddities::default(),
        hints: None,
        attempt: 0,
        next_ms: now.mono_ms + 2_000,
        answer: Ok(Answer::Changed(changed)),
    }))
}

fn model(users: u32) -> Model {
    let entries = (0..users).map(|n| Entry::of(&format!("user{n:06}")));
    let list = Arc::new(WatchList::new(1, BATCH, entries));
    let batches = list.batches();
    let roster = Roster::new(list, Freshness::for_interval(2_000), START);
    let mut model =
        Model::new(Start { server: "http://im.example:10002".into(), ..Start::new(roster, SIZE, START) });
    for batch in 0..batches {
        let range = model.live().list().batch(batch);
        update(
            &mut model,
            START,
            observation(batch, START, range.map(|n| (UserIx(n), status(n, 0))).collect()),
        );
    }
    press(&mut model, START, "jzR");
    model
}

fn press(model: &mut Model, now: Moment, keys: &str) {
    for c in keys.chars() {
        update(model, now, Msg::Key(KeyEvent::from(KeyCode::Char(c))));
    }
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

fn frames() {
    let (few, many) = (model(300), model(100_000));
    let theme = Theme::new(Colour::Ansi16, false);
    let area = Rect { x: 0, y: 0, width: SIZE.0, height: SIZE.1 };
    let mut buf = Buffer::empty(area);
    let mut draw = |model: &Model| {
        timed(|| {
            buf.reset();
            view(model, &theme, area, &mut buf);
        })
    };
    let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
    for _ in 0..2_000 {
        of_few.push(draw(&few));
        of_many.push(draw(&many));
    }
    let few = summed(of_few, "frame 120x40, 300 users, all expanded");
    let many = summed(of_many, "frame 120x40, 100,000 users, all expanded");
    println!("ratio {:.3} (to reach: <= 1.1)", many / few);
}

/// Every round a hundredth of the users changes, spread over all batches; a key comes in between.
fn key_to_frame(order: &str) {
    let mut model = model(100_000);
    press(&mut model, START, order);
    let theme = Theme::new(Colour::Ansi16, false);
    let area = Rect { x: 0, y: 0, width: SIZE.0, height: SIZE.1 };
    let mut buf = Buffer::empty(area);
    let batches = model.live().list().batches();
    let (mut keys, mut folds) = (Vec::new(), Vec::new());
    for round in 1..=10 {
        for batch in 0..batches {
            let now = START.plus(u64::from(round * 2_000 + batch * 9));
            let changed: Vec<_> = (batch * BATCH..(batch + 1) * BATCH)
                .filter(|n| (n + round) % 100 == 0)
                .map(|n| (UserIx(n), status(n, round)))
                .collect();
            let msg = observation(batch, now, changed);
            let fold = timed(|| _ = update(&mut model, now, msg));
            let key = if batch % 2 == 0 { "j" } else { "k" };
            let drawn = timed(|| {
                press(&mut model, now, key);
                buf.reset();
                view(&model, &theme, area, &mut buf);
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
