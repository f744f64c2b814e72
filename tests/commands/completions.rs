//! Completion, as shells ask for it: over the protocol of the scripts, and in the shells themselves
//! where this machine has them.

use std::io::{ErrorKind, Seek as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_imtop");

const CONFIG: &str = r#"
context = "lab"
[contexts.im-eu]
api = "https://im.example.com:10002"
watch = "eu.csv"
[contexts."im us"]
api = "https://us.example.com:10002"
[contexts.lab]
api = "http://127.0.0.1:10002"
watch = "lab.csv"
"#;

/// A folder with a configuration, two watch lists, and a file with a blank in its name.
fn scratch() -> TempDir {
    let scratch = tempfile::tempdir().unwrap();
    write(&scratch, "config.toml", CONFIG);
    write(&scratch, "eu.csv", "a,A,kiosk\nb,B,Night desk\nc\n");
    write(&scratch, "lab.csv", "x,,bench\ny,,\"an \u{1b}[31m evil\"\n");
    write(&scratch, "my list.csv", "a\n");
    scratch
}

fn write(scratch: &TempDir, name: &str, text: &str) {
    std::fs::write(scratch.path().join(name), text).unwrap();
}

fn program(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IMTOP_")) {
        command.env_remove(name);
    }
    command.env("IMTOP_CONFIG", folder.join("config.toml"));
    command
}

/// What comes of a question, of which nothing is ever said on standard error.
fn lines(output: &Output) -> Vec<String> {
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout.clone()).unwrap().lines().map(str::to_owned).collect()
}

fn asked(folder: &Path, line: &str) -> Command {
    let mut command = program(BINARY, folder);
    command.env("IMTOP_COMPLETE", "bash").args(["--", line]);
    command
}

/// What may stand at the end of `line`, as bash inserts it.
fn at(folder: &Path, line: &str) -> Vec<String> {
    lines(&asked(folder, line).output().unwrap())
}

#[test]
fn commands_options_and_their_values_complete() {
    let scratch = scratch();
    let at = |line| at(scratch.path(), line);
    assert_eq!(at("imtop sna"), ["snapshot "]);
    assert_eq!(at("imtop --token-"), ["--token-file ", "--token-command "]);
    assert_eq!(at("imtop snapshot --format n"), ["ndjson "]);
    assert_eq!(at("imtop config t"), ["template "]);
    assert_eq!(
        at("imtop completions "),
        ["bash ", "elvish ", "fish ", "powershell ", "zsh ", "--help ", "--version "]
    );
    assert_eq!(at("imtop --columns user,lab"), ["user,label "]);
    assert_eq!(at("imtop demo --scenario ni"), ["night "]);
    assert_eq!(at("imtop --watch my"), ["my\\ list.csv "]);
    assert_eq!(at("imtop snapshot --from=eu"), ["eu.csv "]);
}

#[test]
fn contexts_are_those_of_the_configuration_that_the_line_names() {
    let scratch = scratch();
    write(&scratch, "other.toml", "[contexts.elsewhere]\napi = \"https://im.example.com\"\n");
    let at = |line| at(scratch.path(), line);
    assert_eq!(at("imtop --context "), ["im\\ us ", "im-eu ", "lab "]);
    assert_eq!(at("imtop check --context=im-"), ["im-eu "]);
    assert_eq!(at("imtop --config other.toml --context "), ["elsewhere "]);
    assert_eq!(at("imtop --config nowhere.toml --context "), [""; 0]);
}

#[test]
fn expressions_complete_with_the_groups_of_the_context() {
    let scratch = scratch();
    let at = |line| at(scratch.path(), line);
    assert_eq!(
        at("imtop --filter 'group="),
        ["group=bench", "group=none"],
        "a group that does not show is left out"
    );
    assert_eq!(
        at("imtop --context im-eu --filter 'group="),
        ["group=\"Night desk\"", "group=kiosk", "group=none"]
    );
    assert_eq!(at("imtop --watch eu.csv events --filter state=off"), ["offline "]);
    assert_eq!(at("imtop events --watch eu.csv --filter group=k"), ["kiosk "]);
    assert_eq!(at("imtop wait --for 'online=100% of group=b"), ["online=100% of group=bench"]);
    assert_eq!(at("imtop check --warn 'unkno"), ["unknown"]);
    assert_eq!(at("imtop check --crit 'finding:cr"), ["finding:critical"]);
}

#[test]
fn a_question_is_answered_without_the_network_secrets_or_standard_input() {
    let scratch = scratch();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let address = server.local_addr().unwrap();
    let marker = scratch.path().join("has-run");
    write(
        &scratch,
        "config.toml",
        &format!(
            "[contexts.a]\napi = \"http://{address}\"\ntoken-command = \"touch '{}'\"\nusers = [\"-\"]\nall = true\n",
            marker.display()
        ),
    );
    let mut typed = std::fs::File::open(scratch.path().join("lab.csv")).unwrap();
    for line in ["imtop - --context a --filter 'group=", "imtop --context ", "imtop --all --context a "] {
        let stdin = typed.try_clone().unwrap();
        let said = lines(
            &asked(scratch.path(), line).env("IMTOP_SECRET_FILE", &marker).stdin(stdin).output().unwrap(),
        );
        assert!(!said.is_empty());
    }
    assert_eq!(typed.stream_position().unwrap(), 0, "standard input has been read");
    assert!(!marker.exists(), "the token command has run");
    assert_eq!(server.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "the server has been asked");
}

