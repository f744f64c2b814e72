//! The names that a shell completes: contexts of the configuration, groups of the watch list. Reads no
//! credentials, waits for nobody, and says nothing of what it cannot read.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::environment::Environment;
use super::environment::VARIABLES;
use super::file::ConfigFile;
use super::sources::{Sources, location};
use super::watch_list::read_telling;
use crate::presence::visible;

/// So much of a watch list is looked at, in bytes.
const LOOKED_AT: u64 = 4 << 20;

/// Names that can be typed on a command line. Those with characters that do not show are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The contexts of the configuration file, in alphabetical order.
    pub contexts: Vec<String>,
    /// The groups of the watch-list file, in alphabetical order.
    pub groups: Vec<String>,
}

/// The names for a command line as far as it is typed. Nothing stands for what cannot be read.
pub fn names(matches: &ArgMatches, env: Environment<'_>) -> Names {
    let env = |name: &str| if VARIABLES.contains(&name) { None } else { env(name) };
    let location = location(matches, &env);
    let file = location.path.as_deref().filter(|path| path.is_file());
    let file = file.and_then(|_| ConfigFile::open(&location, &|_| Vec::new()).ok());
    let file = file.map(|(file, _)| file).unwrap_or_default();
    let contexts = typeable(file.contexts.keys().cloned());
    let sources = Sources::of(file, matches, &env).ok();
    let watch: Option<PathBuf> = sources.and_then(|sources| sources.view().read("watch").ok()?);
    Names { contexts, groups: watch.map(|path| groups(&path)).unwrap_or_default() }
}

fn groups(path: &Path) -> Vec<String> {
    let mut text = Vec::new();
    // Opening a pipe would wait for whoever writes into it.
    let read = path.is_file().then(|| File::open(path)?.take(LOOKED_AT).read_to_end(&mut text));
    if !matches!(read, Some(Ok(_))) {
        return Vec::new();
    }
    if text.len() as u64 == LOOKED_AT {
        text.truncate(text.iter().rposition(|byte| *byte == b'\n').unwrap_or_default());
    }
    let mut groups = BTreeSet::new();
    // As they are written: those of a list are safe to show, and no longer what would have to be typed.
    let mut take = |group: &str| {
        groups.insert(group.to_owned());
    };
    match read_telling(&text, "", &mut |_| (), &mut take) {
        Ok(_) => typeable(groups),
        Err(_) => Vec::new(),
    }
}

fn typeable(names: impl IntoIterator<Item = String>) -> Vec<String> {
    names.into_iter().filter(|name| visible(name) == name.as_str()).collect()
}
