//! The home: the one place that reads `HOME`, and puts paths that begin with `~/` there.

use std::path::{Path, PathBuf};

/// What `~/` stands for.
#[derive(Clone, Debug, Default)]
pub struct Home(Option<PathBuf>);

impl Home {
    /// As the variable `HOME` says; one that is empty says nothing.
    pub fn of(env: &dyn Fn(&str) -> Option<String>) -> Home {
        Home(env("HOME").filter(|home| !home.is_empty()).map(PathBuf::from))
    }

    /// Where it is, if that is known.
    pub fn folder(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    /// The path, in the home where it begins with `~/`.
    pub fn join(&self, path: PathBuf) -> PathBuf {
        match (path.strip_prefix("~"), &self.0) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_that_begins_with_the_sign_is_in_the_home() {
        let at = |home: Option<&str>, path: &str| {
            let home = home.map(str::to_owned);
            Home::of(&|name| home.clone().filter(|_| name == "HOME")).join(path.into())
        };
        assert_eq!(at(Some("/h"), "~/a/b"), Path::new("/h/a/b"));
        for path in ["a/~/b", "~x/a", "/a", "a"] {
            assert_eq!(at(Some("/h"), path), Path::new(path));
        }
        for home in [None, Some("")] {
            assert_eq!(at(home, "~/a"), Path::new("~/a"));
        }
    }
}
