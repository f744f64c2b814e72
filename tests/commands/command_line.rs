//! The program as a script sees it: exit codes, standard output and standard error.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output, Stdio};

use imtop::simulator::{Clock, Running, Scenario, Simulator};

fn imtop(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imtop"));
    command.args(args).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IMTOP_") || name == "NO_COLOR") {
        command.env_remove(name);
    }
    // Nobody's real configuration.
    command.env("IMTOP_CONFIG", "/dev/null");
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

fn run(args: &[&str]) -> Said {
    said(imtop(args).output().unwrap())
}

/// A usage error: code 2, nothing on standard output, and these words on standard error.
fn refused(args: &[&str], words: &str) {
    let said = run(args);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{args:?}: {}", said.err);
    assert!(said.err.contains(words), "{args:?}: not {words:?}: {}", said.err);
}

#[test]
fn a_wrong_command_line_is_refused_with_what_to_do() {
    refused(&[], "nobody to watch: name users");
    refused(&["user_001"], "an admin token is needed: give it with --token-file FILE");
    refused(&["dmeo"], "did you mean the command `imtop demo`, or `imtop -- dmeo`");
    refused(&["--tokn-file", "x", "u"], "a similar argument exists: '--token-file'");
    refused(&["--token-file", "a", "--token-command", "b", "u"], "cannot be used with");
    refused(&["--interval", "fast", "u"], "expected a time such as 2s, 500ms or 1m");
    refused(&["--batch", "0", "u"], "0 is not in 1..=10000");
    refused(&["--sort", "sinse", "u"], "tip: a similar value exists: 'since'");
    refused(&["--api", "localhost:10002", "u"], "the API's address begins with http:// or https://");
    refused(&["--insecure", "--token-file", "t", "u"], "--insecure is about TLS certificates");
    refused(
        &["--watch", "/nonexistent/list", "--token-file", "t"],
        "cannot read the watch list /nonexistent/list",
    );
    refused(&["--client-cert", "c.pem", "--token-file", "t", "u"], "--client-key");
    refused(&["demo", "--scenario", "nihgt"], "nihgt");
    refused(&["demo", "--scenario", "/nonexistent.toml"], "/nonexistent.toml");
}

