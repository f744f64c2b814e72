//! Whether a message that is sent now reaches a user: the chain of delivery, link by link, each with its evidence.
//!
//! Sources in open-im-server: online push goes to the connections that the registry has (`internal/push/push_handler.go`),
//! and not to an iPhone in the background (`internal/msggateway/ws_server.go`, errCode 1604); who has no connection gets an
//! offline push (`internal/push/offlinepush`). What imtop can't see is named: whether a client shows what it was sent.

use serde::{Serialize, Serializer};

use super::fetch_error::FetchError;
use super::history::Past;
use super::knowledge::Knowledge;
use super::platform::Platform;
use super::recheck::Lacking;
use super::roster::Tracked;
use super::status::Presence;
use super::text::thousands;
use super::time::{Moment, short_age};
use super::token::Claims;
use super::watch_list::UserIx;
use crate::language::say;
use crate::{say, words};

/// `constant.IOSPlatformID`: the platform that gets nothing through its connection in the background.
const IOS: Platform = Platform(1);

/// How a message that is sent now reaches a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    /// It does not: there is no such user, or the registry lacks every connection.
    No,
    /// Nobody can tell.
    Unknown,
    /// As a notification of the phone's maker, where the server is set up for that.
    Push,
    /// Through a connection, at once.
    Now,
}

impl Delivery {
    /// Its name in JSON and CSV.
    pub const fn name(self) -> &'static str {
        match self {
            Delivery::Now => "now",
            Delivery::Push => "push",
            Delivery::No => "no",
            Delivery::Unknown => "unknown",
        }
    }

    /// What it is called on a screen.
    pub fn word(self) -> &'static str {
        match self {
            Delivery::Now => say!("now"),
            Delivery::Push => say!("by push"),
            Delivery::No => say!("no"),
            Delivery::Unknown => say!("unknown"),
        }
    }

    /// What it means, as a sentence without a full stop.
    pub fn meaning(self) -> &'static str {
        match self {
            Delivery::Now => say!("a message that is sent now arrives through a connection"),
            Delivery::Push => {
                say!(
                    "a message that is sent now comes as a push notification, where the server has push set up"
                )
            }
            Delivery::No => say!("a message that is sent now does not arrive until something changes"),
            Delivery::Unknown => say!("nobody can tell whether a message that is sent now arrives"),
        }
    }
}

/// Whether a link of the chain holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// That can't be known.
    Unknown,
    /// Nobody asked for what it is seen by.
    Unasked,
}

impl Holds {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Holds::Yes => "yes",
            Holds::No => "no",
            Holds::Unknown => "unknown",
            Holds::Unasked => "not-asked",
        }
    }

    /// What it is called on a screen.
    pub fn word(self) -> &'static str {
        match self {
            Holds::Yes => say!("yes"),
            Holds::No => say!("no"),
            Holds::Unknown => say!("unknown"),
            Holds::Unasked => say!("not asked"),
        }
    }
}

macro_rules! links {
    ($($(#[$doc:meta])* $link:ident = $name:literal, $shown:expr;)+) => {
        /// A link of the chain, in the order in which a message needs them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum LinkName {
            $($(#[$doc])* $link,)+
        }

        impl LinkName {
            /// All of them.
            pub const ALL: [LinkName; [$($name),+].len()] = [$(LinkName::$link),+];

            /// Its name in JSON.
            pub const fn name(self) -> &'static str {
                match self { $(LinkName::$link => $name,)+ }
            }

            /// What it is called on a screen.
            pub fn word(self) -> &'static str {
                match self { $(LinkName::$link => say($shown),)+ }
            }
        }
    };
}

links! {
    /// Whether the server has such a user.
    Registered = "registered", words!("registered");
    /// Whether a connection is open.
    Connected = "connected", words!("connected");
    /// Whether a connection takes messages: not that of an iPhone in the background.
    Foreground = "foreground", words!("foreground");
    /// Whether the client can log in again when its connection drops.
    Token = "token", words!("token");
    /// Whether the registry has the connections.
    Registry = "registry", words!("registry");
    /// Whether no other device took over of late.
    Undisturbed = "undisturbed", words!("not kicked");
    /// Whether unread messages don't pile up while the user is connected.
    Read = "read", words!("read");
    /// Whether the push service works.
    PushService = "push-service", words!("push");
}

/// A link of the chain, and why it is said to hold or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Which.
    pub name: LinkName,
    /// Whether it holds.
    pub holds: Holds,
    /// What that is seen by, as a clause without a full stop.
    pub evidence: String,
    /// What to do, where it does not hold.
    pub advice: Option<&'static str>,
}

