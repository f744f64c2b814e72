//! Makes the pictures of the README: a night of the simulated server, seen through the production
//! session, `update` and `view`, without a socket and on a clock that nobody waits for. The same program, the same bytes.
//!
//! `cargo run --example pictures` writes them to `assets/`; `cargo test` holds them to what is written there.

mod colours;
mod shapes;
mod svg;

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use imtop::engine::{About, Command, Ended, Recording, Session, Source, Told, Wait};
use imtop::listing::{Sort, SortColumn};
use imtop::openim::{DeltaDecoder, Keys, read_online_status};
use imtop::presence::{
    Answer, BodyLength, FetchError, Fingerprint, Freshness, Hints, Input, Inputs, Moment, Next, Observation,
    Oddities, OperationId, Question, Roster, RuleSettings, SessionToken, State, UserIx, UserStatus,
    WatchList, WireShape,
};
use imtop::recording::Head;
use imtop::simulator::{Answer as Answered, Api, Ask, Clock, Hand, Scenario};
use imtop::tui::{Colour, Effect, Model, Msg, Start, Theme, View, frame, update};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// When the night begins: a Monday, 05:50 UTC.
const START: i64 = 1_795_413_000_000;

/// The two faults of the scenario, which the server makes at the socket, of which there is none here: the
/// second hundred is refused for six seconds, the third gets no answer for ten.
const REFUSED: (u32, Range<u64>) = (1, 12_000..18_000);
const HUNG: (u32, Range<u64>) = (2, 25_000..35_000);

/// What those hear who are refused.
const REFUSAL: &[u8] = br#"{"errCode":500,"errMsg":"ServerInternalError","errDlt":""}"#;

/// How long a question may wait for a gateway that hangs before it is looked at again.
const LOOK_AGAIN_MS: u64 = 100;

type Made<T> = Result<T, Box<dyn Error>>;

/// One picture: its file, columns and rows, how many seconds of the night were watched, and the keys that
/// were pressed then.
struct Picture {
    file: &'static str,
    size: (u16, u16),
    after_s: u64,
    keys: &'static str,
}

/// In the order of their times: one night is enough for all.
const PICTURES: [Picture; 5] = [
    Picture { file: "users.svg", size: (110, 30), after_s: 38, keys: "gjjl" },
    Picture { file: "findings.svg", size: (110, 30), after_s: 48, keys: "3" },
    Picture { file: "overview.svg", size: (110, 34), after_s: 100, keys: "5" },
    Picture { file: "past.svg", size: (110, 30), after_s: 130, keys: "{{{" },
    Picture { file: "server.svg", size: (130, 34), after_s: 1_770, keys: "4" },
];

fn main() -> Made<()> {
    let folder = assets();
    for (file, svg) in pictures()? {
        fs::write(folder.join(file), svg)?;
    }
    Ok(())
}

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets")
}

/// All pictures with their files' names.
fn pictures() -> Made<Vec<(&'static str, Vec<u8>)>> {
    let mut watch = Watch::begin()?;
    let mut made = Vec::new();
    for picture in &PICTURES {
        watch.until(picture.after_s * 1_000)?;
        made.push((picture.file, watch.taken(picture)?));
    }
    Ok(made)
}

/// Somebody who watches the simulated server.
struct Watch {
    session: Session,
    model: Model,
    /// The time, on the monotonic clock: what comes in later is not seen yet.
    now_ms: Arc<AtomicU64>,
}

/// The simulated server, asked whenever it is time.
struct Night {
    now_ms: Arc<AtomicU64>,
    list: Arc<WatchList>,
    api: Api,
    hand: Hand,
    token: String,
    keys: Keys,
    batches: Vec<Batch>,
    interval_ms: u64,
    timeout_ms: u64,
    /// The next answer.
    next: Option<Observation>,
    /// When the last one came.
    last_ms: u64,
    /// Draws how long answers take.
    random: Rng,
    /// Stand-ins for fingerprints, which are new in each run.
    fingerprints: HashMap<Fingerprint, Fingerprint>,
    numbers: Rng,
    questions: u32,
}

/// Users who are asked about together.
struct Batch {
    sieve: DeltaDecoder,
    /// When to ask, or to look again whether there is an answer.
    due_ms: u64,
    /// Since when an answer is awaited.
    sent_ms: Option<u64>,
    /// Failures in a row.
    attempt: u32,
}

fn at(mono_ms: u64) -> Moment {
    Moment { mono_ms, unix_ms: START + mono_ms as i64 }
}

