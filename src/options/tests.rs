//! An entry of the table is all that an option needs: whatever shows options shows each of them.

use std::path::Path;

use clap::Command;

use super::cli::definition;
use super::kind::Kind;
use super::sources::Sources;
use super::table::{Form, OPTIONS, Part, Row, settings};
use super::value::{Said, Value};
use super::{check, in_force, print, template};

/// Every command that does something, by its full name.
fn commands() -> Vec<(String, Command)> {
    fn below(command: &Command, found: &mut Vec<(String, Command)>) {
        let name = command.get_bin_name().unwrap_or(command.get_name());
        found.push((name.to_owned(), command.clone()));
        command.get_subcommands().filter(|it| it.get_name() != "help").for_each(|it| below(it, found));
    }
    let mut root = definition(&|_| None);
    root.build();
    let mut found = Vec::new();
    below(&root, &mut found);
    found
}

/// A value that the option can have.
fn sample(row: &Row) -> Value {
    let text = [row.default, row.example].into_iter().find(|text| !text.is_empty());
    match (text, row.kind) {
        (Some(text), _) => row.kind.value_of(text),
        (None, Kind::Switch) => Value::Switch(true),
        (None, Kind::Path) => Value::Path("file".into()),
        (None, _) if row.id == "size" => Value::Text("100x40".to_owned()),
        (None, _) => Value::Text("here".to_owned()),
    }
}

/// A line of the file with another value than the default where there is one.
fn line(row: &Row) -> String {
    format!(
        "{} = {}\n",
        row.name(),
        if matches!(row.kind, Kind::Switch) { "true".to_owned() } else { sample(row).toml() }
    )
}

fn written(folder: &Path, text: &str) -> String {
    let path = folder.join("c.toml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// A file with this line in its place.
fn file_with(row: &Row, line: &str) -> String {
    let api = "[contexts.here]\napi = \"http://127.0.0.1:1\"\n";
    match row.part.needs_context() {
        true if row.id == "api" => format!("context = \"here\"\n[contexts.here]\n{line}"),
        true => format!("context = \"here\"\n{api}{line}"),
        false => format!("context = \"here\"\n{line}{api}"),
    }
}

#[test]
fn what_a_file_can_hold_is_in_the_template_in_what_is_printed_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let template = template("");
    assert!(settings().count() > 40);
    for row in settings() {
        let name = row.name();
        let shown = template.lines().any(|line| {
            let line = line.trim_start_matches("# or instead of token-file: ").trim_start_matches('#');
            line.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(" = "))
        });
        assert!(shown, "{name} is not in the template");
        assert!(template.contains(&row.file_help()), "{name} without its help");

        let mut line = line(row);
        if let Some(other) = OPTIONS.iter().find(|other| Some(other.id) == row.needs) {
            line += &self::line(other);
        }
        let file = written(folder.path(), &file_with(row, &line));
        let said = |args: &[&str]| {
            let line = [&["imtop", "config"], args, &["--config", &file]].concat();
            definition(&|_| None).try_get_matches_from(line).unwrap()
        };
        let printed = print(&said(&["print"]), &|_| None, &|_| Vec::new()).unwrap();
        let at = format!("{file}:");
        let of_file = |line: &&str| {
            line.trim_start_matches("# ")
                .strip_prefix(name.as_str())
                .is_some_and(|it| it.starts_with([' ', '=']))
        };
        let printed = printed.lines().find(of_file).unwrap_or_else(|| panic!("{name} is not printed"));
        assert!(printed.contains(&at), "{name} does not come from the file: {printed}");

        let date = format!("{name} = 2026-11-29\n");
        written(folder.path(), &file_with(row, &date));
        let mistakes = check(&said(&["check"]), &|_| None, &|_| Vec::new()).unwrap_err().to_string();
        assert!(mistakes.contains(&format!("{name} is a date; expected ")), "{name}: {mistakes}");
    }
}

#[test]
fn what_a_command_takes_is_in_its_help_with_its_variable() {
    let commands = commands();
    let mut taken = 0;
    for row in OPTIONS {
        for (name, command) in &commands {
            let has = super::cli::parts(name).contains(&row.part) && row.form != Form::FileOnly;
            let found = command
                .get_arguments()
                .find(|it| it.get_id() == row.id && it.get_help_heading() == Some(row.part.heading()));
            assert_eq!(found.is_some(), has, "{} of {name}", row.id);
            let Some(argument) = found else { continue };
            taken += 1;
            let help = command.clone().term_width(0).render_long_help().to_string();
            assert!(help.contains(&row.help()), "{name} --help has no {}", row.id);
            let long = argument.get_long().map_or(String::new(), |long| format!("--{long}"));
            assert!(help.contains(&long), "{name} --help has no {long}");
            if matches!(row.form, Form::Alone | Form::With(_)) {
                assert!(
                    help.contains(&format!("[env: {}", row.variable())),
                    "{name} {long} without variable"
                );
            }
        }
    }
    assert!(taken > 200, "only {taken}");
}

#[test]
fn what_the_command_line_takes_counts_as_a_flag() {
    for row in OPTIONS.iter().filter(|row| row.form != Form::FileOnly && row.part != Part::File) {
        let folder = tempfile::tempdir().unwrap();
        let file = written(folder.path(), "[contexts.here]\napi = \"http://127.0.0.1:1\"\n");
        let typed = |row: &Row| match (sample(row), row.form) {
            (_, Form::Alone) => vec![format!("--{}", row.name())],
            (Value::List(list), Form::Argument(_)) => list,
            (Value::List(list), _) => vec![format!("--{}={}", row.name(), list.join(","))],
            (value, _) => vec![format!("--{}={}", row.name(), value.toml().trim_matches('"'))],
        };
        let needed = OPTIONS.iter().find(|other| Some(other.id) == row.needs).map(typed);
        // The command that takes every option.
        let command = ["imtop", "config", "print"].map(str::to_owned).to_vec();
        let line = [command, vec![format!("--config={file}")], typed(row), needed.unwrap_or_default()];
        let matches = definition(&|_| None).try_get_matches_from(line.concat()).unwrap();
        let sources = Sources::read(&matches, &|_| None, &|_| Vec::new()).unwrap();
        let chosen = sources.view().chosen(row.id).unwrap_or_else(|| panic!("{} is not read", row.id));
        assert_eq!(chosen.said, Said::Flag, "{}", row.id);
        let expected = if row.form == Form::Alone { Value::Switch(true) } else { sample(row) };
        assert!(*chosen.value == expected, "{} is {}", row.id, chosen.value.toml());
    }
}

#[test]
fn what_is_logged_is_what_is_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let context = "context = \"here\"\n[contexts.here]\napi = \"http://127.0.0.1:1\"\nproduction = true\n\
                   users = [\"u1\"]\nwatch = \"list.csv\"\nlabels = \"server\"\n";
    let file = written(folder.path(), context);
    let logged = |args: &[&str]| {
        let line = [&["imtop", "--config", &file], args].concat();
        let matches = definition(&|_| None).try_get_matches_from(line).unwrap();
        let sources = Sources::read(&matches, &|_| None, &|_| Vec::new()).unwrap();
        in_force(&sources).into_iter().map(|(name, ..)| name).collect::<Vec<_>>()
    };
    assert_eq!(logged(&[]), ["api", "production", "watch", "labels"]);
    // Another server is no production for that, and whoever names users still has labels.
    assert_eq!(logged(&["--api", "http://127.0.0.1:2", "u2"]), ["api", "labels"]);
}
