//! Slips of whoever runs imtop: each is refused, or said, and nothing is lost without a word.

use std::process::{Command, Stdio};

use crate::common::binary::{Said, Site, imtop, real_clock, run};
use crate::common::scratch::Scratch;

#[test]
fn a_watch_list_with_an_open_quote_or_in_another_form_is_refused() {
    let files = Scratch::new();
    let long = "k1,x\n".repeat(1_000);
    let open = format!("k,\"Front desk,g\n{long}");
    for (name, text, said) in [
        ("open.csv", &*open, "line 1: the quote before Front desk,g is still open at the end of the line"),
        ("last.csv", "k1,x\nk2,\"Front desk\n", "line 2: the quote before Front desk is still open"),
        ("users.json", "[\"k1\",\"k2\"]\n", "line 1: this looks like JSON"),
        ("semicolons.csv", "k1;Front desk;kiosks\n", "line 1: there are semicolons between the fields"),
        ("tabs.csv", "k1\tFront desk\n", "line 1: there are tabs between the fields"),
    ] {
        let list = files.secret(name, text);
        let list = list.to_str().unwrap();
        let server = ["--api", "http://127.0.0.1:1", "--token-command", "true", "--watch", list];
        for (command, code) in
            [(&["snapshot"] as &[&str], 2), (&["check"], 3), (&["wait", "--for", "online>0"], 2)]
        {
            let ended = run(&[command, &server].concat());
            assert_eq!(ended.code, Some(code), "{name}: {ended:?}");
            assert!(format!("{}{}", ended.out, ended.err).contains(&format!("{name}, {said}")), "{ended:?}");
        }
        // Standard input is no other: there is nothing to fall back to.
        let mut command = imtop(&["snapshot", "--token-command", "true", "-"]);
        command.stdin(std::fs::File::open(list).unwrap());
        let ended = crate::common::binary::Said::from(command.output().unwrap());
        assert!(ended.code == Some(2) && ended.err.contains(&format!("standard input, {said}")), "{ended:?}");
    }
}

#[test]
fn a_group_without_members_is_said() {
    let site = Site::new("[[user]]\nid = \"a\"\n", "a\n", real_clock());
    let nobody = "nobody to watch: the server names no member of group nosuch: is there such a group?";
    let token = site.server.admin_token();
    let ask = |args: &[&str]| -> Said {
        let mut command = imtop(args);
        command.args(["--api", &site.server.url(), "--group-id", "nosuch"]).env("IMTOP_TOKEN", &token);
        command.output().unwrap().into()
    };
    for args in
        [&["snapshot"] as &[&str], &["snapshot", "--format", "json"], &["wait", "--for", "online>=0"], &[]]
    {
        let said = ask(args);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{args:?}: {}", said.err);
        assert!(said.err.contains(nobody), "{args:?}: {}", said.err);
    }
    let said = ask(&["check"]);
    assert!(said.code == Some(3) && said.out.contains(nobody), "{said:?}");
    // Whoever else is watched is watched all the same.
    let said = ask(&["snapshot", "a"]);
    assert!(said.code == Some(0) && said.out.contains("1 watched"), "{said:?}");
    assert!(said.err.contains("imtop: the server names no member of group nosuch"), "{said:?}");
}

/// Runs imtop by a shell that does this to its standard output.
fn redirected(output: &str, command: &Command) -> Said {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec \"$@\" {output}"), "sh"]);
    shell.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    shell.env("IMTOP_CONFIG", "/dev/null").output().unwrap().into()
}

#[test]
fn output_that_cannot_be_written_is_never_a_success() {
    let site = Site::new("[[user]]\nid = \"a\"\n", "a\n", real_clock());
    let files = Scratch::new();
    let recording = files.secret("x", "").with_file_name("r.ndjson");
    let recording = recording.to_str().unwrap();
    assert_eq!(site.run(&["snapshot", "--record", recording]).code, Some(0));
    let asking = [
        &["snapshot"] as &[&str],
        &["snapshot", "--format", "json"],
        &["snapshot", "--format", "ndjson"],
        &["snapshot", "--format", "csv"],
        &["snapshot", "--format", "openmetrics"],
        &["snapshot", "--format", "frame"],
        &["events", "--duration", "300ms"],
        &["check"],
        &["wait", "--for", "online>=0"],
        &["doctor"],
        &["doctor", "--json"],
        &["config", "print"],
        &[],
    ]
    .map(|args| site.command(args));
    let others = [
        &["demo"] as &[&str],
        &["replay", recording],
        &["events", "--from", recording],
        &["snapshot", "--from", recording],
        &["simulate", "--list"],
        &["completions", "bash"],
        &["completions", "fish"],
        &["man"],
        &["config", "path"],
        &["config", "template"],
        &["config", "check"],
        &["--help"],
        &["-h"],
        &["--version"],
        &["help", "wait"],
        &["check", "--help"],
    ]
    .map(imtop);
    for command in asking.iter().chain(&others) {
        for output in [">&-", ">/dev/full"] {
            let said = redirected(output, command);
            let args: Vec<_> = command.get_args().take(3).collect();
            assert!(said.code.is_some_and(|code| code != 0), "{args:?} {output}: {said:?}");
            assert!(said.err.contains("cannot write to standard output"), "{args:?} {output}: {said:?}");
        }
        let said = redirected(">/dev/null", command);
        assert!(!said.err.contains("standard output: "), "{said:?}");
    }
}

