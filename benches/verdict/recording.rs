//! A recording of a server: one question a line, with what came of it, and the truth in a file beside it.
//!
//! ```text
//! {"question": "get_users_online_status", "userIDs": [..], "sent": UNIX_MS, "took": MS, "http": 200, "body": "{..}"}
//! {"question": "get_users_status", .., "error": "timeout"}
//! {"question": "gateways", "sent": .., "took": .., "targets": {"ADDRESS": {"state": "alive"}}}
//! ```
//!
//! A question that is put at t is answered with what the server said of each of those users when it was
//! last asked up to t, whatever the batches were then, and after as long as that took.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use imtop::presence::{FetchError, GatewaySign, LifeSign, Platform, Question};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::lines::{Line, Said};
use super::server::{Reply, Server, Told};
use super::truth::{Event, Truth};

/// No client waits for an answer longer than this, in milliseconds.
pub const PATIENCE_MS: i64 = 10_000;

/// One line as it is written.
#[derive(Deserialize)]
struct Written {
    question: String,
    #[serde(default, rename = "userIDs")]
    users: Vec<String>,
    sent: f64,
    #[serde(default)]
    took: f64,
    http: Option<u16>,
    body: Option<String>,
    error: Option<String>,
    targets: Option<BTreeMap<String, Target>>,
}

#[derive(Deserialize)]
struct Target {
    state: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<T> {
    #[serde(default)]
    err_code: i64,
    data: Option<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "userID")]
    user: String,
    #[serde(default)]
    detail_platform_status: Option<Vec<Shown>>,
    #[serde(default, rename = "platformIDs")]
    platforms: Option<Vec<i32>>,
    #[serde(default)]
    single_platform_token: Option<Vec<Listed>>,
    #[serde(default)]
    account_status: Option<i32>,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(rename = "platformID")]
    platform: i32,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "platformID")]
    platform: i32,
    #[serde(default)]
    total: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusList {
    status_list: Option<Vec<Box<RawValue>>>,
}

#[derive(Deserialize)]
struct Accounts {
    results: Option<Vec<Box<RawValue>>>,
}

/// A line, and what is handed out of it again.
struct Kept {
    line: Line,
    /// What was said of each user: an entry of the sockets as it was written.
    entries: HashMap<u32, Box<str>>,
    counted: HashMap<u32, Box<[(Platform, u32)]>>,
    /// Why nothing was said.
    failed: Option<Failed>,
}

enum Failed {
    /// An answer all the same, that refuses.
    Body(String),
    Error(FetchError),
}

/// A recording.
pub struct Recording {
    /// The users, batch by batch as they were asked about.
    pub users: Vec<String>,
    /// How many users a batch has, at most.
    pub batch: u32,
    /// From one round to the next, in milliseconds.
    pub interval_ms: u64,
    /// When the first batches had been asked about, in unix milliseconds.
    pub begin: i64,
    /// When the last question was put, or the truth ends.
    pub end: i64,
    /// Who was connected.
    pub truth: Truth,
    kept: Vec<Kept>,
    /// The lines about each user, in their order.
    about: HashMap<Question, Vec<Vec<u32>>>,
    gateways: Vec<u32>,
}

impl Recording {
    /// Reads `path` and the truth beside it.
    ///
    /// # Errors
    /// A sentence, where one of the files cannot be read.
    pub fn read(path: &Path) -> Result<Recording, String> {
        let beside = path.with_extension("truth.ndjson");
        let written: Vec<Written> = read_lines(path)?;
        let events: Vec<Event> = read_lines(&beside)?;
        Recording::new(written, events).map_err(|what| format!("{}: {what}", path.display()))
    }

