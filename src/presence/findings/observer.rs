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

use super::evidence::Evidence;
use crate::presence::Logins;

/// For so long displacements and logins are counted: three times the five minutes that a displaced token
/// still lives.
pub(super) const WITHIN_MINUTES: u64 = 15;

/// A login at the start and another one are what a token that was renewed makes; with the third one it is
/// a habit, that throws others out each time.
const LOGINS: u16 = 3;

/// Displaced so often, imtop logs in no more.
pub(super) const GIVES_UP: u16 = 2;

pub(super) fn judge(logins: Logins, found: &mut Vec<Evidence>) {
    if logins.displaced > 0 || logins.made >= LOGINS {
        found.push(Evidence::Observer(logins));
    }
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
