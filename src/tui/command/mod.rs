//! The one table of commands, beside the actions, each of which is a command by its name as well.
//!
//! The palette, the help and the table of commands in docs/screen-and-keys.md come from it. `run` does what a line
//! says, `offers` says how it could go on.

mod columns;
mod offers;
mod run;

use std::fmt::Write as _;
use std::ops::Range;

use super::action::{ACTIONS, Action, ActionRow, Scope};

pub(super) use columns::tick;
pub use offers::MOST_OFFERED;
pub(super) use offers::offers;
pub(super) use run::run;

/// What a command does that takes words with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Remove,
    Goto,
    Filter,
    Sort,
    Columns,
    Export,
    Interval,
    Silence,
    At,
    Record,
    Context,
    Theme,
    By,
    Help,
    Quit,
}

/// One row of [`COMMANDS`].
#[derive(Clone, Copy, Debug)]
pub struct CommandRow {
    pub(super) verb: Verb,
    /// What is typed.
    pub name: &'static str,
    /// What people type by habit, and is taken for it.
    pub habits: &'static [&'static str],
    /// What comes after it.
    pub arguments: &'static str,
    /// What it does, for the help.
    pub help: &'static str,
    /// The action whose keys do the same.
    pub action: Option<Action>,
}

macro_rules! commands {
    ($($verb:ident $name:literal [$($habit:literal)*] $arguments:literal words!($help:literal) $($action:ident)?;)+) => {
        &[$(CommandRow {
            verb: Verb::$verb,
            name: $name,
            habits: &[$($habit),*],
            arguments: $arguments,
            help: $help,
            action: [$(Some(Action::$action),)? None][0],
        }),+]
    };
}

/// Every command that takes words with it.
pub const COMMANDS: &[CommandRow] = commands! {
    Goto "goto" ["go"] "ID" words!("select a user by ID, or by a part of ID or label");
    Filter "filter" [] "[EXPR]" words!("filter the users") Filter;
    Sort "sort" [] "COLUMN [asc|desc]" words!("sort the users by a column") SortNext;
    Columns "cols" ["columns"] "[NAME...|default]" words!("choose columns; +NAME to add, -NAME to drop");
    Add "add" [] "ID..." words!("watch more users");
    Remove "rm" ["remove"] "[ID]..." words!("stop watching users, or the selected one");
    Export "export" [] "csv|json|txt [FILE]" words!("export what is shown to a file") Export;
    Interval "interval" [] "TIME" words!("set the poll interval: 2s, 500ms");
    Silence "silence" ["mute"] "[ALERT TIME|off]" words!("send nothing of an alert for so long: 1h; off lifts it");
    At "at" [] "TIME" words!("go to a time: 12:01:05, -5m before now or the end, +90s after the beginning") Live;
    Record "record" ["rec"] "[FILE]" words!("record all answers of the server to a file; again to stop") Record;
    Context "ctx" ["context"] "NAME" words!("switch to another server");
    Theme "theme" [] "NAME" words!("switch to another theme") NextTheme;
    By "by" [] "group|platform|batch|gateway" words!("show the overview, with a row for each of them") ShowOverview;
    Help "help" ["h"] "[TEXT]" words!("show the help, or only its lines with this text") Help;
    Quit "quit" ["q" "q!" "quit!" "wq"] "" words!("quit") Close;
};

/// What a name stands for.
#[derive(Clone, Copy)]
enum Named {
    Command(&'static CommandRow),
    Action(&'static ActionRow),
}

impl Named {
    fn name(self) -> &'static str {
        match self {
            Named::Command(row) => row.name,
            Named::Action(row) => row.name,
        }
    }
}

/// Everything that has a name: commands, then the actions that are of use without their key.
fn all() -> impl Iterator<Item = Named> {
    let of_use = |row: &&ActionRow| {
        !COMMANDS.iter().any(|command| command.name == row.name)
            && row.scope != Scope::Prompt
            && !matches!(
                row.action,
                Action::Command
                    | Action::Back
                    | Action::Down
                    | Action::Up
                    | Action::Top
                    | Action::Bottom
                    | Action::HalfPageDown
                    | Action::HalfPageUp
                    | Action::PageDown
                    | Action::PageUp
            )
    };
    COMMANDS.iter().map(Named::Command).chain(ACTIONS.iter().filter(of_use).map(Named::Action))
}

/// What is called so, by habit too, or alone begins so.
fn find(name: &str) -> Option<Named> {
    let is_called = |named: &Named| match named {
        Named::Command(row) => row.name == name || row.habits.contains(&name),
        Named::Action(row) => row.name == name,
    };
    all().find(is_called).or_else(|| {
        let mut begin = all().filter(|named| named.name().starts_with(name));
        begin.next().filter(|_| begin.next().is_none())
    })
}

/// The words of a line, and where they stand in it.
fn words(line: &str) -> Vec<(Range<usize>, &str)> {
    let mut words = Vec::new();
    let mut from = 0;
    for word in line.split(char::is_whitespace) {
        // Every blank is at least a byte; where the next word begins is found, not counted.
        let start = line.get(from..).and_then(|rest| rest.find(word)).map_or(from, |at| from + at);
        from = start + word.len();
        if !word.is_empty() {
            words.push((start..from, word));
        }
    }
    words
}

/// The table of commands for docs/screen-and-keys.md.
pub fn command_table() -> String {
    let mut text = String::from("| command | does |\n|---|---|\n");
    for row in COMMANDS {
        let usage = format!(":{} {}", row.name, row.arguments.replace('|', "\\|"));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| `{}` | {} |", usage.trim_end(), row.help);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_have_one_name() {
        let names: Vec<&str> =
            COMMANDS.iter().flat_map(|row| row.habits.iter().copied().chain([row.name])).collect();
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].contains(name), "{name}");
            assert!(!name.contains(' '));
        }
        assert!(COMMANDS.iter().all(|row| !row.help.is_empty() && !row.help.ends_with('.')));
    }

    #[test]
    fn names_are_found_whole_by_habit_and_by_a_beginning_that_only_one_has() {
        let name = |text| find(text).map(Named::name);
        assert_eq!(name("sort"), Some("sort"));
        assert_eq!(name("q!"), Some("quit"));
        assert_eq!(name("pause"), Some("pause"));
        assert_eq!(name("inter"), Some("interval"));
        assert_eq!(name("so"), None, "sort, sort-next, sort-previous");
        assert_eq!((name("down"), name("delete-all"), name("")), (None, None, None));
    }

    #[test]
    fn words_keep_their_places() {
        assert_eq!(words("  sort  a "), [(2..6, "sort"), (8..9, "a")]);
        assert_eq!(words("王 a\u{3000}a"), [(0..3, "王"), (4..5, "a"), (8..9, "a")]);
        assert!(words(" ").is_empty());
    }

    #[test]
    fn the_table_for_readers_keeps_its_bars_apart() {
        assert!(command_table().contains("| `:export csv\\|json\\|txt [FILE]` |"), "{}", command_table());
    }
}
