//! Feeds known tokens and secrets through every way into the client, and searches everything that
//! comes out of it for them.

use std::fmt::{Debug, Display};
use std::time::Duration;

use crate::common::leak::{Leaks, hex, json_escaped};
use crate::common::scratch::{Scratch, mode};
use crate::common::server::{Server, Turn, gzipped, http, json};
use crate::common::{ADMIN_TOKEN, ask, fixture, offline_body, options, watch};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use imtop::openim::{Client, Credentials, DeltaDecoder, Keys, Options, read_online_status};
use imtop::presence::{Observation, UserStatus};

const USER_TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJVc2VySUQiOiJ1c2VyXzAwMSIsIlBsYXRmb3JtSUQiOjMsImV4cCI6MTgwMzE4OTEyOCwiaWF0IjoxNzk1NDEzMTIzfQ.Jijdo1o838nh9FzhQ97axGIEURDlMSHR36TLoSmljCs";
const SECRET: &str = "openIM123-and-more";
const USERS: [&str; 2] = ["user_001", "user_002"];

fn leaks() -> Leaks {
    Leaks::of([ADMIN_TOKEN, USER_TOKEN, SECRET])
}

/// A secret as a server may write it.
fn spellings(secret: &str) -> Vec<String> {
    vec![
        secret.to_owned(),
        STANDARD.encode(secret),
        STANDARD.encode(format!("x{secret}")),
        STANDARD.encode(format!("xy{secret}")),
        URL_SAFE_NO_PAD.encode(secret),
        hex(secret.as_bytes()),
        hex(secret.as_bytes()).to_uppercase(),
        json_escaped(secret),
        json_escaped(secret).replace('\\', "\\\\"),
        format!("Bearer {secret}, and then {secret}"),
        secret.bytes().fold(String::new(), |all, byte| all + &format!("%{byte:02x}")),
    ]
}

/// Everything that may be shown of a value.
fn debugged(value: &(impl Debug + ?Sized)) -> String {
    format!("{value:?} {value:#?}")
}

fn shown(value: &(impl Debug + Display + ?Sized)) -> String {
    format!("{} {value}", debugged(value))
}

fn check(leaks: &Leaks, fetched: &Observation) {
    leaks.assert_none("a result", &debugged(fetched));
    let hints = fetched.hints.as_ref().map(|hints| hints.words());
    leaks.assert_none("hints", &debugged(&hints));
    match &fetched.answer {
        Err(error) => leaks.assert_none("an error", &format!("{} {}", shown(error), error.advice())),
        Ok(imtop::presence::Answer::Changed(changed)) => {
            for connection in changed.iter().filter_map(|(_, status)| match status {
                UserStatus::Online(connections) => Some(connections),
                _ => None,
            }) {
                for connection in connection {
                    leaks.assert_none(
                        "a connection",
                        &format!("{} {}", shown(&connection.id), debugged(connection)),
                    );
                    if let Some(token) = &connection.token {
                        leaks.assert_none("a token", &format!("{} {}", debugged(token), token.fingerprint));
                    }
                }
            }
        }
        Ok(_) => {}
    }
}

fn entry(user: &str, conn: &str, token: &str) -> String {
    format!(
        r#"{{"errCode":0,"data":[{{"userID":"{user}","status":1,"detailPlatformStatus":[{{"platformID":1,"connID":"{conn}","isBackground":false,"token":"{token}"}}]}},{{"userID":"user_002","status":0}}]}}"#
    )
}

