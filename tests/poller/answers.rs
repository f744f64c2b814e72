//! Real answers, of today's servers and of older ones, through a real client: what is asked, what is
//! sent along, and what is read.

use std::fmt::Write as _;

use crate::common::scratch::Scratch;
use crate::common::server::{Server, Turn, gzipped, http, json, was_contacted};
use crate::common::{ADMIN_TOKEN, ask, changed, fixture, offline_body, options, watch};
use imtop::openim::{Client, Credentials, DeltaDecoder, Endpoint};
use imtop::presence::{Answer, FetchError, Retry, UserStatus, WatchList};

/// An answer in words: a line for each user, with the claims of each token.
async fn told(turn: Turn, ids: &[&str]) -> String {
    let server = Server::start([turn]).await;
    let client = Client::new(options(&server.url())).expect("a client");
    let (list, mut sieve) = (watch(ids), DeltaDecoder::default());
    let fetched = ask(&client, &list, &mut sieve).await;
    assert!(fetched.oddities == imtop::presence::Oddities::default());
    tell(&list, changed(&fetched))
}

fn tell(list: &WatchList, users: &[(imtop::presence::UserIx, UserStatus)]) -> String {
    let mut out = String::new();
    for (user, status) in users {
        let _ = write!(out, "{}", list.id(*user));
        let UserStatus::Online(connections) = status else {
            let _ = writeln!(out, " {status:?}");
            continue;
        };
        for connection in connections {
            let place = if connection.background { "background" } else { "foreground" };
            let _ = write!(out, " | {} {} {place}", connection.platform.name(), connection.id.short());
            if let Some(claims) = connection.token.as_ref().and_then(|token| token.claims()) {
                let platform = claims.platform.expect("a platform");
                let _ = write!(
                    out,
                    " for {} on {}, {}-{}",
                    claims.user.as_deref().unwrap_or("nobody"),
                    platform.short(),
                    claims.issued.expect("iat"),
                    claims.expires.expect("exp"),
                );
            }
        }
        out.push('\n');
    }
    out
}

#[tokio::test]
async fn every_body_of_a_real_server_is_read_right() {
    let users =
        ["user_001", "user_002", "user_003", "xiaoming", "user_004", "user_005", "user_006", "nobody_x"];
    assert_eq!(
        told(json(fixture("online.json")), &users).await,
        "\
user_001 | Windows 3f8ec332 foreground for user_001 on Win, 1795413123-1803189128 | Android af1855c9 foreground for user_001 on And, 1795413123-1803189128
user_002 | Web 0aec452b background for user_002 on Web, 1795413123-1803189128
user_003 | iOS 81304ee4 foreground for user_003 on iOS, 1795413123-1803189128
xiaoming | iOS 16fb7028 foreground for xiaoming on iOS, 1795413123-1803189128 | iPad b3fd04bf background for xiaoming on iPad, 1795413123-1803189128
user_004 | Linux ddd16bc8 foreground for user_004 on Lin, 1795413123-1803189128
user_005 | Android pad 43a3748f foreground for user_005 on APad, 1795413123-1803189128
user_006 Offline
nobody_x Offline
"
    );
    assert_eq!(
        told(gzipped(fixture("seed_page.json")), &["2890713225"]).await,
        "2890713225 | Android bbb7c4da foreground for 2890713225 on Win, 1696919724-1704695724 \
         | Windows f18b67b5 foreground for 2890713225 on And, 1696733888-1704509888\n"
    );
    assert_eq!(
        told(json(fixture("many_platforms.json")), &["user_022"]).await,
        "user_022 | macOS 8d2d13b2 foreground for user_022 on Mac, 1795413189-1803189194 \
         | MiniWeb e0f78f42 foreground for user_022 on Mini, 1795413189-1803189194 \
         | HarmonyOS dfa8460e foreground for user_022 on Harm, 1795413189-1803189194 \
         | Bot 096e4823 foreground for user_022 on Bot, 1795413189-1803189194\n"
    );
    assert_eq!(
        told(json(fixture("admin_online.json")), &["imAdmin"]).await,
        "imAdmin | Admin fe8ec3c3 foreground for imAdmin on Adm, 1795413122-1803189127\n"
    );
    let four = ["user_030", "user_031", "user_032", "user_033"];
    assert_eq!(
        told(json(fixture("two_gateways_online.json")), &four).await,
        "\
user_030 | Windows 33fd5a09 foreground for user_030 on Win, 1795413397-1803189402
user_031 | iOS debb412c foreground for user_031 on iOS, 1795413397-1803189402
user_032 | Web 167a06ef foreground for user_032 on Web, 1795413397-1803189402
user_033 Offline
"
    );
    assert_eq!(
        told(json(fixture("gateway_killed_online.json")), &four).await,
        "\
user_030 | Android 7b3c88b0 foreground for user_030 on And, 1795413397-1803189402
user_031 | iOS debb412c foreground for user_031 on iOS, 1795413397-1803189402
user_032 Offline
user_033 Offline
"
    );
    let server = Server::start([json(fixture("empty_list.json"))]).await;
    let client = Client::new(options(&server.url())).expect("a client");
    let nobody = ask(&client, &watch(&["u", "v"]), &mut DeltaDecoder::default()).await.answer;
    assert!(matches!(nobody, Err(FetchError::Decode { .. })), "an answer about nobody: {nobody:?}");
}

