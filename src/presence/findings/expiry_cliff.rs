//! `expiry-cliff`: so many of the watched session tokens expire within so short a time that their
//! owners will log in again all at once, or fail to.
//!
//! Evidence: how many tokens expire in each minute to come. The window of [`WITHIN_MINUTES`] with the
//! most of them is found with two pointers; it counts from [`FEWEST`] tokens and [`SHARE`] per cent of
//! all on, once it is [`AHEAD_MINUTES`] away.
//!
//! False alarms: raised wrongly where clients renew their tokens before they expire, and for test
//! users who were all logged in by one script. At most one at a time, and never more than an info.
//!
//! Costs as much as there are minutes in which a token expires, and is looked at again only when one of those
//! that count is over or comes near: not in every minute until then.

use std::collections::BTreeMap;
use std::collections::btree_map::Range;

use super::Evidence;
use super::case::when_server_shows;
use super::rule::{Judges, OfRule, RuleRow, Severity};
use super::wording::percent;
use crate::presence::Moment;
use crate::presence::time::short_age;
use crate::{say, words};

/// How short a time is short: a server that can take all its logins within an hour cannot
/// necessarily take a third of them within this.
const WITHIN_MINUTES: i64 = 10;
/// The same in seconds.
const WITHIN_SECONDS: i64 = WITHIN_MINUTES * 60;
/// Fewer tokens than this are no load for any server.
const FEWEST: u32 = 20;
/// A smaller share than this, in per cent, is what chance and habits bring about: everybody comes to
/// work at nine.
const SHARE: u64 = 30;
/// What is further away than a week can wait, and may well be gone by then.
const AHEAD_MINUTES: i64 = 7 * 24 * 60;

/// What it finds: many tokens expire at nearly the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Tokens that expire within the window.
    pub tokens: u32,
    /// All tokens whose end is known.
    pub of: u32,
    /// When the first of them expires, to the minute.
    pub first: i64,
}

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "expiry-cliff",
        severity: Severity::Info,
        says: words!(
            "at least 20 of the watched session tokens, and 30 % of all, expire within the same 10 minutes of the coming week"
        ),
        brief: words!("many tokens expire within a short time"),
        advice: words!(
            "Expect a wave of logins at that time, and see that the server can take it. Better: have the app renew tokens earlier, each at a time of its own."
        ),
        rank: 170,
        judges: Judges::Server(
            |case, _, found| judge(case.expiries, case.server_seconds, found),
            |case| next(case.expiries, case.server_seconds, case.now),
        ),
    };

    fn words(&self, server_seconds: i64) -> String {
        let Found { tokens, of, first } = self;
        let share = percent(*tokens, *of);
        let within = short_age(WITHIN_SECONDS.unsigned_abs());
        match first.saturating_sub(server_seconds) {
            ..=0 => say!(
                "{tokens} of {of} tokens ({share} %) expire within {within}, the first now",
                tokens,
                of,
                share,
                within
            ),
            left => say!(
                "{tokens} of {of} tokens ({share} %) expire within {within}, the first in {left}",
                tokens,
                of,
                share,
                within,
                left = short_age(left.unsigned_abs())
            ),
        }
    }

    fn same_as(&self, other: &Found) -> bool {
        self.first.abs_diff(other.first) < WITHIN_SECONDS.unsigned_abs()
    }
}

/// `expiries`: unix minute -> tokens that expire in it.
fn judge(expiries: &BTreeMap<i64, u32>, server_seconds: i64, found: &mut Vec<Evidence>) {
    let Some(Window { first, tokens, .. }) = fullest(expiries, server_seconds.div_euclid(60)) else { return };
    let of = all(expiries);
    if is_cliff(tokens, of) {
        let narrow = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let (tokens, of) = (narrow(tokens), narrow(of));
        found.push(Evidence::ExpiryCliff(Found { tokens, of, first: first.saturating_mul(60) }));
    }
}

/// When what is told changes by time alone: a minute of a window that is full enough is over, or comes to lie
/// within the coming week. In no other minute of the years to come anything does.
fn next(expiries: &BTreeMap<i64, u32>, server_seconds: i64, now: Moment) -> Option<u64> {
    let minute = server_seconds.div_euclid(60);
    let turn = |of: i64| {
        let comes = of.saturating_sub(AHEAD_MINUTES - 1);
        [comes, of.saturating_add(1)].into_iter().find(|turn| *turn > minute)
    };
    let next = crowded(expiries, minute).filter_map(turn).min()?;
    Some(when_server_shows(next.saturating_mul(60), server_seconds, now))
}

/// The minutes from `minute` on that lie in windows which are full enough, however far away; some of them more
/// than once.
fn crowded(expiries: &BTreeMap<i64, u32>, minute: i64) -> impl Iterator<Item = i64> {
    let of = all(expiries);
    let full = windows(expiries.range(minute..)).filter(move |window| is_cliff(window.tokens, of));
    full.flat_map(|window| expiries.range(window.first..=window.last).map(|(minute, _)| *minute))
}

/// Whether so many of all tokens are many to expire at once.
fn is_cliff(tokens: u64, of: u64) -> bool {
    tokens >= u64::from(FEWEST) && tokens * 100 >= of * SHARE
}

fn all(expiries: &BTreeMap<i64, u32>) -> u64 {
    expiries.values().map(|tokens| u64::from(*tokens)).sum()
}

/// The fullest window from `minute` on within the coming week; the earliest of several.
fn fullest(expiries: &BTreeMap<i64, u32>, minute: i64) -> Option<Window> {
    let ahead = minute..minute.saturating_add(AHEAD_MINUTES);
    windows(expiries.range(ahead)).reduce(|most, next| if next.tokens > most.tokens { next } else { most })
}

