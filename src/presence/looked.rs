//! How many users are looked at, for the tests: what comes in may cost what it changes, and not what there
//! is.

use std::cell::Cell;

thread_local! {
    static LOOKED: Cell<u64> = const { Cell::new(0) };
}

/// A user is looked at.
pub(super) fn one() {
    LOOKED.with(|looked| looked.set(looked.get() + 1));
}

/// How many users were looked at on this thread in so much work.
pub(crate) fn during<R>(work: impl FnOnce() -> R) -> (R, u64) {
    let before = LOOKED.with(Cell::get);
    let result = work();
    (result, LOOKED.with(Cell::get) - before)
}
