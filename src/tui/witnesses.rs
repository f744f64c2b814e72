//! What the sources of presence said, in plain sentences: of a user in doubt, and of the
//! sources themselves. Knows no column and no style.

use crate::presence::{
    Basis, ByRegistry, LifeSign, Presence, Recheck, Registry, Sockets, UnknownReason, UserIx, Witness,
    short_age,
};

use super::model::View;
use super::notes::wrapped;
use super::picture::Picture;
use crate::listing::{checking_words, sample_words};
use crate::{language, say, words};

/// So many gateways are named at once.
const GATEWAYS_NAMED: usize = 4;

/// Who says something.
const SOCKETS: &str = words!("sockets");
const REGISTRY: &str = words!("registry");
const GATEWAYS: &str = words!("gateways");
/// What follows from all that is said.
const SO: &str = words!("so");

/// Of somebody whom the registry was not asked about.
const NOT_ASKED: &str =
    words!("not asked about this user, but about a sample of those whom the sockets call offline");

/// What follows where the registry was not heard.
const UNTOLD: &str = words!("nobody can tell before the registry has answered");

/// Columns before what a source says.
const BESIDE: u16 = 13;

/// How it is with a source, in a few words.
pub fn witness_words(witness: Witness) -> String {
    match witness {
        Witness::Unasked => say!("not asked").to_owned(),
        Witness::Unheard => say!("pending").to_owned(),
        Witness::Answers => say!("answers").to_owned(),
        Witness::Fails(trouble) => say!("no answer: {trouble}", trouble),
        Witness::Refuses(trouble) => say!("refused ({trouble})", trouble),
    }
}

/// How it is with a gateway, in a word.
pub fn sign_word(sign: LifeSign) -> &'static str {
    match sign {
        LifeSign::Alive => words!("alive"),
        LifeSign::Hung => words!("hangs"),
        LifeSign::Refused => words!("refuses"),
        LifeSign::Unclear => words!("out of reach"),
    }
}

/// How it is with a gateway, and for how long: `10.0.0.7:10001 hangs for 12s`.
pub(super) fn gateway_words(address: &str, sign: LifeSign, age: &str) -> String {
    match sign {
        LifeSign::Alive => say!("{address} alive for {age}", address, age),
        LifeSign::Hung => say!("{address} hangs for {age}", address, age),
        LifeSign::Refused => say!("{address} refuses for {age}", address, age),
        LifeSign::Unclear => say!("{address} out of reach for {age}", address, age),
    }
}

/// What each source said of a user of whom something is not certain, and what follows from it: who says
/// it, and what.
pub fn testimony(picture: &Picture<'_>, user: UserIx) -> Vec<(&'static str, String)> {
    let roster = picture.roster;
    let presence = roster.presence(user);
    if let Some(by_registry) = roster.by_registry(user).filter(|_| !presence.is_unknown()) {
        return in_place(picture, user, by_registry);
    }
    if let Some(doubt) = roster.doubt(user) {
        let mut said = vec![(SOCKETS, sockets(picture, user, doubt)), (REGISTRY, registry(picture, doubt))];
        said.extend(doubt.listed.as_deref().map(|listed| (words!("tokens"), listing(listed))));
        said.extend(gateways(picture).map(|words| (GATEWAYS, words)));
        said.extend(conclusion(presence, doubt).map(|words| (SO, language::say(words).to_owned())));
        return said;
    }
    let registry = roster.witnesses().registry;
    match (presence, registry) {
        (Presence::Unregistered, _) => vec![
            (words!("accounts"), say!("the server has no user with this ID").to_owned()),
            (SO, say!("look for a typo in the watch list").to_owned()),
        ],
        (Presence::Offline, Witness::Refuses(_)) if roster.basis(user) == Basis::SocketsAlone => vec![
            (SOCKETS, say!("no connection").to_owned()),
            (REGISTRY, witness_words(registry)),
            (
                SO,
                say!("offline rests on the sockets alone: were a gateway lost, nobody would notice")
                    .to_owned(),
            ),
        ],
        (Presence::Offline, _) if roster.basis(user) == Basis::Sampled => {
            let bound = sample_words(roster.sampled()).map(|words| (SO, words));
            let not_asked = language::say(NOT_ASKED).to_owned();
            let said = [(SOCKETS, say!("no connection").to_owned()), (REGISTRY, not_asked)];
            said.into_iter().chain(bound).collect()
        }
        (Presence::Unknown(UnknownReason::Checking), _) => vec![
            (SOCKETS, say!("no connection").to_owned()),
            (REGISTRY, checking_words(roster).unwrap_or_default()),
            (SO, language::say(UNTOLD).to_owned()),
        ],
        _ => Vec::new(),
    }
}

/// What the registry says of a user of whom the sockets give no new answer.
fn in_place(picture: &Picture<'_>, user: UserIx, by_registry: &ByRegistry) -> Vec<(&'static str, String)> {
    let roster = picture.roster;
    let before = match roster.last_word(user) {
        Presence::Unknown(_) => None,
        before => Some(before.word()),
    };
    let sockets = match (roster.silence(user), before) {
        (None, None) => say!("no new answer").to_owned(),
        (Some(why), None) => say!("no new answer: {why}", why),
        (None, Some(before)) => say!("no new answer; {before} before", before),
        (Some(why), Some(before)) => say!("no new answer: {why}; {before} before", why, before),
    };
    let asked = brief(picture.now.since(by_registry.answered.sent));
    let registry = match roster.presence(user) {
        Presence::Offline => say!("offline, asked {asked} ago", asked),
        _ => say!("online, asked {asked} ago", asked),
    };
    let mut said = vec![(SOCKETS, sockets), (REGISTRY, registry)];
    said.extend(gateways(picture).map(|words| (GATEWAYS, words)));
    let so = say!("the registry was asked in the sockets' place; connections are as last seen");
    said.push((SO, so.to_owned()));
    said
}

