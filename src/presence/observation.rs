//! One answer, or failure, to one question put to a server: the only thing that changes what imtop knows.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::connection::Connection;
use super::fetch_error::FetchError;
use super::hints::Hints;
use super::platform::Platform;
use super::time::Moment;
use super::watch_list::UserIx;
use super::written::{as_list, in_order, text, word_or};

/// What a server can be asked about users: the witnesses, of which each errs in its own direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Question {
    /// `POST /user/get_users_online_status`: which sockets are open. Errs to offline: the users of a
    /// gateway that is gone, hung or out of reach are left out, errCode 0.
    #[default]
    #[serde(skip)]
    OnlineStatus,
    /// `POST /user/get_users_status`: the registry in Redis, about 1 s behind a real change. Errs to
    /// online: entries of a dead gateway live on for 10-30 minutes.
    #[serde(rename = "registry")]
    UsersStatus,
    /// `POST /user/get_users_online_token_detail`: how many sockets on which platform, over all
    /// gateways. Errs to offline like the first.
    #[serde(rename = "tokens")]
    TokenDetail,
    /// `GET /prometheus_discovery/msg_gateway` and `GET /metrics` of each target: whether the gateways
    /// give a sign of life. Another way through the network: no answer may mean only that.
    #[serde(rename = "gateways")]
    Gateways,
    /// `POST /user/account_check`: whether there are such users at all.
    #[serde(rename = "accounts")]
    AccountCheck,
}

impl Question {
    /// What it is called in words: `registry`.
    pub fn name(self) -> &'static str {
        match self {
            Question::OnlineStatus => "sockets",
            Question::UsersStatus => "registry",
            Question::TokenDetail => "tokens",
            Question::Gateways => "gateways",
            Question::AccountCheck => "accounts",
        }
    }
}

/// Names one request in the server's log; sent as the `operationID` header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationId(#[serde(deserialize_with = "text")] pub Box<str>);

/// One answer, or failure, to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Which endpoint was asked.
    pub question: Question,
    /// About which watch list; see [`super::WatchList::generation`].
    pub generation: u32,
    /// [`Question::OnlineStatus`]: about which users of it; see [`super::WatchList::batch`]. Of other
    /// questions 0.
    pub batch: u32,
    /// Of other questions: about which users, each once and in order; none for the gateways.
    pub users: Arc<[UserIx]>,
    /// When the question was sent.
    pub sent: Moment,
    /// When the answer was there, or had failed.
    pub received: Moment,
    /// The name of the request in the server's log.
    pub operation_id: OperationId,
    /// The server's clock when it answered (`Date` header), unix seconds.
    pub server_date: Option<i64>,
    /// Length of the body as it came over the wire.
    pub wire_bytes: u64,
    /// What in the answer did not belong there.
    pub oddities: Oddities,
    /// What the answer says of the server; the same allocation as the batch's last ones while they say
    /// the same, `None` where nothing was heard.
    pub hints: Option<Arc<Hints>>,
    /// How many times in a row this batch has failed, this time included; 0 for an answer.
    pub attempt: u32,
    /// When the batch will be asked again, on the monotonic clock.
    pub next_ms: u64,
    /// What came of it.
    pub answer: Result<Answer, FetchError>,
}

/// Things in an answer that a right server does not send; counted, and otherwise passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// Entries about users whom nobody asked for.
    pub foreign: u32,
    /// Entries about a user who had one already.
    pub repeated: u32,
    /// Entries that could not be read.
    pub unreadable: u32,
}

as_list!(Oddities: foreign, repeated, unreadable);

/// How many connections a user has on which platform, in the order of platforms.
pub(super) type Listed = Box<[(Platform, u32)]>;

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// To [`Question::OnlineStatus`]: the same, byte for byte, as the last answer to this batch.
    #[serde(skip)]
    Same,
    /// To [`Question::OnlineStatus`]: the users whose entries differ from the last answer. A user
    /// may be listed who has not changed; one who has is never left out.
    #[serde(skip)]
    Changed(Vec<(UserIx, UserStatus)>),
    /// To [`Question::UsersStatus`]: on which platforms the registry has users online, each platform
    /// once and in order; none: offline. Users whom the answer left out are not listed.
    Registry(Vec<(UserIx, Box<[Platform]>)>),
    /// To [`Question::TokenDetail`]: how many connections on which platform users have, in the order of
    /// platforms. Whoever was asked about and is not listed has none.
    Tokens(Vec<(UserIx, Listed)>),
    /// To [`Question::Gateways`]: the address of each gateway's metrics, and what came of asking it.
    Gateways(Vec<GatewaySign>),
    /// To [`Question::AccountCheck`]: those whom the server does not have. Whoever was asked about and is
    /// not listed is registered.
    Unregistered(Vec<UserIx>),
}

