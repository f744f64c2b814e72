//! Lists and labels from the server: when they are asked for under virtual time, what of a hostile
//! server's answers is taken, and the whole way over a socket.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::leak::Leaks;
use crate::common::scratch::Scratch;
use crate::common::server::{Server, Turn, gzipped, http, json};
use crate::common::{ADMIN_TOKEN, options};
use imtop::openim::{Client, Credentials};
use imtop::poller::{Labels, ListNews, ListSource, NameSource, Progress, ServerList, follow_list};
use imtop::presence::FetchError;
use imtop::simulator::{Clock, Fault, Release, Running, Scenario, Simulator};
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

type Read = Result<Vec<String>, FetchError>;

/// Answers after a script, each time in a second; notes when it was asked for what.
#[derive(Clone)]
struct Scripted {
    began: Instant,
    reads: Arc<Mutex<VecDeque<Read>>>,
    asked: Arc<Mutex<Vec<(u64, String)>>>,
}

impl Scripted {
    fn new(reads: impl IntoIterator<Item = Read>) -> Scripted {
        let reads = Arc::new(Mutex::new(reads.into_iter().collect()));
        Scripted { began: Instant::now(), reads, asked: Arc::default() }
    }

    fn note(&self, what: &str) {
        self.asked.lock().unwrap().push((self.began.elapsed().as_secs(), what.to_owned()));
    }

    fn asked(&self) -> Vec<(u64, String)> {
        self.asked.lock().unwrap().clone()
    }

    async fn next(&self) -> Read {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.reads.lock().unwrap().pop_front().unwrap_or_else(|| Ok(users(1)))
    }
}

impl ListSource for Scripted {
    async fn group_members(&self, group: &str) -> Read {
        self.note(group);
        self.next().await
    }

    async fn all_users(&self, mut told: impl FnMut(Progress) + Send) -> Read {
        self.note("all");
        let read = self.next().await;
        told(Progress { have: 12_000, total: 100_000 });
        read
    }
}

fn users(count: usize) -> Vec<String> {
    (0..count).map(|user| format!("user_{user}")).collect()
}

fn group() -> ServerList {
    ServerList::Group("g1".to_owned())
}

fn read(list: ServerList, ids: Vec<String>) -> ListNews {
    ListNews::Read { list, ids }
}

fn failed(words: &str) -> ListNews {
    ListNews::Failed(words.to_owned())
}

fn timeout() -> FetchError {
    FetchError::Timeout { after_ms: 5_000 }
}

/// Everything that is told within `seconds`.
async fn told<T>(news: &mut Receiver<T>, seconds: u64) -> Vec<T> {
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut all = Vec::new();
    while let Ok(Some(one)) = tokio::time::timeout_at(until, news.recv()).await {
        all.push(one);
    }
    all
}

#[tokio::test(start_paused = true)]
async fn a_list_is_read_again_and_told_of_only_when_others_are_on_it() {
    let mut turned = users(3);
    turned.reverse();
    let source = Scripted::new([Ok(users(3)), Ok(turned), Ok(users(2))]);
    let mut news = follow_list(source.clone(), vec![group()]);
    assert_eq!(told(&mut news, 10).await, [read(group(), users(3))]);
    assert_eq!(told(&mut news, 301).await, [], "the same users in another order");
    assert_eq!(told(&mut news, 301).await, [read(group(), users(2))]);
    assert_eq!(source.asked().iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 301, 602]);
}

