//! What fills the body of the screen, and where leaving it leads.

use crate::presence::UserIx;

use super::event_list::EventsList;
use super::finding_list::FindingsList;
use super::overview::Overview;

/// What fills the body of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screen {
    /// How all are together.
    Overview(Overview),
    /// The list of users.
    Users,
    /// What happened, newest first.
    Events(EventsList),
    /// What is wrong, worst first.
    Findings(FindingsList),
    /// How the server does.
    Server {
        /// Lines that are scrolled out at the top.
        scroll: usize,
    },
    /// Everything that is known of one user.
    Detail {
        /// The user.
        user: UserIx,
        /// Lines that are scrolled out at the top.
        scroll: usize,
        /// Where leaving it leads.
        back: Box<Screen>,
    },
    /// The keys and the words.
    Help {
        /// Only lines with this text; empty: all.
        search: String,
        /// Lines that are scrolled out at the top.
        scroll: usize,
        /// Where leaving it leads.
        back: Box<Screen>,
    },
}

impl Screen {
    /// Whether it is one to which the others lead back, and which `q` leaves for good.
    pub fn is_first(&self) -> bool {
        matches!(self, Screen::Users | Screen::Overview(_))
    }

    /// Lines that are scrolled out at the top, where the screen is a text.
    pub(super) fn scroll_mut(&mut self) -> Option<&mut usize> {
        match self {
            Screen::Server { scroll } | Screen::Detail { scroll, .. } | Screen::Help { scroll, .. } => {
                Some(scroll)
            }
            Screen::Overview(_) | Screen::Users | Screen::Events(_) | Screen::Findings(_) => None,
        }
    }

    /// Looks at everything anew: what is known is that of another moment.
    pub(super) fn forget(&mut self) {
        match self {
            Screen::Events(list) => list.forget(),
            Screen::Findings(list) => list.forget(),
            Screen::Detail { back, .. } | Screen::Help { back, .. } => back.forget(),
            Screen::Overview(_) | Screen::Users | Screen::Server { .. } => {}
        }
    }

    /// The screen after a change of the watch list, and a user whose detail had to go.
    pub(super) fn carried(&self, heir: &impl Fn(UserIx) -> Option<UserIx>) -> (Screen, Option<UserIx>) {
        match self {
            Screen::Overview(overview) => (Screen::Overview(overview.carried(heir)), None),
            Screen::Users | Screen::Events(_) | Screen::Findings(_) | Screen::Server { .. } => {
                (self.clone(), None)
            }
            Screen::Detail { user, scroll, back } => {
                let (back, gone) = back.carried(heir);
                match heir(*user) {
                    Some(user) => (Screen::Detail { user, scroll: *scroll, back: Box::new(back) }, gone),
                    None => (back, Some(*user)),
                }
            }
            Screen::Help { search, scroll, back } => {
                let (back, gone) = back.carried(heir);
                (Screen::Help { search: search.clone(), scroll: *scroll, back: Box::new(back) }, gone)
            }
        }
    }
}
