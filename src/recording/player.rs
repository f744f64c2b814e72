//! Plays a recording: what was known, moment by moment, as whoever recorded it knew it.

use std::path::Path;

use super::error::{RecordingError, shown};
use super::reader::{Place, Recorded, Recording};
use crate::presence::{Chronicle, Input, Moment, News, seen_at};

/// Reads a recording on, input by input.
pub struct Player {
    recording: Recording,
    /// What comes next, once it was looked at.
    next: Option<(Moment, Input)>,
    /// Where reading would have to begin to come to that.
    place: Place,
    /// The moment that was read last.
    at: Moment,
    /// What is missing, until the keyframe after it.
    gap: Option<String>,
}

/// What happened at one moment.
#[derive(Debug)]
pub struct Played {
    /// What came in; `None` where time alone did it.
    pub input: Option<Input>,
    /// What followed from it.
    pub news: News,
}

impl Player {
    /// Opens a recording; gives what was known at its beginning.
    ///
    /// # Errors
    /// It cannot be read, or there is no keyframe in it.
    pub fn open(path: &Path) -> Result<(Player, Chronicle), RecordingError> {
        let recording = Recording::open(path)?.sparing_keyframes();
        let rules = recording.head().rules;
        let at = recording.first();
        let place = Place::default();
        let mut player = Player { recording, next: None, place, at, gap: None };
        loop {
            let Some(item) = player.recording.read()? else {
                return Err(RecordingError::Cut { file: shown(path) });
            };
            player.place = item.place;
            player.at = item.at;
            if let Recorded::Keyframe(keyframe) = item.what {
                return Ok((player, Chronicle::new(keyframe.roster, rules, item.at)));
            }
        }
    }

    /// Opens a recording at a keyframe for whoever knows what was known there.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open_at(path: &Path, place: Place) -> Result<Player, RecordingError> {
        let mut recording = Recording::open(path)?.sparing_keyframes();
        recording.seek(place)?;
        let at = recording.first();
        // The keyframe there says nothing new.
        while let Some(item) = recording.read()?
            && matches!(item.what, Recorded::Head(_))
        {}
        Ok(Player { recording, next: None, place, at, gap: None })
    }

    /// What it is a recording of.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Where reading would have to begin to go on as from here; a keyframe at or before here.
    pub fn place(&self) -> Place {
        self.place
    }

    /// When the next input is known of, on the monotonic clock; `None` at the end.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn next_at(&mut self, chronicle: &mut Chronicle) -> Result<Option<u64>, RecordingError> {
        Ok(self.look(chronicle)?.map(|(at, input)| seen_at(*at, input)))
    }

    /// The next input that is known of by this moment, on the monotonic clock, and up to when time had
    /// passed before it; it is not taken yet. `None`: there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn next_input(
        &mut self,
        chronicle: &mut Chronicle,
        until_ms: u64,
    ) -> Result<Option<(Moment, Input)>, RecordingError> {
        let is_due = self.next_at(chronicle)?.is_some_and(|at| at <= until_ms);
        Ok(if is_due { self.next.take() } else { None })
    }

    /// The next moment at which something happens, up to `until_ms` on the monotonic clock. `None` when
    /// nothing more does: `chronicle` stands at that moment then, or at the end of the recording.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn step(
        &mut self,
        chronicle: &mut Chronicle,
        until_ms: u64,
    ) -> Result<Option<Played>, RecordingError> {
        let next = self.look(chronicle)?.map(|(at, input)| (*at, seen_at(*at, input)));
        let (clock, target) = match next {
            Some((at, seen)) => (at, seen.min(until_ms)),
            None => (self.at, self.at.mono_ms.min(until_ms)),
        };
        let moment = |mono_ms| Moment { mono_ms, unix_ms: clock.unix_ms_at(mono_ms) };
        if let Some(change) = chronicle.next_change().filter(|change| *change <= target) {
            return Ok(Some(Played { input: None, news: chronicle.advance(moment(change)) }));
        }
        if next.is_some_and(|(_, seen)| seen <= until_ms)
            && let Some((at, input)) = self.next.take()
        {
            let news = chronicle.take_again(at, &input);
            return Ok(Some(Played { input: Some(input), news }));
        }
        if target > chronicle.now().mono_ms {
            chronicle.advance(moment(target));
        }
        Ok(None)
    }

    /// Looks at what comes next. After a gap `chronicle` goes on with what was known there.
    fn look(&mut self, chronicle: &mut Chronicle) -> Result<Option<&(Moment, Input)>, RecordingError> {
        while self.next.is_none() {
            let Some(item) = self.recording.read()? else { return Ok(None) };
            (self.at, self.place) = (self.at.max(item.at), item.place);
            match item.what {
                Recorded::Head(_) => {}
                Recorded::Input(input) => {
                    self.at.mono_ms = self.at.mono_ms.max(seen_at(item.at, &input));
                    self.next = Some((item.at, input));
                }
                Recorded::Gap(gap) => self.gap = Some(gap.to_string()),
                Recorded::Keyframe(keyframe) => {
                    if let Some(gap) = self.gap.take() {
                        chronicle.resume(keyframe.roster, item.at);
                        self.next = Some((item.at, Input::Notice(gap)));
                    }
                }
            }
        }
        Ok(self.next.as_ref())
    }
}