macro_rules! written_by_name {
    ($($type:ty),+) => {
        $(impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        })+
    };
}

written_by_name!(Delivery, Holds, LinkName);

/// Unread messages of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnreadMessages {
    /// In so many conversations.
    pub conversations: u32,
    /// Messages in them beyond those that the user has read.
    pub messages: u64,
}

/// What the push services have counted since they were started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushCounters {
    /// So many services answered.
    pub services: u32,
    /// Offline pushes that failed (`msg_offline_push_failed_total`).
    pub failed: u64,
    /// Pushes that took long (`msg_long_time_push_total`).
    pub slow: u64,
}

/// Why the push services' counters are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushUnknown {
    /// No service may be asked for its metrics.
    Off,
    /// Discovery lists no push service.
    NoneListed,
    /// None of them answers, or may be asked by its address.
    NoneAnswers,
    /// Discovery gave no answer.
    Failed(FetchError),
}

impl From<FetchError> for PushUnknown {
    fn from(error: FetchError) -> PushUnknown {
        PushUnknown::Failed(error)
    }
}

impl PushUnknown {
    fn words(&self) -> String {
        match self {
            PushUnknown::Off => say!("not asked: --gateway-metrics is off here").to_owned(),
            PushUnknown::NoneListed => say!("the server lists no push service").to_owned(),
            PushUnknown::NoneAnswers => {
                say!("no push service answers, or none may be asked by its address (--gateway-metrics)")
                    .to_owned()
            }
            PushUnknown::Failed(error) => say!("no answer: {error}", error),
        }
    }
}

/// Answers to what a server is asked about one user alone, beside what is known of all; none: not asked.
#[derive(Clone, Debug, Default)]
pub struct DeliveryAnswers {
    /// Whether there is such a user (`account_check`).
    pub registered: Option<Result<bool, FetchError>>,
    /// On which platforms the registry has the user (`get_users_status`), asked after the connections were seen.
    pub registry: Option<Result<Vec<Platform>, FetchError>>,
    /// Unread messages, asked twice.
    pub unread: Option<Result<[UnreadMessages; 2], FetchError>>,
    /// Counters of the push services, asked twice; else why there are none.
    pub push: Option<Result<[PushCounters; 2], PushUnknown>>,
    /// Time between the two, in milliseconds.
    pub apart_ms: u64,
    /// For how long the user was watched, in milliseconds: what happened before is not known.
    pub watched_ms: u64,
}

impl Knowledge {
    /// How a message that is sent now reaches a user, by what is known of everybody: look-ups alone.
    pub fn delivery(&self, user: UserIx) -> Delivery {
        match self.roster.presence(user) {
            Presence::Unregistered => Delivery::No,
            Presence::Unknown(_) => Delivery::Unknown,
            Presence::Offline => Delivery::Push,
            Presence::Online | Presence::Background => {
                let lacking = self.lacking_confirmed(user);
                through(self.roster.connections(user), |platform| {
                    lacking.is_some_and(|it| it.whole || it.platforms.contains(&platform))
                })
            }
        }
    }

    fn lacking_confirmed(&self, user: UserIx) -> Option<&Lacking> {
        self.lacking(user).filter(|it| it.again.is_some())
    }

