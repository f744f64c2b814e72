//! `imtop serve` as a collector of metrics meets it: the real program, a simulated server, real sockets.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use crate::common::leak::Leaks;
use crate::common::scratch::Scratch;
use imtop::report::metrics::MOST_USERS;
use imtop::simulator::{Clock, Fault, Running, Scenario, Simulator};
use rustix::process::{Pid, Signal, kill_process};
use tokio::runtime::Runtime;

/// Longer than anything takes, even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn imtop(args: &[&str], token: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imtop"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IMTOP_")) {
        command.env_remove(name);
    }
    command.args(args).env("IMTOP_CONFIG", "/dev/null").env("IMTOP_TOKEN", token);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A simulated server of seven users, and what runs it.
struct Server {
    running: Option<Running>,
    users: Vec<String>,
    runtime: Runtime,
}

impl Server {
    fn start() -> Server {
        let runtime = Runtime::new().unwrap();
        let scenario = Scenario::named("night").unwrap().with_users(7);
        let users = scenario.watch_list().into_iter().map(|entry| entry.id).collect();
        let clock = Clock::new(imtop::clock::unix_ms);
        let running =
            runtime.block_on(Simulator::start(scenario, ([127, 0, 0, 1], 0).into(), clock)).unwrap();
        Server { running: Some(running), users, runtime }
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("not stopped")
    }

    /// Ends it: its address refuses connections from now on.
    fn stop(&mut self) {
        drop(self.running.take());
        self.runtime.block_on(tokio::task::yield_now());
    }

    /// Serves metrics of its users with these options besides.
    fn exporter(&self, options: &[&str]) -> Exporter {
        let url = self.running().url();
        let mut args = vec!["serve", "--metrics", "127.0.0.1:0", "--api", &url];
        args.extend(options);
        args.extend(self.users.iter().map(String::as_str));
        Exporter::start(&args, &self.running().admin_token())
    }
}

/// The program under test; killed when dropped.
struct Exporter {
    child: Child,
    told: BufReader<ChildStderr>,
    address: SocketAddr,
}

impl Exporter {
    fn start(args: &[&str], token: &str) -> Exporter {
        let mut child = imtop(args, token).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told = BufReader::new(child.stderr.take().unwrap());
        let address =
            line.strip_prefix("listening on http://").and_then(|rest| rest.strip_suffix("/metrics\n"));
        let address = address.unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        Exporter { child, told, address }
    }

    /// What comes back for a request, head and body.
    fn ask(&self, request: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
        (head.to_ascii_lowercase(), body.to_owned())
    }

    fn get(&self, path: &str, accept: &str) -> (String, String) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: imtop\r\nAccept: {accept}\r\n\r\n"))
    }

    fn metrics(&self) -> String {
        self.get("/metrics", "text/plain").1
    }

    /// Asks until this line is among the metrics.
    #[expect(clippy::disallowed_methods, reason = "a test may run out of patience")]
    fn until(&self, line: &str) -> String {
        let began = std::time::Instant::now();
        loop {
            let metrics = self.metrics();
            if metrics.lines().any(|other| other == line) {
                return metrics;
            }
            assert!(began.elapsed() < PATIENCE, "no {line}:\n{metrics}");
            std::thread::yield_now();
        }
    }

    /// The next line that it writes to standard error.
    fn told(&mut self) -> String {
        let mut line = String::new();
        self.told.read_line(&mut line).unwrap();
        line
    }

    /// Its exit code after this signal.
    fn end(mut self, signal: Signal) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_collector_gets_the_format_that_it_asks_for() {
    let server = Server::start();
    let exporter = server.exporter(&[]);
    let text = exporter.until("imtop_up 1");
    assert!(text.contains("# TYPE imtop_requests_total counter\n"), "{text}");
    assert!(text.contains("imtop_watched_users 7\n"), "{text}");
    assert!(!text.contains(&server.users[0]), "nobody is named");

    let (head, body) = exporter.get("/metrics", "application/openmetrics-text;version=1.0.0,*/*;q=0.1");
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    assert!(
        head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"),
        "{head}"
    );
    assert!(body.ends_with("# EOF\n") && body.contains("# TYPE imtop_requests counter\n"), "{body}");

    let (head, _) = exporter.get("/metrics", "*/*");
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    let (head, body) = exporter.ask("HEAD /metrics HTTP/1.0\r\n\r\n");
    assert!(head.contains("content-length: ") && body.is_empty(), "{head}{body}");

    assert_eq!(exporter.get("/healthz", "*/*").1, "ok\n");
    assert!(
        exporter.get("/", "*/*").1.contains("/metrics") && exporter.get("/", "*/*").1.contains("/healthz")
    );
    assert!(exporter.get("/x", "*/*").0.starts_with("http/1.1 404 "));
    let (head, _) = exporter.ask("DELETE /metrics HTTP/1.1\r\nHost: imtop\r\n\r\n");
    assert!(head.starts_with("http/1.1 405 ") && head.contains("allow: get, head"), "{head}");
}

