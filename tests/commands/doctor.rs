//! The doctor as a person and a script see it: against servers that are well, and ill in every way that
//! it knows.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Stdio;

use crate::common::leak::Leaks;
use crate::common::scratch::{Scratch, mode};
use crate::common::server::{Server, Turn, http, json, nobody};
use crate::common::{ADMIN_TOKEN, certificates, offline_body};
use crate::schemas::Schema;
use imtop::openim::Endpoint;
use imtop::simulator::{Clock, Running, Scenario, Simulator};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

/// How OpenIM refuses a question without a token.
const NO_TOKEN: &str = r#"{"errCode":1001,"errMsg":"ArgsError","errDlt":"header must have token"}"#;

/// What the program said.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

async fn run(args: &[&str], variables: &[(&str, &str)]) -> Said {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_imtop"));
    command.arg("doctor").args(args).stdin(Stdio::null()).kill_on_drop(true);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IMTOP_") || name == "NO_COLOR") {
        command.env_remove(name);
    }
    // Nobody's real configuration.
    command.env("IMTOP_CONFIG", "/dev/null").envs(variables.iter().copied());
    let output = command.output().await.unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What the doctor found, read off its JSON.
struct Found {
    code: Option<i32>,
    object: Value,
}

impl Found {
    fn step(&self, name: &str) -> &Value {
        let steps = self.object["steps"].as_array().unwrap();
        steps.iter().find(|step| step["step"] == name).unwrap_or_else(|| panic!("no step {name}"))
    }

    fn outcome(&self, name: &str) -> &str {
        self.step(name)["outcome"].as_str().unwrap()
    }

    /// All the words of a step.
    fn words(&self, name: &str) -> String {
        let step = self.step(name);
        let list = |field: &str| -> Vec<String> {
            step[field].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
        };
        let seen = step["seen"].as_str().unwrap().to_owned();
        [vec![seen], list("details"), list("advice")].concat().join("\n")
    }

    /// A step of this name with this outcome and all of these words.
    fn expect(&self, name: &str, outcome: &str, words: &[&str]) {
        assert_eq!(self.outcome(name), outcome, "{name}: {}", self.words(name));
        for word in words {
            assert!(self.words(name).contains(word), "{name} without {word:?}: {}", self.words(name));
        }
    }
}

/// Runs it with `--json`, holds that to the schema, and looks for what must not be in it.
async fn find(api: &str, args: &[&str], variables: &[(&str, &str)], secrets: &[&str]) -> Found {
    let said = run(&[&["--json", "--api", api], args].concat(), variables).await;
    assert_eq!(said.err, "");
    let object = Schema::named("doctor").read(&said.out);
    let leaks = Leaks::of(secrets.iter().copied());
    leaks.assert_none("JSON", &said.out);
    Found { code: said.code, object }
}

/// The same with a token that is real in form only.
async fn found(api: &str, args: &[&str]) -> Found {
    find(api, args, &[("IMTOP_TOKEN", ADMIN_TOKEN)], &[ADMIN_TOKEN]).await
}

async fn simulator(changes: &str) -> Running {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/scenarios/faults.toml");
    let text = format!("{changes}\n{}", std::fs::read_to_string(path).unwrap());
    let scenario = Scenario::parse(&text, "faults").unwrap();
    Simulator::start(scenario, ([127, 0, 0, 1], 0).into(), Clock::new(imtop::clock::unix_ms)).await.unwrap()
}

