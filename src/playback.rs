//! Plays a recording for the live view: its clock, what comes in when, and the way to any of its moments.
//!
//! The recording is read through once on a thread of its own, for landmarks and for what was known at
//! some of its keyframes; from the nearest of these any moment is reached by reading on. What was known
//! there is the same as if it had been played up to there.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::app::{Arrival, Msg, Playing};
use crate::feed::Now;
use crate::presence::{Chronicle, Input, Landmarks, Moment};
use crate::recording::{Head, Next, Place, Player, RecordingError};

/// Speeds that `+` and `-` walk through.
const SPEEDS: [f64; 12] = [0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 1_000.0];
/// Bytes that what was known at keyframes may take, about.
const ROOM: usize = 128 << 20;
/// So many are kept, if there is room for them.
const KEPT: usize = 32;
/// How often whoever watches hears how far the reading is.
const TOLD: Duration = Duration::from_millis(150);
/// For at most this long inputs are read before keys get their turn.
const FOLD: Duration = Duration::from_millis(4);
/// So many inputs are read at once.
const MANY: usize = 512;
/// So many steps on the way to a moment are taken between two looks whether it is still wished for.
const STEPS: usize = 256;

/// A clock that shows the time of a recording.
#[derive(Debug)]
pub struct PlayClock(Mutex<Hands>);

#[derive(Clone, Copy, Debug)]
struct Hands {
    /// It showed this...
    base: Moment,
    /// ...then.
    since: Instant,
    speed: f64,
    runs: bool,
    /// What comes next is known of then: it shows nothing later before that was taken.
    barrier: Moment,
    end: Moment,
}

impl PlayClock {
    fn new(begin: Moment, end: Moment, speed: f64) -> PlayClock {
        let hands = Hands { base: begin, since: Instant::now(), speed, runs: true, barrier: begin, end };
        PlayClock(Mutex::new(hands))
    }

    fn hands(&self) -> std::sync::MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time of the recording.
    pub fn now(&self) -> Moment {
        let hands = self.hands();
        let now = hands.now();
        if now.mono_ms > hands.barrier.mono_ms { hands.barrier.max(hands.base) } else { now }
    }

    /// When it shows this moment; `None` while it stands still.
    fn when(&self, mono_ms: u64) -> Option<Instant> {
        let hands = self.hands();
        let ahead = mono_ms.saturating_sub(hands.now().mono_ms) as f64 / hands.speed;
        hands.runs.then(|| Instant::now() + Duration::from_millis(ahead.min(1e12).ceil() as u64))
    }

    /// Changes it, from where it stands.
    fn set(&self, change: impl FnOnce(&mut Hands)) {
        let now = self.now();
        let mut hands = self.hands();
        (hands.base, hands.since) = (now, Instant::now());
        change(&mut hands);
    }

    /// From now on it shows the date that the recorded clock showed here: somebody may have set that.
    fn follow(&self, at: Moment) {
        let mut hands = self.hands();
        hands.base.unix_ms = at.unix_ms_at(hands.base.mono_ms);
    }

    /// Nothing is known of later than this, until it is taken; at the end of the recording that.
    fn wait_for(&self, next: Option<u64>) {
        let mut hands = self.hands();
        hands.barrier = match next {
            Some(mono_ms) => Moment { mono_ms, unix_ms: hands.base.unix_ms_at(mono_ms) },
            None => hands.end,
        };
    }
}

impl Hands {
    fn now(&self) -> Moment {
        if !self.runs {
            return self.base;
        }
        let passed = (self.since.elapsed().as_millis() as f64 * self.speed) as u64;
        let left = self.end.mono_ms.saturating_sub(self.base.mono_ms);
        self.base.plus(passed.min(left))
    }
}

/// What was known at a keyframe.
#[derive(Debug)]
struct Kept {
    at_ms: u64,
    place: Place,
    chronicle: Chronicle,
}

/// What the reading through has found.
#[derive(Debug)]
pub struct Found {
    landmarks: Arc<Landmarks>,
    read: u8,
    /// Why it ended early.
    failed: Option<String>,
}

/// Something that comes in from a recording.
#[derive(Debug)]
pub enum Incoming {
    /// It is time for what comes next.
    Due,
    /// The reading through has found more.
    Found(Found),
    /// The moment that was wished for is reached.
    Arrived(Box<Result<Reached, String>>),
}

/// A moment that was wished for.
pub struct Reached {
    player: Player,
    chronicle: Chronicle,
    at: Moment,
}

impl std::fmt::Debug for Reached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reached({:?})", self.at)
    }
}

