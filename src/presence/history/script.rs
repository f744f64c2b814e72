//! Pasts as tests need them.

use super::*;
use crate::presence::{ConnId, Entry, Fingerprint, Platform, Socket, UserId};

pub(in crate::presence) fn list(users: u32) -> WatchList {
    WatchList::new(1, 500, (0..users).map(|user| Entry::of(&user.to_string())))
}

pub(in crate::presence) fn transition(user: u32, ms: u64, what: Change) -> Transition {
    let at = |mono_ms| Moment { mono_ms, unix_ms: 0 };
    let user = UserId::new(&user.to_string());
    Transition {
        id: 0,
        user,
        what,
        after: Some(at(ms.saturating_sub(2_000))),
        before: at(ms),
        operation: None,
    }
}

pub(in crate::presence) fn became(from: Presence, to: Presence) -> Change {
    Change::Presence { from, to }
}

pub(in crate::presence) fn socket(platform: i32, id: &str, token: u128) -> Socket {
    Socket { platform: Platform(platform), id: ConnId::new(id), token: Some(Fingerprint(token << 96)) }
}

/// One connection, its ID and its token, in place of another.
pub(in crate::presence) fn replaced(platform: i32, old: (&str, u128), new: (&str, u128)) -> Change {
    Change::Replaced {
        old: socket(platform, old.0, old.1),
        new: socket(platform, new.0, new.1),
        same_token: old.1 == new.1,
    }
}

/// A history of the first user, each change at its time.
pub(in crate::presence) fn history(changes: &[(u64, Change)]) -> History {
    let mut history = History::default();
    let transitions: Vec<_> = changes.iter().map(|(ms, what)| transition(0, *ms, what.clone())).collect();
    history.record(&transitions, &list(1));
    history
}

/// The past of a user to whom this happened.
pub(in crate::presence) fn past(changes: &[(u64, Change)]) -> Past {
    history(changes).of(UserIx(0)).clone()
}