    /// The chain of delivery to a user at `now`, and what comes of it, with what was asked about the user alone.
    pub fn delivery_chain(
        &self,
        user: UserIx,
        answers: &DeliveryAnswers,
        now: Moment,
    ) -> (Delivery, Vec<Link>) {
        let case = Chain { knowledge: self, user, answers, now };
        let links = vec![
            case.registered(),
            case.connected(),
            case.foreground(),
            case.token(),
            case.registry(),
            case.undisturbed(),
            case.read(),
            case.push_service(),
        ];
        (case.delivery(), links)
    }
}

/// What comes of connections, of which the registry lacks some platforms.
fn through(connections: &[Tracked], is_lacked: impl Fn(Platform) -> bool) -> Delivery {
    let mut best = None;
    for tracked in connections.iter().filter(|it| it.unseen.is_none()) {
        let connection = &tracked.connection;
        let one = match connection.platform {
            platform if is_lacked(platform) => Delivery::No,
            IOS if connection.background => Delivery::Push,
            _ => Delivery::Now,
        };
        best = best.max(Some(one));
    }
    // Online by the registry alone: it names no connection.
    best.unwrap_or(Delivery::Unknown)
}

/// One user's chain, while it is made.
struct Chain<'a> {
    knowledge: &'a Knowledge,
    user: UserIx,
    answers: &'a DeliveryAnswers,
    now: Moment,
}

fn link(name: LinkName, holds: Holds, evidence: impl Into<String>) -> Link {
    Link { name, holds, evidence: evidence.into(), advice: None }
}

impl Link {
    fn advice(self, advice: &'static str) -> Link {
        Link { advice: Some(advice), ..self }
    }
}

/// Platforms that are told.
const TOLD: usize = 8;

/// Each once, the first few: a server may name any number of them.
fn names(platforms: impl Iterator<Item = Platform>) -> String {
    let mut told: Vec<Platform> = Vec::new();
    for platform in platforms {
        if !told.contains(&platform) {
            told.push(platform);
        }
        if told.len() == TOLD {
            break;
        }
    }
    Platform::names(told)
}

impl<'a> Chain<'a> {
    fn presence(&self) -> Presence {
        self.knowledge.roster.presence(self.user)
    }

    fn connections(&self) -> impl Iterator<Item = &'a Tracked> + Clone + use<'a> {
        let connections =
            if self.presence().is_unknown() { &[][..] } else { self.knowledge.roster.connections(self.user) };
        connections.iter().filter(|it| it.unseen.is_none())
    }

    fn is_connected(&self) -> bool {
        matches!(self.presence(), Presence::Online | Presence::Background)
    }

    fn delivery(&self) -> Delivery {
        let known = self.knowledge.delivery(self.user);
        match (&self.answers.registered, &self.answers.registry) {
            (Some(Ok(false)), _) => Delivery::No,
            (_, Some(Ok(has))) if self.is_connected() && self.knowledge.tells_deaf() => {
                let connections = self.knowledge.roster.connections(self.user);
                through(connections, |platform| !has.contains(&platform)).min(known)
            }
            _ => known,
        }
    }

    fn registered(&self) -> Link {
        let name = LinkName::Registered;
        match (self.presence(), &self.answers.registered) {
            (Presence::Unregistered, _) | (_, Some(Ok(false))) => {
                link(name, Holds::No, say!("the server has no such user"))
                    .advice(say!("Compare the ID with that of the app: upper and lower case count."))
            }
            _ if self.is_connected() => link(name, Holds::Yes, say!("connected, so the server has the user")),
            (_, Some(Ok(true))) => link(name, Holds::Yes, say!("the server has the user")),
            (_, Some(Err(error))) => link(name, Holds::Unknown, say!("no answer: {error}", error)),
            (_, None) => link(name, Holds::Unasked, say!("not asked")),
        }
    }

