//! Users as JSON: what is seen, in one object; or one user alone.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::summary::Summary;
use crate::listing::UserRecord;

/// What is seen, as one object.
#[derive(Serialize)]
struct Whole<'a, Users> {
    #[serde(flatten)]
    summary: &'a Summary,
    users: Users,
}

/// Serializes users one by one, so that a million of them are never in memory at once.
struct Each<Users>(Users);

impl<Users: Fn() -> All, All: Iterator<Item = UserRecord>> Serialize for Each<Users> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// Writes what is seen as one JSON object and a line's end.
///
/// # Errors
/// Those of `out`.
pub fn write_json<All: Iterator<Item = UserRecord>>(
    summary: &Summary,
    users: impl Fn() -> All,
    out: &mut dyn Write,
) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Whole { summary, users: Each(users) })?;
    writeln!(out)
}

/// One user as JSON over several lines.
pub fn user_json(user: &UserRecord) -> String {
    serde_json::to_string_pretty(user).unwrap_or_default() // records always encode
}

#[cfg(test)]
mod tests {
    use super::super::summary;
    use super::*;
    use crate::listing::sample;

    #[test]
    fn what_is_written_is_one_object_with_its_schema() {
        let mut out = Vec::new();
        write_json(&summary::sample(), || std::iter::once(sample()), &mut out).unwrap();
        let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(read["schema"], "imtop.snapshot/1");
        assert_eq!(read["at"], "2026-12-28T12:00:00.123Z");
        assert_eq!(read["users"][0]["connections"][0]["token"]["fingerprint"], "1a2b3c4d");
        assert_eq!(read["users"][0]["label"], "王小明, \"Night desk\"");
        let alone: serde_json::Value = serde_json::from_str(&user_json(&sample())).unwrap();
        assert_eq!(alone, read["users"][0]);
    }
}
