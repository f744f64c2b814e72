//! Alerts at their receivers: what each is sent, and what becomes of answers that say no, nothing or nonsense.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imtop::alerts::{
    Action, Alert, AlertSettings, Masked, Notice, Notifier, Outcome, Patience, Ring, Silences, Told, Webhook,
    WebhookKind,
};
use imtop::presence::condition::Condition;
use imtop::presence::{AlertChange, AlertEvent, AlertRule, Event, Moment, Severity, Update};
use ring::hmac;
use serde_json::Value;

use crate::common::certificates;
use crate::common::server::{Request, Server, Turn, http, json, nobody};
use crate::schemas::Schema;

/// The wall clock of these tests: 2026-11-23T05:52:11Z.
const NOW: i64 = 1_795_413_131_000;

const SECRET: &str = "SECd41d8cd98f00b204e9800998ecf8427e";
const KEY: &str = "4f2a9c71bb0e4d5f8a6c3e";

fn now() -> i64 {
    NOW
}

/// Quick, as nobody waits here.
const QUICK: Patience = Patience {
    first: Duration::from_millis(10),
    longest: Duration::from_millis(40),
    attempts: 4,
    longest_asked: Duration::from_secs(2),
    repeat: Duration::from_millis(100),
};

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Files {
        Files(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// A webhook to this address, signed where that is of use.
    fn webhook(&self, kind: WebhookKind, url: &str) -> Webhook {
        Webhook {
            kind,
            url_file: self.write("url", &format!("{url}\n"), 0o600),
            secret_file: kind.can_be_signed().then(|| self.write("secret", SECRET, 0o600)),
            ca_file: None,
        }
    }
}

fn rule() -> AlertRule {
    AlertRule {
        name: "gateway down".to_owned(),
        when: Condition::parse("finding:view-loss>0").unwrap(),
        for_ms: 0,
        again_ms: 0,
        severity: Severity::Critical,
    }
}

fn settings(actions: Vec<Action>, webhooks: impl IntoIterator<Item = (String, Webhook)>) -> AlertSettings {
    AlertSettings {
        alerts: vec![Alert { rule: rule(), actions }],
        webhooks: webhooks.into_iter().collect::<BTreeMap<_, _>>(),
    }
}

fn told() -> Told {
    Told { api: "https://im-eu.example".to_owned(), context: Some("im-eu".to_owned()), production: true }
}

fn at(ms: u64) -> Moment {
    Moment { mono_ms: ms, unix_ms: NOW + ms as i64 }
}

fn event(ms: u64, change: AlertChange) -> AlertEvent {
    AlertEvent {
        at: at(ms),
        name: "gateway down".to_owned(),
        severity: Severity::Critical,
        when: "finding:view-loss>0".to_owned(),
        figures: "finding:view-loss>0 is 1".to_owned(),
        picks_users: false,
        change,
        is_replayed: false,
    }
}

fn fired(ms: u64) -> Update {
    let event = event(ms, AlertChange::Fired { since: at(0) });
    Update { noted: vec![Event::Alert(event)], ..Update::default() }
}

fn resolved(ms: u64, after: u64) -> Update {
    let event = event(ms, AlertChange::Resolved { fired: at(after) });
    Update { noted: vec![Event::Alert(event)], ..Update::default() }
}

const UNMASKED: Masked = Masked(false);

/// A notifier with one webhook, and what is told of when the alert fires.
struct Run {
    notifier: Notifier,
    silences: Silences,
}

impl Run {
    fn on(settings: AlertSettings, patience: Patience) -> Run {
        Run { notifier: Notifier::start(settings, told(), patience, now), silences: Silences::default() }
    }

    fn to(files: &Files, kind: WebhookKind, url: &str) -> Run {
        let webhooks = [("ops".to_owned(), files.webhook(kind, url))];
        Run::on(settings(vec![Action::Webhook("ops".to_owned())], webhooks), QUICK)
    }

    fn take(&mut self, news: &Update, ms: u64) -> Vec<Ring> {
        self.notifier.follow(news, &self.silences, at(ms), UNMASKED)
    }

    /// Fires, and waits for what comes of it.
    async fn fire(&mut self) -> Outcome {
        self.take(&fired(10_000), 10_000);
        self.notifier.outcome().await
    }
}

/// What the receiver was sent first.
fn body(request: &Request) -> Value {
    assert!(request.line.starts_with("POST "), "{}", request.line);
    assert_eq!(request.header("content-type"), Some("application/json"));
    serde_json::from_str(&request.body).unwrap()
}

fn sign(key: &str, message: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    STANDARD.encode(hmac::sign(&key, message.as_bytes()))
}

#[tokio::test]
async fn dingtalk_gets_a_signed_text() {
    let server = Server::start([json(r#"{"errcode":0,"errmsg":"ok"}"#)]).await;
    let files = Files::new();
    let url = format!("{}/robot/send?access_token={KEY}", server.url());
    let outcome = Run::to(&files, WebhookKind::Dingtalk, &url).fire().await;
    assert_eq!((outcome.result, outcome.attempts), (Ok(()), 1));
    let request = server.requests().remove(0);
    let url: reqwest::Url = format!("http://x{}", request.line.split(' ').nth(1).unwrap()).parse().unwrap();
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!((url.path(), query["access_token"].as_str()), ("/robot/send", KEY));
    assert_eq!(query["timestamp"], NOW.to_string(), "milliseconds");
    assert_eq!(query["sign"], sign(SECRET, &format!("{NOW}\n{SECRET}")));
    let raw = request.line.split("sign=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(!raw.contains(['+', '/']), "it is encoded: {raw}");
    let body = body(&request);
    assert_eq!(body["msgtype"], "text");
    let text = body["text"]["content"].as_str().unwrap();
    assert!(text.starts_with("imtop FIRING critical: gateway down, im-eu\n"), "{text}");
    assert!(text.contains("finding:view-loss>0 is 1") && text.contains("im-eu, production"), "{text}");
}

#[tokio::test]
async fn wecom_gets_a_text_and_its_codes_are_heeded() {
    let server = Server::start([json(r#"{"errcode":0,"errmsg":"ok"}"#)]).await;
    let files = Files::new();
    let url = format!("{}/cgi-bin/webhook/send?key={KEY}", server.url());
    let outcome = Run::to(&files, WebhookKind::Wecom, &url).fire().await;
    assert_eq!(outcome.result, Ok(()));
    let request = server.requests().remove(0);
    assert!(request.line.contains(&format!("?key={KEY} ")), "{}", request.line);
    let body = body(&request);
    assert_eq!(body["msgtype"], "text");
    assert!(body["text"]["content"].as_str().unwrap().len() <= 2_048);
}

#[tokio::test]
async fn feishu_gets_its_signature_in_the_body() {
    let server = Server::start([json(r#"{"code":0,"msg":"success","data":{}}"#)]).await;
    let files = Files::new();
    let url = format!("{}/open-apis/bot/v2/hook/{KEY}", server.url());
    let outcome = Run::to(&files, WebhookKind::Feishu, &url).fire().await;
    assert_eq!(outcome.result, Ok(()));
    let body = body(&server.requests()[0]);
    let seconds = (NOW / 1_000).to_string();
    assert_eq!(body["timestamp"], seconds.as_str(), "seconds, as a text");
    assert_eq!(body["sign"], sign(&format!("{seconds}\n{SECRET}"), ""));
    assert_eq!(body["msg_type"], "text");
    assert!(body["content"]["text"].as_str().unwrap().contains("gateway down"));
}

#[tokio::test]
async fn slack_gets_a_text_with_its_own_characters_escaped() {
    let server = Server::start([Turn::Write(http("200 OK", "", "ok"))]).await;
    let files = Files::new();
    let url = format!("{}/services/T0/B0/{KEY}", server.url());
    let outcome = Run::to(&files, WebhookKind::Slack, &url).fire().await;
    assert_eq!(outcome.result, Ok(()));
    let body = body(&server.requests()[0]);
    assert!(body["text"].as_str().unwrap().contains("finding:view-loss&gt;0 is 1"), "{body}");
}

#[tokio::test]
async fn alertmanager_is_told_again_while_it_lasts_and_when_it_is_over() {
    let server = Server::start([Turn::Write(http("200 OK", "", ""))]).await;
    let files = Files::new();
    let mut run = Run::to(&files, WebhookKind::Alertmanager, &format!("{}/am", server.url()));
    assert_eq!(run.fire().await.result, Ok(()));
    while server.requests().len() < 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    run.take(&resolved(70_000, 10_000), 70_000);
    let outcome = run.notifier.outcome().await;
    assert_eq!((outcome.status.word(), outcome.result), ("resolved", Ok(())));
    let requests = server.requests();
    assert!(requests.iter().all(|it| it.line == "POST /am/api/v2/alerts HTTP/1.1"));
    let alert = |request: &Request| {
        let body = body(request);
        assert_eq!(body.as_array().unwrap().len(), 1);
        body[0].clone()
    };
    let (first, second, last) = (alert(&requests[0]), alert(&requests[1]), alert(requests.last().unwrap()));
    assert_eq!(first["labels"]["alertname"], "gateway down");
    assert_eq!(first["labels"]["severity"], "critical");
    assert_eq!((&first["labels"], &first["labels"]), (&second["labels"], &last["labels"]), "it is the same");
    assert_eq!((&first["startsAt"], &first["startsAt"]), (&second["startsAt"], &last["startsAt"]));
    let time = |alert: &Value, name: &str| {
        alert[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond()
    };
    assert_eq!(time(&first, "startsAt"), NOW + 10_000);
    assert!(time(&first, "endsAt") > NOW + 120_000, "it outlasts some that are lost");
    assert_eq!(time(&last, "endsAt"), NOW + 70_000, "when it was over");
    let told = requests.len();
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(server.requests().len(), told, "nothing is left to be told again");
}

#[tokio::test]
async fn anybody_gets_the_json_that_the_schema_describes() {
    let server = Server::start([Turn::Write(http("204 No Content", "", ""))]).await;
    let files = Files::new();
    let mut run = Run::to(&files, WebhookKind::Json, &server.url());
    assert_eq!(run.fire().await.result, Ok(()));
    run.take(&resolved(70_000, 10_000), 70_000);
    assert_eq!(run.notifier.outcome().await.result, Ok(()));
    let schema = Schema::named("alert");
    let read: Vec<Value> = server.requests().iter().map(|it| schema.read(&it.body)).collect();
    assert_eq!((&read[0]["status"], &read[1]["status"]), (&"firing".into(), &"resolved".into()));
    assert_eq!(read[0]["server"]["context"], "im-eu");
    assert_eq!(read[1]["text"], "alert gateway down resolved after 1m");
}

#[tokio::test]
async fn a_200_with_a_code_that_says_no_is_a_failure() {
    for (kind, answer, told) in [
        (
            WebhookKind::Dingtalk,
            r#"{"errcode":310000,"errmsg":"sign not match"}"#,
            "code 310000: sign not match",
        ),
        (
            WebhookKind::Wecom,
            r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#,
            "code 93000: invalid webhook",
        ),
        (WebhookKind::Feishu, r#"{"code":19021,"msg":"sign match fail"}"#, "code 19021: sign match fail"),
        (WebhookKind::Feishu, r#"{"StatusCode":19001,"StatusMessage":"param invalid"}"#, "code 19001: param"),
    ] {
        let server = Server::start([json(answer)]).await;
        let outcome = Run::to(&Files::new(), kind, &server.url()).fire().await;
        assert!(outcome.result.as_ref().unwrap_err().starts_with(told), "{outcome:?}");
        assert_eq!((outcome.attempts, server.requests().len()), (1, 1), "it stays wrong");
        assert!(outcome.words().contains("NOT delivered to webhook:ops"), "{}", outcome.words());
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_as_the_receiver_wants_it() {
    let server = Server::start([
        Turn::Write(http("500 Internal Server Error", "", "oops")),
        Turn::Close(Vec::new()),
        Turn::Write(http("429 Too Many Requests", "Retry-After: 1\r\n", "")),
        Turn::Write(http("200 OK", "", "ok")),
    ])
    .await;
    let began = tokio::time::Instant::now();
    let outcome = Run::to(&Files::new(), WebhookKind::Slack, &server.url()).fire().await;
    assert_eq!((outcome.result, outcome.attempts), (Ok(()), 4));
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(1), "Retry-After was not heeded: {took:?}");
}

#[tokio::test]
async fn what_does_not_pass_is_given_up_with_the_reason() {
    let garbage = || Turn::Write(http("200 OK", "Content-Type: text/html\r\n", "<html>log in</html>"));
    for (kind, turn, attempts, why) in [
        (WebhookKind::Json, Turn::Write(http("500 Oops", "", "out of\norder")), 4, "HTTP 500: out of"),
        (WebhookKind::Slack, garbage(), 4, "not what its documentation says"),
        (WebhookKind::Dingtalk, garbage(), 4, "not what its documentation says"),
        (WebhookKind::Slack, Turn::Write(http("404 Not Found", "", "no_service")), 1, "HTTP 404: no_service"),
        (
            WebhookKind::Json,
            Turn::Write(http("302 Found", "Location: http://evil.example/\r\n", "")),
            1,
            "elsewhere",
        ),
        (WebhookKind::Json, Turn::Write(http("503 Busy", "Retry-After: 3600\r\n", "")), 1, "much later"),
        (WebhookKind::Json, Turn::Close(b"SSH-2.0-OpenSSH\r\n".to_vec()), 4, "not HTTP"),
    ] {
        let server = Server::start([turn]).await;
        let outcome = Run::to(&Files::new(), kind, &server.url()).fire().await;
        let said = outcome.result.clone().unwrap_err();
        assert!(said.contains(why) && outcome.attempts == attempts, "{kind:?}: {outcome:?}");
        assert!(!said.contains('\n'), "{said}");
    }
    let outcome =
        Run::to(&Files::new(), WebhookKind::Json, &format!("http://{}", nobody().await)).fire().await;
    assert_eq!(outcome.result, Err("connection refused".to_owned()));
}

#[tokio::test]
async fn one_that_hangs_holds_up_nobody() {
    let hangs = Server::start([Turn::Stall(Vec::new())]).await;
    let answers = Server::start([Turn::Write(http("200 OK", "", ""))]).await;
    let (one, other) = (Files::new(), Files::new());
    let webhooks = [
        ("hangs".to_owned(), one.webhook(WebhookKind::Json, &hangs.url())),
        ("answers".to_owned(), other.webhook(WebhookKind::Json, &answers.url())),
    ];
    let actions =
        ["webhook:hangs", "webhook:answers", "bell", "osc9", "osc777"].map(|it| it.parse().unwrap());
    let mut run = Run::on(settings(actions.into(), webhooks), QUICK);
    let rings = run.take(&fired(1_000), 1_000);
    assert!(
        matches!(rings.as_slice(), [Ring::Bell, Ring::Notify(_), Ring::NotifyTitled { .. }]),
        "{rings:?}"
    );
    // Far more than its queue holds.
    let mut full = None;
    for turn in 0..80 {
        run.take(&resolved(2_000 + turn * 10, 1_000), 2_000 + turn * 10);
        run.take(&fired(2_005 + turn * 10), 2_005 + turn * 10);
        while run.notifier.pending() > 70 && full.is_none() {
            let outcome = run.notifier.outcome().await;
            if let Err(why) = outcome.result {
                assert_eq!(outcome.action.to_string(), "webhook:hangs");
                full = Some(why);
            }
        }
    }
    assert_eq!(full.as_deref(), Some("64 others wait for it already"));
    assert!(answers.requests().len() > 1);
}

#[tokio::test]
async fn neither_address_nor_secret_comes_out() {
    let leaky = format!(
        r#"{{"errcode":310000,"errmsg":"sign not match for {SECRET} at /robot/send?access_token={KEY}"}}"#
    );
    let server = Server::start([json(&leaky)]).await;
    let files = Files::new();
    let url = format!("{}/robot/send?access_token={KEY}", server.url());
    let outcome = Run::to(&files, WebhookKind::Dingtalk, &url).fire().await;
    let said = format!("{outcome:?}{}", outcome.words());
    assert!(!said.contains(SECRET) && !said.contains(KEY), "{said}");
    assert!(said.contains("sign not match"), "{said}");
    let webhook = files.webhook(WebhookKind::Dingtalk, &url);
    assert!(!format!("{webhook:?}").contains(KEY));
    // An address that is none is not quoted either.
    let wrong = files.webhook(WebhookKind::Slack, &format!("hooks.slack.com/{KEY}"));
    let said = wrong.check().unwrap_err();
    assert!(!said.contains(KEY) && said.contains("url-file"), "{said}");
}

#[tokio::test]
async fn files_that_others_can_read_and_open_http_are_refused() {
    let files = Files::new();
    let check = |kind, url: &str, mode| {
        let webhook = Webhook { url_file: files.write("other", url, mode), ..files.webhook(kind, url) };
        webhook.check()
    };
    let said = check(WebhookKind::Slack, "https://hooks.slack.com/services/x", 0o644).unwrap_err();
    assert!(said.contains("other users can read") && said.contains("chmod 600"), "{said}");
    let said = check(WebhookKind::Wecom, "http://qyapi.example/send", 0o600).unwrap_err();
    assert!(said.contains("everyone on the way could read the key"), "{said}");
    assert_eq!(check(WebhookKind::Alertmanager, "http://alertmanager:9093", 0o600), Ok(()));
    assert_eq!(check(WebhookKind::Slack, "https://hooks.slack.com/services/x", 0o600), Ok(()));
    let said = check(WebhookKind::Json, "ftp://x/", 0o600).unwrap_err();
    assert!(said.contains("no http address"), "{said}");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let (authority, acceptors) = certificates::all();
    let [trusted, ..] = acceptors;
    let turns = [Turn::Write(http("200 OK", "", "ok"))];
    let server = Server::start_at("127.0.0.1:0".parse().unwrap(), turns, vec![trusted]).await;
    let files = Files::new();
    let url = format!("https://{}/hook", server.address);
    let outcome = Run::to(&files, WebhookKind::Slack, &url).fire().await;
    assert!(outcome.result.unwrap_err().contains("certificate"));
    let ca_file = Some(files.write("ca.pem", &authority, 0o644));
    let webhooks = [("ops".to_owned(), Webhook { ca_file, ..files.webhook(WebhookKind::Slack, &url) })];
    let mut run = Run::on(settings(vec![Action::Webhook("ops".to_owned())], webhooks), QUICK);
    assert_eq!(run.fire().await.result, Ok(()));
}

#[tokio::test]
async fn who_is_silenced_is_told_when_that_ends() {
    let server = Server::start([Turn::Write(http("200 OK", "", ""))]).await;
    let files = Files::new();
    let mut run = Run::to(&files, WebhookKind::Json, &server.url());
    run.silences.silence("gateway down", at(0), 60_000);
    run.take(&fired(10_000), 10_000);
    run.take(&Update::default(), 59_000);
    assert_eq!(run.notifier.pending(), 0);
    run.take(&Update::default(), 60_000);
    assert_eq!(run.notifier.outcome().await.status.word(), "firing");
    // What was told is also told to be over, and nothing else is.
    run.silences.silence("gateway down", at(60_000), 60_000);
    run.take(&resolved(70_000, 10_000), 70_000);
    assert_eq!(run.notifier.outcome().await.status.word(), "resolved");
    run.take(&fired(80_000), 80_000);
    run.take(&resolved(90_000, 80_000), 90_000);
    run.take(&Update::default(), 500_000);
    assert_eq!((run.notifier.pending(), server.requests().len()), (0, 2));
}

#[tokio::test]
async fn a_recording_alerts_nobody() {
    let server = Server::start([Turn::Write(http("200 OK", "", ""))]).await;
    let files = Files::new();
    let mut run = Run::to(&files, WebhookKind::Json, &server.url());
    let mut news = fired(10_000);
    if let Some(Event::Alert(event)) = news.noted.first_mut() {
        event.is_replayed = true;
    }
    run.take(&news, 10_000);
    run.take(&Update::default(), 20_000);
    assert_eq!(run.notifier.pending(), 0);
}

#[tokio::test]
async fn no_user_is_named_where_names_are_masked() {
    let server = Server::start([Turn::Write(http("200 OK", "", ""))]).await;
    let files = Files::new();
    let mut run = Run::to(&files, WebhookKind::Json, &server.url());
    let mut event = event(10_000, AlertChange::Fired { since: at(0) });
    event.when = "count(id=alice)>0".to_owned();
    event.figures = "count(id=alice)>0 is 1 of 3".to_owned();
    event.picks_users = true;
    let news = Update { noted: vec![Event::Alert(event)], ..Update::default() };
    run.notifier.follow(&news, &Silences::default(), at(10_000), Masked(true));
    assert_eq!(run.notifier.outcome().await.result, Ok(()));
    let body = server.requests().remove(0).body;
    assert!(!body.contains("alice") && body.contains("gateway down"), "{body}");
    Schema::named("alert").read(&body);
}

/// A notifier with a program of this text.
fn program(files: &Files, text: &str) -> (Run, PathBuf) {
    let file = files.write("page.sh", text, 0o755);
    (Run::on(settings(vec![Action::Exec(file.clone())], []), QUICK), file)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[tokio::test]
async fn a_program_gets_json_and_a_few_variables() {
    let files = Files::new();
    let out = files.0.path().join("out");
    let text = format!(
        "#!/bin/sh\nread -r json\nprintf '%s\\n' \"$json\" >'{0}'\nenv | grep ^IMTOP_ | sort >>'{0}'\n",
        out.display()
    );
    let (mut run, _) = program(&files, &text);
    assert_eq!(run.fire().await.result, Ok(()));
    let said = read(&out);
    let mut lines = said.lines();
    let json = Schema::named("alert").read(lines.next().unwrap());
    assert_eq!((&json["alert"], &json["severity"]), (&"gateway down".into(), &"critical".into()));
    let variables: Vec<&str> = lines.collect();
    assert_eq!(
        variables,
        [
            "IMTOP_ALERT=gateway down",
            "IMTOP_ALERT_SERVER=im-eu",
            "IMTOP_ALERT_SEVERITY=critical",
            "IMTOP_ALERT_STATUS=firing",
            "IMTOP_ALERT_TEXT=alert gateway down fired, critical: finding:view-loss>0 is 1",
        ]
    );
}

#[tokio::test]
async fn a_program_that_fails_is_given_up_with_what_it_says() {
    let files = Files::new();
    let (mut run, file) = program(&files, "#!/bin/sh\nhead -c 100000 /dev/zero\necho no modem >&2\nexit 3\n");
    let outcome = run.fire().await;
    let said = outcome.result.unwrap_err();
    assert!(said.contains("exit status: 3") && said.contains("no modem"), "{said}");
    assert_eq!(outcome.attempts, 1);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    run.take(&resolved(20_000, 10_000), 20_000);
    assert!(run.notifier.outcome().await.result.unwrap_err().contains("chmod +x"));
    std::fs::remove_file(&file).unwrap();
    run.take(&fired(30_000), 30_000);
    assert!(run.notifier.outcome().await.result.unwrap_err().contains("no such program"));
}

#[test]
fn a_test_says_that_it_is_one() {
    let notice = Notice::test(&rule(), &told(), NOW);
    Schema::named("alert").read(&String::from_utf8(notice.json()).unwrap());
    assert!(notice.title().starts_with("imtop TEST critical: gateway down"));
    assert!(notice.text.contains("nothing is wrong"));
}
