//! From what the witnesses said to what is said of a user and of a connection: pure tables.
//!
//! The sockets (`get_users_online_status`) err to offline, the registry (`get_users_status`) to online, so
//! that either alone is wrong just when somebody looks, and both together are strong evidence. What the
//! registry says counts only where it was asked after the sockets left the user out.
//!
//! # A user
//!
//! The first row that fits; `*` fits everything. `before` is what was said before the sockets left the
//! user out. `young` is less than [`Thresholds::leaving_ms`] since then. Of a user of a view loss,
//! `loss` says what is known of its cause; `maybe` is one that is only suspected.
//!
//! ```text
//! sockets    | registry | age   | loss  | before     | verdict
//! -----------+----------+-------+-------+------------+---------------------------------
//! silent     | *        | *     | *     | *          | unknown (no answer yet)
//! foreground | *        | *     | *     | *          | online
//! background | hides    | *     | *     | *          | online
//! background | unheard  | *     | *     | online     | online, stale
//! background | *        | *     | *     | *          | background
//! none       | offline  | *     | *     | *          | offline
//! none       | lacked   | young | none  | online     | unknown (leaving)
//! none       | lacked   | young | none  | background | unknown (leaving)
//! none       | lacked   | young | *     | online     | unknown (checking)
//! none       | lacked   | young | *     | background | unknown (checking)
//! none       | lacked   | *     | none  | *          | offline
//! none       | lacked   | *     | *     | *          | unknown (gateway lost?)
//! none       | unasked  | *     | none  | *          | offline, one source
//! none       | unasked  | *     | maybe | *          | offline, one source
//! none       | unasked  | *     | *     | *          | unknown (gateway lost?)
//! none       | unheard  | *     | *     | online     | online, stale
//! none       | unheard  | *     | *     | background | background, stale
//! none       | unheard  | *     | *     | offline    | offline
//! none       | unheard  | *     | *     | *          | unknown (checking)
//! none       | ahead    | *     | *     | offline    | offline
//! none       | ahead    | *     | *     | *          | unknown (checking)
//! none       | silent   | *     | *     | *          | unknown (registry gives no answer)
//! none       | *        | young | none  | online     | unknown (leaving)
//! none       | *        | young | none  | background | unknown (leaving)
//! none       | *        | young | *     | online     | unknown (checking)
//! none       | *        | young | *     | background | unknown (checking)
//! none       | *        | *     | none  | *          | unknown (registry says online)
//! none       | *        | *     | maybe | *          | unknown (registry says online)
//! none       | *        | *     | lost  | *          | unknown (gateway lost)
//! none       | *        | *     | hangs | *          | unknown (gateway hangs)
//! none       | *        | *     | died  | *          | offline, gateway died
//! ```
//!
//! # A connection that the sockets show no more
//!
//! The sockets show one gateway's connections of a user alone, so one that they leave out may be there
//! all the same. `shown` says whether they show another connection of the same platform: then what the
//! registry says of that platform is of no use. `young` is less than [`Thresholds::unseen_ms`].
//!
//! Of a user who is offline all connections are gone; of one in doubt none is. Of one who is shown with
//! another connection:
//!
//! ```text
//! registry | shown | age   | verdict
//! ---------+-------+-------+--------------
//! lacks it | *     | *     | disconnected
//! *        | yes   | young | unseen
//! *        | yes   | old   | disconnected
//! unasked  | no    | young | unseen
//! unasked  | no    | old   | disconnected
//! *        | no    | *     | unseen
//! ```
//!
//! # A user of whom the sockets give no new answer
//!
//! A gateway that hangs makes the sockets' answers wait for half a minute, while the registry answers in
//! milliseconds: it is asked in their place. `before` is what was said of the user; `in doubt` is one whom the
//! sockets had left out and the registry had not. `named` says whether the registry has called the user online
//! since the sockets fell silent. Only then its offline counts of somebody whom they had shown: the event of a
//! login may have been lost (open-im-server `msggateway/online.go` does not send it again).
//!
//! ```text
//! registry | before       | named | says
//! ---------+--------------+-------+-----------
//! *        | in doubt     | *     | as before
//! online   | online       | *     | as before
//! online   | background   | *     | as before
//! online   | *            | *     | online
//! offline  | offline      | *     | as before
//! offline  | unregistered | *     | as before
//! offline  | *            | yes   | offline
//! offline  | *            | no    | nothing
//! ```