#[tokio::test]
async fn one_token_on_two_sockets_has_one_fingerprint() {
    let server = Server::start([json(fixture("shared_token.json"))]).await;
    let client = Client::new(options(&server.url())).expect("a client");
    let (list, mut sieve) = (watch(&["user_020"]), DeltaDecoder::default());
    let fetched = ask(&client, &list, &mut sieve).await;
    let UserStatus::Online(connections) = &changed(&fetched)[0].1 else { panic!("online") };
    assert_eq!(connections.len(), 2);
    assert_ne!(connections[0].id, connections[1].id);
    assert_eq!(connections[0].token, connections[1].token);
    assert_eq!(sieve.claims_decoded(), 1);
}

#[tokio::test]
async fn older_releases_send_words() {
    let body = r#"{"errCode":0,"errMsg":"","errDlt":"","data":[
        {"userID":"u","status":"online","detailPlatformStatus":[
            {"platform":"Android","status":"online","connID":"aaaaaaaa","isBackground":true,"token":""},
            {"platform":"OSX","status":"online","connID":"bbbbbbbb","isBackground":false}]},
        {"userID":"v","status":"offline","detailPlatformStatus":null},
        {"userID":"w","status":"offline"}]}"#;
    assert_eq!(
        told(json(body), &["u", "v", "w"]).await,
        "u | Android aaaaaaaa background | macOS bbbbbbbb foreground\nv Offline\nw Offline\n"
    );
}

#[tokio::test]
async fn what_is_asked_and_what_goes_along() {
    let server = Server::start([json(offline_body(&["u"]))]).await;
    let mut asked = options(&format!("{}/api/", server.url()));
    asked.gzip = true;
    let client = Client::new(asked).expect("a client");
    let list = watch(&["u", "王\"<"]);
    let first = ask(&client, &list, &mut DeltaDecoder::default()).await;
    let second = ask(&client, &list, &mut DeltaDecoder::default()).await;
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    let request = &requests[0];
    assert_eq!(request.line, "POST /api/user/get_users_online_status HTTP/1.1");
    assert_eq!(request.body, r#"{"userIDs":["u","王\"<"]}"#);
    assert_eq!(request.header("token"), Some(ADMIN_TOKEN));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("accept-encoding"), Some("gzip"));
    assert_eq!(request.header("user-agent"), Some(concat!("imtop/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(request.header("cookie"), None);
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.header("operationid"), Some(&*first.operation_id.0));
    assert_eq!(requests[1].header("operationid"), Some(&*second.operation_id.0));
    assert_ne!(first.operation_id, second.operation_id);
    assert!(first.operation_id.0.starts_with("imtop-"));
}

#[tokio::test]
async fn an_answer_says_when_and_how_much() {
    let body = offline_body(&["u"]);
    let reply = http("200 OK", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", &body);
    let server = Server::start([Turn::Write(reply)]).await;
    let client = Client::new(options(&server.url())).expect("a client");
    let fetched = ask(&client, &watch(&["u"]), &mut DeltaDecoder::default()).await;
    assert_eq!(fetched.server_date, Some(784_111_777));
    assert_eq!(fetched.wire_bytes, body.len() as u64);
}

#[tokio::test]
async fn an_equal_gzip_answer_is_not_unpacked() {
    let (still, moved) = (fixture("two_gateways_online.json"), fixture("gateway_killed_online.json"));
    let server = Server::start([gzipped(&still), gzipped(&still), gzipped(&moved), gzipped(&moved)]).await;
    let client = Client::new(options(&server.url())).expect("a client");
    let (list, mut sieve) =
        (watch(&["user_030", "user_031", "user_032", "user_033"]), DeltaDecoder::default());
    assert_eq!(changed(&ask(&client, &list, &mut sieve).await).len(), 4);
    assert_eq!(ask(&client, &list, &mut sieve).await.answer, Ok(Answer::Same));
    assert_eq!(sieve.bodies_unpacked(), 1);
    assert_eq!(changed(&ask(&client, &list, &mut sieve).await).len(), 2);
    assert_eq!(ask(&client, &list, &mut sieve).await.answer, Ok(Answer::Same));
    assert_eq!((sieve.bodies_unpacked(), sieve.claims_decoded()), (2, 4));
}

#[tokio::test]
async fn a_connection_is_kept_and_many_can_ask_at_once() {
    let server = Server::start([json(offline_body(&["u"]))]).await;
    let client = Client::new(options(&server.url())).expect("a client");
    let asked = (0..20).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { ask(&client, &watch(&["u"]), &mut DeltaDecoder::default()).await })
    });
    for task in asked.collect::<Vec<_>>() {
        assert_eq!(changed(&task.await.expect("no panic")).len(), 1);
    }
}

