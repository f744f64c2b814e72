//! `mass-disconnect`: many users left within a short time, by agreement of all sources.
//!
//! Evidence: more than a fifth of those who were connected at most in the last ten minutes, and five at
//! least, have no connection any more. Who is unknown has not left, nor has who was taken off the watch
//! list; and who left with a gateway that died is told by `view-loss`. Lasts until it has been over for two
//! minutes: because they are back, or because it is ten minutes ago.
//!
//! False alarms: the end of a shift is one. At most one at a time.

use std::borrow::Cow;

use super::Evidence;
use super::rule::{Judges, OfRule, RuleRow, Severity, never_by_time};
use super::wording::{are_back, counted, percent, span};
use crate::presence::departures::Departed;
use crate::{say, words};

/// What it finds: who left.
pub(super) type Found = Box<Departed>;

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "mass-disconnect",
        severity: Severity::Critical,
        says: words!(
            "at least 5 users, and more than 20 % of those who were connected within the last 10 minutes, went offline; Redis agrees, where it is asked"
        ),
        brief: words!("many users went offline within 10 minutes, by agreement of all sources"),
        advice: words!(
            "Look whether a gateway or a load balancer was restarted, then at the network. One platform alone points at a client or its push service, one group at a site. At the end of a shift nothing is wrong."
        ),
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
    let mut words = say!(
        "{users} of {of} connected users ({share} %) went offline within {within}",
        users,
        of,
        share,
        within
    );
    let most = platforms.first().map_or((0, Cow::default()), |(platform, count)| (*count, platform.name()));
    // Who left is told by platform or group where this one had at least nine of ten.
    words.push_str(&match (percent(most.0, *users), most.1) {
        (100.., platform) => say!(", all on {platform}", platform),
        (90.., platform) => say!(", nearly all on {platform}", platform),
        _ => counted(platforms.iter().copied()),
    });
    if let Some((group, count)) = group {
        words.push_str(&match percent(*count, *users) {
            100.. => say!(", all in the group {group}", group),
            90.. => say!(", nearly all in the group {group}", group),
            _ => String::new(),
        });
    }
    words.push_str(&are_back(*back));
    words
}