#[test]
fn no_question_is_asked_because_somebody_looks() {
    let server = Server::start();
    let exporter = server.exporter(&["--interval", "1h"]);
    exporter.until("imtop_up 1");
    exporter.until("imtop_witness_up{witness=\"registry\"} 1");
    // What is asked of those whom nobody has seen yet may still be under way.
    let asked = server.running().requests();
    for _ in 0..30 {
        exporter.metrics();
        exporter.get("/healthz", "*/*");
    }
    let since = server.running().requests() - asked;
    assert!(since < 3, "{since} requests because of 60 looks");
}

#[test]
fn a_server_that_goes_is_counted_and_one_that_comes_back_too() {
    let server = Server::start();
    let mut exporter = server.exporter(&["--interval", "200ms"]);
    exporter.until("imtop_up 1");
    server.running().set_fault(Some(Fault::Http(502)));
    assert_eq!(
        exporter.told(),
        "imtop: no answer: HTTP 502 Bad Gateway; the API or the proxy before it is in trouble; look at its log\n"
    );
    let text = exporter.metrics();
    assert!(text.contains("imtop_up 0\n") && text.contains("imtop_batches{state=\"failing\"} 1\n"), "{text}");
    assert!(!text.contains("imtop_request_failures_total{kind=\"http\"} 0\n"), "{text}");
    server.running().set_fault(None);
    assert_eq!(exporter.told(), "imtop: the server answers again\n");
    exporter.until("imtop_up 1");
}

#[test]
fn a_server_that_is_gone_leaves_up_at_zero() {
    let mut server = Server::start();
    let mut exporter = server.exporter(&["--interval", "200ms"]);
    exporter.until("imtop_up 1");
    server.stop();
    assert!(exporter.told().starts_with("imtop: no answer: cannot reach the server: "));
    exporter.until("imtop_up 0");
}

#[test]
fn a_refused_token_does_not_end_it_but_says_so() {
    let server = Server::start();
    let url = server.running().url();
    let args = ["serve", "--metrics", "127.0.0.1:0", "--api", &url, &server.users[0]];
    let mut exporter = Exporter::start(&args, crate::common::ADMIN_TOKEN);
    let told = exporter.told();
    assert!(told.starts_with("imtop: no answer: admin token refused: "), "{told}");
    let text = exporter.metrics();
    assert!(text.contains("imtop_up 0\n"), "{text}");
    assert!(text.contains("imtop_request_failures_total{kind=\"auth\"} 1\n"), "{text}");
    assert!(text.contains("imtop_users{presence=\"unknown\"} 1\n"), "{text}");
    let (head, why) = exporter.get("/healthz", "*/*");
    assert!(head.starts_with("http/1.1 503 "), "{head}");
    assert!(why.starts_with("no answer yet: admin token refused: "), "{why}");
    let leaks = Leaks::of([crate::common::ADMIN_TOKEN]);
    assert_eq!([&text, &why, &told].map(|text| leaks.find(text)), [None, None, None]);
}

#[test]
fn credentials_that_cannot_be_had_at_the_start_are_a_reason_and_a_failure() {
    let server = Server::start();
    let url = server.running().url();
    for (option, value, why) in [
        (
            "--token-file",
            "/nope",
            "cannot use the token file /nope: no such file; check the name of the file",
        ),
        ("--token-command", "exit 3", "the token command failed: it says nothing; run it by hand in a shell"),
    ] {
        let args = ["serve", "--metrics", "127.0.0.1:0", "--api", &url, option, value, "a"];
        let output = imtop(&args, "x").env_remove("IMTOP_TOKEN").output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{value}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("imtop: {why}\n"));
    }
}

#[test]
fn credentials_that_are_lost_on_the_way_do_not_end_it_but_are_told() {
    let server = Server::start();
    let files = Scratch::new();
    let token = files.secret("token", &server.running().admin_token());
    let url = server.running().url();
    let name = token.to_str().unwrap();
    let args =
        ["serve", "--metrics", "127.0.0.1:0", "--api", &url, "--interval", "200ms", "--token-file", name];
    let mut exporter = Exporter::start(&[&args[..], &[&server.users[0]]].concat(), "");
    exporter.until("imtop_up 1");
    server.running().set_fault(Some("http:500".parse().unwrap()));
    assert!(exporter.told().starts_with("imtop: no answer: HTTP 500 "));
    std::fs::remove_file(&token).unwrap();
    server.running().set_fault(Some("code:1507".parse().unwrap()));
    let told = exporter.told();
    assert!(told.starts_with("imtop: no answer: ") && told.contains("token: no such file; "), "{told}");
    assert_eq!(exporter.end(Signal::TERM), Some(0));
}

