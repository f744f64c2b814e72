//! One step of the examination: what was looked at, what came of it, and what to do.

use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::Number;

use crate::{say, words};

/// What is looked at, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Where settings come from, and who else can read secrets.
    Configuration,
    /// What the host's name resolves to.
    Name,
    /// Whether its addresses take connections.
    Tcp,
    /// What the server shows of itself in a handshake.
    Tls,
    /// Who answers a request.
    Http,
    /// How far the server's clock is from ours.
    Clock,
    /// What the admin token says of itself.
    Token,
    /// Whether the server lets us ask.
    Rights,
    /// What the answer says of the release.
    Shape,
    /// How long full requests take.
    Latency,
    /// Who is watched.
    WatchList,
    /// What the terminal can show.
    Terminal,
    /// Whether files can be written.
    Files,
}

impl Part {
    /// All of them, in order, and what each is called.
    pub const ALL: [(Part, &str); 13] = [
        (Part::Configuration, words!("configuration")),
        (Part::Name, words!("name")),
        (Part::Tcp, words!("tcp")),
        (Part::Tls, words!("tls")),
        (Part::Http, words!("http")),
        (Part::Clock, words!("clock")),
        (Part::Token, words!("token")),
        (Part::Rights, words!("admin rights")),
        (Part::Shape, words!("answer")),
        (Part::Latency, words!("latency")),
        (Part::WatchList, words!("watch list")),
        (Part::Terminal, words!("terminal")),
        (Part::Files, words!("files")),
    ];

    /// What it is called in JSON; put into the language on the screen.
    pub fn name(self) -> &'static str {
        Part::ALL[self as usize].1
    }
}

/// What came of a step, from good to bad; the last one says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// All is well.
    Ok,
    /// Something to know.
    Note,
    /// Something that will cause trouble.
    Warning,
    /// It does not work.
    Failed,
    /// It was not looked at.
    Skipped,
}

impl Outcome {
    /// Its word in JSON; put into the language on the screen.
    pub fn word(self) -> &'static str {
        self.marks().0
    }

    /// Its word, its sign, the same in ASCII, and the number of its colour.
    pub(super) fn marks(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Outcome::Ok => (words!("ok"), "✓", "+", "32"),
            Outcome::Note => (words!("note"), "i", "i", "36"),
            Outcome::Warning => (words!("warning"), "!", "!", "33"),
            Outcome::Failed => (words!("failed"), "✗", "x", "31"),
            Outcome::Skipped => (words!("skipped"), "-", "-", "2"),
        }
    }
}

/// One step. Texts are visible-safe and hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was looked at.
    #[serde(rename = "step", serialize_with = "name_of")]
    pub part: Part,
    /// What came of it.
    #[serde(serialize_with = "word_of")]
    pub outcome: Outcome,
    /// What was seen, a sentence without its full stop; of a skipped step why it was.
    pub seen: String,
    /// More of it, one thing each.
    pub details: Vec<String>,
    /// What to do, sentences without their full stops.
    pub advice: Vec<String>,
    /// Measured figures by name; the name ends in the unit.
    #[serde(serialize_with = "as_object")]
    pub figures: Vec<(&'static str, Number)>,
    /// How long the step took.
    #[serde(rename = "took_ms", serialize_with = "in_ms")]
    pub took: Duration,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn name_of<S: Serializer>(part: &Part, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(part.name())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn word_of<S: Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome.word())
}

fn as_object<S: Serializer>(figures: &[(&'static str, Number)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(figures.iter().map(|(name, number)| (name, number)))
}

fn in_ms<S: Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(took.as_millis() as u64)
}

impl Step {
    /// A step of which nothing bad is known yet.
    pub fn ok(part: Part, seen: impl Into<String>) -> Step {
        Step {
            part,
            outcome: Outcome::Ok,
            seen: seen.into(),
            details: Vec::new(),
            advice: Vec::new(),
            figures: Vec::new(),
            took: Duration::ZERO,
        }
    }

    /// One that did not work.
    pub fn failed(part: Part, seen: impl Into<String>, advice: impl Into<String>) -> Step {
        Step::ok(part, seen).but(Outcome::Failed, advice)
    }

    /// One that was not run, and why: what comes after `because`.
    pub fn skipped(part: Part, why: impl Into<String>) -> Step {
        Step { outcome: Outcome::Skipped, ..Step::ok(part, why) }
    }

    /// At least as bad as `outcome`, with what to do about it.
    #[must_use]
    pub fn but(mut self, outcome: Outcome, advice: impl Into<String>) -> Step {
        self.outcome = self.outcome.max(outcome);
        self.advice.push(advice.into());
        self
    }

    /// With one more thing that was seen.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Step {
        self.details.push(detail.into());
        self
    }

    /// With a measured whole number.
    #[must_use]
    pub fn count(mut self, name: &'static str, value: impl Into<i64>) -> Step {
        self.figures.push((name, value.into().into()));
        self
    }

    /// With a measured time in milliseconds, to a thousandth.
    #[must_use]
    pub fn time(mut self, name: &'static str, time: Duration) -> Step {
        let ms = (time.as_secs_f64() * 1e6).round() / 1e3;
        self.figures.extend(Number::from_f64(ms).map(|number| (name, number)));
        self
    }

    /// Whether what builds on it can be looked at.
    pub fn works(&self) -> bool {
        self.outcome < Outcome::Failed
    }
}

/// A time as a person reads it: `0.4 ms`, `31 ms`, `2.3 s`.
pub(super) fn time_words(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    match ms {
        ms if ms < 9.95 => format!("{ms:.1} ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1e3),
    }
}

/// A date as a person reads it, in UTC: `2026-11-23 12:01 UTC`.
pub(super) fn date_words(unix_seconds: i64) -> String {
    jiff::Timestamp::from_second(unix_seconds).map_or_else(
        |_| say!("a time out of reach").to_owned(),
        |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

/// A number of users: `1 user`, `2,000 users`.
pub(super) fn users(number: usize) -> String {
    match number {
        1 => say!("1 user").to_owned(),
        more => say!("{number} users", number = grouped(more)),
    }
}

/// A number in groups of three digits.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_as_bad_as_the_worst_that_was_seen() {
        let step = Step::ok(Part::Tcp, "x").but(Outcome::Warning, "a").but(Outcome::Note, "b");
        assert_eq!((step.outcome, step.advice.len(), step.works()), (Outcome::Warning, 2, true));
        assert!(!Step::failed(Part::Tcp, "x", "y").works() && !Step::skipped(Part::Tcp, "x").works());
    }

    #[test]
    fn figures_are_said_as_people_read_them() {
        let ms = |us| time_words(Duration::from_micros(us));
        assert_eq!([ms(420), ms(9_960), ms(31_400), ms(2_340_000)], ["0.4 ms", "10 ms", "31 ms", "2.3 s"]);
        assert_eq!(date_words(1_795_413_122), "2026-11-23 05:52 UTC");
        assert_eq!(date_words(i64::MAX), "a time out of reach");
        assert_eq!([users(1), users(1_234_567)], ["1 user", "1,234,567 users"]);
    }

    #[test]
    fn parts_stand_in_their_order() {
        assert!(Part::ALL.is_sorted());
        assert!(Part::ALL.iter().enumerate().all(|(at, (part, _))| *part as usize == at));
    }
}