/// Answers with `text`, a spelling of a secret, wherever there is a place for it.
fn turns(text: &str) -> Vec<Turn> {
    let refused = |code: i32| {
        format!(r#"{{"errCode":{code},"errMsg":"said: {text}","errDlt":"jwt parse error, token={text}"}}"#)
    };
    let mut turns: Vec<Turn> = [1, 500, 1001, 1002, 1503, 1505, 1507, 1520, 4711, 90_002]
        .into_iter()
        .map(|code| json(refused(code)))
        .collect();
    let header = |name: &str| format!("{name}: {text}\r\n");
    let claims = format!(r#"{{"UserID":"{text}","PlatformID":1,"exp":1}}"#);
    let nested = format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", URL_SAFE_NO_PAD.encode(claims), "c2ln");
    turns.extend([
        gzipped(refused(1503)),
        json(entry("user_001", "0aec452bd8247fa406d00d2c3d25f7df", text)),
        json(entry("user_001", "0aec452bd8247fa406d00d2c3d25f7df", &nested)),
        json(entry(text, "0aec452bd8247fa406d00d2c3d25f7df", text)),
        json(text),
        json(format!("<html>{text}</html>")),
        json(format!(r#"{{"errCode":"{text}"}}"#)),
        json(format!(r#"{{"errCode":0,"data":"{text}"}}"#)),
        json(format!(
            r#"{{"errCode":0,"{text}":"{text}","data":["{text}",{{"userID":"user_001","status":"{text}"}}]}}"#
        )),
        json(format!(r#"{{"errCode":0,"data":[{{"userID":"user_001","token":"{text}"#)),
        Turn::Close(http("400 Bad Request", "", refused(500))),
        Turn::Close(http("502 Bad Gateway", "", format!("<html>{text}</html>"))),
        Turn::Close(http("429 Too Many Requests", &header("Retry-After"), refused(429))),
        Turn::Close(http("302 Found", &header("Location"), text)),
        Turn::Close(http(
            "307 Moved",
            &format!("Location: http://{text}@elsewhere/{text}?{text}#{text}\r\n"),
            "",
        )),
        Turn::Close(http("200 OK", &header("Content-Encoding"), text)),
        Turn::Close(http(
            "200 OK",
            &format!("{}{}{}", header("Date"), header("X-Http-Id"), header("Set-Cookie")),
            text,
        )),
        Turn::Close(http(
            "200 OK",
            &format!("{}{}{}", header("Server"), header("X-RateLimit-Policy"), header("X-BBR-CPU")),
            offline_body(&USERS),
        )),
        Turn::Close(format!("HTTP/1.1 200 {text}\r\nContent-Length: 9999\r\n\r\n{text}").into_bytes()),
        Turn::Close(format!("{text}\r\n{text}\r\n\r\n").into_bytes()),
        Turn::Close(http("200 OK", "Content-Encoding: gzip\r\n", text)),
    ]);
    turns
}

#[tokio::test]
async fn nothing_that_a_server_sends_gets_a_token_out() {
    let leaks = leaks();
    for secret in [ADMIN_TOKEN, USER_TOKEN] {
        for text in spellings(secret) {
            let turns = turns(&text);
            let count = turns.len();
            let server = Server::start(turns).await;
            let client = Client::new(options(&server.url())).expect("a client");
            let (list, mut sieve) = (watch(&USERS), DeltaDecoder::default());
            for _ in 0..count {
                check(&leaks, &ask(&client, &list, &mut sieve).await);
                leaks.assert_none("the sieve", &debugged(&sieve));
            }
            leaks.assert_none("the client", &debugged(&client));
            assert_eq!(server.requests().len(), count);
        }
    }
}

#[tokio::test]
async fn a_conn_id_that_is_a_token_is_shown_as_something_else() {
    let leaks = leaks();
    for secret in [ADMIN_TOKEN, USER_TOKEN] {
        for text in spellings(secret) {
            let server = Server::start([json(entry("user_001", &text, ""))]).await;
            let client = Client::new(options(&server.url())).expect("a client");
            check(&leaks, &ask(&client, &watch(&USERS), &mut DeltaDecoder::default()).await);
        }
    }
}

/// What a server may tear out of a token: each of its parts, pieces of them, and parts with words around them.
fn torn(token: &str) -> Vec<String> {
    let parts: Vec<&str> = token.split('.').collect();
    let mut torn: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
    torn.extend([40, 24, 12, 8].map(|length| parts[2][2..].chars().take(length).collect()));
    torn.extend([parts[1][9..60].to_owned(), token[20..70].to_owned(), format!("user {} here", parts[2])]);
    torn.push(format!("{}_{}", parts[2], parts[2]));
    torn
}

#[tokio::test]
async fn a_part_of_a_token_of_the_same_answer_is_shown_nowhere() {
    let leaks = leaks();
    for part in torn(USER_TOKEN) {
        let claims = format!(r#"{{"UserID":"{part}","PlatformID":1,"exp":1}}"#);
        let nested = format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        let detail = |conn: &str, token: &str| {
            format!(r#"{{"platformID":1,"connID":"{conn}","isBackground":false,"token":"{token}"}}"#)
        };
        let body = |of_one: String, of_other: String| {
            json(format!(
                r#"{{"errCode":0,"data":[{{"userID":"user_001","status":1,"detailPlatformStatus":[{of_one}]}},{{"userID":"user_002","status":1,"detailPlatformStatus":[{of_other}]}},{{"userID":"{part}","status":1}}]}}"#
            ))
        };
        let whole = || detail("0aec452bd8247fa406d00d2c3d25f7df", USER_TOKEN);
        let turns = [
            body(detail(&part, USER_TOKEN), String::new()),
            // That of somebody else, which is not new when the part comes.
            body(whole(), String::new()),
            body(whole(), detail(&part, "")),
            body(whole(), detail("c2", &nested)),
            body(detail(&json_escaped(&part), &json_escaped(USER_TOKEN)), String::new()),
        ];
        let count = turns.len();
        let server = Server::start(turns).await;
        let client = Client::new(options(&server.url())).expect("a client");
        let (list, mut sieve) = (watch(&USERS), DeltaDecoder::default());
        for _ in 0..count {
            let seen = ask(&client, &list, &mut sieve).await;
            assert!(seen.answer.is_ok(), "{seen:?}");
            check(&leaks, &seen);
            leaks.assert_none("the sieve", &debugged(&sieve));
        }
    }
}

#[tokio::test]
async fn a_signature_without_its_token_is_cut_to_four_letters_and_its_length() {
    const SIGNATURE: &str = "gtD7fGUOv8fwNfBb0jXx-JR4QQAAabVVloZaXZ_mCu1";
    let claims = format!(r#"{{"UserID":"{SIGNATURE}","PlatformID":1,"exp":1}}"#);
    let token = format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
    let server = Server::start([json(entry("user_001", SIGNATURE, &token))]).await;
    let client = Client::new(options(&server.url())).expect("a client");
    let seen = ask(&client, &watch(&USERS), &mut DeltaDecoder::default()).await;
    check(&Leaks::of([SIGNATURE]), &seen);
    assert_eq!(debugged(&seen).matches("gtD7.. 43").count(), 4, "the connection and the claim, twice each");
}

#[tokio::test]
async fn bodies_of_a_real_server_leave_no_token_behind() {
    let body = fixture("online.json");
    let tokens: Vec<_> =
        body.split("\"token\":\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(tokens.len(), 8);
    let leaks = Leaks::of(tokens);
    let (list, mut sieve) =
        (watch(&["user_001", "user_002", "user_003", "xiaoming"]), DeltaDecoder::default());
    let keys = Keys::random();
    let read = read_online_status(body.as_bytes(), &list, 0, &mut sieve, &keys).expect("an answer");
    leaks.assert_none("an answer", &debugged(&read));
    leaks.assert_none("the sieve", &debugged(&sieve));
    leaks.assert_none("the keys", &debugged(&keys));
    for cut in (0..body.len()).step_by(7) {
        let error =
            read_online_status(&body.as_bytes()[..cut], &list, 0, &mut DeltaDecoder::default(), &keys);
        leaks.assert_none("a cut answer", &shown(&error.expect_err("half an answer")));
    }
}

#[tokio::test]
async fn a_login_shows_neither_secret_nor_token() {
    let (leaks, scratch) = (leaks(), Scratch::new());
    let secret_file = scratch.secret("secret", SECRET);
    let credentials =
        || Credentials::Login { secret_file: secret_file.clone(), admin_id: "imAdmin".to_owned() };
    let issued = json(format!(r#"{{"errCode":0,"data":{{"token":"{ADMIN_TOKEN}","expireTimeSeconds":1}}}}"#));
    for text in spellings(SECRET).into_iter().chain(spellings(ADMIN_TOKEN)) {
        for turn in turns(&text) {
            // The login itself is answered so, and then the question after a good one.
            for turns in [vec![turn.clone()], vec![issued.clone(), turn.clone()]] {
                let server = Server::start(turns).await;
                let mut options = options(&server.url());
                options.credentials = credentials();
                let client = Client::new(options).expect("a client");
                check(&leaks, &ask(&client, &watch(&USERS), &mut DeltaDecoder::default()).await);
            }
        }
    }
}

#[tokio::test]
async fn credentials_that_fail_show_nothing() {
    let (leaks, scratch) = (leaks(), Scratch::new());
    let open = scratch.secret("open", ADMIN_TOKEN);
    mode(&open, 0o644);
    let two = scratch.secret("two", &format!("{ADMIN_TOKEN} {SECRET}"));
    let commands = [
        format!("echo {ADMIN_TOKEN} {SECRET}"),
        format!("echo {ADMIN_TOKEN} >&2; exit 1"),
        format!("echo {SECRET}; echo it was {SECRET} >&2; exit 1"),
        format!("printf '%s' {ADMIN_TOKEN}; echo {USER_TOKEN} >&2; kill $$"),
    ];
    let sources = [Credentials::TokenFile(open), Credentials::TokenFile(two)]
        .into_iter()
        .chain(commands.map(Credentials::TokenCommand))
        .chain([Credentials::Token(format!("{ADMIN_TOKEN} {SECRET}").into())]);
    for source in sources {
        leaks.assert_none("a source", &debugged(&source));
        let mut options = options("http://127.0.0.1:9");
        options.credentials = source;
        leaks.assert_none("options", &debugged(&options));
        let client = Client::new(options).expect("a client");
        let fetched = ask(&client, &watch(&USERS), &mut DeltaDecoder::default()).await;
        assert!(fetched.answer.is_err());
        check(&leaks, &fetched);
    }
}

#[tokio::test]
async fn a_setup_that_fails_shows_nothing() {
    let (leaks, scratch) = (leaks(), Scratch::new());
    let file = scratch.secret("key.pem", &format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n"));
    let wrong: [fn(&mut Options, std::path::PathBuf); 4] = [
        |options, file| options.tls.ca_file = Some(file),
        |options, file| options.tls.client_cert = Some(file),
        |options, _| options.proxy = Some(format!("socks5://me:{SECRET}@proxy").into()),
        |options, _| options.proxy = Some(SECRET.into()),
    ];
    for change in wrong {
        let mut options = options("https://im.example");
        options.timeout = Duration::from_secs(1);
        change(&mut options, file.clone());
        leaks.assert_none("options", &debugged(&options));
        leaks.assert_none("a setup error", &shown(&Client::new(options).expect_err("a wrong setup")));
    }
    let error = format!("http://me:{SECRET}@im.example/").parse::<imtop::openim::Origin>().unwrap_err();
    leaks.assert_none("an address", &shown(&error));
}

#[tokio::test]
async fn a_client_that_works_shows_no_token_either() {
    let leaks = leaks();
    let server = Server::start([json(offline_body(&USERS))]).await;
    let client = Client::new(options(&server.url())).expect("a client");
    let fetched = ask(&client, &watch(&USERS), &mut DeltaDecoder::default()).await;
    assert!(fetched.answer.is_ok());
    leaks.assert_none("the client", &format!("{} {}", debugged(&client), shown(client.api())));
    assert_eq!(server.requests()[0].header("token"), Some(ADMIN_TOKEN));
}
