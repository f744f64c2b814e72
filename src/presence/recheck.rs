//! What is not certain: users whom the sockets leave out, connections that they show no more, many users
//! lost at once; and whom the witnesses are to be asked about because of that.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::batches::Answered;
use super::fetch_error::ErrorKind;
use super::observation::{LifeSign, Question};
use super::platform::Platform;
use super::status::Presence;
use super::time::{Moment, Since};
use super::verdict::{LossCause, Registry, Sockets, Verdict};
use super::watch_list::UserIx;
use super::written::{count, in_order, is_usual, refused, some_text, text, time};

/// A user whom the sockets call offline, or of whom they do not show everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recheck {
    /// The last answer of the sockets that showed the user, or what they leave out now; none where there
    /// was none.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub last: Option<Answered>,
    /// The first answer of the sockets that did not.
    pub dropped: Answered,
    /// What the sockets say now.
    pub sockets: Sockets,
    /// What was said of the user before.
    pub before: Presence,
    /// What the registry said since.
    pub registry: Registry,
    /// When the registry was asked for that; none while it was not heard.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub asked: Option<Moment>,
    /// On which platforms the registry has the user online.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub platforms: Box<[Platform]>,
    /// How many connections the gateways together list, if they were asked since.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub listed: Option<Box<[(Platform, u32)]>>,
    /// The number of the loss of view that the user is part of.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub loss: Option<u32>,
    /// What is said of the user.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Recheck {
    /// Whether what is said of the user waits for a first answer of the registry.
    pub(in crate::presence) fn waits_for_registry(&self) -> bool {
        let waits = match self.sockets {
            Sockets::None => true,
            // Otherwise it is about connections that are not seen.
            Sockets::Background => self.before != Presence::Background,
            Sockets::Silent | Sockets::Foreground => false,
        };
        waits && self.registry == Registry::Unheard
    }

    /// One about which nobody was asked yet.
    pub(in crate::presence) fn new(
        last: Option<Answered>,
        dropped: Answered,
        sockets: Sockets,
        before: Presence,
    ) -> Recheck {
        Recheck {
            last,
            dropped,
            sockets,
            before,
            registry: Registry::Unheard,
            asked: None,
            platforms: Box::default(),
            listed: None,
            loss: None,
            verdict: Verdict::SILENT,
        }
    }
}

/// Many users whom the sockets left out at about the same time, and whom the registry still calls online.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// Counts the losses of a run, from 1.
    pub number: u32,
    /// The first answer of the sockets that left one of them out.
    pub begun: Moment,
    /// The last answer that showed the first of them was asked for then; none where they were left out
    /// since before anybody looked.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub after: Option<Moment>,
    /// How many users had a connection before.
    #[serde(deserialize_with = "count")]
    pub of: u32,
    /// How many of them were left out.
    #[serde(deserialize_with = "count")]
    pub dropped: u32,
    /// How many of those are still in doubt, and online by the registry.
    #[serde(deserialize_with = "count")]
    pub missing: u32,
    /// How many came back.
    #[serde(deserialize_with = "count")]
    pub returned: u32,
    /// Of those, how many had a connection of before.
    #[serde(default, skip_serializing_if = "is_usual", deserialize_with = "count")]
    pub same: u32,
    /// The platforms of the connections that were left out, with how many there were.
    #[serde(serialize_with = "write_counts", deserialize_with = "read_counts")]
    pub platforms: BTreeMap<Platform, u32>,
    /// How long the answers took that left them out, at most, in milliseconds.
    #[serde(deserialize_with = "time")]
    pub took_ms: u64,
    /// Whether so many are missing that it looks like one.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub suspected: bool,
    /// Since when it is one, and not only suspected.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub certain: Option<Moment>,
    /// What is known of its cause.
    pub cause: LossCause,
    /// The gateway that is to blame, where that is known: the address of its metrics.
    #[serde(default, skip_serializing_if = "is_usual", deserialize_with = "some_text")]
    pub gateway: Option<Box<str>>,
}

/// How many there are of each platform, as a list in the order of platforms.
fn write_counts<S: Serializer>(counts: &BTreeMap<Platform, u32>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(counts)
}

fn read_counts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Platform, u32>, D::Error> {
    #[derive(Deserialize)]
    struct PlatformCount(Platform, #[serde(deserialize_with = "count")] u32);
    let counts = Vec::<PlatformCount>::deserialize(deserializer)?;
    in_order(&counts, |PlatformCount(platform, _)| *platform).map_err(refused)?;
    Ok(counts.into_iter().map(|PlatformCount(platform, count)| (platform, count)).collect())
}

impl Loss {
    /// One of which nothing is known but when it began to be seen.
    pub(in crate::presence) fn begun(number: u32, begun: Moment) -> Loss {
        Loss {
            number,
            begun,
            after: None,
            of: 0,
            dropped: 0,
            missing: 0,
            returned: 0,
            same: 0,
            platforms: BTreeMap::new(),
            took_ms: 0,
            suspected: false,
            certain: None,
            cause: LossCause::None,
            gateway: None,
        }
    }
}

/// How it is with one of the witnesses that are asked beside the sockets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Witness {
    /// It is not asked in this run.
    #[default]
    #[serde(skip)]
    Unasked,
    /// It is to be asked, and was not heard yet.
    Unheard,
    /// It answered when it was last asked.
    Answers,
    /// It gave no answer when last asked.
    Fails(ErrorKind),
    /// The server lacks or refuses the question; it is not asked any more.
    Refuses(ErrorKind),
}

