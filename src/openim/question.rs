//! The questions about users, each a row of one table: its path, the body that it is put with, and how its
//! answer is read. Beside the sockets (`get_users_online_status`) the witnesses are asked: the registry
//! (`get_users_status`), the tokens (`get_users_online_token_detail`), the accounts (`account_check`) and
//! the gateways.
//!
//! Entries are matched by ID with the users who were asked about. Of the tokens' answer no token is
//! decoded: what a user's platforms hold beside their number is passed over unread.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::header::DATE;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::presence::{
    Answer, FetchError, Moment, Observation, Oddities, OperationId, Platform, Question, Retry, UserIx,
    WatchList,
};

use super::body::Body;
use super::client::{Client, Reply};
use super::endpoint::Endpoint;
use super::entry::{Status, UserVerdict, WirePlatform};
use super::envelope::{self, undecodable};
use super::failure;
use super::gateways;
use super::json::{Number, Object, Text};
use super::online_status::{About, DeltaDecoder};
use super::redact::Redactor;

/// So many platforms of one user are kept; there are a dozen.
const MOST_PLATFORMS: usize = 64;

/// `data` of `get_users_status` and of `account_check`.
#[derive(Deserialize)]
struct Entries<'a> {
    #[serde(borrow, default, rename = "statusList", alias = "results")]
    entries: Option<Vec<&'a RawValue>>,
}

/// An entry of `get_users_status`.
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

/// An entry of `account_check`.
#[derive(Deserialize)]
struct AccountEntry<'a> {
    #[serde(borrow, rename = "accountStatus")]
    status: &'a RawValue,
}

/// One question about users of a watch list.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which.
    pub question: Question,
    /// To the sockets: about which users; see [`WatchList::batch`].
    pub batch: u32,
    /// To another witness: about which users, each once and in the order of the list; none for the gateways.
    pub users: Arc<[UserIx]>,
}

impl Asked {
    /// Which sockets the users of a batch have open.
    pub fn sockets(batch: u32) -> Asked {
        Asked { question: Question::OnlineStatus, batch, users: Arc::default() }
    }

    /// What a witness beside the sockets says of `users`.
    pub fn witness(question: Question, users: impl Into<Arc<[UserIx]>>) -> Asked {
        Asked { question, batch: 0, users: users.into() }
    }

    /// What came of it, on the watch list of this generation. When it was asked, how often it has failed
    /// and when it is asked next is for the poller to say.
    pub fn answered(&self, generation: u32, answer: Result<Answer, FetchError>) -> Observation {
        Observation {
            question: self.question,
            generation,
            batch: self.batch,
            users: Arc::clone(&self.users),
            sent: Moment::default(),
            received: Moment::default(),
            operation_id: OperationId("".into()),
            server_date: None,
            wire_bytes: 0,
            oddities: Oddities::default(),
            hints: None,
            attempt: 0,
            next_ms: 0,
            answer,
        }
    }
}

/// What was read of an answer, and what in it did not belong there.
type Read<A> = Result<(A, Oddities), FetchError>;

/// How a question is put, and how its answer is read.
struct Row {
    endpoint: Endpoint,
    /// What the server calls the list of users in the body.
    key: &'static str,
    read: fn(&Body<'_>, &Asked, About<'_>, &mut DeltaDecoder) -> Read<Answer>,
}

/// The row of a question; the gateways are asked another way, each by itself.
fn row(question: Question) -> Option<Row> {
    Some(match question {
        Question::Gateways => return None,
        Question::OnlineStatus => Row {
            endpoint: Endpoint::OnlineStatus,
            key: "userIDs",
            read: |body, _, about, sieve| sieve.sift(body, about),
        },
        Question::UsersStatus => Row {
            endpoint: Endpoint::UsersStatus,
            key: "userIDs",
            read: |body, asked, about, _| {
                let (said, oddities) = named(body, asked, about, Endpoint::UsersStatus, registry)?;
                Ok((Answer::Registry(said), oddities))
            },
        },
        Question::TokenDetail => Row {
            endpoint: Endpoint::TokenDetail,
            key: "userIDs",
            read: |body, asked, about, _| {
                let json = body.unpack(about.limit)?;
                let data = envelope::data(&json, Endpoint::TokenDetail, about.redactor)?;
                // Whoever has no connection is left out; so may be everybody.
                let mut gathering = Gathering::of(about.list, &asked.users);
                Ok((Answer::Tokens(gathering.gather(data, connections)), gathering.oddities))
            },
        },
        Question::AccountCheck => Row {
            endpoint: Endpoint::AccountCheck,
            key: "checkUserIDs",
            read: |body, asked, about, _| {
                let (checked, oddities) = named(body, asked, about, Endpoint::AccountCheck, is_registered)?;
                let missing = checked.into_iter().filter(|(_, registered)| !registered);
                Ok((Answer::Unregistered(missing.map(|(user, _)| user).collect()), oddities))
            },
        },
    })
}

