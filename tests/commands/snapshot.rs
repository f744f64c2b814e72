//! `imtop snapshot` as a script sees it, against the simulator and against servers that misbehave.

use std::process::{Command, Output, Stdio};

use crate::common::leak::Leaks;
use crate::common::server::{Server, Turn, http, json};
use crate::common::{ADMIN_TOKEN, fixture};
use crate::schemas::Schema;
use imtop::simulator::{Clock, Fault, Running, Scenario, Simulator};
use tokio::runtime::Runtime;

/// Somebody to ask, and how a snapshot of them is asked for.
struct Stage {
    runtime: Runtime,
    server: Running,
}

impl Stage {
    /// The made-up server of this scenario; its time stands still.
    fn of(scenario: Scenario) -> Stage {
        let runtime = Runtime::new().unwrap();
        let (clock, _) = Clock::by_hand(1_795_413_000_000);
        let server = runtime.block_on(Simulator::start(scenario, ([127, 0, 0, 1], 0).into(), clock)).unwrap();
        Stage { runtime, server }
    }

    fn faults() -> Stage {
        Stage::of(Scenario::named("faults").unwrap())
    }

    fn command(&self, args: &[&str]) -> Command {
        command(&self.server.url(), &self.server.admin_token(), args)
    }

    fn run(&self, args: &[&str]) -> Said {
        said(self.command(args).output().unwrap())
    }
}

