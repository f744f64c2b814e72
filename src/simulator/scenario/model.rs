//! What a scenario file says, key by key. Every unknown key is an error.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::value::{Millis, Pattern, PlatformName};
use crate::simulator::fault::{Fault, Rule};
use crate::simulator::release::Release;

/// A whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) about: String,
    #[serde(default)]
    pub(crate) release: Release,
    #[serde(default)]
    pub(crate) seed: u64,
    /// How many users there are in all; the explicit ones come first.
    pub(crate) users: usize,
    /// By how much the server's clock is ahead.
    #[serde(default)]
    pub(crate) clock_skew: Millis,
    /// Whether asking about `fault:NAME` calls up that fault.
    #[serde(default)]
    pub(crate) fault_users: bool,
    #[serde(default)]
    pub(crate) poll: Poll,
    #[serde(default)]
    pub(crate) admin: Admin,
    #[serde(default)]
    pub(crate) gateways: Gateways,
    #[serde(default)]
    pub(crate) witnesses: Witnesses,
    #[serde(default)]
    pub(crate) tokens: Tokens,
    #[serde(default)]
    pub(crate) churn: Churn,
    #[serde(default)]
    pub(crate) crowd: Vec<Crowd>,
    #[serde(default)]
    pub(crate) user: Vec<User>,
    #[serde(default)]
    pub(crate) event: Vec<Event>,
    #[serde(default)]
    pub(crate) fault: Vec<FaultRule>,
}

/// How a viewer of this scenario best asks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Poll {
    pub(crate) interval: Millis,
    pub(crate) batch: usize,
    pub(crate) timeout: Millis,
}

impl Default for Poll {
    fn default() -> Poll {
        Poll { interval: Millis(2_000), batch: 500, timeout: Millis(10_000) }
    }
}

/// Who may ask.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Admin {
    pub(crate) ids: Vec<String>,
    pub(crate) secret: String,
    pub(crate) token_lifetime: Millis,
    /// Whether a login ends the older tokens; as the release does it, where not said.
    pub(crate) displaces: Option<bool>,
    /// How long a displaced token still works.
    pub(crate) grace: Millis,
}

impl Default for Admin {
    fn default() -> Admin {
        Admin {
            ids: vec!["imAdmin".to_owned()],
            secret: "openIM123".to_owned(),
            token_lifetime: Millis(90 * 86_400_000),
            displaces: None,
            grace: Millis(300_000),
        }
    }
}

/// The processes that hold the sockets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Gateways {
    pub(crate) names: Vec<String>,
    /// How long the API waits for one that hangs, before it takes it for gone.
    pub(crate) wait: Millis,
    /// How long the registry keeps the users of one that died.
    pub(crate) ghosts: [Millis; 2],
    /// How long a client may be silent before its gateway closes the socket when it runs on after it
    /// hung (30 s on a real one); where not said it closes none.
    pub(crate) silence: Option<Millis>,
    /// Whether gateway and API are one process: discovery lists nothing.
    pub(crate) standalone: bool,
}

impl Default for Gateways {
    fn default() -> Gateways {
        Gateways {
            names: vec!["gw-1".to_owned()],
            wait: Millis(11_400),
            ghosts: [Millis(600_000), Millis(1_800_000)],
            silence: None,
            standalone: false,
        }
    }
}

/// How the questions are taken that one can ask beside `get_users_online_status`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Witnesses {
    pub(crate) users_status: Manners,
    pub(crate) token_detail: Manners,
    pub(crate) account_check: Manners,
    /// Discovery; where it is `refused`, it answers but no gateway's address can be reached.
    pub(crate) gateways: Manners,
}

/// How a question is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Manners {
    /// As the release does.
    #[default]
    Answered,
    /// There is no such path.
    Missing,
    /// The caller may not ask.
    Refused,
}

/// Session tokens of generated users.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tokens {
    pub(crate) lifetime: Millis,
    /// How much of it is left at the start, at least and at most.
    pub(crate) left: [Millis; 2],
}