impl Client {
    /// Asks one question, by the token in use; a refused token is replaced and the question put again,
    /// once. `sieve` remembers the last good answer of the sockets about a batch; a failure leaves it as it
    /// is.
    pub async fn ask(&self, list: &WatchList, asked: &Asked, sieve: &mut DeltaDecoder) -> Observation {
        let mut seen = asked.answered(list.generation(), Err(FetchError::Http { status: 404 }));
        let Some(Row { endpoint, key, read }) = row(asked.question) else {
            self.ask_gateways(&mut seen).await;
            return seen;
        };
        let body = match asked.question {
            Question::OnlineStatus => users_json(list, key, list.batch(asked.batch).map(UserIx)),
            _ => users_json(list, key, asked.users.iter().copied()),
        };
        let put = self.put(endpoint, body.into(), |reply, pass| {
            let (keys, redactor, limit) = (&self.0.keys, &pass.redactor, self.0.body_limit);
            let read = match take_head(&mut seen, &reply) {
                Ok(body) => {
                    read(body, asked, About { list, batch: asked.batch, keys, redactor, limit }, sieve)
                }
                Err(error) => Err(error),
            };
            if asked.question == Question::OnlineStatus {
                seen.hints = sieve.hints(
                    &reply.head.headers,
                    reply.body.as_ref().ok(),
                    self.0.session.logins(),
                    redactor,
                );
            }
            let (answer, oddities) = read?;
            seen.oddities = oddities;
            Ok(answer)
        });
        let answer = put.await;
        if asked.question == Question::UsersStatus {
            let fails = |error: &FetchError| error.mends() == Retry::ByItself;
            self.0.session.note_redis(answer.as_ref().is_err_and(fails));
        }
        seen.answer = answer;
        if seen.operation_id.0.is_empty() {
            seen.operation_id = self.operation_id(); // nothing was sent
        }
        seen
    }

    /// Finds the gateways, and asks each that may be asked for a sign of life.
    async fn ask_gateways(&self, seen: &mut Observation) {
        let inner = &*self.0;
        let mut named = Vec::new();
        if inner.gateways.may_be_asked() {
            match self.listed_gateways(seen).await {
                Ok(listed) => named = listed,
                // Who is given is asked whether the server lists any or not.
                Err(_) if inner.gateways.are_given() => {}
                Err(error) => {
                    seen.answer = Err(error);
                    return;
                }
            }
        } else if !inner.gateways.are_given() {
            return; // as of a server that lacks the question
        }
        let signs = inner.gateways.signs(&named, &inner.destination, inner.timeout).await;
        seen.answer = Ok(Answer::Gateways(signs));
    }

    /// The gateways that the server's discovery names.
    async fn listed_gateways(&self, seen: &mut Observation) -> Result<Vec<SocketAddr>, FetchError> {
        let redactor = Redactor::default();
        let reply = self.send(Endpoint::GatewayDiscovery, bytes::Bytes::new(), None, &redactor).await;
        let body = take_head(seen, &reply)?.unpack(self.0.body_limit)?;
        let (named, oddities) = gateways::targets(&body, &redactor)?;
        seen.oddities = oddities;
        Ok(named)
    }
}

/// `{"userIDs":[..]}` for these users; `key` is what the server calls the list.
fn users_json(list: &WatchList, key: &str, users: impl Iterator<Item = UserIx>) -> Vec<u8> {
    let mut json = format!("{{\"{key}\":[").into_bytes();
    for user in users {
        if json.last() != Some(&b'[') {
            json.push(b',');
        }
        let id = list.raw_id(user);
        if id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')) {
            // As nearly all are: nothing in it needs escaping.
            json.push(b'"');
            json.extend_from_slice(id.as_bytes());
            json.push(b'"');
        } else {
            // A string always encodes, and a vector takes it.
            let _ = serde_json::to_writer(&mut json, id);
        }
    }
    json.extend_from_slice(b"]}");
    json
}

/// Notes what stands before the body of a reply.
fn take_head<'a>(seen: &mut Observation, reply: &'a Reply) -> Result<&'a Body<'static>, FetchError> {
    seen.operation_id = reply.operation_id.clone();
    seen.server_date = failure::http_date(&reply.head.headers, &DATE);
    seen.wire_bytes = reply.body.as_ref().map_or(0, |body| body.wire.len() as u64);
    seen.oddities = Oddities::default();
    reply.body.as_ref().map_err(Clone::clone)
}

/// The users who were asked about, and what an answer had beside them.
struct Gathering<'a> {
    /// Whether an entry named them already.
    users: HashMap<&'a str, (UserIx, bool)>,
    /// How many entries there were about them that could be read.
    named: u32,
    oddities: Oddities,
}