/// The same in lines that fit on the screen; a line that goes on has no name.
pub fn testimony_lines(model: View<'_>, user: UserIx, width: u16) -> Vec<(&'static str, String)> {
    let columns = usize::from(width.saturating_sub(BESIDE + 1)).max(16);
    let said = testimony(&model.picture(), user).into_iter();
    said.flat_map(|(name, text)| {
        let names = std::iter::once(language::say(name)).chain(std::iter::repeat(""));
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
        return match (connections.len() - seen, seen) {
            (0, 1) => say!("show 1 connection").to_owned(),
            (0, seen) => say!("show {seen} connections", seen),
            (unseen, 1) => say!("show 1 connection; {unseen} more left out since {ago}", unseen, ago),
            (unseen, _) => {
                say!("show {seen} connections; {unseen} more left out since {ago}", seen, unseen, ago)
            }
        };
    }
    match (doubt.before, doubt.last) {
        (Presence::Unknown(_), _) | (_, None) => {
            say!("left out {ago} ago (the answer took {took})", ago, took)
        }
        (before, Some(last)) => {
            let (before, then) = (before.word(), brief(now.since(last.received)));
            say!("left out {ago} ago (the answer took {took}); {before} {then} ago", ago, took, before, then)
        }
    }
}

fn registry(picture: &Picture<'_>, doubt: &Recheck) -> String {
    let asked = doubt.asked.map(|at| brief(picture.now.since(at)));
    let with_age = |what: String| match &asked {
        Some(asked) => say!("{what}, asked {asked} ago", what, asked),
        None => what,
    };
    let platforms: Vec<_> = doubt.platforms.iter().map(|platform| platform.name()).collect();
    let online = || match platforms.join(say!(", ")) {
        none if none.is_empty() => with_age(say!("online").to_owned()),
        platforms => with_age(say!("online on {platforms}", platforms)),
    };
    match doubt.registry {
        Registry::Unasked | Registry::Silent => match picture.roster.witnesses().registry {
            Witness::Answers | Witness::Unheard => with_age(say!("no answer").to_owned()),
            ails => witness_words(ails),
        },
        Registry::Unheard => say!("being asked").to_owned(),
        Registry::Offline => with_age(say!("offline").to_owned()),
        Registry::Lacked => {
            let what = with_age(say!("offline").to_owned());
            say!("{what}, as it was while the sockets showed the user", what)
        }
        Registry::Ahead => say!("{what}: the sockets were not asked since", what = online()),
        Registry::Online => online(),
        Registry::Hides => say!("{what}: more than the sockets show", what = online()),
    }
}

fn listing(listed: &[(crate::presence::Platform, u32)]) -> String {
    let on = |(platform, count): &(crate::presence::Platform, u32)| {
        say!("{count} on {platform}", count, platform = platform.name())
    };
    let words: Vec<String> = listed.iter().map(on).collect();
    if words.is_empty() { say!("none").to_owned() } else { words.join(say!(", ")) }
}

/// The gateways that do not answer; all of them, where all do.
fn gateways(picture: &Picture<'_>) -> Option<String> {
    let signs = &picture.roster.witnesses().signs;
    let ailing: Vec<String> = signs
        .iter()
        .filter(|(_, gateway)| gateway.sign != LifeSign::Alive)
        .map(|(address, gateway)| {
            let age = short_age(picture.now.since(gateway.since) / 1_000);
            gateway_words(address, gateway.sign, &age)
        })
        .collect();
    match (signs.len(), ailing.len()) {
        (0, _) => None,
        (1, 0) => Some(say!("the one there is answers").to_owned()),
        (all, 0) => Some(say!("all {all} answer", all)),
        (_, some) => {
            let named: Vec<String> = ailing.into_iter().take(GATEWAYS_NAMED).collect();
            let named = named.join(say!(", "));
            Some(match some.saturating_sub(GATEWAYS_NAMED) {
                0 => named,
                more => say!("{named}, and {more} more", named, more),
            })
        }
    }
}

/// What follows for the user.
fn conclusion(presence: Presence, doubt: &Recheck) -> Option<&'static str> {
    Some(match presence {
        Presence::Offline if doubt.verdict.basis == Basis::GatewayDied => {
            words!("offline: the connections ended with the gateway; what the registry has is left over")
        }
        Presence::Online | Presence::Background if doubt.verdict.stale => {
            words!("shown as last seen, until the registry has answered")
        }
        Presence::Online | Presence::Background => {
            words!("what is not seen may be there all the same, on another gateway")
        }
        Presence::Unknown(why) => match why {
            UnknownReason::Checking => UNTOLD,
            UnknownReason::RegistrySilent => {
                words!(
                    "nobody can tell: the sockets leave out too many when a gateway is lost, and nothing speaks for them"
                )
            }
            UnknownReason::Leaving => {
                words!("probably just gone: the registry follows within a second or two")
            }
            UnknownReason::RegistryOnline => {
                words!(
                    "nobody can tell: either the connection is on a gateway that the server does not see, or the \
                     registry has an old entry"
                )
            }
            UnknownReason::GatewayLost => {
                words!("not known to be offline: lost with others at once, so the connection may be open")
            }
            UnknownReason::GatewayHangs => {
                words!(
                    "not known to be offline: the gateway does not answer, but the connection may be open on it"
                )
            }
            UnknownReason::GatewayLostMaybe => {
                words!("not known to be offline: lost with others at once, and the registry can't be asked")
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
