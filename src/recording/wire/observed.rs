//! One answer or failure: what was asked, when, and what came of it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::connection::WireConnection;
use super::failure::WireFailure;
use super::hints::WireHints;
use super::question::{WireSaid, read_question, read_users, write_question};
use super::text::Text;
use super::time::{WireMoment, read_moment, read_mono, write_moment};
use crate::presence::{Answer, Hints, Observation, Oddities, OperationId, Question, UserIx, UserStatus};

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

/// An [`Observation`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireObserved<'a> {
    /// Left out: the sockets were asked.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    question: Option<Text<'a>>,
    generation: u32,
    batch: u32,
    /// Other witnesses than the sockets: about which users, each once and in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    users: Vec<u32>,
    sent: WireMoment,
    received: WireMoment,
    #[serde(borrow)]
    operation: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    date: Option<i64>,
    wire_bytes: u64,
    #[serde(default, skip_serializing_if = "WireOddities::none")]
    odd: WireOddities,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    hints: Option<WireLastHints<'a>>,
    #[serde(default, skip_serializing_if = "is_zero")]
    attempt: u32,
    next_ms: u64,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    failed: Option<WireFailure<'a>>,
    /// Left out of an answer of the sockets: the same as the last one.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    changed: Option<Vec<(u32, WireStatus<'a>)>>,
    /// What another witness than the sockets answered.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    answer: Option<WireSaid<'a>>,
}

/// Of an observation only what was asked.
#[derive(Debug, Deserialize)]
pub(super) struct WireAsked<'a> {
    #[serde(borrow)]
    question: Text<'a>,
}

impl WireAsked<'_> {
    /// Whether this program does not know the question.
    pub(super) fn is_unknown(&self) -> bool {
        read_question(&self.question.0).is_none()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "asked for by serde")]
pub(super) fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// `[foreign, repeated, unreadable]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WireOddities(u32, u32, u32);

impl WireOddities {
    pub(super) fn write(oddities: Oddities) -> WireOddities {
        WireOddities(oddities.foreign, oddities.repeated, oddities.unreadable)
    }

    pub(super) fn read(self) -> Oddities {
        Oddities { foreign: self.0, repeated: self.1, unreadable: self.2 }
    }

    pub(super) fn none(&self) -> bool {
        *self == WireOddities::default()
    }
}

impl<'a> WireObserved<'a> {
    pub(super) fn write(observation: &'a Observation, last: &mut LastHints) -> WireObserved<'a> {
        let (failed, changed, answer) = match &observation.answer {
            Err(error) => (Some(WireFailure::write(error)), None, None),
            Ok(Answer::Changed(changed)) => {
                let changed = changed.iter().map(|(user, status)| (user.0, WireStatus::write(status)));
                (None, Some(changed.collect()), None)
            }
            Ok(answer) => (None, None, WireSaid::write(answer)),
        };
        let (question, batch) = (observation.question, observation.batch);
        let hints = observation.hints.as_ref().map(|hints| match last.of(question, batch) {
            Some(before) if Arc::ptr_eq(before, hints) || before == hints => WireLastHints::Same,
            _ => {
                last.remember(question, batch, hints);
                WireLastHints::New(WireHints::write(hints))
            }
        });
        WireObserved {
            question: write_question(question).map(Text::of),
            generation: observation.generation,
            batch,
            users: observation.users.iter().map(|user| user.0).collect(),
            sent: write_moment(observation.sent),
            received: write_moment(observation.received),
            operation: Text::of(&observation.operation_id.0),
            date: observation.server_date,
            wire_bytes: observation.wire_bytes,
            odd: WireOddities::write(observation.oddities),
            hints,
            attempt: observation.attempt,
            next_ms: observation.next_ms,
            failed,
            changed,
            answer,
        }
    }

    /// `None` for an answer to a question that this program does not know.
    pub(super) fn read(self, last: &mut LastHints) -> Result<Option<Observation>, String> {
        let question = match &self.question {
            None => Question::OnlineStatus,
            Some(word) => match read_question(&word.0) {
                Some(question) => question,
                None => return Ok(None),
            },
        };
        let users = read_users(self.users)?;
        let answer = match (&self.failed, self.changed, self.answer) {
            (Some(failure), None, None) => Err(failure.read()?),
            (None, None, None) if question == Question::OnlineStatus => Ok(Answer::Same),
            (None, Some(changed), None) if question == Question::OnlineStatus => {
                let read = |(user, status): (u32, WireStatus<'_>)| Ok((UserIx(user), status.read()?));
                Ok(Answer::Changed(changed.into_iter().map(read).collect::<Result<_, String>>()?))
            }
            (None, None, Some(answer)) => Ok(answer.read(question, &users)?),
            (None, None, None) => return Err("an answer that says nothing".to_owned()),
            (None, Some(_), _) => return Err("an answer to another question".to_owned()),
            (Some(_), ..) => return Err("an answer that has failed".to_owned()),
        };
        let hints = match self.hints {
            None => None,
            Some(WireLastHints::Same) => {
                let before = last.of(question, self.batch);
                Some(Arc::clone(before.ok_or("the same hints as before, where none were")?))
            }
            Some(WireLastHints::New(hints)) => {
                let hints = Arc::new(hints.read());
                last.remember(question, self.batch, &hints);
                Some(hints)
            }
        };
        Ok(Some(Observation {
            question,
            users: users.into(),
            generation: self.generation,
            batch: self.batch,
            sent: read_moment(self.sent)?,
            received: read_moment(self.received)?,
            operation_id: OperationId(self.operation.boxed()),
            server_date: self.date,
            wire_bytes: self.wire_bytes,
            oddities: self.odd.read(),
            hints,
            attempt: self.attempt,
            next_ms: read_mono(self.next_ms)?,
            answer,
        }))
    }
}

/// `"same"`, or the hints.
#[derive(Debug)]
enum WireLastHints<'a> {
    Same,
    New(WireHints<'a>),
}

impl Serialize for WireLastHints<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            WireLastHints::Same => serializer.serialize_str("same"),
            WireLastHints::New(hints) => hints.serialize(serializer),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for WireLastHints<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WireLastHints<'a>, D::Error> {
        deserializer.deserialize_any(HintsVisitor)
    }
}

