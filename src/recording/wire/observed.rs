//! One answer or failure: what was asked, when, and what came of it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde::de::{self, IntoDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

use crate::presence::written::{Text, is_usual, time, users, word_or};
use crate::presence::{
    Answer, FetchError, Hints, Moment, Observation, Oddities, OperationId, Question, UserIx, UserStatus,
};

/// Hints are remembered of so many batches; those of others are written whole each time.
const REMEMBERED: usize = 1 << 16;

/// What was last written, or read, of each batch since the last keyframe, and of each witness beside
/// the sockets. Writer and reader go by the same rule, so both always remember the same; a reader that
/// does not know a question passes over its hints too, and misses nothing of the others.
#[derive(Debug, Default)]
pub(super) struct LastHints {
    batches: HashMap<u32, Arc<Hints>>,
    witnesses: HashMap<Question, Arc<Hints>>,
}

impl LastHints {
    pub(super) fn forget(&mut self) {
        self.batches.clear();
        self.witnesses.clear();
    }

    fn of(&self, question: Question, batch: u32) -> Option<&Arc<Hints>> {
        match question {
            Question::OnlineStatus => self.batches.get(&batch),
            witness => self.witnesses.get(&witness),
        }
    }

    fn remember(&mut self, question: Question, batch: u32, hints: &Arc<Hints>) {
        if question != Question::OnlineStatus {
            self.witnesses.insert(question, Arc::clone(hints));
        } else if self.batches.len() < REMEMBERED || self.batches.contains_key(&batch) {
            self.batches.insert(batch, Arc::clone(hints));
        }
    }
}

/// An [`Observation`]: its hints are told once, and its answer by what it is of.
#[derive(Serialize, Deserialize)]
pub(super) struct Observed<'a> {
    /// Left out: the sockets were asked.
    #[serde(default, skip_serializing_if = "is_usual")]
    question: Question,
    generation: u32,
    batch: u32,
    /// Other witnesses than the sockets: about which users, each once and in order.
    #[serde(default, skip_serializing_if = "is_usual", deserialize_with = "users")]
    users: Arc<[UserIx]>,
    sent: Moment,
    received: Moment,
    operation: Cow<'a, OperationId>,
    #[serde(default, skip_serializing_if = "is_usual")]
    date: Option<i64>,
    wire_bytes: u64,
    #[serde(default, skip_serializing_if = "is_usual")]
    odd: Oddities,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hints: Option<Heard<'a>>,
    #[serde(default, skip_serializing_if = "is_usual")]
    attempt: u32,
    #[serde(deserialize_with = "time")]
    next_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<Cow<'a, FetchError>>,
    /// Left out of an answer of the sockets: the same as the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed: Option<Cow<'a, [(UserIx, UserStatus)]>>,
    /// What another witness than the sockets answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Cow<'a, Answer>>,
}

impl<'a> Observed<'a> {
    pub(super) fn write(observation: &'a Observation, last: &mut LastHints) -> Observed<'a> {
        let (failed, changed, answer) = match &observation.answer {
            Err(error) => (Some(Cow::Borrowed(error)), None, None),
            Ok(Answer::Same) => (None, None, None),
            Ok(Answer::Changed(changed)) => (None, Some(Cow::Borrowed(&changed[..])), None),
            Ok(answer) => (None, None, Some(Cow::Borrowed(answer))),
        };
        let (question, batch) = (observation.question, observation.batch);
        let hints = observation.hints.as_ref().map(|hints| match last.of(question, batch) {
            Some(before) if Arc::ptr_eq(before, hints) || before == hints => SAME,
            _ => {
                last.remember(question, batch, hints);
                Heard::New(Cow::Borrowed(&**hints))
            }
        });
        Observed {
            question,
            generation: observation.generation,
            batch,
            users: Arc::clone(&observation.users),
            sent: observation.sent,
            received: observation.received,
            operation: Cow::Borrowed(&observation.operation_id),
            date: observation.server_date,
            wire_bytes: observation.wire_bytes,
            odd: observation.oddities,
            hints,
            attempt: observation.attempt,
            next_ms: observation.next_ms,
            failed,
            changed,
            answer,
        }
    }

    pub(super) fn read(self, last: &mut LastHints) -> Result<Observation, &'static str> {
        let Observed { question, batch, users, .. } = self;
        let answer = match (self.failed, self.changed, self.answer) {
            (Some(error), None, None) => Err(error.into_owned()),
            (None, None, Some(answer)) => Ok(answer.into_owned()),
            (None, Some(changed), None) => Ok(Answer::Changed(changed.into_owned())),
            (None, None, None) if question == Question::OnlineStatus => Ok(Answer::Same),
            (None, None, None) => return Err("an answer that says nothing"),
            (None, Some(_), Some(_)) => return Err("an answer to another question"),
            (Some(_), ..) => return Err("an answer that has failed"),
        };
        if let Ok(answer) = &answer {
            answer.fits(question, &users)?;
        }
        let hints = match self.hints {
            None => None,
            Some(Heard::Same(_)) => {
                let before = last.of(question, batch);
                Some(Arc::clone(before.ok_or("the same hints as before, where none were")?))
            }
            Some(Heard::New(hints)) => {
                let hints = Arc::new(hints.into_owned());
                last.remember(question, batch, &hints);
                Some(hints)
            }
        };
        Ok(Observation {
            question,
            users,
            generation: self.generation,
            batch,
            sent: self.sent,
            received: self.received,
            operation_id: self.operation.into_owned(),
            server_date: self.date,
            wire_bytes: self.wire_bytes,
            oddities: self.odd,
            hints,
            attempt: self.attempt,
            next_ms: self.next_ms,
            answer,
        })
    }
}

/// Of an observation only whether this program does not know what was asked.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(rename = "question", deserialize_with = "is_unknown")]
    pub(super) is_unknown: bool,
}

fn is_unknown<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let Text(question) = Text::deserialize(deserializer)?;
    Ok(Question::deserialize(IntoDeserializer::<de::value::Error>::into_deserializer(question)).is_err())
}

/// `"same"`, or the hints.
#[derive(Serialize)]
#[serde(untagged)]
enum Heard<'a> {
    Same(&'static str),
    New(Cow<'a, Hints>),
}

const SAME: Heard<'static> = Heard::Same("same");

impl<'de> Deserialize<'de> for Heard<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = |word: &str| if word == "same" { Ok(SAME) } else { Err(["same"].as_slice()) };
        word_or(deserializer, "\"same\" or hints", true, word, |hints| Heard::New(Cow::Owned(hints)))
    }
}
