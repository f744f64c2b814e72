//! What a list of 1,000,000 users costs beside a short one: memory a user, time a user and round, a frame,
//! and the longest that a key waits while answers come in. The short list and the long one take turns in
//! one run; memory is counted by the allocator.
//!
//! `cargo bench --bench million`; `-- --users 10000000` for another long list.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints, and may end")]

#[path = "../tests/common/fed.rs"]
mod fed;
#[path = "../tests/common/kit.rs"]
mod kit;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fed::Fed;
use imtop::engine::About;
use imtop::openim::{DeltaDecoder, Keys, read_online_status};
use imtop::presence::{
    Answer, Entry, Freshness, Input, Moment, Observation, Question, Roster, RuleSettings, State, Thresholds,
    UserIx, WatchList, Witnesses,
};
use imtop::tui::{Colour, Effect, Model, Msg, Start, Theme, View, update, view};
use kit::observed;
use peak_alloc::PeakAlloc;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const BATCH: u32 = 500;
const SIZE: (u16, u16) = (120, 40);
const START: Moment = Moment { mono_ms: 1_000, unix_ms: 1_795_413_131_000 };
const HALF_AN_HOUR_MS: u64 = 31 * 60_000;

/// A watch list, what is known of it, and the memories of its batches.
struct Watched {
    fed: Fed,
    list: Arc<WatchList>,
    decoders: Vec<DeltaDecoder>,
    keys: Keys,
    /// Of 100 users so many have a connection.
    connected: u32,
    now: Moment,
}

impl Watched {
    fn new(users: u32, connected: u32) -> Watched {
        let entries = (0..users).map(|n| Entry::of(&format!("u{n:09}")));
        let list = Arc::new(WatchList::new(1, BATCH, entries));
        let roster = Roster::new(Arc::clone(&list), Freshness::FOR_EVER, START)
            .with_witnesses(Witnesses::to_be_asked(true, false), Thresholds::default());
        let fed = Fed::live(About::default(), State::new(roster, RuleSettings::default(), START));
        let decoders = (0..list.batches()).map(|_| DeltaDecoder::default()).collect();
        Watched { fed, list, decoders, keys: Keys::random(), connected, now: START }
    }

