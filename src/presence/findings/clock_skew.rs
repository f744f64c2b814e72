//! `clock-skew`: the server's clock and ours differ, or those of two machines of the server do.
//!
//! Evidence: the `Date` headers of the server's answers, which bound the difference to a part of a
//! second; and the newest `iat` of the watched tokens, which the service that issues them put there by
//! its own clock, and which the server that answers would refuse when it is in the future. Counts at
//! once; that of a token until the server's clock has come to it.
//!
//! False alarms: raised wrongly where a proxy on the way puts its own `Date` on answers, and after our
//! own clock was set or this machine slept, until the next answer. At most two at a time.

use std::mem::discriminant;

use super::Evidence;
use super::case::when_server_shows;
use super::rule::{Judges, OfRule, RuleRow, Severity};
use crate::presence::time::short_age;
use crate::presence::{Moment, ServerClock};
use crate::{say, words};

/// From so many seconds on: clocks that are kept in step differ by a hundredth of one, and with more
/// than this two logs can no longer be read side by side.
const APART: i64 = 10;

/// What it finds: two clocks that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The server's clock and ours differ.
    Apart {
        /// By how many seconds the server's is ahead of ours; negative: behind.
        ahead: i64,
    },
    /// A token was issued later than it is by the server's clock.
    IssuedAhead {
        /// When the newest token was issued, by the clock of the service that issues them.
        issued: i64,
    },
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "clock-skew",
        severity: Severity::Warning,
        says: words!(
            "the server's clock and ours are 10 s or more apart, or a session token was issued in the server's future; expiry is judged by the server's clock"
        ),
        brief: words!("the server's clock and this machine's differ"),
        advice: words!(
            "Check that the clocks are kept in step (timedatectl, chronyc tracking), on all machines of the server first, then here. Until then don't hold times of day here against the server's log."
        ),
        rank: 160,
        judges: Judges::Server(
            |case, _, found| judge(case.clock, case.newest_issued, case.server_seconds, found),
            |case| next(case.newest_issued, case.server_seconds, case.now),
        ),
    };

    fn words(&self, server_seconds: i64) -> String {
        match self {
            Found::Apart { ahead } => {
                let by = short_age(ahead.unsigned_abs());
                if *ahead > 0 {
                    say!(
                        "the server's clock is about {by} ahead of ours; expiry is judged by the server's",
                        by
                    )
                } else {
                    say!("the server's clock is about {by} behind ours; expiry is judged by the server's", by)
                }
            }
            Found::IssuedAhead { issued } => {
                let by = short_age(issued.saturating_sub(server_seconds).max(0).unsigned_abs());
                say!("a token was issued {by} ahead of the server's clock", by)
            }
        }
    }

    fn same_as(&self, other: &Found) -> bool {
        discriminant(self) == discriminant(other)
    }
}

fn judge(clock: &ServerClock, newest_issued: Option<i64>, server_seconds: i64, found: &mut Vec<Evidence>) {
    let ahead = clock.offset_ms() / 1_000;
    if ahead.abs() >= APART {
        found.push(Evidence::ClockSkew(Found::Apart { ahead }));
    }
    if let Some(issued) = newest_issued
        && issued.saturating_sub(server_seconds) >= APART
    {
        found.push(Evidence::ClockSkew(Found::IssuedAhead { issued }));
    }
}

fn next(newest_issued: Option<i64>, server_seconds: i64, now: Moment) -> Option<u64> {
    let over = newest_issued?.saturating_sub(APART - 1);
    (over > server_seconds).then(|| when_server_shows(over, server_seconds, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: i64 = 1_800_000_000;

    fn found(offset_ms: i64, issued: Option<i64>) -> Vec<String> {
        let mut clock = ServerClock::default();
        let at = Moment { mono_ms: 0, unix_ms: SERVER * 1_000 - offset_ms };
        clock.observe(SERVER, at, at);
        let mut found = Vec::new();
        judge(&clock, issued, SERVER, &mut found);
        found.iter().map(|evidence| evidence.words(SERVER)).collect()
    }

    #[test]
    fn clocks_that_are_apart_count() {
        assert_eq!(found(9_900, None), [] as [&str; 0]);
        assert_eq!(
            found(90_000, None),
            ["the server's clock is about 1m ahead of ours; expiry is judged by the server's"]
        );
        assert_eq!(
            found(-12_000, None),
            ["the server's clock is about 11s behind ours; expiry is judged by the server's"]
        );
    }

    #[test]
    fn a_token_out_of_the_future_counts_until_its_time_has_come() {
        assert_eq!(found(0, Some(SERVER + 9)), [] as [&str; 0]);
        assert_eq!(found(0, Some(SERVER + 42)), ["a token was issued 42s ahead of the server's clock"]);
        let now = Moment { mono_ms: 5_000, unix_ms: 0 };
        assert_eq!(next(Some(SERVER + 42), SERVER, now), Some(5_000 + 33_000));
        assert_eq!(next(Some(SERVER + 9), SERVER, now), None);
        assert_eq!(next(None, SERVER, now), None);
        assert_eq!(found(0, Some(i64::MAX)).len(), 1);
    }
}
