//! Real answers through a real client and the roster: what the rules find in them.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

mod common;

use std::sync::Arc;

use common::server::{Server, json};
use common::{ADMIN_TOKEN, ask, fixture, options, watch};
use imtop::openim::{Client, Options, Sieve, known_secrets};
use imtop::presence::{
    Case, Findings, Freshness, Moment, Observation, Past, Question, Roster, Rule, RuleSettings, UserIx,
    WatchList,
};

/// When the answers were recorded, about: unix seconds.
const RECORDED: i64 = 1_795_413_200;

fn at(mono_ms: u64) -> Moment {
    Moment { mono_ms, unix_ms: RECORDED * 1_000 + mono_ms as i64 }
}

/// What is known after this answer at the first moment.
async fn seen(name: &str, ids: &[&str], change: impl FnOnce(&mut Options)) -> Roster {
    let server = Server::start([json(fixture(name))]).await;
    let mut options = options(&server.url());
    change(&mut options);
    let client = Client::new(options).expect("a client");
    let list = Arc::new(watch(ids));
    let fetched = ask(&client, &list, &mut Sieve::default()).await;
    let mut roster = Roster::new(Arc::clone(&list), Freshness::FOR_EVER, at(0));
    roster.apply(&Observation {
        question: Question::OnlineStatus,
        users: Arc::default(),
        generation: list.generation(),
        batch: 0,
        sent: at(0),
        received: at(0),
        operation_id: fetched.operation_id,
        server_date: None,
        wire_bytes: fetched.wire_bytes,
        attempt: 0,
        next_ms: 0,
        oddities: fetched.oddities,
        hints: None,
        answer: fetched.answer,
    });
    roster
}

/// Judges everybody whose time has come, or everybody the first time.
fn judge(findings: &mut Findings, roster: &Roster, users: Vec<UserIx>, now: Moment) {
    let (past, settings) = (Past::default(), findings.settings());
    let list: &WatchList = roster.list();
    findings.judge(users, now, |user| Case {
        user,
        raw_id: list.raw_id(user),
        presence: roster.presence(user),
        connections: roster.connections(user),
        doubt: roster.doubt(user),
        thresholds: roster.thresholds(),
        past: &past,
        server_seconds: roster.server_clock().unix_seconds(now),
        now,
        settings: &settings,
    });
}

fn words(findings: &Findings, user: u32) -> Vec<String> {
    findings.of(UserIx(user)).iter().map(|finding| finding.evidence.words(RECORDED)).collect()
}

#[tokio::test]
async fn tokens_of_a_server_with_the_shipped_secret_are_found_out_where_that_is_asked_for() {
    let users = ["user_001", "user_002"];
    let found = async |secrets| {
        let roster = seen("online.json", &users, |options| options.secrets = secrets).await;
        let mut findings = Findings::new(RuleSettings::default());
        judge(&mut findings, &roster, vec![UserIx(0), UserIx(1)], at(0));
        findings
    };
    let asked = found(known_secrets(None).unwrap()).await;
    let signed = "the token is signed with a secret that others know";
    assert_eq!(words(&asked, 0), [format!("Windows: {signed}"), format!("Android: {signed}")]);
    assert_eq!(asked.count_of(Rule::DefaultSecret), asked.len());
    assert!(found(Vec::new()).await.is_empty(), "nobody asked");
    assert!(found(vec!["another".into()]).await.is_empty());
    let shown = format!("{asked:?}");
    let parts = ADMIN_TOKEN.split('.').next().unwrap();
    assert!(!shown.contains(parts) && !shown.contains("openIM123"));
}

#[tokio::test]
async fn a_shared_token_is_found_when_it_has_lasted() {
    let body = fixture("shared_token.json");
    let id = body.split("\"userID\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let roster = seen("shared_token.json", &[&id], |_| ()).await;
    let mut findings = Findings::new(RuleSettings::default());
    judge(&mut findings, &roster, vec![UserIx(0)], at(0));
    assert!(findings.is_empty());
    let due = findings.next_change().expect("it may last");
    assert_eq!(findings.due(at(due - 1)), []);
    let users = findings.due(at(due));
    judge(&mut findings, &roster, users, at(due));
    assert_eq!(findings.count_of(Rule::TokenShared), 1);
    assert!(words(&findings, 0)[0].ends_with(" on 2 connections"), "{:?}", words(&findings, 0));
}