impl Watch {
    fn begin() -> Made<Watch> {
        let scenario = Scenario::named("night")?;
        let interval_ms = scenario.poll_interval().as_millis() as u64;
        let list = Arc::new(WatchList::new(1, scenario.poll_batch() as u32, scenario.watch_list()));
        let roster = Roster::new(Arc::clone(&list), Freshness::for_interval(interval_ms), at(0));
        let state = State::new(roster, RuleSettings::default(), at(0));
        let now_ms = Arc::<AtomicU64>::default();
        let announcement = Some(scenario.announcement());
        let night = Night::begin(scenario, list, Arc::clone(&now_ms));
        let about = About { name: "demo".to_owned(), scenario: announcement, ..About::default() };
        let head = Head { interval_ms, ..Head::default() };
        let recording = Recording { head, ..Recording::default() };
        let session = Session::new(about, state, Box::new(night), recording, true);
        let sort = Some(Sort { column: SortColumn::Problems, inverted: false });
        let model = Model::new(Start { sort, ..Start::new((110, 30)) }, session.shown());
        Ok(Watch { session, model, now_ms })
    }

    /// Takes what comes in up to so many milliseconds after the beginning.
    fn until(&mut self, end_ms: u64) -> Made<()> {
        self.now_ms.store(end_ms, Ordering::Relaxed);
        while let Some(news) = self.session.ready() {
            update(&mut self.model, self.session.shown(), Msg::Updated(news));
        }
        if let Some(Ended::Unreadable(why)) = self.session.ended() {
            return Err(why.clone().into());
        }
        let news = self.session.pass();
        update(&mut self.model, self.session.shown(), Msg::Updated(news));
        Ok(())
    }

    /// The picture of now after some keys; whoever watches goes on as if none were pressed.
    fn taken(&mut self, picture: &Picture) -> Made<Vec<u8>> {
        let (width, height) = picture.size;
        let mut model = self.model.clone();
        update(&mut model, self.session.shown(), Msg::Resize(width, height));
        for key in picture.keys.chars() {
            let pressed = Msg::Key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE));
            for effect in update(&mut model, self.session.shown(), pressed) {
                if let Effect::Command(command) = effect {
                    let news = self.session.command(&command);
                    update(&mut model, self.session.shown(), Msg::Updated(news));
                }
            }
        }
        let seen = View { model: &model, shown: self.session.shown() };
        let frame = frame(seen, &Theme::new(Colour::Ansi256, false));
        self.session.command(&Command::Release);
        let mut svg = Vec::new();
        svg::write(&frame, &mut svg)?;
        Ok(svg)
    }
}

impl Night {
    fn begin(scenario: Scenario, list: Arc<WatchList>, now_ms: Arc<AtomicU64>) -> Night {
        let interval_ms = scenario.poll_interval().as_millis() as u64;
        let timeout_ms = scenario.poll_timeout().as_millis() as u64;
        let number = u64::from(list.batches());
        let batch = |place| Batch {
            sieve: DeltaDecoder::default(),
            due_ms: place * interval_ms / number,
            sent_ms: None,
            attempt: 0,
        };
        let (clock, hand) = Clock::by_hand(START);
        let api = Api::new(scenario, clock);
        let token = api.admin_token();
        Night {
            now_ms,
            list,
            api,
            hand,
            token,
            keys: Keys::random(),
            batches: (0..number).map(batch).collect(),
            interval_ms,
            timeout_ms,
            next: None,
            last_ms: 0,
            random: Rng::with_seed(7),
            fingerprints: HashMap::new(),
            numbers: Rng::with_seed(8),
            questions: 0,
        }
    }

