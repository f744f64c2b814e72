//! Alerts as a user meets them: written in the configuration, listed, tried, and told of by `events` and `serve`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::common::binary::{Said, Site, imtop, real_clock};
use crate::common::server::{Server, Turn, http};
use crate::schemas::Schema;

/// One user is connected, and one never was.
const SCENARIO: &str = r#"
[[user]]
id = "alice"
[[user.connection]]
platform = "Android"
[[user]]
id = "bob"
"#;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// A script that writes a line for each alert into the file `out`.
    fn script(&self) {
        let out = self.path("out");
        let text = format!("#!/bin/sh\necho \"$IMTOP_ALERT_STATUS $IMTOP_ALERT\" >>'{}'\n", out.display());
        self.write("page.sh", &text, 0o755);
    }

    fn out(&self) -> String {
        std::fs::read_to_string(self.path("out")).unwrap_or_default()
    }

    /// The program with this configuration.
    fn with(&self, mut command: Command, config: &str) -> Command {
        command.env("IMTOP_CONFIG", self.write("config.toml", config, 0o600));
        command
    }

    /// What it says with this configuration; this folder is called HERE in it.
    fn says(&self, config: &str, args: &[&str]) -> Said {
        let said: Said = self.with(imtop(args), config).output().unwrap().into();
        let here = self.0.path().to_str().unwrap();
        Said { code: said.code, out: said.out.replace(here, "HERE"), err: said.err.replace(here, "HERE") }
    }
}

const ONE: &str = r#"
[[alert]]
name = "somebody is away"
when = "offline>0"
severity = "critical"
do = ["exec:page.sh"]
"#;

