//! Who was connected when, as the clients themselves knew it.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

/// A sample so near to a change of the truth says nothing: answers take time.
pub const NEAR_MS: i64 = 2_500;

/// Disconnects within so long count together.
const TOGETHER_MS: i64 = 5_000;

/// So many users who disconnect together are a mass logout, or a fifth of those online.
const MASS: usize = 10;

/// After a gateway is back, clients are still sorting themselves out for so long.
const AFTERMATH_MS: i64 = 10_000;

/// For so long a gateway keeps the socket of a client that vanished, and a little more: no witness can
/// show that.
const VANISHING_MS: i64 = 30_000 + NEAR_MS;

/// One line of the truth.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// Unix milliseconds.
    pub at: i64,
    /// `connected`, `disconnected`, `gateway_killed` ...; others mean nothing here.
    #[serde(rename = "event")]
    pub what: String,
    /// Whom it is about.
    pub user: Option<String>,
    /// The platform of the connection.
    pub platform: Option<i32>,
    /// Which gateway, by any number.
    pub gateway: Option<i64>,
    /// Why a socket ended: `vanished` where the client was gone without a word.
    pub why: Option<String>,
}

/// What a disconnect happened amid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Amid {
    /// Nothing else.
    Calm,
    /// Many others.
    Mass,
    /// A gateway was hung, dead or out of reach, and it was not that gateway's death.
    ErrorKind,
    /// The gateway died: the registry goes on saying online.
    Kill,
}

/// A user came or went.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Unix milliseconds.
    pub at: i64,
    /// Who.
    pub user: u32,
    /// With a socket from now on.
    pub open: bool,
    /// What a going happened amid; of a coming that of the going before it.
    pub amid: Amid,
}

/// When something was so: begins `false`, turns at each moment.
#[derive(Clone, Debug, Default)]
pub struct Turns(Vec<i64>);

impl Turns {
    /// Whether it was so at `at`.
    pub fn at(&self, at: i64) -> bool {
        self.0.partition_point(|turn| *turn <= at) % 2 == 1
    }

    /// Whether it turned near `at`.
    pub fn near(&self, at: i64) -> bool {
        let next = self.0.partition_point(|turn| *turn < at - NEAR_MS);
        self.0.get(next).is_some_and(|turn| *turn <= at + NEAR_MS)
    }

    /// The last turn up to `at`.
    pub fn since(&self, at: i64) -> Option<i64> {
        let next = self.0.partition_point(|turn| *turn <= at);
        next.checked_sub(1).map(|last| self.0[last])
    }

    fn turn(&mut self, at: i64) {
        // What lasted no time was not so.
        if self.0.last() == Some(&at) {
            self.0.pop();
        } else {
            self.0.push(at);
        }
    }
}

/// Who was connected when.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// Each user, with any socket.
    users: Vec<Turns>,
    /// Each user's platforms with a socket.
    platforms: Vec<BTreeMap<i32, Turns>>,
    /// The gateways on which a user has sockets.
    gateways: Vec<BTreeMap<i64, Turns>>,
    /// When each user's last client was gone without a word.
    vanished: Vec<Vec<i64>>,
    /// All comings and goings, in their order.
    pub turns: Vec<Turn>,
    /// Up to when it is known.
    pub end: i64,
}

/// From when to when, and which gateway, was in trouble; and whether it was dead.
struct ErrorKind {
    gateway: i64,
    from: i64,
    until: i64,
    killed: bool,
}

impl Truth {
    /// From what happened to `users`, each of them once.
    pub fn new(users: &[String], mut events: Vec<Event>) -> Truth {
        events.sort_by_key(|event| event.at);
        let number: HashMap<&str, usize> =
            users.iter().enumerate().map(|(ix, id)| (id.as_str(), ix)).collect();
        let mut truth = Truth {
            users: vec![Turns::default(); users.len()],
            platforms: vec![BTreeMap::new(); users.len()],
            gateways: vec![BTreeMap::new(); users.len()],
            vanished: vec![Vec::new(); users.len()],
            turns: Vec::new(),
            end: events.iter().map(|event| event.at).max().unwrap_or(i64::MAX),
        };
        let mut open: Vec<BTreeMap<(i32, i64), u32>> = vec![BTreeMap::new(); users.len()];
        let mut left: Vec<(i64, usize, i64)> = Vec::new();
        for event in &events {
            let came = match event.what.as_str() {
                "connected" => true,
                "disconnected" => false,
                _ => continue,
            };
            let Some(&user) = event.user.as_deref().and_then(|user| number.get(user)) else { continue };
            let (platform, gateway) = (event.platform.unwrap_or(0), event.gateway.unwrap_or(0));
            let sockets = open[user].entry((platform, gateway)).or_default();
            *sockets = if came { *sockets + 1 } else { sockets.saturating_sub(1) };
            // What is said of one socket decides for user, platform and gateway only where it is the last.
            let others = |same: &dyn Fn(i32, i64) -> bool| {
                open[user].iter().any(|(key, sockets)| same(key.0, key.1) && *sockets > 0)
            };
            let now = [others(&|_, _| true), others(&|it, _| it == platform), others(&|_, it| it == gateway)];
            if !came && !now[0] {
                left.push((event.at, user, gateway));
            }
            if !came && event.why.as_deref() == Some("vanished") {
                truth.vanished[user].push(event.at);
            }
            let turns = [
                &mut truth.users[user],
                truth.platforms[user].entry(platform).or_default(),
                truth.gateways[user].entry(gateway).or_default(),
            ];
            for (turns, now) in turns.into_iter().zip(now) {
                if (turns.0.len() % 2 == 1) != now {
                    turns.turn(event.at);
                }
            }
        }
        truth.tell(&left, &troubles(&events));
        truth
    }