#[test]
fn users_have_series_of_their_own_on_request() {
    let server = Server::start();
    let exporter = server.exporter(&["--per-user"]);
    let text = exporter.until("imtop_up 1");
    for user in &server.users {
        let series = text.lines().filter(|line| line.contains(&format!("{{user=\"{user}\",")));
        let (ones, all) = series.fold((0, 0), |(ones, all), line| {
            (ones + u32::from(line.starts_with("imtop_user_presence") && line.ends_with(" 1")), all + 1)
        });
        assert_eq!((ones, all), (1, 6), "{user}:\n{text}");
    }
    let tokens: Vec<String> = server.users.iter().map(|user| server.running().user_token(user)).collect();
    let leaks = Leaks::of(tokens.iter().map(String::as_str).chain([server.running().admin_token().as_str()]));
    assert_eq!(leaks.find(&text), None);
}

#[test]
fn users_are_counted_by_group_on_request() {
    let server = Server::start();
    let scratch = Scratch::new();
    let list = scratch.secret("list.csv", &format!("{},,desk\n{}\n", server.users[0], server.users[1]));
    let url = server.running().url();
    let args = ["serve", "--metrics", "127.0.0.1:0", "--api", &url, "--watch", list.to_str().unwrap()];
    let args = [&args[..], &["--metrics-by", "group,platform"]].concat();
    let exporter = Exporter::start(&args, &server.running().admin_token());
    let text = exporter.until("imtop_up 1");
    assert!(text.contains("imtop_group_users{group=\"desk\",presence=\"online\"} "), "{text}");
    assert!(text.contains("imtop_group_users{group=\"\",presence=\"offline\"} "), "{text}");
    assert!(text.contains("imtop_platform_connections{platform="), "{text}");
    assert!(!text.contains("imtop_gateway_up"), "nobody asked for these: {text}");
}

#[test]
fn the_watch_file_is_followed() {
    let server = Server::start();
    let scratch = Scratch::new();
    let list = scratch.secret("list.csv", &format!("{}\n", server.users[0]));
    let url = server.running().url();
    let args = ["serve", "--metrics", "127.0.0.1:0", "--api", &url, "--watch", list.to_str().unwrap()];
    let mut exporter = Exporter::start(&args, &server.running().admin_token());
    exporter.until("imtop_watched_users 1");
    scratch.secret("list.csv", &server.users.join("\n"));
    assert_eq!(exporter.told(), "imtop: the watch list has changed: 7 users\n");
    exporter.until("imtop_watched_users 7");
}

#[test]
fn who_asks_slowly_holds_up_nobody_else() {
    let server = Server::start();
    let exporter = server.exporter(&[]);
    let slow: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(exporter.address).unwrap();
            stream.write_all(b"GET /metrics HTTP/1.1\r\nHost:").unwrap();
            stream
        })
        .collect();
    exporter.until("imtop_up 1");
    drop(slow);
}

#[test]
fn whoever_stops_the_daemon_gets_no_failure() {
    let server = Server::start();
    assert_eq!(server.exporter(&[]).end(Signal::TERM), Some(0));
    assert_eq!(server.exporter(&[]).end(Signal::INT), Some(0));
    assert_eq!(server.exporter(&[]).end(Signal::HUP), Some(129));
}

/// What it says when it cannot begin, and its exit code.
fn refused(args: &[&str]) -> (Option<i32>, String) {
    let output = imtop(args, "x").output().unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn what_cannot_be_served_is_refused_with_what_to_do() {
    let (code, told) = refused(&["serve", "--metrics", "0.0.0.0:0", "alice"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains(
        "--metrics 0.0.0.0:0: other machines could reach that; use 127.0.0.1, or add --allow-remote"
    ));

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, told) = refused(&["serve", "--metrics", &address, "alice"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains(&format!("cannot listen on {address}: ")), "{told}");
    assert!(told.contains("--metrics takes another address"), "{told}");

    let scratch = Scratch::new();
    let many: Vec<String> = (0..=MOST_USERS).map(|number| format!("u{number}")).collect();
    let list = scratch.secret("many.csv", &many.join("\n"));
    let (code, told) =
        refused(&["serve", "--metrics", "127.0.0.1:0", "--per-user", "--watch", list.to_str().unwrap()]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("--per-user: 10001 users are watched, and at most 10000 can have a series"),
        "{told}"
    );
}