use serde::{Deserialize, Deserializer, Serialize};

use super::observation::UserStatus;
use super::status::{Basis, Presence, UnknownReason};
use super::written::{checked, count, interval, is_usual};

/// What the sockets last said of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sockets {
    /// Not a word so far.
    #[default]
    Silent,
    /// They show no connection.
    None,
    /// At least one connection in the foreground, or online without naming any.
    Foreground,
    /// Connections, all of them in the background.
    Background,
}

impl Sockets {
    /// What a status says; `None` where it says nothing new of the user's connections.
    pub fn from_status(status: &UserStatus) -> Option<Sockets> {
        match status {
            UserStatus::Online(connections) => Some(
                if !connections.is_empty() && connections.iter().all(|connection| connection.background) {
                    Sockets::Background
                } else {
                    Sockets::Foreground
                },
            ),
            UserStatus::Offline => Some(Sockets::None),
            UserStatus::Missing | UserStatus::Unclear => None,
        }
    }
}

/// What the registry said of a user, asked after the sockets left something out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Registry {
    /// It is not asked: nobody does, or the server lacks or refuses the question.
    #[default]
    Unasked,
    /// It is asked, and has not answered yet.
    Unheard,
    /// It gave no answer when it was asked, or not for [`Thresholds::checking_ms`].
    Silent,
    /// The registry says offline.
    Offline,
    /// It says offline, as it did while the sockets showed the user: it had lost the login.
    Lacked,
    /// It says online, and the sockets were not asked since: somebody may just have come.
    Ahead,
    /// The registry says online.
    Online,
    /// Online, also on a platform that the sockets don't show.
    Hides,
}

/// What is known of the loss of view that a user is part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossCause {
    /// The user is part of no loss.
    #[default]
    None,
    /// It is not known why.
    #[serde(rename = "lost")]
    Unknown,
    /// A gateway takes connections and says nothing.
    Hangs,
    /// A gateway has died.
    Died,
}

/// How a user is part of a loss of view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum InLoss {
    /// Of none.
    #[default]
    No,
    /// Many are missing at once, and it is not certain yet that they are lost.
    Maybe,
    /// Of one that is certain, for which this is to blame.
    By(LossCause),
}

/// All that the table looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Testimony {
    /// What the sockets say.
    pub(super) sockets: Sockets,
    /// What the registry said after that.
    pub(super) registry: Registry,
    /// Whether it is less than [`Thresholds::leaving_ms`] since the sockets left the user out.
    pub(super) young: bool,
    /// The loss of view that the user is part of.
    pub(super) lost: InLoss,
    /// What was said of the user before.
    pub(super) before: Presence,
}

/// What is said of a user, and what that rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Verdict {
    /// What is said of the user.
    #[serde(rename = "says")]
    pub presence: Presence,
    /// What an offline rests on.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub basis: Basis,
    /// Whether it is only the last word from before, while the witnesses are being asked.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub stale: bool,
}

impl Verdict {
    /// Of somebody of whom nothing was ever heard.
    pub const SILENT: Verdict = Verdict::unknown(UnknownReason::NotAnswered);

    const fn of(presence: Presence) -> Verdict {
        Verdict { presence, basis: Basis::Agreed, stale: false }
    }

    const fn unknown(why: UnknownReason) -> Verdict {
        Verdict::of(Presence::Unknown(why))
    }

    const fn offline(basis: Basis) -> Verdict {
        Verdict { basis, ..Verdict::of(Presence::Offline) }
    }
}

