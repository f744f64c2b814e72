//! How many users the gateways say are on them, beside how many the sockets show.
//!
//! Each gateway's `online_user_num` counts the distinct users on it (`pkg/common/prommetrics/grpc_msggateway.go`). A
//! forced logout that closes a user's last connection does not count back (`ws_server.go`, `KickUserConn`), so the
//! gauge only grows beyond the truth, until that gateway is restarted.

use super::Roster;
use crate::presence::observation::LifeSign;
use crate::presence::recheck::{Counted, Gauges};
use crate::presence::status::Word;
use crate::presence::time::Moment;

/// A difference of fewer users comes from logins between the two questions.
const LEAST_USERS: u32 = 5;
/// And of fewer than so many of those who are connected, in percent.
const LEAST_PERCENT: u32 = 5;

impl Roster {
    /// Every gateway was asked just now. Compared is only what can be: all that they count has to be watched, or one
    /// gateway has to count fewer than are shown. In trouble the two differ for other reasons.
    pub(super) fn compare_gauges(&mut self, now: Moment) {
        let signs = &self.witnesses.signs;
        let alive = signs.values().filter(|it| it.sign == LifeSign::Alive);
        let counts: Vec<u32> = alive.filter_map(|it| it.users).collect();
        let all_count = !counts.is_empty() && counts.len() == signs.len();
        let is_calm = self.losses.is_empty() && self.drops.is_empty() && self.feed_is_whole(now);
        if !all_count || !is_calm {
            if let Some(gauges) = &mut self.witnesses.gauges {
                gauges.off = None;
            }
            return;
        }
        let counted = Counted {
            by_gateways: counts.iter().fold(0, |sum: u32, users| sum.saturating_add(*users)),
            shown: self.standings.connected(),
        };
        let is_one = counts.len() == 1;
        let known = self.witnesses.gauges.take();
        // Who is on two gateways is counted by both. That is no drift, and stays about the same share.
        let first = known.as_ref().map_or(counted, |it| it.first);
        let usual = if is_one { counted.shown } else { first.in_proportion(counted.shown) };
        let is_too_few = counted.by_gateways < counted.shown;
        let aside = if is_too_few {
            counted.shown - counted.by_gateways
        } else if self.list.is_everybody() {
            counted.by_gateways.saturating_sub(usual)
        } else {
            0
        };
        // Of these the sockets may hide one way or the other.
        let least = LEAST_USERS.max(counted.shown / 100 * LEAST_PERCENT).saturating_add(self.unknown());
        let since = known.and_then(|it| it.off).unwrap_or((now, counted));
        let off = (aside >= least).then_some(since);
        self.witnesses.gauges = Some(Gauges { first, now: counted, off });
    }

    /// Whether all answers are there, and none is late.
    fn feed_is_whole(&self, now: Moment) -> bool {
        self.is_heard() && self.stale_batches(now) == 0
    }

    fn unknown(&self) -> u32 {
        self.standings.count(Word::Doubtful) + self.standings.count(Word::Unchecked)
    }
}