struct HintsVisitor;

impl<'de> Visitor<'de> for HintsVisitor {
    type Value = WireLastHints<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"same\" or hints")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<WireLastHints<'de>, E> {
        if word == "same" { Ok(WireLastHints::Same) } else { Err(E::unknown_variant(word, &["same"])) }
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<WireLastHints<'de>, A::Error> {
        WireHints::deserialize(de::value::MapAccessDeserializer::new(map)).map(WireLastHints::New)
    }
}

/// What was said of a user: `"offline"`, `"missing"`, `"unclear"`, or the connections of one who is
/// online.
#[derive(Debug)]
pub(super) enum WireStatus<'a> {
    Offline,
    Missing,
    Unclear,
    Online(Vec<WireConnection<'a>>),
}

impl<'a> WireStatus<'a> {
    fn write(status: &'a UserStatus) -> WireStatus<'a> {
        match status {
            UserStatus::Offline => WireStatus::Offline,
            UserStatus::Missing => WireStatus::Missing,
            UserStatus::Unclear => WireStatus::Unclear,
            UserStatus::Online(connections) => {
                WireStatus::Online(connections.iter().map(WireConnection::write).collect())
            }
        }
    }

    fn read(&self) -> Result<UserStatus, String> {
        Ok(match self {
            WireStatus::Offline => UserStatus::Offline,
            WireStatus::Missing => UserStatus::Missing,
            WireStatus::Unclear => UserStatus::Unclear,
            WireStatus::Online(connections) => {
                UserStatus::Online(connections.iter().map(WireConnection::read).collect::<Result<_, _>>()?)
            }
        })
    }
}

impl Serialize for WireStatus<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            WireStatus::Offline => serializer.serialize_str("offline"),
            WireStatus::Missing => serializer.serialize_str("missing"),
            WireStatus::Unclear => serializer.serialize_str("unclear"),
            WireStatus::Online(connections) => connections.serialize(serializer),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for WireStatus<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WireStatus<'a>, D::Error> {
        deserializer.deserialize_any(StatusVisitor)
    }
}

struct StatusVisitor;

impl<'de> Visitor<'de> for StatusVisitor {
    type Value = WireStatus<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what was said of a user")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<WireStatus<'de>, E> {
        match word {
            "offline" => Ok(WireStatus::Offline),
            "missing" => Ok(WireStatus::Missing),
            "unclear" => Ok(WireStatus::Unclear),
            _ => Err(E::unknown_variant(word, &["offline", "missing", "unclear"])),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<WireStatus<'de>, A::Error> {
        Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(WireStatus::Online)
    }
}
