//! Users as CSV, for a spreadsheet: a row a user. No cell is one that a spreadsheet would run.

use std::io::{self, Write};

use super::record::{Time, UserRecord};
use crate::presence::{FAR_FUTURE, is_far_future};

const HEAD: [&str; 19] = [
    "id",
    "label",
    "group",
    "presence",
    "why",
    "stale",
    "age_ms",
    "since",
    "since_exact",
    "flips",
    "reconnects",
    "connections",
    "background",
    "platforms",
    "token_expires",
    "findings",
    "at",
    "basis",
    "unseen",
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
    writer.write_record(HEAD).map_err(plain)?;
    for user in users {
        writer.write_record(cells(at, user).map(harmless)).map_err(plain)?;
    }
    writer.flush()
}

fn cells(at: Option<Time>, user: UserRecord) -> [String; 19] {
    let time = |at: Option<Time>| at.map_or_else(String::new, |at| at.to_string());
    let joined = |parts: Vec<&str>| parts.join(" ");
    let platforms = joined(user.connections.iter().map(|it| it.platform.as_str()).collect());
    let mut rules: Vec<&str> = user.findings.iter().map(|finding| finding.rule).collect();
    rules.dedup();
    let findings = joined(rules);
    let background = user.connections.iter().filter(|connection| connection.background).count();
    let unseen = user.connections.iter().filter(|connection| connection.unseen_since.is_some()).count();
    let tokens = || user.connections.iter().filter_map(|connection| connection.token.as_ref());
    let ends = match tokens().filter_map(|token| token.expires).min() {
        None if tokens().any(|token| token.exp.is_some_and(is_far_future)) => FAR_FUTURE.to_owned(),
        soonest => time(soonest),
    };
    [
        user.id,
        user.label.unwrap_or_default(),
        user.group.unwrap_or_default(),
        user.presence.to_owned(),
        user.why.unwrap_or_default(),
        user.stale.to_string(),
        user.age_ms.map_or_else(String::new, |ms| ms.to_string()),
        time(user.since),
        user.since_exact.to_string(),
        user.flips.to_string(),
        user.reconnects.to_string(),
        user.connections.len().to_string(),
        background.to_string(),
        platforms,
        ends,
        findings,
        time(at),
        user.basis.unwrap_or_default().to_owned(),
        unseen.to_string(),
    ]
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
        assert_eq!(lines[0].split(',').count(), HEAD.len());
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