impl Witness {
    /// Whether it is of any use.
    pub fn is_asked(self) -> bool {
        !matches!(self, Witness::Unasked | Witness::Refuses(_))
    }
}

/// What is known of one gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// What came of asking it last.
    pub sign: LifeSign,
    /// Since when it has been so.
    pub since: Moment,
    /// When it last gave a sign of life.
    pub alive: Option<Moment>,
    /// How many users it said then were on it; see [`GatewaySign::users`].
    pub users: Option<u32>,
}

/// So many users with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// By the gateways' own gauges, all together.
    pub by_gateways: u32,
    /// By what the sockets show of the watched users.
    pub shown: u32,
}

impl Counted {
    /// How many the gateways would count at the same share, where so many are shown.
    pub fn in_proportion(self, shown: u32) -> u32 {
        let of_now = u64::from(self.by_gateways) * u64::from(shown);
        of_now.checked_div(self.shown.into()).map_or(shown, |count| count.min(u32::MAX.into()) as u32)
    }
}

/// How the gateways' own count compares with what the sockets show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gauges {
    /// When they were compared first.
    pub first: Counted,
    /// When they were compared last.
    pub now: Counted,
    /// Since when they differ, and what they were then; none while they agree.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub off: Option<(Moment, Counted)>,
}

/// All the witnesses beside the sockets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Witnesses {
    /// `get_users_status`.
    #[serde(skip_serializing_if = "is_usual")]
    pub registry: Witness,
    /// `get_users_online_token_detail`.
    #[serde(skip_serializing_if = "is_usual")]
    pub tokens: Witness,
    /// The gateways' own metrics.
    #[serde(skip_serializing_if = "is_usual")]
    pub gateways: Witness,
    /// `account_check`.
    #[serde(skip_serializing_if = "is_usual")]
    pub accounts: Witness,
    /// Each gateway by the address of its metrics.
    #[serde(
        skip_serializing_if = "is_usual",
        serialize_with = "write_signs",
        deserialize_with = "read_signs"
    )]
    pub signs: BTreeMap<Box<str>, Gateway>,
    /// What their gauges count, where that could be compared.
    #[serde(skip_serializing_if = "is_usual")]
    pub gauges: Option<Gauges>,
}

impl Witnesses {
    /// How it is with each witness beside the sockets.
    pub fn each(&self) -> Vec<(Question, Witness)> {
        vec![
            (Question::UsersStatus, self.registry),
            (Question::TokenDetail, self.tokens),
            (Question::AccountCheck, self.accounts),
            (Question::Gateways, self.gateways),
        ]
    }

    /// How it is with the one that is asked this; the sockets are none.
    pub(super) fn of_mut(&mut self, question: Question) -> Option<&mut Witness> {
        Some(match question {
            Question::OnlineStatus => return None,
            Question::UsersStatus => &mut self.registry,
            Question::TokenDetail => &mut self.tokens,
            Question::AccountCheck => &mut self.accounts,
            Question::Gateways => &mut self.gateways,
        })
    }
}

/// `[address, sign, since, last alive]` of each gateway, and how many users it said were on it where it did.
fn write_signs<S: Serializer>(signs: &BTreeMap<Box<str>, Gateway>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(
        signs
            .iter()
            .map(|(address, it)| NamedGateway(address.clone(), it.sign, it.since, it.alive, it.users)),
    )
}

fn read_signs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Box<str>, Gateway>, D::Error> {
    let mut signs = BTreeMap::new();
    for NamedGateway(address, sign, since, alive, users) in Vec::deserialize(deserializer)? {
        if signs.insert(address, Gateway { sign, since, alive, users }).is_some() {
            return Err(refused("a gateway is there twice"));
        }
    }
    Ok(signs)
}

/// A gateway as it is set down; recordings from before there were users leave them out.
#[derive(Serialize, Deserialize)]
#[serde(expecting = "a tuple of size 4")]
struct NamedGateway(
    #[serde(deserialize_with = "text")] Box<str>,
    LifeSign,
    Moment,
    Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")] Option<u32>,
);

impl Witnesses {
    /// Those that are asked from now on.
    pub fn to_be_asked(registry: bool, gateways: bool) -> Witnesses {
        let asked = |asked: bool| if asked { Witness::Unheard } else { Witness::Unasked };
        let mut witnesses = Witnesses::default();
        for (question, _) in witnesses.each() {
            if let Some(witness) = witnesses.of_mut(question) {
                *witness = asked(if question == Question::Gateways { gateways } else { registry });
            }
        }
        witnesses
    }
}

