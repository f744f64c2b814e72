//! What is seen as JSON lines: first everything but the users, then a user a line.

use std::io::{self, Write};

use super::summary::Summary;
use crate::listing::UserRecord;

/// Writes what is seen, an object a line. The first line alone has a `schema`.
///
/// # Errors
/// Those of `out`.
pub fn write_ndjson(
    summary: &Summary,
    users: impl IntoIterator<Item = UserRecord>,
    out: &mut dyn Write,
) -> io::Result<()> {
    serde_json::to_writer(&mut *out, summary)?;
    writeln!(out)?;
    for user in users {
        serde_json::to_writer(&mut *out, &user)?;
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::summary;
    use super::*;
    use crate::listing::sample;

    #[test]
    fn the_first_line_is_about_all_and_every_other_about_one() {
        let mut out = Vec::new();
        let hostile = UserRecord { label: Some("a\u{2028}\"}\n{\"id\":\"b\"}".into()), ..sample() };
        write_ndjson(&summary::sample(), [sample(), hostile], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 3, "no text ends a line");
        assert_eq!(lines[0]["schema"], "imtop.snapshot/1");
        assert_eq!(lines[0].get("users"), None);
        assert_eq!((lines[1]["presence"].as_str(), lines[1].get("schema")), (Some("online"), None));
    }
}
