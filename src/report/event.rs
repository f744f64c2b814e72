//! What happened, a line an event: for pipes, logs and screen readers as words, for programs as JSON.
//!
//! A line of words has three columns with a tab between them, which no text can have inside:
//!
//! ```text
//! 2026-11-23 12:01:03-12:01:05    user_007    Android disconnected
//! ```

use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::listing::{FindingRecord, Time};
use crate::presence::{Moment, visible};

/// The name and version of the format. Within a version fields are only added.
pub const EVENT_SCHEMA: &str = "imtop.event/1";

/// Something that happened. Texts are visible-safe, names may be stand-ins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EventRecord {
    /// The name and version of this format.
    pub schema: &'static str,
    /// Counts the lines of a run, from 1; [`EventLines`] does it.
    pub id: u64,
    /// When it was known: `before`.
    pub at: Option<Time>,
    /// It happened after this; none where nothing is known of the time before.
    pub after: Option<Time>,
    /// It had happened by then.
    pub before: Option<Time>,
    /// To whom; none: to nobody alone.
    pub user: Option<String>,
    /// What people call the user.
    pub label: Option<String>,
    /// Of which kind it is.
    pub kind: &'static str,
    /// What was so before.
    pub from: Option<&'static str>,
    /// What is so now.
    pub to: Option<&'static str>,
    /// Why, where the presence is unknown or a batch gets no answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Which connection it is about.
    pub connection: Option<SocketRecord>,
    /// The connection in whose place this one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// The connection that is in the place of this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
    /// Whether those two were opened with the same session token: a reconnect; otherwise another
    /// device took the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_token: Option<bool>,
    /// Whether the connection had been taken for gone, and so had been there all the time.
    #[serde(skip_serializing_if = "is_false")]
    pub seen_again: bool,
    /// What is wrong, or was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<FindingRecord>,
    /// Whether it was wrong before, and has become more serious.
    #[serde(skip_serializing_if = "is_false")]
    pub worsened: bool,
    /// Which alert it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertRecord>,
    /// Which batch it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchRecord>,
    /// The name of the request that showed it, in the server's log; none where it was the want of one.
    pub operation_id: Option<String>,
    /// Which line it takes back, by its `id`; none where that was not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retracts: Option<u64>,
    /// What happened, in plain words.
    pub text: String,
    /// Which transition it tells of, and which it takes back, by their own numbers; 0: none. No line has
    /// them: lines are numbered on their own.
    #[serde(skip)]
    pub of: (u64, u64),
}

impl EventRecord {
    /// An event of which nothing is known but its kind, its time and its words.
    pub fn of(kind: &'static str, after: Option<Moment>, before: Moment, text: String) -> EventRecord {
        EventRecord {
            schema: EVENT_SCHEMA,
            at: Time::of(before.unix_ms),
            after: after.and_then(|after| Time::of(after.unix_ms)),
            before: Time::of(before.unix_ms),
            kind,
            text,
            ..EventRecord::default()
        }
    }
}

/// A connection as far as an event names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SocketRecord {
    /// The name of the platform.
    pub platform: String,
    /// Its number.
    pub platform_id: i32,
    /// Which socket.
    pub conn_id: String,
    /// The session token that it was opened with, where the answer named one.
    pub token: Option<SocketToken>,
}

/// What tells a session token from others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SocketToken {
    /// Tells two tokens of one run apart.
    pub fingerprint: String,
}

/// An alert, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AlertRecord {
    /// What people call it.
    pub name: String,
    /// How serious it is.
    pub severity: &'static str,
    /// Its condition; none where it may name users whom nobody is to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// What the counts of that came to, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<String>,
    /// Since when the condition holds, where it fires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// How long after it had fired it was over, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
    /// What was to be done, where a line tells what became of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// How often that was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// Whether this is a recording, on which it would have been so.
    #[serde(skip_serializing_if = "is_false")]
    pub replayed: bool,
}

/// A batch of the watch list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BatchRecord {
    /// Which, from 1.
    pub number: u32,
    /// How many there are.
    pub of: u32,
    /// For how long it had got no answers, in milliseconds, where it answers again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Forms of events.
#[derive(Clone, Debug)]
pub enum EventForm {
    /// Lines of words, with times in this zone.
    Text(TimeZone),
    /// JSON lines.
    Ndjson,
}

/// Writes the events of a run, numbered, a line each.
#[derive(Clone, Debug)]
pub struct EventLines {
    form: EventForm,
    written: u64,
    /// The lines of transitions that may be taken back, by the numbers of these.
    lines: BTreeMap<u64, u64>,
}