/// A recording that is played.
pub struct Playback {
    path: PathBuf,
    head: Head,
    begin: Moment,
    /// Reads on from where it is played; `None` while it is on its way to another moment.
    player: Option<Player>,
    clock: Arc<PlayClock>,
    found: mpsc::Receiver<Found>,
    kept: Arc<Mutex<Vec<Kept>>>,
    landmarks: Arc<Landmarks>,
    read: u8,
    way: Option<Way>,
    /// Ends the reading through.
    over: Arc<AtomicBool>,
}

/// On the way to another moment.
struct Way {
    reached: JoinHandle<Result<Reached, String>>,
    given_up: Arc<AtomicBool>,
}

impl Drop for Playback {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.give_up();
    }
}

impl Playback {
    /// Opens a recording, to be played at this speed from its beginning; gives what was known there.
    /// To be called within a tokio runtime.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(path: &Path, speed: f64) -> Result<(Playback, Chronicle), RecordingError> {
        let (player, chronicle) = Player::open(path)?;
        let begin = chronicle.now();
        let end = player.recording().ends()?.max(begin);
        let (found_more, found) = mpsc::channel(4);
        let (kept, over) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let reading =
            Reading { path: path.to_owned(), end, kept: Arc::clone(&kept), over: Arc::clone(&over) };
        let _ =
            std::thread::Builder::new().name("landmarks".to_owned()).spawn(move || reading.run(&found_more));
        let playback = Playback {
            path: path.to_owned(),
            head: player.recording().head().clone(),
            begin,
            player: Some(player),
            clock: Arc::new(PlayClock::new(begin, end, speed)),
            found,
            kept,
            landmarks: Arc::default(),
            read: 0,
            way: None,
            over,
        };
        Ok((playback, chronicle))
    }

    /// A clock that shows the time of the recording.
    pub fn clock(&self) -> Now {
        let clock = Arc::clone(&self.clock);
        Arc::new(move || clock.now())
    }

    /// What it is a recording of.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// How it is played.
    pub fn playing(&self) -> Playing {
        let hands = self.clock.hands();
        Playing {
            begin: self.begin,
            end: hands.end,
            speed: hands.speed,
            runs: hands.runs && self.way.is_none(),
            read: self.read,
            landmarks: Arc::clone(&self.landmarks),
        }
    }

    /// Waits for what comes in next. Nothing is lost when this is given up while it waits.
    pub async fn next(&mut self) -> Incoming {
        let due = match &mut self.player {
            Some(player) => match player.next_at() {
                Ok(next) => {
                    self.clock.wait_for(next);
                    self.clock.when(next.unwrap_or(self.clock.end_ms()))
                }
                Err(_) => self.clock.when(0), // said when it is taken
            },
            None => None,
        };
        tokio::select! {
            biased;
            reached = or_never(self.way.as_mut()) => {
                self.way = None;
                Incoming::Arrived(Box::new(reached))
            }
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => Incoming::Due,
            Some(found) = self.found.recv() => Incoming::Found(found),
            else => std::future::pending().await,
        }
    }

    /// What follows from it, each at its moment; `known` is what is known now.
    pub fn take(&mut self, incoming: Incoming, known: &Chronicle) -> Vec<(Moment, Msg)> {
        match incoming {
            Incoming::Found(found) => {
                (self.landmarks, self.read) = (found.landmarks, found.read);
                let now = self.clock.now();
                let failed = found.failed.map(|why| (now, Msg::Told(why)));
                std::iter::once((now, Msg::Playing(self.playing()))).chain(failed).collect()
            }
            Incoming::Arrived(reached) => match *reached {
                Ok(Reached { player, chronicle, at }) => {
                    self.player = Some(player);
                    self.clock.set(|hands| hands.base = at);
                    let arrival = Arrival { chronicle, at, oldest: self.begin };
                    vec![(at, Msg::Arrived(Box::new(arrival))), (at, Msg::Playing(self.playing()))]
                }
                Err(why) => self.stop(why),
            },
            Incoming::Due => self.due(known).unwrap_or_else(|error| self.stop(error.to_string())),
        }
    }

    /// Stands still, as nothing more can be read.
    fn stop(&mut self, why: String) -> Vec<(Moment, Msg)> {
        self.clock.set(|hands| hands.runs = false);
        let now = self.clock.now();
        vec![(now, Msg::Playing(self.playing())), (now, Msg::Told(why))]
    }

    /// Everything that is known of by now.
    fn due(&mut self, known: &Chronicle) -> Result<Vec<(Moment, Msg)>, RecordingError> {
        let Some(player) = &mut self.player else { return Ok(Vec::new()) };
        let (began, now) = (Instant::now(), self.clock.hands().now());
        let mut msgs = Vec::new();
        while msgs.len() < MANY && began.elapsed() < FOLD {
            let Some((at, next)) = player.take_next(now.mono_ms)? else { break };
            match next {
                Next::Input(input) => {
                    let seen = match &input {
                        Input::Observed(observation) if observation.received.mono_ms < at.mono_ms => {
                            msgs.push((at, Msg::Tick)); // time had passed on when it was taken
                            at
                        }
                        Input::Observed(observation) => observation.received,
                        _ => at,
                    };
                    self.clock.follow(seen);
                    msgs.push((seen, Msg::Input(input)));
                }
                Next::Resume(then, why) => {
                    let mut chronicle = known.clone();
                    for (at, msg) in &msgs {
                        match msg {
                            Msg::Input(input) => chronicle.take(*at, input),
                            _ => chronicle.advance(*at),
                        };
                    }
                    let unix_ms = chronicle.now().unix_ms_at(at.mono_ms);
                    chronicle.advance(Moment { unix_ms, ..at });
                    chronicle.resume(then.roster, then.interval_ms, at);
                    let arrival = Arrival { chronicle, at, oldest: self.begin };
                    msgs.push((at, Msg::Arrived(Box::new(arrival))));
                    msgs.push((at, Msg::Input(Input::Notice(why))));
                    break; // what is known is another from here on
                }
            }
        }
        self.clock.wait_for(player.next_at()?);
        let is_over = player.next_at()?.is_none() && now.mono_ms >= self.clock.hands().end.mono_ms;
        if is_over && self.clock.hands().runs {
            self.clock.set(|hands| hands.runs = false);
            msgs.push((now, Msg::Tick));
            msgs.push((now, Msg::Playing(self.playing())));
            msgs.push((now, Msg::Told("the recording ends here; [ and { lead back".to_owned())));
        }
        Ok(msgs)
    }

    /// Plays, or stands still, or the other of both.
    pub fn play(&mut self, runs: Option<bool>) -> Vec<(Moment, Msg)> {
        let hands = *self.clock.hands();
        let runs = runs.unwrap_or(!hands.runs);
        let now = self.clock.now();
        if runs && now.mono_ms >= hands.end.mono_ms && self.way.is_none() {
            let words = "the recording ends here; [ and { lead back, :at +0s to its beginning";
            return vec![(now, Msg::Told(words.to_owned()))];
        }
        self.clock.set(|hands| hands.runs = runs);
        vec![(now, Msg::Playing(self.playing()))]
    }

    /// Plays faster, or slower.
    pub fn speed(&mut self, faster: bool) -> Vec<(Moment, Msg)> {
        let speed = self.clock.hands().speed;
        let next = if faster {
            SPEEDS.into_iter().find(|other| *other > speed)
        } else {
            SPEEDS.into_iter().rev().find(|other| *other < speed)
        };
        let speed = next.unwrap_or(speed);
        self.clock.set(|hands| hands.speed = speed);
        let now = self.clock.now();
        vec![(now, Msg::Playing(self.playing())), (now, Msg::Told(format!("{speed} times as fast")))]
    }

    /// Sets out for a moment, and stands still there; `known` is what is known now.
    pub fn travel(&mut self, target_ms: u64, known: &Chronicle) -> Vec<(Moment, Msg)> {
        self.clock.set(|hands| hands.runs = false);
        let was_on_its_way = self.way.is_some();
        self.give_up();
        let target_ms = target_ms.min(self.clock.hands().end.mono_ms);
        let kept = {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let nearest = kept.iter().rev().find(|kept| kept.at_ms <= target_ms);
            nearest.map(|kept| (kept.place, kept.chronicle.clone()))
        };
        // Reading on from here is as good, if it is not further back.
        let here = known.now().mono_ms;
        let is_near = here <= target_ms && kept.as_ref().is_none_or(|(_, kept)| kept.now().mono_ms <= here);
        let own = self.player.take().filter(|_| is_near && !was_on_its_way);
        let start = match own {
            Some(player) => Start::Here(Box::new((player, known.clone()))),
            None => match kept {
                Some((place, chronicle)) => Start::Kept(place, Box::new(chronicle)),
                None => Start::Beginning,
            },
        };
        let given_up = Arc::new(AtomicBool::new(false));
        let (path, is_over) = (self.path.clone(), Arc::clone(&given_up));
        let reached = tokio::task::spawn_blocking(move || {
            reach(&path, start, target_ms, &is_over).map_err(|it| it.to_string())
        });
        self.way = Some(Way { reached, given_up });
        vec![(self.clock.now(), Msg::Playing(self.playing()))]
    }

    fn give_up(&mut self) {
        if let Some(way) = self.way.take() {
            way.given_up.store(true, Ordering::Relaxed);
        }
    }
}

