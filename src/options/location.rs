//! Where the configuration file is, and what the paths in it are relative to.

use std::path::{Path, PathBuf};

use super::Environment;
use crate::options::cli::in_home;

/// Where the configuration file is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// None: neither `XDG_CONFIG_HOME` nor `HOME` says where files of the kind are.
    pub path: Option<PathBuf>,
    /// Whether the user named it, so that it has to be there.
    pub named: bool,
}

impl Location {
    /// `named`, or `imtop/config.toml` in `$XDG_CONFIG_HOME` or in `~/.config`.
    pub fn find(named: Option<&Path>, env: Environment<'_>) -> Location {
        if let Some(path) = named {
            return Location { path: Some(path.to_owned()), named: true };
        }
        // The specification of base directories says to ignore relative ones.
        let folder = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let folder = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
        Location { path: folder.map(|folder| folder.join("imtop").join("config.toml")), named: false }
    }
}

/// What the paths in a file are relative to.
#[derive(Clone, Debug, Default)]
pub(super) struct Base {
    pub(super) folder: PathBuf,
    pub(super) home: Option<PathBuf>,
}

impl Base {
    /// For the file at `path`.
    pub(super) fn of(path: &Path, env: Environment<'_>) -> Base {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Base { folder, home: env("HOME").filter(|home| !home.is_empty()).map(PathBuf::from) }
    }

    /// The path that `text` names; `~/` is the home, anything else that is relative in the folder.
    pub(super) fn join(&self, text: &str) -> PathBuf {
        // What is absolute stays so.
        self.folder.join(in_home(text.into(), self.home.as_deref()))
    }
}