#[test]
fn what_other_programs_call_it_is_taken_or_named() {
    let site = Site::new("[[user]]\nid = \"a\"\n", "a\n", real_clock());
    for args in [
        &["snapshot", "-o", "json"] as &[&str],
        &["snapshot", "-ojson"],
        &["snapshot", "--output", "json"],
        &["snapshot", "--json"],
        &["events", "--json", "--duration", "300ms"],
        &["events", "-o", "json", "--duration", "300ms"],
        &["doctor", "-o", "json"],
        &["doctor", "--json"],
    ] {
        let said = site.run(args);
        assert!(said.out.starts_with('{') && said.code == Some(0), "{args:?}: {said:?}");
    }
    let both = site.run(&["snapshot", "--json", "--format", "csv"]);
    assert!(both.code == Some(2) && both.err.contains("cannot be used with"), "{both:?}");
    for command in ["check", "wait", "snapshot", "serve"] {
        let said = run(&[command, "--version"]);
        assert!(said.out.ends_with(concat!(env!("CARGO_PKG_VERSION"), "\n")), "{command}: {said:?}");
        // For a monitoring system that is no answer.
        assert_eq!(said.code, Some(if command == "check" { 3 } else { 0 }), "{command}");
    }
}

#[test]
fn the_home_is_found_in_every_path() {
    let site = Site::new("[[user]]\nid = \"a\"\n", "a\n", real_clock());
    let files = Scratch::new();
    let token = files.secret("token", &site.server.admin_token());
    let home = token.parent().unwrap();
    files.secret("list.csv", "a\n");
    let api = site.server.url();
    let at_home = |args: &[&str], variables: &[(&str, &str)]| -> Said {
        let mut command = imtop(args);
        command.env("HOME", home).env("IMTOP_API", &api).envs(variables.iter().copied());
        command.output().unwrap().into()
    };
    let by_flags =
        ["snapshot", "--token-file=~/token", "--watch=~/list.csv", "--record=~/r.ndjson", "--log-file=~/log"];
    let said = at_home(&by_flags, &[]);
    assert!(said.code == Some(0) && said.out.contains("1 watched"), "{said:?}");
    assert!(home.join("r.ndjson").is_file() && home.join("log").is_file());
    let said = at_home(&["snapshot"], &[("IMTOP_TOKEN_FILE", "~/token"), ("IMTOP_WATCH", "~/list.csv")]);
    assert!(said.code == Some(0) && said.out.contains("1 watched"), "{said:?}");
    let said = at_home(&["snapshot", "--from=~/r.ndjson"], &[]);
    assert!(said.code == Some(0) && said.out.contains("1 watched"), "{said:?}");
    // Where there is no such file, its name is said as it was looked for.
    let looked_for = |name: &str| home.join(name).display().to_string();
    for (option, others) in [
        ("config", &[] as &[&str]),
        ("secret-file", &[]),
        ("check-secrets", &["--token-file=~/token"]),
        ("ca-file", &["--token-file=~/token", "--api=https://127.0.0.1:1"]),
    ] {
        let args = [&["snapshot", "a"], others].concat();
        let flag = format!("--{option}=~/none");
        let variable = format!("IMTOP_{}", option.replace('-', "_").to_uppercase());
        for said in [at_home(&[&args[..], &[&flag]].concat(), &[]), at_home(&args, &[(&variable, "~/none")])]
        {
            assert!(said.err.contains(&looked_for("none")), "{option}: {said:?}");
        }
    }
    let said = at_home(&["demo", "--scenario=~/none.toml"], &[]);
    assert!(said.err.contains(&looked_for("none.toml")), "{said:?}");
}
