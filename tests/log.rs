//! The log file: what is in it, how it is written, and what never is.
//!
//! Apart from the other tests: one of these logs what its whole process does.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

mod common;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};

use common::leak::{Leaks, hex, json_escaped};
use common::server::{Server, Turn, http, json};
use common::{ADMIN_TOKEN, ask, offline_body, options, watch};
use imtop::log;
use imtop::openim::{Client, Credentials, DeltaDecoder};
use tempfile::TempDir;
use tracing::level_filters::LevelFilter;

const SECRET: &str = "openIM123-and-more";
const USERS: [&str; 2] = ["user_001", "user_002"];

/// One picture of two users on `server`, logged to `log` in the folder.
async fn run(folder: &TempDir, server: &str, more: &[&str]) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_imtop"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IMTOP_")) {
        command.env_remove(name);
    }
    command.current_dir(folder.path()).stdin(Stdio::null());
    command.env("IMTOP_CONFIG", "/dev/null").env("IMTOP_TOKEN", ADMIN_TOKEN);
    command.args(["--api", server]).args(more).args(USERS);
    command.output().await.unwrap()
}

/// The same of a server that is asked one thing alone, so that each run is like the other.
async fn run_with_one_witness(folder: &TempDir, server: &str, more: &[&str]) -> Output {
    std::fs::write(folder.path().join("one.toml"), "registry = \"off\"\n").unwrap();
    run(folder, server, &[&["--config", "one.toml"], more].concat()).await
}

fn read(folder: &TempDir) -> String {
    std::fs::read_to_string(folder.path().join("log")).unwrap()
}

/// The level and the message with its fields of each line; the time in front is looked at here.
fn lines(log: &str) -> Vec<(&str, &str)> {
    let parts = log.lines().map(|line| {
        let (time, rest) = line.split_at_checked(24).unwrap_or_else(|| panic!("a short line: {line}"));
        assert!(time.ends_with('Z') && time.as_bytes()[19] == b'.', "{line}");
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{line}");
        let (level, words) = rest.trim_start().split_once(' ').unwrap();
        assert!(["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(&level), "{line}");
        (level, words.trim_start())
    });
    parts.collect()
}

#[tokio::test]
async fn a_run_is_logged_from_start_to_end_at_the_level_that_is_asked_for() {
    let mut counts = Vec::new();
    for level in ["error", "warn", "info", "debug", "trace"] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start([json(offline_body(&USERS))]).await;
        let output =
            run_with_one_witness(&folder, &server.url(), &["--log-file", "log", "--log-level", level]).await;
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let log = read(&folder);
        let lines = lines(&log);
        counts.push(lines.len());
        if level != "trace" {
            continue;
        }
        let has = |level: &str, words: &str| {
            assert!(
                lines.iter().any(|(l, w)| *l == level && w.contains(words)),
                "no {level} {words} in:\n{log}"
            );
        };
        has("INFO", concat!("started version=", env!("CARGO_PKG_VERSION")));
        has("INFO", &format!("setting name=api value={} said=flag", server.url()));
        has("INFO", "setting name=IMTOP_TOKEN value=\"set, and not shown\" said=environment");
        has("INFO", "watch list users=2 batches=1");
        has("TRACE", "request path=/user/get_users_online_status operation=imtop-");
        has("DEBUG", "batch=0 users=2");
        has("INFO", "ended code=0");
        let mode = std::fs::metadata(folder.path().join("log")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(counts[..2], [0, 0], "nothing went wrong");
    assert!(counts[1] < counts[2] && counts[2] < counts[3] && counts[3] < counts[4], "{counts:?}");
}

#[tokio::test]
async fn a_log_goes_on_where_it_ended_and_nothing_is_logged_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start([json(offline_body(&USERS))]).await;
    run_with_one_witness(&folder, &server.url(), &["--log-file", "log"]).await;
    let first = read(&folder);
    run_with_one_witness(&folder, &server.url(), &[]).await;
    assert_eq!(read(&folder), first);
    run_with_one_witness(&folder, &server.url(), &["--log-file", "log"]).await;
    let both = read(&folder);
    assert!(both.starts_with(&first) && lines(&both).len() == 2 * lines(&first).len());
}

#[tokio::test]
async fn the_configuration_can_ask_for_a_log_too() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start([json(offline_body(&USERS))]).await;
    std::fs::write(folder.path().join("c.toml"), "log-file = \"log\"\nlog-level = \"debug\"\n").unwrap();
    run(&folder, &server.url(), &["--config", "c.toml"]).await;
    let log = read(&folder);
    assert!(log.contains("setting name=log-level value=debug said=c.toml:2"), "{log}");
    assert!(log.contains("DEBUG answered") && !log.contains("TRACE"), "{log}");
}

#[tokio::test]
async fn a_server_cannot_forge_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let forged = r#"{"errCode":500,"errMsg":"odd","errDlt":"x\r\n2026-11-23T12:00:00.000Z INFO  all is well\u001b[2J\u2028y"}"#;
    let server = Server::start([json(forged)]).await;
    run(&folder, &server.url(), &["--log-file", "log", "--log-level", "trace"]).await;
    let log = read(&folder);
    let failed =
        lines(&log).into_iter().filter(|(level, words)| *level == "WARN" && words.starts_with("failed"));
    assert!(log.contains("all is well"), "{log}");
    assert_eq!(failed.count(), 1, "{log}");
    assert!(!log.contains(['\r', '\u{1b}', '\u{2028}']), "{log}");
    assert!(!log.lines().any(|line| line.starts_with("2026-11-23T12:00:00.000Z")), "{log}");
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_a_clear_error_and_one_that_fails_later_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start([json(offline_body(&USERS))]).await;
    for file in ["nowhere/log", "."] {
        let output = run(&folder, &server.url(), &["--log-file", file]).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("cannot open the log file {file}: ")), "{said}");
    }
    if Path::new("/dev/full").exists() {
        let quiet = run(&folder, &server.url(), &[]).await;
        let full = run(&folder, &server.url(), &["--log-file", "/dev/full", "--log-level", "trace"]).await;
        assert_eq!((full.status.code(), full.stderr), (Some(0), quiet.stderr));
    }
}

