//! `mass-disconnect`: many users left within a short time, by agreement of all sources.
//!
//! Evidence: more than a fifth of those who were connected at most in the last ten minutes, and five at
//! least, have no connection any more. Who is unknown has not left, nor has who was taken off the watch
//! list; and who left with a gateway that died is told by `view-loss`. Lasts until it has been over for two
//! minutes: because they are back, or because it is ten minutes ago.
//!
//! False alarms: the end of a shift is one. At most one at a time.

use std::fmt::Write as _;

use super::Evidence;
use super::rule::{Judges, OfRule, RuleRow, Severity, never_by_time};
use super::wording::{counted, percent, span};
use crate::presence::departures::Departed;

/// What it finds: who left.
pub(super) type Found = Box<Departed>;

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "mass-disconnect",
        severity: Severity::Critical,
        says: "at least 5 users, and more than 20 % of those who were connected within the last 10 minutes, went offline; the registry agrees, where it is asked",
        brief: "many users went offline within 10 minutes, by agreement of all sources",
        advice: "Look whether a gateway or a load balancer was restarted, then at the network. One platform alone points at a client or its push service, one group at a site. At the end of a shift nothing is wrong.",
        rank: 220,
        judges: Judges::Promptly(|case, _, found| judge(case.departed, found), never_by_time),
    };

    fn words(&self, _: i64) -> String {
        departed_words(self)
    }
}

fn judge(departed: Option<&Departed>, found: &mut Vec<Evidence>) {
    found.extend(departed.cloned().map(|departed| Evidence::MassDisconnect(Box::new(departed))));
}

fn departed_words(departed: &Departed) -> String {
    let Departed { users, of, back, within_ms, platforms, group } = departed;
    let share = percent(*users, *of);
    let within = span(*within_ms);
    let mut words = format!("{users} of {of} connected users ({share} %) went offline within {within}");
    let first = platforms.first().and_then(|(it, count)| Some((it, is_one_of_them(*count, *users)?)));
    // Writing to a String cannot fail.
    match first {
        Some((platform, all)) => {
            let _ = write!(words, ", {all} on {}", platform.name());
        }
        None => words.push_str(&counted(platforms.iter().copied())),
    }
    if let Some((group, count)) = group
        && let Some(all) = is_one_of_them(*count, *users)
    {
        let _ = write!(words, ", {all} in the group {group}");
    }
    if *back > 0 {
        let are = if *back == 1 { "is" } else { "are" };
        let _ = write!(words, "; {back} {are} back");
    }
    words
}

/// Who left is told by platform or group where this one had at least nine of ten.
fn is_one_of_them(count: u32, users: u32) -> Option<&'static str> {
    match percent(count, users) {
        100.. => Some("all"),
        90.. => Some("nearly all"),
        _ => None,
    }
}
