//! The manual page: all of the command line is on it, and it is one that man can show.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

use imtop::options::cli::definition;

fn page() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_imtop"))
        .arg("man")
        .env("IMTOP_FILTER", "nobody's business")
        .env("IMTOP_CONFIG", "/nonexistent")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
    String::from_utf8(output.stdout).unwrap()
}

/// What a program makes of the page: its output and its complaints; none where it is not installed.
fn through(program: &str, args: &[&str]) -> Option<(String, String)> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: {program} is not installed");
            return None;
        }
        Err(error) => panic!("{program}: {error}"),
    };
    let mut stdin = child.stdin.take().unwrap();
    let writing = std::thread::spawn(move || stdin.write_all(page().as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    Some((String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap()))
}

/// Every command with its full name, and of those below others only them.
fn commands(command: &clap::Command) -> Vec<clap::Command> {
    let below = command.get_subcommands().filter(|below| below.get_name() != "help");
    below.flat_map(|it| if it.has_subcommands() { commands(it) } else { vec![it.clone()] }).collect()
}

#[test]
fn every_command_option_variable_and_value_is_on_the_page() {
    let page = page().replace("\\-", "-").replace("\\fB", "").replace("\\fI", "").replace("\\fR", "");
    let mut root = definition(&|_| None);
    root.build();
    let mut arguments: Vec<_> = root.get_arguments().cloned().collect();
    let (options, others) = page.split_once(".SH \"OPTIONS OF COMMANDS\"").unwrap();
    for command in commands(&root) {
        let name = command.get_bin_name().unwrap();
        assert!(options.lines().any(|line| line == name), "{name} is not among the commands");
        arguments.extend(command.get_arguments().cloned());
    }
    assert!(arguments.len() > 100);
    for argument in arguments {
        let long = argument.get_long().map(|long| format!("--{long}"));
        let named = long.unwrap_or_else(|| argument.get_value_names().unwrap()[0].to_string());
        let begins = |line: &str| {
            let words = line.split_once(", ").map_or(line, |(_, long)| long);
            words
                .trim_start_matches(['[', '<'])
                .strip_prefix(named.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '[', ']', '>']))
        };
        assert!(page.lines().any(begins), "{named} is not explained");
        if let Some(variable) = argument.get_env() {
            assert!(page.contains(&format!("[env: {}]", variable.display())), "{named} without its variable");
        }
        for value in argument.get_possible_values() {
            assert!(page.contains(value.get_name()), "{named} without {}", value.get_name());
        }
    }
    for section in ["EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"] {
        assert!(
            others.contains(&format!(".SH \"{section}\"")) || others.contains(&format!(".SH {section}")),
            "{section}"
        );
    }
    assert!(!page.contains("nobody's business"), "the page is the same for everybody");
}

#[test]
fn man_shows_the_page_without_a_complaint_and_within_80_columns() {
    if let Some((complaints, more)) = through("mandoc", &["-Tlint", "-Wwarning"]) {
        assert_eq!((complaints.as_str(), more.as_str()), ("", ""));
    }
    let Some((shown, complaints)) = through("groff", &["-man", "-ww", "-Tascii", "-P-cbou", "-rLL=80n"])
    else {
        return;
    };
    assert_eq!(complaints, "");
    for line in shown.lines() {
        assert!(line.chars().count() <= 80, "too wide: {line}");
    }
    for words in
        ["imtop - top for OpenIM presence", "--token-command <COMMAND>", "imtop wait --for 'online=100% of"]
    {
        assert!(shown.contains(words), "no {words} in:\n{shown}");
    }
}