impl PlayClock {
    fn end_ms(&self) -> u64 {
        self.hands().end.mono_ms
    }
}

/// From where a moment is reached.
enum Start {
    /// From where it is played.
    Here(Box<(Player, Chronicle)>),
    /// From what was known at a keyframe.
    Kept(Place, Box<Chronicle>),
    /// From the beginning.
    Beginning,
}

/// Reads on to a moment.
fn reach(
    path: &Path,
    start: Start,
    target_ms: u64,
    given_up: &AtomicBool,
) -> Result<Reached, RecordingError> {
    let (mut player, mut chronicle) = match start {
        Start::Here(here) => *here,
        Start::Kept(place, chronicle) => (Player::open_at(path, place)?, *chronicle),
        Start::Beginning => Player::open(path)?,
    };
    while !given_up.load(Ordering::Relaxed) {
        for _ in 0..STEPS {
            if player.step(&mut chronicle, target_ms)?.is_none() {
                // What the end of the recording says may be lost: time passes all the same.
                let clock = chronicle.now();
                let at = Moment { mono_ms: target_ms, unix_ms: clock.unix_ms_at(target_ms) }.max(clock);
                chronicle.advance(at);
                return Ok(Reached { player, chronicle, at });
            }
        }
    }
    let at = chronicle.now();
    Ok(Reached { player, chronicle, at })
}

