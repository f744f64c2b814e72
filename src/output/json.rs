//! Users as JSON: what is seen, in one object; or one user alone.

use std::io::{self, Write};

use serde::Serialize;

use super::record::{FindingRecord, UserRecord};

/// Everything that is seen at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot<Users> {
    /// The name and version of this format. Within a version fields are only added.
    pub schema: &'static str,
    /// When.
    pub at: Option<String>,
    /// Which server.
    pub server: ServerRecord,
    /// How the last round went.
    pub round: RoundRecord,
    /// All watched users, counted.
    pub totals: TotalsRecord,
    /// The users, in their order.
    pub users: Users,
    /// What is wrong with the server, or with many users at once.
    pub findings: Vec<FindingRecord>,
}

/// The name of the format.
pub const SCHEMA: &str = "imtop.snapshot/1";

/// Which server was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServerRecord {
    /// Its address, without credentials.
    pub api: String,
    /// The context that names it.
    pub context: Option<String>,
}

/// How the last round went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RoundRecord {
    /// Requests of a round.
    pub batches: usize,
    /// How many of them get no answers.
    pub failed: usize,
    /// From the first question to the last answer, in milliseconds.
    pub took_ms: Option<u64>,
    /// The names of the requests in the server's log.
    pub operation_ids: Vec<String>,
}

/// Watched users, counted by presence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each counts the users of the presence that it is named after")]
pub struct TotalsRecord {
    pub watched: u32,
    pub online: u32,
    pub background: u32,
    pub offline: u32,
    pub unknown: u32,
    pub unregistered: u32,
    pub stale: u32,
}

/// Writes what is seen as one JSON object and a line's end.
///
/// # Errors
/// Those of `out`.
pub fn write_json<Users: Serialize>(snapshot: &Snapshot<Users>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, snapshot)?;
    writeln!(out)
}

/// One user as JSON over several lines.
pub fn user_json(user: &UserRecord) -> String {
    serde_json::to_string_pretty(user).unwrap_or_default() // records always encode
}

#[cfg(test)]
mod tests {
    use super::super::record::sample;
    use super::*;

    #[test]
    fn what_is_written_is_one_object_with_its_schema() {
        let snapshot = Snapshot {
            schema: SCHEMA,
            at: super::super::record::time_text(1_798_459_200_123),
            server: ServerRecord::default(),
            round: RoundRecord { batches: 1, took_ms: Some(31), ..RoundRecord::default() },
            totals: TotalsRecord { watched: 1, online: 1, ..TotalsRecord::default() },
            users: vec![sample()],
            findings: vec![],
        };
        let mut out = Vec::new();
        write_json(&snapshot, &mut out).unwrap();
        let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(read["schema"], "imtop.snapshot/1");
        assert_eq!(read["at"], "2026-12-28T12:00:00.123Z");
        assert_eq!(read["users"][0]["connections"][0]["token"]["fingerprint"], "1a2b3c4d");
        assert_eq!(read["users"][0]["label"], "王小明, \"Night desk\"");
        let alone: serde_json::Value = serde_json::from_str(&user_json(&sample())).unwrap();
        assert_eq!(alone, read["users"][0]);
    }
}