#[test]
fn variables_are_twins_of_options_and_options_win() {
    let with = |variables: &[(&str, &str)], args: &[&str]| {
        said(imtop(args).envs(variables.iter().copied()).output().unwrap())
    };
    let both = with(&[("IMTOP_TOKEN", "aaaaaaaaaa"), ("IMTOP_TOKEN_FILE", "t")], &["u"]);
    assert!(both.err.contains("IMTOP_TOKEN and IMTOP_TOKEN_FILE are both set"), "{}", both.err);
    let nowhere = [("IMTOP_TOKEN", "aaaaaaaaaa"), ("IMTOP_API", "http://127.0.0.1:1")];
    let said = with(&nowhere, &["u"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(
        said.out.contains("http://127.0.0.1:1") && said.out.contains("connection refused"),
        "{}",
        said.out
    );
    let said = with(&nowhere, &["--api", "http://127.0.0.1:2", "u"]);
    assert!(said.out.contains("http://127.0.0.1:2"), "{}", said.out);
    // Variables for a server are none of the demo's business.
    let said = with(&nowhere, &["demo"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    // An empty one asks for nothing.
    let empty =
        ["COLOR", "INTERVAL", "WATCH", "BATCH", "SORT", "SIZE", "PROXY", "CA_FILE", "BODY_LIMIT", "ASCII"];
    let names: Vec<String> = empty.iter().map(|name| format!("IMTOP_{name}")).collect();
    let empty: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(with(&empty, &["demo"]).code, Some(0));
    assert!(with(&empty, &["u"]).err.contains("an admin token is needed"));
    // Their values are not shown either: one may hold a password.
    let said = with(&[("IMTOP_PROXY", "http://me:hunter2@proxy:3128")], &["--help"]);
    assert!(said.out.contains("IMTOP_PROXY") && !said.out.contains("hunter2"));
}

#[test]
fn the_demo_without_a_terminal_is_one_picture_with_everything_in_it() {
    let said = run(&["demo"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    for word in ["● online", "◐ background", "○ offline", "王小明", "EXPIRED"] {
        assert!(said.out.contains(word), "no {word}:\n{}", said.out);
    }
    // Whom the answers leave out is known as soon as the registry has answered.
    let left_out = said.out.lines().find(|line| line.contains("bot_billing")).unwrap();
    assert!(left_out.contains("online (reg)") || left_out.contains("? missing"), "{left_out}");
    assert!(said.out.contains(" night: The night shift: every presence, "), "{}", said.out);
    assert!(said.out.lines().all(|line| line.chars().count() <= 100));
    assert!(!said.out.contains('\u{1b}'), "plain text");
    assert!(said.err.contains("standard output is no terminal"), "{}", said.err);

    let said = run(&["demo", "--size", "60x12", "--ascii", "--users", "50", "--seed", "3"]);
    assert!(said.out.contains("43 more users") && said.out.lines().count() <= 12, "{}", said.out);
    assert!(!said.out.contains('●'));
    let said = run(&["demo", "--color", "always"]);
    assert!(said.out.contains("\u{1b}["), "colours on request");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = imtop(&["demo"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let read = said(child.wait_with_output().unwrap());
    assert_eq!(read.code, Some(0), "{}", read.err);
    assert!(!read.err.contains("panicked") && !read.err.contains("Broken pipe"), "{}", read.err);
    let script = format!("{} simulate --listen 127.0.0.1:0 --list | true", env!("CARGO_BIN_EXE_imtop"));
    let piped = said(Command::new("bash").args(["-o", "pipefail", "-c", &script]).output().unwrap());
    assert_eq!((piped.code, piped.err.as_str()), (Some(0), ""));
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = imtop(&["demo"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(err.contains("cannot write to standard output"), "{err}");
}

fn calm(runtime: &tokio::runtime::Runtime) -> Running {
    let (clock, _) = Clock::by_hand(1_795_413_000_000);
    let scenario = Scenario::named("calm").unwrap().with_users(20);
    runtime.block_on(Simulator::start(scenario, ([127, 0, 0, 1], 0).into(), clock)).unwrap()
}

#[test]
fn watch_lists_come_from_arguments_a_file_and_standard_input() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = calm(&runtime);
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.csv");
    std::fs::write(&list, "# who\nuser_00001,Lobby,kiosks\nnobody,王小明\nuser_00001\n").unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, server.admin_token() + "\n").unwrap();
    let url = server.url();
    let args = [
        "--api",
        &url,
        "--token-file",
        token.to_str().unwrap(),
        "--watch",
        list.to_str().unwrap(),
        "extra",
        "-",
    ];

    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).unwrap();
    let run = || {
        let mut child =
            imtop(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"from_stdin,Piped\n").unwrap();
        said(child.wait_with_output().unwrap())
    };
    let exposed = run();
    assert_eq!(exposed.code, Some(1), "{}", exposed.out);
    assert!(exposed.out.contains("other users can read or change it"), "{}", exposed.out);
    assert!(exposed.out.contains("chmod 600"), "{}", exposed.out);

    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
    let said = run();
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    for word in ["4 watched", "extra", "from_stdin", "Piped", "user_00001", "Lobby", "王小明", "kiosks"] {
        assert!(said.out.contains(word), "no {word}:\n{}", said.out);
    }
    assert!(said.err.contains("line 4: user_00001 was already on line 2, watched once"), "{}", said.err);
}

#[test]
fn the_simulator_says_where_it_listens_and_stays_on_this_machine() {
    refused(&["simulate", "--listen", "0.0.0.0:0"], "--listen 0.0.0.0:0: other machines could reach that");
    let mut child = imtop(&["simulate", "--listen", "127.0.0.1:0", "--scenario", "calm", "--users", "7"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    let lines: Vec<String> = std::io::BufRead::lines(out).take(4).map(Result::unwrap).collect();
    assert!(lines[0].starts_with("listening on http://127.0.0.1:"), "{lines:?}");
    let url = lines[0].strip_prefix("listening on ").unwrap();
    let said = said(imtop(&["--api", url, "user_00001"]).env("IMTOP_TOKEN", &lines[3]).output().unwrap());
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn help_teaches_by_examples() {
    let help = run(&["--help"]);
    assert!(run(&["help"]).out.contains("Examples:"));
    assert_eq!(help.code, Some(0));
    for word in ["Examples:", "imtop demo", "IMTOP_TOKEN=", "--watch", "never from"] {
        assert!(help.out.contains(word), "no {word}:\n{}", help.out);
    }
    assert!(!help.out.contains("--token <"), "a token is never an argument");
    for name in imtop::simulator::Scenario::names() {
        let about = Scenario::named(name).unwrap().about().to_owned();
        let line = format!("\n  {name:<13} {about}\n");
        for command in ["demo", "simulate"] {
            let help = run(&[command, "--help"]).out + "\n";
            assert!(help.contains(&line), "{command}: no {line}:\n{help}");
        }
    }
    assert!(run(&["--version"]).out.starts_with("imtop 0."));
}

/// Runs it where at most so many files may be open.
fn run_with_files(files: u32, args: &[&str]) -> Said {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_imtop")]);
    shell.args(args).stdin(Stdio::null()).env("IMTOP_CONFIG", "/dev/null").env("IMTOP_TOKEN", "a.b.c");
    said(shell.output().unwrap())
}

#[test]
fn where_too_few_files_may_be_open_a_sentence_says_so() {
    const API: [&str; 3] = ["--api", "http://127.0.0.1:9", "user_1"];
    let with_api = |args: &[&'static str]| [args, &API[..]].concat();
    let commands = [
        vec!["demo"],
        with_api(&["snapshot"]),
        with_api(&["check"]),
        with_api(&["wait", "--for", "online=1", "--timeout", "1s"]),
        with_api(&["events", "--duration", "1s"]),
        with_api(&["serve", "--metrics", "127.0.0.1:0"]),
        with_api(&["doctor"]),
        with_api(&["--interval", "1s"]),
        vec!["replay", "/nonexistent"],
        vec!["simulate", "--listen", "127.0.0.1:0"],
    ];
    for files in 4..=26 {
        for args in &commands {
            let Said { code, out, err } = run_with_files(files, args);
            let (said, expected) = if args[0] == "check" { (&out, 3) } else { (&err, 1) };
            assert_eq!(code, Some(expected), "{files} {args:?}: {out}{err}");
            assert!(said.contains("too few files may be open") && said.contains("ulimit -n"), "{said}");
            assert_eq!(format!("{out}{err}").lines().count(), 1, "{files} {args:?}: {out}{err}");
        }
        for args in [&["config", "template"][..], &["man"], &["completions", "bash"], &["--version"]] {
            assert_eq!(run_with_files(files, args).code, Some(0), "{files} {args:?} needs none");
        }
    }
    // With a few more it runs, or says the same: somebody may have left us some that are open.
    for files in 27..=32 {
        let Said { code, out, err } = run_with_files(files, &commands[1]);
        assert!(
            code == Some(1) && (out.contains("unreachable") || err.contains("too few files")),
            "{out}{err}"
        );
    }
    assert!(run_with_files(64, &["demo"]).out.contains("300 watched"));
}

#[test]
fn where_no_thread_can_start_a_sentence_says_so() {
    let limits = "ulimit -v 60000 2>/dev/null; exec \"$0\" snapshot --api http://127.0.0.1:9 a";
    let mut shell = Command::new("sh");
    shell.args(["-c", limits, env!("CARGO_BIN_EXE_imtop")]).env("IMTOP_CONFIG", "/dev/null");
    let Said { code, out, err } = said(shell.env("RUST_MIN_STACK", "100000000").output().unwrap());
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(
        err.starts_with("imtop: cannot start: too few threads may run (") && err.lines().count() == 1,
        "{err}"
    );
}
