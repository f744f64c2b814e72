//! The recording as a source: played by a clock of its own, or read on at once, and the way to any of its
//! moments.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::index::{Found, Kept, Reading};
use super::markers::Markers;
use super::play_clock::PlayClock;
use super::source::{Command, Ended, Source, Told, Wait};
use crate::presence::{AlertRule, Alerts, Input, Inputs, Moment, Next, State, Unread};
use crate::recording::{Head, Place, Player, RecordingError};

/// Speeds that `+` and `-` walk through.
const SPEEDS: [f64; 12] = [0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 1_000.0];
/// So many steps on the way to a moment are taken between two looks whether it is still asked for.
const STEPS: usize = 256;

/// How a recording is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Playing {
    /// When it begins.
    pub begin: Moment,
    /// When it ends.
    pub end: Moment,
    /// A multiple of the time that it took.
    pub speed: f64,
    /// Whether it is played; otherwise it stands still.
    pub runs: bool,
    /// How much of it was looked through for markers, in percent.
    pub read: u8,
    /// The moment that it is on the way to, on the monotonic clock.
    pub bound_for: Option<u64>,
}

/// A recording.
pub struct Replay {
    path: PathBuf,
    head: Head,
    /// Of which it is told when they would have fired.
    alerts: Arc<[AlertRule]>,
    /// Reads on from where it is; `None` while it is on its way to another moment.
    player: Option<Player>,
    /// How it is played; `None` where it is read at once.
    play: Option<Play>,
    /// It is read up to here, on the monotonic clock, where it is read at once.
    until_ms: u64,
    /// Where it is, on its own clock.
    at: Moment,
    told: VecDeque<Told>,
}

/// What it takes to play a recording.
struct Play {
    begin: Moment,
    clock: PlayClock,
    found: mpsc::Receiver<Found>,
    kept: Arc<Mutex<Vec<Kept>>>,
    markers: Arc<Markers>,
    /// What cannot be read before its beginning and after its end.
    unread: Unread,
    read: u8,
    way: Option<Way>,
    /// Ends the reading through.
    over: Arc<AtomicBool>,
}

/// On the way to another moment.
struct Way {
    target_ms: u64,
    reached: JoinHandle<Result<Reached, String>>,
    given_up: Arc<AtomicBool>,
}

/// A moment that was asked for.
struct Reached {
    player: Player,
    state: State,
    at: Moment,
}

impl Way {
    fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }
}

impl Drop for Play {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(way) = self.way.take() {
            way.give_up();
        }
    }
}

