//! Reads the answers of the witnesses beside the sockets: the registry (`get_users_status`), the tokens
//! (`get_users_online_token_detail`) and the accounts (`account_check`).
//!
//! Entries are matched by ID with the users who were asked about. Tokens are never decoded here: what
//! a user's platforms hold beside their number is passed over unread.

use std::collections::{BTreeMap, HashMap};

use reqwest::header::DATE;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::presence::{Answer, FetchError, Oddities, Platform, Question, UserIx, WatchList};

use super::body::unpack;
use super::client::{Fetched, Inner, Reply, question};
use super::endpoint::Endpoint;
use super::entry::{Status, UserVerdict, WirePlatform};
use super::envelope::{self, undecodable};
use super::error_code;
use super::failure;
use super::json::{Number, Object, Text};
use super::redact::Redactor;

/// So many platforms of one user are kept; there are a dozen.
const MOST_PLATFORMS: usize = 64;

/// `data` of `get_users_status`.
#[derive(Deserialize)]
struct Statuses<'a> {
    #[serde(borrow, default, rename = "statusList")]
    entries: Option<Vec<&'a RawValue>>,
}

/// An entry of it.
#[derive(Deserialize)]
struct RegistryEntry {
    #[serde(default)]
    status: Status,
    #[serde(default, rename = "platformIDs")]
    platforms: Option<Vec<WirePlatform>>,
}

/// An entry of `get_users_online_token_detail`.
#[derive(Deserialize)]
struct TokenEntry {
    #[serde(default, rename = "singlePlatformToken")]
    platforms: Option<Vec<Object<PlatformTokens>>>,
}

/// How many connections on one platform. The tokens beside the number are not read.
#[derive(Deserialize)]
struct PlatformTokens {
    #[serde(default, rename = "platformID")]
    platform_id: Option<WirePlatform>,
    /// Up to v3.8.0, by its name.
    #[serde(default)]
    platform: Option<WirePlatform>,
    #[serde(default)]
    total: Number,
}

/// `data` of `account_check`.
#[derive(Deserialize)]
struct Accounts<'a> {
    #[serde(borrow, default)]
    results: Option<Vec<&'a RawValue>>,
}

/// An entry of it.
#[derive(Deserialize)]
struct AccountEntry<'a> {
    #[serde(borrow, rename = "accountStatus")]
    status: &'a RawValue,
}

impl Inner {
    pub(super) async fn inquire(&self, list: &WatchList, about: Question, users: &[UserIx]) -> Fetched {
        let (endpoint, key) = match about {
            Question::UsersStatus => (Endpoint::UsersStatus, "userIDs"),
            Question::TokenDetail => (Endpoint::TokenDetail, "userIDs"),
            Question::AccountCheck => (Endpoint::AccountCheck, "checkUserIDs"),
            Question::Gateways => return self.ask_gateways().await,
            Question::OnlineStatus => return Fetched::refused(),
        };
        let asked = question(list, key, users.iter().copied());
        let (heard, answer) = self
            .put(endpoint, asked.into(), |reply, pass| {
                let Reply { operation_id, head, body } = reply;
                let wire_bytes = body.as_ref().map_or(0, |body| body.wire.len() as u64);
                let server_date = failure::http_date(&head.headers, &DATE);
                let read = body.and_then(|body| {
                    let json = unpack(&body.wire, body.packing, self.body_limit)?;
                    read(&json, endpoint, list, users, &pass.redactor)
                });
                let (answer, oddities) = match read {
                    Ok((answer, oddities)) => (Ok(answer), oddities),
                    Err(error) => (Err(error), Oddities::default()),
                };
                ((operation_id, server_date, wire_bytes, oddities), answer)
            })
            .await;
        let heard = heard.unwrap_or_else(|| (self.operation_id(), None, 0, Oddities::default()));
        let (operation_id, server_date, wire_bytes, oddities) = heard;
        Fetched { operation_id, server_date, wire_bytes, oddities, hints: None, answer }
    }
}

