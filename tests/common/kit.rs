//! Facts as tests make them: moments, connections, session tokens, observations. What a test is not about
//! comes from here, the rest it says itself: `Observation { batch: 2, ..observed(at(2_000), Ok(answer)) }`.
//! Used by the tests beside the code and by the benches, too.

#![allow(dead_code, reason = "not every test that has it needs all of it")]

use std::sync::Arc;

use imtop::presence::{
    Answer, Claims, ConnId, Connection, FetchError, Fingerprint, Moment, Observation, Oddities, OperationId,
    Platform, Question, SessionToken, UserStatus,
};

/// Monday, 12:00:00 UTC, in unix seconds.
pub(crate) const NOON: i64 = 1_798_459_200;

/// So many milliseconds after that noon, when the monotonic clock began.
pub(crate) fn at(mono_ms: u64) -> Moment {
    Moment { mono_ms, unix_ms: NOON * 1_000 + mono_ms as i64 }
}

/// So many milliseconds before a moment.
pub(crate) fn before(moment: Moment, ms: u64) -> Moment {
    Moment { mono_ms: moment.mono_ms - ms, unix_ms: moment.unix_ms - ms as i64 }
}

/// A connection in the foreground, without a session token.
pub(crate) fn connection(platform: i32, id: &str) -> Connection {
    Connection { platform: Platform(platform), id: ConnId::new(id), background: false, token: None }
}

/// A session token that says this of itself.
pub(crate) fn token(fingerprint: u128, claims: Claims) -> SessionToken {
    SessionToken::new(Fingerprint(fingerprint), Ok(claims))
}

/// Online with one connection on Android, without a session token.
pub(crate) fn online(id: &str) -> UserStatus {
    UserStatus::Online(vec![connection(2, id)])
}

/// What came of asking the sockets about the first batch of the first list: at once, and the first failure
/// where it is one. The batch is asked again in two seconds.
pub(crate) fn observed(received: Moment, answer: Result<Answer, FetchError>) -> Observation {
    Observation {
        question: Question::OnlineStatus,
        users: Arc::default(),
        generation: 1,
        batch: 0,
        sent: received,
        received,
        operation_id: OperationId("op".into()),
        server_date: None,
        wire_bytes: 0,
        oddities: Oddities::default(),
        hints: None,
        attempt: u32::from(answer.is_err()),
        next_ms: received.mono_ms + 2_000,
        answer,
    }
}
