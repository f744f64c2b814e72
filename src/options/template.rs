//! A configuration file with every setting in it, commented out, for people to begin with.

use super::environment::CREDENTIALS;
use super::table::{Row, settings};

const HEAD: &str = "\
# imtop's configuration. Lines that begin with # and a blank explain; remove the # of any other line
# to set something. A flag outranks an IMTOP_* variable, that outranks the context, that the lines
# before the first section.

# Settings for every context; a context may have each of them for itself

# The context that is used where nobody names one
#context = \"example\"
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

/// The file, with the lines of `keys`. Without its `#` before settings it is one that imtop reads.
pub fn template(keys: &str) -> String {
    let (context, top): (Vec<&Row>, Vec<&Row>) = settings().partition(|row| row.part.needs_context());
    let lines = |rows: Vec<&Row>| rows.into_iter().map(setting).collect::<String>();
    [HEAD, &lines(top), KEYS, keys, &super::alerts::template(), CONTEXT, &lines(context)].concat()
}

fn setting(row: &Row) -> String {
    let (name, help) = (row.name(), row.file_help());
    let (value, unset) = match row.default() {
        Some(default) => (default, ""),
        None => (row.kind.value_of(row.example), "; not set unless you do"),
    };
    // A context takes one source of credentials: the others are shown as what they are instead of.
    let instead = match CREDENTIALS.iter().position(|id| *id == row.id) {
        None | Some(0) => "#",
        Some(_) => "# or instead of token-file: ",
    };
    format!("\n# {help}{unset}\n{instead}{name} = {}\n", value.toml())
}