/// The registry is asked about so many users a second at most: it looks each of them up by itself.
pub const REGISTRY_USERS_A_SECOND: u32 = 2_000;

/// So many users at most are asked about in the sockets' place: of more, the first ones' answers would be too old
/// before the last ones' came.
pub const MOST_IN_PLACE: u32 = 80_000;

/// What the registry said of a user of whom the sockets gave no new answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByRegistry {
    /// The registry was asked then, and answered.
    pub answered: Answered,
    /// What is said because of that; none where it is what was said before.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub says: Option<Presence>,
    /// Since when, where it is not what was said before.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub since: Option<Since>,
}

/// A user with connections whom the registry called offline in the sockets' place, until the sockets are heard again:
/// if they still show one of those connections, that was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// The registry's first answer that said so.
    pub answered: Answered,
    /// The numbers of the transitions that said so.
    pub events: Vec<u64>,
}

/// What the registry lacks of a user whom the sockets show. Since v3.8.0 online push asks the registry who is online
/// (open-im-server `internal/push/push_handler.go`), so that messages don't reach these connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacking {
    /// The first question of those that it answered without them was put then.
    pub first: Moment,
    /// A later one, that confirmed it; none before.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub again: Option<Moment>,
    /// The platforms of connections that it does not have.
    pub platforms: Box<[Platform]>,
    /// Whether it calls the user offline.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub whole: bool,
}

/// Of whom the sockets give no new answer, so that the registry is asked in their place: what changed in that, in
/// its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SilenceChanges {
    /// Batches, by number, and whether they are silent from now on.
    pub batches: Vec<(u32, bool)>,
    /// Users whom answers leave out, and whether they do from now on.
    pub users: Vec<(UserIx, bool)>,
}

/// A connection that the sockets show no more, but that may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The last answer that showed it; none where that is not known.
    pub last: Option<Answered>,
    /// The first that did not.
    pub dropped: Answered,
}

/// Whom the witnesses are to be asked about: what changed in that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rechecks {
    /// In doubt since now: the registry is to be asked at once, and again until they are settled.
    pub begun: Vec<UserIx>,
    /// In doubt no more: they are not asked about again.
    pub settled: Vec<UserIx>,
    /// Never seen with a connection: whether there are such users at all is to be asked once.
    pub unverified: Vec<UserIx>,
    /// Whether a loss of view is suspected from now on, or not any more: gateways are to be asked.
    pub loss: Option<bool>,
    /// Whether from now on the registry is to be asked about everybody whom the sockets leave out, or not
    /// any more.
    pub everybody: Option<bool>,
    /// Batches that the sockets are to be asked about at once.
    pub batches: Vec<u32>,
    /// Of whom the sockets give no new answer.
    pub silence: SilenceChanges,
    /// Of those in doubt since now, who is shown with another connection: the tokens are asked at once, too.
    pub unseen: Vec<UserIx>,
    /// Who has a new connection: the registry has to know it soon.
    pub new_connections: Vec<UserIx>,
    /// Whom the sockets show and the registry lacks, and whether that is confirmed: to be asked about again.
    pub lacking: Vec<(UserIx, bool)>,
}

impl Rechecks {
    /// Whether nothing has changed.
    pub fn is_empty(&self) -> bool {
        *self == Rechecks::default()
    }

    /// Takes what changed later, which of one user is what counts.
    pub fn extend(&mut self, later: Rechecks) {
        let drop = |earlier: &mut Vec<UserIx>, later: &[UserIx]| {
            if !earlier.is_empty() && !later.is_empty() {
                let later: HashSet<UserIx> = later.iter().copied().collect();
                earlier.retain(|user| !later.contains(user));
            }
        };
        drop(&mut self.begun, &later.settled);
        drop(&mut self.settled, &later.begun);
        self.begun.extend(later.begun);
        self.settled.extend(later.settled);
        self.unverified.extend(later.unverified);
        self.loss = later.loss.or(self.loss);
        self.everybody = later.everybody.or(self.everybody);
        self.batches.extend(later.batches);
        self.silence.batches.extend(later.silence.batches);
        self.silence.users.extend(later.silence.users);
        self.unseen.extend(later.unseen);
        self.new_connections.extend(later.new_connections);
        self.lacking.extend(later.lacking);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_later_counts() {
        let doubts = |begun: &[u32], settled: &[u32]| Rechecks {
            begun: begun.iter().copied().map(UserIx).collect(),
            settled: settled.iter().copied().map(UserIx).collect(),
            ..Rechecks::default()
        };
        let mut all = doubts(&[1, 2], &[5]);
        all.extend(doubts(&[5], &[1]));
        assert_eq!(all, doubts(&[2, 5], &[1]));
    }
}
