//! What the environment says: where the configuration file is, and whether there is a screen.

use std::path::{Path, PathBuf};

/// The ways to credentials; a command line and a context take one.
pub(super) const CREDENTIALS: [&str; 3] = ["token_file", "token_command", "secret_file"];

/// The variables that credentials come from.
pub(super) const VARIABLES: [&str; 4] =
    ["IMTOP_TOKEN", "IMTOP_TOKEN_FILE", "IMTOP_TOKEN_COMMAND", "IMTOP_SECRET_FILE"];

/// Where the API is if nobody says so.
pub(super) const USUAL_API: &str = "http://127.0.0.1:10002";

use crate::home::Home;

/// Reads one environment variable.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Where the configuration file is looked for.
#[derive(Clone, Debug)]
pub(super) struct Location {
    /// None: neither `XDG_CONFIG_HOME` nor `HOME` says where files of the kind are.
    pub(super) path: Option<PathBuf>,
    /// Whether the user named it, so that it has to be there.
    pub(super) named: bool,
    home: Home,
}

impl Location {
    /// `named`, or `imtop/config.toml` in `$XDG_CONFIG_HOME` or in `~/.config`.
    pub(super) fn find(named: Option<&Path>, env: Environment<'_>) -> Location {
        let home = Home::of(env);
        // The specification of base directories says to ignore relative ones.
        let usual = || {
            let folder = env("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
            let folder =
                folder.or_else(|| Some(home.folder().filter(|it| it.is_absolute())?.join(".config")));
            Some(folder?.join("imtop").join("config.toml"))
        };
        Location { path: named.map(Path::to_owned).or_else(usual), named: named.is_some(), home }
    }

    /// The path that `text` in the file names: anything relative but `~/` is in the folder of the file.
    pub(super) fn join(&self, text: &str) -> PathBuf {
        let folder = self.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        // What is absolute stays so.
        folder.join(self.home.join(text.into()))
    }
}

/// Why nothing can be drawn over on a stream, which `is_terminal` or not; `None`: it can.
pub fn no_screen(env: Environment<'_>, is_terminal: bool) -> Option<String> {
    if !is_terminal {
        return Some("standard output is no terminal".to_owned());
    }
    let term = env("TERM").unwrap_or_default();
    match term.as_str() {
        "" => Some("TERM is not set, and the screen needs a terminal with a name".to_owned()),
        "dumb" | "unknown" => Some(format!("TERM is {term}, and the screen needs a terminal to draw over")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_terminal_with_a_name_has_a_screen() {
        let why = |term: Option<&str>, terminal| no_screen(&|_| term.map(str::to_owned), terminal);
        assert_eq!(why(Some("xterm"), true), None);
        assert!(why(Some("xterm"), false).unwrap().contains("no terminal"));
        assert!(why(Some("dumb"), true).unwrap().starts_with("TERM is dumb"));
        assert!(why(Some("unknown"), true).is_some());
        for unset in [None, Some("")] {
            assert!(why(unset, true).unwrap().starts_with("TERM is not set"), "{unset:?}");
        }
    }
}