/// The environment belongs to the whole process, so another one is started with the variables set.
#[test]
fn no_proxy_is_used_unless_asked_for() {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", proxy.local_addr().expect("an address"));
    let this = std::env::current_exe().expect("this test");
    let mut again = std::process::Command::new(this);
    again.args(["--exact", "answers::an_equal_gzip_answer_is_not_unpacked"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        again.env(name, &address);
    }
    let output = again.env_remove("NO_PROXY").env_remove("no_proxy").output().expect("a run");
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    assert!(!was_contacted(&proxy));
}

#[tokio::test]
async fn a_proxy_is_used_when_asked_for() {
    let proxy = Server::start([json(offline_body(&["u"]))]).await;
    let mut options = options("http://im.invalid:10002");
    options.proxy = Some(format!("http://me:hunter2@{}", proxy.address).into());
    let client = Client::new(options).expect("a client");
    assert_eq!(changed(&ask(&client, &watch(&["u"]), &mut DeltaDecoder::default()).await).len(), 1);
    let request = &proxy.requests()[0];
    assert_eq!(request.line, "POST http://im.invalid:10002/user/get_users_online_status HTTP/1.1");
    assert_eq!(request.header("proxy-authorization"), Some("Basic bWU6aHVudGVyMg=="));
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_is_named_as_what_fails() {
    let nobody =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    for api in ["http://im.invalid:10002", "https://im.invalid"] {
        for (proxy, says) in [
            (format!("http://me:hunter2@{nobody}"), "connection refused"),
            ("http://me:hunter2@proxy.invalid".to_owned(), "for the proxy"),
        ] {
            let mut options = options(api);
            options.proxy = Some(proxy.into());
            let client = Client::new(options).expect("a client");
            let error = ask(&client, &watch(&["u"]), &mut DeltaDecoder::default()).await.answer.unwrap_err();
            let text = error.to_string();
            assert!(text.starts_with("cannot reach the server through the proxy: "), "{text}");
            assert!(text.ends_with(says), "{text}");
            assert!(error.advice().contains("--proxy") && !error.advice().contains("--api"));
            assert_eq!(error.mends(), Retry::ByItself);
        }
    }
}

fn issued(token: &str) -> Turn {
    json(format!(
        r#"{{"errCode":0,"errMsg":"","errDlt":"","data":{{"token":"{token}","expireTimeSeconds":7776000}}}}"#
    ))
}

fn login(scratch: &Scratch) -> Credentials {
    let secret_file = scratch.secret("secret", "openIM123\n");
    Credentials::Login { secret_file, admin_id: "imAdmin".to_owned() }
}

#[tokio::test]
async fn a_login_is_made_once_and_its_token_is_sent() {
    let scratch = Scratch::new();
    let server = Server::start([issued("new.admin.token"), json(offline_body(&["u"]))]).await;
    let mut options = options(&server.url());
    options.credentials = login(&scratch);
    let client = Client::new(options).expect("a client");
    for _ in 0..3 {
        assert!(ask(&client, &watch(&["u"]), &mut DeltaDecoder::default()).await.answer.is_ok());
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    assert_eq!(requests[0].line, "POST /auth/get_admin_token HTTP/1.1");
    assert_eq!(requests[0].body, r#"{"secret":"openIM123","userID":"imAdmin"}"#);
    assert_eq!(requests[0].header("token"), None);
    assert!(requests[0].header("operationid").is_some());
    assert_eq!(requests[1].header("token"), Some("new.admin.token"));
    let paths = Endpoint::ALL.map(|endpoint| format!("{} {} HTTP/1.1", endpoint.method(), endpoint.path()));
    assert!(requests.iter().all(|request| paths.contains(&request.line)));
}

#[tokio::test]
async fn old_servers_are_logged_in_to_by_the_old_path() {
    let scratch = Scratch::new();
    for unknown in [
        json(fixture("error_old_user_token_route.json")),
        Turn::Write(http("404 Not Found", "", fixture("error_not_found_path.txt"))),
    ] {
        let server = Server::start([unknown, issued("old.admin.token"), json(offline_body(&["u"]))]).await;
        let mut options = options(&server.url());
        options.credentials = login(&scratch);
        let client = Client::new(options).expect("a client");
        assert!(ask(&client, &watch(&["u"]), &mut DeltaDecoder::default()).await.answer.is_ok());
        let requests = server.requests();
        assert_eq!(requests[1].line, "POST /auth/user_token HTTP/1.1");
        assert_eq!(requests[1].body, r#"{"secret":"openIM123","userID":"imAdmin","platformID":1}"#);
        assert_eq!(requests[2].header("token"), Some("old.admin.token"));
    }
}

#[tokio::test]
async fn a_login_that_fails_says_why_and_is_not_repeated() {
    let scratch = Scratch::new();
    for (turn, says, advice) in [
        (
            json(fixture("error_wrong_admin_secret.json")),
            "no permission: NoPermissionError: secret invalid (1002)",
            "--secret-file",
        ),
        (
            json(fixture("error_not_admin_id.json")),
            "server error 1001: ArgsError: userID is error., userID=user_001, adminUserID=[imAdmin]",
            "--admin-id",
        ),
        (issued(""), "the answer is not understood: a login without a token in it", "--api"),
        (
            json(fixture("empty_list.json")),
            "the answer is not understood: a login without a token in it",
            "--api",
        ),
    ] {
        let server = Server::start([turn]).await;
        let mut options = options(&server.url());
        options.credentials = login(&scratch);
        let client = Client::new(options).expect("a client");
        for _ in 0..3 {
            let error = ask(&client, &watch(&["u"]), &mut DeltaDecoder::default()).await.answer.unwrap_err();
            assert_eq!(error.to_string(), says);
            assert!(error.advice().contains(advice), "{}", error.advice());
        }
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_rotated_token_file_heals_the_session_within_the_same_question() {
    let scratch = Scratch::new();
    let file = scratch.secret("token", "first.admin.token\n");
    let displaced = json(fixture("error_forged_default_secret.json"));
    let good = json(offline_body(&["u"]));
    let server = Server::start([displaced.clone(), displaced, good]).await;
    let mut options = options(&server.url());
    options.credentials = Credentials::TokenFile(file);
    let client = Client::new(options).expect("a client");
    let (list, mut sieve) = (watch(&["u"]), DeltaDecoder::default());
    let error = ask(&client, &list, &mut sieve).await.answer.unwrap_err();
    assert!(matches!(error, FetchError::Auth { code: 1507, .. }));
    assert_eq!(error.mends(), Retry::WhenChanged);
    scratch.secret("token", "second.admin.token\n");
    assert_eq!(changed(&ask(&client, &list, &mut sieve).await).len(), 1);
    let requests = server.requests();
    let tokens: Vec<_> = requests.iter().filter_map(|request| request.header("token")).collect();
    assert_eq!(tokens, ["first.admin.token", "first.admin.token", "second.admin.token"]);
}