impl Answer {
    /// Bytes that what it says takes, about.
    pub fn weight(&self) -> usize {
        let connections = |status: &UserStatus| match status {
            UserStatus::Online(connections) => connections.len() * 128,
            _ => 0,
        };
        match self {
            Answer::Same => 0,
            Answer::Changed(all) => all.iter().map(|(_, status)| 64 + connections(status)).sum(),
            Answer::Registry(all) => all.iter().map(|(_, platforms)| 40 + platforms.len() * 4).sum(),
            Answer::Tokens(all) => all.iter().map(|(_, listed)| 40 + listed.len() * 8).sum(),
            Answer::Gateways(all) => all.iter().map(|it| 48 + it.address.len()).sum(),
            Answer::Unregistered(users) => users.len() * 4,
        }
    }

    /// Whether it answers a question about these users.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub(crate) fn fits(&self, question: Question, asked: &[UserIx]) -> Result<(), &'static str> {
        match (question, self) {
            (Question::OnlineStatus, Answer::Same | Answer::Changed(_))
            | (Question::Gateways, Answer::Gateways(_)) => Ok(()),
            (Question::UsersStatus, Answer::Registry(all)) => {
                each_once(all.iter().map(|(user, _)| user), asked)?;
                all.iter().try_for_each(|(_, platforms)| in_order(platforms, |platform| *platform))
            }
            (Question::TokenDetail, Answer::Tokens(all)) => {
                each_once(all.iter().map(|(user, _)| user), asked)?;
                all.iter().try_for_each(|(_, listed)| in_order(listed, |(platform, _)| *platform))
            }
            (Question::AccountCheck, Answer::Unregistered(users)) => each_once(users.iter(), asked),
            _ => Err("an answer to another question"),
        }
    }
}

/// These are some of those who were asked about, none of them twice.
fn each_once<'a>(mut said: impl Iterator<Item = &'a UserIx>, asked: &[UserIx]) -> Result<(), &'static str> {
    let mut seen = vec![false; asked.len()];
    let fits = said.all(|user| {
        let place = asked.binary_search(user).ok().and_then(|place| seen.get_mut(place));
        place.is_some_and(|seen| !std::mem::replace(seen, true))
    });
    if fits { Ok(()) } else { Err("an answer about a user who was not asked about, or twice") }
}

/// A gateway, as asking for its metrics showed it. It is written as `[address, sign]`, and how many users are on it
/// where it says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenSign", into = "WrittenSign")]
pub struct GatewaySign {
    /// The address of its metrics.
    pub address: Box<str>,
    /// What came of asking.
    pub sign: LifeSign,
    /// `online_user_num`: how many users it says are on it. It may say too many: open-im-server
    /// `msggateway/ws_server.go` does not count down whom it kicks.
    pub users: Option<u32>,
}

impl GatewaySign {
    /// One that says nothing of its users.
    pub fn new(address: impl Into<Box<str>>, sign: LifeSign) -> GatewaySign {
        GatewaySign { address: address.into(), sign, users: None }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(expecting = "a tuple of size 2")]
struct WrittenSign(
    #[serde(deserialize_with = "text")] Box<str>,
    LifeSign,
    #[serde(default, skip_serializing_if = "Option::is_none")] Option<u32>,
);

impl From<WrittenSign> for GatewaySign {
    fn from(WrittenSign(address, sign, users): WrittenSign) -> GatewaySign {
        GatewaySign { address, sign, users }
    }
}

impl From<GatewaySign> for WrittenSign {
    fn from(GatewaySign { address, sign, users }: GatewaySign) -> WrittenSign {
        WrittenSign(address, sign, users)
    }
}

/// What came of asking a gateway for a sign of life (`GET /metrics` on its own port).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LifeSign {
    /// It answered its metrics with 200.
    Alive,
    /// It took the connection and sent no byte.
    Hung,
    /// The connection was refused. Says something only of an address that was alive before.
    Refused,
    /// Anything else: it could not be reached, or answered something that it should not.
    Unclear,
}

/// What one answer said of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserStatus {
    /// Online, with these connections, each of them once; none where the server named none.
    Online(Vec<Connection>),
    /// The answer says that there is no connection.
    Offline,
    /// The answer had no entry for the user.
    Missing,
    /// The answer had an entry that says neither online nor offline.
    Unclear,
}

/// `"offline"`, `"missing"`, `"unclear"`, or the connections of one who is online.
impl Serialize for UserStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let word = match self {
            UserStatus::Online(connections) => return connections.serialize(serializer),
            UserStatus::Offline => "offline",
            UserStatus::Missing => "missing",
            UserStatus::Unclear => "unclear",
        };
        serializer.serialize_str(word)
    }
}

impl<'de> Deserialize<'de> for UserStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<UserStatus, D::Error> {
        let word = |word: &str| match word {
            "offline" => Ok(UserStatus::Offline),
            "missing" => Ok(UserStatus::Missing),
            "unclear" => Ok(UserStatus::Unclear),
            _ => Err(["offline", "missing", "unclear"].as_slice()),
        };
        word_or(deserializer, "what was said of a user", false, word, UserStatus::Online)
    }
}
