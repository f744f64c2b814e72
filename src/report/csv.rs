//! Users as CSV, for a spreadsheet: a row a user. No cell is one that a spreadsheet would run.

use std::io::{self, Write};

use crate::listing::{ColumnName, Time, UserRecord};

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
    let columns = ColumnName::in_csv();
    writer.write_record(columns.iter().map(|column| column.head)).map_err(plain)?;
    for user in users {
        writer
            .write_record(columns.iter().map(|column| harmless((column.cell)(&user, at))))
            .map_err(plain)?;
    }
    writer.flush()
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
    use super::*;
    use crate::listing::sample;

    fn written(users: Vec<UserRecord>) -> String {
        let mut out = Vec::new();
        write_csv(Time::of(1_798_459_265_000), users, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_user_is_a_row_and_no_cell_is_a_formula() {
        let text = written(vec![sample()]);
        let lines: Vec<&str> = text.lines().collect();
        let places: Vec<u8> = ColumnName::in_csv().iter().map(|column| column.place).collect();
        assert!(
            places.iter().copied().eq(1..=places.len() as u8),
            "each place once, so that new columns come last"
        );
        assert_eq!(lines[0].split(',').count(), places.len());
        assert_eq!(
            lines[1],
            "'=cmd|' /C calc'!A0,\"王小明, \"\"Night desk\"\"\",,online,,false,3,2026-12-28T12:00:00Z,true,0,2,1,0,\
             Android,2026-12-28T12:00:00Z,token-shared,2026-12-28T12:01:05Z,,0,now"
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