impl<'a> Gathering<'a> {
    fn of(list: &'a WatchList, users: &[UserIx]) -> Gathering<'a> {
        let users = users.iter().map(|user| (list.raw_id(*user), (*user, false))).collect();
        Gathering { users, named: 0, oddities: Oddities::default() }
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

/// What the entries of an answer from `endpoint` say of those who were asked about; it has to say something.
fn named<T>(
    body: &Body<'_>,
    asked: &Asked,
    about: About<'_>,
    endpoint: Endpoint,
    read: impl Fn(&str) -> Option<T>,
) -> Read<Vec<(UserIx, T)>> {
    let json = body.unpack(about.limit)?;
    let data = envelope::data::<Object<Entries<'_>>>(&json, endpoint, about.redactor)?;
    let mut gathering = Gathering::of(about.list, &asked.users);
    let said = gathering.gather(data.and_then(|Object(data)| data.entries), read);
    if gathering.named == 0 && !gathering.users.is_empty() {
        return Err(undecodable("it says nothing of the users that were asked about"));
    }
    Ok((said, gathering.oddities))
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
    use crate::openim::body::Packing;
    use crate::openim::token::Keys;
    use crate::presence::Entry;

    fn read(question: Question, ids: &[&str], body: &str) -> Result<(Answer, Oddities), FetchError> {
        // The users who are asked about are not the first of the list, nor all of it.
        let list = WatchList::new(1, 500, ["x", "y"].iter().chain(ids).map(|id| Entry::of(id)));
        let users: Vec<UserIx> = (2..2 + ids.len() as u32).map(UserIx).collect();
        let (keys, redactor) = (Keys::random(), Redactor::default());
        let about = About { list: &list, batch: 0, keys: &keys, redactor: &redactor, limit: u64::MAX };
        let body = Body { wire: body.as_bytes().into(), packing: Packing::Plain };
        let asked = Asked::witness(question, users);
        (row(question).unwrap().read)(&body, &asked, about, &mut DeltaDecoder::default())
    }

    fn told(question: Question, ids: &[&str], data: &str) -> Result<(Answer, Oddities), FetchError> {
        let body = format!(r#"{{"errCode":0,"errMsg":"","errDlt":"","data":{data}}}"#);
        read(question, ids, &body)
    }

    fn registry_of(ids: &[&str], data: &str) -> (Vec<(u32, Vec<i32>)>, Oddities) {
        match told(Question::UsersStatus, ids, data) {
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
            let error = told(Question::UsersStatus, &["a"], data).unwrap_err();
            assert!(error.to_string().contains("says nothing of the users"), "{data}: {error}");
        }
        assert!(told(Question::AccountCheck, &["a"], r#"{"results":null}"#).is_err());
        assert!(told(Question::UsersStatus, &["a"], "[]").is_err());
        assert!(told(Question::UsersStatus, &["a"], r#"{"statusList":5}"#).is_err());
    }

    #[test]
    fn connections_are_added_up_by_platform_and_tokens_are_not_read() {
        let data = r#"[{"userID":"a","status":1,"singlePlatformToken":[
            {"platformID":5,"total":2,"token":["eyJhbGciOi.x.y",{"not":"even a token"}]},
            {"platform":"IOS","total":1,"token":7},{"platformID":5,"total":1},{"platformID":2,"total":0},
            {"platformID":13,"total":99999999999},{"total":-4,"platformID":3},{"platformID":6}]}]"#;
        let (answer, oddities) = told(Question::TokenDetail, &["a", "b"], data).unwrap();
        let listed: Box<[_]> =
            [(1, 1), (5, 3), (6, 1), (13, u32::MAX)].map(|(id, n)| (Platform(id), n)).into();
        assert_eq!(answer, Answer::Tokens(vec![(UserIx(2), listed)]));
        assert_eq!(oddities, Oddities::default());
        let nobody = Ok((Answer::Tokens(vec![]), Oddities::default()));
        assert_eq!(told(Question::TokenDetail, &["a", "b"], "null"), nobody);
        assert_eq!(told(Question::TokenDetail, &["a", "b"], "[]"), nobody);
    }

    #[test]
    fn accounts_are_told_by_number_or_by_word() {
        let data = r#"{"results":[{"userID":"a","accountStatus":1},{"userID":"b","accountStatus":0},
            {"userID":"c","accountStatus":"registered"},{"userID":"d","accountStatus":"unregistered"},
            {"userID":"e","accountStatus":"banned"},{"userID":"f"},{"userID":"b","accountStatus":1}]}"#;
        let (answer, oddities) = told(Question::AccountCheck, &["a", "b", "c", "d", "e", "f"], data).unwrap();
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
        let Ok((Answer::Tokens(listed), _)) = told(Question::TokenDetail, &["a"], &data) else {
            panic!("an answer")
        };
        assert_eq!(listed[0].1.len(), MOST_PLATFORMS);
    }

    #[test]
    fn a_refusal_is_what_it_always_is() {
        let body = r#"{"errCode":1002,"errMsg":"NoPermissionError","errDlt":"only app manager"}"#;
        for question in [Question::UsersStatus, Question::TokenDetail, Question::AccountCheck] {
            let error = read(question, &["a"], body).unwrap_err();
            assert!(matches!(error, FetchError::Denied { code: 1002, .. }), "{error:?}");
            assert!(error.refuses_question());
        }
    }
}