/// Reads an answer from `endpoint` about `users` of `list`.
fn read(
    json: &[u8],
    endpoint: Endpoint,
    list: &WatchList,
    users: &[UserIx],
    redactor: &Redactor,
) -> Result<(Answer, Oddities), FetchError> {
    let mut asked = Asked::of(list, users);
    let answer = match endpoint {
        Endpoint::UsersStatus => {
            let data = data::<Object<Statuses<'_>>>(json, endpoint, redactor)?;
            Answer::Registry(asked.gather(data.and_then(|Object(data)| data.entries), registry))
        }
        Endpoint::AccountCheck => {
            let data = data::<Object<Accounts<'_>>>(json, endpoint, redactor)?;
            let checked = asked.gather(data.and_then(|Object(data)| data.results), is_registered);
            let missing = checked.into_iter().filter(|(_, registered)| !registered);
            Answer::Unregistered(missing.map(|(user, _)| user).collect())
        }
        _ => {
            // Whoever has no connection is left out; so may be everybody.
            let listed = asked.gather(data(json, endpoint, redactor)?, connections);
            return Ok((Answer::Tokens(listed), asked.oddities));
        }
    };
    if !users.is_empty() && asked.named == 0 {
        return Err(undecodable("it says nothing of the users that were asked about"));
    }
    Ok((answer, asked.oddities))
}

/// The `data` of an answer, where there is any.
fn data<'a, D: Deserialize<'a>>(
    json: &'a [u8],
    endpoint: Endpoint,
    redactor: &Redactor,
) -> Result<Option<D>, FetchError> {
    let opened = envelope::open::<D>(json)?;
    if let Some(refusal) = opened.refusal(endpoint, 200) {
        return Err(error_code::fetch_error(&refusal, redactor));
    }
    Ok(opened.into_data())
}

/// The users who were asked about, and what an answer had beside them.
struct Asked<'a> {
    /// Whether an entry named them already.
    users: HashMap<&'a str, (UserIx, bool)>,
    /// How many entries there were about them that could be read.
    named: u32,
    oddities: Oddities,
}

