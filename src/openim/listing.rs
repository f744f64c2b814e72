//! Lists of users from the server: the members of a group, everybody, and what users are called.
//!
//! What a server says here becomes the watch list, so it is bounded: in pages, in users, in the
//! length of an ID. An empty list is `null` on the wire, as is everything that holds one.

use std::collections::HashSet;
use std::hash::BuildHasher as _;

use serde::Deserialize;
use serde_json::{Value, json};
use tracing::warn;

use crate::presence::{FetchError, UserId, visible_bounded};
use crate::words;

use super::client::Client;
use super::endpoint::Endpoint;
use super::envelope::{self, undecodable};
use super::json::{Number, Object, Text};
use super::redact::Redactor;
use super::screening::Screening;

/// Users of one page.
const PAGE: usize = 1_000;
/// No server is asked for more pages than this.
const MOST_PAGES: u32 = 10_000;
/// No more users are taken from one.
const MOST_USERS: usize = 2_000_000;
/// So many pages in a row without a new user are a server that gives the same page for ever.
const MOST_BARREN: u32 = 3;
/// Users whose nicknames are asked for in one question.
const CHUNK: usize = 500;
/// Longest nickname that is shown, in characters.
const LONGEST_NAME: usize = 128;

/// How far the reading of all users is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Users read so far.
    pub have: u64,
    /// Users that there are, as the server counts them; never less than `have`.
    pub total: u64,
}

/// `data` of the questions for users.
#[derive(Default, Deserialize)]
struct Users<'a> {
    #[serde(default)]
    total: Number,
    #[serde(borrow, default, rename = "userIDs")]
    users: Option<Vec<Text<'a>>>,
}

/// `data` of the question for nicknames.
#[derive(Default, Deserialize)]
struct Infos<'a> {
    #[serde(borrow, default, rename = "usersInfo")]
    users: Option<Vec<Object<Info<'a>>>>,
}

#[derive(Deserialize)]
struct Info<'a> {
    #[serde(borrow, default, rename = "userID")]
    user: Text<'a>,
    #[serde(borrow, default)]
    nickname: Text<'a>,
}

impl Client {
    /// Asks who is in a group (`POST /group/get_group_member_user_id`), in the server's order.
    ///
    /// Nobody, where the server knows no such group: it does not tell one from an empty one
    /// (`internal/rpc/group/group.go`), and a real group has at least an owner. IDs that cannot be
    /// watched are left out: empty ones, those longer than 256 bytes or with control characters.
    ///
    /// # Errors
    ///
    /// [`FetchError`], as for any question.
    pub async fn group_members(&self, group: &str) -> Result<Vec<String>, FetchError> {
        let page = self.users(Endpoint::GroupMembers, &json!({ "groupID": group })).await?;
        let mut known = Known::default();
        known.take(page)?;
        Ok(known.users)
    }

    /// Asks for every user that there is (`POST /user/get_all_users_uid`), a thousand at a time;
    /// `told` hears how far that is after each answer. Each user is named once, although pages may
    /// shift while they are read. IDs are left out as in [`Client::group_members`].
    ///
    /// # Errors
    ///
    /// [`FetchError`], as for any question, for a server that never comes to an end, and for one with
    /// more than two million users.
    pub async fn all_users(&self, mut told: impl FnMut(Progress) + Send) -> Result<Vec<String>, FetchError> {
        let mut known = Known::default();
        let (mut named, mut barren) = (0, 0);
        for page_number in 1..=MOST_PAGES {
            let question = json!({ "pagination": { "pageNumber": page_number, "showNumber": PAGE } });
            let page = self.users(Endpoint::AllUsers, &question).await?;
            let (users, total) = (page.users.len(), page.total);
            if users == 0 {
                return match named {
                    0 if total > 0 => Err(undecodable("it counts users, but names none")),
                    _ => Ok(known.users),
                };
            }
            named += users as u64;
            barren = if known.take(page)? { 0 } else { barren + 1 };
            let have = known.users.len() as u64;
            told(Progress { have, total: total.max(have) });
            // A page that names nobody new may be one that is given for ever, whatever the sum.
            let complete = if total == 0 { users < PAGE } else { named >= total };
            if complete && (barren == 0 || have >= total) {
                return Ok(known.users);
            }
            if barren == MOST_BARREN {
                return Err(undecodable("one page of users after the other names nobody new"));
            }
        }
        Err(undecodable("the pages of users have no end"))
    }