    /// Puts comings and goings in order, and says what each was amid.
    fn tell(&mut self, left: &[(i64, usize, i64)], troubles: &[ErrorKind]) {
        let gateway_left: HashMap<(i64, usize), i64> = left.iter().map(|it| ((it.0, it.1), it.2)).collect();
        for (user, turns) in self.users.iter().enumerate() {
            for (place, &at) in turns.0.iter().enumerate() {
                self.turns.push(Turn { at, user: user as u32, open: place % 2 == 0, amid: Amid::Calm });
            }
        }
        self.turns.sort_by_key(|turn| (turn.at, turn.user));
        let killed = |turn: &Turn| {
            let gateway = gateway_left.get(&(turn.at, turn.user as usize));
            troubles.iter().any(|it| {
                it.killed && Some(&it.gateway) == gateway && it.from <= turn.at && turn.at <= it.until
            })
        };
        let alone: Vec<i64> =
            self.turns.iter().filter(|turn| !turn.open && !killed(turn)).map(|turn| turn.at).collect();
        let mut online = 0_usize;
        let mut history: std::collections::VecDeque<(i64, usize)> = std::collections::VecDeque::new();
        let mut last = vec![Amid::Calm; self.users.len()];
        for turn in &mut self.turns {
            history.push_back((turn.at, online));
            while history.front().is_some_and(|(at, _)| turn.at - at > TOGETHER_MS) {
                history.pop_front();
            }
            online = if turn.open { online + 1 } else { online.saturating_sub(1) };
            if turn.open {
                turn.amid = last[turn.user as usize];
                continue;
            }
            let before = history.iter().map(|(_, online)| *online).max().unwrap_or(0);
            let together = most_within(&alone, turn.at, TOGETHER_MS);
            turn.amid = if killed(turn) {
                Amid::Kill
            } else if together >= MASS || (together >= 3 && together * 5 >= before) {
                Amid::Mass
            } else if troubles.iter().any(|it| it.from <= turn.at && turn.at <= it.until + AFTERMATH_MS) {
                Amid::ErrorKind
            } else {
                Amid::Calm
            };
            last[turn.user as usize] = turn.amid;
        }
    }

    /// The same, known up to `end`.
    #[must_use]
    pub fn until(mut self, end: i64) -> Truth {
        self.end = end;
        self
    }

    /// When the user had a socket.
    pub fn user(&self, user: u32) -> &Turns {
        &self.users[user as usize]
    }

    /// The platforms that the user ever had a socket of, and when.
    pub fn platforms(&self, user: u32) -> &BTreeMap<i32, Turns> {
        &self.platforms[user as usize]
    }

    /// Whether a client of the user was gone without a word a moment ago.
    pub fn has_vanished(&self, user: u32, at: i64) -> bool {
        self.vanished[user as usize].iter().any(|gone| *gone <= at && at <= gone + VANISHING_MS)
    }

    /// Whether the user had sockets on several gateways.
    pub fn is_spread(&self, user: u32, at: i64) -> bool {
        self.gateways[user as usize].values().filter(|turns| turns.at(at)).count() > 1
    }
}

/// How many of `times`, which are in order, lie within `span` of each other around `at`, at most.
fn most_within(times: &[i64], at: i64, span: i64) -> usize {
    let first = times.partition_point(|time| *time < at - span);
    let mut most = 0;
    for (place, &from) in times.iter().enumerate().skip(first).take_while(|(_, from)| **from <= at) {
        most = most.max(times.partition_point(|time| *time <= from + span) - place);
    }
    most
}

/// When gateways were not well, as `gateway_..` events say.
fn troubles(events: &[Event]) -> Vec<ErrorKind> {
    const OVER: [&str; 8] =
        ["resumed", "rejoined", "started", "restarted", "restored", "reachable", "healed", "back"];
    let mut troubles: Vec<ErrorKind> = Vec::new();
    for event in events {
        let (Some(what), Some(gateway)) = (event.what.strip_prefix("gateway_"), event.gateway) else {
            continue;
        };
        let open = troubles.iter_mut().rev().find(|it| it.gateway == gateway && it.until == i64::MAX / 2);
        if OVER.contains(&what) {
            if let Some(open) = open {
                open.until = event.at;
            }
        } else {
            troubles.push(ErrorKind {
                gateway,
                from: event.at,
                until: i64::MAX / 2,
                killed: what == "killed",
            });
        }
    }
    troubles
}
