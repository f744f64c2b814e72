//! `observer`: our own admin login displaces, or is displaced by, another holder of the admin ID.
//!
//! Each login as an admin voids the admin tokens from before within five minutes (open-im-server main
//! branch, `controller/auth.go`), and whoever holds one of those is told 1507. So two programs that log in
//! with one admin ID, such as the chat server and imtop, throw each other out.
//!
//! Evidence: tokens of ours that were found taken (1506, 1507), and our own logins, in the last
//! [`WITHIN_MINUTES`].
//!
//! False alarms: raised wrongly where somebody logged our token out on purpose, once. At most one.

use super::Evidence;
use super::rule::{Judges, OfRule, RuleRow, Severity, never_by_time};
use crate::presence::Logins;
use crate::{say, words};

/// For so long displacements and logins are counted: three times the five minutes that a displaced token
/// still lives.
const WITHIN_MINUTES: u64 = 15;

/// A login at the start and another one are what a token that was renewed makes; with the third one it is
/// a habit, that throws others out each time.
const LOGINS: u16 = 3;

/// Displaced so often, imtop logs in no more.
const GIVES_UP: u16 = 2;

/// What it finds: how it goes with our own login.
pub(super) type Found = Logins;

impl OfRule for Found {
    const RULE: RuleRow = RuleRow {
        name: "observer",
        severity: Severity::Warning,
        says: words!(
            "imtop's own admin login displaces, or is displaced by, another program with the same admin ID"
        ),
        brief: words!("imtop's admin login and another one displace each other"),
        advice: words!(
            "Give imtop an admin ID of its own (`imAdminUser` in config/share.yml), or a token of the other program (--token-file). Until then don't restart imtop again and again: each login throws the other one out."
        ),
        rank: 200,
        judges: Judges::Promptly(|case, _, found| judge(case.logins, found), never_by_time),
    };

    fn words(&self, _: i64) -> String {
        observer_words(*self)
    }
}

fn judge(logins: Logins, found: &mut Vec<Evidence>) {
    if logins.displaced > 0 || logins.made >= LOGINS {
        found.push(Evidence::Observer(logins));
    }
}

fn observer_words(Logins { made, displaced }: Logins) -> String {
    let within = WITHIN_MINUTES;
    let (logged_in, times_displaced) = (times(made), times(displaced));
    let mut words = match (made, displaced) {
        (_, 0) => say!(
            "imtop logged in {logged_in} in {within}m: each time the other holders of its admin ID lose their tokens",
            logged_in,
            within
        ),
        (0, _) => say!(
            "imtop's admin token was displaced {times_displaced} in {within}m: another program holds the same admin ID",
            times_displaced,
            within
        ),
        _ => say!(
            "imtop's admin token was displaced {times_displaced} in {within}m, and imtop logged in {logged_in}: another program holds the same admin ID",
            times_displaced,
            within,
            logged_in
        ),
    };
    if made > 0 && displaced >= GIVES_UP {
        words.push_str(say!("; imtop has stopped logging in"));
    }
    words
}

fn times(count: u16) -> String {
    if count == 1 { say!("once").to_owned() } else { say!("{count} times", count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(displaced: u16, made: u16) -> String {
        let mut found = Vec::new();
        judge(Logins { made, displaced }, &mut found);
        found.iter().map(|evidence| evidence.words(0)).collect()
    }

    #[test]
    fn a_token_that_was_displaced_counts_and_so_do_logins_again_and_again() {
        assert_eq!((words(0, 0), words(0, 2)), (String::new(), String::new()));
        assert_eq!(
            words(1, 1),
            "imtop's admin token was displaced once in 15m, and imtop logged in once: another program holds the same admin ID"
        );
        assert_eq!(
            words(2, 2),
            "imtop's admin token was displaced 2 times in 15m, and imtop logged in 2 times: another program holds the same admin ID; imtop has stopped logging in"
        );
        assert_eq!(
            words(2, 0),
            "imtop's admin token was displaced 2 times in 15m: another program holds the same admin ID"
        );
        assert_eq!(
            words(0, 3),
            "imtop logged in 3 times in 15m: each time the other holders of its admin ID lose their tokens"
        );
    }
}
