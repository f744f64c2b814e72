//! A configuration file with every setting in it, commented out, for people to begin with.

use std::fmt::Write as _;

use super::file::CREDENTIALS;
use super::table::{SETTINGS, SettingRow};
use crate::tui::{ACTIONS, Keymap};

const HEAD: &str = "\
# imtop's configuration. Lines that begin with # and a blank explain; remove the # of any other line
# to set something. A flag outranks an IMTOP_* variable, that outranks the context, that the lines
# before the first section.

# Settings for every context; a context may have each of them for itself
";

const CONTEXT: &str = "
# A server with its credentials, its users, and settings of its own. Paths are relative to the folder
# of this file; ~/ is the home. A token or secret itself has no place here: others may read this file
#[contexts.example]
";

const KEYS: &str = "
# Keys for actions, instead of the usual ones; several in a row with a blank between: \"g g\"
#[keys]
";

/// The file. Without its `#` before settings it is one that imtop reads.
pub fn template() -> String {
    let mut text = HEAD.to_owned();
    let (context, top): (Vec<&SettingRow>, Vec<&SettingRow>) =
        SETTINGS.iter().partition(|row| row.part.needs_context());
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n# The context that is used where nobody names one\n#context = \"example\"");
    for row in top {
        setting(&mut text, row);
    }
    text.push_str(KEYS);
    for row in ACTIONS {
        let keys: Vec<String> = row.keys.iter().map(|keys| (*keys).to_owned()).collect();
        let shown: Vec<String> = keys.iter().map(|keys| format!("{keys:?}")).collect();
        let shown = shown.join(", ");
        // Some keys stay what they are.
        let _ = match Keymap::with(&[(row.name.to_owned(), keys, String::new())]) {
            Ok(_) => writeln!(text, "#{} = [{shown}]", row.name),
            Err(_) => writeln!(text, "# {} is always [{shown}]", row.name),
        };
    }
    text.push_str(CONTEXT);
    for row in context {
        setting(&mut text, row);
    }
    text
}

fn setting(text: &mut String, row: &SettingRow) {
    let SettingRow { name, default, example, help, .. } = row;
    let value = if default.is_empty() { example } else { default };
    let unset = if default.is_empty() { "; not set unless you do" } else { "" };
    // A context takes one source of credentials: the others are shown as what they are instead of.
    let line = match CREDENTIALS.iter().position(|other| other == name) {
        None | Some(0) => format!("#{name} = {value}"),
        Some(_) => format!("# or instead of token-file: {name} = {value}"),
    };
    let _ = writeln!(text, "\n# {help}{unset}\n{line}");
}
