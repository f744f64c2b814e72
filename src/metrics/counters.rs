//! What adds up between two looks: requests and their failures, how long they took, changes.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Unit;

use super::sheet::{Family, Sheet};
use crate::presence::{Moment, Observation, Presence, Transition, Trouble, What};

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
    help: "How long rounds took: from the first question of a round until every batch was asked about. A \
           batch that fails is asked less often, and its round lasts until it is.",
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
           of a user is no change.",
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

const HAPPENINGS: [&str; 11] = [
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
    round: Round,
}

/// A round under way.
#[derive(Clone, Debug, Default)]
struct Round {
    generation: u32,
    /// Which batches were asked about in it.
    asked: Vec<bool>,
    left: usize,
    first_sent: Option<Moment>,
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
            round: Round::default(),
        }
    }
}

impl Counters {
    /// Takes one answer or failure; `batches` is the number of batches of the list that it is about.
    pub fn observe(&mut self, observation: &Observation, batches: usize) {
        let seconds = |from: Moment| observation.received.since(from) as f64 / 1e3;
        self.requests += 1;
        self.received_bytes += observation.wire_bytes;
        match &observation.answer {
            Ok(_) => self.request_time.observe(seconds(observation.sent)),
            Err(error) => self.failures[kind(error.trouble())] += 1,
        }
        if let Some(began) = self.round.take(observation, batches) {
            self.round_time.observe(seconds(began));
        }
    }

    /// Takes what happened.
    pub fn follow(&mut self, transitions: &[Transition]) {
        for transition in transitions.iter().filter(|transition| !transition.is_first_sight()) {
            self.transitions[happening(&transition.what)] += 1;
        }
    }
}

impl Round {
    /// When the round began that this ends.
    fn take(&mut self, observation: &Observation, batches: usize) -> Option<Moment> {
        if self.generation != observation.generation || self.asked.len() != batches || self.left == 0 {
            self.generation = observation.generation;
            self.asked.clear();
            self.asked.resize(batches, false);
            self.left = batches;
            self.first_sent = None;
        }
        // One that is asked about again before the others were belongs to the next round.
        let asked = self.asked.get_mut(observation.batch as usize).filter(|asked| !**asked)?;
        *asked = true;
        self.left -= 1;
        let began = self.first_sent.map_or(observation.sent, |sent| sent.min(observation.sent));
        self.first_sent = Some(began);
        (self.left == 0).then_some(began)
    }
}

/// The place in [`KINDS`]. The numbers of statuses and errors are chosen by the server, so they are no
/// labels.
fn kind(trouble: Trouble) -> usize {
    match trouble {
        Trouble::Unreachable => 0,
        Trouble::Timeout => 1,
        Trouble::Tls => 2,
        Trouble::Redirect(_) => 3,
        Trouble::Http(_) => 4,
        Trouble::RateLimited => 5,
        Trouble::TooLarge => 6,
        Trouble::Decode => 7,
        Trouble::Auth(_) => 8,
        Trouble::Denied(_) => 9,
        Trouble::Api(_) => 10,
        Trouble::Credentials => 11,
    }
}

/// The place in [`HAPPENINGS`].
fn happening(what: &What) -> usize {
    match what {
        What::Presence { to, .. } => match to {
            Presence::Online => 0,
            Presence::Background => 1,
            Presence::Offline => 2,
            Presence::Unknown(_) | Presence::Unregistered => 3,
        },
        What::Connected(_) => 4,
        What::Disconnected(_) => 5,
        What::Replaced { same_token: true, .. } => 6,
        What::Replaced { same_token: false, .. } => 7,
        What::SeenAgain(_) => 8,
        What::MovedBackground(_) => 9,
        What::MovedForeground(_) => 10,
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
