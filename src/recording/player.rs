//! Plays a recording: what was known, moment by moment, as whoever recorded it knew it.

use std::path::Path;

use super::error::{RecordingError, shown};
use super::item::{Gap, Place, Recorded};
use super::reader::Recording;
use super::wire::Keyframe;
use crate::presence::{Input, Inputs, Moment, Next, State, Step};

/// Reads a recording on, input by input.
pub struct Player {
    recording: Recording,
    /// What comes next, once it was looked at.
    next: Option<(Moment, Next)>,
    /// Where reading would have to begin to come to that.
    place: Place,
    /// The moment that was read last.
    at: Moment,
    /// What is missing, until the keyframe after it.
    gap: Option<String>,
    /// Where the last such part begins, and what is wrong there.
    hole: Option<(Moment, String)>,
    /// What could not be read so far, in sentences.
    gaps: Vec<String>,
    /// Whether what is damaged goes on to the end.
    broken: bool,
}

impl Player {
    /// Opens a recording; gives what was known at its beginning.
    ///
    /// # Errors
    /// It cannot be read, or there is no keyframe in it.
    pub fn open(path: &Path) -> Result<(Player, State), RecordingError> {
        let recording = Recording::open(path)?.sparing_keyframes();
        let rules = recording.head().rules;
        let mut player = Player::on(recording, Place::default());
        let mut gap: Option<String> = None;
        while let Some(item) = player.recording.read()? {
            player.place = item.place;
            player.at = item.at;
            match item.what {
                Recorded::Keyframe(keyframe) => {
                    let state = State::new(keyframe.roster, rules, item.at);
                    let state = state.asked_every(keyframe.interval_ms);
                    if let Some(gap) = gap {
                        player.gaps.push(gap.clone());
                        player.next = Some((item.at, Next::Input(Input::Notice(gap))));
                    }
                    return Ok((player, state));
                }
                Recorded::Gap(found) => gap = Some(Gap { line: None, ..found }.to_string()),
                Recorded::Head(_) | Recorded::Input(_) | Recorded::Pause(_) => {}
            }
        }
        let why = gap.unwrap_or_else(|| "it has no keyframe".to_owned());
        Err(RecordingError::Damaged { file: shown(path), why })
    }

    /// Opens a recording at a keyframe for whoever knows what was known there.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open_at(path: &Path, place: Place) -> Result<Player, RecordingError> {
        let mut recording = Recording::open(path)?.sparing_keyframes();
        recording.seek(place)?;
        let mut player = Player::on(recording, place);
        // The keyframe there says nothing new.
        while let Some(item) = player.recording.read()? {
            player.at = item.at;
            if !matches!(item.what, Recorded::Head(_)) {
                break;
            }
        }
        Ok(player)
    }

    fn on(recording: Recording, place: Place) -> Player {
        Player {
            at: recording.begins(),
            recording,
            next: None,
            place,
            gap: None,
            hole: None,
            gaps: Vec::new(),
            broken: false,
        }
    }

    /// What it is a recording of.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Where reading would have to begin to go on as from here; a keyframe at or before here.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether what comes next, as it was looked at, is what was known after something that is missing.
    pub fn resumes(&self) -> bool {
        matches!(self.next, Some((_, Next::Resume { .. })))
    }

    /// What could not be read so far, in sentences.
    pub fn gaps(&self) -> &[String] {
        &self.gaps
    }

    /// Whether what was there at the moment that it is played up to could not be read.
    pub fn is_broken(&self) -> bool {
        self.broken || matches!(self.next, Some((_, Next::Resume { .. })))
    }

    /// What is damaged at the moment that it is played up to, and up to when it can be read.
    pub fn damage(&self) -> Option<String> {
        let (readable, what) = self.hole.as_ref().filter(|_| self.is_broken())?;
        Some(format!("{what}; it can be read up to {}", date_words(*readable)))
    }

    /// Takes what happens next, up to `until_ms` on the monotonic clock. `None` when nothing more does:
    /// `state` stands at that moment then, or at the end of the recording.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn step(&mut self, state: &mut State, until_ms: u64) -> Result<Option<Step>, RecordingError> {
        let step = state.step(self, until_ms, |_, _, _| ())?;
        if step.is_none() {
            let next = self.next_at()?;
            state.settle(next.unwrap_or(self.end_ms()).min(until_ms));
        }
        Ok(step)
    }

    /// Looks at what comes next.
    fn look(&mut self) -> Result<Option<&(Moment, Next)>, RecordingError> {
        while self.next.is_none() {
            let Some(item) = self.recording.read()? else {
                // What is damaged up to the end is said, too, and time goes on without answers.
                let Some(gap) = self.gap.take() else { return Ok(None) };
                self.broken = true;
                self.next = Some((self.at, Next::Input(Input::Notice(gap))));
                self.at = self.at.max(self.recording.ends()?);
                break;
            };
            (self.at, self.place) = (self.at.max(item.at), item.place);
            match item.what {
                Recorded::Head(_) => {}
                Recorded::Input(input) => {
                    let seen = input.seen_at(item.at);
                    if seen > self.at.mono_ms {
                        self.at = Moment { mono_ms: seen, unix_ms: item.at.unix_ms_at(seen) };
                    }
                    self.next = Some((item.at, Next::Input(input)));
                }
                Recorded::Pause(words) => self.next = Some((item.at, Next::Input(Input::Notice(words)))),
                Recorded::Gap(gap) => {
                    self.gaps.push(format!("{gap}; it can be read up to {}", date_words(self.at)));
                    self.hole = Some((self.at, Gap { line: None, ..gap.clone() }.words()));
                    // The number of the line is known only to those who read all lines before it.
                    self.gap = Some(Gap { line: None, ..gap }.to_string());
                }
                Recorded::Keyframe(keyframe) => {
                    if let Some(gap) = self.gap.take() {
                        let Keyframe { interval_ms, roster } = *keyframe;
                        let next = Next::Resume { roster: Box::new(roster), interval_ms, gap };
                        self.next = Some((item.at, next));
                    }
                }
            }
        }
        Ok(self.next.as_ref())
    }
}

impl Inputs for Player {
    type Error = RecordingError;

    fn next_at(&mut self) -> Result<Option<u64>, RecordingError> {
        Ok(self.look()?.map(|(at, next)| known_at(*at, next)))
    }

    fn pop(&mut self) -> Option<(Moment, Next)> {
        self.next.take()
    }

    fn end_ms(&self) -> u64 {
        self.at.mono_ms
    }
}

/// A date in the zone of this machine.
fn date_words(at: Moment) -> String {
    let at = jiff::Timestamp::from_millisecond(at.unix_ms).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// When something is known of, on the monotonic clock.
fn known_at(at: Moment, next: &Next) -> u64 {
    match next {
        Next::Input(input) => input.seen_at(at),
        Next::Resume { .. } => at.mono_ms,
    }
}
