//! Users as CSV, for a spreadsheet: a row a user. No cell is one that a spreadsheet would run.

use std::io::{self, Write};

use super::record::{Time, UserRecord};
use crate::presence::Claims;

/// What stands above a column, and in it for a user at the time of all this.
type Column = (&'static str, fn(&UserRecord, Option<Time>) -> String);

/// New ones come last, so that who counts columns finds those from before.
const COLUMNS: [Column; 19] = [
    ("id", |user, _| user.id.clone()),
    ("label", |user, _| user.label.clone().unwrap_or_default()),
    ("group", |user, _| user.group.clone().unwrap_or_default()),
    ("presence", |user, _| user.presence.to_owned()),
    ("why", |user, _| user.why.clone().unwrap_or_default()),
    ("stale", |user, _| user.stale.to_string()),
    ("age_ms", |user, _| user.age_ms.map_or_else(String::new, |ms| ms.to_string())),
    ("since", |user, _| time(user.since)),
    ("since_exact", |user, _| user.since_exact.to_string()),
    ("flips", |user, _| user.flips.to_string()),
    ("reconnects", |user, _| user.reconnects.to_string()),
    ("connections", |user, _| user.connections.len().to_string()),
    ("background", |user, _| user.connections.iter().filter(|it| it.background).count().to_string()),
    ("platforms", |user, _| {
        joined(&user.connections.iter().map(|it| it.platform.as_str()).collect::<Vec<_>>())
    }),
    ("token_expires", |user, _| token_expires(user)),
    ("findings", |user, _| {
        let mut rules: Vec<&str> = user.findings.iter().map(|finding| finding.rule).collect();
        rules.dedup();
        joined(&rules)
    }),
    ("at", |_, at| time(at)),
    ("basis", |user, _| user.basis.unwrap_or_default().to_owned()),
    ("unseen", |user, _| user.connections.iter().filter(|it| it.unseen_since.is_some()).count().to_string()),
];

/// Writes the users as CSV with a head (RFC 4180, UTF-8). `at` is the time of all this, and stands in
/// each row, so that rows of several files can be put together.
///
/// # Errors
/// Those of `out`.
pub fn write_csv(
    at: Option<Time>,
    users: impl IntoIterator<Item = UserRecord>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS.map(|(head, _)| head)).map_err(plain)?;
    for user in users {
        writer.write_record(COLUMNS.map(|(_, cell)| harmless(cell(&user, at)))).map_err(plain)?;
    }
    writer.flush()
}

fn time(at: Option<Time>) -> String {
    at.map_or_else(String::new, |at| at.to_string())
}

fn joined(parts: &[&str]) -> String {
    parts.join(" ")
}

/// When the first of the tokens ends.
fn token_expires(user: &UserRecord) -> String {
    let tokens = || user.connections.iter().filter_map(|connection| connection.token.as_ref());
    match tokens().filter_map(|token| token.expires).min() {
        None if tokens().any(|token| token.exp.is_some_and(Claims::is_far_future)) => {
            Claims::FAR_FUTURE.to_owned()
        }
        soonest => time(soonest),
    }
}

/// The error of the one who takes the text: who closes a pipe is told apart.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A cell that begins like a formula gets an apostrophe before it, which spreadsheets take for "text".
fn harmless(cell: String) -> String {
    if cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        format!("'{cell}")
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::sample;
    use super::*;

    fn written(users: Vec<UserRecord>) -> String {
        let mut out = Vec::new();
        write_csv(Time::of(1_798_459_265_000), users, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_user_is_a_row_and_no_cell_is_a_formula() {
        let text = written(vec![sample()]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].split(',').count(), COLUMNS.len());
        assert_eq!(
            lines[1],
            "'=cmd|' /C calc'!A0,\"王小明, \"\"Night desk\"\"\",,online,,false,3,2026-12-28T12:00:00Z,true,0,2,1,0,\
             Android,2026-12-28T12:00:00Z,token-shared,2026-12-28T12:01:05Z,,0"
        );
    }

    #[test]
    fn whatever_begins_a_formula_is_text() {
        for cell in ["=1", "+1", "-1", "@x", " =1", "＝1"] {
            assert_eq!(harmless(cell.to_owned()), format!("'{cell}"));
        }
        assert_eq!(harmless("a=1".to_owned()), "a=1");
        assert_eq!(written(vec![]).lines().count(), 1, "nobody is a head alone");
    }
}