#[test]
fn what_cannot_be_read_is_passed_over_in_silence() {
    let scratch = scratch();
    let pipe = scratch.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let at = |line: &str| at(scratch.path(), line);
    write(&scratch, "broken.toml", "context = [[\n\u{1b}[31m");
    write(&scratch, "broken.csv", "a\n\"b\nc");
    for config in ["broken.toml", "pipe", ".", "nowhere", "/dev/zero"] {
        assert_eq!(at(&format!("imtop --config {config} --context ")), [""; 0], "{config}");
    }
    for list in ["broken.csv", "pipe", ".", "nowhere", "/dev/zero"] {
        assert_eq!(at(&format!("imtop --watch {list} --filter 'group=")), ["group=none"], "{list}");
    }
    write(
        &scratch,
        "half.toml",
        "filter = 3\n[contexts.good]\napi = \"https://im.example.com\"\nnonsense = 1\n",
    );
    assert_eq!(at("imtop --config half.toml --context "), ["good "], "what can be read of it is");
    for odd in
        ["", "imtop", "imtop --nonsense x", "imtop --filter \"a 'b", "imtop \u{1b}[31m '", "imtop -- a"]
    {
        at(odd);
    }
    let unknown = program(BINARY, scratch.path()).env("IMTOP_COMPLETE", "nonsense").output().unwrap();
    assert_eq!(lines(&unknown), [""; 0]);
}

#[test]
fn help_says_where_the_script_goes() {
    let help = program(BINARY, Path::new("/")).args(["completions", "bash", "--help"]).output().unwrap();
    let help = lines(&help).join("\n");
    assert!(help.contains("source <(imtop completions bash)") && help.contains("~/.bashrc"), "{help}");
    for shell in ["elvish", "powershell"] {
        let script = lines(&program(BINARY, Path::new("/")).args(["completions", shell]).output().unwrap());
        assert!(script.join("\n").contains("IMTOP_COMPLETE"), "{shell}");
    }
}

/// What a shell prints that runs `script`; none where this machine does not have the shell.
fn in_shell(folder: &Path, shell: &str, options: &[&str], script: &str) -> Option<Vec<String>> {
    let script = script.replace("IMTOP", BINARY);
    match program(shell, folder).args(options).args(["-c", &script]).output() {
        Ok(output) => Some(lines(&output)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: {shell} is not installed");
            None
        }
        Err(error) => panic!("{shell}: {error}"),
    }
}

#[test]
fn bash_completes() {
    let scratch = scratch();
    let script = r#"
        source <(IMTOP completions bash)
        complete -p imtop
        try() { COMP_LINE=$1 COMP_POINT=${#1}; _imtop; printf '%s|' "${COMPREPLY[@]}"; echo; }
        try 'imtop --context i'
        try "imtop --context im-eu --filter 'group="
        try 'imtop --filter=state=onl'
        try 'imtop --watch my'
        try 'imtop --nothing-like-it'
    "#;
    let said = in_shell(scratch.path(), "bash", &["--norc", "--noprofile"], script).expect("bash is needed");
    assert!(said[0].contains("-F _imtop imtop"), "{said:?}");
    assert_eq!(
        said[1..],
        [
            "im\\ us |im-eu |",
            "group=\"Night desk\"|group=kiosk|group=none|",
            "online |",
            "my\\ list.csv |",
            "|"
        ]
    );
}

#[test]
fn zsh_completes() {
    let scratch = scratch();
    // What zsh's own completion system would give and take.
    let script = r#"
        compdef() { print -r -- "$@" }
        _describe() { print -r -- ${(Pj:|:)3} }
        source <(IMTOP completions zsh)
        try() { words=("$@"); CURRENT=$#; _clap_dynamic_completer_imtop }
        try imtop --context i
        try imtop --context im-eu --filter "'group="
        try imtop --watch 'my\ l'
    "#;
    let Some(said) = in_shell(scratch.path(), "zsh", &["-f"], script) else { return };
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    assert_eq!(
        said,
        [
            "_clap_dynamic_completer_imtop imtop",
            "im us|im-eu",
            "group=\"Night desk\":group|group=kiosk:group|group=none:in no group",
            "my list.csv",
        ]
    );
}

#[test]
fn fish_completes() {
    let scratch = scratch();
    let script = r#"
        IMTOP completions fish | source
        complete -C 'imtop --context i'
        complete -C "imtop --context im-eu --filter 'group="
        complete -C 'imtop --watch my'
    "#;
    let Some(said) = in_shell(scratch.path(), "fish", &["--no-config"], script) else { return };
    let said: Vec<&str> = said.iter().map(|line| line.split('\t').next().unwrap()).collect();
    assert!(said.iter().any(|line| line.ends_with("im-eu")), "{said:?}");
    assert!(said.iter().any(|line| line.ends_with("group=kiosk")), "{said:?}");
    assert!(
        said.iter().any(|line| line.contains("my list.csv") || line.contains("my\\ list.csv")),
        "{said:?}"
    );
}
