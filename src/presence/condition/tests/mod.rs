//! Conditions as a whole: what is known of a few users, and what conditions say of it.

mod judged;
mod mistakes;
mod properties;

use std::sync::Arc;

use super::*;
use crate::kit::{self, observed};
use crate::presence::{
    Answer, Claims, Connection, Entry, FetchError, Freshness, Observation, Roster, RuleSettings, UserIx,
    UserStatus, WatchList,
};

const NOW: Moment = Moment { mono_ms: 1_000, unix_ms: 1_800_000_000_000 };

/// So many users are in one batch.
const BATCH: u32 = 4;

/// `id[,group]`, one a word.
fn watch(users: &str) -> Arc<WatchList> {
    let entries = users.split_whitespace().map(|user| {
        let (id, group) = user.split_once(',').map_or((user, None), |(id, group)| (id, Some(group)));
        Entry { id: id.to_owned(), label: None, group: group.map(str::to_owned) }
    });
    Arc::new(WatchList::new(1, BATCH, entries))
}

fn connection(id: u32, background: bool, expires: i64) -> Connection {
    let claims = Claims { expires: Some(expires), ..Claims::default() };
    let token = Some(kit::token(id.into(), claims));
    Connection { background, token, ..kit::connection(2, &format!("c{id}")) }
}

/// A status by one letter: online, Online with a token that has expired, background, f for offline,
/// missing.
fn status(user: u32, letter: char) -> UserStatus {
    let year = 365 * 86_400;
    let now = NOW.unix_ms / 1_000;
    match letter {
        'o' => UserStatus::Online(vec![connection(user, false, now + year)]),
        'O' => UserStatus::Online(vec![
            connection(user, false, now - 60),
            connection(user + 1_000, true, now + year),
        ]),
        'b' => UserStatus::Online(vec![connection(user, true, now + year)]),
        'f' => UserStatus::Offline,
        _ => UserStatus::Missing,
    }
}

/// An answer to a batch, a letter a user; `x` anywhere is a failure.
fn observation(list: &WatchList, batch: u32, letters: &str) -> Observation {
    let answer = if letters.contains('x') {
        Err(FetchError::Timeout { after_ms: 10_000 })
    } else {
        let users = list.batch(batch).zip(letters.chars());
        Ok(Answer::Changed(users.map(|(user, letter)| (UserIx(user), status(user, letter))).collect()))
    };
    Observation {
        generation: list.generation(),
        batch,
        server_date: Some(NOW.unix_ms / 1_000),
        ..observed(NOW, answer)
    }
}

/// What is known after one answer to each batch, which are separated by blanks.
fn known(list: &Arc<WatchList>, batches: &str) -> Knowledge {
    let roster = Roster::new(Arc::clone(list), Freshness::FOR_EVER, NOW);
    let mut knowledge = Knowledge::new(roster, RuleSettings::default());
    for (batch, letters) in (0..).zip(batches.split_whitespace()) {
        knowledge.apply(&observation(list, batch, letters));
    }
    knowledge
}

/// Nine users: a to e are kiosks, f to i are desks; whatever `batches` says of them.
fn nine(batches: &str) -> Knowledge {
    let list = watch("a,kiosk b,kiosk c,kiosk d,kiosk e,kiosk f,desk g,desk h,desk i,desk");
    known(&list, batches)
}

fn judge(knowledge: &Knowledge, text: &str) -> Result<Truth, Nobody> {
    let condition = Condition::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    condition.judge(knowledge, NOW).map(|reading| reading.truth)
}

#[track_caller]
fn assert_truth(knowledge: &Knowledge, truth: Truth, conditions: &[&str]) {
    for text in conditions {
        assert_eq!(judge(knowledge, text), Ok(truth), "{text}");
    }
}
