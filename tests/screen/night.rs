//! A night of nine users, and what became of it: what the journeys begin with.

use imtop::engine::{Command, Playing};
use imtop::presence::{Entry, FetchError, Moment, UserStatus};

use crate::stage::{Stage, connection, hidden, named};

const DAY: i64 = 86_400;

/// Nine users in three batches; of everything something.
pub(crate) fn night(size: (u16, u16)) -> Stage {
    let entries = vec![
        named("2890713225", "王小明", "sales"),
        named("agent_007", "Night desk", "support"),
        named("alice", "Alice in Accounting", "sales"),
        named("bot_billing", "Billing bot", "bots"),
        named("kiosk_14", "Lobby", "kiosks"),
        named("kiosk_15", "北京南站二层候车厅东侧自助服务终端", "kiosks"),
        named("ops_1", "Ops phone", "support"),
        named("ops_2", "Ops tablet 😀", "support"),
        Entry::of("u_119"),
    ];
    let mut stage = Stage::new(size, 3, entries);
    stage.wait(500);
    stage.answer(
        0,
        vec![
            (
                "2890713225",
                UserStatus::Online(vec![
                    connection(2, "bbb7c4da159b1ec6beb81c9e4129b075", Some(("2890713225", 3, -700 * DAY))),
                    connection(3, "f18b67b5f57f01604b9f7c338238f43d", Some(("2890713225", 2, -702 * DAY))),
                ]),
            ),
            ("agent_007", UserStatus::Offline),
            (
                "alice",
                UserStatus::Online(vec![hidden(connection(1, "a1", Some(("alice", 1, 22 * DAY + 60))))]),
            ),
        ],
    );
    stage.answer(
        1,
        vec![
            (
                "bot_billing",
                UserStatus::Online(vec![connection(12, "b0b0", Some(("bot_billing", 12, 4 * 3_600 + 60)))]),
            ),
            ("kiosk_14", UserStatus::Online(vec![connection(5, "cafe01", Some(("kiosk_99", 5, 90 * DAY)))])),
            ("kiosk_15", UserStatus::Online(vec![connection(5, "cafe02", None)])),
        ],
    );
    stage.answer(
        2,
        vec![
            (
                "ops_1",
                UserStatus::Online(vec![
                    connection(2, "d00d", Some(("ops_1", 2, 30 * DAY))),
                    connection(2, "d00e", Some(("ops_1", 2, 40 * DAY))),
                ]),
            ),
            ("ops_2", UserStatus::Offline),
            ("u_119", UserStatus::Online(vec![])),
        ],
    );
    stage
}

/// A round later somebody is gone, and the second batch fails.
pub(crate) fn incident(size: (u16, u16)) -> Stage {
    let mut stage = night(size);
    stage.wait(2_000);
    stage.answer(0, vec![("alice", UserStatus::Offline)]);
    stage.fail(1, 1, FetchError::Timeout { after_ms: 4_000 });
    stage.answer(
        2,
        vec![("ops_1", UserStatus::Online(vec![connection(2, "d00d", Some(("ops_1", 2, 30 * DAY)))]))],
    );
    stage
}

/// The second batch has failed for so long that nothing is known of its users.
pub(crate) fn blind(size: (u16, u16)) -> Stage {
    let mut stage = incident(size);
    for attempt in 2..6 {
        stage.wait(2_000);
        stage.same(0);
        stage.fail(1, attempt, FetchError::Timeout { after_ms: 4_000 });
        stage.same(2);
    }
    stage
}

/// After the blind batch answers again, with a few changes more.
pub(crate) fn aftermath(size: (u16, u16)) -> Stage {
    let mut stage = blind(size);
    stage.wait(2_000);
    stage.answer(1, vec![("kiosk_14", UserStatus::Offline), ("kiosk_15", UserStatus::Offline)]);
    stage.wait(1_000);
    let phone = |id: &str| UserStatus::Online(vec![connection(2, id, Some(("ops_1", 2, 30 * DAY)))]);
    stage.answer(2, vec![("ops_1", phone("d010")), ("ops_2", phone("d011"))]);
    stage
}

/// Twelve seconds after the incident, and back at what was known when it began.
pub(crate) fn past(size: (u16, u16)) -> Stage {
    let mut stage = night(size);
    stage.wait(2_000);
    stage.answer(0, vec![("alice", UserStatus::Offline)]);
    stage.fail(1, 1, FetchError::Timeout { after_ms: 4_000 });
    stage.same(2);
    let then = stage.now.mono_ms;
    for attempt in 2..8 {
        stage.wait(2_000);
        stage.same(0);
        stage.fail(1, attempt, FetchError::Timeout { after_ms: 4_000 });
        stage.same(2);
    }
    stage.command(&Command::GoTo(then));
    stage
}

/// The same, now, as a recording of which a minute was played; it goes on for five.
pub(crate) fn replay(size: (u16, u16), runs: bool, read: u8) -> Stage {
    let mut stage = past(size);
    stage.keys(".");
    let ago = |ms: u64| Moment { mono_ms: stage.now.mono_ms - ms, unix_ms: stage.now.unix_ms - ms as i64 };
    let (begin, end) = (ago(60_000), stage.now.plus(300_000));
    let playing = Playing { begin, end, speed: 2.0, runs, read, bound_for: None };
    stage.play(playing);
    stage
}