    /// Asks which of `ids` the server has no user for (`POST /user/get_users_info`, which leaves those
    /// out), 500 at a time, one after the other; in the order of `ids`.
    ///
    /// # Errors
    ///
    /// [`FetchError`] of the first question that fails.
    pub async fn unregistered(&self, ids: &[String]) -> Result<Vec<String>, FetchError> {
        let mut missing = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            let question = json!({ "userIDs": chunk });
            let known = self
                .list(Endpoint::UsersInfo, &question, |json, redactor| {
                    let infos: Infos<'_> = data(json, Endpoint::UsersInfo, redactor)?;
                    let infos = infos.users.unwrap_or_default().into_iter();
                    Ok(infos.map(|Object(info)| info.user.0.into_owned()).collect::<HashSet<_>>())
                })
                .await?;
            missing.extend(chunk.iter().filter(|id| !known.contains(*id)).cloned());
        }
        Ok(missing)
    }

    /// Asks what users are called (`POST /user/get_users_info`): those with a nickname, each once and
    /// with its ID, nicknames visible-safe and bounded. Asks 500 at a time, one after the other.
    ///
    /// # Errors
    ///
    /// [`FetchError`] of the first question that fails.
    pub async fn nicknames(&self, ids: &[String]) -> Result<Vec<(String, String)>, FetchError> {
        let mut names = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            let mut asked: HashSet<&str> = chunk.iter().map(String::as_str).collect();
            let question = json!({ "userIDs": chunk });
            let named = self
                .list(Endpoint::UsersInfo, &question, |json, redactor| {
                    let infos: Infos<'_> = data(json, Endpoint::UsersInfo, redactor)?;
                    let infos = infos.users.unwrap_or_default().into_iter();
                    let screening = Screening::of(redactor, json);
                    let named = infos.filter_map(|Object(info)| {
                        let name = screening.name(info.nickname.0.trim()).filter(|name| !name.is_empty())?;
                        let name = visible_bounded(&name, LONGEST_NAME);
                        asked.remove(&*info.user.0).then(|| (info.user.0.into_owned(), name))
                    });
                    Ok(named.collect::<Vec<_>>())
                })
                .await?;
            names.extend(named);
        }
        Ok(names)
    }

    async fn users(&self, endpoint: Endpoint, question: &Value) -> Result<Page, FetchError> {
        self.list(endpoint, question, |json, redactor| {
            let users: Users<'_> = data(json, endpoint, redactor)?;
            let total = users.total.0.and_then(|total| u64::try_from(total).ok()).unwrap_or(0);
            let users = users.users.unwrap_or_default().into_iter();
            let screening = Screening::of(redactor, json);
            Ok(Page { total, users: users.map(|id| watchable(id, &screening)).collect() })
        })
        .await
    }

    /// Puts a question, and has the unpacked answer read.
    pub(super) async fn list<A>(
        &self,
        endpoint: Endpoint,
        question: &Value,
        mut read: impl FnMut(&[u8], &Redactor) -> Result<A, FetchError>,
    ) -> Result<A, FetchError> {
        let question = question.to_string();
        let answer = self.put(endpoint, question.into(), |reply, pass| {
            reply.body.and_then(|body| read(&body.unpack(self.0.body_limit)?, &pass.redactor))
        });
        answer.await.map_err(|error| unknown_path(error, endpoint))
    }
}

/// One page of users.
struct Page {
    /// How many there are in all, as the server counts; 0 where it does not say.
    total: u64,
    /// Those named; `None` for one that cannot be watched.
    users: Vec<Option<String>>,
}

/// The users named so far, each once.
#[derive(Default)]
struct Known {
    users: Vec<String>,
    /// Of each; two users with one hash, which would cost one of them the list, are not to be feared.
    hashes: HashSet<u64>,
    hasher: rapidhash::fast::RandomState,
}

impl Known {
    /// Takes a page; whether anybody in it is new.
    fn take(&mut self, page: Page) -> Result<bool, FetchError> {
        let before = self.users.len();
        for id in page.users.into_iter().flatten() {
            if self.hashes.insert(self.hasher.hash_one(&id)) {
                self.users.push(id);
            }
        }
        if self.users.len() > MOST_USERS {
            return Err(undecodable("it names more than 2,000,000 users, which is more than can be watched"));
        }
        Ok(self.users.len() > before)
    }
}

/// The `data` of an answer; what is empty where there is none.
pub(super) fn data<'a, D: Default + Deserialize<'a>>(
    json: &'a [u8],
    endpoint: Endpoint,
    redactor: &Redactor,
) -> Result<D, FetchError> {
    let data = envelope::data::<Object<D>>(json, endpoint, redactor)?;
    Ok(data.map(|Object(data)| data).unwrap_or_default())
}

/// An ID that can be watched: neither a token in disguise nor what may be a part of one.
fn watchable(id: Text<'_>, screening: &Screening<'_>) -> Option<String> {
    let id = id.0;
    UserId::check(&id).ok()?;
    if let Err(shown) = screening.watchable(&id) {
        warn!(user = %shown, "a user ID of the server looks like a part of a token; not watched");
        return None;
    }
    Some(id.into_owned())
}

/// A 404 of a server that answers other questions says that it does not know this one.
fn unknown_path(error: FetchError, endpoint: Endpoint) -> FetchError {
    if error != (FetchError::Http { status: 404 }) {
        return error;
    }
    FetchError::Api {
        code: 404,
        what: format!("it does not know {}", endpoint.path()).into(),
        advice: words!("its release has no such question, or a proxy lets only some paths through"),
    }
}
