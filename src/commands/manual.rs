//! The manual page: everything that the definition of the command line says, and what a reader wants
//! to know besides. Options that commands share are explained once.

use std::io::{self, Write as _};

use clap::builder::{PossibleValue, StyledStr};
use clap::{Arg, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use super::{CommandError, piped};
use crate::options::cli::definition;

/// The day on which somebody last read the page as a whole.
const READ: &str = "2026-11-23";

const EXIT_STATUS: &[(&str, &str)] = &[
    (
        "0",
        "All is well; also after `q` in the live view. In `snapshot`: every request was answered. In `check`: OK. In \
         `wait`: the condition holds. In `doctor`: no step failed.",
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
    ("124", "In `wait` only: time is up, or the condition holds at no time of the recording."),
    ("129", "The terminal has gone away (SIGHUP)."),
    ("130", "Ctrl-C (SIGINT); 0 in `serve`."),
    ("143", "Ended from outside (SIGTERM); 0 in `serve`."),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "IMTOP_...",
        "Each option that has a twin among the variables names it in brackets. An option outranks its variable. A \
         variable that is set but empty asks for nothing.",
    ),
    ("IMTOP_TOKEN", "The admin token itself; a file that only you can read (--token-file) is a safer place."),
    ("NO_COLOR", "Heeded by --color auto: no colours where it is set."),
    ("TERM", "Which terminal it is. Where it is dumb or not set there is one picture instead of the screen."),
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
pub(super) fn man() -> Result<u8, CommandError> {
    // Without variables: the page is the same for everybody.
    let page = page(definition(&|_| None));
    let mut out = io::stdout().lock();
    piped(page.and_then(|page| out.write_all(&page)).and_then(|()| out.flush())).map(|()| 0)
}

fn page(mut root: Command) -> io::Result<Vec<u8>> {
    root.build();
    root = spelled_out(root);
    let commands = commands(&root);
    let man = Man::new(described(&root, &commands)).title("IMTOP").date(READ).manual("User Commands");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    // No hyphenation, and nothing stretched: commands and options stand among the words.
    page.write_all(b".nh\n.ad l\n")?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    let mut list = Roff::new();
    list.control("SH", ["COMMANDS"]);
    entry(&mut list, bold("imtop"), "The live view, where no command is named");
    for command in &commands {
        entry(&mut list, bold(name(command)), &text(command.get_about()));
    }
    list.to_writer(&mut page)?;
    options(root.clone(), "SH", "OPTIONS", &mut page)?;
    page.write_all(b".SH \"OPTIONS OF COMMANDS\"\n")?;
    for command in &commands {
        options_of(&root, command, &mut page)?;
    }
    let mut rest = Roff::new();
    section(&mut rest, "KEYS", KEYS);
    section(&mut rest, "FILTERS", FILTERS);
    rest.control("PP", []).text([roman(FIELDS)]);
    conditions(&mut rest, &root);
    for (heading, entries) in [("EXIT STATUS", EXIT_STATUS), ("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)] {
        section(&mut rest, heading, entries);
    }
    rest.control("SH", ["EXAMPLES"]);
    for (wish, line) in EXAMPLES {
        rest.control("TP", ["4"]).text([roman(*wish)]);
        rest.control("nf", []).text([bold(*line)]).control("fi", []);
    }
    rest.to_writer(&mut page)?;
    Ok(page)
}

/// With each option's values and variable in brackets behind what it does, where a list of them would
/// fill the page.
fn spelled_out(command: Command) -> Command {
    let said = |arg: Arg| {
        let mut help = text(arg.get_help());
        let one = |value: PossibleValue| match value.get_help() {
            Some(about) => format!("{} ({about})", value.get_name()),
            None => value.get_name().to_owned(),
        };
        let takes = arg.get_action().takes_values();
        let values: Vec<String> = arg.get_possible_values().into_iter().map(one).collect();
        if takes && !values.is_empty() {
            help.extend([" [values: ", &values.join(", "), "]"]);
        }
        if let Some(variable) = arg.get_env() {
            help.extend([" [env: ", &variable.to_string_lossy(), "]"]);
        }
        arg.help(help).long_help(None::<&str>).hide_possible_values(takes).hide_env(takes)
    };
    command.mut_args(said).mut_subcommands(spelled_out)
}

/// The command line as its page describes it: every command's usage, and a text without the sentence
/// that stands beside the name.
fn described(root: &Command, commands: &[Command]) -> Command {
    let mut usage = "imtop [OPTIONS] [USER]...".to_owned();
    for command in commands {
        usage.extend(["\n", text(Some(&command.clone().render_usage())).trim_start_matches("Usage: ")]);
    }
    // Behind the examples stands where tokens come from; examples and exit codes have sections of their own.
    let (long, after) = (text(root.get_long_about()), text(root.get_after_help()));
    let paragraphs: Vec<&str> =
        long.split("\n\n").skip(1).chain(after.split("\n\n").skip(1).take(1)).collect();
    root.clone().override_usage(usage).long_about(paragraphs.join("\n\n"))
}

fn text(styled: Option<&StyledStr>) -> String {
    styled.map(ToString::to_string).unwrap_or_default()
}

/// The options of a command below a heading, and those that have one below theirs.
fn options(command: Command, macro_name: &str, heading: &str, page: &mut Vec<u8>) -> io::Result<()> {
    let mut rendered = Vec::new();
    Man::new(command).render_options_section(&mut rendered)?;
    // Every group is a section to clap_mangen; here the groups are below one.
    let rendered = String::from_utf8_lossy(&rendered).replace(".SH ", ".SS ");
    let (_, options) = rendered.split_once(".SS OPTIONS\n").unwrap_or_default();
    write!(page, ".{macro_name} \"{heading}\"\n{options}")
}

/// A section of words and what they mean.
fn section(page: &mut Roff, heading: &str, entries: &[(&str, &str)]) {
    page.control("SH", [heading]);
    for (what, text) in entries {
        entry(page, bold(*what), text);
    }
}

/// The language of conditions, as the help of `check` has it.
fn conditions(page: &mut Roff, root: &Command) {
    let help = text(root.find_subcommand("check").and_then(Command::get_after_help));
    page.control("SH", ["CONDITIONS"]).control("nf", []);
    for line in help.lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []);
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

/// The options that only this command has, and where those are that it shares.
fn options_of(root: &Command, command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let is_shared = |arg: &&Arg| {
        let same = |other: &Arg| other.get_id() == arg.get_id() && other.get_long() == arg.get_long();
        root.get_arguments().any(|other| {
            same(other) && (arg.get_id() == "help" || text(other.get_help()) == text(arg.get_help()))
        })
    };
    let (shared, own): (Vec<&Arg>, Vec<&Arg>) = command.get_arguments().partition(is_shared);
    let mut headings: Vec<&str> = shared.iter().filter_map(|arg| arg.get_help_heading()).collect();
    headings.dedup();
    if own.is_empty() && headings.is_empty() {
        return Ok(());
    }
    let none = own.is_empty();
    // Without the groups, of which such a command has few.
    let own = own.into_iter().map(|arg| arg.clone().help_heading(None));
    let alone = Command::new("imtop").disable_help_flag(true).args(own);
    options(alone, "SS", &name(command), page)?;
    if headings.is_empty() {
        return Ok(());
    }
    page.write_all(if none { b"" } else { b".PP\n" })?;
    writeln!(page, "Also the options above under: {}.", headings.join(", "))
}

fn entry(page: &mut Roff, what: Inline, text: &str) {
    page.control("TP", []);
    page.text([what]);
    page.text(marked(text));
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
    }
}