/// Reads a recording through.
struct Reading {
    path: PathBuf,
    end: Moment,
    kept: Arc<Mutex<Vec<Kept>>>,
    over: Arc<AtomicBool>,
}

impl Reading {
    fn run(self, found: &mpsc::Sender<Found>) {
        let mut landmarks = Landmarks::default();
        let failed = self.read(&mut landmarks, found).err().map(|error| error.to_string());
        let _ = found.blocking_send(Found { landmarks: Arc::new(landmarks), read: 100, failed });
    }

    fn read(&self, landmarks: &mut Landmarks, found: &mpsc::Sender<Found>) -> Result<(), RecordingError> {
        let (mut player, mut chronicle) = Player::open(&self.path)?;
        let begin = chronicle.now();
        let (mut place, mut told) = (player.place(), Instant::now());
        let mut apart_ms = 0;
        while !self.over.load(Ordering::Relaxed) {
            player.next_at()?;
            // What is known before a part that is missing is not what is known at the keyframe after it.
            if player.place() != place && !player.resumes() {
                place = player.place();
                apart_ms = self.keep(place, &chronicle, apart_ms);
            }
            let Some(played) = player.step(&mut chronicle, u64::MAX)? else { return Ok(()) };
            landmarks.note(played.input.as_ref(), &played.news, &chronicle);
            if told.elapsed() >= TOLD {
                told = Instant::now();
                let read = chronicle.now().since(begin) * 100 / self.end.since(begin).max(1);
                let landmarks = Arc::new(landmarks.clone());
                let _ = found.try_send(Found { landmarks, read: read.min(99) as u8, failed: None });
            }
        }
        Ok(())
    }

    /// Keeps what is known at a keyframe, if the last that is kept is far enough away.
    fn keep(&self, place: Place, chronicle: &Chronicle, apart_ms: u64) -> u64 {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at_ms = chronicle.now().mono_ms;
        if kept.last().is_some_and(|last| at_ms < last.at_ms + apart_ms.max(1)) {
            return apart_ms;
        }
        kept.push(Kept { at_ms, place, chronicle: chronicle.clone() });
        // So far apart they have hardly an event in common.
        let weight = chronicle.weight() + chronicle.timeline().weight();
        let most = (ROOM / weight.max(1)).clamp(2, KEPT);
        if kept.len() <= most {
            return apart_ms;
        }
        let mut odd = false;
        kept.retain(|_| {
            odd = !odd;
            odd
        });
        let ends = kept.first().zip(kept.last()).map_or(0, |(first, last)| last.at_ms - first.at_ms);
        ends / (kept.len().max(2) as u64 - 1)
    }
}

async fn or_never(way: Option<&mut Way>) -> Result<Reached, String> {
    match way {
        Some(way) => match (&mut way.reached).await {
            Ok(reached) => reached,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => std::future::pending().await,
            },
        },
        None => std::future::pending().await,
    }
}