    /// The body of an answer; each hundredth user has another connection in each round, where some change.
    fn body(&self, batch: u32, round: u32) -> String {
        let mut body = String::from(r#"{"errCode":0,"errMsg":"","errDlt":"","data":["#);
        for user in self.list.batch(batch) {
            let comma = if user % BATCH == 0 { "" } else { "," };
            let id = self.list.raw_id(UserIx(user));
            if user % 100 >= self.connected {
                let _ = write!(body, r#"{comma}{{"userID":"{id}","status":0,"detailPlatformStatus":null}}"#);
                continue;
            }
            let claims = format!(r#"{{"UserID":"{id}","PlatformID":2,"exp":1803189131,"iat":1795413131}}"#);
            let claims = URL_SAFE_NO_PAD.encode(claims);
            let generation = if user % 100 == 0 { round } else { 0 };
            let _ = write!(
                body,
                r#"{comma}{{"userID":"{id}","status":1,"detailPlatformStatus":[{{"platformID":2,"connID":"{:032x}","isBackground":false,"token":"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{claims}.Jijdo1o838nh9FzhQ97axGIEURDlMSHR36TLoSmljCs"}}]}}"#,
                u64::from(user) << 16 | u64::from(generation),
            );
        }
        body.push_str("]}");
        body
    }

    /// Reads a body and hands on what it says.
    fn take(&mut self, batch: u32, body: &str) -> imtop::presence::Update {
        let decoder = &mut self.decoders[batch as usize];
        let read = read_online_status(body.as_bytes(), &self.list, batch, decoder, &self.keys);
        let (answer, _) = read.expect("an answer");
        self.fed.take(self.now, Input::Observed(Observation { batch, ..observed(self.now, Ok(answer)) }))
    }

    /// The registry agrees with the sockets about whom it has to be asked.
    fn registry(&mut self, users: &[UserIx]) {
        for users in users.chunks(500) {
            self.now = self.now.plus(250);
            let said = users.iter().map(|user| (*user, Box::default())).collect();
            let observation = Observation {
                question: Question::UsersStatus,
                users: users.into(),
                ..observed(self.now, Ok(Answer::Registry(said)))
            };
            self.fed.take(self.now, Input::Observed(observation));
        }
    }

    fn first_round(&mut self) {
        let mut asked = Vec::new();
        for batch in 0..self.list.batches() {
            self.now = self.now.plus(1);
            let body = self.body(batch, 0);
            asked.extend(self.take(batch, &body).doubts.begun);
        }
        self.registry(&asked);
        while self.fed.session.state().roster().unchecked() > 0 {
            self.pass(1_000);
        }
    }

    fn pass(&mut self, ms: u64) {
        self.now = self.now.plus(ms);
        self.fed.pass(self.now);
    }
}

fn nth(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    nth(&figures, 0.5)
}

fn memory(users: u32) {
    for (connected, goal) in [(0, 80), (45, 250)] {
        let before = HEAP.current_usage();
        let mut watched = Watched::new(users, connected);
        let listed = HEAP.current_usage() - before;
        watched.first_round();
        let round = HEAP.current_usage() - before;
        watched.pass(HALF_AN_HOUR_MS);
        let calm = HEAP.current_usage() - before;
        let each = |bytes: usize| bytes as f64 / f64::from(users);
        println!(
            "memory, {connected:>2} % connected: {:>5.0} bytes a user listed, {:>5.0} after the first round, {:>5.0} after a calm half hour (to reach: <= {goal})",
            each(listed),
            each(round),
            each(calm)
        );
    }
}

/// One round of the same batches of a short and of a long list, turn by turn.
fn rounds(few: &mut Watched, many: &mut Watched) {
    for (what, changes) in [("nothing changes", false), ("1 % changes", true)] {
        let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
        let batches = few.list.batches();
        let stride = many.list.batches() / batches;
        for round in 1..=10 {
            let spent = |watched: &mut Watched, stride: u32| {
                let mut spent = 0.0;
                for batch in 0..batches {
                    let batch = batch * stride;
                    let body = watched.body(batch, if changes { round } else { 0 });
                    watched.now = watched.now.plus(1);
                    spent += timed(|| drop(watched.take(batch, &body)));
                }
                spent / f64::from(batches * BATCH) * 1e3
            };
            of_few.push(spent(few, 1));
            of_many.push(spent(many, stride));
        }
        let ratio = median(of_many.iter().zip(&of_few).map(|(many, few)| many / few).collect());
        println!(
            "time a user and round, {what}: {:.0} ns at {}, {:.0} ns at {}; ratio {ratio:.2} (to reach: <= 1.2)",
            median(of_few),
            few.list.len(),
            median(of_many),
            many.list.len()
        );
    }
}

/// A screen on a list, as the live view has it.
struct Screen {
    model: Model,
    theme: Theme,
    buf: Buffer,
    wanted: Vec<Effect>,
}

impl Screen {
    fn on(watched: &Watched) -> Screen {
        let area = Rect { x: 0, y: 0, width: SIZE.0, height: SIZE.1 };
        Screen {
            model: Model::new(Start::new(SIZE), watched.fed.shown()),
            theme: Theme::new(Colour::Ansi16, false),
            buf: Buffer::empty(area),
            wanted: Vec::new(),
        }
    }

    fn send(&mut self, watched: &Watched, msg: Msg) {
        let effects = update(&mut self.model, watched.fed.shown(), msg);
        self.wanted.extend(effects.into_iter().filter(|effect| matches!(effect, Effect::Index(_))));
    }

    fn draw(&mut self, watched: &Watched) {
        self.buf.reset();
        let seen = View { model: &self.model, shown: watched.fed.shown() };
        view(seen, &self.theme, self.buf.area, &mut self.buf);
    }
}

fn frames(few: &Watched, many: &Watched) {
    let (mut short, mut long) = (Screen::on(few), Screen::on(many));
    let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
    for _ in 0..1_000 {
        of_few.push(timed(|| short.draw(few)));
        of_many.push(timed(|| long.draw(many)));
    }
    let (few_us, many_us) = (median(of_few), median(of_many));
    println!(
        "frame 120x40: {few_us:.0} us at {}, {many_us:.0} us at {}; ratio {:.2} (to reach: <= 1.1)",
        few.list.len(),
        many.list.len(),
        many_us / few_us
    );
}

/// What keys wait for on a long list, while each answer changes a hundredth of its users; what is worked
/// out beside the view does not count for them.
fn keys(many: &mut Watched) {
    let mut screen = Screen::on(many);
    let presses = ["/user", "/u0001", "<", "<", "<", ">", "I", "!", "!", "G", "g", "n", "M", "M", "w", "w"];
    let (mut waits, mut slices, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    let mut batch = 0;
    for (round, press) in (1..).zip(presses.iter().cycle().take(presses.len() * 6)) {
        for c in press.chars().chain(if press.starts_with('/') { "\n".chars() } else { "".chars() }) {
            let code = if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
            // The answer that is being taken when the key comes is waited for.
            let body = many.body(batch, round);
            many.now = many.now.plus(5);
            let answer = timed(|| {
                let update = many.take(batch, &body);
                screen.send(many, Msg::Updated(update));
            });
            batch = (batch + 1) % many.list.batches();
            let key = timed(|| {
                screen.send(many, Msg::Key(KeyEvent::from(code)));
                screen.draw(many);
            });
            waits.push(answer + key);
            if let Some(Effect::Index(index)) = screen.wanted.pop() {
                let list = Arc::clone(&many.list);
                let mut indexed = None;
                beside.push(timed(|| indexed = Some(index.of(&list))));
                slices.push(timed(|| screen.send(many, Msg::Indexed(list, indexed.expect("an index")))));
            }
            // One slice goes before the next key, as somebody who types fast has it.
            slices.push(timed(|| screen.send(many, Msg::Tick)));
        }
        while screen.model.is_unfinished() {
            slices.push(timed(|| screen.send(many, Msg::Tick)));
        }
    }
    for (what, mut times) in [
        ("an answer, a key and its frame", waits),
        ("a slice of putting in order", slices),
        ("an index, beside the view", beside),
    ] {
        times.sort_by(f64::total_cmp);
        let [p50, p99, most] = [0.5, 0.99, 1.0].map(|share| nth(&times, share) / 1e3);
        println!(
            "{what}, {} users: p50 {p50:.1} ms, p99 {p99:.1} ms, most {most:.1} ms (keys to reach: p99 <= 16 ms)",
            many.list.len()
        );
    }
}

fn main() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--users").skip(1);
    let users = arguments.next().and_then(|users| users.parse().ok()).unwrap_or(1_000_000);
    memory(users);
    let (mut few, mut many) = (Watched::new(10_000, 45), Watched::new(users, 45));
    few.first_round();
    many.first_round();
    rounds(&mut few, &mut many);
    let mut little = Watched::new(300, 45);
    little.first_round();
    // The same happened there: events have a place on the screen, too.
    for round in 1..=10 {
        let body = little.body(0, round);
        little.now = little.now.plus(1_000);
        drop(little.take(0, &body));
    }
    frames(&little, &many);
    keys(&mut many);
}
