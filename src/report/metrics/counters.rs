//! What adds up between two looks: requests and their failures, how long they took, changes.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Unit;

use super::sheet::{Family, Sheet};
use crate::presence::{Batch, Change, ErrorKind, Knowledge, Moment, Presence, Update};

const REQUESTS: Family = Family {
    name: "imtop_requests",
    unit: None,
    help: "Requests to the OpenIM server about watched users, answered or not.",
};
const FAILURES: Family = Family {
    name: "imtop_request_failures",
    unit: None,
    help: "Requests to the OpenIM server that got no usable answer, by what came instead.",
};
const REQUEST_TIME: Family = Family {
    name: "imtop_request_duration",
    unit: Some(Unit::Seconds),
    help: "How long requests took that were answered, from the question to the whole answer.",
};
const ROUND_TIME: Family = Family {
    name: "imtop_round_duration",
    unit: Some(Unit::Seconds),
    help: "How long rounds took: from the first question that was answered until every batch was answered or \
           had failed. A batch that fails is asked less often, and its round lasts until it is.",
};
const RECEIVED: Family = Family {
    name: "imtop_received",
    unit: Some(Unit::Bytes),
    help: "Bodies of answers, as they came over the wire.",
};
const TRANSITIONS: Family = Family {
    name: "imtop_transitions",
    unit: None,
    help: "What was seen to happen to watched users and their connections, by kind. The first that is heard \
           of a user is no change. retracted: what was counted before and had never happened.",
};

/// Upper bounds, in seconds.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

const KINDS: [&str; 12] = [
    "unreachable",
    "timeout",
    "tls",
    "redirect",
    "http",
    "rate-limited",
    "too-large",
    "decode",
    "auth",
    "denied",
    "api",
    "credentials",
];

const HAPPENINGS: [&str; 13] = [
    "online",
    "background",
    "offline",
    "unknown",
    "connected",
    "disconnected",
    "reconnected",
    "replaced",
    "seen-again",
    "moved-background",
    "moved-foreground",
    "retracted",
    "unregistered",
];

/// What has added up since the program began. A clone shares the histograms.
#[derive(Clone, Debug)]
pub struct Counters {
    requests: u64,
    received_bytes: u64,
    /// In the order of [`KINDS`].
    failures: [u64; KINDS.len()],
    /// In the order of [`HAPPENINGS`].
    transitions: [u64; HAPPENINGS.len()],
    request_time: Histogram,
    round_time: Histogram,
    /// Of which watch list the batches are.
    generation: u32,
    heard: Vec<Heard>,
    round: Round,
}

/// What was heard of a batch last: tells that something new was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Heard {
    answered: Option<Moment>,
    /// Failures in a row.
    attempt: u32,
    /// Whether that was in the round under way.
    in_round: bool,
}

/// A round under way.
#[derive(Clone, Debug, Default)]
struct Round {
    /// Batches that were heard of.
    heard: usize,
    /// When the first question was sent that was answered.
    began: Option<Moment>,
}

impl Default for Counters {
    fn default() -> Counters {
        Counters {
            requests: 0,
            received_bytes: 0,
            failures: [0; KINDS.len()],
            transitions: [0; HAPPENINGS.len()],
            request_time: Histogram::new(BUCKETS),
            round_time: Histogram::new(BUCKETS),
            generation: 0,
            heard: Vec::new(),
            round: Round::default(),
        }
    }
}

impl Counters {
    /// Takes what one answer, one failure or the passing of time has changed: `news`, after which
    /// `knowledge` is what is known. To be told of each, as what is known of a batch is its last answer.
    pub fn follow(&mut self, news: &Update, knowledge: &Knowledge, now: Moment) {
        for transition in news.transitions.iter().filter(|transition| !transition.is_first_sight()) {
            self.transitions[happening(&transition.what)] += 1;
        }
        let (list, batches) = (knowledge.roster.list(), knowledge.roster.batches());
        if self.generation != list.generation() || self.heard.len() != batches.len() {
            self.generation = list.generation();
            self.heard = vec![Heard::default(); batches.len()];
            self.round = Round::default();
        }
        let sums = knowledge.trend.sums();
        self.received_bytes = sums.wire_bytes;
        if self.requests != sums.requests() {
            self.requests = sums.requests();
            self.hear(batches, now);
        }
    }