    fn new(mut written: Vec<Written>, events: Vec<Event>) -> Result<Recording, String> {
        written.sort_by(|a, b| a.sent.total_cmp(&b.sent));
        let batches = batches(&written);
        let Some(first_round) = batches.iter().map(|batch| batch.first).max() else {
            return Err("it has no line with the question get_users_online_status".to_owned());
        };
        let mut known = HashSet::new();
        let users: Vec<String> = batches
            .iter()
            .flat_map(|batch| &batch.users)
            .filter(|user| known.insert(*user))
            .cloned()
            .collect();
        let number: HashMap<&str, u32> =
            users.iter().enumerate().map(|(place, user)| (user.as_str(), place as u32)).collect();
        let batch = batches.iter().map(|batch| batch.users.len()).max().unwrap_or(1) as u32;
        let interval_ms = interval(&batches);
        let kept: Vec<Kept> =
            written.iter().filter_map(|line| keep(line, &number).transpose()).collect::<Result<_, _>>()?;
        let mut about: HashMap<Question, Vec<Vec<u32>>> = HashMap::new();
        let mut gateways = Vec::new();
        for (place, it) in kept.iter().enumerate() {
            if it.line.question == Question::Gateways {
                gateways.push(place as u32);
            }
            for &user in &it.line.users {
                about.entry(it.line.question).or_insert_with(|| vec![Vec::new(); users.len()])[user as usize]
                    .push(place as u32);
            }
        }
        let truth = Truth::new(&users, events);
        let last = kept.iter().map(|it| it.line.sent).max().unwrap_or(first_round);
        let end = last.min(truth.end);
        Ok(Recording { users, batch, interval_ms, begin: first_round, end, truth, kept, about, gateways })
    }

    /// All lines, in the order in which the answers came.
    pub fn lines(&self) -> Vec<&Line> {
        let mut lines: Vec<&Line> = self.kept.iter().map(|it| &it.line).collect();
        lines.sort_by_key(|line| line.received());
        lines
    }

    /// The line out of `lines` that was the last one put up to `at`; the first one where none was.
    fn in_effect(&self, lines: &[u32], at: i64) -> Option<u32> {
        let next = lines.partition_point(|line| self.kept[*line as usize].line.sent <= at);
        lines.get(next.saturating_sub(1)).copied()
    }

    /// How long `lines` took together, and what of them failed.
    fn fate(&self, lines: impl Iterator<Item = u32>) -> (u64, Option<Result<Told, FetchError>>) {
        let (mut took, mut failed) = (0, None);
        for kept in lines.map(|line| &self.kept[line as usize]) {
            took = took.max(kept.line.took);
            failed = failed.or(kept.failed.as_ref());
        }
        if took > PATIENCE_MS {
            return (PATIENCE_MS as u64, Some(Err(FetchError::Timeout { after_ms: PATIENCE_MS as u64 })));
        }
        let failed = failed.map(|failed| match failed {
            Failed::Body(body) => Ok(Told::Body(body.clone())),
            Failed::Error(error) => Err(error.clone()),
        });
        (took.max(0) as u64, failed)
    }

    fn signs(&self, at: i64) -> Reply {
        let Some(line) = self.in_effect(&self.gateways, at) else { return Reply::refused() };
        let (took, failed) = self.fate(std::iter::once(line));
        let told = failed.unwrap_or_else(|| {
            let signs = match &self.kept[line as usize].line.said {
                Some(Said::Gateways(signs)) => signs.as_slice(),
                _ => &[],
            };
            Ok(Told::Gateways(
                signs.iter().map(|(address, sign)| GatewaySign::new(address.as_str(), *sign)).collect(),
            ))
        });
        Reply { took, told }
    }
}

