//! Whom to watch, as the user named them.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::PathBuf;

use super::sources::{Stdin, View};
use super::table::Values;
use super::watch_list::read_telling;
use super::{Listing, SettingsError, WatchFile};
use crate::presence::{ListBuilder, UserId, UserIx, WatchList, visible_bounded};

/// How standard input is called in messages.
const STDIN: &str = "standard input";

/// Whom to watch, as the user named them, before a list is read.
#[derive(Clone, Debug)]
pub struct Whom {
    /// IDs, and `-` for standard input.
    users: Vec<String>,
    path: Option<PathBuf>,
    stdin: Stdin,
    /// What is asked of the server.
    of_server: Watched,
}

/// Whom to watch, as the lists name them.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// From arguments, standard input and the context, which do not change.
    pub fixed: WatchList,
    /// The file, which may.
    pub file: Option<WatchFile>,
    /// Whom the file names, as it was read last.
    pub of_file: WatchList,
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
    pub fn fixed(list: WatchList) -> Watched {
        Watched { fixed: list, ..Watched::default() }
    }

    /// The first who is named on this side.
    pub fn first(&self) -> Option<&str> {
        let list = [&self.fixed, &self.of_file].into_iter().find(|list| !list.is_empty())?;
        Some(list.raw_id(UserIx(0)))
    }

    /// Whether nobody is named on this side.
    pub fn is_empty(&self) -> bool {
        self.fixed.is_empty() && self.of_file.is_empty()
    }
}

impl Whom {
    /// Whether anybody is named.
    pub(super) fn is_anybody(view: View<'_>) -> bool {
        let named = |id| view.chosen(id).is_some_and(|chosen| !chosen.value.is_nothing());
        ["users", "watch", "group_id", "all"].into_iter().any(named)
    }

    /// # Errors
    /// A group that cannot be one.
    pub(super) fn of(view: View<'_>, values: &Values) -> Result<Whom, SettingsError> {
        if let Some(group) = &values.group_id {
            UserId::check(group).map_err(|why| SettingsError(format!("group-id: {why}")))?;
        }
        Ok(Whom {
            users: values.users.clone(),
            path: values.watch.clone(),
            stdin: view.sources.stdin.clone(),
            of_server: Watched {
                group: values.group_id.clone(),
                all: values.all,
                labels_from_server: values.labels == "server",
                ..Watched::default()
            },
        })
    }

    /// What is asked of the server; of this side nobody is named yet.
    pub fn of_server(&self) -> Watched {
        self.of_server.clone()
    }

    /// Reads the lists, and standard input to its end where `-` is among the users; `told` hears now and then
    /// which list it is and how many users of it were read.
    ///
    /// # Errors
    /// A list cannot be read, names nobody, or has what cannot be a user in it.
    pub fn read(&self, told: &mut dyn FnMut(&str, usize)) -> Result<Watched, SettingsError> {
        let mut watched = self.of_server();
        self.name(&mut watched, told)?;
        if let Some(path) = &self.path {
            let name = path.display().to_string();
            told(&name, 0);
            let (file, listing) =
                WatchFile::open(path, &mut |users| told(&name, users)).map_err(SettingsError)?;
            watched.warnings.extend(listing.warnings);
            (watched.file, watched.of_file) = (Some(file), listing.list);
        }
        if watched.is_empty() && !watched.all && watched.group.is_none() {
            return Err(SettingsError(match &self.path {
                Some(path) => format!("the watch list {} names nobody", path.display()),
                None => "standard input names nobody to watch".to_owned(),
            }));
        }
        Ok(watched)
    }

    fn name(&self, watched: &mut Watched, told: &mut dyn FnMut(&str, usize)) -> Result<(), SettingsError> {
        let mut read_stdin = || self.stdin.get_or_init(|| read_stdin(told)).clone();
        if let [user] = &*self.users
            && user == "-"
        {
            let Listing { list, warnings } = read_stdin()?;
            (watched.fixed, watched.warnings) = (list, warnings);
            return Ok(());
        }
        let (mut fixed, mut seen) = (ListBuilder::default(), HashSet::new());
        for user in &self.users {
            if user == "-" {
                let listing = read_stdin()?;
                watched.warnings.extend(listing.warnings);
                fixed.extend(listing.list.entries());
                continue;
            }
            UserId::check(user).map_err(SettingsError)?;
            if !seen.insert(user.as_str()) {
                let user = visible_bounded(user, 40);
                watched.warnings.push(format!("{user} was named twice, watched once"));
            }
            fixed.push(user, None, None);
        }
        watched.fixed = fixed.build(1, 1);
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

fn read_stdin(told: &mut dyn FnMut(&str, usize)) -> Result<Listing, SettingsError> {
    told(STDIN, 0);
    let mut text = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut text)
        .map_err(|error| SettingsError(format!("cannot read user IDs from {STDIN}: {error}")))?;
    read_telling(&text, STDIN, &mut |users| told(STDIN, users), &mut |_| ())
        .map_err(|error| SettingsError(error.to_string()))
}
