//! The manual page: everything that the definition of the command line says, and what a reader wants
//! to know besides. Options that commands share are explained once.

use std::io::{self, Write as _};

use clap::{Arg, Command};
use roff::{Inline, Roff, bold, italic, roman};

use super::{CommandError, piped};
use crate::cli::definition;

/// The day on which somebody last read the page as a whole.
const READ: &str = "2026-11-23";

const EXIT_STATUS: &[(&str, &str)] = &[
    (
        "0",
        "All is well; also after `q` in the live view. In `snapshot`: every request was answered. In `check`: OK. In \
         `wait`: it is so. In `doctor`: no step failed.",
    ),
    (
        "1",
        "Something failed while running: no answer from the server, a disk that is full. In `snapshot`: some or all \
         requests got no answer; what is known is written all the same. In `check`: WARNING. In `wait`: what does not \
         pass by itself, such as a token that is refused. In `doctor`: a step failed.",
    ),
    (
        "2",
        "The command line, the configuration or a file that it names cannot be so; a condition over nobody. In \
         `check`: CRITICAL.",
    ),
    ("3", "In `check` only: UNKNOWN, which is anything wrong on this side, the command line included."),
    ("124", "In `wait` only: time is up, or it is so at no time of the recording."),
    ("129", "The terminal has gone away (SIGHUP)."),
    ("130", "Ctrl-C (SIGINT)."),
    ("143", "Ended from outside (SIGTERM)."),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "IMTOP_...",
        "Each option that has a twin among the variables names it in brackets. An option outranks its variable. A \
         variable that is set but empty asks for nothing.",
    ),
    ("IMTOP_TOKEN", "The admin token itself; a file that only you can read (--token-file) is a safer place."),
    ("NO_COLOR, TERM", "Heeded by --color auto: no colours where NO_COLOR is set or TERM says dumb."),
    ("XDG_CONFIG_HOME, HOME", "Where the configuration file is looked for."),
    ("TZ", "The zone in which times are shown, unless --utc asks for another."),
];

const FILES: &[(&str, &str)] = &[
    (
        "~/.config/imtop/config.toml",
        "The configuration: contexts, settings and keys. `imtop config template` prints one with everything in it, \
         `imtop config check` says every mistake.",
    ),
    (
        "a watch list",
        "A user a line: ID, and behind commas a label and a group if there are any. Lines that begin with # are \
         comments. It is read again when it changes.",
    ),
    (
        "a token file",
        "An admin token and nothing else, readable by its owner only. It is read again when it changes.",
    ),
    (
        "a recording",
        "What `--record` and the key R write, for `imtop replay` and `--from`: NDJSON, packed with zstd where its name \
         ends in .zst, never over another file, readable by its owner only. It holds no token, but who was connected \
         and when. One that has grown to --record-limit is renamed, name.ndjson to name.1.ndjson and so on; four files \
         are kept, and a replay of name.ndjson reads them all.",
    ),
    (
        "a log file",
        "What --log-file writes: a line for what imtop did and met, with times in UTC. It is made readable by its owner \
         only, and holds no token.",
    ),
];

/// The keys that somebody needs first, and how to find the others.
const KEYS: &[(&str, &str)] = &[
    ("?", "The help: all keys. They can be changed in the configuration."),
    ("1 2 3 4", "Users, what happened, what is wrong, the server."),
    ("/ : !", "Filter; commands; only users with problems."),
    ("Enter l d", "All that is known of a user; the connections; why the user is flagged."),
    ("[ ] { } .", "A round back and forward; to the incident before and after; back to now."),
    ("R", "Record to a file, or end that."),
    ("Space", "Hold the picture; in a replay, stand still."),
    ("q Ctrl-c", "Close the view, or quit; quit whatever is open."),
];

/// What `/`, `--filter` and conditions ask of a user.
const FILTERS: &[(&str, &str)] = &[
    ("kiosk", "The ID or the label contains it."),
    ("state=online and exp<24h", "Online, and the session token ends within a day, or has ended."),
    ("platform=web and (flips>3 or reconnects>3)", "Brackets, `and`, `or` and `not` join what is asked."),
    ("finding=critical", "Something critical was found in the user."),
    ("group=support and not label~^Night", "`~` is a regular expression."),
];