impl Server for Recording {
    fn reply(&self, question: Question, users: &[u32], at: i64) -> Reply {
        if question == Question::Gateways {
            return self.signs(at);
        }
        let Some(about) = self.about.get(&question) else { return Reply::refused() };
        let lines: Vec<(u32, u32)> = users
            .iter()
            .filter_map(|&user| Some((user, self.in_effect(&about[user as usize], at)?)))
            .collect();
        if lines.is_empty() {
            return Reply::refused();
        }
        let distinct: HashSet<u32> = lines.iter().map(|(_, line)| *line).collect();
        let (took, failed) = self.fate(distinct.into_iter());
        let said = || lines.iter().map(|(user, line)| (*user, &self.kept[*line as usize]));
        let told = failed.map(|failed| match (question, failed) {
            (Question::OnlineStatus, failed) => failed,
            (_, Ok(_)) => Err(FetchError::Denied { code: 1002, what: "refused".into(), advice: "" }),
            (_, error) => error,
        });
        let told = told.unwrap_or_else(|| {
            Ok(match question {
                Question::OnlineStatus => {
                    let entries: Vec<&str> = said()
                        .filter_map(|(user, kept)| kept.entries.get(&user).map(AsRef::as_ref))
                        .collect();
                    let data = if entries.is_empty() {
                        "null".to_owned()
                    } else {
                        format!("[{}]", entries.join(","))
                    };
                    Told::Body(format!(r#"{{"errCode":0,"errMsg":"","errDlt":"","data":{data}}}"#))
                }
                Question::TokenDetail => Told::Tokens(
                    said()
                        .filter_map(|(user, kept)| Some((user, kept.counted.get(&user)?.clone())))
                        .collect(),
                ),
                _ => Told::Registry(
                    said()
                        .filter_map(|(user, kept)| {
                            let place = kept.line.users.iter().position(|it| *it == user)?;
                            let Some(Said::Users(said)) = &kept.line.said else { return None };
                            Some((user, said.get(place)?.as_ref()?.iter().map(|it| Platform(*it)).collect()))
                        })
                        .collect(),
                ),
            })
        });
        Reply { took, told }
    }
}

/// A batch that the sockets were asked about, in the order in which the lines have its users.
struct Batch {
    users: Vec<String>,
    first: i64,
    sent: Vec<i64>,
}

/// The largest first, so that the users of each come to be in one batch again.
fn batches(written: &[Written]) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut known: HashMap<&[String], usize> = HashMap::new();
    for line in
        written.iter().filter(|line| line.question == "get_users_online_status" && !line.users.is_empty())
    {
        let sent = line.sent as i64;
        let place = *known.entry(&line.users).or_insert_with(|| {
            batches.push(Batch { users: line.users.clone(), first: sent, sent: Vec::new() });
            batches.len() - 1
        });
        batches[place].sent.push(sent);
    }
    // A batch that was asked about once belongs to another list, from later.
    let most = batches.iter().map(|batch| batch.sent.len()).max().unwrap_or(0);
    let begin = batches.iter().map(|batch| batch.first).min().unwrap_or(0);
    for batch in &mut batches {
        if batch.sent.len() * 2 < most {
            batch.first = begin;
        }
    }
    batches.sort_by_key(|batch| std::cmp::Reverse(batch.users.len()));
    batches
}

/// The usual time from one question about a batch to the next, to 50 ms.
fn interval(batches: &[Batch]) -> u64 {
    let mut gaps: Vec<i64> =
        batches.iter().flat_map(|batch| batch.sent.windows(2).map(|pair| pair[1] - pair[0])).collect();
    gaps.sort_unstable();
    let median = gaps.get(gaps.len() / 2).copied().unwrap_or(2_000);
    (((median + 25) / 50) * 50).max(50) as u64
}

fn keep(written: &Written, number: &HashMap<&str, u32>) -> Result<Option<Kept>, String> {
    let question = match written.question.as_str() {
        "get_users_online_status" => Question::OnlineStatus,
        "get_users_status" => Question::UsersStatus,
        "get_users_online_token_detail" => Question::TokenDetail,
        "gateways" => Question::Gateways,
        _ => return Ok(None),
    };
    let users: Vec<u32> =
        written.users.iter().filter_map(|user| number.get(user.as_str()).copied()).collect();
    let (sent, took) = (written.sent as i64, written.took as i64);
    let mut line = Line { question, users, sent, took, said: None };
    let mut kept =
        Kept { line: line.clone(), entries: HashMap::new(), counted: HashMap::new(), failed: None };
    if let Some(targets) = &written.targets {
        let sign = |target: &Target| match target.state.as_str() {
            "alive" => LifeSign::Alive,
            "hung" => LifeSign::Hung,
            "dead" => LifeSign::Refused,
            _ => LifeSign::Unclear,
        };
        line.said =
            Some(Said::Gateways(targets.iter().map(|(at, target)| (at.clone(), sign(target))).collect()));
        kept.line = line;
        return Ok(Some(kept));
    }
    let Some(body) = &written.body else {
        kept.failed = Some(Failed::Error(match written.error.as_deref() {
            Some("timeout") => FetchError::Timeout { after_ms: written.took as u64 },
            error => FetchError::Unreachable { what: error.unwrap_or("no answer").into() },
        }));
        return Ok(Some(kept));
    };
    if written.http.is_some_and(|http| http != 200) {
        kept.failed = Some(Failed::Error(FetchError::Http { status: written.http.unwrap_or(0) }));
        return Ok(Some(kept));
    }
    let number = |user: &str| number.get(user).copied();
    let read = read_body_by(question, body, &number)
        .map_err(|what| format!("the answer to {} at {sent} cannot be read: {what}", written.question))?;
    if read.refuses {
        kept.failed = Some(Failed::Body(body.clone()));
        return Ok(Some(kept));
    }
    let mut said = read.said;
    line.said = Some(Said::Users(line.users.iter().map(|user| said.remove(user)).collect()));
    kept.line = line;
    kept.entries = read.entries;
    kept.counted = read.counted;
    Ok(Some(kept))
}

/// What a body says.
#[derive(Default)]
pub struct Read {
    /// It refuses.
    pub refuses: bool,
    /// On which platforms each user is.
    pub said: HashMap<u32, Box<[i32]>>,
    /// How many connections each user has.
    pub counted: HashMap<u32, Box<[(Platform, u32)]>>,
    /// Whom the server does not have.
    pub unregistered: Vec<u32>,
    entries: HashMap<u32, Box<str>>,
}

/// Reads the body of an answer about users of these places.
///
/// # Errors
/// What is wrong with it.
pub fn read_body(question: Question, body: &str, places: &HashMap<String, u32>) -> Result<Read, String> {
    read_body_by(question, body, &|user| places.get(user).copied())
}

fn read_body_by(
    question: Question,
    body: &str,
    number: &dyn Fn(&str) -> Option<u32>,
) -> Result<Read, String> {
    let bad = |error: serde_json::Error| error.to_string();
    let mut read = Read::default();
    let envelope: Envelope<&RawValue> = serde_json::from_str(body).map_err(bad)?;
    if envelope.err_code != 0 {
        read.refuses = true;
        return Ok(read);
    }
    let data = envelope.data.map_or("null", RawValue::get);
    let entries: Option<Vec<Box<RawValue>>> = match question {
        Question::UsersStatus => {
            serde_json::from_str::<Option<StatusList>>(data).map_err(bad)?.and_then(|list| list.status_list)
        }
        Question::AccountCheck => {
            serde_json::from_str::<Option<Accounts>>(data).map_err(bad)?.and_then(|list| list.results)
        }
        _ => serde_json::from_str(data).map_err(bad)?,
    };
    for raw in entries.unwrap_or_default() {
        let entry: Entry = serde_json::from_str(raw.get()).map_err(bad)?;
        let Some(user) = number(&entry.user) else { continue };
        let mut platforms: Vec<i32> = match question {
            Question::UsersStatus => entry.platforms.unwrap_or_default(),
            _ => entry.detail_platform_status.unwrap_or_default().iter().map(|it| it.platform).collect(),
        };
        platforms.sort_unstable();
        platforms.dedup();
        read.said.insert(user, platforms.into());
        match question {
            Question::OnlineStatus => {
                read.entries.insert(user, raw.get().into());
            }
            Question::TokenDetail => {
                let listed = entry.single_platform_token.unwrap_or_default();
                let mut listed: Vec<(Platform, u32)> =
                    listed.iter().map(|it| (Platform(it.platform), it.total)).collect();
                listed.sort_unstable();
                read.counted.insert(user, listed.into());
            }
            Question::AccountCheck if entry.account_status == Some(0) => read.unregistered.push(user),
            _ => {}
        }
    }
    Ok(read)
}

/// One value a line; empty lines are passed over.
fn read_lines<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Vec<T>, String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_str(line)
                .map_err(|error| format!("{}, line {}: {error}", path.display(), number + 1))
        })
        .collect()
}
