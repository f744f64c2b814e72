//! `mass-disconnect`: many users left within a short time, by agreement of all sources.
//!
//! Evidence: more than a fifth of those who were connected at most in the last ten minutes, and five at
//! least, have no connection any more. Who is unknown has not left, nor has who was taken off the watch
//! list; and who left with a gateway that died is told by `view-loss`. Lasts until it has been over for two
//! minutes: because they are back, or because it is ten minutes ago.
//!
//! False alarms: the end of a shift is one. At most one at a time.

use super::evidence::Evidence;
use crate::presence::Departed;

pub(super) fn judge(departed: Option<&Departed>, found: &mut Vec<Evidence>) {
    found.extend(departed.cloned().map(|departed| Evidence::MassDisconnect(Box::new(departed))));
}