fn wrong(folder: &Folder, config: &str) -> String {
    let said = folder.says(config, &["config", "check"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{config}: {}", said.err);
    said.err.trim_start_matches("imtop: ").trim_end().replace("HERE/config.toml:", "")
}

#[test]
fn mistakes_are_said_with_their_place_and_what_was_meant() {
    let folder = Folder::new();
    folder.script();
    folder.write("ops.url", "https://hooks.slack.com/services/x", 0o600);
    let alert =
        |line: &str| format!("[[alert]]\nname = \"a\"\nwhen = \"unknown>0\"\ndo = [\"bell\"]\n{line}\n");
    let webhook = |lines: &str| format!("[webhooks.ops]\n{lines}\n");
    for (config, said) in [
        (alert("agian = \"5m\""), "5:1: the alert a has no \"agian\"; did you mean again?"),
        (alert("for = \"ten\""), "5:7: for is \"ten\"; expected a time such as 2s, 500ms or 1m"),
        (
            alert("severity = \"criticl\""),
            "5:12: severity is \"criticl\"; expected info, warning or critical; did you mean critical?",
        ),
        (
            "[[alert]]\nwhen = \"unknown>0\"\ndo = [\"bell\"]\n".to_owned(),
            "1:1: the alert has no name; expected name = \"...\"",
        ),
        (
            "[[alert]]\nname = \"a\"\nwhen = \"unknown>0\"\n".to_owned(),
            "1:1: the alert a does nothing; expected do = [\"bell\", \"webhook:ops\"]",
        ),
        (
            "[[alert]]\nname = \"a\"\nwhen = \"unknwon>0\"\ndo = [\"bell\"]\n".to_owned(),
            "3:8: when: \"unknwon\" is no count; did you mean unknown?\n  unknwon>0\n  ^^^^^^^",
        ),
        (
            "[[alert]]\nname = \"a\"\nwhen = \"unknown>0\"\ndo = [\"bel\"]\n".to_owned(),
            "4:7: there is no action \"bel\"; expected bell, osc9, osc777, exec:FILE or webhook:NAME; did you mean bell?",
        ),
        (
            format!(
                "{}[[alert]]\nname = \"b\"\nwhen = \"unknown>0\"\ndo = [\"webhook:opps\"]\n",
                webhook("kind = \"slack\"\nurl-file = \"ops.url\"")
            ),
            "7:7: no webhook \"opps\"; expected a section [webhooks.opps]; did you mean ops?",
        ),
        (format!("{}{}", alert(""), alert("")), "6:1: there are two alerts a; expected another name"),
        (
            webhook("kind = \"dingtlak\"\nurl-file = \"ops.url\""),
            "2:8: kind is \"dingtlak\"; expected dingtalk, wecom, feishu, slack, alertmanager or json; did you mean dingtalk?",
        ),
        (webhook("kind = \"slack\""), "1:11: the webhook ops has no url-file; expected url-file = \"...\""),
        (
            webhook("kind = \"slack\"\nurl = \"https://x\""),
            "1:11: the webhook ops has no url-file; expected url-file = \"...\"\n3:1: url does not belong into this file, which others may read; expected url-file with a file's name",
        ),
        (
            webhook("kind = \"slack\"\nurl-file = \"ops.url\"\nsecret-file = \"s\""),
            "4:15: slack signs nothing, so it has no secret-file; what has to stay secret is its address, in url-file",
        ),
        (
            webhook("kind = \"slack\"\nurl-file = \"none\""),
            "1:11: the webhook ops: url-file HERE/none: no such file; check the name of the file",
        ),
        (alert("").replace("bell", "exec:none.sh"), "4:7: exec:HERE/none.sh: no such file"),
        (alert("").replace("bell", "exec:ops.url"), "4:7: exec:HERE/ops.url: it is no program: chmod +x"),
        ("alert = 5\n".to_owned(), "1:9: alert is a number; expected [[alert]], with two brackets"),
        ("[[alerts]]\nname = \"a\"\n".to_owned(), "1:3: no setting \"alerts\"; did you mean alert?"),
    ] {
        let told = wrong(&folder, &config);
        assert!(
            told.lines().any(|line| line.starts_with(said.lines().next().unwrap())) && told.contains(said),
            "{config}\nsays {told}\nnot  {said}"
        );
    }
    let good = format!("{ONE}for = \"10s\"\nagain = \"1h\"\n");
    assert_eq!(folder.says(&good, &["config", "check"]).out, "ok: HERE/config.toml, 0 contexts, 1 alert\n");
    // What is printed can be written again.
    let printed = folder.says(&good, &["config", "print"]).out;
    assert!(
        printed.contains(
            "[[alert]]\nname = \"somebody is away\"\nwhen = \"offline>0\"\nfor = \"10s\"\nagain = \"3600s\""
        ),
        "{printed}"
    );
}

#[test]
fn alerts_are_listed() {
    let folder = Folder::new();
    folder.script();
    let said = folder.says(ONE, &["alert", "list"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(
        said.out,
        "somebody is away  critical\n  when   offline>0\n  for    0s, again after 900s\n  do     exec:HERE/page.sh\n"
    );
    let said = folder.says("", &["alert", "list"]);
    assert!(said.code == Some(0) && said.err.contains("has no alerts"), "{}", said.err);
}

#[test]
fn a_test_does_all_that_the_alert_does_and_says_what_came_of_it() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start([Turn::Write(http("404 Not Found", "", "no_service"))]));
    let folder = Folder::new();
    folder.script();
    folder.write("ops.url", &format!("{}/services/SECRETKEY", server.url()), 0o600);
    let hook = "[webhooks.ops]\nkind = \"slack\"\nurl-file = \"ops.url\"\n";
    let said = folder.says(&format!("{hook}{ONE}"), &["alert", "test", "somebody is away"]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), "ok      exec:HERE/page.sh\n"), "{}", said.err);
    assert_eq!(folder.out(), "test somebody is away\n");
    let both =
        format!("{hook}{ONE}").replace("[\"exec:page.sh\"]", "[\"bell\", \"exec:page.sh\", \"webhook:ops\"]");
    let said = folder.says(&both, &["alert", "test", "somebody is away"]);
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("ok      bell: left out, standard error is no terminal\n"), "{}", said.out);
    assert!(said.out.contains("FAILED  webhook:ops: HTTP 404: no_service\n"), "{}", said.out);
    assert!(!said.out.contains("SECRETKEY") && !said.err.contains("SECRETKEY"));
    let said = folder.says(&both, &["alert", "test", "somebody is awya"]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("did you mean somebody is away?"), "{}", said.err);
}