    fn connected(&self) -> Link {
        let name = LinkName::Connected;
        let since = self.knowledge.roster.since(self.user);
        let age = since.map(|since| short_age(since.age_ms(self.now) / 1_000));
        match (self.presence(), age) {
            (Presence::Unknown(why), _) => {
                link(name, Holds::Unknown, say!("unknown: {why}", why)).advice(say!(
                    "Look at the Server view (4) or run imtop doctor: while the API gives no answer nobody can tell."
                ))
            }
            (Presence::Unregistered, _) | (Presence::Offline, None) => link(name, Holds::No, say!("offline")),
            (Presence::Offline, Some(age)) => {
                let is_exact = since.is_some_and(super::time::Since::is_exact);
                let text = if is_exact {
                    say!("offline for {age}", age)
                } else {
                    say!("offline, for at least {age}", age)
                };
                link(name, Holds::No, text).advice(say!(
                    "Messages come as push notifications until the app is opened. If the app is open, look at its log: it can't connect or log in."
                ))
            }
            (Presence::Online | Presence::Background, _) => {
                let platforms = names(self.connections().map(|it| it.connection.platform));
                let text = match self.connections().count() {
                    0 => say!("online by the registry alone, which names no connection").to_owned(),
                    1 => say!("1 connection: {platforms}", platforms),
                    connections => say!("{connections} connections: {platforms}", connections, platforms),
                };
                link(name, Holds::Yes, text)
            }
        }
    }

    fn foreground(&self) -> Link {
        let name = LinkName::Foreground;
        let mut all = self.connections().map(|it| &it.connection);
        if all.clone().next().is_none() {
            return link(name, Holds::Unknown, say!("no connection to look at"));
        }
        if let Some(connection) = all.clone().find(|it| !it.background) {
            let platform = connection.platform.name();
            return link(name, Holds::Yes, say!("{platform} is in the foreground", platform));
        }
        match all.find(|it| it.platform != IOS) {
            Some(connection) => {
                let platform = connection.platform.name();
                let text =
                    say!("{platform} is in the background, and gets messages through its connection", platform);
                link(name, Holds::Yes, text)
            }
            None => link(name, Holds::No, say!("only an iPhone in the background: it gets push notifications alone"))
                .advice(say!("Nothing is wrong. If no notification comes, look at the push service and at the phone's settings.")),
        }
    }

    fn token(&self) -> Link {
        let name = LinkName::Token;
        let now = self.knowledge.roster.server_clock().unix_seconds(self.now);
        let tokens = self.connections().filter_map(|it| it.connection.token.as_ref());
        let claims: Vec<&Claims> = tokens.filter_map(|token| token.claims()).collect();
        if claims.is_empty() {
            return link(name, Holds::Unknown, say!("no token to look at"));
        }
        let Some(first) = claims.iter().filter_map(|it| it.expires).min() else {
            return link(name, Holds::Yes, say!("it never expires"));
        };
        let left = first.saturating_sub(now);
        let age = short_age(left.unsigned_abs());
        if left > 0 {
            return link(name, Holds::Yes, say!("expires in {age}", age));
        }
        link(name, Holds::No, say!("expired {age} ago: it works until the connection drops", age))
            .advice(say!("Let the app fetch a new token and log in again."))
    }

    fn registry(&self) -> Link {
        let name = LinkName::Registry;
        if !self.is_connected() {
            return link(name, Holds::Unknown, say!("no connection to look for"));
        }
        let lacked = |platforms: String| {
            link(name, Holds::No, say!("the registry lacks {platforms}: messages don't arrive there", platforms))
                .advice(say!(
                    "Let the user reconnect: that helps at once. Else it takes until the entry is renewed, 10 to 20 minutes."
                ))
        };
        if let Some(lacking) = self.knowledge.lacking_confirmed(self.user) {
            return lacked(names(lacking.platforms.iter().copied()));
        }
        match &self.answers.registry {
            Some(Ok(has)) => {
                let shown = self.connections().map(|it| it.connection.platform);
                let missing = names(shown.filter(|platform| !has.contains(platform)));
                if missing.is_empty() {
                    link(name, Holds::Yes, say!("the registry has every connection"))
                } else if self.knowledge.tells_deaf() {
                    lacked(missing)
                } else {
                    link(
                        name,
                        Holds::Unknown,
                        say!("the registry lacks {missing}, which this server does not ask", missing),
                    )
                }
            }
            Some(Err(error)) => link(name, Holds::Unknown, say!("no answer: {error}", error)),
            None if self.knowledge.roster.lacking(self.user).is_some() => {
                link(name, Holds::Unknown, say!("it lacked a connection, and is asked again"))
            }
            None => link(name, Holds::Unasked, say!("not asked")),
        }
    }