impl Default for Tokens {
    fn default() -> Tokens {
        Tokens { lifetime: Millis(90 * 86_400_000), left: [Millis(7_200_000), Millis(89 * 86_400_000)] }
    }
}

/// What one generated user does in an hour, on average.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Churn {
    /// Connects, while offline.
    pub(crate) connect: f64,
    /// Disconnects one socket, while online.
    pub(crate) disconnect: f64,
    /// Goes to the background or comes back, while online.
    pub(crate) background: f64,
    /// Connects another device, while online.
    pub(crate) second: f64,
}

impl Churn {
    /// All that one user does in an hour.
    pub(crate) fn sum(self) -> f64 {
        self.connect + self.disconnect + self.background + self.second
    }
}

/// Users made by the dozen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crowd {
    pub(crate) id: Spanned<Pattern>,
    pub(crate) group: Option<String>,
    /// Taken in turn; nobody has one where the list is empty.
    #[serde(default)]
    pub(crate) labels: Vec<Pattern>,
    /// How many of the generated users, against the other crowds.
    #[serde(default = "one")]
    pub(crate) share: u32,
    /// How many of the crowd are so at the start, against one another.
    #[serde(default = "forty")]
    pub(crate) online: u32,
    #[serde(default = "ten")]
    pub(crate) background: u32,
    #[serde(default = "fifty")]
    pub(crate) offline: u32,
    /// How many of the online ones have a second connection, in percent.
    #[serde(default = "ten")]
    pub(crate) second: u32,
    #[serde(default = "usual_platforms")]
    pub(crate) platforms: BTreeMap<PlatformName, u32>,
}

fn one() -> u32 {
    1
}
fn ten() -> u32 {
    10
}
fn forty() -> u32 {
    40
}
fn fifty() -> u32 {
    50
}
fn usual_platforms() -> BTreeMap<PlatformName, u32> {
    [(1, 30), (2, 40), (3, 15), (5, 15)]
        .into_iter()
        .map(|(id, share)| (PlatformName(crate::presence::Platform(id)), share))
        .collect()
}

impl Default for Crowd {
    fn default() -> Crowd {
        Crowd {
            id: Spanned::new(0..0, Pattern::counted("user_", 5)),
            group: None,
            labels: Vec::new(),
            share: one(),
            online: forty(),
            background: ten(),
            offline: fifty(),
            second: ten(),
            platforms: usual_platforms(),
        }
    }
}

/// A user written out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) id: Spanned<String>,
    pub(crate) label: Option<String>,
    pub(crate) group: Option<String>,
    /// Whether the server has such a user at all.
    #[serde(default = "yes")]
    pub(crate) registered: bool,
    /// Whether answers leave the user out.
    #[serde(default)]
    pub(crate) missing: bool,
    #[serde(default)]
    pub(crate) connection: Vec<Connection>,
}

fn yes() -> bool {
    true
}

/// A connection that is there at the start.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connection {
    pub(crate) platform: PlatformName,
    /// By name; one by chance where not said.
    pub(crate) gateway: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) background: bool,
    /// 32 hex digits; by chance where not said.
    pub(crate) conn_id: Option<String>,
    /// The session token as it stands.
    pub(crate) token: Option<String>,
    /// The token of the user's connection before this one.
    #[serde(default)]
    pub(crate) same_token: bool,
    /// Whom the token was issued for, where it was somebody else.
    pub(crate) token_user: Option<String>,
    /// For which platform, where it was another one.
    pub(crate) token_platform: Option<PlatformName>,
    /// When the token expires, from the start on; negative: before.
    pub(crate) expires: Option<Millis>,
}