#[tokio::test(start_paused = true)]
async fn all_users_are_read_more_seldom_and_the_first_time_with_progress() {
    let source = Scripted::new([Ok(users(3)), Ok(users(4))]);
    let mut news = follow_list(source.clone(), vec![ServerList::All]);
    let progress = ListNews::Progress("reading all users: 12,000 of 100,000, about 8 s more".to_owned());
    assert_eq!(told(&mut news, 890).await, [progress, read(ServerList::All, users(3))]);
    assert_eq!(told(&mut news, 20).await, [read(ServerList::All, users(4))]);
    assert_eq!(source.asked(), [(0, "all".to_owned()), (901, "all".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn several_lists_are_followed_each_in_its_time() {
    let source = Scripted::new([Ok(users(1)), Ok(users(2)), Err(timeout())]);
    let lists = vec![group(), ServerList::Group("g2".to_owned())];
    let mut news = follow_list(source.clone(), lists.clone());
    let all = told(&mut news, 5).await;
    assert_eq!(all, [read(lists[0].clone(), users(1)), read(lists[1].clone(), users(2))]);
    told(&mut news, 299).await;
    let asked: Vec<String> = source.asked().into_iter().map(|(_, group)| group).collect();
    assert_eq!(asked, ["g1", "g2", "g1", "g2"], "one that fails does not hold up the other");
}

#[tokio::test(start_paused = true)]
async fn an_error_keeps_the_list_says_so_once_and_is_retried_ever_more_seldom() {
    let fails = (0..5).map(|_| Err(timeout()));
    let source = Scripted::new([Ok(users(1_200))].into_iter().chain(fails).chain([Ok(users(1_200))]));
    let mut news = follow_list(source.clone(), vec![group()]);
    told(&mut news, 300).await;
    let says = "can't read the members of group g1: no whole answer within 5 s; the server or one of its \
                gateways may hang; --timeout waits longer; the 1,200 users read before stay on the list";
    assert_eq!(
        told(&mut news, 200).await,
        [failed(says), read(group(), users(1_200))],
        "the same users, but they are known to be right again"
    );
    let at: Vec<u64> = source.asked().iter().map(|(at, _)| *at).collect();
    let pauses: Vec<u64> = at.windows(2).skip(1).map(|pair| pair[1] - pair[0] - 1).collect();
    for (pause, about) in pauses[..5].iter().zip([5.0, 10.0, 20.0, 30.0, 30.0]) {
        assert!((about * 0.8 - 1.0..=about * 1.2 + 1.0).contains(&(*pause as f64)), "{pauses:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_takes_nobody_off_the_list() {
    let mut news = follow_list(Scripted::new([Ok(users(1)), Ok(vec![])]), vec![group()]);
    let says = "the server names no member of group g1: is there such a group?; \
                the user read before stays on the list";
    assert_eq!(told(&mut news, 310).await, [read(group(), users(1)), failed(says)]);
    let mut news = follow_list(Scripted::new([Ok(vec![]), Ok(vec![])]), vec![group()]);
    let says = "the server names no member of group g1: is there such a group?";
    assert_eq!(told(&mut news, 310).await, [failed(says)], "said once");
}

#[tokio::test(start_paused = true)]
async fn the_reading_ends_when_nobody_listens() {
    let source = Scripted::new([Ok(users(1))]);
    let mut news = follow_list(source.clone(), vec![group()]);
    told(&mut news, 5).await;
    drop(news);
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(source.asked().len(), 1);
    assert_eq!(Arc::strong_count(&source.asked), 1, "the task is gone");
}

/// When it was put, and about whom.
type Question = (Instant, Vec<String>);

/// Knows the nicknames of users with an even number; fails as often as told.
#[derive(Clone, Default)]
struct Names {
    asked: Arc<Mutex<Vec<Question>>>,
    failures: Arc<Mutex<u32>>,
}

impl NameSource for Names {
    async fn nicknames(&self, ids: &[String]) -> Result<Vec<(String, String)>, FetchError> {
        self.asked.lock().unwrap().push((Instant::now(), ids.to_vec()));
        let mut failures = self.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            return Err(timeout());
        }
        let even = ids.iter().filter(|id| id.ends_with(['0', '2', '4', '6', '8']));
        Ok(even.map(|id| (id.clone(), format!("name of {id}"))).collect())
    }
}

#[tokio::test(start_paused = true)]
async fn nicknames_are_asked_500_at_a_time_twice_a_second_and_once_in_the_run() {
    let names = Names::default();
    let (labels, mut answers) = Labels::start(names.clone());
    labels.want(users(1_200));
    labels.want(users(1_201));
    let began = Instant::now();
    let named: Vec<(String, String)> = told(&mut answers, 10).await.into_iter().flatten().collect();
    assert_eq!(named.len(), 601);
    assert_eq!(named[0], ("user_0".to_owned(), "name of user_0".to_owned()));
    let asked = names.asked.lock().unwrap().clone();
    let sizes: Vec<usize> = asked.iter().map(|(_, ids)| ids.len()).collect();
    assert_eq!(sizes, [500, 500, 201]);
    let at: Vec<u128> = asked.iter().map(|(at, _)| at.duration_since(began).as_millis()).collect();
    assert!(at[1] >= 500 && at[2] >= 1_000 && at[2] < 1_100, "{at:?}");

    labels.want(users(1_201));
    assert_eq!(told(&mut answers, 10).await, Vec::<Vec<_>>::new());
    assert_eq!(names.asked.lock().unwrap().len(), 3, "nor are those without a nickname asked again");
    labels.want(vec!["user_1300".to_owned()]);
    assert_eq!(told(&mut answers, 1).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_asked_again_with_growing_pauses() {
    let names = Names::default();
    *names.failures.lock().unwrap() = 3;
    let (labels, mut answers) = Labels::start(names.clone());
    labels.want(users(2));
    assert_eq!(told(&mut answers, 60).await, [[("user_0".to_owned(), "name of user_0".to_owned())]]);
    let asked = names.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|(_, ids)| *ids == users(2)));
    let pauses: Vec<f64> = asked.windows(2).map(|pair| (pair[1].0 - pair[0].0).as_secs_f64()).collect();
    for (pause, about) in pauses.iter().zip([2.0, 4.0, 8.0]) {
        assert!((about * 0.79..=about * 1.21).contains(pause), "{pauses:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn asking_for_nicknames_ends_with_either_side() {
    let names = Names::default();
    let (labels, answers) = Labels::start(names.clone());
    drop(answers);
    tokio::time::sleep(Duration::from_secs(1)).await;
    labels.want(users(1));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(names.asked.lock().unwrap().len(), 0);
    let (labels, mut answers) = Labels::start(names.clone());
    labels.want(users(501));
    drop(labels);
    assert_eq!(told(&mut answers, 10).await.len(), 2, "what was wished for is still asked");
    assert_eq!(Arc::strong_count(&names.asked), 1);
}

// Over sockets.

fn page(total: i64, ids: &[String]) -> Turn {
    let ids = serde_json::to_string(ids).unwrap();
    json(format!(r#"{{"errCode":0,"data":{{"total":{total},"userIDs":{ids}}}}}"#))
}

async fn client(turns: impl IntoIterator<Item = Turn>) -> (Server, Client) {
    let server = Server::start(turns).await;
    let client = Client::new(options(&server.url())).unwrap();
    (server, client)
}

async fn all_users(turns: impl IntoIterator<Item = Turn>) -> (Server, Read, Vec<Progress>) {
    let (server, client) = client(turns).await;
    let mut told = Vec::new();
    let read = client.all_users(|progress| told.push(progress)).await;
    (server, read, told)
}

#[tokio::test]
async fn all_users_come_page_by_page_and_each_once_though_pages_shift() {
    let all = users(2_300);
    let pages = [page(2_300, &all[..1_000]), page(2_300, &all[990..1_990]), page(2_300, &all[1_990..])];
    let (server, read, told) = all_users(pages).await;
    assert_eq!(read.unwrap(), all);
    assert_eq!(told.iter().map(|progress| progress.have).collect::<Vec<_>>(), [1_000, 1_990, 2_300]);
    assert!(told.iter().all(|progress| progress.total == 2_300));
    let requests = server.requests();
    assert!(requests[0].line.starts_with("POST /user/get_all_users_uid "));
    assert_eq!(requests[1].body, r#"{"pagination":{"pageNumber":2,"showNumber":1000}}"#);
    assert_eq!(requests[1].header("token"), Some(ADMIN_TOKEN));
}

#[tokio::test]
async fn a_server_without_an_end_is_left() {
    let same = page(1_000_000, &users(1_000));
    let (server, read, _) = all_users([same]).await;
    let says = "the answer is not understood: one page of users after the other names nobody new";
    assert_eq!(read.unwrap_err().to_string(), says);
    assert_eq!(server.requests().len(), 4);
    let (_, read, _) = all_users([page(0, &users(1_000))]).await;
    assert_eq!(read.unwrap_err().to_string(), says, "with no total either");
}

#[tokio::test]
async fn totals_that_lie_do_no_harm() {
    for total in [0, -5, i64::MIN, 2] {
        let (server, read, told) = all_users([page(total, &users(3))]).await;
        assert_eq!(read.unwrap(), users(3), "{total}");
        assert_eq!((told, server.requests().len()), (vec![Progress { have: 3, total: 3 }], 1), "{total}");
    }
    let (_, read, _) = all_users([page(i64::MAX, &users(3)), page(i64::MAX, &[])]).await;
    assert_eq!(read.unwrap(), users(3), "an empty page is the end");
    let (_, read, _) = all_users([page(9, &[])]).await;
    let says = "the answer is not understood: it counts users, but names none";
    assert_eq!(read.unwrap_err().to_string(), says);
    let null = |data: &str| json(format!(r#"{{"errCode":0,"data":{data}}}"#));
    for data in ["null", "{}", r#"{"total":0,"userIDs":null}"#] {
        let (_, read, _) = all_users([null(data)]).await;
        assert_eq!(read.unwrap(), users(0), "{data}");
    }
}

#[tokio::test]
async fn ids_that_cannot_be_watched_are_left_out() {
    let long = "x".repeat(16);
    let ids: Vec<String> = ["a", "", "b\u{1b}[2J", "c\nd", ADMIN_TOKEN, "b", "a", "王小明", "d e"]
        .into_iter()
        .map(str::to_owned)
        .chain([format!("{long} ").repeat(16), format!("{long} ").repeat(15)])
        .collect();
    let (server, client) = client([page(0, &ids)]).await;
    let members = client.group_members("g\"1").await.unwrap();
    assert_eq!(members[..4], ["a", "b", "王小明", "d e"]);
    assert_eq!(members[4..], [format!("{long} ").repeat(15)], "256 bytes are taken, 272 are not");
    let request = &server.requests()[0];
    assert!(request.line.starts_with("POST /group/get_group_member_user_id "));
    assert_eq!(request.body, r#"{"groupID":"g\"1"}"#);
}

#[tokio::test]
async fn nicknames_are_those_of_the_users_asked_safe_and_bounded() {
    let long = "王".repeat(1_000);
    let infos = format!(
        r#"[{{"userID":"a","nickname":"A\u001b[2J"}},{{"userID":"a","nickname":"again"}},{{"userID":"b","nickname":" "}},
        {{"userID":"c","nickname":null}},{{"userID":"d"}},{{"userID":"stranger","nickname":"S"}},
        {{"userID":"e","nickname":"{long}"}},{{"userID":"f","nickname":"{ADMIN_TOKEN}"}}]"#
    );
    let body = format!(r#"{{"errCode":0,"data":{{"usersInfo":{infos}}}}}"#);
    let (server, client) = client([gzipped(body), json(r#"{"errCode":0,"data":{"usersInfo":null}}"#)]).await;
    let ids: Vec<String> = ["a", "b", "c", "d", "e", "f"].map(str::to_owned).into();
    let names = client.nicknames(&ids).await.unwrap();
    assert_eq!(names[0], ("a".to_owned(), "A^[[2J".to_owned()));
    assert_eq!((names.len(), names[1].0.as_str(), names[1].1.chars().count()), (2, "e", 129));
    assert_eq!(client.nicknames(&users(1_001)).await.unwrap(), []);
    assert_eq!(client.nicknames(&[]).await.unwrap(), []);
    let requests = server.requests();
    assert_eq!(requests.len(), 4, "500, 500 and 1; nobody is nothing to ask");
    assert_eq!(requests[3].body, r#"{"userIDs":["user_1000"]}"#);
    assert!(requests[3].line.starts_with("POST /user/get_users_info "));
}

#[tokio::test]
async fn refusals_are_sentences() {
    let refused = |code: i32, message: &str, detail: &str| {
        json(format!(r#"{{"errCode":{code},"errMsg":"{message}","errDlt":"{detail}"}}"#))
    };
    let not_found = || Turn::Write(http("404 Not Found", "", "404 page not found"));
    for (turn, says, advice) in [
        (
            refused(1002, "NoPermissionError", "opUser no permission"),
            "no permission: NoPermissionError: opUser no permission (1002)",
            "member of the group",
        ),
        (refused(1004, "RecordNotFoundError", ""), "server error 1004: RecordNotFoundError", "no such group"),
        (refused(1204, "DismissedAlreadyError", ""), "server error 1204: DismissedAlreadyError", "dismissed"),
        (refused(1501, "TokenExpiredError", ""), "admin token refused: TokenExpiredError (1501)", "expired"),
        (not_found(), "server error 404: it does not know /group/get_group_member_user_id", "release"),
        (
            json(r#"{"errCode":0,"data":[]}"#),
            "the answer is not understood: JSON, but not of an OpenIM answer, line 1 column ",
            "--api",
        ),
        (
            json(r#"{"errCode":0,"data":{"userIDs":[1]}}"#),
            "the answer is not understood: JSON, but not of an OpenIM answer, line 1 column ",
            "--api",
        ),
        (
            json(r#"{"errCode":0,"data":{"userIDs":{}}}"#),
            "the answer is not understood: JSON, but not of an OpenIM answer, line 1 column ",
            "--api",
        ),
        (
            json(r#"{"errCode":0,"data":{"userIDs":["a"#),
            "the answer is not understood: the JSON ends too early, line 1 column 34",
            "--api",
        ),
        (json("<html>"), "the answer is not understood: HTML or XML in place of JSON", "--api"),
    ] {
        let (_server, client) = client([turn]).await;
        let error = client.group_members("g").await.unwrap_err();
        assert!(error.to_string().starts_with(says), "{error}: not {says}");
        assert!(error.advice().contains(advice), "{error}: {}", error.advice());
    }
    let (_server, client) = client([refused(1002, "NoPermissionError", "")]).await;
    assert!(client.all_users(|_| ()).await.unwrap_err().advice().contains("imAdminUser"));
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_taken() {
    let huge = format!(r#"{{"errCode":0,"data":{{"userIDs":["{}"]}}}}"#, "x".repeat(70 << 10));
    for turn in [json(&huge), gzipped(&huge)] {
        let server = Server::start([turn]).await;
        let mut options = options(&server.url());
        options.body_limit = 64 << 10;
        let error = Client::new(options).unwrap().all_users(|_| ()).await.unwrap_err();
        assert_eq!(error.to_string(), "the answer is larger than 1 MiB");
    }
}

#[tokio::test]
async fn no_token_comes_out_of_a_list() {
    let leaks = Leaks::of([ADMIN_TOKEN]);
    let parts: Vec<String> = ADMIN_TOKEN.split('.').map(str::to_owned).collect();
    let texts = [
        ADMIN_TOKEN.to_owned(),
        format!("user_{ADMIN_TOKEN}"),
        parts[1].clone(),
        format!("a {} b", parts[2]),
    ];
    for text in texts {
        for turn in [
            json(format!(r#"{{"errCode":1002,"errMsg":"{text}","errDlt":"token={text}"}}"#)),
            json(format!(r#"{{"errCode":1503,"errMsg":"{text}","errDlt":"token={text}"}}"#)),
            json(format!(
                r#"{{"errCode":0,"data":{{"userIDs":["{text}"],"usersInfo":[{{"userID":"{text}","nickname":"{text}"}},{{"userID":"u","nickname":"{text}"}}]}}}}"#
            )),
            json(format!(r#"{{"errCode":0,"data":"{text}"}}"#)),
            json(format!(
                r#"{{"errCode":0,"data":{{"total":"{text}","userIDs":[{{"{text}":1}}],"usersInfo":["{text}"]}}}}"#
            )),
            json(&text),
            Turn::Close(http("404 Not Found", &format!("Location: {text}\r\n"), &text)),
        ] {
            let (_server, client) = client([turn]).await;
            let mut shown = Vec::new();
            let members = client.group_members("g").await;
            shown.push(format!("{members:?} {members:#?}"));
            let all = client.all_users(|progress| shown.push(format!("{progress:?}"))).await;
            shown.push(format!("{all:?}"));
            let names = client.nicknames(&["u".to_owned()]).await;
            shown.push(format!("{names:?}"));
            for error in [members.err(), all.err(), names.err()].into_iter().flatten() {
                shown.push(format!("{error} {}", error.advice()));
            }
            let mut news = follow_list(client, vec![group(), ServerList::All]);
            shown.push(format!("{:?} {:?}", news.recv().await, news.recv().await));
            leaks.assert_none("a list", &shown.join("\n"));
        }
    }
}

#[tokio::test]
async fn a_signature_comes_out_of_no_list_and_of_no_nickname() {
    const SIGNATURE: &str = "gtD7fGUOv8fwNfBb0jXx-JR4QQAAabVVloZaXZ_mCu1";
    let leaks = Leaks::of([SIGNATURE, ADMIN_TOKEN]);
    let sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let answer = |beside: &str| {
        json(format!(
            r#"{{"errCode":0,"data":{{"total":2,"userIDs":["{sha}","{SIGNATURE}"],"usersInfo":[{{"userID":"u","nickname":"Bob {SIGNATURE}","ex":"{beside}"}},{{"userID":"v","nickname":"{sha}"}}]}}}}"#
        ))
    };
    for (beside, bob) in [
        ("", Some("Bob gtD7.. 43")),
        // A token in the same answer shows whose part it is.
        (&*format!("eyJhbGciOiJIUzI1NiJ9.eyJVc2VySUQiOiJ1c2VyXzAwMSJ9.{SIGNATURE}"), None),
    ] {
        let (_server, client) = client([answer(beside)]).await;
        assert_eq!(client.group_members("g").await.unwrap(), [sha], "what has the form of an ID");
        assert_eq!(client.all_users(|_| ()).await.unwrap(), [sha]);
        let names = client.nicknames(&["u".to_owned(), "v".to_owned()]).await.unwrap();
        let called = |id: &str| names.iter().find(|(user, _)| user == id).map(|(_, name)| name.as_str());
        assert_eq!((called("u"), called("v")), (bob, Some(sha)));
        leaks.assert_none("names", &format!("{names:?}"));
    }
}

// Against the simulator.

async fn simulator(scenario: Scenario) -> (Running, Client) {
    let (clock, _) = Clock::by_hand(1_795_413_000_000);
    let server = Simulator::start(scenario, "127.0.0.1:0".parse().unwrap(), clock).await.unwrap();
    let mut options = options(&server.url());
    options.credentials = Credentials::Token(server.admin_token().into());
    options.gzip = true;
    (server, Client::new(options).unwrap())
}

const SCENARIO: &str = r#"
name = "lists"
about = "groups"
users = 2500
[[user]]
id = "boss"
label = "The boss"
group = "staff"
[[user]]
id = "typo"
group = "staff"
registered = false
[[crowd]]
id = "guest_{n:04}"
group = "guests"
"#;

#[tokio::test]
async fn the_whole_way_from_a_server_to_lists_and_labels() {
    let (server, client) = simulator(Scenario::parse(SCENARIO, "lists.toml").unwrap()).await;
    let lists = vec![ServerList::Group("staff".to_owned()), ServerList::All];
    let mut news = follow_list(client.clone(), lists);
    assert_eq!(news.recv().await, Some(read(ServerList::Group("staff".to_owned()), vec!["boss".to_owned()])));
    let all = loop {
        match news.recv().await.unwrap() {
            ListNews::Progress(words) => assert!(words.ends_with("of 2,500"), "{words}"),
            ListNews::Read { list: ServerList::All, ids } => break ids,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(all.len(), 2_500, "an admin more, and nobody unregistered");
    assert_eq!((all[0].as_str(), all[1].as_str()), ("imAdmin", "boss"));
    assert_eq!(client.group_members("guests").await.unwrap().len(), 2_498);
    assert_eq!(client.group_members("nobody").await.unwrap(), users(0));

    let (labels, mut answers) = Labels::start(client.clone());
    labels.want(["boss", "typo", "guest_0001"].map(str::to_owned).into());
    let named = answers.recv().await.unwrap();
    assert_eq!(named[0], ("boss".to_owned(), "The boss".to_owned()));
    assert!(named.iter().all(|(id, _)| id != "typo"), "whom the server does not know");
    let paths: HashMap<String, u64> = server.asked_paths().into_iter().collect();
    assert_eq!(paths["/user/get_all_users_uid"], 3);
    assert_eq!(paths.len(), 3, "{paths:?}");
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_lists_too() {
    let (server, _) = simulator(Scenario::named("calm").unwrap()).await;
    let scratch = Scratch::new();
    let mut options = options(&server.url());
    options.credentials = Credentials::TokenFile(scratch.secret("token", "not.a.token"));
    let client = Client::new(options).unwrap();
    let error = client.group_members("x").await.unwrap_err();
    assert_eq!(error.to_string(), "admin token refused: TokenMalformedError (1503)");
    assert_eq!(server.requests(), 1, "there is no other token to try");
    scratch.secret("token", &server.admin_token());
    let ids = vec!["nobody".to_owned()];
    assert_eq!(client.nicknames(&ids).await, Ok(vec![]), "refused, and put again with the new one");
}

#[tokio::test]
async fn a_server_in_trouble_says_so_in_a_sentence() {
    let (server, client) = simulator(Scenario::named("calm").unwrap().with_release(Release::V3_8_0)).await;
    server.set_fault(Some(Fault::Code(500)));
    let mut news = follow_list(client, vec![ServerList::All]);
    let Some(ListNews::Failed(words)) = news.recv().await else { panic!("not failed") };
    assert!(words.starts_with("can't read all users: server error 500: ServerInternalError"), "{words}");
}