    fn undisturbed(&self) -> Link {
        let name = LinkName::Undisturbed;
        let past: &Past = self.knowledge.history.of(self.user);
        let mut kicks = past.successions(Platform::shares_class);
        kicks.retain(super::history::Succession::is_handover);
        let Some(last) = kicks.last() else {
            let minutes = self.answers.watched_ms / 60_000;
            return match minutes {
                0 => link(name, Holds::Unknown, say!("watched for less than a minute")),
                1..30 => link(
                    name,
                    Holds::Yes,
                    say!("no other session took over in the {minutes} min of watching", minutes),
                ),
                _ => link(name, Holds::Yes, say!("no other session took over in the last 30 min")),
            };
        };
        let age = short_age(self.now.mono_ms.saturating_sub(last.at_ms) / 1_000);
        let (from, to, times) = (last.from.name(), last.to.name(), kicks.len());
        link(
            name,
            Holds::No,
            say!(
                "a session on {to} took the place of one on {from} {age} ago ({times} in 30 min)",
                to,
                from,
                age,
                times
            ),
        )
        .advice(say!("Ask the user which devices are logged in: the server keeps one session of a kind."))
    }

    fn read(&self) -> Link {
        let name = LinkName::Read;
        let seconds = self.answers.apart_ms / 1_000;
        match &self.answers.unread {
            None => link(name, Holds::Unasked, say!("not asked")),
            Some(Err(error)) => link(name, Holds::Unknown, say!("no answer: {error}", error)),
            Some(Ok([_, last])) if last.messages == 0 => link(name, Holds::Yes, say!("nothing unread")),
            Some(Ok([first, last])) => {
                let (messages, conversations) = (thousands(last.messages), last.conversations);
                if last.messages <= first.messages {
                    let text = say!(
                        "{messages} unread in {conversations} conversations, no more than {seconds}s before",
                        messages,
                        conversations,
                        seconds
                    );
                    return link(name, Holds::Yes, text);
                }
                let more = thousands(last.messages - first.messages);
                let text =
                    say!("{messages} unread, {more} more than {seconds}s before", messages, more, seconds);
                if !self.is_connected() {
                    return link(name, Holds::Unknown, text);
                }
                link(name, Holds::No, text).advice(say!(
                    "Messages are sent and not read. If the app is open, they don't arrive or it does not fetch them: look at its log."
                ))
            }
        }
    }

    fn push_service(&self) -> Link {
        let name = LinkName::PushService;
        let seconds = self.answers.apart_ms / 1_000;
        match &self.answers.push {
            None => link(name, Holds::Unasked, say!("not asked")),
            Some(Err(why)) => link(name, Holds::Unknown, why.words()),
            Some(Ok([first, last])) => {
                let failed = last.failed.saturating_sub(first.failed);
                let (in_all, slow) = (thousands(last.failed), thousands(last.slow));
                if failed == 0 {
                    let text = say!(
                        "no push failed in {seconds}s; since the start {in_all} failed and {slow} were slow",
                        seconds,
                        in_all,
                        slow
                    );
                    return link(name, Holds::Yes, text);
                }
                link(name, Holds::No, say!("{failed} pushes failed in {seconds}s", failed, seconds)).advice(
                    say!(
                        "Look at the log of openim-push: credentials of the push provider, and its answers."
                    ),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests;