/// What more there is to ask.
const FIELDS: &str = "Fields are state, platform, conns, bg, exp, age, since, flips, reconnects, finding, group, label and \
                      id. Operators are = != < <= > >= and ~.";

/// What is wished for, and a command line that does it.
const EXAMPLES: &[(&str, &str)] = &[
    ("A look around, with no server needed:", "imtop demo"),
    ("Two users of the server on this machine:", "IMTOP_TOKEN=... imtop user_001 user_002"),
    (
        "A watch list on a server of the configuration, whose tokens end within a day:",
        "imtop --context im-eu --watch kiosks.csv --filter 'exp<24h'",
    ),
    ("Users that another program names:", "psql -Atc 'select id from kiosks' | imtop --context im-eu -"),
    ("Who is online, for another program:", "imtop snapshot --context im-eu --format csv > now.csv"),
    ("Every change, for a log:", "imtop events --context im-eu --format ndjson >> events.ndjson"),
    ("For Nagios and Icinga:", "imtop check --context im-eu --crit 'online<95%'"),
    (
        "A deployment goes on when every kiosk is back:",
        "imtop wait --for 'online=100% of group=kiosks' --timeout 5m",
    ),
    ("Metrics for Prometheus:", "imtop serve --context im-eu --metrics 127.0.0.1:9464"),
    ("A night to look at in the morning:", "imtop --context im-eu --record night.ndjson.zst"),
    ("What happened, ten times as fast:", "imtop replay night.ndjson.zst --speed 10"),
    ("How it was at two:", "imtop snapshot --from night.ndjson.zst --at 02:00"),
    ("What is in the way between here and the server:", "imtop doctor --context im-eu"),
    ("This page, without installing it:", "imtop man | man -l -"),
];

/// Prints the manual page.
///
/// # Errors
/// See [`CommandError`].
pub fn man() -> Result<u8, CommandError> {
    // Without variables: the page is the same for everybody.
    let text = page(definition(&|_| None));
    let mut out = io::stdout().lock();
    piped(out.write_all(text.as_bytes()).and_then(|()| out.flush())).map(|()| 0)
}

fn page(mut root: Command) -> String {
    root.build();
    let mut page = Roff::new();
    let version = format!("imtop {}", root.get_version().unwrap_or_default());
    page.control("TH", ["IMTOP", "1", READ, &version, "User Commands"]);
    // No hyphenation, and nothing stretched: commands and options stand among the words.
    page.control("nh", []).control("ad", ["l"]);
    page.control("SH", ["NAME"]);
    let about = root.get_about().map(ToString::to_string).unwrap_or_default();
    page.text([roman(format!("imtop - {about}"))]);
    synopsis(&mut page, &mut root);
    page.control("SH", ["DESCRIPTION"]);
    let long = root.get_long_about().map(ToString::to_string).unwrap_or_default();
    // The name has said the first sentence.
    let long = long.split("\n\n").skip(1);
    let after = root.get_after_help().map(ToString::to_string).unwrap_or_default();
    // Behind the examples stands where tokens come from; examples and exit codes have sections of their own.
    paragraphs(&mut page, long.chain(after.split("\n\n").skip(1).take(1)));

    page.control("SH", ["COMMANDS"]);
    entry(&mut page, [bold("imtop")], "The live view, where no command is named");
    for command in commands(&root) {
        entry(&mut page, [bold(name(&command))], &about_of(&command));
    }
    page.control("SH", ["OPTIONS"]);
    let own: Vec<&Arg> = root.get_arguments().collect();
    options(&mut page, &own, &mut |page, heading| {
        page.control("SS", [heading]);
    });
    page.control("SH", ["OPTIONS OF COMMANDS"]);
    for command in commands(&root) {
        options_of(&mut page, &root, &command);
    }
    section(&mut page, "KEYS", KEYS);
    section(&mut page, "FILTERS", FILTERS);
    page.control("PP", []).text([roman(FIELDS)]);
    conditions(&mut page, &root);
    for (heading, entries) in [("EXIT STATUS", EXIT_STATUS), ("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)] {
        section(&mut page, heading, entries);
    }
    page.control("SH", ["EXAMPLES"]);
    for (wish, line) in EXAMPLES {
        page.control("TP", ["4"]).text([roman(*wish)]);
        page.control("nf", []).text([bold(*line)]).control("fi", []);
    }
    page.render()
}

/// A section of words and what they mean.
fn section(page: &mut Roff, heading: &str, entries: &[(&str, &str)]) {
    page.control("SH", [heading]);
    for (what, text) in entries {
        entry(page, [bold(*what)], text);
    }
}

/// The language of conditions, as the help of `check` has it.
fn conditions(page: &mut Roff, root: &Command) {
    let help = root.find_subcommand("check").and_then(Command::get_after_help).map(ToString::to_string);
    page.control("SH", ["CONDITIONS"]).control("nf", []);
    for line in help.unwrap_or_default().lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []);
}

