//! Records of what happened: transitions, findings, trouble with the asking.

use std::collections::HashSet;
use std::iter;

use crate::listing::{FindingRecord, Time, alert_words, change_words, clock_words, feed_words, why_words};
use crate::presence::{
    AlertChange, AlertEvent, Change, ConnId, ErrorKind, Event, FeedStatus, Finding, FindingText, Moment,
    Presence, Socket, Subject, Transition, Update, visible,
};
use crate::report::{AlertRecord, BatchRecord, EventRecord, SocketRecord, SocketToken};

use super::seen::Seen;

/// Stands between what was and what is.
const TO: &str = "->";

/// What became of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It was found.
    Raised,
    /// It had been found before and is more serious now.
    Worsened,
    /// It is over.
    Cleared,
}

impl Found {
    /// What is said of it in a line of words.
    fn words(self, finding: &FindingRecord) -> String {
        let FindingRecord { rule, severity, evidence, .. } = finding;
        match self {
            Found::Raised => format!("{rule} found, {severity}: {evidence}"),
            Found::Worsened => format!("{rule} now {severity}: {evidence}"),
            Found::Cleared => format!("{rule} cleared"),
        }
    }
}

impl Seen<'_> {
    /// How the asking goes, as the first line of a run.
    pub fn feed_state(self) -> EventRecord {
        let list = self.roster().list();
        let to = match self.roster().feed_status(self.known.now) {
            FeedStatus::Nobody => "nobody",
            FeedStatus::Connecting => "connecting",
            FeedStatus::Live => "live",
            FeedStatus::Degraded { .. } => "degraded",
            FeedStatus::Retrying { .. } => "retrying",
            FeedStatus::Overdue => "overdue",
        };
        let why = self.roster().first_error().map(|(_, error)| error.to_string());
        let because = why.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
        let text = format!("{to}{because}: {} users of {}", list.len(), self.about.api);
        EventRecord { to: Some(to), why, ..EventRecord::of("feed", None, self.known.now, text) }
    }

    /// Everything that an input or time has changed; what has no moment of its own was noticed `at`.
    pub fn news(self, news: &Update, at: Moment) -> impl Iterator<Item = EventRecord> {
        let found = move |findings: &[Finding], found: Found| -> Vec<EventRecord> {
            let told = |it: &Finding| {
                let mut record = self.found(it, found, at);
                if found == Found::Cleared
                    && let Some(words) = FindingText::of_end(&it.evidence, &news.over, at).words()
                {
                    record.text = format!("{} {words}", it.rule);
                }
                record
            };
            findings.iter().map(told).collect()
        };
        let noted = news.noted.iter().filter_map(move |event| self.noted(event, at));
        // That an unseen connection is seen again is no news where nothing was said of it.
        let retracted: HashSet<&ConnId> = news.transitions.iter().filter_map(retracted).collect();
        let is_told = move |transition: &&Transition| match &transition.what {
            Change::SeenAgain { socket, .. } => retracted.contains(&socket.id),
            _ => true,
        };
        let told = news.transitions.iter().filter(is_told);
        let transitions = told.flat_map(move |transition| self.transition(transition));
        noted
            .chain(transitions)
            .chain(found(&news.raised, Found::Raised))
            .chain(found(&news.worsened, Found::Worsened))
            .chain(found(&news.cleared, Found::Cleared))
    }

    /// A change; where a connection took the place of another, the end of the one and the beginning of
    /// the other.
    pub fn transition(self, transition: &Transition) -> impl Iterator<Item = EventRecord> + use<> {
        let of = |kind, text: String| EventRecord {
            user: Some(self.known.names.user(transition.user.raw()).into_owned()),
            label: self.label(transition.user.raw()),
            of: (transition.id, 0),
            operation_id: transition.operation.as_ref().map(|id| visible(&id.0).into_owned()),
            ..EventRecord::of(kind, transition.after, transition.before, text)
        };
        let about = |kind, socket: &Socket| EventRecord {
            connection: Some(socket_record(socket)),
            ..of(kind, change_words(&transition.what, TO))
        };
        let (first, second) = match &transition.what {
            Change::Presence { from, to } => {
                (self.presence(transition, *from, *to, of("presence", String::new())), None)
            }
            Change::Connected(socket) => (about("connected", socket), None),
            Change::Retracted { of, socket } => {
                let platform = socket.platform.name();
                let text = format!("retracted: {platform} was connected all the time");
                (EventRecord { of: (0, *of), text, ..about("retracted", socket) }, None)
            }
            Change::SeenAgain { socket, .. } => {
                (EventRecord { seen_again: true, ..about("connected", socket) }, None)
            }
            Change::Disconnected(socket) => (about("disconnected", socket), None),
            Change::MovedBackground(socket) => (moved(about("moved-background", socket), true), None),
            Change::MovedForeground(socket) => (moved(about("moved-foreground", socket), false), None),
            Change::Replaced { old, new, same_token } => {
                let because = change_words(&transition.what, TO);
                let end = EventRecord {
                    replaced_by: Some(new.id.to_string()),
                    same_token: Some(*same_token),
                    text: format!("{} replaced: {because}", old.platform.name()),
                    ..about("disconnected", old)
                };
                let beginning = EventRecord {
                    replaces: Some(old.id.to_string()),
                    same_token: Some(*same_token),
                    text: format!("{} in its place: {because}", new.platform.name()),
                    ..about("connected", new)
                };
                (end, Some(beginning))
            }
        };
        iter::once(first).chain(second)
    }

    fn presence(
        self,
        transition: &Transition,
        from: Presence,
        to: Presence,
        blank: EventRecord,
    ) -> EventRecord {
        let why = match to {
            Presence::Unknown(why) => {
                let user = self.roster().list().find(transition.user.raw());
                Some(user.map_or_else(|| why.to_string(), |user| why_words(self.roster(), user, why)))
            }
            _ => None,
        };
        let text = match &why {
            Some(why) => format!("unknown: {why}"),
            None if transition.is_first_sight() => format!("{} when first seen", to.name()),
            None => change_words(&transition.what, TO),
        };
        let from = Some(from.name()).filter(|_| !transition.is_first_sight());
        EventRecord { from, to: Some(to.name()), why, text, ..blank }
    }

    /// Something wrong was found, has become more serious, or is over, noticed `at`.
    pub fn found(self, finding: &Finding, found: Found, at: Moment) -> EventRecord {
        let record = self.known.finding(finding);
        let text = found.words(&record);
        let list = self.roster().list();
        let raw_id = match finding.about {
            Subject::User(user) => Some(list.raw_id(user)),
            Subject::Server => None,
        };
        let (kind, at) = match found {
            Found::Raised => ("finding", finding.since),
            Found::Worsened => ("finding", at),
            Found::Cleared => ("finding-cleared", at),
        };
        EventRecord {
            user: raw_id.map(|raw_id| self.known.names.user(raw_id).into_owned()),
            label: raw_id.and_then(|raw_id| self.label(raw_id)),
            worsened: found == Found::Worsened,
            finding: Some(record),
            ..EventRecord::of(kind, None, at, text)
        }
    }

    /// What else happened: a batch gets no answers, a notice, a step of the clock. None for what is told
    /// as a transition or a finding.
    pub fn noted(self, event: &Event, at: Moment) -> Option<EventRecord> {
        match event {
            Event::Feed { batch, of, trouble, after_ms } => {
                let mut text = feed_words(1, *batch, *of, *trouble, *after_ms);
                let mut why = trouble.map(|trouble| trouble.to_string());
                // Which file or command it was says more than that there are no credentials.
                if let (Some(ErrorKind::Credentials), Some((_, error))) =
                    (trouble, self.roster().first_error())
                {
                    text = format!("{text}: {error}");
                    why = Some(error.to_string());
                }
                Some(EventRecord {
                    from: Some(if trouble.is_some() { "answering" } else { "failing" }),
                    to: Some(if trouble.is_some() { "failing" } else { "answering" }),
                    why,
                    batch: Some(BatchRecord {
                        number: batch + 1,
                        of: *of,
                        after_ms: trouble.is_none().then_some(*after_ms),
                    }),
                    ..EventRecord::of("feed", None, at, text)
                })
            }
            Event::ClockStep { at, by_ms } => Some(EventRecord::of("clock", None, *at, clock_words(*by_ms))),
            Event::Notice { at, text } => {
                let text = self.known.names.text(text, self.roster().list()).into_owned();
                Some(EventRecord::of("notice", None, *at, text))
            }
            Event::Alert(event) => Some(self.alert(event)),
            Event::Story(_) | Event::Finding { .. } => None,
        }
    }

    /// What became of an alert.
    fn alert(self, event: &AlertEvent) -> EventRecord {
        let masked = self.known.names.are_masked();
        let kind = match event.change {
            AlertChange::Fired { .. } => "alert-fired",
            AlertChange::Resolved { .. } => "alert-resolved",
            AlertChange::AboutNobody(_) => "alert-about-nobody",
        };
        let tells = !(masked && event.picks_users);
        let alert = AlertRecord {
            name: event.name.clone(),
            severity: event.severity.word(),
            when: tells.then(|| event.when.clone()),
            figures: (tells && !event.figures.is_empty()).then(|| event.figures.clone()),
            since: match event.change {
                AlertChange::Fired { since } => Time::of(since.unix_ms),
                _ => None,
            },
            after_ms: match event.change {
                AlertChange::Resolved { fired } => Some(event.at.since(fired)),
                _ => None,
            },
            action: None,
            attempts: None,
            replayed: event.is_replayed,
        };
        let text = alert_words(event, masked);
        EventRecord { alert: Some(alert), ..EventRecord::of(kind, None, event.at, text) }
    }

    fn label(self, raw_id: &str) -> Option<String> {
        let list = self.roster().list();
        list.find(raw_id)
            .and_then(|user| list.label(user))
            .map(|label| self.known.names.label(label).into_owned())
    }
}

fn moved(event: EventRecord, to_background: bool) -> EventRecord {
    let (from, to) = if to_background { ("foreground", "background") } else { ("background", "foreground") };
    EventRecord { from: Some(from), to: Some(to), ..event }
}

/// The connection because of which an earlier event is taken back.
fn retracted(transition: &Transition) -> Option<&ConnId> {
    match &transition.what {
        Change::Retracted { socket, .. } => Some(&socket.id),
        _ => None,
    }
}

fn socket_record(socket: &Socket) -> SocketRecord {
    SocketRecord {
        platform: socket.platform.name().into_owned(),
        platform_id: socket.platform.0,
        conn_id: socket.id.to_string(),
        token: socket.token.map(|fingerprint| SocketToken { fingerprint: fingerprint.to_string() }),
    }
}