impl Replay {
    /// Opens a recording that is read at once, up to `until_ms` on its monotonic clock or to its end;
    /// gives what was known at its beginning.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(player: Player, at: Moment, until_ms: u64) -> Replay {
        let head = player.recording().head().clone();
        Replay {
            path: PathBuf::new(),
            head,
            alerts: Arc::default(),
            player: Some(player),
            play: None,
            until_ms,
            at,
            told: VecDeque::new(),
        }
    }

    /// Opens a recording that is played, at this speed from its beginning; gives what was known there. It is told when
    /// `alerts` would have fired.
    /// To be called within a tokio runtime.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn play(
        path: &Path,
        speed: f64,
        alerts: Arc<[AlertRule]>,
    ) -> Result<(Replay, State), RecordingError> {
        let (player, state) = open(path, &alerts)?;
        let begin = state.now();
        let end = player.recording().ends()?.max(begin);
        let (found_more, found) = mpsc::channel(4);
        let (kept, over) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let reading = Reading {
            path: path.to_owned(),
            end,
            alerts: Arc::clone(&alerts),
            kept: Arc::clone(&kept),
            over: Arc::clone(&over),
        };
        let _ =
            std::thread::Builder::new().name("markers".to_owned()).spawn(move || reading.run(&found_more));
        let play = Play {
            begin,
            clock: PlayClock::new(begin, end, speed),
            found,
            kept,
            markers: Arc::default(),
            unread: Unread { before: player.recording().unread_before(), after: None },
            read: 0,
            way: None,
            over,
        };
        let replay = Replay {
            path: path.to_owned(),
            head: player.recording().head().clone(),
            alerts,
            player: Some(player),
            play: Some(play),
            until_ms: 0,
            at: begin,
            told: VecDeque::new(),
        };
        Ok((replay, state))
    }

    /// What it is a recording of.
    pub fn head(&self) -> &Head {
        &self.head
    }

    fn say(&mut self, words: impl Into<String>) {
        self.told.push_back(Told::Said(words.into()));
    }

    /// Stands still, as nothing more can be read.
    fn stop(&mut self, why: String) {
        if let Some(play) = &self.play {
            play.clock.set(|hands| hands.runs = false);
        }
        self.told.push_back(Told::Changed);
        self.say(why);
    }

    /// Plays on, or stands still.
    fn run(&mut self, runs: bool) {
        let Some(play) = &self.play else { return };
        let hands = *play.clock.hands();
        if runs && play.clock.now().mono_ms >= hands.end.mono_ms && play.way.is_none() {
            return self.say("the recording ends here; [ and { lead back, :at +0s to its beginning");
        }
        play.clock.set(|hands| hands.runs = runs);
        self.told.push_back(Told::Changed);
    }

    /// Plays faster, or slower.
    fn speed(&mut self, faster: bool) {
        let Some(play) = &self.play else { return };
        let speed = play.clock.hands().speed;
        let next = if faster {
            SPEEDS.into_iter().find(|other| *other > speed)
        } else {
            SPEEDS.into_iter().rev().find(|other| *other < speed)
        };
        let speed = next.unwrap_or(speed);
        play.clock.set(|hands| hands.speed = speed);
        self.told.push_back(Told::Changed);
        self.say(format!("{speed} times as fast"));
    }

    /// Sets out for a moment, and stands still there; `state` is what is known now.
    fn set_out(&mut self, target_ms: u64, state: &State) {
        let Some(play) = &mut self.play else { return };
        play.clock.set(|hands| hands.runs = false);
        let was_on_its_way = play.way.is_some();
        if let Some(way) = play.way.take() {
            way.give_up();
        }
        let target_ms = target_ms.min(play.clock.hands().end.mono_ms);
        let kept = {
            let kept = play.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let nearest = kept.iter().rev().find(|kept| kept.at_ms <= target_ms);
            nearest.map(|kept| (kept.place, kept.state.clone()))
        };
        // Reading on from here is as good, if it is not further back.
        let here = state.now().mono_ms;
        let is_near = here <= target_ms && kept.as_ref().is_none_or(|(_, kept)| kept.now().mono_ms <= here);
        let own = self.player.take().filter(|_| is_near && !was_on_its_way);
        let start = match own {
            Some(player) => Start::Here(Box::new((player, state.clone()))),
            None => match kept {
                Some((place, state)) => Start::Kept(place, Box::new(state)),
                None => Start::Beginning,
            },
        };
        let given_up = Arc::new(AtomicBool::new(false));
        let (path, is_over) = (self.path.clone(), Arc::clone(&given_up));
        let alerts = Arc::clone(&self.alerts);
        let reached = tokio::task::spawn_blocking(move || {
            reach(&path, &alerts, start, target_ms, &is_over).map_err(|it| it.to_string())
        });
        play.way = Some(Way { target_ms, reached, given_up });
        self.told.push_back(Told::Changed);
    }

    fn arrive(&mut self, reached: Result<Reached, String>) {
        match reached {
            Ok(Reached { player, state, at }) => {
                let damage = player.damage();
                self.player = Some(player);
                self.at = at;
                if let Some(play) = &self.play {
                    play.clock.set(|hands| hands.base = at);
                }
                self.told.push_back(Told::Replaced(Box::new(state)));
                if let Some(why) = damage {
                    self.say(format!("this part of the recording can't be read: {why}"));
                }
            }
            Err(why) => self.stop(why),
        }
    }
}

impl Inputs for Replay {
    type Error = Ended;

    fn next_at(&mut self) -> Result<Option<u64>, Ended> {
        let Some(player) = &mut self.player else { return Ok(None) };
        match player.next_at() {
            Ok(next) => {
                if let Some(play) = &self.play {
                    play.clock.wait_for(next);
                }
                Ok(next)
            }
            // Where it is played, whoever watches can go back from here.
            Err(error) if self.play.is_some() => {
                self.player = None;
                self.stop(error.to_string());
                Ok(None)
            }
            Err(error) => Err(Ended::Unreadable(error.to_string())),
        }
    }

    fn pop(&mut self) -> Option<(Moment, Next)> {
        let (at, next) = self.player.as_mut()?.pop()?;
        let seen = match &next {
            Next::Input(Input::Observed(observation)) => observation.received.max(at),
            _ => at,
        };
        if let Some(play) = &self.play {
            play.clock.follow(seen);
        }
        self.at = self.at.max(seen);
        Some((at, next))
    }

    fn end_ms(&self) -> u64 {
        match (&self.play, &self.player) {
            // By its clock: what the end of the recording says may be lost.
            (Some(_), Some(_)) => u64::MAX,
            (None, Some(player)) => player.end_ms(),
            (_, None) => 0, // on its way to another moment, no time passes
        }
    }
}

impl Source for Replay {
    fn now(&self) -> Moment {
        match &self.play {
            Some(play) => play.clock.now(),
            None => self.at,
        }
    }