/// How each command is called.
fn synopsis(page: &mut Roff, root: &mut Command) {
    page.control("SH", ["SYNOPSIS"]);
    let mut lines = vec!["imtop [OPTIONS] [USER]...".to_owned()];
    for command in commands(root) {
        let usage = command.clone().render_usage().to_string();
        lines.extend(usage.strip_prefix("Usage: ").map(|usage| usage.trim().to_owned()));
    }
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            page.control("br", []);
        }
        let words = line.find(['[', '<', '-']).unwrap_or(line.len());
        let (name, rest) = line.split_at(words);
        page.text([bold(name.trim()), roman(format!(" {rest}"))]);
    }
}

/// Every command that does something, those below others included.
fn commands(command: &Command) -> Vec<Command> {
    let below = command.get_subcommands().filter(|below| below.get_name() != "help");
    below
        .flat_map(|below| if below.has_subcommands() { commands(below) } else { vec![below.clone()] })
        .collect()
}

fn name(command: &Command) -> String {
    command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn about_of(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// The options that only this command has, and where those are that it shares.
fn options_of(page: &mut Roff, root: &Command, command: &Command) {
    let is_shared = |arg: &Arg| {
        root.get_arguments().any(|other| {
            other.get_id() == arg.get_id()
                && other.get_long() == arg.get_long()
                && (arg.get_id() == "help" || help(other) == help(arg))
        })
    };
    let (shared, own): (Vec<&Arg>, Vec<&Arg>) = command.get_arguments().partition(|arg| is_shared(arg));
    let mut headings: Vec<&str> = Vec::new();
    for heading in shared.iter().filter_map(|arg| arg.get_help_heading()) {
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    if own.is_empty() && headings.is_empty() {
        return;
    }
    page.control("SS", [name(command).as_str()]);
    options(page, &own, &mut |_, _| ());
    if let Some((last, others)) = headings.split_last() {
        let list =
            if others.is_empty() { (*last).to_owned() } else { format!("{} and {last}", others.join(", ")) };
        let besides = if own.is_empty() { "The" } else { "Besides, the" };
        if !own.is_empty() {
            page.control("PP", []);
        }
        page.text([roman(format!("{besides} options above under: {list}."))]);
    }
}

/// Options with what they do, in the order of the help; `open` opens a group of them.
fn options(page: &mut Roff, args: &[&Arg], open: &mut dyn FnMut(&mut Roff, &str)) {
    let mut headings: Vec<Option<&str>> = vec![None];
    for arg in args {
        if !headings.contains(&arg.get_help_heading()) {
            headings.push(arg.get_help_heading());
        }
    }
    for heading in headings {
        if let Some(heading) = heading {
            open(page, heading);
        }
        for arg in args.iter().filter(|arg| arg.get_help_heading() == heading) {
            option(page, arg);
        }
    }
}

fn option(page: &mut Roff, arg: &Arg) {
    let mut header = Vec::new();
    let flags =
        [arg.get_short().map(|short| format!("-{short}")), arg.get_long().map(|long| format!("--{long}"))];
    for flag in flags.into_iter().flatten() {
        if !header.is_empty() {
            header.push(roman(", "));
        }
        header.push(bold(flag));
    }
    if arg.get_action().takes_values() {
        let value =
            arg.get_value_names().and_then(|names| names.first()).map_or("VALUE", |name| name.as_str());
        let optional = arg.get_num_args().is_some_and(|range| range.min_values() == 0);
        let (before, behind) = match (header.is_empty(), arg.is_require_equals_set()) {
            (true, _) => ("", ""),
            (false, true) if optional => ("[=", "]"),
            (false, true) => ("=", ""),
            (false, false) => (" ", ""),
        };
        header.extend([roman(before), italic(value), roman(behind)]);
    }
    // What it is where nobody says otherwise comes last.
    let (mut text, default) = match help(arg).split_once(" [default") {
        Some((text, default)) => (text.to_owned(), Some(format!(" [default{default}"))),
        None => (help(arg), None),
    };
    let values = arg.get_possible_values();
    if arg.get_action().takes_values() && !values.is_empty() {
        let one = |value: &clap::builder::PossibleValue| match value.get_help() {
            Some(help) => format!("`{}` ({})", value.get_name(), lower(&help.to_string())),
            None => format!("`{}`", value.get_name()),
        };
        let all: Vec<String> = values.iter().map(one).collect();
        text.extend([": ", &all.join(", ")]);
    }
    text.extend(default);
    let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if arg.get_action().takes_values() && !default.is_empty() {
        text.extend([" [default: ", &default.join(","), "]"]);
    }
    if let Some(variable) = arg.get_env() {
        text.extend([" [env: ", &variable.to_string_lossy(), "]"]);
    }
    entry(page, header, &text);
}

fn help(arg: &Arg) -> String {
    arg.get_help().map(ToString::to_string).unwrap_or_default()
}

/// With a small first letter, unless it begins with a word in capitals.
fn lower(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(first), second) if !second.is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text.to_owned(),
    }
}

fn entry(page: &mut Roff, what: impl Into<Vec<Inline>>, text: &str) {
    page.control("TP", []);
    page.text(what);
    page.text(marked(text));
}

fn paragraphs<'a>(page: &mut Roff, paragraphs: impl Iterator<Item = &'a str>) {
    for (at, paragraph) in paragraphs.enumerate() {
        if at > 0 {
            page.control("PP", []);
        }
        page.text(marked(&paragraph.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
}

/// Text in which backticks stand around what is to be typed.
fn marked(text: &str) -> Vec<Inline> {
    let pieces = text.split('`').enumerate();
    pieces.map(|(at, piece)| if at % 2 == 1 { bold(piece) } else { roman(piece) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_are_command_lines_that_imtop_takes() {
        for (_, line) in EXAMPLES {
            assert!(line.len() <= 68, "{line} does not fit on a page");
            for part in line.split(" | ").filter(|part| part.contains("imtop ")) {
                let part = part.split(" > ").next().unwrap().split(" >> ").next().unwrap();
                let mut words = part.split('\'').enumerate().flat_map(|(at, piece)| {
                    if at % 2 == 1 { vec![piece] } else { piece.split_whitespace().collect() }
                });
                words.by_ref().find(|word| *word == "imtop").unwrap();
                let args = std::iter::once("imtop").chain(words);
                if let Err(error) = definition(&|_| None).try_get_matches_from(args) {
                    panic!("{line}: {error}");
                }
            }
        }
    }

    #[test]
    fn what_is_to_be_typed_is_bold() {
        assert_eq!(marked("see `imtop man`."), [roman("see "), bold("imtop man"), roman(".")]);
        assert_eq!(
            (lower("Columns of text"), lower("JSON, a line")),
            ("columns of text".into(), "JSON, a line".into())
        );
    }
}
