//! What is kept in memory when imtop is left open: after the first hour no more, however long it runs.

use std::collections::BTreeMap;

use crate::churn::Churn;
use imtop::presence::Rule;

const USERS: u32 = 30;
const HOUR_MS: u64 = 3_600_000;

#[test]
fn after_a_day_of_users_who_come_and_go_no_more_is_kept_than_after_hours() {
    let mut churn = Churn::of(USERS, 15_000, 300);
    let mut most = BTreeMap::<(&str, bool), (usize, usize)>::new();
    while churn.now_ms < 24 * HOUR_MS {
        churn.round();
        if churn.now_ms < HOUR_MS || churn.now_ms % 60_000 >= 15_000 {
            continue;
        }
        let is_late = churn.now_ms >= 12 * HOUR_MS;
        for store in churn.fed.shown().stores() {
            let (entries, bytes) = most.entry((store.what, is_late)).or_default();
            (*entries, *bytes) = ((*entries).max(store.entries), (*bytes).max(store.bytes));
        }
    }
    let users = USERS as usize;
    for (what, at_most) in [
        ("users", users),
        ("last half hour", users * 62),
        ("findings", users * Rule::ALL.len()),
        ("events", 10_000),
        ("charts", 20_000),
        ("counts by group", 100),
        ("way back", 20 * 4 * 3),
    ] {
        let ((early, early_bytes), (late, late_bytes)) = (most[&(what, false)], most[&(what, true)]);
        assert!(early > 0 && late <= at_most, "{what}: {late} of at most {at_most}");
        // Ends of rounds are kept for a month.
        if what != "charts" {
            assert!(
                late_bytes * 20 <= early_bytes * 21,
                "{what}: {early_bytes} bytes, and then {late_bytes}"
            );
        }
    }
    assert_eq!(most.len(), 14, "nothing else is kept: {most:?}");
}