    /// Asks about a batch, or looks again whether there is an answer.
    fn ask(&mut self, number: u32, now_ms: u64) -> Made<()> {
        self.hand.set(at(now_ms).unix_ms);
        let list = Arc::clone(&self.list);
        let ids: Vec<&str> = list.batch(number).map(|user| list.raw_id(UserIx(user))).collect();
        let question = serde_json::to_vec(&serde_json::json!({ "userIDs": ids }))?;
        let reply = match self.api.answer(&Ask {
            post: true,
            path: "/user/get_users_online_status",
            operation_id: Some("pictures"),
            token: Some(&self.token),
            body: &question,
        }) {
            Answered::Reply(reply) => Some(reply.body),
            Answered::Wait => None,
        };
        let took_ms =
            8 + self.random.u64(0..18) + if self.random.u8(..) < 8 { self.random.u64(20..120) } else { 0 };
        let Some(batch) = self.batches.get_mut(number as usize) else { return Ok(()) };
        let sent_ms = *batch.sent_ms.get_or_insert(now_ms);
        let gave_up_ms = sent_ms + self.timeout_ms;
        let meets = |fault: &(u32, Range<u64>)| fault.0 == number && fault.1.contains(&sent_ms);
        let reply = match reply {
            Some(_) if meets(&REFUSED) => Some(REFUSAL.into()),
            Some(_) if meets(&HUNG) => None,
            other => other,
        };
        let (received_ms, answer, hints, oddities, wire_bytes) = match reply {
            Some(reply) => {
                let read = read_online_status(&reply, &list, number, &mut batch.sieve, &self.keys);
                let length = reply.len() as u64;
                let body = BodyLength { gzip: false, wire: length, unpacked: Some(length) };
                let hints = Hints { shape: Some(WireShape::Numbers), body: Some(body), ..Hints::default() };
                let (mut answer, oddities) = match read {
                    Ok((answer, oddities)) => (Ok(answer), oddities),
                    Err(error) => (Err(error), Oddities::default()),
                };
                if let Ok(Answer::Changed(changed)) = &mut answer {
                    settle(changed, &mut self.fingerprints, &mut self.numbers);
                }
                (now_ms + took_ms, answer, Some(Arc::new(hints)), oddities, length)
            }
            None if now_ms < gave_up_ms => {
                batch.due_ms = (now_ms + LOOK_AGAIN_MS).min(gave_up_ms);
                return Ok(());
            }
            None => {
                let error = FetchError::Timeout { after_ms: self.timeout_ms };
                (now_ms, Err(error), None, Oddities::default(), 0)
            }
        };
        batch.sent_ms = None;
        batch.attempt = if answer.is_ok() { 0 } else { batch.attempt + 1 };
        batch.due_ms = (sent_ms + self.interval_ms).max(received_ms);
        self.questions += 1;
        // Answers are taken in the order in which they came.
        self.last_ms = self.last_ms.max(received_ms);
        self.next = Some(Observation {
            question: Question::OnlineStatus,
            users: Arc::default(),
            generation: list.generation(),
            batch: number,
            sent: at(sent_ms),
            received: at(self.last_ms),
            operation_id: OperationId(format!("imtop-{}", self.questions).into()),
            server_date: (wire_bytes > 0).then(|| self.api.server_time_ms() / 1_000),
            wire_bytes,
            oddities,
            hints,
            attempt: batch.attempt,
            next_ms: batch.due_ms,
            answer,
        });
        Ok(())
    }
}

impl Inputs for Night {
    type Error = Ended;

    fn next_at(&mut self) -> Result<Option<u64>, Ended> {
        while self.next.is_none() {
            let due = (0..).zip(&self.batches).map(|(batch, it)| (it.due_ms, batch)).min();
            let Some((due_ms, batch)) = due.filter(|(due_ms, _)| *due_ms <= self.until_ms()) else { break };
            self.ask(batch, due_ms).map_err(|error| Ended::Unreadable(error.to_string()))?;
        }
        Ok(self.next.as_ref().map(|next| next.received.mono_ms))
    }

    fn pop(&mut self) -> Option<(Moment, Next)> {
        self.next.take().map(|next| (next.received, Next::Input(Input::Observed(next))))
    }
}

impl Source for Night {
    fn now(&self) -> Moment {
        at(self.now_ms.load(Ordering::Relaxed))
    }

    fn wait(&mut self, _change_ms: Option<u64>) -> Wait<'_> {
        Box::pin(std::future::pending())
    }

    fn told(&mut self) -> Option<Told> {
        None
    }

    fn settled(&mut self, _state: &mut State) -> Option<Ended> {
        None
    }

    fn command(&mut self, _command: &Command, _state: &State) {}
}

/// Puts in the place of each fingerprint one that is the same in every run.
fn settle(
    changed: &mut [(UserIx, UserStatus)],
    known: &mut HashMap<Fingerprint, Fingerprint>,
    numbers: &mut Rng,
) {
    for (_, status) in changed {
        let UserStatus::Online(connections) = status else { continue };
        for token in connections.iter_mut().filter_map(|connection| connection.token.as_mut()) {
            let known = *known.entry(token.fingerprint).or_insert_with(|| Fingerprint(numbers.u128(..)));
            *token = SessionToken::new(known, token.claims.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pictures_are_those_of_the_program() {
        for (file, svg) in pictures().unwrap() {
            let written = fs::read(assets().join(file)).unwrap();
            assert!(
                svg == written,
                "assets/{file} is not what the program shows: cargo run --example pictures"
            );
        }
    }
}