/// Ways for a server to say `text`.
fn turns(text: &str) -> Vec<Turn> {
    let said = |code: i32| {
        format!(r#"{{"errCode":{code},"errMsg":"said: {text}","errDlt":"jwt error, token={text}"}}"#)
    };
    let header = |name: &str| format!("{name}: {text}\r\n");
    let mut turns: Vec<Turn> = [500, 1001, 1002, 1503, 1507, 90_002].map(|code| json(said(code))).to_vec();
    turns.extend([
        json(text),
        json(format!(r#"{{"errCode":0,"data":[{{"userID":"user_001","status":1,"detailPlatformStatus":[{{"platformID":1,"connID":"{text}","token":"{text}"}}]}}]}}"#)),
        Turn::Close(http("400 Bad Request", "", said(500))),
        Turn::Close(http("502 Bad Gateway", &header("Server"), text)),
        Turn::Close(http("302 Found", &header("Location"), text)),
        Turn::Close(http("200 OK", &header("Content-Encoding"), text)),
        Turn::Close(format!("HTTP/1.1 200 {text}\r\nContent-Length: 9999\r\n\r\n{text}").into_bytes()),
        Turn::Close(format!("{text}\r\n\r\n").into_bytes()),
    ]);
    turns
}

#[tokio::test]
async fn no_token_or_secret_is_logged_at_any_level_whatever_the_server_says() {
    let leaks = Leaks::of([ADMIN_TOKEN, SECRET]);
    let folder = tempfile::tempdir().unwrap();
    for text in [ADMIN_TOKEN.to_owned(), json_escaped(ADMIN_TOKEN)] {
        for turn in turns(&text) {
            let server = Server::start([turn]).await;
            run(&folder, &server.url(), &["--log-file", "log", "--log-level", "trace"]).await;
        }
    }
    // The client alone, with a login, and more of what a server may say.
    let file = folder.path().join("log");
    log::start(&file, LevelFilter::TRACE, imtop::clock::unix_ms).unwrap();
    let secret_file = folder.path().join("secret");
    std::fs::write(&secret_file, SECRET).unwrap();
    std::fs::set_permissions(&secret_file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let issued = json(format!(r#"{{"errCode":0,"data":{{"token":"{ADMIN_TOKEN}","expireTimeSeconds":1}}}}"#));
    for secret in [ADMIN_TOKEN, SECRET] {
        for text in [secret.to_owned(), json_escaped(secret), hex(secret.as_bytes())] {
            for turn in turns(&text) {
                let server = Server::start([issued.clone(), turn]).await;
                let mut options = options(&server.url());
                options.credentials =
                    Credentials::Login { secret_file: secret_file.clone(), admin_id: "imAdmin".to_owned() };
                let client = Client::new(options).unwrap();
                ask(&client, &watch(&USERS), &mut DeltaDecoder::default()).await.answer.ok();
            }
        }
    }
    let log = read(&folder);
    assert!(log.contains("failed operation=") && log.contains("new admin token from=secret-file"), "{log}");
    assert!(log.contains("refuses the admin token code=1503"), "{log}");
    lines(&log);
    leaks.assert_none("the log", &log);
}