/// Minutes from the first to the last in which tokens expire, which are as long as a window at most.
struct Window {
    first: i64,
    last: i64,
    tokens: u64,
}

/// For each of these minutes the window that ends with it.
fn windows(minutes: Range<'_, i64, u32>) -> impl Iterator<Item = Window> {
    let (mut firsts, mut tokens) = (minutes.clone().peekable(), 0);
    minutes.filter_map(move |(&last, &more)| {
        tokens += u64::from(more);
        let is_over = |minute: i64| minute <= last.saturating_sub(WITHIN_MINUTES);
        while let Some((_, &passed)) = firsts.next_if(|&(&minute, _)| is_over(minute)) {
            tokens -= u64::from(passed);
        }
        firsts.peek().map(|&(&first, _)| Window { first, last, tokens })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A full hour, in unix minutes.
    const HOUR: i64 = 30_000_000;
    const SERVER: i64 = HOUR * 60;

    fn found(expiries: &[(i64, u32)]) -> Vec<String> {
        let expiries = expiries.iter().map(|(minute, tokens)| (HOUR + minute, *tokens)).collect();
        let mut found = Vec::new();
        judge(&expiries, SERVER, &mut found);
        found.iter().map(|evidence| evidence.words(SERVER)).collect()
    }

    #[test]
    fn many_tokens_within_ten_minutes_count() {
        assert_eq!(
            found(&[(5, 3), (180, 10), (189, 10), (20_000, 40)]),
            ["20 of 63 tokens (31 %) expire within 10m, the first in 3h"]
        );
        assert_eq!(found(&[(0, 20)]), ["20 of 20 tokens (100 %) expire within 10m, the first now"]);
    }

    #[test]
    fn few_or_a_small_share_or_a_long_time_do_not() {
        assert_eq!(found(&[(180, 19)]), [] as [&str; 0], "nineteen");
        assert_eq!(found(&[(180, 10), (190, 10)]), [] as [&str; 0], "eleven minutes");
        assert_eq!(found(&[(180, 29), (20_000, 71)]), [] as [&str; 0], "29 %");
        assert_eq!(found(&[(180, 30), (20_000, 70)]).len(), 1, "30 %");
        assert_eq!(found(&[(-5, 100)]), [] as [&str; 0], "over");
        assert_eq!(found(&[(AHEAD_MINUTES, 100)]), [] as [&str; 0], "more than a week away");
        assert_eq!(found(&[(AHEAD_MINUTES - 1, 100)]).len(), 1);
        assert_eq!(found(&[]), [] as [&str; 0]);
    }

    #[test]
    fn the_fullest_window_is_that_of_a_search_through_all() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..300 {
            let expiries: BTreeMap<i64, u32> =
                (0..random(40)).map(|_| (HOUR - 10 + random(80) as i64, random(9) as u32 + 1)).collect();
            let windows = expiries.range(HOUR..).map(|(&start, _)| {
                (start, expiries.range(start..start + WITHIN_MINUTES).map(|(_, n)| u64::from(*n)).sum())
            });
            let most = windows.max_by_key(|&(start, tokens): &(i64, u64)| (tokens, -start));
            assert_eq!(fullest(&expiries, HOUR).map(|it| (it.first, it.tokens)), most);
        }
    }

    #[test]
    fn it_is_looked_at_again_when_a_minute_that_counts_is_over_or_comes_near() {
        let now = Moment { mono_ms: 1_000, unix_ms: 0 };
        let few = BTreeMap::from([(HOUR + 1, 19)]);
        assert_eq!(next(&few, SERVER + 50, now), None, "too few, whatever minute it is");
        assert_eq!(next(&BTreeMap::new(), SERVER, now), None);
        let soon = BTreeMap::from([(HOUR + 1, 10), (HOUR + 3, 10)]);
        assert_eq!(next(&soon, SERVER + 50, now), Some(71_000), "the first of them is over");
        assert_eq!(next(&soon, SERVER + 119, now), Some(2_000));
        assert_eq!(next(&soon, SERVER + 120, now), None, "ten are left");
        let far = BTreeMap::from([(HOUR + AHEAD_MINUTES + 5, 20), (HOUR + 20_000_000, 5)]);
        assert_eq!(next(&far, SERVER, now), Some(6 * 60_000 + 1_000), "a week before");
        let years = BTreeMap::from([(i64::MAX / 60, 20)]);
        assert!(next(&years, SERVER, now).is_some_and(|at| at > 1 << 60));
    }

    #[test]
    fn in_no_minute_that_is_left_out_anything_changes() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..100 {
            let minutes = (0..random.usize(..30)).map(|_| HOUR + random.i64(..3 * AHEAD_MINUTES / 2));
            let near: Vec<i64> = minutes.flat_map(|minute| [minute, minute + 3, minute + 9]).collect();
            let expiries: BTreeMap<i64, u32> = near.into_iter().map(|it| (it, random.u32(1..30))).collect();
            let found = |minute: i64| {
                let mut found = Vec::new();
                judge(&expiries, minute * 60, &mut found);
                found
            };
            let mut minute = HOUR;
            while minute < HOUR + 2 * AHEAD_MINUTES {
                let now = Moment { mono_ms: 0, unix_ms: 0 };
                let turn =
                    next(&expiries, minute * 60, now).map_or(i64::MAX, |ms| minute + ms as i64 / 60_000);
                let until = turn.min(HOUR + 2 * AHEAD_MINUTES);
                let same = found(minute);
                let left_out = (minute..until).step_by(7).chain([until - 1]);
                assert!(left_out.into_iter().all(|at| found(at) == same), "from {minute} to {until}");
                minute = until;
            }
        }
    }
}
