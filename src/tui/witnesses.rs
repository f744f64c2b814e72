//! What the witnesses said, in plain sentences: of a user in doubt, and of the
//! witnesses themselves. Knows no column and no style.

use crate::presence::{
    Basis, ByRegistry, LifeSign, Presence, Recheck, Registry, Sockets, UnknownReason, UserIx, Witness,
    short_age,
};

use super::model::View;
use super::notes::wrapped;
use super::picture::Picture;
use crate::listing::{checking_words, sample_words};

/// So many gateways are named at once.
const GATEWAYS_NAMED: usize = 4;

/// Of somebody whom the registry was not asked about.
const NOT_ASKED: &str =
    "not asked about this user, but about a sample of those whom the sockets call offline";

/// What follows where the registry was not heard.
const UNTOLD: &str = "nobody can tell before the registry has answered";

/// Columns before what a witness says.
const BESIDE: u16 = 13;

/// How it is with a witness, in a few words.
pub fn witness_words(witness: Witness) -> String {
    match witness {
        Witness::Unasked => "not asked".to_owned(),
        Witness::Unheard => "pending".to_owned(),
        Witness::Answers => "answers".to_owned(),
        Witness::Fails(trouble) => format!("no answer: {trouble}"),
        Witness::Refuses(trouble) => format!("refused ({trouble})"),
    }
}

/// How it is with a gateway, in a word.
pub fn sign_word(sign: LifeSign) -> &'static str {
    match sign {
        LifeSign::Alive => "alive",
        LifeSign::Hung => "hangs",
        LifeSign::Refused => "refuses",
        LifeSign::Unclear => "out of reach",
    }
}

/// What each witness said of a user of whom something is not certain, and what follows from it: who says
/// it, and what.
pub fn testimony(picture: &Picture<'_>, user: UserIx) -> Vec<(&'static str, String)> {
    let roster = picture.roster;
    let presence = roster.presence(user);
    if let Some(by_registry) = roster.by_registry(user).filter(|_| !presence.is_unknown()) {
        return in_place(picture, user, by_registry);
    }
    if let Some(doubt) = roster.doubt(user) {
        let mut said =
            vec![("sockets", sockets(picture, user, doubt)), ("registry", registry(picture, doubt))];
        said.extend(doubt.listed.as_deref().map(|listed| ("tokens", listing(listed))));
        said.extend(gateways(picture).map(|words| ("gateways", words)));
        said.extend(conclusion(presence, doubt).map(|words| ("so", words.to_owned())));
        return said;
    }
    let registry = roster.witnesses().registry;
    match (presence, registry) {
        (Presence::Unregistered, _) => vec![
            ("accounts", "the server has no user with this ID".to_owned()),
            ("so", "look for a typo in the watch list".to_owned()),
        ],
        (Presence::Offline, Witness::Refuses(_)) if roster.basis(user) == Basis::SocketsAlone => vec![
            ("sockets", "no connection".to_owned()),
            ("registry", witness_words(registry)),
            ("so", "offline rests on the sockets alone: were a gateway lost, nobody would notice".to_owned()),
        ],
        (Presence::Offline, _) if roster.basis(user) == Basis::Sampled => {
            let bound = sample_words(roster.sampled()).map(|words| ("so", words));
            let said = [("sockets", "no connection".to_owned()), ("registry", NOT_ASKED.to_owned())];
            said.into_iter().chain(bound).collect()
        }
        (Presence::Unknown(UnknownReason::Checking), _) => vec![
            ("sockets", "no connection".to_owned()),
            ("registry", checking_words(roster).unwrap_or_default()),
            ("so", UNTOLD.to_owned()),
        ],
        _ => Vec::new(),
    }
}

/// What the registry says of a user of whom the sockets give no new answer.
fn in_place(picture: &Picture<'_>, user: UserIx, by_registry: &ByRegistry) -> Vec<(&'static str, String)> {
    let roster = picture.roster;
    let why = roster.silence(user).map_or(String::new(), |why| format!(": {why}"));
    let before = match roster.last_word(user) {
        Presence::Unknown(_) => String::new(),
        before => format!("; {} before", before.word()),
    };
    let word = if roster.presence(user) == Presence::Offline { "offline" } else { "online" };
    let asked = brief(picture.now.since(by_registry.answered.sent));
    let mut said = vec![
        ("sockets", format!("no new answer{why}{before}")),
        ("registry", format!("{word}, asked {asked} ago")),
    ];
    said.extend(gateways(picture).map(|words| ("gateways", words)));
    let so = "the registry was asked in the sockets' place; connections are as last seen";
    said.push(("so", so.to_owned()));
    said
}

/// The same in lines that fit on the screen; a line that goes on has no name.
pub fn testimony_lines(model: View<'_>, user: UserIx, width: u16) -> Vec<(&'static str, String)> {
    let columns = usize::from(width.saturating_sub(BESIDE + 1)).max(16);
    let said = testimony(&model.picture(), user).into_iter();
    said.flat_map(|(name, text)| {
        let names = std::iter::once(name).chain(std::iter::repeat(""));
        names.zip(wrapped(&text, columns))
    })
    .collect()
}