/// Something that happens at a time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    /// From the start on.
    pub(crate) at: Millis,
    pub(crate) gateway: Option<Spanned<String>>,
    pub(crate) user: Option<Spanned<String>>,
    pub(crate) does: Spanned<Deed>,
    /// On which platform; for `connect` Web, for the others any, where not said.
    pub(crate) platform: Option<PlatformName>,
    /// Again and again.
    pub(crate) every: Option<Spanned<Millis>>,
    /// No longer than this.
    pub(crate) until: Option<Millis>,
    /// How many clients that a gateway lost by this connect elsewhere, in percent.
    #[serde(default)]
    pub(crate) come_back: u8,
    /// How long after, at least and at most.
    #[serde(default = "soon")]
    pub(crate) after: [Millis; 2],
    /// Of a `logout` and a `blackout` how many users, of `registry-down` how many changes, of
    /// `logins-lost` how many logins, in percent.
    #[serde(default = "all")]
    pub(crate) share: u8,
    /// How long it takes, or lasts.
    #[serde(default)]
    pub(crate) lasts: Millis,
    /// Whether a registry that hears nothing can't be asked either.
    #[serde(default)]
    pub(crate) fails: bool,
}

fn all() -> u8 {
    100
}

fn soon() -> [Millis; 2] {
    [Millis(2_000), Millis(20_000)]
}

/// What a user or a gateway does, or what befalls everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Deed {
    /// A gateway stops answering; its sockets stay.
    Hang,
    /// A hanging gateway runs on.
    Recover,
    /// A gateway dies with its sockets.
    Kill,
    /// A dead gateway is started again, empty.
    Restart,
    /// A gateway gets out of the API's reach; its clients notice nothing.
    Cut,
    /// The API reaches it again.
    Rejoin,
    /// A gateway closes its sockets one after another, and takes no new ones.
    Drain,
    /// A user connects with a new token.
    Connect,
    /// A user's sockets close.
    Disconnect,
    /// A user's client goes to the background.
    Background,
    /// It comes back.
    Foreground,
    /// A user's client connects anew with the same token.
    Reconnect,
    /// Another device of the same platform takes over, with another token.
    Replace,
    /// Answers leave the user out.
    Miss,
    /// They name the user again.
    List,
    /// A user's client is gone without a word.
    Vanish,
    /// A share of all users disconnects.
    Logout,
    /// A share of all users is gone without a word.
    Blackout,
    /// The registry hears nothing of a share of all changes.
    RegistryDown,
    /// It hears nothing of a share of all logins.
    LoginsLost,
}

/// Who does a deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doer {
    Gateway,
    User,
    Everybody,
}

impl Deed {
    /// Who does it.
    pub(crate) fn doer(self) -> Doer {
        match self {
            Deed::Hang
            | Deed::Recover
            | Deed::Kill
            | Deed::Restart
            | Deed::Cut
            | Deed::Rejoin
            | Deed::Drain => Doer::Gateway,
            Deed::Logout | Deed::Blackout | Deed::RegistryDown | Deed::LoginsLost => Doer::Everybody,
            _ => Doer::User,
        }
    }
}

/// A misbehaviour and when it happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRule {
    pub(crate) what: Fault,
    /// Only requests that ask about this user.
    pub(crate) asking: Option<String>,
    /// Only requests that ask about the user at this place of the watch list, from 1.
    pub(crate) row: Option<usize>,
    /// Only requests for this path.
    pub(crate) path: Option<String>,
    pub(crate) from: Option<Millis>,
    pub(crate) until: Option<Millis>,
    /// From the n-th such request on, to the n-th, counted from 1.
    pub(crate) requests: Option<[u64; 2]>,
}

impl FaultRule {
    /// The rule of a server that was started at `start` (unix ms); `None` for a row that a shorter
    /// watch list does not have.
    pub(crate) fn rule(&self, start: i64, id_at: impl Fn(usize) -> Option<String>) -> Option<Rule> {
        let asking = match (&self.asking, self.row) {
            (None, Some(row)) => Some(id_at(row.checked_sub(1)?)?),
            (asking, _) => asking.clone(),
        };
        Some(Rule {
            fault: self.what.clone(),
            asking,
            path: self.path.clone(),
            from_ms: self.from.map(|from| start + from.0),
            until_ms: self.until.map(|until| start + until.0),
            requests: self.requests,
        })
    }
}