/// A server that refuses a question without a token, and then answers.
async fn well(address: &str, acceptors: Vec<tokio_rustls::TlsAcceptor>) -> Server {
    let turns = [json(NO_TOKEN), json(offline_body(&["u"]))];
    Server::start_at(address.parse::<SocketAddr>().unwrap(), turns, acceptors).await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_server_that_is_well_all_is_well() {
    let server = simulator("").await;
    let token = server.admin_token();
    let variables = [("IMTOP_TOKEN", token.as_str())];
    let all = find(&server.url(), &["steady", "away"], &variables, &[&token]).await;
    assert_eq!(
        (all.code, &all.object["outcome"], &all.object["verdict"]),
        (Some(0), &"ok".into(), &"all works".into())
    );
    all.expect("configuration", "ok", &["address: flag", "credentials: token (environment IMTOP_TOKEN)"]);
    all.expect("name", "ok", &["127.0.0.1 is an address"]);
    all.expect("tcp", "ok", &["connects in"]);
    all.expect("tls", "skipped", &["stays on this machine"]);
    all.expect("http", "ok", &["HTTP 200 from an OpenIM API", "compression: gzip"]);
    all.expect("clock", "ok", &["they agree"]);
    all.expect("token", "ok", &["it is imAdmin's for Admin", "valid until", "fingerprint"]);
    all.expect("admin rights", "ok", &["asked about steady", "operationID imtop-"]);
    all.expect("answer", "ok", &["v3.8.1 or later"]);
    all.expect("latency", "ok", &["5 requests about 2 users", "a round of 2 users is 1 batch"]);
    all.expect("watch list", "ok", &["2 users: 2 by name", "registered on the server: all of 2 users"]);
    all.expect("terminal", "skipped", &["not a terminal"]);
    all.expect("files", "skipped", &[]);
    // As text, for people.
    let said = run(&["--api", &server.url(), "steady"], &variables).await;
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert!(
        said.out.ends_with("\n✓ All works.\n") && said.out.contains("✓ ok      admin rights: "),
        "{}",
        said.out
    );
    assert!(said.out.lines().all(|line| line.chars().count() <= 100), "{}", said.out);
    Leaks::of([token.as_str()]).assert_none("text", &said.out);
    // Nothing was asked that is not on the list, and nobody about nobody.
    let paths: BTreeSet<String> = server.asked_paths().into_keys().collect();
    let asked = [Endpoint::OnlineStatus, Endpoint::UsersInfo].map(|endpoint| endpoint.path().to_owned());
    assert_eq!(paths, BTreeSet::from(asked));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_watch_list_the_admin_is_asked_about_and_never_nobody() {
    let server = well("127.0.0.1:0", Vec::new()).await;
    let found = found(&server.url(), &[]).await;
    found.expect("admin rights", "failed", &["it says nothing of the users that were asked about"]);
    found.expect("watch list", "note", &["no users are named"]);
    let bodies: Vec<String> = server.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies, [r#"{"userIDs":["imAdmin"]}"#, r#"{"userIDs":["imAdmin"]}"#]);
    // The first question goes to whoever is there, and so without the token.
    let tokens: Vec<bool> =
        server.requests().iter().map(|request| request.header("token").is_some()).collect();
    assert_eq!(tokens, [false, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_listens_that_is_what_fails_and_the_rest_is_skipped() {
    let address = nobody().await;
    let found = found(&format!("http://{address}"), &["u"]).await;
    assert_eq!(found.code, Some(1));
    found.expect("tcp", "failed", &["refused", &format!("nothing listens on port {}", address.port())]);
    for name in ["http", "clock", "admin rights", "answer", "latency"] {
        found.expect(name, "skipped", &["tcp failed"]);
    }
    found.expect("token", "ok", &["it is imAdmin's"]);
    found.expect("watch list", "ok", &["1 user"]);
    assert!(
        found.object["verdict"].as_str().unwrap().starts_with("1 step failed; first, tcp: nothing listens")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_there_fails_first() {
    let found = found("http://im.invalid:10002", &["u"]).await;
    found.expect("name", "failed", &["im.invalid"]);
    found.expect("tcp", "skipped", &["name failed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_told_apart() {
    let (pem, [good, elsewhere, expired, unsigned]) = certificates::all();
    let scratch = Scratch::new();
    let ca = scratch.secret("ca.pem", &pem);
    let ca = ["--ca-file", ca.to_str().unwrap(), "u"];
    let with = async |acceptor: &tokio_rustls::TlsAcceptor, args: &[&str]| {
        let server = well("127.0.0.1:0", vec![acceptor.clone()]).await;
        let found = found(&format!("https://{}", server.address), args).await;
        // Whoever is not trusted is told nothing.
        let trusted = found.outcome("tls") != "failed";
        assert_eq!(server.requests().is_empty(), !trusted);
        found
    };
    let all = with(&good, &ca).await;
    all.expect("tls", "ok", &["TLS 1.3, TLS13_", "certificate 1: ", "an authority of our own", "127.0.0.1"]);
    assert!(all.step("tls")["figures"]["days_left"].as_i64().unwrap() > 365);
    all.expect("admin rights", "ok", &[]);

    let unknown = with(&good, &["u"]).await;
    unknown.expect("tls", "failed", &["signed by nobody whom this system trusts", "--ca-file"]);
    unknown.expect("http", "skipped", &["tls failed"]);
    let named = with(&elsewhere, &ca).await;
    named.expect("tls", "failed", &["for another name", "it is for im.example, and 127.0.0.1 was asked for"]);
    let old = with(&expired, &ca).await;
    old.expect("tls", "failed", &["has expired", "expired on 2002-01-01", "by this machine's clock it is"]);
    assert!(old.step("tls")["figures"]["days_left"].as_i64().unwrap() < -5_000);
    let own = with(&unsigned, &ca).await;
    own.expect("tls", "failed", &["it is self-signed"]);

    let unchecked = with(&expired, &["--insecure", "u"]).await;
    assert_eq!(unchecked.code, Some(0));
    unchecked.expect(
        "tls",
        "warning",
        &["--insecure: anybody in between can pose", "unchecked: it expired on 2002"],
    );

    let missing = with_missing_ca().await;
    assert_eq!(missing.code, Some(1));
    missing.expect("configuration", "failed", &["/nonexistent.pem: no such file"]);
    missing.expect("http", "skipped", &["configuration failed"]);
}

async fn with_missing_ca() -> Found {
    found("https://127.0.0.1:1", &["--ca-file", "/nonexistent.pem", "u"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn https_to_a_plain_server_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = format!("https://{}", listener.local_addr().unwrap());
    // As web servers do with what is no request.
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(&http("400 Bad Request", "", "")).await;
        }
    });
    let found = found(&api, &["u"]).await;
    found.expect("tls", "failed", &["what answers there does not speak TLS", "try http://"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn http_to_a_server_with_tls_says_so() {
    let (_, [acceptor, ..]) = certificates::all();
    let server = well("127.0.0.1:0", vec![acceptor]).await;
    let found = found(&format!("http://{}/im", server.address), &["u"]).await;
    let tried = format!("TLS is spoken on that port; try https://{}/im", server.address);
    found.expect("http", "failed", &[&tried]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_judged_here_and_rights_by_the_server() {
    let server = simulator("").await;
    let url = server.url();
    // Real in form, but not this server's.
    let wrong = found(&url, &["steady"]).await;
    assert_eq!(wrong.code, Some(1));
    wrong.expect("token", "ok", &[]);
    wrong.expect("admin rights", "failed", &["admin token refused", "(1507)", "get a new one"]);
    wrong.expect("latency", "skipped", &["admin rights failed"]);
    wrong.expect("watch list", "ok", &["not asked who is registered"]);

    let of_user = server.user_token("steady");
    let user = find(&url, &["steady"], &[("IMTOP_TOKEN", &of_user)], &[&of_user]).await;
    assert_eq!(user.code, Some(1));
    user.expect("token", "note", &["it is steady's for", "an admin token is for the platform Admin"]);
    user.expect("admin rights", "failed", &["no permission", "(1002)", "imAdminUser"]);
    assert_eq!(user.step("admin rights")["figures"]["err_code"], 1002);

    let none = find(&url, &["steady"], &[], &[ADMIN_TOKEN]).await;
    assert_eq!(none.code, Some(1));
    none.expect("configuration", "failed", &["an admin token is needed"]);
    none.expect("http", "ok", &[]);
    none.expect("token", "skipped", &["configuration failed"]);

    let scratch = Scratch::new();
    let file = scratch.secret("token", ADMIN_TOKEN);
    mode(&file, 0o644);
    let args = ["--token-file", file.to_str().unwrap(), "steady"];
    let open = find(&url, &args, &[], &[ADMIN_TOKEN]).await;
    open.expect(
        "configuration",
        "failed",
        &["other users can read or change it; run chmod 600", "token file (flag)"],
    );

    // Cut in the middle it is no JWT; nothing of it is shown all the same.
    let half = &ADMIN_TOKEN[..60];
    let cut = find(&url, &["steady"], &[("IMTOP_TOKEN", half)], &[half]).await;
    cut.expect("token", "warning", &["it is not a JWT"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_named_as_such_and_happens_once() {
    const SECRET: &str = "correct-horse-battery-staple";
    let server = simulator("").await;
    let scratch = Scratch::new();
    let file = scratch.secret("secret", SECRET);
    let args = ["--secret-file", file.to_str().unwrap(), "steady"];
    let wrong = find(&server.url(), &args, &[], &[SECRET]).await;
    wrong.expect("token", "failed", &["1002", "--secret-file"]);
    assert_eq!(server.asked_paths().get(Endpoint::AdminToken.path()), Some(&1));
    let file = scratch.secret("secret", "openIM123");
    let args = ["--secret-file", file.to_str().unwrap(), "steady"];
    let all = find(&server.url(), &args, &[], &["openIM123"]).await;
    all.expect(
        "token",
        "note",
        &["a login as imAdmin just now", "after 5 minutes", "an admin ID of its own"],
    );
    all.expect("configuration", "ok", &["login with the server's secret (flag)", "only this user can read"]);
    assert_eq!(server.asked_paths().get(Endpoint::AdminToken.path()), Some(&2));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_answers_in_place_of_an_api_is_named() {
    let page = "<!DOCTYPE html><html><body>Sign in, dear \u{1b}[31muser</body></html>";
    let web = Server::start([Turn::Write(http(
        "200 OK",
        "Server: ng\u{9b}inx\r\nContent-Type: text/html\r\n",
        page,
    ))])
    .await;
    let found_page = found(&web.url(), &["u"]).await;
    assert_eq!(found_page.code, Some(1));
    found_page.expect(
        "http",
        "failed",
        &["with a web page", "server: ng<U+009B>inx", "content-type: text/html", "check host, port and path"],
    );
    found_page.expect("admin rights", "skipped", &["http failed"]);
    assert!(
        web.requests().iter().all(|request| request.header("token").is_none()),
        "no token for a stranger"
    );

    let gateway = Server::start([Turn::Write(http(
        "502 Bad Gateway",
        "Server: nginx\r\nContent-Type: text/html\r\n",
        page,
    ))])
    .await;
    found(&gateway.url(), &["u"]).await.expect("http", "failed", &["HTTP 502 with a web page of nginx"]);

    let location = "Location: https://me:hunter2@login.example/?next=x\r\n";
    let away = Server::start([Turn::Write(http("307 Temporary Redirect", location, ""))]).await;
    let redirected = found(&away.url(), &["u"]).await;
    redirected.expect(
        "http",
        "failed",
        &["HTTP 307 redirects to https://login.example/", "give the final address to --api"],
    );
    assert!(!redirected.object.to_string().contains("hunter2"));

    let silent = Server::start([Turn::Stall(Vec::new())]).await;
    let hung = found(&silent.url(), &["--timeout", "200ms", "u"]).await;
    hung.expect("http", "failed", &["no whole answer within 0.2 s"]);
    hung.expect("clock", "skipped", &["http failed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_clock_is_off_is_found_out() {
    let server = simulator("clock_skew = \"90s\"").await;
    let token = server.admin_token();
    let found = find(&server.url(), &["steady"], &[("IMTOP_TOKEN", &token)], &[&token]).await;
    assert_eq!(found.code, Some(0));
    found.expect("clock", "warning", &["ahead of ours", "NTP"]);
    let figures = &found.step("clock")["figures"];
    let (low, high) =
        (figures["offset_low_ms"].as_i64().unwrap(), figures["offset_high_ms"].as_i64().unwrap());
    assert!(low <= 90_000 && 90_000 <= high && high - low < 20_000, "{low} to {high}");
    found.expect("token", "ok", &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_list_is_looked_through() {
    let server = simulator("").await;
    let token = server.admin_token();
    let scratch = Scratch::new();
    let list = scratch.secret("users.csv", "steady,Desk\naway\nsteady\ntypo,Kiosk\n");
    let look = async |args: &[&str]| find(&server.url(), args, &[("IMTOP_TOKEN", &token)], &[&token]).await;
    let found = look(&["away", "--watch", list.to_str().unwrap()]).await;
    assert_eq!(found.code, Some(0));
    found.expect(
        "watch list",
        "warning",
        &[
            "3 users: 1 by name, 3 from ",
            "steady was already on line 1",
            "named by several sources, watched once: away",
            "not registered on the server: 1 of 3 users: typo",
        ],
    );
    let bad = scratch.secret("bad.csv", "steady\n\"open\u{7}\n");
    let unreadable = look(&["--watch", bad.to_str().unwrap()]).await;
    assert_eq!(unreadable.code, Some(1));
    unreadable.expect("watch list", "failed", &["line 2"]);
    unreadable.expect("admin rights", "ok", &["asked about imAdmin"]);
    unreadable.expect("latency", "skipped", &["nobody is watched"]);
    let all = look(&["--all"]).await;
    all.expect("watch list", "ok", &["from the server's users"]);
    all.expect("latency", "ok", &["a round of "]);
    let group = look(&["--group-id", "nobody-knows-it"]).await;
    assert_eq!(group.outcome("watch list"), "warning", "{}", group.words("watch list"));
    // Whatever it is, one is asked about: never nobody.
    let batch = look(&["--all", "--batch", "20", "--concurrency", "2"]).await;
    batch.expect("latency", "ok", &["5 requests about 20 users", "2 at a time"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn through_a_proxy_its_address_is_never_shown() {
    let proxy = format!("http://someone:hunter2hunter2@{}", nobody().await);
    let args = ["--proxy", proxy.as_str(), "u"];
    let variables = [("IMTOP_TOKEN", ADMIN_TOKEN)];
    let found =
        find("https://im.example", &args, &variables, &[ADMIN_TOKEN, "hunter2hunter2", "someone:"]).await;
    found.expect("name", "ok", &["the proxy (--proxy)"]);
    found.expect("tcp", "failed", &["refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_tried_and_usage_errors_are_2() {
    let address = nobody().await;
    let url = format!("http://{address}");
    let none = found(&url, &["u", "--record", "/nonexistent/folder/x.ndjson"]).await;
    none.expect("files", "failed", &["--record /nonexistent/folder/x.ndjson: the directory does not exist"]);
    for (args, words) in [
        (&["--api", "localhost:10002", "u"][..], "begins with http:// or https://"),
        (&["--api", "http://user:hunter2@x", "u"], "holds a user name or a password"),
        (&["--jsno"], "--json"),
    ] {
        let said = run(args, &[("IMTOP_TOKEN", ADMIN_TOKEN)]).await;
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{}", said.err);
        assert!(said.err.contains(words) && !said.err.contains("hunter2"), "{}", said.err);
    }
}