fn command(api: &str, token: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imtop"));
    command.arg("snapshot").args(args).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IMTOP_") || name == "NO_COLOR") {
        command.env_remove(name);
    }
    command.env("IMTOP_CONFIG", "/dev/null").env("IMTOP_API", api).env("IMTOP_TOKEN", token);
    command
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn said(output: Output) -> Said {
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_whole_round_is_written_in_every_form_and_nothing_is_said_beside_it() {
    let stage = Stage::faults();
    let users = ["steady", "away", "user_001"];
    let of = |format: &str| {
        let said = stage.run(&[&["--format", format], users.as_slice()].concat());
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{format}");
        said.out
    };
    let table = of("table");
    assert!(table.starts_with("USER ") && table.contains("\n3 watched: 2 online, 1 offline\n"), "{table}");
    assert!(!table.contains('\u{1b}'));
    assert_eq!(stage.run(&users).out.lines().next(), table.lines().next(), "that is the default");
    let chosen = stage.run(&["--columns", "presence,user", "steady"]).out;
    assert_eq!(chosen.lines().next(), Some("PRESENCE  USER"), "{chosen}");
    let read = Schema::named("snapshot").read(&of("json"));
    assert_eq!(read["users"][0]["id"], "steady");
    assert_eq!((&read["round"]["batches"], &read["totals"]["online"]), (&1.into(), &2.into()));
    let lines = of("ndjson");
    let schema = Schema::named("snapshot-line");
    let ids: Vec<String> =
        lines.lines().skip(1).map(|line| schema.read(line)["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, users);
    schema.read(lines.lines().next().unwrap());
    assert!(of("csv").starts_with("id,label,group,presence,"));
    let frame = of("frame");
    assert!(
        frame.contains("● online") && frame.contains("3 watched") && !frame.contains('\u{1b}'),
        "{frame}"
    );
}

#[test]
fn the_screen_has_the_size_and_the_look_that_are_asked_for() {
    let stage = Stage::faults();
    let of = |args: &[&str]| {
        let said = stage.run(&[&["--format", "frame", "--size", "60x8", "steady"], args].concat());
        assert_eq!(said.code, Some(0), "{}", said.err);
        said.out
    };
    let text = of(&[]);
    assert!(text.lines().count() <= 8 && text.lines().all(|line| line.chars().count() <= 60), "{text}");
    assert!(
        of(&["--frame", "ansi"]).contains("\u{1b}["),
        "colours, though nobody says what the terminal has"
    );
    assert!(
        !of(&["--frame", "ansi", "--color", "never"]).contains("\u{1b}[38"),
        "but none if none are wanted"
    );
    let wrong = stage.run(&["--frame", "text", "steady"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (Some(2), ""));
    assert!(wrong.err.contains("--frame says how --format frame is written"), "{}", wrong.err);
}

#[test]
fn of_a_partial_round_what_is_known_is_written_and_the_rest_has_its_reason() {
    let stage = Stage::faults();
    let users =
        ["steady", "away", "fault:hang", "user_001", "user_002", "user_003", "user_004", "fault:code:500"];
    let args = [&["--batch", "2", "--timeout", "1s", "--format", "json"], users.as_slice()].concat();
    let said = stage.run(&args);
    assert_eq!(said.code, Some(1));
    assert_eq!(
        said.err,
        "imtop: batch 2 of 4: no whole answer within 1 s; the server or one of its \
         gateways may hang; --timeout waits longer (2 users unknown)\n\
         imtop: batch 4 of 4: server error 500: ServerInternalError; a service behind \
         the API is in trouble; look at the server's log (2 users unknown)\n"
    );
    let read = Schema::named("snapshot").read(&said.out);
    let presence = |at: usize| read["users"][at]["presence"].as_str().unwrap();
    assert_eq!([0, 1, 2, 3, 6].map(presence), ["online", "offline", "unknown", "unknown", "unknown"]);
    assert_eq!(read["users"][3]["why"], "timed out");
    assert_eq!(read["round"]["failures"][0]["batches"], serde_json::json!([2]));
    assert_eq!((&read["totals"]["unknown"], &read["round"]["failed"]), (&4.into(), &2.into()));
}

#[test]
fn of_a_round_that_failed_everybody_is_unknown() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", port.local_addr().unwrap());
    drop(port);
    let args = ["--batch", "1", "--format", "ndjson", "a", "b", "c"];
    let said = said(command(&nobody, ADMIN_TOKEN, &args).output().unwrap());
    assert_eq!(said.code, Some(1));
    assert_eq!(
        said.err,
        "imtop: batches 1-3 of 3: cannot reach the server: connection refused; check \
         the address (--api), that the server runs, and the way there (3 users unknown)\n"
    );
    let schema = Schema::named("snapshot-line");
    let users: Vec<serde_json::Value> = said.out.lines().skip(1).map(|line| schema.read(line)).collect();
    assert!(users.len() == 3 && users.iter().all(|user| user["presence"] == "unknown"), "{}", said.out);
}

#[test]
fn what_will_not_mend_is_its_reason_alone() {
    let stage = Stage::faults();
    let api = stage.server.url();
    let output = command(&api, "wrong.token.here", &["--format", "json", "steady", "away"]).output().unwrap();
    let refused = said(output);
    assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
    let words = "imtop: admin token refused: TokenMalformedError (1503); ";
    assert!(
        refused.err.starts_with(words) && refused.err.ends_with(" (2 users unknown)\n"),
        "{}",
        refused.err
    );
    assert!(refused.err.lines().count() == 1, "{}", refused.err);
    assert!(!refused.err.contains("wrong.token"), "{}", refused.err);
    stage.server.set_fault(Some(Fault::EchoToken));
    let echoed = stage.run(&["steady"]);
    assert_eq!(echoed.code, Some(1));
    Leaks::of([stage.server.admin_token().as_str()]).assert_none("a refusal", &(echoed.err + &echoed.out));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let stage = Stage::of(Scenario::named("calm").unwrap().with_users(2_000));
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("users.csv");
    let ids: String = Scenario::named("calm")
        .unwrap()
        .with_users(2_000)
        .watch_list()
        .iter()
        .map(|it| it.id.clone() + "\n")
        .collect();
    std::fs::write(&list, ids).unwrap();
    for format in ["table", "json", "ndjson", "csv", "frame"] {
        let args = ["--format", format, "--watch", list.to_str().unwrap()];
        let whole = stage.run(&args);
        assert!(whole.code == Some(0) && (format == "frame" || whole.out.len() > 66_000), "{}", whole.err);
        let mut command = stage.command(&args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let read = said(child.wait_with_output().unwrap());
        assert_eq!((read.code, read.err.as_str()), (Some(0), ""), "{format}");
    }
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let args = ["--format", "csv", "--watch", list.to_str().unwrap()];
    let output = stage.command(&args).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write to standard output"));
}

#[test]
fn who_is_listed_says_the_command_and_not_the_file() {
    let stage = Stage::faults();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "filter = \"state=offline\"\n").unwrap();
    let listed = |args: &[&str], variable: Option<&str>| {
        let mut command = stage.command(&[args, &["--format", "csv", "steady", "away", "user_001"]].concat());
        command.env("IMTOP_CONFIG", &config);
        command.envs(variable.map(|query| ("IMTOP_FILTER", query)));
        let said = said(command.output().unwrap());
        assert_eq!(said.code, Some(0), "{}", said.err);
        let ids = said.out.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned());
        ids.collect::<Vec<String>>().join(" ")
    };
    assert_eq!(listed(&[], None), "steady away user_001", "a filter of the file is for the screen");
    assert_eq!(listed(&["--filter", "state=online"], None), "steady user_001");
    assert_eq!(listed(&[], Some("state=offline")), "away");
    assert_eq!(listed(&["--sort", "user"], None), "away steady user_001");
    let masked = listed(&["--mask"], None);
    assert!(masked.split(' ').all(|id| id.starts_with("user-")), "{masked}");
    let wrong = stage.run(&["--filter", "state=bogus", "steady"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (Some(2), ""));
    assert!(wrong.err.contains("--filter: invalid value \"bogus\""), "{}", wrong.err);
}

#[test]
fn a_recording_gives_the_same_users_as_the_server_did() {
    let stage = Stage::faults();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("round.ndjson");
    let file = file.to_str().unwrap();
    let asked = ["--batch", "2", "--timeout", "1s", "--record", file, "steady", "away", "fault:hang", "typo"];
    let live = stage.run(&[&["--format", "json"], asked.as_slice()].concat());
    let recorded = said(command("", "", &["--format", "json", "--from", file]).output().unwrap());
    assert_eq!((live.code, recorded.code), (Some(1), Some(1)), "{} {}", live.err, recorded.err);
    assert_eq!(live.err, recorded.err, "the same reason");
    let read = |text: &str| {
        let mut value = Schema::named("snapshot").read(text);
        // The one was written when it was over, the other is as of its last line.
        for user in value["users"].as_array_mut().unwrap() {
            user["age_ms"].take();
        }
        (value["users"].take(), value["totals"].take(), value["round"].take(), value["server"].take())
    };
    assert_eq!(read(&live.out), read(&recorded.out));
}

#[test]
fn a_server_that_lies_or_breaks_off_is_told_as_it_is() {
    let stage = Stage::faults();
    let asked = |turn: Turn, args: &[&str]| {
        stage.runtime.block_on(async {
            let server = Server::start([turn]).await;
            let mut command = command(&server.url(), ADMIN_TOKEN, args);
            said(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
        })
    };
    let cut = fixture("online.json");
    let short = asked(Turn::Close(http("200 OK", "", &cut)[..400].to_vec()), &["user_001"]);
    assert_eq!(short.code, Some(1), "{}", short.out);
    assert!(
        short.out.contains("user_001  unknown") && short.err.ends_with(" (1 user unknown)\n"),
        "{}",
        short.err
    );
    let stalled = asked(Turn::Stall(Vec::new()), &["--timeout", "200ms", "user_001"]);
    assert!(
        stalled.code == Some(1) && stalled.err.contains("no whole answer within 0.2 s"),
        "{}",
        stalled.err
    );
    let hostile = r#"{"errCode":500,"errMsg":"a\nimtop: fine\u001b[2J","errDlt":"\u202e|"}"#;
    let hostile = asked(json(hostile), &["--format", "json", "user_001"]);
    assert_eq!(hostile.err.lines().count(), 1, "{}", hostile.err);
    assert!(!hostile.err.contains(['\u{1b}', '\u{202e}']) && !hostile.out.contains(['\u{1b}', '\u{202e}']));
    Schema::named("snapshot").read(&hostile.out);
    let whole = asked(
        json(&cut),
        &[
            "--format", "json", "user_001", "user_002", "user_003", "xiaoming", "user_004", "user_005",
            "user_006", "nobody_x",
        ],
    );
    // The registry's answers make no sense: of the two who have no socket nobody can tell.
    let unchecked = "imtop: 2 users are unknown: the registry has not answered about them, and without it nobody is called offline\n";
    assert_eq!((whole.code, whole.err.as_str()), (Some(1), unchecked));
    let body: serde_json::Value = serde_json::from_str(&cut).unwrap();
    let token = body["data"][0]["detailPlatformStatus"][0]["token"].as_str().unwrap();
    Leaks::of([token, ADMIN_TOKEN]).assert_none("a snapshot", &whole.out);
}

/// A session token whose `exp` is this.
fn session_token(exp: &str) -> String {
    use base64::Engine as _;
    let claims = format!(r#"{{"UserID":"u1","PlatformID":2,"exp":{exp},"iat":1795413123}}"#);
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
    format!("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{payload}.c2lnbmF0dXJl")
}

#[test]
fn an_end_in_milliseconds_is_not_taken_for_none() {
    let runtime = Runtime::new().unwrap();
    for (exp, number) in [("1798459200000", 1_798_459_200_000), ("1e26", i64::MAX)] {
        let body = format!(
            r#"{{"errCode":0,"data":[{{"userID":"u1","status":1,"detailPlatformStatus":[{{"platformID":2,"connID":"c1","token":"{}"}}]}}]}}"#,
            session_token(exp)
        );
        let server = runtime.block_on(Server::start([json(&body)]));
        let run = |args: &[&str]| {
            said(command(&server.url(), ADMIN_TOKEN, &[args, &["u1"]].concat()).output().unwrap())
        };
        for format in [&["table"][..], &["csv"], &["frame", "--size", "120x30"]] {
            let out = run(&[&["--format"], format].concat()).out;
            assert!(out.contains("far future (ms?)") && !out.contains("never"), "{exp}, {format:?}: {out}");
        }
        let narrow = run(&["--format", "frame", "--size", "80x24"]).out;
        assert!(narrow.contains("far (ms?)"), "{exp}: {narrow}");
        let object: serde_json::Value = Schema::named("snapshot").read(&run(&["--format", "json"]).out);
        let token = &object["users"][0]["connections"][0]["token"];
        assert_eq!((&token["exp"], &token["expires"]), (&number.into(), &serde_json::Value::Null), "{exp}");
        assert_eq!(token["expired"], false);
    }
}