impl<'a> Asked<'a> {
    fn of(list: &'a WatchList, users: &[UserIx]) -> Asked<'a> {
        let users = users.iter().map(|user| (list.raw_id(*user), (*user, false))).collect();
        Asked { users, named: 0, oddities: Oddities::default() }
    }

    /// What entries say of the users who were asked about, in the order of the list; the first of a
    /// user counts.
    fn gather<'j, T>(
        &mut self,
        entries: Option<Vec<&'j RawValue>>,
        read: impl Fn(&'j str) -> Option<T>,
    ) -> Vec<(UserIx, T)> {
        let entries = entries.unwrap_or_default();
        let mut said = Vec::with_capacity(entries.len().min(self.users.len()));
        for entry in entries {
            let json = entry.get();
            let Ok(Object(UserVerdict { user })) = serde_json::from_str::<Object<UserVerdict<'_>>>(json)
            else {
                self.oddities.unreadable += 1;
                continue;
            };
            match self.users.get_mut(&*user.0) {
                None => self.oddities.foreign += 1,
                Some((_, true)) => self.oddities.repeated += 1,
                Some((user, named)) => match read(json) {
                    Some(word) => {
                        *named = true;
                        self.named += 1;
                        said.push((*user, word));
                    }
                    None => self.oddities.unreadable += 1,
                },
            }
        }
        said.sort_unstable_by_key(|(user, _)| *user);
        said
    }
}

/// On which platforms the registry has a user online. A platform proves more than the status beside it;
/// `online` without a platform is on one that has no name.
fn registry(json: &str) -> Option<Box<[Platform]>> {
    let Object(entry) = serde_json::from_str::<Object<RegistryEntry>>(json).ok()?;
    let mut platforms: Vec<Platform> =
        entry.platforms.unwrap_or_default().into_iter().map(|wire| wire.0).collect();
    platforms.sort_unstable();
    platforms.dedup();
    platforms.truncate(MOST_PLATFORMS);
    match (platforms.is_empty(), entry.status) {
        (false, _) | (true, Status::Offline) => Some(platforms.into()),
        (true, Status::Online) => Some([Platform::UNNAMED].into()),
        (true, Status::Unclear) => None,
    }
}

/// How many connections a user has on which platform.
fn connections(json: &str) -> Option<Box<[(Platform, u32)]>> {
    let Object(entry) = serde_json::from_str::<Object<TokenEntry>>(json).ok()?;
    let mut listed = BTreeMap::<Platform, u32>::new();
    for Object(tokens) in entry.platforms.unwrap_or_default() {
        let platform = tokens.platform_id.or(tokens.platform).map_or(Platform::UNNAMED, |wire| wire.0);
        // A platform that is listed has a connection, whether they are counted or not.
        let total = tokens.total.0.map_or(1, |total| u32::try_from(total.max(0)).unwrap_or(u32::MAX));
        if listed.len() < MOST_PLATFORMS || listed.contains_key(&platform) {
            let count = listed.entry(platform).or_default();
            *count = count.saturating_add(total);
        }
    }
    Some(listed.into_iter().filter(|(_, count)| *count > 0).collect())
}

/// Whether there is such a user: a number since v3.8.1, a word before.
fn is_registered(json: &str) -> Option<bool> {
    let Object(entry) = serde_json::from_str::<Object<AccountEntry<'_>>>(json).ok()?;
    let status = entry.status.get();
    if let Ok(number) = serde_json::from_str::<Number>(status) {
        return match number.0 {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        };
    }
    let Text(word) = serde_json::from_str(status).ok()?;
    match word.to_ascii_lowercase().as_str() {
        "registered" => Some(true),
        "unregistered" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presence::Entry;

    fn told(endpoint: Endpoint, ids: &[&str], data: &str) -> Result<(Answer, Oddities), FetchError> {
        // The users who are asked about are not the first of the list, nor all of it.
        let list = WatchList::new(1, 500, ["x", "y"].iter().chain(ids).map(|id| Entry::of(id)));
        let users: Vec<UserIx> = (2..2 + ids.len() as u32).map(UserIx).collect();
        let body = format!(r#"{{"errCode":0,"errMsg":"","errDlt":"","data":{data}}}"#);
        read(body.as_bytes(), endpoint, &list, &users, &Redactor::default())
    }

    fn registry_of(ids: &[&str], data: &str) -> (Vec<(u32, Vec<i32>)>, Oddities) {
        match told(Endpoint::UsersStatus, ids, data) {
            Ok((Answer::Registry(said), oddities)) => {
                let plain = |(user, platforms): (UserIx, Box<[Platform]>)| {
                    (user.0 - 2, platforms.iter().map(|platform| platform.0).collect())
                };
                (said.into_iter().map(plain).collect(), oddities)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_registry_names_platforms_and_null_is_offline() {
        let data = r#"{"statusList":[{"userID":"b","status":1,"platformIDs":[5,1,5,13]},
            {"userID":"a","status":0,"platformIDs":null},{"userID":"c","status":1,"platformIDs":["Android","IOS"]}]}"#;
        let (said, oddities) = registry_of(&["a", "b", "c"], data);
        assert_eq!(said, [(0, vec![]), (1, vec![1, 5, 13]), (2, vec![1, 2])]);
        assert_eq!(oddities, Oddities::default());
    }

    #[test]
    fn what_does_not_belong_into_an_answer_is_counted_and_passed_over() {
        let data = r#"{"statusList":[{"userID":"x","status":1,"platformIDs":[1]},{"userID":"a","status":1,"platformIDs":null},
            {"userID":"a","status":0},{"userID":"b"},{"userID":7},null,[1],{"userID":"b","status":1,"platformIDs":{}},
            {"userID":"nobody","status":1}]}"#;
        let (said, oddities) = registry_of(&["a", "b"], data);
        assert_eq!(said, [(0, vec![0])], "x is on the list, and was not asked about");
        assert_eq!(oddities, Oddities { foreign: 2, repeated: 1, unreadable: 5 });
    }

    #[test]
    fn an_answer_about_nobody_is_no_answer() {
        for data in ["null", "{}", r#"{"statusList":null}"#, r#"{"statusList":[{"userID":"z","status":0}]}"#]
        {
            let error = told(Endpoint::UsersStatus, &["a"], data).unwrap_err();
            assert!(error.to_string().contains("says nothing of the users"), "{data}: {error}");
        }
        assert!(told(Endpoint::AccountCheck, &["a"], r#"{"results":null}"#).is_err());
        assert!(told(Endpoint::UsersStatus, &["a"], "[]").is_err());
        assert!(told(Endpoint::UsersStatus, &["a"], r#"{"statusList":5}"#).is_err());
    }

    #[test]
    fn connections_are_added_up_by_platform_and_tokens_are_not_read() {
        let data = r#"[{"userID":"a","status":1,"singlePlatformToken":[
            {"platformID":5,"total":2,"token":["eyJhbGciOi.x.y",{"not":"even a token"}]},
            {"platform":"IOS","total":1,"token":7},{"platformID":5,"total":1},{"platformID":2,"total":0},
            {"platformID":13,"total":99999999999},{"total":-4,"platformID":3},{"platformID":6}]}]"#;
        let (answer, oddities) = told(Endpoint::TokenDetail, &["a", "b"], data).unwrap();
        let listed: Box<[_]> =
            [(1, 1), (5, 3), (6, 1), (13, u32::MAX)].map(|(id, n)| (Platform(id), n)).into();
        assert_eq!(answer, Answer::Tokens(vec![(UserIx(2), listed)]));
        assert_eq!(oddities, Oddities::default());
        let nobody = Ok((Answer::Tokens(vec![]), Oddities::default()));
        assert_eq!(told(Endpoint::TokenDetail, &["a", "b"], "null"), nobody);
        assert_eq!(told(Endpoint::TokenDetail, &["a", "b"], "[]"), nobody);
    }

    #[test]
    fn accounts_are_told_by_number_or_by_word() {
        let data = r#"{"results":[{"userID":"a","accountStatus":1},{"userID":"b","accountStatus":0},
            {"userID":"c","accountStatus":"registered"},{"userID":"d","accountStatus":"unregistered"},
            {"userID":"e","accountStatus":"banned"},{"userID":"f"},{"userID":"b","accountStatus":1}]}"#;
        let (answer, oddities) = told(Endpoint::AccountCheck, &["a", "b", "c", "d", "e", "f"], data).unwrap();
        assert_eq!(answer, Answer::Unregistered(vec![UserIx(3), UserIx(5)]));
        assert_eq!(oddities, Oddities { foreign: 0, repeated: 1, unreadable: 2 });
    }

    #[test]
    fn platforms_without_end_are_bounded() {
        let many: Vec<String> = (0..10_000).map(|id| id.to_string()).collect();
        let data =
            format!(r#"{{"statusList":[{{"userID":"a","status":1,"platformIDs":[{}]}}]}}"#, many.join(","));
        assert_eq!(registry_of(&["a"], &data).0[0].1.len(), MOST_PLATFORMS);
        let many: Vec<String> = (0..10_000).map(|id| format!(r#"{{"platformID":{id}}}"#)).collect();
        let data = format!(r#"[{{"userID":"a","singlePlatformToken":[{}]}}]"#, many.join(","));
        let Ok((Answer::Tokens(listed), _)) = told(Endpoint::TokenDetail, &["a"], &data) else {
            panic!("an answer")
        };
        assert_eq!(listed[0].1.len(), MOST_PLATFORMS);
    }

    #[test]
    fn a_refusal_is_what_it_always_is() {
        let list = WatchList::new(1, 500, [Entry::of("a")]);
        let body = br#"{"errCode":1002,"errMsg":"NoPermissionError","errDlt":"only app manager"}"#;
        for endpoint in [Endpoint::UsersStatus, Endpoint::TokenDetail, Endpoint::AccountCheck] {
            let error = read(body, endpoint, &list, &[UserIx(0)], &Redactor::default()).unwrap_err();
            assert!(matches!(error, FetchError::Denied { code: 1002, .. }), "{error:?}");
            assert!(error.refuses_question());
        }
    }
}