    fn until_ms(&self) -> u64 {
        match &self.play {
            Some(play) => play.clock.hands().now().mono_ms,
            None => self.until_ms,
        }
    }

    fn wait(&mut self, change_ms: Option<u64>) -> Wait<'_> {
        Box::pin(async move {
            if !self.told.is_empty() {
                return;
            }
            let next = self.next_at().ok().flatten();
            let is_there = self.player.is_some();
            let Some(play) = &mut self.play else { return };
            let end = play.clock.hands().end.mono_ms;
            let due = next.unwrap_or(end).min(change_ms.unwrap_or(u64::MAX));
            let due = is_there.then(|| play.clock.when(due)).flatten();
            let reached = tokio::select! {
                biased;
                reached = or_never(play.way.as_mut()) => reached,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => return,
                Some(found) = play.found.recv() => {
                    (play.markers, play.read, play.unread.after) = (found.markers, found.read, found.unread);
                    self.told.push_back(Told::Changed);
                    self.told.extend(found.failed.map(Told::Said));
                    return;
                }
                else => std::future::pending().await,
            };
            play.way = None;
            self.arrive(reached);
        })
    }

    fn told(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    fn settled(&mut self, state: &mut State) -> Option<Ended> {
        let Some(play) = &self.play else {
            let next = self.next_at().ok().flatten();
            state.settle(next.unwrap_or(self.end_ms()).min(self.until_ms));
            self.at = self.at.max(state.now());
            return Some(Ended::Over);
        };
        let hands = *play.clock.hands();
        let at_end = play.way.is_none() && hands.runs && hands.now().mono_ms >= hands.end.mono_ms;
        if at_end && self.player.is_some() && self.next_at().ok().flatten().is_none() {
            if let Some(play) = &self.play {
                play.clock.set(|hands| hands.runs = false);
            }
            self.told.push_back(Told::Changed);
            self.say("the recording ends here; [ and { lead back");
        }
        None
    }

    fn command(&mut self, command: &Command, state: &State) {
        match command {
            Command::Hold => self.run(false),
            Command::Release => self.run(true),
            Command::GoTo(target_ms) => self.set_out(*target_ms, state),
            Command::Speed(faster) => self.speed(*faster),
            Command::PollNow
            | Command::SetInterval(_)
            | Command::Watch { .. }
            | Command::AskFirst(_)
            | Command::Record(_) => {}
        }
    }

    fn playing(&self) -> Option<Playing> {
        let play = self.play.as_ref()?;
        let hands = play.clock.hands();
        Some(Playing {
            begin: play.begin,
            end: hands.end,
            speed: hands.speed,
            runs: hands.runs && play.way.is_none(),
            read: play.read,
            bound_for: play.way.as_ref().map(|way| way.target_ms),
        })
    }

    fn markers(&self) -> Option<&Markers> {
        self.play.as_ref().map(|play| &*play.markers)
    }

    fn unread(&self) -> Option<&Unread> {
        self.play.as_ref().map(|play| &play.unread)
    }

    fn is_recorded(&self) -> bool {
        true
    }

    fn gaps(&self) -> &[String] {
        self.player.as_ref().map_or(&[], Player::gaps)
    }

    fn is_broken(&self) -> bool {
        self.player.as_ref().is_some_and(Player::is_broken)
    }
}

/// From where a moment is reached.
enum Start {
    /// From where it is played.
    Here(Box<(Player, State)>),
    /// From what was known at a keyframe.
    Kept(Place, Box<State>),
    /// From the beginning.
    Beginning,
}

/// Opens a recording; gives what was known at its beginning.
fn open(path: &Path, alerts: &Arc<[AlertRule]>) -> Result<(Player, State), RecordingError> {
    let (player, state) = Player::open(path)?;
    Ok((player, state.with_alerts(Alerts::replayed(Arc::clone(alerts)))))
}

/// Reads on to a moment.
fn reach(
    path: &Path,
    alerts: &Arc<[AlertRule]>,
    start: Start,
    target_ms: u64,
    given_up: &AtomicBool,
) -> Result<Reached, RecordingError> {
    let (mut player, mut state) = match start {
        Start::Here(here) => *here,
        Start::Kept(place, state) => (Player::open_at(path, place)?, *state),
        Start::Beginning => open(path, alerts)?,
    };
    while !given_up.load(Ordering::Relaxed) {
        for _ in 0..STEPS {
            if player.step(&mut state, target_ms)?.is_none() {
                // What the end of the recording says may be lost: time passes all the same.
                let clock = state.now();
                let at = Moment { mono_ms: target_ms, unix_ms: clock.unix_ms_at(target_ms) }.max(clock);
                state.advance(at);
                return Ok(Reached { player, state, at });
            }
        }
    }
    let at = state.now();
    Ok(Reached { player, state, at })
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