/// What is said of a user about whom the witnesses' last words are fresh enough: the first table above.
pub(super) fn verdict(testimony: &Testimony) -> Verdict {
    let Testimony { sockets, registry, young, lost, before } = *testimony;
    match (sockets, registry) {
        (Sockets::Silent, _) => Verdict::SILENT,
        (Sockets::Foreground, _) | (Sockets::Background, Registry::Hides) => Verdict::of(Presence::Online),
        // Another gateway may have a connection in the foreground.
        (Sockets::Background, Registry::Unheard) if before == Presence::Online => {
            Verdict { stale: true, ..Verdict::of(before) }
        }
        (Sockets::Background, _) => Verdict::of(Presence::Background),
        (Sockets::None, Registry::Offline) => Verdict::of(Presence::Offline),
        (Sockets::None, Registry::Lacked) => match (before, lost) {
            (Presence::Online | Presence::Background, _) if young => Verdict::unknown(going(lost)),
            (_, InLoss::No) => Verdict::of(Presence::Offline),
            _ => Verdict::unknown(UnknownReason::GatewayLostMaybe),
        },
        (Sockets::None, Registry::Unasked) => match lost {
            InLoss::No | InLoss::Maybe => Verdict::offline(Basis::SocketsAlone),
            InLoss::By(_) => Verdict::unknown(UnknownReason::GatewayLostMaybe),
        },
        (Sockets::None, Registry::Unheard) => match before {
            Presence::Online | Presence::Background => Verdict { stale: true, ..Verdict::of(before) },
            Presence::Offline => Verdict::of(Presence::Offline),
            Presence::Unknown(_) | Presence::Unregistered => Verdict::unknown(UnknownReason::Checking),
        },
        (Sockets::None, Registry::Ahead) => match before {
            Presence::Offline => Verdict::of(Presence::Offline),
            _ => Verdict::unknown(UnknownReason::Checking),
        },
        (Sockets::None, Registry::Silent) => Verdict::unknown(UnknownReason::RegistrySilent),
        (Sockets::None, Registry::Online | Registry::Hides) => match lost {
            // Only who was seen with a connection can be about to leave.
            _ if young && matches!(before, Presence::Online | Presence::Background) => {
                Verdict::unknown(going(lost))
            }
            InLoss::No | InLoss::Maybe => Verdict::unknown(UnknownReason::RegistryOnline),
            InLoss::By(LossCause::None | LossCause::Unknown) => Verdict::unknown(UnknownReason::GatewayLost),
            InLoss::By(LossCause::Hangs) => Verdict::unknown(UnknownReason::GatewayHangs),
            InLoss::By(LossCause::Died) => Verdict::offline(Basis::GatewayDied),
        },
    }
}

/// Why nothing can be said of a user whom the sockets have just left out: one who goes alone is about to leave.
fn going(lost: InLoss) -> UnknownReason {
    if lost == InLoss::No { UnknownReason::Leaving } else { UnknownReason::Checking }
}

/// What the registry said of a connection's platform, asked after the sockets left the connection out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum PlatformSeen {
    /// It is not asked.
    Unasked,
    /// It has not answered.
    Unheard,
    /// The user is online on that platform.
    Names,
    /// The user is not online on that platform.
    Lacks,
}

/// Whether a connection that the sockets show no more is gone: the second table above. `shown` says
/// whether they show another one of the same platform, `young` whether it is less than
/// [`Thresholds::unseen_ms`] since they left it out.
pub(super) fn is_gone(registry: PlatformSeen, shown: bool, young: bool) -> bool {
    registry == PlatformSeen::Lacks || (!young && (shown || registry == PlatformSeen::Unasked))
}

/// What is said of a user of whom the sockets give no new answer, and the registry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InPlace {
    /// What was said before goes on.
    AsBefore,
    /// The registry's word counts.
    Says(Presence),
    /// The registry's word is of no use.
    Nothing,
}

/// The third table above.
pub(super) fn in_place(is_online: bool, before: Presence, in_doubt: bool, named: bool) -> InPlace {
    match (is_online, before) {
        _ if in_doubt => InPlace::AsBefore,
        (true, Presence::Online | Presence::Background)
        | (false, Presence::Offline | Presence::Unregistered) => InPlace::AsBefore,
        (true, _) => InPlace::Says(Presence::Online),
        (false, _) if named => InPlace::Says(Presence::Offline),
        (false, _) => InPlace::Nothing,
    }
}

