//! Users whom somebody marked to keep an eye on, for as long as the program runs.

use std::collections::HashSet;

use crate::presence::UserIx;

/// Who is marked, and whether only they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    users: HashSet<UserIx>,
    pub(crate) only: bool,
}

impl Marks {
    /// Whether the user is marked.
    pub fn contains(&self, user: UserIx) -> bool {
        self.users.contains(&user)
    }

    /// Whether only marked users are shown.
    pub fn are_all_that_is_shown(&self) -> bool {
        self.only
    }

    /// Marks a user, or takes the mark away; says whether there is one now.
    pub(crate) fn toggle(&mut self, user: UserIx) -> bool {
        let marked = !self.users.remove(&user);
        if marked {
            self.users.insert(user);
        }
        marked
    }

    /// Goes over to another watch list.
    pub(crate) fn rebase(&mut self, heir: impl Fn(UserIx) -> Option<UserIx>) {
        self.users = self.users.iter().filter_map(|user| heir(*user)).collect();
    }
}
