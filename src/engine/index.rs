//! Reads a recording through once, on a thread of its own: for the markers on its way, and for what was
//! known at some of its keyframes, from which any moment is reached by reading on.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::markers::Markers;
use crate::presence::{AlertRule, Alerts, Inputs as _, Moment, State};
use crate::recording::{Place, Player, RecordingError};

/// Bytes that what was known at keyframes may take, about.
const ROOM: usize = 128 << 20;
/// So many are kept, if there is room for them.
const KEPT: usize = 32;
/// How often whoever watches hears how far the reading is.
const TOLD: Duration = Duration::from_millis(150);

/// What was known at a keyframe.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) at_ms: u64,
    pub(super) place: Place,
    pub(super) state: State,
}

/// What the reading through has found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) markers: Arc<Markers>,
    /// How much was read, in percent.
    pub(super) read: u8,
    /// What is damaged at the end.
    pub(super) unread: Option<String>,
    /// Why it ended early.
    pub(super) failed: Option<String>,
}

/// Reads a recording through.
pub(super) struct Reading {
    pub(super) path: PathBuf,
    pub(super) end: Moment,
    pub(super) alerts: Arc<[AlertRule]>,
    pub(super) kept: Arc<Mutex<Vec<Kept>>>,
    /// Ends it.
    pub(super) over: Arc<AtomicBool>,
}

impl Reading {
    pub(super) fn run(self, found: &mpsc::Sender<Found>) {
        let mut markers = Markers::default();
        let (unread, failed) = match self.read(&mut markers, found) {
            Ok(unread) => (unread, None),
            Err(error) => (None, Some(error.to_string())),
        };
        let _ = found.blocking_send(Found { markers: Arc::new(markers), read: 100, unread, failed });
    }

    /// Gives what is damaged at the end, if something is.
    fn read(
        &self,
        markers: &mut Markers,
        found: &mpsc::Sender<Found>,
    ) -> Result<Option<String>, RecordingError> {
        let (mut player, state) = Player::open(&self.path)?;
        let mut state = state.with_alerts(Alerts::replayed(Arc::clone(&self.alerts)));
        let begin = state.now();
        let (mut place, mut told) = (player.place(), Instant::now());
        let mut apart_ms = 0;
        while !self.over.load(Ordering::Relaxed) {
            player.next_at()?;
            // What is known before a part that is missing is not what is known at the keyframe after it.
            if player.place() != place && !player.resumes() {
                place = player.place();
                apart_ms = self.keep(place, &state, apart_ms);
            }
            let Some(played) = player.step(&mut state, u64::MAX)? else {
                return Ok(player.damage());
            };
            markers.note(played.input.as_ref(), &played.update, &state);
            if told.elapsed() >= TOLD {
                told = Instant::now();
                let read = state.now().since(begin) * 100 / self.end.since(begin).max(1);
                let markers = Arc::new(markers.clone());
                let _ =
                    found.try_send(Found { markers, read: read.min(99) as u8, unread: None, failed: None });
            }
        }
        Ok(None)
    }

    /// Keeps what is known at a keyframe, if the last that is kept is far enough away.
    fn keep(&self, place: Place, state: &State, apart_ms: u64) -> u64 {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at_ms = state.now().mono_ms;
        if kept.last().is_some_and(|last| at_ms < last.at_ms + apart_ms.max(1)) {
            return apart_ms;
        }
        kept.push(Kept { at_ms, place, state: state.clone() });
        // So far apart they have hardly an event in common.
        let weight = state.weight();
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