/// How long and how many: what the tables, and what is found with them, turn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// The registry follows a real disconnect within about a second (open-im-server
    /// `internal/msggateway/online.go` batches for 1 s); for so many milliseconds its `online` is normal.
    #[serde(deserialize_with = "interval")]
    pub leaving_ms: u64,
    /// An answer of the registry takes some milliseconds. When it has taken so many, nothing can be said
    /// any more of whom the sockets left out.
    #[serde(deserialize_with = "interval")]
    pub checking_ms: u64,
    /// Where the registry can say nothing of a connection, it is held to be gone after so many
    /// milliseconds: a gateway that the API lost for a round or two is back by then.
    #[serde(deserialize_with = "interval")]
    pub unseen_ms: u64,
    /// A registry entry without sockets is called a ghost after so many milliseconds.
    #[serde(deserialize_with = "interval")]
    pub ghost_ms: u64,
    /// A loss of view are so many users at least, or all, where fewer were online: one or two may be
    /// lost events of the registry.
    #[serde(deserialize_with = "count")]
    pub loss_users: u32,
    /// Where the registry cannot be asked, a loss of view are more than so many percent of those online;
    /// and it is suspected from so many on, so that everyday coming and going raises no suspicion.
    #[serde(deserialize_with = "percent")]
    pub loss_percent: u32,
}

fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    checked(deserializer, "more than all users", |percent| *percent <= 100)
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds {
            leaving_ms: 5_000,
            checking_ms: 2_000,
            unseen_ms: 5_000,
            ghost_ms: 60_000,
            loss_users: 3,
            loss_percent: 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presence::{ConnId, Connection, Platform};

    /// The rows of the n-th table in the documentation of this file, cell by cell, without its head.
    fn rows(table: usize) -> Vec<Vec<&'static str>> {
        let text = include_str!("verdict.rs").split("//! ```").nth(table * 2 + 1).unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix("//! ")).skip(2);
        lines.map(|line| line.split('|').map(str::trim).collect()).collect()
    }

    fn fits(cell: &str, word: &str) -> bool {
        cell == "*" || cell == word
    }

    /// What the first row says that fits.
    fn of_table(rows: &[Vec<&'static str>], words: &[&str]) -> String {
        let fitting = |row: &&Vec<&str>| row.iter().zip(words).all(|(cell, word)| fits(cell, word));
        let row = rows.iter().find(fitting).unwrap_or_else(|| panic!("no row for {words:?}"));
        assert_eq!(row.len(), words.len() + 1);
        row[words.len()].to_owned()
    }

    fn in_words(verdict: Verdict) -> String {
        let word = match verdict.presence {
            Presence::Unknown(why) => format!("unknown ({why})"),
            presence => presence.word().to_owned(),
        };
        let behind = if verdict.stale { Some("stale") } else { verdict.basis.words() };
        behind.map_or(word.clone(), |behind| format!("{word}, {behind}"))
    }

    #[test]
    fn the_table_of_users_and_the_code_agree_on_every_combination() {
        let rows = rows(0);
        let mut used = std::collections::BTreeSet::new();
        let sockets = [
            (Sockets::Silent, "silent"),
            (Sockets::None, "none"),
            (Sockets::Foreground, "foreground"),
            (Sockets::Background, "background"),
        ];
        let registries = [
            (Registry::Unasked, "unasked"),
            (Registry::Unheard, "unheard"),
            (Registry::Silent, "silent"),
            (Registry::Offline, "offline"),
            (Registry::Lacked, "lacked"),
            (Registry::Ahead, "ahead"),
            (Registry::Online, "online"),
            (Registry::Hides, "hides"),
        ];
        let losses = [
            (InLoss::No, "none"),
            (InLoss::Maybe, "maybe"),
            (InLoss::By(LossCause::Unknown), "lost"),
            (InLoss::By(LossCause::Hangs), "hangs"),
            (InLoss::By(LossCause::Died), "died"),
        ];
        let befores = [
            (Presence::Online, "online"),
            (Presence::Background, "background"),
            (Presence::Offline, "offline"),
            (Presence::Unknown(UnknownReason::Slow), "unknown"),
            (Presence::Unregistered, "unregistered"),
        ];
        let mut combinations = 0;
        for (sockets, s) in sockets {
            for (registry, r) in registries {
                for (young, age) in [(true, "young"), (false, "old")] {
                    for (lost, l) in losses {
                        for (before, b) in befores {
                            let testimony = Testimony { sockets, registry, young, lost, before };
                            let words = [s, r, age, l, b];
                            let said = in_words(verdict(&testimony));
                            assert_eq!(said, of_table(&rows, &words), "{testimony:?}");
                            let fitting = |row: &Vec<&str>| row.iter().zip(words).all(|(c, w)| fits(c, w));
                            used.insert(rows.iter().position(fitting));
                            combinations += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(combinations, 4 * 8 * 2 * 5 * 5);
        assert_eq!(used.len(), rows.len(), "every row is of use");
    }

    #[test]
    fn the_table_of_connections_and_the_code_agree_on_every_combination() {
        let rows = rows(1);
        let mut used = std::collections::BTreeSet::new();
        let words_of_registry = [
            (PlatformSeen::Unasked, "unasked"),
            (PlatformSeen::Unheard, "unheard"),
            (PlatformSeen::Names, "names it"),
            (PlatformSeen::Lacks, "lacks it"),
        ];
        for (registry, r) in words_of_registry {
            for (shown, s) in [(true, "yes"), (false, "no")] {
                for (young, age) in [(true, "young"), (false, "old")] {
                    let words = [r, s, age];
                    let said = if is_gone(registry, shown, young) { "disconnected" } else { "unseen" };
                    assert_eq!(said, of_table(&rows, &words), "{words:?}");
                    let fitting = |row: &Vec<&str>| row.iter().zip(words).all(|(c, w)| fits(c, w));
                    used.insert(rows.iter().position(fitting));
                }
            }
        }
        assert_eq!(used.len(), rows.len(), "every row is of use");
    }

    #[test]
    fn the_table_of_silent_sockets_and_the_code_agree_on_every_combination() {
        let rows = rows(2);
        let mut used = std::collections::BTreeSet::new();
        let befores = [
            (Presence::Online, false, "online"),
            (Presence::Background, false, "background"),
            (Presence::Offline, false, "offline"),
            (Presence::Unregistered, false, "unregistered"),
            (Presence::Unknown(UnknownReason::NotAnswered), false, "unknown"),
            (Presence::Unknown(UnknownReason::RegistryOnline), true, "in doubt"),
            (Presence::Offline, true, "in doubt"),
        ];
        for (is_online, r) in [(true, "online"), (false, "offline")] {
            for (before, in_doubt, b) in befores {
                for (named, n) in [(true, "yes"), (false, "no")] {
                    let words = [r, b, n];
                    let said = match in_place(is_online, before, in_doubt, named) {
                        InPlace::AsBefore => "as before",
                        InPlace::Says(presence) => presence.word(),
                        InPlace::Nothing => "nothing",
                    };
                    assert_eq!(said, of_table(&rows, &words), "{words:?}");
                    let fitting = |row: &Vec<&str>| row.iter().zip(words).all(|(c, w)| fits(c, w));
                    used.insert(rows.iter().position(fitting));
                }
            }
        }
        assert_eq!(used.len(), rows.len(), "every row is of use");
    }

    #[test]
    fn what_a_status_says_of_the_sockets() {
        let connection =
            |background| Connection { platform: Platform(2), id: ConnId::new("c"), background, token: None };
        let cases = [
            (UserStatus::Online(vec![]), Some(Sockets::Foreground)),
            (UserStatus::Online(vec![connection(false)]), Some(Sockets::Foreground)),
            (UserStatus::Online(vec![connection(true), connection(false)]), Some(Sockets::Foreground)),
            (UserStatus::Online(vec![connection(true), connection(true)]), Some(Sockets::Background)),
            (UserStatus::Offline, Some(Sockets::None)),
            (UserStatus::Missing, None),
            (UserStatus::Unclear, None),
        ];
        for (status, expected) in cases {
            assert_eq!(Sockets::from_status(&status), expected, "{status:?}");
        }
    }
}
