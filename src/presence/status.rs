//! What can honestly be said of a user now.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{language, say, words};

use super::fetch_error::ErrorKind;

/// What can honestly be said of a user now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// At least one connection is in the foreground.
    Online,
    /// Every connection is in the background.
    Background,
    /// Without a connection.
    Offline,
    /// Nobody can tell, and why not.
    Unknown(UnknownReason),
    /// The server has no such user.
    Unregistered,
}

/// Why a presence is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownReason {
    /// No answer has come yet.
    NotAnswered,
    /// A request is under way for longer than an answer stays good.
    Slow,
    /// The last requests failed.
    Failed(ErrorKind),
    /// Answers came, but without this user.
    Missing,
    /// Answers came, but what they say of this user is not understood.
    Unclear,
    /// The sockets call the user offline, and the registry has not been heard yet.
    Checking,
    /// The sockets call the user offline, and the registry gives no answer.
    RegistrySilent,
    /// The sockets call the user offline since a moment ago, and the registry does not yet: normal for a
    /// second after a real disconnect.
    Leaving,
    /// The sockets call the user offline, and the registry goes on saying online.
    RegistryOnline,
    /// So it is with many users at once: a gateway is gone, or out of reach of the API.
    GatewayLost,
    /// So it is with many users at once, and a gateway takes connections but does not answer.
    GatewayHangs,
    /// Many users were called offline at once, and the registry cannot be asked.
    GatewayLostMaybe,
}

/// What is said of a user while the answers are fresh, in one byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Word {
    /// Nothing was ever heard.
    #[default]
    Silent,
    /// No connection.
    Offline,
    /// A connection in the foreground.
    Online,
    /// In the background only.
    Background,
    /// In doubt: why is said beside.
    Doubtful,
    /// The server has no such user.
    Unregistered,
    /// The sockets call the user offline, and the registry is still to be asked.
    Unchecked,
    /// Offline, as the sockets say, by a sample of users about whom the registry agrees.
    Sampled,
}

impl Word {
    /// How many there are.
    pub(in crate::presence) const COUNT: usize = Word::ALL.len();

    /// All of them, in their order.
    pub(in crate::presence) const ALL: [Word; 8] = [
        Word::Silent,
        Word::Offline,
        Word::Online,
        Word::Background,
        Word::Doubtful,
        Word::Unregistered,
        Word::Unchecked,
        Word::Sampled,
    ];

    /// Whether it says something of the user, and not that nobody can tell.
    pub(in crate::presence) fn is_known(self) -> bool {
        !matches!(self, Word::Silent | Word::Doubtful | Word::Unchecked)
    }

    /// The word for it.
    pub fn of(presence: Presence) -> Word {
        match presence {
            Presence::Online => Word::Online,
            Presence::Background => Word::Background,
            Presence::Offline => Word::Offline,
            Presence::Unknown(_) => Word::Doubtful,
            Presence::Unregistered => Word::Unregistered,
        }
    }
}

/// What is behind what is said of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The sockets show a connection, or sockets and registry agree that there is none.
    #[default]
    Agreed,
    /// Only the sockets say so: the registry cannot be asked. They err to offline.
    SocketsAlone,
    /// The sockets say so, and a gateway has died; the registry does not know it yet.
    GatewayDied,
    /// The sockets say so; the registry agreed about each user of a sample, and was not asked about this one.
    Sampled,
    /// The sockets give no answer, and the registry was asked in their place. It errs to online.
    Registry,
}

impl Basis {
    /// Its name in JSON and CSV; none where nothing has to be said.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Basis::Agreed => None,
            Basis::SocketsAlone => Some("one witness"),
            Basis::GatewayDied => Some("gateway died"),
            Basis::Sampled => Some("sampled"),
            Basis::Registry => Some("registry"),
        }
    }

    /// A few words, to stand in brackets after the word; none where nothing has to be said.
    pub fn words(self) -> Option<&'static str> {
        match self {
            Basis::Agreed => None,
            Basis::SocketsAlone => Some(say!("one source")),
            Basis::GatewayDied => Some(say!("gateway died")),
            Basis::Sampled => Some(say!("sampled")),
            Basis::Registry => Some(say!("registry")),
        }
    }
}

impl Default for Presence {
    fn default() -> Presence {
        Presence::Unknown(UnknownReason::NotAnswered)
    }
}

impl Presence {
    /// Its name in filters, JSON and CSV.
    pub fn name(self) -> &'static str {
        match self {
            Presence::Online => words!("online"),
            Presence::Background => words!("background"),
            Presence::Offline => words!("offline"),
            Presence::Unknown(_) => words!("unknown"),
            Presence::Unregistered => words!("unregistered"),
        }
    }

    /// The word for it, in the language spoken.
    pub fn word(self) -> &'static str {
        language::say(self.name())
    }

    /// Whether it is [`Presence::Unknown`], for whatever reason.
    pub fn is_unknown(self) -> bool {
        matches!(self, Presence::Unknown(_))
    }

    /// Whether it is unknown because the witnesses contradict each other, or one of them says nothing:
    /// the sockets go on answering.
    pub fn is_doubt(self) -> bool {
        let Presence::Unknown(why) = self else { return false };
        match why {
            UnknownReason::Checking
            | UnknownReason::RegistrySilent
            | UnknownReason::Leaving
            | UnknownReason::RegistryOnline
            | UnknownReason::GatewayLost
            | UnknownReason::GatewayHangs
            | UnknownReason::GatewayLostMaybe => true,
            UnknownReason::NotAnswered
            | UnknownReason::Slow
            | UnknownReason::Failed(_)
            | UnknownReason::Missing
            | UnknownReason::Unclear => false,
        }
    }

    /// Whether it is a doubt of the first seconds, in which the witnesses are being asked: nothing to tell yet.
    pub fn is_passing(self) -> bool {
        matches!(self, Presence::Unknown(UnknownReason::Checking | UnknownReason::Leaving))
    }

    /// Whether the two have the same word; the reason of an unknown may differ.
    pub fn same_word(self, other: Presence) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

impl UnknownReason {
    /// Whether it is so of all users of a batch: they are asked about together.
    pub fn is_of_batch(self) -> bool {
        matches!(self, UnknownReason::Failed(_) | UnknownReason::Slow)
    }
}

impl fmt::Display for UnknownReason {
    /// A few words, to stand in brackets after `unknown`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnknownReason::NotAnswered => f.write_str(say!("no answer yet")),
            UnknownReason::Slow => f.write_str(say!("answer overdue")),
            UnknownReason::Failed(trouble) => trouble.fmt(f),
            UnknownReason::Missing => f.write_str(say!("missing from the answers")),
            UnknownReason::Unclear => f.write_str(say!("status not understood")),
            UnknownReason::Checking => f.write_str(say!("checking")),
            UnknownReason::RegistrySilent => f.write_str(say!("registry gives no answer")),
            UnknownReason::Leaving => f.write_str(say!("leaving")),
            UnknownReason::RegistryOnline => f.write_str(say!("registry says online")),
            UnknownReason::GatewayLost => f.write_str(say!("gateway lost")),
            UnknownReason::GatewayHangs => f.write_str(say!("gateway hangs")),
            UnknownReason::GatewayLostMaybe => f.write_str(say!("gateway lost?")),
        }
    }
}
