//! The view of what happened: whose events are listed, and where the selection is among them.

use crate::presence::UserId;

/// What the view of events is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsList {
    /// Only this user's events; none: everybody's.
    pub only: Option<UserId>,
    /// The number of the group that is selected; none: the newest.
    pub(super) selected: Option<u64>,
    /// The row of the body on which it stands.
    pub(super) row: u16,
}