    fn hear(&mut self, batches: &[Batch], now: Moment) {
        for (batch, heard) in batches.iter().zip(&mut self.heard) {
            let answered = batch.answered.filter(|last| heard.answered != Some(last.received));
            let failed = batch.failing.as_ref().filter(|failing| failing.attempt != heard.attempt);
            heard.attempt = batch.failing.as_ref().map_or(0, |failing| failing.attempt);
            if let Some(last) = answered {
                heard.answered = Some(last.received);
                self.request_time.observe(seconds(last.sent, last.received));
                self.round.began = Some(self.round.began.map_or(last.sent, |began| began.min(last.sent)));
            } else if let Some(failing) = failed {
                self.failures[kind(failing.error.trouble())] += 1;
            } else {
                continue;
            }
            // One that is heard of again before the others were does not make the round longer.
            self.round.heard += usize::from(!heard.in_round);
            heard.in_round = true;
        }
        if self.round.heard == batches.len() {
            if let Some(began) = self.round.began {
                self.round_time.observe(seconds(began, now));
            }
            self.round = Round::default();
            self.heard.iter_mut().for_each(|heard| heard.in_round = false);
        }
    }
}

fn seconds(from: Moment, to: Moment) -> f64 {
    to.since(from) as f64 / 1e3
}

/// The place in [`KINDS`]. The numbers of statuses and errors are chosen by the server, so they are no
/// labels.
fn kind(trouble: ErrorKind) -> usize {
    match trouble {
        ErrorKind::Unreachable => 0,
        ErrorKind::Timeout => 1,
        ErrorKind::Tls => 2,
        ErrorKind::Redirect { .. } => 3,
        ErrorKind::Http { .. } => 4,
        ErrorKind::RateLimited => 5,
        ErrorKind::TooLarge => 6,
        ErrorKind::Decode => 7,
        ErrorKind::Auth { .. } => 8,
        ErrorKind::Denied { .. } => 9,
        ErrorKind::Api { .. } => 10,
        ErrorKind::Credentials => 11,
    }
}

/// The place in [`HAPPENINGS`].
fn happening(what: &Change) -> usize {
    match what {
        Change::Presence { to, .. } => match to {
            Presence::Online => 0,
            Presence::Background => 1,
            Presence::Offline => 2,
            Presence::Unknown(_) => 3,
            Presence::Unregistered => 12,
        },
        Change::Connected(_) => 4,
        Change::Disconnected(_) => 5,
        Change::Replaced { same_token: true, .. } => 6,
        Change::Replaced { same_token: false, .. } => 7,
        Change::SeenAgain { .. } => 8,
        Change::MovedBackground(_) => 9,
        Change::MovedForeground(_) => 10,
        Change::Retracted { .. } => 11,
    }
}

impl Collector for Counters {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        sheet.counter(&REQUESTS, &self.requests)?;
        let failures = KINDS.iter().zip(self.failures);
        sheet.counters(&FAILURES, failures.map(|(kind, count)| ([("kind", *kind)], count)))?;
        sheet.histogram(&REQUEST_TIME, &self.request_time)?;
        sheet.histogram(&ROUND_TIME, &self.round_time)?;
        sheet.counter(&RECEIVED, &self.received_bytes)?;
        let transitions = HAPPENINGS.iter().zip(self.transitions);
        sheet.counters(&TRANSITIONS, transitions.map(|(kind, count)| ([("kind", *kind)], count)))
    }
}
