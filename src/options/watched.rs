//! Whom to watch, as the user named them.

use std::io::Read as _;
use std::path::Path;

use super::sources::View;
use super::table::Values;
use super::{Listing, SettingsError, WatchFile, read_watch_list};
use crate::presence::{Entry, UserId, visible_bounded};

/// Whom to watch, as the user named them.
#[derive(Clone, Debug)]
pub struct Watched {
    /// From arguments, standard input and the context, which do not change.
    pub fixed: Vec<Entry>,
    /// The file, which may.
    pub file: Option<WatchFile>,
    /// All of them together, as of now; nobody yet where only the server knows them.
    pub entries: Vec<Entry>,
    /// Sentences about what was passed over.
    pub warnings: Vec<String>,
    /// The ID of the server's group whose members are watched.
    pub group: Option<String>,
    /// Every registered user is watched.
    pub all: bool,
    /// Labels are the nicknames on the server.
    pub labels_from_server: bool,
}

impl Watched {
    /// Only these, for good.
    pub fn fixed(entries: Vec<Entry>) -> Watched {
        Watched {
            fixed: entries.clone(),
            file: None,
            entries,
            warnings: Vec::new(),
            group: None,
            all: false,
            labels_from_server: false,
        }
    }

    /// Whether anybody is named.
    pub(super) fn is_anybody(view: View<'_>) -> bool {
        let named = |id| view.chosen(id).is_some_and(|chosen| !chosen.value.is_nothing());
        ["users", "watch", "group_id", "all"].into_iter().any(named)
    }

    /// Reads the lists.
    ///
    /// # Errors
    /// A list cannot be read, names nobody, or has what cannot be a user in it.
    pub(super) fn read(view: View<'_>, values: &Values) -> Result<Watched, SettingsError> {
        if let Some(group) = &values.group_id {
            UserId::check(group).map_err(|why| SettingsError(format!("group-id: {why}")))?;
        }
        let mut watched = Watched {
            group: values.group_id.clone(),
            all: values.all,
            labels_from_server: values.labels == "server",
            ..Watched::fixed(Vec::new())
        };
        watched.name(&values.users, view)?;
        watched.entries.clone_from(&watched.fixed);
        if let Some(path) = &values.watch {
            watched.open(path)?;
        }
        if watched.entries.is_empty() && !watched.all && watched.group.is_none() {
            return Err(SettingsError(match &values.watch {
                Some(path) => format!("the watch list {} names nobody", path.display()),
                None => "standard input names nobody to watch".to_owned(),
            }));
        }
        Ok(watched)
    }

    fn name(&mut self, users: &[String], view: View<'_>) -> Result<(), SettingsError> {
        let mut seen = std::collections::HashSet::new();
        for user in users {
            if user == "-" {
                let listing = view.sources.stdin.get_or_init(read_stdin).clone()?;
                self.warnings.extend(listing.warnings);
                self.fixed.extend(listing.entries);
                continue;
            }
            UserId::check(user).map_err(SettingsError)?;
            if !seen.insert(user.as_str()) {
                self.warnings.push(format!("{} was named twice, watched once", visible_bounded(user, 40)));
            }
            self.fixed.push(Entry::of(user));
        }
        Ok(())
    }

    fn open(&mut self, path: &Path) -> Result<(), SettingsError> {
        let (file, listing) = WatchFile::open(path).map_err(SettingsError)?;
        self.warnings.extend(listing.warnings);
        self.entries.extend(listing.entries);
        self.file = Some(file);
        Ok(())
    }
}

/// That nobody is named, and how to.
pub(super) fn nobody(context: Option<&str>) -> SettingsError {
    let context =
        context.map(|name| format!("the context {} names nobody either; ", visible_bounded(name, 40)));
    SettingsError(format!(
        "nobody to watch: name users (imtop user_001), a file (--watch FILE), or - for standard input; {}`imtop \
         demo` shows an example without a server",
        context.unwrap_or_default()
    ))
}

fn read_stdin() -> Result<Listing, SettingsError> {
    let mut text = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut text)
        .map_err(|error| SettingsError(format!("cannot read user IDs from standard input: {error}")))?;
    read_watch_list(&text, "standard input").map_err(|error| SettingsError(error.to_string()))
}