fn kinds(out: &str) -> Vec<Value> {
    let schema = Schema::named("event");
    let records = out.lines().map(|line| schema.read(line));
    records.filter(|record| record["kind"].as_str().unwrap().starts_with("alert-")).collect()
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let now = imtop::clock::start();
    let begun = now();
    while now().since(begun) < 30_000 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::yield_now();
    }
    panic!("{what} did not come");
}

#[test]
fn events_tell_of_an_alert_and_a_recording_tells_what_would_have_been() {
    let site = Site::new(SCENARIO, "alice\nbob\n", real_clock());
    let folder = Folder::new();
    folder.script();
    let file = folder.path("n.ndjson");
    let args = ["events", "--format", "ndjson", "--duration", "4s", "--record", file.to_str().unwrap()];
    let said: Said = folder.with(site.command(&args), ONE).output().unwrap().into();
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(folder.out(), "firing somebody is away\n", "{}", said.out);
    let alerts = kinds(&said.out);
    let told: Vec<&str> = alerts.iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(told, ["alert-fired", "alert-delivered"], "{}", said.out);
    assert_eq!(alerts[0]["alert"]["figures"], "offline>0 is 1 of 2 (50.0%)");
    assert!(alerts[1]["alert"]["action"].as_str().unwrap().starts_with("exec:"));
    // The same again from the recording, and nobody is told.
    std::fs::remove_file(folder.path("out")).unwrap();
    let args = ["events", "--format", "ndjson", "--from", file.to_str().unwrap()];
    let said = folder.says(ONE, &args);
    let alerts = kinds(&said.out);
    assert_eq!(alerts.len(), 1, "{}", said.out);
    assert_eq!(alerts[0]["alert"]["replayed"], true);
    assert!(alerts[0]["text"].as_str().unwrap().starts_with("alert somebody is away would have fired"));
    assert_eq!(folder.out(), "");
}

#[test]
fn serve_counts_what_came_of_alerts() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    let site = Site::new(SCENARIO, "alice\nbob\n", real_clock());
    let folder = Folder::new();
    folder.write("page.sh", "#!/bin/sh\nexit 1\n", 0o755);
    let mut command = folder.with(site.command(&["serve", "--metrics", "127.0.0.1:0"]), ONE);
    let mut child =
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address =
        line.trim().trim_start_matches("listening on http://").trim_end_matches("/metrics").to_owned();
    let page = || {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    let page = until("the alert", || {
        Some(page()).filter(|text| {
            text.contains("imtop_alert_given_up_total{action=") && text.contains("page.sh\"} 1")
        })
    });
    assert!(page.contains("imtop_alert_firing{alert=\"somebody is away\"} 1"), "{page}");
    assert!(page.contains("imtop_alert_fired_total{alert=\"somebody is away\"} 1"), "{page}");
    child.kill().unwrap();
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    child.wait().unwrap();
    assert!(err.contains("alert somebody is away fired, critical"), "{err}");
    assert!(err.contains("NOT delivered to exec:") && err.contains("given up after 1 try"), "{err}");
}

#[test]
fn who_follows_a_server_is_told_of_a_file_that_cannot_be_used() {
    let site = Site::new(SCENARIO, "alice\nbob\n", real_clock());
    let folder = Folder::new();
    folder.write("ops.url", "https://hooks.slack.com/services/x", 0o644);
    let config = "[webhooks.ops]\nkind = \"slack\"\nurl-file = \"ops.url\"\n[[alert]]\nname = \"a\"\nwhen = \"unknown>0\"\ndo = [\"webhook:ops\"]\n";
    let said: Said =
        folder.with(site.command(&["events", "--duration", "1s"]), config).output().unwrap().into();
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("other users can read or change it; run chmod 600 on it"), "{}", said.err);
    assert!(is_gone(&folder.path("out")));
}

fn is_gone(path: &Path) -> bool {
    !path.exists()
}