fn sockets(picture: &Picture<'_>, user: UserIx, doubt: &Recheck) -> String {
    let now = picture.now;
    let connections = picture.roster.connections(user);
    let seen = connections.iter().filter(|tracked| tracked.unseen.is_none()).count();
    let ago = brief(now.since(doubt.dropped.received));
    let took = brief(doubt.dropped.received.since(doubt.dropped.sent));
    if doubt.sockets != Sockets::None {
        let one_or_more = if seen == 1 { "connection" } else { "connections" };
        return match connections.len() - seen {
            0 => format!("show {seen} {one_or_more}"),
            unseen => format!("show {seen} {one_or_more}; {unseen} more left out since {ago}"),
        };
    }
    let before = match (doubt.before, doubt.last) {
        (Presence::Unknown(_), _) | (_, None) => String::new(),
        (before, Some(last)) => format!("; {} {} ago", before.word(), brief(now.since(last.received))),
    };
    format!("left out {ago} ago (the answer took {took}){before}")
}

fn registry(picture: &Picture<'_>, doubt: &Recheck) -> String {
    let asked =
        doubt.asked.map_or(String::new(), |at| format!(", asked {} ago", brief(picture.now.since(at))));
    let platforms: Vec<_> = doubt.platforms.iter().map(|platform| platform.name()).collect();
    let on = if platforms.is_empty() { String::new() } else { format!(" on {}", platforms.join(", ")) };
    match doubt.registry {
        Registry::Unasked | Registry::Silent => match picture.roster.witnesses().registry {
            Witness::Answers | Witness::Unheard => format!("no answer{asked}"),
            ails => witness_words(ails),
        },
        Registry::Unheard => "being asked".to_owned(),
        Registry::Offline => format!("offline{asked}"),
        Registry::Lacked => format!("offline{asked}, as it was while the sockets showed the user"),
        Registry::Ahead => format!("online{on}{asked}: the sockets were not asked since"),
        Registry::Online => format!("online{on}{asked}"),
        Registry::Hides => format!("online{on}{asked}: more than the sockets show"),
    }
}

fn listing(listed: &[(crate::presence::Platform, u32)]) -> String {
    let words: Vec<String> =
        listed.iter().map(|(platform, count)| format!("{count} on {}", platform.name())).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// The gateways that do not answer; all of them, where all do.
fn gateways(picture: &Picture<'_>) -> Option<String> {
    let signs = &picture.roster.witnesses().signs;
    let ailing: Vec<String> = signs
        .iter()
        .filter(|(_, gateway)| gateway.sign != LifeSign::Alive)
        .map(|(address, gateway)| {
            let age = short_age(picture.now.since(gateway.since) / 1_000);
            format!("{address} {} since {age}", sign_word(gateway.sign))
        })
        .collect();
    match (signs.len(), ailing.len()) {
        (0, _) => None,
        (1, 0) => Some("the one there is answers".to_owned()),
        (all, 0) => Some(format!("all {all} answer")),
        (_, some) => {
            let more = some.saturating_sub(GATEWAYS_NAMED);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            let named: Vec<String> = ailing.into_iter().take(GATEWAYS_NAMED).collect();
            Some(format!("{}{more}", named.join(", ")))
        }
    }
}

/// What follows for the user.
fn conclusion(presence: Presence, doubt: &Recheck) -> Option<&'static str> {
    Some(match presence {
        Presence::Offline if doubt.verdict.basis == Basis::GatewayDied => {
            "offline: the connections ended with the gateway; what the registry has is left over"
        }
        Presence::Online | Presence::Background if doubt.verdict.stale => {
            "shown as last seen, until the registry has answered"
        }
        Presence::Online | Presence::Background => {
            "what is not seen may be there all the same, on another gateway"
        }
        Presence::Unknown(why) => match why {
            UnknownReason::Checking => UNTOLD,
            UnknownReason::RegistrySilent => {
                "nobody can tell: the sockets leave out too many when a gateway is lost, and nothing speaks for them"
            }
            UnknownReason::Leaving => "probably just gone: the registry follows within a second or two",
            UnknownReason::RegistryOnline => {
                "nobody can tell: either the connection is on a gateway that the server does not see, or the \
                 registry has an old entry"
            }
            UnknownReason::GatewayLost => {
                "not known to be offline: lost with others at once, so the connection may be open"
            }
            UnknownReason::GatewayHangs => {
                "not known to be offline: the gateway does not answer, but the connection may be open on it"
            }
            UnknownReason::GatewayLostMaybe => {
                "not known to be offline: lost with others at once, and the registry can't be asked"
            }
            UnknownReason::NotAnswered
            | UnknownReason::Slow
            | UnknownReason::Failed(_)
            | UnknownReason::Missing
            | UnknownReason::Unclear => return None,
        },
        Presence::Offline | Presence::Unregistered => return None,
    })
}

/// A duration in few columns, exact where it is short: `31 ms`, `8.5s`, `12m`.
fn brief(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..10_000 => format!("{}.{}s", ms / 1_000, ms % 1_000 / 100),
        _ => short_age(ms / 1_000),
    }
}
