//! What the witnesses beside the sockets were asked, and what they answered: users as places in the
//! watch list, platforms as numbers.

use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::presence::{Answer, LifeSign, Platform, Question, UserIx};

/// The word for a question; none for the one that is put to the sockets.
pub(super) fn write_question(question: Question) -> Option<&'static str> {
    match question {
        Question::OnlineStatus => None,
        Question::UsersStatus => Some("registry"),
        Question::TokenDetail => Some("tokens"),
        Question::Gateways => Some("gateways"),
        Question::AccountCheck => Some("accounts"),
    }
}

/// The question that a word stands for; `None` where this program does not know it.
pub(super) fn read_question(word: &str) -> Option<Question> {
    let all = [Question::UsersStatus, Question::TokenDetail, Question::Gateways, Question::AccountCheck];
    all.into_iter().find(|question| write_question(*question) == Some(word))
}

/// How many connections there are on each of some platforms: `[platform, connections]`.
pub(super) type WireListed = Vec<(i32, u32)>;

/// A [`LifeSign`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WireSign {
    Alive,
    Hung,
    Refused,
    Unclear,
}

/// An [`Answer`] of a witness beside the sockets.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WireSaid<'a> {
    Registry(Vec<(u32, Vec<i32>)>),
    Tokens(Vec<(u32, WireListed)>),
    #[serde(borrow)]
    Gateways(Vec<(Text<'a>, WireSign)>),
    Unregistered(Vec<u32>),
}

impl<'a> WireSaid<'a> {
    /// `None` for what the sockets say.
    pub(super) fn write(answer: &'a Answer) -> Option<WireSaid<'a>> {
        Some(match answer {
            Answer::Same | Answer::Changed(_) => return None,
            Answer::Registry(all) => {
                let write = |(user, platforms): &(UserIx, Box<[_]>)| (user.0, write_platforms(platforms));
                WireSaid::Registry(all.iter().map(write).collect())
            }
            Answer::Tokens(all) => {
                let write = |(user, listed): &(UserIx, Box<[_]>)| (user.0, write_listed(listed));
                WireSaid::Tokens(all.iter().map(write).collect())
            }
            Answer::Gateways(all) => {
                let write = |(address, sign): &'a (Box<str>, _)| (Text::of(address), WireSign::write(*sign));
                WireSaid::Gateways(all.iter().map(write).collect())
            }
            Answer::Unregistered(users) => WireSaid::Unregistered(users.iter().map(|user| user.0).collect()),
        })
    }

    /// `asked` are the users that the question was about.
    pub(super) fn read(self, question: Question, asked: &[UserIx]) -> Result<Answer, String> {
        match (question, self) {
            (Question::UsersStatus, WireSaid::Registry(all)) => {
                each_once(all.iter().map(|(user, _)| *user), asked)?;
                let read = |(user, platforms)| Ok((UserIx(user), read_platforms(platforms)?));
                Ok(Answer::Registry(all.into_iter().map(read).collect::<Result<_, String>>()?))
            }
            (Question::TokenDetail, WireSaid::Tokens(all)) => {
                each_once(all.iter().map(|(user, _)| *user), asked)?;
                let read = |(user, listed)| Ok((UserIx(user), read_listed(listed)?));
                Ok(Answer::Tokens(all.into_iter().map(read).collect::<Result<_, String>>()?))
            }
            (Question::Gateways, WireSaid::Gateways(all)) => {
                let read = |(address, sign): (Text<'_>, WireSign)| (address.boxed(), sign.read());
                Ok(Answer::Gateways(all.into_iter().map(read).collect()))
            }
            (Question::AccountCheck, WireSaid::Unregistered(users)) => {
                each_once(users.iter().copied(), asked)?;
                Ok(Answer::Unregistered(users.into_iter().map(UserIx).collect()))
            }
            _ => Err("an answer to another question".to_owned()),
        }
    }
}

/// These are some of those who were asked about, none of them twice.
fn each_once(mut said: impl Iterator<Item = u32>, asked: &[UserIx]) -> Result<(), String> {
    let mut seen = vec![false; asked.len()];
    let fits = said.all(|user| {
        let place = asked.binary_search(&UserIx(user)).ok().and_then(|place| seen.get_mut(place));
        place.is_some_and(|seen| !std::mem::replace(seen, true))
    });
    if fits { Ok(()) } else { Err("an answer about a user who was not asked about, or twice".to_owned()) }
}

impl WireSign {
    pub(super) fn write(sign: LifeSign) -> WireSign {
        match sign {
            LifeSign::Alive => WireSign::Alive,
            LifeSign::Hung => WireSign::Hung,
            LifeSign::Refused => WireSign::Refused,
            LifeSign::Unclear => WireSign::Unclear,
        }
    }

    pub(super) fn read(self) -> LifeSign {
        match self {
            WireSign::Alive => LifeSign::Alive,
            WireSign::Hung => LifeSign::Hung,
            WireSign::Refused => LifeSign::Refused,
            WireSign::Unclear => LifeSign::Unclear,
        }
    }
}

pub(super) fn write_platforms(platforms: &[Platform]) -> Vec<i32> {
    platforms.iter().map(|platform| platform.0).collect()
}

/// Each once and in order.
pub(super) fn read_platforms(platforms: Vec<i32>) -> Result<Box<[Platform]>, String> {
    in_order(&platforms, |platform| *platform)?;
    Ok(platforms.into_iter().map(Platform).collect())
}

pub(super) fn write_listed(listed: &[(Platform, u32)]) -> WireListed {
    listed.iter().map(|(platform, connections)| (platform.0, *connections)).collect()
}

/// Each platform once and in order.
pub(super) fn read_listed(listed: WireListed) -> Result<Box<[(Platform, u32)]>, String> {
    in_order(&listed, |(platform, _)| *platform)?;
    Ok(listed.into_iter().map(|(platform, connections)| (Platform(platform), connections)).collect())
}

fn in_order<T>(all: &[T], platform: impl Fn(&T) -> i32) -> Result<(), String> {
    if all.is_sorted_by(|one, next| platform(one) < platform(next)) {
        Ok(())
    } else {
        Err("platforms out of order".to_owned())
    }
}

/// Users as places in the watch list, each once and in order.
pub(super) fn read_users(users: Vec<u32>) -> Result<Vec<UserIx>, String> {
    if !users.is_sorted_by(|one, next| one < next) {
        return Err("users out of order".to_owned());
    }
    Ok(users.into_iter().map(UserIx).collect())
}