/// So many transitions are remembered that may be taken back.
const REMEMBERED: usize = 1 << 18;

impl EventLines {
    /// Begins with number 1.
    pub fn new(form: EventForm) -> EventLines {
        EventLines { form, written: 0, lines: BTreeMap::new() }
    }

    /// Writes the next event, with its number in the place of `event.id`; flushes nothing.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&mut self, mut event: EventRecord, out: &mut dyn Write) -> io::Result<()> {
        self.written += 1;
        event.id = self.written;
        let (tells, takes_back) = event.of;
        event.retracts = self.lines.remove(&takes_back);
        let may_be_wrong = event.kind == "disconnected" || event.to == Some("offline");
        if tells > 0 && may_be_wrong {
            self.lines.entry(tells).or_insert(event.id);
            if self.lines.len() > REMEMBERED {
                self.lines.pop_first();
            }
        }
        match &self.form {
            EventForm::Text(zone) => out.write_all(event_text(&event, zone).as_bytes())?,
            EventForm::Ndjson => serde_json::to_writer(&mut *out, &event)?,
        }
        out.write_all(b"\n")
    }
}

/// One line of words without its end: when, to whom, what.
fn event_text(event: &EventRecord, zone: &TimeZone) -> String {
    let who = event.user.as_deref().unwrap_or(match event.kind {
        "feed" => "server",
        _ => "imtop",
    });
    format!("{}\t{}\t{}", when(event.after, event.before, zone), visible(who), visible(&event.text))
}

/// `2026-11-23 12:01:03-12:01:05`; with a second date where it is another, and `Z` in UTC.
fn when(after: Option<Time>, before: Option<Time>, zone: &TimeZone) -> String {
    let Some(before) = before else { return "out of time".to_owned() };
    let (day, clock) = ("%Y-%m-%d", "%H:%M:%S");
    let mark = if *zone == TimeZone::UTC { "Z" } else { "" };
    let (last_day, end) = (before.in_zone(zone, day), before.in_zone(zone, clock));
    let Some(after) = after else { return format!("{last_day} {end}{mark}") };
    let (first_day, start) = (after.in_zone(zone, day), after.in_zone(zone, clock));
    if first_day != last_day {
        format!("{first_day} {start}-{last_day} {end}{mark}")
    } else if start == end {
        format!("{last_day} {end}{mark}")
    } else {
        format!("{last_day} {start}-{end}{mark}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> EventRecord {
        let at = |unix_ms| Moment { mono_ms: 0, unix_ms };
        let (after, before) = (at(1_798_459_263_000), at(1_798_459_265_000));
        EventRecord {
            user: Some("user_007".into()),
            ..EventRecord::of("disconnected", Some(after), before, "Android disconnected".into())
        }
    }

    fn written(form: EventForm, events: &[EventRecord]) -> String {
        let (mut lines, mut out) = (EventLines::new(form), Vec::new());
        for event in events {
            lines.write(event.clone(), &mut out).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn words_are_three_columns_whatever_is_in_them() {
        let hostile =
            EventRecord { user: Some("a\tb\n2026".into()), text: "x\r\n\u{1b}[2Jy\tz".into(), ..event() };
        assert_eq!(
            written(EventForm::Text(TimeZone::UTC), &[event(), hostile]),
            "2026-12-28 12:01:03-12:01:05Z\tuser_007\tAndroid disconnected\n\
             2026-12-28 12:01:03-12:01:05Z\ta^Ib^J2026\tx^M^J^[[2Jy^Iz\n"
        );
    }

    #[test]
    fn an_interval_is_as_short_as_it_can_be() {
        let east = TimeZone::fixed(jiff::tz::offset(12));
        let words = |after: Option<i64>| {
            when(after.and_then(|ms| Time::of(1_798_459_265_000 - ms)), Time::of(1_798_459_265_000), &east)
        };
        assert_eq!(words(None), "2026-12-29 00:01:05");
        assert_eq!(words(Some(1)), "2026-12-29 00:01:04-00:01:05");
        assert_eq!(words(Some(0)), "2026-12-29 00:01:05");
        assert_eq!(words(Some(90_000)), "2026-12-28 23:59:35-2026-12-29 00:01:05");
    }

    #[test]
    fn lines_of_json_are_numbered() {
        let text = written(EventForm::Ndjson, &[event(), event()]);
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&lines[0]["id"], &lines[1]["id"]), (&1.into(), &2.into()));
        assert_eq!(lines[0]["before"], "2026-12-28T12:01:05Z");
        assert!(lines[0]["connection"].is_null() && lines[0].get("replaces").is_none());
    }
}
